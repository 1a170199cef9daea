"""Deals seen from a day: how many stand open, how the closed ones ended, what they were worth and how long they took.

A deals frame has the columns `status`, `amount`, `created_day` and `closed_day` (days since 1970-01-01), whatever
else it has. Seen from the day `as_of`,

- a deal is **closed** when its status is won, lost or no decision and its close day is not after `as_of`;
- it is **open** when it exists (created by then, or on an unknown day) and is not closed: also when it closes later;
- of the closed ones those count that closed in the `window` days up to `as_of` (None: all of them);
- its **cycle** is close day minus creation day; a deal that closed before it was created counts for the win
  rate, but has no cycle;
- the average deal is the mean of won amounts: zero amounts count, blank ones do not.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate
from math import exp, fsum, sqrt
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xlfunnel.errors import EmptyDenominator, MetricError, TooFewRecords
from xlfunnel.metrics.probability import normal_quantile
from xlfunnel.metrics.velocity import sales_velocity
from xlfunnel.segments.frames import one_if, rows_of
from xlfunnel.segments.quantiles import aggregated, statistic_of
from xlfunnel.units import Statistic, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from xlfunnel.segments.frames import Frame
    from xlfunnel.segments.quantiles import Aggregate

DEAL_COLUMNS = ("status", "amount", "created_day", "closed_day")
"""What a deals frame must have."""

_WIDEST = 100.0
"""Logarithm of a factor beyond any that means something; only negative amounts lead there."""

_COUNTS = ("open", "won", "lost", "no_decision")
_SAMPLES = ("won_amounts", "won_cycles", "closed_cycles")
OBSERVED = (*_COUNTS, *_SAMPLES)
"""What an observed frame has for each deal: 1 or 0 for each count, a value or nothing for each sample."""

OUTCOMES = (Status.WON, Status.LOST, Status.NO_DECISION)


@dataclass(frozen=True)
class Sample:
    """Some values, by what their mean and variance need."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    """Sum of the squared deviations from the mean."""

    @property
    def mean(self) -> float:
        """Their mean; `EmptyDenominator` when there is none."""
        if not self.count:
            msg = "a mean of no values"
            raise EmptyDenominator(msg)
        return self.total / self.count

    @property
    def mean_error(self) -> float:
        """Variance of the mean relative to the mean: s² ÷ (n · mean²), for at least two values of mean ≠ 0."""
        return self.squares / (self.count - 1) / (self.count * self.mean**2)

    @staticmethod
    def pooled(samples: Iterable[Sample]) -> Sample:
        """All values of several samples as one."""
        parts = [sample for sample in samples if sample.count]
        if not parts:
            return Sample()
        count = sum(part.count for part in parts)
        total = fsum(part.total for part in parts)
        mean = total / count
        squares = fsum(part.squares + part.count * (part.mean - mean) ** 2 for part in parts)
        return Sample(count, total, squares)


@dataclass(frozen=True)
class DealFigures:
    """What the deals of one group or one period come to."""

    open: int = 0
    won: int = 0
    lost: int = 0
    no_decision: int = 0
    won_amounts: Sample = Sample()
    won_cycles: Sample = Sample()
    closed_cycles: Sample = Sample()

    @property
    def closed(self) -> int:
        """Won, lost and no decision."""
        return self.won + self.lost + self.no_decision

    @property
    def won_revenue(self) -> float:
        """Money of the won deals."""
        return self.won_amounts.total

    @property
    def win_rate(self) -> float:
        """Won ÷ closed, by count; `EmptyDenominator` when none closed."""
        if not self.closed:
            msg = "no deal closed in the window"
            raise EmptyDenominator(msg)
        return self.won / self.closed

    @property
    def average_deal(self) -> float:
        """Mean amount of the won deals; `EmptyDenominator` when none has an amount."""
        if not self.won_amounts.count:
            msg = "average deal: no won deal with an amount in the window"
            raise EmptyDenominator(msg)
        return self.won_amounts.mean

    @property
    def cycle_days(self) -> float:
        """Mean days from created to closed over all closed deals; `EmptyDenominator` when none has a cycle."""
        if not self.closed_cycles.count:
            msg = "cycle: no closed deal with a cycle in the window"
            raise EmptyDenominator(msg)
        return self.closed_cycles.mean

    @property
    def velocity(self) -> float:
        """Money per day: open × average deal × win rate ÷ cycle; `EmptyDenominator` when one of them has none."""
        win_rate = self.win_rate  # first: without any closed deal this is what to tell
        return sales_velocity.function(self.open, self.average_deal, win_rate, self.cycle_days)

    def velocity_interval(self, confidence: float) -> tuple[float, float, float]:
        """Low, mid and high of the velocity: delta method on its logarithm.

        The relative variances of win rate, average deal and cycle add up, taken as independent:
        (1−W)/(W·closed) + s²(A)/(n(A)·A²) + s²(T)/(n(T)·T²). The open deals are counted, not sampled, and add none.
        `TooFewRecords` below two won amounts or two cycles; `EmptyDenominator` when the average deal or
        the cycle is 0.
        """
        if self.won_amounts.count < 2 or self.closed_cycles.count < 2:
            msg = (
                "an interval needs at least 2 won deals with an amount and 2 closed deals with a cycle in the "
                f"window, found {self.won_amounts.count} and {self.closed_cycles.count}"
            )
            raise TooFewRecords(msg)
        velocity = self.velocity
        if self.average_deal <= 0:
            msg = "the won deals of the window are worth nothing, which has no relative error"
            raise EmptyDenominator(msg)
        of_win_rate = (1 - self.win_rate) / (self.win_rate * self.closed)
        variance = of_win_rate + self.won_amounts.mean_error + self.closed_cycles.mean_error
        reach = normal_quantile(confidence) * sqrt(variance)
        if reach > _WIDEST:
            msg = "credits and amounts of the won deals nearly cancel out, so that it has no bound"
            raise TooFewRecords(msg)
        return velocity * exp(-reach), velocity, velocity * exp(reach)


@dataclass(frozen=True)
class CycleTail:
    """The cycles that are shown to people, in days; None where no deal has a cycle."""

    won_median: float | None = None
    won_p75: float | None = None
    won_p90: float | None = None
    closed_median: float | None = None


@dataclass(frozen=True)
class Group:
    """The deals of one group; its name is None where the deals have no entry."""

    name: Any
    deals: DealFigures
    cycles: CycleTail


def observed(frame: Frame, as_of: int, window: int | None) -> Frame:
    """The frame with what `as_of` makes of each deal, in columns that can be summed and averaged by any group.

    Columns: `is_open` and `is_closed` (within the window), and those of `OBSERVED`.
    """
    status, amount, created, closed = (nw.col(name) for name in DEAL_COLUMNS)
    ended = (status != Status.OPEN.value) & (closed <= as_of)
    if window is not None:
        ended = ended & (closed > as_of - window)
    exists = created.is_null() | (created <= as_of)
    frame = frame.with_columns(
        is_open=(exists & ((status == Status.OPEN.value) | (closed > as_of))).fill_null(value=False),
        is_closed=ended.fill_null(value=False),
    )
    is_closed = nw.col("is_closed")
    won, lost, no_decision = (is_closed & (status == outcome.value) for outcome in OUTCOMES)
    has_cycle = is_closed & (closed >= created)
    cycle = (closed - created).cast(nw.Float64)  # databases take the variance of whole numbers as a decimal
    return frame.with_columns(
        open=one_if(nw.col("is_open")),
        won=one_if(won),
        lost=one_if(lost),
        no_decision=one_if(no_decision),
        won_amounts=nw.when(won).then(amount),
        won_cycles=nw.when(has_cycle & won).then(cycle),
        closed_cycles=nw.when(has_cycle).then(cycle),
    )


def figures_of(seen: Frame) -> DealFigures:
    """The figures of all deals of an observed frame."""
    (row,) = rows_of(seen.select(*_SUMS))
    return _figures(row)


def group_of(seen: Frame) -> Group:
    """All deals of an observed frame as one group, with its cycles."""
    (row,) = aggregated(seen, (*_SUMS, *_TAIL))
    return Group(None, _figures(row), _tail(row))


def groups_by(seen: Frame, key: str, *, cycles: bool = True) -> tuple[Group, ...]:
    """The groups of a column of an observed frame, in the order of their names, the blank one last.

    Quantiles of the cycles take half of the work, and are left out where nobody shows them.
    """
    rows = aggregated(seen, (*_SUMS, *(_TAIL if cycles else ())), key)
    groups = [Group(row[key], _figures(row), _tail(row) if cycles else CycleTail()) for row in rows]
    return tuple(sorted(groups, key=lambda group: (group.name is None, group.name)))


def together(groups: Iterable[Group]) -> DealFigures:
    """The deals of all groups as one."""
    parts = [group.deals for group in groups]
    return replace(_pooled(parts), open=sum(part.open for part in parts))


@dataclass(frozen=True)
class OpenStock:
    """How many deals stood open at the end of each day."""

    starts: tuple[int, ...]
    started: tuple[int, ...]
    ends: tuple[int, ...]
    ended: tuple[int, ...]
    always: int
    """Deals that exist from an unknown day on."""

    def at(self, day: int) -> int:
        """The open deals at the end of this day."""
        started = self.started[bisect_right(self.starts, day)]
        return self.always + started - self.ended[bisect_right(self.ends, day)]


def open_stock(frame: Frame) -> OpenStock:
    """The open deals of every day, from the days on which deals came and went."""
    status, created, closed = nw.col("status"), nw.col("created_day"), nw.col("closed_day")
    placed = frame.filter((status == Status.OPEN.value) | ~closed.is_null())
    # A deal that closed before it was created never stood open: it leaves on the day it comes.
    left = nw.when(closed < created).then(created).otherwise(closed)
    return stock_of(_per_day(placed, created), _per_day(placed.filter(status != Status.OPEN.value), left))


def stock_of(starts: Mapping[int | None, int], ends: Mapping[int | None, int]) -> OpenStock:
    """The open deals of every day, from how many came on each day (None: on an unknown one) and how many went."""
    return OpenStock(*_running(starts), *_running(ends), starts.get(None, 0))


@dataclass(frozen=True)
class DealHistory:
    """The deals day by day: figures for any day and window without going through the deals again."""

    days: tuple[int, ...]
    closings: tuple[DealFigures, ...]
    stock: OpenStock

    def closed_in(self, after: int | None, until: int) -> DealFigures:
        """The deals that closed after one day (None: ever) and up to another; none of them open."""
        first = 0 if after is None else bisect_right(self.days, after)
        return _pooled(self.closings[first : bisect_right(self.days, until)])

    def at(self, day: int, window: int | None) -> DealFigures:
        """The figures that would have been taken on this day."""
        closed = self.closed_in(None if window is None else day - window, day)
        return replace(closed, open=self.stock.at(day))


def history_of(frame: Frame, as_of: int) -> DealHistory:
    """The history of a frame's deals up to a day."""
    return history_from(observed(frame, as_of, None), open_stock(frame))


