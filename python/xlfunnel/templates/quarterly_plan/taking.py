"""What the quarterly plan takes from a refresh: rates, deals and cycles as measured, pipeline, and MQLs by week."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.tables import Kind
from xlfunnel.errors import MetricError
from xlfunnel.segments import lead_funnel
from xlfunnel.segments.deal_report import in_definitions
from xlfunnel.segments.deals import defined, groups_by, observed
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.frames import rows_of
from xlfunnel.segments.periods import day_of
from xlfunnel.segments.quantiles import aggregated, statistic_of
from xlfunnel.templates.export_groups import (
    groups_in,
    listed,
    respelled,
    told_elsewhere,
    told_unknown,
)
from xlfunnel.templates.measured_cells import MeasuredCells
from xlfunnel.templates.quarter_days import WEEKS, quarter_of
from xlfunnel.templates.quarterly_plan.deal_stages import deal_stages, stage_rates
from xlfunnel.templates.quarterly_plan.following import CONVERSIONS, SEGMENTS
from xlfunnel.templates.quarterly_plan.pace_sheet import TABLE as RECEIVED
from xlfunnel.templates.quarterly_plan.pace_sheet import week_of, worked
from xlfunnel.templates.quarterly_plan.rates_sheet import BY_VALUE, measured
from xlfunnel.units import Statistic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.ooxml.values import Writable
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.segments.canonical import Canonical
    from xlfunnel.segments.deals import Group
    from xlfunnel.segments.frames import Frame
    from xlfunnel.templates.export_groups import Listed
    from xlfunnel.templates.quarter_days import Quarter
    from xlfunnel.templates.taking import Found, Taken

_RATES: Final = "Rates"
_MQL_TO_SQL, _SQL_TO_OPPORTUNITY, *_OF_DEALS = CONVERSIONS
_NO_QUARTER: Final = "The first day of the quarter is not set on Start: nothing of the quarter was written."
_NO_SEGMENTS: Final = "No segment is named on Segments: nothing was written. Name them as the CRM does."
_NO_SEGMENT: Final = "The exports do not say the segment of each {}: {} as they were."
_OF_DEALS_LEFT: Final = "deals, pipeline and rates after the opportunity stay"
_OF_LEADS_LEFT: Final = "cycles, the first two rates and the weeks on Pace stay"


@dataclass(frozen=True)
class _Task:
    """What all parts of the work need."""

    found: Found
    cells: MeasuredCells
    segments: Listed
    quarter: Quarter | None

    @property
    def today(self) -> int:
        return day_number(self.found.as_of)


def take_plan(file: WorkbookFile, found: Found) -> Taken:
    """Write what was measured for each segment of the plan; what was agreed stays as it is."""
    cells = MeasuredCells(file)
    task = _Task(found, cells, listed(file, SEGMENTS), quarter_of(file))
    if not task.segments.rows:
        cells.note(_NO_SEGMENTS)
        return cells.taken()
    if task.quarter is None:
        cells.note(_NO_QUARTER)
    _take_deals(task)
    _take_leads(task)
    return cells.taken()


def _by_segment(task: _Task, kind: Kind, record: str, left: str) -> Canonical | None:
    """The records of a kind with the plan's own names of segments; None, and a note, where no export has segments."""
    tables = task.found.tables
    if tables.count(kind) is None:
        task.cells.note(f"No export of {record}s was read: {left} as they were.")
        return None
    known = tables.deals() if kind is Kind.OPPORTUNITIES else tables.leads()
    if "segment" not in known.filled:
        task.cells.note(_NO_SEGMENT.format(record, left))
        return None
    return replace(known, frame=respelled(known.frame, "segment", task.segments.known))


def _inside(task: _Task, frame: Frame, records: str) -> dict[str, int]:
    """The rows of the plan's segments that have records; those of other segments are named and counted."""
    names = task.segments.rows
    counts = groups_in(frame, "segment")
    task.cells.note(told_elsewhere(counts, names, records, SEGMENTS), told_unknown(counts, names, records))
    return {name: row for name, row in names.items() if counts.get(name)}


