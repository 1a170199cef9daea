"""Median, quantiles and mean of one column, linear between neighbours, the same in every engine.

An engine that has an exact quantile computes it. The others only number the values of each group in their order;
the two neighbours of a quantile come back, and what lies between them is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from xlfunnel.errors import EmptyDenominator, TooFewRecords
from xlfunnel.segments.engines import has_quantiles
from xlfunnel.segments.frames import rows_of
from xlfunnel.units import Statistic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from xlfunnel.errors import MetricError
    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell

_PERCENT: Final = {Statistic.MEDIAN: 50, Statistic.P75: 75, Statistic.P90: 90}

SHOWN = (Statistic.MEDIAN, Statistic.P75, Statistic.P90)
"""What a table of durations shows: the middle, and how long the slow ones take."""

_WHOLE: Final = "whole"
"""The column whose one value makes one group of a whole frame."""


@dataclass(frozen=True)
class Quantile:
    """A quantile of one column; None where the column holds no value."""

    column: str
    percent: int
    name: str

    @property
    def expression(self) -> nw.Expr:
        """The aggregate of engines that have one."""
        return nw.col(self.column).quantile(self.percent / 100, interpolation="linear").alias(self.name)

    @property
    def below(self) -> str:
        """The column of the value at the quantile, or just below."""
        return f"{self.name}_below"

    @property
    def above(self) -> str:
        """The column of the value at the quantile, or just above."""
        return f"{self.name}_above"

    def neighbours(self) -> dict[str, nw.Expr]:
        """The value on each side of the quantile, and nothing beside the other values of its group.

        A place is counted from 1 to the number of values n; the quantile stands `percent` hundredths of the way from
        the first place to the last. Whole numbers compare the places, so that none falls on the wrong side.
        """
        value = nw.col(self.column)
        place = (nw.col(_place(self.column)).cast(nw.Int64) - 1) * 100
        point = (nw.col(_count(self.column)).cast(nw.Int64) - 1) * self.percent
        here = ~value.is_null()
        return {
            self.below: nw.when(here & (place <= point) & (place > point - 100)).then(value),
            self.above: nw.when(here & (place >= point) & (place < point + 100)).then(value),
        }

    def between(self, row: Mapping[str, Any]) -> float | None:
        """The quantile from its neighbours."""
        below, above = row[self.below], row[self.above]
        if below is None or above is None:
            return None
        part: float = (row[_count(self.column)] - 1) * self.percent % 100 / 100
        return float(below) + (float(above) - float(below)) * part


@dataclass(frozen=True)
class Mean:
    """The mean of one column; None where the column holds no value. (Databases would answer with decimals.)"""

    column: str
    name: str

    @property
    def expressions(self) -> tuple[nw.Expr, nw.Expr]:
        """What it is computed from."""
        value = nw.col(self.column)
        return value.sum().alias(f"{self.name}_sum"), value.count().alias(f"{self.name}_held")

    def of(self, row: Mapping[str, Any]) -> float | None:
        """The mean from these."""
        held = row[f"{self.name}_held"]
        return float(row[f"{self.name}_sum"]) / held if held else None


Aggregate = nw.Expr | Quantile | Mean


def statistic_of(column: str, statistic: Statistic, name: str | None = None) -> Aggregate:
    """The aggregate of one column, for `aggregated`; None where the column holds no value."""
    if statistic is Statistic.MEAN:
        return Mean(column, name or column)
    return Quantile(column, _PERCENT[statistic], name or column)


def aggregated(frame: Frame, aggregates: Iterable[Aggregate], by: str | None = None) -> list[dict[str, Any]]:
    """The aggregates of each group of a column, or of the whole frame as one row, as plain values.

    Groups come in no order.
    """
    asked = list(aggregates)
    means = [one for one in asked if isinstance(one, Mean)]
    sums = [one for one in asked if not isinstance(one, Quantile | Mean)]
    sums += [expression for one in means for expression in one.expressions]
    rows = _with_quantiles(frame, sums, [one for one in asked if isinstance(one, Quantile)], by)
    return [row | {one.name: one.of(row) for one in means} for row in rows]


def _with_quantiles(
    frame: Frame, sums: Sequence[nw.Expr], quantiles: Sequence[Quantile], by: str | None
) -> list[dict[str, Any]]:
    if quantiles and frame.implementation.is_pyarrow():
        return _with_sorted(frame, sums, quantiles, by)
    if not quantiles or has_quantiles(frame):
        rows = _grouped(frame, [*sums, *(one.expression for one in quantiles)], by)
        return [row | {one.name: _number(row[one.name]) for one in quantiles} for row in rows]
    placed = _placed(frame, quantiles, by)
    sides = [nw.col(side).max() for one in quantiles for side in (one.below, one.above)]
    counts = [nw.col(column).max() for column in dict.fromkeys(_count(one.column) for one in quantiles)]
    rows = _grouped(placed, [*sums, *sides, *counts], by)
    return [row | {one.name: one.between(row) for one in quantiles} for row in rows]


def _with_sorted(
    frame: Frame, sums: Sequence[nw.Expr], quantiles: Sequence[Quantile], by: str | None
) -> list[dict[str, Any]]:
    """The same from values in memory, which are sorted."""
    import numpy as np  # noqa: PLC0415

    rows = _grouped(frame, sums or [nw.len().alias(_WHOLE)], by)
    columns = list(dict.fromkeys(one.column for one in quantiles))
    table = frame.select(*([by] if by else []), *columns).collect("pyarrow").to_native()
    places = _places(table[by], [row[by] for row in rows]) if by else np.zeros(table.num_rows, np.int64)
    for column in columns:
        held = table[column]
        values, of_group = held.drop_null().to_numpy().astype(np.float64), places[held.is_valid().to_numpy()]
        asked = [one for one in quantiles if one.column == column]
        for one, found in zip(asked, _sorted(values, of_group, len(rows), asked), strict=True):
            rows = [row | {one.name: told} for row, told in zip(rows, found, strict=True)]
    return rows


def _places(column: pa.ChunkedArray[Any], groups: Sequence[Any]) -> npt.NDArray[np.int64]:
    """The place of each value's group."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    names: Any = plain.combine_chunks().dictionary_encode(null_encoding="encode")
    known = {group: place for place, group in enumerate(groups)}
    places = np.array([known[name] for name in names.dictionary.to_pylist()], np.int64)
    found: npt.NDArray[np.int64] = places.take(names.indices.to_numpy())
    return found


