"""What a change of a file is in terms of cells, tables and names, and what has no such terms."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pytest
from xlsxwriter import Workbook

from xlfunnel.errors import ExcelCode
from xlfunnel.hosts.applying import CELLS_AT_ONCE, _pieces, written
from xlfunnel.hosts.changes import (
    Alike,
    Cleared,
    Format,
    Formulas,
    Joined,
    Named,
    Parted,
    Repeated,
    Resized,
    Values,
)
from xlfunnel.hosts.comparing import changes_between
from xlfunnel.ooxml.references import Area
from xlfunnel.ooxml.workbook_file import WorkbookFile


@pytest.fixture(scope="module")
def book() -> bytes:
    """A table of deals with a formula's column and a total beside it, and a chart over it."""
    stream = BytesIO()
    workbook = Workbook(stream, {"in_memory": True})
    sheet = workbook.add_worksheet("Plan")
    money = workbook.add_format({"num_format": "#,##0"})
    rows = [["Small", 10.0], ["Middle", 20.0], ["Large", 30.0]]
    columns = [
        {"header": "Name"},
        {"header": "Amount", "format": money},
        {"header": "Twice", "formula": "=[@Amount]*2"},
    ]
    sheet.add_table("A1:C4", {"name": "Deals", "data": rows, "columns": columns})
    sheet.write_formula("F1", "=SUM(Plan!$B$2:$B$4)", None, 60)
    sheet.merge_range("F5:G5", "Note")
    chart = workbook.add_chart({"type": "bar"})
    chart.add_series({"values": "=Plan!$B$2:$B$4"})
    sheet.insert_chart("I2", chart)
    sheet.write_string("I1", "Bold", workbook.add_format({"bold": True}))
    workbook.define_name("amounts", "=Plan!$B$2:$B$4")
    workbook.close()
    return stream.getvalue()


def changed(book: bytes, **cells: object) -> bytes:
    file = WorkbookFile.from_bytes(book)
    for name, value in cells.items():
        file.write("Plan", int(name[1:]) - 1, ord(name[0]) - 65, value)
    return file.to_bytes()


def test_nothing_changed(book: bytes) -> None:
    changes = changes_between(book, WorkbookFile.from_bytes(book).to_bytes())
    assert (changes.cells, changes.looks, changes.beyond) == ((), (), ())


def test_neighbours_are_one_block(book: bytes) -> None:
    after = changed(book, F7="a", G7=1, F8=None, G8=2, F10=True)
    assert changes_between(book, after).cells == (
        Values("Plan", Area(6, 5, 6, 6), (("a", 1.0),)),
        Values("Plan", Area(7, 6, 7, 6), ((2.0,),)),
        Values("Plan", Area(9, 5, 9, 5), ((True,),)),
    )


def test_a_value_in_place_of_a_formula_and_the_other_way(book: bytes) -> None:
    file = WorkbookFile.from_bytes(changed(book, F1=5))
    file.write_formula("Plan", 8, 5, "=_xlfn.CONCAT(A2,A3)", "SmallMiddle")
    assert changes_between(book, file.to_bytes()).cells == (
        Values("Plan", Area(0, 5, 0, 5), ((5.0,),)),
        Formulas("Plan", Area(8, 5, 8, 5), (("=CONCAT(A2,A3)",),)),
    )


def test_a_longer_table_takes_its_formulas_names_and_chart_along(book: bytes) -> None:
    file = WorkbookFile.from_bytes(book)
    file.append("Deals", [{"Name": "New", "Amount": 40}])
    changes = changes_between(book, file.to_bytes())
    assert changes.beyond == ()
    assert changes.cells == (
        Resized("Plan", "Deals", Area(0, 0, 4, 2)),
        Repeated("Plan", Area(3, 0, 3, 2), Area(4, 0, 4, 2)),
        *(one for one in changes.cells if isinstance(one, Values)),
        Named("amounts", "", "=Plan!$B$2:$B$5", new=False),
        *(one for one in changes.cells if isinstance(one, Formulas)),
    )
    values = [one for one in changes.cells if isinstance(one, Values)]
    assert [row for one in values for row in one.rows if "New" in row] == [("New", 40.0)]
    formulas = {one.area.name: one.rows for one in changes.cells if isinstance(one, Formulas)}
    assert formulas["F1"] == (("=SUM(Plan!$B$2:$B$5)",),)
    assert "C5" in formulas


def test_a_shorter_table_leaves_nothing_behind(book: bytes) -> None:
    file = WorkbookFile.from_bytes(book)
    file.shrink("Deals", 1)
    cells = changes_between(book, file.to_bytes()).cells
    assert cells[:2] == (Resized("Plan", "Deals", Area(0, 0, 2, 2)), Cleared("Plan", Area(3, 0, 3, 2)))


def test_a_format_of_numbers(book: bytes) -> None:
    file = WorkbookFile.from_bytes(changed(book, F9=0.5))
    part = file.sheet_part("Plan")
    part.changing_row(8).cell(5).attributes["s"] = part.changing_row(1).cell(1).attributes["s"]
    assert Format("Plan", Area(8, 5, 8, 5), "#,##0") in changes_between(book, file.to_bytes()).cells


