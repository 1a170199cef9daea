"""Follow-up, speed to lead and touches: leads that a person can check one by one, on every engine."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from statistics import mean
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlfunnel.errors import EmptyDenominator, OutOfRange, TooFewRecords
from xlfunnel.metrics.business_hours import WorkingWeek
from xlfunnel.segments.frames import Engine, frame_of, rows_of
from xlfunnel.segments.handoff import follow_up_rate, speed_to_lead, touch_figures, touches_per_deal
from xlfunnel.segments.response import ServiceLevel, business_seconds, responses, speed
from xlfunnel.units import Clock, Statistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.segments.frames import Frame

Moment = datetime | None
Lead = tuple[Moment, Moment]


def at(moment: str | None) -> Moment:
    return datetime.fromisoformat(moment) if moment else None


def moments(*texts: str | None) -> list[Moment]:
    return [at(text) for text in texts]


def stamp(moment: Moment) -> tuple[int | None, int | None]:
    if moment is None:
        return None, None
    return divmod(int(moment.replace(tzinfo=UTC).timestamp()), 86_400)


def frame(leads: Sequence[Lead], engine: Engine, groups: Sequence[str | None] | None = None) -> Frame:
    stamps = [(*stamp(qualified), *stamp(touched)) for qualified, touched in leads]
    names = ("qualified_day", "qualified_second", "touch_day", "touch_second")
    columns = {name: pa.array([row[i] for row in stamps], pa.int32()) for i, name in enumerate(names)}
    table = pa.table(columns)
    if groups:
        table = table.append_column("source", pa.array(groups).dictionary_encode())
    return frame_of(table, engine=engine)


MONDAY_TO_WEDNESDAY = [  # qualified, first touch, business hours between
    (at("2026-09-28 10:00"), at("2026-09-28 14:00")),  # 4
    (at("2026-09-28 15:00"), at("2026-09-29 11:00")),  # 4, over night
    (at("2026-09-28 15:00"), at("2026-09-29 11:01")),  # a minute more
    (at("2026-09-25 18:00"), at("2026-09-28 09:30")),  # 0.5, after a weekend
    (at("2026-09-28 12:00"), at("2026-09-27 12:00")),  # touched before it was qualified
    (at("2026-09-30 13:00"), None),  # untouched for 3 hours on Wednesday at 16:00
    (at("2026-09-30 12:00"), None),  # untouched for exactly 4 hours
    (at("2026-09-30 11:59"), None),  # untouched for longer
    (at("2026-09-30 09:00"), at("2026-09-30 16:30")),  # its touch has not happened yet
    (at("2026-09-30 16:01"), None),  # qualified later
    (None, at("2026-09-28 10:00")),  # never qualified by marketing
]
WEDNESDAY = datetime.fromisoformat("2026-09-30 16:00")
BARE_DATE = datetime.fromisoformat("2026-09-30")


@pytest.mark.parametrize("engine", Engine)
class TestResponses:
    def test_each_lead_counts_as_the_agreement_says(self, engine: Engine) -> None:
        (found,) = responses(frame(MONDAY_TO_WEDNESDAY, engine), WEDNESDAY, ServiceLevel(4, WorkingWeek()))
        assert (found.qualified, found.touched, found.in_time, found.waiting) == (9, 5, 4, 2)
        assert found.rate()[1] == pytest.approx(4 / 7, rel=1e-9)

    def test_without_a_service_level_every_untouched_lead_is_a_miss(self, engine: Engine) -> None:
        (found,) = responses(frame(MONDAY_TO_WEDNESDAY, engine), WEDNESDAY)
        assert (found.in_time, found.judged, found.waiting) == (5, 9, 0)

    def test_the_elapsed_clock_runs_at_night(self, engine: Engine) -> None:
        (found,) = responses(frame(MONDAY_TO_WEDNESDAY, engine), WEDNESDAY, ServiceLevel(4))
        assert (found.in_time, found.waiting) == (2, 2)

    def test_the_median_takes_touched_leads_in_elapsed_minutes(self, engine: Engine) -> None:
        (found,) = responses(frame(MONDAY_TO_WEDNESDAY, engine), WEDNESDAY, ServiceLevel(4, WorkingWeek()))
        assert found.median_minutes == 1200  # of 0, 240, 1200, 1201 and 3810

    def test_each_group_is_counted_on_its_own(self, engine: Engine) -> None:
        leads = frame(MONDAY_TO_WEDNESDAY[:4], engine, ["Web", None, "Web", None])
        found = {r.group: r for r in responses(leads, WEDNESDAY, ServiceLevel(4, WorkingWeek()), "source")}
        assert {name: (r.qualified, r.in_time) for name, r in found.items()} == {"Web": (2, 1), None: (2, 2)}

    def test_hours_that_are_no_binary_number_are_met_to_the_second(self, engine: Engine) -> None:
        lead = (at("2026-09-28 10:00:00"), at("2026-09-28 14:06:00"))  # 4.1 hours
        (found,) = responses(frame([lead], engine), WEDNESDAY, ServiceLevel(4.1))
        assert found.in_time == 1


WEEKS = st.builds(
    WorkingWeek,
    opens=st.sampled_from([0, 7.5, 9]),
    closes=st.sampled_from([12.25, 17, 24]),
    workdays=st.frozensets(st.integers(0, 6)),
    holidays=st.frozensets(st.dates(date(1969, 6, 1), date(1971, 1, 1)), max_size=10),
)
STAMPS = st.datetimes(datetime.fromisoformat("1965-01-01"), datetime.fromisoformat("2060-01-01")).map(
    lambda moment: moment.replace(microsecond=0)
)


@settings(max_examples=30, deadline=None)
@given(WEEKS, st.lists(st.tuples(STAMPS, STAMPS), min_size=1, max_size=8), st.sampled_from(Engine))
def test_hours_in_a_frame_are_the_hours_between(
    week: WorkingWeek, leads: list[tuple[datetime, datetime]], engine: Engine
) -> None:
    import narwhals as nw

    def until(word: str) -> nw.Expr:
        day, second = (nw.col(f"{word}_{unit}").cast(nw.Int64) for unit in ("day", "second"))
        return business_seconds(week, day, second)

    columns = frame(leads, engine).with_columns(seconds=until("touch") - until("qualified"))
    found = [row["seconds"] / 3600 for row in rows_of(columns)]
    assert found == pytest.approx([week.hours_between(start, end) for start, end in leads], abs=1e-9)


class TestFollowUpRate:
    def test_shares(self) -> None:
        qualified = [lead[0] for lead in MONDAY_TO_WEDNESDAY]
        touched = [lead[1] for lead in MONDAY_TO_WEDNESDAY]
        assert follow_up_rate(qualified, touched, WEDNESDAY, 4) == pytest.approx(4 / 7)
        assert follow_up_rate(qualified, touched, WEDNESDAY) == pytest.approx(5 / 9)
        assert follow_up_rate(qualified, touched, WEDNESDAY, 4, Clock.ELAPSED) == pytest.approx(2 / 7)

    def test_a_bare_date_means_the_end_of_that_day(self) -> None:
        evening = (moments("2026-09-30 18:00", "2026-10-01 00:00"), moments("2026-09-30 20:00", None))
        assert follow_up_rate(*evening, BARE_DATE) == 1

    @pytest.mark.parametrize(
        ("qualified", "sla", "why"),
        [("2026-10-01 00:00", None, "none was qualified"), ("2026-09-30 15:00", 4, "1 untouched, still inside")],
    )
    def test_nothing_to_count(self, qualified: str, sla: float | None, why: str) -> None:
        with pytest.raises(EmptyDenominator, match=why):
            follow_up_rate(moments(qualified, None), moments(None, "2026-01-01"), BARE_DATE, sla)

    def test_a_limit_of_no_hours_is_no_agreement(self) -> None:
        with pytest.raises(OutOfRange, match="over 0"):
            follow_up_rate(moments("2026-09-30"), moments("2026-09-30"), BARE_DATE, 0)


class TestSpeedToLead:
    LEADS = (
        moments("2026-09-28 16:30", "2026-09-28 10:00", "2026-09-28 10:00", "2026-09-28 10:00", None),
        moments("2026-09-29 09:10", "2026-09-28 10:05", "2026-09-28 09:00", None, "2026-09-28 10:00"),
    )

    def test_minutes_over_the_touched_leads(self) -> None:
        assert speed_to_lead(*self.LEADS) == 5  # of 0, 5 and 1000
        assert speed_to_lead(*self.LEADS, Statistic.MEAN) == pytest.approx(mean([0, 5, 1000]))
        assert speed_to_lead(*self.LEADS, Statistic.P90, Clock.BUSINESS) == pytest.approx(33)  # of 0, 5 and 40

    @pytest.mark.parametrize("engine", Engine)
    def test_engines_agree(self, engine: Engine) -> None:
        leads = frame(list(zip(*self.LEADS, strict=True)), engine)
        assert speed(leads, Statistic.P75) == pytest.approx(502.5, rel=1e-9)
        assert speed(leads, Statistic.P75, WorkingWeek()) == pytest.approx(22.5, rel=1e-9)

    def test_nobody_was_touched(self) -> None:
        with pytest.raises(TooFewRecords, match="first touch"):
            speed_to_lead(moments("2026-09-28", None), moments(None, "2026-09-28"))
        with pytest.raises(EmptyDenominator, match="first touch"):
            speed_to_lead(moments("2026-09-28", None), moments(None, "2026-09-28"), Statistic.MEAN)

    def test_fractions_of_a_second_count(self) -> None:
        qualified, touched = [46_288.5, 46_289.5], [46_288.503, 46_289.51]  # 259.2 and 864 seconds later
        assert speed_to_lead(qualified, touched) == pytest.approx((4.32 + 14.4) / 2)
        assert follow_up_rate(qualified, touched, 46_290, 4.32 / 60, Clock.ELAPSED) == 0.5


class TestTouchesPerDeal:
    DEALS = ("D1", "D2", "D3", "D4", "D1")
    TOUCHED = ("D1", "D1", "D1", "D2", "D2", "D9", None, "D3")
    PEOPLE = ("Ann", "Bob", "Ann", "Ann", None, "Zoe", "Ann", None)

    def test_touches_and_people(self) -> None:
        table = touches_per_deal(self.DEALS, self.TOUCHED, self.PEOPLE)
        assert table.header == ("deals", "touches per deal", "people per deal")
        assert table.rows == ((4, 1.5, 0.5),)  # touches 3, 2, 1, 0; people 2, 1, 0, 0

    def test_without_people_the_column_is_left_out(self) -> None:
        table = touches_per_deal(self.DEALS, self.TOUCHED, statistic=Statistic.MEAN)
        assert table.header == ("deals", "touches per deal")
        assert table.rows == ((4, 1.5),)

    @pytest.mark.parametrize("engine", Engine)
    @pytest.mark.parametrize("statistic", Statistic)
    def test_engines_agree(self, engine: Engine, statistic: Statistic) -> None:
        deals = frame_of(pa.table({"deal": self.DEALS}), engine=engine)
        touches = frame_of(pa.table({"deal": self.TOUCHED, "person": self.PEOPLE}), engine=engine)
        expected = {Statistic.MEAN: 1.5, Statistic.MEDIAN: 1.5, Statistic.P75: 2.25, Statistic.P90: 2.7}
        people = {Statistic.MEAN: 0.75, Statistic.MEDIAN: 0.5, Statistic.P75: 1.25, Statistic.P90: 1.7}
        found = touch_figures(deals, touches, statistic, people=True)
        assert found == pytest.approx((4, expected[statistic], people[statistic]), rel=1e-9)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.sampled_from("ABCDE"), max_size=20).filter(lambda t: "A" in t))
    def test_the_mean_is_all_touches_of_known_deals_over_the_deals(self, touched: list[str]) -> None:
        counts = Counter(touched)
        table = touches_per_deal(["A", "B", "C"], touched, statistic=Statistic.MEAN)
        assert table.rows[0][1] == pytest.approx(sum(counts[deal] for deal in "ABC") / 3)
