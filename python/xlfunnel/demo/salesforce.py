"""The example company as Salesforce reports exported to CSV: every value quoted, US dates, a footer, Windows-1252."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from xlfunnel.demo.company import LeadState
from xlfunnel.demo.export_format import ExportFormat, Row, Sheet
from xlfunnel.demo.flaws import Flaw
from xlfunnel.demo.moments import AS_OF, AS_OF_DAY, DAY, EXPORTED_DAYS
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xlfunnel.demo.company import Deal, Lead

STAGES = ("Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review")
RENEWAL_STAGES = ("Qualification", "Negotiation/Review")
CLOSED_STAGES = {
    Status.WON: "Closed Won",
    Status.LOST: "Closed Lost",
    Status.NO_DECISION: "Closed No Decision",
}
_PROBABILITY = {
    "Qualification": "10",
    "Needs Analysis": "20",
    "Proposal/Price Quote": "60",
    "Negotiation/Review": "80",
    "Closed Won": "100",
    "Closed Lost": "0",
    "Closed No Decision": "0",
}
_LEAD_STATUS = {
    LeadState.NEW: "Open - Not Contacted",
    LeadState.WORKING: "Working - Contacted",
    LeadState.CONVERTED: "Closed - Converted",
    LeadState.UNQUALIFIED: "Unqualified",
    LeadState.RECYCLED: "Recycled",
}

DEAL_HEADER = (
    "Opportunity ID", "Opportunity Name", "Account Name", "Opportunity Owner", "Owner Role", "Segment", "Lead Source",
    "Type", "Amount Currency", "Amount", "Created Date", "Close Date", "Stage", "Last Stage Change Date",
    "Last Modified Date", "Is Deleted?", "Won", "Closed", "Probability (%)", "Loss Reason", "Next Step",
    "Description", "Primary Campaign Source", "Fiscal Period", "Age",
)  # fmt: skip
LEAD_HEADER = (
    "Lead ID", "First Name", "Last Name", "Company / Account", "Segment", "Lead Source", "Lead Owner", "Lead Status",
    "Create Date", "MQL Date", "First Touch Date", "SAL Date", "SQL Date", "Converted", "Converted Date",
    "Converted Opportunity ID", "Unqualified Reason", "Recycled Date", "Requalified Date", "Last Modified",
)  # fmt: skip

_NEXT_STEPS = (
    "Call back", "Send revised quote", "", "Meet the IT team", "Waiting for legal", "",
    "Agree on start date\r\nIntroduce customer success", "Demo for the wider team", "", "Reference call",
    "Check budget for next quarter", "",
)  # fmt: skip
_DESCRIPTIONS = (
    "", "Asked for a quote after a demo, two sites", "Replaces spreadsheets in finance & sales", "",
    'Wants the "plus" package, start next quarter', "Interested in reporting;\u00a0three stakeholders",
    "", "Team of 40, currently with a competitor", "Café chain, 12 outlets",
)  # fmt: skip

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
"""One character for which of five are capitals: the id then survives programs that ignore case."""


def _capitals(text: str) -> int:
    """Which characters are capitals, as bits."""
    return sum(1 << place for place, letter in enumerate(text) if letter.isupper())


_PAIRS = tuple(left + right for left in _BASE62 for right in _BASE62)
_CAPITALS = tuple(_capitals(pair) for pair in _PAIRS)
_OPPORTUNITY, _LEAD = "006", "00Q"
_GUARDS = {prefix: _CHECK[_capitals(prefix)] for prefix in (_OPPORTUNITY, _LEAD)}
_DATES = {
    day: f"{moment.month}/{moment.day}/{moment.year}"
    for day, moment in ((day, date.fromordinal(day)) for day in EXPORTED_DAYS)
}
_PERIODS = {
    day: f"Q{(moment.month + 2) // 3}-{moment.year}"
    for day, moment in ((day, date.fromordinal(day)) for day in EXPORTED_DAYS)
}
_CLOCK = tuple(
    f"{(minute // 60 + 11) % 12 + 1}:{minute % 60:02} {'AM' if minute < 720 else 'PM'}" for minute in range(DAY)
)


def record_id(prefix: str, number: int) -> str:
    """The 18 characters of a record's id: three for the object, the org's, a counter, and three that guard capitals.

    >>> record_id("006", 61), record_id("00Q", 62)
    ('0065g000000000zAAA', '00Q5g0000000010EAA')
    """
    rest, low = divmod(number, len(_PAIRS))
    first, middle = divmod(rest, len(_PAIRS))
    guards = _CAPITALS[first] >> 1 | _CAPITALS[middle] << 1 | _CAPITALS[low] << 3
    digits = _PAIRS[first][1] + _PAIRS[middle] + _PAIRS[low]
    return f"{prefix}5g00000{digits}{_GUARDS[prefix]}A{_CHECK[guards]}"


def _day(moment: int | None) -> str:
    return "" if moment is None else _DATES[moment // DAY]


def _time(moment: int | None) -> str:
    if moment is None:
        return ""
    day, minute = divmod(moment, DAY)
    return f"{_DATES[day]} {_CLOCK[minute]}"


def _stage(deal: Deal) -> str:
    if deal.status is not Status.OPEN:
        return CLOSED_STAGES[deal.status]
    return (RENEWAL_STAGES if deal.renewal else STAGES)[len(deal.entered) - 1]


def deal_row(deal: Deal) -> Row:
    """An opportunity as a line of the report."""
    stage = _stage(deal)
    is_open = deal.status is Status.OPEN
    ends = AS_OF_DAY if deal.closed is None else deal.closed // DAY
    return [
        record_id(_OPPORTUNITY, deal.number),
        f"{deal.account} - {'Renewal' if deal.renewal else 'New Business'}",
        deal.account,
        deal.owner,
        "Account Management" if deal.renewal else "Sales - New Business",
        deal.segment.name,
        deal.source.name,
        "Renewal" if deal.renewal else "New Business",
        "USD",
        "" if deal.amount is None else f"{deal.amount}.00",
        _day(deal.created),
        _day(deal.expected),
        stage,
        _day(deal.entered[-1] if deal.closed is None else deal.closed),
        _day(deal.modified),
        "0",
        "1" if deal.status is Status.WON else "0",
        "0" if is_open else "1",
        _PROBABILITY[stage],
        deal.loss_reason,
        _NEXT_STEPS[deal.number % len(_NEXT_STEPS)] if is_open or deal.number % 7 == 0 else "",
        _DESCRIPTIONS[deal.number % len(_DESCRIPTIONS)],
        deal.campaign,
        _PERIODS[deal.expected // DAY],
        str(ends - deal.created // DAY),
    ]


def lead_row(lead: Lead) -> Row:
    """A lead as a line of the report."""
    steps, fate = lead.steps, lead.fate
    return [
        record_id(_LEAD, lead.number),
        *lead.name,
        lead.company,
        lead.segment.name,
        lead.source.name,
        lead.owner,
        _LEAD_STATUS[fate.state],
        _day(steps.created),
        _time(steps.mql),
        _time(steps.touched),
        _time(steps.sal),
        _time(steps.sql),
        "0" if steps.converted is None else "1",
        _day(steps.converted),
        "" if lead.deal is None else record_id(_OPPORTUNITY, lead.deal),
        fate.reason,
        _day(fate.recycled),
        _day(fate.requalified),
        _day(fate.modified),
    ]


def _footer(report: str) -> Iterable[str]:
    yield from ("", '"Total"', "", f'"{report}"')
    yield f'"Copyright (c) 2000-{AS_OF.year} salesforce.com, inc. All rights reserved."'
    yield '"Confidential Information - Do Not Distribute"'
    yield f'"Generated By:  Amelia Hart  {_DATES[AS_OF_DAY]} 6:00 PM"'


FORMAT = ExportFormat(
    deals=Sheet(
        file=f"salesforce-opportunities-{AS_OF}.csv",
        header=DEAL_HEADER,
        row=deal_row,
        damage={
            Flaw.DELETED: {"Is Deleted?": "1"},
            Flaw.UNREADABLE_DATE: {"Created Date": "########"},
            Flaw.UNREADABLE_AMOUNT: {"Amount": "see contract"},
            # The old CRM's stage has no counterpart, so that no flag was ever set with it.
            Flaw.UNKNOWN_STAGE: {"Stage": "Parked (old CRM)", "Won": "", "Closed": "", "Probability (%)": ""},
        },
        footer=tuple(_footer("Opportunities, all time")),
    ),
    leads=Sheet(
        file=f"salesforce-leads-{AS_OF}.csv",
        header=LEAD_HEADER,
        row=lead_row,
        damage={Flaw.UNREADABLE_DATE: {"MQL Date": "########"}},
        footer=tuple(_footer("Leads, all time")),
    ),
    encoding="cp1252",
    line_end="\r\n",
    source_column="Lead Source",
    spellings={"Paid Search": "paid search", "Webinar": "Webinars"},
    stages={CLOSED_STAGES[Status.NO_DECISION]: "no decision"},
    renewals="Renewal",
    sources={"Webinars": "Webinar"},
)
