"""What the refresh says of deals: both blocks, the dashboard's tables and figures."""

from __future__ import annotations

import json
import random
import statistics
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from xlfunnel.definitions import Definitions
from xlfunnel.errors import EmptyDenominator, MetricError, TooFewRecords
from xlfunnel.metrics.probability import wilson
from xlfunnel.segments.deal_report import deal_report
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.velocity import velocity_by_table
from xlfunnel.units import Statistic

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.segments.frames import Frame

    Build = Callable[..., Frame]

AS_OF = date(2026, 9, 15)
TODAY = (AS_OF - date(1970, 1, 1)).days
AGREED = Definitions.model_validate({})
OTHERS = ("source", "segment", "expected_day", "counted", "qualified")

#   status         amount  created       closed        source   segment   expected      counted qualified
BOOK = [
    ("won",        10_000, "2026-06-01", "2026-07-31", "Web",   "Small",  None,         True,   True),   # 60 days
    ("lost",       10_000, "2026-06-01", "2026-07-11", "Web",   "Small",  None,         True,   True),   # 40
    ("won",        30_000, "2026-08-01", "2026-08-31", "Event", "Large",  None,         True,   True),   # 30
    ("no decision", 5_000, "2026-07-01", "2026-09-09", "Event", None,     None,         True,   True),   # 70
    ("won",        50_000, "2024-01-01", "2024-04-10", "Web",   "Large",  None,         True,   True),   # long ago
    ("won",        99_000, "2026-08-01", "2026-08-11", "Web",   "Small",  None,         False,  True),   # a renewal
    ("won",        20_000, "2026-08-01", "2026-09-30", "Web",   "Large",  "2026-09-01", True,   True),   # still open
    ("open",       20_000, "2026-07-15", None,         "Web",   "Small",  "2026-09-14", True,   True),
    ("open",       20_000, "2026-08-15", None,         "Event", "Large",  "2026-09-15", True,   True),   # due today
    ("open",       20_000, "2026-08-15", None,         None,    "Large",  None,         True,   True),
    ("open",       20_000, "2026-08-15", None,         "Web",   "Large",  "2026-01-01", True,   False),  # a mere lead
    ("open",       20_000, "2026-08-15", None,         "Web",   "Large",  "2026-01-01", False,  True),   # a renewal
    ("open",       20_000, "2026-09-16", None,         "Later", "Large",  None,         True,   True),   # not yet
]  # fmt: skip


@pytest.fixture
def book(deals: Build) -> Frame:
    return deals(BOOK, *OTHERS)


def test_the_window_block_follows_the_definitions(book: Frame) -> None:
    window = deal_report(book, AGREED, AS_OF).summary()["window"]
    assert window["total"] == pytest.approx(
        {
            "open": 4, "won": 2, "lost": 1, "no_decision": 1, "win_rate": 0.5, "average_deal": 20_000,
            "won_revenue": 40_000, "cycle_mean_won": 45, "cycle_median_won": 45, "cycle_mean_closed": 50,
            "cycle_median_closed": 50, "velocity_per_day": 4 * 20_000 * 0.5 / 50, "index": 1,
        }
    )  # fmt: skip
    assert [(row["source"], row["open"], row["won"]) for row in window["by_source"]] == [
        ("Event", 1, 1), ("Web", 2, 1), (None, 1, 0),
    ]  # fmt: skip


def test_the_all_block_takes_every_record(book: Frame) -> None:
    every = deal_report(book, AGREED, AS_OF).summary()["all"]
    assert every["total"] == pytest.approx(
        {
            "open": 6, "won": 4, "lost": 1, "no_decision": 1, "win_rate": 4 / 6, "average_deal": 47_250,
            "won_revenue": 189_000, "cycle_mean_won": 50, "cycle_median_won": 45,
            "cycle_mean_closed": 310 / 6, "cycle_median_closed": 50,
            "velocity_per_day": 6 * 47_250 * (4 / 6) / (310 / 6), "index": 1,
        }
    )  # fmt: skip
    assert [row["segment"] for row in every["by_segment"]] == ["Large", "Small", None]


def test_a_month_has_its_own_closings_and_the_stock_at_its_end(book: Frame) -> None:
    summary = deal_report(book, AGREED, AS_OF).summary()
    counts = {
        row["month"]: (row["open"], row["won"], row["lost"], row["no_decision"])
        for row in summary["window"]["by_month"]
    }
    # 31 July: no decision, and the open Web deal; 31 August: two more, and the one that closes after the as-of day.
    assert counts == {"2026-07": (2, 1, 1, 0), "2026-08": (5, 1, 0, 0), "2026-09": (4, 0, 0, 1)}
    assert [row["month"] for row in summary["all"]["by_month"]] == ["2024-04", "2026-07", "2026-08", "2026-09"]
    july = summary["window"]["by_month"][0]
    assert july["velocity_per_day"] == pytest.approx(2 * 10_000 * 0.5 / 50)
    assert july["index"] == pytest.approx(200 / 800)


