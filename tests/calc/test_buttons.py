"""The buttons of the add-in, pressed in LibreOffice on an open workbook: new figures come in, and nothing is lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from xlfunnel.calc.office import Office
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import refresh_book
from xlfunnel.saving import OpenElsewhere, held, undo_copy_of
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition

REFRESH, UNDO = "xlfunnel:refresh", "xlfunnel:undo"
AS_OF = date(2026, 11, 13)
DEALS = """\
Opportunity ID,Opportunity Name,Segment,Lead Source,Amount,Created Date,Close Date,Stage
1,A,Small,Web,10000,2026-08-01,2026-10-05,Closed Won
2,B,Small,Web,20000,2026-08-01,2026-09-20,Closed Won
3,C,Small,Web,8000,2026-08-11,2026-10-20,Closed Lost
4,D,Middle,Web,5000,2026-10-02,2026-12-01,Proposal
"""
DONE, FAILED = 1, 0


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    path = tmp_path / "deals of März.csv"
    path.write_text(DEALS, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def templates() -> dict[Edition, bytes]:
    return {edition: build("quarterly_plan", edition) for edition in Edition}


@pytest.fixture
def book(tmp_path: Path, templates: dict[Edition, bytes]) -> Path:
    return made(tmp_path, templates, Edition.FORMULAS)


def made(folder: Path, templates: dict[Edition, bytes], edition: Edition) -> Path:
    book = folder / f"our plan{edition.suffix}"
    book.write_bytes(templates[edition])
    return book


@pytest.fixture
def window(office: Office) -> Any:
    yield office
    office.ask("close")


def tables(book: Path) -> list[object]:
    """What a refresh wrote; the import log holds the time of each, and is left out."""
    file = WorkbookFile.open(book)
    return [file.read_table(name) for name in ("Segments", "Rates")] + [file.read_name("last_refresh")]


def pressed(window: Office, command: str, *files: Path, **said: Any) -> tuple[int, str]:
    words = {"Quiet": True, "AsOf": AS_OF.isoformat()} | ({"Files": [str(file) for file in files]} if files else {})
    state, told = window.ask("dispatch", command, words | said)
    return state, told


@pytest.mark.parametrize("edition", list(Edition))
def test_refresh_brings_new_figures_into_the_open_workbook(
    window: Office, tmp_path: Path, templates: dict[Edition, bytes], deals: Path, edition: Edition
) -> None:
    book = made(tmp_path, templates, edition)
    headless = tmp_path / f"headless{edition.suffix}"
    headless.write_bytes(templates[edition])
    refresh_book(Inputs((deals,), AS_OF), headless, headless)

    window.ask("open_window", str(book))
    window.ask("select", "Segments.C5:D6")
    state, told = pressed(window, REFRESH, deals)
    assert state == DONE, told
    for line in ("our plan", "4 records read: 4 used", "deals of März.csv", undo_copy_of(book).name):
        assert line in told
    assert window.ask("cells", "booked_total") == ((10_000.0,),)
    assert window.ask("state") == {"selected": "$Segments.$C$5:$D$6", "changed": False, "frames": 1}
    assert tables(book) == tables(headless)
    assert undo_copy_of(book).read_bytes() == templates[edition]
    with pytest.raises(OpenElsewhere), held(book):
        pytest.fail("the workbook is open in LibreOffice again")
    shown = window.ask("results")
    window.ask("open", str(headless))
    assert shown == window.ask("results")


def test_a_click_refreshes_and_a_click_takes_it_back(
    window: Office, tmp_path: Path, book: Path, deals: Path, cells: Any
) -> None:
    window.ask("open_window", str(book))
    assert "xlfunnel" in window.ask("menu")
    assert window.ask("toolbar") == ("xlfunnel", ["Refresh from export…", "Undo refresh"])
    window.ask("put_in", "export_files", ((deals.name,),))
    window.ask("save")
    saved = book.read_bytes()
    earlier = window.ask("cells", "last_refresh")
    today = date.today()  # noqa: DTZ011  # a press takes the day of the place where the person lives
    assert window.ask("press", "Refresh from export…")  # its message closes by itself: nobody sees this window
    assert window.ask("cells", "last_refresh") == ((cells.serial(today),),)
    assert undo_copy_of(book).read_bytes() == saved
    headless = tmp_path / "headless.xlsx"
    headless.write_bytes(saved)
    refresh_book(Inputs((deals,), today), headless, headless)
    assert tables(book) == tables(headless)
    assert window.ask("press", "Undo refresh")
    assert window.ask("cells", "last_refresh") == earlier
    assert book.read_bytes() == saved
    assert window.ask("toolbar") == ("xlfunnel", ["Refresh from export…", "Undo refresh"])


def test_changes_are_saved_first_where_that_is_wanted(window: Office, book: Path, deals: Path) -> None:
    before = book.read_bytes()
    window.ask("open_window", str(book))
    window.ask("put_in", "company", (("Acme",),))
    state, told = pressed(window, REFRESH, deals)
    assert state == FAILED
    assert "changes that are not saved" in told
    assert book.read_bytes() == before
    assert window.ask("cells", "company") == (("Acme",),)
    assert window.ask("state")["changed"]
    state, told = pressed(window, REFRESH, deals, Save=True)
    assert state == DONE, told
    assert window.ask("cells", "company") == (("Acme",),)
    assert window.ask("cells", "booked_total") == ((10_000.0,),)


def not_ours(folder: Path) -> Path:
    with xlsxwriter.Workbook(folder / "other.xlsx") as other:
        other.add_worksheet().write("A1", 1)
    return folder / "other.xlsx"


def no_export(folder: Path) -> Path:
    path = folder / "poem.csv"
    path.write_text("Rose,Tulip\n1,2\n", encoding="utf-8")
    return path


def test_what_is_refused_leaves_file_and_window_alone(
    window: Office, tmp_path: Path, book: Path, deals: Path
) -> None:
    other = not_ours(tmp_path)
    cases = [
        (other, REFRESH, (deals,), "was not made from a template"),
        (book, REFRESH, (no_export(tmp_path),), "poem.csv"),
        (book, UNDO, (), "nothing to undo"),
    ]
    for path, command, files, reason in cases:
        before = path.read_bytes()
        window.ask("open_window", str(path))
        window.ask("select", f"{'Plan' if path is book else 'Sheet1'}.B3")
        state, told = pressed(window, command, *files)
        assert (state, reason in told) == (FAILED, True), told
        assert path.read_bytes() == before
        assert window.ask("state")["selected"].endswith("$B$3")
        assert not undo_copy_of(path).exists()
        window.ask("close")
    assert {path.name for path in tmp_path.iterdir()} == {"other.xlsx", "our plan.xlsx", "poem.csv", deals.name}


def test_a_workbook_without_a_file_is_told_to_be_saved(window: Office, deals: Path) -> None:
    window.ask("open", None)
    state, told = pressed(window, REFRESH, deals)
    assert state == FAILED
    assert "not saved as a file yet" in told


def test_dialogs_that_are_cancelled_change_nothing(window: Office, book: Path, deals: Path) -> None:
    before = book.read_bytes()
    window.ask("open_window", str(book))
    assert pressed(window, REFRESH, Quiet=False) == (DONE, ""), "no export was picked"
    window.ask("put_in", "company", (("Acme",),))
    assert pressed(window, REFRESH, deals, Quiet=False) == (DONE, ""), "changes were not to be saved"
    assert window.ask("cells", "company") == (("Acme",),)
    assert book.read_bytes() == before
