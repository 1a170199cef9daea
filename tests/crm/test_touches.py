"""Activities and answers to campaigns: the first touch, what marketing touched, and whose the first touch was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from xlfunnel.crm import Exports, Kind, Rule
from xlfunnel.crm.errors import NoKey

if TYPE_CHECKING:
    from tests.crm.conftest import Read

LEADS = (
    "Lead ID,Lead Source,Lead Status,Create Date,MQL Date,Converted Opportunity ID\n"
    "L1,Partner,Converted,1/1/2026,1/13/2026 10:05 AM,D1\n"
    "L2,Partner,Working,1/13/2026,1/15/2026 9:00 AM,\n"
    "L3,Partner,Converted,1/14/2026,1/16/2026 9:00 AM,D2\n"
)
DEALS = (
    "Opportunity ID,Opportunity Name,Stage,Lead Source,Amount,Created Date,Close Date\n"
    "D1,A,Closed Won,Partner,5,1/21/2026,3/1/2026\n"
    "D2,B,Closed Won,Partner,5,1/21/2026,3/1/2026\n"
    "D3,C,Prospecting,Partner,5,1/21/2026,12/31/2026\n"
    "D4,D,Prospecting,Partner,5,1/21/2026,12/31/2026\n"
)
TASKS = (
    "Activity ID,Subject,Type,Status,Completed Date/Time,Date,Assigned,Lead ID,Opportunity ID\n"
    "T1,Call,Call,Completed,1/13/2026 2:00 PM,1/13/2026,Kim,L1,\n"
    "T2,Call,Call,Completed,1/14/2026 2:00 PM,1/14/2026,Kim,L1,\n"
    "T3,Call,Call,Completed,1/12/2026 2:00 PM,1/12/2026,Kim,L2,\n"  # before the lead was there
    "T4,Email: hello,Email,Completed,,1/20/2026,Lee,L2,\n"
    "T5,Call,Call,Not Started,,1/10/2026,Kim,L3,\n"
    "T6,Demo,Meeting,Completed,2/1/2026 2:00 PM,2/1/2026,Kim,,D3\n"
    "T7,Call,Call,Completed,2/1/2026 2:00 PM,2/1/2026,Kim,L9,\n"
    "T8,Call,Call,Completed,,12/24/2026,Kim,L1,\n"
    "T9,Call,Call,Completed,,,Kim,L1,\n"
    "T1,Call,Call,Completed,1/13/2026 2:00 PM,1/13/2026,Kim,L1,\n"
    "T10,Something,Odd,Completed,1/30/2026 2:00 PM,1/30/2026,Kim,L3,\n"
)
MEMBERS = (
    "Campaign Name,Member Status,Lead ID,Member First Associated Date\n"
    "Webinar May,Attended,L1,1/2/2026\n"
    "Webinar May,Sent,L2,1/2/2026\n"
    "Fair,Responded,L3,3/25/2026\n"
)


def day(number: int | None) -> str | None:
    return None if number is None else (date(1970, 1, 1) + timedelta(number)).isoformat()


def rows(table: Any) -> list[dict[str, Any]]:
    assert table is not None
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def marks(exports: Exports, name: str) -> list[bool | None]:
    return [row[name] for row in rows(exports.opportunities)]


def test_activities_become_touches_and_every_other_row_is_set_aside(read: Read) -> None:
    exports = read(LEADS, DEALS, TASKS)
    account = exports.files[2]
    assert (account.crm, account.kind, account.read, account.used) == ("Salesforce", Kind.TOUCHES, 11, 6)
    assert [(one.row, one.column, one.value, one.rule) for one in exports.set_aside] == [
        (6, "Status", "Not Started", Rule.NOT_DONE),
        (8, "Lead ID", "L9", Rule.NO_RECORD),
        (9, "Completed Date/Time", "", Rule.NOT_DONE),
        (10, "Completed Date/Time", "", Rule.UNREADABLE_DATE),
        (11, "Activity ID", "T1", Rule.DUPLICATE),
    ]
    touches = rows(exports.touches)
    assert [(row["row"], row["lead"], row["opportunity"], row["kind"], row["by"]) for row in touches] == [
        (2, 0, None, "Call", "sales"),
        (3, 0, None, "Call", "sales"),
        (4, 1, None, "Call", "sales"),
        (5, 1, None, "Email", "sales"),
        (7, None, 2, "Meeting", "sales"),
        (12, 2, None, "Odd", None),
    ]
    assert [(day(row["day"]), row["second"], row["person"]) for row in touches][3] == ("2026-01-20", None, "Lee")
    assert "Touches of which nothing says whether marketing or sales did them: 1" in account.notes
    assert "Before their lead was created, and so no first touch: 1" in account.notes


def test_the_first_touch_of_a_lead_is_the_first_of_sales_since_it_is_there(read: Read) -> None:
    leads = rows(read(LEADS, DEALS, TASKS, MEMBERS).leads)
    assert [(day(row["touch_day"]), row["touch_second"]) for row in leads] == [
        ("2026-01-13", 14 * 3600), ("2026-01-20", None), (None, None),
    ]  # fmt: skip


def test_a_column_of_first_touches_in_the_leads_own_file_stands(read: Read) -> None:
    own = LEADS.replace("Converted Opportunity ID", "First Touch Date,Converted Opportunity ID").replace(",D", ",,D")
    own = own.replace("9:00 AM,\n", "9:00 AM,,\n")
    assert [row["touch_day"] for row in rows(read(own, TASKS).leads)] == [None, None, None]


def test_marketing_touched_a_deal_when_one_of_its_leads_answered_before_the_win(read: Read) -> None:
    without = read(LEADS, DEALS)
    assert (marks(without, "touched"), marks(without, "sourced")) == ([False] * 4, [None] * 4)
    exports = read(LEADS, DEALS, TASKS, MEMBERS)
    # D1: webinar before the first call; D2: answered the fair only after the win; D3: a demo of sales; D4: nothing
    assert marks(exports, "touched") == [True, False, False, False]
    assert marks(exports, "sourced") == [True, None, False, None]
    (aside,) = (one for one in exports.set_aside if one.file == "export-3.csv")
    assert (aside.row, aside.value, aside.rule) == (3, "Sent", Rule.NOT_DONE)


@pytest.mark.parametrize(
    ("touches", "sourced"),
    [
        ("D3,2026-01-25,Webinar,\nD3,2026-01-26,Call,\n", True),
        ("D3,2026-01-26,Webinar,\nD3,2026-01-25,Call,\n", False),
        ("D3,2026-01-25,Webinar,\nD3,2026-01-25,Call,\n", None),
        ("D3,2026-01-25 09:00,Webinar,\nD3,2026-01-25 10:00,Call,\n", True),
        ("D3,2026-01-25,Email Sent,Marketing\nD3,2026-01-26,Call,\n", False),
        ("D3,2026-01-25,Lunch,Marketing\nD3,2026-01-26,Call,\n", True),
        ("D3,2026-01-25,Riddle,\n", None),
    ],
    ids=["marketing", "sales", "same day", "same day by the hour", "only sent", "by its team", "nobody knows"],
)
def test_a_deal_is_sourced_by_the_first_meaningful_touch(read: Read, touches: str, *, sourced: bool | None) -> None:
    exports = read(DEALS, "deal_id,activity_date,activity_type,team\n" + touches)
    assert marks(exports, "sourced")[2] is sourced


def test_an_activity_may_name_several_contacts_and_deals(read: Read) -> None:
    exports = read(
        "Record ID,Lead Status,Original Traffic Source,Create Date,Became a Marketing Qualified Lead Date\n"
        "11,New,Offline Sources,2026-01-01 09:00,2026-01-02 10:00\n12,New,Offline Sources,2026-01-01 09:00,\n",
        "Record ID,Deal Name,Deal Stage,Create Date,Close Date\n1,A,New,2026-01-05,\n2,B,New,2026-01-05,\n",
        "Record ID,Activity type,Activity date,Activity assigned to,Associated Contact IDs,Associated Deal IDs\n"
        "91,Meeting,2026-01-06 10:00,Kim,12;11,1;2\n92,Webinar registration,2026-01-04 10:00,Kim,11,2\n",
    )
    assert [(file.crm, file.kind.value) for file in exports.files][2] == ("HubSpot", "touches")
    assert [day(row["touch_day"]) for row in rows(exports.leads)] == ["2026-01-06", "2026-01-06"]
    assert (marks(exports, "touched"), marks(exports, "sourced")) == ([False, True], [False, True])
    assert [(row["lead_id"], row["lead"], row["opportunity"]) for row in rows(exports.touches)] == [
        ("12;11", 1, 0), ("11", 0, 1),
    ]  # fmt: skip


def test_pipedrive_activities_are_touches_where_they_are_done(read: Read) -> None:
    exports = read(
        "Deal - ID,Deal - Title,Deal - Status,Deal - Value,Deal - Deal created\n1,A,Open,5,2026-01-01\n",
        "Activity - ID,Activity - Subject,Activity - Type,Activity - Done,Activity - Due date,Deal - ID\n"
        "5,Ring,Call,Done,2026-01-05,1\n6,Ring,Call,To do,2026-01-06,1\n",
    )
    assert [(row["row"], row["by"]) for row in rows(exports.touches)] == [(2, "sales")]
    assert exports.set_aside[0].rule is Rule.NOT_DONE


def test_touches_by_name_only_stop(read: Read) -> None:
    with pytest.raises(NoKey, match="no column with the id of the lead or the opportunity"):
        read(LEADS, "Company,Activity Date,Activity Type\nAcme,2026-01-05,Call\n")


def test_speed_to_lead_is_not_measured_from_days(read: Read) -> None:
    exports = read(LEADS, "lead_id,activity_date,activity_type\nL1,2026-01-14,Call\n")
    assert "No time of day: speed to lead cannot be measured in hours" in exports.files[1].notes


PEOPLE = (
    "Lead ID,Email,Converted Contact ID,Lead Source,Create Date,Converted Opportunity ID\n"
    "L1,kim@a.example,C1,Partner,2026-01-01,D3\nL2,info@b.example,C2,Partner,2026-01-01,D4\n"
    "L3,Info@B.example,,Partner,2026-01-01,\n"
)
TOUCH = "contact_id,email,opportunity_id,activity_date,activity_type\n"


@pytest.mark.parametrize(
    ("row", "lead", "touched"),
    [
        ("C1,,,2026-01-05,Webinar", "L1", ["D3"]),
        (",KIM@a.example,,2026-01-05,Webinar", "L1", ["D3"]),
        (",,D4,2026-01-05,Webinar", None, ["D4"]),
        ("C1,,D4,2026-01-05,Webinar", "L1", ["D4"]),  # of that deal, not of every deal of the person
        ("L2,,,2026-01-05,Webinar", "L2", ["D4"]),  # some CRMs have one column for leads and contacts
    ],
    ids=["contact", "e-mail address", "deal", "contact and deal", "lead among contacts"],
)
def test_a_touch_is_joined_by_any_key_that_it_has(read: Read, row: str, lead: str | None, touched: list[str]) -> None:
    exports = read(PEOPLE, DEALS, f"{TOUCH}{row}\n")
    (touch,) = rows(exports.touches)
    assert (None if touch["lead"] is None else rows(exports.leads)[touch["lead"]]["id"]) == lead
    assert [deal["id"] for deal in rows(exports.opportunities) if deal["touched"]] == touched


def test_an_address_of_several_leads_joins_none_of_them(read: Read) -> None:
    exports = read(PEOPLE, DEALS, f"{TOUCH},info@b.example,,2026-01-05,Webinar\n,no@c.example,,2026-01-05,Webinar\n")
    assert [(one.row, one.column, one.value, one.rule, one.detail) for one in exports.set_aside] == [
        (2, "email", "info@b.example", Rule.NO_RECORD, "several leads have this e-mail address"),
        (3, "email", "no@c.example", Rule.NO_RECORD, ""),
    ]
    told = "Naming a lead by an e-mail address that several leads have, and so not joined by it: 1"
    assert told in exports.files[2].notes


def test_people_whom_a_deal_names_need_no_export_of_leads(read: Read) -> None:
    deals = DEALS.replace("\n", ",,\n").replace("Close Date,,", "Close Date,Contact IDs,", 1)
    deals = deals.replace("12/31/2026,,", "12/31/2026,C1;C2,")
    exports = read(deals, f"{TOUCH}C2,,,2026-01-05,Webinar\nC9,,,2026-01-05,Webinar\n")
    assert [deal["id"] for deal in rows(exports.opportunities) if deal["touched"]] == ["D3", "D4"]
    assert [one.row for one in exports.set_aside] == [3]
    told = "Of a person with several opportunities, and so counted for each of them: 1"
    assert told in exports.files[1].notes


def test_a_deal_may_name_its_people_by_their_addresses(read: Read) -> None:
    deals = "Record ID,Deal Name,Deal Stage,Create Date,Associated Contact Email\n"
    deals += "1,A,New,2026-01-05,kim@a.example\n2,B,New,2026-01-05,info@b.example\n"
    people = "\n".join(line.rpartition(",")[0] for line in PEOPLE.splitlines())
    exports = read(people, deals)
    assert [row["opportunity_id"] for row in rows(exports.leads)] == ["1", None, None]
    told = "Naming a lead by an e-mail address that several leads have, and so not joined to it: 1"
    assert told in exports.files[1].notes


def test_touches_of_one_team_alone_do_not_say_who_was_first(read: Read) -> None:
    calls = "deal_id,activity_date,activity_type\nD3,2026-01-25,Call\nD1,2026-01-25,Call\n"
    exports = read(DEALS, calls)
    assert marks(exports, "sourced") == [None] * 4
    told = "Of sales alone, and so silent on who came first: each deal's source says who sourced it"
    assert told in exports.files[1].notes
    assert marks(read(DEALS, calls + "D3,2026-01-26,Webinar\n"), "sourced") == [False, None, False, None]


def test_what_came_before_a_known_touch_and_is_of_nobody_leaves_it_open(read: Read) -> None:
    touches = "deal_id,activity_date,activity_type\nD3,2026-01-24,Riddle\nD3,2026-01-25,Call\nD3,2026-01-26,Webinar\n"
    assert marks(read(DEALS, touches), "sourced")[2] is None


def test_a_touch_of_one_of_marketings_sources_is_marketings(read: Read) -> None:
    touches = "deal_id,touch_date,touch_type,touch_source\nD3,2026-01-24,Visit,Fair\nD4,2026-01-24,Riddle,Partner\n"
    exports = read(DEALS, touches, marketing_sources=["Trade show"], sources={"Fair": "Trade show"})
    assert marks(exports, "touched") == [None, None, True, None]
