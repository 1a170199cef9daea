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
from xlfunnel.crm.links import NEVER, places_named
from xlfunnel.crm.parts import day_column, judge_deleted_and_tests, note_order
from xlfunnel.crm.tables import LEADS, OPPORTUNITIES, TOUCHES, Kind, Rule
from xlfunnel.crm.text_array import as_integers, as_mask, as_texts
from xlfunnel.crm.vocabulary import plain, vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import numpy.typing as npt

    from xlfunnel.crm.links import Links
    from xlfunnel.crm.parts import Part
    from xlfunnel.crm.text_array import Integers, Mask
    from xlfunnel.definitions import Definitions

UNKNOWN, MARKETING, SALES = -1, 0, 1
TEAMS = ("marketing", "sales")
LATE = np.iinfo(np.int64).max
"""A moment later than every other."""


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
class Pairs:
    """Activities and the records that they touched, by their places."""

    touch: Integers
    record: Integers


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
    if not (part.has("lead_id") or part.has("opportunity_id")):
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
    by = _team(part)
    part.note(by == UNKNOWN, "Touches of which nothing says whether marketing or sales did them")
    quiet = vocabulary().touches.not_meaningful
    meaningful = ~part.column("kind").where(lambda text: plain(text) in quiet)
    return Touches(part, when, by, meaningful)


def add_touches(
    files: Sequence[Touches],
    opportunities: pa.Table | None,
    leads: pa.Table | None,
    links: Links | None,
    length: int | None,
    *,
    first_touch: bool,
) -> tuple[pa.Table | None, pa.Table | None, pa.Table | None]:
    """The opportunities and leads with what the touches say of them, and the table of touches.

    `length` is that of an id without the check that some files put behind it. Leads learn their `first_touch` only
    where their own files have no column for it: there a blank means that nobody touched them.
    """
    if not files:
        return opportunities, leads, None
    to_leads = _pairs(files, "lead_id", leads, length)
    to_deals = _pairs(files, "opportunity_id", opportunities, length)
    _judge_unknown(files, to_leads, to_deals)
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
        opportunities = _with_marketing(opportunities, joined, _of_deals(to_leads, to_deals, links))
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


def _team(part: Part) -> npt.NDArray[np.int32]:
    """Who did each activity: by its own column, else marketing for a campaign, else by its kind or its title."""
    found = np.full(len(part), UNKNOWN, dtype=np.int32)
    campaign = np.where(part.column("campaign").blank, UNKNOWN, MARKETING)
    for told in (_team_of(part, "by"), campaign, _team_of(part, "kind"), _team_of(part, "subject")):
        found = np.where(found == UNKNOWN, told, found).astype(np.int32)
    return found


def _team_of(part: Part, name: str) -> npt.NDArray[np.int32]:
    words = vocabulary().touches

    def team(text: str) -> int:
        said = set(plain(text).split())
        return MARKETING if said & words.marketing else SALES if said & words.sales else UNKNOWN

    cells = part.column(name)
    codes = np.array([team(text) for text in cells.texts], dtype=np.int32)
    return cells.per_row(codes, blank=UNKNOWN)


def _pairs(files: Sequence[Touches], name: str, table: pa.Table | None, length: int | None) -> Pairs:
    """The activities of all files with each record that they name."""
    if table is None:
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    named = as_texts(pa.concat_arrays([found.part.column(name).strings() for found in files]))
    touch, record = places_named(named, as_texts(table["id"].combine_chunks()), length)
    return Pairs(touch, record)


def _judge_unknown(files: Sequence[Touches], to_leads: Pairs, to_deals: Pairs) -> None:
    """Set aside what touched neither a lead nor a deal that was read."""
    touched = np.zeros(sum(len(found.part) for found in files), np.bool_)
    touched[to_leads.touch] = True
    touched[to_deals.touch] = True
    first = 0
    for found in files:
        part = found.part
        name = "lead_id" if part.has("lead_id") else "opportunity_id"
        unknown = ~touched[first : first + len(part)]
        part.verdicts.judge(unknown, Rule.NO_RECORD, part.match.header(name), part.column(name))
        first += len(part)


def _of_deals(to_leads: Pairs, to_deals: Pairs, links: Links | None) -> Pairs:
    """The activities with each deal that they touched, by itself or by a lead of it."""
    if links is None or not len(links.lead):
        return to_deals
    order = np.argsort(links.lead, kind="stable")
    lead, deal = links.lead[order], links.deal[order]
    first = np.searchsorted(lead, to_leads.record, side="left")
    count = np.searchsorted(lead, to_leads.record, side="right") - first
    touch = np.repeat(to_leads.touch, count)
    steps = np.arange(len(touch)) - np.repeat(np.cumsum(count) - count, count)
    record = deal[np.repeat(first, count) + steps]
    return Pairs(np.append(to_deals.touch, touch), np.append(to_deals.record, record))


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


def _with_marketing(opportunities: pa.Table, joined: _All, pairs: Pairs) -> pa.Table:
    """Whether marketing touched each deal before its end, and whether the first meaningful touch was marketing's."""
    size = opportunities.num_rows
    closed = as_integers(opportunities["closed_day"].combine_chunks(), null=int(NEVER))
    before = joined.meaningful[pairs.touch] & (joined.day[pairs.touch] <= closed[pairs.record])
    touch, deal = pairs.touch[before], pairs.record[before]
    first = {team: _first(joined, touch, deal, team, size) for team in (MARKETING, SALES)}
    ours, theirs = first[MARKETING], first[SALES]
    seen = np.zeros(size, np.bool_)
    seen[deal[joined.by[touch] != UNKNOWN]] = True
    same_day = (ours // DAY_SECONDS == theirs // DAY_SECONDS) & seen
    untimed = np.zeros(size, np.bool_)
    untimed[deal[joined.second[touch] == NONE]] = True
    undecided = ~seen | (same_day & (untimed | (ours == theirs)))
    sourced: Any = pa.array(ours < theirs, mask=undecided)
    own = opportunities["touched"].combine_chunks()
    touched: Any = pa.array(as_mask(own) | (ours != LATE), mask=~(as_mask(own.is_valid()) | seen))
    for name, column in (("touched", touched), ("sourced", sourced)):
        place = OPPORTUNITIES.get_field_index(name)
        opportunities = opportunities.set_column(place, OPPORTUNITIES.field(place), column)
    return opportunities


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
