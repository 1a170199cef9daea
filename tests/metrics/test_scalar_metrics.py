"""Tables of cases for every function that takes single numbers: arguments, and what a cell shows."""

from __future__ import annotations

import math
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import xlfunnel as x
from xlfunnel.catalog import find
from xlfunnel.errors import MetricError
from xlfunnel.evaluate import evaluate
from xlfunnel.metrics.arithmetic import exact, round_nearest, round_up

CASES: list[tuple[str, list[Any], float | str]] = [
    ("SALES_VELOCITY", [50, 12_000, 0.25, 90, "week"], 11_666.666666666668),
    ("SALES_VELOCITY", [50, 12_000, 0.25, 90, "month"], 1_666.6666666666667 * 365.25 / 12),
    ("SALES_VELOCITY", [50, 12_000, 0.25, 90, "quarter"], 1_666.6666666666667 * 365.25 / 4),
    ("SALES_VELOCITY", [50, 12_000, 0.25, 90, "year"], 1_666.6666666666667 * 365.25),
    ("SALES_VELOCITY", [0, 12_000, 0.25, 90], 0),
    ("SALES_VELOCITY", [50, 12_000, 0.25, 0], "#DIV/0!"),
    ("SALES_VELOCITY", [1e200, 1e200, 1, 1], "#NUM!"),
    ("VELOCITY_GOAL", [2_500, "opportunities", 40, 12_000, 0.25, 60], 50),
    ("VELOCITY_GOAL", [2_500, "average_deal", 40, 12_000, 0.25, 60], 15_000),
    ("VELOCITY_GOAL", [2_500, "win_rate", 40, 12_000, 0.25, 60], 0.3125),
    ("VELOCITY_GOAL", [2_500, "cycle_days", 40, 12_000, 0.25, 60], 48),
    ("VELOCITY_GOAL", [9_000, "win_rate", 40, 12_000, 0.25, 60], "#NUM!"),
    ("VELOCITY_GOAL", [0, "cycle_days", 40, 12_000, 0.25, 60], "#DIV/0!"),
    ("VELOCITY_GOAL", [100, "win_rate", 0, 12_000, 0.25, 60], "#DIV/0!"),
    ("VELOCITY_GOAL", [100, "opportunities", 40, 12_000, 0.25, 0], "#DIV/0!"),
    ("VELOCITY_GOAL", [100, "cycle_days", 40, 0, 0.25, 60], "#DIV/0!"),
    ("VELOCITY_GOAL", [0, "opportunities", 40, 12_000, 0.25, 60], 0),
    ("VELOCITY_GOAL", [70, "win_rate", 0.7, 100, 0.1, 1], 1),
    ("VELOCITY_GOAL", [100, "luck", 40, 12_000, 0.25, 60], "#VALUE!"),
    ("CONVERSION_RATE", [0, 0], "#DIV/0!"),
    ("CONVERSION_RATE", [10, 11], "#NUM!"),
    ("CONVERSION_RATE", [10, 0], 0),
    ("DEALS_NEEDED", [100_001, 10_000], 11),
    ("DEALS_NEEDED", [0, 10_000], 0),
    ("DEALS_NEEDED", [100_000, 0], "#DIV/0!"),
    ("MQL_TARGET", [300_000, 30_000, [0.3, 0, 0.5]], "#DIV/0!"),
    ("MQL_TARGET", [0, 30_000, [0.3, 0.5], 0.9], 0),
    ("MQL_TARGET", [300_000, 30_000, [1, 1], 0.9], 10),
    ("MQL_TARGET", [260_000, 10_000, [0.5, 1], 0.5], 51),
    ("MQL_TARGET", [1, 1, [0.1], 0.1], 1),
    ("MQL_TARGET", [1, 1, [0.5], 0.875], 3),
    ("MQL_TARGET", [300_000, 30_000, [0.3], 1], "#NUM!"),
    ("MQL_TARGET", [300_000, 30_000, [0.3], 0], "#NUM!"),
    ("MQL_TARGET", [1e15, 1, [0.001], 0.5], "#NUM!"),
    ("PLAN_CHANCE", [100, [0.1], 0], 1),
    ("PLAN_CHANCE", [5, [0.5], 6], 0),
    ("PLAN_CHANCE", [5, [1], 5], 1),
    ("PLAN_CHANCE", [5, [0], 1], 0),
    ("PLAN_CHANCE", [2, [0.5], 0.5], 0.75),
    ("PLAN_CHANCE", [2.5, [0.5], 1], "#NUM!"),
    ("PIPELINE_TARGET", [250_000, 0], "#DIV/0!"),
    ("LEADS_FOR_PIPELINE", [1_000_000, 10_000, 0.3], 334),
    ("LEADS_FOR_PIPELINE", [1_000_000, 10_000], "#N/A"),
    ("COVERAGE_NEEDED", [0.25, 0.2], 5),
    ("COVERAGE_NEEDED", [0], "#DIV/0!"),
    ("COVERAGE_NEEDED", [0.5, 1], "#DIV/0!"),
    ("PIPELINE_COVERAGE", [900_000, 300_000], 3),
    ("PIPELINE_COVERAGE", [900_000, 300_000, 300_000], "#DIV/0!"),
    ("PIPELINE_COVERAGE", [900_000, 300_000, 400_000], "#DIV/0!"),
    ("WIN_RATE", [20, 60], 0.25),
    ("WIN_RATE", [0, 0], "#DIV/0!"),
    ("WIN_RATE", [0, 5], 0),
    ("ACCEPTANCE_RATE", [10, 12], "#NUM!"),
    ("ACCEPTANCE_RATE", [0, 0], "#DIV/0!"),
    ("SLA_HOURS", [datetime(2026, 9, 4, 16), datetime(2026, 9, 7, 10), 8, 18], 4),
    ("SLA_HOURS", [datetime(2026, 9, 4, 16), datetime(2026, 9, 7, 10), 9, 17, "MON-SUN"], 18),
    ("SLA_HOURS", [datetime(2026, 9, 4, 16), datetime(2026, 9, 8, 10), 9, 17, "MON-FRI", [date(2026, 9, 7)]], 2),
    ("SLA_HOURS", [datetime(2026, 9, 5), datetime(2026, 9, 6, 12)], 0),
    ("SLA_HOURS", [46_269.6666666667, 46_272.4166666667], 2),
    ("SLA_HOURS", [46_269.4321, 46_269.6321], 4.8),
    ("SLA_HOURS", [datetime(2026, 9, 7), datetime(2026, 9, 4)], "#NUM!"),
    ("SLA_HOURS", [datetime(2026, 9, 4), datetime(2026, 9, 7), 17, 9], "#NUM!"),
    ("SLA_HOURS", [datetime(2026, 9, 4), datetime(2026, 9, 7), 9, 17, "workdays"], "#VALUE!"),
    ("LEAD_CAPACITY", [3, 20, 0, 13], "#DIV/0!"),
    ("LEAD_CAPACITY", [3, 200, 2, 13], "#NUM!"),
    ("REPS_NEEDED", [1_000, 20, 2, 0], "#DIV/0!"),
    ("REPS_NEEDED", [130, 20, 2, 13], 1),
    ("REPS_NEEDED", [130.1, 20, 2, 13], 2),
    ("FULLY_LOADED_CAC", [0, 1, 1], "#DIV/0!"),
    ("FULLY_LOADED_CAC", [5, -1, 120_000], "#NUM!"),
    ("MARKETING_CAC", [0, 40_000], "#DIV/0!"),
    ("CUSTOMER_LTV", [500, 0.8, 0], 24_000),
    ("CUSTOMER_LTV", [500, 0.8, 0.001], 24_000),
    ("CUSTOMER_LTV", [500, 0.8, 0.05, 12], 4_800),
    ("LTV_TO_CAC", [20_000, 0], "#DIV/0!"),
    ("CAC_PAYBACK", [8_000, 500, 0], "#DIV/0!"),
]


