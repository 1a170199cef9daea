"""Whatever is written, in whatever order, is read back, by us and by openpyxl."""

from __future__ import annotations

import io
import warnings
from datetime import datetime
from typing import Any

import openpyxl
from hypothesis import given
from hypothesis import strategies as st
from tests.ooxml.conftest import with_prefixes, workbook_bytes

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.values import moment, serial
from xlfunnel.ooxml.workbook_file import WorkbookFile

BOOK = workbook_bytes()
BOOKS = (BOOK, with_prefixes(BOOK))
Step = tuple[tuple[int, int] | None, Any, str | None]
SHEET = "Bob's sheet"

texts = st.text(max_size=40) | st.sampled_from(
    ["=1+1", "+", "@x", "-5", "_x0041_", " ", "\t", "\r\n", "]]>", "<v>", "&#10;"]
)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15)
values = st.none() | st.booleans() | numbers | texts | st.sampled_from(list(ExcelCode))
cells = st.tuples(st.integers(0, 6), st.integers(0, 4))
formulas = st.sampled_from(["=A1+1", '="<"&B2', "=Plan!B2"])
steps = st.lists(
    st.tuples(cells, values, st.none())
    | st.tuples(cells, st.floats(-1e9, 1e9), formulas)
    | st.tuples(st.none(), st.none(), st.none()),
    max_size=25,
)


@given(st.sampled_from(BOOKS), steps)
def test_any_writes_are_read_back(content: bytes, changes: list[Step]) -> None:
    book = WorkbookFile.from_bytes(content)
    held: dict[tuple[int, int], object] = {(0, 0): "left alone"}
    typed: dict[tuple[int, int], str | None] = {}
    for cell, value, formula in changes:
        if cell is None:
            book = WorkbookFile.from_bytes(book.to_bytes())
            continue
        if formula is None:
            book.write(SHEET, cell[0], cell[1], value)
        else:
            book.write_formula(SHEET, cell[0], cell[1], formula, value)
        held[cell], typed[cell] = value, formula
    out = book.to_bytes()
    again = WorkbookFile.from_bytes(out)
    with warnings.catch_warnings(action="ignore"):  # it tells what it does not read
        other = openpyxl.load_workbook(io.BytesIO(out))[SHEET]
    for (row, column), value in held.items():
        assert again.value(SHEET, row, column) == value
        assert isinstance(again.value(SHEET, row, column), bool) == isinstance(value, bool)
        assert again.formula(SHEET, row, column) == typed.get((row, column))
        if typed.get((row, column)):
            assert other.cell(row + 1, column + 1).value == typed[row, column]
        elif isinstance(value, int | float) and not isinstance(value, str):
            assert other.cell(row + 1, column + 1).value == value
    assert again.value("Plan", 0, 0) == "Plan for the quarter"


@given(st.datetimes(datetime(1904, 1, 1), datetime(9999, 12, 31)), st.booleans())
def test_a_date_is_the_same_after_a_workbook_counted_its_days(day: datetime, since_1904: bool) -> None:
    whole = day.replace(microsecond=0)
    assert moment(serial(whole, since_1904=since_1904), since_1904=since_1904) == whole


def test_days_before_march_1900_are_counted_as_excel_counts_them() -> None:
    """Excel takes 1900 for a leap year: 1 January is day 1, 28 February day 59, 1 March day 61."""
    days = [datetime(1900, 1, 1), datetime(1900, 2, 28), datetime(1900, 3, 1)]
    assert [serial(day) for day in days] == [1, 59, 61]
    assert [moment(serial(day)) for day in days] == days


def test_a_workbook_that_counts_from_1904_gets_its_own_serials() -> None:
    book = WorkbookFile.from_bytes(workbook_bytes(since_1904=True))
    book.write(SHEET, 0, 0, datetime(2026, 9, 30))
    assert book.value(SHEET, 0, 0) == book.value("Plan", 1, 2) == 46_295 - 1_462
