"""What the capacity plan takes from a refresh: leads received by week, and each segment's share of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.tables import Kind
from xlfunnel.segments.frames import rows_of
from xlfunnel.segments.periods import day_of
from xlfunnel.templates.export_groups import listed, told_elsewhere
from xlfunnel.templates.measured_cells import MeasuredCells
from xlfunnel.templates.quarter_days import WEEKS, quarter_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.segments.frames import Frame
    from xlfunnel.templates.export_groups import Listed
    from xlfunnel.templates.quarter_days import Quarter
    from xlfunnel.templates.taking import Found, Taken

_SEGMENTS: Final = "Segments"
_REPS: Final = "Reps"
_WEEKS: Final = "Weeks"
_RECEIVED: Final = "Leads received"
_AS_IT_WAS: Final = "leads received by week stay as they were"


def take_leads(file: WorkbookFile, found: Found) -> Taken:
    """Write the MQLs that came in each week that is over; a sentence says how they fell on segments and reps.

    Shares of segments, hours and ramp are agreed, and stay as they are.
    """
    cells = MeasuredCells(file)
    quarter = quarter_of(file)
    reason = _reason(quarter, found)
    if reason or quarter is None:
        cells.note(reason)
        return cells.taken()
    over = quarter.weeks_over(found.as_of)
    counts = _counted(found.tables.leads().frame, quarter, found)
    inside = _inside(cells, counts)
    weeks: Counter[int] = Counter()
    for (segment, _, week), number in counts.items():
        weeks[week] += number if segment in inside else 0
    for week in range(1, WEEKS + 1):
        cells.put_row(_WEEKS, week - 1, {_RECEIVED: weeks[week] if week <= over else None})
    if over < WEEKS and quarter.days_until(found.as_of):
        young = sum(number for week, number in weeks.items() if week > over)
        cells.note(
            f"Week {over + 1} is not over on {found.as_of}: its leads ({young:,} so far) are not on Calendar yet."
        )
    _note_parts(cells, {key: number for key, number in counts.items() if key[0] in inside})
    return cells.taken()


Part = tuple[str | None, str | None, int]
"""Segment, owner and week."""


def _reason(quarter: Quarter | None, found: Found) -> str:
    """Why nothing can be written; "" if it can."""
    if found.tables.count(Kind.LEADS) is None:
        return f"No export of leads was read: {_AS_IT_WAS}."
    if "mql_day" not in found.tables.leads().filled:
        return f"The exports do not say when each lead became an MQL: {_AS_IT_WAS}."
    if quarter is None:
        return f"The first day of the quarter is not set on Start: {_AS_IT_WAS}."
    if found.as_of < quarter.first:
        return f"The quarter begins on {quarter.first}, after the day of the figures: {_AS_IT_WAS}."
    return ""


def _counted(leads: Frame, quarter: Quarter, found: Found) -> Mapping[Part, int]:
    """MQLs of the quarter by segment, owner and week."""
    first, last = day_number(quarter.first), day_number(quarter.until(found.as_of))
    day = nw.col("mql_day")
    frame = leads.select("segment", "owner", "mql_day").filter((day >= first) & (day <= last))
    counts: Counter[Part] = Counter()
    for row in rows_of(frame.group_by("segment", "owner", "mql_day").agg(nw.len().alias("leads"))):
        week = quarter.week_of(day_of(row["mql_day"]))
        counts[row["segment"], row["owner"], week] += row["leads"]
    return counts


def _inside(cells: MeasuredCells, counts: Mapping[Part, int]) -> frozenset[str | None]:
    """The export's segments that are the workbook's; all of them where either names none."""
    segments = listed(cells.file, _SEGMENTS)
    by_segment = _summed(counts, 0)
    if not segments.rows or set(by_segment) <= {None}:
        return frozenset(by_segment)
    spelled = {name: None if name is None else segments.known(name) for name in by_segment}
    merged: Counter[str | None] = Counter()
    for name, number in by_segment.items():
        merged[spelled[name]] += number
    cells.note(told_elsewhere(merged, segments.rows, "leads", _SEGMENTS))
    return frozenset(name for name, ours in spelled.items() if ours in segments.rows)


def _note_parts(cells: MeasuredCells, counts: Mapping[Part, int]) -> None:
    """Take shares that nobody entered, and say how the leads fell on segments and on reps."""
    whole = sum(counts.values())
    segments, reps = listed(cells.file, _SEGMENTS), listed(cells.file, _REPS)
    if not whole:
        return
    shares = {name: number / whole for name, number in _merged(segments, _summed(counts, 0)).items()}
    if segments.rows and set(shares) <= set(segments.rows):
        _take_shares(cells, segments, shares)
    owners = _merged(reps, _summed(counts, 1))
    if not set(owners) <= {""}:
        told = ", ".join(f"{name} {owners[name]:,}" for name in reps.rows if owners.get(name))
        cells.note(f"Leads of this quarter by rep: {told}." if told else "")
        others = sum(number for name, number in owners.items() if name not in reps.rows)
        cells.note(f"Leads of owners who are not on Reps, or of nobody: {others:,}." if others else "")


def _take_shares(cells: MeasuredCells, segments: Listed, shares: Mapping[str, float]) -> None:
    """Shares are measured where none was entered; else the sentence stands beside what was agreed."""
    rows = cells.file.read_table(_SEGMENTS)
    if all(rows[row][_SHARE] in {None, ""} for row in segments.rows.values()):
        for name, row in segments.rows.items():
            cells.put_row(_SEGMENTS, row, {_SHARE: shares.get(name, 0.0)})
        cells.note("Shares of leads are measured: nobody had entered any.")
        return
    told = ", ".join(f"{name} {100 * shares.get(name, 0.0):.1f} %" for name in segments.rows)
    cells.note(f"Measured shares of leads this quarter: {told}. Those that were entered stay.")


_SHARE: Final = "Share of leads"


def _summed(counts: Mapping[Part, int], part: int) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for key, number in counts.items():
        found[key[part]] += number
    return found


def _merged(names: Listed, counts: Mapping[str | None, int]) -> Counter[str]:
    """The same by the workbook's spellings; "" is the blank one."""
    found: Counter[str] = Counter()
    for name, number in counts.items():
        found["" if name is None else names.known(name)] += number
    return found