def test_cells_that_are_one_are_parted_and_others_joined(book: bytes) -> None:
    file = WorkbookFile.from_bytes(book)
    file.sheet_part("Plan").part_merged(Area(4, 5, 4, 6))
    assert changes_between(book, file.to_bytes()).cells == (Parted("Plan", Area(4, 5, 4, 6)),)
    assert changes_between(file.to_bytes(), book).cells == (Joined("Plan", Area(4, 5, 4, 6)),)


def test_a_cell_takes_its_look_from_another_and_says_its_own(book: bytes) -> None:
    file = WorkbookFile.from_bytes(changed(book, F9="as the note"))
    part = file.sheet_part("Plan")
    part.changing_row(8).cell(5).attributes["s"] = part.changing_row(0).cell(8).attributes["s"]
    assert changes_between(book, file.to_bytes()).cells == (
        Alike("Plan", Area(8, 5, 8, 5), "Plan", Area(0, 8, 0, 8)),
        Values("Plan", Area(8, 5, 8, 5), (("as the note",),)),
    )
    restored = changes_between(file.to_bytes(), changed(book, F9=None)).cells
    assert restored == (Cleared("Plan", Area(8, 5, 8, 5)), Values("Plan", Area(8, 5, 8, 5), ((None,),)))


def test_other_words_in_headings_are_never_alike(book: bytes) -> None:
    """Excel alters a heading that another one of the table has, were it for a moment only."""
    file = WorkbookFile.from_bytes(book)
    part = "xl/tables/table1.xml"
    table = file.package.read(part).replace(b'"Name"', b'"-"').replace(b'"Amount"', b'"Name"')
    file.package.replace(part, table.replace(b'"-"', b'"Amount"'))
    sheet = file.sheet_part("Plan")
    sheet.put(0, 0, "Amount")
    sheet.put(0, 1, "Name")
    first, second, *_ = changes_between(book, file.to_bytes()).cells
    assert first == Values("Plan", Area(0, 0, 0, 1), (("heading to be, a", "heading to be, aa"),))
    assert second == Values("Plan", Area(0, 0, 0, 1), (("Amount", "Name"),))


def test_a_total_below_makes_room_for_a_longer_table() -> None:
    """The total and the note under it stand a row further down; its look goes along."""
    before, after = (totalled(rows) for rows in (("Small", "Large"), ("Small", "Middle", "Large")))
    changes = changes_between(before, after)
    assert changes.beyond == ()
    assert changes.cells[0] == Resized("Plan", "Deals", Area(0, 0, 3, 0))
    assert Values("Plan", Area(1, 0, 4, 0), (("Small",), ("Middle",), ("Large",), ("Total",))) in changes.cells


def totalled(rows: Sequence[str]) -> bytes:
    stream = BytesIO()
    workbook = Workbook(stream, {"in_memory": True})
    sheet = workbook.add_worksheet("Plan")
    bold = workbook.add_format({"bold": True})
    sheet.add_table(
        0, 0, len(rows), 0, {"name": "Deals", "columns": [{"header": "Name"}], "data": [[r] for r in rows]}
    )
    sheet.write_string(len(rows) + 1, 0, "Total", bold)
    sheet.write_string(0, 5, "bold", bold)
    workbook.close()
    return stream.getvalue()


def test_other_charts_have_no_terms(book: bytes) -> None:
    file = WorkbookFile.from_bytes(book)
    part = "xl/charts/chart1.xml"
    file.package.replace(part, file.package.read(part).replace(b"$B$2:$B$4", b"$B$2:$B$3"))
    assert changes_between(book, file.to_bytes()).beyond == ("charts or pictures on Plan",)


def test_a_part_that_nobody_knows_is_named(book: bytes) -> None:
    file = WorkbookFile.from_bytes(book)
    file.set_property("xlfunnel", "quarterly_plan")
    assert changes_between(book, file.to_bytes()).beyond == ("the part docProps/custom.xml",)


@pytest.mark.parametrize(
    ("value", "handed_over"),
    [
        ("Closed Won", "Closed Won"),
        ("Web", "'Web"),
        ("TRUE", "'TRUE"),
        ("00123", "'00123"),
        ("May 5", "'May 5"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("'quoted", "''quoted"),
        ("", ""),
        (None, ""),
        (True, True),
        (46_295.0, 46_295.0),
        (ExcelCode.NA, "#N/A"),
    ],
)
def test_text_stays_text(value: object, handed_over: object) -> None:
    assert written(value) == handed_over


def test_a_call_carries_only_so_much() -> None:
    rows = [(float(number), "x") for number in range(CELLS_AT_ONCE)]
    rows[7] = (7.0, "y" * 9_000)
    pieces = list(_pieces(Area(0, 0, len(rows) - 1, 1), rows))
    assert max(len(held) * len(held[0]) for _, held in pieces) <= CELLS_AT_ONCE
    assert [area.name for area, _ in pieces[:4]] == ["A1:B7", "A8", "B8", "A9:B10008"]
    assert [row for area, held in pieces for row in held if len(row) == 2] == [*rows[:7], *rows[8:]]
