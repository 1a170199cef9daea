"""Columns read from a table's bytes hold what its cells show, however a program spells them."""

from __future__ import annotations

import pytest

from xlfunnel.ooxml.column_reading import read_columns
from xlfunnel.ooxml.faults import NotThere
from xlfunnel.ooxml.workbook_file import WorkbookFile


@pytest.mark.parametrize("filled", [False, True], ids=["as it came", "filled by columns"])
def test_columns_hold_what_the_cells_show(content: bytes, *, filled: bool) -> None:
    book = WorkbookFile.from_bytes(content)
    if filled:
        names = ["Ours & sons", "_x0041_ < b", " spaced ", None, "=1+1"]
        book.fill_columns("Deals", {"Deal": names, "Amount": [1, 2.5, None, 4, 5e-7], "Win rate": [0.5] * 5})
        book = WorkbookFile.from_bytes(book.to_bytes())
    columns = ("Expected", "deal", "Gone", "Amount")
    expected, deal, gone, amount = read_columns(book, "Deals", columns)
    held = book.read_table("Deals")
    assert len(deal) == len(held) > 1
    assert list(deal) == [row["Deal"] for row in held]
    assert list(amount) == [row["Amount"] for row in held]
    assert list(expected) == [row["Expected"] for row in held]
    assert gone == (None,) * len(held)


def test_odd_rows_among_many_are_read_too(plain: bytes) -> None:
    book = WorkbookFile.from_bytes(plain)
    names: list[str | None] = [f"Deal {number}" for number in range(5_000)]
    names[77], names[2_100], names[4_999] = "_x0041_ & more", " _x ", None
    amounts = [None if number % 3 else number / 4 for number in range(5_000)]
    book.fill_columns("Deals", {"Deal": names, "Amount": amounts})
    place = book.table("Deals")
    book.write_formula(place.sheet, place.first_row + 3_000, place.left, '="odd"', "odd")
    book = WorkbookFile.from_bytes(book.to_bytes())
    deal, amount = read_columns(book, "Deals", ("Deal", "Amount"))
    names[3_000] = "odd"
    assert list(deal) == names
    assert list(amount) == amounts


def test_a_table_that_is_not_there_is_named(content: bytes) -> None:
    with pytest.raises(NotThere, match="Leads"):
        read_columns(WorkbookFile.from_bytes(content), "Leads", ("Id",))


def test_a_sheet_is_added_behind_the_others(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    names, sheets = dict(book.names), book.sheets
    book.add_sheet("What changed")
    book.write("What changed", 2, 1, "nothing")
    again = WorkbookFile.from_bytes(book.to_bytes())
    assert again.sheets == (*sheets, "What changed")
    assert again.value("What changed", 2, 1) == "nothing"
    assert dict(again.names) == names
    before, after = WorkbookFile.from_bytes(content).package, again.package
    for sheet in sheets:
        part = book.part_of(sheet)
        assert after.read(part) == before.read(part)
