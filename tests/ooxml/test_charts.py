"""The figures that charts keep."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
import xlsxwriter

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.workbook_file import WorkbookFile

CHART = "xl/charts/chart1.xml"


@pytest.fixture
def book() -> WorkbookFile:
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = made.add_worksheet("Trend by month")
    day, share = made.add_format({"num_format": "mmm yyyy"}), made.add_format({"num_format": "0.0%"})
    for row in range(4):
        sheet.write_datetime(row, 0, date(2026, 7 + row, 1), day)
        sheet.write(row, 1, 10 * row)
        sheet.write(row, 2, "month")
    sheet.write(1, 3, 0.25, share)
    made.define_name("months", "='Trend by month'!$A$1:$A$4")
    chart = made.add_chart({"type": "line"})
    area = "='Trend by month'!${0}$1:${0}$4"
    chart.add_series({"categories": area.format("C"), "values": area.format("B")})
    sheet.insert_chart("H1", chart)
    made.close()
    return WorkbookFile.from_bytes(stream.getvalue())


def points(book: WorkbookFile, kind: str) -> list[str]:
    caches = re.findall(rf"<c:{kind}>.*?</c:{kind}>", book.package.read(CHART).decode(), re.DOTALL)
    return re.findall(r"<c:v>([^<]*)</c:v>", "".join(caches))


def test_numbers_are_drawn_anew_and_gaps_stay_gaps(book: WorkbookFile) -> None:
    sheet = book.sheets[0]
    for row, value in enumerate([1.5, None, "text", ExcelCode.NA]):
        book.write(sheet, row, 1, value)
    book.refresh_chart_caches()
    cache = book.package.read(CHART).decode()
    assert points(book, "numCache") == ["1.5", "#N/A"]
    assert re.findall(r'<c:ptCount val="(\d+)"/><c:pt idx="0"><c:v>1.5</c:v></c:pt><c:pt idx="(\d)">', cache) == [
        ("4", "3")
    ]


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        ("A", ["2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01"]),
        ("D", ["25%"]),
        ("B", ["0", "10", "20", "30"]),
    ],
)
def test_labels_read_as_their_cells_do(book: WorkbookFile, column: str, labels: list[str]) -> None:
    text = book.package.read(CHART).replace(b"$C$1:$C$4", f"${column}$1:${column}$4".encode())
    book.package.replace(CHART, text)
    book.refresh_chart_caches()
    assert points(book, "strCache") == labels


def test_a_series_may_be_a_name(book: WorkbookFile) -> None:
    text = book.package.read(CHART).replace(b"'Trend by month'!$C$1:$C$4", b"[0]!months")
    book.package.replace(CHART, text)
    book.refresh_chart_caches()
    assert points(book, "strCache")[0] == "2026-07-01"


def test_a_series_of_another_file_is_left_alone(book: WorkbookFile) -> None:
    text = book.package.read(CHART).replace(b"'Trend by month'!$B$1:$B$4", b"[1]Sheet!$B$1:$B$4")
    book.package.replace(CHART, text)
    book.write(book.sheets[0], 0, 1, 99)
    book.refresh_chart_caches()
    assert points(book, "numCache") == ["0", "10", "20", "30"]
