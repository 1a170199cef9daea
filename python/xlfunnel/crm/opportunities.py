"""Opportunities: texts become status, dates and money; what cannot be used is set aside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xlfunnel.crm.amounts import Amounts, read_amounts
from xlfunnel.crm.cells import no_cells
from xlfunnel.crm.dates import NONE, Moments, day_number
from xlfunnel.crm.parallel import in_parallel
from xlfunnel.crm.parts import Part, day_column, judge_deleted_and_tests, note_reading
from xlfunnel.crm.seen import stages_seen
from xlfunnel.crm.status import AGAINST_STAGE, OPEN, STATUSES, WON, against_stage, judged_status, without_pipeline
from xlfunnel.crm.tables import OPPORTUNITIES, STAGE_DATES, TEXT, Rule
from xlfunnel.crm.vocabulary import vocabulary
from xlfunnel.units import Status

if TYPE_CHECKING:
    from datetime import date

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.dates import Days
    from xlfunnel.crm.stages import StageBook
    from xlfunnel.crm.status import StatusCodes
    from xlfunnel.crm.text_array import Floats, Integers, Mask
    from xlfunnel.definitions import Definitions


@dataclass
class Opportunities:
    """The opportunities of one file, with what their texts mean."""

    part: Part
    book: StageBook
    amounts: Amounts
    value: Floats  # the amounts in the workbook's currency; NaN where there is none
    created: Moments
    closed: Moments
    expected: Moments
    stage_entered: Moments
    stage_moments: list[Moments]  # one for each column of `part.match.stage_dates`
    status: StatusCodes
    against_stage: Mask  # whose stage names another outcome

    @property
    def used(self) -> Mask:
        """The records that are not set aside."""
        return self.part.verdicts.used

    @property
    def is_open(self) -> Mask:
        """The records that were open on the as-of date."""
        mask: Mask = self.status == OPEN
        return mask

    @property
    def due(self) -> Days:
        """The expected close day; CRMs that have one date for both keep it in the close date."""
        return np.where(self.expected.day != NONE, self.expected.day, self.closed.day).astype(np.int32)

    @property
    def stage_day(self) -> Days:
        """When the current stage was entered: by its own column, else the newest date of all stages."""
        newest = np.full(len(self.part), NONE, dtype=np.int32)
        for moments in self.stage_moments:
            newest = np.maximum(newest, moments.day)
        return np.where(self.stage_entered.day != NONE, self.stage_entered.day, newest).astype(np.int32)


CLOSE_UNNAMED = (
    "Closed, and no column says when; name the one that does on the sheet Mapping, or in a mapping file as closed "
    "under [opportunities]"
)


def clean_opportunities(part: Part, book: StageBook, as_of: date, definitions: Definitions) -> Opportunities:
    """Read the texts of one file; currencies and repeated ids are settled over all files afterwards."""
    judge_deleted_and_tests(part, definitions)
    created, closed, expected, entered = (
        part.moments(name) for name in ("created", "closed", "expected", "stage_entered")
    )
    headers = [part.match.grid.names[stage.position] for stage in part.match.stage_dates]
    stage_moments = [part.read_dates(*column) for column in zip(part.stage_cells, headers, strict=True)]
    amounts = _amounts(part, "amount", definitions)
    if part.has("stage"):
        part.cells["stage"] = without_pipeline(part)
    status = judged_status(part, book)
    part.stages = stages_seen(part, book, status)
    against = against_stage(part, book, status)
    closed = _with_outcome_days(part, closed, status)
    value = amounts.value
    if part.has("won_amount"):
        won = _amounts(part, "won_amount", definitions).value
        value = np.where((status == WON) & ~np.isnan(won), won, value)
    found = Opportunities(
        part, book, amounts, value, created, closed, expected, entered, stage_moments, status, against
    )
    _close(found, day_number(as_of))
    return found


def note_opportunities(found: Opportunities, as_of: date, definitions: Definitions) -> None:
    """Put into words what a careful reader should know of a file."""
    part, today = found.part, day_number(as_of)
    created, closed = found.created.day, found.closed.day
    note_reading(part)
    if part.has("amount"):
        won = found.status == WON
        part.note(won & (found.value == 0), "Won with an amount of zero, which counts in the average deal")
        part.note(won & np.isnan(found.value), "Won without an amount, and so not in the average deal")
    if found.amounts.note:
        part.notes.append(found.amounts.note)
    part.note(found.against_stage, AGAINST_STAGE)
    backwards = ~found.is_open & (created != NONE) & (closed != NONE) & (closed < created)
    part.note(backwards, "Closed before they were created, and so in the win rate but in no cycle")
    if part.has("created"):
        part.note(created == NONE, "Without a created date, and so in no cycle")
        part.note(created > today, "Created after the as-of date")
    part.note(found.is_open & (found.due != NONE) & (found.due < today), "Open past their close date")
    _note_pipelines(part, definitions)


def opportunity_table(found: Opportunities, definitions: Definitions) -> pa.Table:
    """The canonical table of a file's used records."""
    part, used = found.part, found.used
    keep = np.flatnonzero(used)
    closed = np.where(found.is_open, NONE, found.closed.day)
    unqualified = {name.strip().casefold() for name in definitions.unqualified_stages}
    early = part.column("stage").where(lambda text: text.casefold() in unqualified)
    values = found.value[keep]
    statuses: Any = pa.array(found.status[keep].astype(np.int32))
    columns: dict[str, pa.Array[Any]] = {
        "file": pa.array(np.full(len(keep), part.number, dtype=np.int16)),
        "row": pa.array(part.verdicts.rows[keep]),
        "amount": pa.array(values, mask=np.isnan(values)),
        "created_day": day_column(found.created.day, used),
        "closed_day": day_column(closed, used),
        "expected_day": day_column(np.where(found.is_open, found.due, NONE), used),
        "cycle_days": day_column(_cycle(found.created.day, closed), used),
        "stage_day": day_column(found.stage_day, used),
        "status": pa.DictionaryArray.from_arrays(statuses, pa.array([status.value for status in STATUSES])),
        "qualified": pa.array(~(found.is_open & early)[keep]),
        "counted": pa.array(~_pipeline_left_out(part, definitions)[keep]),
        "touched": _touched(part, keep),
        "sourced": pa.nulls(len(keep), pa.bool_()),
    }
    texts = [field.name for field in OPPORTUNITIES if field.name not in columns]
    columns |= zip(texts, in_parallel(lambda name: _texts(part.column(name).take(keep), name), texts), strict=True)
    return pa.table([columns[field.name] for field in OPPORTUNITIES], schema=OPPORTUNITIES)


