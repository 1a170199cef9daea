"""The results that a workbook shows, computed anew without a spreadsheet program."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml import engine
from xlfunnel.ooxml.charts import refresh_caches
from xlfunnel.ooxml.references import Area, references, table_parts, words
from xlfunnel.ooxml.relationships import simplify_relationships
from xlfunnel.ooxml.values import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile

Cell = tuple[str, int, int]
"""Sheet, row and column."""
_ANYWHERE = frozenset({"INDIRECT", "OFFSET"})
"""Functions whose arguments do not say which cells they read."""
_VOLATILE = frozenset({"NOW", "TODAY", "RAND", "RANDARRAY", "RANDBETWEEN", "_XLFN.RANDARRAY"})
"""Functions that give another result each time."""
_MOST_ATTEMPTS = 4
"""How often a workbook is computed, each time with the formulas left out that the engine failed at."""
_OF_DAYS = frozenset(
    (
        *("DATE", "DATEDIF", "DATEVALUE", "DAY", "DAYS360", "EDATE", "EOMONTH", "ISOWEEKNUM", "MONTH", "NETWORKDAYS"),
        *("NETWORKDAYS.INTL", "NOW", "TEXT", "TODAY", "WEEKDAY", "WEEKNUM", "WORKDAY", "WORKDAY.INTL", "YEAR"),
        *("YEARFRAC", "VALUE"),
    )
)
"""Functions that say which day a number is: the engine counts days from 1900 only."""
_OF_THE_ENGINE = frozenset({"#NAME?", "#CIRC!", "#ERROR!", "#SPILL!"})
"""Errors that say what the engine cannot do rather than what the formula gives."""


@dataclass(frozen=True)
class Recalculated:
    """What became of the results."""

    updated: int
    """Formulas that show another result than before."""
    stale: tuple[str, ...]
    """The formulas whose result may be out of date, because something that they read changed: those without a native
    equivalent, those that the engine cannot compute, those that fill several cells, and all that depend on them.
    They still show what they showed."""


def recalculate(book: WorkbookFile, native: Callable[[str], str | None]) -> Recalculated:
    """Compute every formula of the workbook and write the results; the formulas stay as they are.

    `native` gives a formula as native functions alone, or None where there is no such. Raises
    `xlfunnel.ooxml.engine.CannotCalculate`.
    """
    formulas = {(sheet, row, column): text for sheet, row, column, text in book.formulas()}
    translated = {text: native(text) for text in dict.fromkeys(formulas.values())}
    if book.since_1904:
        translated = {text: None if _reckons_days(text) else other for text, other in translated.items()}
    before = {cell: book.value(*cell) for cell in formulas}
    reads = _Reads(book, formulas)
    kept = _spread(book, formulas) | {cell for cell, text in formulas.items() if translated[text] is None}
    after: dict[Cell, CellValue] = {}
    for attempt in range(_MOST_ATTEMPTS):
        found = engine.results(_native_copy(book, translated, kept, before))
        after = {cell: _result(found, cell, before[cell]) for cell in formulas if cell not in kept}
        failed = {cell for cell, result in after.items() if result is None}
        if not failed:
            break
        kept |= failed if attempt == _MOST_ATTEMPTS - 1 else reads.first_of(failed)
    changed = set(book.changed_cells()) | {cell for cell in formulas if before[cell] is None}
    changed |= {cell for cell in after if cell not in kept and not _nearly(after[cell], before[cell])}
    changed |= {cell for cell in kept if _is_volatile(formulas[cell])}
    stale = reads.with_dependants(kept & reads.with_dependants(changed))
    updated = 0
    for cell, result in after.items():
        if cell not in stale and cell not in kept and not _same(result, before[cell]):
            book.sheet_part(cell[0]).put_result(cell[1], cell[2], result)
            updated += 1
    refresh_caches(book)
    return Recalculated(updated, tuple(book.cell_name(*cell) for cell in formulas if cell in stale))


def _reckons_days(formula: str) -> bool:
    return any(word.upper().removeprefix("_XLFN.") in _OF_DAYS for word in words(formula))


def _same(result: CellValue, before: CellValue) -> bool:
    return result == before and isinstance(result, bool) == isinstance(before, bool)


def _nearly(result: CellValue, before: CellValue) -> bool:
    """The same but for the last digits, which programs compute differently."""
    if isinstance(result, float) and isinstance(before, float):
        return math.isclose(result, before, rel_tol=1e-9, abs_tol=1e-12)
    return _same(result, before)


def _is_volatile(formula: str) -> bool:
    return any(word.upper() in _VOLATILE for word in words(formula))


def _spread(book: WorkbookFile, formulas: Iterable[Cell]) -> set[Cell]:
    """The formulas that fill several cells: the engine gives only the first of these."""
    wide = {
        (sheet, area.top, area.left)
        for sheet in {cell[0] for cell in formulas}
        for area in book.sheet_part(sheet).arrays
        if (area.top, area.left) != (area.bottom, area.right)
    }
    return wide.intersection(formulas)


def _native_copy(
    book: WorkbookFile, translated: Mapping[str, str | None], kept: set[Cell], before: Mapping[Cell, CellValue]
) -> bytes:
    """The workbook with native formulas only: those to be kept are the values that they show."""
    copy = type(book).from_bytes(book.to_bytes())
    for cell, value in before.items():
        if value is None and cell not in kept:
            copy.set_result(*cell, 0)  # the engine wants to read some result of every formula
    for sheet in copy.sheets:
        part = copy.sheet_part(sheet)
        for _, row, column in sorted(cell for cell in kept if cell[0] == sheet):
            part.freeze(row, column)
        part.rewrite_formulas(lambda text: _typed(translated[text] or text), b"")
        simplify_relationships(copy.package, copy.part_of(sheet), frozenset({"table"}))
    for source in ("", copy.workbook_part):
        simplify_relationships(copy.package, source)  # the engine knows no other way to write them
    return copy.to_bytes()


def _typed(formula: str) -> str:
    return formula if formula.startswith("=") else f"={formula}"


def _result(found: engine.Results, cell: Cell, before: CellValue) -> CellValue:
    """The engine's result; None where it has none, or an error where none was."""
    sheet, row, column = cell
    result = found.get(sheet, {}).get((row, column))
    if not engine.is_error(result):
        return result
    if not isinstance(before, ErrorCode) or (result in _OF_THE_ENGINE and result != before):
        return None
    return ErrorCode(str(result)) if result in set(ErrorCode) else None


