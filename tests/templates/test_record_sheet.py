"""The Records sheet of the dashboard: what counts in each figure, the records, and what a refresh leaves of it."""

from __future__ import annotations

import io
from dataclasses import replace
from types import MappingProxyType

import openpyxl
import pytest
from tests.templates.test_alignment_dashboard_in_place import found_of, other_found, refreshed
from tests.workbooks.package_lint import lint

from xlfunnel.crm.tables import Kind
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import Definitions
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.report import Report
from xlfunnel.segments.tables import ExportTables
from xlfunnel.templates.alignment_dashboard.figure_records import records_in
from xlfunnel.templates.alignment_dashboard.filling import dashboard
from xlfunnel.templates.alignment_dashboard.headlines import headlines
from xlfunnel.templates.alignment_dashboard.left_over import LEFT_OVER
from xlfunnel.templates.alignment_dashboard.record_sheet import lines_of

ADDRESS = "https://acme.lightning.force.com"


def report_with(**choices: object) -> Report:
    """The other company's report, by other definitions."""
    found = other_found()
    agreed = Definitions.model_validate({**found.definitions.model_dump(), **choices})
    return build_report(found.tables, found.as_of, agreed, found.spend, found.people)


@pytest.fixture(scope="module")
def linked() -> Report:
    return report_with(crm_address=ADDRESS)


@pytest.fixture(scope="module")
def content(linked: Report) -> bytes:
    return dashboard(linked)


def told(file: WorkbookFile) -> str:
    part = file.sheet_part("Records")
    return " ".join(str(part.value(row, 1)) for row in part.row_numbers if part.value(row, 1))


def test_every_figure_of_the_dashboard_is_on_the_sheet(content: bytes, linked: Report) -> None:
    book = records_in(WorkbookFile.from_bytes(content))
    names = [name.partition(", ")[0] for name in book.figures.column("Figure")]
    assert names == [one.name for one in linked.measures]
    for one, name, value in zip(
        linked.measures, book.figures.column("Figure"), book.figures.column("Value"), strict=True
    ):
        assert value == pytest.approx(one.value)
        rows = book.of(str(name)).rows
        waiting = sum(row[0] == "open" for row in rows) if one.name == "Sales velocity" else 0
        assert one.count in {None, len(rows) - waiting}


def test_ids_lead_into_the_crm(content: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Records"]
    first = sheet.tables["tbl_records"].ref.split(":")[0]
    row = int(first.lstrip("ABCDEFGHIJ")) + 1
    formula = sheet.cell(row, 2).value
    shown = WorkbookFile.from_bytes(content).value("Records", row - 1, 1)
    assert formula == f'=HYPERLINK("{ADDRESS}/lightning/r/Opportunity/{shown}/view","{shown}")'


def test_the_numbers_of_records_lead_to_the_sheet(content: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content))

    def places(name: str) -> dict[str, str]:
        """By cell with a link: the cell of Records to which it leads."""
        cells = (cell for row in book[name].iter_rows() for cell in row if cell.hyperlink and cell.hyperlink.location)
        found = {cell.coordinate: str(cell.hyperlink.location).rpartition("!") for cell in cells}
        return {cell: there for cell, (sheet, _, there) in found.items() if sheet.strip("'") == "Records"}

    records = book["Records"]
    names = {str(records[there].value).partition(", ")[0] for there in places("Figures").values()}
    assert {"Win rate", "MQL → SQL", "Average deal"} <= names
    assert len(places("Dashboard")) == 8
    columns = places("Records")
    assert len(columns) > 20
    for cell, heading in columns.items():
        assert records[heading].value == records[cell].value


def test_what_stands_beside_a_record_moves_with_it(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    table = book.table("tbl_records")
    for row in range(table.first_row, table.last_row + 1):
        book.write("Records", row, table.right + 1, f"about {book.value('Records', row, table.left)}")
    fewer = report_with(window_days=90, crm_address=ADDRESS)
    now, taken = refreshed(book.to_bytes(), found_of(fewer))
    table = now.table("tbl_records")
    assert fewer.records is not None
    assert fewer.records.table is not None
    assert table.rows == len(fewer.records.table.rows)
    for row in range(table.first_row, table.last_row + 1):
        assert now.value("Records", row, table.right + 1) == f"about {now.value('Records', row, table.left)}"
        assert str(now.formula("Records", row, table.left)).startswith(f'=HYPERLINK("{ADDRESS}/lightning/r/')
    gone = [row["What stood there"] for row in now.read_table(LEFT_OVER) if row["Sheet"] == "Records"]
    assert len(gone) == book.table("tbl_records").rows - table.rows
    assert taken.notes[0].startswith(f"{len(gone)} cells stood beside records that this export lacks")


def test_above_the_limit_the_records_stay_in_the_export(content: bytes) -> None:
    report = report_with(data_limit=150)
    assert report.records is not None
    assert set(report.records.left_out) == {Kind.LEADS}
    now, _ = refreshed(content, found_of(report))
    assert {row["Kind"] for row in now.read_table("tbl_records")} == {"deal"}
    leads = report.records.counts[Kind.LEADS]
    assert f"{leads} leads were used, more than the 150 that the definitions let a workbook list" in told(now)
    lines = [row for row in now.read_table("tbl_counting") if row["Column below"] == "Follow-up"]
    assert [row["Records"] for row in lines] == [None] * 3
    assert lint(now.to_bytes()) == []


def test_without_deals_only_leads_are_listed() -> None:
    found = other_found()
    assert isinstance(found.tables, ExportTables)
    exports = replace(found.tables.exports, opportunities=None, stage_dates=None)
    report = build_report(ExportTables(exports), found.as_of, found.definitions)
    assert report.records is not None
    assert report.records.table is not None
    assert set(report.records.table.column("kind")) == {"lead"}
    lines = {line.one.measure.name: line for line in lines_of(report.records, headlines(report))}
    assert "needs an export of opportunities or deals" in lines["Win rate"].rule
    assert lines["Win rate"].count is None
    assert lines["MQL → SQL"].column == "MQL → SQL"


def test_an_address_that_says_nothing_of_records_leads_nowhere() -> None:
    report = report_with(crm_address="https://app.hubspot.com")
    assert report.records is not None
    assert report.records.addresses == {}
    lead = report_with(crm_address="https://crm.acme.com/d/{id}")
    assert lead.records is not None
    assert lead.records.addresses == MappingProxyType({Kind.OPPORTUNITIES: "https://crm.acme.com/d/{id}"})
