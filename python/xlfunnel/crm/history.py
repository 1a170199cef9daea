"""The history of stages: each change of a deal's stage becomes a date on which it entered one.

Rows belong to their deal by its id, never by its name. A row that changes no stage is set aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xlfunnel.crm.dates import DAY_SECONDS, NONE
from xlfunnel.crm.errors import NoKey
from xlfunnel.crm.links import places_named
from xlfunnel.crm.parts import note_order
from xlfunnel.crm.tables import OPPORTUNITIES, STAGE_DATES, Kind, Rule
from xlfunnel.crm.text_array import BLANK, as_integers, as_mask, as_texts, distinct, one_of, text_array
from xlfunnel.crm.vocabulary import plain, vocabulary
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.dates import Moments
    from xlfunnel.crm.parts import Part
    from xlfunnel.crm.stages import StageBook
    from xlfunnel.crm.text_array import Integers, Mask

NO_DEALS = "no export of opportunities was read with it"


@dataclass
class History:
    """The changes of one file, with what their texts mean."""

    part: Part
    book: StageBook
    changed: Moments
    created: Mask
    """The rows that say that the deal was made, which some histories of fields hold."""

    @property
    def used(self) -> Mask:
        """The rows that are not set aside."""
        return self.part.verdicts.used

    @property
    def reaches_back_to(self) -> int:
        """The day of the oldest row; what was before is not told."""
        dated = self.changed.day[self.changed.day != NONE]
        return int(dated.min()) if len(dated) else int(np.iinfo(np.int32).max)

    @property
    def second(self) -> Integers:
        """When it changed, in seconds since 1970; a day without a time is its midnight."""
        clock = np.where(self.changed.second == NONE, 0, self.changed.second).astype(np.int64)
        return self.changed.day.astype(np.int64) * DAY_SECONDS + clock


@dataclass(frozen=True)
class StageEntries:
    """Which deal (by its place) entered which stage (by its code) when, in seconds since 1970."""

    deal: Integers
    stage: Integers
    second: Integers

    def sorted(self) -> StageEntries:
        """By deal and time, what stands first in the files first."""
        order = np.lexsort((np.arange(len(self.deal)), self.second, self.deal))
        return StageEntries(self.deal[order], self.stage[order], self.second[order])


def clean_history(part: Part, book: StageBook) -> History:
    """Read the texts of one file; which deal a row belongs to is settled over all files afterwards."""
    if not part.has("opportunity_id"):
        raise NoKey(part.file, Kind.HISTORY, "opportunity")
    created = _judge_other_fields(part)
    changed = part.moments("changed")
    unsaid = changed.day == NONE
    part.verdicts.judge(unsaid, Rule.UNREADABLE_DATE, part.match.header("changed"), part.column("changed"))
    _judge_unchanged(part)
    note_order(part)
    return History(part, book, changed, created)


def add_history(
    histories: Sequence[History], opportunities: pa.Table | None, stage_dates: pa.Table | None, length: int | None
) -> tuple[pa.Table | None, pa.Table | None]:
    """The opportunities with the day of their stage, and the stage dates with those that the histories tell.

    Where the opportunities' own file has a date for a stage, that one stands. `length` is that of an id without the
    check that some files put behind it.
    """
    if not histories:
        return opportunities, stage_dates
    if opportunities is None:
        for found in histories:
            header, cells = found.part.match.header("opportunity_id"), found.part.column("opportunity_id")
            found.part.verdicts.judge(found.used.copy(), Rule.NO_RECORD, header, cells, NO_DEALS)
        return None, stage_dates
    deals = [_deals_of(found, opportunities, length) for found in histories]
    to_stage = [found.part.column("to_stage").strings() for found in histories]
    codes, names = distinct(as_texts(pa.concat_arrays(to_stage)))
    changes = StageEntries(
        np.concatenate(deals), codes.astype(np.int64), np.concatenate([found.second for found in histories])
    )
    _judge_repeated(histories, changes)
    used = np.concatenate([found.used for found in histories])
    changes = StageEntries(changes.deal[used], changes.stage[used], changes.second[used]).sorted()
    starts, names = _starts(histories, deals, opportunities, names)
    resting, names = _unchanged(histories, changes, opportunities, names)
    entries = _together(starts, resting, changes).sorted()
    table = _stage_table(entries, names, histories[0].book)
    return _with_stage_day(opportunities, _together(resting, changes).sorted(), names), _merged(stage_dates, table)


def _judge_other_fields(part: Part) -> Mask:
    """Set aside the changes of other fields than the stage; the answer are the rows that say that a deal was made."""
    if not part.has("field"):
        return np.zeros(len(part), np.bool_)
    words, cells = vocabulary(), part.column("field")
    created = cells.where(lambda text: plain(text) in words.created_events)
    stage = cells.where(lambda text: plain(text) in words.stage_fields)
    part.verdicts.judge(~stage, Rule.OTHER_FIELD, part.match.header("field"), cells)
    return created


def _judge_unchanged(part: Part) -> None:
    """Set aside the rows that lead to no stage, or from one to the same."""
    header, cells = part.match.header("to_stage"), part.column("to_stage")
    same = cells.blank
    if part.has("from_stage"):
        spelled = [_spelled(column).strings() for column in (part.column("from_stage"), cells)]
        codes, _ = distinct(as_texts(pa.concat_arrays(spelled)))
        same = same | (codes[: len(part)] == codes[len(part) :])
    part.verdicts.judge(same, Rule.NO_CHANGE, header, cells)


def _spelled(cells: Cells) -> Cells:
    """A column of stages with one spelling for those that differ in case and spaces only."""
    return cells.renamed(text_array(spelled(text) for text in cells.texts))


def spelled(stage: str) -> str:
    """What decides whether two names are one stage: without regard to case and spaces."""
    return " ".join(stage.casefold().split())


def _deals_of(found: History, opportunities: pa.Table, length: int | None) -> Integers:
    """The place of each row's deal, -1 without one; rows that belong to no deal that was read are set aside."""
    part = found.part
    cells = part.column("opportunity_id")
    rows, places = places_named(cells.strings(), as_texts(opportunities["id"].combine_chunks()), length)
    deals = np.full(len(part), -1, dtype=np.int64)
    deals[rows] = places
    part.verdicts.judge(deals < 0, Rule.NO_RECORD, part.match.header("opportunity_id"), cells)
    return deals


