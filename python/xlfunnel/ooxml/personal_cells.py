"""Cells that a person wrote beside what a builder writes: found before its sheets are made anew, put back after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml.adoption import adopted
from xlfunnel.ooxml.layout import Layout, Moves, base_heading
from xlfunnel.ooxml.markup import parse, serialised
from xlfunnel.ooxml.references import Area, column_letters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.remaking import Builder
    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile


@dataclass(frozen=True)
class LeftOver:
    """A cell whose record is gone: where it stood, and what it said."""

    sheet: str
    record: str
    column: str
    value: CellValue


@dataclass(frozen=True)
class _Found:
    """A cell of a person's as it stood, its formula written out."""

    row: int
    column: int
    element: Element
    formula: str | None
    value: CellValue


class PersonalCells:
    """What a person wrote on the builder's sheets: columns added to its tables, and cells outside its areas."""

    def __init__(self, book: WorkbookFile, builder: Builder) -> None:
        self.before = Layout.of(book, builder.sheets, builder.area)
        self._book, self._builder = book, builder
        self.added = {name: _added(table, builder.headings) for name, table in self.before.tables.items()}
        """By table, the columns of the sheet that a person added to it."""
        self._declared = {name: _declared(book, table) for name, table in self.before.tables.items()}
        self._cells = {sheet: list(self._found(sheet)) for sheet in builder.sheets}

    def _found(self, sheet: str) -> Iterator[_Found]:
        part, own = self.before.parts[sheet], self.before.areas[sheet]
        columns = {
            at: table for name, table in self.before.tables.items() if table.sheet == sheet for at in self.added[name]
        }
        for number in part.row_numbers:
            if not columns and number <= own.bottom and part.last_column(number) <= own.right:
                continue
            row = part.row(number)
            for at, cell in sorted(row.cells.items()) if row else ():
                table = columns.get(at)
                in_table = table is not None and table.header_row <= number <= table.last_row
                if (in_table or number > own.bottom or at > own.right) and (
                    cell.children or cell.attributes.get("s")
                ):
                    yield _Found(number, at, cell, part.formula_of(cell, number, at), part.value_of(cell))

    # -- back again

    def widen_tables(self) -> None:
        """Give the new tables the columns that a person had added, at their right."""
        for name, columns in self.added.items():
            new = self._book.tables.get(name)
            if not columns or new is None:
                continue
            root = parse(self._book.package.read(new.part), new.part)
            block = root.child("tableColumns")
            if block is None:
                continue
            taken = max(item.whole("id") for item in block.elements())
            for step, at in enumerate(columns, 1):
                item = adopted(block, self._declared[name][at])
                item.attributes["id"] = str(taken + step)
                block.children.append(item)
            block.attributes["count"] = str(len(list(block.elements())))
            wider = Area(new.header_row, new.left, new.last_row, new.right + len(columns)).name
            for element in (root, *root.elements("autoFilter")):
                element.attributes["ref"] = wider
            self._book.package.replace(new.part, serialised(root))
        self._book.tables_changed()

    def moves(self) -> Moves:
        """Where everything is now; to be asked once the sheets are filled and the tables widened."""
        after = Layout.of(self._book, self._builder.sheets, self._builder.area)
        shifts = {}
        for sheet, old in self.before.areas.items():
            new, wide = after.areas[sheet], _right(after, sheet)
            shifts[sheet] = (new.bottom - old.bottom, wide - _right(self.before, sheet))
        return Moves(self.before, after, shifts)

    def restore(self, moves: Moves, rewrite: Callable[[str, str], str]) -> list[LeftOver]:
        """Put every cell back beside its record; gives those whose record is gone."""
        gone = []
        for sheet, cells in self._cells.items():
            part = self._book.sheet_part(sheet)
            if cells:
                part.changing_tree()
            for cell in cells:
                place = self._place(sheet, cell, moves)
                if place is not None:
                    _put(part, place, cell, None if cell.formula is None else rewrite(cell.formula, sheet))
                elif cell.value not in {None, ""}:
                    gone.append(self._left_over(sheet, cell))
            self._continue_formulas(sheet, moves, rewrite)
        return gone

    def _place(self, sheet: str, cell: _Found, moves: Moves) -> tuple[int, int] | None:
        table = self._table_of(sheet, cell)
        own = self.before.areas[sheet]
        rows, columns = moves.shifts[sheet]
        if table is None:
            right = cell.column > own.right
            return (cell.row, cell.column + columns) if right else (cell.row + rows, cell.column)
        move = moves.tables.get(table.name)
        row = None if move is None else move.row(cell.row)
        if move is None or row is None:
            return None
        return row, move.columns.get(cell.column, cell.column + columns)

    def _table_of(self, sheet: str, cell: _Found) -> TablePlace | None:
        """The table whose record a cell speaks of: the one that it is part of, or the only one in its row."""
        tables = [table for table in self.before.tables.values() if table.sheet == sheet]
        rows = [table for table in tables if table.header_row <= cell.row <= table.last_row]
        within = [table for table in rows if table.left <= cell.column <= table.right]
        found = within or rows
        return found[0] if len(found) == 1 else None

    def _left_over(self, sheet: str, cell: _Found) -> LeftOver:
        table = self._table_of(sheet, cell)
        if table is None:
            return LeftOver(sheet, "", column_letters(cell.column), cell.value)
        part = self.before.parts[sheet]
        record = part.value(cell.row, table.left)
        at = cell.column - table.left
        heading = table.columns[at] if at < len(table.columns) else column_letters(cell.column)
        return LeftOver(sheet, "" if record is None else str(record), heading, cell.value)

    def _continue_formulas(self, sheet: str, moves: Moves, rewrite: Callable[[str, str], str]) -> None:
        """Give new records the formulas of the columns that a person added and that are calculated."""
        for name, columns in self.added.items():
            new = moves.after.tables.get(name)
            move = moves.tables.get(name)
            if not columns or new is None or move is None or new.sheet != sheet:
                continue
            part, known = self._book.sheet_part(sheet), set(move.rows.values())
            for at in columns:
                declared = self._declared[name][at].child("calculatedColumnFormula")
                if declared is None:
                    continue
                formula = rewrite(declared.text, sheet)
                for number in range(new.first_row, new.last_row + 1):
                    if number not in known:
                        part.put_formula(number, move.columns[at], formula, None)


def _added(table: TablePlace, headings: Mapping[str, frozenset[str]]) -> tuple[int, ...]:
    own = headings.get(table.name.casefold())
    if own is None:
        return ()
    return tuple(at for at, name in enumerate(table.columns, table.left) if base_heading(name) not in own)


def _declared(book: WorkbookFile, table: TablePlace) -> dict[int, Element]:
    root = parse(book.package.read(table.part), table.part)
    block = root.child("tableColumns")
    return dict(enumerate(block.elements("tableColumn"), table.left)) if block else {}


def _right(layout: Layout, sheet: str) -> int:
    """The last column of the builder's area, and of the columns that a person added to its tables."""
    ends = [table.right for table in layout.tables.values() if table.sheet == sheet]
    return max(layout.areas[sheet].right, *ends) if ends else layout.areas[sheet].right


def _put(part: SheetPart, place: tuple[int, int], cell: _Found, formula: str | None) -> None:
    row = part.changing_row(place[0])
    new = adopted(row.element, cell.element)
    held = new.child("f")
    if held is not None:
        for child in list(new.elements("f")):
            new.remove(child)
        if formula is not None:
            new.children.insert(0, new.new("f", text=formula.removeprefix("=")))
    row.cells[place[1]] = new
    part.reached(*place)
