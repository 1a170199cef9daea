"""A table made longer, with everything that reaches to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml.charts import redirect_charts
from xlfunnel.ooxml.faults import CannotGrow, NoRoomToGrow
from xlfunnel.ooxml.markup import Element, parse, serialised
from xlfunnel.ooxml.references import (
    Area,
    area_of,
    cell_name,
    check_cell,
    moved,
    references,
    substituted,
    substituted_as_written,
    table_parts,
)
from xlfunnel.ooxml.table_rows import calculated_columns, table_columns

if TYPE_CHECKING:
    from xlfunnel.ooxml.sheet import Row, SheetPart
    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_FORMULA = re.compile(rb"<(?:[\w.-]+:)?(?:f|formula|formula1|formula2)[\s>]")
_RULE_TEXTS = frozenset({"formula", "formula1", "formula2", "f"})
_ROW_LOOKS = ("ht", "customHeight")
_NAMED_CELLS = 8
"""Cells in the way that a message names."""


@dataclass(frozen=True)
class Reach:
    """A table, and how many rows it gets; fewer than none where it loses some."""

    table: TablePlace
    count: int

    @property
    def last(self) -> int:
        """The last row of data as yet."""
        return self.table.last_row

    @property
    def new_rows(self) -> range:
        """The rows that are to be part of it."""
        return range(self.last + 1, self.last + 1 + self.count)

    @property
    def new_area(self) -> Area:
        """The cells that are to be part of it."""
        return Area(self.last + 1, self.table.left, self.last + self.count, self.table.right)

    def longer(self, area: Area) -> Area:
        """An area with its end moved down, or up where the table loses rows."""
        return Area(area.top, area.left, area.bottom + self.count, area.right)

    def is_column(self, area: Area, *, single: bool) -> bool:
        """Whether an area is the data of columns, with headings or without; `single`: one cell may be it, too."""
        inside = self.table.left <= area.left and area.right <= self.table.right and area.bottom == self.last
        if not inside or area.top not in {self.table.header_row, self.table.first_row}:
            return False
        return area.top < area.bottom or (single and area.left == area.right)

    def rewritten(self, formula: str, sheet: str | None, *, single: bool = False) -> str:
        """A formula that stands on a sheet, with every reference to whole columns of the table made longer."""
        if not self._may_name_columns(formula, sheet):
            return formula

        def change(named: str | None, area: Area, both_ends: bool) -> Area | None:  # a callback's
            there = (named or sheet or "").casefold() == self.table.sheet.casefold()
            return self.longer(area) if there and self.is_column(area, single=single or both_ends) else None

        return substituted_as_written(formula, change)

    def _may_name_columns(self, formula: str, sheet: str | None) -> bool:
        """Whether a formula says the number of the last row, and the table's sheet unless it stands there."""
        if str(self.last + 1) not in formula:
            return False
        own = self.table.sheet.casefold()
        return own == (sheet or "").casefold() or own in formula.replace("''", "'").casefold()


def grow_table(book: WorkbookFile, table: TablePlace, count: int, *, blank: bool = False) -> None:
    """Add rows at the end of a table. Raises `CannotGrow` or `NoRoomToGrow` before anything is changed.

    `blank`: the rows' cells are left to the caller.
    """
    growth = Reach(table, count)
    sheet = book.sheet_part(table.sheet)
    _refuse(book, sheet, growth)
    formulas = _column_formulas(book, sheet, table)
    extend_formulas(book, growth)
    for row in () if blank else growth.new_rows:
        _copy_row(sheet, growth, row, formulas)
    extend_table(book, growth)
    extend_rules(sheet, growth)
    extend_sparklines(sheet, growth)
    extend_names(book, growth)
    redirect_charts(book, lambda formula: growth.rewritten(formula, None, single=table.rows == 1))


def check_growth(book: WorkbookFile, table: TablePlace, count: int) -> None:
    """Raise what `grow_table` would raise, and change nothing."""
    _refuse(book, book.sheet_part(table.sheet), Reach(table, count))


