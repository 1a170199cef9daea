"""A refresh of an existing workbook: figures of the exports come in, and nothing of the user's own is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from pydantic import ValidationError
from tests.test_readme import SUMMARY_KEYS

from xlfunnel.changes import sentence
from xlfunnel.crm.errors import MissingFile, SameFileTwice
from xlfunnel.definitions import Definitions
from xlfunnel.errors import ExcelCode
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.faults import DamagedWorkbook
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import NoBook, OtherCurrency, SeveralBooks, book_and_place, refresh, refresh_book
from xlfunnel.saving import undo_copy_of
from xlfunnel.segment_rule import SegmentRule
from xlfunnel.templates.agreed_definitions import BadAgreement, definitions_in
from xlfunnel.templates.build import build
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.measured_cells import MeasuredCells
from xlfunnel.templates.quarter_days import day_in

AS_OF = date(2026, 11, 13)
DEALS = """\
Opportunity ID,Opportunity Name,Segment,Lead Source,Amount,Created Date,Close Date,Stage
1,A,Small,Web,10000,2026-08-01,2026-10-05,Closed Won
2,B,Small,Web,20000,2026-08-01,2026-09-20,Closed Won
3,C,Small,Web,8000,2026-08-11,2026-10-20,Closed Lost
4,D,Middle,Web,5000,2026-10-02,2026-12-01,Proposal
"""


@pytest.fixture
def exports(tmp_path: Path) -> tuple[Path, ...]:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS, encoding="utf-8")
    return (path,)


@pytest.fixture(scope="module")
def plans() -> dict[Edition, bytes]:
    return {edition: build("quarterly_plan", edition) for edition in Edition}


def plan(folder: Path, plans: dict[Edition, bytes], edition: Edition = Edition.FORMULAS) -> Path:
    book = folder / f"plan{edition.suffix}"
    book.write_bytes(plans[edition])
    return book


def booked(path: Path) -> Sequence[object]:
    return [row["Booked"] for row in WorkbookFile.open(path).read_table("Segments")][:3]


@pytest.mark.parametrize("edition", list(Edition))
def test_a_workbook_is_refreshed_in_its_place(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes], edition: Edition
) -> None:
    book = plan(tmp_path, plans, edition)
    done = refresh_book(Inputs(exports, AS_OF), book, book)
    file = WorkbookFile.open(book)
    assert booked(book)[:2] == [10_000, 0]
    assert file.read_name("booked_total") == 10_000 + 0 + 0  # Large is not in the exports, and was blank
    assert day_in(file, "last_refresh") == AS_OF
    assert file.has_macros is (edition is Edition.FUNCTIONS)
    assert done.stale == ()
    assert undo_copy_of(book).read_bytes() == plans[edition]


def test_another_output_leaves_the_workbook_alone(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book, output = plan(tmp_path, plans), tmp_path / "new.xlsx"
    refresh_book(Inputs(exports, AS_OF), book, output)
    assert book.read_bytes() == plans[Edition.FORMULAS]
    assert booked(output)[0] == 10_000


def test_the_same_refresh_again_changes_no_byte(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    first = refresh_book(Inputs(exports, AS_OF), book, book)
    once = book.read_bytes()
    again = refresh_book(Inputs(exports, AS_OF), book, book)
    assert first.taken is not None
    assert again.taken is not None
    assert first.taken.cells > 0
    assert again.taken.cells == 0
    assert book.read_bytes() == once


def test_a_new_deal_changes_only_its_segment(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    refresh_book(Inputs(exports, AS_OF), book, book)
    exports[0].write_text(DEALS + "5,E,Small,Web,3000,2026-10-03,2026-12-02,Proposal\n", encoding="utf-8")
    again = refresh_book(Inputs(exports, AS_OF), book, book)
    assert again.taken is not None
    assert again.taken.cells == 2  # open pipeline and open deals of Small


def test_what_changed_is_told_and_kept(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    first = refresh_book(Inputs(exports, AS_OF), book, book)
    assert first.changes is not None
    assert sentence(first.changes) == "First refresh: there is no earlier one to compare with."
    exports[0].write_text(DEALS.replace("20,Closed Lost", "20,Closed Won"), encoding="utf-8")
    done = refresh_book(Inputs(exports, date(2026, 11, 20)), book, book)
    assert done.changes is not None
    told = sentence(done.changes)
    assert told.startswith("Since the refresh as of 13 Nov 2026: ")
    assert "Segments, Small, Booked: 10,000 → 18,000 (+80 %)" in told
    assert "Segments, Small, Deals won: 1 → 2 (+100 %)" in told
    file = WorkbookFile.open(book)
    assert file.read_name("what_changed") == told
    assert (day_in(file, "changes_since"), day_in(file, "changes_as_of")) == (AS_OF, date(2026, 11, 20))
    kept = {row["Figure"]: row for row in file.read_table("LastChanges")}
    row = kept["Segments, Small, Booked"]
    assert (row["Before"], row["Now"]) == ("10,000", "18,000")
    assert row["Change"] == pytest.approx(0.8)
    same = refresh_book(Inputs(exports, date(2026, 11, 20)), book, book)
    assert same.changes is not None
    assert sentence(same.changes) == "Nothing changed since the refresh as of 20 Nov 2026."
    assert WorkbookFile.open(book).read_name("what_changed") == told  # what the last change was, still stands


def test_rows_that_move_are_compared_with_themselves() -> None:
    file = WorkbookFile.from_bytes(build("cac_model", Edition.FORMULAS, BLANK))
    columns = ("Channel", "Month", "Amount")
    march, april, may = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
    MeasuredCells(file).fill("Spend", columns, [("Web", march, 100), ("Web", april, 200)], 2)
    cells = MeasuredCells(file)
    cells.fill("Spend", columns, [("Web", april, 250), ("Web", may, 300)], 2)
    assert [(one.where, one.before, one.now) for one in cells.taken().measured] == [
        ("Spend, Web, Amount", "200", "250"),
        ("Spend, Web", "", "new row"),
        ("Spend, 1 row", "", "gone"),
    ]


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_what_is_the_users_own_stays_byte_for_byte(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    made = plan(tmp_path, plans)
    book = openpyxl.load_workbook(made)
    own = book.create_sheet("My notes")
    own["B2"] = "Ask Mia about the webinar"
    book.create_sheet("My sums")["B3"] = "=booked_total*2"
    own["B2"].comment = Comment("Not before Friday", "me")
    table = book["Segments"].tables["Segments"]
    right, top = _corner(table.ref)
    book["Segments"].cell(top + 1, right + 2, "beside the table")
    book["Segments"].cell(top + 1, right + 3, "=1+1")
    book.save(made)
    with zipfile.ZipFile(made) as before:
        parts = {name: before.read(name) for name in before.namelist()}
    refresh_book(Inputs(exports, AS_OF), made, made)
    with zipfile.ZipFile(made) as after:
        now = {name: after.read(name) for name in after.namelist()}
    own_part = _part_of(made, "My notes")
    untouched = [name for name in parts if "comment" in name.lower() or name == own_part]
    assert [name for name in untouched if "comment" in name.lower()]
    assert all(now[name] == parts[name] for name in untouched)
    found = openpyxl.load_workbook(made)
    assert found["Segments"].cell(top + 1, right + 2).value == "beside the table"
    assert found["Segments"].cell(top + 1, right + 3).value == "=1+1"
    assert found["My sums"]["B3"].value == "=booked_total*2"
    assert WorkbookFile.open(made).value("My sums", 2, 1) == 2 * 10_000
    comment = found["My notes"]["B2"].comment
    assert comment is not None
    assert comment.text == "Not before Friday"
    assert booked(made)[0] == 10_000


def _corner(ref: str) -> tuple[int, int]:
    """The last column and the first row of a range."""
    _, top, right, _ = openpyxl.utils.cell.range_boundaries(ref)
    assert isinstance(right, int)
    assert isinstance(top, int)
    return right, top


def _part_of(book: Path, sheet: str) -> str:
    return WorkbookFile.open(book).part_of(sheet)


def test_a_formula_of_the_users_own_is_kept_and_named(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    file = WorkbookFile.open(book)
    table = file.table("Segments")
    column = table.column("Booked")
    assert column is not None
    file.write_formula(table.sheet, table.first_row, column, "=3*1200", 3600)
    file.save(book)
    done = refresh_book(Inputs(exports, AS_OF), book, book)
    assert booked(book)[0] == 3600
    place = file.cell_name(table.sheet, table.first_row, column)
    assert done.taken is not None
    assert f"Measured, and yet left as a formula of your own: {place}." in done.taken.notes


LEADS = """\
Lead ID,Segment,Lead Source,Lead Owner,Lead Status,Create Date,MQL Date,First Touch Date
L1,Small,Web,Mia,Open,2026-10-02,2026-10-02,2026-10-03
"""
BLANKS = {
    "quarterly_plan": BLANK.with_table("Segments", [("Small",), ("Middle",)]),
    "cac_model": BLANK.with_table("Channels", [("Web",)]),
    "capacity_plan": BLANK.with_table("Segments", [("Small",)]),
    "velocity_explorer": BLANK,
}


@pytest.mark.parametrize("name", list(BLANKS))
def test_a_workbook_without_figures_takes_a_refresh_without_an_error(
    tmp_path: Path, exports: tuple[Path, ...], name: str
) -> None:
    book, leads = tmp_path / "book.xlsx", tmp_path / "leads.csv"
    book.write_bytes(build(name, Edition.FORMULAS, BLANKS[name].with_fields(quarter_start=date(2026, 10, 1))))
    leads.write_text(LEADS, encoding="utf-8")
    done = refresh_book(Inputs((*exports, leads), AS_OF), book, book)
    assert done.stale == ()
    assert done.taken is not None
    assert done.taken.cells > 0
    file = WorkbookFile.open(book)
    assert [file.cell_name(*at) for *at, _ in file.formulas() if isinstance(file.value(*at), ExcelCode)] == []


def test_only_a_copy_that_this_refresh_kept_is_named(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    words = ("refresh", book.name, exports[0].name, "--as-of", "2026-11-13")
    assert "kept the earlier plan.xlsx as plan.undo.xlsx" in run(tmp_path, *words).stdout
    again = run(tmp_path, *words).stdout
    assert undo_copy_of(book).exists()
    assert "No cell changed" in again
    assert "kept the earlier" not in again


# -- how many records a workbook lists ------------------------------------------------------------------------------


def test_more_records_than_the_sheet_allows_stay_in_the_export(tmp_path: Path, exports: tuple[Path, ...]) -> None:
    book = tmp_path / "dash.xlsx"
    book.write_bytes(build("alignment_dashboard", Edition.FORMULAS, BLANK))
    told = []
    for most in (4, 3):
        file = WorkbookFile.open(book)
        file.write_name("set_data_limit", most)
        file.save(book)
        done = refresh_book(Inputs(exports, AS_OF), book, book)
        told.append(done.report.unlisted)
    (words,) = told[1]
    assert told[0] == ()
    assert words.startswith("4 deals were used, more than the 3 that the definitions let a workbook list:")
    file = WorkbookFile.open(book)
    shown = {file.value("Import log", *at) for at in cells_of(file, "Import log")}
    assert {"all files", words} <= shown
    assert words in {file.value("Data", *at) for at in cells_of(file, "Data")}
    assert "tbl_deals" not in file.tables
    assert file.read_name("set_data_limit") == 3
    assert file.read_name("total_open_deals") == 1
    assert file.read_name("checks_failing") == 0


@pytest.mark.parametrize("most", [-1, 1_000_001, 2.5])
def test_a_limit_that_no_sheet_can_hold_is_refused(most: float) -> None:
    with pytest.raises(ValidationError, match="data_limit"):
        Definitions.model_validate({"data_limit": most})


def cells_of(file: WorkbookFile, sheet: str) -> list[tuple[int, int]]:
    part = file.sheet_part(sheet)
    return [(number, at) for number in part.row_numbers for row in [part.row(number)] if row for at in row.cells]


# -- definitions ---------------------------------------------------------------------------------------------------


def test_definitions_are_those_of_the_sheet(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    file = WorkbookFile.open(book)
    file.write_name("set_window_days", 45)
    file.write_name("set_marketing_sources", "Web, Trade Fair")
    file.write_name("set_cac_lag", "no")
    file.write_name("set_holidays", "2026-12-25, 2026-12-26")
    file.write_name("definitions_version", "2026-Q4 v2")
    file.write_name("definitions_agreed", date(2026, 9, 15))
    file.save(book)
    agreed = definitions_in(WorkbookFile.open(book))
    assert agreed == Definitions(
        version="2026-Q4 v2",
        agreed=date(2026, 9, 15),
        currency="USD",
        window_days=45,
        marketing_sources=("Web", "Trade Fair"),
        cac_lag=False,
        holidays=(date(2026, 12, 25), date(2026, 12, 26)),
    )
    done = refresh_book(Inputs(exports, AS_OF), book, book)
    assert done.report.definitions == agreed
    small = WorkbookFile.open(book).read_table("Segments")[0]
    assert small["Measured deal"] == 10_000  # the deal of 20,000 was won 54 days before


def test_a_cell_that_no_setting_takes_is_named(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    file = WorkbookFile.open(book)
    file.write_name("set_clock", "sundial")
    file.write_name("set_segments", "Small = few")
    file.write_name("set_confidence", 95)
    file.write_name("definitions_agreed", 20_304_000)
    file.save(book)
    before = book.read_bytes()
    with pytest.raises(BadAgreement) as told:
        refresh_book(Inputs(exports, AS_OF), book, book)
    places = [file.place(name) for name in ("set_clock", "set_confidence", "set_segments", "definitions_agreed")]
    for place, held in zip(places, ("sundial", "95", "Small = few", "20304000"), strict=True):
        assert file.cell_name(place.sheet, place.top, place.left) in str(told.value)
        assert f'"{held}' in str(told.value)
    assert book.read_bytes() == before


def test_given_definitions_are_written_to_the_sheet(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    rules = (SegmentRule(name="Small", employees_below=50), SegmentRule(name="South", countries=("Spain", "Italy")))
    given = Definitions(version="2027-Q1", window_days=45, sla_hours=6, marketing_sources=("Web",), segments=rules)
    refresh_book(Inputs(exports, AS_OF, given), book, book)
    assert definitions_in(WorkbookFile.open(book)) == given.model_copy(update={"currency": "USD"})


def test_two_currencies_never_stand_side_by_side(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    with pytest.raises(OtherCurrency, match="Start"):
        refresh_book(Inputs(exports, AS_OF, Definitions(currency="EUR")), book, book)
    lines = DEALS.splitlines()
    euros = [f"{lines[0]},Amount Currency", *(f"{line},EUR" for line in lines[1:])]
    exports[0].write_text("\n".join(euros), encoding="utf-8")
    with pytest.raises(OtherCurrency, match="correct the currency on Start"):
        refresh_book(Inputs(exports, AS_OF), book, book)
    assert book.read_bytes() == plans[Edition.FORMULAS]


# -- the command line ----------------------------------------------------------------------------------------------


def test_the_workbook_among_the_files(tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]) -> None:
    book = plan(tmp_path, plans)
    other = tmp_path / "other.xlsx"
    other.write_bytes(plans[Edition.FORMULAS])
    theirs = tmp_path / "theirs.xlsx"
    openpyxl.Workbook().save(theirs)
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(b"PK\x03\x04 and then nothing")
    output = tmp_path / "out.xlsx"
    assert book_and_place([*exports, book], None) == (book, book)
    assert book_and_place([book, *exports, theirs, damaged], output) == (book, output)
    assert book_and_place([*exports, theirs], output) == (None, output)
    with pytest.raises(SeveralBooks, match=r"plan\.xlsx.*other\.xlsx"):
        book_and_place([book, other, *exports], output)
    with pytest.raises(NoBook, match="-o"):
        book_and_place([*exports, theirs], None)
    with pytest.raises(MissingFile, match="dashbord"):
        book_and_place([*exports, tmp_path / "dashbord.xlsx"], None)
    with pytest.raises(DamagedWorkbook):
        book_and_place([*exports, damaged], None)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = "from xlfunnel.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *words], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )


def test_the_command_says_what_changed(
    tmp_path: Path, exports: tuple[Path, ...], plans: dict[Edition, bytes]
) -> None:
    book = plan(tmp_path, plans)
    done = run(tmp_path, "refresh", book.name, exports[0].name, "--as-of", "2026-11-13")
    assert done.returncode == 0, done.stderr
    assert "changed of Segments, Rates and Start" in done.stdout
    assert "No deals in the exports, and so as it was: Large." in done.stdout
    assert "wrote plan.xlsx" in done.stdout
    again = run(tmp_path, "--json", "refresh", book.name, exports[0].name, "--as-of", "2026-11-13")
    found = json.loads(again.stdout)
    assert found["taken"]["cells"] == 0
    assert found["workbook"] == "plan.xlsx"
    assert (found["stale"], found["stale_pivots"]) == ([], [])
    assert found.keys() <= SUMMARY_KEYS


# -- LibreOffice ---------------------------------------------------------------------------------------------------


COMPUTE_ON_LOAD = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>"""


