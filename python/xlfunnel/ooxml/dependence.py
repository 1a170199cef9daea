"""Which formulas read which cells, directly or through others, as far as their texts say so."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.references import Area, named_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.workbook_file import WorkbookFile

Cell = tuple[str, int, int]
"""Sheet, row and column."""
Areas = list[tuple[str, Area]]
"""Areas with their sheets."""

_ANYWHERE: Final = frozenset({"INDIRECT", "OFFSET"})
"""Functions whose arguments do not say which cells they read."""
_DEEPEST: Final = 8
"""How far names that name each other are followed."""
_SHAPE: Final = re.compile(
    r"\b(?:ROWS|COLUMNS)\((?:(?:'(?:[^']|'')*'|[\w.]+)!)?"
    r"(?:\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?|[A-Za-z_]\w*\[[^()\"']*\])\)",
    re.IGNORECASE,
)
"""A question for the size of an area, which reads none of its cells."""


class Reads:
    """Which formulas read which cells, directly or through others."""

    def __init__(self, book: WorkbookFile, formulas: Mapping[Cell, str]) -> None:
        self._book = book
        self._sources = _Sources(book)
        self._formulas = formulas
        self._areas = {cell: self._sources.of(cell, text) for cell, text in formulas.items()}

    def with_dependants(self, first: set[Cell]) -> set[Cell]:
        """The cells, and every formula that reads one of them."""
        found, new = set(first), set(first)
        while new:
            marked = _Marked(self._covered(new))
            new = {cell for cell in self._areas if cell not in found and self._meets(cell, marked)}
            found |= new
        return found

    def first_of(self, failed: set[Cell]) -> set[Cell]:
        """Those that read none of the others; all, where each reads another."""
        marked = _Marked(self._covered(failed))
        return {cell for cell in failed if not self._meets(cell, marked)} or failed

    def contents(self, formulas: Mapping[Cell, str]) -> Areas | None:
        """The areas whose cells these formulas read, and not only their size; None where it could be any."""
        found: Areas = []
        for cell, text in formulas.items():
            told = _SHAPE.sub("1", text)
            areas = self._areas[cell] if told == self._formulas[cell] else self._sources.of(cell, told)
            if areas is None:
                return None
            found += areas
        return found

    def _meets(self, cell: Cell, marked: _Marked) -> bool:
        areas = self._areas[cell]
        return areas is None or any(marked.meets(*area) for area in areas)

    def _covered(self, cells: set[Cell]) -> Iterator[Cell]:
        """The cells, and those that the arrays which begin in them reach."""
        starts = {
            (sheet, area.top, area.left): area
            for sheet in {cell[0] for cell in cells}
            for area in self._book.sheet_part(sheet).arrays
        }
        for cell in cells:
            area = starts.get(cell)
            yield from ((cell[0], row, column) for row, column in area.cells()) if area else (cell,)


class _Marked:
    """Cells, so arranged that an area is quickly asked whether it holds one."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._rows: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for sheet, row, column in cells:
            self._rows[sheet][column].append(row)
        for columns in self._rows.values():
            for rows in columns.values():
                rows.sort()

    def meets(self, sheet: str, area: Area) -> bool:
        """Whether an area holds a marked cell."""
        if sheet not in self._rows:
            return False
        columns = self._rows[sheet]
        wide = area.right - area.left >= len(columns)
        for column in columns if wide else range(area.left, area.right + 1):
            rows = columns.get(column) if area.left <= column <= area.right else None
            if rows:
                place = bisect_left(rows, area.top)
                if place < len(rows) and rows[place] <= area.bottom:
                    return True
        return False


class _Sources:
    """Which cells a formula reads, as far as its text says so."""

    def __init__(self, book: WorkbookFile) -> None:
        self._sheets = {sheet.casefold(): sheet for sheet in book.sheets}
        self._tables = {name.casefold(): table for name, table in book.tables.items()}
        block = book.root.child("definedNames")
        items = list(block.elements("definedName")) if block else []
        self._names = {item.attributes.get("name", "").casefold(): item.text for item in items}
        self._parts: dict[tuple[str, str], tuple[Area, bool]] = {}
        """By table and brackets: the columns, and whether the brackets speak of the formula's own row."""
        self._of_names: dict[tuple[str, str], Areas | None] = {}

    def of(self, cell: Cell, text: str, depth: int = 0) -> Areas | None:
        """The areas that a formula in a cell reads; None where it could be any."""
        named = named_in(text)
        if any(":" in (one.sheet or "") for one in named.references):  # through several sheets
            return None
        found = [(self._sheet(one.sheet, cell[0]), one.area) for one in named.references]
        for name, part in named.tables:
            table = self._tables.get(name.casefold()) if name else self._around(cell)
            if table is not None:
                found.append((table.sheet, self._part_area(table, part, cell)))
        for word in named.words:
            if word.upper() in _ANYWHERE:
                return None
            further = self._of_word(cell, word, text, depth)
            if further is None:
                return None
            found += further
        return found

    def _of_word(self, cell: Cell, word: str, text: str, depth: int) -> Areas | None:
        known = word.casefold()
        if known in self._names and depth < _DEEPEST:  # names may name each other
            meant = self._names[known]
            if "[" in meant:  # it may speak of the formula's own table or row
                return self.of(cell, meant, depth + 1)
            key = known, cell[0]
            if key not in self._of_names:
                self._of_names[key] = self.of(cell, meant, depth + 1)
            return self._of_names[key]
        if known in self._tables and f"{word}[" not in text:
            table = self._tables[known]
            return [(table.sheet, table.whole)]
        return []

    def _sheet(self, named: str | None, own: str) -> str:
        return own if named is None else self._sheets.get(named.casefold(), named)

    def _around(self, cell: Cell) -> TablePlace | None:
        sheet, row, column = cell
        return next((t for t in self._tables.values() if t.sheet == sheet and t.whole.holds(row, column)), None)

    def _part_area(self, table: TablePlace, part: str, cell: Cell) -> Area:
        """The cells that stand behind the brackets; all of the table where that is not plain."""
        key = table.name, part
        if key not in self._parts:
            left, right = _columns(table, part)
            whole = Area(table.whole.top, left, table.whole.bottom, right)
            self._parts[key] = whole, "#This Row" in part or part.startswith("[@")
        area, own_row = self._parts[key]
        if own_row and cell[0] == table.sheet and area.top <= cell[1] <= area.bottom:
            return Area(cell[1], area.left, cell[1], area.right)
        return area


def _columns(table: TablePlace, part: str) -> tuple[int, int]:
    """The first and last column that stand in brackets; all where that is not plain."""
    inner = part[1:-1].removeprefix("@").strip("[]")
    named = [piece.strip().strip("[]") for piece in part[1:-1].removeprefix("@").replace("],", "]\0").split("\0")]
    columns = [at for piece in (inner, *named) if (at := table.column(piece)) is not None]
    return (min(columns), max(columns)) if columns and ":" not in part else (table.left, table.right)
