"""Points in time of the example company: whole minutes since the calendar's first day, cheap to add and compare."""

from __future__ import annotations

from datetime import date

DAY = 1440
"""Minutes of a day."""

AS_OF = date(2026, 9, 30)
"""The day on which the example exports were taken."""

AS_OF_DAY = AS_OF.toordinal()
FIRST_DAY = date(2024, 4, 1).toordinal()
NOW = (AS_OF_DAY + 1) * DAY
"""The first minute that the exports cannot know."""

OPENS, CLOSES = 9 * 60, 17 * 60
EXPORTED_DAYS = range(FIRST_DAY - 700, AS_OF_DAY + 900)
"""Every day that can stand in an export, expected closes included."""


def weekday(day: int) -> int:
    """Monday is 0, Sunday 6."""
    return (day + 6) % 7


def workday(day: int) -> int:
    """The day itself, or the Monday after a weekend.

    >>> [date.fromordinal(workday(date(2026, 9, d).toordinal())).day for d in (25, 26, 27, 28)]
    [25, 28, 28, 28]
    """
    return day if weekday(day) < 5 else day + 7 - weekday(day)


def after_working(moment: int, minutes: int) -> int:
    """The moment when so many working minutes (9 to 17, Monday to Friday) have passed.

    >>> friday = date(2026, 9, 25).toordinal()
    >>> after_working(friday * DAY + 16 * 60, 90) == (friday + 3) * DAY + 9 * 60 + 30
    True
    """
    day, minute = divmod(moment, DAY)
    if minute >= CLOSES:
        day, minute = day + 1, OPENS
    if weekday(day) >= 5:
        day, minute = workday(day), OPENS
    days, rest = divmod(max(minute, OPENS) - OPENS + minutes, CLOSES - OPENS)
    weekends = (weekday(day) + days) // 5
    return (day + days + 2 * weekends) * DAY + OPENS + rest
