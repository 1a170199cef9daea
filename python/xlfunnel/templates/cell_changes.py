"""What the measured cells of a workbook say before and after a refresh, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.changes.cells import CellChange
from xlfunnel.changes.state import day_words
from xlfunnel.templates.quarter_days import day_held

if TYPE_CHECKING:
    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_BLANK: Final = "blank"
_PLAIN: Final = 1000
"""From this number on decimals say nothing."""


def cell_change(file: WorkbookFile, sheet: str, row: int, column: int, before: CellValue) -> CellChange:
    """A cell that was written, and what it showed before."""
    now = file.value(sheet, row, column)
    shape = _shape(file, sheet, row, column)
    share = None
    if _is_number(before) and _is_number(now) and before and "y" not in shape:
        share = (float(now) - float(before)) / abs(float(before))  # type: ignore[arg-type]
    was, shows = (shown_words(value, shape, since_1904=file.since_1904) for value in (before, now))
    return CellChange(_where(file, sheet, row, column), was, shows, share)


def row_words(file: WorkbookFile, table: TablePlace, row: int) -> str:
    """What the first column of a table calls a row."""
    value = file.value(table.sheet, row, table.left)
    return shown_words(value, _shape(file, table.sheet, row, table.left), since_1904=file.since_1904)


def shown_words(value: CellValue, shape: str, *, since_1904: bool = False) -> str:
    """A value as its cell shows it, nearly.

    >>> shown_words(0.256, "0.0 %"), shown_words(12000.0, "#,##0"), shown_words(46296.0, "d mmm yyyy")
    ('25.6 %', '12,000', '1 Oct 2026')
    """
    if value is None or value == "":
        return _BLANK
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (int, float)):
        return str(value)
    if "%" in shape:
        return f"{value * 100:,.1f} %"
    day = day_held(value, since_1904=since_1904) if "y" in shape else None
    if day is not None:
        return day_words(day)
    whole = float(value).is_integer() or abs(value) >= _PLAIN
    return f"{value:,.0f}" if whole else f"{value:,.2f}"


def _where(file: WorkbookFile, sheet: str, row: int, column: int) -> str:
    for table in file.tables.values():
        if table.sheet == sheet and table.data.holds(row, column):
            return f"{table.name}, {row_words(file, table, row)}, {table.columns[column - table.left]}"
    for name, place in file.names.items():
        if (place.sheet, place.top, place.left) == (sheet, row, column) and "!" not in name:
            return name.replace("_", " ")
    return file.cell_name(sheet, row, column)


def _shape(file: WorkbookFile, sheet: str, row: int, column: int) -> str:
    held = file.sheet_part(sheet).row(row)
    cell = held.cells.get(column) if held else None
    return file.number_format(cell.whole("s")) if cell else "General"


def _is_number(value: CellValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
