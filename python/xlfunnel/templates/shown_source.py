"""What a refresh shows on the sheet Source: what was counted, and what the sources file says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.sources.known import seen_from
from xlfunnel.sources.settings import TablePlace
from xlfunnel.templates.agreed_source import rows_of, text_of
from xlfunnel.templates.measured_cells import MeasuredCells
from xlfunnel.templates.source_sheet import (
    ANY,
    COLUMNS_TABLE,
    CONNECTION,
    CONNECTION_COLUMNS,
    CONNECTIONS_TABLE,
    GIVEN,
    NEVER,
    OF_TABLE,
    STAGE,
    STAGE_COLUMNS,
    STAGES_TABLE,
    TABLES_TABLE,
    TOLD,
    YOUR_ADDRESS,
    YOUR_DATE,
    YOUR_KIND,
    YOUR_STATUS,
    YOURS,
)
from xlfunnel.workbooks.agreements import setting_words
from xlfunnel.workbooks.cell_text import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.sources.settings import CostPlace, Sources
    from xlfunnel.templates.contents import Row


def source_words(name: str) -> str:
    """What the cell above the tables says of the last refresh; nothing was a source where the name is blank."""
    return f"The last refresh counted {name}." if name else "The last refresh counted files, not what stands here."


def show_source(file: WorkbookFile, name: str, given: Sources | None) -> MeasuredCells:
    """Say what was counted, and show what a sources file says, if one did; what people wrote stays.

    Gives the account of the cells, with a note where something cannot be shown or did not count.
    """
    cells = MeasuredCells(file)
    if not file.named(TOLD) or (not name and text_of(file.read_name(TOLD)) in {"", NEVER}):
        return cells
    cells.put_name(TOLD, source_words(name))
    if given is None or not {TABLES_TABLE, COLUMNS_TABLE, CONNECTIONS_TABLE, STAGES_TABLE} <= file.tables.keys():
        return cells
    shown = Shown(given)
    _show_rows(cells, TABLES_TABLE, shown.tables)
    _show_rows(cells, COLUMNS_TABLE, shown.columns)
    for table, columns, found in (
        (CONNECTIONS_TABLE, CONNECTION_COLUMNS, shown.connections),
        (STAGES_TABLE, STAGE_COLUMNS, shown.stages),
    ):
        cells.fill(table, [one.name for one in columns[:3]], _with_own(file, table, found), keys=1)
    cells.note(*shown.left_out)
    if any(_own_rows(file, table) for table in _OWN):
        cells.note(f'{name} counted alone: what you wrote on the sheet Source ("{YOURS}") did not.')
    return cells


class Shown:
    """The rows of the sheet that a sources file fills: keys and values, without what they mean."""

    def __init__(self, given: Sources) -> None:
        self.left_out: list[str] = []
        """Sentences on what no cell can hold."""
        self.tables = {key: self._held(value, " ".join(key)) for key, value in _settings(given)}
        self.columns = {
            (kind.value, name): self._held(column, f"{kind.value} {name}")
            for kind, place in given.places()
            for name, column in place.columns.items()
        }
        self.connections: tuple[Row, ...] = tuple(
            (cell_text(name), one.kind, self._held(one.address, name)) for name, one in given.connections.items()
        )
        dates = given.opportunities.stage_dates if given.opportunities else {}
        status = {name: one.value for name, one in given.stages.items()}
        self.stages: tuple[Row, ...] = tuple(
            (cell_text(name), status.get(name), self._held(dates.get(name, ""), name))
            for name in dict.fromkeys((*dates, *given.stages))
        )

    def _held(self, value: str, what: str) -> str | None:
        """The text, unless a cell would cut or change it: what is read from the sheet must be what the file says."""
        if cell_text(value) != value:
            self.left_out.append(f"Not on the sheet Source, for no cell can hold it as it is: {what}.")
            return None
        return value or None


def shown_tables(given: Sources) -> Mapping[str, tuple[Row, ...]]:
    """The same for a new workbook, by table."""
    shown = Shown(given)
    return {
        TABLES_TABLE: tuple((*key, None, value, None) for key, value in shown.tables.items()),
        COLUMNS_TABLE: tuple((*key, None, value, None) for key, value in shown.columns.items()),
        CONNECTIONS_TABLE: shown.connections,
        STAGES_TABLE: shown.stages,
    }


def seen_from_book(given: Sources, source: Path, folder: Path) -> Sources:
    """A sources file's settings with its files as a workbook in a folder names them."""
    return seen_from(given, source.resolve().parent, folder.resolve())


def _settings(given: Sources) -> Iterator[tuple[tuple[str, str], str]]:
    if given.crm:
        yield (ANY, "crm"), given.crm
    if given.segments:
        yield (ANY, "segments"), setting_words(given.segments)
    for kind, place in given.places():
        for name in OF_TABLE:
            value = _of_place(place, name)
            if value:
                yield (kind.value, name), value


def _of_place(place: TablePlace | CostPlace, name: str) -> str:
    return "" if name == "mart" and not isinstance(place, TablePlace) else str(getattr(place, name))


def _show_rows(cells: MeasuredCells, table: str, rows: Mapping[tuple[str, str], str | None]) -> None:
    """Put each value into the row that has its key; one that no row has takes a free row below."""
    left = dict(rows)
    names = cells.file.table(table).columns[:2]
    free = []
    for number, held in enumerate(cells.file.read_table(table)):
        key = text_of(held.get(names[0])), text_of(held.get(names[1]))
        if any(key):
            cells.put_row(table, number, {GIVEN: left.pop(key, None)})
        else:
            free.append(number)
    if len(left) > len(free):
        first = cells.file.table(table).rows
        cells.file.grow_with_followers(table, len(left) - len(free))
        free.extend(range(first, cells.file.table(table).rows))
    for number, (key, value) in zip(free, left.items(), strict=False):
        cells.put_row(table, number, {names[0]: key[0], names[1]: cell_text(key[1]), GIVEN: value})


_OWN = {
    TABLES_TABLE: (YOURS,),
    COLUMNS_TABLE: (YOURS,),
    CONNECTIONS_TABLE: (YOUR_KIND, YOUR_ADDRESS),
    STAGES_TABLE: (YOUR_STATUS, YOUR_DATE),
}
"""The columns that people write into."""


def _own_rows(file: WorkbookFile, table: str) -> list[str]:
    """What stands first in the rows in which a person wrote something."""
    first = {CONNECTIONS_TABLE: CONNECTION, STAGES_TABLE: STAGE}.get(table, "Records")
    rows = (row for _, row in rows_of(file, table) if any(text_of(row.get(name)) for name in _OWN[table]))
    return [text_of(row.get(first)) for row in rows]


def _with_own(file: WorkbookFile, table: str, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The file's rows, and those of which a person said something and that the file does not have."""
    seen = {str(row[0]).casefold() for row in rows}
    kept = (name for name in _own_rows(file, table) if name and name.casefold() not in seen)
    return (*rows, *((name, None, None) for name in kept))
