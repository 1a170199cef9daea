"""Where printed pages end: a table that fits on a page is not cut, and a title stays with its rows."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from xlfunnel.report import Section
from xlfunnel.table import Column, Table
from xlfunnel.units import Unit
from xlfunnel.workbooks.book import Book, Facts
from xlfunnel.workbooks.tables import place_section

FACTS = Facts("a_template", "A template", date(2026, 9, 30), "USD", "v1", "xlfunnel")


def breaks(*lengths: int) -> tuple[list[int], list[tuple[int, int]]]:
    """The rows after which a page ends (from 1), and title and last row of tables of so many rows."""
    book = Book(FACTS)
    page = book.page("Page", "Where does it end?")
    placed = []
    for number, length in enumerate(lengths):
        top = page.row + 1
        table = Table((Column("name", Unit.TEXT),), tuple((f"row {n}",) for n in range(length)))
        place_section(page, Section(f"Table {number}", "How long is it?", table), name=f"table_{number}")
        placed.append((top, page.row - 1))
    sheet = openpyxl.load_workbook(io.BytesIO(book.content()))["Page"]
    return [one.id for one in sheet.row_breaks.brk], placed


@pytest.mark.parametrize("lengths", [(10, 10, 10), (18, 20, 20), (5, 5, 5, 5, 5, 5), (20, 12, 20)])
def test_no_table_that_fits_is_cut(lengths: tuple[int, ...]) -> None:
    ends, placed = breaks(*lengths)
    assert ends
    for title, last in placed:
        assert not [end for end in ends if title <= end < last], (title, last)


def test_a_table_longer_than_a_page_begins_with_rows_under_its_title() -> None:
    ends, ((_, _), (title, _)) = breaks(19, 90)
    assert not [end for end in ends if title <= end < title + 6]
    assert len(ends) >= 4


def test_a_short_page_is_not_left_empty_for_a_long_table() -> None:
    ends, ((_, _), (title, _)) = breaks(2, 28)
    assert ends[0] > title + 6


def test_one_page_has_no_breaks() -> None:
    assert breaks(3)[0] == []


def test_workings_to_the_right_of_the_last_printed_column_do_not_print() -> None:
    book = Book(FACTS)
    page = book.page("Page", "Where does it end?")
    page.text(10, 30, "a working")
    page.last_printed = 5
    sheet = openpyxl.load_workbook(io.BytesIO(book.content()))["Page"]
    assert sheet.print_area.split("$")[-2:] == ["F", "6"]
