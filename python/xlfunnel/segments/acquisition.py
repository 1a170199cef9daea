"""What a customer costs in each channel, when the people who win them are counted too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor, fsum
from typing import TYPE_CHECKING, Annotated

from xlfunnel.errors import EmptyDenominator
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.arithmetic import exact
from xlfunnel.segments.groups import TOTAL, same_name
from xlfunnel.table import Column, Table
from xlfunnel.units import Label, Money, Number, Records, Unit, written

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["cac_by_channel"]


@dataclass(frozen=True)
class Channel:
    """What one channel spent and won, and what drives its part of the shared cost."""

    name: str
    spend: float
    customers: float
    driver: float


@dataclass(frozen=True)
class ChannelCost:
    """A channel with its part of the shared cost."""

    name: str
    spend: float
    customers: float
    allocated: float

    @property
    def marketing_only(self) -> float | EmptyDenominator:
        """Marketing spend for each customer."""
        return self._per_customer(self.spend)

    @property
    def fully_loaded(self) -> float | EmptyDenominator:
        """Marketing spend and allocated cost for each customer."""
        return self._per_customer(self.spend + self.allocated)

    def _per_customer(self, cost: float) -> float | EmptyDenominator:
        if not self.customers:
            who = "the channels together" if self.name == TOTAL else self.name
            return EmptyDenominator(f"{who} won no customer to divide the cost by")
        return cost / self.customers


@metric(
    formula="(marketing spend + shared cost × driver ÷ all drivers) ÷ customers, per channel",
    source='"Sales and Marketing Alignment: The Metrics That End the Blame Game" (Keith Lacy), fully loaded CAC',
    caution="Take hours or opportunities worked as the driver; revenue as the driver is circular.",
    example=Example(
        args=(["Paid", "Organic"], [40_000, 15_000], [20, 10], [400, 900], 130_000),
        result=(
            ("channel", "marketing-only CAC", "allocated cost", "fully loaded CAC"),
            ("Paid", 2_000.0, 40_000.0, 4_000.0),
            ("Organic", 1_500.0, 90_000.0, 10_500.0),
            ("Total", 55_000 / 30, 130_000.0, 185_000 / 30),
        ),
    ),
)
def cac_by_channel(
    channel: Annotated[Sequence[str], Records(Label()), "Each channel; rows of the same one are added up"],
    marketing_spend: Annotated[
        Sequence[float], Records(Number(Unit.MONEY, low=0)), "Marketing spend of each channel"
    ],
    customers: Annotated[Sequence[float], Records(Number(Unit.COUNT, low=0)), "Customers each channel won"],
    driver: Annotated[
        Sequence[float],
        Records(Number(Unit.COUNT, low=0)),
        "What the shared cost follows: sales hours, or opportunities worked",
    ],
    shared_cost: Annotated[Money, "Sales and other cost to share out"],
) -> Table:
    """Cost of a new customer in each channel: by marketing spend alone, and with its part of the shared cost.

    The parts add up to the shared cost to the cent. A channel without customers has no cost for each, and its cost
    stays in the total. A cost with nothing to share it by (every driver is 0) raises `EmptyDenominator`.
    """
    rows = zip(channel, marketing_spend, customers, driver, strict=True)
    return cost_table(channel_costs((Channel(*row) for row in rows), shared_cost))


def channel_costs(channels: Iterable[Channel], shared_cost: float) -> tuple[ChannelCost, ...]:
    """Each channel with its part of the shared cost, and the total of all as the last one.

    Channels that differ only in case or spacing are one, under the first spelling.
    """
    joined = _joined(channels)
    parts = allocate(shared_cost, [channel.driver for channel in joined])
    costs = [ChannelCost(c.name, c.spend, c.customers, part) for c, part in zip(joined, parts, strict=True)]
    total = ChannelCost(
        TOTAL, fsum(c.spend for c in costs), fsum(c.customers for c in costs), float(_cents(shared_cost)) / 100
    )
    return *costs, total


def cost_table(costs: Iterable[ChannelCost]) -> Table:
    """The channels as CAC_BY_CHANNEL shows them."""
    return Table(
        (
            Column("channel", Unit.TEXT),
            Column("marketing-only CAC", Unit.MONEY),
            Column("allocated cost", Unit.MONEY),
            Column("fully loaded CAC", Unit.MONEY),
        ),
        tuple((cost.name, cost.marketing_only, cost.allocated, cost.fully_loaded) for cost in costs),
    )


def allocate(cost: float, drivers: Sequence[float]) -> tuple[float, ...]:
    """A cost shared out in proportion to the drivers, in whole cents that add up to it.

    Each part is cut to the cent; the cents left over go to the parts that lost most by the cut, the first of equals.

    >>> allocate(100, [1, 1, 1])
    (33.34, 33.33, 33.33)
    """
    cents = _cents(cost)
    weights = [exact(driver) for driver in drivers]
    whole = sum(weights, Fraction(0))
    if not whole:
        if cents:
            msg = f"driver is 0 in every channel, so that {written(cost)} cannot be shared out"
            raise EmptyDenominator(msg)
        return (0.0,) * len(drivers)
    parts = [cents * weight / whole for weight in weights]
    cut = [floor(part) for part in parts]
    by_loss = sorted(range(len(parts)), key=lambda i: cut[i] - parts[i])
    for i in by_loss[: cents - sum(cut)]:
        cut[i] += 1
    return tuple(part / 100 for part in cut)


def _cents(cost: float) -> int:
    return int(Decimal(repr(float(cost))).scaleb(2).to_integral_value(ROUND_HALF_UP))


def _joined(channels: Iterable[Channel]) -> list[Channel]:
    same: dict[str, list[Channel]] = {}
    for channel in channels:
        same.setdefault(same_name(channel.name), []).append(channel)
    return [
        Channel(
            rows[0].name,
            fsum(row.spend for row in rows),
            fsum(row.customers for row in rows),
            fsum(row.driver for row in rows),
        )
        for rows in same.values()
    ]
