"""Sales velocity: revenue per day from the open pipeline, and what moves it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Final

from xlfunnel.errors import EmptyDenominator, OutOfRange
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.arithmetic import exact, exact_ratio, ratio
from xlfunnel.table import Cell, Column, Table
from xlfunnel.units import (
    Count,
    Days,
    Money,
    MoneyPerDay,
    MoneyPerPeriod,
    Number,
    Period,
    Share,
    Unit,
    Vector,
    Word,
    written,
)

__all__ = ["sales_velocity", "velocity_sensitivity", "velocity_goal", "velocity_bridge"]  # noqa: RUF022  # reading order

FORMULA: Final = "opportunities × average deal × win rate ÷ cycle days"
LEADGENIUS: Final = "LeadGenius (Lena Shaw), sales velocity as the marketing-sales alignment metric"
TRAILS: Final = (
    "Velocity trails: it describes what has been. It suits deals over 5,000 with cycles over 30 days, and its four "
    "inputs must share one base: all of opportunities, or all of leads."
)


_NAMES: Final = ("opportunities", "average deal", "win rate", "cycle days")


class Lever(StrEnum):
    """The four inputs of velocity."""

    OPPORTUNITIES = "opportunities"
    AVERAGE_DEAL = "average_deal"
    WIN_RATE = "win_rate"
    CYCLE_DAYS = "cycle_days"


@metric(
    formula=f"{FORMULA} × days of the period",
    source=LEADGENIUS,
    caution=TRAILS,
    example=Example((40, 12_000, 0.25, 60), 2_000.0),
)
def sales_velocity(
    opportunities: Annotated[Count, "Qualified opportunities open now (or leads, with rate and days from the lead)"],
    average_deal: Annotated[Money, "Mean value of a won deal"],
    win_rate: Annotated[Share, "Won ÷ (won + lost + no decision), by count"],
    cycle_days: Annotated[Days, "Mean days from created to closed, over all closed deals"],
    per: Annotated[Period | str, Word(Period), "Period of the answer; a month is 365.25/12 days"] = Period.DAY,
) -> MoneyPerPeriod:
    """Revenue that the open pipeline is expected to yield per period.

    Money per day, unless `per` names a longer period. A cycle of 0 days raises `EmptyDenominator`.

    >>> sales_velocity(40, 12_000, 0.25, 60)
    2000.0
    >>> sales_velocity(40, 12_000, 0.25, 60, "month")
    60875.0
    """
    return _velocity(opportunities, average_deal, win_rate, cycle_days) * Period(per).days


@metric(
    formula="each lever × (1 + change), the cycle × (1 − change), one at a time and all together",
    source=LEADGENIUS,
    caution="It moves one lever and holds the others; in practice a faster cycle often costs win rate.",
    example=Example(
        (40, 12_000, 0.25, 60),
        (
            ("lever", "new value", "velocity", "gain"),
            ("opportunities", 44.0, 2_200.0, 200.0),
            ("average deal", 13_200.0, 2_200.0, 200.0),
            ("win rate", 0.275, 2_200.0, 200.0),
            ("cycle days", 54.0, 2_222.222222222222, 222.22222222222223),
            ("all together", "", 2_957.777777777778, 957.7777777777778),
        ),
    ),
)
def velocity_sensitivity(
    opportunities: Annotated[Count, "Qualified opportunities open now"],
    average_deal: Annotated[Money, "Mean value of a won deal"],
    win_rate: Annotated[Share, "Won ÷ (won + lost + no decision), by count"],
    cycle_days: Annotated[Days, "Mean days from created to closed, over all closed deals"],
    change: Annotated[
        float, Number(Unit.SHARE, low=0, high=1, high_open=True), "How much better each lever becomes"
    ] = 0.1,
) -> Table:
    """What velocity gains when each lever becomes better by `change`, alone and all together.

    Columns: lever, new value (in the lever's unit), velocity and gain (money per day). A win rate that would pass 1
    is held at 1, and its row says so. A cycle of 0 days raises `EmptyDenominator`.

    >>> velocity_sensitivity(40, 12_000, 0.25, 60).column("gain")[0]
    200.0
    """
    base = [exact(level) for level in (opportunities, average_deal, win_rate, cycle_days)]
    better, names = [level * (1 + exact(change)) for level in base], list(_NAMES)
    better[3] = base[3] * (1 - exact(change))
    if better[2] > 1:
        better[2], names[2] = Fraction(1), "win rate (held at 1)"
    before = _exact_velocity(base)
    rows: list[tuple[Cell, ...]] = []
    for index, name in enumerate(names):
        after = _exact_velocity([better[i] if i == index else base[i] for i in range(4)])
        rows.append((name, float(better[index]), float(after), float(after - before)))
    together = _exact_velocity(better)
    rows.append(("all together", "", float(together), float(together - before)))
    return Table(
        (
            Column("lever", Unit.TEXT),
            Column("new value", Unit.LEVER),
            Column("velocity", Unit.MONEY_PER_DAY),
            Column("gain", Unit.MONEY_PER_DAY),
        ),
        tuple(rows),
    )


@metric(
    formula="the velocity formula solved for one lever",
    source=LEADGENIUS,
    caution="It says what would be needed, not whether it can be reached.",
    example=Example((2_500, "win_rate", 40, 12_000, 0.25, 60), 0.3125),
)
def velocity_goal(
    target: Annotated[MoneyPerDay, "Velocity to reach"],
    lever: Annotated[Lever | str, Word(Lever), "The input to solve for"],
    opportunities: Annotated[Count, "Qualified opportunities open now"],
    average_deal: Annotated[Money, "Mean value of a won deal"],
    win_rate: Annotated[Share, "Won ÷ (won + lost + no decision), by count"],
    cycle_days: Annotated[Days, "Mean days from created to closed, over all closed deals"],
) -> Annotated[float, Number(Unit.LEVER, low=0)]:
    """The value of one lever that reaches the target velocity while the others stay as they are.

    In the lever's own unit. A win rate that would have to pass 1 raises `OutOfRange`; a lever that no value of it
    could help, because another input (or, for the cycle, the target) is 0, raises `EmptyDenominator`.

    >>> velocity_goal(2_500, "win_rate", 40, 12_000, 0.25, 60)
    0.3125
    """
    levels = {
        Lever.OPPORTUNITIES: exact(opportunities),
        Lever.AVERAGE_DEAL: exact(average_deal),
        Lever.WIN_RATE: exact(win_rate),
        Lever.CYCLE_DAYS: exact(cycle_days),
    }
    for name, level in levels.items():
        if name != lever and not level:
            msg = f"{name} is 0, so that no {lever} reaches the target"
            raise EmptyDenominator(msg)
    factors = (level for name, level in levels.items() if name not in {lever, Lever.CYCLE_DAYS})
    over = math.prod(factors, start=Fraction(1))
    if lever == Lever.CYCLE_DAYS:
        return float(exact_ratio(over, exact(target), "target"))
    value = exact(target) * levels[Lever.CYCLE_DAYS] / over
    if lever == Lever.WIN_RATE and value > 1:
        msg = f"win_rate would have to be {float(value):.4g}, and no rate is over 1"
        raise OutOfRange(msg)
    return float(value)


@metric(
    formula="logarithmic mean of both velocities × ln(after ÷ before) of each lever",
    source="Additive logarithmic mean Divisia index (Ang 2005)",
    caution="It shares out the change; it does not say why a lever moved.",
    example=Example(
        ((50, 12_000, 0.25, 90), (60, 11_000, 0.22, 75)),
        (
            ("lever", "before", "after", "added"),
            ("opportunities", 50.0, 60.0, 327.8091359732924),
            ("average deal", 12_000.0, 11_000.0, -156.44405857641692),
            ("win rate", 0.25, 0.22, -229.84088003683462),
            ("cycle days", 90.0, 75.0, 327.80913597329237),
            ("velocity", 1_666.6666666666667, 1_936.0, 269.33333333333326),
        ),
    ),
)
def velocity_bridge(
    before: Annotated[
        Sequence[float],
        Vector(Number(Unit.LEVER, low=0), length=4),
        "Opportunities, average deal, win rate and cycle days of the earlier period",
    ],
    after: Annotated[
        Sequence[float],
        Vector(Number(Unit.LEVER, low=0), length=4),
        "The same four of the later period",
    ],
) -> Table:
    """What each lever added to velocity between two periods; the parts sum to the change.

    Columns: lever, before, after (in the lever's unit), added (money per day); the last row is velocity itself.
    A lever of 0 has no logarithm and raises `OutOfRange`, a cycle of 0 days `EmptyDenominator`, a win rate over 1
    `OutOfRange`.

    >>> [round(part, 2) for part in velocity_bridge((50, 12_000, .25, 90), (60, 11_000, .22, 75)).column("added")]
    [327.81, -156.44, -229.84, 327.81, 269.33]
    """
    for name, levels in (("before", before), ("after", after)):
        _check_levels(name, levels)
    old, new = _velocity(*before), _velocity(*after)
    if not 1 / _HUGE < min(old, new) <= max(old, new) < _HUGE:
        msg = "the velocity before or after is too small or too large for a number: check the inputs"
        raise OutOfRange(msg)
    mean = logarithmic_mean(old, new)
    signs = (1, 1, 1, -1)
    parts = [mean * sign * (math.log(b) - math.log(a)) for a, b, sign in zip(before, after, signs, strict=True)]
    # Rounding leaves a hair; the largest part takes it, so that the parts add up to the change.
    largest = max(range(4), key=lambda index: abs(parts[index]))
    parts[largest] += (new - old) - math.fsum(parts)
    rows: list[tuple[Cell, ...]] = list(zip(_NAMES, before, after, parts, strict=True))
    rows.append(("velocity", old, new, new - old))
    return Table(
        (
            Column("lever", Unit.TEXT),
            Column("before", Unit.LEVER),
            Column("after", Unit.LEVER),
            Column("added", Unit.MONEY_PER_DAY),
        ),
        tuple(rows),
    )


def _velocity(opportunities: float, average_deal: float, win_rate: float, cycle_days: float) -> float:
    return ratio(opportunities * average_deal * win_rate, cycle_days, "cycle_days")


def _exact_velocity(levels: list[Fraction]) -> Fraction:
    return exact_ratio(levels[0] * levels[1] * levels[2], levels[3], "cycle_days")


_HUGE: Final = 1e300
"""Beyond this, and below its inverse, logarithms of levels times a velocity leave the range of numbers."""


def logarithmic_mean(first: float, second: float) -> float:
    """(second − first) ÷ ln(second ÷ first) of two numbers over 0: between them, and either where they are equal.

    >>> round(logarithmic_mean(1, 2), 4)
    1.4427
    """
    low, high = sorted((first, second))
    if low == high:
        return low
    # Between near neighbours log1p keeps what a difference of logarithms would lose.
    step = math.log1p((high - low) / low) if high < 2 * low else math.log(high) - math.log(low)
    return (high - low) / step


def _check_levels(name: str, levels: Sequence[float]) -> None:
    if levels[3] == 0:
        msg = f"{name}: cycle days is 0, so there is nothing to divide by"
        raise EmptyDenominator(msg)
    if levels[2] > 1:
        msg = f"{name}: win rate must be from 0 to 1, received {written(levels[2])}; write 25 % as 0.25"
        raise OutOfRange(msg)
    for lever, level in zip(_NAMES[:3], levels, strict=False):
        if level == 0:
            msg = f"{name}: {lever} must be over 0 for a bridge, received 0"
            raise OutOfRange(msg)
