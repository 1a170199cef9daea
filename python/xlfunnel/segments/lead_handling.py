"""What happens to leads at the handoff: followed up or left lying, turned down with a reason, given back and won."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.tables import Kind
from xlfunnel.errors import EmptyDenominator, MetricError, TooFewRecords
from xlfunnel.metrics.business_hours import WorkingWeek, parse_workdays
from xlfunnel.segments.counting import Counting, Part, slim
from xlfunnel.segments.findings import Figure, Finding
from xlfunnel.segments.frames import computed, one_if, rows_of
from xlfunnel.segments.groups import TOTAL, by_name, group_name, in_order
from xlfunnel.segments.periods import day_of, day_words
from xlfunnel.segments.response import (
    COUNTED,
    Response,
    ServiceLevel,
    answered,
    end_of,
    responses_by_day,
    responses_in,
    together,
)
from xlfunnel.table import Column, Table
from xlfunnel.units import Clock, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.canonical import Canonical
    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell

NO_REASON: Final = "(no reason given)"
NOBODY: Final = "(nobody)"

MINUTES_PER_HOUR: Final = 60
MONTHS: Final = 12

AGE_BANDS: Final = (("0–1 days", 1), ("2–7 days", 7), ("8–30 days", 30), ("31–90 days", 90), ("over 90 days", None))
"""How long untouched leads have been waiting, with the last day of each band."""


# -- follow-up ---------------------------------------------------------------------------------------------------


def follow_up(leads: Canonical, as_of: date, definitions: Definitions) -> Figure:
    """Share of the leads that marketing qualified which sales touched, within the SLA where it can be judged."""
    level, note = _service_level(leads, definitions)
    frame, left_out = _judgeable(leads, as_of, level)
    leads_answered = answered(frame, end_of(_midnight(as_of)), level)
    (response,) = responses_in(leads_answered)
    low, rate, high = response.rate(definitions.confidence)
    waiting = f" Still inside it, counted neither way: {response.waiting}." if response.waiting else ""
    made_of = {"judged": response.judged, "in_time": response.in_time}
    counted = _follow_up_counting(leads_answered, as_of, definitions, level)
    return Figure(rate, response.judged, low, high, note + waiting + left_out, made_of, counted)


def _follow_up_counting(
    leads_answered: Frame, as_of: date, definitions: Definitions, level: ServiceLevel | None
) -> Counting:
    """The leads that count as followed up or missed; those that wait inside the SLA count neither way."""
    mql = f"MQL by {day_words(as_of)}"
    within = f" within {level.hours:g} {_hours_kind(definitions)}" if level else ""
    past = ", and past the time agreed" if level else ""
    parts = (
        Part("in time" if level else "touched", f"{mql}, first touched{within}", nw.col("in_time") == 1),
        Part("late", f"{mql}, first touched later than that", nw.col("touched") == 1),
        Part("not touched", f"{mql}, not touched{past}", nw.col("waiting") == 0),
    )
    kept = parts if level else (parts[0], parts[2])
    return Counting("follow-up", Kind.LEADS, slim(leads_answered, "touched", "in_time", "waiting"), kept)


def follow_up_name(leads: Canonical, definitions: Definitions) -> str:
    """What the rate is to be called: with the SLA only where the exports can be judged by it."""
    level, _ = _service_level(leads, definitions)
    if level is None:
        return "Follow-up rate"
    return f"Follow-up within {level.hours:g} {_hours_kind(definitions)}"


def follow_up_by_source(leads: Canonical, as_of: date, definitions: Definitions) -> Finding:
    """The same for each source, the one with most leads first, and in total."""
    leads.need("source")
    level, note = _service_level(leads, definitions)
    frame, left_out = _judgeable(leads, as_of, level)
    with computed(answered(frame, end_of(_midnight(as_of)), level).select("source", *COUNTED)) as counted:
        total, by_source = responses_in(counted), responses_in(counted, "source")
    timed = _timed(leads)
    order = sorted(by_source, key=lambda r: (r.group is None, -r.qualified, *by_name(r.group)))
    columns = [
        Column("source", Unit.TEXT),
        Column("qualified", Unit.COUNT),
        Column("touched", Unit.COUNT),
        *([Column("in time", Unit.COUNT), Column("still in time", Unit.COUNT)] if level else []),
        Column("follow-up rate", Unit.SHARE),
        Column("low", Unit.SHARE),
        Column("high", Unit.SHARE),
        *([Column("median minutes to touch", Unit.MINUTES)] if timed else []),
    ]
    rows = [_follow_up_cells(group_name(r.group), r, definitions, level, timed=timed) for r in order]
    rows += [_follow_up_cells(TOTAL, r, definitions, level, timed=timed) for r in total]
    return Finding(Table(tuple(columns), tuple(rows)), note + left_out)


def follow_up_by_month(leads: Canonical, as_of: date, definitions: Definitions, months: int = 8) -> Finding:
    """The rate for each source and each of the latest months, by the day of qualification.

    A month of a source without a lead that can be judged is blank.
    """
    leads.need("source")
    level, note = _service_level(leads, definitions)
    frame, left_out = _judgeable(leads, as_of, level)
    firsts = [_months_before(as_of, back) for back in range(months - 1, -1, -1)]
    young = frame.filter(nw.col("qualified_day") >= day_number(firsts[0]))
    by_day = responses_by_day(answered(young, end_of(_midnight(as_of)), level), "source")
    days: dict[str | None, dict[date, list[Response]]] = {}
    for day, one in by_day:
        days.setdefault(one.group, {}).setdefault(day_of(day).replace(day=1), []).append(one)
    found = {source: {first: together(some) for first, some in of.items()} for source, of in days.items()}
    if not found:
        msg = f"no lead was qualified in the last {months} months"
        raise TooFewRecords(msg)
    order = sorted(found, key=lambda g: (g is None, -_qualified(found[g]), *by_name(g)))
    columns = (
        Column("source", Unit.TEXT),
        Column("leads", Unit.COUNT),
        *(Column(f"{first:%Y-%m}", Unit.SHARE) for first in firsts),
    )
    rows = tuple((group_name(g), _qualified(found[g]), *_rates_of(found[g], firsts)) for g in order)
    return Finding(Table(columns, rows), f"{note} By month of qualification; blank: no lead to judge.{left_out}")


def _months_before(day: date, back: int) -> date:
    """The first day of the month so many months before a day's own."""
    year, month = divmod(day.year * MONTHS + day.month - 1 - back, MONTHS)
    return day.replace(year=year, month=month + 1, day=1)


