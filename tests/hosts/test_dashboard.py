"""An open dashboard at an ordinary refresh: nothing moves, so calls for cells, tables and names say all of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.hosts.conftest import Officejs, Pressed
from tests.hosts.open_book import OpenBook
from tests.hosts.test_server import assert_same, files

from xlfunnel.demo import Crm, Example, write_example
from xlfunnel.ooxml.references import place_of
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import Inputs, refresh_book
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
    "more sources, stages and deals": Case(40, 60),
    "fewer sources, stages and deals": Case(60, 40, edition=Edition.FUNCTIONS),
}
QUICK = ("more sources, stages and deals",)


@pytest.fixture(scope="module")
def exports(small: Example, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Example]:
    return {40: small, 60: write_example(tmp_path_factory.mktemp("more"), Crm.SALESFORCE, 60, 7)}


def first(folder: Path, case: Case, exports: dict[int, Example]) -> Path:
    """The dashboard before."""
    book = folder / f"book{case.edition.suffix}"
    book.write_bytes(build("alignment_dashboard", case.edition, None if case.before else BLANK))
    if case.before:
        example = exports[case.before]
        refresh_book(Inputs(files(example), example.as_of - timedelta(days=30)), book, book)
    return book


def second(case: Case, exports: dict[int, Example]) -> tuple[tuple[Path, ...], date]:
    example = exports[case.now]
    return files(example), example.as_of - timedelta(days=30 - case.days)


@pytest.mark.parametrize("name", ORDINARY if EVERYTHING else QUICK)
def test_the_button_changes_cells_only(name: str, tmp_path: Path, exports: dict[int, Example], com: Pressed) -> None:
    case = ORDINARY[name]
    book = first(tmp_path, case, exports)
    paths, day = second(case, exports)
    told = com(book, picked=[str(path) for path in paths], today=day.isoformat())
    assert not told["closed"], told["told"]
    assert told["as_before"]
    assert told["protected"]
    live = OpenBook(book.with_name(f"live{book.suffix}").read_bytes(), book.name)
    live.formats = {tuple(at): code for *at, code in told["formats"]}
    live.inks = {tuple(at): color for *at, color in told["inks"]}
    wanted = tmp_path / f"headless{book.suffix}"
    refresh_book(Inputs(paths, day), book, wanted)
    assert_same(live, wanted, tmp_path / f"computed{book.suffix}")
    file = WorkbookFile.open(wanted)
    for *_, cells in told["drawn"]:
        place = place_of(f"'{cells.partition('!')[0]}'!{cells.partition('!')[2]}")
        assert place is not None
        assert any(
            table.sheet == place[0] and table.data.holds(place[1].bottom, place[1].left)
            for table in file.tables.values()
        )


@pytest.mark.parametrize("name", ORDINARY if EVERYTHING else QUICK)
def test_the_server_answers_with_calls_for_cells(
    name: str, tmp_path: Path, exports: dict[int, Example], officejs: Officejs
) -> None:
    case = ORDINARY[name]
    folder = tmp_path / "server"
    folder.mkdir()
    book = first(folder, case, exports)
    paths, day = second(case, exports)
    for path in paths:
        (folder / path.name).write_bytes(path.read_bytes())
    now = OpenBook(book.read_bytes(), book.name)
    told = officejs(now.sent(), folder, day)
    assert "raised" not in told, told
    now.make(told["actions"])
    assert f"{book.name} shows {day:%d %b %Y}" in now.alerts[0]
    wanted = tmp_path / f"headless{book.suffix}"
    refresh_book(Inputs(paths, day), book, wanted)
    assert_same(now, wanted, tmp_path / f"live{book.suffix}")


def test_the_first_refresh_of_a_blank_one_comes_with_the_file(
    tmp_path: Path, exports: dict[int, Example], com: Pressed
) -> None:
    """Its tables and charts are not there yet."""
    case = Case(0, 40)
    book = first(tmp_path, case, exports)
    paths, day = second(case, exports)
    told = com(book, picked=[str(path) for path in paths], today=day.isoformat())
    assert told["closed"]
    assert "closed and opened again, since this changed too: the table tbl_" in told["told"]


def test_a_kind_of_export_that_is_gone_takes_its_tables_along(
    tmp_path: Path, exports: dict[int, Example], officejs: Officejs
) -> None:
    case = Case(40, 40)
    folder = tmp_path / "server"
    folder.mkdir()
    book = first(folder, case, exports)
    paths, day = second(case, exports)
    for path in paths:
        if "leads" not in path.name:
            (folder / path.name).write_bytes(path.read_bytes())
    now = OpenBook(book.read_bytes(), book.name)
    told = officejs(now.sent(), folder, day)
    assert [action["func"] for action in told["actions"]] == ["alert"]
    assert told["actions"][0]["args"][0].startswith("This refresh changes more than cells (the table tbl_")
