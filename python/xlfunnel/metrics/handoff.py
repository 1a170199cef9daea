"""The handoff from marketing to sales: acceptance, and the hours of a service level agreement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from xlfunnel.errors import OutOfRange
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.business_hours import WorkingWeek, parse_workdays
from xlfunnel.metrics.funnel import part_of
from xlfunnel.units import Count, Hours, Moment, Number, Share, Text, Timestamp, Unit, Vector

__all__ = ["acceptance_rate", "sla_hours"]

HourOfDay = Annotated[float, Number(Unit.HOUR_OF_DAY, low=0, high=24)]


@metric(
    formula="SALs ÷ MQLs",
    source='"Do Your Marketing and Sales KPI\'s Align?", MQL to SAL percentage',
    caution="A high rate may mean that leads are accepted to avoid the argument: look at the next stage too.",
    example=Example((200, 150), 0.75),
)
def acceptance_rate(
    mqls: Annotated[Count, "Marketing qualified leads handed over"],
    sals: Annotated[Count, "Those of them that sales accepted"],
) -> Share:
    """Share of marketing qualified leads that sales accepted.

    0–1; more accepted than handed over raises `OutOfRange`, none handed over `EmptyDenominator`.

    >>> acceptance_rate(200, 150)
    0.75
    """
    return part_of(sals, mqls, "sals", "mqls")


@metric(
    formula="hours between two moments that fall into the working week",
    source="The service level agreement of the guide to aligning marketing and sales",
    caution="Both moments are taken in the same time zone.",
    example=Example((datetime(2026, 9, 4, 16), datetime(2026, 9, 7, 10)), 2.0),
)
def sla_hours(
    started: Annotated[Timestamp, "When the clock starts: the lead was qualified"],
    finished: Annotated[Timestamp, "When it stops: the first touch"],
    opens: Annotated[HourOfDay, "Hour at which the working day opens"] = 9.0,
    closes: Annotated[HourOfDay, "Hour at which it closes"] = 17.0,
    workdays: Annotated[Text, 'Working days, as "MON-FRI" or "SUN,MON,TUE"'] = "MON-FRI",
    holidays: Annotated[Sequence[date], Vector(Moment(), blanks=True), "Days that are no working days"] = (),
) -> Hours:
    """Business hours between two moments.

    Hours; a finish before the start, or a day that closes before it opens, raises `OutOfRange`.

    >>> from datetime import datetime
    >>> sla_hours(datetime(2026, 9, 4, 16), datetime(2026, 9, 7, 10))  # Friday 16:00 to Monday 10:00
    2.0
    """
    week = WorkingWeek(opens, closes, parse_workdays(workdays), frozenset(holidays))
    if finished < started:
        msg = f"finished must not be before started ({started}), received {finished}"
        raise OutOfRange(msg)
    return week.hours_between(started, finished)