def _qualified(months: dict[date, Response]) -> int:
    return sum(one.qualified for one in months.values())


def _rates_of(months: dict[date, Response], firsts: list[date]) -> Iterator[float | None]:
    for first in firsts:
        one = months.get(first)
        yield one.in_time / one.judged if one and one.judged else None


def qualified_since(leads: Canonical, first: date, as_of: date) -> Figure:
    """How many leads marketing qualified from one day to another, both included."""
    leads.need("mql_day")
    day = nw.col("mql_day")
    counted = leads.frame.filter((day >= day_number(first)) & (day <= day_number(as_of)))
    (row,) = rows_of(counted.select(nw.len().alias("leads")))
    part = Part("MQL", f"Became an MQL from {day_words(first)} to {day_words(as_of)}", ~day.is_null())
    return Figure(
        row["leads"],
        made_of={"mqls": row["leads"]},
        counted=Counting("MQLs", Kind.LEADS, slim(counted, "mql_day"), (part,)),
    )


def hours_to_touch(leads: Canonical, as_of: date, definitions: Definitions) -> Figure:
    """Median hours from qualification to the first touch, of touched leads, by the wall clock."""
    leads.need("mql_day", "touch_day", "mql_second", "touch_second")
    level, _ = _service_level(leads, definitions)
    frame, left_out = _judgeable(leads, as_of, level)
    timed = answered(frame, end_of(_midnight(as_of)), level)
    (response,) = responses_in(timed)
    if response.median_minutes is None:
        msg = "no lead was touched"
        raise TooFewRecords(msg)
    hours = response.median_minutes / MINUTES_PER_HOUR
    part = Part("touched", f"MQL by {day_words(as_of)}, touched by then", ~nw.col("minutes").is_null())
    elapsed = slim(timed.with_columns(hours=nw.col("minutes") / MINUTES_PER_HOUR), "minutes", "hours")
    counted = Counting("hours to touch", Kind.LEADS, elapsed, (part,), "hours")
    return Figure(hours, response.touched, note=f"Elapsed hours, of touched leads.{left_out}", counted=counted)


