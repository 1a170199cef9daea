"""A table made longer: what must reach to its new end does, and nothing else moves."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
import xlsxwriter
from tests.ooxml.conftest import packed, parts_of

from xlfunnel.ooxml.faults import CannotGrow, NoRoomToGrow
from xlfunnel.ooxml.structure import Place
from xlfunnel.ooxml.workbook_file import WorkbookFile

OWN_ROW = "=Deals[[#This Row],[Amount]]*Deals[[#This Row],[Win rate]]"
NEW = [{"Deal": "Dora", "Amount": 5_000, "Win rate": 0.2}, {"Deal": "Echo", "Amount": 1_000, "Win rate": 1}]


@pytest.fixture
def grown(content: bytes) -> WorkbookFile:
    book = WorkbookFile.from_bytes(content)
    book.append("Deals", NEW)
    return WorkbookFile.from_bytes(book.to_bytes())


def part(book: WorkbookFile, name: str) -> str:
    """A part of the file, the same for all programs: without prefixes, in double quotes."""
    plain = re.sub(r"<(/?)x:", r"<\1", parts_of(book.to_bytes())[name].decode())
    return re.sub(r" (\w+)='([^']*)'", r' \1="\2"', plain)


def test_the_table_holds_the_new_rows(grown: WorkbookFile) -> None:
    assert grown.table("Deals").rows == 5
    assert [row["Deal"] for row in grown.read_table("Deals")] == ["Acme", "Bolt", "Cube", "Dora", "Echo"]
    assert 'ref="A5:D10"' in part(grown, "xl/tables/table1.xml")
    assert "A5:D8" not in part(grown, "xl/tables/table1.xml")


def test_new_rows_have_the_formulas_and_formats_of_the_last(grown: WorkbookFile) -> None:
    assert [grown.formula("Plan", row, 3) for row in (7, 8, 9)] == [OWN_ROW] * 3
    sheet = part(grown, "xl/worksheets/sheet1.xml")
    for column in "BCD":
        styles = [re.search(rf'<c r="{column}{row}" s="(\d+)"', sheet)[1] for row in (8, 9, 10)]
        assert len(set(styles)) == 1
    assert all(re.search(rf'<row r="{row}"[^>]*ht="24', sheet) for row in (8, 9, 10))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('sqref="C6:C8"', 'sqref="C6:C10"'),
        ('sqref="B6:B8"', 'sqref="B6:B10"'),
        ('sqref="A6:D8"', 'sqref="A6:D10"'),
        ("<xm:sqref>B6:B8</xm:sqref>", "<xm:sqref>B6:B10</xm:sqref>"),
        ("<formula1>$B$6:$B$8</formula1>", "<formula1>$B$6:$B$10</formula1>"),
        ("SUM(Plan!$B$6:$B$8)", "SUM(Plan!$B$6:$B$10)"),
    ],
)
def test_what_ends_with_the_table_still_does(content: bytes, grown: WorkbookFile, before: str, after: str) -> None:
    name = "xl/worksheets/sheet1.xml"
    original = part(WorkbookFile.from_bytes(content), name)
    assert original.count(before) == part(grown, name).count(after) > 0
    assert before not in part(grown, name)


def test_names_and_the_printed_area_reach_to_the_new_end(grown: WorkbookFile) -> None:
    assert grown.names["amounts"] == Place("Plan", 5, 1, 9, 1)
    assert grown.names["one_deal"] == Place("Plan", 7, 1, 7, 1)
    assert grown.names["target"] == Place("Plan", 1, 1, 1, 1)
    assert "$A$1:$D$11" in part(grown, "xl/workbook.xml")


def test_formulas_on_other_sheets_follow(grown: WorkbookFile) -> None:
    assert grown.formula("My notes", 0, 3) == "=_xlfn._xlws.SORT(Plan!B6:B10)"
    assert grown.formula("My notes", 0, 1) == "=Plan!B2*2"


def test_charts_show_the_new_rows_once_they_are_told(grown: WorkbookFile) -> None:
    chart = part(grown, "xl/charts/chart1.xml").replace("$Plan.", "Plan!")
    assert "Plan!$B$6:$B$10" in chart
    assert "Plan!$A$6:$A$10" in chart
    assert "Dora" not in chart
    grown.refresh_chart_caches()
    chart = part(grown, "xl/charts/chart1.xml")
    assert re.findall(r"<c:v>([^<]*)</c:v>", chart) == [
        *("Amount", "Acme", "Bolt", "Cube", "Dora", "Echo"),
        *("12000", "8000", "20000", "5000", "1000"),
    ]


def test_sparklines_stand_beside_the_table_only_where_they_stood(grown: WorkbookFile) -> None:
    assert part(grown, "xl/worksheets/sheet1.xml").count("<xm:f>Plan!B") == 3


def small_book(build: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None]) -> WorkbookFile:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Log")
    build(book, sheet)
    book.close()
    return WorkbookFile.from_bytes(stream.getvalue())


def test_sparklines_inside_the_table_are_continued() -> None:
    def build(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.add_table("A1:D3", {"name": "T"})
        sheet.add_sparkline(1, 3, {"range": "Log!A2:C2"})
        sheet.add_sparkline(2, 3, {"range": "Log!A3:C3"})

    book = small_book(build)
    book.grow("T", 2)
    lines = re.findall(r"<xm:f>(.*?)</xm:f><xm:sqref>(.*?)</xm:sqref>", part(book, "xl/worksheets/sheet1.xml"))
    assert sorted(lines) == [(f"Log!A{row}:C{row}", f"D{row}") for row in range(2, 6)]


def test_relative_references_of_a_column_move_with_the_row() -> None:
    def build(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.add_table("A1:C3", {"name": "T"})
        sheet.write_formula("C2", '=A2*$B$1+SUM(B$2:B2)&"A2"')
        sheet.write_formula("C3", '=A3*$B$1+SUM(B$2:B3)&"A3"')

    book = small_book(build)
    book.grow("T", 2)
    assert book.formula("Log", 4, 2) == '=A5*$B$1+SUM(B$2:B5)&"A3"'


def test_followers_grow_with_the_table_that_they_read() -> None:
    def build(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.add_table("A1:B3", {"name": "Segments", "columns": [{"header": "Segment"}, {"header": "Deals"}]})
        formula = "=INDEX(Segments[Segment],ROW()-1)"
        sheet.add_table("D1:E3", {"name": "Rates", "columns": [{"header": "Segment"}, {"header": "Rate"}]})
        sheet.add_table("G1:H3", {"name": "Other"})
        sheet.add_table("J1:K3", {"name": "Later", "columns": [{"header": "Segment"}, {"header": "Load"}]})
        for row in (1, 2):
            sheet.write_formula(row, 3, formula)
            sheet.write_formula(row, 9, "=INDEX(Rates[Segment],ROW()-1)")

    book = small_book(build)
    assert book.grow_with_followers("segments", 2) == ("Rates", "Later")
    rows = {name: table.rows for name, table in book.tables.items()}
    assert rows == {"Segments": 4, "Rates": 4, "Other": 2, "Later": 4}
    assert book.formula("Log", 4, 3) == "=INDEX(Segments[Segment],ROW()-1)"
    book.write("Log", 6, 9, "in the way")
    with pytest.raises(NoRoomToGrow, match="the table Later"):
        book.grow_with_followers("Segments", 2)
    assert {name: table.rows for name, table in book.tables.items()} == rows


def test_one_row_is_enough_to_grow_from() -> None:
    def build(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.add_table("B4:C5", {"name": "T", "columns": [{"header": "Month"}, {"header": "Deals"}]})
        chart = book.add_chart({"type": "line"})
        chart.add_series({"categories": "=Log!$B$5:$B$5", "values": "=Log!$C$5:$C$5"})
        sheet.insert_chart("F1", chart)
        book.define_name("cited", "=Log!$C$5")

    book = small_book(build)
    book.append("T", [{"Month": "July", "Deals": 3}, {"Month": "August", "Deals": 4}])
    assert book.table("T").rows == 2
    assert book.names["cited"] == Place("Log", 4, 2, 4, 2)
    assert "Log!$C$5:$C$6" in part(book, "xl/charts/chart1.xml")


@pytest.mark.parametrize(
    ("below", "named"),
    [
        (lambda sheet: sheet.write("B7", "x"), "B7"),
        (lambda sheet: sheet.write_formula("A6", "=1"), "A6"),
        (lambda sheet: sheet.merge_range("B6:D6", ""), "merged cells B6:D6"),
        (lambda sheet: sheet.add_table("B7:C9", {"name": "Below"}), "the table Below"),
    ],
)
def test_what_stands_below_is_named(below: Callable[[xlsxwriter.worksheet.Worksheet], None], named: str) -> None:
    def build(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.add_table("A1:B4", {"name": "T"})
        below(sheet)

    book = small_book(build)
    before = book.to_bytes()
    with pytest.raises(NoRoomToGrow, match=named):
        book.grow("T", 4)
    assert book.to_bytes() == before


def test_blank_cells_with_a_format_are_no_obstacle() -> None:
    def build(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.add_table("A1:B4", {"name": "T"})
        sheet.write_blank("A5", None, book.add_format({"bold": True}))
        sheet.write("C5", "beside")

    book = small_book(build)
    book.grow("T", 1)
    assert book.table("T").rows == 4
    assert book.value("Log", 4, 2) == "beside"


def test_a_totals_row_is_told() -> None:
    book = small_book(lambda _, sheet: sheet.add_table("A1:B4", {"name": "T", "total_row": True}))
    with pytest.raises(CannotGrow, match="a totals row below its data"):
        book.grow("T", 1)


def test_appending_goes_on_below_the_last_row_that_holds_something() -> None:
    book = small_book(
        lambda _, sheet: sheet.add_table("A1:B5", {"name": "T", "data": [["July", 1], [], ["Sept", 3]]})
    )
    book.append("T", [{"Column1": "Oct"}])
    assert [row["Column1"] for row in book.read_table("T")] == ["July", None, "Sept", "Oct"]


def test_shared_formulas_are_told_apart_before_one_of_them_changes() -> None:
    parts = parts_of(small_book(lambda _, sheet: sheet.write("A1", 2)).to_bytes())
    rows = (
        '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*$A$1</f><v>4</v></c></row>'
        '<row r="2"><c r="A2"><v>3</v></c><c r="B2"><f t="shared" si="0"/><v>6</v></c></row>'
        '<row r="3"><c r="A3"><v>5</v></c><c r="B3"><f t="shared" si="0"/><v>10</v></c></row>'
    )
    name = "xl/worksheets/sheet1.xml"
    parts[name] = re.sub(rb"<row.*</row>", rows.encode(), parts[name])
    book = WorkbookFile.from_bytes(packed(parts))
    assert [text for *_, text in book.formulas()] == ["=A1*$A$1", "=A2*$A$1", "=A3*$A$1"]
    book.write("Log", 0, 1, 7)
    again = WorkbookFile.from_bytes(book.to_bytes())
    assert [again.formula("Log", row, 1) for row in range(3)] == [None, "=A2*$A$1", "=A3*$A$1"]
    assert [again.value("Log", row, 1) for row in range(3)] == [7, 6, 10]


def test_a_formula_typed_into_an_input_stays_where_it_is() -> None:
    def build(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.add_table("A1:B3", {"name": "Deals", "columns": [{"header": "Deal"}, {"header": "Amount"}]})
        sheet.write_column("A2", ["Acme", "Bolt"])
        sheet.write("B2", 500)
        sheet.write_formula("B3", "=3*1200", None, 3_600)

    book = small_book(build)
    assert book.input_columns("Deals") == ("Deal", "Amount")
    book.append("Deals", [{"Deal": "Cube"}])
    assert [(row["Deal"], row["Amount"]) for row in book.read_table("Deals")] == [
        ("Acme", 500),
        ("Bolt", 3_600),
        ("Cube", None),
    ]
    assert [book.formula("Log", row, 1) for row in (1, 2, 3)] == [None, "=3*1200", None]


def test_a_column_of_formulas_needs_no_word_of_the_table() -> None:
    """LibreOffice saves tables without the formulas that they keep for rows to come."""

    def build(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.add_table("A1:B3", {"name": "Deals", "columns": [{"header": "Deal"}, {"header": "Count"}]})
        sheet.write_formula("B2", "=LEN(Deals[[#This Row],[Deal]])")
        sheet.write_formula("B3", "=LEN(Deals[[#This Row],[Deal]])")

    book = small_book(build)
    assert book.input_columns("Deals") == ("Deal",)
    book.fill("Deals", [{"Deal": word} for word in ("a", "b", "c")])
    assert book.formula("Log", 3, 1) == "=LEN(Deals[[#This Row],[Deal]])"