def test_what_is_not_defined_is_null(book: Frame) -> None:
    september = deal_report(book, AGREED, AS_OF).summary()["window"]["by_month"][-1]
    assert september["win_rate"] == 0
    for name in ("average_deal", "cycle_mean_won", "cycle_median_won", "velocity_per_day", "index"):
        assert september[name] is None


def test_the_summary_is_json(book: Frame) -> None:
    summary = deal_report(book, AGREED, AS_OF).summary()
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_no_window_takes_every_closed_deal_of_the_pipelines_that_count(book: Frame) -> None:
    window = deal_report(book, Definitions.model_validate({"window_days": "all"}), AS_OF).summary()["window"]
    assert (window["total"]["won"], window["total"]["open"]) == (3, 4)
    assert window["by_month"][0]["month"] == "2024-04"


def test_no_deals_at_all(deals: Build) -> None:
    report = deal_report(deals([], *OTHERS), AGREED, AS_OF)
    summary = report.summary()
    assert summary["all"] == summary["window"]
    assert summary["all"]["total"]["open"] == 0
    assert summary["all"]["total"]["velocity_per_day"] is None
    assert summary["all"]["by_month"] == []
    assert report.by_source().column("group") == ("Total",)
    with pytest.raises(TooFewRecords):
        report.won_cycle(Statistic.MEDIAN)
    for figure in (report.velocity, report.win_rate, report.average_deal, report.share_past_expected, report.cycle):
        with pytest.raises(EmptyDenominator):
            figure()


def test_the_table_of_sources(book: Frame) -> None:
    report = deal_report(book, AGREED, AS_OF)
    table = report.by_source()
    assert table.header[10:] == (
        "win rate low", "win rate high", "median cycle won", "p75 cycle won", "p90 cycle won", "won revenue",
    )  # fmt: skip
    web = dict(zip(table.header, next(row for row in table.rows if row[0] == "Web"), strict=True))
    low, _, high = wilson(1, 2, 0.95)
    assert (web["win rate low"], web["win rate high"]) == pytest.approx((low, high))
    assert (web["median cycle won"], web["won revenue"]) == (60, 10_000)
    assert [row[0] for row in table.rows] == ["Event", "Web", "(blank)", "Total"]
    assert report.by_segment().rows[-1][1:] == table.rows[-1][1:]


def test_velocity_by_source_is_what_the_worksheet_function_shows(deals: Build) -> None:
    counted = [row for row in BOOK if row[7] and row[8]]
    shown = velocity_by_table(deals(counted, *OTHERS), "source", TODAY, 365)
    table = deal_report(deals(BOOK, *OTHERS), AGREED, AS_OF).velocity_by_source()
    assert table.header == shown.header
    # "Later" has no deal in sight: the function shows the empty group, the report leaves it out.
    expected = [row for row in shown.rows if row[0] != "Later"]
    for got, wanted in zip(table.rows, expected, strict=True):
        assert [cell for cell in got if not isinstance(cell, MetricError)] == [
            cell for cell in wanted if not isinstance(cell, MetricError)
        ]


def test_the_trend_ends_with_today(book: Frame) -> None:
    trend = deal_report(book, AGREED, AS_OF).trend()
    assert trend.column("period")[0] == "2025-10"
    last = dict(zip(trend.header, trend.rows[-1], strict=True))
    assert (last["period"], last["open"], last["won"]) == ("2026-09", 4, 2)
    assert last["velocity per day"] == pytest.approx(800)
    low, high = last["low"], last["high"]
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert low < 800 < high


def test_the_figures(book: Frame) -> None:
    report = deal_report(book, AGREED, AS_OF)
    velocity = report.velocity()
    assert velocity.value == pytest.approx(800)
    assert velocity.count == 4
    assert velocity.low is not None
    rate = report.win_rate()
    assert (rate.low, rate.value, rate.high) == pytest.approx(wilson(2, 4, 0.95))
    assert report.average_deal().value == 20_000
    days = [report.won_cycle(statistic).value for statistic in Statistic]
    assert days == pytest.approx([45, 45, 52.5, 57])  # mean, median, 75th and 90th percentile of 30 and 60
    assert report.cycle().value == 50