# -- deals ---------------------------------------------------------------------------------------------------------


def _take_deals(task: _Task) -> None:
    known = _by_segment(task, Kind.OPPORTUNITIES, "deal", _OF_DEALS_LEFT)
    if known is None:
        return
    deals = known.frame.select(*_DEAL_COLUMNS)
    inside = _inside(task, deals.filter(nw.col("counted")), "deals")
    _write_deals(task, deals, inside)
    _write_stage_rates(task, inside)


def _write_deals(task: _Task, deals: Frame, inside: Mapping[str, int]) -> None:
    window = task.found.definitions.window
    chosen = in_definitions(deals)
    seen = observed(chosen, task.today, window)
    groups = {group.name: group for group in groups_by(seen, "segment")}
    values = _values(seen)
    booked = _booked(task, chosen)
    for name, row in inside.items():
        group, value = groups[name], values[name]
        closed = value["closed_value"]
        won = group.deals.won_revenue
        task.cells.put_row(
            SEGMENTS,
            row,
            {
                "Measured deal": _or_blank(lambda group=group: group.deals.average_deal),
                "Open pipeline": float(value["open_value"] or 0),
                "Open deals": group.deals.open,
                **booked(name),
            },
        )
        task.cells.put_row(_RATES, row, {measured(BY_VALUE): won / closed if closed and won >= 0 else None})
    unpriced = sum(values[name]["open"] - values[name]["open_priced"] for name in inside)
    if unpriced:
        task.cells.note(f"Open deals without an amount, counted and worth nothing: {unpriced:,}.")


_DEAL_COLUMNS: Final = ("segment", "status", "amount", "created_day", "closed_day", "counted", "qualified")


def _values(seen: Any) -> dict[str | None, dict[str, Any]]:
    """The money of open and of closed deals by segment."""
    valued = seen.with_columns(
        open_value=nw.when(nw.col("is_open")).then(nw.col("amount")),
        closed_value=nw.when(nw.col("is_closed")).then(nw.col("amount")),
    )
    sums = (nw.col("open_value").sum(), nw.col("closed_value").sum(), nw.col("open").sum())
    priced = nw.col("open_value").count().alias("open_priced")
    return {row["segment"]: row for row in rows_of(valued.group_by("segment").agg(*sums, priced))}


def _booked(task: _Task, chosen: Any) -> Any:
    """By segment the revenue won in the quarter so far, and in how many deals; nothing where no quarter is set."""
    quarter = task.quarter
    if quarter is None:
        return lambda _name: {}
    until, days = quarter.until(task.found.as_of), quarter.days_until(task.found.as_of)
    won: dict[str | None, Group] = {}
    if days:
        won = {one.name: one for one in groups_by(observed(chosen, day_number(until), days), "segment")}

    def columns(name: str) -> Mapping[str, Writable]:
        deals = won[name].deals if name in won else None
        return {"Booked": deals.won_revenue if deals else 0.0, "Deals won": deals.won if deals else 0}

    return columns


def _write_stage_rates(task: _Task, inside: Mapping[str, int]) -> None:
    """The rates from opportunity to deal, where the exports have a date for each stage."""
    staged = task.found.tables.staged()
    stages = deal_stages(staged)
    task.cells.note(*stages.notes)
    rates = stage_rates(staged, task.segments.known, stages, task.today, task.found.definitions.confidence)
    for name, row in inside.items():
        found = rates(name)
        values = {measured(column): found.get(column) for column in _OF_DEALS}
        task.cells.put_row(_RATES, row, values)


# -- leads ---------------------------------------------------------------------------------------------------------


def _take_leads(task: _Task) -> None:
    leads = _by_segment(task, Kind.LEADS, "lead", _OF_LEADS_LEFT)
    if leads is None:
        return
    inside = _inside(task, leads.frame, "leads")
    for name, row in inside.items():
        _write_lead_rates(task, leads, name, row)
    _write_weeks(task, leads, inside)


