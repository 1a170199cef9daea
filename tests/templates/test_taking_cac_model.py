"""What the CAC model takes from a refresh: counted by hand, and the same cost by channel as the dashboard's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from xlfunnel.crm import read_exports
from xlfunnel.crm.costs import read_people, read_spend
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import Refreshed, refresh_book
from xlfunnel.segments.tables import ExportTables
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.cac_model.taking import own_costs
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.quarter_days import day_of_serial

AS_OF = date(2026, 12, 31)
"""The last day of the example's quarter, which begins on 2026-10-01."""

DEALS = """\
Opportunity ID,Opportunity Name,Lead Source,Amount,Created Date,Close Date,Stage
1,A,Paid,10000,2026-08-02,2026-10-01,Closed Won
2,B,PAID,30000,2026-09-01,2026-11-30,Closed Won
3,C,Paid,8000,2026-08-11,2026-10-20,Closed Lost
4,D,Organic,5000,2026-10-02,2027-02-01,Proposal
5,E,Organic,40000,2026-06-01,2026-09-30,Closed Won
6,F,Referral,9000,2026-10-02,2026-12-01,Closed Won
"""
LEADS = """\
Lead ID,Lead Source,Lead Owner,Lead Status,Create Date,MQL Date
L1,Paid,Mia,Open,2026-10-01,2026-10-01
L2,Paid,Mia,Open,2026-12-31,2026-12-31
L3,Organic,Mia,Open,2026-09-30,2026-10-08
"""
SPEND = """\
Channel,Month,Amount,Kind
Paid,2026-01,999,Media
Paid,2026-09,500,Media
Paid,2026-10,1000,Media
Paid,2026-10,200,Media
Organic,2026-11,400,Content
Referral,2026-12,70,Rewards
"""
PEOPLE = """\
Role,Month,Cost,Burden,Acquisition share,Hours: Paid,Hours: Organic
Account executives,2026-09,9000,0.25,0.5,1,1
Account executives,2026-10,10000,0.25,0.5,30,10
Account executives,2026-11,10000,0.25,0.5,20,
Account executives,2026-12,20000,0.10,1,,40
"""


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def example() -> bytes:
    return build("cac_model", Edition.FORMULAS)


def refreshed(
    folder: Path, book: bytes, as_of: date = AS_OF, *, costs: bool = True
) -> tuple[WorkbookFile, Refreshed]:
    place = folder / "cac.xlsx"
    place.write_bytes(book)
    exports = (put(folder, "deals.csv", DEALS), put(folder, "leads.csv", LEADS))
    spend, people = put(folder, "spend.csv", SPEND), put(folder, "people.csv", PEOPLE)
    inputs = Inputs(exports, as_of, spend=spend if costs else None, people=people if costs else None)
    done = refresh_book(inputs, place, place)
    return WorkbookFile.open(place), done