@pytest.mark.parametrize(("name", "values", "shown"), CASES, ids=lambda v: str(v)[:60])
def test_a_cell_shows(name: str, values: list[Any], shown: float | str) -> None:
    try:
        answer: Any = evaluate(find(name), values)
    except MetricError as fault:
        answer = str(fault.code)
    assert answer == (shown if isinstance(shown, str) else pytest.approx(shown, rel=1e-9))


counts = st.floats(1e-3, 1e6)
rates = st.floats(0.001, 1)


@given(counts, counts, rates, counts)
def test_each_goal_reaches_its_target(n: float, a: float, w: float, t: float) -> None:
    target = x.sales_velocity(n, a, w, t) * 1.5
    levels = {"opportunities": n, "average_deal": a, "win_rate": w, "cycle_days": t}
    for lever in levels:
        if lever == "win_rate" and w * 1.5 > 1:
            continue
        goal = x.velocity_goal(target, lever, n, a, w, t)
        assert x.sales_velocity(**(levels | {lever: goal})) == pytest.approx(target, rel=1e-9)


levels = st.tuples(counts, counts, rates, counts)


@given(levels, levels)
def test_the_parts_of_a_bridge_sum_to_the_change(before: Any, after: Any) -> None:
    parts = x.velocity_bridge(before, after).column("added")
    change = x.sales_velocity(*after) - x.sales_velocity(*before)
    scale = max(x.sales_velocity(*after), x.sales_velocity(*before), *(abs(part) for part in parts))
    assert sum(parts[:4]) == pytest.approx(change, abs=1e-9 * scale)
    assert parts[4] == change


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        ((50, 12_000, 0.25, 0), "#DIV/0!"),
        ((0, 1, 0.5, 9), "#NUM!"),
        ((5, 1, 1.5, 9), "#NUM!"),
        ((5, 1, 0.5), "#VALUE!"),
        ((1e-200, 1e-200, 0.5, 9), "#NUM!"),
        ((1e200, 1e200, 0.5, 9), "#NUM!"),
    ],
)
def test_a_bridge_that_has_no_logarithm(after: Any, shown: str) -> None:
    with pytest.raises(MetricError) as caught:
        x.velocity_bridge((50, 12_000, 0.25, 90), after)
    assert caught.value.code == shown