def followers(book: WorkbookFile, table: TablePlace) -> tuple[str, ...]:
    """The tables whose first column reads this table row by row, by INDEX, and the tables that read those so."""
    found = [table.name]
    for name in found:  # which grows meanwhile
        for other in book.tables.values():
            if other.name not in found and name.casefold() in _indexed(book, other):
                found.append(other.name)
    return tuple(found[1:])


def _indexed(book: WorkbookFile, table: TablePlace) -> set[str]:
    """The tables that a table's first column reads by INDEX."""
    formula = book.formula(table.sheet, table.first_row, table.left) if table.rows else None
    if formula is None or "INDEX(" not in formula.upper():
        return set()
    return {name.casefold() for name, _ in table_parts(formula)}


def _refuse(book: WorkbookFile, sheet: SheetPart, growth: Reach) -> None:
    table = growth.table
    if table.totals:
        msg = f"the table {table.name} has a totals row below its data; turn it off in Excel, or add the rows there"
        raise CannotGrow(msg)
    if not table.rows:
        msg = f"the table {table.name} has no row of data whose formulas and formats a new row could take"
        raise CannotGrow(msg)
    check_cell(growth.last + growth.count, table.right)
    in_the_way = _in_the_way(book, sheet, growth)
    if in_the_way:
        shown = ", ".join(in_the_way[:_NAMED_CELLS]) + (" and more" if len(in_the_way) > _NAMED_CELLS else "")
        msg = (
            f"the table {table.name} on the sheet {table.sheet} needs {growth.count} more rows, but below it stands "
            f"something: {shown}. Move that, or insert rows above it in Excel, and try again."
        )
        raise NoRoomToGrow(msg)


def _in_the_way(book: WorkbookFile, sheet: SheetPart, growth: Reach) -> list[str]:
    """What stands where the new rows are to be, in words."""
    area, table = growth.new_area, growth.table
    others = [other for other in book.tables.values() if other.sheet == table.sheet and other.name != table.name]
    found = [f"the table {other.name}" for other in others if other.whole.meets(area)]
    found += [f"merged cells {merged.name}" for merged in sheet.merged if merged.meets(area)]
    found += [f"the array formula in {cell_name(one.top, one.left)}" for one in sheet.arrays if one.meets(area)]
    for number in (held for held in sheet.row_numbers if growth.last < held <= growth.last + growth.count):
        row = sheet.row(number)
        for column, cell in sorted(row.cells.items()) if row else ():
            if area.holds(number, column) and (cell.child("f") or sheet.value_of(cell) not in {None, ""}):
                found.append(cell_name(number, column))
    return found


def _column_formulas(book: WorkbookFile, sheet: SheetPart, table: TablePlace) -> dict[int, str]:
    """The formula of each calculated column as it reads in the last row."""
    calculated = calculated_columns(book, table)
    root = parse(book.package.read(table.part), table.part)
    formulas: dict[int, str] = {}
    for column, (name, item) in enumerate(table_columns(root, table), table.left):
        formula = sheet.formula(table.last_row, column) if name in calculated else None
        declared = item.child("calculatedColumnFormula")
        if formula is None and declared is not None and not any(references(declared.text)):
            formula = f"={declared.text}"  # the last row holds a value typed over its formula
        if formula is not None:
            formulas[column] = formula
    return formulas


def _copy_row(sheet: SheetPart, growth: Reach, number: int, formulas: dict[int, str]) -> None:
    model = sheet.row(growth.last)
    _copy_looks(model, sheet.changing_row(number))
    for column in range(growth.table.left, growth.table.right + 1):
        formula = formulas.get(column)
        new = None if formula is None else moved(formula, number - growth.last, 0)
        sheet.copy_cell((growth.last, column), number, new)
    sheet.settle(number)


def _copy_looks(model: Row | None, row: Row) -> None:
    if model is None:
        return
    for name in _ROW_LOOKS:
        if name in model.element.attributes:
            row.element.attributes[name] = model.element.attributes[name]


