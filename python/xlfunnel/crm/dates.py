"""Text becomes days and times of day. Whether the day or the month comes first is decided for the whole column."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np

from xlfunnel.crm.errors import ContradictoryDates, UndecidableDates
from xlfunnel.crm.text_array import (
    Groups,
    as_floats,
    at,
    extract,
    lengths,
    lowered,
    matches,
    one_of,
    place_of,
    started,
    text_array,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pyarrow as pa

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.text_array import Floats, Integers, Mask

    Days = npt.NDArray[np.int32]

Order = Literal["DMY", "MDY"]

NONE = np.iinfo(np.int32).min
"""Stands in an array of days or seconds for "no date" or "no time of day"."""

DAY_SECONDS = 86_400
HOUR = 3_600
QUARTER_HOUR = 900
FEWEST_DAYS = 3
"""Of fewer days the same time of day may be chance."""
EXCEL_DAY_0 = 25_569  # 1970-01-01 as an Excel serial
EXCEL_SERIALS = (20_000, 80_000)  # 1954 to 2119: what a five-digit number in a date column can mean
YEARS = (1900, 10_000)  # far years stand for "never" in open deals
EPOCH_YEARS = 230  # milliseconds since 1970 are believed up to so many years
PIVOT = 69  # two digits from here on are of the last century, as POSIX has it

TIME = (
    r"(?:(?:T|,? +|, *)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}))?)?$"
)
YEAR = r"(?P<year>\d{4}|\d{2})"
NUMBERED = r"^(?P<first>\d{1,2})(?P<sign>[-/.])(?P<other>\d{1,2})[-/.]" + YEAR + TIME
SIGNS = ("/", "-", ".")
FIRST: dict[Order, str] = {"DMY": "day", "MDY": "month"}
YEAR_FIRST = (
    r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + TIME,
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + TIME,
)
NAMED = (
    r"^(?:[A-Za-z]{3,9}\.?,? )?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[ -](?P<name>[A-Za-z]{3,9})\.?,?[ -]" + YEAR + TIME,
    r"^(?:[A-Za-z]{3,9}\.?, )?(?P<name>[A-Za-z]{3,9})\.?[ -](?P<day>\d{1,2})(?:st|nd|rd|th)?,?[ -]" + YEAR + TIME,
)
SERIAL = r"^\d{5}(?:\.\d+)?$"
MILLISECONDS = r"^\d{12,13}$"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def day_number(day: date) -> int:
    """A date as days since 1970-01-01.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return (day - date(1970, 1, 1)).days


@dataclass(frozen=True)
class Moments:
    """A column of dates: day number and second of the day for each row, and the rows that could not be read."""

    day: Days
    second: Days
    unreadable: Mask
    order: Order | None = None
    """The order that was needed to read it; None where every value reads the same in both, or where both were."""
    note: str = ""
    """How it was read where values with one sign have another order than those with another."""


@dataclass
class _Parsed:
    """The distinct values while they are being read."""

    day: Integers
    second: Integers  # NONE without a time
    stamped: Mask  # carries an offset to UTC, and stands in UTC here

    @classmethod
    def empty(cls, size: int) -> _Parsed:
        return cls(np.full(size, NONE), np.full(size, NONE), np.zeros(size, np.bool_))