def test_a_bridge_between_equal_velocities() -> None:
    parts = x.velocity_bridge((50, 12_000, 0.25, 90), (100, 6_000, 0.25, 90)).column("added")
    assert parts[0] == pytest.approx(-parts[1])
    assert parts[4] == 0


def test_a_bridge_between_velocities_that_differ_by_rounding_alone() -> None:
    parts = x.velocity_bridge((3, 0.1, 1, 1), (0.3, 1, 1, 1)).column("added")
    assert parts[0] == pytest.approx(-0.3 * math.log(10))
    assert sum(parts[:4]) == pytest.approx(parts[4], abs=1e-15)


def test_a_bridge_between_velocities_that_lie_far_apart() -> None:
    for before, after in (((1e100, 1, 1, 1), (1, 1e-200, 1, 1)), ((1, 1e-200, 1, 1), (1e100, 1, 1, 1))):
        parts = x.velocity_bridge(before, after).column("added")
        assert sum(parts[:4]) == pytest.approx(parts[4])
        assert parts[0] / parts[1] == pytest.approx(0.5)  # a third and two thirds of the orders of magnitude


def test_a_win_rate_is_held_at_one_and_says_so() -> None:
    table = x.velocity_sensitivity(40, 12_000, 0.95, 60)
    assert table.rows[2][:2] == ("win rate (held at 1)", 1.0)
    assert table.column("lever")[-1] == "all together"
    assert table.rows[3][1] == 54.0


@given(st.lists(rates, min_size=1, max_size=8), st.integers(0, 100_000))
def test_forward_undoes_reverse(conversions: list[float], deals: int) -> None:
    top = x.funnel_reverse(deals, conversions, "none").column("count")[0]
    assert x.funnel_forward(top, conversions).column("count")[-1] == pytest.approx(deals, rel=1e-9)


@given(st.lists(rates, min_size=1, max_size=8), st.integers(1, 100_000))
def test_every_shown_need_covers_the_unrounded_need_by_less_than_one(conversions: list[float], deals: int) -> None:
    shown = x.funnel_reverse(deals, conversions).column("count")
    need = x.funnel_reverse(deals, conversions, "none").column("count")
    for whole, exactly in zip(shown, need, strict=True):
        assert -1e-3 <= whole - exactly < 1


@given(st.integers(0, 10**7), st.integers(-10, 10))
def test_binary_noise_never_orders_one_more(whole: int, noise: int) -> None:
    assume(whole > 100)
    assert round_up(exact(whole * (1 + noise * 1e-15))) == whole
    assert round_nearest(Fraction(whole) + Fraction(1, 2)) == whole + 1
    assert round_up(Fraction(whole) + Fraction(1, 100)) == whole + 1


