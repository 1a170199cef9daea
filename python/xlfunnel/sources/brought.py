"""Tables small enough to be listed in a workbook: their rows are brought in, and read by the rules of the exports.

The texts are those that an export of the same data would hold, so the very same functions judge them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.cost_headers import COLUMNS, CostHeader
from xlfunnel.crm.costs import read_costs
from xlfunnel.crm.dates import DateReader
from xlfunnel.crm.errors import MissingCostColumn
from xlfunnel.crm.exports import Cleaned, adding, settled
from xlfunnel.crm.files import CostFile
from xlfunnel.crm.parts import Part
from xlfunnel.crm.profiles import header_key
from xlfunnel.crm.tables import CostKind, Kind
from xlfunnel.crm.verdicts import Verdicts
from xlfunnel.sources.cells import cells_of
from xlfunnel.sources.matching import Columns, kinds_of, matched, table_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.costs import CostTable
    from xlfunnel.crm.mapping import Mapping as Agreed
    from xlfunnel.crm.recognise import Match
    from xlfunnel.crm.tables import Exports, SetAside
    from xlfunnel.definitions import Definitions
    from xlfunnel.sources.opened import OpenSource


@dataclass(frozen=True)
class SourceTable:
    """A table of a source whose columns are known."""

    name: str
    match: Match
    sha256: str = ""
    """A table has no bytes to take it of."""

    def showing(self, cells: Mapping[int, Cells], rows: int) -> SourceTable:
        """The same with these columns, of which the sheet Mapping shows examples."""
        grid = Columns(self.match.grid.names, cells, rows)
        return replace(self, match=replace(self.match, grid=grid))


def brought_in(
    source: OpenSource, as_of: date, definitions: Definitions, given: Agreed | None, costs: Sequence[CostTable] = ()
) -> Exports:
    """Every row of every table of a source, judged as an export's.

    Raises what the reading of exports raises, and what the source raises.
    """
    mapping = table_mapping(source.sources, given)
    mapping = mapping.model_copy(update={"segments": (*mapping.segments, *definitions.segments)})
    cleaned, tables, ids = Cleaned(), [], {}
    for number, kind in enumerate(kinds_of(source.sources)):
        table = known_table(source, kind, mapping)
        part = _part(source, kind, number, table, definitions)
        cleaned.add(part, as_of, definitions, mapping)
        tables.append(replace(table, match=part.match))
        ids[table.name] = part.column("opportunity_id" if kind is Kind.HISTORY else "id")
    exports = settled(tables, cleaned, as_of, definitions, mapping.crm)
    exports = replace(exports, set_aside=tuple(_by_id(one, ids) for one in exports.set_aside))
    return adding(exports, costs)


def known_table(source: OpenSource, kind: Kind, mapping: Agreed) -> SourceTable:
    """A table with what its columns mean; its name says where it lies."""
    names = source.tables[kind].names
    match = matched(source.sources, kind, source.name_of(kind), names, mapping)
    return SourceTable(f"{source.name_of(kind)} ({source.warehouse.engine})", match)


def needed_columns(match: Match, definitions: Definitions) -> dict[str, int]:
    """Field, or name of a test rule, to the position of its column."""
    names = match.grid.names
    places = {header_key(name): place for place, name in enumerate(names)}
    tests = {
        name: places[header_key(name)]
        for name in definitions.tests
        if name not in match.fields and header_key(name) in places
    }
    return match.fields | tests


def _part(source: OpenSource, kind: Kind, number: int, table: SourceTable, definitions: Definitions) -> Part:
    match, names = table.match, table.match.grid.names
    fields = needed_columns(match, definitions)
    stages = [stage.position for stage in match.stage_dates]
    places = sorted({*fields.values(), *stages})
    rows = source.fetched(kind, frozenset(names[place] for place in places))
    cells = {place: cells_of(table.name, names[place], rows[names[place]]) for place in places}
    match = table.showing(cells, rows.num_rows).match
    verdicts = Verdicts(table.name, np.arange(1, rows.num_rows + 1, dtype=np.int64), (), len(names))
    dates = DateReader(table.name, definitions.dates, definitions.timezone)
    part = Part(
        table.name, number, match, {name: cells[place] for name, place in fields.items()},
        [cells[place] for place in stages], verdicts, 0, dates, numbered=False,
    )  # fmt: skip
    part.notes.append(whence(source))
    return part


def whence(source: OpenSource) -> str:
    """Where a table was read, as the account says it."""
    return f'Read from {source.warehouse.engine} through the connection "{source.warehouse.name}" of {source.file}'


def _by_id(one: SetAside, ids: dict[str, Cells]) -> SetAside:
    """A record of a table is found by its id: a table has no row numbers."""
    cells = ids.get(one.file)
    return one if cells is None or isinstance(one.row, str) else replace(one, row=cells.text(one.row - 1))


# -- costs


def cost_tables(source: OpenSource, definitions: Definitions) -> list[CostTable]:
    """The tables of spend and people of a source; a row that cannot be read raises `BadCostRow`."""
    return [_cost_table(source, kind, definitions) for kind in CostKind if kind in source.tables]


def _cost_table(source: OpenSource, kind: CostKind, definitions: Definitions) -> CostTable:
    raw = source.tables[kind].names
    mapped = {header_key(column): field for field, column in getattr(source.sources, kind.value).columns.items()}
    titles = [mapped.get(header_key(name), name) for name in raw]
    rows = source.fetched(kind, frozenset(raw))
    name = f"{source.name_of(kind)} ({source.warehouse.engine})"
    cells = {place: cells_of(name, one, rows[one]) for place, one in enumerate(raw)}
    places = {header_key(title): place for place, title in enumerate(titles)}
    missing = [title for title in COLUMNS[kind] if header_key(title) not in places]
    if missing:
        raise MissingCostColumn(name, missing, COLUMNS[kind])
    grid = Columns(tuple(titles), cells, rows.num_rows)
    header = CostHeader(kind, grid, {title: places[header_key(title)] for title in COLUMNS[kind]})
    return read_costs(CostFile(name, "", header), definitions)
