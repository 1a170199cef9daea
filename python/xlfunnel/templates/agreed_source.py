"""The source in a person's workbook, read from its sheet Source, and the cells that faults come from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from xlfunnel.crm.fields import field_names
from xlfunnel.crm.tables import CostKind, Kind
from xlfunnel.errors import Stopped
from xlfunnel.sources.errors import (
    NoColumn,
    NoConnection,
    NoEngine,
    NoTable,
    NotForWorkbooks,
    NotOneSelect,
    UnknownEngine,
)
from xlfunnel.sources.known import check_known, check_place, connections_file, known_connections, rooted
from xlfunnel.sources.settings import COST_COLUMNS, KINDS, Connection, Sources, refuse_secrets
from xlfunnel.templates.source_sheet import (
    ANY,
    COLUMNS_TABLE,
    CONNECTION,
    CONNECTIONS_TABLE,
    GIVEN,
    GIVEN_ADDRESS,
    GIVEN_DATE,
    GIVEN_KIND,
    GIVEN_STATUS,
    OF_TABLE,
    STAGE,
    STAGES_TABLE,
    TABLES_TABLE,
    YOUR_ADDRESS,
    YOUR_DATE,
    YOUR_KIND,
    YOUR_STATUS,
    YOURS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile

    Key = tuple[str, ...]

_KINDS: Final = tuple(kind.value for kind in (*Kind, *CostKind))
_SHOWN: Final = 60
_HOURS: Final = "hours: "
_QUERY: Final = "query for "
"""Stands before the records that a query makes, where a fault names it."""


class BadSource(Stopped):
    """A cell of the sheet Source holds what cannot be taken."""


@dataclass
class _Told:
    """What the sheet says, as a sources file would hold it, and the cell of each setting."""

    data: dict[str, Any] = field(default_factory=lambda: defaultdict(dict))
    cells: dict[Key, str] = field(default_factory=dict)
    held: dict[Key, str] = field(default_factory=dict)
    """What stands in these cells; nothing of addresses, which no message repeats."""
    typed: set[str] = field(default_factory=set)
    """The kinds of which a person wrote something."""


# -- what the sheet says


def names_tables(file: WorkbookFile) -> bool:
    """Whether the sheet names a table of opportunities or leads, so that a refresh without files can count it."""
    return any(
        row.get("Records") in {Kind.OPPORTUNITIES.value, Kind.LEADS.value}
        and row.get("Setting") in {"table", "query"}
        and (text_of(row.get(YOURS)) or text_of(row.get(GIVEN)))
        for row in (file.read_table(TABLES_TABLE) if TABLES_TABLE in file.tables else ())
    )


def check_secrets(file: WorkbookFile) -> None:
    """Raise `SecretInSource`, which names the cell, where an address of the sheet holds a password or a token."""
    for number, row in rows_of(file, CONNECTIONS_TABLE):
        for column in (GIVEN_ADDRESS, YOUR_ADDRESS):
            refuse_secrets(_cell(file, CONNECTIONS_TABLE, number, column), text_of(row.get(column)))


def source_in(file: WorkbookFile, folder: Path) -> Sources:
    """The source of a workbook that lies in this folder, with files named from the root of the disk.

    What a person wrote goes before what a file said. It may lead to files in the folder, and to connections that are
    known on this computer. Raises `BadSource`, `SecretInSource` and `UnknownConnection`.
    """
    check_secrets(file)
    told = _Told()
    _read_tables(file, told)
    _read_columns(file, told)
    _read_stages(file, told)
    for kind in _KINDS:
        if kind in told.data and not {"table", "query"} & told.data[kind].keys() and kind not in told.typed:
            del told.data[kind]  # a person took the table out
    _read_connections(file, told, folder)
    try:
        found = Sources.model_validate(dict(told.data))
    except ValidationError as fault:
        raise BadSource(" ".join(_words(told, error) for error in fault.errors())) from None  # it repeats addresses
    for kind, place in found.places():
        try:
            check_place(place, found.connections[found.connection_of(place)], kind.value)
        except NotForWorkbooks as fault:
            raise located(fault, file) from None
    return found


def _read_tables(file: WorkbookFile, told: _Told) -> None:
    for number, row in rows_of(file, TABLES_TABLE):
        column, value = _effective(row, YOURS, GIVEN)
        kind, name = text_of(row.get("Records")), text_of(row.get("Setting"))
        cell = _cell(file, TABLES_TABLE, number, column if value else YOURS)
        if kind != ANY:
            told.cells[kind, name] = cell
        if not value:
            continue
        if (kind, name) not in _SETTINGS:
            raise BadSource(f'{cell} stands beside "{kind}" and "{name}", and there is no such setting. Correct it.')
        place = told.data if kind == ANY else told.data[kind]
        place[name] = value
        _note(told, (name,) if kind == ANY else (kind, name), cell, value)
        if column == YOURS and kind != ANY:
            told.typed.add(kind)


_SETTINGS: Final = frozenset(
    {(ANY, "crm"), (ANY, "segments")} | {(kind, name) for kind in _KINDS for name in OF_TABLE}
)


def _read_columns(file: WorkbookFile, told: _Told) -> None:
    for number, row in rows_of(file, COLUMNS_TABLE):
        column, value = _effective(row, YOURS, GIVEN)
        if not value:
            continue
        kind, name = text_of(row.get("Records")), text_of(row.get("Field"))
        cell = _cell(file, COLUMNS_TABLE, number, column)
        if kind not in _KINDS or name not in _fields(kind, name):
            raise BadSource(f'{cell} stands beside "{kind}" and "{name}", and there is no such field. Correct it.')
        told.data[kind].setdefault("columns", {})[name] = value
        _note(told, (kind, "columns", name), cell, value)
        if column == YOURS:
            told.typed.add(kind)


def _fields(kind: str, name: str) -> frozenset[str]:
    if kind in {one.value for one in Kind}:
        return field_names(Kind(kind))
    hours = {name} if kind == CostKind.PEOPLE.value and name.startswith(_HOURS) else set()
    return frozenset(COST_COLUMNS[CostKind(kind)]) | hours


def _read_stages(file: WorkbookFile, told: _Told) -> None:
    deals = Kind.OPPORTUNITIES.value
    for number, row in rows_of(file, STAGES_TABLE):
        stage = text_of(row.get(STAGE))
        for yours, given, key in ((YOUR_DATE, GIVEN_DATE, "stage_dates"), (YOUR_STATUS, GIVEN_STATUS, "stages")):
            column, value = _effective(row, yours, given)
            if not value:
                continue
            cell = _cell(file, STAGES_TABLE, number, column)
            if not stage:
                raise BadSource(f'{cell} holds "{value[:_SHOWN]}", and no stage stands in its row. Correct it.')
            if key == "stages":
                told.data[key][stage] = value.casefold()
                _note(told, (key, stage), cell, value)
            else:
                told.data[deals].setdefault(key, {})[stage] = value
                _note(told, (deals, key, stage), cell, value)
                told.typed |= {deals} if column == yours else set()


def _read_connections(file: WorkbookFile, told: _Told, folder: Path) -> None:
    """Those of the sheet, and of a name without an address the one that is known on this computer."""
    known: Mapping[str, Connection] = known_connections()
    for number, row in rows_of(file, CONNECTIONS_TABLE):
        name = text_of(row.get(CONNECTION))
        column, address = _effective(row, YOUR_ADDRESS, GIVEN_ADDRESS)
        _, kind = _effective(row, YOUR_KIND, GIVEN_KIND)
        cell = _cell(file, CONNECTIONS_TABLE, number, column if address else YOUR_ADDRESS)
        if not (name or address or kind):
            continue
        if not name:
            raise BadSource(f"{cell} holds an address, and no connection is named in its row. Name it.")
        told.cells["connections", name] = cell
        if not address:
            _add_known(told, name, cell, known)
            continue
        if kind not in KINDS:
            where = _cell(file, CONNECTIONS_TABLE, number, YOUR_KIND)
            raise BadSource(f"{where} must say what the address beside it is of: {', '.join(KINDS)}.")
        one = Connection.model_validate({kind: address})
        check_known(name, one, folder, cell)
        told.data["connections"][name] = rooted(one, folder)
    for kind in _KINDS:
        name = str(told.data.get(kind, {}).get("connection", ""))
        if name and name not in told.data["connections"]:
            _add_known(told, name, told.cells[kind, "connection"], known)


def _add_known(told: _Told, name: str, cell: str, known: Mapping[str, Connection]) -> None:
    if name not in known:
        raise BadSource(
            f'{cell}: the connection "{name}" has no address on the sheet, and none of that name is known on this '
            f"computer ({connections_file()}). Make it known with: xlfunnel connect sources.toml"
        )
    told.data["connections"][name] = known[name]


def _note(told: _Told, key: Key, cell: str, value: str) -> None:
    told.cells[key] = cell
    told.held[key] = value


def _words(told: _Told, error: ErrorDetails) -> str:
    """One fault by its cell, what stands there and what is wrong with it; addresses are not repeated."""
    words = error["msg"].removeprefix("Value error, ")
    key = tuple(str(part) for part in error["loc"])
    if not key and words.partition(": ")[0] in _KINDS:  # what is wrong between a table and the connections
        kind, _, words = words.partition(": ")
        key = (kind, "connection")
    while key and key not in told.cells:
        near = next((told.cells[one] for one in (*told.held, *told.cells) if one[: len(key)] == key), "")
        if near:
            return f"{near}: {words}. Correct it, and refresh again."
        key = key[:-1]
    if not key:
        return f"The sheet Source: {words}. Correct it, and refresh again."
    held = f' holds "{told.held[key][:_SHOWN]}"' if key in told.held else ""
    return f"{told.cells[key]}{held}: {words}. Correct it, and refresh again."


def _effective(row: dict[str, CellValue], yours: str, given: str) -> tuple[str, str]:
    """The column that counts and what it says: a person's, else the file's."""
    own = text_of(row.get(yours))
    return (yours, own) if own else (given, text_of(row.get(given)))


def rows_of(file: WorkbookFile, table: str) -> Iterator[tuple[int, dict[str, CellValue]]]:
    """The rows of a table; none where a person took it out."""
    yield from enumerate(file.read_table(table) if table in file.tables else ())


def _cell(file: WorkbookFile, table: str, number: int, column: str) -> str:
    place = file.table(table)
    return file.cell_name(place.sheet, place.first_row + number, place.column(column) or place.left)


def text_of(value: CellValue | None) -> str:
    """A cell's words; a number that Excel made of a name is read as it was typed."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def located(fault: Stopped, file: WorkbookFile) -> Stopped:
    """The same fault with the cell that it comes from, where the sheet has one."""
    for kinds, find in _FINDERS:
        if isinstance(fault, kinds):
            found = find(fault, file)
            return BadSource(found) if found else fault
    return fault


