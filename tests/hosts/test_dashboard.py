"""An open dashboard at an ordinary refresh: nothing moves, so calls for cells, tables and names say all of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from tests.hosts.conftest import ROOT, Officejs, Pressed
from tests.hosts.open_book import OpenBook
from tests.hosts.test_server import assert_same, files

from xlfunnel.demo import Crm, Example, write_example
from xlfunnel.hosts.comparing import changes_between
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.references import place_of
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import refresh_book
from xlfunnel.templates.build import build
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition

EVERYTHING = os.environ.get("XLFUNNEL_TESTS") == "full"
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Case:
    """A dashboard of one refresh, 0 for a blank one, and the next one: of how many deals, and how many days later."""

    before: int
    now: int
    days: int = 7
    edition: Edition = Edition.FORMULAS


ORDINARY = {
    "a week later": Case(40, 40),
    "the same once more": Case(40, 40, days=0),
    "another month": Case(40, 40, days=25),
    "an earlier day": Case(40, 40, days=-20),
    "the first day of a quarter": Case(40, 40, days=-61),
    "more sources, stages and deals": Case(40, 60),
    "fewer sources, stages and deals": Case(60, 40, edition=Edition.FUNCTIONS),
}
QUICK = ("more sources, stages and deals",)


@pytest.fixture(scope="module")
def exports(small: Example, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Example]:
    return {40: small, 60: write_example(tmp_path_factory.mktemp("more"), Crm.SALESFORCE, 60, 7)}


@dataclass(frozen=True)
class Refresh:
    """A dashboard before a refresh, what it is refreshed from, and the same in its file."""

    before: bytes
    paths: tuple[Path, ...]
    day: date
    wanted: Path

    def book(self, folder: Path) -> Path:
        """The dashboard before, in a folder of its own."""
        path = folder / f"book{self.wanted.suffix}"
        path.write_bytes(self.before)
        return path


@pytest.fixture(scope="module")
def refreshes(exports: dict[int, Example], tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Refresh]:
    """Each refresh of a file is made once for all tests."""

    @cache
    def first(deals: int, edition: Edition) -> bytes:
        blank = build("alignment_dashboard", edition, BLANK)
        if not deals:
            return blank
        book = tmp_path_factory.mktemp("first") / f"book{edition.suffix}"
        book.write_bytes(blank)
        example = exports[deals]
        refresh_book(Inputs(files(example), example.as_of - timedelta(days=30)), book, book)
        return book.read_bytes()

    @cache
    def made(case: Case) -> Refresh:
        example, suffix = exports[case.now], case.edition.suffix
        folder = tmp_path_factory.mktemp("headless")
        paths, day = files(example), example.as_of - timedelta(days=30 - case.days)
        one = Refresh(first(case.before, case.edition), paths, day, folder / f"headless{suffix}")
        if case.before:
            refresh_book(Inputs(paths, day), one.book(folder), one.wanted)
        return one

    return made


@pytest.mark.parametrize("name", ORDINARY if EVERYTHING else QUICK)
def test_the_button_changes_cells_only(
    name: str, tmp_path: Path, refreshes: Callable[[Case], Refresh], com: Pressed
) -> None:
    one = refreshes(ORDINARY[name])
    book = one.book(tmp_path)
    told = com(book, picked=[str(path) for path in one.paths], today=one.day.isoformat())
    assert not told["closed"], told["told"]
    assert told["as_before"]
    assert told["protected"]
    live = OpenBook(book.with_name(f"live{book.suffix}").read_bytes(), book.name)
    live.formats = {tuple(at): code for *at, code in told["formats"]}
    live.inks = {tuple(at): color for *at, color in told["inks"]}
    assert_same(live, one.wanted, tmp_path / f"computed{book.suffix}")
    file = WorkbookFile.open(one.wanted)
    for *_, cells in told["drawn"]:
        place = place_of(f"'{cells.partition('!')[0]}'!{cells.partition('!')[2]}")
        assert place is not None
        assert any(
            table.sheet == place[0] and table.data.holds(place[1].bottom, place[1].left)
            for table in file.tables.values()
        )


@pytest.mark.parametrize("name", ORDINARY if EVERYTHING else QUICK)
def test_the_server_answers_with_calls_for_cells(
    name: str, tmp_path: Path, refreshes: Callable[[Case], Refresh], officejs: Officejs
) -> None:
    one = refreshes(ORDINARY[name])
    book = one.book(tmp_path)
    for path in one.paths:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    now = OpenBook(book.read_bytes(), book.name)
    told = officejs(now.sent(), tmp_path, one.day)
    assert "raised" not in told, told
    now.make(told["actions"])
    assert f"{book.name} shows {one.day:%d %b %Y}" in now.alerts[0]
    place = tmp_path / "live"
    place.mkdir()
    assert_same(now, one.wanted, place / book.name)


def test_the_first_refresh_of_the_example_needs_no_other_file(tmp_path: Path, exports: dict[int, Example]) -> None:
    """Its company has more segments and channels, and so more checks."""
    shipped = ROOT / "workbook_templates" / "alignment_dashboard.xlsx"
    wanted = tmp_path / "refreshed.xlsx"
    refresh_book(Inputs(files(exports[40]), exports[40].as_of), shipped, wanted)
    before, after = results(shipped), results(wanted)
    assert before.keys() != after.keys()
    assert set(after.values()) == {"OK"}
    assert changes_between(shipped.read_bytes(), wanted.read_bytes()).beyond == ()


def results(book: Path) -> dict[object, object]:
    """By what is checked: the result."""
    file = WorkbookFile.open(book)
    rows = ((file.value("Checks", row, 1), file.value("Checks", row, 2)) for row in range(150))
    return {says: result for says, result in rows if result in {"OK", "differs"}}


def test_a_figure_that_nothing_counts_in_keeps_its_column(refreshes: Callable[[Case], Refresh]) -> None:
    """On the first day of a quarter no lead became an MQL in it."""
    one = refreshes(ORDINARY["the first day of a quarter"])
    before, after = (
        [row["MQLs received"] for row in file.read_table("tbl_records")]
        for file in (WorkbookFile.from_bytes(one.before), WorkbookFile.open(one.wanted))
    )
    assert any(before)
    assert not any(after)
    assert changes_between(one.before, one.wanted.read_bytes()).beyond == ()


def test_the_first_refresh_of_a_blank_one_comes_with_the_file(
    tmp_path: Path, refreshes: Callable[[Case], Refresh], com: Pressed
) -> None:
    """Its tables and charts are not there yet."""
    one = refreshes(Case(0, 40))
    told = com(one.book(tmp_path), picked=[str(path) for path in one.paths], today=one.day.isoformat())
    assert told["closed"]
    assert "closed and opened again, since this changed too: the table tbl_" in told["told"]


def test_a_kind_of_export_that_is_gone_takes_its_tables_along(
    tmp_path: Path, refreshes: Callable[[Case], Refresh], officejs: Officejs
) -> None:
    one = refreshes(ORDINARY["more sources, stages and deals"])
    for path in one.paths:
        if "leads" not in path.name:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    book = one.book(tmp_path)
    now = OpenBook(one.before, book.name)
    told = officejs(now.sent(), tmp_path, one.day)
    assert [action["func"] for action in told["actions"]] == ["alert"]
    assert told["actions"][0]["args"][0].startswith("This refresh changes more than cells (the table tbl_")
