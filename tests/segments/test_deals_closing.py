"""How deals close with age: the curve against two independent computations, the cycle by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlfunnel.errors import EmptyDenominator, MissingInput, TooFewRecords
from xlfunnel.segments.closing import cycle_statistic, sales_cycle, win_rate_curve, win_rate_curve_table
from xlfunnel.segments.frames import frame_from_columns
from xlfunnel.units import Population, Statistic

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.segments.frames import Frame

    Build = Callable[..., Frame]

AS_OF = (date(2026, 9, 30) - date(1970, 1, 1)).days

#   status         amount  created       closed
COHORT = [
    ("won",          None, "2026-06-01", "2026-06-11"),  # won after 10 days
    ("lost",         None, "2026-06-01", "2026-06-21"),  # lost after 20
    ("won",          None, "2026-06-01", "2026-07-01"),  # won after 30
    ("open",         None, "2026-08-31", None),          # watched for 30
    ("no decision",  None, "2026-06-01", "2026-07-11"),  # closed after 40
    ("won",          None, "2026-07-01", "2026-10-15"),  # closes after the as-of day: open, watched for 91
    ("won",          None, None,         "2026-09-01"),  # no age
    ("lost",         None, "2026-09-05", "2026-09-01"),  # closed before it was created
    ("open",         None, "2026-10-01", None),          # does not exist yet
]  # fmt: skip


def test_the_curve_by_hand(deals: Build) -> None:
    table = win_rate_curve_table(deals(COHORT), AS_OF, [0, 9.5, 10, 20, 30, 30.5, 91, 92])
    assert table.header == ("days", "share won", "at risk")
    assert table.column("at risk") == (6, 6, 6, 5, 4, 2, 1, 0)
    # 1/6 at day 10; one of six lost at 20; then (4/6) × 1/4 at 30, when the youngest deal was still watched.
    assert table.column("share won")[:-1] == pytest.approx((0, 0, 1 / 6, 1 / 6, 1 / 3, 1 / 3, 1 / 3))
    assert isinstance(table.column("share won")[-1], TooFewRecords)


def test_when_every_deal_has_closed_the_curve_goes_on(deals: Build) -> None:
    table = win_rate_curve_table(deals([COHORT[0], COHORT[1], COHORT[2], COHORT[4]]), AS_OF, [500])
    assert table.rows[0] == pytest.approx((500, 0.5, 0))


def test_a_deal_that_closes_on_its_first_day_is_won_at_age_0(deals: Build) -> None:
    cohort = [("won", None, "2026-06-01", "2026-06-01"), ("open", None, "2026-09-30", None)]
    assert win_rate_curve_table(deals(cohort), AS_OF, [0]).rows == ((0, 0.5, 2),)


def test_no_deal_to_watch(deals: Build) -> None:
    with pytest.raises(TooFewRecords, match="no deal"):
        win_rate_curve_table(deals(COHORT[6:]), AS_OF, [30])


_DEALS = st.lists(
    st.tuples(st.sampled_from(["open", "won", "lost", "no decision"]), st.integers(0, 90), st.integers(0, 60)),
    min_size=1,
    max_size=30,
)


def _by_definition(rows: list[tuple[str, int, int]], age: int) -> Fraction:
    """Won by an age: at each age, those won of those still watched, of the share that nothing had decided yet."""
    won, undecided = Fraction(0), Fraction(1)
    for day in range(age + 1):
        watched = [row for row in rows if row[2] >= day]
        decided = [row[0] for row in watched if row[2] == day and row[0] != "open"]
        if watched:
            won += undecided * Fraction(decided.count("won"), len(watched))
            undecided *= 1 - Fraction(len(decided), len(watched))
    return won


@settings(max_examples=40, deadline=None)
@given(rows=_DEALS, age=st.integers(0, 60))
def test_the_curve_equals_its_definition(rows: list[tuple[str, int, int]], age: int) -> None:
    """Each row is a status, a day of creation, and the age at which the deal closed or was last seen open."""
    as_of = 1_060
    table = {
        "status": [status for status, _, _ in rows],
        "created_day": [as_of - seen if status == "open" else 900 + day for status, day, seen in rows],
        "closed_day": [None if status == "open" else 900 + day + seen for status, day, seen in rows],
    }
    frame = frame_from_columns(table)
    ((_, share, at_risk),) = win_rate_curve_table(frame, as_of, [age]).rows
    assert at_risk == sum(row[2] >= age for row in rows)
    if not isinstance(share, TooFewRecords):
        assert share == pytest.approx(float(_by_definition(rows, age)), rel=1e-9)
    else:
        assert age > max(row[2] for row in rows)


def test_the_curve_equals_an_independent_implementation(deals: Build) -> None:
    import numpy as np
    from statsmodels.duration.api import CumIncidenceRight

    rng = np.random.default_rng(7)
    count = 400
    created = rng.integers(AS_OF - 500, AS_OF, count)
    cycle = rng.integers(1, 300, count)
    closed = created + cycle
    outcome = rng.choice(["won", "lost", "no decision"], count, p=[0.3, 0.5, 0.2])
    rows: list[tuple[Any, ...]] = [
        (str(o), None, int(c), int(e)) if e <= AS_OF else ("open", None, int(c), None)
        for o, c, e in zip(outcome, created, closed, strict=True)
    ]
    ages = [30, 90, 180, 270]
    table = win_rate_curve_table(deals(rows), AS_OF, ages)
    time = np.minimum(cycle, AS_OF - created)
    kind = np.where(closed > AS_OF, 0, np.where(outcome == "won", 1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):  # in standard errors that are not asked for
        theirs = CumIncidenceRight(time, kind)
    read = [theirs.cinc[0][np.searchsorted(theirs.times, age, side="right") - 1] for age in ages]
    assert table.column("share won") == pytest.approx(read, rel=1e-9)
    assert table.column("at risk") == tuple(int((time >= age).sum()) for age in ages)


CYCLES = [
    ("won",         None, "2026-06-01", "2026-06-11"),  # 10
    ("won",         None, "2026-06-01", "2026-06-21"),  # 20
    ("won",         None, "2026-06-01", "2026-08-30"),  # 90
    ("lost",        None, "2026-01-01", "2026-07-20"),  # 200
    ("no decision", None, "2026-01-01", "2026-04-11"),  # 100
    ("open",        None, "2026-01-01", None),
    ("won",         None, "2026-06-10", "2026-06-01"),  # closed before it was created
    ("won",         None, None,         "2026-06-01"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("statistic", "population", "days"),
    [
        (Statistic.MEAN, Population.WON, 40),
        (Statistic.MEDIAN, Population.WON, 20),
        (Statistic.P75, Population.WON, 55),
        (Statistic.P90, Population.WON, 76),
        (Statistic.MEAN, Population.LOST, 200),
        (Statistic.MEAN, Population.CLOSED, 84),
        (Statistic.MEDIAN, Population.CLOSED, 90),
        (Statistic.P90, Population.CLOSED, 160),
    ],
)
def test_sales_cycle(deals: Build, statistic: Statistic, population: Population, days: float) -> None:
    assert cycle_statistic(deals(CYCLES), statistic, population) == pytest.approx(days, rel=1e-9)


def test_sales_cycle_of_no_deals() -> None:
    deals = ([date(2026, 1, 1)] * 2, [date(2026, 2, 1), None], ["lost", "open"])
    with pytest.raises(TooFewRecords, match="no won deal"):
        sales_cycle(*deals)
    with pytest.raises(EmptyDenominator, match="no won deal"):
        sales_cycle(*deals, "mean")
    assert sales_cycle(*deals, "p90", "lost") == 31


def test_time_of_day_does_not_count() -> None:
    from datetime import datetime

    created, closed = datetime(2026, 1, 1, 23, 59), datetime(2026, 1, 2, 0, 1)
    assert sales_cycle([created], [closed], ["won"]) == 1


def test_a_closed_deal_needs_its_close_date() -> None:
    with pytest.raises(MissingInput, match="deal 1, which is won"):
        win_rate_curve([date(2026, 1, 1)] * 2, [None, date(2026, 1, 9)], ["won", "won"], date(2026, 2, 1), [30])
