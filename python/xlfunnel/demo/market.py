"""What is true of the example company: its segments, its sources, its teams and its seasons.

The story in it. Deals that marketing sourced win about 40 % less often than outbound and referral deals and take
about 30 % longer. Sales accepts nearly every lead and turns few of them into opportunities. Some lead owners let
leads lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from xlfunnel.demo.chance import shares, skewed
from xlfunnel.demo.moments import AS_OF_DAY, FIRST_DAY, weekday


class Reach(IntEnum):
    """How far a lead comes."""

    LEAD = 0
    MQL = 1
    SAL = 2
    SQL = 3
    OPPORTUNITY = 4


@dataclass(frozen=True)
class Segment:
    """A size of customer: median deal in dollars, median days to win, and a factor on the win rate."""

    name: str
    amount: int
    days: float
    wins: float


@dataclass(frozen=True)
class Source:
    """Where leads and deals come from.

    `wins` is the win rate, `pace` a factor on the days to close, `touch_minutes` the median working time until the
    first touch, `failures` the leads that come to nothing for each that becomes an opportunity, `reaches` how far
    those come.
    """

    name: str
    marketing: bool
    wins: float
    pace: float
    touch_minutes: int
    failures: float
    reaches: tuple[Reach, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class LeadOwner:
    """Somebody who follows up leads; `neglect` is a factor on the share left untouched."""

    name: str
    neglect: float


SMALL = Segment("Small", 8_900, 38.0, 1.08)
MIDDLE = Segment("Middle", 26_500, 58.0, 0.98)
LARGE = Segment("Large", 220_000, 92.0, 0.80)
SEGMENTS = (SMALL, MIDDLE, LARGE)
DEAL_SEGMENTS = shares({SMALL: 54, MIDDLE: 34, LARGE: 12})
LEAD_SEGMENTS = shares({SMALL: 74, MIDDLE: 19, LARGE: 7})
"""Marketing brings more small leads than the deals that sales can work with."""

_REASONS = shares(
    {"": 18, "No response": 24, "No budget": 16, "Bad timing": 16, "Too small": 14, "No decision maker": 12}
)
_CURIOUS = shares(
    {"": 16, "Just researching": 44, "No response": 16, "Student or job seeker": 10, "Too small": 8, "No budget": 6}
)


def _marketing(
    name: str,
    *,
    wins: float,
    pace: float,
    touch_minutes: int,
    failures: float,
    reasons: tuple[str, ...] = _REASONS,
) -> Source:
    reaches = shares({Reach.LEAD: 15, Reach.MQL: 18, Reach.SAL: 9, Reach.SQL: 58})
    return Source(
        name,
        marketing=True,
        wins=wins,
        pace=pace,
        touch_minutes=touch_minutes,
        failures=failures,
        reaches=reaches,
        reasons=reasons,
    )


def _sales(name: str, *, wins: float, pace: float, failures: float) -> Source:
    reaches = shares({Reach.SAL: 30, Reach.SQL: 70})
    return Source(
        name,
        marketing=False,
        wins=wins,
        pace=pace,
        touch_minutes=0,
        failures=failures,
        reaches=reaches,
        reasons=_REASONS,
    )


PAID_SEARCH = _marketing("Paid Search", wins=0.215, pace=1.24, touch_minutes=75, failures=3.9)
ORGANIC_SEARCH = _marketing(
    "Organic Search", wins=0.165, pace=1.40, touch_minutes=160, failures=4.4, reasons=_CURIOUS
)
PAID_SOCIAL = _marketing("Paid Social", wins=0.165, pace=1.30, touch_minutes=130, failures=4.3)
WEBINAR = _marketing("Webinar", wins=0.21, pace=1.28, touch_minutes=420, failures=3.7, reasons=_CURIOUS)
EMAIL = _marketing("Email Marketing", wins=0.20, pace=1.26, touch_minutes=110, failures=3.8)
OUTBOUND = _sales("Outbound", wins=0.30, pace=1.00, failures=0.9)
REFERRAL = _sales("Referral", wins=0.355, pace=0.98, failures=0.7)
SOURCES = (PAID_SEARCH, ORGANIC_SEARCH, PAID_SOCIAL, WEBINAR, EMAIL, OUTBOUND, REFERRAL)
DEAL_SOURCES = shares(
    {PAID_SEARCH: 16, ORGANIC_SEARCH: 14, PAID_SOCIAL: 8, WEBINAR: 10, EMAIL: 10, OUTBOUND: 24, REFERRAL: 18}
)
WITHOUT_LEAD = 0.5
"""Share of outbound and referral deals that an account executive opened with no lead before."""

DEAL_OWNERS = (
    "Amelia Hart", "Bruno Keller", "Camille Laurent", "David Osei", "Esther Blum", "Felipe Núñez", "Greta Lind",
    "Hassan Ali", "Irene Walsh", "Jakub Nowak",
)  # fmt: skip
LEAD_OWNERS = (
    LeadOwner("Kate Doyle", 0.4),
    LeadOwner("Liam Ortiz", 0.6),
    LeadOwner("Mona Schäfer", 0.8),
    LeadOwner("Nils Berg", 1.0),
    LeadOwner("Olivia Grant", 1.5),
    LeadOwner("Pete Marsh", 2.2),
)
UNTOUCHED = {Reach.MQL: 0.60, Reach.SAL: 0.34, Reach.SQL: 0.15, Reach.OPPORTUNITY: 0.0}
"""Share of qualified leads that nobody contacts, by how far they come: some are accepted to avoid the argument."""

RENEWALS = 0.08
RENEWAL_WINS = 0.82
RENEWAL_DAYS = 28.0
NEW_STAGES, RENEWAL_STAGES = 4, 2
LOST_AT = shares({1: 30, 2: 34, 3: 22, 4: 14})
"""How many stages a deal that is not won sees."""

STAGE_TIME = (0.22, 0.30, 0.28, 0.20)
NO_DECISION = 0.22
LOST_PACE = 1.15
STUCK, STUCK_DAYS = 0.05, (190, 460)
"""Share of lost deals that sit in their last stage, and for how many days."""

LOSS_REASONS = shares({"": 12, "Price": 27, "Competitor": 25, "No budget": 15, "Timing": 12, "Missing feature": 9})
AMOUNT_SPREAD, DAYS_SPREAD, TOUCH_SPREAD = skewed(0.5), skewed(0.5), skewed(1.15)

_MONTHS = (0.98, 1.02, 1.14, 0.96, 1.00, 1.06, 0.88, 0.86, 1.12, 1.10, 1.06, 0.86)
_GROWTH = 1.0
"""How much more comes in at the end of the thirty months than at their beginning."""
_FASTER = 0.35
"""How much shorter a cycle is at the end than at the beginning."""


def _elapsed(day: int) -> float:
    """The share of the thirty months that has gone by."""
    return (day - FIRST_DAY) / (AS_OF_DAY - FIRST_DAY)


def season(day: date) -> float:
    """How busy the company is at that time, 1 being an average month at the beginning."""
    return _MONTHS[day.month - 1] * (1 + _GROWTH * _elapsed(day.toordinal()))


def tempo(day: int) -> float:
    """A factor on the days that a deal opened that day takes, 1 in the middle of the thirty months."""
    return 1 + _FASTER * (0.5 - _elapsed(day))


def day_weight(day: int) -> float:
    """How many deals are opened that day, in proportion to other days."""
    return season(date.fromordinal(day)) * (1.0 if weekday(day) < 5 else 0.06)
