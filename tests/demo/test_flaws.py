"""Each kind of flaw that real exports have is in the example exports, a few times in two thousand."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.demo.conftest import Row, Written


def us_day(text: str) -> date:
    month, day, year = map(int, text.split("/"))
    return date(year, month, day)


SALESFORCE_FLAWS: dict[str, Callable[[Row], bool]] = {
    "deleted": lambda row: row["Is Deleted?"] == "1",
    "test": lambda row: row["Account Name"] == "Test Account",
    "unreadable date": lambda row: row["Created Date"] == "########",
    "unreadable amount": lambda row: row["Amount"] == "see contract",
    "unknown stage": lambda row: row["Stage"] == "Parked (old CRM)",
    "closed before created": lambda row: (
        row["Created Date"] != "########" and us_day(row["Close Date"]) < us_day(row["Created Date"])
    ),
    "won at zero": lambda row: row["Won"] == "1" and row["Amount"] == "0.00",
    "won without amount": lambda row: row["Won"] == "1" and not row["Amount"],
    "another spelling": lambda row: row["Lead Source"] in {"paid search", "Webinars"},
}
HUBSPOT_FLAWS: dict[str, Callable[[Row], bool]] = {
    "test": lambda row: row["Associated Company"] == "Test Account",
    "unreadable date": lambda row: row["Create Date"] == "########",
    "unreadable amount": lambda row: row["Amount"] == "see contract",
    "unknown stage": lambda row: row["Deal Stage"] == "Parked (old CRM)",
    "closed before created": lambda row: row["Close Date"] < row["Create Date"] != "########",
    "won at zero": lambda row: row["Is Closed Won"] == "true" and row["Amount"] == "0",
    "won without amount": lambda row: row["Is Closed Won"] == "true" and not row["Amount"],
    "another spelling": lambda row: row["Original Traffic Source"].isupper(),
}


@pytest.mark.parametrize("flaw", SALESFORCE_FLAWS)
def test_salesforce_opportunities_have(salesforce: Written, flaw: str) -> None:
    assert 4 <= sum(map(SALESFORCE_FLAWS[flaw], salesforce.deals)) <= 6


@pytest.mark.parametrize("flaw", HUBSPOT_FLAWS)
def test_hubspot_deals_have(hubspot: Written, flaw: str) -> None:
    assert 4 <= sum(map(HUBSPOT_FLAWS[flaw], hubspot.deals)) <= 6


@pytest.mark.parametrize(
    ("crm", "key", "modified", "closed"),
    [
        ("salesforce", "Opportunity ID", "Last Modified Date", "Closed"),
        ("hubspot", "Record ID", "Last Modified Date", "Is Deal Closed?"),
    ],
)
def test_an_id_stands_twice_with_an_older_state(
    crm: str, key: str, modified: str, closed: str, request: pytest.FixtureRequest
) -> None:
    deals: list[Row] = request.getfixturevalue(crm).deals
    twice = [key_value for key_value, count in Counter(row[key] for row in deals).items() if count == 2]
    assert 4 <= len(twice) <= 6
    for key_value in twice:
        older, newer = (row for row in deals if row[key] == key_value)
        assert older[modified] != newer[modified]
        assert older[closed] != newer[closed]


@pytest.mark.parametrize(
    ("crm", "key", "converted", "deal"),
    [
        ("salesforce", "Lead ID", "Converted Date", "Converted Opportunity ID"),
        ("hubspot", "Record ID", "Became an Opportunity Date", "Associated Deal IDs"),
    ],
)
def test_leads_have_their_flaws(
    crm: str, key: str, converted: str, deal: str, request: pytest.FixtureRequest
) -> None:
    leads: list[Row] = request.getfixturevalue(crm).leads
    twice = [count for count in Counter(row[key] for row in leads).values() if count > 1]
    mql = {"salesforce": "MQL Date", "hubspot": "Became a Marketing Qualified Lead Date"}[crm]
    assert twice == [2] * len(twice)
    assert len(twice) >= 10
    assert sum(bool(row[converted]) and not row[deal] for row in leads) >= 10
    assert sum(row[mql] == "########" for row in leads) >= 10


def test_a_converted_lead_names_its_opportunity(salesforce: Written) -> None:
    deals = {row["Opportunity ID"] for row in salesforce.deals}
    named = {row["Converted Opportunity ID"] for row in salesforce.leads} - {""}
    assert len(named) > 1_000
    assert named <= deals


def test_text_areas_have_line_breaks_and_quotes(salesforce: Written) -> None:
    assert any("\r\n" in row["Next Step"] for row in salesforce.deals)
    assert any('"' in row["Description"] for row in salesforce.deals)
    assert any("\u00a0" in row["Description"] for row in salesforce.deals)


@pytest.mark.parametrize("index", [0, 1])
def test_the_salesforce_footer_stands_below_the_rows(salesforce: Written, index: int) -> None:
    lines = salesforce.example.exports[index].read_text(encoding="cp1252").splitlines()
    assert lines[-7:-5] == ["", '"Total"']
    assert "Confidential Information - Do Not Distribute" in lines[-2]
