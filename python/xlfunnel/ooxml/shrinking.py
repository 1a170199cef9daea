"""A table made shorter, with everything that reaches to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.charts import redirect_charts
from xlfunnel.ooxml.faults import CannotGrow
from xlfunnel.ooxml.growth import Reach, extend_formulas, extend_names, extend_rules, extend_table
from xlfunnel.ooxml.references import Area, area_of

if TYPE_CHECKING:
    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.workbook_file import WorkbookFile


def shrink_table(book: WorkbookFile, table: TablePlace, count: int) -> None:
    """Take rows from the end of a table: their cells become blank, and what ends with the table ends earlier.

    Raises `CannotGrow` before anything is changed: a table keeps one row, and nothing is taken from above a row of
    totals.
    """
    if table.totals:
        msg = f"the table {table.name} has a totals row below its data; turn it off in Excel, or delete rows there"
        raise CannotGrow(msg)
    if count >= table.rows:
        msg = f"the table {table.name} has {table.rows} rows and keeps at least one; {count} cannot be taken from it"
        raise CannotGrow(msg)
    reach = Reach(table, -count)
    sheet = book.sheet_part(table.sheet)
    gone = Area(table.last_row - count + 1, table.left, table.last_row, table.right)
    extend_formulas(book, reach)
    for number in range(gone.top, gone.bottom + 1):
        _clear(book, sheet, gone, number)
    extend_table(book, reach)
    extend_rules(sheet, reach)
    drop_sparklines(sheet, gone)
    extend_names(book, reach)
    redirect_charts(book, lambda formula: reach.rewritten(formula, None))


def _clear(book: WorkbookFile, sheet: SheetPart, gone: Area, number: int) -> None:
    """Take a row's cells out of the sheet, with their formats; what stands beside the table stays."""
    row = sheet.row(number)
    columns = [at for at in row.cells if gone.left <= at <= gone.right] if row else []
    if not columns:
        return
    for at in columns:
        sheet.put(number, at, None)
        del sheet.changing_row(number).cells[at]
        sheet.changed_cells.add((number, at))
    changed = sheet.changing_row(number)
    if not changed.cells:
        for name in ("ht", "customHeight"):
            changed.element.attributes.pop(name, None)
    sheet.settle(number)
    book.formulas_changed()


def drop_sparklines(sheet: SheetPart, gone: Area) -> None:
    """Take out the sparklines that stand in cells that are gone."""
    for block in sheet.tree.below("sparklines"):
        for line in list(block.elements("sparkline")):
            place = line.child("sqref")
            area = area_of(place.text) if place else None
            if area is not None and gone.holds(area.top, area.left):
                sheet.changing_tree()
                block.remove(line)
