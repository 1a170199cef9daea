"""Spend and people: money is read as it stands, or nothing is."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest

from xlfunnel.crm import PersonRow, SpendRow, read_people, read_spend
from xlfunnel.crm.errors import BadCostRow, EmptyFile, MissingCostColumn, MissingFile, SeveralCurrencies

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crm.conftest import Read, Save

PEOPLE = "Role,Month,Cost,Burden,Acquisition share,Hours: Paid Search,hours: Organic\n"


def test_spend_is_read(save: Save) -> None:
    path = save(
        'Channel,Month,Amount,Kind\nPaid Search,2026-04,"14,400.50",Media\n\n'
        "Paid Search,2026-04-01,1400,\nTotal,,15800.50,\n"
    )
    assert read_spend(path) == (
        SpendRow("Paid Search", date(2026, 4, 1), 14_400.5, "Media"),
        SpendRow("Paid Search", date(2026, 4, 1), 1_400, ""),
    )


def test_people_are_read_with_their_hours(save: Save) -> None:
    path = save(PEOPLE + "Account Executive,2026-04,64000,0.25,85%,144,\nSDR,2026-05,27000,25 %,1,106.5,182\n")
    first, second = read_people(path)
    assert first == PersonRow("Account Executive", date(2026, 4, 1), 64_000, 0.25, 0.85, {"Paid Search": 144})
    assert first.loaded_cost == 68_000
    assert (second.burden, second.hours) == (0.25, {"Paid Search": 106.5, "Organic": 182})


def test_a_workbook_will_do(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Channel", "Month", "Amount", "Kind"], ["Web", date(2026, 4, 1), 1_234.5, "Media"]):
        book.active.append(row)
    path = tmp_path / "spend.xlsx"
    book.save(path)
    assert read_spend(path) == (SpendRow("Web", date(2026, 4, 1), 1_234.5, "Media"),)


@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        ("Web,2026-04,lots,Media", "Amount", '"lots" is not allowed; it must be an amount of 0 or more'),
        ("Web,2026-04,-5,Media", "Amount", '"-5" is not allowed'),
        ("Web,2026-04,,Media", "Amount", "must not be blank"),
        (",2026-04,5,Media", "Channel", "must not be blank"),
        ("Web,April,5,Media", "Month", "a month is written like 2026-04"),
        ("Web,2026-13,5,Media", "Month", "a month is written like 2026-04"),
        ("Web,2026-04,5", "", "it has 3 values, where the header has 4"),
    ],
)
def test_a_bad_spend_row_stops_everything(save: Save, row: str, column: str, told: str) -> None:
    path = save(f"Channel,Month,Amount,Kind\nWeb,2026-04,5,Media\n{row}\nWeb,2026-05,5,Media\n", "spend.csv")
    with pytest.raises(BadCostRow, match=rf'spend\.csv, row 3, column "{column}".*{told}'):
        read_spend(path)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("AE,2026-04,64000,25,0.5,,", "Burden"),
        ("AE,2026-04,64000,0.25,150%,,", "Acquisition share"),
        ("AE,2026-04,64000,0.25,half,,", "Acquisition share"),
        ("AE,2026-04,64000,0.25,,,", "Acquisition share"),
        ("AE,2026-04,64000,0.25,0.5,many,", "Hours: Paid Search"),
        ("AE,2026-04,64000,0.25,0.5,-1,", "Hours: Paid Search"),
    ],
)
def test_a_bad_people_row_stops_everything(save: Save, row: str, column: str) -> None:
    with pytest.raises(BadCostRow, match=rf'people\.csv, row 2, column "{column}"'):
        read_people(save(PEOPLE + row + "\n", "people.csv"))


def test_missing_columns_files_and_mixed_currencies_stop(save: Save, tmp_path: Path) -> None:
    with pytest.raises(MissingCostColumn, match=r"no column 'Amount', 'Kind'\. It needs the columns Channel, Month"):
        read_spend(save("Channel,Month,Sum\nWeb,2026-04,5\n"))
    with pytest.raises(MissingFile):
        read_spend(tmp_path / "nowhere.csv")
    with pytest.raises(EmptyFile):
        read_people(save(""))
    with pytest.raises(SeveralCurrencies):
        read_spend(save("Channel,Month,Amount,Kind\nWeb,2026-04,$5,\nWeb,2026-04,€5,\n"))


# -- among the exports ---------------------------------------------------------------------------------------------

DEALS = "Deal ID,Deal Stage,Amount\n1,New,5\n"
SPEND = "Channel,Month,Amount,Kind\nWeb,2026-07,100,Media\nWeb,2026-08,50,Media\n"
STAFF = "Role,Month,Cost,Burden,Acquisition share\nAE,2026-07,1000,25%,0.5\n"
CAMPAIGNS = (
    "Campaign ID,Campaign Name,Type,Status,Start Date,End Date,Budgeted Cost,Actual Cost\n"
    "701A,Spring talk,Webinar,Completed,3/16/2026,4/1/2026,900,1200\n"
    "701B,Fair,Trade Show,Completed,4/30/2026,5/2/2026,5000,5400.50\n"
    "701C,Idea,,Planned,,,700,\n"
)


def test_files_of_costs_are_known_among_the_exports(read: Read) -> None:
    exports = read(SPEND, DEALS, STAFF)
    assert [(one.kind.value, one.read, one.used) for one in exports.files] == [
        ("opportunities", 1, 1),
        ("spend", 2, 2),
        ("people", 1, 1),
    ]
    assert exports.spend == (
        SpendRow("Web", date(2026, 7, 1), 100, "Media"),
        SpendRow("Web", date(2026, 8, 1), 50, "Media"),
    )
    assert exports.people == (PersonRow("AE", date(2026, 7, 1), 1000, 0.25, 0.5),)
    assert exports.files[1].mapping["amount"] == "Amount"


def test_costs_alone_are_read(read: Read) -> None:
    exports = read(SPEND)
    assert (exports.opportunities, exports.leads, len(exports.spend)) == (None, None, 2)


def test_campaigns_of_a_crm_are_spend_of_the_month_in_which_they_begin(read: Read) -> None:
    exports = read(DEALS, CAMPAIGNS)
    assert exports.spend == (
        SpendRow("Webinar", date(2026, 3, 1), 1200, "Campaign"),
        SpendRow("Trade Show", date(2026, 4, 1), 5400.5, "Campaign"),
    )
    account = exports.files[1]
    assert (account.read, account.used, account.crm) == (3, 3, "campaigns of a CRM")
    assert "Campaigns without an actual cost, and so no spend: 1" in account.notes
    assert "Budgeted Cost" in account.unmapped


@pytest.mark.parametrize(
    ("header", "row", "spent"),
    [
        ("Name,Campaign Type,Actual Start Date,Total Cost of Campaign", "Talk,Event,2026-03-16,12", 12),
        ("Campaign Name,Type,Start Date,Actual Cost in Campaign", "Talk,Event,2026-03-16,12", 12),
        ("Campaign Name,Type,Start Date,Actual Cost Currency,Actual Cost", "Talk,Event,2026-03-16,EUR,10", 20),
    ],
)
def test_campaigns_as_each_crm_writes_them(read: Read, header: str, row: str, spent: float) -> None:
    exports = read(f"{header}\n{row}\n", currency="USD", rates={"EUR": 2})
    assert exports.spend == (SpendRow("Event", date(2026, 3, 1), spent, "Campaign"),)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("A,,2026-03-16,12", 'column "Type"'),
        ("A,Event,,12", 'column "Start Date"'),
        ("A,Event,soon,12", "it must be a date"),
        ("A,Event,2026-03-16,-5", "an amount of 0 or more"),
        ("A,Event,2026-03-16,5\nA,Event,2026-03-16,5", "row 2 is the same campaign"),
    ],
)
def test_a_campaign_whose_cost_has_no_place_stops_everything(read: Read, rows: str, told: str) -> None:
    with pytest.raises(BadCostRow, match=told):
        read(f"Campaign Name,Type,Start Date,Actual Cost\n{rows}\n")


def test_members_beside_the_cost_of_their_campaign_are_no_spend(read: Read) -> None:
    header = "Campaign Name,Type,Start Date,Actual Cost,Lead ID,Member Status,Member First Responded Date"
    row = "Talk,Event,2026-03-16,1200,00Q1,Attended,2026-03-17"
    exports = read(f"{header}\n{row}\n")
    assert (exports.spend, [one.kind.value for one in exports.files]) == ((), ["touches"])


def test_costs_on_sheets_beside_the_deals_are_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "all.xlsx"
    with pd.ExcelWriter(path) as book:
        for name, text in (("Deals", DEALS), ("Spend", SPEND), ("People", STAFF)):
            pd.read_csv(io.StringIO(text)).to_excel(book, sheet_name=name, index=False)
    exports = read(path)
    assert [one.kind.value for one in exports.files] == ["opportunities", "spend", "people"]
    assert sum(row.amount for row in exports.spend) == 150


def test_deals_with_the_columns_of_spend_stay_deals(read: Read) -> None:
    exports = read("Deal ID,Stage,Channel,Month,Amount,Kind\n1,New,Web,2026-07,5,Media\n")
    assert [one.kind.value for one in exports.files] == ["opportunities"]
