"""Velocity by group, over time, with its interval, and against what was then won."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from xlfunnel.errors import EmptyDenominator, MetricError, MissingInput, OutOfRange, TooFewRecords
from xlfunnel.segments.deals import history_of
from xlfunnel.segments.velocity import (
    backtest,
    velocity_backtest,
    velocity_by,
    velocity_by_table,
    velocity_interval,
    velocity_trend,
    velocity_trend_table,
)
from xlfunnel.units import Period

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.segments.frames import Frame

    Build = Callable[..., Frame]

AS_OF = date(2026, 9, 30)
TODAY = (AS_OF - date(1970, 1, 1)).days

#   status         amount   created       closed        segment
BOOK = [
    ("won",         30_000, "2026-04-01", "2026-06-30", "Midsize"),  # 90 days
    ("lost",        20_000, "2026-04-01", "2026-07-10", "Midsize"),  # 100
    ("open",        25_000, "2026-08-01", None,         "Midsize"),
    ("open",        25_000, "2026-09-15", None,         "Midsize"),
    ("won",         10_000, "2026-08-01", "2026-08-31", "Small"),    # 30
    ("won",         12_000, "2026-08-01", "2026-09-20", "Small"),    # 50
    ("lost",         9_000, "2026-07-01", "2026-08-10", "Small"),    # 40
    ("no decision",  9_000, "2026-07-01", "2026-08-10", "Small"),    # 40
    ("open",        11_000, "2026-09-01", None,         "Small"),
    ("lost",       200_000, "2026-01-01", "2026-09-01", "Large"),    # 243; nothing won: no average deal
    ("open",       250_000, "2026-01-01", None,         "Large"),
    ("won",          5_000, None,         "2026-09-25", None),       # no cycle
]  # fmt: skip


STATUS, AMOUNT, CREATED, CLOSED, SEGMENT = (
    [date.fromisoformat(cell) if isinstance(cell, str) and cell[:2] == "20" else cell for cell in column]
    for column in zip(*BOOK, strict=True)
)
"""The book as the columns of a worksheet."""


def test_velocity_by_segment(deals: Build) -> None:
    table = velocity_by_table(deals(BOOK, "segment"), "segment", TODAY, 365)
    assert table.header == (
        "group", "open", "won", "lost", "average deal", "win rate", "cycle days", "velocity per day", "index",
        "no decision",
    )  # fmt: skip
    rows = {row[0]: row[1:] for row in table.rows}
    total = 4 * 14_250 * 0.5 / (593 / 7)  # seven cycles: 90, 100, 30, 50, 40, 40, 243
    small, midsize = 1 * 11_000 * 0.5 / 40, 2 * 30_000 * 0.5 / 95
    assert list(rows) == ["Midsize", "Small", "Large", "(blank)", "Total"]
    assert rows["Midsize"] == pytest.approx((2, 1, 1, 30_000, 0.5, 95, midsize, midsize / total, 0))
    assert rows["Small"] == pytest.approx((1, 2, 1, 11_000, 0.5, 40, small, small / total, 1))
    assert rows["Total"] == pytest.approx((4, 4, 3, 14_250, 0.5, 593 / 7, total, 1, 1))


def test_a_group_says_in_its_cells_what_it_has_no_deals_for(deals: Build) -> None:
    table = velocity_by_table(deals(BOOK, "segment"), "segment", TODAY, 365)
    rows = {row[0]: dict(zip(table.header, row, strict=True)) for row in table.rows}
    large, blank = rows["Large"], rows["(blank)"]
    assert large["win rate"] == 0
    assert isinstance(large["average deal"], EmptyDenominator)
    assert isinstance(large["velocity per day"], EmptyDenominator)
    assert "no won deal with an amount" in str(large["index"])
    assert blank["average deal"] == 5_000
    assert isinstance(blank["cycle days"], EmptyDenominator)


def test_the_worksheet_function_answers_as_the_table_does(deals: Build) -> None:
    shown = velocity_by(SEGMENT, STATUS, AMOUNT, CREATED, CLOSED, AS_OF, 100)
    table = velocity_by_table(deals(BOOK, "segment"), "segment", TODAY, 100)
    assert shown.header == table.header
    for got, wanted in zip(shown.rows, table.rows, strict=True):
        for cell, wanted_cell in zip(got, wanted, strict=True):
            if isinstance(wanted_cell, MetricError):
                assert str(cell) == str(wanted_cell)
            else:
                assert cell == wanted_cell or cell == pytest.approx(wanted_cell, rel=1e-9)


def test_the_window_leaves_older_deals_out_and_all_takes_them() -> None:
    won = [
        velocity_by(SEGMENT, STATUS, AMOUNT, CREATED, CLOSED, AS_OF, window).column("won")[-1]
        for window in (92, 93, "all")
    ]
    assert won == [3, 4, 4]  # the deal won on 30 June closed 92 days ago


def test_the_trend_by_month(deals: Build) -> None:
    table = velocity_trend_table(history_of(deals(BOOK, "segment"), TODAY), AS_OF, Period.MONTH, 4, 365)
    rows = {row[0]: row[1:] for row in table.rows}
    assert list(rows) == ["2026-06", "2026-07", "2026-08", "2026-09"]
    # Open on 30 June: the lost Midsize deal, both Large ones, and the one that nobody knows since when.
    june = 4 * 30_000 * 1 / 90
    july = 5 * 30_000 * 0.5 / 95  # two come, one goes
    assert rows["2026-06"] == pytest.approx((4, 1, 0, 30_000, 1, 90, june, 1, 0))
    assert rows["2026-07"] == pytest.approx((5, 1, 1, 30_000, 0.5, 95, july, july / june, 0))
    assert rows["2026-09"][:3] == (4, 4, 3)


def test_the_index_of_a_trend_is_not_taken_against_a_velocity_of_0() -> None:
    deals = ["won", "open"], [100, 50], [date(2026, 6, 1), date(2026, 8, 20)], [date(2026, 6, 11), None]
    table = velocity_trend(*deals, date(2026, 9, 30), "month", 4)
    assert table.column("velocity per day") == (0, 0, 10, 10)  # nothing stood open before August
    assert table.column("index") == (0, 0, 1, 1)


def test_the_index_of_a_trend_begins_with_the_first_velocity(deals: Build) -> None:
    table = velocity_trend_table(history_of(deals(BOOK, "segment"), TODAY), AS_OF, Period.QUARTER, 3, 365, 0.95)
    assert table.column("period") == ("2026-Q1", "2026-Q2", "2026-Q3")
    assert table.header[-2:] == ("low", "high")
    assert isinstance(table.column("index")[0], EmptyDenominator)
    assert table.column("index")[1] == 1
    assert isinstance(table.column("low")[1], TooFewRecords)
    low, velocity, high = (table.column(name)[2] for name in ("low", "velocity per day", "high"))
    assert isinstance(low, float)
    assert isinstance(velocity, float)
    assert isinstance(high, float)
    assert low < velocity < high
    assert low * high == pytest.approx(velocity**2)


def test_the_trend_shows_twelve_months_unless_told() -> None:
    months = velocity_trend(STATUS, AMOUNT, CREATED, CLOSED, AS_OF).column("period")
    assert (len(months), months[0], months[-1]) == (12, "2025-10", "2026-09")
    weeks = velocity_trend(STATUS, AMOUNT, CREATED, CLOSED, AS_OF, "week", 2, "all")
    assert weeks.column("period") == ("2026-W39", "2026-W40")
    with pytest.raises(OutOfRange, match="periods"):
        velocity_trend(STATUS, AMOUNT, CREATED, CLOSED, AS_OF, "month", 0)


def test_one_source_in_two_spellings_is_one_group() -> None:
    days = [date(2026, 8, 1)] * 3
    table = velocity_by(["Google", "google ", None], ["won"] * 3, [1, 3, 5], days, [AS_OF] * 3, AS_OF)
    assert table.column("group") == ("Google", "(blank)", "Total")
    assert table.column("average deal") == (2, 5, 3)


def test_an_open_deal_with_a_close_date_is_open() -> None:
    """Some CRMs put the expected close into the same column."""
    status, closed = ["open", "won"], [date(2026, 9, 1), date(2026, 9, 1)]
    table = velocity_by(["a", "a"], status, [5, 10], [date(2026, 8, 1)] * 2, closed, AS_OF)
    assert table.rows[0][:4] == ("a", 1, 1, 0)


def test_the_interval_over_the_last_365_days() -> None:
    low, mid, high = velocity_interval(STATUS, AMOUNT, CREATED, CLOSED, AS_OF).rows[0]
    assert mid == pytest.approx(4 * 14_250 * 0.5 / (593 / 7))
    narrow = velocity_interval(STATUS, AMOUNT, CREATED, CLOSED, AS_OF, 0.5).rows[0]
    assert low < narrow[0] < mid < narrow[2] < high  # type: ignore[operator]


def test_an_interval_of_one_won_deal_is_too_few() -> None:
    deals = (["won", "lost"], [10, 10], [date(2026, 8, 1)] * 2, [date(2026, 9, 1)] * 2)
    with pytest.raises(TooFewRecords, match="found 1 and 2"):
        velocity_interval(*deals, AS_OF)


def test_a_steady_pipeline_comes_true(deals: Build) -> None:
    """One deal a day comes, every deal takes 40 days, every second is won for 1,000: 500 a day, for ever."""
    days = range(TODAY - 400, TODAY + 1)
    done = [("won" if day % 2 else "lost", 1_000, day, day + 40) for day in days if day + 40 <= TODAY]
    standing = [("open", 1_000, day, None) for day in days if day + 40 > TODAY]
    assert backtest(history_of(deals(done + standing), TODAY), TODAY, 90) == pytest.approx(1)


def test_the_backtest_by_hand() -> None:
    # On 31 July: 2 won or lost (30,000, 50 %, 95 days), 5 open; since then 10,000 + 12,000 + 5,000 in 61 days.
    promised = 5 * 30_000 * 0.5 / 95
    assert velocity_backtest(STATUS, AMOUNT, CREATED, CLOSED, AS_OF, 61) == pytest.approx(promised / (27_000 / 61))


@pytest.mark.parametrize(("window", "why"), [(5, "no deal closed"), (3_000, "no deal closed")])
def test_the_backtest_needs_deals_to_learn_from(window: int, why: str) -> None:
    with pytest.raises(EmptyDenominator, match=why):
        velocity_backtest(STATUS, AMOUNT, CREATED, CLOSED, date(2026, 6, 30), window)


def test_the_backtest_needs_revenue_since() -> None:
    deals = (["won", "lost"], [10, 10], [date(2026, 1, 1)] * 2, [date(2026, 3, 1), date(2026, 5, 1)])
    with pytest.raises(EmptyDenominator, match="revenue won in the last 90 days is 0"):
        velocity_backtest(*deals, date(2026, 5, 30), 90)


def test_a_closed_deal_needs_its_close_date() -> None:
    with pytest.raises(MissingInput, match="deal 2, which is lost"):
        velocity_by(["a", "a"], ["won", "lost"], [1, 1], [AS_OF, AS_OF], [AS_OF, None], AS_OF)
