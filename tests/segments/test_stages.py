"""Conversion of matured cohorts and time in stage: small lists that a person can count, on every engine."""

from __future__ import annotations

from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from xlfunnel.errors import EmptyDenominator, ShapeMismatch, TooFewRecords
from xlfunnel.segments.frames import Engine, frame_of
from xlfunnel.segments.stages import conversion_table, stage_conversion, stage_steps, stage_times, time_in_stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell, Table

Day = int | None
Journey = tuple[Day, ...]


def frame(journeys: Sequence[Journey], engine: Engine, groups: Sequence[str | None] | None = None) -> Frame:
    stages = range(len(journeys[0]))
    columns: dict[str, pa.Array[Any]] = {
        f"stage_{i}": pa.array([journey[i] for journey in journeys], pa.int32()) for i in stages
    }
    if groups:
        columns["group"] = pa.array(groups).dictionary_encode()
    return frame_of(pa.table(columns), engine=engine)


def names(journeys: Sequence[Journey]) -> list[str]:
    return [f"stage_{i}" for i in range(len(journeys[0]))]


def converted(journeys: Sequence[Journey], engine: Engine, as_of: int = 100, window: int | None = None) -> Table:
    stages = names(journeys)
    return conversion_table(stage_steps(frame(journeys, engine), stages, [s[6:] for s in stages], as_of, window))


def row(table: Table, number: int = 0) -> dict[str, Cell]:
    return list(table.records())[number]


def days(*rows: tuple[str | None, ...]) -> list[list[date | None]]:
    return [[date.fromisoformat(cell) if cell else None for cell in cells] for cells in rows]


@pytest.mark.parametrize("engine", Engine)
class TestStageConversion:
    def test_young_records_are_left_out(self, engine: Engine) -> None:
        # Lags 10 and 20: the 90th percentile is 19 days, so the record of day 90 is too young on day 100.
        journeys = [(0, 10), (0, 20), (50, None), (90, None), (81, None)]
        found = row(converted(journeys, engine))
        assert (found["entered"], found["advanced"], found["rate"]) == (4, 2, 0.5)
        assert found["median days"] == 15

    def test_a_window_replaces_the_percentile(self, engine: Engine) -> None:
        found = row(converted([(0, 10), (0, 20), (50, None), (90, None), (81, None)], engine, window=50))
        assert (found["entered"], found["advanced"]) == (3, 2)

    def test_a_window_of_no_days_counts_everyone(self, engine: Engine) -> None:
        found = row(converted([(100, None), (0, 100)], engine, window=0))
        assert (found["entered"], found["advanced"]) == (2, 1)

    def test_a_skipped_stage_counts_as_passed_on_the_earliest_later_date(self, engine: Engine) -> None:
        # The second record skipped stage 1: it entered it on day 40, the earlier of its later dates.
        journeys: list[Journey] = [(0, 10, 20, 30), (0, None, 60, 40), (None, None, None, 70)]
        table = converted(journeys, engine, window=60)
        assert [(r["entered"], r["advanced"]) for r in table.records()] == [(2, 2), (2, 2), (1, 1)]

    def test_only_lags_between_two_real_dates_make_the_median(self, engine: Engine) -> None:
        journeys = [(0, 4, 5), (0, 6, 9), (0, None, 50), (30, 10, 12)]  # a skip, and a date before the last
        table = converted(journeys, engine, window=0)
        assert table.column("median days") == (5.0, 2.0)

    def test_dates_after_the_day_have_not_happened(self, engine: Engine) -> None:
        found = row(converted([(0, 101), (0, 30), (101, 102)], engine, window=10))
        assert (found["entered"], found["advanced"], found["median days"]) == (2, 1, 30)

    def test_nothing_says_what_old_enough_is(self, engine: Engine) -> None:
        found = row(converted([(0, None), (None, 5)], engine))
        assert all(isinstance(value, TooFewRecords) for name, value in found.items() if name != "stage")

    def test_all_too_young(self, engine: Engine) -> None:
        found = row(converted([(90, None), (95, 96)], engine, window=20))
        assert (found["entered"], found["advanced"], found["median days"]) == (0, 0, 1)
        assert isinstance(found["rate"], TooFewRecords)
        assert "none of 2 records is old enough" in str(found["rate"])

    def test_nobody_entered(self, engine: Engine) -> None:
        found = row(converted([(200, None), (300, None)], engine, window=20))
        assert isinstance(found["rate"], EmptyDenominator)
        assert isinstance(found["median days"], TooFewRecords)

    def test_the_interval_is_wilsons(self, engine: Engine) -> None:
        found = row(converted([(0, 5)] * 7 + [(0, None)] * 33, engine))
        low, high = proportion_confint(7, 40, method="wilson")
        assert (found["low"], found["high"]) == pytest.approx((low, high), rel=1e-9)


JOURNEYS = st.integers(2, 4).flatmap(
    lambda stages: st.lists(
        st.tuples(*[st.none() | st.integers(-20, 130)] * stages).filter(any), min_size=1, max_size=12
    )
)


