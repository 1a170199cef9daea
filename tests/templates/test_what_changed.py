"""What changed since the refresh before: read from the workbook, told in a sentence, shown on a sheet."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from tests.workbooks.package_lint import lint
from typer.testing import CliRunner

from xlfunnel.changes import document, sentence
from xlfunnel.cli.commands import app
from xlfunnel.definitions import Definitions
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import Refreshed, refresh_book, refresh_new
from xlfunnel.saving import undo
from xlfunnel.templates.alignment_dashboard.refresh_states import AS_OF, earlier_state
from xlfunnel.templates.alignment_dashboard.taking import OwnSheetInTheWay
from xlfunnel.templates.build import build
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition

AUGUST, SEPTEMBER = date(2026, 8, 31), date(2026, 9, 30)
HEAD = "Opportunity ID,Opportunity Name,Segment,Lead Source,Amount,Created Date,Close Date,Stage\n"
BEFORE = """\
1,Alder,Small,Web,10000,2026-05-01,2026-06-10,Closed Won
2,Birch,Small,Events,14000,2026-05-01,2026-07-20,Closed Won
3,Cedar,Small,Web,8000,2026-05-11,2026-07-20,Closed Lost
4,Elm,Middle,Web,5000,2026-06-02,2026-10-01,Demo
5,Fir,Middle,Web,6000,2026-06-02,2026-10-01,Proposal
6,Hazel,Middle,Events,7000,2026-06-02,2026-09-15,Proposal
7,Ivy,Middle,Events,9000,2026-06-02,2026-09-15,Proposal
8,Larch,Middle,Events,9000,2026-06-02,not a date,Closed Won
"""
NOW = """\
1,Alder,Small,Web,10000,2026-05-01,2026-06-10,Closed Won
2,Birch,Small,Events,14000,2026-05-01,2026-07-20,Closed Won
3,Cedar,Small,Web,8000,2026-05-11,2026-07-20,Closed Lost
4,Elm,Middle,Web,5000,2026-06-02,2026-10-01,Proposal
5,Fir,Middle,Web,6500,2026-06-02,2026-10-31,Proposal
6,Hazel,Middle,Events,7000,2026-06-02,2026-09-14,Closed Won
7,Ivy,Middle,Events,9000,2026-06-02,2026-09-20,Closed Lost
9,Maple,Small,Web,3000,2026-09-05,2026-11-20,Demo
"""
TOLD = (
    "Since the refresh as of 31 Aug 2026: 1 deal moved stage, 1 slipped its close date, 1 won, 1 lost, 1 new, "
    "1 with a higher amount, 0 rows set aside (1 before), velocity "
)


def export(folder: Path, name: str, rows: str) -> Inputs:
    path = folder / name
    path.write_text(HEAD + rows, encoding="utf-8")
    return Inputs((path,), AUGUST if rows == BEFORE else SEPTEMBER)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changes")


@pytest.fixture(scope="module")
def first(folder: Path) -> bytes:
    """A dashboard that the earlier exports filled."""
    done = refresh_new(export(folder, "before.csv", BEFORE), folder / "first.xlsx")
    assert done.changes is not None
    assert sentence(done.changes) == "First refresh: there is no earlier one to compare with."
    return (folder / "first.xlsx").read_bytes()


@pytest.fixture(scope="module")
def second(folder: Path, first: bytes) -> tuple[Path, Refreshed]:
    """The same, refreshed a month later."""
    book = folder / "book.xlsx"
    book.write_bytes(first)
    return book, refresh_book(export(folder, "now.csv", NOW), book, book)


def test_the_sentence_of_a_second_refresh(second: tuple[Path, Refreshed]) -> None:
    _, done = second
    assert done.changes is not None
    assert sentence(done.changes).startswith(TOLD)
    velocity = done.changes.velocity
    assert velocity is not None
    # 4 open · 12,000 · 2 won of 3 ÷ 63.3 days, then 3 open · 31,000 ÷ 3 · 3 won of 5 ÷ 80.8 days
    assert velocity.before == pytest.approx(4 * 12_000 * 2 / 3 / (190 / 3))
    assert velocity.now == pytest.approx(3 * 31_000 / 3 * 3 / 5 / (404 / 5))
    assert {one.source for one in velocity.sources} == {"Web", "Events"}


def test_the_sheet_shows_what_the_values_say(second: tuple[Path, Refreshed]) -> None:
    path, done = second
    book, changes = WorkbookFile.open(path), done.changes
    assert changes is not None
    assert book.read_name("what_changed") == sentence(changes)
    columns = ("What happened", "Id", "From", "To", "Change", "Name")
    rows = [tuple(row[name] or "" for name in columns) for row in book.read_table("tbl_changed_records")]
    assert rows == [
        ("moved stage", "4", "Demo", "Proposal", "", "Elm"),
        ("close date slipped", "5", "1 Oct 2026", "31 Oct 2026", "+30 days", "Fir"),
        ("won", "6", "Proposal", "Closed Won", "", "Hazel"),
        ("lost", "7", "Proposal", "Closed Lost", "", "Ivy"),
        ("new deal", "9", "", "Demo", "", "Maple"),
        ("amount up", "5", "6,000", "6,500", "+500", "Fir"),
    ]
    assert [list(row.values()) for row in book.read_table("tbl_changed_stages")] == [["Demo", "Proposal", 1, 5000]]
    (aside,) = book.read_table("tbl_changed_set_aside")
    assert list(aside.values()) == ["unreadable date", 1, 0, -1]
    velocity = changes.velocity
    assert velocity is not None
    sources = book.read_table("tbl_changed_sources")
    assert sum(float(str(row["Added per day, USD"])) for row in sources) == pytest.approx(velocity.change)
    assert book.read_name("checks_failing") == 0
    assert lint(path.read_bytes()) == []


def test_the_state_that_is_read_is_the_state_that_was_written(folder: Path, second: tuple[Path, Refreshed]) -> None:
    path, _ = second
    book, again = folder / "again.xlsx", export(folder, "same.csv", NOW)
    book.write_bytes(path.read_bytes())
    done = refresh_book(again, book, book)
    assert done.changes is not None
    told = "Nothing changed since the refresh as of 30 Sep 2026. The same files were read again."
    assert sentence(done.changes) == told
    once = book.read_bytes()
    refresh_book(again, book, book)
    assert book.read_bytes() == once


def test_undo_and_refresh_again_says_the_same(folder: Path, second: tuple[Path, Refreshed]) -> None:
    path, done = second
    book = folder / "undone.xlsx"
    book.write_bytes(path.read_bytes())
    again = Inputs(
        export(folder, "more.csv", NOW + "10,Oak,Small,Web,3000,2026-09-05,2026-11-20,Demo\n").exports, SEPTEMBER
    )
    once = refresh_book(again, book, book)
    undo(book)
    twice = refresh_book(again, book, book)
    assert done.changes is not None
    assert once.changes is not None
    assert sentence(once.changes).startswith("Since the refresh as of 30 Sep 2026: 1 deal new,")
    assert twice.changes == once.changes


def test_a_refresh_of_an_earlier_day_says_so_first(folder: Path, second: tuple[Path, Refreshed]) -> None:
    path, _ = second
    done = refresh_book(export(folder, "before.csv", BEFORE), path, folder / "back.xlsx")
    assert done.changes is not None
    told = sentence(done.changes)
    assert told.startswith("This refresh is as of 31 Aug 2026, and the one before was as of 30 Sep 2026")
    assert "1 deal moved stage, 1 pulled its close date in, 2 reopened, 1 gone" in told


def test_more_records_than_a_workbook_lists(folder: Path, second: tuple[Path, Refreshed]) -> None:
    path, _ = second
    inputs = export(folder, "before.csv", BEFORE)
    few = Inputs(inputs.exports, SEPTEMBER, Definitions(currency="USD", data_limit=3))
    done = refresh_book(few, path, folder / "few.xlsx")
    assert done.changes is not None
    told = sentence(done.changes)
    assert "Changes of deals are not counted: 7 deals were used, more than the 3 that the definitions let" in told
    assert "velocity " in told
    later = refresh_book(export(folder, "now.csv", NOW), folder / "few.xlsx", folder / "later.xlsx")
    assert later.changes is not None


def test_a_new_dashboard_is_compared_with_the_one_in_its_place(folder: Path, first: bytes) -> None:
    book = folder / "weekly.xlsx"
    book.write_bytes(first)
    done = refresh_new(export(folder, "now.csv", NOW), book)
    assert done.changes is not None
    assert sentence(done.changes).startswith(TOLD)


@pytest.mark.parametrize("contents", [None, BLANK], ids=["example", "blank"])
def test_a_template_is_no_earlier_refresh(contents: None) -> None:
    book = WorkbookFile.from_bytes(build("alignment_dashboard", Edition.FORMULAS, contents))
    assert book.named(AS_OF) is not None
    assert earlier_state(book) is None


# -- dashboards of the first version, which had no such sheet ------------------------------------------------------


def without_the_sheet(content: bytes) -> WorkbookFile:
    """The dashboard without the sheet and the table that only later versions write."""
    book = WorkbookFile.from_bytes(content)
    root = book.changing_root()
    listed, names = next(root.elements("sheets")), next(root.elements("definedNames"))
    sheets = [sheet.attributes["name"] for sheet in listed.elements("sheet")]
    gone = sheets.index("What changed")
    listed.remove(next(one for one in listed.elements("sheet") if one.attributes["name"] == "What changed"))
    for name in list(names.elements("definedName")):
        tab = name.whole("localSheetId", -1)
        if "What changed" in name.text or tab == gone:
            names.remove(name)
        elif tab > gone:
            name.attributes["localSheetId"] = str(tab - 1)
    parts = book.table("tbl_velocity_parts")
    book.package.replace(parts.part, book.package.read(parts.part).replace(b"tbl_velocity_parts", b"tbl_former"))
    return WorkbookFile.from_bytes(book.to_bytes())


def test_an_older_dashboard_is_compared_as_far_as_it_goes(folder: Path, first: bytes) -> None:
    book = folder / "old.xlsx"
    without_the_sheet(first).save(book)
    assert "What changed" not in WorkbookFile.open(book).sheets
    done = refresh_book(export(folder, "now.csv", NOW), book, book)
    assert done.changes is not None
    assert sentence(done.changes).startswith(TOLD)
    assert done.changes.velocity is not None
    assert "did not keep" in done.changes.velocity.no_sources
    file = WorkbookFile.open(book)
    assert file.sheets[-1] == "What changed"
    assert file.read_name("what_changed") == sentence(done.changes)
    assert len(file.read_table("tbl_velocity_parts")) == 2


def test_the_example_of_an_older_version_is_no_earlier_refresh(first: bytes) -> None:
    old = without_the_sheet(build("alignment_dashboard", Edition.FORMULAS))
    assert "What changed" not in old.sheets
    assert earlier_state(old) is None
    refreshed = earlier_state(without_the_sheet(first))
    assert refreshed is not None
    assert refreshed.as_of == AUGUST


def test_a_sheet_of_ones_own_with_that_name_is_not_overwritten(folder: Path, first: bytes) -> None:
    book, path = without_the_sheet(first), folder / "own.xlsx"
    book.add_sheet("what changed")
    book.write("what changed", 3, 2, "my own words")
    book.save(path)
    before = path.read_bytes()
    with pytest.raises(OwnSheetInTheWay, match="another name"):
        refresh_book(export(folder, "now.csv", NOW), path, path)
    assert path.read_bytes() == before


# -- the command line ----------------------------------------------------------------------------------------------


def test_the_command_line_tells_it(folder: Path, second: tuple[Path, Refreshed]) -> None:
    _, done = second
    now, book, output = export(folder, "now.csv", NOW), folder / "first.xlsx", folder / "told.xlsx"
    words = ["refresh", str(book), str(now.exports[0]), "--as-of", "2026-09-30", "-o", str(output)]
    found = json.loads(CliRunner().invoke(app, ["--json", *words]).stdout)
    assert done.changes is not None
    assert found["changes"] == json.loads(json.dumps(document(done.changes)))
    assert sentence(done.changes) in CliRunner().invoke(app, words).stdout
