"""The Refresh log: every refresh of a workbook, file by file, so that a figure can be traced to what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col, Role, place_table, place_title
from xlfunnel.templates.quarter_days import day_held
from xlfunnel.units import Unit
from xlfunnel.workbooks.cell_text import cell_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.report import Report
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.contents import Row, Value

REFRESH_LOG: Final = "RefreshLog"
AT: Final = "Refreshed at"
_DAY: Final = "As of"
COLUMNS: Final = (
    Col(AT, role=Role.HELD, width=180),
    Col(_DAY, Unit.DATE, role=Role.HELD, width=92),
    Col("File", role=Role.HELD, width=220, shrink=True),
    Col("From", role=Role.HELD, width=120, shrink=True),
    Col("Records", role=Role.HELD, width=100),
    Col("Read", Unit.COUNT, role=Role.HELD, width=84, unit_line=""),
    Col("Used", Unit.COUNT, role=Role.HELD, width=84, unit_line=""),
    Col("Set aside", Unit.COUNT, role=Role.HELD, width=84, unit_line=""),
    Col("Lines skipped", Unit.COUNT, role=Role.HELD, width=84, unit_line=""),
    Col("Definitions", role=Role.HELD, width=120, shrink=True),
    Col("Program", role=Role.HELD, width=120, shrink=True),
    Col("SHA-256 of the file", role=Role.HELD, width=470, shrink=True),
    Col("Set aside by rule", role=Role.HELD, width=460, shrink=True),
)
_SPARE: Final = 3


def place_refresh_log(page: TemplatePage) -> None:
    """Write the table that every refresh adds to."""
    note = "Read = used + set aside, always. Lines skipped hold no record: blank lines, footers and totals."
    place_title(page, "Refreshes", f"A line for each file, the newest last. {note}", right=len(COLUMNS))
    top = page.row
    place_table(page, REFRESH_LOG, COLUMNS, spare=_SPARE, example=False)
    page.repeated_row = top


def log_rows(report: Report, at: datetime | None) -> tuple[Row, ...]:
    """The lines of one refresh; `at` is its moment, with its distance to UTC."""
    moment = at.isoformat(sep=" ", timespec="seconds") if at else None
    return tuple(
        (
            moment,
            report.as_of,
            cell_text(one.file),
            cell_text(one.crm),
            one.kind.value,
            one.read,
            one.used,
            sum(one.set_aside.values()),
            one.lines_skipped,
            cell_text(report.definitions.version),
            report.program,
            one.sha256,
            "; ".join(f"{count:,} {rule.value}" for rule, count in one.set_aside.items() if count) or None,
        )
        for one in report.files
    )


def logged(file: WorkbookFile) -> tuple[Row, ...]:
    """The lines that a workbook has; none where its log is gone."""
    if REFRESH_LOG not in file.tables:
        return ()
    rows = [tuple(_value(file, name, value) for name, value in row.items()) for row in file.read_table(REFRESH_LOG)]
    while rows and not any(value is not None for value in rows[-1]):
        rows.pop()
    return tuple(row[: len(COLUMNS)] for row in rows)


def with_refresh(earlier: Sequence[Row], new: Sequence[Row]) -> tuple[Row, ...]:
    """The log with a refresh added; one that only repeats the last, of the same files and day, is no new one."""
    last = earlier[len(earlier) - len(new) :] if new else ()
    if [row[1:] for row in last] == [row[1:] for row in new]:
        return tuple(earlier)
    return (*earlier, *new)


def log_refresh(file: WorkbookFile, new: Sequence[Row]) -> None:
    """Add a refresh to a workbook's log, if it has one and this is not the last one once more."""
    earlier = logged(file)
    if REFRESH_LOG not in file.tables or len(with_refresh(earlier, new)) == len(earlier):
        return
    names = [one.name for one in COLUMNS]
    present = {name for name in names if file.table(REFRESH_LOG).column(name) is not None}
    rows = [{name: value for name, value in zip(names, row, strict=True) if name in present} for row in new]
    file.append(REFRESH_LOG, rows)


def _value(file: WorkbookFile, name: str, value: CellValue) -> Value:
    if value == "":
        return None
    day = day_held(value, since_1904=file.since_1904) if name == _DAY else None
    if day is not None:
        return day
    return str(value) if isinstance(value, str) else value
