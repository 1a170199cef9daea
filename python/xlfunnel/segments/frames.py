"""Which engine holds a table, and how its small results come back: pandas for ordinary tables, DuckDB for large.

A computation takes a Narwhals frame and never learns which engine is behind it. Two habits keep the answers the
same everywhere: conditional columns are built before `group_by` (inside `agg` pandas ignores them silently), and
whatever needs arithmetic on few rows is done in Python on what `rows_of` gives back. The engines are imported
where they are used, so that a metric on single numbers loads none.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

Frame = nw.LazyFrame[Any]

LARGE = 200_000
"""Rows above which DuckDB is faster than pandas and needs far less memory."""


class Engine(StrEnum):
    """What computes a segment table."""

    PANDAS = "pandas"
    DUCKDB = "duckdb"


def engine_for(rows: int) -> Engine:
    """The engine for a table of so many rows; tables that are joined must use one engine, that of the largest.

    >>> engine_for(10_000), engine_for(1_000_000)
    (<Engine.PANDAS: 'pandas'>, <Engine.DUCKDB: 'duckdb'>)
    """
    return Engine.DUCKDB if rows > LARGE else Engine.PANDAS


def frame_of(table: pa.Table, columns: Sequence[str] | None = None, engine: Engine | None = None) -> Frame:
    """A canonical table as a lazy frame, of the engine that suits its size unless one is named.

    `columns` names the columns that are needed: pandas then copies no others (DuckDB never does).
    Nulls stay nulls in every type: a column of whole numbers with gaps does not turn into one of floats.
    """
    if columns is not None:
        table = table.select(list(columns))
    if (engine or engine_for(table.num_rows)) is Engine.DUCKDB:
        return _duckdb_frame(table)
    return _pandas_frame(table)


def frame_from_columns(columns: Mapping[str, Sequence[Any]]) -> Frame:
    """Columns of plain values (the cells of a worksheet) as a lazy frame on pandas; None is null.

    A column holds numbers, texts (or members of a text enumeration) or booleans. A column of whole numbers and
    floats becomes one of floats; a column without any value becomes one of whole numbers, all null.

    >>> frame = frame_from_columns({"status": ["won", "open"], "amount": [100.0, None]})
    >>> rows_of(frame)
    [{'status': 'won', 'amount': 100.0}, {'status': 'open', 'amount': None}]
    """
    import pandas as pd  # noqa: PLC0415

    series = {name: pd.Series(list(values), dtype=_cell_dtype(values)) for name, values in columns.items()}
    return nw.from_native(pd.DataFrame(series)).lazy()


def frame_beside(frame: Frame, table: pa.Table) -> Frame:
    """A small table on the engine of a frame that it is to be joined with: a calendar, a list of names."""
    return frame_of(table, engine=Engine.DUCKDB if frame.implementation.is_duckdb() else Engine.PANDAS)


def computed(frame: Frame) -> Frame:
    """The same frame, computed once because several aggregates will read it (pandas computes as it goes)."""
    if not frame.implementation.is_duckdb():
        return frame
    return _duckdb_frame(frame.collect("pyarrow").to_native())


def rows_of(frame: Frame) -> list[dict[str, Any]]:
    """Compute a frame and bring its rows back as plain Python values, None where there is none.

    Meant for aggregates: every row becomes a mapping. DuckDB sums whole numbers in 128 bits and hands them out
    as decimals; they come back as integers.
    """
    rows = frame.collect("pyarrow").rows(named=True)
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value


def _duckdb_frame(table: pa.Table) -> Frame:
    import duckdb  # noqa: PLC0415

    # One connection for all: only relations of the same connection can be joined. Nothing is registered in it.
    return nw.from_native(duckdb.from_arrow(table))


def _pandas_frame(table: pa.Table) -> Frame:
    import pandas as pd  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    def dtype_for(type_: pa.DataType) -> Any:
        if pa.types.is_integer(type_):
            return pd.Int64Dtype()
        if pa.types.is_floating(type_):
            return pd.Float64Dtype()
        if pa.types.is_boolean(type_):
            return pd.BooleanDtype()
        return pd.StringDtype() if pa.types.is_string(type_) else None

    return nw.from_native(table.to_pandas(types_mapper=dtype_for)).lazy()


def _cell_dtype(values: Sequence[Any]) -> Any:
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return "Int64"
    if kinds == {bool}:
        return "boolean"
    if all(issubclass(kind, str) for kind in kinds):
        return "string"
    return "Float64" if float in kinds else "Int64"
