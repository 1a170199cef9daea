"""Reading and changing the same workbook as three programs write it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from tests.ooxml.conftest import DEALS, packed, parts_of

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.faults import (
    FormulaColumn,
    HiddenByMerge,
    NoFormulaHere,
    NoRoomToGrow,
    NotThere,
    OutsideGrid,
    PartOfArray,
    TableHeading,
    UnwritableValue,
)
from xlfunnel.ooxml.structure import Place
from xlfunnel.ooxml.workbook_file import WorkbookFile

NOTES = "My notes"


def reopened(book: WorkbookFile) -> WorkbookFile:
    return WorkbookFile.from_bytes(book.to_bytes())


def test_sheets_names_tables_and_properties_are_found(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    assert book.sheets == ("Plan", NOTES, "Bob's sheet")
    assert book.names["target"] == Place("Plan", 1, 1, 1, 1)
    assert book.names["amounts"] == Place("Plan", 5, 1, 7, 1)
    assert book.names["My notes!local"] == Place(NOTES, 0, 0, 0, 0)
    assert "rate" not in book.names
    table = book.table("deals")
    assert (table.sheet, table.header_row, table.left, table.rows) == ("Plan", 4, 0, 3)
    assert table.columns == ("Deal", "Amount", "Win rate", "Expected")
    assert book.properties["xlfunnel"] == "quarterly_plan"


@pytest.mark.parametrize(
    ("row", "column", "shown"),
    [
        (0, 0, "my own text"),
        (1, 0, "half bold"),
        (2, 0, "=1+1 as text"),
        (0, 1, 60_000),
        (1, 1, "ab"),
        (2, 1, ExcelCode.DIV0),
        (3, 1, True),
        (4, 1, False),
        (5, 5, None),
        (900_000, 16_000, None),
    ],
)
def test_a_cell_shows_what_the_file_says(content: bytes, row: int, column: int, shown: object) -> None:
    value = WorkbookFile.from_bytes(content).value(NOTES, row, column)
    assert value == shown
    assert isinstance(value, bool) == isinstance(shown, bool)


def test_a_table_is_read_as_rows(content: bytes) -> None:
    rows = WorkbookFile.from_bytes(content).read_table("Deals")
    assert [(row["Deal"], row["Amount"], row["Win rate"]) for row in rows] == list(DEALS)
    assert [row["Expected"] for row in rows] == [3_000, 4_000, 2_000]


def test_formulas_are_listed_as_they_are_typed(content: bytes) -> None:
    found = {(sheet, row, column): text for sheet, row, column, text in WorkbookFile.from_bytes(content).formulas()}
    assert found["Plan", 1, 4] == "=SUM(Deals[Expected])"
    assert found["Plan", 6, 3] == "=Deals[[#This Row],[Amount]]*Deals[[#This Row],[Win rate]]"
    assert found[NOTES, 0, 3] == "=_xlfn._xlws.SORT(Plan!B6:B8)"


def test_without_a_change_every_part_stays(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.read_table("Deals")
    list(book.formulas())
    book.refresh_chart_caches()
    assert parts_of(book.to_bytes()) == parts_of(content)


WRITTEN = [
    (12.5, 12.5),
    (-3, -3.0),
    (0.1 + 0.2, 0.1 + 0.2),
    (True, True),
    (ExcelCode.NA, ExcelCode.NA),
    ("Ärger & <Freude>", "Ärger & <Freude>"),
    ("  two  spaces\nand a line ", "  two  spaces\nand a line "),
    ("=HYPERLINK(1)", "=HYPERLINK(1)"),
    ("bell\x07, _x0041_ and \r", "bell\x07, _x0041_ and \r"),
    ("", ""),
    (date(2026, 9, 30), 46_295),
    (datetime(2026, 9, 30, 6), 46_295.25),
    (None, None),
]


@pytest.mark.parametrize(("value", "read"), WRITTEN)
@pytest.mark.parametrize("cell", [("Plan", 1, 1), (NOTES, 1, 0), (NOTES, 1, 1), (NOTES, 40, 7)])
def test_what_is_written_is_read_back(
    content: bytes, cell: tuple[str, int, int], value: object, read: object
) -> None:
    book = WorkbookFile.from_bytes(content)
    book.write(*cell, value)
    again = reopened(book)
    assert again.value(*cell) == read
    assert isinstance(again.value(*cell), bool) == isinstance(read, bool)
    assert again.formula(*cell) is None


def test_only_the_parts_that_must_change_do(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.write_name("target", 35_000)
    before, after = parts_of(content), parts_of(book.to_bytes())
    assert list(before) == list(after)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"xl/workbook.xml", "xl/worksheets/sheet1.xml"}
    assert reopened(book).read_name("Target") == 35_000
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]


def test_the_same_changes_give_the_same_bytes(content: bytes) -> None:
    books = [WorkbookFile.from_bytes(content) for _ in range(2)]
    for book in books:
        book.append("Deals", [{"Deal": "Dora", "Amount": 5_000}])
    assert books[0].to_bytes() == books[1].to_bytes()


def test_properties_are_changed_and_added(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.set_property("xlfunnel", "cac_model")
    book.set_property("xlfunnel edition", "formulas & more")
    assert reopened(book).properties["xlfunnel"] == "cac_model"
    assert reopened(book).properties["xlfunnel edition"] == "formulas & more"


def test_a_formula_is_written_with_its_result(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.write_formula("Plan", 1, 5 + 4, '=SUM(Deals[Amount])&"<"', "40000<")
    book.set_result("Plan", 1, 4, 9_500)
    again = reopened(book)
    assert again.formula("Plan", 1, 9) == '=SUM(Deals[Amount])&"<"'
    assert again.value("Plan", 1, 9) == "40000<"
    assert (again.formula("Plan", 1, 4), again.value("Plan", 1, 4)) == ("=SUM(Deals[Expected])", 9_500)


def test_filling_writes_rows_and_clears_what_is_left(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.fill("Deals", [{"deal": "Only", "Amount": 7, "Win rate": 1}])
    again = reopened(book)
    assert [(row["Deal"], row["Amount"], row["Win rate"]) for row in again.read_table("Deals")] == [
        ("Only", 7, 1),
        (None, None, None),
        (None, None, None),
    ]
    assert again.formula("Plan", 7, 3) == "=Deals[[#This Row],[Amount]]*Deals[[#This Row],[Win rate]]"
    again.append("Deals", [{"Deal": "Next"}])
    assert again.value("Plan", 6, 0) == "Next"
    assert again.table("Deals").rows == 3


REFUSED = [
    (lambda book: book.write("Plan", 0, 6, 1), HiddenByMerge, "write to F1"),
    (lambda book: book.write(NOTES, 1, 3, 1), PartOfArray, "the array formula in D1"),
    (lambda book: book.write("Plan", 4, 1, "Value"), TableHeading, "a heading of the table Deals"),
    (lambda book: book.write("Plan", 0, 0, float("nan")), UnwritableValue, "finite number, received nan"),
    (lambda book: book.write("Plan", 0, 0, 10**400), UnwritableValue, "finite number"),
    (lambda book: book.write("Plan", 0, 0, "x" * 32_768), UnwritableValue, "at most 32,767 characters"),
    (lambda book: book.write("Plan", 0, 0, date(1899, 1, 1)), UnwritableValue, "1900 or later"),
    (lambda book: book.write("Plan", 1 << 20, 0, 1), OutsideGrid, "1,048,576 rows"),
    (lambda book: book.value("Plans", 0, 0), NotThere, 'no sheet "Plans"; it has: Plan'),
    (lambda book: book.write_name("goal", 1), NotThere, 'no name of a cell "goal"'),
    (lambda book: book.read_table("Leads"), NotThere, 'no table "Leads"; it has: Deals'),
    (lambda book: book.fill("Deals", [{"Colour": 1}]), NotThere, '"Colour"; it has: Deal, Amount'),
    (lambda book: book.append("Deals", [{"Expected": 1}]), FormulaColumn, 'the column "Expected"'),
    (lambda book: book.set_result("Plan", 0, 0, 1), NoFormulaHere, "Plan!A1 holds no formula"),
]


@pytest.mark.parametrize(("change", "fault", "message"), REFUSED)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    content: bytes, change: Callable[[WorkbookFile], None], fault: type[Exception], message: str
) -> None:
    book = WorkbookFile.from_bytes(content)
    with pytest.raises(fault, match=message):
        change(book)
    assert parts_of(book.to_bytes()) == parts_of(content)


def test_a_table_does_not_grow_over_what_stands_below(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.write("Plan", 9, 1, "mine")
    before = parts_of(book.to_bytes())
    with pytest.raises(NoRoomToGrow, match=r"Deals on the sheet Plan needs 2 more rows.*: B10"):
        book.grow("Deals", 2)
    assert parts_of(book.to_bytes()) == before
    book.grow("Deals", 1)
    assert book.table("Deals").rows == 4


def test_a_formula_gives_way_to_what_it_shows(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    for row, column in ((0, 3), (1, 1), (2, 1), (3, 1), (5, 5)):
        book.keep_value(NOTES, row, column)
    again = reopened(book)
    shown = [again.value(NOTES, row, 3) for row in range(3)]
    assert shown == [8_000, 12_000, 20_000]
    assert [again.value(NOTES, row, 1) for row in (1, 2, 3)] == ["ab", ExcelCode.DIV0, True]
    assert next(text for sheet, _, _, text in again.formulas() if sheet == NOTES) == "=Plan!B2*2"
    assert not again.is_array(NOTES, 1, 3)
    again.write(NOTES, 1, 3, 5)


def test_the_formula_of_a_column_is_changed_apart_from_its_cells(plain: bytes) -> None:
    book = WorkbookFile.from_bytes(plain)
    text = "=Deals[[#This Row],[Amount]]*Deals[[#This Row],[Win rate]]"
    assert list(book.column_formulas()) == [("Deals", "Expected", text)]
    book.set_column_formula("deals", "expected", "=1<2")
    assert list(reopened(book).column_formulas()) == [("Deals", "Expected", "=1<2")]
    book.set_column_formula("Deals", "Expected", None)
    assert list(reopened(book).column_formulas()) == []
    assert reopened(book).formula("Plan", 5, 3) == text


def test_excel_finds_the_order_of_calculation_anew_when_formulas_changed(plain: bytes) -> None:
    parts = parts_of(plain)
    chain = "xl/calcChain.xml"
    parts[chain] = (
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="D2" i="1"/></calcChain>'
    )
    arrow = (
        b'<Relationship Id="chain" Target="/xl/calcChain.xml" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"/></Relationships>'
    )
    rels, types = "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
    parts[rels] = parts[rels].replace(b"</Relationships>", arrow)
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    override = b'<Override PartName="/xl/calcChain.xml" ContentType="' + kind + b'"/></Types>'
    parts[types] = parts[types].replace(b"</Types>", override)
    book = WorkbookFile.from_bytes(packed(parts))
    book.write_name("target", 1)
    assert chain in parts_of(book.to_bytes())
    book.write("Plan", 1, 3, 40_000)
    after = parts_of(book.to_bytes())
    assert chain not in after
    assert b"calcChain" not in after[rels] + after[types]


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ('name="Deals"', True),
        ('ref="A5:D8" sheet="Plan"', True),
        ('name="amounts"', True),
        ('ref="A1:B3" sheet="My notes"', False),
    ],
)
def test_pivot_tables_read_a_changed_source_anew(plain: bytes, source: str, marked: bool) -> None:
    parts = parts_of(plain)
    part = "xl/pivotCache/pivotCacheDefinition1.xml"
    text = (
        '<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" recordCount="3">'
        f'<cacheSource type="worksheet"><worksheetSource {source}/></cacheSource></pivotCacheDefinition>'
    )
    arrow = (
        '<Relationship Id="cache" Target="pivotCache/pivotCacheDefinition1.xml" Type="http://schemas.openxmlformats.org'
        '/officeDocument/2006/relationships/pivotCacheDefinition"/></Relationships>'
    )
    rels = "xl/_rels/workbook.xml.rels"
    parts[part] = text.encode()
    parts[rels] = parts[rels].replace(b"</Relationships>", arrow.encode())
    book = WorkbookFile.from_bytes(packed(parts))
    book.write("Plan", 5, 1, 1)
    assert (b'refreshOnLoad="1"' in parts_of(book.to_bytes())[part]) == marked