def test_the_time_of_each_stage_is_a_share_of_the_whole() -> None:
    table = x.funnel_bottleneck([0.3, 0.7, 0.6], [10, 20, 30])
    assert sum(table.column("share of time")) == pytest.approx(1)
    assert x.funnel_bottleneck([0.3]).header[-1] == "deals added per 100 leads"


def test_rates_may_differ_by_segment() -> None:
    rates = [[0.5, 0.5], [0.1, 0.1]]
    table = x.mix_gap(100, [0.5, 0.5], rates, [1_000, 1_000], [1_000, 1_000])
    assert table.column("deals")[:2] == (12.5, 0.5)


def test_a_segment_without_a_rate_has_no_need_that_could_be_told() -> None:
    table = x.mix_gap(100, [0.5, 0.5], [[0.5], [0]], [1_000, 1_000], [1_000, 1_000])
    assert isinstance(table.rows[1][-1], MetricError)
    assert isinstance(table.rows[2][-1], MetricError)
    assert table.rows[2][3] == 25_000


@pytest.mark.parametrize(
    ("mix", "shown"), [([0.5, 0.6], "#NUM!"), ([0.5], "#VALUE!"), ([0.5, None], "#N/A"), ([0.5, 0.25], None)]
)
def test_a_mix_that_does_not_fit(mix: Any, shown: str | None) -> None:
    call = (100, mix, [0.5], [1_000, 1_000], [1_000, 1_000])
    if shown is None:
        assert x.mix_gap(*call).rows[-1][1] == 75
        return
    with pytest.raises(MetricError) as caught:
        x.mix_gap(*call)
    assert caught.value.code == shown


flows = st.lists(st.floats(0, 1e4), min_size=1, max_size=30)


@given(flows, st.floats(0, 1e4))
def test_a_queue_loses_no_lead(leads: list[float], capacity: float) -> None:
    queue = x.lead_level(leads, capacity, "queue")
    worked, waiting = queue.column("worked"), queue.column("waiting")
    assert sum(worked) + waiting[-1] == pytest.approx(sum(leads), rel=1e-9)
    assert all(0 <= each <= capacity for each in worked)
    assert sum(x.lead_level(leads).column("level")) == pytest.approx(sum(leads), rel=1e-9)


def test_a_queue_needs_its_capacity() -> None:
    with pytest.raises(MetricError, match="capacity is missing"):
        x.lead_level([30, 10], None, "queue")


def test_reps_ramp_by_the_month_of_hire() -> None:
    months = [date(2026, m, 15) for m in (1, 2, 3, 4)]
    hired = [date(2026, 2, 28), date(2025, 1, 1), None]
    table = x.ramped_capacity(hired, [0.2, 0.6], 10_000, 1.1, months)
    assert table.column("capacity") == (11_000, 13_200, 17_600, 22_000)
    assert table.column("month")[0] == date(2026, 1, 1)


def test_python_raises_with_argument_rule_and_value() -> None:
    with pytest.raises(MetricError, match=r"win_rate must be a number from 0 to 1, received 25; write 25 % as 0\.25"):
        x.sales_velocity(40, 12_000, 25, 60)
    with pytest.raises(MetricError, match=r"win_rate must be a number from 0 to 1, received 1\.0000001"):
        x.sales_velocity(40, 12_000, 1.0000001, 60)
    with pytest.raises(MetricError, match=r"advanced must be at most entered \(1234567\), received 2345678"):
        x.conversion_rate(1_234_567, 2_345_678)
    with pytest.raises(MetricError, match="opportunities must be a number of at least 0, received inf"):
        x.sales_velocity(10**400, 12_000, 0.25, 60)
    with pytest.raises(MetricError, match="confidence must be a number over 0 and under 1, received 95"):
        x.win_rate_interval(20, 80, 95)
    with pytest.raises(MetricError, match="rates, cell 2 is 0"):
        x.funnel_reverse(10, [0.3, 0, 0.5])
    with pytest.raises(MetricError, match="cycle_days is missing"):
        x.sales_velocity(40, 12_000, 0.25, float("nan"))
    with pytest.raises(MetricError, match="per must be one of"):
        x.sales_velocity(40, 12_000, 0.25, 60, per="fortnight")


def test_a_number_of_months_is_no_list_of_months() -> None:
    with pytest.raises(MetricError, match="and not how many: received 1900-01-11"):
        evaluate(find("RAMPED_CAPACITY"), [[date(2026, 2, 1)], [0.2, 0.6], 10_000, 1, 12])
