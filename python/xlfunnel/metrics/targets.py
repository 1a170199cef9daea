"""Targets: from a revenue goal to the deals, MQLs and pipeline that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from xlfunnel.errors import EmptyDenominator, OutOfRange, ShapeMismatch
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.arithmetic import exact, exact_ratio, product, ratio, round_up
from xlfunnel.metrics.funnel import GUIDE, Rates, refuse_zero
from xlfunnel.metrics.probability import binomial_at_least, fewest_trials
from xlfunnel.table import Cell, Column, Table
from xlfunnel.units import Confidence, Count, Grid, Money, Number, Ratio, Share, Unit, Vector, WholeCount, written

__all__ = [  # noqa: RUF022  # reading order
    "deals_needed",
    "mql_target",
    "plan_chance",
    "mix_gap",
    "pipeline_target",
    "leads_for_pipeline",
    "coverage_needed",
    "pipeline_coverage",
]

HYDE: Final = '"How to Create Perfect Alignment Between Sales and Marketing" (Olin Hyde, 2017)'
MOST_LEADS: Final = 10**9
"""A plan that needs more leads than this is refused rather than searched for."""


@metric(
    formula="revenue ÷ average deal, rounded up",
    source=GUIDE,
    caution="Whole deals: the last one brings more than the goal strictly needs.",
    example=Example((300_000, 30_000), 10.0),
)
def deals_needed(
    revenue: Annotated[Money, "New-business revenue to win"],
    average_deal: Annotated[Money, "Mean value of a won deal"],
) -> Count:
    """Whole deals that reach a revenue goal.

    >>> deals_needed(750_000, 250_000)
    3.0
    """
    return float(round_up(exact_ratio(exact(revenue), exact(average_deal), "average_deal")))


@metric(
    formula="whole deals ÷ product of rates, rounded up once; with confidence the smallest binomial count",
    source=GUIDE,
    caution="Without a confidence the target is met about half the time.",
    example=Example((300_000, 30_000, (0.3, 0.7, 0.6, 0.6, 0.9)), 147.0),
)
def mql_target(
    revenue: Annotated[Money, "New-business revenue to win"],
    average_deal: Annotated[Money, "Mean value of a won deal"],
    rates: Annotated[Rates, "Conversion from each stage to the next, MQL to deal"],
    confidence: Annotated[Confidence, "Probability with which the deals are to be reached"] | None = None,
) -> Count:
    """MQLs that marketing owes sales for a revenue goal.

    Without `confidence` the expected need; with it the smallest number of MQLs that reaches the deals with that
    probability. A rate of 0 raises `EmptyDenominator`.

    >>> mql_target(300_000, 30_000, [0.3, 0.7, 0.6, 0.6, 0.9])
    147.0
    >>> mql_target(300_000, 30_000, [0.3, 0.7, 0.6, 0.6, 0.9], 0.8)
    183.0
    """
    deals = round_up(exact_ratio(exact(revenue), exact(average_deal), "average_deal"))
    refuse_zero(rates)
    rate = product(rates)
    need = round_up(deals / rate)
    if confidence is None:
        return float(need)
    if need > MOST_LEADS:
        msg = f"the plan needs over {MOST_LEADS:,} MQLs: check revenue, average_deal and rates"
        raise OutOfRange(msg)
    return float(fewest_trials(deals, float(rate), confidence))


@metric(
    formula="P(X ≥ deals), X binomial with so many MQLs and the product of rates",
    source=GUIDE,
    caution="It takes the rates as certain and leads as independent: the real spread is wider.",
    example=Example((143, (0.3, 0.7, 0.6, 0.6, 0.9), 10), 0.5111314078218353),
)
def plan_chance(
    mqls: Annotated[WholeCount, "MQLs that marketing delivers"],
    rates: Annotated[Rates, "Conversion from each stage to the next, MQL to deal"],
    deals: Annotated[Count, "Deals to win"],
) -> Share:
    """Probability that so many MQLs yield at least so many deals.

    0–1. A fraction of a deal asks for the whole deal.

    >>> round(plan_chance(143, [0.3, 0.7, 0.6, 0.6, 0.9], 10), 2)
    0.51
    """
    if mqls > MOST_LEADS:
        msg = f"mqls must be at most {MOST_LEADS:,}, received {written(mqls)}"
        raise OutOfRange(msg)
    return binomial_at_least(round_up(exact(deals)), int(mqls), float(product(rates)))


@metric(
    formula="leads × share × product of rates × average deal, against the target of each segment",
    source=GUIDE,
    caution="Enough leads in total can still starve a segment.",
    example=Example(
        (630, (0.8, 0.15, 0.05), (0.3, 0.7, 0.6, 0.6, 0.9), (10_000, 30_000, 250_000), (150_000, 300_000, 750_000)),
        (
            ("segment", "leads", "deals", "revenue", "gap", "leads over or missing"),
            ("segment 1", 504.0, 34.29216, 342_921.6, 192_921.6, 283.5414462081129),
            ("segment 2", 94.5, 6.42978, 192_893.4, -107_106.6, -52.4723691945914),
            ("segment 3", 31.5, 2.14326, 535_815.0, -214_185.0, -12.591710758377424),
            ("total", 630.0, 42.8652, 1_071_630.0, -128_370.0, 218.47736625514404),
        ),
    ),
)
def mix_gap(
    leads: Annotated[Count, "Leads received in all"],
    mix: Annotated[Sequence[float], Vector(Number(Unit.SHARE, low=0, high=1)), "Share of the leads in each segment"],
    rates: Annotated[
        Sequence[Sequence[float]],
        Grid(Number(Unit.SHARE, low=0, high=1)),
        "Conversion rates, MQL to deal: one row for all segments, or one row each",
    ],
    average_deal: Annotated[
        Sequence[float], Vector(Number(Unit.MONEY, low=0)), "Mean value of a won deal in each segment"
    ],
    target: Annotated[Sequence[float], Vector(Number(Unit.MONEY, low=0)), "Revenue target of each segment"],
) -> Table:
    """What a mix of leads yields in each segment against its target.

    Columns: segment, leads, deals and revenue expected, gap (revenue − target: negative is short), leads over or
    missing (negative is missing); the last row is the total. Shares over 1 in sum raise `OutOfRange`. Where the
    rates or the average deal of a segment are 0, its missing leads have no answer.

    >>> gap = mix_gap(630, [.8, .15, .05], [.3, .7, .6, .6, .9], [10e3, 30e3, 250e3], [150e3, 300e3, 750e3])
    >>> gap.column("leads")[1], round(gap.column("revenue")[1])
    (94.5, 192893)
    """
    count = len(mix)
    if len(average_deal) != count or len(target) != count:
        msg = (
            f"mix, average_deal and target must be equally long, received {count}, {len(average_deal)}, {len(target)}"
        )
        raise ShapeMismatch(msg)
    if sum(exact(share) for share in mix) > 1 + exact(1e-9):
        msg = f"mix must add up to at most 1, received {written(sum(mix))}"
        raise OutOfRange(msg)
    rows: list[tuple[Cell, ...]] = []
    for index, row_rates in enumerate(_rates_by_segment(rates, count)):
        received = exact(leads) * exact(mix[index])
        per_lead = product(row_rates)
        revenue = received * per_lead * exact(average_deal[index])
        missing: Cell
        try:
            missing = float(
                received
                - exact_ratio(exact(target[index]), per_lead * exact(average_deal[index]), "revenue per lead")
            )
        except EmptyDenominator as fault:
            missing = fault
        gap = float(revenue - exact(target[index]))
        rows.append(
            (f"segment {index + 1}", float(received), float(received * per_lead), float(revenue), gap, missing)
        )
    rows.append(("total", *(_total(rows, column) for column in range(1, 6))))
    return Table(
        (
            Column("segment", Unit.TEXT),
            Column("leads", Unit.COUNT),
            Column("deals", Unit.COUNT),
            Column("revenue", Unit.MONEY),
            Column("gap", Unit.MONEY),
            Column("leads over or missing", Unit.COUNT),
        ),
        tuple(rows),
    )


@metric(
    formula="revenue ÷ win rate",
    source=HYDE,
    caution="Pipeline value alone says nothing: ask how fast it moves.",
    example=Example((250_000, 0.25), 1_000_000.0),
)
def pipeline_target(
    revenue: Annotated[Money, "Revenue to win"],
    win_rate: Annotated[Share, "Won ÷ (won + lost + no decision)"],
) -> Money:
    """Pipeline value to create for a revenue goal.

    >>> pipeline_target(250_000, 0.25)
    1000000.0
    """
    return ratio(revenue, win_rate, "win_rate")


@metric(
    formula="pipeline ÷ average deal ÷ lead-to-opportunity rate, rounded up",
    source=HYDE,
    caution="The rate is never assumed: one million of pipeline in deals of 10,000 is 100 opportunities, not leads.",
    example=Example((1_000_000, 10_000, 0.1), 1_000.0),
)
def leads_for_pipeline(
    pipeline: Annotated[Money, "Pipeline value to create"],
    average_deal: Annotated[Money, "Mean value of an opportunity"],
    lead_to_opportunity: Annotated[Share, "Share of leads that become opportunities"],
) -> Count:
    """Leads to deliver for a pipeline goal.

    >>> leads_for_pipeline(1_000_000, 10_000, 0.1)
    1000.0
    """
    opportunities = exact_ratio(exact(pipeline), exact(average_deal), "average_deal")
    return float(round_up(exact_ratio(opportunities, exact(lead_to_opportunity), "lead_to_opportunity")))


@metric(
    formula="1 ÷ (win rate × (1 − slip))",
    source=HYDE,
    caution="By count: when large deals are lost more often, coverage by value must be higher.",
    example=Example((0.25,), 4.0),
)
def coverage_needed(
    win_rate: Annotated[Share, "Won ÷ (won + lost + no decision)"],
    slip: Annotated[Share, "Share of the pipeline that slips out of the period"] = 0.0,
) -> Ratio:
    """Pipeline to hold for each unit of the revenue target.

    >>> coverage_needed(0.25), coverage_needed(0.2)
    (4.0, 5.0)
    """
    return ratio(1, win_rate * (1 - slip), "win_rate × (1 − slip)")


@metric(
    formula="open pipeline ÷ (target − booked)",
    source=HYDE,
    caution="Old deals in the pipeline count as much as fresh ones: look at the time in stage too.",
    example=Example((900_000, 300_000, 75_000), 4.0),
)
def pipeline_coverage(
    open_pipeline: Annotated[Money, "Value of the open opportunities"],
    target: Annotated[Money, "Revenue target of the period"],
    booked: Annotated[Money, "Revenue already won in the period"] = 0.0,
) -> Ratio:
    """Open pipeline for each unit of revenue that is still to be won.

    A target that is already met has nothing left to cover and raises `EmptyDenominator`.

    >>> pipeline_coverage(900_000, 300_000, 75_000)
    4.0
    """
    if booked >= target:
        msg = f"booked ({written(booked)}) has met the target ({written(target)}): nothing is left to cover"
        raise EmptyDenominator(msg)
    return open_pipeline / (target - booked)


def _rates_by_segment(rates: Sequence[Sequence[float]], segments: int) -> Sequence[Sequence[float]]:
    """One row of rates for each segment; a single row, or a column of another length, serves all of them."""
    if len(rates) == segments and not (segments == 1 and len(rates[0]) == 1):
        return rates
    if len(rates) == 1:
        return [rates[0]] * segments
    if all(len(row) == 1 for row in rates):
        return [[row[0] for row in rates]] * segments
    msg = (
        f"rates must be one row for all segments or one row each: received {len(rates)} rows for {segments} segments"
    )
    raise ShapeMismatch(msg)


def _total(rows: list[tuple[Cell, ...]], column: int) -> Cell:
    cells = [row[column] for row in rows]
    fault = next((cell for cell in cells if isinstance(cell, EmptyDenominator)), None)
    return fault or float(sum(exact(cell) for cell in cells if isinstance(cell, float)))
