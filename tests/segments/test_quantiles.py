"""Quantiles by the engine's own function and by the places of the values: the same, on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.segments import quantiles
from xlfunnel.segments.frames import Engine, frame_of
from xlfunnel.segments.quantiles import SHOWN, aggregated, statistic_of
from xlfunnel.units import Statistic

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVELS = {Statistic.MEDIAN: 0.5, Statistic.P75: 0.75, Statistic.P90: 0.9}


def expected(values: Sequence[float | None]) -> dict[str, float | None]:
    known = [value for value in values if value is not None]
    return {s: float(np.quantile(known, LEVELS[s])) if known else None for s in SHOWN}


def near(values: dict[str, float | None]) -> dict[str, Any]:
    return {name: None if value is None else pytest.approx(value, rel=1e-12) for name, value in values.items()}


@pytest.fixture(params=[(Engine.ARROW, True), (Engine.DUCKDB, True), (Engine.DUCKDB, False)], ids=str)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Engines with a quantile of their own, and without."""
    of, own = request.param
    monkeypatch.setattr(quantiles, "has_quantiles", lambda _: own)
    return Engine(of)


def found(engine: Engine, groups: Sequence[str | None], values: Sequence[float | None], by: str | None) -> Any:
    table = pa.table({"group": pa.array(groups, pa.string()), "value": pa.array(values, pa.float64())})
    rows = aggregated(frame_of(table, engine=engine), [statistic_of("value", s, s.value) for s in SHOWN], by)
    return {row[by] if by else "": {s: row[s] for s in SHOWN} for row in rows}


class TestQuantiles:
    def test_by_hand(self, engine: Engine) -> None:
        whole = found(engine, ["a"] * 5, [40, 10, None, 30, 20], None)
        assert whole == {"": {"median": 25.0, "p75": 32.5, "p90": pytest.approx(37.0)}}

    def test_each_group_has_its_own_and_one_of_blanks_has_none(self, engine: Engine) -> None:
        groups, values = ["a", "b", "a", None, "b", "c"], [1.0, 7.0, 2.0, 5.0, 7.0, None]
        assert found(engine, groups, values, "group") == {
            "a": pytest.approx(expected([1.0, 2.0])),
            "b": {"median": 7.0, "p75": 7.0, "p90": 7.0},
            None: {"median": 5.0, "p75": 5.0, "p90": 5.0},
            "c": {"median": None, "p75": None, "p90": None},
        }

    def test_no_rows_at_all(self, engine: Engine) -> None:
        assert found(engine, [], [], None) == {"": {"median": None, "p75": None, "p90": None}}


@given(values=st.lists(st.none() | st.integers(-50, 5000).map(float) | st.floats(0, 1e6), max_size=40))
def test_places_are_exact(values: list[float | None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantiles, "has_quantiles", lambda _: False)
        assert found(Engine.DUCKDB, ["a"] * len(values), values, None)[""] == near(expected(values))
