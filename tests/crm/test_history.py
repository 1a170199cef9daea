"""The history of stages and of fields becomes dates on which deals entered stages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from xlfunnel.crm import Exports, Kind, Rule
from xlfunnel.crm.errors import NoKey

if TYPE_CHECKING:
    from tests.crm.conftest import Read

DEALS = (
    "Opportunity ID,Opportunity Name,Stage,Amount,Created Date,Close Date\n"
    "006A00000000001,Alpha,Closed Won,5,1/20/2026,3/15/2026\n"
    "006A00000000002,Alpha,Proposal/Price Quote,5,1/21/2026,12/31/2026\n"
    "006A00000000003,Beta,Closed Lost,5,1/22/2026,3/1/2026\n"
)
HISTORY = (
    "Opportunity Name,Opportunity ID,From Stage,To Stage,Last Modified,Last Modified By,Amount\n"
    "Alpha,006A00000000001AAA,Prospecting,Needs Analysis,1/25/2026,Kim,5\n"
    "Alpha,006A00000000001AAA,Needs Analysis,Needs Analysis,1/26/2026,Kim,6\n"
    "Alpha,006A00000000001AAA,Needs Analysis,Proposal/Price Quote,2/10/2026,Kim,6\n"
    "Alpha,006A00000000001AAA,Proposal/Price Quote,Needs Analysis,2/12/2026,Kim,6\n"
    "Alpha,006A00000000001AAA,Needs Analysis,Proposal/Price Quote,2/20/2026,Kim,6\n"
    "Alpha,006A00000000001AAA,Proposal/Price Quote,Closed Won,3/15/2026,Kim,6\n"
    "Alpha,006A00000000002AAA,Prospecting,Proposal/Price Quote,2/1/2026,Kim,5\n"
    "Beta,006A00000000003AAA,Needs Analysis,Closed Lost,3/1/2026,Kim,5\n"
    "Gone,006A00000000009AAA,Prospecting,Closed Lost,1/1/2026,Kim,5\n"
    "Alpha,,Prospecting,Closed Lost,3/1/2026,Kim,5\n"
    "Alpha,006A00000000002AAA,Prospecting,Needs Analysis,soon,Kim,5\n"
    "Grand Totals (11 records)\n"
)
ENTRIES = [
    (0, "Prospecting", 0, "2026-01-20"), (0, "Needs Analysis", 1, "2026-01-25"),
    (0, "Proposal/Price Quote", 2, "2026-02-10"), (0, "Closed Won", 3, "2026-03-15"),
    (1, "Prospecting", 0, "2026-01-21"), (1, "Proposal/Price Quote", 2, "2026-02-01"),
    (2, "Needs Analysis", 1, "2026-01-22"),
]  # fmt: skip
"""The place of the deal, the stage, its place in the pipeline, and the first day on which the deal entered it."""


def entries(exports: Exports) -> list[tuple[int, str, int, str]]:
    assert exports.stage_dates is not None
    return [
        (row["opportunity"], row["stage"], row["position"], day(row["entered_day"]))
        for row in exports.stage_dates.to_pylist()
    ]


def day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(number)).isoformat()


@pytest.mark.parametrize("order", [(DEALS, HISTORY), (HISTORY, DEALS)])
def test_changes_of_stage_become_the_days_on_which_stages_were_entered(read: Read, order: tuple[str, str]) -> None:
    exports = read(*order)
    assert sorted(entries(exports)) == sorted(ENTRIES)
    account = next(file for file in exports.files if file.kind is Kind.HISTORY)
    assert (account.crm, account.read, account.used, account.lines_skipped) == ("Salesforce", 11, 7, 1)
    assert [(one.row, one.column, one.value, one.rule) for one in exports.set_aside] == [
        (3, "To Stage", "Needs Analysis", Rule.NO_CHANGE),
        (10, "Opportunity ID", "006A00000000009AAA", Rule.NO_RECORD),
        (11, "Opportunity ID", "", Rule.NO_RECORD),
        (12, "Last Modified", "soon", Rule.UNREADABLE_DATE),
    ]


def test_a_deal_knows_since_when_it_is_in_its_stage(read: Read) -> None:
    opportunities = read(DEALS, HISTORY).opportunities
    assert opportunities is not None
    assert [day(number) for number in opportunities["stage_day"].to_pylist()] == [
        "2026-03-15", "2026-02-01", "2026-03-01",
    ]  # fmt: skip
    assert read(DEALS).stage_dates is None


FIELDS = (
    "Opportunity ID,Field / Event,Old Value,New Value,Edit Date,Edited By\n"
    "006A00000000001,Created.,,,1/20/2026 9:00 AM,Kim\n"
    "006A00000000001,Stage,Prospecting,Proposal/Price Quote,1/25/2026 9:00 AM,Kim\n"
    "006A00000000001,Amount,5,6,2/25/2026 9:00 AM,Kim\n"
    "006A00000000001,Stage,Proposal/Price Quote,Closed Won,3/15/2026 9:00 AM,Kim\n"
    "006A00000000002,Stage,Prospecting,Proposal/Price Quote,2/1/2026 9:00 AM,Kim\n"
)


def test_of_a_history_of_fields_only_the_stage_counts(read: Read) -> None:
    exports = read(DEALS, FIELDS)
    assert sorted(entries(exports)) == [
        (0, "Closed Won", 2, "2026-03-15"),
        (0, "Proposal/Price Quote", 1, "2026-01-25"),
        (0, "Prospecting", 0, "2026-01-20"),
        # its oldest changes may be gone, and so nothing says since when it was in Prospecting
        (1, "Proposal/Price Quote", 1, "2026-02-01"),
    ]
    assert [(one.row, one.value, one.rule) for one in exports.set_aside] == [
        (2, "Created.", Rule.OTHER_FIELD), (4, "Amount", Rule.OTHER_FIELD),
    ]  # fmt: skip


def test_snapshots_of_a_deal_are_no_deals(read: Read) -> None:
    snapshots = (
        "Id,OpportunityId,StageName,Amount,CloseDate,CreatedDate\n"
        "008A,006A00000000001AAA,Prospecting,5,2026-03-15,2026-01-20T09:00:00.000Z\n"
        "008B,006A00000000001AAA,Prospecting,6,2026-03-15,2026-01-21T09:00:00.000Z\n"
        "008C,006A00000000001AAA,Closed Won,6,2026-03-15,2026-03-15T09:00:00.000Z\n"
    )
    exports = read(DEALS, snapshots)
    assert entries(exports) == [(0, "Prospecting", 0, "2026-01-20"), (0, "Closed Won", 1, "2026-03-15")]
    assert [(one.row, one.rule) for one in exports.set_aside] == [(3, Rule.NO_CHANGE)]


def test_a_history_without_ids_stops_since_names_are_no_keys(read: Read) -> None:
    with pytest.raises(NoKey, match=r"history and has no column with the id of the opportunity.*Names repeat"):
        read(DEALS, "Opportunity Name,From Stage,To Stage,Last Modified\nAlpha,A,B,1/25/2026\n")


def test_a_history_alone_belongs_to_nothing(read: Read) -> None:
    exports = read(HISTORY)
    assert (exports.opportunities, exports.stage_dates, exports.files[0].used) == (None, None, 0)
    assert exports.set_aside[0].detail == "no export of opportunities was read with it"


def test_dates_of_the_deals_own_file_go_before_the_history(read: Read) -> None:
    exports = read(
        'Deal ID,Deal Stage,Amount,Create Date,"Date entered ""Quote (Sales)"""\n7,Quote,5,2026-01-01,2026-02-02\n',
        "deal_id,old_stage,new_stage,changed_at\n7,Discovery,Quote,2026-02-01\n8,Discovery,Quote,2026-01-01\n",
    )
    assert entries(exports) == [(0, "Quote", 0, "2026-02-02"), (0, "Discovery", 0, "2026-01-01")]


