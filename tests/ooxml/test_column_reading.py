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
    rows = read_columns(book, "Deals", columns)
    held = book.read_table("Deals")
    assert len(rows) == len(held) > 1
    assert [row[1] for row in rows] == [row["Deal"] for row in held]
    assert [row[3] for row in rows] == [row["Amount"] for row in held]
    assert [row[0] for row in rows] == [row["Expected"] for row in held]
    assert {row[2] for row in rows} == {None}


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