def _of_connection(fault: Any, file: WorkbookFile) -> str:
    for number, row in rows_of(file, CONNECTIONS_TABLE):
        if text_of(row.get(CONNECTION)) == fault.connection:
            column, _ = _effective(row, YOUR_ADDRESS, GIVEN_ADDRESS)
            return f"{_cell(file, CONNECTIONS_TABLE, number, column)}: {fault}"
    return ""


def _of_column(fault: NoColumn, file: WorkbookFile) -> str:
    stage, kinds = fault.field.removeprefix("entered "), _kinds_of(fault.table, file)
    told = f"{fault.table} has no such column. Its columns are: {fault.columns}"
    for table, named, yours, given, name in (
        (COLUMNS_TABLE, "Field", YOURS, GIVEN, fault.field),
        (STAGES_TABLE, STAGE, YOUR_DATE, GIVEN_DATE, stage),
    ):
        for number, row in rows_of(file, table):
            column, value = _effective(row, yours, given)
            ours = table == STAGES_TABLE or text_of(row.get("Records")) in kinds
            if ours and text_of(row.get(named)) == name and value == fault.column:
                return f'{_cell(file, table, number, column)} holds "{value}": {told}. Correct it, and refresh again.'
    return ""


def _kinds_of(table: str, file: WorkbookFile) -> set[str]:
    """The kinds of records that the sheet reads from a table, or from the query that a fault names."""
    rows = (row for _, row in rows_of(file, TABLES_TABLE))
    found = {text_of(row.get("Records")) for row in rows if _effective(row, YOURS, GIVEN)[1] == table}
    return found | {table.removeprefix(_QUERY)}


def _of_table(fault: Any, file: WorkbookFile) -> str:
    """A table by its name, and a query by the records that it makes."""
    kind = fault.kind if isinstance(fault, NotForWorkbooks) else fault.table.removeprefix(_QUERY)
    for number, row in rows_of(file, TABLES_TABLE):
        column, value = _effective(row, YOURS, GIVEN)
        setting, records = row.get("Setting"), row.get("Records")
        named = kind in {value, records} if setting == "table" else setting == "query" and records == kind
        if value and named:
            cell = _cell(file, TABLES_TABLE, number, column)
            return f'{cell} holds "{value[:_SHOWN]}": {fault.why}. Correct it, and refresh again.'
    return ""


_FINDERS: Final[tuple[tuple[Any, Any], ...]] = (
    ((NoColumn,), _of_column),
    ((NoTable, NotOneSelect, NotForWorkbooks), _of_table),
    ((NoConnection, NoEngine, UnknownEngine), _of_connection),
)