def extend_table(book: WorkbookFile, growth: Reach) -> None:
    """Let the table's part say where it ends now."""
    part = growth.table.part
    root = parse(book.package.read(part), part)
    for element in [root, *root.elements("autoFilter"), *root.below("sortState")]:
        area = area_of(element.attributes.get("ref", ""))
        if area is not None and area.bottom == growth.last:
            element.attributes["ref"] = growth.longer(area).name
    book.package.replace(part, serialised(root))


def extend_rules(sheet: SheetPart, growth: Reach) -> None:
    """Make the areas of conditional formats, validations and the like longer where they end with the table."""
    for element in _rules(sheet.tree):
        written = element.attributes.get("sqref") or (element.text if element.local == "sqref" else "")
        longer = " ".join(_longer_rule(growth, one) for one in written.split())
        if longer == written:
            continue
        sheet.changing_tree()
        if "sqref" in element.attributes:
            element.attributes["sqref"] = longer
        else:
            element.children = [longer]


def _rules(element: Element) -> list[Element]:
    """All that says for which cells it holds, save what says which cell is selected and where a sparkline stands."""
    found = []
    for child in element.elements():
        if child.local in {"sheetViews", "sparkline"}:
            continue
        if "sqref" in child.attributes or child.local == "sqref":
            found.append(child)
        found += _rules(child)
    return found


def _longer_rule(growth: Reach, written: str) -> str:
    area = area_of(written)
    table = growth.table
    if area is None or area.bottom != growth.last or area.right < table.left or table.right < area.left:
        return written
    return growth.longer(area).name


def extend_sparklines(sheet: SheetPart, growth: Reach) -> None:
    """Give the new rows the sparklines that the last row has."""
    for block in sheet.tree.below("sparklines"):
        for line in list(block.elements("sparkline")):
            place, source = line.child("sqref"), line.child("f")
            area = area_of(place.text) if place else None
            if area is None or source is None or not (area.bottom == growth.last and _within(area, growth)):
                continue
            sheet.changing_tree()
            for step in range(1, growth.count + 1):
                new = line.new("sparkline")
                row_source = moved(source.text.replace("$", ""), step, 0)
                cell = cell_name(area.top + step, area.left)
                new.children = [source.new("f", text=row_source), source.new("sqref", text=cell)]
                block.children.append(new)


def _within(area: Area, growth: Reach) -> bool:
    return growth.table.left <= area.left and area.right <= growth.table.right


def extend_names(book: WorkbookFile, growth: Reach) -> None:
    """Let names end where the table ends now, and the printed area with them where it grows."""
    block = book.root.child("definedNames")
    for item in block.elements("definedName") if block else ():
        if item.attributes.get("name") == "_xlnm.Print_Area":
            new = substituted(item.text, lambda sheet, area: _longer_print_area(growth, sheet, area))
        else:
            new = growth.rewritten(item.text, None)
        if new != item.text:
            book.changing_root()
            item.children = [new]


def _longer_print_area(growth: Reach, sheet: str | None, area: Area) -> Area | None:
    """A printed area that ends with the table, or in the margin below it that the new rows take."""
    if sheet is None or sheet.casefold() != growth.table.sheet.casefold():
        return None
    return growth.longer(area) if growth.last <= area.bottom < growth.last + growth.count else None


def extend_formulas(book: WorkbookFile, growth: Reach) -> None:
    """Make references to whole columns longer in all formulas of cells and rules."""
    mark = str(growth.last + 1).encode()
    for name in book.sheets:
        if not book.is_open(name) and not _FORMULA.search(book.package.read(book.part_of(name))):
            continue
        part = book.sheet_part(name)

        def rewrite(formula: str, name: str = name) -> str:
            return growth.rewritten(formula, name)

        if part.rewrite_formulas(rewrite, mark):
            book.formulas_changed()
        for element in rule_formulas(part.tree):
            new = rewrite(element.text)
            if new != element.text:
                part.changing_tree()
                element.children = [new]


def rule_formulas(tree: Element) -> list[Element]:
    """The formulas of conditional formats, validations and sparklines."""
    found = []
    for child in tree.elements():
        if child.local in _RULE_TEXTS and child.text:
            found.append(child)
        elif child.local != "sheetData":
            found += rule_formulas(child)
    return found