@pytest.mark.parametrize("name", list(BLANKS))
def test_libreoffice_shows_the_same_figures(
    tmp_path: Path, exports: tuple[Path, ...], name: str, soffice: Path
) -> None:
    book, leads = tmp_path / "book.xlsx", tmp_path / "leads.csv"
    book.write_bytes(build(name, Edition.FORMULAS))
    leads.write_text(LEADS, encoding="utf-8")
    refresh_book(Inputs((*exports, leads), AS_OF), book, book)
    ours, poisoned = WorkbookFile.open(book), WorkbookFile.open(book)
    for sheet, row, column, _ in ours.formulas():
        if isinstance(ours.value(sheet, row, column), float):
            poisoned.set_result(sheet, row, column, -12_345)  # what LibreOffice does not compute would show
    poisoned.save(book)
    settings = tmp_path / "home" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(COMPUTE_ON_LOAD, encoding="utf-8")
    home = (tmp_path / "home").as_uri()
    convert = ["--headless", f"-env:UserInstallation={home}", "--convert-to", "xlsx", "--outdir"]
    subprocess.run([soffice, *convert, tmp_path / "their", book], check=True, capture_output=True, timeout=240)
    theirs = WorkbookFile.open(tmp_path / "their" / book.name)
    compared = 0
    for *at, _ in ours.formulas():
        mine, other = ours.value(*at), theirs.value(*at)
        if isinstance(mine, float):
            assert other == pytest.approx(mine), ours.cell_name(*at)
            compared += 1
        else:
            assert (other or "") == (mine or ""), ours.cell_name(*at)
    assert compared > 50


