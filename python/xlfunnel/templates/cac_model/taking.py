"""What the CAC model takes from a refresh: what each channel won and took, the cycle, and spend and people."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from math import fsum
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.costs import PersonRow, SpendRow
from xlfunnel.crm.source_names import source_key
from xlfunnel.crm.tables import Kind
from xlfunnel.segments.channel_costs import Span
from xlfunnel.segments.deal_report import in_definitions
from xlfunnel.segments.deals import group_of, observed
from xlfunnel.segments.frames import one_if, rows_of
from xlfunnel.templates.cac_model.spend_sheet import KINDS
from xlfunnel.templates.export_groups import (
    groups_in,
    listed,
    respelled,
    told_elsewhere,
    told_unknown,
)
from xlfunnel.templates.measured_cells import MeasuredCells
from xlfunnel.templates.quarter_days import day_held, months_later, quarter_of
from xlfunnel.templates.taking import Costs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xlfunnel.ooxml.values import CellValue, Writable
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.export_groups import Listed
    from xlfunnel.templates.quarter_days import Quarter
    from xlfunnel.templates.taking import Found, Taken

_CHANNELS, _DRIVERS, _SPEND, _PEOPLE, _LOGGED = "Channels", "Drivers", "Spend", "People", "Logged"
_MEASURED: Final = "measured"
_MONTHS: Final = 3


def take_channels(file: WorkbookFile, found: Found) -> Taken:
    """Write what was measured of the quarter for each channel; revenue a customer, margin, churn and tools stay."""
    cells, quarter = MeasuredCells(file), quarter_of(file)
    if quarter is None:
        cells.note("The first day of the quarter is not set on Start: nothing was written.")
        return cells.taken()
    if found.as_of < quarter.first:
        cells.note(f"The quarter begins on {quarter.first}, after the day of the figures: nothing was written.")
        return cells.taken()
    if found.as_of < quarter.last:
        cells.note(
            f"The quarter is not over on {found.as_of}: customers, people and hours count up to that day, spend by "
            "the months of its file."
        )
    names = _channels(file, found)
    if not names.rows:
        cells.note("No channel is named on Drivers: its table was not written. Name them as the CRM's lead sources.")
    _take_deals(cells, found, quarter, names)
    _take_leads(cells, found, quarter, names)
    _take_spend(cells, found, quarter, names)
    _take_people(cells, found, quarter, names)
    return cells.taken()


def _channels(file: WorkbookFile, found: Found) -> Listed:
    """The channels by name; spellings are one as the definitions say, and as sources are read."""
    renamed = {source_key(old): new for old, new in found.definitions.sources.items()}
    return listed(file, _CHANNELS, lambda name: source_key(renamed.get(source_key(name), name)))


# -- customers and leads -------------------------------------------------------------------------------------------


def _take_deals(cells: MeasuredCells, found: Found, quarter: Quarter, names: Listed) -> None:
    if found.tables.count(Kind.OPPORTUNITIES) is None:
        cells.note("No export of deals was read: customers, opportunities, revenue and cycle stay as they were.")
        return
    deals = found.tables.deals()
    if "source" not in deals.filled:
        cells.note("The exports do not say the source of each deal: customers and opportunities stay as they were.")
        return
    spelled = respelled(deals.frame, "source", names.known)
    day, days = day_number(quarter.until(found.as_of)), quarter.days_until(found.as_of)
    seen = observed(spelled.filter(nw.col("counted")), day, days)
    worked = one_if(nw.col("is_open") | nw.col("is_closed"))
    sums = [nw.col(name).sum() for name in ("won", "worked", "won_amounts")]
    rows = {row["source"]: row for row in rows_of(seen.with_columns(worked=worked).group_by("source").agg(*sums))}
    counts = {name: int(row["worked"] or 0) for name, row in rows.items()}
    ever = groups_in(spelled, "source")
    inside = {name: row for name, row in names.rows.items() if ever.get(name)}
    cells.note(told_elsewhere(counts, names.rows, "opportunities", _DRIVERS), told_unknown(ever, names.rows, "deals"))
    for name, row in inside.items():
        values = rows.get(name, {})
        cells.put_row(
            _CHANNELS,
            row,
            {
                "Customers": values.get("won") or 0,
                "Opportunities worked": values.get("worked") or 0,
                "Revenue": float(values.get("won_amounts") or 0) if deals.has("amount") else None,
                "Comes from": _MEASURED,
                "Since": found.as_of,
            },
        )
    _take_cycle(cells, found)


def _take_cycle(cells: MeasuredCells, found: Found) -> None:
    """The median cycle of won deals, as the dashboard shows it."""
    deals = found.tables.deals()
    if not deals.has("created_day", "closed_day"):
        cells.note("The median cycle of won deals stays as it was: the exports lack the dates for it.")
        return
    chosen = in_definitions(deals.frame.select(*_COLUMNS))
    median = group_of(observed(chosen, day_number(found.as_of), found.definitions.window)).cycles.won_median
    cells.put_name("cac_cycle_days", median)


_COLUMNS: Final = ("status", "amount", "created_day", "closed_day", "counted", "qualified")


def _take_leads(cells: MeasuredCells, found: Found, quarter: Quarter, names: Listed) -> None:
    if found.tables.count(Kind.LEADS) is None:
        cells.note("No export of leads was read: leads by channel stay as they were.")
        return
    leads = found.tables.leads()
    if not leads.filled.issuperset(("source", "created_day")):
        cells.note(
            "The exports do not say source and creation date of each lead: leads by channel stay as they were."
        )
        return
    spelled = respelled(leads.frame.select("source", "created_day"), "source", names.known)
    ever = groups_in(spelled, "source")
    day = nw.col("created_day")
    since, until = day_number(quarter.first), day_number(quarter.until(found.as_of))
    created = spelled.filter((day >= since) & (day <= until)).group_by("source").agg(leads=nw.len())
    counts: dict[str | None, int] = {row["source"]: row["leads"] for row in rows_of(created)}
    cells.note(told_elsewhere(counts, names.rows, "leads", _DRIVERS), told_unknown(ever, names.rows, "leads"))
    for name, row in names.rows.items():
        if ever.get(name):
            cells.put_row(_CHANNELS, row, {"Leads": counts.get(name, 0)})


# -- spend and people ----------------------------------------------------------------------------------------------


def _take_spend(cells: MeasuredCells, found: Found, quarter: Quarter, names: Listed) -> None:
    """The spend file's rows from one cycle before the quarter on, one for each channel, month and kind."""
    if not found.spend:
        return
    cycle = cells.file.read_name("cac_cycle_days") if cells.file.named("cac_cycle_days") else None
    back = timedelta(days=round(cycle) if isinstance(cycle, float) else 0)
    first = min(quarter.first - back, months_later(quarter.first, -_MONTHS)).replace(day=1)
    amounts: dict[tuple[date, str, str], list[float]] = defaultdict(list)
    elsewhere: dict[str | None, int] = defaultdict(int)
    for row in found.spend:
        if not first <= row.month <= quarter.last:
            continue
        channel = names.known(row.channel)
        if channel not in names.rows:
            elsewhere[row.channel] += 1
        amounts[row.month, channel, _kind(row.kind)].append(row.amount)
    order = {name: at for at, name in enumerate(names.rows)}
    keys = sorted(amounts, key=lambda key: (key[0], order.get(key[1], len(order)), key[1], key[2]))
    rows: list[tuple[Writable, ...]] = [
        (channel, month, kind or None, round(fsum(amounts[month, channel, kind]), 2)) for month, channel, kind in keys
    ]
    cells.fill(_SPEND, ("Channel", "Month", "Kind", "Amount"), rows, keys=3)
    told = ", ".join(f"{name} ({count:,} rows)" for name, count in sorted(elsewhere.items(), key=str))
    cells.note(
        f"Spend of {first:%Y-%m} to {quarter.last:%Y-%m} was taken from its file; other months stay there.",
        f"Spend of channels that are not on Drivers, marked there as missing: {told}." if told else "",
    )


