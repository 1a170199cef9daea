"""Cost of acquisition by channel: the worked case, and cents that always add up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.errors import EmptyDenominator, MissingInput, ShapeMismatch
from xlfunnel.segments.acquisition import allocate, cac_by_channel

PAID_AND_ORGANIC = (["Paid", "Organic"], [40_000, 15_000], [20, 10])


@pytest.mark.parametrize(
    ("driver", "loaded"),
    [([400, 900], (4_000, 10_500)), ([80, 60], (5_714, 7_071))],
    ids=["by hours", "by opportunities"],
)
def test_the_cheap_channel_is_the_dear_one(driver: list[float], loaded: tuple[float, float]) -> None:
    table = cac_by_channel(*PAID_AND_ORGANIC, driver, 130_000)
    assert table.header == ("channel", "marketing-only CAC", "allocated cost", "fully loaded CAC")
    assert table.column("channel") == ("Paid", "Organic", "Total")
    assert table.column("marketing-only CAC")[:2] == (2_000, 1_500)
    assert [round(cell) for cell in table.column("fully loaded CAC")[:2]] == list(loaded)  # type: ignore[arg-type]
    assert table.rows[-1] == ("Total", 55_000 / 30, 130_000, 185_000 / 30)


def test_rows_of_one_channel_are_added_up() -> None:
    table = cac_by_channel(["Paid", "Event", "paid "], [100, 50, 300], [1, 2, 3], [1, 2, 1], 400)
    assert table.rows[:2] == (("Paid", 100.0, 200.0, 150.0), ("Event", 25.0, 200.0, 125.0))


def test_a_channel_without_customers_keeps_its_cost_in_the_total() -> None:
    table = cac_by_channel(["Paid", "Event"], [100, 50], [10, 0], [1, 1], 50)
    _, marketing, allocated, loaded = table.rows[1]
    assert isinstance(marketing, EmptyDenominator)
    assert isinstance(loaded, EmptyDenominator)
    assert "Event won no customer" in str(loaded)
    assert allocated == 25
    assert table.rows[2] == ("Total", 15.0, 50.0, 20.0)


def test_nobody_won_a_customer() -> None:
    total = cac_by_channel(["Paid"], [100], [0], [1], 50).rows[-1]
    assert isinstance(total[1], EmptyDenominator)
    assert isinstance(total[3], EmptyDenominator)


def test_a_cost_needs_something_to_share_it_by() -> None:
    with pytest.raises(EmptyDenominator, match=r"130000 cannot be shared"):
        cac_by_channel(*PAID_AND_ORGANIC, [0, 0], 130_000)
    assert cac_by_channel(*PAID_AND_ORGANIC, [0, 0], 0).column("allocated cost") == (0, 0, 0)


def test_a_blank_spend_is_missing_and_not_nothing() -> None:
    with pytest.raises(MissingInput, match="marketing_spend, row 2"):
        cac_by_channel(["Paid", "Event"], [100, None], [10, 1], [1, 1], 50)  # type: ignore[list-item]
    with pytest.raises(ShapeMismatch, match="same number"):
        cac_by_channel(["Paid", "Event"], [100], [10, 1], [1, 1], 50)


@pytest.mark.parametrize(
    ("cost", "drivers", "parts"),
    [
        (100, [1, 1, 1], (33.34, 33.33, 33.33)),
        (0.05, [1, 1], (0.03, 0.02)),
        (0.01, [0, 1], (0, 0.01)),
        (10, [0.1, 0.2], (3.33, 6.67)),
        (1.005, [1], (1.01,)),
    ],
)
def test_cents_left_over_go_where_most_was_cut(cost: float, drivers: list[float], parts: tuple[float, ...]) -> None:
    assert allocate(cost, drivers) == parts


@given(
    st.decimals(0, 10**9, places=2),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=30).filter(any),
)
def test_parts_add_up_to_the_cent_and_none_is_a_cent_off(cost: Decimal, drivers: list[float]) -> None:
    parts = allocate(float(cost), drivers)
    assert sum(Decimal(repr(part)) for part in parts) == cost
    whole = sum(Fraction(repr(driver)) for driver in drivers)
    for part, driver in zip(parts, drivers, strict=True):
        assert abs(Fraction(repr(part)) - Fraction(cost) * Fraction(repr(driver)) / whole) < Fraction(1, 100)
