"""A look at the bytes of charts and rows says what their trees say, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml import charts
from xlfunnel.ooxml.markup import parse
from xlfunnel.ooxml.plain_charts import formulas_seen, series_seen, with_points
from xlfunnel.ooxml.plain_formulas import plain_formulas
from xlfunnel.ooxml.sheet import SheetPart
from xlfunnel.ooxml.workbook_file import WorkbookFile

BOOKS = sorted((Path(__file__).parents[2] / "workbook_templates").glob("*.xlsx"))
SERIES = (
    b'<c:chart xmlns:c="urn:c"><c:numRef><c:f>Plan!$B$2:$B$3</c:f><c:numCache><c:ptCount val="2"/>'
    b'<c:pt idx="1"><c:v>4</c:v></c:pt></c:numCache></c:numRef></c:chart>'
)


@pytest.fixture(scope="module", params=BOOKS, ids=lambda path: path.stem)
def book(request: pytest.FixtureRequest) -> WorkbookFile:
    return WorkbookFile.open(request.param)


def test_charts_of_our_workbooks(book: WorkbookFile) -> None:
    parts = [book.package.read(part) for part in charts.chart_parts(book.package, "drawingml.chart+xml")]
    assert parts
    for content in parts:
        root, seen = parse(content, "a chart"), series_seen(content)
        assert formulas_seen(content) == [formula.text for formula in root.below("f")]
        assert seen is not None
        for name in ("numCache", "strCache"):
            told = [one.points for one in seen if one.cache == name]
            assert told == [charts._points(cache) for cache in root.below(name)]


def test_a_chart_in_the_usual_form() -> None:
    assert formulas_seen(SERIES) == ["Plan!$B$2:$B$3"]
    assert [one.points for one in series_seen(SERIES) or ()] == [("2", [("1", "4")])]


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        (b"<c:f>Plan", b"<c:f><!-- a remark -->Plan"),
        (b"$B$3</c:f>", b"$B$3&#32;</c:f>"),
        (b"$B$3</c:f>", b"$B$3\r\n</c:f>"),
        (b"<c:v>4</c:v>", b"<c:v>4<x/></c:v>"),
    ],
)
def test_a_chart_in_another_form_needs_its_tree(usual: bytes, other: bytes) -> None:
    assert series_seen(SERIES.replace(usual, other)) is None


def test_rows_of_our_workbooks(book: WorkbookFile) -> None:
    seen = 0
    for sheet in book.sheets:
        part = book.sheet_part(sheet)
        for number in part.row_numbers:
            found = plain_formulas(part.row_bytes(number) or b"")
            row = part.row(number)
            if found is None or row is None:
                continue
            texts = {column: part.formula_of(cell, number, column) for column, cell in sorted(row.cells.items())}
            assert {column: f"={text}" for column, text, *_ in found} == {at: one for at, one in texts.items() if one}
            seen += len(found)
    assert seen > 100


ROW = (
    b'<row r="2"><c r="A2" s="1"><v>5</v></c><c r="B2" s="3" t="str"><f>A2&amp;"&lt;"</f><v>5&lt;</v></c>'
    b'<c r="C2"><f>A2/0</f></c></row>'
)


def sheet_of(row: bytes) -> SheetPart:
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    content = b'<worksheet xmlns="%b"><sheetData>%b</sheetData></worksheet>' % (main, row)
    return SheetPart(content, "a sheet", str)


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        ROW.replace(b'<c r="C2"><f>', b'<c r="C2"><f ca="1">'),
        ROW.replace(b's="3" t="str"', b't="str" s="3"'),
        ROW.replace(b"&lt;", b"&#60;"),
    ],
)
@pytest.mark.parametrize("result", [4, 0.5, True, "a<b\n", "", None, ExcelCode.NA])
def test_a_result_is_written_alike_in_every_form_of_a_row(row: bytes, result: Any) -> None:
    sheet = sheet_of(row)
    assert [(at, text) for _, at, text in sheet.formulas()] == [(1, '=A2&"<"'), (2, "=A2/0")]
    sheet.put_result(1, 1, result)
    shown = {at: value for _, at, _, value in sheet_of(sheet.row_bytes(1) or b"").shown_formulas()}
    assert shown == {1: result, 2: None}
    assert sheet.value(1, 0) == 5


def test_points_are_written_as_from_a_tree() -> None:
    (series,) = series_seen(SERIES) or ()
    new = with_points(SERIES, [(series, ("3", [("0", "2.5"), ("2", "")]))])
    assert new == SERIES.replace(
        b'val="2"/><c:pt idx="1"><c:v>4</c:v></c:pt>',
        b'val="3"/><c:pt idx="0"><c:v>2.5</c:v></c:pt><c:pt idx="2"><c:v/></c:pt>',
    )
    assert [one.points for one in series_seen(new) or ()] == [("3", [("0", "2.5"), ("2", "")])]
    assert with_points(SERIES, []) == SERIES