def counted(journeys: Sequence[Journey], step: int, as_of: int, window: int | None) -> tuple[Day, Day]:
    """Entered and advanced by the definition, record by record."""
    past = [tuple(d if d is not None and d <= as_of else None for d in journey) for journey in journeys]
    lags = [j[step + 1] - j[step] for j in past if j[step] is not None and j[step + 1] is not None]  # type: ignore[operator]
    lags = [lag for lag in lags if lag >= 0]
    if window is None and not lags:
        return None, None
    age = window if window is not None else float(np.quantile(lags, 0.9))

    def entered(journey: Journey, stage: int) -> Day:
        own = journey[stage]
        return own if own is not None else min((d for d in journey[stage + 1 :] if d is not None), default=None)

    old = [j for j in past if (e := entered(j, step)) is not None and as_of - e >= age - 1e-9]
    return len(old), sum(entered(j, step + 1) is not None for j in old)


@settings(max_examples=60, deadline=None)
@given(JOURNEYS, st.none() | st.integers(0, 60), st.sampled_from(Engine))
def test_counts_are_those_of_a_walk_through_the_records(
    journeys: list[Journey], window: int | None, engine: Engine
) -> None:
    steps = stage_steps(frame(journeys, engine), names(journeys), names(journeys), 100, window)
    for number, step in enumerate(steps):
        assert (step.entered, step.advanced) == counted(journeys, number, 100, window)


@pytest.mark.parametrize("engine", Engine)
class TestTimeInStage:
    JOURNEYS: Sequence[Journey] = [
        (0, 10, 30),
        (0, 20, None),  # sits in stage 1 since day 20
        (0, None, 40),  # skipped stage 1: left stage 0 after 40 days
        (95, None, None),
        (60, 50, None),  # dates the wrong way round: no stay of -10 days
        (0, 101, None),  # its second date has not happened on day 100
    ]

    def test_completed_stays_and_who_sits_there_now(self, engine: Engine) -> None:
        table = stage_times(frame(self.JOURNEYS, engine), names(self.JOURNEYS), ["A", "B", "C"], 100, stale_days=50)
        assert table.header == ("stage", "n", "median days", "p75", "p90", "here now", "stale")
        assert table.rows[0][:4] == ("A", 3, 20.0, 30.0)
        assert table.rows[0][4:] == pytest.approx((36.0, 2, 1), rel=1e-9)
        assert table.rows[1] == ("B", 1, 20.0, 20.0, 20.0, 2, 1)
        assert table.rows[2][:2] == ("C", 0)
        assert all(isinstance(cell, TooFewRecords) for cell in table.rows[2][2:5])
        assert table.rows[2][5:] == (2, 2)

    def test_stale_is_longer_than_the_days_not_as_long(self, engine: Engine) -> None:
        sitting = frame([(50, None), (49, None)], engine)
        table = stage_times(sitting, ["stage_0", "stage_1"], ["A", "B"], 100, stale_days=50)
        assert row(table)["stale"] == 1

    def test_each_group_has_its_row_and_the_blank_one_stands_last(self, engine: Engine) -> None:
        grouped = frame([(0, 10), (0, 20), (0, None)], engine, ["b", None, "a"])
        table = stage_times(grouped, ["stage_0", "stage_1"], ["A", "B"], 100, "group")
        assert table.column("group") == ("a", "b", "(blank)") * 2
        assert table.column("n") == (0, 1, 1, 0, 0, 0)
        assert table.column("here now") == (1, 0, 0, 0, 1, 1)


class TestWorksheetFunctions:
    DATES = days(
        ("2026-01-01", "2026-01-11", "2026-02-01"),
        ("2026-01-05", "2026-01-25", None),
        ("2026-06-25", None, None),
    )

    def test_stage_conversion_numbers_its_stages(self) -> None:
        table = stage_conversion(self.DATES, date(2026, 6, 30))
        assert table.header == ("stage", "entered", "advanced", "rate", "low", "high", "median days")
        assert [cells[:4] for cells in table.rows] == [("1 → 2", 2, 2, 1.0), ("2 → 3", 2, 1, 0.5)]

    def test_time_in_stage_without_and_with_groups(self) -> None:
        table = time_in_stage(self.DATES, date(2026, 9, 30))
        assert table.column("stage") == ("stage 1", "stage 2", "stage 3")
        assert table.column("median days")[0] == median([10, 20])
        assert table.column("stale") == (0, 1, 1)
        by_owner = time_in_stage(self.DATES, date(2026, 9, 30), ["Ann", "Bob", "ANN "], 90)
        assert by_owner.header[:3] == ("stage", "group", "n")
        assert row(by_owner) | {"p75": 0, "p90": 0} == {
            "stage": "stage 1", "group": "Ann", "n": 1, "median days": 10.0, "p75": 0, "p90": 0,
            "here now": 1, "stale": 1,
        }  # fmt: skip

    def test_one_stage_is_no_funnel(self) -> None:
        with pytest.raises(ShapeMismatch, match="at least two stages"):
            stage_conversion(days(("2026-01-01",), ("2026-01-02",)), date(2026, 6, 30))
