"""Tables of records as sources of each engine, and as the exports that hold the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from tests.engines.placing import polars_engine, postgres_server, spark_engine

from xlfunnel.crm import Mapping as Mapped
from xlfunnel.crm import read_exports
from xlfunnel.crm.tables import Kind
from xlfunnel.definitions import Definitions
from xlfunnel.inputs import Inputs, data_of
from xlfunnel.segments.frames import Frame
from xlfunnel.segments.tables import ExportTables, Tables
from xlfunnel.sources.opened import OpenSource
from xlfunnel.sources.reading import read_source
from xlfunnel.sources.settings import Sources
from xlfunnel.sources.warehouse import ORDER, Asked, RawTable

Records = Mapping[str, Mapping[str, Any]]
"""The columns of each kind of records, by field."""


def table_of(kind: str, columns: Mapping[str, Any]) -> pa.Table:
    """The columns under names that say nothing but the kind of records."""
    return pa.table({_named(kind, at): column for at, column in enumerate(columns.values())})


def _named(kind: str, at: int) -> str:
    return f"x_{kind}_{at}"


def sources_text(connection: str, places: Mapping[str, str], records: Records) -> str:
    """A sources file for these records."""
    lines = [f"[connections.odd]\n{connection}"]
    for name, columns in records.items():
        named = "\n".join(f'{column} = "{_named(name, at)}"' for at, column in enumerate(columns))
        lines.append(f'[{name}]\ntable = "{places.get(name, name)}"\n[{name}.columns]\n{named}')
    return "\n".join(lines)


@contextmanager
def read_from(path: Path, as_of: date, agreed: Mapping[str, Any]) -> Iterator[Tables]:
    """The tables of a sources file."""
    with data_of(Inputs((), as_of, source=path)) as data:
        yield data.read(Definitions.model_validate(agreed), None, lambda what, share: None).tables


def exported(folder: Path, records: Records, as_of: date, agreed: Mapping[str, Any]) -> ExportTables:
    """The same records read from CSV files."""
    mapping, paths = {}, []
    for name, columns in records.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            lines = csv.writer(stream)
            lines.writerow(_named(name, at) for at in range(len(columns)))
            cells = ([_cell(value) for value in one.to_pylist()] for one in columns.values())
            lines.writerows(zip(*cells, strict=True))
        mapping[name] = {column: _named(name, at) for at, column in enumerate(columns)}
        paths.append(path)
    given = Mapped.model_validate(mapping)
    return ExportTables(read_exports(paths, as_of, Definitions.model_validate(agreed), given))


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


# -- where they lie --------------------------------------------------------------------------------------------------


@contextmanager
def in_duckdb(folder: Path, records: Records, url: str = 'duckdb = "odd.duckdb"') -> Iterator[Path]:
    """A DuckDB file, read by the program itself."""
    with duckdb.connect(str(folder / "odd.duckdb")) as own:
        for name, columns in records.items():
            own.register("held", table_of(name, columns))
            own.execute(f"CREATE TABLE {name} AS SELECT * FROM held")
    yield _written(folder, sources_text(url, {}, records))


@contextmanager
def in_ibis(folder: Path, records: Records) -> Iterator[Path]:
    """The same through Ibis, which knows no order of its rows."""
    with in_duckdb(folder, records, f'url = "duckdb://{folder / "odd.duckdb"}"') as path:
        yield path


@contextmanager
def in_parquet(folder: Path, records: Records) -> Iterator[Path]:
    """Parquet files."""
    for name, columns in records.items():
        pq.write_table(table_of(name, columns), folder / f"{name}.parquet")
    yield _written(folder, sources_text('parquet = "."', {}, records))


@contextmanager
def in_spark(folder: Path, records: Records) -> Iterator[Path]:
    """Parquet files that Spark reads."""
    for name, columns in records.items():
        pq.write_table(table_of(name, columns), folder / f"{name}.parquet")
    with spark_engine():
        yield _written(
            folder, sources_text('spark = "local"', {name: f"{name}.parquet" for name in records}, records)
        )


@contextmanager
def in_postgres(folder: Path, records: Records) -> Iterator[Path]:
    """A PostgreSQL server of its own."""
    import ibis

    with postgres_server() as socket:
        backend = ibis.postgres.connect(host=str(socket), user="postgres", database="postgres")
        for name, columns in records.items():
            table = table_of(name, columns)
            backend.create_table(name, schema=ibis.memtable(table).schema())
            content = io.BytesIO()
            pa_csv.write_csv(table, content)
            into = f"COPY {name} FROM STDIN (FORMAT csv, HEADER)"
            with backend.con.cursor() as cursor, cursor.copy(into) as copy:
                copy.write(content.getvalue())
        backend.con.commit()
        backend.disconnect()
        yield _written(folder, sources_text(f'url = "postgres://postgres@/postgres?host={socket}"', {}, records))


def _written(folder: Path, text: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return path


LYING = {
    "duckdb": in_duckdb, "parquet": in_parquet, "ibis-duckdb": in_ibis, "postgres": in_postgres, "spark": in_spark,
}  # fmt: skip


@dataclass
class InMemory:
    """Rows of a data frame in the place of a warehouse."""

    name: str = "odd"
    engine: str = "memory"
    frames: dict[str, Frame] = field(default_factory=dict)

    def table(self, asked: Asked) -> RawTable:
        return RawTable(self.frames[asked.table], (ORDER.format(0),))

    def set_zone(self, zone: str) -> None:
        """Its moments have no zone."""

    def kept(self, frame: Frame) -> Frame:
        native = frame.to_native()
        return nw.from_native(native.collect().lazy()) if hasattr(native, "collect") else frame

    def released(self, frame: Frame) -> None:
        """Nobody holds it any longer."""

    def close(self) -> None:
        """Nothing is held."""


IN_MEMORY = {"polars": polars_engine}


@contextmanager
def counted_in_memory(name: str, records: Records, as_of: date, agreed: Mapping[str, Any]) -> Iterator[Tables]:
    """The tables of records in data frames, counted there."""
    text = sources_text('duckdb = "none"', {}, records)
    with IN_MEMORY[name]() as put:
        warehouse = InMemory()
        for kind, columns in records.items():
            table = table_of(kind, columns)
            numbered = table.append_column(ORDER.format(0), pa.array(range(table.num_rows), pa.int64()))
            warehouse.frames[kind] = put(numbered, kind)
        tables = {Kind(kind): warehouse.table(Asked("odd", kind, kind, "")) for kind in records}
        source = OpenSource(_parsed(text), "sources.toml", warehouse, tables)
        yield read_source(source, as_of, Definitions.model_validate({**agreed, "data_limit": 0}))


def _parsed(text: str) -> Sources:
    import tomllib

    return Sources.model_validate(tomllib.loads(text))
