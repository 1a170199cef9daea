"""Activities and answers to campaigns of a source, judged and counted where they lie: what `crm.touches` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.crm.cells import yes_no
from xlfunnel.crm.dates import DAY_SECONDS
from xlfunnel.crm.errors import NoKey
from xlfunnel.crm.source_names import source_key
from xlfunnel.crm.tables import Kind, Rule
from xlfunnel.crm.touches import KEYS, MARKETING, PEOPLE, SALES, SHARED, TEAMS, UNKNOWN, team_of
from xlfunnel.crm.vocabulary import plain, vocabulary
from xlfunnel.segments.frames import one_if, rows_of
from xlfunnel.sources.errors import TooManyTitles
from xlfunnel.sources.links import Column, by_contacts
from xlfunnel.sources.lookups import stacked
from xlfunnel.sources.typed import since_1970

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.segments.frames import Frame
    from xlfunnel.sources.cleaning import Cleaning
    from xlfunnel.sources.links import Joins, LeadKeys

MOST_TITLES: Final = 50_000
"""So many titles of activities are read for who did them, where nothing else says it."""
_BETWEEN: Final = "\x1f"
"""Stands between the keys of one activity; no text has it."""
_KEPT: Final = ("id", "who", "opportunity", "day", "second", "moment", "by", "meaningful", "names_deal")
_LATE: Final = 1 << 62
"""A moment later than every other."""


@dataclass
class TouchTable:
    """The activities of one table."""

    cleaning: Cleaning
    people: Frame | None = None
    """`who` (the keys of one activity) with each `lead` that they name, and the first `way` in which they do."""
    through: Frame | None = None
    """`who` with each `deal` of the people whom they name."""
    named: Frame | None = None
    """`text` with each `deal` that it names."""

    # -- what the columns mean

    def judge(self) -> None:
        """Read what the columns of each activity mean; which records it touched is settled afterwards."""
        one = self.cleaning
        if not any(one.has(name) for name in KEYS):
            raise NoKey(one.table.name, Kind.TOUCHES, "lead or the opportunity")
        one.add(id=one.text("id"))
        one.judge_deleted_and_tests()
        happened, planned = one.moment("when"), one.moment("planned")
        known = ~happened.day.is_null()
        second = nw.when(known).then(happened.second).otherwise(planned.second)
        one.add(day=nw.coalesce(happened.day, planned.day), second=second if one.has("when") else planned.second)
        self._judge_undone()
        name = "when" if one.has("when") else "planned"
        one.judge(nw.col("day").is_null(), Rule.UNREADABLE_DATE, name)
        one.judge(nw.col("day") > one.today, Rule.NOT_DONE, name, "it is planned for a day after the as-of date")
        one.add(moment=since_1970(nw.col("day"), nw.col("second")))
        self._team()
        quiet = vocabulary().touches.not_meaningful
        one.add(meaningful=~one.words("kind").where(lambda text: plain(text) in quiet))
        one.checkpoint()
        one.told["Touches of which nothing says whether marketing or sales did them"] = nw.col("by") == UNKNOWN

    def _judge_undone(self) -> None:
        """Set aside what did not take place, and members of a campaign that did not answer it."""
        one = self.cleaning
        if not one.has("done"):
            return
        said, words = one.words("done"), vocabulary().touches.undone
        _, no = yes_no(said.cells)
        denied = {text for text, flag in zip(said.tidied(), no.tolist(), strict=True) if flag}
        one.judge(said.where(lambda text: text in denied or plain(text) in words), Rule.NOT_DONE, "done")

    def _team(self) -> None:
        """Who did each activity: as `crm.touches` finds it, its title last."""
        one = self.cleaning
        names = {source_key(name) for name in one.definitions.marketing_sources}
        names |= {source_key(old) for old, new in one.definitions.sources.items() if source_key(new) in names}
        campaign = ~one.text("campaign").is_null()
        source = one.words("source").where(lambda text: source_key(text) in names)
        ours = [nw.when(flag).then(nw.lit(MARKETING)).otherwise(nw.lit(UNKNOWN)) for flag in (campaign, source)]
        found = self._told_by("by")
        for told in (*ours, self._told_by("kind")):
            found = nw.when(found == UNKNOWN).then(told).otherwise(found)
        one.add(by=found)
        if one.has("subject"):
            one.checkpoint()
            self._read_titles()

    def _told_by(self, name: str) -> nw.Expr:
        words = self.cleaning.words(name)
        return words.coded([team_of(text) if text else UNKNOWN for text in words.tidied()], UNKNOWN)

    def _read_titles(self) -> None:
        """Of those activities of which nothing else says who did them."""
        one = self.cleaning
        untold = one.frame.filter((nw.col("by") == UNKNOWN) & ~one.text("subject").is_null())
        rows = rows_of(untold.select(text=one.text("subject")).unique().head(MOST_TITLES + 1))
        if len(rows) > MOST_TITLES:
            raise TooManyTitles(one.table.name, one.header("subject"), MOST_TITLES)
        teams = {row["text"]: team_of(row["text"]) for row in rows}
        one.add(title=one.text("subject"))
        one.look_up("title", int, titled={text: team for text, team in teams.items() if team != UNKNOWN})
        titled = nw.col("titled").fill_null(UNKNOWN)
        one.add(by=nw.when(nw.col("by") == UNKNOWN).then(titled).otherwise(nw.col("by")))

    # -- what they touched

    def settle(self, joins: Joins) -> None:
        """Find the records that each activity touched, and keep what was found."""
        one = self.cleaning
        one.checkpoint()
        self._name_deals(joins)
        self._name_people(joins)
        self._judge_unknown()
        one.keep(_KEPT)

    def _name_deals(self, joins: Joins) -> None:
        one = self.cleaning
        one.add(opportunity=one.text("opportunity_id"))
        found = None
        if one.has("opportunity_id"):
            column = Column(one.frame, "opportunity", one.table.name, one.header("opportunity_id"))
            found = joins.to_deals(column.names())
        if found is None:
            one.add(names_deal=nw.lit(value=False))
            return
        self.named = one.source.warehouse.kept(found.select("text", deal=nw.col("record")).unique())
        self._flag("names_deal", "opportunity", self.named, "text")

    def _flag(self, flag: str, column: str, found: Frame, key: str) -> None:
        """Whether what a column holds is among what was found."""
        one = self.cleaning
        held = found.select(held=nw.col(key)).unique().with_columns(hit=nw.lit(1))
        one.frame = one.frame.join(held, left_on=column, right_on="held", how="left")
        one.add(**{flag: ~nw.col("hit").is_null()})
        one.frame = one.frame.drop("hit")

    def _name_people(self, joins: Joins) -> None:
        one = self.cleaning
        fields = [name for name in PEOPLE if one.has(name)]
        one.add(**{f"key_{name}": one.text(name) for name in fields})
        keys = [nw.col(f"key_{name}").fill_null("") for name in fields]
        one.add(
            who=nw.concat_str(keys, separator=_BETWEEN) if fields else nw.lit(""), names_person=nw.lit(value=False)
        )
        one.add(shared=nw.lit(value=False))
        if not fields:
            return
        kept = one.source.warehouse.kept
        each = kept(one.frame.select("who", *(f"key_{name}" for name in fields)).unique())
        names = {name: kept(Column(each, f"key_{name}", one.table.name, one.header(name)).names()) for name in fields}
        found = []
        if joins.leads is not None:
            self.people = kept(_people(each, names, joins.leads))
            found.append(self.people.select("who"))
        self.through = _through(self.people, each, names, joins)
        if self.through is not None:
            self.through = kept(self.through.unique())
            found.append(self.through.select("who"))
        if found:
            self._flag("names_person", "who", stacked(found), "who")
        if joins.leads is not None and joins.leads.emails and "email" in fields:
            self._flag("shared", "key_email", joins.leads.shared(names["email"]), "text")

    def _judge_unknown(self) -> None:
        """Set aside what touched neither a lead nor a deal, by the field that says whom it touched."""
        one = self.cleaning
        one.checkpoint()
        shared = nw.col("shared")
        one.note(shared, "Naming a lead by an e-mail address that several leads have, and so not joined by it")
        unknown = ~nw.col("names_deal") & ~nw.col("names_person")
        if one.has("email"):
            one.judge(unknown & shared, Rule.NO_RECORD, "email", SHARED)
        names = [name for name in KEYS if one.has(name)]
        for name in names:
            one.judge(unknown & ~one.text(name).is_null(), Rule.NO_RECORD, name)
        one.judge(unknown, Rule.NO_RECORD, names[0])

    # -- what records learn from them

    @property
    def _used(self) -> Frame:
        return self.cleaning.records

    def with_first_touch(self, leads: Frame) -> Frame:
        """When a person of sales first touched each lead, not before the lead was there."""
        one = self.cleaning
        if self.people is None:
            return leads
        order = list(one.source.tables[one.kind].order)
        sales = self._used.filter(nw.col("meaningful") & (nw.col("by") == SALES))
        pairs = sales.select("who", "day", "second", "moment", *order).join(self.people, on="who")
        pairs = pairs.join(leads.select("record", made=nw.col("created_day")), left_on="lead", right_on="record")
        early = (nw.col("day") < nw.col("made")).fill_null(value=False)
        pairs = one.source.warehouse.kept(pairs.with_columns(early=one_if(early), one=nw.lit(1)))
        (row,) = rows_of(pairs.select(nw.col("early").sum()))
        if row["early"]:
            one.notes.append(f"Before their lead was created, and so no first touch: {int(row['early']):,}")
        timed = pairs.with_columns(untimed=one_if(nw.col("second").is_null())).filter(nw.col("early") == 0)
        place = nw.col("one").cum_sum().over("lead", order_by=["moment", "way", *order, "untimed"])
        first = timed.with_columns(place=place).filter(nw.col("place") == 1)
        first = one.source.warehouse.kept(
            first.select("lead", first_day=nw.col("day"), first_second=nw.col("second"))
        )
        (row,) = rows_of(first.select(rows=nw.len(), timed=nw.col("first_second").count()))
        if row["rows"] and not row["timed"]:
            one.notes.append("No time of day: speed to lead cannot be measured in hours")
        leads = leads.join(first, left_on="record", right_on="lead", how="left")
        return leads.with_columns(touch_day=nw.col("first_day"), touch_second=nw.col("first_second")).drop(
            "first_day", "first_second"
        )

    def with_marketing(self, deals: Frame) -> Frame:
        """Whether marketing touched each deal before its end, and whether its first meaningful touch was theirs."""
        found, decided = self._of_deals(), self._of_both_teams()
        if found is None:
            return deals
        ended = deals.select("record", ended=nw.col("closed_day"))
        before = found.join(ended, left_on="deal", right_on="record")
        before = before.filter(nw.col("ended").is_null() | (nw.col("day") <= nw.col("ended")))
        moment, by = nw.col("moment"), nw.col("by")
        teams = {"ours": MARKETING, "theirs": SALES, "nobodys": UNKNOWN}
        marked = before.with_columns(
            **{name: nw.when(by == team).then(moment) for name, team in teams.items()},
            untimed=one_if(nw.col("second").is_null()),
        )
        told = marked.group_by("deal").agg(*(nw.col(name).min() for name in teams), nw.col("untimed").max())
        deals = deals.join(told, left_on="record", right_on="deal", how="left")
        return _judged(deals, decided=decided)

    def _of_deals(self) -> Frame | None:
        """Every meaningful activity with each deal that it touched."""
        rows = self._used.filter(nw.col("meaningful"))
        columns = ("day", "second", "moment", "by")
        found = []
        if self.named is not None:
            found.append(rows.join(self.named, left_on="opportunity", right_on="text").select("deal", *columns))
        if self.through is not None:
            self._note_several(self.through)
            found.append(rows.filter(~nw.col("names_deal")).join(self.through, on="who").select("deal", *columns))
        return stacked(found) if found else None

    def _note_several(self, through: Frame) -> None:
        one = self.cleaning
        several = through.group_by("who").agg(deals=nw.len()).filter(nw.col("deals") > 1)
        rows = self._used.filter(~nw.col("names_deal")).join(several, on="who")
        one.note_rows("Of a person with several opportunities, and so counted for each of them", rows)

    def _of_both_teams(self) -> bool:
        """Whether the touches can say who was first: those of one team alone know nothing of the other's."""
        teams = {int(row["by"]) for row in rows_of(self._used.select("by").unique())} - {UNKNOWN}
        if len(teams) == 1:
            team = TEAMS[teams.pop()]
            told = f"Of {team} alone, and so silent on who came first: each deal's source says who sourced it"
            self.cleaning.notes.append(told)
            return False
        return True


