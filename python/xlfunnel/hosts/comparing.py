"""Two versions of a workbook compared: what a refresh changed, as changes for the open workbook."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from xlfunnel.hosts.blocks import Cell, blocks
from xlfunnel.hosts.changes import (
    CellChange,
    Changes,
    Cleared,
    Format,
    Formulas,
    Joined,
    LookChange,
    Named,
    Parted,
    Printed,
    Repeated,
    Resized,
    Taller,
    Values,
)
from xlfunnel.hosts.expected import expected_of
from xlfunnel.hosts.held_cells import BLANK, Held, height, held_row, is_hidden
from xlfunnel.hosts.looks import Looks
from xlfunnel.hosts.models import Look, Models, areas_of
from xlfunnel.hosts.surroundings import drawing_beyond, parts_beyond, pivots_read, redrawn, rules_beyond, widths
from xlfunnel.ooxml.references import Area
from xlfunnel.ooxml.workbook_file import WorkbookFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.values import CellValue

Shared = TypeVar("Shared")

_PRINTED: Final = "_xlnm.Print_Area"
_RESERVED: Final = "_xlnm."
_MOSTLY: Final = 0.1
"""A table of which more than this share of cells changed is written whole: a few long blocks instead of many."""

_SHARED: Final = re.compile(rb"\st=[\"']s[\"']")
"""What stands in a row with a text that stands elsewhere, under a number that need not mean the same."""

_STRING: Final = re.compile(r'("(?:[^"]|"")*")')
_FILE_ONLY: Final = re.compile(r"_xlfn\.(?:_xlws\.)?|_xlpm\.")
_UNTYPEABLE: Final = ("_xlfn.ANCHORARRAY", "_xlfn.SINGLE")
"""What a file writes for signs that have no name of their own."""


@dataclass
class _Found:
    """The differences of one sheet while it is compared."""

    values: dict[Cell, CellValue] = field(default_factory=dict)
    formulas: dict[Cell, str] = field(default_factory=dict)
    formats: dict[Cell, str] = field(default_factory=dict)
    looks: dict[Cell, Look] = field(default_factory=dict)
    """Cells that look otherwise than they would by themselves."""
    heights: dict[Cell, float] = field(default_factory=dict)
    beyond: list[str] = field(default_factory=list)


def changes_between(before: bytes, after: bytes) -> Changes:
    """What must be done to the open workbook whose file is `before`, so that it is as `after` says."""
    old, new = WorkbookFile.from_bytes(before), WorkbookFile.from_bytes(after)
    if old.sheets != new.sheets:
        return Changes(beyond=("sheets of their own",))
    resized, beyond = _resized(old, new)
    expected, stuck = expected_of(before, old, resized)
    beyond += stuck
    models = Models(old, new, _moving(old, resized))
    looks: list[LookChange] = []
    cells: list[CellChange] = []
    formulas: list[CellChange] = []
    for sheet in new.sheets:
        own = [table for table in resized if table.sheet == sheet]
        found = _compared(old, expected, new, sheet, own)
        cells += _sheet_changes(old, new, sheet, own, found, models)
        formulas += [Formulas(sheet, *block) for block in blocks(found.formulas)]
        beyond += [*found.beyond, *rules_beyond(expected, new, sheet)]
        beyond += drawing_beyond(expected, new, sheet, looks)
        looks += [*widths(old, new, sheet), *redrawn(old, new, sheet)]
    names, lost = _names(old, new)
    pivots, elsewhere = pivots_read(old, new)
    beyond += [*lost, *parts_beyond(old, new), *(["pivot tables"] if elsewhere else [])]
    return Changes((*cells, *names, *formulas), tuple(looks), tuple(dict.fromkeys(beyond)), pivots)


def _sheet_changes(
    old: WorkbookFile, new: WorkbookFile, sheet: str, resized: list[TablePlace], found: _Found, models: Models
) -> Iterator[CellChange]:
    """The changes of one sheet in their order: tables take their place, cells their look, then what they say."""
    alike, possible = models.alike(sheet, found.looks)
    if not possible:
        found.beyond.append(f"formats of cells on {sheet}")
    before, after = set(old.sheet_part(sheet).merged), set(new.sheet_part(sheet).merged)
    touched = {area for area in before & after if any(area.holds(*at) for at in found.looks)}
    yield from (Parted(sheet, area) for area in sorted((before - after) | touched))
    yield from _table_changes(old, resized)
    yield from alike
    yield from _renaming(new, sheet, found)
    yield from (Values(sheet, *block) for block in blocks(found.values))
    yield from (Joined(sheet, area) for area in sorted((after - before) | touched))
    yield from (Format(sheet, area, code) for area, code in _alike(found.formats))
    yield from (Taller(sheet, area, tall) for area, tall in _alike(found.heights))


def _renaming(new: WorkbookFile, sheet: str, found: _Found) -> Iterator[CellChange]:
    """Other names for headings that change, first: no two of a table may be alike, not even for a moment."""
    for table in new.tables.values():
        heads = [
            at for at in found.values if table.sheet == sheet and table.header_row == at[0] and table.whole.holds(*at)
        ]
        if len(heads) > 1:
            names: dict[Cell, CellValue] = {
                at: f"heading to be, {'a' * number}" for number, at in enumerate(heads, 1)
            }
            yield from (Values(sheet, *block) for block in blocks(names))


def typed(formula: str) -> str:
    """A formula of a file as a person types it.

    >>> typed('=_xlfn.LET(_xlpm.a,1,_xlfn._xlws.FILTER(B:B,"_xlfn."=C:C))')
    '=LET(a,1,FILTER(B:B,"_xlfn."=C:C))'
    """
    pieces = _STRING.split(formula)
    return "".join(piece if index % 2 else _FILE_ONLY.sub("", piece) for index, piece in enumerate(pieces))


# -- tables


def _resized(old: WorkbookFile, new: WorkbookFile) -> tuple[list[TablePlace], list[str]]:
    """The tables that have other lengths now, and those of which more is other."""
    beyond = [f"the table {name}" for name in old.tables.keys() ^ new.tables.keys()]
    resized = []
    for name in old.tables.keys() & new.tables.keys():
        had, has = old.tables[name], new.tables[name]
        if (had.sheet, had.header_row, had.left, had.right, had.totals, had.headed) != (
            has.sheet,
            has.header_row,
            has.left,
            has.right,
            has.totals,
            has.headed,
        ):
            beyond.append(f"the table {name}, which stands elsewhere")
        elif had.rows != has.rows:
            resized.append(has)
    return sorted(resized, key=lambda table: (table.sheet, table.header_row, table.left)), beyond


def _moving(old: WorkbookFile, resized: Iterable[TablePlace]) -> dict[str, list[Area]]:
    """By sheet: the cells that tables take, or leave."""
    found: dict[str, list[Area]] = {}
    for table in resized:
        first, last = sorted((table.last_row, old.tables[table.name].last_row))
        found.setdefault(table.sheet, []).append(Area(first + 1, table.left, last, table.right))
    return found


def _table_changes(old: WorkbookFile, resized: Iterable[TablePlace]) -> Iterator[CellChange]:
    for table in resized:
        last = old.tables[table.name].last_row
        yield Resized(table.sheet, table.name, table.whole)
        if table.last_row > last:
            model = Area(last, table.left, last, table.right)
            yield Repeated(table.sheet, model, _grown(old, table))
        else:
            yield Cleared(table.sheet, Area(table.last_row + 1, table.left, last, table.right))


def _grown(old: WorkbookFile, table: TablePlace) -> Area:
    return Area(old.tables[table.name].last_row + 1, table.left, table.last_row, table.right)


# -- cells


def _compared(
    old: WorkbookFile, expected: WorkbookFile, new: WorkbookFile, sheet: str, resized: list[TablePlace]
) -> _Found:
    found = _Found()
    before, grown, after = (book.sheet_part(sheet) for book in (old, expected, new))
    before_looks, after_looks = Looks(expected), Looks(new)
    fresh = [_grown(old, table) for table in resized if table.last_row > old.tables[table.name].last_row]
    gone = [
        Area(table.last_row + 1, table.left, old.tables[table.name].last_row, table.right)
        for table in resized
        if table.last_row < old.tables[table.name].last_row
    ]
    arrays = after.arrays
    same_texts = _same_texts(old, new)
    for number in sorted({*before.row_numbers, *grown.row_numbers, *after.row_numbers}):
        held = before.row_bytes(number)
        if held == after.row_bytes(number) == grown.row_bytes(number) and (
            same_texts or not _SHARED.search(held or b"")
        ):
            continue
        if is_hidden(grown, number) != is_hidden(after, number):
            found.beyond.append(f"hidden rows on {sheet}")
        tall = height(after, number)
        if tall is not None and tall != height(grown, number):
            found.heights[number, 0] = tall
        had, has = held_row(before, number), held_row(after, number)
        looked = had if grown.row_bytes(number) == held else held_row(grown, number)
        for column in {*had, *looked, *has}:
            cell = has.get(column, BLANK)
            if not any(area.holds(number, column) and (number, column) != (area.top, area.left) for area in arrays):
                is_new = any(area.holds(number, column) for area in fresh)
                is_gone = any(area.holds(number, column) for area in gone)
                _note(found, (number, column), had.get(column, BLANK), cell, forced=is_new, cleared=is_gone)
            _note_look(found, (number, column), looked.get(column, BLANK), cell, before_looks, after_looks)
    _note_arrays(found, sheet, arrays)
    _write_restyled(found, new, sheet)
    _write_whole_tables(found, new, sheet)
    return found


def _same_texts(old: WorkbookFile, new: WorkbookFile) -> bool:
    part = "xl/sharedStrings.xml"
    if part not in old.package or part not in new.package:
        return part not in old.package and part not in new.package
    return old.package.read(part) == new.package.read(part)


def _note(found: _Found, at: Cell, had: Held, has: Held, *, forced: bool, cleared: bool) -> None:
    if had.says(has) and not forced:
        return
    if cleared and has.is_blank:
        return
    if has.formula is None:
        found.values[at] = has.value
    elif any(sign in has.formula for sign in _UNTYPEABLE):
        found.beyond.append("a formula over a spilled range")
    else:
        found.formulas[at] = typed(has.formula)


def _note_look(found: _Found, at: Cell, had: Held, has: Held, before: Looks, after: Looks) -> None:
    code = after.code(has.style)
    if had.style != has.style and before.cell(had.style) != after.cell(has.style):
        found.looks[at] = after.cell(has.style), code
    elif before.code(had.style) != code:
        found.formats[at] = code


def _write_restyled(found: _Found, new: WorkbookFile, sheet: str) -> None:
    """Write what stands in cells onto which another one is copied for its look."""
    part = new.sheet_part(sheet)
    ruled = [area for one in part.tree.elements("conditionalFormatting") for area in areas_of(one)]
    if any(area.holds(*at) for area in ruled for at in found.looks):
        found.beyond.append(f"formats of cells under rules on {sheet}")
    for area in part.merged:
        looks = [found.looks[at] for at in area.cells() if at in found.looks]
        for at in area.cells() if looks else ():
            found.looks.setdefault(at, looks[0])
    for number, column in found.looks:
        cell = held_row(part, number).get(column, BLANK)
        if cell.formula is None:
            found.values[number, column] = cell.value
        else:
            _note(found, (number, column), BLANK, cell, forced=True, cleared=False)


def _note_arrays(found: _Found, sheet: str, arrays: Iterable[Area]) -> None:
    if any((area.top, area.left) in found.formulas for area in arrays):
        found.beyond.append(f"array formulas on {sheet}")


def _write_whole_tables(found: _Found, new: WorkbookFile, sheet: str) -> None:
    """Where much of a table changed, write all its cells: gaps between changes make many small blocks of a few."""
    for table in new.tables.values():
        if table.sheet != sheet:
            continue
        data = table.data
        changed = sum(data.holds(*at) for at in found.values)
        if changed <= _MOSTLY * table.rows * len(table.columns):
            continue
        part = new.sheet_part(sheet)
        for number in range(data.top, data.bottom + 1):
            row = held_row(part, number)
            for column in range(data.left, data.right + 1):
                cell = row.get(column, BLANK)
                if cell.formula is None:
                    found.values.setdefault((number, column), cell.value)


def _alike(cells: dict[Cell, Shared]) -> Iterator[tuple[Area, Shared]]:
    """Blocks of cells that have the same thing."""
    for shared in dict.fromkeys(cells.values()):
        held = {at: None for at, other in cells.items() if other == shared}
        yield from ((area, shared) for area, _ in blocks(held))


# -- names


def _names(old: WorkbookFile, new: WorkbookFile) -> tuple[list[CellChange], list[str]]:
    had, has = _defined(old), _defined(new)
    lost = [f"the name {name}" for scope, name in had.keys() - has.keys() if not name.startswith(_RESERVED)]
    found: list[CellChange] = []
    for (scope, name), text in has.items():
        if had.get((scope, name)) == text:
            continue
        if name == _PRINTED:
            found.append(Printed(scope, text.rpartition("!")[2]))
        elif not name.startswith(_RESERVED):
            found.append(Named(name, scope, f"={typed(text)}", (scope, name) not in had))
    return found, lost


def _defined(book: WorkbookFile) -> dict[tuple[str, str], str]:
    """What each name stands for, by the sheet on which it holds."""
    listed, block = book.root.child("sheets"), book.root.child("definedNames")
    sheets = [sheet.attributes.get("name", "") for sheet in listed.elements("sheet")] if listed else []
    found = {}
    for item in block.elements("definedName") if block else ():
        number = item.whole("localSheetId", -1)
        scope = sheets[number] if 0 <= number < len(sheets) else ""
        found[scope, item.attributes.get("name", "")] = item.text
    return found