def working_week(definitions: Definitions) -> WorkingWeek:
    """The agreed working week."""
    return WorkingWeek(
        definitions.opens,
        definitions.closes,
        parse_workdays(definitions.workdays),
        frozenset(definitions.holidays),
    )


def _follow_up_cells(
    name: str, response: Response, definitions: Definitions, level: ServiceLevel | None, *, timed: bool
) -> tuple[Cell, ...]:
    rates: tuple[Cell, ...]
    try:
        low, rate, high = response.rate(definitions.confidence)
        rates = (rate, low, high)
    except MetricError as nothing:
        rates = (nothing,) * 3
    minutes = response.median_minutes
    return (
        name,
        response.qualified,
        response.touched,
        *((response.in_time, response.waiting) if level else ()),
        *rates,
        *((TooFewRecords(f"{name}: no lead was touched") if minutes is None else minutes,) if timed else ()),
    )


def _service_level(leads: Canonical, definitions: Definitions) -> tuple[ServiceLevel | None, str]:
    """The agreed level, where the exports have the times to judge it by, and a sentence that says which holds."""
    hours = definitions.sla_hours
    if hours is None:
        return None, "No SLA is agreed: a lead counts as followed up whenever it was touched."
    kind = _hours_kind(definitions)
    if not _timed(leads):
        return None, (
            f"The exports have no time of day for qualification and first touch, so that the agreed {hours:g} "
            f"{kind} cannot be judged: a lead counts as followed up whenever it was touched."
        )
    week = working_week(definitions) if definitions.clock is Clock.BUSINESS else None
    return ServiceLevel(hours, week), f"Touched within {hours:g} {kind} of qualification."


def _hours_kind(definitions: Definitions) -> str:
    return "business hours" if definitions.clock is Clock.BUSINESS else "hours"


def _timed(leads: Canonical) -> bool:
    return leads.has("mql_second", "touch_second")


def _judgeable(leads: Canonical, as_of: date, level: ServiceLevel | None) -> tuple[Frame, str]:
    """The leads' moments, without those whose times of day the service level would need and nobody wrote down."""
    leads.need("mql_day", "touch_day")
    moments = leads.frame.with_columns(
        qualified_day=nw.col("mql_day"),
        qualified_second=nw.col("mql_second"),
    )
    if level is None:
        return moments, ""
    day = day_number(as_of)
    # A lead without any touch can be judged by the time it was qualified.
    timed = ~nw.col("qualified_second").is_null() & (
        nw.col("touch_day").is_null() | ~nw.col("touch_second").is_null()
    )
    marked = moments.filter(nw.col("qualified_day") <= day).with_columns(timed=timed)
    (row,) = rows_of(marked.filter(~nw.col("timed")).select(nw.len().alias("untimed")))
    left_out = f" Left out for want of a time of day: {row['untimed']}." if row["untimed"] else ""
    return marked.filter(nw.col("timed")), left_out


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


# -- untouched ---------------------------------------------------------------------------------------------------


def untouched_by_age(leads: Canonical, as_of: date) -> Finding:
    """Leads that marketing qualified and nobody touched, by the days since they were qualified."""
    ages = rows_of(_untouched(leads, as_of).group_by("age").agg(nw.len().alias("leads")))
    bands: Counter[str] = Counter()
    for row in ages:
        bands[_band(row["age"])] += row["leads"]
    rows = tuple((name, bands[name]) for name, _ in AGE_BANDS)
    columns = (Column("age", Unit.TEXT), Column("leads", Unit.COUNT))
    return Finding(Table(columns, (*rows, (TOTAL, bands.total()))), "Days since each lead became an MQL.")


def untouched_by_owner(leads: Canonical, as_of: date) -> Finding:
    """The same leads by owner, the one with most of them first."""
    leads.need("owner")
    aggregates = (nw.len().alias("untouched"), nw.col("age").max())
    rows = in_order(
        rows_of(_untouched(leads, as_of).group_by("owner").agg(*aggregates)), "owner", largest="untouched"
    )
    columns = (Column("owner", Unit.TEXT), Column("untouched", Unit.COUNT), Column("oldest days", Unit.DAYS))
    return Finding(
        Table(columns, tuple((group_name(r["owner"], NOBODY), r["untouched"], r["age"]) for r in rows)),
        "Leads that nobody was assigned count too.",
    )


