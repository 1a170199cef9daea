"""Deals seen from a day: what is open, what closed, what it was worth and how long it took."""

from __future__ import annotations

import statistics
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlfunnel.errors import EmptyDenominator, TooFewRecords
from xlfunnel.segments.deals import (
    DealFigures,
    Sample,
    figures_of,
    group_of,
    groups_by,
    history_of,
    observed,
    open_stock,
)
from xlfunnel.segments.frames import frame_from_columns
from xlfunnel.segments.periods import day_of, month_calendar, month_end, period_ends, period_label
from xlfunnel.units import Period

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.segments.frames import Frame

    Build = Callable[..., Frame]

AS_OF = (date(2026, 9, 30) - date(1970, 1, 1)).days
YEAR = 365

#   status         amount   created       closed        source
BOOK = [
    ("won",         12_000, "2026-05-01", "2026-07-30", "Web"),    # 90 days
    ("won",          8_000, "2026-06-01", "2026-07-01", "Web"),    # 30 days
    ("won",           None, "2026-06-01", "2026-06-11", "Event"),  # blank amount: counts as won, not in the mean
    ("won",              0, "2026-08-01", "2026-08-21", "Web"),    # zero amount: counts in the mean
    ("lost",         5_000, "2026-01-01", "2026-07-20", "Event"),  # 200 days
    ("no decision",  9_000, "2026-04-01", "2026-09-30", None),     # 182 days, closed on the as-of day
    ("lost",         7_000, "2026-03-10", "2026-03-01", "Web"),    # closed before it was created: no cycle
    ("lost",         7_000, "2025-01-01", "2025-09-30", "Web"),    # closed on the day before the window opens
    ("won",         40_000, "2026-07-01", "2026-10-01", "Web"),    # closes after the as-of day: open
    ("open",        15_000, "2026-09-01", None,         "Event"),
    ("open",        15_000, None,         None,         None),     # created nobody knows when
    ("open",        15_000, "2026-10-01", None,         "Web"),    # does not exist yet
]  # fmt: skip


def test_the_whole_book(deals: Build) -> None:
    found = figures_of(observed(deals(BOOK, "source"), AS_OF, YEAR))
    assert (found.open, found.won, found.lost, found.no_decision) == (3, 4, 2, 1)
    assert found.win_rate == pytest.approx(4 / 7)
    assert found.average_deal == pytest.approx(20_000 / 3)
    assert found.won_revenue == 20_000
    assert found.cycle_days == pytest.approx((90 + 30 + 10 + 20 + 200 + 182) / 6)
    assert found.velocity == pytest.approx(3 * (20_000 / 3) * (4 / 7) / ((90 + 30 + 10 + 20 + 200 + 182) / 6))


def test_without_a_window_every_closed_deal_counts(deals: Build) -> None:
    found = figures_of(observed(deals(BOOK, "source"), AS_OF, None))
    assert (found.won, found.lost, found.no_decision) == (4, 3, 1)
    cycles = [90, 30, 10, 20, 200, 182, 272]
    assert (found.closed_cycles.count, found.closed_cycles.total) == (7, 804)
    assert found.closed_cycles.squares == pytest.approx(statistics.variance(cycles) * 6)


def test_the_cycles_shown_to_people_are_of_won_deals(deals: Build) -> None:
    cycles = group_of(observed(deals(BOOK, "source"), AS_OF, YEAR)).cycles
    # won: 10, 20, 30, 90; closed: 10, 20, 30, 90, 182, 200
    assert cycles.won_median == pytest.approx(25)
    assert cycles.won_p75 == pytest.approx(45)
    assert cycles.won_p90 == pytest.approx(72)
    assert cycles.closed_median == pytest.approx(60)


def test_groups_are_ordered_by_name_with_the_blank_one_last(deals: Build) -> None:
    groups = groups_by(observed(deals(BOOK, "source"), AS_OF, YEAR), "source")
    counts = {g.name: (g.deals.open, g.deals.won, g.deals.lost, g.deals.no_decision) for g in groups}
    assert list(counts) == ["Event", "Web", None]
    assert counts == {"Event": (1, 1, 1, 0), "Web": (1, 3, 1, 0), None: (1, 0, 0, 1)}
    assert sum(g.deals.won_revenue for g in groups) == 20_000


