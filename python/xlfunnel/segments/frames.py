"""Which engine holds a table, and how its small results come back: Arrow for ordinary tables, DuckDB for large.

A computation takes a Narwhals frame and never learns which engine is behind it. Two habits keep the answers the
same everywhere: conditional columns are built before `group_by` (inside `agg` some engines ignore them silently), and
whatever needs arithmetic on few rows is done in Python on what `rows_of` gives back. The engines are imported
where they are used, so that a metric on single numbers loads none.
"""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xlfunnel.segments.engines import known_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

Frame = nw.LazyFrame[Any]

_NUMBERS_ALONE: Mapping[str, type] = MappingProxyType({})
LARGE = 200_000
"""Rows above which DuckDB is faster and needs far less memory."""


class Engine(StrEnum):
    """What computes a segment table."""

    ARROW = "pyarrow"
    DUCKDB = "duckdb"


def engine_for(rows: int) -> Engine:
    """The engine for a table of so many rows; tables that are joined must use one engine, that of the largest.

    >>> engine_for(10_000), engine_for(1_000_000)
    (<Engine.ARROW: 'pyarrow'>, <Engine.DUCKDB: 'duckdb'>)
    """
    return Engine.DUCKDB if rows > LARGE else Engine.ARROW


def frame_of(table: pa.Table, columns: Sequence[str] | None = None, engine: Engine | None = None) -> Frame:
    """A canonical table as a lazy frame, of the engine that suits its size unless one is named.

    `columns` names the columns that are needed. Nulls stay nulls in every type: a column of whole numbers with gaps
    does not turn into one of floats.
    """
    if columns is not None:
        table = table.select(list(columns))
    if (engine or engine_for(table.num_rows)) is Engine.DUCKDB:
        return _duckdb_frame(table)
    return _arrow_frame(table)


def frame_from_columns(columns: Mapping[str, Sequence[Any]], others: Mapping[str, type] = _NUMBERS_ALONE) -> Frame:
    """Columns of plain values (the cells of a worksheet) as a lazy frame in memory; None is null.

    A column holds numbers, texts (or members of a text enumeration) or booleans. A column of whole numbers and
    floats becomes one of floats; a column without any value becomes one of whole numbers, all null, unless `others`
    names it as one of texts (str) or truth values (bool).

    >>> frame = frame_from_columns({"status": ["won", "open"], "amount": [100.0, None]})
    >>> rows_of(frame)
    [{'status': 'won', 'amount': 100.0}, {'status': 'open', 'amount': None}]
    """
    import pyarrow as pa  # noqa: PLC0415

    return _arrow_frame(pa.table({name: _cells(values, others.get(name)) for name, values in columns.items()}))


def frame_beside(frame: Frame, table: pa.Table) -> Frame:
    """A small table on the engine of a frame that it is to be joined with: a calendar, a list of names.

    It is on the frame's own connection or session: DuckDB and Spark get it as a query of constants, Ibis as a table
    in memory, which a database takes as a temporary one. Raises `EngineLacks`.
    """
    known_engine(frame)
    kind = frame.implementation
    if kind.is_pyarrow():
        return _arrow_frame(table)
    if kind.is_pandas():
        return pandas_frame(table)
    beside: Frame = nw.from_native(_beside(frame, table))
    return beside


def _beside(frame: Frame, table: pa.Table) -> Any:
    """The table as a native frame of DuckDB, Polars, Ibis or Spark."""
    kind = frame.implementation
    if kind.is_duckdb():
        return frame.to_native().query("known", _constants(table))
    if kind.is_polars():
        import polars as pl  # noqa: PLC0415

        return pl.DataFrame(table).lazy()
    if kind.is_ibis():
        import ibis  # noqa: PLC0415

        return ibis.memtable(table)
    return frame.to_native().sparkSession.createDataFrame(table)


def _constants(table: pa.Table) -> str:
    """The query of a table's rows, of numbers and texts."""
    rows = [f"({', '.join(map(_constant, row))})" for row in zip(*table.to_pydict().values(), strict=True)]
    names = ", ".join(f'"{name}"' for name in table.column_names)
    nothing = f"({', '.join('NULL' for _ in table.column_names)})"
    kept = "true" if rows else "false"
    return f"SELECT * FROM (VALUES {', '.join(rows or [nothing])}) AS t({names}) WHERE {kept}"  # noqa: S608  # quoted


def _constant(value: float | str | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"{value!r}::DOUBLE" if isinstance(value, float) else str(int(value))


@contextmanager
def computed(frame: Frame) -> Iterator[Frame]:
    """The same frame, computed once because several aggregates will read it; what it takes is given back at the end.

    Arrow computes as it goes. A database keeps it as a temporary table, and where it allows none each aggregate
    reads the rows again.
    """
    kind = frame.implementation
    if kind.is_duckdb():
        yield nw.from_native(frame.to_native().materialize())
    elif kind.is_polars():
        yield nw.from_native(frame.to_native().collect().lazy())
    elif kind.is_ibis():
        yield from _kept(frame)
    elif kind.is_pyspark() or kind.is_pyspark_connect():
        held = frame.to_native().persist()
        try:
            yield nw.from_native(held)
        finally:
            held.unpersist()
    else:
        yield frame


def _kept(frame: Frame) -> Iterator[Frame]:
    """A frame of Ibis as a temporary table of its database."""
    try:
        held = frame.to_native().cache()
    except Exception:  # every database refuses a temporary table with an error of its own
        yield frame
        return
    try:
        yield nw.from_native(held)
    finally:
        held.release()


def one_if(flag: nw.Expr) -> nw.Expr:
    """1 where a condition holds, else 0, blank ones included: not every database makes a number of a truth value."""
    return nw.when(flag.fill_null(value=False)).then(nw.lit(1)).otherwise(nw.lit(0))


def rows_of(frame: Frame) -> list[dict[str, Any]]:
    """Compute a frame and bring its rows back as plain Python values, None where there is none.

    Meant for aggregates: every row becomes a mapping. Databases sum whole numbers as decimals; they come back as
    integers, and other decimals as floats.
    """
    rows = frame.collect("pyarrow").rows(named=True)
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _duckdb_frame(table: pa.Table) -> Frame:
    import duckdb  # noqa: PLC0415

    # One connection for all: only relations of the same connection can be joined. Nothing is registered in it.
    return nw.from_native(duckdb.from_arrow(table))


def pandas_frame(table: pa.Table) -> Frame:
    """A table as a frame of pandas, in types that keep nulls as nulls."""
    import pandas as pd  # noqa: PLC0415

    kinds = {"int": pd.Int64Dtype(), "flo": pd.Float64Dtype(), "dou": pd.Float64Dtype(), "boo": pd.BooleanDtype()}

    def dtype_for(kind: pa.DataType) -> Any:
        return pd.StringDtype() if str(kind) in {"string", "large_string"} else kinds.get(str(kind)[:3])

    return nw.from_native(table.to_pandas(types_mapper=dtype_for)).lazy()


def _arrow_frame(table: pa.Table) -> Frame:
    # Groups need one dictionary for all parts of a column, which several files do not have in common.
    return nw.from_native(table.unify_dictionaries()).lazy()


def _cells(values: Sequence[Any], of: type | None) -> pa.Array[Any]:
    import pyarrow as pa  # noqa: PLC0415

    kinds = {type(value) for value in values if value is not None} or {of or int}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if all(issubclass(kind, str) for kind in kinds):
        return pa.array(values, pa.string())
    if float in kinds:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array(values, pa.int64())
