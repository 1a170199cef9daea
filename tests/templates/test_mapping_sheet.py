"""The sheet Mapping: what a refresh took each column for, what a person corrects, and proposals for unknown files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from xlfunnel.crm import Kind, Mapping
from xlfunnel.crm.errors import UnknownHeader
from xlfunnel.crm.fields import FIELDS
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import MappingProposed, refresh_book
from xlfunnel.saving import undo_copy_of
from xlfunnel.templates.agreed_mapping import BadMapping, mapping_in, merged
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.mapping_sheet import (
    COLUMNS_TABLE,
    FIELDS_TABLE,
    STAGES_TABLE,
    YOUR_STATUS,
    YOURS,
)
from xlfunnel.templates.refresh_log import REFRESH_LOG
from xlfunnel.units import Status

COMMITTED = Path(__file__).parents[2] / "workbook_templates"
AS_OF = date(2026, 11, 13)
DEALS = """\
Deal ID,Deal Stage,Segment,Amount,Close Date,Region,Remark
1,Closed Won,Small,10,2026-10-05,North,=1+1
2,Closed Won,Small,20,2026-10-06,North,@x
3,Parked,Middle,30,2026-10-07,South,
"""
ODD = """\
Deal No;How it goes;Value in EUR;Opened;Decided;Came from
A1;Closed Won;1200,50;2026-09-05;2026-10-01;Web
A2;Signed;800,00;2026-09-09;2026-10-04;Fair
"""
EVERYTHING = Mapping(
    crm="Ours",
    opportunities={"id": "Deal No", "segment": "(none)"},
    leads={"mql": "=HYPERLINK(1)"},
    history={"changed": "2024"},
    touches={"by": "Team"},
    stages={"Signed": Status.WON, "Gone quiet": Status.NO_DECISION},
)


@pytest.fixture(scope="module")
def plan() -> bytes:
    return build("quarterly_plan", Edition.FORMULAS, BLANK.with_table("Segments", [("Small",), ("Middle",)]))


@pytest.fixture
def book(tmp_path: Path, plan: bytes) -> Path:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(plan)
    return path


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS, encoding="utf-8")
    return path


def correct(book: Path, table: str, column: str, value: str | float | None, **row: str) -> None:
    """What a person types into the first row of a table that says so much; a blank row where none is asked for."""
    file = WorkbookFile.open(book)
    place = file.table(table)
    asked = row or dict.fromkeys(place.columns[:1])
    number = next(
        number
        for number, held in enumerate(file.read_table(table))
        if all((held[name.replace("_", " ")] or None) == value for name, value in asked.items())
    )
    at = place.column(column)
    assert at is not None
    file.write(place.sheet, place.first_row + number, at, value)
    file.save(book)


def rows(book: Path, table: str) -> list[dict[str, object]]:
    return [row for row in WorkbookFile.open(book).read_table(table) if any(row.values())]


def field(book: Path, kind: str, name: str) -> dict[str, object]:
    return next(row for row in rows(book, FIELDS_TABLE) if (row["Kind"], row["Field"]) == (kind, name))


# -- the sheet -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [edition.suffix for edition in Edition])
@pytest.mark.parametrize("name", list(TEMPLATES))
def test_every_workbook_has_the_sheet_and_says_nothing_of_its_own(name: str, suffix: str) -> None:
    file = WorkbookFile.open(COMMITTED / f"{name}{suffix}")
    listed = [(row["Kind"], row["Field"]) for row in file.read_table(FIELDS_TABLE)]
    assert listed == [(kind.value, one.name) for kind, fields in FIELDS.items() for one in fields]
    assert {FIELDS_TABLE, STAGES_TABLE, COLUMNS_TABLE, REFRESH_LOG} <= file.tables.keys()
    assert mapping_in(file) == Mapping.model_validate({})


def write_mapping(book: Path, mapping: Mapping) -> None:
    file = WorkbookFile.open(book)
    file.write_name("map_crm", mapping.crm)
    file.save(book)
    for kind in Kind:
        for name, header in mapping.headers(kind).items():
            correct(book, FIELDS_TABLE, YOURS, float(header) if header == "2024" else header, Kind=kind, Field=name)
    for word, status in mapping.stages.items():
        correct(book, STAGES_TABLE, "Stage", word)
        correct(book, STAGES_TABLE, YOUR_STATUS, status.value.title(), Stage=word)


def test_a_mapping_that_is_typed_into_the_sheet_is_read_from_it(book: Path) -> None:
    write_mapping(book, EVERYTHING)
    assert mapping_in(WorkbookFile.open(book)) == EVERYTHING


def test_a_file_goes_before_the_sheet(book: Path) -> None:
    given = Mapping(crm="", opportunities={"id": "Key", "amount": "Value"}, stages={"Signed": Status.LOST})
    found = merged(EVERYTHING, given)
    assert found.opportunities == {"id": "Key", "segment": "(none)", "amount": "Value"}
    assert found.stages == {"Signed": Status.LOST, "Gone quiet": Status.NO_DECISION}
    assert (found.crm, found.leads) == ("Ours", EVERYTHING.leads)
    assert merged(EVERYTHING, None) == EVERYTHING


# -- what a refresh shows ------------------------------------------------------------------------------------------


def test_a_refresh_shows_what_it_took_for_what(book: Path, deals: Path) -> None:
    refresh_book(Inputs((deals,), AS_OF), book, book)
    told = {
        str(row["Field"]): (row["Taken from"], row["Example"], row["Recognised by"])
        for row in rows(book, FIELDS_TABLE)
    }
    assert told["stage"] == ("Deal Stage", "Closed Won", "HubSpot")
    assert field(book, "opportunities", "segment")["Taken from"] == "Segment"
    assert field(book, "leads", "source")["Taken from"] is None
    columns = {
        str(row["Column of the file"]): (row["Taken for"], row["Example value"]) for row in rows(book, COLUMNS_TABLE)
    }
    assert columns["Remark"] == (None, "=1+1")
    assert columns["Amount"] == ("amount", "10")
    stages = {
        str(row["Stage"]): (row["Deals"], row["Stands for"], row["Told by"]) for row in rows(book, STAGES_TABLE)
    }
    assert stages == {"Closed Won": (2, "won", "its name"), "Parked": (1, "not known", None)}


def test_the_files_words_are_text_and_no_formulas(book: Path, deals: Path) -> None:
    refresh_book(Inputs((deals,), AS_OF), book, book)
    file = WorkbookFile.open(book)
    place = file.table(COLUMNS_TABLE)
    found = next(n for n, row in enumerate(file.read_table(COLUMNS_TABLE)) if row["Example value"] == "=1+1")
    at = place.column("Example value")
    assert at is not None
    assert file.formula(place.sheet, place.first_row + found, at) is None


def test_what_a_person_corrects_counts_and_stays(book: Path, deals: Path) -> None:
    refresh_book(Inputs((deals,), AS_OF), book, book)
    correct(book, FIELDS_TABLE, YOURS, "Region", Kind="opportunities", Field="segment")
    correct(book, STAGES_TABLE, YOUR_STATUS, "Lost", Stage="Parked")
    for _ in range(2):
        done = refresh_book(Inputs((deals,), AS_OF), book, book)
        (account,) = done.report.files
        assert (account.used, account.mapping["segment"]) == (3, "Region")
        assert field(book, "opportunities", "segment")["Recognised by"] == "you"
        assert rows(book, STAGES_TABLE)[1] == {
            "Stage": "Parked", "Deals": 1, "Stands for": "lost", "Told by": "you", YOUR_STATUS: "Lost",
        }  # fmt: skip
    deals.write_text(DEALS.replace("Parked", "Closed Won"), encoding="utf-8")
    refresh_book(Inputs((deals,), AS_OF), book, book)
    assert mapping_in(WorkbookFile.open(book)).stages == {"Parked": Status.LOST}  # the export has none of them now


def test_a_column_that_no_file_has_is_named_with_its_cell(book: Path, deals: Path) -> None:
    correct(book, FIELDS_TABLE, YOURS, "Tier", Kind="opportunities", Field="segment")
    before = book.read_bytes()
    with pytest.raises(
        BadMapping, match=r'Mapping!\$?\w+\$?\d+ holds "Tier": no export of opportunities has that column'
    ):
        refresh_book(Inputs((deals,), AS_OF), book, book)
    assert book.read_bytes() == before
    given = Mapping(crm="", opportunities={"segment": "Team"})
    with pytest.raises(UnknownHeader, match="Correct the mapping file"):
        refresh_book(Inputs((deals,), AS_OF, mapping=given), book, book)


@pytest.mark.parametrize(
    ("table", "column", "value", "row", "told"),
    [
        (STAGES_TABLE, YOUR_STATUS, "won", {}, "no stage stands in its row"),
        (FIELDS_TABLE, "Field", "colour", {"Field": "segment"}, 'beside "opportunities" and "colour"'),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_cell(
    book: Path, table: str, column: str, value: str, row: dict[str, str], told: str
) -> None:
    if table == FIELDS_TABLE:
        correct(book, FIELDS_TABLE, YOURS, "Region", Kind="opportunities", Field="segment")
    correct(book, table, column, value, **row)
    with pytest.raises(BadMapping, match=told):
        mapping_in(WorkbookFile.open(book))


# -- proposals -----------------------------------------------------------------------------------------------------


def test_an_unknown_file_is_proposed_corrected_once_and_read(tmp_path: Path, book: Path, plan: bytes) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text(ODD, encoding="utf-8")
    with pytest.raises(
        MappingProposed, match=r"odd\.csv is not recognised\. The sheet Mapping of \"plan\.xlsx\" now shows"
    ):
        refresh_book(Inputs((odd,), AS_OF), book, book)
    assert undo_copy_of(book).read_bytes() == plan
    assert mapping_in(WorkbookFile.open(book)).opportunities == {
        "id": "Deal No", "stage": "How it goes", "amount": "Value in EUR", "created": "Opened", "closed": "Decided",
    }  # fmt: skip
    assert [row["Column of the file"] for row in rows(book, COLUMNS_TABLE)][-1] == "Came from"
    assert not rows(book, REFRESH_LOG)
    file, blank = WorkbookFile.open(book), WorkbookFile.from_bytes(plan)
    assert file.read_table("Segments") == blank.read_table("Segments")
    correct(book, FIELDS_TABLE, YOURS, "Came from", Kind="opportunities", Field="source")
    correct(book, STAGES_TABLE, "Stage", "Signed")
    correct(book, STAGES_TABLE, YOUR_STATUS, "won", Stage="Signed")
    for _ in range(2):
        done = refresh_book(Inputs((odd,), AS_OF), book, book)
        told = {name: field(book, "opportunities", name)["Recognised by"] for name in ("id", "amount", "source")}
        assert told == {"id": "proposed, accepted", "amount": "proposed, accepted", "source": "you"}
    assert [(one.read, one.used) for one in done.report.files] == [(2, 2)]
    assert done.report.summary["window"]["total"]["won_revenue"] == pytest.approx(2000.5)


def test_a_proposal_that_a_person_changed_is_theirs(tmp_path: Path, book: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text(ODD, encoding="utf-8")
    with pytest.raises(MappingProposed):
        refresh_book(Inputs((odd,), AS_OF), book, book)
    correct(book, FIELDS_TABLE, YOURS, "Came from", Kind="opportunities", Field="id")
    refresh_book(Inputs((odd,), AS_OF), book, book)
    told = {name: field(book, "opportunities", name)["Recognised by"] for name in ("id", "amount")}
    assert told == {"id": "you", "amount": "proposed, accepted"}


def test_a_proposal_leaves_what_a_person_wrote(tmp_path: Path, book: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text(ODD, encoding="utf-8")
    correct(book, FIELDS_TABLE, YOURS, "Stufe", Kind="opportunities", Field="stage")
    with pytest.raises(MappingProposed):
        refresh_book(Inputs((odd,), AS_OF), book, book)
    found = mapping_in(WorkbookFile.open(book)).opportunities
    assert (found["stage"], found["id"]) == ("Stufe", "Deal No")


def test_a_mapping_names_known_fields_only() -> None:
    with pytest.raises(ValidationError, match="colour is no field of leads"):
        Mapping(crm="", leads={"colour": "X"})
