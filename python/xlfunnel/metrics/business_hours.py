"""The working week: business hours between two moments, in closed form however far apart they are."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final

from xlfunnel.check import shown
from xlfunnel.errors import OutOfRange, UnknownOption
from xlfunnel.units import written

DAYS_OF_WEEK: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
SECONDS_PER_HOUR: Final = 3600


@dataclass(frozen=True)
class WorkingWeek:
    """When people work: from `opens` to `closes` (hours of the day) on `workdays` (0 is Monday), save on holidays.

    Moments are taken as they stand on the wall clock. Opening times count to the second; a week that closes
    before it opens raises `OutOfRange`.
    """

    opens: float = 9
    closes: float = 17
    workdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= 24:
            msg = f"closes must be after opens ({written(self.opens)}), received {written(self.closes)}"
            raise OutOfRange(msg)

    def hours_between(self, start: datetime, end: datetime) -> float:
        """Business hours from one moment to another; negative when the second is the earlier one.

        >>> friday, monday = datetime(2026, 9, 25, 16, 30), datetime(2026, 9, 28, 9, 45)
        >>> WorkingWeek().hours_between(friday, monday)
        1.25
        """
        return (self._until(end) - self._until(start)) / SECONDS_PER_HOUR

    def seconds_until(self, day: int, second: float) -> float:
        """Business seconds up to a second of a day, from a fixed day on: only differences mean something.

        A day is a number of days since 1970-01-01.
        """
        before = self.workdays_before(day)
        today = self.workdays_before(day + 1) - before
        return before * self.day_seconds + today * min(max(second - self.first_second, 0.0), self.day_seconds)

    def workdays_before(self, day: int) -> int:
        """Days worked before this day, from a fixed day on: only differences mean something.

        A day is a number of days since 1970-01-01. The count of each weekday is a division, so that years cost
        no more than days do.
        """
        weekdays = sum((day + shift) // 7 for shift in self.weekday_shifts)
        return weekdays - bisect_left(self.days_off, day)

    @cached_property
    def weekday_shifts(self) -> tuple[int, ...]:
        """For each workday w, the shift for which `(day + shift) // 7` counts the days w before a day.

        Day 0 was a Thursday (3), so that weekday w first comes on day (w - 3) mod 7.
        """
        return tuple(6 - (weekday - 3) % 7 for weekday in sorted(self.workdays))

    @cached_property
    def days_off(self) -> tuple[int, ...]:
        """Holidays that fall on a workday, as day numbers in order."""
        return tuple(sorted(h.toordinal() - EPOCH_ORDINAL for h in self.holidays if h.weekday() in self.workdays))

    @property
    def first_second(self) -> int:
        """The second of the day at which work begins."""
        return round(self.opens * SECONDS_PER_HOUR)

    @property
    def day_seconds(self) -> int:
        """Business seconds of a workday."""
        return round(self.closes * SECONDS_PER_HOUR) - self.first_second

    def _until(self, moment: datetime) -> float:
        second = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
        return self.seconds_until(moment.toordinal() - EPOCH_ORDINAL, second)


def parse_workdays(words: str) -> frozenset[int]:
    """Workdays as numbers (0 is Monday) from days and spans such as "MON-FRI", "MON,WED" or "SUN-THU".

    Letters of either case will do; a span may run over the end of the week. Anything else raises `UnknownOption`.

    >>> sorted(parse_workdays("SUN-TUE, THU"))
    [0, 1, 3, 6]
    """
    found: set[int] = set()
    for span in words.upper().split(","):
        ends = [end.strip() for end in span.split("-")]
        if len(ends) > 2 or not all(end in DAYS_OF_WEEK for end in ends):
            msg = f'workdays must be days such as "MON-FRI" or "MON,TUE", received {shown(words)}'
            raise UnknownOption(msg)
        first, last = DAYS_OF_WEEK.index(ends[0]), DAYS_OF_WEEK.index(ends[-1])
        found.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(found)
