"""Ids that lead into the CRM: real links, which no text can turn into anything else, and which nothing recomputes."""

from __future__ import annotations

import io

import xlsxwriter

from xlfunnel.ooxml.links import LONGEST_ADDRESS, address_in
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.table import Link

ADDRESS = "https://crm.example/deal/"


def filled(*links: Link) -> WorkbookFile:
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = made.add_worksheet("List")
    sheet.add_table("B2:C3", {"name": "tbl", "columns": [{"header": "Id"}, {"header": "n"}]})
    sheet.write_formula("E1", "=SUM(C3:C4)", None, 0)
    made.close()
    book = WorkbookFile.from_bytes(stream.getvalue())
    book.fill_columns("tbl", {"Id": list(links), "n": [float(at) for at in range(1, len(links) + 1)]})
    return WorkbookFile.from_bytes(book.to_bytes())


def test_an_id_leads_to_its_record() -> None:
    book = filled(Link("006", f"{ADDRESS}006"), Link("007", f"{ADDRESS}007?a=1&b=2"))
    assert [row["Id"] for row in book.read_table("tbl")] == ["006", "007"]
    assert book.formula("List", 3, 1) == f'=HYPERLINK("{ADDRESS}007?a=1&b=2","007")'
    assert address_in(book.sheet_part("List").row_bytes(3) or b"") == f"{ADDRESS}007?a=1&b=2"


def test_the_words_of_a_link_are_never_more_than_words() -> None:
    words = '")+CMD("x'
    book = filled(Link(words, f"{ADDRESS}1"), Link("=1+1", f"{ADDRESS}2"))
    assert book.formula("List", 2, 1) == f'=HYPERLINK("{ADDRESS}1",""")+CMD(""x")'.replace('x")', 'x")')
    assert book.value("List", 3, 1) == "=1+1"
    assert book.formula("List", 3, 1) == f'=HYPERLINK("{ADDRESS}2","=1+1")'


def test_an_address_too_long_for_a_formula_stays_text() -> None:
    long = Link("008", ADDRESS + "x" * LONGEST_ADDRESS)
    book = filled(long, Link("009", f"{ADDRESS}9"))
    assert book.formula("List", 2, 1) is None
    assert book.value("List", 2, 1) == "008"


def test_links_are_not_computed_again() -> None:
    book = filled(Link("006", f"{ADDRESS}006"), Link("007", f"{ADDRESS}007"))
    assert [text for *_, text in book.formulas()] == ["=SUM(C3:C4)"]
    done = book.recalculate(lambda formula: formula)
    assert done.stale == ()
    assert book.value("List", 0, 4) == 3.0
    assert book.formula("List", 2, 1) == f'=HYPERLINK("{ADDRESS}006","006")'
