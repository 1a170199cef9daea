"""How a deal stands: by flags, by a status word, by the stage's name, and never by its probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xlfunnel.crm import Rule
from xlfunnel.crm.profiles import crm_profiles
from xlfunnel.crm.stages import StageBook, stage_book
from xlfunnel.units import Status

if TYPE_CHECKING:
    from tests.crm.conftest import Read

STAGES = {
    Status.WON: [
        "Won", "closed won", "Closed/Won", "4 - Closed Won", "Closed Won - Upsell", "closedwon", "Gewonnen",
        "Deal won",
    ],
    Status.LOST: [
        "Lost", "Closed Lost", "Closed - Lost to competitor", "closedlost", "Loss", "Verloren", "Disqualified",
        "Closed Lost - not interested", "Lost: no budget",
    ],
    Status.NO_DECISION: [
        "No decision", "Closed - No Decision", "Cancelled", "Keine Entscheidung", "Fermée/Sans décision", "Storniert",
        "Cancelada",
    ],
    Status.OPEN: [
        "Prospecting", "Qualification", "1. Discovery", "Demo Scheduled", "Engaging", "Proposal/Price Quote", "Pilot",
        "Contract Sent", "Negotiation", "Decision Maker Bought-In", "Needs Analysis", "Contracting", "New", "On hold",
        "appointmentscheduled", "Meeting", "Value Proposition", "Lead In", "Call Booked", "Contact Attempted",
        "Stalled", "Pending Response", "Propuesta enviada", "Propuesta/Presupuesto", "Negociación/Revisión",
        "Cualificación", "Análisis de necesidades", "Wertversprechen", "Wahrnehmungsanalyse", "Analyse des besoins",
    ],
    None: [
        "Zombie", "Closed", "Contract signed", "Not won", "Won then lost", "Unqualified", "Parked", "12345", "90%",
        "Junk lead", "No Show", "Nicht gewonnen", "Non gagnée", "No ganada", "Not lost", "Won, not signed",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("status", "name"), [(status, name) for status, names in STAGES.items() for name in names])
def test_a_stages_name_tells_its_status(status: Status | None, name: str) -> None:
    assert StageBook({}, {}).status(name) is status or any(
        stage_book({}, {}, profile.stages).status(name) is status for profile in crm_profiles()
    )


def test_the_definitions_go_before_the_mapping_and_both_before_known_words() -> None:
    (salesforce,) = [profile for profile in crm_profiles() if profile.name == "Salesforce"]
    book = stage_book(
        {"Closed Won": Status.LOST, "A": Status.OPEN}, {"a": Status.WON, "B": Status.WON}, salesforce.stages
    )
    assert [book.status(name) for name in ("closed  won", "a", "B", "Closed Lost")] == [
        Status.LOST, Status.OPEN, Status.WON, Status.LOST,
    ]  # fmt: skip


FLAGS = [
    # won, closed, stage → status
    ("1", "1", "Closed Lost", "won"),
    ("0", "1", "Closed Won", "lost"),
    ("0", "1", "Closed No Decision", "no decision"),
    ("0", "0", "Zombie", "open"),
    ("", "", "Closed Won", "won"),
    ("", "1", "Closed Lost", "lost"),
    ("true", "", "Zombie", "won"),
    ("no", "yes", "", "lost"),
    ("FALSE", "FALSE", "Closed Won", "open"),
]


@pytest.mark.parametrize(("won", "closed", "stage", "status"), FLAGS)
def test_the_crms_own_flags_go_before_the_stage(read: Read, won: str, closed: str, stage: str, status: str) -> None:
    exports = read(
        "Opportunity ID,Stage,Won,Closed,Close Date,Probability (%)\n"
        f"1,{stage},{won},{closed},2026-01-01,{100 if status == 'lost' else 10}\n"
    )
    assert exports.opportunities is not None
    assert exports.opportunities["status"].to_pylist() == [status]


WON_ALONE = {
    "it is blank for the open deals, whatever their stage": {
        "Negotiation,True,2026-01-01": "won",
        "Negotiation,False,2026-01-02": "lost",
        "Negotiation,,": "open",
        "Zombie,,": "open",
    },
    "the file has no stages": {",1,2026-01-01": "won", ",0,2026-01-02": "lost", ",0,": "open"},
    "it is no for open deals too": {
        "Closed Won,True,2026-01-01": "won",
        "Negotiation,False,2026-01-02": "open",
        "Closed Lost,False,2026-01-02": "lost",
        "Negotiation,,": "open",
        "Negotiation,False,": "open",
    },
    "it is blank for a deal with a close date": {
        "Closed Won,True,2026-01-01": "won",
        "Negotiation,False,2026-01-02": "open",
        "Closed Lost,,2026-01-02": "lost",
    },
}


@pytest.mark.parametrize("rows", WON_ALONE.values(), ids=WON_ALONE.keys())
def test_a_no_to_won_is_a_loss_only_where_the_column_speaks_of_closed_deals(read: Read, rows: dict[str, str]) -> None:
    stage = "Ref" if all(row.startswith(",") for row in rows) else "Stage"  # no column of stages
    exports = read("\n".join([f"{stage},Won,Close Date,Amount", *(f"{row},5" for row in rows)]))
    assert exports.opportunities is not None
    assert exports.opportunities["status"].to_pylist() == list(rows.values())


def test_unknown_stages_are_listed_for_a_person_to_name(read: Read) -> None:
    exports = read("Deal ID,Stage,Close Date\n1,4,2026-01-01\n2,Zombie,2026-01-01\n3,4,2026-01-01\n4,Lead,\n")
    assert (
        'Say on the sheet Mapping, or under [stages], what these mean: "4" (2), "Zombie" (1)'
        in exports.files[0].notes
    )


def test_a_blank_stage_beside_an_unknown_status_names_the_status(read: Read) -> None:
    exports = read("Deal ID,Stage,Status\n1,,Accepted\n2,,\n3,New,Accepted\n")
    assert [(one.row, one.column, one.value) for one in exports.set_aside] == [
        (2, "Status", "Accepted"),
        (3, "Stage", ""),
    ]
    assert 'Say on the sheet Mapping, or under [stages], what these mean: "Accepted" (1)' in exports.files[0].notes


def test_closed_deals_of_a_file_without_close_dates_say_what_is_missing(read: Read) -> None:
    exports = read("Deal ID,Outcome,Amount\n1,Won,5\n2,Open,5\n")
    assert exports.files[0].set_aside == {Rule.MISSING_CLOSE: 1}
    assert exports.set_aside[0].detail == "no column of the file holds close dates"
    assert any(note.startswith("Closed, and no column says when") for note in exports.files[0].notes)


HUBSPOT_FLAGS = [
    ("true", "false", "Quote", "won"), ("false", "true", "Quote", "lost"), ("false", "false", "12345", "open"),
    ("false", "", "Quote", "open"), ("", "", "Closed Lost", "lost"),
]  # fmt: skip


@pytest.mark.parametrize(("won", "lost", "stage", "status"), HUBSPOT_FLAGS)
def test_hubspot_says_won_and_lost_apart(read: Read, won: str, lost: str, stage: str, status: str) -> None:
    exports = read(f"Deal ID,Deal Stage,Is Closed Won,Is closed lost,Close Date\n1,{stage},{won},{lost},2026-01-01\n")
    assert exports.opportunities is not None
    assert exports.opportunities["status"].to_pylist() == [status]


def test_a_status_column_counts_when_all_its_words_are_outcomes(read: Read) -> None:
    exports = read("Deal ID,Stage,Status,Close Date\n1,Proposal,Won,2026-01-01\n2,Proposal,Open,2026-01-01\n")
    assert exports.opportunities is not None
    assert exports.opportunities["status"].to_pylist() == ["won", "open"]


def test_another_status_column_does_not_outweigh_the_stage(read: Read) -> None:
    exports = read(
        "Deal ID,Stage,Status,Close Date\n1,Closed Won,Active,2026-01-01\n2,Closed Lost,Green,2026-01-01\n"
    )
    assert exports.opportunities is not None
    assert exports.opportunities["status"].to_pylist() == ["won", "lost"]


def test_probability_never_decides(read: Read) -> None:
    exports = read("Opportunity ID,Stage,Probability (%),Close Date\n1,Zombie,100,2026-01-01\n2,,0,2026-01-01\n")
    assert [(one.value, one.rule) for one in exports.set_aside] == [
        ("Zombie", Rule.UNKNOWN_STAGE), ("", Rule.UNKNOWN_STAGE),
    ]  # fmt: skip
    assert exports.set_aside[1].detail == "the stage is blank, and nothing else says how the deal stands"