def history_from(seen: Frame, stock: OpenStock) -> DealHistory:
    """The history from a frame that was observed without a window."""
    daily = seen.filter(nw.col("is_closed")).group_by("closed_day").agg(*_SUMS)
    rows = rows_of(daily.sort("closed_day"))
    return DealHistory(tuple(row["closed_day"] for row in rows), tuple(_figures(row) for row in rows), stock)


def defined(figure: Callable[[], float]) -> float | MetricError:
    """A figure, or the error that says why there is none, as a cell of a table holds it."""
    try:
        return figure()
    except MetricError as error:
        return error


_SUMS: tuple[nw.Expr, ...] = (
    *(nw.col(name).sum() for name in _COUNTS),
    *(nw.col(name).count().alias(f"{name}_count") for name in _SAMPLES),
    *(nw.col(name).sum().alias(f"{name}_total") for name in _SAMPLES),
    *(nw.col(name).var(ddof=1).alias(f"{name}_variance") for name in _SAMPLES),
)
_QUANTILES = {
    "won_median": ("won_cycles", Statistic.MEDIAN),
    "won_p75": ("won_cycles", Statistic.P75),
    "won_p90": ("won_cycles", Statistic.P90),
    "closed_median": ("closed_cycles", Statistic.MEDIAN),
}
_TAIL: tuple[Aggregate, ...] = tuple(
    statistic_of(column, statistic, name) for name, (column, statistic) in _QUANTILES.items()
)


