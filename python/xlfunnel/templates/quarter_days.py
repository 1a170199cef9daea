"""The days of a workbook's quarter, and the weeks of it that are over."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile

WEEKS: Final = 13
"""Weeks of a quarter, from its first day; the last takes the days that are left."""

_MONTHS: Final = 3
_MONTHS_PER_YEAR: Final = 12
_EPOCH: Final = date(1899, 12, 30)
_EPOCH_1904: Final = date(1904, 1, 1)


@dataclass(frozen=True)
class Quarter:
    """A quarter by its first day.

    >>> quarter = Quarter(date(2026, 10, 1))
    >>> str(quarter.last), quarter.week_of(date(2026, 10, 8)), quarter.week_of(date(2026, 12, 31))
    ('2026-12-31', 2, 13)
    """

    first: date

    @property
    def last(self) -> date:
        """Its last day."""
        return months_later(self.first, _MONTHS) - timedelta(days=1)

    def until(self, as_of: date) -> date:
        """The last day of it that a refresh of this day knows of; before the quarter, the day before it."""
        return max(min(as_of, self.last), self.first - timedelta(days=1))

    def days_until(self, as_of: date) -> int:
        """How many days of it have passed by then, that day included."""
        return (self.until(as_of) - self.first).days + 1

    def week_of(self, day: date) -> int:
        """Which of its weeks a day of it falls into, from 1."""
        return min((day - self.first).days // 7 + 1, WEEKS)

    def weeks_over(self, as_of: date) -> int:
        """How many of its weeks are over by the end of this day.

        >>> quarter = Quarter(date(2026, 10, 1))
        >>> [quarter.weeks_over(date(2026, 10, 6)), quarter.weeks_over(date(2026, 10, 7))]
        [0, 1]
        >>> [quarter.weeks_over(date(2026, 12, 30)), quarter.weeks_over(date(2027, 2, 1))]
        [12, 13]
        """
        if as_of >= self.last:
            return WEEKS
        return min(self.days_until(as_of) // 7, WEEKS - 1)


def quarter_of(file: WorkbookFile) -> Quarter | None:
    """The quarter of a workbook, if Start says its first day."""
    day = day_in(file, "quarter_start")
    return None if day is None else Quarter(day)


def day_in(file: WorkbookFile, name: str) -> date | None:
    """The day in the cell of a name, if it holds one."""
    return None if file.named(name) is None else day_held(file.read_name(name), since_1904=file.since_1904)


def day_held(value: CellValue, *, since_1904: bool = False) -> date | None:
    """The day that a cell holds; None for all else, such as a number that no sheet can show as a day.

    >>> str(day_held(46296)), day_held(20261001), day_held("soon"), day_held(0)
    ('2026-10-01', None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 1:
        return None
    try:
        return day_of_serial(value, since_1904=since_1904)
    except OverflowError:
        return None


def day_of_serial(number: float, *, since_1904: bool = False) -> date:
    """The day that a spreadsheet keeps as this number.

    >>> str(day_of_serial(46296))
    '2026-10-01'
    """
    return (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(days=int(number))


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day.

    >>> months_later(date(2026, 10, 1), 3), months_later(date(2026, 11, 30), 3)
    (datetime.date(2027, 1, 1), datetime.date(2027, 2, 28))
    """
    year, month = divmod(day.year * _MONTHS_PER_YEAR + day.month - 1 + months, _MONTHS_PER_YEAR)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