def test_a_group_without_deals_in_sight_is_still_a_group(deals: Build) -> None:
    later = [("open", 1, "2026-10-02", None, "Later"), ("lost", 1, "2020-01-01", "2020-02-01", "Long ago")]
    groups = groups_by(observed(deals(BOOK + later, "source"), AS_OF, YEAR), "source")
    assert [g.name for g in groups] == ["Event", "Later", "Long ago", "Web", None]
    assert groups[1].deals == groups[2].deals == DealFigures()


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        ("2024-12-31", 1),  # only the deal of unknown age
        ("2025-01-01", 2),
        ("2025-09-29", 2),
        ("2025-09-30", 1),  # closed that day
        ("2026-01-01", 2),
        ("2026-03-05", 2),  # the deal that closed before it was created never stands open
        ("2026-04-15", 3),
        ("2026-06-30", 5),  # 12,000, 8,000, the lost 5,000, the undecided 9,000, the one of unknown age
        ("2026-09-30", 3),
        ("2026-10-01", 3),  # one closes, one comes
    ],
)
def test_the_open_stock_of_any_day(deals: Build, day: str, standing: int) -> None:
    stock = open_stock(deals(BOOK, "source"))
    assert stock.at((date.fromisoformat(day) - date(1970, 1, 1)).days) == standing


def test_nothing_at_all(deals: Build) -> None:
    frame = deals([])
    found = figures_of(observed(frame, AS_OF, YEAR))
    assert found == DealFigures()
    assert group_of(observed(frame, AS_OF, YEAR)).cycles.won_median is None
    assert history_of(frame, AS_OF).at(AS_OF, None) == DealFigures()
    for name in ("win_rate", "average_deal", "cycle_days", "velocity"):
        with pytest.raises(EmptyDenominator):
            getattr(found, name)


def test_a_cycle_of_no_days_has_no_velocity(deals: Build) -> None:
    found = figures_of(observed(deals([("won", 10, "2026-09-01", "2026-09-01")]), AS_OF, YEAR))
    assert found.cycle_days == 0
    with pytest.raises(EmptyDenominator, match="0"):
        _ = found.velocity


def test_velocity_interval_by_hand() -> None:
    """40 open; 25 of 100 won; amounts 10,000 and 14,000; cycles 40 and 80 days."""
    found = DealFigures(
        open=40,
        won=25,
        lost=75,
        won_amounts=Sample(2, 24_000, 2 * 2_000**2),
        closed_cycles=Sample(2, 120, 2 * 20**2),
    )
    low, mid, high = found.velocity_interval(0.95)
    variance = 0.75 / 25 + 8_000_000 / (2 * 12_000**2) + 800 / (2 * 60**2)
    assert mid == pytest.approx(2_000)
    assert high == pytest.approx(2_000 * 2.718281828459045 ** (1.959963984540054 * variance**0.5))
    assert low * high == pytest.approx(mid**2)


def test_velocity_interval_when_every_deal_was_won_rests_on_amounts_and_cycles() -> None:
    found = DealFigures(1, 3, won_amounts=Sample(3, 30, 0), closed_cycles=Sample(3, 30, 0))
    assert found.velocity_interval(0.9) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("amounts", "cycles", "error"),
    [
        (Sample(1, 10), Sample(5, 50, 2), TooFewRecords),
        (Sample(5, 10, 1), Sample(1, 50), TooFewRecords),
        (Sample(5, 0, 0), Sample(5, 50, 2), EmptyDenominator),
        (Sample(5, -10, 0), Sample(5, 50, 2), EmptyDenominator),  # credits
        (Sample(5, 1e-6, 1e9), Sample(5, 50, 2), TooFewRecords),  # credits that cancel the amounts
        (Sample(5, 10, 1), Sample(5, 0, 0), EmptyDenominator),
    ],
)
def test_velocity_interval_refuses(amounts: Sample, cycles: Sample, error: type[Exception]) -> None:
    with pytest.raises(error):
        DealFigures(9, 5, 5, won_amounts=amounts, closed_cycles=cycles).velocity_interval(0.95)


def test_pooled_samples_are_the_sample_of_all() -> None:
    def sample(values: list[float]) -> Sample:
        mean = statistics.fmean(values)
        return Sample(len(values), sum(values), sum((value - mean) ** 2 for value in values))

    a, b = [1e9, 1e9 + 1, 1e9 + 5], [1e9 + 2]
    pooled = Sample.pooled([sample(a), Sample(), sample(b)])
    assert (pooled.count, pooled.total) == (4, sum(a + b))
    assert pooled.squares == pytest.approx(14)


# -- any deals: the same as counting them one by one, and the same in both engines ---------------------------------

