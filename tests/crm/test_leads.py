"""Leads: milestones, what sales did with them, and what their opportunity says of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from xlfunnel.crm import Exports, Kind, Rule

if TYPE_CHECKING:
    from tests.crm.conftest import Read

LEADS = (
    "Lead ID,Lead Source,Lead Status,Create Date,MQL Date,SAL Date,SQL Date,First Touch Date,Converted Date,"
    "Converted Opportunity ID,Unqualified Reason,Recycled Date\n"
    "L1,Web,Closed - Converted,1/1/2026,1/13/2026 10:05 AM,1/14/2026,1/15/2026,1/13/2026 2:00 PM,1/20/2026,D1,,\n"
    "L2,Web,Unqualified,1/13/2026,1/15/2026 9:00 AM,,,,,,No budget,\n"
    "L3,Partner,Junk,1/14/2026,,,,,2/20/2026,,,\n"
    "L4,Web,Working,1/15/2026,1/16/2026 12:00 AM,,,,,,,1/30/2026\n"
)
DEALS = (
    "Deal ID,Deal Stage,Lead Source,Amount,Create Date,Close Date\n"
    "D1,Closed Won,Partner,5,2026-01-21,2026-03-01\nD2,New,Partner,5,2026-01-21,\nD3,New,Web,5,2026-01-21,\n"
)


def leads(exports: Exports) -> list[dict[str, Any]]:
    assert exports.leads is not None
    rows: list[dict[str, Any]] = exports.leads.to_pylist()
    return rows


def day(number: int | None) -> str | None:
    return None if number is None else (date(1970, 1, 1) + timedelta(number)).isoformat()


def test_milestones_have_days_and_where_known_the_time(read: Read) -> None:
    first, second, *_ = leads(read(LEADS))
    assert day(first["created_day"]) == "2026-01-01"
    assert (day(first["mql_day"]), first["mql_second"]) == ("2026-01-13", 10 * 3600 + 5 * 60)
    assert (day(first["touch_day"]), first["touch_second"]) == ("2026-01-13", 14 * 3600)
    assert (day(first["sal_day"]), day(first["sql_day"])) == ("2026-01-14", "2026-01-15")
    assert second["touch_day"] is None


def test_disqualified_and_recycled_leads_are_told(read: Read) -> None:
    rows = leads(read(LEADS))
    assert [row["disqualified"] for row in rows] == [False, True, True, False]
    assert [row["disqualified_reason"] for row in rows] == [None, "No budget", None, None]
    assert [row["recycled"] for row in rows] == [False, False, False, True]
    assert day(rows[3]["recycled_day"]) == "2026-01-30"


def test_a_conversion_without_an_opportunity_is_none(read: Read) -> None:
    exports = read(LEADS)
    assert [day(row["opportunity_day"]) for row in leads(exports)] == ["2026-01-20", None, None, None]
    notes = exports.files[0].notes
    assert "Converted without an opportunity, and so not counted as one: 1" in notes
    assert "Converted and yet disqualified: 1" in notes


def test_a_lead_learns_from_its_opportunity(read: Read) -> None:
    exports = read(LEADS, DEALS)
    assert day(leads(exports)[0]["won_day"]) == "2026-03-01"
    assert [row["won_day"] for row in leads(exports)[1:]] == [None, None, None]
    assert "won_day" in exports.present[Kind.LEADS]


def touched(exports: Exports) -> list[bool | None]:
    assert exports.opportunities is not None
    return exports.opportunities["touched"].to_pylist()


def test_marketing_touched_a_deal_by_its_lead_or_by_its_source(read: Read) -> None:
    assert touched(read(LEADS, DEALS)) == [True, False, True]
    assert touched(read(DEALS)) == [None, None, True]
    assert touched(read(LEADS, DEALS, marketing_sources=["Partner"])) == [True, True, False]


def test_a_lead_created_after_the_close_did_not_touch_the_deal(read: Read) -> None:
    late = LEADS.replace("L1,Web,Closed - Converted,1/1/2026", "L1,Web,Closed - Converted,3/2/2026")
    assert touched(read(late, DEALS))[0] is False


@pytest.mark.parametrize(
    ("header", "values", "expected"),
    [
        ("Marketing Influenced", ["yes", "no", ""], [True, False, True]),
        ("Primary Campaign Source", ["Webinar May", "", ""], [True, False, True]),
    ],
)
def test_the_export_may_say_so_itself(read: Read, header: str, values: list[str], expected: list[bool]) -> None:
    lines = DEALS.splitlines()
    text = "\n".join(f"{line},{value}" for line, value in zip(lines, [header, *values], strict=True))
    assert touched(read(text)) == expected


def test_hubspot_deals_name_their_contacts(read: Read) -> None:
    contacts = (
        "Record ID,Lifecycle Stage,Original Traffic Source,Create Date,Became a Marketing Qualified Lead Date\n"
        "11,opportunity,Organic Search,2026-01-01 09:00,2026-01-02 10:00\n12,lead,Offline Sources,2026-01-01 09:00,\n"
    )
    deals = (
        "Record ID,Deal Name,Deal Stage,Create Date,Close Date,Associated Contact IDs\n"
        "1,A,Closed Won,2026-01-05,2026-02-01,12;11\n2,B,Closed Won,2026-01-05,2026-02-01,12\n"
    )
    exports = read(contacts, deals)
    assert [row["opportunity_id"] for row in leads(exports)] == ["1", "1"]
    assert touched(exports) == [True, False]


@pytest.mark.parametrize(
    ("lead_side", "deal_side", "linked"),
    [
        ("0065g00000AbCdE", "0065g00000AbCdEAAU", True),
        ("0065g00000AbCdEAAU", "0065g00000AbCdE", True),
        ("0065g00000AbCdE", "0065g00000AbCde", False),
        ("0065g00000AbCdEAAU", "0065g00000AbCdEAAV", False),
    ],
    ids=["long deal id", "long lead id", "case counts", "both long are exact"],
)
def test_salesforce_ids_link_in_both_forms(read: Read, lead_side: str, deal_side: str, *, linked: bool) -> None:
    exports = read(
        f"Lead ID,Lead Source,Converted Opportunity ID\nL1,Web,{lead_side}\n",
        f"Opportunity ID,Opportunity Name,Stage,Created Date\n{deal_side},A,Prospecting,2026-01-05\n",
    )
    assert leads(exports)[0]["opportunity_day"] == (20_458 if linked else None)


def test_a_milestone_without_time_says_so(read: Read) -> None:
    notes = read("Lead ID,Lead Source,MQL Date\n1,Web,2026-01-01\n").files[0].notes
    assert notes == ("MQL Date has no time of day: speed to lead cannot be measured in hours",)


def test_a_flag_may_say_disqualified_or_a_reason_alone(read: Read) -> None:
    by_flag = read("Lead ID,Lead Source,Disqualified\n1,Web,yes\n2,Web,\n")
    assert [row["disqualified"] for row in leads(by_flag)] == [True, False]
    by_reason = read("Lead ID,Lead Source,Disqualified Reason\n1,Web,Spam\n2,Web,\n")
    assert [row["disqualified"] for row in leads(by_reason)] == [True, False]
    assert [row["disqualified"] for row in leads(read("Lead ID,Lead Source,MQL Date\n1,Web,\n"))] == [None]


@pytest.mark.parametrize(
    ("column", "days"),
    [
        ("", [("2026-01-12", "2026-02-20"), ("2026-01-12", "2026-02-20")]),
        (",Became an Opportunity Date,Became a Customer Date", [("2026-01-12", "2026-02-20"), (None, None)]),
    ],
)
def test_a_lead_that_is_no_opportunity_by_its_own_dates_takes_none_from_a_deal(
    read: Read, column: str, days: list[tuple[str | None, str | None]]
) -> None:
    own = [",2026-01-12,2026-02-20", ",,"] if column else ["", ""]
    exports = read(
        "Record ID,Deal Name,Deal Stage,Create Date,Close Date,Associated Contact IDs\n"
        "D1,A,Closed Won,2026-01-12,2026-02-20,C1;C2\n",
        f"Record ID,Lead Status,Create Date,Became a Marketing Qualified Lead Date{column}\n"
        f"C1,New,2026-01-02,2026-01-03{own[0]}\nC2,Unqualified,2026-01-02,2026-01-03{own[1]}\n",
    )
    assert [(day(row["opportunity_day"]), day(row["won_day"])) for row in leads(exports)] == days


def test_the_day_of_conversion_stands_where_the_opportunity_was_set_aside(read: Read) -> None:
    exports = read(
        "Opportunity ID,Opportunity Name,Stage,Amount,Created Date,Close Date\n"
        "D1,A,Closed Won,ten,2026-01-12,2026-02-20\n",
        "Lead ID,Lead Status,Lead Source,Create Date,Converted,Converted Date,Converted Opportunity ID\n"
        "L1,Closed - Converted,Web,2026-01-02,1,2026-01-09,D1\n",
    )
    assert [row.rule for row in exports.set_aside] == [Rule.UNREADABLE_AMOUNT]
    assert day(leads(exports)[0]["opportunity_day"]) == "2026-01-09"
