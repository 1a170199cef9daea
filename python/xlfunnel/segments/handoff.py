"""The handoff from marketing to sales over ranges: follow-up rate, speed to lead, touches for each deal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import floordiv, mod
from typing import TYPE_CHECKING, Annotated, Any

import narwhals as nw

from xlfunnel.check import SECONDS
from xlfunnel.errors import TooFewRecords
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.business_hours import WorkingWeek
from xlfunnel.segments.frames import frame_from_columns
from xlfunnel.segments.quantiles import aggregated, no_values, statistic_of
from xlfunnel.segments.response import ServiceLevel, end_of, responses, speed
from xlfunnel.table import Column, Table
from xlfunnel.units import (
    Clock,
    Hours,
    Label,
    Minutes,
    Moment,
    Number,
    Records,
    Share,
    Statistic,
    Timestamp,
    Unit,
    Word,
)

if TYPE_CHECKING:
    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell

__all__ = ["follow_up_rate", "speed_to_lead", "touches_per_deal"]

Moments = Sequence[Any]
"""Moments as a caller gives them; the functions receive seconds since 1970-01-01, or None."""

Labels = Sequence[str | None]


@metric(
    formula="leads touched within the SLA ÷ leads that are touched or past it",
    source='"Sales and Marketing Alignment: The Metrics That End the Blame Game" (Keith Lacy), follow-up rate',
    caution="A lead that nobody was assigned counts; the clock starts when marketing qualified it.",
    example=Example(
        args=(
            [
                datetime(2026, 9, 28, 10, 0),
                datetime(2026, 9, 28, 15, 0),
                datetime(2026, 9, 25, 16, 0),
                datetime(2026, 9, 30, 15, 0),
            ],
            [datetime(2026, 9, 28, 11, 30), datetime(2026, 9, 30, 10, 0), None, None],
            datetime(2026, 9, 30, 16, 0),
            4,
        ),
        result=1 / 3,
    ),
)
def follow_up_rate(
    qualified: Annotated[Moments, Records(Moment(Unit.TIMESTAMP), blanks=True), "When marketing qualified each lead"],
    first_touch: Annotated[
        Moments, Records(Moment(Unit.TIMESTAMP), blanks=True), "When sales first contacted it; blank if never"
    ],
    as_of: Annotated[Timestamp, "The moment of the figure; a bare date means the end of that day"],
    sla_hours: Annotated[Hours, Number(Unit.HOURS, low=0, low_open=True), "Hours agreed for the first touch"]
    | None = None,
    clock: Annotated[
        Clock, Word(Clock), "Whether these are hours from 9 to 17, Monday to Friday, or elapsed hours"
    ] = Clock.BUSINESS,
) -> Share:
    """Share of the leads that marketing qualified which sales contacted, within the SLA where one is given.

    0–1. An untouched lead that is still inside its SLA counts neither way, one past it is a miss; without an SLA
    every untouched lead is a miss. Leads qualified after `as_of` and touches after it have not happened. No lead
    to count raises `EmptyDenominator`.
    """
    level = ServiceLevel(sla_hours, _week(clock)) if sla_hours else None
    (response,) = responses(_moments(qualified, first_touch), end_of(as_of), level)
    return response.rate()[1]


@metric(
    formula="first touch − qualified, over the touched leads",
    source="Definitions, section Handoff",
    caution="Leads that were never touched are in no median: read it beside FOLLOW_UP_RATE.",
    example=Example(
        args=(
            [datetime(2026, 9, 28, 10, 0), datetime(2026, 9, 28, 15, 0), datetime(2026, 9, 28, 16, 0)],
            [datetime(2026, 9, 28, 10, 5), datetime(2026, 9, 28, 16, 0), None],
        ),
        result=32.5,
    ),
)
def speed_to_lead(
    qualified: Annotated[Moments, Records(Moment(Unit.TIMESTAMP), blanks=True), "When marketing qualified each lead"],
    first_touch: Annotated[
        Moments, Records(Moment(Unit.TIMESTAMP), blanks=True), "When sales first contacted it; blank if never"
    ],
    statistic: Annotated[Statistic, Word(Statistic), "Which figure stands for all leads"] = Statistic.MEDIAN,
    clock: Annotated[Clock, Word(Clock), "Elapsed minutes, or minutes from 9 to 17, Monday to Friday"] = (
        Clock.ELAPSED
    ),
) -> Minutes:
    """Minutes from the moment a lead was qualified to its first touch, over the leads that were touched.

    A touch before the lead was qualified took no time. Over no touched lead a mean raises `EmptyDenominator`, a
    quantile `TooFewRecords`.
    """
    minutes = speed(_moments(qualified, first_touch), statistic, _week(clock))
    if minutes is None:
        raise no_values(statistic, "no lead has both the moment it was qualified and a first touch")
    return minutes


@metric(
    formula="touches, and distinct people, of each deal",
    source='"Do Your Marketing and Sales KPI\'s Align?", touches per won deal',
    caution="Touches have no good direction; pass won deals and the touches before the win only.",
    example=Example(
        args=(
            ["D1", "D2", "D3"],
            ["D1", "D1", "D1", "D2", "D9"],
            ["Ann", "Bob", "Ann", "Ann", "Ann"],
        ),
        result=(("deals", "touches per deal", "people per deal"), (3, 1.0, 1.0)),
    ),
)
def touches_per_deal(
    deal: Annotated[Labels, Records(Label(), table="deals"), "Each won deal's id"],
    touched_deal: Annotated[Labels, Records(Label(), table="touches", blanks=True), "Each touch's deal id"],
    person: Annotated[Labels, Records(Label(), table="touches", blanks=True), "The person touched each time"]
    | None = None,
    statistic: Annotated[Statistic, Word(Statistic), "Which figure stands for all deals"] = Statistic.MEDIAN,
) -> Table:
    """Touches for each deal, and distinct people for each deal where `person` is given.

    A deal without touches counts with none; touches of other deals are left out; a deal that is listed twice is
    one. No deal raises `TooFewRecords`.
    """
    texts = {"deal": str, "person": str}
    touches = {"deal": touched_deal} | ({"person": person} if person else {})
    deals, touched = frame_from_columns({"deal": deal}, texts), frame_from_columns(touches, texts)
    found = touch_figures(deals, touched, statistic, people=person is not None)
    people = [Column("people per deal", Unit.COUNT)] if person else []
    return Table((Column("deals", Unit.COUNT), Column("touches per deal", Unit.COUNT), *people), (found,))


def touch_figures(deals: Frame, touches: Frame, statistic: Statistic, *, people: bool) -> tuple[Cell, ...]:
    """Deals, touches for each deal and, where asked for, people for each deal; both frames have a column deal."""
    known = touches.filter(~nw.col("deal").is_null())
    counts = known.group_by("deal").agg(nw.len().alias("touches"))
    each = deals.select("deal").unique().join(counts, on="deal", how="left")
    wanted = ["touches"]
    if people:
        met = known.filter(~nw.col("person").is_null()).select("deal", "person").unique()
        each = each.join(met.group_by("deal").agg(nw.len().alias("people")), on="deal", how="left")
        wanted.append("people")
    filled = each.with_columns(nw.col(name).fill_null(0) for name in wanted)
    (row,) = aggregated(filled, (nw.len().alias("deals"), *(statistic_of(name, statistic) for name in wanted)))
    if not row["deals"]:
        msg = "no deal to count touches for"
        raise TooFewRecords(msg)
    return row["deals"], *(float(row[name]) for name in wanted)


def _week(clock: Clock) -> WorkingWeek | None:
    return WorkingWeek() if clock is Clock.BUSINESS else None


def _moments(qualified: Moments, first_touch: Moments) -> Frame:
    """Seconds since 1970-01-01 as days and seconds of the day."""
    return frame_from_columns(
        {
            f"{event}_{part}": [None if moment is None else taken(moment, SECONDS) for moment in moments]
            for event, moments in (("qualified", qualified), ("touch", first_touch))
            for part, taken in (("day", floordiv), ("second", mod))
        }
    )
