"""The button in Excel for Windows, through xlwings' own code: what it asks, shows, changes and leaves behind."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.hosts.conftest import Pressed
from tests.hosts.open_book import OpenBook
from tests.hosts.test_server import assert_same, cells, files
from tests.sources.describing import describe_source

from xlfunnel.demo import Example
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import refresh_book
from xlfunnel.saving import undo_copy_of
from xlfunnel.templates.build import build
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.source_sheet import TOLD

TODAY = date.today()  # noqa: DTZ011  # the day on which the button is pressed


@pytest.fixture(scope="module")
def explorer() -> bytes:
    return build("velocity_explorer", Edition.FUNCTIONS)


@pytest.fixture
def book(tmp_path: Path, explorer: bytes) -> Path:
    path = tmp_path / "explorer.xlsm"
    path.write_bytes(explorer)
    return path


def picked(small: Example) -> list[str]:
    return [str(path) for path in files(small)]


def test_the_open_workbook_shows_what_its_file_would(book: Path, small: Example, com: Pressed) -> None:
    before = book.read_bytes()
    told = com(book, picked=picked(small))
    wanted = book.with_name("headless.xlsm")
    refresh_book(Inputs(files(small), TODAY), book, wanted)
    live = OpenBook(book.with_name("live.xlsm").read_bytes(), book.name)
    live.formats = {tuple(at): code for *at, code in told["formats"]}
    assert_same(live, wanted, book.with_name("computed.xlsm"))
    assert told["asked"] == ["files"]
    lines = told["told"].splitlines()
    assert lines[0].startswith(f"explorer.xlsm shows {TODAY:%d %b %Y}, from ")
    assert lines[-1] == 'The version before this refresh is "explorer.undo.xlsm", beside the workbook.'
    assert len(told["told"]) < 1_000
    assert told["shown"][1].startswith("xlfunnel: Reading ")
    assert told["shown"][-2] == "xlfunnel: Writing (100%)"
    assert told["as_before"]
    assert told["protected"]
    assert all(how[14] and not any(how[5:14]) for how in told["protected_with"]), "filters stay allowed, nothing else"
    assert told["changes"] < 60, "cells are written in blocks"
    assert book.read_bytes() == before, "the person decides whether to save"
    assert WorkbookFile.open(undo_copy_of(book)).read_table("Periods") == WorkbookFile.open(book).read_table(
        "Periods"
    )


def test_a_fault_in_the_middle_names_the_version_before_and_leaves_excel_as_it_was(
    book: Path, small: Example, com: Pressed
) -> None:
    told = com(book, picked=picked(small), fails=2)
    assert told["told"].startswith("!The refresh stopped while it changed the workbook (The call was rejected by")
    assert "close it without saving" in told["told"]
    assert '"explorer.undo.xlsm"' in told["told"]
    assert told["as_before"]
    assert told["protected"]
    assert undo_copy_of(book).is_file()


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        ({"picked": False}, ""),
        ({"picked": ["nowhere.csv"]}, "!"),
        ({"password": True}, '!The sheet "Mapping" is protected with a password, and nothing was changed.'),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    book: Path, small: Example, com: Pressed, wished: dict[str, Any], said: str
) -> None:
    told = com(book, **({"picked": picked(small)} | wished))
    assert told["told"].startswith(said)
    assert (told["told"] == "") is (said == "")
    assert told["changes"] == 0
    assert told["as_before"]
    assert told["protected"]
    assert not undo_copy_of(book).exists()


def test_the_exports_that_start_names_are_not_asked_for(book: Path, small: Example, com: Pressed) -> None:
    folder = book.parent / "exports"
    folder.mkdir()
    for path in small.exports:
        (folder / path.name).write_bytes(path.read_bytes())
    file = WorkbookFile.open(book)
    file.write_name("export_files", "exports")
    book.write_bytes(file.to_bytes())
    assert com(book, picked=False)["asked"] == []
    file.write_name("export_files", "../exports")
    book.write_bytes(file.to_bytes())
    told = com(book, picked=False)
    assert told["told"].startswith('!Start says that the exports are "../exports", which leads out of the folder')


def test_a_source_that_the_sheet_describes_is_counted_and_nothing_is_asked(book: Path, com: Pressed) -> None:
    describe_source(book)
    told = com(book, picked=False)
    assert told["asked"] == []
    assert told["told"].startswith(f"explorer.xlsm shows {TODAY:%d %b %Y}, from the sheet Source.")
    assert "deals (DuckDB): 1 records read, 1 used, 0 set aside." in told["told"]
    described = WorkbookFile.open(book.with_name("live.xlsm"))
    assert described.read_name(TOLD) == "The last refresh counted the sheet Source."
    describe_source(book, "../crm.duckdb")
    told = com(book, picked=False)
    assert "leads out of the folder of the workbook and is not known on this computer" in told["told"]
    assert told["changes"] == 0


def test_a_workbook_in_the_cloud_has_its_history(book: Path, small: Example, com: Pressed) -> None:
    told = com(book, picked=picked(small), cloud="https://cloud/plans/")
    assert told["told"].endswith("its version history there has the version before.")
    assert not undo_copy_of(book).exists()


@pytest.fixture(scope="module")
def blank() -> bytes:
    return build("alignment_dashboard", Edition.FORMULAS, BLANK)


def test_what_cells_cannot_say_comes_with_the_file(
    tmp_path: Path, blank: bytes, small: Example, com: Pressed
) -> None:
    """The first refresh of a blank dashboard makes the tables and charts of what the exports hold."""
    book = tmp_path / "dashboard.xlsx"
    book.write_bytes(blank)
    told = com(book, picked=picked(small), unsaved=True, answer="no")
    assert told["asked"][1].startswith("dashboard.xlsx must be closed and opened again")
    assert (told["told"], told["closed"], book.read_bytes()) == ("", False, blank)
    assert not undo_copy_of(book).exists()
    told = com(book, picked=picked(small), unsaved=True, answer="yes")
    assert told["closed"]
    assert told["as_before"]
    assert "The workbook was closed and opened again, since this changed too: " in told["told"]
    wanted = tmp_path / "headless.xlsx"
    undo = undo_copy_of(book)
    refresh_book(Inputs(files(small), TODAY), undo, wanted)
    now, headless = WorkbookFile.open(book), WorkbookFile.open(wanted)
    for sheet in headless.sheets:
        if sheet != "Import log":  # which tells the time of the refresh
            assert cells(now, sheet, {}) == cells(headless, sheet, {}), sheet
    assert "tbl_deals" in now.tables
    assert "tbl_deals" not in WorkbookFile.open(undo).tables
