"""Activities and answers to campaigns: who touched which lead or deal, and when.

They tell the first touch of a lead where the leads' own files do not, which deals marketing touched before the win,
and whose the first meaningful touch of a deal was. Rows belong to leads and deals by id, never by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xlfunnel.crm.cells import yes_no
from xlfunnel.crm.dates import DAY_SECONDS, NONE, Moments, day_number
from xlfunnel.crm.errors import NoKey
from xlfunnel.crm.links import NEVER, Pairs, bare_ids, each_once, places_named, through
from xlfunnel.crm.parts import day_column, judge_deleted_and_tests, note_order
from xlfunnel.crm.source_names import source_key
from xlfunnel.crm.tables import LEADS, OPPORTUNITIES, TOUCHES, Kind, Rule
from xlfunnel.crm.text_array import as_integers, as_mask, as_texts, distinct, lowered, split
from xlfunnel.crm.vocabulary import plain, vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import numpy.typing as npt

    from xlfunnel.crm.links import Joins, LeadKeys
    from xlfunnel.crm.parts import Part
    from xlfunnel.crm.text_array import Integers, Mask
    from xlfunnel.definitions import Definitions

UNKNOWN, MARKETING, SALES = -1, 0, 1
TEAMS = ("marketing", "sales")
PEOPLE = ("lead_id", "contact_id", "email")
KEYS = (*PEOPLE, "opportunity_id")
"""The fields by which a row says whom or what it touched."""
SHARED = "several leads have this e-mail address"
LATE = np.iinfo(np.int64).max
"""A moment later than every other."""
NO_PAIRS = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass
class Touches:
    """The activities of one file, with what their texts mean."""

    part: Part
    when: Moments
    by: npt.NDArray[np.int32]  # MARKETING, SALES or UNKNOWN
    meaningful: Mask

    @property
    def used(self) -> Mask:
        """The activities that are not set aside."""
        return self.part.verdicts.used


@dataclass(frozen=True)
class _All:
    """The activities of all files, one behind the other."""

    day: Integers
    second: Integers
    by: npt.NDArray[np.int32]
    meaningful: Mask

    @property
    def moment(self) -> Integers:
        """Seconds since 1970; a day without a time is its midnight."""
        return self.day * DAY_SECONDS + np.where(self.second == NONE, 0, self.second)


def clean_touches(part: Part, as_of: date, definitions: Definitions) -> Touches:
    """Read the texts of one file; which records a row touched is settled over all files afterwards."""
    if not any(part.has(name) for name in KEYS):
        raise NoKey(part.file, Kind.TOUCHES, "lead or the opportunity")
    judge_deleted_and_tests(part, definitions)
    when = _when(part)
    _judge_undone(part)
    name = "when" if part.has("when") else "planned"
    later = when.day > day_number(as_of)
    header, cells = part.match.header(name), part.column(name)
    part.verdicts.judge(when.day == NONE, Rule.UNREADABLE_DATE, header, cells)
    part.verdicts.judge(later, Rule.NOT_DONE, header, cells, "it is planned for a day after the as-of date")
    note_order(part)
    by = _team(part, definitions)
    part.note(by == UNKNOWN, "Touches of which nothing says whether marketing or sales did them")
    quiet = vocabulary().touches.not_meaningful
    meaningful = ~part.column("kind").where(lambda text: plain(text) in quiet)
    return Touches(part, when, by, meaningful)


def add_touches(
    files: Sequence[Touches],
    opportunities: pa.Table | None,
    leads: pa.Table | None,
    joins: Joins,
    *,
    first_touch: bool,
) -> tuple[pa.Table | None, pa.Table | None, pa.Table | None]:
    """The opportunities and leads with what the touches say of them, and the table of touches.

    Leads learn their `first_touch` only where their own files have no column for it: there a blank means that nobody
    touched them.
    """
    if not files:
        return opportunities, leads, None
    to_leads = _to_leads(files, joins)
    to_deals = _to_deals(files, opportunities, joins.length)
    by_people = _by_people(files, to_leads, to_deals, joins)
    _judge_unknown(files, (to_leads, to_deals, by_people), joins.leads)
    joined = _All(
        np.concatenate([found.when.day for found in files]).astype(np.int64),
        np.concatenate([found.when.second for found in files]).astype(np.int64),
        np.concatenate([found.by for found in files]),
        np.concatenate([found.meaningful & found.used for found in files]),
    )
    table = _touch_table(files, to_leads, to_deals)
    if leads is not None and first_touch:
        leads = _with_first_touch(leads, joined, to_leads, files)
    if opportunities is not None:
        _note_several(files, joined, by_people)
        pairs = Pairs(np.append(to_deals.touch, by_people.touch), np.append(to_deals.record, by_people.record))
        opportunities = _with_marketing(opportunities, joined, pairs, files)
    return opportunities, leads, table


def _when(part: Part) -> Moments:
    """When each activity took place; where nothing says so, the day for which it was planned."""
    happened, planned = part.moments("when"), part.moments("planned")
    known = happened.day != NONE
    return Moments(
        np.where(known, happened.day, planned.day).astype(np.int32),
        np.where(known, happened.second, planned.second).astype(np.int32),
        happened.unreadable | planned.unreadable,
    )


def _judge_undone(part: Part) -> None:
    """Set aside what did not take place, and members of a campaign that did not answer it."""
    if not part.has("done"):
        return
    cells, words = part.column("done"), vocabulary().touches.undone
    _, no = yes_no(cells)
    undone = no | cells.where(lambda text: plain(text) in words)
    part.verdicts.judge(undone, Rule.NOT_DONE, part.match.header("done"), cells)


def _team(part: Part, definitions: Definitions) -> npt.NDArray[np.int32]:
    """Who did each activity: by its own column, else marketing for a campaign or one of its sources, else by words.

    Those words are looked for in its kind, and then in its title.
    """
    found = np.full(len(part), UNKNOWN, dtype=np.int32)
    campaign = np.where(part.column("campaign").blank, UNKNOWN, MARKETING)
    names = {source_key(name) for name in definitions.marketing_sources}
    names |= {source_key(old) for old, new in definitions.sources.items() if source_key(new) in names}
    source = np.where(part.column("source").where(lambda text: source_key(text) in names), MARKETING, UNKNOWN)
    for told in (_team_of(part, "by"), campaign, source, _team_of(part, "kind"), _team_of(part, "subject")):
        found = np.where(found == UNKNOWN, told, found).astype(np.int32)
    return found


def _team_of(part: Part, name: str) -> npt.NDArray[np.int32]:
    cells = part.column(name)
    codes = np.array([team_of(text) for text in cells.texts], dtype=np.int32)
    return cells.per_row(codes, blank=UNKNOWN)


def team_of(text: str) -> int:
    """Who did an activity, by the words of its team, kind or title: MARKETING, SALES or UNKNOWN."""
    words, said = vocabulary().touches, set(plain(text).split())
    return MARKETING if said & words.marketing else SALES if said & words.sales else UNKNOWN


def _named(files: Sequence[Touches], name: str) -> pa.StringArray:
    """A field of the activities of all files."""
    return as_texts(pa.concat_arrays([found.part.column(name).strings() for found in files]))


def _to_leads(files: Sequence[Touches], joins: Joins) -> Pairs:
    """The activities of all files with each lead that they name, by whatever key of its."""
    keys = joins.leads
    return (
        NO_PAIRS
        if keys is None
        else Pairs(*each_once(keys.named(_named(files, name), joins.length) for name in PEOPLE))
    )


def _to_deals(files: Sequence[Touches], opportunities: pa.Table | None, length: int | None) -> Pairs:
    """The activities of all files with each deal that they name."""
    if opportunities is None:
        return NO_PAIRS
    ids = as_texts(opportunities["id"].combine_chunks())
    return Pairs(*places_named(_named(files, "opportunity_id"), ids, length))


def _by_people(files: Sequence[Touches], to_leads: Pairs, to_deals: Pairs, joins: Joins) -> Pairs:
    """The activities that name no deal, with each deal of the people whom they touched."""
    found = NO_PAIRS if joins.links is None else through(to_leads, joins.links.lead, joins.links.deal)
    pairs = [(found.touch, found.record)]
    if joins.contacts is not None:
        for name in PEOPLE:
            touched, contacts = _named(files, name), joins.contacts
            if name == "email":
                touched, contacts = lowered(touched), lowered(contacts)
            deal, people = split(contacts, ";")
            code, known = distinct(bare_ids(people))  # else two ways to write a person were two people
            found = through(Pairs(*places_named(touched, known, joins.length)), code.astype(np.int64), deal)
            pairs.append((found.touch, found.record))
    every = Pairs(*each_once(pairs))
    other = ~np.isin(every.touch, to_deals.touch)
    return Pairs(every.touch[other], every.record[other])


def _judge_unknown(files: Sequence[Touches], joined: Sequence[Pairs], keys: LeadKeys | None) -> None:
    """Set aside what touched neither a lead nor a deal that was read."""
    size = sum(len(found.part) for found in files)
    known, shared = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    for pairs in joined:
        known[pairs.touch] = True
    if keys is not None:
        shared[keys.shared(_named(files, "email"))] = True
    first = 0
    for found in files:
        part, rows = found.part, slice(first, first + len(found.part))
        part.note_aside(
            shared[rows], "Naming a lead by an e-mail address that several leads have, and so not joined by it"
        )
        _judge_rows(part, ~known[rows], shared[rows])
        first += len(part)


def _judge_rows(part: Part, unknown: Mask, shared: Mask) -> None:
    """Set the unknown rows aside by the field that says whom they touched."""
    names = [name for name in KEYS if part.has(name)]
    if part.has("email"):
        cells = part.column("email")
        part.verdicts.judge(unknown & shared, Rule.NO_RECORD, part.match.header("email"), cells, SHARED)
    for name in names:
        cells = part.column(name)
        part.verdicts.judge(unknown & ~cells.blank, Rule.NO_RECORD, part.match.header(name), cells)
    part.verdicts.judge(unknown, Rule.NO_RECORD, part.match.header(names[0]), part.column(names[0]))


def _note_several(files: Sequence[Touches], joined: _All, by_people: Pairs) -> None:
    """Say of each file how many of its activities count for several deals of the person whom they touched."""
    count = np.bincount(by_people.touch, minlength=len(joined.day))
    first = 0
    for found in files:
        several = count[first : first + len(found.part)] > 1
        found.part.note(several, "Of a person with several opportunities, and so counted for each of them")
        first += len(found.part)


def _with_first_touch(leads: pa.Table, joined: _All, pairs: Pairs, files: Sequence[Touches]) -> pa.Table:
    """When a person of sales first touched each lead, not before the lead was there."""
    created = as_integers(leads["created_day"].combine_chunks(), null=int(NONE))
    sales = joined.meaningful[pairs.touch] & (joined.by[pairs.touch] == SALES)
    early = sales & (joined.day[pairs.touch] < created[pairs.record])
    if early.any():
        files[0].part.notes.append(f"Before their lead was created, and so no first touch: {int(early.sum()):,}")
    keep = np.flatnonzero(sales & ~early)
    touch, lead = pairs.touch[keep], pairs.record[keep]
    order = np.lexsort((joined.moment[touch], lead))
    _, first = np.unique(lead[order], return_index=True)
    places, touches = lead[order][first], touch[order][first]
    for name, values in (("touch_day", joined.day), ("touch_second", joined.second)):
        column = np.full(leads.num_rows, NONE, dtype=np.int32)
        column[places] = values[touches]
        place = LEADS.get_field_index(name)
        leads = leads.set_column(place, LEADS.field(place), pa.array(column, mask=column == NONE))
    if len(touches) and (joined.second[touches] == NONE).all():
        files[0].part.notes.append("No time of day: speed to lead cannot be measured in hours")
    return leads


def _with_marketing(opportunities: pa.Table, joined: _All, pairs: Pairs, files: Sequence[Touches]) -> pa.Table:
    """Whether marketing touched each deal before its end, and whether the first meaningful touch was marketing's."""
    size = opportunities.num_rows
    closed = as_integers(opportunities["closed_day"].combine_chunks(), null=int(NEVER))
    before = joined.meaningful[pairs.touch] & (joined.day[pairs.touch] <= closed[pairs.record])
    touch, deal = pairs.touch[before], pairs.record[before]
    ours, theirs, nobodys = (_first(joined, touch, deal, team, size) for team in (MARKETING, SALES, UNKNOWN))
    seen = np.zeros(size, np.bool_)
    seen[deal[joined.by[touch] != UNKNOWN]] = True
    untimed = np.zeros(size, np.bool_)
    untimed[deal[joined.second[touch] == NONE]] = True
    known, other = np.minimum(ours, theirs), np.maximum(ours, theirs)
    undecided = ~seen | _same(known, other, untimed) | (nobodys < known) | _same(known, nobodys, untimed)
    if not _of_both_teams(files):
        undecided[:] = True
    sourced: Any = pa.array(ours < theirs, mask=undecided)
    own = opportunities["touched"].combine_chunks()
    touched: Any = pa.array(as_mask(own) | (ours != LATE), mask=~(as_mask(own.is_valid()) | seen))
    for name, column in (("touched", touched), ("sourced", sourced)):
        place = OPPORTUNITIES.get_field_index(name)
        opportunities = opportunities.set_column(place, OPPORTUNITIES.field(place), column)
    return opportunities


