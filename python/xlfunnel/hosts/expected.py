"""The earlier version of a workbook with its tables as long as they are now: what a spreadsheet program makes of it.

Only what is compared with the new version is done: looks of cells, rules, and what charts read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.charts import chart_parts
from xlfunnel.ooxml.growth import Reach, extend_rules, extend_sparklines
from xlfunnel.ooxml.markup import parse, serialised
from xlfunnel.ooxml.references import Area
from xlfunnel.ooxml.shrinking import drop_sparklines
from xlfunnel.ooxml.workbook_file import WorkbookFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xlfunnel.ooxml.structure import TablePlace

_CHARTS = ("drawingml.chart+xml", "chartex+xml")


def expected_of(before: bytes, old: WorkbookFile, resized: Iterable[TablePlace]) -> tuple[WorkbookFile, list[str]]:
    """That version, and the tables that cannot be made so long, in words."""
    expected = WorkbookFile.from_bytes(before)
    reaches = [Reach(old.tables[table.name], table.rows - old.tables[table.name].rows) for table in resized]
    stuck = [f"the room below the table {one.table.name}" for one in reaches if not _is_free(old, one)]
    for reach in reaches:
        _cells(expected, reach)
    _charts(expected, reaches)
    return expected, stuck


def grown(reach: Reach) -> Area:
    """The cells that a table gains, or loses."""
    first, last = sorted((reach.last, reach.last + reach.count))
    return Area(first + 1, reach.table.left, last, reach.table.right)


def _is_free(book: WorkbookFile, reach: Reach) -> bool:
    """Whether a table can take its new rows: a total or a note below it may go, another table not."""
    table = reach.table
    if table.totals or not table.rows:
        return False
    others = (one for one in book.tables.values() if one.sheet == table.sheet and one.name != table.name)
    return reach.count < 0 or not any(one.whole.meets(reach.new_area) for one in others)


def _cells(book: WorkbookFile, reach: Reach) -> None:
    part, area = book.sheet_part(reach.table.sheet), grown(reach)
    part.part_merged(area)
    model = part.row(reach.last) if reach.count > 0 else None
    for number in range(area.top, area.bottom + 1):
        row = part.changing_row(number)
        for column in range(area.left, area.right + 1):
            row.cells.pop(column, None)
            if model is not None and column in model.cells:
                row.cell(column).attributes["s"] = model.cells[column].attributes.get("s", "0")
    extend_rules(part, reach)
    if reach.count > 0:
        extend_sparklines(part, reach)
    else:
        drop_sparklines(part, area)


def _charts(book: WorkbookFile, reaches: Iterable[Reach]) -> None:
    """Let charts read the tables as they are now; what they show of them is not compared."""
    listed = list(reaches)
    for name in chart_parts(book.package, *_CHARTS) if listed else ():
        root = parse(book.package.read(name), name)
        changed = False
        for formula in root.below("f"):
            new = _rewritten(formula.text, listed)
            changed |= new != formula.text
            formula.children = [new]
        if changed:
            book.package.replace(name, serialised(root))


def _rewritten(formula: str, reaches: Iterable[Reach]) -> str:
    for reach in reaches:
        single = reach.count > 0 and reach.table.rows == 1
        new = reach.rewritten(formula, None, single=single)
        if new != formula:
            return new
    return formula