def _texts(cells: Cells, name: str) -> pa.Array[Any]:
    return cells.dictionary() if OPPORTUNITIES.field(name).type == TEXT else cells.strings()


def stage_date_table(found: Opportunities, first: int) -> pa.Table:
    """One row for each stage that a used record entered; `first` is the place of the file's first opportunity.

    Stages that end a deal without a win are left out: nobody advances to them.
    """
    place = np.full(len(found.part), -1, dtype=np.int64)
    place[found.used] = np.arange(first, first + int(found.used.sum()))
    positions: dict[str, int] = {}
    tables = [STAGE_DATES.empty_table()]
    for stage, moments in zip(found.part.match.stage_dates, found.stage_moments, strict=True):
        if found.book.status(stage.stage) in {Status.LOST, Status.NO_DECISION}:
            continue
        position = positions.get(stage.pipeline, 0)
        positions[stage.pipeline] = position + 1
        rows = np.flatnonzero(found.used & (moments.day != NONE))
        names = pa.DictionaryArray.from_arrays(np.zeros(len(rows), np.int32), pa.array([stage.stage]))
        order = pa.array(np.full(len(rows), position, dtype=np.int16))
        columns = [pa.array(place[rows]), names, order, pa.array(moments.day[rows])]
        tables.append(pa.table(columns, schema=STAGE_DATES))
    return pa.concat_tables(tables)


def _with_outcome_days(part: Part, closed: Moments, status: StatusCodes) -> Moments:
    """The close dates, completed by the day on which a deal was won, or lost, where the CRM keeps these apart."""
    day = closed.day
    for name, ended in (("closed_won", status == WON), ("closed_lost", status > WON)):
        if part.has(name):
            day = np.where(ended & (day == NONE), part.moments(name).day, day).astype(np.int32)
    return replace(closed, day=day)


def _amounts(part: Part, name: str, definitions: Definitions) -> Amounts:
    if not part.has(name):
        rows = len(part)
        return Amounts(np.full(rows, np.nan), no_cells(rows), np.zeros(rows, np.bool_))
    header, cells = part.match.header(name), part.column(name)
    amounts = read_amounts(part.file, header, cells, decimal=definitions.decimal, typed=part.match.grid.typed)
    part.verdicts.judge(amounts.unreadable, Rule.UNREADABLE_AMOUNT, header, cells)
    return amounts


def _close(found: Opportunities, today: int) -> None:
    """Take deals that close after the as-of date as open, and set aside closed ones without a close date."""
    part, closed = found.part, found.closed.day
    later = (found.status > OPEN) & (closed > today)
    part.note(later, "Closed after the as-of date, and so taken as open")
    found.status = np.where(later, OPEN, found.status).astype(np.int8)
    missing = (found.status > OPEN) & (closed == NONE)
    for name in ("closed", "closed_won", "closed_lost"):
        if part.has(name):
            part.verdicts.judge(missing, Rule.MISSING_CLOSE, part.match.header(name), part.column(name))
            return
    part.note_aside(missing, CLOSE_UNNAMED)
    part.verdicts.judge(missing, Rule.MISSING_CLOSE, "", None, "no column of the file holds close dates")


def _cycle(created: Days, closed: Days) -> Days:
    cycle = closed.astype(np.int64) - created
    unknown = (closed == NONE) | (created == NONE) | (cycle < 0)
    return np.where(unknown, NONE, cycle).astype(np.int32)


def _pipeline_left_out(part: Part, definitions: Definitions) -> Mask:
    names = {name.strip().casefold() for name in definitions.pipelines_left_out}
    return part.column("pipeline").where(lambda text: text.casefold() in names)


def _note_pipelines(part: Part, definitions: Definitions) -> None:
    """Name the pipelines that the definitions leave out, each with how many used deals are of it."""
    cells = part.column("pipeline")
    left_out = _pipeline_left_out(part, definitions)
    for place in np.unique(cells.codes[left_out]).tolist():
        part.note(left_out & (cells.codes == place), left_out_note(cells.texts[place]))


def left_out_note(pipeline: str) -> str:
    """What the account says of the deals of such a pipeline."""
    return f"Of the pipeline {pipeline}, which the definitions leave out"


def _touched(part: Part, keep: Integers) -> pa.Array[Any]:
    """What the export itself says: "no" or blank is not touched, "yes" or the name of a campaign is."""
    if not part.has("touched"):
        return pa.nulls(len(keep), pa.bool_())
    no = vocabulary().no
    return pa.array(part.column("touched").where(lambda text: text.casefold() not in no)[keep])
