"""What the example company spends: marketing by channel and month, people by role and month.

The figures are those of a company with two thousand opportunities in thirty months; another size scales them.
The hours are the point of the story: organic search costs little money and much of the sales team's time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from xlfunnel.demo.market import SOURCES, season
from xlfunnel.demo.moments import AS_OF_DAY, FIRST_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEND_HEADER = ("Channel", "Month", "Amount", "Kind")
PEOPLE_HEADER = (
    "Role", "Month", "Cost", "Burden", "Acquisition share", *(f"Hours: {source.name}" for source in SOURCES)
)  # fmt: skip

_USUAL_DEALS = 2_000
_SPEND = (
    ("Paid Search", "Media", 15_000),
    ("Paid Search", "Tools", 1_500),
    ("Organic Search", "Content", 4_500),
    ("Organic Search", "Tools", 500),
    ("Paid Social", "Media", 7_000),
    ("Webinar", "Events", 6_000),
    ("Webinar", "Tools", 1_000),
    ("Email Marketing", "Content", 3_500),
    ("Email Marketing", "Tools", 1_500),
    ("Outbound", "Tools", 6_000),
    ("Referral", "Rewards", 4_000),
)


@dataclass(frozen=True)
class Role:
    """A role's monthly cost in dollars, and its monthly hours for each source, in the order of `market.SOURCES`."""

    name: str
    cost: int
    burden: float
    acquisition_share: float
    hours: tuple[int, ...]


_ROLES = (
    Role("Account Executive", 64_000, 0.25, 0.85, (150, 350, 85, 120, 115, 290, 190)),
    Role("Sales Development Rep", 27_000, 0.25, 1.0, (110, 190, 75, 90, 80, 220, 30)),
    Role("Sales Manager", 20_000, 0.25, 0.6, (20, 45, 15, 20, 15, 45, 25)),
    Role("Marketing Manager", 23_000, 0.22, 0.9, (90, 130, 60, 80, 60, 0, 10)),
    Role("Customer Success Manager", 20_000, 0.22, 0.1, (0, 0, 0, 0, 0, 0, 0)),
)


def _months() -> Iterator[date]:
    """The first day of each month of the company's life."""
    for day in range(FIRST_DAY, AS_OF_DAY + 1):
        if (month := date.fromordinal(day)).day == 1:
            yield month


def _team_size(month: date) -> float:
    """Headcount against the beginning: it grows once a year."""
    return 1 + 0.12 * (month.year - 2024)


def _to_hundreds(amount: float) -> int:
    return max(100, 100 * round(amount / 100))


def spend_rows(deals: int) -> Iterator[tuple[str, ...]]:
    """One row for each channel, month and kind, in whole hundreds of dollars."""
    scale = deals / _USUAL_DEALS
    for month in _months():
        for channel, kind, amount in _SPEND:
            yield channel, f"{month:%Y-%m}", str(_to_hundreds(amount * season(month) * scale)), kind


def people_rows(deals: int) -> Iterator[tuple[str, ...]]:
    """One row for each role and month: cost in whole hundreds of dollars, hours whole."""
    scale = deals / _USUAL_DEALS
    for month in _months():
        for role in _ROLES:
            team = scale * _team_size(month)
            hours = (str(round(value * season(month) * scale)) for value in role.hours)
            cost = str(_to_hundreds(role.cost * team))
            yield role.name, f"{month:%Y-%m}", cost, f"{role.burden:g}", f"{role.acquisition_share:g}", *hours
