"""Where tables and named cells of some sheets stand, and where a reference leads once the sheets were made anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from xlfunnel.ooxml.references import COLUMNS, NOWHERE, ROWS, Area

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.structure import Place, TablePlace
    from xlfunnel.ooxml.workbook_file import WorkbookFile

Key = tuple[object, ...]
_KEY_COLUMNS = 2
"""Columns that tell the rows of a table apart, at most."""


@dataclass(frozen=True)
class Layout:
    """What stands where on some sheets of a workbook, at one moment."""

    parts: Mapping[str, SheetPart]
    tables: Mapping[str, TablePlace]
    names: Mapping[str, Place]
    areas: Mapping[str, Area]
    """By sheet, the cells that its builder writes."""

    @classmethod
    def of(cls, book: WorkbookFile, sheets: Sequence[str], own_area: str) -> Layout:
        """The layout of a workbook's sheets as it is now; `own_area` is the sheets' own name of their area."""
        names = {name: place for name, place in book.names.items() if place.sheet in sheets and "!" not in name}
        areas = {}
        for sheet in sheets:
            place = book.names.get(f"{sheet}!{own_area}")
            areas[sheet] = place.area if place else Area(0, 0, ROWS - 1, COLUMNS - 1)
        tables = {name: table for name, table in book.tables.items() if table.sheet in sheets}
        return cls({sheet: book.sheet_part(sheet) for sheet in sheets}, tables, names, areas)

    def keys(self, table: TablePlace, columns: int) -> list[Key]:
        """What tells the rows of a table apart: the first columns, text without regard to case."""
        part = self.parts[table.sheet]
        held = range(table.left, table.left + columns)
        rows = range(table.first_row, table.last_row + 1)
        return [tuple(_plain(part.value(number, column)) for column in held) for number in rows]


def _plain(value: object) -> object:
    return value.casefold().strip() if isinstance(value, str) else value


def base_heading(heading: str) -> str:
    """A heading without its unit: the currency of an export may change, and the column is the same.

    >>> base_heading("Average deal, USD")
    'average deal'
    """
    return heading.partition(", ")[0].casefold()


@dataclass(frozen=True)
class TableMove:
    """One table before and after: which column and which row became which."""

    old: TablePlace
    new: TablePlace
    before: Layout
    after: Layout

    @cached_property
    def columns(self) -> Mapping[int, int]:
        """Old columns of the sheet, and the new ones."""
        found = {}
        exact = {name.casefold(): at for at, name in enumerate(self.new.columns, self.new.left)}
        loose = _unique({at: base_heading(name) for at, name in enumerate(self.new.columns, self.new.left)})
        own = _unique({at: base_heading(name) for at, name in enumerate(self.old.columns, self.old.left)})
        for at, name in enumerate(self.old.columns, self.old.left):
            base = base_heading(name)
            if name.casefold() in exact:
                found[at] = exact[name.casefold()]
            elif own.get(base) == at and base in loose:
                found[at] = loose[base]
        return found

    @cached_property
    def rows(self) -> Mapping[int, int]:
        """Old rows of data, and the new ones of the same record; those that are gone are left out."""
        for count in range(1, min(_KEY_COLUMNS, len(self.old.columns), len(self.new.columns)) + 1):
            old, new = self.before.keys(self.old, count), self.after.keys(self.new, count)
            if len(set(old)) == len(old) and len(set(new)) == len(new):
                places = {key: self.new.first_row + at for at, key in enumerate(new)}
                pairs = ((self.old.first_row + at, places.get(key)) for at, key in enumerate(old))
                return {row: to for row, to in pairs if to is not None}
        return {}

    def row(self, number: int) -> int | None:
        """Where a row of the table is now: its heading, a record, or the total below."""
        if number == self.old.header_row:
            return self.new.header_row
        if number == self.old.last_row + 1:
            return self.new.last_row + 1
        return self.rows.get(number)

    def target(self, area: Area) -> Area | None:
        """Where an area inside the table is now; None where that is not plain."""
        left, right = self.columns.get(area.left), self.columns.get(area.right)
        if left is None or right is None or (right - left) != (area.right - area.left):
            return None
        if area.top == area.bottom and (self.old.rows > 1 or area.left == area.right):
            row = self.row(area.top)
            return None if row is None else Area(row, left, row, right)
        if area.top not in {self.old.header_row, self.old.first_row}:
            return None
        top = self.new.header_row + (area.top - self.old.header_row)
        if area.bottom in {self.old.last_row, self.old.last_row + 1}:
            return Area(top, left, self.new.last_row + (area.bottom - self.old.last_row), right)
        return None


def _unique(names: Mapping[int, str]) -> dict[str, int]:
    counts = Counter(names.values())
    return {name: at for at, name in names.items() if counts[name] == 1}


@dataclass(frozen=True)
class Moves:
    """Where references into sheets that were made anew lead now."""

    before: Layout
    after: Layout
    shifts: Mapping[str, tuple[int, int]]
    """By sheet: by how many rows and columns what lies below and right of its area was moved."""
    lost: list[str] = field(default_factory=list)
    """References, as sheet and cells, that led into a table and have no place any more."""

    @cached_property
    def tables(self) -> Mapping[str, TableMove]:
        """The tables that there were and are."""
        pairs = ((name, old, self.after.tables.get(name)) for name, old in self.before.tables.items())
        return {name: TableMove(old, new, self.before, self.after) for name, old, new in pairs if new is not None}

    @cached_property
    def _named(self) -> Mapping[tuple[str, int, int], str]:
        return {(place.sheet, place.top, place.left): name for name, place in self.before.names.items()}

    def target(self, sheet: str, area: Area) -> Area | None:
        """As `place`, for a reference: one that leads nowhere is noted in `lost`."""
        found = self.place(sheet, area)
        if found == NOWHERE and self._table_over(sheet, area) is not None:
            self.lost.append(f"{sheet}!{area.name}")
        return found

    def _table_over(self, sheet: str, area: Area) -> str | None:
        tables = self.before.tables.items()
        return next((name for name, table in tables if table.sheet == sheet and _inside(area, table)), None)

    def place(self, sheet: str, area: Area) -> Area | None:
        """Where an area of a sheet is now; `NOWHERE` where it is gone, None where it stayed or nothing says so."""
        if sheet not in self.before.parts:
            return None
        table = self._table_over(sheet, area)
        if table is not None:
            move = self.tables.get(table)
            return (move.target(area) if move else None) or NOWHERE
        cited = self._named.get((sheet, area.top, area.left))
        if cited is not None and (area.top, area.left) == (area.bottom, area.right):
            place = self.after.names.get(cited)
            return place.area if place and place.sheet == sheet else NOWHERE
        return self._outside(sheet, area)

    def _outside(self, sheet: str, area: Area) -> Area | None:
        own = self.before.areas[sheet]
        rows, columns = self.shifts.get(sheet, (0, 0))
        if area.left > own.right:
            return Area(area.top, area.left + columns, area.bottom, area.right + columns)
        if area.top > own.bottom:
            return Area(area.top + rows, area.left, area.bottom + rows, area.right)
        return None


def _inside(area: Area, table: TablePlace) -> bool:
    across = table.left <= area.left and area.right <= table.right
    return across and table.header_row <= area.top and area.bottom <= table.last_row + 1
