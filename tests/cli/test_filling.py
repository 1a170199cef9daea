"""`xlfunnel templates`, `new`, `new-quarter`, `share` and `add-rows`, run as a person would run them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.templates.build import TEMPLATES
from xlfunnel.workbooks.native import functions_used

PLAN, SMALL = "quarterly_plan", "velocity_explorer"
"""A template with segments and a history, and one that is quickly made."""

Run = Callable[..., subprocess.CompletedProcess[str]]


def run_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = "from xlfunnel.cli import main; main()"
    line = [sys.executable, "-c", program, *words]
    return subprocess.run(line, cwd=folder, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The program, in a folder of its own."""
    return lambda *words: run_in(tmp_path, *words)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plan in both editions, its example in one and only its segments in the other."""
    folder = tmp_path_factory.mktemp("made")
    for words in (
        ("-o", "plan.xlsm"),
        ("-o", "blank.xlsx", "--segments", "Retail, Health care ,Public"),
    ):
        done = run_in(folder, "new", PLAN, *words)
        assert (done.stdout, done.stderr, done.returncode) == (f"Wrote {words[1]}.\n", "", 0)
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


def calls(book: WorkbookFile) -> set[str]:
    """Names of our functions that formulas of the workbook call."""
    return {name for *_, formula in book.formulas() for name in functions_used(formula)}


def shown_in(book: WorkbookFile, table: str) -> list[list[Any]]:
    """What the cells of a table show: a text of nothing looks like a blank."""
    return [[None if value == "" else value for value in row.values()] for row in book.read_table(table)]


# --- templates


def test_the_templates_are_listed_with_their_questions(run: Run) -> None:
    listed = run("templates").stdout.splitlines()
    for template in TEMPLATES.values():
        at = listed.index(template.name)
        assert listed[at + 1].strip() == template.question
        assert listed[at + 2].split(", ")[-1] == list(template.sheets)[-1]
    told = json.loads(run("templates", "--json").stdout)
    assert {one["name"]: one["sheets"] for one in told} == {
        name: dict(template.sheets) for name, template in TEMPLATES.items()
    }


# --- new


def test_a_template_is_made_with_its_example_under_its_own_name(run: Run, tmp_path: Path) -> None:
    done = run("new", SMALL)
    assert (done.stdout, done.stderr, done.returncode) == (f"Wrote {SMALL}.xlsx.\n", "", 0)
    assert list(files_in(tmp_path)) == [f"{SMALL}.xlsx"]
    book = WorkbookFile.open(tmp_path / f"{SMALL}.xlsx")
    assert calls(book) == set()
    assert not book.has_macros
    assert book.read_name("company") == TEMPLATES[SMALL].example.fields["company"]


def test_the_functions_edition_carries_macros_and_our_functions(run: Run, tmp_path: Path) -> None:
    done = run("new", SMALL.replace("_", "-").upper(), "--edition", "functions", "--json")
    written = {"workbook": f"{SMALL}.xlsm", "template": SMALL, "edition": "functions"}
    assert (json.loads(done.stdout), done.stderr) == (written, "")
    book = WorkbookFile.open(tmp_path / f"{SMALL}.xlsm")
    assert book.has_macros
    assert "SALES_VELOCITY" in calls(book)


def test_what_stands_at_the_top_is_taken_from_the_line(run: Run, tmp_path: Path) -> None:
    words = ["--blank", "--company", "Nordwind Ltd", "--currency", "EUR", "--quarter", "2027-04-01"]
    done = run("new", SMALL, *words, "-o", "own.xlsx")
    assert done.returncode == 0, done.stderr
    book = WorkbookFile.open(tmp_path / "own.xlsx")
    found = {name: book.read_name(name) for name in ("company", "currency", "quarter_start", "quarter_name")}
    assert found == {
        "company": "Nordwind Ltd",
        "currency": "EUR",
        "quarter_start": serial(date(2027, 4, 1)),
        "quarter_name": "Q2 2027",
    }
    assert "Nordwind Ltd" in str(book.read_name("band_line"))


def test_the_segments_are_those_of_the_line_and_the_example_is_gone(made: Path) -> None:
    book = WorkbookFile.open(made / "blank.xlsx")
    rows = [list(row.values()) for row in book.read_table(TEMPLATES[PLAN].segment_table)]
    assert [row[0] for row in rows if row[0]] == ["Retail", "Health care", "Public"]
    example = WorkbookFile.open(made / "plan.xlsm")
    assert example.read_name("company")
    assert not book.read_name("company")
    assert book.read_name("checks_failing") == example.read_name("checks_failing") == 0


def test_an_earlier_file_is_kept(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.xlsx"
    mine.write_bytes(b"the work of a week")
    assert run("new", SMALL, "--blank", "-o", "mine.xlsx").returncode == 0
    assert (tmp_path / "mine.previous.xlsx").read_bytes() == b"the work of a week"
    assert WorkbookFile.open(mine).sheets[0] == "Start"


REFUSED = [
    (["new", "nothing"], 1, 'There is no template "nothing". The templates are: '),
    (["new", SMALL, "-o", "plan.xls"], 1, 'Write "plan.xlsx".'),
    (["new", SMALL, "-o", "plan.xlsx", "--edition", "functions"], 1, '"plan.xlsx" must end in .xlsm'),
    (["new", SMALL, "-o", "plan.xlsm", "--edition", "formulas"], 1, '"plan.xlsm" must end in .xlsx'),
    (["new", SMALL, "-o", "missing/plan.xlsx"], 1, "does not exist. Create it"),
    (["new", SMALL, "--edition", "macros"], 2, "--edition"),
    (["new", SMALL, "--quarter", "1 April"], 2, "--quarter"),
    (["new", PLAN, "--segments", "West,west"], 1, "Name each segment once"),
    (["new", PLAN, "--segments", " , "], 1, "Name each segment once"),
    (["new-quarter", "blank.xlsx", "-o", "next.xlsx"], 1, "Fill in the first day of the quarter on Start"),
    (["new-quarter", "plan.xlsm", "-o", "next.xlsx"], 1, 'Write "next.xlsm".'),
    (["new-quarter", "foreign.txt", "-o", "next.xlsx"], 1, "The workbook cannot be read"),
    (["new-quarter", "missing.xlsx", "-o", "next.xlsx"], 1, '"missing.xlsx" cannot be opened'),
    (["new-quarter", "plan.xlsm"], 2, "--output"),
    (["share", "plan.xlsm", "-o", "shared.xlsm"], 1, 'Write "shared.xlsx".'),
    (["share", "foreign.txt", "-o", "shared.xlsx"], 1, "The workbook cannot be read"),
    (["share", "plan.xlsm", "-o", "missing/shared.xlsx"], 1, "does not exist. Create it"),
    (["add-rows", "plan.xlsm", "1", "--table", "Nothing"], 1, 'The workbook has no table "Nothing"'),
    (["add-rows", "plan.xlsm", "0"], 2, "count"),
    (["add-rows", "plan.xlsm", "-o", "longer.xlsx"], 1, 'Write "longer.xlsm".'),
]


@pytest.mark.parametrize(("words", "status", "said"), REFUSED, ids=[" ".join(words) for words, _, _ in REFUSED])
def test_what_cannot_be_done_is_told_and_nothing_is_written(
    words: list[str], status: int, said: str, made: Path, run: Run, tmp_path: Path
) -> None:
    for name in ("plan.xlsm", "blank.xlsx"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    (tmp_path / "foreign.txt").write_text("not a workbook", encoding="utf-8")
    before = files_in(tmp_path)
    done = run(*words)
    assert (done.stdout, done.returncode) == ("", status)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert files_in(tmp_path) == before


# --- what is done with a filled workbook


def test_a_quarter_becomes_history_and_the_next_one_begins(made: Path, run: Run, tmp_path: Path) -> None:
    words = ["new-quarter", str(made / "plan.xlsm"), "-o", "next.xlsm", "--on", "2027-01-04"]
    done = run(*words)
    lines = done.stdout.splitlines()
    assert lines[0] == "Q4 2026 is closed: 3 rows of history."
    assert lines[1].endswith(" carried over as estimated, until both heads agree again.")
    assert lines[2:] == ["Wrote next.xlsm."]
    book = WorkbookFile.open(tmp_path / "next.xlsm")
    assert (book.read_name("quarter_name"), book.read_name("quarter_start")) == ("Q1 2027", serial(date(2027, 1, 1)))
    history: list[dict[str, Any]] = book.read_table(TEMPLATES[PLAN].next_quarter.history)
    frozen = [row for row in history if row["Frozen on"] == serial(date(2027, 1, 4))]
    assert {row["Quarter"] for row in frozen} == {"Q4 2026"}
    assert [row["Segment"] for row in frozen] == ["Small", "Middle", "Large"]
    told = json.loads(run(*words, "--json").stdout)
    assert told.pop("carried_over") > 0
    assert told == {"workbook": "next.xlsm", "ended": "Q4 2026", "starts": "2027-01-01", "history_rows": 3}


def test_a_shared_copy_has_the_numbers_and_no_functions(made: Path, run: Run, tmp_path: Path) -> None:
    done = run("share", str(made / "plan.xlsm"), "-o", "shared.xlsx")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Wrote shared.xlsx: ")
    assert done.stdout.endswith("no macros.\n")
    ours, copy = WorkbookFile.open(made / "plan.xlsm"), WorkbookFile.open(tmp_path / "shared.xlsx")
    assert calls(ours)
    assert calls(copy) == set()
    assert not copy.has_macros
    assert copy.sheets == ours.sheets
    assert shown_in(copy, "Plan") == shown_in(ours, "Plan")


def test_a_longer_table_takes_the_tables_that_follow_it_along(made: Path, run: Run, tmp_path: Path) -> None:
    told = json.loads(run("add-rows", str(made / "plan.xlsm"), "2", "-o", "longer.xlsm", "--json").stdout)
    assert (told["workbook"], told["rows"]) == ("longer.xlsm", 2)
    assert told["tables"][0] == TEMPLATES[PLAN].segment_table
    assert {"Rates", "Plan"} <= set(told["tables"])
    before, after = WorkbookFile.open(made / "plan.xlsm"), WorkbookFile.open(tmp_path / "longer.xlsm")
    for table in told["tables"]:
        assert len(after.read_table(table)) == len(before.read_table(table)) + 2, table


def test_rows_are_added_in_place_and_the_earlier_file_is_kept(made: Path, run: Run, tmp_path: Path) -> None:
    earlier = (made / "blank.xlsx").read_bytes()
    (tmp_path / "plan.xlsx").write_bytes(earlier)
    done = run("add-rows", "plan.xlsx")
    assert done.stdout.startswith(f"Wrote plan.xlsx: 1 row more in {TEMPLATES[PLAN].segment_table}, ")
    assert (tmp_path / "plan.undo.xlsx").read_bytes() == earlier