def test_a_mapping_names_the_columns_of_a_history(read: Read) -> None:
    from xlfunnel.crm import Mapping

    mapping = Mapping.model_validate(
        {"history": {"opportunity_id": "Nr", "changed": "Wann", "from_stage": "Von", "to_stage": "Nach"}}
    )
    exports = read(DEALS, "Nr;Wann;Von;Nach\n006A00000000002;01.02.2026;New;Quote\n", mapping=mapping)
    assert entries(exports) == [(1, "Quote", 0, "2026-02-01")]


SINCE = "Opportunity ID,From Stage,To Stage,Last Modified\n"


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        # reaches back before both deals: what they came from, and where they have rested, is since their creation
        (
            "9,A,B,2026-01-01\n1,Discovery,Quote,2026-02-01\n",
            [(0, "Discovery", 0, "2026-01-20"), (0, "Quote", 1, "2026-02-01"), (1, "Discovery", 0, "2026-01-21")],
        ),
        # begins after their creation: there may have been changes before
        ("1,Discovery,Quote,2026-02-01\n", [(0, "Quote", 0, "2026-02-01")]),
    ],
)
def test_a_history_says_nothing_of_the_time_before_it(
    read: Read, history: str, expected: list[tuple[int, str, int, str]]
) -> None:
    exports = read(
        "Opportunity ID,Opportunity Name,Stage,Created Date,Close Date\n"
        "1,A,Quote,2026-01-20,2026-12-31\n2,B,Discovery,2026-01-21,2026-12-31\n"
        "3,C,Closed Won,2026-01-22,2026-02-01\n",
        SINCE + history,
    )
    assert entries(exports) == expected