def _judge_repeated(histories: Sequence[History], changes: StageEntries) -> None:
    """Set aside a row that leads to the stage that the deal was already in, where the files do not say from which."""
    used = np.concatenate([found.used for found in histories])
    told = np.concatenate([np.full(len(found.part), found.part.has("from_stage")) for found in histories])
    rows = np.flatnonzero(used)
    order = rows[np.lexsort((rows, changes.second[rows], changes.deal[rows]))]
    deal, stage = changes.deal[order], changes.stage[order]
    again = np.append([False], (deal[1:] == deal[:-1]) & (stage[1:] == stage[:-1])) & ~told[order]
    repeated = np.zeros(len(used), np.bool_)
    repeated[order[again]] = True
    first = 0
    for found in histories:
        part = found.part
        mask = repeated[first : first + len(part)]
        part.verdicts.judge(mask, Rule.NO_CHANGE, part.match.header("to_stage"), part.column("to_stage"))
        first += len(part)


def _starts(
    histories: Sequence[History], deals: Sequence[Integers], opportunities: pa.Table, names: pa.StringArray
) -> tuple[StageEntries, pa.StringArray]:
    """The stage in which each deal was made, entered on the day on which it was: what its first change came from.

    A history may lack its oldest rows. So a history of fields must hold the making of the deal, and one of stages
    must reach back to the day on which the deal was made.
    """
    made = as_integers(opportunities["created_day"].combine_chunks(), null=int(NONE))
    deal, second, stage = [], [], []
    for found, places in zip(histories, deals, strict=True):
        part = found.part
        if not part.has("from_stage"):
            continue
        known = found.used.copy()
        if part.has("field"):
            known &= np.isin(places, places[found.created & (places >= 0)])
        else:
            known &= (places >= 0) & (made[places] >= found.reaches_back_to)
        rows = np.flatnonzero(known)
        deal.append(places[rows])
        second.append(found.second[rows])
        stage.append(part.column("from_stage").take(rows).strings())
    if not deal:
        nothing = np.zeros(0, np.int64)
        return StageEntries(nothing, nothing, nothing), names
    codes, all_names = distinct(as_texts(pa.concat_arrays([names, *stage])))
    found_first = StageEntries(
        np.concatenate(deal), codes[len(names) :].astype(np.int64), np.concatenate(second)
    ).sorted()
    _, first = np.unique(found_first.deal, return_index=True)
    created = made[found_first.deal[first]]
    keep = (created != NONE) & (found_first.stage[first] != BLANK)
    keep &= created * DAY_SECONDS <= found_first.second[first]
    first = first[keep]
    return StageEntries(found_first.deal[first], found_first.stage[first], created[keep] * DAY_SECONDS), all_names


