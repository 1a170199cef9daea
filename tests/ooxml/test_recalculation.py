"""Results computed anew without a spreadsheet program, and which formulas still show old ones."""

from __future__ import annotations

import pytest
from tests.ooxml.conftest import packed, parts_of, workbook_bytes

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.engine import CannotCalculate
from xlfunnel.ooxml.relationships import add_relationship
from xlfunnel.ooxml.workbook_file import WorkbookFile

NOTES = "My notes"


def native(formula: str) -> str | None:
    """DOUBLE has an equivalent, OURS has none."""
    if "OURS(" in formula:
        return None
    return formula.replace("DOUBLE(", "2*(")


def test_new_inputs_give_new_results(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.write_name("target", 50_000)
    book.append("Deals", [{"Deal": "Dora", "Amount": 5_000, "Win rate": 0.2}])
    done = book.recalculate(native)
    again = WorkbookFile.from_bytes(book.to_bytes())
    assert [row["Expected"] for row in again.read_table("Deals")] == [3_000, 4_000, 2_000, 1_000]
    assert again.value("Plan", 1, 3) == 45_000
    assert again.value("Plan", 1, 4) == 10_000
    assert again.value(NOTES, 0, 1) == 100_000
    assert again.value(NOTES, 2, 1) is ExcelCode.DIV0
    assert again.value(NOTES, 3, 1) is True
    assert (done.updated, done.stale) == (4, ("'My notes'!D1",))


def test_formulas_stay_as_they_are(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    before = [text for *_, text in book.formulas()]
    book.write_name("target", 1)
    book.recalculate(native)
    assert [text for *_, text in book.formulas()] == before


def test_an_equivalent_is_computed_and_not_written(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    book.write_formula(NOTES, 9, 0, "=DOUBLE(target)", 60_000)
    book.write_name("target", 7)
    assert "'My notes'!A10" not in book.recalculate(native).stale
    assert (book.formula(NOTES, 9, 0), book.value(NOTES, 9, 0)) == ("=DOUBLE(target)", 14)


READERS = [
    ("=A10+1", True),
    ("=SUM(A9:A10)", True),
    ("='My notes'!$A$10&\"\"", True),
    ("=SUM(A:A)", True),
    ("=figure*2", True),
    ("=B30+1", True),
    ("=OFFSET(A1,9,0)", True),
    ("=A11+1", False),
    ("=Plan!A10", False),
    ('="A10"', False),
]


@pytest.mark.parametrize(("reader", "stale"), READERS)
def test_what_reads_an_old_result_keeps_its_own(plain: bytes, reader: str, stale: bool) -> None:
    book = WorkbookFile.from_bytes(plain)
    block = book.changing_root().child("definedNames")
    block.children.append(block.new("definedName", {"name": "figure"}, "'My notes'!$A$10"))
    book.write_formula(NOTES, 9, 0, "=OURS(Plan!B6)", 5)
    book.write_formula(NOTES, 29, 1, "=A10", 5)
    book.write_formula(NOTES, 30, 1, reader, "old")
    done = book.recalculate(native)
    assert "'My notes'!A10" in done.stale
    assert ("'My notes'!B31" in done.stale) == stale
    assert (book.value(NOTES, 30, 1) == "old") == stale
    assert book.value(NOTES, 9, 0) == 5


@pytest.mark.parametrize(
    ("reader", "stale"),
    [
        ("=SUM(Deals[Expected])", True),
        ("=SUM(Deals[[Amount]:[Expected]])", True),
        ("=COUNTA(Deals)", True),
        ("=SUM(Deals[Amount])", False),
        ("=ROWS(Deals[[#All],[Win rate]])", False),
    ],
)
def test_columns_of_a_table_are_told_apart(plain: bytes, reader: str, stale: bool) -> None:
    book = WorkbookFile.from_bytes(plain)
    book.write_formula("Plan", 6, 3, "=OURS(1)", 4_000)
    book.write_formula(NOTES, 30, 1, reader, "old")
    assert ("'My notes'!B31" in book.recalculate(native).stale) == stale


def test_an_error_that_was_not_there_is_not_written(plain: bytes) -> None:
    book = WorkbookFile.from_bytes(plain)
    book.write_formula(NOTES, 9, 0, "=1/Plan!B2", 0.5)
    book.write_formula(NOTES, 10, 0, "=NOT_A_FUNCTION(1)", 3)
    book.write_formula(NOTES, 11, 0, "=1/Plan!B2", ExcelCode.NA)
    book.write_name("target", 0)
    done = book.recalculate(native)
    assert set(done.stale) == {"'My notes'!A10", "'My notes'!A11"}
    assert (book.value(NOTES, 9, 0), book.value(NOTES, 10, 0)) == (0.5, 3)
    assert book.value(NOTES, 11, 0) is ExcelCode.DIV0


def test_charts_show_the_new_results(plain: bytes) -> None:
    book = WorkbookFile.from_bytes(plain)
    book.fill("Deals", [{"Deal": "Only one", "Amount": 123, "Win rate": 1}])
    book.recalculate(native)
    chart = book.package.read("xl/charts/chart1.xml")
    assert b"<c:v>Only one</c:v>" in chart
    assert b"<c:v>123</c:v>" in chart
    assert b"Acme" not in chart


def test_a_workbook_that_the_engine_cannot_read_is_told_and_left(
    plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> None:
        msg = "no"
        raise CannotCalculate(msg)

    book = WorkbookFile.from_bytes(plain)
    monkeypatch.setattr("xlfunnel.ooxml.engine.results", cannot)
    with pytest.raises(CannotCalculate):
        book.recalculate(native)
    assert book.to_bytes() == WorkbookFile.from_bytes(plain).to_bytes()


def test_a_workbook_that_counts_from_1904_keeps_its_days() -> None:
    book = WorkbookFile.from_bytes(workbook_bytes(since_1904=True))
    book.write_formula(NOTES, 9, 0, "=YEAR(Plan!C2)", 2_026)
    book.write_formula(NOTES, 10, 0, "=Plan!C2+1", 0)
    assert "'My notes'!A10" in book.recalculate(native).stale
    assert (book.value(NOTES, 9, 0), book.value(NOTES, 10, 0)) == (2_026, 46_295 - 1_462 + 1)


def saved_with(*formulas: tuple[str, float]) -> WorkbookFile:
    """A workbook that was saved with formulas and their results in My notes, from A10 down."""
    book = WorkbookFile.from_bytes(workbook_bytes())
    for row, (text, result) in enumerate(formulas, 9):
        book.write_formula(NOTES, row, 0, text, result)
    return WorkbookFile.from_bytes(book.to_bytes())


def test_what_reads_nothing_new_is_not_stale() -> None:
    book = saved_with(("=OURS(Plan!B6)", 5), ("=A10*2", 10), ("=OURS(target)", 6), ("=NOT_A_FUNCTION(A10)", 7))
    assert book.recalculate(native).stale == ()
    book.write_name("target", 1)
    assert book.recalculate(native).stale == ("'My notes'!A12",)
    book.write("Plan", 5, 1, 1)
    assert book.recalculate(native).stale == tuple(
        f"'My notes'!{cell}" for cell in ("D1", "A10", "A11", "A12", "A13")
    )
    assert [book.value(NOTES, row, 0) for row in range(9, 13)] == [5, 10, 6, 7]


def test_what_reads_a_formula_that_the_engine_lacks_is_computed_from_its_result() -> None:
    book = saved_with(("=NOT_A_FUNCTION(1)", 5), ("=IFERROR(A10,0)+target", 30_005))
    book.write_name("target", 1)
    assert book.recalculate(native).stale == ()
    assert (book.value(NOTES, 9, 0), book.value(NOTES, 10, 0)) == (5, 6)


def test_an_error_that_a_change_brings_stops_what_hides_it() -> None:
    book = saved_with(("=1/target", 0.5), ("=IFERROR(A10,-1)", 0.5))
    book.write_name("target", 0)
    assert book.recalculate(native).stale == ("'My notes'!A10", "'My notes'!A11")
    assert (book.value(NOTES, 9, 0), book.value(NOTES, 10, 0)) == (0.5, 0.5)


def test_what_gives_another_result_each_time_is_stale_where_it_cannot_be_computed() -> None:
    book = saved_with(("=OURS(TODAY())", 5), ("=A10+1", 6))
    assert book.recalculate(native).stale == ("'My notes'!A10", "'My notes'!A11")


LARGE_SHEET = [
    ("=SUM(Plan!B900:B1500)", sum(range(895, 1496))),
    ("=ROWS(Plan!A6:A1505)", 1_500),
    ("=ROWS(Deals[Deal])+COLUMNS(Deals[[Deal]:[Amount]])", 1_502),
    ("=COUNTA(Plan!A:A)>1500", True),
    ("=INDEX(Deals[Amount],1000)", 1_000),
    ('=COUNTIF(Deals[Deal],"Deal 7*")', 111),
    ("=SUM(amounts)", sum(range(1, 1_501))),
]


@pytest.mark.parametrize(("formula", "result"), LARGE_SHEET)
def test_rows_of_a_large_sheet_count_where_a_formula_reads_them(plain: bytes, formula: str, result: float) -> None:
    book = WorkbookFile.from_bytes(plain)
    numbers = list(range(1, 1_501))
    book.fill_columns("Deals", {"Deal": [f"Deal {number}" for number in numbers], "Amount": numbers})
    book.write_formula(NOTES, 30, 1, formula, 0)
    book.recalculate(native)
    assert book.value(NOTES, 30, 1) == result


def with_pivot(content: bytes, source: str) -> WorkbookFile:
    """The workbook with a pivot table in E1:F4 of My notes."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    book = WorkbookFile.from_bytes(content)
    cache, pivot = "xl/pivotCache/pivotCacheDefinition1.xml", "xl/pivotTables/pivotTable1.xml"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    where = '<location ref="E1:F4"/>'
    book.package.replace(
        cache,
        f'<pivotCacheDefinition xmlns="{main}"><cacheSource type="worksheet"><worksheetSource {source}/>'
        "</cacheSource></pivotCacheDefinition>".encode(),
    )
    book.package.replace(
        pivot, f'<pivotTableDefinition xmlns="{main}" name="By deal">{where}</pivotTableDefinition>'.encode()
    )
    add_relationship(book.package, book.workbook_part, f"{kinds}pivotCacheDefinition", f"/{cache}")
    add_relationship(book.package, pivot, f"{kinds}pivotCacheDefinition", f"/{cache}")
    add_relationship(book.package, book.part_of(NOTES), f"{kinds}pivotTable", f"/{pivot}")
    return book


@pytest.mark.parametrize(("source", "over"), [('name="Deals"', True), ('name="elsewhere"', False)])
def test_a_pivot_table_over_what_changed_and_what_reads_it_are_named(
    plain: bytes, source: str, *, over: bool
) -> None:
    book = with_pivot(plain, source)
    book.write_formula(NOTES, 9, 0, '=GETPIVOTDATA("Amount",$E$1)', 5)
    book.write_formula(NOTES, 10, 0, "=F4*2", 5)
    book.write_formula(NOTES, 11, 0, "=G4*2", 5)
    book = WorkbookFile.from_bytes(book.to_bytes())
    book.append("Deals", [{"Deal": "Dora", "Amount": 5_000, "Win rate": 0.2}])
    done = book.recalculate(native)
    named = ("'My notes'!A10", "'My notes'!A11", "'My notes'!A12")
    assert done.pivots == (("By deal ('My notes'!E1:F4)",) if over else ())
    assert [cell in done.stale for cell in named] == [over, over, False]


def test_a_cell_with_a_kind_and_no_value_is_blank_and_not_zero(plain: bytes) -> None:
    parts = parts_of(plain)
    blanks = '<c r="A40" t="n"/><c r="B40" t="inlineStr"></c><c r="C40" t="s"><v></v></c>'
    counted = '<c r="{0}" t="n"><f>COUNTA(A40:C40)+COUNTBLANK(A40:C40)/10</f><v></v></c>'
    rows = f'<row r="40">{blanks}{counted.format("D40")}</row><row r="41">{blanks.replace("40", "41")}</row>'
    rows += f'<row r="42">{counted.format("D42").replace("40", "41")}</row></sheetData>'
    (part,) = [name for name, content in parts.items() if b"</sheetData>" in content and b"SUM(" not in content][-1:]
    parts[part] = parts[part].replace(b"</sheetData>", rows.encode())
    book = WorkbookFile.from_bytes(packed(parts))
    (sheet,) = [name for name in book.sheets if book.part_of(name) == part]
    done = book.recalculate(native)
    assert done.stale == ()
    assert (book.value(sheet, 39, 3), book.value(sheet, 41, 3)) == (0.3, 0.3)
