"""Sourced and influenced revenue: deals whose shares a person can add up, on every engine."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.errors import EmptyDenominator, OutOfRange
from xlfunnel.segments.frames import Engine, frame_of
from xlfunnel.segments.revenue import influenced, influenced_share, sourced, sourced_share

REVENUE = [100.0, 250.0, None, 50.0, 0.0, 600.0]
SOURCE = ["Web", " WEB ", "Web", None, "Event", "Referral"]
TOUCHED = [True, False, True, None, True, True]


@pytest.mark.parametrize("engine", Engine)
def test_engines_agree_on_the_shares(engine: Engine) -> None:
    table = pa.table({"money": REVENUE, "source": pa.array(SOURCE).dictionary_encode(), "touched": TOUCHED})
    frame = frame_of(table, engine=engine)
    assert sourced(frame, "money", "source", ["web", "EVENT"]) == pytest.approx(0.35, rel=1e-9)
    assert influenced(frame, "money", "touched") == pytest.approx(0.7, rel=1e-9)


def test_case_and_space_do_not_part_a_source_and_a_deal_without_source_is_not_marketings() -> None:
    assert sourced_share(REVENUE, SOURCE, ["web", "Event "]) == pytest.approx(0.35)
    assert sourced_share(REVENUE, SOURCE, ["Partner"]) == 0


def test_marketing_touched_what_is_marked_and_nothing_else() -> None:
    assert influenced_share(REVENUE, TOUCHED) == pytest.approx(0.7)
    assert influenced_share([100, 300], ["yes", 0]) == pytest.approx(0.25)  # type: ignore[list-item]


def test_no_revenue_has_no_shares() -> None:
    with pytest.raises(EmptyDenominator, match="no won revenue"):
        sourced_share([0, 0], ["Web", None], ["Web"])
    with pytest.raises(EmptyDenominator, match="no won revenue"):
        influenced_share([0, None], [True, True])


def test_revenue_is_not_negative() -> None:
    with pytest.raises(OutOfRange, match="revenue, row 2"):
        influenced_share([10, -5], [True, False])


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from("abc")), min_size=1).filter(lambda d: sum(r for r, _ in d))
)
def test_the_shares_of_all_sources_add_up_to_one(deals: list[tuple[float, str]]) -> None:
    revenue, source = [r for r, _ in deals], [s for _, s in deals]
    assert sum(sourced_share(revenue, source, [name]) for name in "abc") == pytest.approx(1)