def rows(file: WorkbookFile, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows of a table that say something in the first of some columns."""
    return [tuple(row[name] for name in columns) for row in file.read_table(table) if row[columns[0]]]


def test_channels_by_hand(tmp_path: Path, example: bytes) -> None:
    file, done = refreshed(tmp_path, example)
    columns = ("Channel", "Customers", "Opportunities worked", "Leads", "Revenue", "Comes from")
    assert rows(file, "Channels", columns) == [
        ("Paid", 2, 3, 2, 40_000, "measured"),
        ("Organic", 0, 1, 0, 0, "measured"),  # one deal was won on the day before the quarter
    ]
    assert {day_of_serial(row["Since"]) for row in file.read_table("Channels") if row["Since"]} == {AS_OF}
    assert file.read_name("cac_cycle_days") == (60 + 90) / 2  # median of 60, 60, 90 and 121 days
    assert done.taken is not None
    assert "Not on Drivers, and so in no figure: Referral (1 opportunities)." in done.taken.notes


def test_spend_and_people_by_hand(tmp_path: Path, example: bytes) -> None:
    file, done = refreshed(tmp_path, example)
    spend = [(row[0], str(day_of_serial(row[1])), *row[2:]) for row in rows(file, "Spend", _SPEND)]
    assert spend == [
        ("Paid", "2026-09-01", 500, "media"),
        ("Paid", "2026-10-01", 1200, "media"),
        ("Organic", "2026-11-01", 400, "content"),
        ("Referral", "2026-12-01", 70, "Rewards"),
    ]
    (role,) = rows(file, "People", ("Role", "Cost", "Burden", "Acquisition share", "Cost of acquisition"))
    loaded = 2 * 10_000 * 1.25 * 0.5 + 20_000 * 1.1 * 1
    assert role[0] == "Account executives"
    assert role[1] == 40_000
    assert role[4] == pytest.approx(loaded)
    assert rows(file, "Logged", ("Role", "Channel", "Hours")) == [
        ("Account executives", "Paid", 50),
        ("Account executives", "Organic", 50),
    ]
    assert done.taken is not None
    assert any("not on Drivers, marked there as missing: Referral (1 rows)" in note for note in done.taken.notes)


_SPEND = ("Channel", "Month", "Amount", "Kind")


def test_without_their_files_spend_and_people_stay(tmp_path: Path, example: bytes) -> None:
    file, done = refreshed(tmp_path, example, costs=False)
    before = WorkbookFile.from_bytes(example)
    for table, columns in (("Spend", _SPEND), ("People", ("Role", "Cost")), ("Logged", ("Role", "Channel", "Hours"))):
        assert rows(file, table, columns) == rows(before, table, columns)
    assert done.report.marketing_cac.value is not None  # with the spend that the workbook holds


def test_costs_of_the_workbook_itself(example: bytes) -> None:
    costs = own_costs(WorkbookFile.from_bytes(example))
    assert sum(row.amount for row in costs.spend if row.month >= date(2026, 10, 1)) == 60_000
    assert sum(row.loaded_cost for row in costs.people) == pytest.approx(130_000)
    assert sum(row.hours["Organic"] for row in costs.people) == pytest.approx(900)


def test_an_amount_that_a_person_computes_stays_with_its_row(tmp_path: Path, example: bytes) -> None:
    book = tmp_path / "cac.xlsx"
    file, _ = refreshed(tmp_path, example)
    table = file.table("Spend")
    row = next(n for n, one in enumerate(file.read_table("Spend")) if one["Channel"] == "Organic")
    column = table.column("Amount")
    assert column is not None
    file.write_formula(table.sheet, table.first_row + row, column, "=400+50", 450)
    file.save(book)
    later = put(tmp_path, "spend.csv", SPEND.replace("Paid,2026-09,500,Media\n", "Paid,2026-11,600,Media\n"))
    done = refresh_book(Inputs((tmp_path / "deals.csv",), AS_OF, spend=later), book, book)
    found = WorkbookFile.open(book)
    assert sorted(rows(found, "Spend", ("Channel", "Amount"))) == [
        ("Organic", 450),
        ("Paid", 600),
        ("Paid", 1200),
        ("Referral", 70),
    ]
    assert found.read_table("Spend")[row]["Channel"] == "Organic"
    assert done.taken is not None
    assert any(
        note.startswith("Measured, and yet left as a formula of your own: Spend!") for note in done.taken.notes
    )


def test_in_the_middle_of_a_quarter_a_sentence_says_so(tmp_path: Path, example: bytes) -> None:
    file, done = refreshed(tmp_path, example, date(2026, 10, 31))
    assert rows(file, "Channels", ("Channel", "Customers")) == [("Paid", 1), ("Organic", 0)]
    (role,) = rows(file, "People", ("Role", "Cost"))
    assert role[1] == 10_000
    assert done.taken is not None
    assert any(note.startswith("The quarter is not over on 2026-10-31") for note in done.taken.notes)


@pytest.mark.parametrize(("crm", "edition"), [(Crm.SALESFORCE, Edition.FORMULAS), (Crm.HUBSPOT, Edition.FUNCTIONS)])
def test_costs_are_those_of_the_dashboard_when_its_window_is_the_quarter(
    tmp_path: Path, crm: Crm, edition: Edition
) -> None:
    written = write_example(tmp_path, crm, 600, 11)
    agreed = read_definitions(written.definitions).model_copy(update={"window_days": 92})
    sources = ("Paid Search", "Organic Search", "Paid Social", "Webinar", "Email Marketing", "Outbound", "Referral")
    contents = TEMPLATES["cac_model"].example.with_fields(quarter_start=date(2026, 7, 1))
    contents = contents.with_table("Channels", [(name,) for name in sources])
    book = tmp_path / f"cac{edition.suffix}"
    book.write_bytes(build("cac_model", edition, contents))
    inputs = Inputs(written.exports, written.as_of, agreed, spend=written.spend, people=written.people)
    refresh_book(inputs, book, book)
    file = WorkbookFile.open(book)
    exports = read_exports(written.exports, written.as_of, agreed)
    spend, people = read_spend(written.spend), read_people(written.people)
    report = build_report(ExportTables(exports), written.as_of, agreed, spend, people)
    found = report.cac_by_channel.table
    assert found is not None
    theirs = {row[0]: dict(zip(found.header, row, strict=True)) for row in found.rows}
    compared = 0
    for row in file.read_table("ByChannel"):
        other = theirs.get(str(row["Channel"]))
        if other is None:
            continue
        assert row["Customers"] == other["customers"]
        assert row["Marketing spend"] == pytest.approx(other["spend"])
        assert row["Allocated cost"] == pytest.approx(other["allocated cost"], abs=0.011)
        if other["customers"]:
            assert row["Fully loaded CAC"] == pytest.approx(other["fully loaded CAC"], abs=0.011)
        compared += 1
    assert compared == len(sources)
    assert file.read_name("cac_loaded") == pytest.approx(report.loaded_cac.value)
