"""`xlfunnel see`, run as a person would run it."""

from __future__ import annotations

import json
import struct
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import typer
import xlsxwriter
from typer.testing import CliRunner

from xlfunnel.calc import office as starts
from xlfunnel.calc.office import Office
from xlfunnel.cli.seeing import see


def run(*words: str, as_json: bool = False) -> Any:
    app = typer.Typer()
    app.command()(see)
    return CliRunner().invoke(app, words, obj=as_json)


@pytest.fixture
def running(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The LibreOffice of all tests stands in for one of the command's own, to save its start."""
    monkeypatch.setattr(starts, "Office", lambda: nullcontext(office))


@pytest.mark.usefixtures("soffice")
def test_a_libreoffice_is_started_and_ended() -> None:
    done = run("=SALES_VELOCITY(40,12000,0.25,60)")
    assert (done.stdout, done.stderr, done.exit_code) == ("2000\n", "", 0)


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("formula", "printed"),
    [
        ("=SALES_VELOCITY(40,12000,25,60)", ["#NUM!"]),
        ("SALES_VELOCITY()", ["#N/A"]),
        ("=1/4", ["0.25"]),
        ("=FUNNEL_REVERSE(10,{0.3,0.7})", ["stage    count", "stage 1     48", "stage 2     15", "stage 3     10"]),
    ],
)
def test_what_the_cells_show_is_printed(formula: str, printed: list[str]) -> None:
    done = run(formula)
    assert done.stdout.splitlines() == printed
    assert (done.stderr, done.exit_code) == ("", 0)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "plan of the year.xlsx"
    with xlsxwriter.Workbook(path) as made:
        rates = made.add_worksheet("Rates")
        rates.write_column("A1", [0.5, 0.25])
        plan = made.add_worksheet("Plan")
        plan.write_row("A1", ["Deals", 10])
        plan.write_formula("B2", "=B1*2", None, -1)
        plan.activate()
    return path


@pytest.mark.usefixtures("running")
def test_a_formula_refers_to_cells_of_a_workbook_which_stays_as_it_is(book: Path) -> None:
    before = book.read_bytes()
    done = run("=FUNNEL_REVERSE(B2,Rates!A1:A2)", str(book), as_json=True)
    assert json.loads(done.stdout) == [["stage", "count"], ["stage 1", 160], ["stage 2", 80], ["stage 3", 20]]
    assert book.read_bytes() == before
    assert list(book.parent.iterdir()) == [book]


@pytest.mark.usefixtures("running", "pdftoppm")
def test_a_picture_shows_the_cells_alone(book: Path, tmp_path: Path) -> None:
    picture = tmp_path / "seen.png"
    done = run("=FUNNEL_REVERSE(B1,Rates!A1:A2)", str(book), "--picture", str(picture))
    assert done.exit_code == 0, done.stderr
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    assert 100 < width < 400
    assert 80 < height < 250
    assert len(content) > 500


@pytest.mark.usefixtures("running")
def test_what_cannot_be_seen_is_told(tmp_path: Path) -> None:
    unreadable = run("=SUM((1,)")
    assert unreadable.exit_code == 1
    assert "Err:509" in unreadable.stderr
    text = tmp_path / "note.odt"
    text.write_bytes(b"PK no workbook")
    no_book = run("=A1", str(text))
    assert no_book.exit_code == 1
    assert "cannot be opened as a workbook" in no_book.stderr


@pytest.mark.usefixtures("running")
def test_a_long_answer_is_cut_and_says_so() -> None:
    done = run("=SEQUENCE(2000,2)")
    assert len(done.stdout.splitlines()) == 1000
    assert "the first 1000×2 of 2,000×2 cells" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["=A1", "no such book.xlsx"], "does not exist"),
        (["=A1", "--picture", "seen.jpg"], "seen.png"),
    ],
)
def test_what_cannot_succeed_is_refused_at_once(words: list[str], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starts, "Office", lambda: pytest.fail("LibreOffice was started"))
    done = run(*words)
    assert done.exit_code == 1
    assert told in done.stderr


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    picture = run("=1", "--picture", "seen.png")
    assert (picture.exit_code, "pdftoppm" in picture.stderr) == (1, True)
    monkeypatch.setattr(starts, "_PLACES", ())
    libreoffice = run("=1")
    assert (libreoffice.exit_code, "LibreOffice is not installed" in libreoffice.stderr) == (1, True)