def _write_lead_rates(task: _Task, leads: Canonical, name: str, row: int) -> None:
    known = replace(leads, frame=leads.frame.filter(nw.col("segment") == name))
    confidence = task.found.definitions.confidence
    task.cells.put_row(
        _RATES,
        row,
        {
            measured(_MQL_TO_SQL): _or_blank(lambda: lead_funnel.mql_to_sql(known, task.today, confidence).value),
            measured(_SQL_TO_OPPORTUNITY): _or_blank(
                lambda: lead_funnel.sql_to_opportunity(known, task.today, confidence).value
            ),
        },
    )
    task.cells.put_row(SEGMENTS, row, {"Measured cycle": _cycle(task, known.frame)})


def _cycle(task: _Task, leads: Frame) -> float | None:
    """Median days from MQL to won, of the leads won in the window: what the plan's cycle means."""
    window = task.found.definitions.window
    won, mql = nw.col("won_day"), nw.col("mql_day")
    frame = leads.select("won_day", "mql_day").filter((won <= task.today) & (won >= mql))
    if window is not None:
        frame = frame.filter(won > task.today - window)
    (row,) = aggregated(frame.with_columns(days=won - mql), [statistic_of("days", Statistic.MEDIAN)])
    return None if row["days"] is None else float(row["days"])


def _write_weeks(task: _Task, leads: Canonical, inside: Mapping[str, int]) -> None:
    """MQLs received by week and segment, and worked by week: of the weeks that are over."""
    quarter, as_of = task.quarter, task.found.as_of
    if quarter is None:
        return
    if "mql_day" not in leads.filled:
        task.cells.note("The exports do not say when each lead became an MQL: the weeks on Pace stay as they were.")
        return
    if as_of < quarter.first:
        task.cells.note(f"The quarter begins on {quarter.first}, after the day of the figures: Pace is blank.")
    over = quarter.weeks_over(as_of)
    received, touched = _by_week(leads.frame, quarter, as_of)
    for name, row in inside.items():
        weeks = {n: received[name, n] if n <= over else None for n in range(1, WEEKS + 1)}
        task.cells.put_row(RECEIVED, row, {week_of(n): count for n, count in weeks.items()})
    can_be_worked = "touch_day" in leads.filled
    if not can_be_worked:
        task.cells.note("The exports do not say when each lead was first touched: what sales worked stays as it was.")
    for n in range(1, WEEKS + 1) if can_be_worked else ():
        task.cells.put_name(worked(n), sum(touched[name, n] for name in inside) if n <= over else None)
    if quarter.days_until(as_of) > 0 and over < WEEKS:
        young = sum(received[name, n] for name in inside for n in range(over + 1, WEEKS + 1))
        task.cells.note(f"Week {over + 1} is not over on {as_of}: its MQLs ({young:,} so far) are not on Pace yet.")


def _by_week(leads: Frame, quarter: Quarter, as_of: Any) -> tuple[Mapping[Any, int], Mapping[Any, int]]:
    """MQLs of the quarter by segment and week: received, and of these worked, from the day of their first touch."""
    first, last = day_number(quarter.first), day_number(quarter.until(as_of))
    mql, touch = nw.col("mql_day"), nw.col("touch_day")
    frame = leads.select("segment", "mql_day", "touch_day").filter((mql >= first) & (mql <= last))
    frame = frame.with_columns(day=mql, worked=nw.when(touch < mql).then(mql).otherwise(touch))
    received: dict[Any, int] = defaultdict(int)
    touched: dict[Any, int] = defaultdict(int)
    for column, counts in (("day", received), ("worked", touched)):
        dated = frame.filter(nw.col(column) <= last).group_by("segment", column).agg(nw.len().alias("leads"))
        for row in rows_of(dated):
            counts[row["segment"], quarter.week_of(day_of(row[column]))] += row["leads"]
    return received, touched


def _or_blank(figure: Any) -> float | None:
    """A figure, or nothing where it cannot be measured."""
    try:
        value = defined(figure)
    except MissingColumns:
        return None
    return None if isinstance(value, MetricError) else value
