"""A refresh of an existing dashboard: its sheets of results are made anew in it, and everything else stays."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from xlfunnel.changes import compared
from xlfunnel.definitions import Definitions
from xlfunnel.errors import Stopped
from xlfunnel.ooxml.attached import Attached
from xlfunnel.ooxml.personal_cells import PersonalCells
from xlfunnel.ooxml.redirecting import Redirection
from xlfunnel.ooxml.remaking import Builder, bring_sheets
from xlfunnel.ooxml.values import serial
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.templates.agreement import SETTING, definitions_of
from xlfunnel.templates.alignment_dashboard.headlines import KPI, TOTAL
from xlfunnel.templates.alignment_dashboard.left_over import LEFT_OVER
from xlfunnel.templates.alignment_dashboard.record_lists import LISTS, fill_lists
from xlfunnel.templates.alignment_dashboard.refresh_states import earlier_state, state_of
from xlfunnel.templates.alignment_dashboard.review_log import CALLS, REVIEW
from xlfunnel.templates.alignment_dashboard.sheets import REMADE
from xlfunnel.templates.book import OWN_AREA, OWN_CHART
from xlfunnel.templates.contents import Contents
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.taking import Taken

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from xlfunnel.changes import Changes
    from xlfunnel.ooxml.personal_cells import LeftOver
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.templates.contents import Row, Value
    from xlfunnel.templates.taking import Found

_WRITTEN_ON: Final = ("Start", "Definitions")
"""The sheets whose inputs the results read."""

_LATER: Final = ("What changed", "Records")
"""Sheets that the first version did not have, so that a person may have one of that name."""

_OWN_NAMES: Final = (KPI, TOTAL)
_MOST_NAMED: Final = 5


BUILDER: Final = Builder(
    sheets=REMADE,
    area=OWN_AREA,
    chart=OWN_CHART,
    table="tbl_",
    names=lambda name: name.startswith(_OWN_NAMES) or name.endswith("_listed"),
    headings=LISTS,
)
"""How the dashboard marks what is its own."""


class OwnSheetInTheWay(Stopped):
    """A person's sheet has the name of one that the dashboard is to have."""


def take(file: WorkbookFile, found: Found) -> Taken:
    """Show what a refresh found in a person's dashboard.

    Sheets of results are those of a new dashboard, cell by cell. What people wrote stays: inputs, the Review log,
    their own sheets, charts and names, and columns beside records, which move with their record.
    """
    changes = compared(earlier_state(file), state_of(found.report))
    _add_sheets(file)
    fields = _write_fields(file, found)
    fresh = _fresh(file, found, changes)
    personal = PersonalCells(file, BUILDER)
    brought = bring_sheets(file, fresh, BUILDER)
    fill_lists(file, found.report)
    personal.widen_tables()
    moves = personal.moves()
    redirection = Redirection(file, BUILDER, moves)
    gone = personal.restore(moves, redirection.formula)
    gone += Attached(file, BUILDER, moves, redirection.formula).follow()
    redirection.all(brought)
    notes = [*_keep_left_over(file, gone, found.as_of), *_broken(redirection, moves.lost)]
    tables = tuple(name for name in file.tables if file.tables[name].sheet in REMADE)
    cells = fields + sum(table.rows * len(table.columns) for table in map(file.table, tables))
    return Taken(tables, cells, tuple(notes), changes)


def _add_sheets(file: WorkbookFile) -> None:
    """Add the sheets of results that a workbook lacks: an older version made it, or a person took them out."""
    taken = {sheet.casefold(): sheet for sheet in file.sheets}
    for sheet in REMADE:
        own = taken.get(sheet.casefold())
        if own is None:
            file.add_sheet(sheet)
        elif sheet in _LATER and f"{own}!{OWN_AREA}" not in file.names:
            msg = (
                f'The workbook has a sheet of your own that is called "{own}", as a sheet of the dashboard now is. '
                "Give yours another name, and refresh again."
            )
            raise OwnSheetInTheWay(msg)


