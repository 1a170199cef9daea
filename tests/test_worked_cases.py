"""The worked cases that the definitions promise, as a sales manager could check them by hand."""

from __future__ import annotations

import pytest

import xlfunnel as x

RATES = [0.3, 0.7, 0.6, 0.6, 0.9]
SEGMENTS = {
    # segment: target, average deal, deals, MQLs needed, MQLs printed, chance of the printed, MQLs for 80 %
    "Small": (150_000, 10_000, 15, 221, 220, 0.53, 265),
    "Middle": (300_000, 30_000, 10, 147, 143, 0.51, 183),
    "Large": (750_000, 250_000, 3, 45, 44, 0.58, 62),
}
PRINTED = {"Small": [220, 66, 46, 28, 17, 15], "Middle": [143, 43, 30, 18, 11, 10], "Large": [44, 13, 9, 6, 3, 3]}
each_segment = pytest.mark.parametrize("segment", SEGMENTS)


@each_segment
def test_the_guide_needs_so_many_deals_and_mqls(segment: str) -> None:
    target, deal, deals, mqls, printed, chance, safe = SEGMENTS[segment]
    assert x.deals_needed(target, deal) == deals
    assert x.mql_target(target, deal, RATES) == mqls
    assert x.funnel_reverse(deals, RATES).column("count")[0] == mqls
    assert round(x.plan_chance(printed, RATES, deals), 2) == chance
    assert x.mql_target(target, deal, RATES, 0.8) == safe


@each_segment
def test_the_printed_funnel_is_the_printed_mqls_run_forward(segment: str) -> None:
    counts = x.funnel_forward(PRINTED[segment][0], RATES).column("count")
    assert [f"{count:.0f}" for count in counts] == [str(count) for count in PRINTED[segment]]


def test_the_totals_of_the_guide() -> None:
    assert sum(row[3] for row in SEGMENTS.values()) == 413
    assert sum(row[4] for row in SEGMENTS.values()) == 407
    assert sum(row[6] for row in SEGMENTS.values()) == 510


@pytest.mark.parametrize(
    ("deals", "rounding", "mqls"),
    [(15, "nearest", 220), (3, "nearest", 44), (10, "step", 143), (10, "none", 146.972)],
)
def test_going_backward_reproduces_each_printed_column(deals: int, rounding: str, mqls: float) -> None:
    assert x.funnel_reverse(deals, RATES, rounding).column("count")[0] == pytest.approx(mqls, abs=5e-4)


def test_143_mqls_fall_short() -> None:
    deals = x.funnel_forward(143, RATES).column("count")[-1]
    assert deals == pytest.approx(9.73, abs=0.005)
    assert deals * 30_000 == pytest.approx(291_900, abs=50)


def test_630_leads_starve_the_middle() -> None:
    gap = x.mix_gap(630, [0.8, 0.15, 0.05], [RATES], [10_000, 30_000, 250_000], [150_000, 300_000, 750_000])
    assert gap.column("leads")[1] == 94.5
    assert [round(money / 1000, 1) for money in gap.column("revenue")] == [342.9, 192.9, 535.8, 1071.6]
    short = gap.column("leads over or missing")
    assert short[0] > 0 > short[1]


@pytest.mark.parametrize(("leads", "load"), [(504, 1.40), (94.5, 0.26), (31.5, 0.09)])
def test_the_load_of_one_rep_a_segment(leads: float, load: float) -> None:
    # 120 MQLs a rep and month: a quarter of 13 weeks at one hour a lead is the same as 360 leads
    assert round(leads / x.lead_capacity(1, 360 / 13, 1, 13), 2) == load


def test_a_lead_flow_is_levelled() -> None:
    assert x.lead_level([30, 10, 20, 60]).column("level") == (30, 30, 30, 30)
    queue = x.lead_level([30, 10, 20, 60], 30, "queue")
    assert queue.column("worked") == (30, 10, 20, 30)
    assert queue.column("waiting")[-1] == 30


def test_coverage_and_the_hidden_rate() -> None:
    assert x.coverage_needed(0.25) == 4
    assert x.coverage_needed(0.2) == 5
    assert x.leads_for_pipeline(1_000_000, 10_000, 0.1) == 1000


def test_fewer_wins_and_longer_cycles_compound() -> None:
    before = x.sales_velocity(100, 10_000, 0.25, 60)
    after = x.sales_velocity(100, 10_000, 0.25 * 0.6, 60 * 1.3)
    assert round(after / before, 4) == 0.4615


def test_the_bridge() -> None:
    bridge = x.velocity_bridge((50, 12_000, 0.25, 90), (60, 11_000, 0.22, 75))
    assert [round(float(part), 2) for part in bridge.column("added")] == [327.81, -156.44, -229.84, 327.81, 269.33]


@pytest.mark.parametrize(("driver", "loaded"), [((400, 900), (4_000, 10_500)), ((80, 60), (5_714, 7_071))])
def test_the_cheap_channel_is_the_dear_one(driver: tuple[int, int], loaded: tuple[int, int]) -> None:
    table = x.cac_by_channel(["Paid", "Organic"], [40_000, 15_000], [20, 10], driver, 130_000)
    rows = {row[0]: row for row in table.rows}
    header = table.header
    for channel, marketing, full in zip(("Paid", "Organic"), (2_000, 1_500), loaded, strict=True):
        assert rows[channel][header.index("marketing-only CAC")] == marketing
        assert round(float(rows[channel][header.index("fully loaded CAC")])) == full


@pytest.mark.parametrize(
    ("revenue", "deal", "deals"),
    [
        (0.3, 0.1, 3),
        (1.1, 0.1, 11),
        (300_000.01, 30_000, 11),
        (0.1 + 0.2, 0.1, 3),
        (2.4, 0.8, 3),
        (1e15 + 1, 1, 1e15 + 1),
    ],
)
def test_rounding_up_is_exact(revenue: float, deal: float, deals: float) -> None:
    assert x.deals_needed(revenue, deal) == deals
