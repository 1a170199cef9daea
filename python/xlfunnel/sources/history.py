"""The history of stages of a source, judged and counted where it lies: what `crm.history` does, as expressions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.crm.dates import DAY_SECONDS
from xlfunnel.crm.errors import NoKey
from xlfunnel.crm.history import NO_DEALS, spelled
from xlfunnel.crm.tables import Kind, Rule
from xlfunnel.crm.vocabulary import plain, vocabulary
from xlfunnel.segments.frames import rows_of
from xlfunnel.sources.links import Column
from xlfunnel.sources.lookups import looked_up, stacked
from xlfunnel.sources.typed import since_1970
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.crm.stages import StageBook
    from xlfunnel.segments.frames import Frame
    from xlfunnel.sources.cleaning import Cleaning
    from xlfunnel.sources.links import Joins

_ENTRY: Final = ("deal", "stage", "day", "moment", "part", "at")
"""Which deal entered which stage when; `part` and `at` say what stood first of what was at one moment."""
_MADE, _RESTING, _CHANGED = 0, 1, 2
"""Parts: the stage in which a deal was made, that of an open deal without a change, and the changes."""
_KEPT: Final = ("id", "deal", "day", "moment", "from_stage", "to_stage", "created", "at")


@dataclass
class HistoryTable:
    """The changes of one table."""

    cleaning: Cleaning
    book: StageBook
    order: list[str] = field(default_factory=list)
    """The columns that say in which order its rows stand."""

    def judge(self) -> None:
        """Read what the columns of each change mean; to which deal it belongs is settled afterwards."""
        one = self.cleaning
        if not one.has("opportunity_id"):
            raise NoKey(one.table.name, Kind.HISTORY, "opportunity")
        one.add(id=one.text("opportunity_id"), from_stage=one.text("from_stage"), to_stage=one.text("to_stage"))
        self._judge_other_fields()
        changed = one.moment("changed")
        one.add(day=changed.day, moment=since_1970(changed.day, changed.second))
        one.judge(nw.col("day").is_null(), Rule.UNREADABLE_DATE, "changed")
        self._judge_unchanged()

    def _judge_other_fields(self) -> None:
        one, words = self.cleaning, vocabulary()
        if not one.has("field"):
            one.add(created=nw.lit(value=False))
            return
        said = one.words("field")
        one.add(created=said.where(lambda text: plain(text) in words.created_events))
        one.judge(~said.where(lambda text: plain(text) in words.stage_fields), Rule.OTHER_FIELD, "field")

    def _judge_unchanged(self) -> None:
        """Set aside the rows that lead to no stage, or from one to the same."""
        one, same = self.cleaning, nw.col("to_stage").is_null()
        if one.has("from_stage"):
            names = {*one.words("from_stage").tidied(), *one.words("to_stage").tidied()} - {""}
            codes = _codes(names)
            one.look_up("from_stage", int, from_code=codes)
            one.look_up("to_stage", int, to_code=codes)
            same = same | (nw.col("from_code") == nw.col("to_code")).fill_null(value=False)
        one.judge(same, Rule.NO_CHANGE, "to_stage")

    def settle(self, joins: Joins) -> None:
        """Find the deal of each change, and keep what was found."""
        one = self.cleaning
        names = Column(one.frame, "id", one.table.name, one.header("opportunity_id")).names()
        found = joins.to_deals(names)
        if found is None:
            one.add(deal=nw.lit(None, dtype=nw.String))
            one.judge(nw.lit(value=True), Rule.NO_RECORD, "opportunity_id", NO_DEALS)
        else:
            last = found.group_by("text").agg(last=nw.col("at").max())  # of several deals in one cell
            hits = found.join(last, left_on=["text", "at"], right_on=["text", "last"]).select(
                "text", deal=nw.col("record")
            )
            one.frame = one.frame.join(hits, left_on="id", right_on="text", how="left")
            one.judge(nw.col("deal").is_null(), Rule.NO_RECORD, "opportunity_id")
        one.checkpoint()
        self._number(found is not None)
        one.keep([*_KEPT, *(name for name in self.order if name not in one.source.tables[one.kind].order)])

    def _number(self, belongs: bool) -> None:
        """The place of each change among those of its deal; one to the stage that it was in is set aside."""
        one = self.cleaning
        self.order = one.rows_order()
        if not one.has("from_stage") and belongs:
            one.add(live=nw.when(one.used).then(nw.lit(1)).otherwise(nw.lit(0)))
            before = nw.col("to_stage").shift(1).over("deal", "live", order_by=["moment", *self.order])
            one.add(before=before)
            one.judge(nw.col("before") == nw.col("to_stage"), Rule.NO_CHANGE, "to_stage")
        one.add(one=nw.when(one.used).then(nw.lit(1)).otherwise(nw.lit(0)))
        one.add(at=nw.col("one").cum_sum().over("deal", order_by=["moment", *self.order]).cast(nw.Int64))


@dataclass
class StageEntries:
    """Which deals entered which stages when, by a history."""

    history: HistoryTable
    deals: Frame
    order: tuple[str, ...]
    """What says in which order the deals stand."""

    @property
    def _one(self) -> Cleaning:
        return self.history.cleaning

    @property
    def _used(self) -> Frame:
        return self._one.records

    @cached_property
    def _reaches_back_to(self) -> int | None:
        """The day of the oldest row; what was before is not told."""
        (row,) = rows_of(self._one.frame.select(nw.col("day").min()))
        return None if row["day"] is None else int(row["day"])

    @cached_property
    def entries(self) -> Frame:
        """Every stage that a deal entered, with `place`, its order among those of the deal."""
        changes = self._used.select("deal", "day", "moment", "at", stage=nw.col("to_stage"), part=nw.lit(_CHANGED))
        found = [one.select(*_ENTRY) for one in (self._starts, self._resting, changes) if one is not None]
        whole = stacked(found).with_columns(one=nw.lit(1))
        place = nw.col("one").cum_sum().over("deal", order_by=["moment", "part", "at"]).cast(nw.Int64)
        return self._one.source.warehouse.kept(whole.with_columns(place=place))

    @property
    def _known(self) -> Frame | None:
        """The changes of the deals of which the first is known to be there, with the day on which each was made.

        A history may lack its oldest rows. So a history of fields must hold the making of the deal, and one of stages
        must reach back to the day on which the deal was made.
        """
        if not self._one.has("from_stage") or self._reaches_back_to is None:
            return None
        made = self.deals.select("record", made=nw.col("created_day"))
        rows = self._used.join(made, left_on="deal", right_on="record")
        if self._one.has("field"):
            told = self._one.frame.filter(nw.col("created") & ~nw.col("deal").is_null()).select("deal").unique()
            return rows.join(told, on="deal")
        return rows.filter(nw.col("made") >= self._reaches_back_to)

    @property
    def _starts(self) -> Frame | None:
        """The stage in which each deal was made, entered on that day: what its first change came from."""
        known = self._known
        if known is None:
            return None
        first = known.filter((nw.col("at") == 1) & ~nw.col("from_stage").is_null())
        first = first.filter(nw.col("made") * DAY_SECONDS <= nw.col("moment"))
        return first.select(
            "deal",
            stage=nw.col("from_stage"),
            day=nw.col("made"),
            moment=nw.col("made") * DAY_SECONDS,
            part=nw.lit(_MADE),
            at=nw.lit(0),
        )

    @cached_property
    def _resting(self) -> Frame | None:
        """The open deals without a change: since they were made they are in their stage.

        Only for a history that holds changes of stages alone, and for deals no older than the oldest of them.
        """
        one = self._one
        if one.has("field") or not one.has("from_stage") or self._reaches_back_to is None:
            return None
        covered = (nw.col("status") == Status.OPEN.value) & (nw.col("created_day") >= self._reaches_back_to)
        resting = self.deals.filter(covered & ~nw.col("stage").is_null()).join(
            self._used.select("deal").unique(), left_on="record", right_on="deal", how="anti"
        )
        return resting.select(
            deal=nw.col("record"),
            stage=nw.col("stage"),
            day=nw.col("created_day"),
            moment=nw.col("created_day") * DAY_SECONDS,
            part=nw.lit(_RESTING),
            at=nw.lit(0),
        )

    def note(self) -> None:
        """Say how many deals have no change."""
        told = "Open deals without a change, and so in their stage since they were created"
        self._one.note_rows(told, self.entries.filter(nw.col("part") == _RESTING))

    @cached_property
    def _names(self) -> list[str]:
        return sorted(row["stage"] for row in rows_of(self.entries.select("stage").unique()))

    # -- the stages of each deal

    @cached_property
    def dates(self) -> Frame:
        """The first day on which each deal entered each stage; those that end a deal without a win are left out."""
        over = {Status.LOST, Status.NO_DECISION}
        ended = [name for name in self._names if self.history.book.status(name) in over]
        going_on = self.entries.filter(~nw.col("stage").is_in(ended)) if ended else self.entries
        first = going_on.group_by("deal", "stage").agg(place=nw.col("place").min(), day=nw.col("day").min())
        first = self._one.source.warehouse.kept(first)
        placed = looked_up(first, "stage", int, position=self._positions(first))
        return placed.select("stage", "position", opportunity=nw.col("deal"), entered_day=nw.col("day"))

    def _positions(self, first: Frame) -> dict[str, int]:
        """The order of the stages: one stands before another when more deals entered it first."""
        other = first.select("deal", after=nw.col("stage"), later=nw.col("place"))
        both = first.join(other, on="deal").filter(nw.col("place") < nw.col("later"))
        counts = {
            (row["stage"], row["after"]): int(row["rows"])
            for row in rows_of(both.group_by("stage", "after").agg(rows=nw.len()))
        }
        names = sorted(row["stage"] for row in rows_of(first.select("stage").unique()))
        ahead = {name: sum(_sign(counts, name, other) for other in names) for name in names}
        tied = len(set(ahead.values())) < len(names)
        seen = {name: at for at, name in enumerate(self._seen())} if tied else {}
        return {name: at for at, name in enumerate(sorted(names, key=lambda name: (-ahead[name], seen.get(name, 0))))}

    def _seen(self) -> list[str]:
        """The stages in the order in which they are first seen: led to, then come from, then of open deals."""
        order, one = self.history.order, self._one
        found = _first_seen(one.frame, "to_stage", order)
        known = self._known
        if known is not None:
            found += _first_seen(known, "from_stage", order)
        if self._resting is not None:
            deals = self._resting.select("deal", "stage").join(
                self.deals.select("record", *(name for name in self.order if name != "record")),
                left_on="deal",
                right_on="record",
            )
            found += _first_seen(deals, "stage", [name if name != "record" else "deal" for name in self.order])
        return list(dict.fromkeys(found))

    # -- since when a deal is in its stage

    def with_stage_day(self, deals: Frame) -> Frame:
        """Fill in when a deal entered its stage, where its table does not say: its last change, if it led there."""
        changes = self.entries.filter(nw.col("part") > _MADE)
        last = changes.with_columns(last=nw.col("place").max().over("deal"))
        last = last.filter(nw.col("place") == nw.col("last"))
        stages = {row["stage"] for row in rows_of(deals.select("stage").unique())} - {None}
        codes = _codes({*self._names, *stages})
        told = looked_up(last, "stage", int, told_code=codes).select("deal", "told_code", told_day=nw.col("day"))
        found = looked_up(deals, "stage", int, stage_code=codes).join(
            told, left_on="record", right_on="deal", how="left"
        )
        same = nw.col("told_code") == nw.col("stage_code")
        return found.with_columns(
            stage_day=nw.coalesce(nw.col("stage_day"), nw.when(same).then(nw.col("told_day")))
        ).drop("told_code", "stage_code", "told_day")


def _first_seen(frame: Frame, column: str, order: Sequence[str]) -> list[str]:
    """The texts of a column in the order in which they first stand there."""
    named = frame.filter(~nw.col(column).is_null()).with_columns(one=nw.lit(1))
    place = nw.col("one").cum_sum().over(column, order_by=list(order))
    first = named.with_columns(place=place).filter(nw.col("place") == 1)
    return [row[column] for row in rows_of(first.sort(*order, nulls_last=True).select(column))]


def _codes(names: set[str]) -> dict[str, int]:
    """One number for the stages whose names differ in case and spaces only."""
    keys: dict[str, int] = {}
    return {name: keys.setdefault(spelled(name), len(keys)) for name in sorted(names)}


def _sign(counts: Mapping[tuple[str, str], int], one: str, other: str) -> int:
    before, after = counts.get((one, other), 0), counts.get((other, one), 0)
    return int(before > after) - int(before < after)