def _fresh(file: WorkbookFile, found: Found, changes: Changes) -> WorkbookFile:
    """A new dashboard with this report and what the workbook's inputs say."""
    from xlfunnel.templates.alignment_dashboard.filling import dashboard_contents  # noqa: PLC0415  # they read this
    from xlfunnel.templates.alignment_dashboard.workbook import TEMPLATE  # noqa: PLC0415
    from xlfunnel.templates.build import build_template  # noqa: PLC0415

    contents = dashboard_contents(found.report, _held(file), changes)
    edition = Edition.FUNCTIONS if file.has_macros else Edition.FORMULAS
    contents = replace(contents, first_records_only=True)
    return WorkbookFile.from_bytes(build_template(TEMPLATE, edition, contents, bare=True))


def _held(file: WorkbookFile) -> Contents:
    """What people wrote on Start, Definitions and the Review log, and where the results stand."""
    fields: dict[str, Value] = {}
    for name, place in file.names.items():
        if place.sheet in _WRITTEN_ON and file.formula(place.sheet, place.top, place.left) is None:
            fields[name] = _value(file.read_name(name))
    tables = {name: tuple(_rows(file, name)) for name in (REVIEW, CALLS) if name in file.tables}
    return Contents(MappingProxyType(fields), MappingProxyType(tables), places=places_in(file))


def places_in(file: WorkbookFile) -> Mapping[str, int]:
    """Where the tables of the results stand: they stay there if they can."""
    own = (table for table in file.tables.values() if table.sheet in REMADE)
    return MappingProxyType({table.name: table.header_row for table in own})


def _rows(file: WorkbookFile, name: str) -> list[Row]:
    columns = file.input_columns(name)
    rows = [tuple(_value(row[column]) for column in columns) for row in file.read_table(name)]
    while rows and not any(value not in {None, ""} for value in rows[-1]):
        rows.pop()
    return rows


def _value(value: CellValue) -> Value:
    return str(value) if isinstance(value, str) else value


def _write_fields(file: WorkbookFile, found: Found) -> int:
    """Write the day, the currency and the choices that the figures rest on, where the workbook says otherwise."""
    from xlfunnel.templates.alignment_dashboard.filling import dashboard_contents  # noqa: PLC0415  # they read this

    written = 0
    for name, value in dashboard_contents(found.report).fields.items():
        if file.named(name) is None or _says(file, name, value, found.definitions):
            continue
        file.write_name(name, value)
        written += 1
    return written


def _says(file: WorkbookFile, name: str, value: Value, definitions: Definitions) -> bool:
    """Whether a cell holds a value already, or other words for the same choice."""
    held = file.read_name(name)
    plain = serial(value, since_1904=file.since_1904) if hasattr(value, "year") else value  # type: ignore[arg-type]
    if held == plain or (held in {None, ""} and plain in {None, ""}):
        return True
    key = name.removeprefix(SETTING)
    if key == name:
        return False
    try:
        told = Definitions.model_validate(dict(definitions_of({key: held})))
    except ValidationError:
        return False
    return bool(getattr(told, key) == getattr(definitions, key))


def _keep_left_over(file: WorkbookFile, gone: list[LeftOver], as_of: date) -> list[str]:
    if not gone:
        return []
    records = sorted({one.record for one in gone})
    words = f"{len(gone)} cells stood beside records that this export lacks"
    if file.named(LEFT_OVER) is None and LEFT_OVER not in file.tables:
        told = "; ".join(f"{one.record}, {one.column}: {one.value}" for one in gone)
        return [f"{words}, and the workbook has no sheet Left over to keep them: {told}."]
    rows = [
        {
            "As of": as_of,
            "Sheet": one.sheet,
            "Record": one.record,
            "Column": one.column,
            "What stood there": one.value,
        }
        for one in gone
    ]
    file.append(LEFT_OVER, rows)
    return [f"{words}; they are kept on the sheet Left over: {_some(records)}."]


def _broken(redirection: Redirection, lost: list[str]) -> list[str]:
    gone = list(dict.fromkeys((*redirection.broken, *lost)))
    if not gone:
        return []
    return [f"Formulas of yours show #REF!, since what they read is no longer there: {_some(gone)}."]


def _some(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
