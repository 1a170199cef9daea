"""Whatever a cell or a program hands over, a function answers or says what is wrong: nothing else, ever."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xlfunnel.argument import Argument
from xlfunnel.catalog import CATALOG
from xlfunnel.errors import ExcelCode, MetricError
from xlfunnel.evaluate import evaluate
from xlfunnel.metric import Metric
from xlfunnel.table import Table
from xlfunnel.units import Flag, Grid, Kind, Label, Moment, Number, RecordGrid, Records, Vector, Window, Word

AnyMetric = Metric[Any, Any]
CALLS = 30
"""Calls of each function: enough to meet every kind of value in most arguments."""

ODD: list[Any] = [
    *(None, "", " ", "x", "ünïcode ☃", "40", "x" * 1_000, "\ud800", "a\x00b", "2026-01-01", "WIN_RATE", b"bytes"),
    *(0, 1, -1, 25, 0.5, 1e-308, 5e-324, 1e308, 10**400, -(10**400), math.nan, math.inf, -math.inf, True, False),
    *(Decimal("1.5"), Decimal("NaN"), Decimal("1e500"), Fraction(1, 3), 1 + 2j),
    *(np.float64(3), np.int64(4), np.datetime64("2026-01-01", "ns"), pd.NaT, pd.NA, pd.Timestamp("2026-01-01")),
    *(date.min, date.max, datetime(2026, 1, 1, tzinfo=UTC), time(9), timedelta(1)),
    *(45_000, 45_000.75, 2_958_465.9999999, *ExcelCode),
    *([], (), {}, {1, 2}, {"a": 1}, [[]], [[[1]]], [1, [2, 3]], [[1, 2], [3]], object(), range(3)),
    *(pd.Series([1, None]), np.array([[1, 2], [3, 4.0]]), pd.DataFrame({"a": [1, 2], "b": ["x", None]})),
]
EXTREMES = (0.0, 1e-300, 1e-12, 1.0, 10.0, 1e6, 1e12, 1e300)


def sensible(kind: Any, chance: random.Random) -> Any:
    """A value that the kind takes, often from the edge of what it takes."""
    if isinstance(kind, Number):
        low, high = kind.low or 0.0, chance.choice(EXTREMES) if kind.high is None else kind.high
        value = chance.choice((low, high, low + (high - low) * chance.random()))
        return float(round(value)) if kind.whole and value < 1e15 else value
    if isinstance(kind, Moment):
        near = date(2026, 1, 1) + timedelta(chance.randrange(-400, 400))
        return chance.choice((near, near, date(1900, 1, 1), date.max, 46_023.75, datetime(2026, 3, 1, 10, 30)))
    if isinstance(kind, Word):
        return chance.choice([option.value for option in kind.options])
    choices: dict[type, tuple[Any, ...]] = {
        Label: ("a", "A ", "b", "MON-FRI", 3, *CATALOG),
        Flag: (True, False, 1, 0, "yes", "FALSE"),
        Window: (1, 365, "all", 1e300),
    }
    return chance.choice(choices.get(type(kind), tuple(ODD)))


def value_for(argument: Argument, length: int, chance: random.Random) -> Any:
    """Mostly what the argument takes, as a row, a column or a grid; sometimes anything at all."""
    kind: Kind = argument.kind
    if chance.random() < 0.1:
        return chance.choice(ODD)
    if chance.random() < 0.03:
        return [[chance.choice(ODD) for _ in range(2)] for _ in range(length)]

    def cell() -> Any:
        return sensible(getattr(kind, "of", kind), chance) if chance.random() < 0.98 else chance.choice(ODD)

    if isinstance(kind, (Grid, RecordGrid)):
        return [[cell() for _ in range(3)] for _ in range(length)]
    if isinstance(kind, (Vector, Records)):
        cells = [cell() for _ in range(getattr(kind, "length", None) or length)]
        return cells if chance.random() < 0.5 else [[each] for each in cells]
    return cell() if chance.random() < 0.95 else [[cell()], [cell()]]


def cells_of(answer: Any) -> list[Any]:
    if isinstance(answer, Table):
        return [cell for row in answer.rows for cell in row]
    return [cell for row in answer for cell in row] if isinstance(answer, list) else [answer]


def showable(cell: Any) -> bool:
    """Whether a cell can show it: no blank, no truth value, no endless number, no error without a sentence."""
    if isinstance(cell, MetricError):
        return bool(str(cell)) and cell.code in set(ExcelCode)
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str, date)):
        return False
    return not isinstance(cell, (int, float)) or math.isfinite(cell)


def told(call: Callable[[AnyMetric, list[Any]], Any], metric: AnyMetric, values: list[Any]) -> list[Any]:
    """The cells of an answer from a worksheet or from Python, or the error."""
    try:
        return cells_of(call(metric, values))
    except MetricError as fault:
        return [fault]


@pytest.mark.parametrize("metric", CATALOG.values(), ids=lambda m: m.name)
def test_any_input_is_answered_or_refused_in_words(metric: AnyMetric) -> None:
    chance = random.Random(metric.name)  # noqa: S311  # a seed that stays, not a secret
    for _ in range(CALLS):
        length = chance.randrange(1, 5)
        values = [value_for(argument, length, chance) for argument in metric.arguments]
        values = values[: chance.choice((len(values), len(values), chance.randrange(len(values) + 1)))]
        cells = told(chance.choice((evaluate, type(metric).compute)), metric, values)
        assert all(showable(cell) for cell in cells), (metric.name, values, cells)


def test_what_pandas_and_numpy_hold_is_taken_as_it_is_meant() -> None:
    dates = pd.to_datetime(pd.Series(["2026-05-01", "2026-05-01", None]))
    closed = np.array(["2026-05-31", "2026-06-20", "NaT"], dtype="datetime64[ns]")
    status = pd.Series(["won", "won", None], dtype="string")
    assert CATALOG["SALES_CYCLE"](dates, closed, status) == 40
    rates = pd.DataFrame({"first": [0.5], "second": [0.5]})
    assert CATALOG["PLAN_CHANCE"](np.int64(2), rates, 1) == pytest.approx(1 - 0.75**2)
