"""Capacity: how many leads a team can work, and how it grows as reps ramp."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from xlfunnel.errors import MissingInput, OutOfRange
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.arithmetic import exact, exact_ratio, product, round_up
from xlfunnel.metrics.funnel import GUIDE
from xlfunnel.metrics.targets import HYDE
from xlfunnel.table import Cell, Column, Table
from xlfunnel.units import (
    Count,
    HoursPerLead,
    HoursPerWeek,
    Moment,
    MoneyPerMonth,
    Number,
    Ratio,
    Share,
    Unit,
    Vector,
    Weeks,
    Word,
)

__all__ = ["lead_capacity", "reps_needed", "lead_level", "ramped_capacity"]  # noqa: RUF022  # reading order


class LevelMode(StrEnum):
    """How a lead flow is levelled."""

    PLAN = "plan"
    QUEUE = "queue"


@metric(
    formula="reps × hours a week × selling share × weeks ÷ hours a lead",
    source=HYDE,
    caution="Hours are taken as they are planned: meetings and leave come off the selling share.",
    example=Example((3, 20, 2, 13, 0.8), 312.0),
)
def lead_capacity(
    reps: Annotated[Count, "Sales reps who work leads"],
    hours_week: Annotated[HoursPerWeek, "Hours a rep has for leads each week"],
    hours_lead: Annotated[HoursPerLead, "Hours that one lead takes"],
    weeks: Annotated[Weeks, "Weeks in the period"],
    selling_share: Annotated[Share, "Share of those hours that is really spent on leads"] = 1.0,
) -> Count:
    """Leads that a team can work in a period.

    >>> lead_capacity(3, 20, 2, 13, 0.8)
    312.0
    """
    return float(exact_ratio(product((reps, hours_week, selling_share, weeks)), exact(hours_lead), "hours_lead"))


@metric(
    formula="leads × hours a lead ÷ (hours a week × selling share × weeks), rounded up",
    source=HYDE,
    caution="A new rep works fewer leads until ramped.",
    example=Example((1_000, 20, 2, 13), 8.0),
)
def reps_needed(
    leads: Annotated[Count, "Leads to work in the period"],
    hours_week: Annotated[HoursPerWeek, "Hours a rep has for leads each week"],
    hours_lead: Annotated[HoursPerLead, "Hours that one lead takes"],
    weeks: Annotated[Weeks, "Weeks in the period"],
    selling_share: Annotated[Share, "Share of those hours that is really spent on leads"] = 1.0,
) -> Count:
    """Whole reps that it takes to work so many leads.

    >>> reps_needed(1_000, 20, 2, 13)
    8.0
    """
    hours = product((hours_week, selling_share, weeks))
    return float(round_up(exact_ratio(product((leads, hours_lead)), hours, "hours_week × selling_share × weeks")))


@metric(
    formula="plan: total ÷ periods; queue: worked = min(capacity, waiting + received)",
    source=GUIDE,
    caution="A queue that never empties is a hiring decision.",
    example=Example(
        ((30, 10, 20, 60), 30, "queue"),
        (
            ("period", "leads", "worked", "waiting"),
            (1, 30.0, 30.0, 0.0),
            (2, 10.0, 10.0, 0.0),
            (3, 20.0, 20.0, 0.0),
            (4, 60.0, 30.0, 30.0),
        ),
    ),
)
def lead_level(
    leads: Annotated[Sequence[float], Vector(Number(Unit.COUNT, low=0)), "Leads that arrive in each period"],
    capacity: Annotated[Count, "Leads that the team can work in one period"] | None = None,
    mode: Annotated[
        LevelMode | str, Word(LevelMode), '"plan" spreads the total evenly, "queue" works what arrives up to capacity'
    ] = LevelMode.PLAN,
) -> Table:
    """A lead flow levelled: the even plan, or what a team of that capacity works and what waits.

    Columns of a plan: period, leads, level and, with a capacity, over capacity. Columns of a queue: period, leads,
    worked, waiting; it needs the capacity.

    >>> lead_level([30, 10, 20, 60]).column("level")
    (30.0, 30.0, 30.0, 30.0)
    >>> lead_level([30, 10, 20, 60], 30, "queue").column("waiting")
    (0.0, 0.0, 0.0, 30.0)
    """
    if mode == LevelMode.PLAN:
        return _plan(leads, capacity)
    if capacity is None:
        msg = "capacity is missing: a queue needs the leads that the team can work in one period"
        raise MissingInput(msg)
    return _queue(leads, capacity)


@metric(
    formula="Σ reps: ramp share of the month × quota × attainment",
    source="Ramped-rep capacity planning, hire month counted as ramp month 1",
    caution="Reps who leave are not in it.",
    example=Example(
        (
            (date(2026, 1, 15), date(2026, 2, 1)),
            (0.25, 0.5),
            40_000,
            0.8,
            (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)),
        ),
        (
            ("month", "capacity", "reps", "ramped reps"),
            (date(2026, 1, 1), 8_000.0, 1, 0.25),
            (date(2026, 2, 1), 24_000.0, 2, 0.75),
            (date(2026, 3, 1), 48_000.0, 2, 1.5),
        ),
    ),
)
def ramped_capacity(
    hire_dates: Annotated[Sequence[date], Vector(Moment(), blanks=True), "Day each rep starts"],
    ramp: Annotated[
        Sequence[float],
        Vector(Number(Unit.SHARE, low=0, high=1)),
        "Share of a full quota in each month of the ramp",
    ],
    quota_month: Annotated[MoneyPerMonth, "Quota of a ramped rep"],
    attainment: Annotated[Ratio, "Share of quota that the team reaches; 1.1 is 110 %"],
    months: Annotated[Sequence[date], Vector(Moment()), "The months to answer, by any day in them"],
) -> Table:
    """Money that the team can be expected to win each month while new reps ramp.

    Columns: month (its first day), capacity (money per month), reps (hired by then), ramped reps (their ramp shares
    added up). The hire month is ramp month 1; past the curve a rep counts in full. A number of months in place of
    the months raises `OutOfRange`.

    >>> from datetime import date
    >>> months = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    >>> ramped_capacity([date(2026, 1, 15)], [0.25, 0.5], 40_000, 1, months).column("capacity")
    (10000.0, 20000.0, 40000.0)
    """
    _refuse_a_number_of_months(months)
    rows: list[tuple[Cell, ...]] = []
    for month in months:
        ages = [_months_between(hired, month) for hired in hire_dates]
        shares = [exact(ramp[age]) if age < len(ramp) else exact(1) for age in ages if age >= 0]
        money = sum(shares) * exact(quota_month) * exact(attainment)
        rows.append((month.replace(day=1), float(money), len(shares), float(sum(shares))))
    return Table(
        (
            Column("month", Unit.DATE),
            Column("capacity", Unit.MONEY_PER_MONTH),
            Column("reps", Unit.COUNT),
            Column("ramped reps", Unit.COUNT),
        ),
        tuple(rows),
    )


_FIRST_YEAR: Final = 1930
"""A month before that is a number of months that was read as a date."""


def _refuse_a_number_of_months(months: Sequence[date]) -> None:
    early = next((month for month in months if month.year < _FIRST_YEAR), None)
    if early:
        msg = f"months must be the months themselves, by any day in them, and not how many: received {early}"
        raise OutOfRange(msg)


_PERIOD: Final = (Column("period", Unit.COUNT), Column("leads", Unit.COUNT))


def _plan(leads: Sequence[float], capacity: float | None) -> Table:
    level = float(exact_ratio(sum((exact(n) for n in leads), exact(0)), exact(len(leads)), "the number of periods"))
    columns = (*_PERIOD, Column("level", Unit.COUNT))
    rows: list[tuple[Cell, ...]] = [(index, received, level) for index, received in enumerate(leads, start=1)]
    if capacity is None:
        return Table(columns, tuple(rows))
    over = max(0.0, float(exact(level) - exact(capacity)))
    return Table((*columns, Column("over capacity", Unit.COUNT)), tuple((*row, over) for row in rows))


def _queue(leads: Sequence[float], capacity: float) -> Table:
    waiting = exact(0)
    rows: list[tuple[Cell, ...]] = []
    for index, received in enumerate(leads, start=1):
        at_hand = waiting + exact(received)
        worked = min(exact(capacity), at_hand)
        waiting = at_hand - worked
        rows.append((index, received, float(worked), float(waiting)))
    return Table((*_PERIOD, Column("worked", Unit.COUNT), Column("waiting", Unit.COUNT)), tuple(rows))


def _months_between(first: date, later: date) -> int:
    return (later.year - first.year) * 12 + later.month - first.month
