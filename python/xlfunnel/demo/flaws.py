"""What is wrong with the example exports, as it is with real ones, and which records it befalls."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from xlfunnel.demo.company import Fate, LeadState, Steps
from xlfunnel.demo.market import PAID_SEARCH, WEBINAR
from xlfunnel.demo.moments import DAY
from xlfunnel.demo.names import TEST_ACCOUNT
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xlfunnel.demo.chance import Draw
    from xlfunnel.demo.company import Deal, Lead

Record = TypeVar("Record")

BLOCK = 400
"""Each flaw appears once in so many records."""


class Flaw(StrEnum):
    """Something wrong with one record."""

    DUPLICATE = "the same id twice, an older state beside the newest"
    DELETED = "deleted in the CRM"
    TEST = "somebody's test"
    UNREADABLE_DATE = "a date that is none"
    UNREADABLE_AMOUNT = "an amount that is none"
    UNKNOWN_STAGE = "a stage left over from an older CRM"
    CLOSED_BEFORE_CREATED = "closed before it was created"
    WON_AT_ZERO = "won with an amount of zero"
    WON_WITHOUT_AMOUNT = "won with a blank amount"
    OTHER_SPELLING = "a source in another spelling"
    CONVERTED_WITHOUT_DEAL = "a converted lead without its opportunity"


class Flaws(Generic[Record]):
    """Hands out each flaw once in a block of records, to the next record that it suits."""

    def __init__(self, suits: Mapping[Flaw, Callable[[Record], bool]], draw: Draw) -> None:
        self._suits = suits
        self._slots = dict(zip(_places(draw, len(suits)), suits, strict=True))
        self._waiting: deque[Flaw] = deque()
        self._seen = 0

    def of(self, record: Record) -> Flaw | None:
        """The flaw of this record, or none."""
        due = self._slots.get(self._seen % BLOCK)
        self._seen += 1
        if due is not None:
            self._waiting.append(due)
        for flaw in self._waiting:
            if self._suits[flaw](record):
                self._waiting.remove(flaw)
                return flaw
        return None


def _places(draw: Draw, count: int) -> Iterable[int]:
    """So many different places in a block."""
    places: dict[int, None] = {}
    while len(places) < count:
        places[int(draw() * BLOCK)] = None
    return places


def _worked_later(lead: Lead) -> bool:
    """Worked on, and last changed at least a day after it came in."""
    return lead.steps.touched is not None and lead.fate.modified // DAY > lead.steps.created // DAY


def _new_business(deal: Deal) -> bool:
    return not deal.renewal


def _closed_later(deal: Deal) -> bool:
    """Closed at least a day after it came into its last stage."""
    return deal.closed is not None and deal.closed // DAY > deal.entered[-1] // DAY


def _lost(deal: Deal) -> bool:
    return deal.status is Status.LOST


def _won(deal: Deal) -> bool:
    return deal.status is Status.WON and not deal.renewal


DEAL_FLAWS: dict[Flaw, Callable[[Deal], bool]] = {
    Flaw.DUPLICATE: _closed_later,
    Flaw.DELETED: _new_business,
    Flaw.TEST: _new_business,
    Flaw.UNREADABLE_DATE: _new_business,
    Flaw.UNREADABLE_AMOUNT: _new_business,
    Flaw.UNKNOWN_STAGE: _lost,
    Flaw.CLOSED_BEFORE_CREATED: _lost,
    Flaw.WON_AT_ZERO: _won,
    Flaw.WON_WITHOUT_AMOUNT: _won,
    Flaw.OTHER_SPELLING: lambda deal: deal.source in (PAID_SEARCH, WEBINAR),
}
"""The flaws of deals, and the deals that each suits."""

LEAD_FLAWS: dict[Flaw, Callable[[Lead], bool]] = {
    Flaw.DUPLICATE: _worked_later,
    Flaw.UNREADABLE_DATE: lambda lead: lead.steps.mql is not None,
    Flaw.OTHER_SPELLING: lambda lead: lead.source in (PAID_SEARCH, WEBINAR),
    Flaw.CONVERTED_WITHOUT_DEAL: lambda lead: lead.deal is not None,
}
"""The flaws of leads, and the leads that each suits."""


def flawed_deal(deal: Deal, flaw: Flaw | None) -> Deal:
    """The deal with a flaw that lies in what was entered, not in how the export writes it."""
    if flaw is Flaw.TEST:
        return deal._replace(account=TEST_ACCOUNT)
    if flaw is Flaw.WON_AT_ZERO:
        return deal._replace(amount=0)
    if flaw is Flaw.WON_WITHOUT_AMOUNT:
        return deal._replace(amount=None)
    if flaw is Flaw.CLOSED_BEFORE_CREATED:
        before = deal.created - 9 * DAY
        return deal._replace(closed=before, expected=before)
    return deal


def flawed_lead(lead: Lead, flaw: Flaw | None) -> Lead:
    """The lead with a flaw that lies in what was entered, not in how the export writes it."""
    return lead._replace(deal=None) if flaw is Flaw.CONVERTED_WITHOUT_DEAL else lead


def earlier_deal(deal: Deal) -> Deal:
    """How a closed deal stood when it was in its last open stage."""
    return deal._replace(status=Status.OPEN, closed=None, modified=deal.entered[-1], loss_reason="")


def earlier_lead(lead: Lead) -> Lead:
    """How a lead stood when it came in."""
    created = lead.steps.created
    return lead._replace(
        steps=Steps(created, lead.steps.mql, None, None, None, None, None),
        fate=Fate(LeadState.NEW, "", None, None, created),
    )
