"""A source that is open: its connections, and its tables with what their columns mean."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xlfunnel.sources.embedded import Embedded
from xlfunnel.sources.errors import SeveralEngines
from xlfunnel.sources.through_ibis import ThroughIbis
from xlfunnel.sources.through_spark import ThroughSpark
from xlfunnel.sources.told import asking
from xlfunnel.sources.warehouse import Asked, RawTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from xlfunnel.crm.tables import CostKind, Kind
    from xlfunnel.sources.settings import CostPlace, Sources, TablePlace
    from xlfunnel.sources.warehouse import Warehouse


@dataclass
class OpenSource:
    """A sources file, its connection, and what was already brought in from it: each query is asked once."""

    sources: Sources
    file: str
    """The name of the sources file."""
    warehouse: Warehouse
    tables: dict[Kind | CostKind, RawTable]
    kept: dict[Any, Any] = field(default_factory=dict)
    """What the engine keeps for the refreshes of other workbooks."""
    _counts: dict[Kind | CostKind, int] = field(default_factory=dict)
    _fetched: dict[tuple[Kind | CostKind, frozenset[str]], pa.Table] = field(default_factory=dict)

    def name_of(self, kind: Kind | CostKind) -> str:
        """A table as messages and the workbook name it."""
        return table_name(kind, getattr(self.sources, kind.value))

    def rows(self, kind: Kind | CostKind) -> int:
        """How many rows a table has."""
        if kind not in self._counts:
            import narwhals as nw  # noqa: PLC0415

            with self.asking(kind):
                found = self.tables[kind].frame.select(nw.len().alias("rows")).collect("pyarrow")
            self._counts[kind] = int(found.to_native()["rows"][0].as_py())
        return self._counts[kind]

    def fetched(self, kind: Kind | CostKind, columns: frozenset[str]) -> pa.Table:
        """These columns of every row, in the engine's order of rows, else by their values."""
        key = kind, columns
        if key not in self._fetched:
            raw = self.tables[kind]
            kept = [name for name in raw.names if name in columns]
            order = raw.order or tuple(kept)
            frame = raw.frame.select(*kept, *raw.order).sort(*order, nulls_last=True)
            with self.asking(kind):
                self._fetched[key] = frame.collect("pyarrow").to_native().select(kept)
        return self._fetched[key]

    @contextmanager
    def asking(self, kind: Kind | CostKind | None = None) -> Iterator[None]:
        """While the source is asked: its faults become sentences."""
        with asking(self.warehouse.name, self.warehouse.engine, self.name_of(kind) if kind else ""):
            yield


@contextmanager
def opened(sources: Sources, path: Path) -> Iterator[OpenSource]:
    """Open the connections of a sources file and look up its tables; nothing of them is read yet.

    Paths are relative to the file. Raises a `Stopped` of `sources.errors`.
    """
    warehouse = _warehouse(sources, path.parent)
    try:
        tables = _tables(sources, warehouse)
        with asking(warehouse.name, warehouse.engine):
            yield OpenSource(sources, path.name, warehouse, tables)
    finally:
        _close(warehouse)


def table_name(kind: Kind | CostKind, place: TablePlace | CostPlace) -> str:
    """A table by its name; a query by the records that it makes."""
    return place.table or f"query for {kind.value}"


def _warehouse(sources: Sources, folder: Path) -> Warehouse:
    names = list(dict.fromkeys(sources.connection_of(place) for _, place in sources.places()))
    used = {name: sources.connections[name] for name in names}
    if all(one.duckdb or one.parquet for one in used.values()):
        return Embedded(used, folder)
    if len(used) > 1:
        raise SeveralEngines(names)
    (name, connection), *_ = used.items()
    return ThroughSpark(name, connection, folder) if connection.spark else ThroughIbis(name, connection)


def _tables(sources: Sources, warehouse: Warehouse) -> dict[Kind | CostKind, RawTable]:
    found: dict[Kind | CostKind, RawTable] = {}
    for kind, place in sources.places():
        name = table_name(kind, place)
        asked = Asked(name, sources.connection_of(place), place.table, place.query)
        with asking(asked.connection, warehouse.engine, name):
            found[kind] = warehouse.table(asked)
            found[kind].names  # noqa: B018  # asks for the columns: a table that is not there is told now
    return found


def _close(warehouse: Warehouse) -> None:
    with suppress(Exception):  # a connection that is lost cannot be closed either
        warehouse.close()
