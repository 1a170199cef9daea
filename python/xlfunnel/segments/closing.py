"""How deals close with age: the share won by each age, and the days a deal takes."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.errors import TooFewRecords
from xlfunnel.metric import Example, metric
from xlfunnel.segments.deal_columns import AsOf, ClosedColumn, CreatedColumn, StatusColumn, deals_frame
from xlfunnel.segments.frames import one_if, rows_of
from xlfunnel.segments.quantiles import aggregated, no_values, statistic_of
from xlfunnel.table import Column, Table
from xlfunnel.units import Days, Number, Population, Statistic, Status, Unit, Vector, Word, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell

__all__ = ["win_rate_curve", "sales_cycle"]  # noqa: RUF022  # reading order

_CREATED: Final = (
    date(2026, 5, 1), date(2026, 5, 1), date(2026, 6, 1), date(2026, 6, 1), date(2026, 7, 3),
)  # fmt: skip
_CLOSED: Final = (date(2026, 5, 31), date(2026, 6, 20), None, date(2026, 8, 10), None)
_STATUS: Final = ("won", "lost", "open", "won", "open")


@metric(
    formula="Σ over ages t of (share neither won nor lost before t) × won at t ÷ still watched at t",
    source="Aalen & Johansen (1978), Scandinavian Journal of Statistics 5",
    caution="It takes open deals to go on as older ones did; the far end rests on the few that are old enough.",
    example=Example(
        (_CREATED, _CLOSED, _STATUS, date(2026, 9, 1), (30, 60, 90)),
        (
            ("days", "share won", "at risk"),
            (30, 0.2, 5),
            (60, 0.2, 3),
            (90, 0.5, 1),
        ),
    ),
)
def win_rate_curve(
    created: CreatedColumn,
    closed: ClosedColumn,
    status: StatusColumn,
    as_of: AsOf,
    days: Annotated[tuple[float, ...], Vector(Number(Unit.DAYS, low=0)), "Ages at which the curve is read, in days"],
) -> Table:
    """The share of a cohort of deals that is won by each age, open deals included for as long as they were watched.

    Columns: days; share won (0–1); at risk (deals that had reached that age without closing before it). A deal that
    was lost, or closed without a decision, can no longer be won; an open deal is watched up to `as_of`. Deals
    without a creation date, created after `as_of` or closed before they were created are left out. An age that no
    deal has been watched for is `TooFewRecords` in its cell; so is the whole when no deal remains. `MissingInput`
    when a closed deal has no close date.
    """
    return win_rate_curve_table(deals_frame(status, created, closed), day_number(as_of), days)


@metric(
    formula="mean, median or quantile of (closed − created), in days",
    source='"The Metrics That End the Blame Game" (Keith Lacy, The Marketing Juice)',
    caution="The mean hides the tail: look at p90 too. Velocity takes the mean over all closed deals.",
    example=Example((_CREATED, _CLOSED, _STATUS, "median", "closed"), 50.0),
)
def sales_cycle(
    created: CreatedColumn,
    closed: ClosedColumn,
    status: StatusColumn,
    statistic: Annotated[
        Statistic, Word(Statistic), "Which figure stands for all; quantiles are linear"
    ] = Statistic.MEDIAN,
    population: Annotated[
        Population, Word(Population), "Over which deals; closed is won, lost and no decision"
    ] = Population.WON,
) -> Days:
    """Days from created to closed.

    Whole calendar days of each deal, then their mean, median, 75th or 90th percentile. Deals without a creation
    date and deals closed before they were created have no cycle. Over no deals a mean raises `EmptyDenominator`, a
    quantile `TooFewRecords`. `MissingInput` when a closed deal has no close date.
    """
    return cycle_statistic(deals_frame(status, created, closed), statistic, population)


@dataclass(frozen=True)
class AgeCount:
    """The deals whose watch ended at one age: won, closed otherwise, or still open."""

    age: int
    won: int
    otherwise: int
    open: int


def win_rate_curve_table(frame: Frame, as_of: int, ages: Sequence[float]) -> Table:
    """The Aalen–Johansen curve of a deals frame, read at the given ages."""
    counts = age_counts(frame, as_of)
    if not counts:
        msg = "no deal has been watched: none was created by as_of and closed no earlier than it was created"
        raise TooFewRecords(msg)
    steps = [count.age for count in counts]
    curve = _curve(counts)
    rows: list[tuple[Cell, ...]] = []
    for age in ages:
        at_risk = curve[bisect_left(steps, age)].at_risk
        reached = curve[bisect_left(steps, age + _ANY)]
        # Past the last age of any deal the curve is known only when every deal had closed by then.
        known = at_risk or not reached.undecided
        unknown = TooFewRecords(f"no deal has been watched for {written(age)} days, the oldest for {steps[-1]}")
        rows.append((age, reached.won if known else unknown, at_risk))
    columns = (Column("days", Unit.DAYS), Column("share won", Unit.SHARE), Column("at risk", Unit.COUNT))
    return Table(columns, tuple(rows))


def age_counts(frame: Frame, as_of: int) -> tuple[AgeCount, ...]:
    """How many deals were won, closed otherwise or were left open at each age, by age."""
    status, created, closed = nw.col("status"), nw.col("created_day"), nw.col("closed_day")
    ended = ((status != Status.OPEN.value) & (closed <= as_of)).fill_null(value=False)
    won = ended & (status == Status.WON.value)
    rows = rows_of(
        frame.filter(~created.is_null())
        .with_columns(is_ended=ended, won=one_if(won))
        .with_columns(
            age=nw.when(nw.col("is_ended")).then(closed - created).otherwise(as_of - created),
            ended=one_if(nw.col("is_ended")),
        )
        .filter(nw.col("age") >= 0)
        .group_by("age")
        .agg(nw.col("won").sum(), nw.col("ended").sum(), deals=nw.len())
        .sort("age")
    )
    return tuple(
        AgeCount(row["age"], row["won"], row["ended"] - row["won"], row["deals"] - row["ended"]) for row in rows
    )


def cycle_statistic(frame: Frame, statistic: Statistic, population: Population) -> float:
    """One figure of the cycles of a deals frame."""
    status, created, closed = nw.col("status"), nw.col("created_day"), nw.col("closed_day")
    of_population = status != Status.OPEN.value if population is Population.CLOSED else status == population.value
    cycles = frame.filter(of_population & (closed >= created)).with_columns(cycle=closed - created)
    (row,) = aggregated(cycles, [statistic_of("cycle", statistic)])
    if row["cycle"] is not None:
        return float(row["cycle"])
    msg = f"no {population} deal has a cycle (both dates, closed no earlier than created)"
    raise no_values(statistic, msg)


@dataclass(frozen=True)
class _Point:
    """The curve before an age: share won and share undecided so far, and who is still watched."""

    won: float
    undecided: float
    at_risk: int


def _curve(counts: Sequence[AgeCount]) -> list[_Point]:
    """The curve before each age, and after the last."""
    point = _Point(0.0, 1.0, sum(count.won + count.otherwise + count.open for count in counts))
    points = [point]
    for count in counts:
        # Who is censored at an age was still at risk at it, so wins at the same age come first.
        share = point.undecided / point.at_risk
        decided = count.won + count.otherwise
        point = _Point(
            point.won + share * count.won,
            point.undecided - share * decided if decided < point.at_risk else 0.0,
            point.at_risk - decided - count.open,
        )
        points.append(point)
    return points


_ANY: Final = 1e-9
"""Ages of deals are whole days: so little past an age is after all that happened at it."""
