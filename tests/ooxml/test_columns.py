"""Tables made shorter and filled by whole columns: what reaches to their end follows, and nothing else moves."""

from __future__ import annotations

import io
import re
from datetime import date

import openpyxl
import pytest
from tests.ooxml.conftest import parts_of

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.faults import CannotGrow, FormulaColumn, NoRoomToGrow, NotThere, UnwritableValue
from xlfunnel.ooxml.structure import Place
from xlfunnel.ooxml.workbook_file import WorkbookFile

OWN_ROW = "=Deals[[#This Row],[Amount]]*Deals[[#This Row],[Win rate]]"


def part(book: WorkbookFile, name: str) -> str:
    plain = re.sub(r"<(/?)x:", r"<\1", parts_of(book.to_bytes())[name].decode())
    return re.sub(r" (\w+)='([^']*)'", r' \1="\2"', plain)


def again(book: WorkbookFile) -> WorkbookFile:
    return WorkbookFile.from_bytes(book.to_bytes())


@pytest.fixture
def shrunk(content: bytes) -> WorkbookFile:
    book = WorkbookFile.from_bytes(content)
    book.shrink("Deals", 2)
    return again(book)


def test_what_reached_to_the_end_reaches_to_the_new_end(shrunk: WorkbookFile) -> None:
    assert [row["Deal"] for row in shrunk.read_table("Deals")] == ["Acme"]
    assert 'ref="A5:D6"' in part(shrunk, "xl/tables/table1.xml")
    assert shrunk.names["amounts"] == Place("Plan", 5, 1, 5, 1)
    assert shrunk.formula("My notes", 0, 3) == "=_xlfn._xlws.SORT(Plan!B6:B6)"
    sheet = part(shrunk, "xl/worksheets/sheet1.xml")
    assert 'sqref="C6"' in sheet
    assert "SUM(Plan!$B$6:$B$6)" in sheet
    assert "Plan!$B$6:$B$6" in part(shrunk, "xl/charts/chart1.xml").replace("$Plan.", "Plan!")


def test_the_cells_of_the_rows_that_went_are_blank(shrunk: WorkbookFile) -> None:
    assert [shrunk.value("Plan", row, column) for row in (6, 7) for column in range(4)] == [None] * 8
    assert shrunk.value("My notes", 0, 0) == "my own text"


def test_a_table_that_lost_rows_grows_again_as_it_was(content: bytes, shrunk: WorkbookFile) -> None:
    shrunk.grow("Deals", 2)
    assert shrunk.table("Deals").rows == 3
    assert [shrunk.formula("Plan", row, 3) for row in (5, 6, 7)] == [OWN_ROW] * 3
    assert 'ref="A5:D8"' in part(shrunk, "xl/tables/table1.xml")
    assert shrunk.formula("My notes", 0, 3) == "=_xlfn._xlws.SORT(Plan!B6:B8)"
    assert shrunk.names["amounts"] == WorkbookFile.from_bytes(content).names["amounts"]


@pytest.mark.parametrize("count", [3, 4])
def test_a_table_keeps_one_row(content: bytes, count: int) -> None:
    book = WorkbookFile.from_bytes(content)
    with pytest.raises(CannotGrow, match="keeps at least one"):
        book.shrink("Deals", count)
    assert book.to_bytes() == content or parts_of(book.to_bytes()) == parts_of(content)


NAMES = ["Dora & sons", "=1+1", " spaced ", "Echo\nbelow", "bell\x07"]
AMOUNTS = [1.5, 2, None, True, date(2026, 9, 30)]


@pytest.fixture
def filled(content: bytes) -> WorkbookFile:
    book = WorkbookFile.from_bytes(content)
    book.write("Plan", 6, 8, "mine, beside the table")
    book.fill_columns("Deals", {"deal": NAMES, "Amount": AMOUNTS})
    return again(book)


def test_whole_columns_are_read_back(filled: WorkbookFile) -> None:
    rows = filled.read_table("Deals")
    assert [row["Deal"] for row in rows] == NAMES
    assert [row["Amount"] for row in rows] == [1.5, 2.0, None, True, 46295.0]
    assert [row["Win rate"] for row in rows] == [None] * 5
    assert [filled.formula("Plan", row, 3) for row in range(5, 10)] == [OWN_ROW] * 5
    assert filled.value("Plan", 6, 8) == "mine, beside the table"
    assert filled.formula("My notes", 0, 3) == "=_xlfn._xlws.SORT(Plan!B6:B10)"


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_an_independent_reader_sees_the_same(filled: WorkbookFile) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(filled.to_bytes()))["Plan"]
    assert sheet.tables["Deals"].ref == "A5:D10"
    assert [sheet.cell(row, 1).value for row in range(6, 10)] == NAMES[:4]
    assert sheet["A7"].quotePrefix
    assert sheet["A7"].data_type == "s"
    assert len({sheet.cell(row, 2).number_format for row in range(6, 11)}) == 1


def test_the_same_as_row_by_row(content: bytes) -> None:
    rows = [{"Deal": f"Deal {number}", "Amount": number * 1.5, "Win rate": 0.5} for number in range(7)]
    one, other = WorkbookFile.from_bytes(content), WorkbookFile.from_bytes(content)
    one.fill("Deals", rows)
    other.fill_columns("Deals", {name: [row[name] for row in rows] for name in rows[0]})
    for row in range(5, 12):
        for column in range(4):
            assert one.value("Plan", row, column) == other.value("Plan", row, column) or column == 3
            assert one.formula("Plan", row, column) == other.formula("Plan", row, column)


def test_fewer_rows_make_the_table_shorter_and_none_leaves_a_blank_one(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.fill_columns("Deals", {"Deal": ["Only"], "Amount": [ExcelCode.NA]})
    assert [(row["Deal"], row["Amount"]) for row in again(book).read_table("Deals")] == [("Only", ExcelCode.NA)]
    book.fill_columns("Deals", {"Deal": []})
    assert [row["Deal"] for row in again(book).read_table("Deals")] == [None]


def test_what_cannot_be_written_is_refused(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    with pytest.raises(NotThere, match="Stage"):
        book.fill_columns("Deals", {"Stage": ["won"]})
    with pytest.raises(FormulaColumn, match="holds formulas"):
        book.fill_columns("Deals", {"Expected": [1, 2, 3]})
    with pytest.raises(UnwritableValue, match="row 6 of Deals, column Amount"):
        book.fill_columns("Deals", {"Amount": [float("nan"), 1, 2]})
    with pytest.raises(ValueError, match="equally long"):
        book.fill_columns("Deals", {"Deal": ["a"], "Amount": [1, 2]})
    book.write("Plan", 9, 0, "in the way")
    with pytest.raises(NoRoomToGrow):
        book.fill_columns("Deals", {"Deal": list("abcdefgh")})


def test_parts_that_are_not_touched_keep_their_bytes(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.fill_columns("Deals", {"Deal": ["a", "b", "c"], "Amount": [1, 2, 3]})
    before, after = parts_of(content), parts_of(book.to_bytes())
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed <= {"xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/calcChain.xml", "[Content_Types].xml",
                       "xl/_rels/workbook.xml.rels", "xl/styles.xml"}  # fmt: skip
