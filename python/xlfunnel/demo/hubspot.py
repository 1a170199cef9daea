"""The example company as HubSpot exports: deals and contacts, ISO times, a date column for every stage, UTF-8."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from xlfunnel.demo.company import LeadState
from xlfunnel.demo.export_format import ExportFormat, Row, Sheet
from xlfunnel.demo.flaws import Flaw
from xlfunnel.demo.moments import AS_OF, DAY, EXPORTED_DAYS
from xlfunnel.units import Status

if TYPE_CHECKING:
    from xlfunnel.demo.company import Deal, Lead, Steps

SALES, RENEWAL = "Sales Pipeline", "Renewal Pipeline"
STAGES = ("Discovery", "Demo Scheduled", "Proposal Sent", "Contract Sent")
RENEWAL_STAGES = ("Renewal Due", "Quote Sent")
WON, LOST, NO_DECISION = "Closed Won", "Closed Lost", "Closed No Decision"
_CLOSED = {Status.WON: WON, Status.LOST: LOST, Status.NO_DECISION: NO_DECISION}
_CLOSED_ORDER = (Status.WON, Status.LOST, Status.NO_DECISION)
_PROBABILITY = {
    "Discovery": "0.1",
    "Demo Scheduled": "0.3",
    "Proposal Sent": "0.6",
    "Contract Sent": "0.9",
    "Renewal Due": "0.5",
    "Quote Sent": "0.8",
    WON: "1",
    LOST: "0",
    NO_DECISION: "0",
}

SOURCES = {
    "Paid Search": "Paid Search",
    "Organic Search": "Organic Search",
    "Paid Social": "Paid Social",
    "Email Marketing": "Email Marketing",
    "Webinar": "Other Campaigns",
    "Outbound": "Offline Sources",
    "Referral": "Referrals",
}
"""HubSpot's own words for the company's sources: it knows no others."""

_LEAD_STATUS = {
    LeadState.NEW: "New",
    LeadState.WORKING: "In Progress",
    LeadState.CONVERTED: "Open Deal",
    LeadState.UNQUALIFIED: "Unqualified",
    LeadState.RECYCLED: "Bad Timing",
}

DEAL_HEADER = (
    "Record ID", "Deal Name", "Deal Stage", "Pipeline", "Deal Type", "Amount", "Currency", "Create Date",
    "Close Date", "Last Modified Date", "Deal owner", "Original Traffic Source", "Segment", "Is Closed Won",
    "Is closed lost", "Is Deal Closed?", "Deal probability", "Closed Lost Reason", "Next step",
    "Marketing Influenced", "Date entered current stage",
    *(f'Date entered "{stage} ({SALES})"' for stage in (*STAGES, WON, LOST, NO_DECISION)),
    *(f'Date entered "{stage} ({RENEWAL})"' for stage in (*RENEWAL_STAGES, WON, LOST, NO_DECISION)),
    "Associated Company", "Associated Contact IDs",
)  # fmt: skip
LEAD_HEADER = (
    "Record ID", "First Name", "Last Name", "Company Name", "Segment", "Contact owner", "Lead Status",
    "Lifecycle Stage", "Original Traffic Source", "Create Date", "Became a Lead Date",
    "Became a Marketing Qualified Lead Date", "Date of first outreach",
    'Date entered "Sales Accepted Lead (Lifecycle Stage Pipeline)"', "Became a Sales Qualified Lead Date",
    "Became an Opportunity Date", "Became a Customer Date", "Disqualified Reason", "Recycled Date",
    "Requalified Date", "Last Modified Date", "Associated Deal IDs",
)  # fmt: skip

_FIRST_DEAL, _FIRST_CONTACT = 14_300_000_001, 501
_NEXT_STEPS = ("", "Call back", "Send revised quote", "", "Meet the IT team\nand security", "", "Waiting for legal")
_DATES = {day: date.fromordinal(day).isoformat() for day in EXPORTED_DAYS}
_CLOCK = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(DAY))


def _time(moment: int | None) -> str:
    if moment is None:
        return ""
    day, minute = divmod(moment, DAY)
    return f"{_DATES[day]} {_CLOCK[minute]}"


def _deal_id(number: int) -> str:
    return str(_FIRST_DEAL + 3 * number)


def _contact_id(number: int) -> str:
    return str(_FIRST_CONTACT + 50 * number)


def _yes(fact: object) -> str:
    return "true" if fact else "false"


def _stage_times(deal: Deal) -> Row:
    """One value for each of the pipeline's stages, the three closed ones last."""
    stages = RENEWAL_STAGES if deal.renewal else STAGES
    entered = [_time(moment) for moment in deal.entered]
    entered += [""] * (len(stages) - len(entered))
    return entered + [_time(deal.closed) if deal.status is status else "" for status in _CLOSED_ORDER]