def test_open_deals_that_should_have_closed(book: Frame) -> None:
    past = deal_report(book, AGREED, AS_OF).share_past_expected()
    assert (past.value, past.count) == (0.5, 4)
    assert past.note == "2 of 4 open deals are overdue. Without an expected date: 1."


def test_exports_without_expected_dates_do_not_look_punctual(deals: Build) -> None:
    undated = [(*row[:6], None, *row[7:]) for row in BOOK]
    with pytest.raises(MissingColumns, match="expected to close"):
        deal_report(deals(undated, *OTHERS), AGREED, AS_OF).share_past_expected()


def test_coverage_by_count_and_by_value(deals: Build) -> None:
    """Five wins at 10K and five losses at 30K need 2 times the target by count, 4 times by value."""
    rows = [("won", 10_000), ("lost", 30_000)] * 5
    closed = [(*row, "2026-06-01", "2026-07-01", None, None, None, True, True) for row in rows]
    report = deal_report(deals(closed, *OTHERS), AGREED, AS_OF)
    assert report.coverage_by_count().value == pytest.approx(2)
    assert report.coverage_by_value().value == pytest.approx(4)


def test_a_velocity_without_an_interval_says_why(deals: Build) -> None:
    few = [row for row in BOOK if row[0] != "won"] + [BOOK[0]]
    velocity = deal_report(deals(few, *OTHERS), AGREED, AS_OF).velocity()
    assert velocity.low is None
    assert "found 1 and 3" in velocity.note


def _made_up(seed: int, count: int) -> list[tuple[Any, ...]]:
    """Deals with everything that exports have wrong with them."""
    random_ = random.Random(seed)  # noqa: S311  # made-up deals, no secrets
    rows: list[tuple[Any, ...]] = []
    for _ in range(count):
        status = random_.choice(["open", "won", "lost", "lost", "no decision"])
        created = None if random_.random() < 0.03 else TODAY - random_.randint(-20, 900)
        closed = None if status == "open" else (created or TODAY - 300) + random_.randint(-5, 200)
        amount = None if random_.random() < 0.1 else round(random_.lognormvariate(9, 1), 2)
        source, segment = random_.choice(["Web", "Event", "Referral", None]), random_.choice(["Small", "Large"])
        rows.append((status, amount, created, closed, source, segment, None, random_.random() < 0.9, True))
    return rows


@pytest.mark.parametrize("seed", range(3))
def test_both_blocks_equal_a_count_one_by_one(deals: Build, seed: int) -> None:
    rows = _made_up(seed, 400)
    summary = deal_report(deals(rows, *OTHERS), AGREED, AS_OF).summary()
    for block, taken, since in (
        ("all", rows, None),
        ("window", [row for row in rows if row[7]], TODAY - 365),
    ):
        found = summary[block]
        assert found["total"] == pytest.approx(_one_by_one(taken, since), rel=1e-9)
        assert sum(row["won"] for row in found["by_month"]) == found["total"]["won"]
        for source in ("Web", "Event", "Referral", None):
            (row,) = (dict(row) for row in found["by_source"] if row["source"] == source)
            del row["source"]
            del row["index"]
            expected = _one_by_one([deal for deal in taken if deal[4] == source], since)
            del expected["index"]
            assert row == pytest.approx(expected, rel=1e-9)


def _one_by_one(rows: list[tuple[Any, ...]], since: int | None) -> dict[str, float]:
    closed = [row for row in rows if row[0] != "open" and row[3] <= TODAY and (since is None or row[3] > since)]
    standing = [row for row in rows if (row[2] is None or row[2] <= TODAY) and (row[0] == "open" or row[3] > TODAY)]
    won = [row for row in closed if row[0] == "won"]
    amounts = [row[1] for row in won if row[1] is not None]
    cycles = [row[3] - row[2] for row in closed if row[2] is not None and row[3] >= row[2]]
    won_cycles = [row[3] - row[2] for row in won if row[2] is not None and row[3] >= row[2]]
    return {
        "open": len(standing),
        "won": len(won),
        "lost": sum(row[0] == "lost" for row in closed),
        "no_decision": sum(row[0] == "no decision" for row in closed),
        "win_rate": len(won) / len(closed),
        "average_deal": statistics.fmean(amounts),
        "won_revenue": sum(amounts),
        "cycle_mean_won": statistics.fmean(won_cycles),
        "cycle_median_won": statistics.median(won_cycles),
        "cycle_mean_closed": statistics.fmean(cycles),
        "cycle_median_closed": statistics.median(cycles),
        "velocity_per_day": len(standing)
        * statistics.fmean(amounts)
        * (len(won) / len(closed))
        / statistics.fmean(cycles),
        "index": 1,
    }
