"""Writing what was measured into a person's workbook: only cells that change, and never over a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.changes.cells import CellChange
from xlfunnel.templates.cell_changes import cell_change, row_words
from xlfunnel.templates.done import named
from xlfunnel.templates.taking import Taken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.ooxml.values import CellValue, Writable
    from xlfunnel.ooxml.workbook_file import WorkbookFile

    Key = tuple[CellValue, ...]

_KEPT: Final = "Measured, and yet left as a formula of your own"


class MeasuredCells:
    """The cells of a workbook that a refresh writes, and the account of them.

    A cell that shows the value already is not touched. A cell in which a person typed a formula keeps it, and a name
    or column that a person removed is passed over; `taken` says so in a sentence.
    """

    def __init__(self, file: WorkbookFile) -> None:
        self.file = file
        self._tables: list[str] = []
        self._cells = 0
        self._kept: list[str] = []
        self._missing: list[str] = []
        self._notes: list[str] = []
        self._were: dict[tuple[str, int, int], CellValue] = {}
        """What cells showed before they were written."""
        self._in_rows: list[CellChange] = []
        """The same of rows that are followed by what stands in their first columns."""

    def note(self, *sentences: str) -> None:
        """Say something of what was written; blanks are passed over."""
        self._notes.extend(sentence for sentence in sentences if sentence and sentence not in self._notes)

    @property
    def noted(self) -> bool:
        """Whether anything was said yet."""
        return bool(self._notes)

    def put(self, sheet: str, row: int, column: int, value: Writable) -> None:
        """Write one cell, None to clear it."""
        file = self.file
        if file.formula(sheet, row, column) is not None:
            self._kept.append(file.cell_name(sheet, row, column))
            return
        held = file.storable(value, file.cell_name(sheet, row, column))
        if _blank(held) and _blank(file.value(sheet, row, column)):
            return
        if held != file.value(sheet, row, column):
            self._were.setdefault((sheet, row, column), file.value(sheet, row, column))
            file.write(sheet, row, column, held)
            self._cells += 1

    def put_name(self, name: str, value: Writable) -> None:
        """Write the cell of a name."""
        place = self.file.named(name)
        if place is None:
            self._miss(name)
            return
        self.put(place.sheet, place.top, place.left, value)

    def put_row(self, table: str, row: int, values: Mapping[str, Writable]) -> None:
        """Write columns of one row of a table, counted from 0."""
        place = self.file.table(table)
        if place.name not in self._tables:
            self._tables.append(place.name)
        for name, value in values.items():
            column = place.column(name)
            if column is None:
                self._miss(f"{table}[{name}]")
                continue
            self.put(place.sheet, place.first_row + row, column, value)

    def fill(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Writable]], keys: int) -> None:
        """Make rows the content of some columns of a table, which grows where it must; others stay as they are.

        The rows stand in their order, unless a person wrote something of their own into the table: then each row that
        the table has already, by its first `keys` columns, stays in its place, and the others take rows that hold
        nothing. Rows that are gone lose what these columns held.
        """
        held = self.file.read_table(table)
        own = [name for name in self.file.input_columns(table) if name not in columns]
        if all(_blank(row[name]) for row in held for name in own) and not self._has_formulas(table, columns):
            places = {number: number for number in range(len(rows))}
        else:
            places = self._places(held, columns[:keys], [row[:keys] for row in rows], own)
        missing = max(places.values(), default=-1) + 1 - len(held)
        if missing > 0:
            self.file.grow_with_followers(table, missing)
        were = self._were
        self._were = {}
        written = {place: rows[number] for number, place in places.items()}
        blank: tuple[Writable, ...] = (None,) * len(columns)
        for number in range(self.file.table(table).rows):
            self.put_row(table, number, dict(zip(columns, written.get(number, blank), strict=True)))
        self._were = were
        self._follow(table, columns, keys, held)

    def _follow(
        self, table: str, columns: Sequence[str], keys: int, before: Sequence[Mapping[str, CellValue]]
    ) -> None:
        """Note what changed in rows that were there before, wherever they stand now, and which are new or gone."""
        old = {key: row for row in before if any(key := tuple(_shown(row.get(name)) for name in columns[:keys]))}
        place = self.file.table(table)
        for number, row in enumerate(self.file.read_table(table), place.first_row):
            key = tuple(_shown(row.get(name)) for name in columns[:keys])
            known = old.pop(key, None)
            if not any(key):
                continue
            if known is None:
                self._in_rows.append(
                    CellChange(f"{place.name}, {row_words(self.file, place, number)}", "", "new row")
                )
                continue
            for name in columns[keys:]:
                at = place.column(name)
                if at is not None and _shown(known.get(name)) != _shown(row.get(name)):
                    self._in_rows.append(cell_change(self.file, place.sheet, number, at, known.get(name)))
        if old:
            words = f"{len(old)} row{'' if len(old) == 1 else 's'}"
            self._in_rows.append(CellChange(f"{place.name}, {words}", "", "gone"))

    def _places(
        self,
        held: Sequence[Mapping[str, CellValue]],
        key: Sequence[str],
        rows: Sequence[Sequence[Writable]],
        own: Sequence[str],
    ) -> dict[int, int]:
        """Which row of the table each new row takes."""
        known: dict[Key, int] = {}
        for number, row in enumerate(held):
            known.setdefault(tuple(_shown(row.get(name)) for name in key), number)
        kept = {number: known[self._key(row)] for number, row in enumerate(rows) if self._key(row) in known}
        taken = set(kept.values())
        free = [n for n, row in enumerate(held) if n not in taken and all(_blank(row[name]) for name in own)]
        new = [number for number in range(len(rows)) if number not in kept]
        return kept | dict(zip(new, [*free, *range(len(held), len(held) + len(new))], strict=False))

    def _has_formulas(self, table: str, columns: Sequence[str]) -> bool:
        place = self.file.table(table)
        at = [column for column in map(place.column, columns) if column is not None]
        rows = range(place.first_row, place.last_row + 1)
        return any(self.file.formula(place.sheet, row, column) is not None for row in rows for column in at)

    def _key(self, values: Sequence[Writable]) -> Key:
        return tuple(_shown(self.file.storable(value, "a key")) for value in values)

    def taken(self) -> Taken:
        """The account."""
        kept = f"{_KEPT}: {named(tuple(self._kept))}." if self._kept else ""
        missing = f"No longer in the workbook, and so not written: {named(tuple(self._missing))}."
        self.note(kept, missing if self._missing else "")
        changed = (
            cell_change(self.file, *place, before)
            for place, before in self._were.items()
            if before != self.file.value(*place)
        )
        measured = (*self._in_rows, *changed)
        return Taken(tuple(self._tables), self._cells, tuple(self._notes), measured=measured)

    def _miss(self, what: str) -> None:
        if what not in self._missing:
            self._missing.append(what)


def _blank(value: CellValue) -> bool:
    return value is None or value == ""


def _shown(value: CellValue) -> CellValue:
    """A value of a key: blanks are one, and letters are, whatever their case."""
    return None if _blank(value) else value.casefold() if isinstance(value, str) else value
