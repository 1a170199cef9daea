"""A dashboard refreshed in its place shows what a new one shows, and loses nothing that people put into it."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import xlsxwriter
from tests.workbooks.package_lint import lint

from xlfunnel.crm import read_exports
from xlfunnel.crm.costs import read_people, read_spend
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.ooxml.markup import parse, serialised
from xlfunnel.ooxml.relationships import add_relationship, declare
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.report import Report
from xlfunnel.segments.tables import ExportTables
from xlfunnel.table import Table
from xlfunnel.templates.alignment_dashboard.example import example_report
from xlfunnel.templates.alignment_dashboard.filling import dashboard
from xlfunnel.templates.alignment_dashboard.left_over import LEFT_OVER
from xlfunnel.templates.alignment_dashboard.review_log import REVIEW
from xlfunnel.templates.alignment_dashboard.sheets import REMADE
from xlfunnel.templates.alignment_dashboard.taking import places_in, take
from xlfunnel.templates.build import build
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.ours import native_or_none
from xlfunnel.templates.taking import Found, Taken

KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."


@cache
def other_found(kept: int | None = None) -> Found:
    """What a refresh finds in other exports: fewer deals, of the opportunities alone where `kept` is 1."""
    with tempfile.TemporaryDirectory() as folder:
        example = write_example(Path(folder), Crm.SALESFORCE, 150, 8)
        agreed = read_definitions(example.definitions)
        exports = read_exports(example.exports[:kept], example.as_of, agreed)
        spend, people = read_spend(example.spend), read_people(example.people)
        tables = ExportTables(exports)
        report = build_report(tables, example.as_of, agreed, spend, people)
        return Found(report, tables, spend, people, example.as_of, agreed)


def found_of(report: Report) -> Found:
    return replace(other_found(), report=report, as_of=report.as_of, definitions=report.definitions)


def refreshed(content: bytes, found: Found) -> tuple[WorkbookFile, Taken]:
    book = WorkbookFile.from_bytes(content)
    taken = take(book, found)
    book.recalculate(lambda formula: native_or_none(formula, {}))
    return WorkbookFile.from_bytes(book.to_bytes()), taken


def differences(one: WorkbookFile, other: WorkbookFile) -> Iterator[str]:
    """Cells that differ in what they show or in their formula."""
    for sheet in (name for name in one.sheets if name not in {"Mapping", "Refresh log"}):  # not the dashboard's alone
        parts = one.sheet_part(sheet), other.sheet_part(sheet)
        for number in sorted({*parts[0].row_numbers, *parts[1].row_numbers}):
            rows = [part.row(number) for part in parts]
            for column in sorted({at for row in rows if row for at in row.cells}):
                values = [part.value(number, column) for part in parts]
                if all(isinstance(value, float) for value in values):
                    same = values[0] == pytest.approx(values[1], rel=1e-9)
                else:
                    same = (values[0] or None) == (values[1] or None)
                formulas = [part.formula(number, column) for part in parts]
                if not same or formulas[0] != formulas[1]:
                    yield f"{one.cell_name(sheet, number, column)}: {values}, {formulas}"


@pytest.fixture(scope="module", params=Edition)
def edition(request: pytest.FixtureRequest) -> Edition:
    chosen: Edition = request.param
    return chosen


# -- the same as a new dashboard -------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["more records", "no leads", "blank"])
def test_every_cell_is_that_of_a_new_dashboard(edition: Edition, before: str) -> None:
    content = {
        "more records": lambda: dashboard(example_report(), edition),
        "no leads": lambda: dashboard(other_found(1).report, edition),
        "blank": lambda: build("alignment_dashboard", edition, BLANK),
    }[before]()
    book, taken = refreshed(content, other_found())
    new = dashboard(other_found().report, edition, changes=taken.changes)
    assert list(differences(WorkbookFile.from_bytes(new), book)) == []
    assert taken.notes == ()
    assert taken.cells > 1_000
    assert "tbl_deals" in taken.tables
    written_by_hand = "clipped texts: Definitions!"  # a long setting in a row that a person did not make higher
    assert [fault for fault in lint(book.to_bytes()) if not fault.startswith(written_by_hand)] == []


def test_figures_that_went_leave_no_old_ones_behind() -> None:
    before = dashboard(example_report())
    book, taken = refreshed(before, other_found(1))
    held = replace(BLANK, places=places_in(WorkbookFile.from_bytes(before)))
    new = dashboard(other_found(1).report, held=held, changes=taken.changes)
    assert list(differences(WorkbookFile.from_bytes(new), book)) == []
    assert "tbl_leads" not in book.tables
    assert lint(book.to_bytes()) == []


def test_a_second_refresh_with_the_same_exports_adds_nothing() -> None:
    first, _ = refreshed(dashboard(example_report()), other_found())
    once, _ = refreshed(first.to_bytes(), other_found())
    assert {one.partition("!")[0] for one in differences(first, once)} == {"'What changed'", "'Chart data'"}
    twice, _ = refreshed(once.to_bytes(), other_found())
    assert list(differences(once, twice)) == []
    assert set(once.package.names) == set(twice.package.names)
    assert once.package.read("xl/styles.xml") == twice.package.read("xl/styles.xml")


def test_the_file_is_valid(ooxml_validator: Path, tmp_path: Path) -> None:
    from tests.workbooks.validator import faults

    content = with_sheet(dashboard(example_report()), own_sheet())
    book, _ = refreshed(content, other_found())
    assert faults(ooxml_validator, book.to_bytes(), tmp_path) == []


# -- what people put into it -----------------------------------------------------------------------------------------


def own_sheet() -> bytes:
    """A workbook of one sheet with formulas, a chart and a comment, to be put into a dashboard."""
    place = WorkbookFile.from_bytes(dashboard(example_report())).table("tbl_by_source")
    first, last = place.first_row + 1, place.last_row + 1
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "constant_memory": True})
    sheet = book.add_worksheet("My view")
    book.add_worksheet("By source")  # for the chart's sake; only the first sheet is taken
    sheet.write_number(0, 0, 42)
    sheet.write_formula(1, 0, f"='By source'!D{first}")
    sheet.write_formula(2, 0, f"=SUM('By source'!$D${first}:$D${last})")
    sheet.write_formula(3, 0, "=SUM(tbl_by_source[Won])")
    sheet.write_formula(4, 0, "=kpi_velocity*2")
    sheet.write_formula(5, 0, f"='By source'!D{last + 1}")
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "categories": f"='By source'!$B${first}:$B${last}",
            "values": f"='By source'!$D${first}:$D${last}",
        }
    )
    sheet.insert_chart("C3", chart, {"description": "mine"})
    sheet.write_comment("A1", "a comment of mine")
    book.close()
    return stream.getvalue()


def with_sheet(content: bytes, donor: bytes) -> bytes:
    """A workbook with the donor's sheet as its last, as a person would have added it."""
    book, brought = WorkbookFile.from_bytes(content), zipfile.ZipFile(io.BytesIO(donor))
    package = book.package
    names = {
        "xl/worksheets/sheet1.xml": "xl/worksheets/mine.xml",
        "xl/drawings/drawing1.xml": "xl/drawings/mine.xml",
        "xl/drawings/vmlDrawing1.vml": "xl/drawings/mine.vml",
        "xl/charts/chart1.xml": "xl/charts/mine.xml",
        "xl/comments1.xml": "xl/comments_mine.xml",
    }
    for old, new in names.items():
        package.replace(new, brought.read(old))
    declare(package, names["xl/worksheets/sheet1.xml"], f"{SPREADSHEET}worksheet+xml")
    declare(package, "xl/comments_mine.xml", f"{SPREADSHEET}comments+xml")
    declare(package, "xl/drawings/mine.vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
    for part, kind in (("xl/drawings/mine.xml", "drawing"), ("xl/charts/mine.xml", "drawingml.chart")):
        declare(package, part, f"application/vnd.openxmlformats-officedocument.{kind}+xml")
    for source, folder in (("xl/worksheets/sheet1.xml", "worksheets"), ("xl/drawings/drawing1.xml", "drawings")):
        rels = brought.read(f"xl/{folder}/_rels/{source.rpartition('/')[2]}.rels").decode()
        for old, new in names.items():
            rels = rels.replace(f'"../{old.removeprefix("xl/")}"', f'"/{new}"')
        package.replace(f"xl/{folder}/_rels/mine.xml.rels", rels.encode())
    arrow = add_relationship(package, "xl/workbook.xml", f"{KINDS}worksheet", "/xl/worksheets/mine.xml")
    root = parse(package.read("xl/workbook.xml"), "xl/workbook.xml")
    listed = root.child("sheets")
    assert listed is not None
    listed.children.append(listed.new("sheet", {"name": "My view", "sheetId": "99", "r:id": arrow}))
    package.replace("xl/workbook.xml", serialised(root))
    return package.to_bytes()


@pytest.fixture(scope="module")
def customised() -> bytes:
    book = WorkbookFile.from_bytes(with_sheet(dashboard(example_report()), own_sheet()))
    book.append(REVIEW, [{"Date": date(2026, 9, 7), "Figure": "CAC", "Action": "Ask finance", "Done": "no"}])
    book.write_name("company", "Ours & sons")
    book.write("Dashboard", 7, 20, "a word beside the dashboard")
    data = book.table("tbl_deals")
    for row in range(data.first_row, data.last_row + 1):
        book.write("Data", row, data.right + 1, f"about {book.value('Data', row, data.left)}")
    return book.to_bytes()


def test_what_people_put_into_it_survives(customised: bytes) -> None:
    book, _ = refreshed(customised, other_found())
    assert book.read_name("company") == "Ours & sons"
    assert next(row["Action"] for row in book.read_table(REVIEW)) == "Ask finance"
    assert "a word beside the dashboard" in {
        book.value("Dashboard", row, column) for row in range(12) for column in range(16, 30)
    }
    before = WorkbookFile.from_bytes(customised).package
    for part in ("xl/comments_mine.xml", "xl/drawings/mine.xml", "xl/drawings/mine.vml", "xl/theme/theme1.xml"):
        assert book.package.read(part) == before.read(part)
    assert book.value("My view", 0, 0) == 42


def test_references_follow_their_table_and_their_record(customised: bytes) -> None:
    before = WorkbookFile.from_bytes(customised)
    book, _ = refreshed(customised, other_found())
    old, new = before.table("tbl_by_source"), book.table("tbl_by_source")
    source = before.value("By source", old.first_row, old.left)
    (row,) = [n for n in range(new.first_row, new.last_row + 1) if book.value("By source", n, new.left) == source]
    assert row != old.first_row
    won = [one["Won"] for one in book.read_table("tbl_by_source")]
    assert book.formula("My view", 1, 0) == f"='By source'!D{row + 1}"
    assert [book.value("My view", number, 0) for number in (1, 2, 3, 5)] == [
        book.value("By source", row, 3),
        sum(won),
        sum(won),
        sum(won),
    ]
    assert book.value("My view", 4, 0) == pytest.approx(2 * float(str(book.read_name("kpi_velocity"))))
    chart = book.package.read("xl/charts/mine.xml").decode()
    assert f"'By source'!$D${new.first_row + 1}:$D${new.last_row + 1}" in chart
    drawn = re.findall(r"<c:v>([^<]*)</c:v>", chart)
    assert drawn[-len(won) :] == [f"{count:.0f}" for count in won]


def with_rows(report: Report, rows: slice) -> Found:
    """The same report with other deals listed, in another order."""
    table = report.data.table
    assert table is not None
    return found_of(replace(report, data=replace(report.data, table=Table(table.columns, table.rows[rows]))))


def test_a_column_beside_the_records_moves_with_them(customised: bytes) -> None:
    book, taken = refreshed(customised, with_rows(example_report(), slice(None, None, -1)))
    data = book.table("tbl_deals")
    for row in range(data.first_row, data.last_row + 1):
        assert book.value("Data", row, data.right + 1) == f"about {book.value('Data', row, data.left)}"
    assert taken.notes == ()
    assert [row["Record"] for row in book.read_table(LEFT_OVER)] == [None] * 3


def test_what_stood_beside_records_that_are_gone_is_kept(customised: bytes) -> None:
    book, taken = refreshed(customised, with_rows(example_report(), slice(4, None)))
    rows = [row for row in book.read_table(LEFT_OVER) if row["Record"]]
    table = example_report().data.table
    assert table is not None
    assert [row["Record"] for row in rows] == [one[0] for one in table.rows[:4]]
    assert [row["What stood there"] for row in rows] == [f"about {one[0]}" for one in table.rows[:4]]
    assert taken.notes[0].startswith("4 cells stood beside records that this export lacks")
    data = book.table("tbl_deals")
    assert book.value("Data", data.first_row, data.right + 1) == f"about {table.rows[4][0]}"


def with_column(content: bytes, table: str, heading: str) -> WorkbookFile:
    """A workbook whose table a person made wider by a column, as Excel does it while one types beside a table."""
    book = WorkbookFile.from_bytes(content)
    place = book.table(table)
    root = parse(book.package.read(place.part), place.part)
    block = root.child("tableColumns")
    assert block is not None
    block.children.append(block.new("tableColumn", {"id": "77", "name": heading}))
    block.attributes["count"] = str(len(place.columns) + 1)
    book.write(place.sheet, place.header_row, place.right + 1, heading)
    root.attributes["ref"] = replace(place.whole, right=place.right + 1).name
    book.package.replace(place.part, serialised(root))
    return WorkbookFile.from_bytes(book.to_bytes())


def test_a_column_of_the_table_itself_stays_its_column() -> None:
    book = with_column(dashboard(example_report()), "tbl_deals", "Mine")
    data = book.table("tbl_deals")
    for row in range(data.first_row, data.last_row + 1):
        book.write_formula("Data", row, data.right, f'=B{row + 1}&"!"', "stale")
    now, _ = refreshed(book.to_bytes(), with_rows(example_report(), slice(None, 7, -1)))
    data = now.table("tbl_deals")
    assert data.columns[-1] == "Mine"
    for row in range(data.first_row, data.last_row + 1):
        assert now.formula("Data", row, data.right) == f'=B{row + 1}&"!"'
        assert now.value("Data", row, data.right) == f"{now.value('Data', row, data.left)}!"
    assert [fault for fault in lint(now.to_bytes()) if "tbl_deals[Mine] gives new rows None" not in fault] == []


def test_a_formula_over_what_is_gone_says_so(customised: bytes) -> None:
    book = WorkbookFile.from_bytes(customised)
    book.write_formula("My view", 8, 0, "=ROWS(tbl_leads[Id])", 1)
    now, taken = refreshed(book.to_bytes(), other_found(1))
    assert now.formula("My view", 8, 0) == "=ROWS(#REF!)"
    assert any("show #REF!" in note and "no longer there: tbl_leads" in note for note in taken.notes)


def test_a_chart_that_a_person_renamed_is_left_alone() -> None:
    book = WorkbookFile.from_bytes(dashboard(example_report()))
    part = "xl/drawings/drawing2.xml"
    named = re.compile(rb'name="xlfunnel chart 1 \w+"')
    book.package.replace(part, named.sub(b'name="My chart"', book.package.read(part)))
    now, _ = refreshed(book.to_bytes(), other_found())
    drawing = now.package.read(part).decode()
    assert drawing.count('name="My chart"') == 1
    assert len(named.findall(drawing.encode())) == 1
    assert len(set(re.findall(r'<xdr:cNvPr id="(\d+)"', drawing))) == drawing.count("<xdr:cNvPr ")


def test_a_sheet_that_people_left_open_stays_open() -> None:
    book = WorkbookFile.from_bytes(dashboard(example_report()))
    tree = book.sheet_part("CAC").changing_tree()
    protection = tree.child("sheetProtection")
    assert protection is not None
    tree.remove(protection)
    now, _ = refreshed(book.to_bytes(), other_found())
    open_sheets = {sheet for sheet in REMADE if now.sheet_part(sheet).tree.child("sheetProtection") is None}
    assert open_sheets == {"CAC", "Records", "Data", "Lead data", "Set aside"}