# -- what depends on what


class _Marked:
    """Cells, so arranged that an area is quickly asked whether it holds one."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], list[int]] = defaultdict(list)

    def add(self, cells: Iterable[Cell]) -> None:
        """Mark more cells."""
        for sheet, row, column in cells:
            self._rows[sheet, column].append(row)
        for rows in self._rows.values():
            rows.sort()

    def meets(self, sheet: str, area: Area) -> bool:
        """Whether an area holds a marked cell."""
        for (name, column), rows in self._rows.items():
            if name == sheet and area.left <= column <= area.right:
                place = bisect_left(rows, area.top)
                if place < len(rows) and rows[place] <= area.bottom:
                    return True
        return False


class _Reads:
    """Which formulas read which cells, directly or through others."""

    def __init__(self, book: WorkbookFile, formulas: Mapping[Cell, str]) -> None:
        self._book = book
        sources = _Sources(book)
        self._areas = {cell: sources.of(cell, text) for cell, text in formulas.items()}

    def with_dependants(self, first: set[Cell]) -> set[Cell]:
        """The cells, and every formula that reads one of them."""
        found, marked, new = set(first), _Marked(), set(first)
        while new:
            marked.add(_covered(self._book, new))
            new = {cell for cell in self._areas if cell not in found and self._meets(cell, marked)}
            found |= new
        return found

    def first_of(self, failed: set[Cell]) -> set[Cell]:
        """Those that read none of the others; all, where each reads another."""
        marked = _Marked()
        marked.add(_covered(self._book, failed))
        return {cell for cell in failed if not self._meets(cell, marked)} or failed

    def _meets(self, cell: Cell, marked: _Marked) -> bool:
        areas = self._areas[cell]
        return areas is None or any(marked.meets(*area) for area in areas)


def _covered(book: WorkbookFile, cells: set[Cell]) -> Iterable[Cell]:
    """The cells, and those that the arrays which begin in them reach."""
    starts = {
        (sheet, area.top, area.left): area
        for sheet in {c[0] for c in cells}
        for area in book.sheet_part(sheet).arrays
    }
    for cell in cells:
        area = starts.get(cell)
        yield from ((cell[0], row, column) for row, column in area.cells()) if area else (cell,)


class _Sources:
    """Which cells a formula reads, as far as its text says so."""

    def __init__(self, book: WorkbookFile) -> None:
        self._sheets = {sheet.casefold(): sheet for sheet in book.sheets}
        self._tables = {name.casefold(): table for name, table in book.tables.items()}
        block = book.root.child("definedNames")
        items = list(block.elements("definedName")) if block else []
        self._names = {item.attributes.get("name", "").casefold(): item.text for item in items}

    def of(self, cell: Cell, text: str, depth: int = 0) -> list[tuple[str, Area]] | None:
        """The areas that a formula in a cell reads; None where it could be any."""
        named = list(references(text))
        if any(":" in (one.sheet or "") for one in named):  # through several sheets
            return None
        found = [(self._sheet(one.sheet, cell[0]), one.area) for one in named]
        found += [(table.sheet, area) for table, area in self._table_areas(cell, text)]
        for word in words(text):
            if word.upper() in _ANYWHERE:
                return None
            if word.casefold() in self._names and depth < 8:  # names may name each other
                further = self.of(cell, self._names[word.casefold()], depth + 1)
                if further is None:
                    return None
                found += further
            elif word.casefold() in self._tables and f"{word}[" not in text:
                table = self._tables[word.casefold()]
                found.append((table.sheet, table.whole))
        return found

    def _sheet(self, named: str | None, own: str) -> str:
        return own if named is None else self._sheets.get(named.casefold(), named)

    def _table_areas(self, cell: Cell, text: str) -> Iterable[tuple[TablePlace, Area]]:
        for name, part in table_parts(text):
            table = self._tables.get(name.casefold()) if name else self._around(cell)
            if table is not None:
                yield table, _part_area(table, part, cell)

    def _around(self, cell: Cell) -> TablePlace | None:
        sheet, row, column = cell
        return next((t for t in self._tables.values() if t.sheet == sheet and t.whole.holds(row, column)), None)


def _part_area(table: TablePlace, part: str, cell: Cell) -> Area:
    """The cells that stand behind the brackets; all of the table where that is not plain."""
    inner = part[1:-1].removeprefix("@").strip("[]")
    named = [piece.strip().strip("[]") for piece in part[1:-1].removeprefix("@").replace("],", "]\0").split("\0")]
    columns = [at for piece in (inner, *named) if (at := table.column(piece)) is not None]
    left, right = (min(columns), max(columns)) if columns and ":" not in part else (table.left, table.right)
    area = table.whole
    own_row = "#This Row" in part or part.startswith("[@")
    if own_row and cell[0] == table.sheet and area.top <= cell[1] <= area.bottom:
        return Area(cell[1], left, cell[1], right)
    return Area(area.top, left, area.bottom, right)
