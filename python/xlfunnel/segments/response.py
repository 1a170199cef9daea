"""How sales responds to the leads that marketing qualified: how many are touched, in time, and how fast.

A frame for these computations has one row for each lead and the columns of `MOMENTS`: the day (days since
1970-01-01) and the second of the day on which the lead was qualified and first touched. A blank second is
midnight; a blank day is a moment that has not come. A touch before the lead was qualified is a touch at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from functools import reduce
from operator import add, sub
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from xlfunnel.check import SECONDS, day_number
from xlfunnel.errors import EmptyDenominator
from xlfunnel.metrics.probability import wilson
from xlfunnel.segments.frames import one_if, rows_of
from xlfunnel.segments.quantiles import aggregated, statistic_of
from xlfunnel.units import Statistic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.metrics.business_hours import WorkingWeek
    from xlfunnel.segments.frames import Frame

MOMENTS: Final = ("qualified_day", "qualified_second", "touch_day", "touch_second")

_FLAGS: Final = ("touched", "in_time", "waiting")
COUNTED: Final = (*_FLAGS, "minutes")
"""The columns that an answered frame adds for `responses_in`."""

_WEEKS: Final = 110_000
"""Weeks added before a division and taken off after it: engines round quotients of negative numbers differently."""


@dataclass(frozen=True)
class ServiceLevel:
    """How soon a lead is to be touched: hours of the working week, or of the wall clock where there is none."""

    hours: float
    week: WorkingWeek | None = None

    @property
    def seconds(self) -> float:
        """The limit, with room for the rounding of hours."""
        return self.hours * 3600 + 1e-6


@dataclass(frozen=True)
class Response:
    """What became of the leads of one group."""

    group: str | None
    qualified: int
    touched: int
    in_time: int
    """Touched within the service level; all touched leads where there is none."""
    waiting: int
    """Not touched yet, and still inside the service level: they count neither way."""
    median_minutes: float | None
    """Elapsed minutes to the first touch."""

    @property
    def judged(self) -> int:
        """The leads that count as followed up or missed."""
        return self.qualified - self.waiting

    def rate(self, confidence: float = 0.95) -> tuple[float, float, float]:
        """Low, follow-up rate and high; raises `EmptyDenominator` where no lead counts."""
        if not self.judged:
            told = f"{self.waiting} untouched, still inside the SLA" if self.waiting else "none was qualified by then"
            msg = f"no lead to follow up: {told}"
            raise EmptyDenominator(msg)
        return wilson(self.in_time, self.judged, confidence)


def end_of(as_of: datetime) -> datetime:
    """The last moment that counts: a bare date means the whole of that day."""
    return datetime.combine(as_of, time.max) if as_of.time() == time() else as_of


def responses(
    frame: Frame, until: datetime, level: ServiceLevel | None = None, group: str | None = None
) -> tuple[Response, ...]:
    """What became of the leads qualified up to a moment, for each group or for all together.

    A touch after that moment has not happened.
    """
    return responses_in(answered(frame, until, level), group)


def answered(frame: Frame, until: datetime, level: ServiceLevel | None = None) -> Frame:
    """The leads qualified up to a moment, with whether each was touched, in time, or waits, and the minutes it took.

    Columns: `touched`, `in_time` and `waiting`, each 1 or 0, and `minutes`, blank where it was not touched.
    """
    week = level.week if level else None
    day = day_number(until)
    second = until.hour * 3600 + until.minute * 60 + until.second + until.microsecond / 1e6
    moments = _positions(frame, week).filter(nw.col("qualified_at") <= day * SECONDS + second)
    now = week.seconds_until(day, second) if week else day * SECONDS + second
    limit = level.seconds if level else None
    touched = (nw.col("touched_at") <= day * SECONDS + second).fill_null(value=False)
    marked = moments.with_columns(touched=touched, age=now - nw.col("qualified_clock")).with_columns(
        in_time=nw.col("touched") if limit is None else nw.col("touched") & (nw.col("wait") <= limit),
        waiting=~nw.col("touched") & (nw.col("age") <= (-1 if limit is None else limit)),
        minutes=nw.when(nw.col("touched")).then(nw.col("elapsed") / 60),
    )
    return marked.with_columns(one_if(nw.col(name)).alias(name) for name in _FLAGS)


def responses_in(counted: Frame, group: str | None = None) -> tuple[Response, ...]:
    """What became of answered leads, for each group or for all together."""
    aggregates = [
        nw.len().alias("qualified"),
        *(nw.col(name).sum() for name in _FLAGS),
        statistic_of("minutes", Statistic.MEDIAN),
    ]
    return tuple(_response(row, group) for row in aggregated(counted, aggregates, group))


def responses_by_day(counted: Frame, group: str) -> tuple[tuple[int, Response], ...]:
    """What became of answered leads for each day of qualification and each group, without the minutes."""
    day = "qualified_day"
    rows = rows_of(
        counted.group_by(group, day).agg(nw.len().alias("qualified"), *(nw.col(name).sum() for name in _FLAGS))
    )
    return tuple((row[day], _response(row, group)) for row in rows)


def together(some: Sequence[Response]) -> Response:
    """The leads of several responses of one group as one; at least one is needed, and none has minutes."""
    return Response(
        group=some[0].group,
        qualified=sum(one.qualified for one in some),
        touched=sum(one.touched for one in some),
        in_time=sum(one.in_time for one in some),
        waiting=sum(one.waiting for one in some),
        median_minutes=None,
    )


def speed(frame: Frame, statistic: Statistic, week: WorkingWeek | None = None) -> float | None:
    """Minutes from qualified to the first touch over the touched leads, of the working week or elapsed."""
    timed = _positions(frame, week).with_columns(minutes=nw.col("wait") / 60)
    (row,) = aggregated(timed, [statistic_of("minutes", statistic)])
    return None if row["minutes"] is None else float(row["minutes"])


def business_seconds(week: WorkingWeek, day: nw.Expr, second: nw.Expr) -> nw.Expr:
    """As `WorkingWeek.seconds_until`, over columns."""
    before = _workdays_before(week, day)
    today = _workdays_before(week, day + 1) - before
    return before * week.day_seconds + today * (second - week.first_second).clip(0, week.day_seconds)


def _workdays_before(week: WorkingWeek, day: nw.Expr) -> nw.Expr:
    nothing = day * 0
    weekdays = [(day + (7 * _WEEKS + shift)) // 7 - _WEEKS for shift in week.weekday_shifts]
    days_off = [(day - holiday).clip(0, 1) for holiday in week.days_off]  # 1 from the day after on
    return reduce(sub, days_off, reduce(add, weekdays, nothing))


def _positions(frame: Frame, week: WorkingWeek | None) -> Frame:
    """Adds when each lead was qualified and touched, and the seconds between on the clock and elapsed."""
    days = {name: nw.col(name).cast(nw.Int64) for name in MOMENTS if name.endswith("day")}
    seconds = {name: nw.col(name).cast(nw.Float64).fill_null(0) for name in MOMENTS if name.endswith("second")}
    timed = frame.with_columns(**days, **seconds).with_columns(
        qualified_at=nw.col("qualified_day") * SECONDS + nw.col("qualified_second"),
        touched_at=nw.col("touch_day") * SECONDS + nw.col("touch_second"),
    )
    if week is None:
        clock = {"qualified_clock": nw.col("qualified_at"), "touched_clock": nw.col("touched_at")}
    else:
        clock = {
            f"{word}_clock": business_seconds(week, nw.col(f"{day}_day"), nw.col(f"{day}_second"))
            for word, day in (("qualified", "qualified"), ("touched", "touch"))
        }
    return timed.with_columns(**clock).with_columns(
        wait=(nw.col("touched_clock") - nw.col("qualified_clock")).clip(0),
        elapsed=(nw.col("touched_at") - nw.col("qualified_at")).clip(0),
    )


def _response(row: Mapping[str, Any], group: str | None) -> Response:
    minutes = row.get("minutes")
    return Response(
        group=row[group] if group else None,
        qualified=row["qualified"],
        touched=row["touched"] or 0,
        in_time=row["in_time"] or 0,
        waiting=row["waiting"] or 0,
        median_minutes=None if minutes is None else float(minutes),
    )
