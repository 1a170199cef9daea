"""Every way to write a day, and the order of day and month as a property of the column."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.crm.cells import tidy_cells
from xlfunnel.crm.dates import NONE, DateReader, Moments, Order, day_number
from xlfunnel.crm.errors import ContradictoryDates, UndecidableDates
from xlfunnel.crm.text_array import distinct, text_array


def moments(texts: list[str], order: Order | None = None, zone: str = "UTC") -> Moments:
    cells = tidy_cells(*distinct(text_array(texts)))
    return DateReader("deals.csv", order, zone).read(cells, "Close Date", np.arange(len(texts)) + 2)


def days(found: Moments) -> list[date | None]:
    return [None if day == NONE else date(1970, 1, 1) + timedelta(int(day)) for day in found.day]


@pytest.mark.parametrize(
    ("text", "day", "second"),
    [
        ("2024-01-15", date(2024, 1, 15), None),
        ("2024/1/5", date(2024, 1, 5), None),
        ("20240115", date(2024, 1, 15), None),
        ("2024-01-15 10:05", date(2024, 1, 15), 36_300),
        ("2025-12-16T16:17:02.000Z", date(2025, 12, 16), 58_622),
        ("2024-01-15T22:00:00-05:00", date(2024, 1, 16), 10_800),
        ("1/15/2024 12:05 AM", date(2024, 1, 15), 300),
        ("1/15/2024 12:05 PM", date(2024, 1, 15), 43_500),
        ("15/01/2024, 10:00", date(2024, 1, 15), 36_000),
        ("15.01.2024", date(2024, 1, 15), None),
        ("15-01-24", date(2024, 1, 15), None),
        ("31.12.3999", date(3999, 12, 31), None),
        ("31/12/69", date(1969, 12, 31), None),
        ("31/12/68", date(2068, 12, 31), None),
        ("15 Apr, 2021 00:02:00", date(2021, 4, 15), 120),
        ("Apr 15, 2021", date(2021, 4, 15), None),
        ("15-Apr-2021", date(2021, 4, 15), None),
        ("Thursday, 15 April 2021", date(2021, 4, 15), None),
        ("45306", date(2024, 1, 15), None),
        ("45306.5", date(2024, 1, 15), 43_200),
        ("1705312800000", date(2024, 1, 15), 36_000),
    ],
)
def test_a_day_is_read_however_it_is_written(text: str, day: date, second: int | None) -> None:
    found = moments([text])
    assert days(found) == [day]
    assert found.second[0] == (NONE if second is None else second)
    assert not found.unreadable.any()


@pytest.mark.parametrize(
    "text",
    ["soon", "########", "2024-02-30", "31/04/2024", "13/13/2024", "2024-01-15 25:00", "1/15/2024 13:00 PM",
     "2024-13-01", "12", "0001-01-01", "99999", "2024-01-15T10:00+5", "Q1 2024", "15 Foo 2021"],
)  # fmt: skip
def test_what_no_calendar_has_is_unreadable(text: str) -> None:
    found = moments([text])
    assert found.unreadable.tolist() == [True]
    assert days(found) == [None]


@pytest.mark.parametrize("text", ["", "  ", "N/A", "NaT", "-", "--", "null", "None", "Select"])
def test_a_placeholder_is_a_blank_and_not_unreadable(text: str) -> None:
    found = moments([text])
    assert days(found) == [None]
    assert not found.unreadable.any()


def test_one_value_decides_the_order_of_the_whole_column() -> None:
    assert days(moments(["3/4/2024", "12/25/2024"])) == [date(2024, 3, 4), date(2024, 12, 25)]
    assert days(moments(["3/4/2024", "25/12/2024"])) == [date(2024, 4, 3), date(2024, 12, 25)]


def test_an_undecidable_column_stops_and_names_the_setting() -> None:
    with pytest.raises(UndecidableDates, match=r'deals.csv, column "Close Date".*"3/4/2024" and "5/6/2024".*--dates'):
        moments(["3/4/2024", "5/6/2024", "2024-01-31"])


@pytest.mark.parametrize(("order", "day"), [("DMY", date(2024, 4, 3)), ("MDY", date(2024, 3, 4))])
def test_the_setting_decides_where_the_column_cannot(order: Order, day: date) -> None:
    assert days(moments(["3/4/2024"], order)) == [day]


def test_the_column_goes_before_the_setting() -> None:
    assert days(moments(["3/4/2024", "25/12/2024"], "MDY"))[0] == date(2024, 4, 3)


def test_a_column_in_both_orders_stops_with_an_example_of_each() -> None:
    with pytest.raises(ContradictoryDates, match=r'row 3 holds "13/02/2024".*row 2 holds "02/13/2024"'):
        moments(["02/13/2024", "13/02/2024"])


def test_with_the_setting_a_column_in_both_orders_loses_what_does_not_read() -> None:
    found = moments(["02/13/2024", "13/02/2024", "1/2/2024"], "MDY")
    assert days(found) == [date(2024, 2, 13), None, date(2024, 1, 2)]
    assert found.unreadable.tolist() == [False, True, False]


def test_days_that_read_the_same_in_both_orders_need_no_decision() -> None:
    found = moments(["5/5/2024", "12/12/2024"])
    assert days(found) == [date(2024, 5, 5), date(2024, 12, 12)]
    assert found.order is None


def test_dates_with_points_are_day_first() -> None:
    assert days(moments(["03.04.2024"])) == [date(2024, 4, 3)]


@pytest.mark.parametrize(
    ("texts", "zone", "expected"),
    [
        (["2024-01-14T23:00:00Z", "2024-07-14T22:00:00Z"], "Europe/Berlin", [date(2024, 1, 15), date(2024, 7, 15)]),
        (
            ["2024-01-15T00:00:00Z", "2024-07-15T00:00:00Z"],
            "America/New_York",
            [date(2024, 1, 15), date(2024, 7, 15)],
        ),
        (["2024-01-15T03:00:00Z"], "America/New_York", [date(2024, 1, 14)]),
        (["2024-01-15"], "America/New_York", [date(2024, 1, 15)]),
        (["2024-01-15 23:30"], "Europe/Berlin", [date(2024, 1, 15)]),
    ],
    ids=[
        "local midnight stored as UTC",
        "dates stored as UTC midnight stay",
        "stamp moves",
        "date stays",
        "local stays",
    ],
)
def test_stamps_are_taken_to_the_workbooks_time_zone(texts: list[str], zone: str, expected: list[date]) -> None:
    assert days(moments(texts, zone=zone)) == expected


def test_midnight_throughout_is_no_time_of_day() -> None:
    assert (moments(["2024-01-15 00:00:00", "2024-01-16 00:00:00"]).second == NONE).all()
    assert moments(["2024-01-15 00:00:00", "2024-01-16 08:00:00"]).second.tolist() == [0, 28_800]


@given(st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)), min_size=1, max_size=30))
def test_every_day_survives_every_way_to_write_it(stamps: list[datetime]) -> None:
    expected = [stamp.date() for stamp in stamps]
    for pattern in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%d %b, %Y %H:%M:%S", "%d.%m.%Y", "%Y%m%d"):
        assert days(moments([stamp.strftime(pattern) for stamp in stamps])) == expected, pattern
    assert days(moments([stamp.strftime("%m/%d/%Y") for stamp in stamps] + ["12/31/2024"]))[:-1] == expected
    assert days(moments([stamp.strftime("%d/%m/%Y") for stamp in stamps] + ["31/12/2024"]))[:-1] == expected


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_any_text_is_read_or_called_unreadable_or_blank(texts: list[str]) -> None:
    found = moments(texts, "DMY")
    assert len(found.day) == len(texts)
    assert not ((found.day != NONE) & found.unreadable).any()


def test_day_numbers_count_from_1970() -> None:
    assert day_number(date(2026, 9, 30)) == 20_726


def test_each_sign_between_the_numbers_may_prove_an_order_of_its_own() -> None:
    found = moments(["20/03/2023", "05/06/2023", "04-26-2023", "05-06-2023", "2023/06/07"])
    assert days(found) == [
        date(2023, 3, 20), date(2023, 6, 5), date(2023, 4, 26), date(2023, 5, 6), date(2023, 6, 7),
    ]  # fmt: skip
    assert (found.order, found.note) == (
        None, 'Close Date: with "/" the day comes first, with "-" the month comes first',
    )  # fmt: skip


def test_a_sign_that_proves_nothing_is_asked_for_whatever_the_others_prove() -> None:
    with pytest.raises(UndecidableDates, match='such as "05-06-2023"'):
        moments(["20/03/2023", "05-06-2023"])
    assert days(moments(["20/03/2023", "05-06-2023"], order="MDY")) == [date(2023, 3, 20), date(2023, 5, 6)]
    assert days(moments(["20/03/2023", "05-05-2023"])) == [date(2023, 3, 20), date(2023, 5, 5)]
    three = moments(["20/03/2023", "04-26-2023", "05.06.2023"])
    assert days(three) == [date(2023, 3, 20), date(2023, 4, 26), date(2023, 6, 5)]