def _sorted(
    values: npt.NDArray[np.float64], places: npt.NDArray[np.int64], groups: int, asked: Sequence[Quantile]
) -> list[list[float | None]]:
    """The quantiles of each group, None where it holds no value."""
    import numpy as np  # noqa: PLC0415

    in_order = values[np.lexsort((values, places))]
    counts = np.bincount(places, minlength=groups)
    before = np.cumsum(counts) - counts
    found: list[list[float | None]] = []
    for one in asked:
        point = np.maximum(counts - 1, 0) * one.percent
        if not len(in_order):
            found.append([None] * groups)
            continue
        below, above = (in_order.take(before + rank, mode="clip") for rank in (point // 100, -(-point // 100)))
        between = below + (above - below) * (point % 100 / 100)
        found.append([told if count else None for told, count in zip(between.tolist(), counts.tolist(), strict=True)])
    return found


def _placed(frame: Frame, quantiles: Sequence[Quantile], by: str | None) -> Frame:
    """The frame with the neighbours of each quantile; values are numbered in their order within each group."""
    group = by or _WHOLE
    whole = frame if by else frame.with_columns(nw.lit(1).alias(_WHOLE))
    columns = dict.fromkeys(one.column for one in quantiles)
    numbered = whole.with_columns(
        **{_place(name): nw.col(name).cum_count().over(group, order_by=name) for name in columns},
        **{_count(name): nw.col(name).count().over(group) for name in columns},
    )
    return numbered.with_columns(**{name: side for one in quantiles for name, side in one.neighbours().items()})


def _grouped(frame: Frame, aggregates: Sequence[nw.Expr], by: str | None) -> list[dict[str, Any]]:
    return rows_of(frame.group_by(by).agg(*aggregates) if by else frame.select(*aggregates))


def _place(column: str) -> str:
    return f"{column}_place"


def _count(column: str) -> str:
    return f"{column}_values"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def no_values(statistic: Statistic, told: str) -> MetricError:
    """What a statistic of no values is: a mean has nothing to divide by, a quantile too few records."""
    return EmptyDenominator(told) if statistic is Statistic.MEAN else TooFewRecords(told)


def shown_statistics(column: str) -> list[Aggregate]:
    """The aggregates that `shown_cells` reads back: count, median, 75th and 90th percentile."""
    quantiles = [statistic_of(column, s, f"{column}_{s}") for s in SHOWN]
    return [nw.col(column).count().alias(f"{column}_count"), *quantiles]


def shown_cells(row: Mapping[str, Any], column: str, what: str) -> tuple[Cell, ...]:
    """Count and quantiles of a column as cells; over no record each quantile is `TooFewRecords`.

    A column that was not aggregated has no records.
    """
    count = row.get(f"{column}_count")
    if not count:
        return (0, *(TooFewRecords(f"no {what}") for _ in SHOWN))
    return (count, *(float(row[f"{column}_{s}"]) for s in SHOWN))