# -- spend and people ----------------------------------------------------------------------------------------------

SPEND = "Channel,Month,Amount,Kind\nWeb,2026-10,700,Media\n"
PEOPLE = "Role,Month,Cost,Burden,Acquisition share\nRep,2026-10,1000,0.25,1\n"


@pytest.fixture
def costs(tmp_path: Path) -> tuple[Path, Path]:
    spend, people = tmp_path / "spend.csv", tmp_path / "people.csv"
    spend.write_text(SPEND, encoding="utf-8")
    people.write_text(PEOPLE, encoding="utf-8")
    return spend, people


def test_spend_and_people_may_stand_among_the_files(
    tmp_path: Path, exports: tuple[Path, ...], costs: tuple[Path, Path]
) -> None:
    content = build(
        "cac_model",
        Edition.FORMULAS,
        BLANK.with_table("Channels", [("Web",)]).with_fields(quarter_start=date(2026, 10, 1)),
    )
    found = []
    for inputs in (Inputs((*exports, *costs), AS_OF), Inputs(exports, AS_OF, spend=costs[0], people=costs[1])):
        book = tmp_path / "cac.xlsx"
        book.write_bytes(content)
        done = refresh_book(inputs, book, book)
        assert [(one.kind.value, one.read) for one in done.report.files][1:] == [("spend", 1), ("people", 1)]
        file = WorkbookFile.open(book)
        found.append([file.read_table(name) for name in ("Spend", "People")])
    assert found[0] == found[1]
    assert found[0][0][0]["Amount"] == 700


def test_spend_that_is_given_twice_is_not_counted_twice(
    tmp_path: Path, exports: tuple[Path, ...], costs: tuple[Path, Path]
) -> None:
    with pytest.raises(SameFileTwice, match=r"spend\.csv"):
        refresh(Inputs((*exports, *costs), AS_OF, spend=costs[0]), tmp_path / "dash.xlsx")


def test_check_shows_what_costs_it_found(tmp_path: Path, exports: tuple[Path, ...], costs: tuple[Path, Path]) -> None:
    told = run(tmp_path, "check", exports[0].name, *(path.name for path in costs)).stdout
    assert "spend.csv: a file of your own, spend" in told
    assert "people.csv: a file of your own, people" in told
    assert "  1 records read: 1 used" in told