_NO_SALES, _NO_RENEWAL = [""] * (len(STAGES) + 3), [""] * (len(RENEWAL_STAGES) + 3)


def deal_row(deal: Deal) -> Row:
    """An opportunity as a line of the deals export."""
    is_open = deal.status is Status.OPEN
    open_stages = RENEWAL_STAGES if deal.renewal else STAGES
    stage = open_stages[len(deal.entered) - 1] if is_open else _CLOSED[deal.status]
    times = _stage_times(deal)
    return [
        _deal_id(deal.number),
        f"{deal.account} - {'Renewal' if deal.renewal else 'New Deal'}",
        stage,
        RENEWAL if deal.renewal else SALES,
        "Existing Business" if deal.renewal else "New Business",
        "" if deal.amount is None else str(deal.amount),
        "USD",
        _time(deal.created),
        _time(deal.expected),
        _time(deal.modified),
        deal.owner,
        SOURCES[deal.source.name],
        deal.segment.name,
        _yes(deal.status is Status.WON),
        _yes(deal.status in (Status.LOST, Status.NO_DECISION)),
        _yes(not is_open),
        _PROBABILITY[stage],
        deal.loss_reason,
        _NEXT_STEPS[deal.number % len(_NEXT_STEPS)] if is_open else "",
        _yes(deal.campaign),
        _time(deal.entered[-1] if deal.closed is None else deal.closed),
        *(_NO_SALES if deal.renewal else times),
        *(times if deal.renewal else _NO_RENEWAL),
        deal.account,
        ";".join(_contact_id(number) for number in deal.contacts),
    ]


def _lifecycle(steps: Steps) -> str:
    if steps.won is not None:
        return "Customer"
    if steps.converted is not None:
        return "Opportunity"
    if steps.sql is not None:
        return "Sales Qualified Lead"
    return "Lead" if steps.mql is None else "Marketing Qualified Lead"


def lead_row(lead: Lead) -> Row:
    """A lead as a line of the contacts export."""
    steps, fate = lead.steps, lead.fate
    return [
        _contact_id(lead.number),
        *lead.name,
        lead.company,
        lead.segment.name,
        lead.owner,
        _LEAD_STATUS[fate.state],
        _lifecycle(steps),
        SOURCES[lead.source.name],
        _time(steps.created),
        _time(steps.created),
        _time(steps.mql),
        _time(steps.touched),
        _time(steps.sal),
        _time(steps.sql),
        _time(steps.converted),
        _time(steps.won),
        fate.reason,
        _time(fate.recycled),
        _time(fate.requalified),
        _time(fate.modified),
        "" if lead.deal is None else _deal_id(lead.deal),
    ]


FORMAT = ExportFormat(
    deals=Sheet(
        file=f"hubspot-crm-exports-all-deals-{AS_OF}.csv",
        header=DEAL_HEADER,
        row=deal_row,
        # A deal that was deleted in HubSpot is in no export.
        damage={
            Flaw.UNREADABLE_DATE: {"Create Date": "########"},
            Flaw.UNREADABLE_AMOUNT: {"Amount": "see contract"},
            Flaw.UNKNOWN_STAGE: {
                "Deal Stage": "Parked (old CRM)",
                "Is Closed Won": "",
                "Is closed lost": "",
                "Is Deal Closed?": "",
                "Deal probability": "",
            },
        },
    ),
    leads=Sheet(
        file=f"hubspot-crm-exports-all-contacts-{AS_OF}.csv",
        header=LEAD_HEADER,
        row=lead_row,
        damage={Flaw.UNREADABLE_DATE: {"Became a Marketing Qualified Lead Date": "########"}},
    ),
    encoding="utf-8",
    line_end="\n",
    source_column="Original Traffic Source",
    # The property's internal name, which its programming interface writes instead of the label.
    spellings={"Paid Search": "PAID_SEARCH", "Webinar": "OTHER_CAMPAIGNS"},
    stages={NO_DECISION: "no decision", "Renewal Due": "open"},
    renewals=RENEWAL,
    sources={label: name for name, label in SOURCES.items() if label != name},
)
