"""What the velocity explorer takes from a refresh: the last twelve months as periods."""

from __future__ import annotations

import re
from datetime import date
from math import sqrt
from typing import TYPE_CHECKING, Final

from xlfunnel.check import day_number
from xlfunnel.errors import MetricError
from xlfunnel.segments.deal_report import in_definitions
from xlfunnel.segments.deals import defined, history_of
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.periods import day_of, period_ends, period_label
from xlfunnel.templates.measured_cells import MeasuredCells
from xlfunnel.templates.velocity_explorer.periods import PERIODS
from xlfunnel.units import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xlfunnel.ooxml.values import CellValue, Writable
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.segments.deals import DealFigures, DealHistory, Sample
    from xlfunnel.templates.taking import Found, Taken

    Row = Mapping[str, Writable]

_MONTHS: Final = 12
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_MEASURED: Final = "measured"
_COLUMNS: Final = ("status", "amount", "created_day", "closed_day", "counted", "qualified")


def take_periods(file: WorkbookFile, found: Found) -> Taken:
    """Write each of the last twelve months: into its row where it has one, else into a row of its own in order.

    Open deals are those of the month's last day (or of the day of the figures), closed ones those of the window that
    ends then. Periods of other names stay as they are.
    """
    cells = MeasuredCells(file)
    try:
        deals = found.tables.deals()
        deals.need("created_day", "closed_day", "amount")
    except MissingColumns as fault:
        cells.note(f"No period was written: this {fault}.")
        return cells.taken()
    day = day_number(found.as_of)
    history = found.once(
        "history of deals",
        (found.tables, day),
        found.definitions,
        lambda _: history_of(in_definitions(deals.frame.select(*_COLUMNS)), day),
    )
    months = _months(found, history)
    if not months:
        cells.note("No deal was open or closed in the last twelve months: no period was written.")
        return cells.taken()
    _write(cells, months)
    cells.note(_told(months), _told_ranges(found, history), _told_start(found, history, next(iter(months.values()))))
    return cells.taken()


def _months(found: Found, history: DealHistory) -> dict[str, Row]:
    """The rows of the months by name, from the first on in which any deal was open or closed."""
    ends = period_ends(found.as_of, Period.MONTH, _MONTHS)
    window = found.definitions.window
    seen = {end: history.at(day_number(end), window) for end in ends}
    first = next((end for end in ends if seen[end].open or seen[end].closed), None)
    if first is None:
        return {}
    return {period_label(end, Period.MONTH): _row(end, seen[end]) for end in ends if end >= first}


def _row(end: date, figures: DealFigures) -> Row:
    return {
        "Open opportunities": figures.open,
        "Won": figures.won,
        "Lost": figures.lost,
        "No decision": figures.no_decision,
        "Average deal": _or_blank(lambda: figures.average_deal),
        "Deal spread": _spread(figures.won_amounts),
        "Cycle days": _or_blank(lambda: figures.cycle_days),
        "Cycle spread": _spread(figures.closed_cycles),
        "Comes from": _MEASURED,
        "Since": end,
    }


def _spread(sample: Sample) -> float | None:
    """The standard deviation of a sample of at least two values."""
    return sqrt(sample.squares / (sample.count - 1)) if sample.count > 1 else None


def _or_blank(figure: Callable[[], float]) -> float | None:
    value = defined(figure)
    return None if isinstance(value, MetricError) else value


def _write(cells: MeasuredCells, months: Mapping[str, Row]) -> None:
    rows = cells.file.read_table(PERIODS)
    names = [str(row["Period"] or "").strip() for row in rows]
    used = max((number for number, name in enumerate(names, 1) if name), default=0)
    new = [month for month in months if month not in names]
    last = max((name for name in names if _MONTH.fullmatch(name)), default="")
    if any(month < last for month in new):
        used, names, new = _sorted_in(cells, rows[:used], new)
    missing = used + len(new) - cells.file.table(PERIODS).rows
    if missing > 0:
        cells.file.grow_with_followers(PERIODS, missing)
    places = {name: number for number, name in reversed(list(enumerate(names))) if name}
    places |= {month: used + number for number, month in enumerate(new)}
    for month, row in months.items():
        cells.put_row(PERIODS, places[month], {"Period": month, **row})


def _sorted_in(
    cells: MeasuredCells, rows: Sequence[Mapping[str, CellValue]], new: Sequence[str]
) -> tuple[int, list[str], list[str]]:
    """Make room for months between others: whole rows move, where all are months and none holds a formula."""
    file, table = cells.file, cells.file.table(PERIODS)
    names = [str(row["Period"] or "").strip() for row in rows]
    inputs = file.input_columns(PERIODS)
    at = {name: table.left + table.columns.index(name) for name in inputs}
    formulas = any(
        file.formula(table.sheet, table.first_row + number, column) is not None
        for number in range(len(rows))
        for column in at.values()
    )
    if formulas or not all(_MONTH.fullmatch(name) for name in names):
        cells.note("The months were written below the other periods: bring the rows into their order in time.")
        return len(rows), names, list(new)
    held = [({name: row[name] for name in inputs}, str(row["Period"]).strip()) for row in rows]
    blank: Mapping[str, CellValue] = dict.fromkeys(inputs)
    ordered = sorted([*held, *(({**blank, "Period": month}, month) for month in new)], key=lambda item: item[1])
    missing = len(ordered) - table.rows
    if missing > 0:
        file.grow_with_followers(PERIODS, missing)
    for number, (row, _) in enumerate(ordered):
        cells.put_row(PERIODS, number, row)
    return len(ordered), [name for _, name in ordered], []


def _told(months: Mapping[str, Row]) -> str:
    names = list(months)
    blank = [name for name, row in months.items() if row["Average deal"] is None or row["Cycle days"] is None]
    unmeasured = f" Without an average deal or a cycle: {', '.join(blank)}." if blank else ""
    return f"Periods {names[0]} to {names[-1]} are measured.{unmeasured}"


def _told_ranges(found: Found, history: DealHistory) -> str:
    """Where the workbook's ranges rest on more deals than were measured: it knows only the numbers won and closed."""
    deals = history.at(day_number(found.as_of), found.definitions.window)
    unpriced, undated = deals.won - deals.won_amounts.count, deals.closed - deals.closed_cycles.count
    if not unpriced and not undated:
        return ""
    return (
        f"Of the latest period {unpriced:,} won deals have no amount and {undated:,} closed ones no cycle; the "
        "ranges here count them, and are a little narrower than the dashboard's."
    )


def _told_start(found: Found, history: DealHistory, first: Row) -> str:
    """Where the exports begin within the window of the first period, whose figures then miss what came before."""
    begins = min((day for day in (*history.stock.starts[:1], *history.days[:1])), default=None)
    since, window = first["Since"], found.definitions.window
    if begins is None or window is None or not isinstance(since, date) or begins <= day_number(since) - window:
        return ""
    return (
        f"The exports begin on {day_of(begins)}: periods whose {window} days began before that rest on fewer deals, "
        "and deals that stood open earlier are missing in them."
    )
