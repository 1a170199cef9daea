"""Long columns, which are written at once: every cell is the one that a short column would have."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.ooxml.conftest import parts_of

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.faults import UnwritableValue
from xlfunnel.ooxml.workbook_file import WorkbookFile

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = (
    *(
        "Acme",
        "R&D <b>",
        "=1+1",
        "+44 20",
        "-",
        "@you",
        "\ttab",
        " left",
        "right ",
        "two\nlines",
        "a  b",
        "",
        "_x0041_",
    ),
    *("bell\x07", "line\rend", "\u00a0hard", "wide\u2003", "\u0085", "\ufffe", "ünï", "𝄞", "x" * 10_001),
)
NUMBERS = (*(0, 1, -7, 2**53 + 1, 10**20, 0.1, -0.0, 1e-7, 1e15, 123_456_789_012_345.0, 1e300, 46_295.5, 1 / 3),)
DAYS = (date(2026, 9, 30), date(1990, 1, 1), date(1904, 1, 2), date(9999, 12, 31))
EARLY_DAYS = (*DAYS, date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1))
MOMENTS = (datetime(2026, 9, 30, 18), datetime(2026, 9, 30, 18, 0, 0, 123_456), datetime(2026, 1, 1))
COLUMNS: dict[str, Sequence[Any]] = {
    "texts": TEXTS,
    "texts and blanks": (*TEXTS, None),
    "half a pair of signs": (*TEXTS, "\ud83d"),
    "numbers": NUMBERS,
    "whole numbers": (1, 2, 3, None),
    "days": DAYS,
    "days and blanks": (None, *DAYS),
    "days of 1900": EARLY_DAYS,
    "moments": MOMENTS,
    "moments of a zone": (datetime(2026, 9, 30, 18, tzinfo=UTC),),
    "truth values": (True, False, None),
    "everything": (*TEXTS, *NUMBERS, *DAYS, *MOMENTS, None, True, ExcelCode.NA),
    "nothing": (None,),
}


def written(content: bytes, values: Sequence[Any]) -> tuple[WorkbookFile, list[str]]:
    """The filled book, and the cells of the column without the numbers of their rows."""
    book = WorkbookFile.from_bytes(content)
    book.fill_columns("Deals", {"Deal": values})
    sheet = parts_of(book.to_bytes())["xl/worksheets/sheet1.xml"].decode("utf-8", errors="surrogatepass")
    rows = dict(re.findall(r'<(?:x:)?row r="(\d+)"[^>]*>(.*?)</(?:x:)?row>', sheet, re.DOTALL))
    first = book.table("Deals").first_row + 1
    cells = (
        re.search(rf'<(?:x:)?c r="A{number}".*?(?:/>|</(?:x:)?c>)', rows[str(number)], re.DOTALL)
        for number in range(first, first + len(values))
    )
    return book, ["" if cell is None else re.sub(r'r="A\d+"', "", cell[0]) for cell in cells]


@pytest.mark.parametrize("kind", COLUMNS)
def test_long_columns_hold_what_short_ones_hold(plain: bytes, kind: str) -> None:
    values: Sequence[Any] = COLUMNS[kind]
    times = 250 // len(values) + 1
    short, one_by_one = written(plain, values)
    long, at_once = written(plain, list(values) * times)
    assert [row["Deal"] for row in long.read_table("Deals")] == [
        row["Deal"] for row in short.read_table("Deals")
    ] * times
    if kind != "numbers":  # the same number may have its digits in another way
        assert at_once == one_by_one * times


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "x" * 32_768, date(1899, 12, 31)])
def test_what_no_cell_holds_is_refused_in_a_long_column(plain: bytes, value: Any) -> None:
    book = WorkbookFile.from_bytes(plain)
    usual = {str: "a", float: 1.5}.get(type(value), date(2026, 1, 1))
    column: list[Any] = [usual] * 300
    with pytest.raises(UnwritableValue):
        book.fill_columns("Deals", {"Deal": [*column, value]})
    assert book.value("Plan", 5, 0) == "Acme"


def test_what_stands_beside_a_long_table_stays(plain: bytes) -> None:
    book = WorkbookFile.from_bytes(plain)
    for row in (6, 200, 305):
        book.write("Plan", row, 8, f"beside {row}")
    book.fill_columns("Deals", {"Deal": [f"Deal {number}" for number in range(300)]})
    again = WorkbookFile.from_bytes(book.to_bytes())
    assert [again.value("Plan", row, 8) for row in (6, 200, 305)] == ["beside 6", "beside 200", "beside 305"]
    assert again.value("Plan", 200, 0) == "Deal 195"
    assert again.formula("Plan", 304, 3) == "=Deals[[#This Row],[Amount]]*Deals[[#This Row],[Win rate]]"