def _unchanged(
    histories: Sequence[History], changes: StageEntries, opportunities: pa.Table, names: pa.StringArray
) -> tuple[StageEntries, pa.StringArray]:
    """The open deals without a change: since they were made they are in their stage.

    Only for histories that hold changes of stages alone, and for deals that are not older than the oldest of them.
    """
    if any(found.part.has("field") or not found.part.has("from_stage") for found in histories):
        rows = np.zeros(0, np.int64)
    else:
        made = as_integers(opportunities["created_day"].combine_chunks(), null=int(NONE))
        open_now = one_of(as_texts(opportunities["status"].combine_chunks()), [Status.OPEN])
        covered = made >= min(found.reaches_back_to for found in histories)
        covered[changes.deal] = False
        rows = np.flatnonzero(open_now & covered & as_mask(opportunities["stage"].combine_chunks().is_valid()))
    stages = as_texts(opportunities["stage"].combine_chunks()).take(rows)
    codes, all_names = distinct(as_texts(pa.concat_arrays([names, stages])))
    created = as_integers(opportunities["created_day"].combine_chunks(), null=0)[rows]
    if len(rows):
        told = "Open deals without a change, and so in their stage since they were created"
        histories[0].part.notes.append(f"{told}: {len(rows):,}")
    return StageEntries(rows, codes[len(names) :].astype(np.int64), created * DAY_SECONDS), all_names


def _together(*parts: StageEntries) -> StageEntries:
    """Entries one behind the other."""
    return StageEntries(
        np.concatenate([part.deal for part in parts]),
        np.concatenate([part.stage for part in parts]),
        np.concatenate([part.second for part in parts]),
    )


def _stage_table(entries: StageEntries, names: pa.StringArray, book: StageBook) -> pa.Table:
    """The first day on which each deal entered each stage; stages that end a deal without a win are left out."""
    ends = [book.status(str(name)) in {Status.LOST, Status.NO_DECISION} for name in names.to_pylist()]
    going_on = ~np.array([*ends, False], dtype=np.bool_)[entries.stage]
    deal, stage, second = (array[going_on] for array in (entries.deal, entries.stage, entries.second))
    _, first = np.unique(deal * len(names) + stage, return_index=True)
    first.sort()  # by deal and time again
    found = StageEntries(deal[first], stage[first], second[first])
    indices: Any = pa.array(found.stage.astype(np.int32))
    columns = [
        pa.array(found.deal),
        pa.DictionaryArray.from_arrays(indices, names),
        pa.array(_positions(found, len(names))[found.stage].astype(np.int16)),
        pa.array((found.second // DAY_SECONDS).astype(np.int32)),
    ]
    return pa.table(columns, schema=STAGE_DATES)


def _positions(entries: StageEntries, stages: int) -> Integers:
    """The order of the stages: one stands before another when more deals entered it first.

    `entries` are sorted by deal and time, and hold each stage of a deal once.
    """
    before = np.zeros((stages, stages), dtype=np.int64)
    distance = 1
    while distance < len(entries.deal):
        pairs = np.flatnonzero(entries.deal[distance:] == entries.deal[:-distance])
        if not len(pairs):
            break
        np.add.at(before, (entries.stage[pairs], entries.stage[pairs + distance]), 1)
        distance += 1
    ahead = (before > before.T).sum(axis=1) - (before < before.T).sum(axis=1)
    entered = np.bincount(entries.stage, minlength=stages) > 0
    order = np.lexsort((np.arange(stages), -ahead, ~entered))
    positions = np.empty(stages, dtype=np.int64)
    positions[order] = np.arange(stages)
    return positions


def _with_stage_day(opportunities: pa.Table, changes: StageEntries, names: pa.StringArray) -> pa.Table:
    """Fill in when a deal entered its stage, where its own file does not say: its last change, if it led there."""
    keys = [spelled(str(name)) for name in names.to_pylist()]
    last = np.append(changes.deal[1:] != changes.deal[:-1], [True]) if len(changes.deal) else np.zeros(0, np.bool_)
    stages = as_texts(opportunities["stage"].combine_chunks())
    day = np.full(opportunities.num_rows, NONE, dtype=np.int64)
    deal, code = changes.deal[last], changes.stage[last]
    current = [spelled(str(text)) for text in stages.take(deal).to_pylist()]
    same = np.array([keys[one] == now for one, now in zip(code.tolist(), current, strict=True)], dtype=np.bool_)
    day[deal[same]] = changes.second[last][same] // DAY_SECONDS
    known = as_integers(opportunities["stage_day"].combine_chunks(), null=int(NONE))
    filled = np.where(known != NONE, known, day)
    place = OPPORTUNITIES.get_field_index("stage_day")
    column = pa.array(filled.astype(np.int32), mask=filled == NONE)
    return opportunities.set_column(place, OPPORTUNITIES.field(place), column)


def _merged(own: pa.Table | None, told: pa.Table) -> pa.Table:
    """The dates of both; where both have a date for a deal's stage, the deals' own file is believed."""
    if own is None:
        return told
    both = pa.concat_tables([own, told]).unify_dictionaries().combine_chunks()
    stage: Any = both["stage"].combine_chunks()
    key = as_integers(both["opportunity"].combine_chunks()) * len(stage.dictionary) + as_integers(stage.indices)
    _, first = np.unique(key, return_index=True)
    return both.take(pa.array(np.sort(first)))
