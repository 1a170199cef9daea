"""Typed columns of a database as an export writes them: the same texts are then read by the same rules.

A number that is whole has no decimals, a moment with a time zone stands in UTC, and what is null is blank.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xlfunnel.crm.cells import Cells, tidy_cells
from xlfunnel.crm.text_array import as_texts, distinct
from xlfunnel.sources.errors import WrongType

WHOLE = 2.0**53
"""Numbers from here on are not exact, and are written as they are."""

_kernels: Any = pc


def cells_of(table: str, name: str, column: pa.ChunkedArray[Any]) -> Cells:
    """A column as texts; one of lists or records raises `WrongType`."""
    whole: Any = column.combine_chunks()
    texts = texts_of(table, name, whole)
    return tidy_cells(*distinct(texts))


def texts_of(table: str, name: str, array: pa.Array[Any]) -> pa.StringArray:
    """The values as an export writes them, null where blank."""
    kind: Any = array.type
    if pa.types.is_dictionary(kind):
        return texts_of(table, name, array.dictionary_decode())  # type: ignore[attr-defined]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return as_texts(array)
    if pa.types.is_floating(kind):
        return _number_texts(array)
    if pa.types.is_decimal(kind):
        return _decimal_texts(array)
    if pa.types.is_timestamp(kind):
        return _moment_texts(array, zoned=kind.tz is not None)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind) or pa.types.is_null(kind):
        return as_texts(array)
    if pa.types.is_date64(kind):
        return as_texts(_kernels.cast(array, pa.date32()))
    raise WrongType(table, name, str(kind), "one value in each row")


def _number_texts(array: pa.Array[Any]) -> pa.StringArray:
    values = np.asarray(_kernels.cast(_kernels.fill_null(array, float("nan")), pa.float64()))
    texts = [_number(value) for value in values.tolist()]
    return pa.array(texts, pa.string())


def _number(value: float) -> str | None:
    if value != value:  # noqa: PLR0124  # only what is no number differs from itself
        return None
    return str(int(value)) if value.is_integer() and abs(value) < WHOLE else repr(value)


def _decimal_texts(array: pa.Array[Any]) -> pa.StringArray:
    return pa.array([None if one is None else _decimal(format(one, "f")) for one in array.to_pylist()], pa.string())


def _decimal(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment_texts(array: pa.Array[Any], *, zoned: bool) -> pa.StringArray:
    """Day and time to the second; with a zone behind them where the column has one."""
    bare: Any = array
    if zoned:
        bare = _kernels.cast(_kernels.cast(array, pa.timestamp("us", "UTC")), pa.timestamp("us"))
    seconds = _kernels.cast(_kernels.floor_temporal(bare, unit="second"), pa.timestamp("s"))
    texts = as_texts(seconds)
    return _kernels.binary_join_element_wise(texts, "Z", "") if zoned else texts
