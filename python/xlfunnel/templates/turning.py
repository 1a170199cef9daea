"""The turn of a quarter: figures become history, the calendar moves on, and rates must be agreed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import Stopped
from xlfunnel.saving import held
from xlfunnel.templates.next_quarter import DEFINITIONS, FROZEN_ON, QUARTER
from xlfunnel.templates.ours import check_suffix, open_ours
from xlfunnel.templates.quarter_days import months_later, quarter_of

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.next_quarter import NextQuarter
    from xlfunnel.templates.ours import Ours

    Record = dict[str, CellValue]

CARRIED: Final = "estimated"
"""Where a rate comes from that was carried over from the last quarter."""

_QUARTER_MONTHS: Final = 3


class NoQuarter(Stopped):
    """The workbook does not say which quarter it is for."""


class FrozenAlready(Stopped):
    """The history holds this quarter already."""


@dataclass(frozen=True)
class Turned:
    """What the turn did: the quarter that ended, the next one's first day, rows of history, cells carried over."""

    ended: str
    starts: date
    frozen: int
    carried: int
    stale: tuple[str, ...] = ()
    """Cells that show their earlier result until a spreadsheet program computes them."""


def new_quarter(book: Path, output: Path, on: date) -> Turned:
    """Write a workbook for the next quarter: this one's figures go into its history, dated `on`.

    Definitions, segments and everything of the user's own stay; what is per quarter is cleared; rates are carried
    over as estimated. Raises `NoQuarter`, `FrozenAlready`, and what opening and saving raise; then nothing has
    changed.
    """
    with held(output):
        return _turned(book, output, on)


def _turned(book: Path, output: Path, on: date) -> Turned:
    ours = open_ours(book)
    check_suffix(output, ours.edition)
    file, turn = ours.file, ours.template.next_quarter
    file.recalculate(ours.native)
    ended, starts = _ended(file, book.name), _next_start(file, book.name)
    frozen = _freeze(ours, turn, ended, on)
    for target in turn.cleared:
        _set_all(file, target, None)
    carried = sum(_set_all(file, target, CARRIED) for target in turn.carried)
    file.write_name("quarter_start", starts)
    stale = file.recalculate(ours.native).stale
    ours.save(output)
    return Turned(ended, starts, frozen, carried, stale)


def _freeze(ours: Ours, turn: NextQuarter, ended: str, on: date) -> int:
    if not turn.history:
        return 0
    file = ours.file
    if any(row[QUARTER] == ended for row in file.read_table(turn.history)):
        msg = f"The history holds {ended} already. Set the first day of the quarter on Start, or remove those rows."
        raise FrozenAlready(msg)
    rows = [row for row in file.read_table(turn.rows) if _says(next(iter(row.values())))]
    history = [_record(file, turn, row, ended, on) for row in rows]
    file.append(turn.history, history)
    return len(history)


def _record(file: WorkbookFile, turn: NextQuarter, row: Record, ended: str, on: date) -> dict[str, CellValue | date]:
    heading, key = next(iter(row.items()))
    version = file.read_name("definitions_version")
    record: dict[str, CellValue | date] = {QUARTER: ended, DEFINITIONS: version, FROZEN_ON: on, heading: key}
    for one in turn.kept:
        record[one.column] = _kept(file, one.source, row, key)
    return {column: None if value == "" else value for column, value in record.items()}


def _kept(file: WorkbookFile, source: str, row: Record, key: CellValue) -> CellValue:
    if source in row:
        return row[source]
    table, _, column = source.partition("[")
    if not column:
        return file.read_name(source)
    rows = file.read_table(table)
    return next((one[column.rstrip("]")] for one in rows if next(iter(one.values())) == key), None)


def _set_all(file: WorkbookFile, target: str, value: str | None) -> int:
    """Set the cell of a name, or the rows of a column that say something; gives how many cells changed."""
    name, _, column = target.partition("[")
    if not column:
        place = file.place(name)
        cells = [(place.sheet, place.top, place.left)]
    else:
        table = file.table(name)
        at = table.left + table.columns.index(column.rstrip("]"))
        rows = range(table.first_row, table.last_row + 1)
        cells = [(table.sheet, row, at) for row in rows if _says(file.value(table.sheet, row, at))]
    for sheet, row, at in cells:
        file.write(sheet, row, at, value)
    return len(cells)


def _ended(file: WorkbookFile, name: str) -> str:
    shown = file.read_name("quarter_name")
    if not isinstance(shown, str) or not shown:
        raise NoQuarter(_no_quarter(name))
    return shown


def _next_start(file: WorkbookFile, name: str) -> date:
    quarter = quarter_of(file)
    if quarter is None:
        raise NoQuarter(_no_quarter(name))
    return months_later(quarter.first, _QUARTER_MONTHS)


def _no_quarter(name: str) -> str:
    return f'"{name}" does not say which quarter it is for. Fill in the first day of the quarter on Start.'


def _says(value: CellValue) -> bool:
    return value is not None and value != ""
