"""Spans of the calendar: where each ends, what it is called, and a calendar to join with."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING

from xlfunnel.check import EPOCH
from xlfunnel.units import Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


def day_of(number: int) -> date:
    """The date of a day number (days since 1970-01-01)."""
    return EPOCH + timedelta(days=number)


def month_calendar(days: Sequence[int]) -> pa.Table:
    """The month of each day number: a table to join with, since the engines' own date functions differ.

    Columns: `closed_day`, and `month`, the months since January of the year 0 (whole numbers keep their order).
    """
    import pyarrow as pa  # noqa: PLC0415

    dates = [day_of(day) for day in days]
    return pa.table(
        {
            "closed_day": pa.array(days, pa.int32()),
            "month": pa.array([day.year * 12 + day.month - 1 for day in dates], pa.int32()),
        }
    )


def period_ends(as_of: date, period: Period, periods: int) -> tuple[date, ...]:
    """The last days of the latest `periods` spans, oldest first; the span that runs on `as_of` is cut there.

    >>> [str(end) for end in period_ends(date(2026, 3, 10), Period.MONTH, 3)]
    ['2026-01-31', '2026-02-28', '2026-03-10']
    """
    ends = [as_of]
    while len(ends) < periods:
        ends.append(_start(ends[-1], period) - timedelta(days=1))
    return tuple(reversed(ends))


def period_label(day: date, period: Period) -> str:
    """What the span that holds this day is called; a week is the ISO week, with the year it belongs to.

    >>> [period_label(date(2026, 9, 23), period) for period in Period]
    ['2026-09-23', '2026-W39', '2026-09', '2026-Q3', '2026']
    """
    if period is Period.DAY:
        return day.isoformat()
    if period is Period.WEEK:
        year, week, _ = day.isocalendar()
        return f"{year:04d}-W{week:02d}"
    if period is Period.MONTH:
        return f"{day:%Y-%m}"
    if period is Period.QUARTER:
        return f"{day:%Y}-Q{(day.month + 2) // 3}"
    return f"{day:%Y}"


def month_end(number: int) -> date:
    """The last day of a month counted from January of the year 0.

    >>> str(month_end(2024 * 12 + 1))
    '2024-02-29'
    """
    year, month = divmod(number, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def day_words(day: date) -> str:
    """A day as a person writes it.

    >>> day_words(date(2026, 9, 3))
    '3 Sep 2026'
    """
    return f"{day.day} {day:%b %Y}"


def window_words(as_of: date, window: int | None) -> str:
    """The days of a window that ends on a day, in words.

    >>> window_words(date(2026, 9, 30), 365), window_words(date(2026, 9, 30), None)
    ('in the 365 days up to 30 Sep 2026', 'up to 30 Sep 2026')
    """
    days = "" if window is None else f"in the {window:,} day{'s' if window > 1 else ''} "
    return f"{days}up to {day_words(as_of)}"


def _start(day: date, period: Period) -> date:
    """The first day of the span that holds this day."""
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    if period is Period.MONTH:
        return day.replace(day=1)
    if period is Period.QUARTER:
        return date(day.year, day.month - (day.month - 1) % 3, 1)
    return day if period is Period.DAY else date(day.year, 1, 1)
