"""Velocity from a list of deals: by group, over time, with its interval, and against what was then won."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import inf
from typing import TYPE_CHECKING, Annotated, Any, Final

from xlfunnel.check import day_number
from xlfunnel.errors import EmptyDenominator, MetricError
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.arithmetic import ratio
from xlfunnel.metrics.velocity import FORMULA, LEADGENIUS
from xlfunnel.segments.deal_columns import (
    AmountColumn,
    AsOf,
    ClosedColumn,
    CreatedColumn,
    StatusColumn,
    WindowOfDays,
    deals_frame,
)
from xlfunnel.segments.deals import OBSERVED, defined, figures_of, groups_by, history_of, observed, together
from xlfunnel.segments.groups import BLANK, TOTAL, one_spelling
from xlfunnel.segments.periods import period_ends, period_label
from xlfunnel.table import Column, Table
from xlfunnel.units import (
    Confidence,
    Label,
    Number,
    Period,
    Ratio,
    Records,
    Unit,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xlfunnel.segments.deals import DealFigures, DealHistory, Group
    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell

__all__ = ["velocity_by", "velocity_trend", "velocity_interval", "velocity_backtest"]  # noqa: RUF022  # reading order

FIGURES: Final = (
    Column("open", Unit.COUNT),
    Column("won", Unit.COUNT),
    Column("lost", Unit.COUNT),
    Column("average deal", Unit.MONEY),
    Column("win rate", Unit.SHARE),
    Column("cycle days", Unit.DAYS),
    Column("velocity per day", Unit.MONEY_PER_DAY),
    Column("index", Unit.RATIO),
    Column("no decision", Unit.COUNT),
)
"""What is shown of a group or a period, beside its name."""

INTERVAL: Final = (Column("low", Unit.MONEY_PER_DAY), Column("high", Unit.MONEY_PER_DAY))

_GROUP: Final = ("Web", "Event", "Web", "Event", "Web", "Web", "Event")
_STATUS: Final = ("won", "won", "lost", "no decision", "won", "open", "open")
_AMOUNT: Final = (12_000, 8_000, 9_000, 5_000, 10_000, 15_000, 6_000)
_CREATED: Final = (
    date(2026, 5, 1), date(2026, 6, 1), date(2026, 3, 3), date(2026, 6, 1), date(2026, 8, 3), date(2026, 9, 1),
    date(2026, 9, 2),
)  # fmt: skip
_CLOSED: Final = (
    date(2026, 7, 30), date(2026, 7, 31), date(2026, 7, 31), date(2026, 8, 30), date(2026, 9, 2), None, None,
)  # fmt: skip
_AS_OF: Final = date(2026, 9, 30)


@metric(
    formula=f"{FORMULA}, for each group; index = velocity ÷ velocity of the total",
    source='"The Metrics That End the Blame Game" (Keith Lacy, The Marketing Juice)',
    caution="Groups of few deals jump: read the counts beside the velocity, and VELOCITY_INTERVAL for its range.",
    example=Example(
        (_GROUP, _STATUS, _AMOUNT, _CREATED, _CLOSED, _AS_OF),
        (
            ("group", *(column.name for column in FIGURES)),
            ("Web", 1, 2, 1, 11_000.0, 2 / 3, 90.0, 81.48148148148148, 0.5703703703703703, 0),
            ("Event", 1, 1, 0, 8_000.0, 0.5, 75.0, 53.333333333333336, 0.37333333333333335, 1),
            ("Total", 2, 3, 1, 10_000.0, 0.6, 84.0, 142.85714285714286, 1.0, 1),
        ),
    ),
)
def velocity_by(
    group: Annotated[
        Sequence[Any], Records(Label(), table="deals", blanks=True), "Segment, source or owner of each deal"
    ],
    status: StatusColumn,
    amount: AmountColumn,
    created: CreatedColumn,
    closed: ClosedColumn,
    as_of: AsOf,
    window_days: WindowOfDays = 365,
) -> Table:
    """Velocity and its four parts for each group of deals, and in total.

    Columns: group; open, won and lost (deals); average deal (money, of won deals); win rate (0–1, no decision
    counts as not won); cycle days (mean over all closed); velocity per day (money); index (against the total); no
    decision (deals). Names are compared without regard to case and spare spaces. The fastest group comes first,
    groups without a velocity follow, the total is the last row. A part that a group has no deals for is
    `EmptyDenominator` in its cell. `MissingInput` when a closed deal has no close date.
    """
    frame = deals_frame(status, created, closed, amount=amount, group=one_spelling(group))
    return velocity_by_table(frame, "group", day_number(as_of), window_days)


@metric(
    formula=f"{FORMULA}, at the end of each period",
    source=LEADGENIUS,
    caution="Each period looks back over the window, so that neighbours share deals: a turn shows late.",
    example=Example(
        (_STATUS, _AMOUNT, _CREATED, _CLOSED, _AS_OF, "month", 3),
        (
            ("period", *(column.name for column in FIGURES)),
            ("2026-07", 1, 2, 1, 10_000.0, 2 / 3, 100.0, 66.66666666666667, 1.0, 0),
            ("2026-08", 1, 2, 1, 10_000.0, 0.5, 97.5, 51.282051282051285, 0.7692307692307693, 1),
            ("2026-09", 2, 3, 1, 10_000.0, 0.6, 84.0, 142.85714285714286, 2.142857142857143, 1),
        ),
    ),
)
def velocity_trend(
    status: StatusColumn,
    amount: AmountColumn,
    created: CreatedColumn,
    closed: ClosedColumn,
    as_of: AsOf,
    period: Annotated[Period, Word(Period), "Length of a period; the last one is cut at as_of"] = Period.MONTH,
    periods: Annotated[int, Number(Unit.COUNT, low=1, high=1000, whole=True), "How many periods to show"] = 12,
    window_days: WindowOfDays = 365,
) -> Table:
    """Velocity and its four parts at the end of each of the latest periods, oldest first.

    The open deals are those that stood open on the last day of the period; the rates are taken over the deals that
    closed in the `window_days` before it. Columns as VELOCITY_BY, with the period ("2026-09", "2026-Q3", "2026-W39")
    in front and the index against the first period with a velocity over 0. A part that a period has no deals for is
    `EmptyDenominator` in its cell. `MissingInput` when a closed deal has no close date.
    """
    history = history_of(deals_frame(status, created, closed, amount=amount), day_number(as_of))
    return velocity_trend_table(history, as_of, period, int(periods), window_days)


@metric(
    formula="velocity × exp(±z · √((1−W)/(W·closed) + s²(A)/(n(A)·A²) + s²(T)/(n(T)·T²)))",
    source="Delta method on the logarithm of velocity (Oehlert 1992, The American Statistician 46)",
    caution="The range of chance for a pipeline that stays as it is; it knows no change of team, price or market.",
    example=Example(
        (_STATUS, _AMOUNT, _CREATED, _CLOSED, _AS_OF),
        (("low", "mid", "high"), (59.1000602219155, 142.85714285714286, 345.31543942045533)),
    ),
)
def velocity_interval(
    status: StatusColumn,
    amount: AmountColumn,
    created: CreatedColumn,
    closed: ClosedColumn,
    as_of: AsOf,
    confidence: Annotated[Confidence, "How often such an interval holds the true velocity"] = 0.95,
) -> Table:
    """Velocity with the range in which chance alone could have put it.

    Columns: low, mid, high (money per day), over the deals closed in the 365 days up to `as_of`. Win rate W, average
    deal A and cycle T are estimates from closed deals, with sample variances s² and counts n, taken as independent.
    The open deals are counted, not estimated, and add nothing to the range. `TooFewRecords` below two won deals with
    an amount or two closed deals with a cycle, `EmptyDenominator` when the average deal or the cycle is 0.
    `MissingInput` when a closed deal has no close date.
    """
    frame = deals_frame(status, created, closed, amount=amount)
    figures = figures_of(observed(frame, day_number(as_of), _YEAR))
    columns = (Column(name, Unit.MONEY_PER_DAY) for name in ("low", "mid", "high"))
    return Table(tuple(columns), (figures.velocity_interval(confidence),))


@metric(
    formula="velocity at as_of − window_days ÷ (revenue won since then ÷ window_days)",
    source="Back-test of the velocity formula against closed revenue",
    caution="1 is a formula that came true; far from 1, check which deals count as open before trusting it.",
    example=Example((_STATUS, _AMOUNT, _CREATED, _CLOSED, _AS_OF, 61), 0.4066666666666666),
)
def velocity_backtest(
    status: StatusColumn,
    amount: AmountColumn,
    created: CreatedColumn,
    closed: ClosedColumn,
    as_of: AsOf,
    window_days: Annotated[
        int, Number(Unit.DAYS, low=1, whole=True), "Days that are tested, and as many before them to learn from"
    ],
) -> Ratio:
    """What the velocity formula promised, divided by what was then really won.

    The formula is taken on the day `window_days` before `as_of`, from the deals then open and those closed in the
    `window_days` before that day; the revenue is what was won per day since. Over 1 the formula promised too much.
    `EmptyDenominator` when the formula had no deals to learn from, or nothing was won since. `MissingInput` when a
    closed deal has no close date.
    """
    today = day_number(as_of)
    history = history_of(deals_frame(status, created, closed, amount=amount), today)
    return backtest(history, today, int(window_days))


def velocity_by_table(frame: Frame, key: str, as_of: int, window: int | None) -> Table:
    """The groups of a column as VELOCITY_BY shows them."""
    groups = groups_by(observed(frame, as_of, window).select(key, *OBSERVED), key, cycles=False)
    total = together(groups)
    rows = [(group.name or BLANK, *figure_cells(group.deals, total)) for group in fastest_first(groups)]
    return Table((Column("group", Unit.TEXT), *FIGURES), (*rows, (TOTAL, *figure_cells(total, total))))


def velocity_trend_table(
    history: DealHistory,
    as_of: date,
    period: Period,
    periods: int,
    window: int | None,
    confidence: float | None = None,
) -> Table:
    """The latest periods as VELOCITY_TREND shows them; with a confidence, low and high of velocity at the end."""
    ends = period_ends(as_of, period, periods)
    seen = [history.at(day_number(end), window) for end in ends]
    first = next((figures for figures in seen if has_velocity(figures) and figures.velocity), None)
    rows = [
        (period_label(end, period), *figure_cells(figures, first), *_low_high(figures, confidence))
        for end, figures in zip(ends, seen, strict=True)
    ]
    return Table((Column("period", Unit.TEXT), *FIGURES, *(INTERVAL if confidence else ())), tuple(rows))


def backtest(history: DealHistory, as_of: int, window: int) -> float:
    """VELOCITY_BACKTEST of a history of deals."""
    then = as_of - window
    promised = history.at(then, window).velocity
    won = history.closed_in(then, as_of).won_revenue
    return ratio(promised, won / window, f"the revenue won in the last {window} days")


def fastest_first(groups: Iterable[Group]) -> list[Group]:
    """The groups by velocity, those without one behind; equals keep their order."""
    return sorted(groups, key=lambda group: -group.deals.velocity if has_velocity(group.deals) else inf)


def has_velocity(figures: DealFigures) -> bool:
    """Whether all that velocity is made of is there."""
    return not isinstance(defined(lambda: figures.velocity), MetricError)


def figure_cells(figures: DealFigures, base: DealFigures | None) -> tuple[Cell, ...]:
    """The cells under `FIGURES`; the index is taken against `base`."""
    return (
        figures.open,
        figures.won,
        figures.lost,
        defined(lambda: figures.average_deal),
        defined(lambda: figures.win_rate),
        defined(lambda: figures.cycle_days),
        defined(lambda: figures.velocity),
        defined(lambda: velocity_index(figures, base)),
        figures.no_decision,
    )


def velocity_index(figures: DealFigures, base: DealFigures | None) -> float:
    """Velocity ÷ the velocity it is measured against; `EmptyDenominator` when either has none."""
    velocity = figures.velocity
    if base is None:
        msg = "index: there is no velocity to measure against"
        raise EmptyDenominator(msg)
    return ratio(velocity, base.velocity, "the velocity to measure against")


_YEAR: Final = 365


def _low_high(figures: DealFigures, confidence: float | None) -> tuple[Cell, ...]:
    if confidence is None:
        return ()
    try:
        low, _, high = figures.velocity_interval(confidence)
    except MetricError as error:
        return (error, error)
    return (low, high)