@dataclass(frozen=True)
class DateReader:
    """How the dates of a file are read: the order where a column cannot decide, and the workbook's time zone."""

    file: str
    order: Order | None
    zone: str

    def read(self, cells: Cells, column: str, rows: Integers) -> Moments:
        """Read a column; raises `UndecidableDates` or `ContradictoryDates` when the order cannot be known."""
        values = cells.values
        parsed = _Parsed.empty(len(values))
        for pattern in YEAR_FIRST:
            _each_match(parsed, values, pattern, _year_first)
        for pattern in NAMED:
            _each_match(parsed, values, pattern, _named)
        orders = self._read_numbered(parsed, cells, column, rows)
        _each_number(parsed, values)
        shifted = self._shifted_midnight(parsed)
        self._to_zone(parsed)
        if not ((parsed.second != NONE) & (parsed.second != 0)).any():
            parsed.second[:] = NONE  # midnight throughout is a date, as Excel writes it
        unreadable = cells.per_row(parsed.day == NONE, blank=False)
        day = cells.per_row(parsed.day.astype(np.int32), blank=NONE)
        second = cells.per_row(parsed.second.astype(np.int32), blank=NONE)
        if len(set(orders.values())) < 2:
            note = f"{column}: {shifted}" if shifted else ""
            return Moments(day, second, unreadable, next(iter(orders.values()), None), note)
        told = (f'with "{sign}" the {FIRST[order]} comes first' for sign, order in orders.items())
        return Moments(day, second, unreadable, None, f"{column}: {', '.join(told)}")

    def _read_numbered(self, parsed: _Parsed, cells: Cells, column: str, rows: Integers) -> dict[str, Order]:
        """Read dates of three numbers, and say which order those with each sign between the numbers have."""
        left = np.flatnonzero(parsed.day == NONE)
        matched = matches(at(cells.values, left), NUMBERED)
        places = left[matched]
        if not len(places):
            return {}
        groups = extract(at(cells.values, places), NUMBERED)
        first, other = groups.integer("first"), groups.integer("other")
        signs = {sign: one_of(groups.text("sign"), [sign]) for sign in SIGNS}
        orders = {
            sign: self._proven(cells, column, rows, places[held], first[held], other[held])
            for sign, held in signs.items()
            if held.any()
        }
        proven = {order for order in orders.values() if order is not None}
        month_first = np.zeros(len(places), np.bool_)
        needed: dict[str, Order] = {}
        for sign, order in orders.items():
            differ = signs[sign] & (first != other)
            if not differ.any():
                continue
            open_values = at(cells.values, places[differ & (first <= 12) & (other <= 12)])
            needed[sign] = order or self._settled(column, sign, open_values, proven)
            month_first |= signs[sign] & (needed[sign] == "MDY")
        day, month = np.where(month_first, other, first), np.where(month_first, first, other)
        _set(parsed, places, _calendar_day(_full_year(groups), month, day), groups)
        return needed

    def _proven(
        self, cells: Cells, column: str, rows: Integers, places: Integers, first: Integers, other: Integers
    ) -> Order | None:
        """The order that values above twelve prove; None when there are none."""
        day_first = (first > 12) & (first <= 31) & (other <= 12)
        month_first = (other > 12) & (other <= 31) & (first <= 12)
        if day_first.any() and month_first.any():
            if self.order is None:
                one, two = (_example(cells, rows, int(places[mask][0])) for mask in (day_first, month_first))
                raise ContradictoryDates(self.file, column, one, two)
            return self.order
        if day_first.any():
            return "DMY"
        return "MDY" if month_first.any() else None

    def _settled(self, column: str, sign: str, open_values: pa.StringArray, proven: set[Order]) -> Order:
        """The order where nothing proves it: the one that was given.

        Other dates of the column with another sign prove nothing: `20/03/2023` and `06-12-2023` have two sources.
        """
        if self.order is not None or not len(open_values):
            return self.order or ("MDY" if "MDY" in proven else "DMY")
        if sign == ".":
            return "DMY"  # dates with points are written day first wherever they are used
        raise UndecidableDates(self.file, column, [str(value) for value in open_values[:2].to_pylist()])

    def _shifted_midnight(self, parsed: _Parsed) -> str:
        """A sentence where every time is one that midnight of some time zone has in UTC, and no zone was named."""
        stamped = parsed.stamped & (parsed.day != NONE)
        times = np.unique(parsed.second[stamped])
        few = 0 < len(times) <= 2 and not (times % QUARTER_HOUR).any() and int(times[-1] - times[0]) <= HOUR
        if self.zone != "UTC" or not few or 0 in times or len(np.unique(parsed.day[stamped])) < FEWEST_DAYS:
            return ""
        shown = " or ".join(f"{time // HOUR:02d}:{time % HOUR // 60:02d}" for time in times.tolist())
        return (
            f"every time is {shown} UTC, as where midnight of another time zone was stored: name that zone in the "
            'definitions under timezone (such as "Europe/Paris"), or these dates may be a day off'
        )

    def _to_zone(self, parsed: _Parsed) -> None:
        """Take stamped values to the workbook's time zone; stamps that are all midnight are dates and stay."""
        stamped = parsed.stamped & (parsed.day != NONE)
        if self.zone == "UTC" or not stamped.any() or not parsed.second[stamped].any():
            return
        import pandas as pd  # noqa: PLC0415  # half a second that few exports need

        seconds = parsed.day[stamped] * DAY_SECONDS + parsed.second[stamped]
        local = pd.to_datetime(seconds, unit="s", utc=True).tz_convert(self.zone).tz_localize(None)
        moved = local.to_numpy().astype("datetime64[s]").astype(np.int64)
        parsed.day[stamped], parsed.second[stamped] = np.divmod(moved, DAY_SECONDS)


