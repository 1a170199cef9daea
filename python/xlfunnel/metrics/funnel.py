"""The funnel stage by stage: conversion, forward, reverse, and where it is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Final

from xlfunnel.errors import EmptyDenominator, OutOfRange, ShapeMismatch
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.arithmetic import exact, product, ratio, round_nearest, rounded
from xlfunnel.table import Cell, Column, Table
from xlfunnel.units import Count, Number, Rounding, Share, Unit, Vector, Word, written

__all__ = ["conversion_rate", "funnel_forward", "funnel_reverse", "funnel_bottleneck"]  # noqa: RUF022  # reading order

GUIDE: Final = '"Why does sales fail to hit their quota…", a practical guide to aligning marketing and sales'

Rates = Annotated[Sequence[float], Vector(Number(Unit.SHARE, low=0, high=1))]
_STAGES: Final = (Column("stage", Unit.TEXT), Column("count", Unit.COUNT))


@metric(
    formula="advanced ÷ entered",
    source='"The Metrics That End the Blame Game" (Keith Lacy, The Marketing Juice)',
    caution="Count the same records above and below: a young cohort looks worse than it is.",
    example=Example((220, 66), 0.3),
)
def conversion_rate(
    entered: Annotated[Count, "Records that entered the stage"],
    advanced: Annotated[Count, "Those of them that reached the next stage"],
) -> Share:
    """Share of the records in a stage that reached the next one.

    0–1. More advanced than entered raises `OutOfRange`, nobody entered `EmptyDenominator`.

    >>> conversion_rate(220, 66)
    0.3
    """
    return part_of(advanced, entered, "advanced", "entered")


@metric(
    formula="top × rate × rate × …",
    source=GUIDE,
    caution="Expected counts: half the time fewer arrive.",
    example=Example(
        (220, (0.3, 0.7, 0.6, 0.6, 0.9)),
        (
            ("stage", "count"),
            ("stage 1", 220.0),
            ("stage 2", 66.0),
            ("stage 3", 46.2),
            ("stage 4", 27.72),
            ("stage 5", 16.632),
            ("stage 6", 14.9688),
        ),
    ),
)
def funnel_forward(
    top: Annotated[Count, "Records that enter the first stage"],
    rates: Annotated[Rates, "Conversion from each stage to the next, in order"],
    rounding: Annotated[
        Rounding | str, Word(Rounding), 'Show counts as they are, to the nearest, up, or rounded at every "step"'
    ] = Rounding.NONE,
) -> Table:
    """Expected count at every stage, from the top down.

    Columns: stage, count; one row more than there are rates.

    >>> [round(n) for n in funnel_forward(220, [0.3, 0.7, 0.6, 0.6, 0.9]).column("count")]
    [220, 66, 46, 28, 17, 15]
    """
    counts = [exact(top)]
    for rate in rates:
        counts.append(_stepped(counts[-1], rounding) * exact(rate))
    return _funnel(counts, rounding)


@metric(
    formula="deals ÷ rate ÷ rate ÷ …, going back from the last stage",
    source=GUIDE,
    caution="The expected need: with it the deals are reached about half the time. MQL_TARGET takes a confidence.",
    example=Example(
        (10, (0.3, 0.7, 0.6, 0.6, 0.9)),
        (
            ("stage", "count"),
            ("stage 1", 147.0),
            ("stage 2", 45.0),
            ("stage 3", 31.0),
            ("stage 4", 19.0),
            ("stage 5", 12.0),
            ("stage 6", 10.0),
        ),
    ),
)
def funnel_reverse(
    deals: Annotated[Count, "Deals to win"],
    rates: Annotated[Rates, "Conversion from each stage to the next, in order"],
    rounding: Annotated[
        Rounding | str,
        Word(Rounding),
        '"up" once from the unrounded need, to the "nearest", to the nearest at every "step" back, or "none"',
    ] = Rounding.UP,
) -> Table:
    """Count that every stage needs so that the deals are won, from the top down.

    Columns: stage, count; one row more than there are rates. A rate of 0 raises `EmptyDenominator`.

    >>> [funnel_reverse(10, [0.3, 0.7, 0.6, 0.6, 0.9], how).column("count")[0] for how in ("up", "nearest", "step")]
    [147.0, 147.0, 143.0]
    """
    counts = [exact(deals)]
    refuse_zero(rates)
    for rate in reversed(rates):
        counts.append(_stepped(counts[-1], rounding) / exact(rate))
    return _funnel(counts[::-1], rounding)


@metric(
    formula="100 × product of rates with one of them × (1 + change), less the same without",
    source='"Do Your Marketing and Sales KPI\'s Align?", funnel velocity and bottlenecks',
    caution="The narrowest stage is not always the cheapest to widen.",
    example=Example(
        ((0.3, 0.7, 0.6), (10, 20, 30)),
        (
            ("stage", "rate", "deals added per 100 leads", "share of time"),
            ("stage 1", 0.3, 1.26, 10 / 60),
            ("stage 2", 0.7, 1.26, 20 / 60),
            ("stage 3", 0.6, 1.26, 30 / 60),
        ),
    ),
)
def funnel_bottleneck(
    rates: Annotated[Rates, "Conversion from each stage to the next, in order"],
    days: Annotated[
        Sequence[float], Vector(Number(Unit.DAYS, low=0)), "Days spent in each stage, one for each rate"
    ] = (),
    change: Annotated[Share, "How much better each stage becomes"] = 0.1,
) -> Table:
    """What improving each stage by `change` adds in deals per 100 leads, and its share of the elapsed time.

    Columns: stage, rate, deals added per 100 leads and, where days are given, share of time (0–1). A rate that
    would pass 1 is held at 1, so a wide stage has less to give.

    >>> funnel_bottleneck([0.5, 0.95]).column("deals added per 100 leads")
    (4.75, 2.5)
    """
    if days and len(days) != len(rates):
        msg = f"days must have one cell for each rate: received {len(days)} days and {len(rates)} rates"
        raise ShapeMismatch(msg)
    base = product(rates)
    rows: list[tuple[Cell, ...]] = []
    for index, rate in enumerate(rates):
        better = min(Fraction(1), exact(rate) * (1 + exact(change)))
        others = product(other for i, other in enumerate(rates) if i != index)
        row: tuple[Cell, ...] = (_stage(index), rate, float(100 * (others * better - base)))
        rows.append((*row, ratio(days[index], sum(days), "the sum of days")) if days else row)
    columns = (
        Column("stage", Unit.TEXT),
        Column("rate", Unit.SHARE),
        Column("deals added per 100 leads", Unit.COUNT),
    )
    return Table((*columns, Column("share of time", Unit.SHARE)) if days else columns, tuple(rows))


def refuse_zero(rates: Sequence[float]) -> None:
    """Raise `EmptyDenominator` for a rate of 0: nobody passes that stage, however many enter it."""
    for number, rate in enumerate(rates, start=1):
        if not rate:
            msg = f"rates, cell {number} is 0, so there is nothing to divide by"
            raise EmptyDenominator(msg)


def part_of(part: float, whole: float, part_name: str, whole_name: str) -> float:
    """A part ÷ its whole; a part larger than its whole raises `OutOfRange`."""
    if part > whole:
        msg = f"{part_name} must be at most {whole_name} ({written(whole)}), received {written(part)}"
        raise OutOfRange(msg)
    return ratio(part, whole, whole_name)


def _stage(index: int) -> str:
    return f"stage {index + 1}"


def _stepped(count: Fraction, rounding: Rounding | str) -> Fraction:
    return Fraction(round_nearest(count)) if rounding == Rounding.STEP else count


def _funnel(counts: list[Fraction], rounding: Rounding | str) -> Table:
    rows = tuple((_stage(index), rounded(count, Rounding(rounding))) for index, count in enumerate(counts))
    return Table(_STAGES, rows)