def _untouched(leads: Canonical, as_of: date) -> Frame:
    leads.need("mql_day", "touch_day")
    day = day_number(as_of)
    never = nw.col("touch_day").is_null() | (nw.col("touch_day") > day).fill_null(value=False)
    return leads.frame.filter((nw.col("mql_day") <= day) & never).with_columns(age=day - nw.col("mql_day"))


def _band(age: int) -> str:
    return next(name for name, last in AGE_BANDS if last is None or age <= last)


# -- disqualified and recycled -----------------------------------------------------------------------------------


def disqualified_by_source(leads: Canonical, as_of: date) -> Finding:
    """Why leads of each source were disqualified, blank reasons among them, and their share of that source's."""
    leads.need("disqualified", "source")
    grouped = _created(leads, as_of).filter(nw.col("disqualified")).group_by("source", "disqualified_reason")
    rows = rows_of(grouped.agg(nw.len().alias("leads")))
    of_source: Counter[str | None] = Counter()
    for row in rows:
        of_source[row["source"]] += row["leads"]
    if not rows:
        msg = "no lead was disqualified"
        raise TooFewRecords(msg)
    order = sorted(
        rows,
        key=lambda r: (
            r["source"] is None,
            -of_source[r["source"]],
            *by_name(r["source"]),
            -r["leads"],
            r["disqualified_reason"] or "",
        ),
    )
    note = "" if leads.has("disqualified_reason") else "The exports do not say why leads were disqualified."
    return Finding(
        Table(
            (
                Column("source", Unit.TEXT),
                Column("reason", Unit.TEXT),
                Column("leads", Unit.COUNT),
                Column("share", Unit.SHARE),
            ),
            tuple(
                (
                    group_name(r["source"]),
                    group_name(r["disqualified_reason"], NO_REASON),
                    r["leads"],
                    r["leads"] / of_source[r["source"]],
                )
                for r in order
            ),
        ),
        note,
    )


def recycled(leads: Canonical, as_of: date) -> Finding:
    """Leads that sales returned to marketing: how many, how many qualified again, how many were then won."""
    leads.need("recycled")
    day = day_number(as_of)

    def since_return(column: str) -> nw.Expr:
        """Whether the date has come, and not before the lead was returned."""
        happened = nw.col(column) <= day
        return happened & (nw.col("recycled_day").is_null() | (nw.col(column) >= nw.col("recycled_day")))

    returned = nw.col("recycled") & (nw.col("recycled_day").is_null() | (nw.col("recycled_day") <= day))
    flags = {"returned": returned}
    later = {"requalified": "requalified_day", "won": "won_day"}
    flags |= {name: returned & since_return(column) for name, column in later.items() if leads.has(column)}
    counted = _created(leads, as_of).with_columns(**{name: one_if(flag) for name, flag in flags.items()})
    sums = [nw.col(name).sum() for name in flags]
    by_source = leads.has("source")
    rows = rows_of(counted.group_by("source").agg(*sums)) if by_source else []
    shown = in_order([r for r in rows if r["returned"]], "source", largest="returned")
    total = {name: value or 0 for name, value in rows_of(counted.select(*sums))[0].items()}
    if not total["returned"]:
        msg = "no lead was returned to marketing"
        raise EmptyDenominator(msg)
    unknown = [name for name in later if name not in flags]
    return Finding(
        Table(
            (Column("source", Unit.TEXT), *(Column(name, Unit.COUNT) for name in flags)),
            (
                *((group_name(r["source"]), *(r[name] for name in flags)) for r in shown),
                (TOTAL, *(total[name] for name in flags)),
            ),
        ),
        f"The exports do not say which of them were {' or '.join(unknown)}." if unknown else "",
    )


def _created(leads: Canonical, as_of: date) -> Frame:
    """The leads that existed by then."""
    created = nw.col("created_day")
    return leads.frame.filter(created.is_null() | (created <= day_number(as_of)))