def _kind(kind: str) -> str:
    """A kind as the sheet offers it, where it does."""
    return next((one for one in KINDS if one.casefold() == kind.strip().casefold()), kind.strip())


def _take_people(cells: MeasuredCells, found: Found, quarter: Quarter, names: Listed) -> None:
    """What each role cost in the days of the quarter so far, and where its hours went."""
    if not found.people:
        return
    span = Span(quarter.first, quarter.until(found.as_of))
    roles = {row.role: None for row in found.people if span.share_of(row.month)}
    people = [(role, *_cost(role, found.people, span), _MEASURED, found.as_of) for role in roles]
    cells.fill(_PEOPLE, ("Role", "Cost", "Burden", "Acquisition share", "Comes from", "Since"), people, keys=1)
    hours: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in found.people:
        for channel, logged in row.hours.items():
            hours[row.role, names.known(channel)].append(logged * span.share_of(row.month))
    rows = [(role, channel, fsum(logged)) for (role, channel), logged in hours.items() if fsum(logged)]
    cells.fill(_LOGGED, ("Role", "Channel", "Hours"), rows, keys=2)
    outside = sorted({channel for _, channel, _ in rows if channel not in names.rows})
    cells.note(
        f"Hours of channels that are not on Drivers, marked there as missing: {', '.join(outside)}."
        if outside
        else ""
    )


def _cost(role: str, people: Iterable[PersonRow], span: Span) -> tuple[float, float | None, float | None]:
    """Pay in the span, and the burden and share that give its loaded cost to the cent where they changed by month."""
    mine = [(row, row.cost * span.share_of(row.month)) for row in people if row.role == role]
    pay = fsum(cost for _, cost in mine)
    acquired = fsum(cost * row.share for row, cost in mine)
    burden = fsum(cost * row.share * row.burden for row, cost in mine)
    return pay, burden / acquired if acquired else None, acquired / pay if pay else None


# -- what the workbook itself holds --------------------------------------------------------------------------------


def own_costs(file: WorkbookFile) -> Costs:
    """Spend by month from its sheet, and the people of the quarter, spread evenly over its months."""
    quarter = quarter_of(file)
    spend = []
    for row in file.read_table(_SPEND):
        month, amount = day_held(row["Month"], since_1904=file.since_1904), _number(row["Amount"])
        if row["Channel"] and month and amount is not None:
            spend.append(SpendRow(str(row["Channel"]), month.replace(day=1), amount, str(row["Kind"] or "")))
    return Costs(tuple(spend), _own_people(file, quarter) if quarter else ())


def _own_people(file: WorkbookFile, quarter: Quarter) -> tuple[PersonRow, ...]:
    logged: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in file.read_table(_LOGGED):
        logged[str(row["Role"])][str(row["Channel"])] += (_number(row["Hours"]) or 0.0) / _MONTHS
    people = []
    for row in file.read_table(_PEOPLE):
        role, cost, share = row["Role"], _number(row["Cost"]), _number(row["Acquisition share"])
        if not role or cost is None or share is None:
            continue
        burden = _number(row["Burden"]) or 0.0
        for number in range(_MONTHS):
            month = months_later(quarter.first, number)
            people.append(PersonRow(str(role), month, cost / _MONTHS, burden, share, dict(logged[str(role)])))
    return tuple(people)


def _number(value: CellValue) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