_DAYS = st.integers(20_000, 20_060)
_DEALS = st.lists(
    st.tuples(
        st.sampled_from(["open", "won", "lost", "no decision"]),
        st.none() | st.integers(0, 5_000_000).map(lambda cents: cents / 100),
        st.none() | _DAYS,
        _DAYS,
    ).map(lambda deal: (*deal[:3], None if deal[0] == "open" else deal[3])),
    max_size=25,
)


def _one_by_one(rows: list[tuple[Any, ...]], day: int, window: int | None) -> dict[str, Any]:
    """The definition, read aloud."""
    closed = [row for row in rows if row[0] != "open" and row[3] <= day and (window is None or row[3] > day - window)]
    standing = [row for row in rows if (row[2] is None or row[2] <= day) and (row[0] == "open" or row[3] > day)]
    return {
        "open": len(standing),
        "closed": len(closed),
        "won": sum(row[0] == "won" for row in closed),
        "amounts": [row[1] for row in closed if row[0] == "won" and row[1] is not None],
        "cycles": [row[3] - row[2] for row in closed if row[2] is not None and row[3] >= row[2]],
    }


@settings(max_examples=40, deadline=None)
@given(rows=_DEALS, day=_DAYS, window=st.none() | st.integers(1, 40))
def test_figures_and_history_equal_a_count_one_by_one(
    rows: list[tuple[Any, ...]], day: int, window: int | None
) -> None:
    expected = _one_by_one(rows, day, window)
    columns = list(zip(*rows, strict=True)) if rows else [()] * 4
    names = ("status", "amount", "created_day", "closed_day")
    frame = frame_from_columns(dict(zip(names, columns, strict=True)), {"status": str})
    for found in (figures_of(observed(frame, day, window)), history_of(frame, 20_060).at(day, window)):
        assert (found.open, found.closed, found.won) == (
            expected["open"], expected["closed"], expected["won"],
        )  # fmt: skip
        for sample, values in (
            (found.won_amounts, expected["amounts"]),
            (found.closed_cycles, expected["cycles"]),
        ):
            assert sample.count == len(values)
            assert sample.total == pytest.approx(sum(values), rel=1e-9)
            if len(values) > 1:
                assert sample.squares == pytest.approx(
                    statistics.variance(values) * (len(values) - 1), rel=1e-9, abs=1e-6
                )


def test_history_says_the_same_as_a_fresh_count(deals: Build) -> None:
    frame = deals(BOOK, "source")
    history = history_of(frame, AS_OF)
    for back in (0, 31, 61, 92, 365):
        for window in (30, YEAR, None):
            fresh, kept = figures_of(observed(frame, AS_OF - back, window)), history.at(AS_OF - back, window)
            assert (kept.open, kept.won, kept.lost, kept.no_decision) == (
                fresh.open, fresh.won, fresh.lost, fresh.no_decision,
            )  # fmt: skip
            assert kept.closed_cycles.total == pytest.approx(fresh.closed_cycles.total)
            assert kept.closed_cycles.squares == pytest.approx(fresh.closed_cycles.squares)


# -- the calendar ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "ends"),
    [
        (Period.DAY, ["2025-12-31", "2026-01-01", "2026-01-02"]),
        (Period.WEEK, ["2025-12-21", "2025-12-28", "2026-01-02"]),
        (Period.MONTH, ["2025-11-30", "2025-12-31", "2026-01-02"]),
        (Period.QUARTER, ["2025-09-30", "2025-12-31", "2026-01-02"]),
        (Period.YEAR, ["2024-12-31", "2025-12-31", "2026-01-02"]),
    ],
)
def test_periods_end_with_the_calendar_and_the_last_one_today(period: Period, ends: list[str]) -> None:
    assert [str(end) for end in period_ends(date(2026, 1, 2), period, 3)] == ends


def test_the_first_days_of_a_year_may_belong_to_a_week_of_the_last() -> None:
    assert period_label(date(2027, 1, 1), Period.WEEK) == "2026-W53"


def test_months_of_days() -> None:
    days = [-1, 0, 19_781, 19_782, 20_726]
    months: list[Any] = month_calendar(days).column("month").to_pylist()
    assert [str(month_end(month)) for month in months] == [
        "1969-12-31", "1970-01-31", "2024-02-29", "2024-02-29", "2026-09-30",
    ]  # fmt: skip
    assert day_of(19_782) == date(2024, 2, 29) == date(2024, 2, 28) + timedelta(days=1)
