"""The real script on xlwings' JSON engine: its calls make of an open workbook what a refresh makes of its file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from tests.hosts.conftest import Officejs
from tests.hosts.open_book import OpenBook

from xlfunnel.demo import Example
from xlfunnel.hosts.comparing import typed
from xlfunnel.hosts.looks import Looks
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import refresh_book
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.export_files import export_files
from xlfunnel.templates.ours import open_ours

EVERYTHING = os.environ.get("XLFUNNEL_TESTS") == "full"
CASES = [(name, edition) for name in TEMPLATES if name != "alignment_dashboard" for edition in Edition]
SOME = [("quarterly_plan", Edition.FORMULAS)]  # the way of Excel for Windows is tried with another workbook
Formats = dict[tuple[str, int, int], str]
DASHBOARD = "alignment_dashboard"


def files(example: Example) -> tuple[Path, ...]:
    return export_files(".", example.spend.with_name("book.xlsx"))


@pytest.mark.parametrize("saved", [False, True], ids=["built anew", "saved"])
@pytest.mark.parametrize(("name", "edition"), CASES if EVERYTHING else SOME)
def test_an_open_workbook_becomes_what_its_file_becomes(
    tmp_path: Path, name: str, edition: Edition, saved: bool, later: Example, officejs: Officejs
) -> None:
    book = tmp_path / f"book{edition.suffix}"
    book.write_bytes(build(name, edition))
    now = OpenBook(book.read_bytes(), book.name)
    folder = tmp_path / "server"
    folder.mkdir()
    for path in files(later):
        (folder / path.name).write_bytes(path.read_bytes())
    if saved:
        (folder / book.name).write_bytes(book.read_bytes())
    told = officejs(now.sent(), folder, later.as_of)
    assert "raised" not in told, told
    now.make(told["actions"])
    refreshed = tmp_path / f"headless{edition.suffix}"
    done = refresh_book(Inputs(files(later), later.as_of), book, refreshed)
    assert done.taken is not None
    assert done.taken.cells > 0
    assert "setValues" in now.calls, now.alerts
    assert f"{book.name} shows {later.as_of:%d %b %Y}" in now.alerts[0]
    assert_same(now, refreshed, tmp_path / f"live{edition.suffix}")


def test_a_server_without_exports_writes_nothing(officejs: Officejs, tmp_path: Path) -> None:
    now = OpenBook(build("cac_model", Edition.FORMULAS), "book.xlsx")
    told = officejs(now.sent(), tmp_path, date(2026, 9, 30))
    assert [action["func"] for action in told["actions"]] == ["alert"]
    assert told["actions"][0]["args"][0] == f'There is no export in the folder "{tmp_path}" of the server.'


def test_a_workbook_that_is_laid_out_otherwise_is_left_alone(
    tmp_path: Path, later: Example, officejs: Officejs
) -> None:
    now = OpenBook(build("cac_model", Edition.FORMULAS), "book.xlsx")
    sent = now.sent()
    quarter = next(name for name in sent["names"] if name["name"] == "quarter_start")
    quarter |= {"address": "C30", "refers_to": "=Start!$C$30"}
    told = officejs(sent, later.spend.parent, later.as_of)
    assert [action["func"] for action in told["actions"]] == ["alert"]
    assert "the name quarter_start leads elsewhere. Nothing was changed" in told["actions"][0]["args"][0]


def test_a_dashboard_that_is_not_saved_on_the_server_is_left_alone(
    tmp_path: Path, later: Example, officejs: Officejs
) -> None:
    now = OpenBook(build(DASHBOARD, Edition.FORMULAS), "book.xlsx")
    told = officejs(now.sent(), later.spend.parent, later.as_of)
    assert [action["func"] for action in told["actions"]] == ["alert"]
    assert "is not in the folder of the exports on the server" in told["actions"][0]["args"][0]
    (tmp_path / "deals.csv").write_bytes(later.exports[0].read_bytes())
    (tmp_path / "book.xlsx").write_bytes(now.file.to_bytes())
    told = officejs(now.sent(), tmp_path, later.as_of)
    assert [action["func"] for action in told["actions"]] == ["alert"]
    assert "This refresh changes more than cells (the table " in told["actions"][0]["args"][0]


def test_a_file_that_is_older_than_what_is_shown_is_not_worked_on(
    tmp_path: Path, later: Example, officejs: Officejs
) -> None:
    now = OpenBook(build("cac_model", Edition.FORMULAS), "book.xlsx")
    (tmp_path / "deals.csv").write_bytes(later.exports[0].read_bytes())
    (tmp_path / "book.xlsx").write_bytes(now.file.to_bytes())
    now.file.write_name("company", "Typed since")
    told = officejs(now.sent(), tmp_path, later.as_of)
    assert [action["func"] for action in told["actions"]] == ["alert"]
    place = now.file.place("company")
    cell = now.file.cell_name(place.sheet, place.top, place.left)
    assert f"is not what is shown here: {cell} differs" in told["actions"][0]["args"][0]


def assert_same(now: OpenBook, refreshed: Path, place: Path) -> None:
    """Cell by cell after a calculation: values, formulas and formats of numbers; and tables and names."""
    place.write_bytes(now.file.to_bytes())
    live, wanted = open_ours(place), WorkbookFile.open(refreshed)
    live.file.recalculate(live.native)
    assert {n: t.whole for n, t in live.file.tables.items()} == {n: t.whole for n, t in wanted.tables.items()}
    assert live.file.names == wanted.names
    compared = 0
    for sheet in wanted.sheets:
        mine, theirs = cells(live.file, sheet, now.formats), cells(wanted, sheet, {})
        assert {at: cell for at, cell in mine.items() if cell != theirs.get(at, NOTHING)} == {
            at: cell for at, cell in theirs.items() if cell != mine.get(at, NOTHING)
        }
        assert sorted(live.file.sheet_part(sheet).merged) == sorted(wanted.sheet_part(sheet).merged), sheet
        looked, wished = looks(live.file, sheet, now.inks), looks(wanted, sheet, {})
        assert {at: look for at, look in looked.items() if look != wished.get(at, look)} == {}
        compared += len(theirs)
    assert compared > 500


def looks(file: WorkbookFile, sheet: str, inks: Mapping[tuple[str, int, int], str]) -> dict[tuple[int, int], object]:
    """How each cell looks, its format of numbers apart; colours given to words go before those of the file."""
    part, found = file.sheet_part(sheet), Looks(file)
    seen: dict[tuple[int, int], object] = {}
    for number in part.row_numbers:
        row = part.row(number)
        for column, cell in row.cells.items() if row else ():
            (name, size, marks, color), *rest = cast("Any", found.cell(cell.whole("s")))
            ink = inks.get((sheet, number, column))
            seen[number, column] = (name, size, marks, (("rgb", ink),) if ink else color, *rest)
    return seen


WHEN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d")
NOTHING = (None, "", "General")


def cells(file: WorkbookFile, sheet: str, formats: Formats) -> dict[tuple[int, int], tuple[object, str, str]]:
    """What each cell shows and holds, and how it shows numbers."""
    part = file.sheet_part(sheet)
    found: dict[tuple[int, int], tuple[object, str, str]] = {}
    codes: dict[int, str] = {}
    for number in part.row_numbers:
        row = part.row(number)
        for column, cell in row.cells.items() if row else ():
            style = cell.whole("s")
            if style not in codes:
                codes[style] = file.number_format(style)
            formula = typed(part.formula_of(cell, number, column) or "")
            code = formats.get((sheet, number, column), codes[style])
            value = part.value_of(cell)
            if isinstance(value, str) and WHEN.fullmatch(value):
                value = None  # the moment of a refresh, which the file's own was not told
            blank = value in {None, ""} and not formula
            found[number, column] = (None if value == "" else value, formula, "General" if blank else code)
    return found
