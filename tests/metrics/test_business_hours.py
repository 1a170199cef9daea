"""Business hours between two moments, checked against a walk through every minute."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.errors import OutOfRange, UnknownOption
from xlfunnel.metrics.business_hours import WorkingWeek, parse_workdays

NINE_TO_FIVE = WorkingWeek()


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


MOMENTS = st.datetimes(at("1960-01-01"), at("2060-01-01")).map(lambda moment: moment.replace(microsecond=0))
DATES = st.dates(date(2026, 1, 1), date(2026, 12, 31))
WEEKS = st.builds(
    WorkingWeek,
    opens=st.sampled_from([0, 7.5, 9]),
    closes=st.sampled_from([12.25, 17, 24]),
    workdays=st.frozensets(st.integers(0, 6)),
    holidays=st.frozensets(DATES, max_size=20),
)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-09-28 10:00", "2026-09-28 10:05", 5 / 60),  # Monday morning
        ("2026-09-28 08:00", "2026-09-28 18:00", 8),  # only nine to five counts
        ("2026-09-28 16:00", "2026-09-29 10:00", 2),  # over night
        ("2026-09-25 16:30", "2026-09-28 09:30", 1),  # over a weekend
        ("2026-09-26 12:00", "2026-09-27 12:00", 0),  # within a weekend
        ("2026-09-28 17:00", "2026-09-29 09:00", 0),  # from closing to opening
        ("2026-09-21 00:00", "2026-09-28 00:00", 40),  # a week
        ("2025-12-31 12:00", "2026-01-02 12:00", 16),  # New Year's Day works unless it is a holiday
        ("2026-09-29 10:00", "2026-09-28 16:00", -2),  # the wrong way round
        ("1969-12-31 16:00", "1970-01-01 10:00", 2),  # a Wednesday and a Thursday long ago
    ],
)
def test_hours_of_a_week_that_works_nine_to_five(start: str, end: str, hours: float) -> None:
    between = NINE_TO_FIVE.hours_between(at(start), at(end))
    assert between == pytest.approx(hours, abs=1e-12)


def test_a_holiday_counts_once_and_only_on_a_workday() -> None:
    week = WorkingWeek(holidays=frozenset({date(2026, 1, 1), date(2026, 1, 3)}))  # a Thursday and a Saturday
    assert week.hours_between(at("2025-12-29"), at("2026-01-05")) == 32


def test_hours_of_the_day_may_be_fractions() -> None:
    week = WorkingWeek(opens=8.5, closes=12.25, workdays=parse_workdays("SAT"))
    assert week.hours_between(at("2026-09-26 09:00"), at("2026-10-03 09:00")) == 3.75


def test_a_thousand_years_take_no_walk() -> None:
    hours = NINE_TO_FIVE.hours_between(at("1500-01-01"), at("2500-01-01"))
    weeks, rest = divmod((at("2500-01-01") - at("1500-01-01")).days, 7)
    assert weeks * 40 <= hours <= (weeks * 5 + rest) * 8


def walked(week: WorkingWeek, start: datetime, end: datetime) -> float:
    """The same hours, minute by minute."""
    minutes, moment = 0, start
    while moment < end:
        hour = moment.hour + moment.minute / 60
        open_day = moment.weekday() in week.workdays and moment.date() not in week.holidays
        minutes += open_day and week.opens <= hour < week.closes
        moment += timedelta(minutes=1)
    return minutes / 60


@given(WEEKS, DATES, st.integers(0, 1439), st.integers(0, 12_000))
def test_hours_are_those_of_a_walk_through_every_minute(
    week: WorkingWeek, day: date, minute: int, length: int
) -> None:
    start = datetime.combine(day, time()) + timedelta(minutes=minute)
    end = start + timedelta(minutes=length)
    assert week.hours_between(start, end) == pytest.approx(walked(week, start, end), abs=1e-9)


@given(WEEKS, MOMENTS, MOMENTS, MOMENTS)
def test_parts_add_up_to_the_whole(week: WorkingWeek, a: datetime, b: datetime, c: datetime) -> None:
    parts = week.hours_between(a, b) + week.hours_between(b, c)
    assert week.hours_between(a, c) == pytest.approx(parts, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("MON-FRI", [0, 1, 2, 3, 4]),
        ("mon,tue", [0, 1]),
        ("SUN-THU", [0, 1, 2, 3, 6]),
        (" sat ", [5]),
        ("MON-SUN", [0, 1, 2, 3, 4, 5, 6]),
        ("SAT - SUN, wed", [2, 5, 6]),
    ],
)
def test_workdays_are_days_and_spans(words: str, days: list[int]) -> None:
    assert sorted(parse_workdays(words)) == days


@pytest.mark.parametrize("words", ["", "Monday", "MON-", "MON-WED-FRI", "MON;TUE", "1-5"])
def test_other_words_are_refused_and_shown(words: str) -> None:
    with pytest.raises(UnknownOption, match="MON-FRI") as refused:
        parse_workdays(words)
    assert f'"{words}"' in str(refused.value)


@pytest.mark.parametrize(("opens", "closes"), [(17, 9), (9, 9), (-1, 8), (9, 25)])
def test_a_week_must_close_after_it_opens(opens: float, closes: float) -> None:
    with pytest.raises(OutOfRange, match="closes must be after opens"):
        WorkingWeek(opens, closes)