def _example(cells: Cells, rows: Integers, code: int) -> tuple[int, str]:
    row = int(np.flatnonzero(cells.codes == code)[0])
    return int(rows[row]), str(cells.values[code])


def _each_match(parsed: _Parsed, values: pa.StringArray, pattern: str, read: Callable[[Groups], Integers]) -> None:
    """Read those distinct values that are not read yet and fit a pattern."""
    left = np.flatnonzero(parsed.day == NONE)
    places = left[matches(at(values, left), pattern)]
    if len(places):
        groups = extract(at(values, places), pattern)
        _set(parsed, places, read(groups), groups)


def _each_number(parsed: _Parsed, values: pa.StringArray) -> None:
    """Read numbers in a date column: Excel serials, and milliseconds since 1970 in UTC."""
    left = np.flatnonzero(parsed.day == NONE)
    serial = left[matches(at(values, left), SERIAL)]
    numbers = as_floats(at(values, serial))
    good = (numbers >= EXCEL_SERIALS[0]) & (numbers < EXCEL_SERIALS[1])
    _set_seconds(parsed, serial, np.rint((numbers - EXCEL_DAY_0) * DAY_SECONDS), good, numbers % 1 != 0)
    milli = left[matches(at(values, left), MILLISECONDS)]
    numbers = as_floats(at(values, milli))
    good = numbers < EPOCH_YEARS * 365.25 * DAY_SECONDS * 1000
    _set_seconds(parsed, milli, numbers // 1000, good, good)
    parsed.stamped[milli] = good


def _year_first(groups: Groups) -> Integers:
    return _calendar_day(groups.integer("year"), groups.integer("month"), groups.integer("day"))


def _named(groups: Groups) -> Integers:
    month = place_of(started(lowered(groups.text("name")), 3), text_array(MONTHS)).astype(np.int64) + 1
    return _calendar_day(_full_year(groups), month, groups.integer("day"))


def _set(parsed: _Parsed, places: Integers, days: Integers, groups: Groups) -> None:
    """Put the days and the times of day of these values; what no calendar or clock has stays unread."""
    hour, minute, second = (groups.integer(part) for part in ("hour", "minute", "second"))
    timed, halved = groups.given("hour"), groups.given("half")
    wrong = (minute > 59) | (second > 59) | (hour > 23) | (halved & ((hour < 1) | (hour > 12)))
    hour = np.where(halved, hour % 12 + 12 * one_of(lowered(groups.text("half")), ["p"]), hour)
    clock = np.where(timed, hour * 3600 + minute * 60 + second, NONE)
    stamped, offset = _offsets(groups)
    good = (days != NONE) & ~(timed & wrong)
    moved = np.where(good & stamped, days * DAY_SECONDS + clock - offset, 0)
    parsed.day[places] = np.where(good, np.where(stamped, moved // DAY_SECONDS, days), NONE)
    parsed.second[places] = np.where(good, np.where(stamped, moved % DAY_SECONDS, clock), NONE)
    parsed.stamped[places] = good & stamped


def _set_seconds(parsed: _Parsed, places: Integers, since_1970: Floats, good: Mask, timed: Mask) -> None:
    seconds = np.where(good, since_1970, 0).astype(np.int64)
    parsed.day[places] = np.where(good, seconds // DAY_SECONDS, NONE)
    parsed.second[places] = np.where(good & timed, seconds % DAY_SECONDS, NONE)


def _offsets(groups: Groups) -> tuple[Mask, Integers]:
    """Which values carry an offset to UTC, and how many seconds it is."""
    signed = extract(groups.text("zone"), r"^(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})$")
    sign = np.where(one_of(signed.text("sign"), ["-"]), -1, 1)
    return groups.given("zone"), sign * (signed.integer("hours") * 60 + signed.integer("minutes")) * 60


def _calendar_day(year: Integers, month: Integers, day: Integers) -> Integers:
    """Days since 1970-01-01, or NONE where the calendar has no such day."""
    possible = (year >= YEARS[0]) & (year < YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(possible, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(possible, day - 1, 0)
    real = possible & (days.astype("datetime64[M]") == months)
    return np.where(real, days.astype(np.int64), NONE)


def _full_year(groups: Groups) -> Integers:
    year = groups.integer("year")
    short = lengths(groups.text("year")) == 2
    return np.where(short, year + np.where(year < PIVOT, 2000, 1900), year)
