"""A changed workbook opens in other programs, shows the new values there, and has no fault that it did not have."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import openpyxl
import pytest
from tests.ooxml.conftest import saved_by_libreoffice, without_references, workbook_bytes
from tests.workbooks.validator import faults

from xlfunnel.ooxml.workbook_file import WorkbookFile

NEW = [{"Deal": "Dora & <sons>", "Amount": 5_000, "Win rate": 0.2}, {"Deal": "=Echo", "Amount": 1_000, "Win rate": 1}]


def changed(content: bytes) -> bytes:
    """With a bit of everything."""
    book = WorkbookFile.from_bytes(content)
    book.write_name("target", 50_000)
    book.append("Deals", NEW)
    book.write("My notes", 4, 1, "was a figure")
    book.write_formula("My notes", 1, 1, "=SUM(Deals[Amount])", 0)
    book.write("Bob's sheet", 30, 30, True)
    book.set_property("xlfunnel edition", "formulas")
    book.refresh_chart_caches()
    return book.to_bytes()


def read_by_openpyxl(content: bytes, *, results: bool = False) -> openpyxl.Workbook:
    """It warns of what it does not read; here nothing is saved by it."""
    with warnings.catch_warnings(action="ignore"):
        return openpyxl.load_workbook(io.BytesIO(content), data_only=results)


EXPECTED = {
    ("Plan", "B2"): 50_000,
    ("Plan", "D2"): 46_000,
    ("Plan", "E2"): 11_000,
    ("Plan", "A9"): "Dora & <sons>",
    ("Plan", "A10"): "=Echo",
    ("Plan", "D9"): 1_000,
    ("My notes", "B1"): 100_000,
    ("My notes", "B2"): 46_000,
    ("My notes", "B5"): "was a figure",
    ("Bob's sheet", "A1"): "left alone",
    ("Bob's sheet", "AE31"): True,
}


def test_openpyxl_reads_what_was_written(content: bytes) -> None:
    book = read_by_openpyxl(changed(content))
    assert book["Plan"]["B2"].value == 50_000
    assert book["Plan"]["A10"].value == "=Echo"
    assert book["Plan"]["A10"].data_type == "s"
    assert book["Plan"]["A10"].quotePrefix
    assert book["Plan"].tables["Deals"].ref == "A5:D10"
    assert book["My notes"]["B2"].value == "=SUM(Deals[Amount])"
    assert book.custom_doc_props["xlfunnel edition"].value == "formulas"
    assert {str(rule.sqref) for rule in book["Plan"].data_validations.dataValidation} == {"B6:B10", "C6:C10"}


def test_libreoffice_computes_the_new_values(content: bytes, soffice: Path, tmp_path: Path) -> None:
    saved = saved_by_libreoffice(changed(content), soffice, tmp_path)
    book = read_by_openpyxl(saved, results=True)
    assert {place: book[place[0]][place[1]].value for place in EXPECTED} == EXPECTED


def test_without_macros_libreoffice_and_openpyxl_open_it(soffice: Path, tmp_path: Path) -> None:
    book = WorkbookFile.from_bytes(workbook_bytes(macros=True))
    book.remove_macros()
    saved = saved_by_libreoffice(book.to_bytes(), soffice, tmp_path)
    for content in (book.to_bytes(), saved):
        read = read_by_openpyxl(content)
        assert read["Plan"]["A6"].comment.text.strip() == "Talk to them in May"
        assert read["My notes"]["A1"].comment.text.strip() == "a note of mine"


@pytest.mark.parametrize("name", ["plain", "prefixed", "absolute"])
def test_the_validator_finds_nothing(
    name: str, request: pytest.FixtureRequest, ooxml_validator: Path, tmp_path: Path
) -> None:
    content = request.getfixturevalue(name)
    assert faults(ooxml_validator, content, tmp_path) == []
    assert faults(ooxml_validator, changed(content), tmp_path) == []


def test_without_macros_the_validator_finds_nothing(ooxml_validator: Path, tmp_path: Path) -> None:
    content = workbook_bytes(macros=True)
    assert faults(ooxml_validator, content, tmp_path, "book.xlsm") == []
    book = WorkbookFile.from_bytes(content)
    book.remove_macros()
    assert faults(ooxml_validator, book.to_bytes(), tmp_path) == []


def test_cells_without_references_follow_from_their_order(plain: bytes) -> None:
    book = WorkbookFile.from_bytes(without_references(plain))
    assert book.value("Bob's sheet", 0, 0) == "left alone"
    book.write("Bob's sheet", 0, 2, "third")
    book.write("Bob's sheet", 3, 0, "fourth")
    read = read_by_openpyxl(book.to_bytes())["Bob's sheet"]
    assert (read["A1"].value, read["C1"].value, read["A4"].value) == ("left alone", "third", "fourth")
