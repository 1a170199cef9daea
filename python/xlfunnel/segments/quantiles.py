"""Median, quantiles and mean of one column, linear between neighbours, the same in every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from xlfunnel.errors import EmptyDenominator, TooFewRecords
from xlfunnel.units import Statistic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.errors import MetricError
    from xlfunnel.table import Cell

_LEVEL = {Statistic.MEDIAN: 0.5, Statistic.P75: 0.75, Statistic.P90: 0.9}

SHOWN = (Statistic.MEDIAN, Statistic.P75, Statistic.P90)
"""What a table of durations shows: the middle, and how long the slow ones take."""


def statistic_of(column: str, statistic: Statistic) -> nw.Expr:
    """The aggregate of one column; null where the column holds no value."""
    if statistic is Statistic.MEAN:
        return nw.col(column).mean()
    return nw.col(column).quantile(_LEVEL[statistic], interpolation="linear")


def no_values(statistic: Statistic, told: str) -> MetricError:
    """What a statistic of no values is: a mean has nothing to divide by, a quantile too few records."""
    return EmptyDenominator(told) if statistic is Statistic.MEAN else TooFewRecords(told)


def shown_statistics(column: str) -> list[nw.Expr]:
    """The aggregates that `shown_cells` reads back: count, median, 75th and 90th percentile."""
    quantiles = [statistic_of(column, s).alias(f"{column}_{s}") for s in SHOWN]
    return [nw.col(column).count().alias(f"{column}_count"), *quantiles]


def shown_cells(row: Mapping[str, Any], column: str, what: str) -> tuple[Cell, ...]:
    """Count and quantiles of a column as cells; over no record each quantile is `TooFewRecords`.

    A column that was not aggregated has no records.
    """
    count = row.get(f"{column}_count")
    if not count:
        return (0, *(TooFewRecords(f"no {what}") for _ in SHOWN))
    return (count, *(float(row[f"{column}_{s}"]) for s in SHOWN))