def _figures(row: Mapping[str, Any]) -> DealFigures:
    # An engine sums an empty table to nothing, not to 0.
    open_, won, lost, no_decision = (row[name] or 0 for name in _COUNTS)
    return DealFigures(open_, won, lost, no_decision, *(_sample(row, name) for name in _SAMPLES))


def _sample(row: Mapping[str, Any], name: str) -> Sample:
    count = row[f"{name}_count"]
    variance = row[f"{name}_variance"] if count > 1 else 0.0
    return Sample(count, float(row[f"{name}_total"] or 0), variance * (count - 1))


def _tail(row: Mapping[str, Any]) -> CycleTail:
    return CycleTail(**{name: row[name] for name in _QUANTILES})


def _pooled(parts: Sequence[DealFigures]) -> DealFigures:
    return DealFigures(
        won=sum(part.won for part in parts),
        lost=sum(part.lost for part in parts),
        no_decision=sum(part.no_decision for part in parts),
        won_amounts=Sample.pooled(part.won_amounts for part in parts),
        won_cycles=Sample.pooled(part.won_cycles for part in parts),
        closed_cycles=Sample.pooled(part.closed_cycles for part in parts),
    )


def _per_day(frame: Frame, day: nw.Expr) -> dict[int | None, int]:
    rows = rows_of(frame.with_columns(day=day).group_by("day").agg(deals=nw.len()))
    return {row["day"]: row["deals"] for row in rows}


def _running(counts: Mapping[int | None, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The days in order, and how many there were before each of them and after the last."""
    days = sorted(day for day in counts if day is not None)
    return tuple(days), tuple(accumulate((counts[day] for day in days), initial=0))
