"""The lists of records on the dashboard, filled by whole columns: they are much longer than all else."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.ooxml.layout import base_heading
from xlfunnel.segments.record_list import SHOWN
from xlfunnel.segments.records import DEALS_SHOWN, LEADS_SHOWN
from xlfunnel.table import Link
from xlfunnel.workbooks.cell_text import cell_text
from xlfunnel.workbooks.import_log import set_aside_table

if TYPE_CHECKING:
    from collections.abc import Sequence

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
"""The lists of records that were used, with the headings, without their units, that each may have."""
SET_ASIDE: Final = "tbl_set_aside"


def fill_lists(file: WorkbookFile, report: Report) -> None:
    """Write the records into a workbook that was built with the first of them only."""
    records = report.records.table if report.records else None
    for name, table in zip(LISTS, (report.data.table, report.lead_data.table, records), strict=True):
        _fill(file, name, table)
    _fill(file, SET_ASIDE, set_aside_table(report.set_aside[: report.definitions.data_limit]))


def _fill(file: WorkbookFile, name: str, table: Table | None) -> None:
    if table is None or not table.rows or name not in file.tables:
        return
    headings = file.table(name).columns
    columns = zip(*table.rows, strict=True)
    file.fill_columns(name, {heading: _cells(held) for heading, held in zip(headings, columns, strict=True)})


def _cells(values: tuple[Cell, ...]) -> Sequence[Any]:
    """The values of a column as cells hold them; mostly they are so already."""
    kinds = set(map(type, values))
    if Link in kinds:
        return [_cell(one) for one in values]
    if str not in kinds:
        return values
    texts = {one for one in values if isinstance(one, str)}
    changed = {text: shown for text in texts if (shown := cell_text(text)) != text}
    return [changed.get(one, one) if isinstance(one, str) else one for one in values] if changed else values


def _cell(value: Cell) -> Any:
    if isinstance(value, Link):
        return Link(cell_text(value), value.address)
    return cell_text(value) if isinstance(value, str) else value
