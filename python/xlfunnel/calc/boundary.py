"""What Calc hands over and takes back: the border between its cells and the metrics.

Calc passes a number, TRUE (as 1) and a date (as its serial) as a float, text as text, an argument that was left out
as None, and a range as rows of floats and texts in which a blank cell is "". It takes back rows of floats and texts.
An error is a float too: a not-a-number whose low 32 bits hold the number that Calc gives the error.
"""

from __future__ import annotations

import math
import struct
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.catalog import CATALOG
from xlfunnel.errors import ExcelCode, MetricError
from xlfunnel.evaluate import evaluate
from xlfunnel.table import Cell, Table
from xlfunnel.units import Anything, Moment, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.metric import Metric

CalcRows = tuple[tuple[float | str, ...], ...]
"""An answer as Calc takes it; a single value is one row of one cell."""

ERROR_NUMBERS: Final = {
    ExcelCode.NUM: 503,
    ExcelCode.VALUE: 519,
    ExcelCode.NULL: 521,
    ExcelCode.REF: 524,
    ExcelCode.NAME: 525,
    ExcelCode.DIV0: 532,
    ExcelCode.NA: 32767,
}
"""Calc's number of each error that Excel knows too."""
_CODES: Final = {number: code for code, number in ERROR_NUMBERS.items()} | {
    # "Invalid argument" and "error in parameter list": Calc itself writes both into an Excel file as #VALUE!.
    502: ExcelCode.VALUE,
    504: ExcelCode.VALUE,
}
_NAN_HIGH: Final = 0x7FF80000
_ZERO: Final = datetime(1899, 12, 30)


def answer(name: str, values: Sequence[Any]) -> CalcRows:
    """What the cell shows: the metric's answer, or one error.

    >>> answer("SALES_VELOCITY", (40.0, 12000.0, 0.25, 60.0, None))
    ((2000.0,),)
    >>> answer("FUNNEL_REVERSE", (10.0, ((0.5, 0.25),), "up"))
    (('stage', 'count'), ('stage 1', 80.0), ('stage 2', 40.0), ('stage 3', 10.0))
    """
    metric = CATALOG.get(name)
    if metric is None:
        return ((error_value(ExcelCode.NAME),),)
    try:
        found = evaluate(metric, _arguments(metric, values))
    except MetricError as fault:
        return ((_given(fault),),)
    if isinstance(found, Table):
        return (found.header, *(tuple(map(_given, row)) for row in found.rows))
    if isinstance(found, list):
        return tuple(tuple(map(_given, row)) for row in found)
    return ((_given(found),),)


def error_value(code: ExcelCode) -> float:
    """The float that Calc shows as this error; what Calc does not know is #VALUE!."""
    number = ERROR_NUMBERS.get(code, ERROR_NUMBERS[ExcelCode.VALUE])
    (value,) = struct.unpack("<d", struct.pack("<II", number, _NAN_HIGH))
    return float(value)


def error_code(number: int) -> ExcelCode | None:
    """The error that Excel shows where Calc has this number; None for a formula that Calc could not read."""
    return _CODES.get(number)


def _arguments(metric: Metric[Any, Any], values: Sequence[Any]) -> list[Any]:
    """The values as a metric takes them; a 0 for a word or a date is the blank cell that Calc made it from."""
    kinds = [argument.kind for argument in metric.arguments]
    if isinstance(kinds[-1], Anything):  # the arguments of METRIC_CHECK are those of the metric that it names
        checked = CATALOG.get(str(values[0]).strip().upper())
        kinds[-1:] = [argument.kind for argument in checked.arguments] if checked else []
    never_zero = [isinstance(getattr(kind, "of", kind), (Word, Moment)) for kind in kinds]
    never_zero += [False] * (len(values) - len(kinds))
    return [
        None if never and value == 0.0 else _taken(value) for never, value in zip(never_zero, values, strict=False)
    ]


def _taken(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_taken(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        number, _ = struct.unpack("<II", struct.pack("<d", value))
        return error_code(number) or ExcelCode.VALUE
    return value


def _given(cell: Cell) -> float | str:
    if isinstance(cell, MetricError):
        return error_value(cell.code)
    if isinstance(cell, date):
        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
        return (moment.replace(tzinfo=None) - _ZERO).total_seconds() / 86_400
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else float(cell)
