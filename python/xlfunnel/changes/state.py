"""What one refresh knew: its records, figures and choices, as far as a later one compares them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from xlfunnel.units import Unit


class Deal(NamedTuple):
    """A deal as it stood; None is what the export did not say."""

    id: str
    name: str | None = None
    stage: str | None = None
    status: str | None = None
    amount: float | None = None
    expected: date | None = None
    created: date | None = None
    counts: str | None = None
    """"no" for a deal of a pipeline that is left out."""


class Lead(NamedTuple):
    """A lead as it stood, by the days on which something happened to it."""

    id: str
    created: date | None = None
    mql: date | None = None
    sql: date | None = None
    worked: date | None = None
    """The first touch of sales."""
    returned: date | None = None


@dataclass(frozen=True)
class Listing:
    """The records of a kind by id, each its fields in their order, or in words why they are not known.

    `fields` are those that the export had; `without_id` counts the records that cannot be followed.
    """

    by_id: Mapping[str, tuple[Any, ...]] = field(default_factory=lambda: MappingProxyType({}))
    fields: frozenset[str] = frozenset()
    without_id: int = 0
    missing: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure by its name in formulas: what it is called, its unit, and its value where it has one."""

    name: str
    label: str
    unit: Unit
    value: float | None = None


@dataclass(frozen=True)
class Levers:
    """What velocity is the product of: open deals, mean won amount, won ÷ closed, mean days of closed deals."""

    open: float
    average_deal: float
    win_rate: float
    cycle_days: float

    @property
    def values(self) -> tuple[float, float, float, float]:
        """The four in the order of the formula."""
        return self.open, self.average_deal, self.win_rate, self.cycle_days


@dataclass(frozen=True)
class Parts:
    """The seven counts and sums that velocity is made of; each is the sum of those of the sources."""

    open: float = 0.0
    won_revenue: float = 0.0
    won_with_amount: float = 0.0
    won: float = 0.0
    closed: float = 0.0
    closed_with_cycle: float = 0.0
    cycle_days: float = 0.0

    def __add__(self, other: Parts) -> Parts:
        """The parts of both together."""
        return Parts(*(one + two for one, two in zip(self.values, other.values, strict=True)))

    @property
    def values(self) -> tuple[float, ...]:
        """The seven in their order."""
        return (
            self.open,
            self.won_revenue,
            self.won_with_amount,
            self.won,
            self.closed,
            self.closed_with_cycle,
            self.cycle_days,
        )


@dataclass(frozen=True)
class State:
    """What one refresh knew, on the day of its figures."""

    as_of: date
    currency: str = ""
    choices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The agreed choices in words, by setting."""
    deals: Listing = Listing()
    leads: Listing = Listing()
    set_aside: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Rows that were not used, by rule."""
    figures: tuple[Figure, ...] = ()
    levers: Levers | None = None
    sources: Mapping[str, Parts] | None = None
    """None where the earlier refresh did not keep them."""
    files: frozenset[str] = frozenset()
    """The hashes of the files that were read."""


def day_words(day: date) -> str:
    """A day as a person writes it.

    >>> from datetime import date
    >>> day_words(date(2026, 9, 30))
    '30 Sep 2026'
    """
    return f"{day.day} {day:%b %Y}"
