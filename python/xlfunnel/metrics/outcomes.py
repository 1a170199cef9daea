"""Win rates and what they are worth: how sure we are, and whether two of them differ."""

from __future__ import annotations

from typing import Annotated, Final

from xlfunnel.errors import OutOfRange
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.arithmetic import ratio
from xlfunnel.metrics.funnel import part_of
from xlfunnel.metrics.probability import fisher, newcombe, wilson
from xlfunnel.table import Column, Table
from xlfunnel.units import Confidence, Count, Share, Unit, WholeCount

__all__ = ["win_rate", "win_rate_interval", "win_rate_compare"]  # noqa: RUF022  # reading order

EVIDENCE: Final = 0.05
"""p below which a difference is called one."""


@metric(
    formula="won ÷ (won + lost + no decision)",
    source='"The Metrics That End the Blame Game" (Keith Lacy, The Marketing Juice)',
    caution="By count and by close date; deals that should have been closed long ago flatter it.",
    example=Example((20, 50, 10), 0.25),
)
def win_rate(
    won: Annotated[Count, "Deals won"],
    lost: Annotated[Count, "Deals lost"],
    no_decision: Annotated[Count, "Deals closed without a decision"] = 0.0,
) -> Share:
    """Share of closed deals that were won, by count.

    0–1; nothing closed raises `EmptyDenominator`.

    >>> win_rate(20, 50, 10)
    0.25
    """
    return ratio(won, won + lost + no_decision, "won + lost + no_decision")


@metric(
    formula="Wilson's score interval",
    source="Wilson (1927), Journal of the American Statistical Association 22",
    caution="It knows only chance, not a change of team, price or market.",
    example=Example((20, 80), (("low", "rate", "high"), (0.16806231857542375, 0.25, 0.3548467461923397))),
)
def win_rate_interval(
    won: Annotated[WholeCount, "Deals won"],
    closed: Annotated[WholeCount, "Deals closed: won, lost and no decision"],
    confidence: Annotated[Confidence, "How often such an interval holds the true rate"] = 0.95,
) -> Table:
    """The win rate with the range in which the true rate lies.

    Columns: low, rate, high (0–1). More won than closed raises `OutOfRange`, nothing closed `EmptyDenominator`.

    >>> [round(cell, 3) for cell in win_rate_interval(20, 80).rows[0]]
    [0.168, 0.25, 0.355]
    """
    part_of(won, closed, "won", "closed")
    return Table(
        (Column("low", Unit.SHARE), Column("rate", Unit.SHARE), Column("high", Unit.SHARE)),
        (wilson(won, closed, confidence),),
    )


@metric(
    formula="rate a − rate b, Newcombe's interval, Fisher's exact two-sided p",
    source="Newcombe (1998), Statistics in Medicine 17; Fisher (1935), The Design of Experiments",
    caution='"Cannot tell yet" is an answer: wait for more deals.',
    example=Example(
        (30, 100, 15, 100),
        (
            ("difference", "low", "high", "p", "verdict"),
            (0.15, 0.03410770350141128, 0.261485982048113, 0.017149022768408403, "a wins more often"),
        ),
    ),
)
def win_rate_compare(
    won_a: Annotated[WholeCount, "Deals won by a"],
    closed_a: Annotated[WholeCount, "Deals closed by a"],
    won_b: Annotated[WholeCount, "Deals won by b"],
    closed_b: Annotated[WholeCount, "Deals closed by b"],
) -> Table:
    """Whether two win rates really differ, or chance explains it.

    Columns: difference (a − b) with its 95 % interval low and high, p, and a verdict in words. More won than closed
    raises `OutOfRange`, nothing closed `EmptyDenominator`.

    >>> win_rate_compare(6, 20, 4, 20).rows[0][-1]
    'cannot tell yet'
    """
    part_of(won_a, closed_a, "won_a", "closed_a")
    part_of(won_b, closed_b, "won_b", "closed_b")
    if closed_a + closed_b > MOST_DEALS:
        msg = f"closed_a and closed_b together must be at most {MOST_DEALS:,} for an exact test"
        raise OutOfRange(msg)
    low, difference, high = newcombe(won_a, closed_a, won_b, closed_b, 0.95)
    p = fisher(int(won_a), int(closed_a), int(won_b), int(closed_b))
    return Table(
        (
            Column("difference", Unit.SHARE),
            Column("low", Unit.SHARE),
            Column("high", Unit.SHARE),
            Column("p", Unit.SHARE),
            Column("verdict", Unit.TEXT),
        ),
        ((difference, low, high, p, _verdict(difference, p)),),
    )


MOST_DEALS: Final = 2_000_000
"""Above this the exact test would take longer than a person waits for a cell."""


def _verdict(difference: float, p: float) -> str:
    if p >= EVIDENCE:
        return "cannot tell yet"
    return "a wins more often" if difference > 0 else "b wins more often"
