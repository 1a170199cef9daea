"""The lists of records on the dashboard, filled by whole columns: they are much longer than all else."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.ooxml.layout import base_heading
from xlfunnel.segments.record_list import SHOWN
from xlfunnel.segments.records import DEALS_SHOWN, LEADS_SHOWN
from xlfunnel.table import Link
from xlfunnel.workbooks.cell_text import cell_text

if TYPE_CHECKING:
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.report import Report
    from xlfunnel.table import Cell, Table

LISTS: Final = MappingProxyType(
    {
        "tbl_deals": frozenset(base_heading(one.name) for one in DEALS_SHOWN),
        "tbl_leads": frozenset(base_heading(one.name) for one in LEADS_SHOWN),
        "tbl_records": SHOWN,
    }
)
"""The lists of records, with the headings, without their units, that each may have."""


def fill_lists(file: WorkbookFile, report: Report) -> None:
    """Write the records into a workbook that was built with the first of them only."""
    records = report.records.table if report.records else None
    for name, table in zip(LISTS, (report.data.table, report.lead_data.table, records), strict=True):
        _fill(file, name, table)


def _fill(file: WorkbookFile, name: str, table: Table | None) -> None:
    if table is None or not table.rows or name not in file.tables:
        return
    headings = file.table(name).columns
    columns = zip(*table.rows, strict=True)
    file.fill_columns(
        name, {heading: [_cell(one) for one in held] for heading, held in zip(headings, columns, strict=True)}
    )


def _cell(value: Cell) -> Any:
    if isinstance(value, Link):
        return Link(cell_text(value), value.address)
    return cell_text(value) if isinstance(value, str) else value