def _people(each: Frame, names: Mapping[str, Frame], leads: LeadKeys) -> Frame:
    """The keys of activities with the leads that they name, and in the first of how many ways."""
    found = []
    for at, (name, told) in enumerate(names.items()):
        hits = leads.named(told).select("text", lead=nw.col("record"), way=nw.col("way") + nw.lit(3 * at))
        own = each.select("who", f"key_{name}")
        found.append(own.join(hits, left_on=f"key_{name}", right_on="text").select("who", "lead", "way"))
    return stacked(found).group_by("who", "lead").agg(way=nw.col("way").min())


def _through(people: Frame | None, each: Frame, names: Mapping[str, Frame], joins: Joins) -> Frame | None:
    """The keys of activities with the deals of the people whom they name: by their leads, or named by the deals."""
    found = []
    if people is not None and joins.pairs is not None:
        found.append(people.select("who", "lead").join(joins.pairs, on="lead").select("who", "deal"))
    if joins.contacts is not None:
        for name, told in names.items():
            hits = by_contacts(told, joins.contacts, joins.length, lowered=name == "email")
            own = each.select("who", f"key_{name}")
            found.append(own.join(hits, left_on=f"key_{name}", right_on="text").select("who", "deal"))
    return stacked(found) if found else None


def _judged(deals: Frame, *, decided: bool) -> Frame:
    """The deals with what the first moments of each team say of them."""
    late = {name: nw.col(name).fill_null(_LATE) for name in ("ours", "theirs", "nobodys")}
    deals = deals.with_columns(
        **{f"{name}_at": moment for name, moment in late.items()}, untimed=nw.col("untimed").fill_null(0)
    )
    ours, theirs, nobodys = (nw.col(f"{name}_at") for name in late)
    seen = (ours < _LATE) | (theirs < _LATE)
    deals = deals.with_columns(
        seen=seen,
        known=nw.min_horizontal(ours, theirs),
        other=nw.max_horizontal(ours, theirs),
        own=nw.col("touched"),
    )
    known, other = nw.col("known"), nw.col("other")
    undecided = ~nw.col("seen") | _same(known, other) | (nobodys < known) | _same(known, nobodys)
    told = nw.col("own").fill_null(value=False) | (ours < _LATE)
    silent = nw.col("own").is_null() & ~nw.col("seen")
    sourced = nw.when(~undecided).then(ours < theirs) if decided else nw.lit(None, dtype=nw.Boolean)
    made = deals.with_columns(sourced=sourced, touched=nw.when(~silent).then(told))
    return made.drop(*late, *(f"{name}_at" for name in late), "untimed", "seen", "known", "other", "own")


def _same(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    """Whether nothing says which of two moments was first: both on one day, at one time or without one."""
    same_day = (_midnight(one) == _midnight(other)) & (one < _LATE)
    return same_day & ((nw.col("untimed") > 0) | (one == other))


def _midnight(moment: nw.Expr) -> nw.Expr:
    return moment - moment % DAY_SECONDS