def _same(one: Integers, other: Integers, untimed: Mask) -> Mask:
    """Whether nothing says which of two moments was first: both on one day, at one time or without one."""
    same_day = (one // DAY_SECONDS == other // DAY_SECONDS) & (one != LATE)
    found: Mask = same_day & (untimed | (one == other))
    return found


def _of_both_teams(files: Sequence[Touches]) -> bool:
    """Whether the touches can say who was first: those of one team alone know nothing of the other's."""
    teams = {int(team) for found in files for team in np.unique(found.by[found.used])} - {UNKNOWN}
    if len(teams) == 1:
        told = (
            f"Of {TEAMS[teams.pop()]} alone, and so silent on who came first: each deal's source says who sourced it"
        )
        files[0].part.notes.append(told)
        return False
    return True


def _first(joined: _All, touch: Integers, deal: Integers, team: int, size: int) -> Integers:
    """The first moment at which a team touched each deal; LATE where it did not."""
    mine = joined.by[touch] == team
    first = np.full(size, LATE, dtype=np.int64)
    np.minimum.at(first, deal[mine], joined.moment[touch[mine]])
    return first


def _touch_table(files: Sequence[Touches], to_leads: Pairs, to_deals: Pairs) -> pa.Table:
    """One row for each activity that is used."""
    size = sum(len(found.part) for found in files)
    lead, deal = _first_record(to_leads, size), _first_record(to_deals, size)
    tables, start = [TOUCHES.empty_table()], 0
    for found in files:
        part, used = found.part, found.used
        keep = np.flatnonzero(used)
        rows = keep + start
        by: Any = pa.array(found.by[keep], mask=found.by[keep] == UNKNOWN)
        columns: dict[str, pa.Array[Any]] = {
            "file": pa.array(np.full(len(keep), part.number, dtype=np.int16)),
            "row": pa.array(part.verdicts.rows[keep]),
            "lead_id": part.column("lead_id").take(keep).strings(),
            "opportunity_id": part.column("opportunity_id").take(keep).strings(),
            "lead": pa.array(lead[rows], mask=lead[rows] < 0),
            "opportunity": pa.array(deal[rows], mask=deal[rows] < 0),
            "day": day_column(found.when.day, used),
            "second": day_column(found.when.second, used),
            "kind": part.column("kind").take(keep).dictionary(),
            "by": pa.DictionaryArray.from_arrays(by, pa.array(TEAMS)),
            "person": part.column("person").take(keep).dictionary(),
            "meaningful": pa.array(found.meaningful[keep]),
        }
        tables.append(pa.table([columns[name] for name in TOUCHES.names], schema=TOUCHES))
        start += len(part)
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _first_record(pairs: Pairs, size: int) -> Integers:
    """The first record that each activity touched; -1 where there is none."""
    found = np.full(size, -1, dtype=np.int64)
    found[pairs.touch[::-1]] = pairs.record[::-1]
    return found
