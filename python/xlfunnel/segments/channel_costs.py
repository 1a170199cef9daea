"""Cost of acquisition by channel for the refresh: spend and people of the months, customers of the deals."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor, fsum
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.source_names import source_key
from xlfunnel.crm.tables import Kind
from xlfunnel.errors import EmptyDenominator
from xlfunnel.segments.acquisition import Channel, ChannelCost, channel_costs
from xlfunnel.segments.counting import Counting, Part, slim
from xlfunnel.segments.deals import group_of, observed
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.findings import Figure, Finding
from xlfunnel.segments.frames import one_if, rows_of
from xlfunnel.segments.groups import BLANK, TOTAL
from xlfunnel.segments.periods import window_words
from xlfunnel.table import Column, Table
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xlfunnel.crm.costs import PersonRow, SpendRow
    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.canonical import Canonical
    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell

SPEND_FILE: Final = "a spend file with Channel, Month, Amount and Kind"
PEOPLE_FILE: Final = "a people file with Role, Month, Cost, Burden and Acquisition share"


@dataclass(frozen=True)
class Span:
    """Days from `first` (None: from the beginning) to `last`, both of them included."""

    first: date | None
    last: date

    def earlier(self, days: int) -> Span:
        """The same span so many days before."""
        back = timedelta(days=days)
        return Span(self.first - back if self.first else None, self.last - back)

    def share_of(self, month: date) -> float:
        """The part of a month's days that lie in the span; a cost is spread evenly over its month."""
        length = monthrange(month.year, month.month)[1]
        begin = max(month, self.first) if self.first else month
        end = min(month.replace(day=length), self.last)
        return max((end - begin).days + 1, 0) / length


@dataclass(frozen=True)
class ChannelFacts:
    """What is known of one channel before any cost is shared out."""

    name: str
    spend: float
    spend_without_lag: float
    customers: int
    hours: float
    opportunities: int

    @property
    def nothing(self) -> bool:
        """Whether the channel neither cost nor won anything in the window, nor was worked."""
        return not (self.spend or self.spend_without_lag or self.customers or self.hours or self.opportunities)


@dataclass(frozen=True)
class Acquisition:
    """The channels with their cost, as far as there are files for it."""

    facts: tuple[ChannelFacts, ...]
    people_cost: float | None
    """Loaded cost of the people who win customers; None without a people file."""
    by_hours: bool
    note: str
    customers: Counting

    def marketing_only(self) -> Figure:
        """Marketing spend for each customer, over all channels."""
        return self._figure(self._costs(0.0)[-1].marketing_only, {"marketing_spend": self._spend})

    def fully_loaded(self) -> Figure:
        """Marketing spend and people for each customer, over all channels."""
        if self.people_cost is None:
            raise MissingColumns([PEOPLE_FILE])
        made_of = {"marketing_spend": self._spend, "sales_cost": self.people_cost}
        return self._figure(self._costs(self.people_cost)[-1].fully_loaded, made_of)

    def by_channel(self) -> Finding:
        """Each channel and the total, with the drivers side by side and the figures without lag."""
        costs = self._costs(self.people_cost or 0.0)
        plain = self._costs(self.people_cost or 0.0, lag=False)
        total = ChannelFacts(
            TOTAL,
            fsum(f.spend for f in self.facts),
            fsum(f.spend_without_lag for f in self.facts),
            sum(f.customers for f in self.facts),
            fsum(f.hours for f in self.facts),
            sum(f.opportunities for f in self.facts),
        )
        columns: list[tuple[Column, list[Cell]]] = []

        def show(name: str, unit: Unit, cells: Sequence[Cell]) -> None:
            columns.append((Column(name, unit), list(cells)))

        facts = [*self.facts, total]
        show("channel", Unit.TEXT, [f.name for f in facts])
        show("spend", Unit.MONEY, [f.spend for f in facts])
        show("customers", Unit.COUNT, [f.customers for f in facts])
        show("marketing-only CAC", Unit.MONEY, [c.marketing_only for c in costs])
        if self.people_cost is not None:
            show("allocated cost", Unit.MONEY, [c.allocated for c in costs])
            show("fully loaded CAC", Unit.MONEY, [c.fully_loaded for c in costs])
            show("hours", Unit.HOURS, [f.hours for f in facts])
            show("opportunities worked", Unit.COUNT, [f.opportunities for f in facts])
            if self.by_hours:
                other = self._costs(self.people_cost, by_hours=False)
                show("fully loaded CAC by opportunities", Unit.MONEY, [c.fully_loaded for c in other])
        show("spend without lag", Unit.MONEY, [f.spend_without_lag for f in facts])
        show("marketing-only CAC without lag", Unit.MONEY, [c.marketing_only for c in plain])
        if self.people_cost is not None:
            show("fully loaded CAC without lag", Unit.MONEY, [c.fully_loaded for c in plain])
        rows = tuple(zip(*(cells for _, cells in columns), strict=True))
        return Finding(Table(tuple(column for column, _ in columns), rows), self.note)

    def _costs(self, shared: float, *, lag: bool = True, by_hours: bool | None = None) -> tuple[ChannelCost, ...]:
        hours = self.by_hours if by_hours is None else by_hours
        return channel_costs(
            (
                Channel(
                    f.name,
                    f.spend if lag else f.spend_without_lag,
                    f.customers,
                    f.hours if hours else f.opportunities,
                )
                for f in self.facts
            ),
            shared,
        )

    @property
    def _spend(self) -> float:
        return fsum(f.spend for f in self.facts)

    def _figure(self, cost: float | EmptyDenominator, made_of: Mapping[str, float]) -> Figure:
        if isinstance(cost, EmptyDenominator):
            raise cost
        customers = sum(f.customers for f in self.facts)
        known = {**made_of, "customers": customers}
        return Figure(cost, customers, note=self.note, made_of=known, counted=self.customers)


def acquisition(
    deals: Canonical,
    spend: Sequence[SpendRow],
    people: Sequence[PersonRow],
    as_of: date,
    definitions: Definitions,
) -> Acquisition:
    """Spend, people and won deals of the window put together by channel, which is the deals' source.

    Spend is taken one median cycle of won deals earlier where the definitions say so and the spend file reaches
    back that far. `MissingColumns` without a spend file or without sources.
    """
    if not spend:
        raise MissingColumns([SPEND_FILE])
    deals.need("source", "closed_day")
    window = definitions.window
    span = Span(None if window is None else as_of - timedelta(days=window - 1), as_of)
    seen = observed(deals.frame, day_number(as_of), window)
    lag, lag_note = _lag(group_of(seen).cycles.won_median, spend, span, definitions)
    facts = _facts(seen, spend, people, (span.earlier(lag), span), definitions)
    by_hours = definitions.cac_driver == "hours" and any(f.hours for f in facts)
    cost = fsum(row.loaded_cost * span.share_of(row.month) for row in people) if people else None
    unmoved = "People cost is not taken earlier." if people and lag else ""
    notes = [
        lag_note,
        unmoved,
        _driver_note(definitions, by_hours=by_hours) if people else "",
        _reach_note(spend, span),
        _free_note(facts),
    ]
    rule = f"Won {window_words(as_of, window)}: each won deal is a new customer"
    customers = Counting(
        "customers", Kind.OPPORTUNITIES, slim(seen, "won"), (Part("customer", rule, nw.col("won") == 1),)
    )
    return Acquisition(facts, cost, by_hours, " ".join(note for note in notes if note), customers)


def _facts(
    seen: Frame,
    spend: Sequence[SpendRow],
    people: Sequence[PersonRow],
    spans: tuple[Span, Span],
    definitions: Definitions,
) -> tuple[ChannelFacts, ...]:
    """What the deals, the spend (with lag and without) and the logged hours say of each channel, largest first."""
    worked = one_if(nw.col("is_open") | nw.col("is_closed"))
    sums = seen.with_columns(worked=worked).group_by("source").agg(nw.col("won").sum(), nw.col("worked").sum())
    rows = sorted(rows_of(sums), key=lambda row: (row["source"] is None, row["source"] or ""))  # as engines do not
    deals = {row["source"] or BLANK: row for row in rows}
    renamed = {source_key(old): new for old, new in definitions.sources.items()}

    def summed(amounts: Iterable[tuple[str, float]]) -> dict[str, float]:
        """By channel, under a key that is the same for the deals' sources, the spend and the hours."""
        found: dict[str, float] = {}
        for name, amount in amounts:
            key = source_key(renamed.get(source_key(name), name))
            found[key] = found.get(key, 0.0) + amount
        return found

    won = summed((name, row["won"] or 0) for name, row in deals.items())
    worked_on = summed((name, row["worked"] or 0) for name, row in deals.items())
    lagged, plain = (summed((r.channel, r.amount * span.share_of(r.month)) for r in spend) for span in spans)
    hours = summed((c, h * spans[1].share_of(r.month)) for r in people for c, h in r.hours.items())
    names = {source_key(n): n for r in reversed(people) for n in r.hours}
    names |= {source_key(r.channel): r.channel for r in reversed(spend)}
    names |= {source_key(name): name for name in deals}
    names |= {source_key(name): name for name in renamed.values()}
    found = [
        ChannelFacts(
            names[key],
            lagged.get(key, 0.0),
            plain.get(key, 0.0),
            int(won.get(key, 0)),
            hours.get(key, 0.0),
            int(worked_on.get(key, 0)),
        )
        for key in won | plain | hours
    ]
    return tuple(_largest_first([facts for facts in found if not facts.nothing]))


def _largest_first(facts: Sequence[ChannelFacts]) -> list[ChannelFacts]:
    return sorted(facts, key=lambda f: (f.name == BLANK, -f.spend, -f.hours, -f.customers, f.name.casefold()))


def _lag(median: float | None, spend: Sequence[SpendRow], span: Span, definitions: Definitions) -> tuple[int, str]:
    """How many days earlier spend is taken, and the sentence that says so."""
    same_days = "Spend is of the same days as the customers"
    if not definitions.cac_lag:
        return 0, f"{same_days}."
    if median is None:
        return 0, f"{same_days}: no won deal has a cycle to take it earlier by."
    lag = floor(median + 0.5)
    begins = min(row.month for row in spend)
    needed = span.earlier(lag).first
    if needed and begins > needed:
        return 0, (
            f"{same_days}: to take it one median cycle ({lag} days) earlier, the spend file would have to begin in "
            f"{needed:%Y-%m}, and it begins in {begins:%Y-%m}."
        )
    return lag, f"Spend is taken one median cycle ({lag} days) before the customers."


def _driver_note(definitions: Definitions, *, by_hours: bool) -> str:
    if by_hours:
        return "People cost goes to channels by logged hours."
    wanted = " because no hours are logged" if definitions.cac_driver == "hours" else ""
    return f"People cost goes to channels by opportunities worked{wanted}."


def _free_note(facts: Sequence[ChannelFacts]) -> str:
    """A channel that won customers at no spend may be free, or missing from the file: the reader must know."""
    free = [f.name for f in facts if f.customers and not f.spend and not f.spend_without_lag]
    return f"Customers without any spend in the file: {', '.join(free)}." if free else ""


def _reach_note(spend: Sequence[SpendRow], span: Span) -> str:
    """Months of the window that the spend file does not hold make a cost look small: say so."""
    begins, ends = min(row.month for row in spend), max(row.month for row in spend)
    notes = []
    if span.first and begins > span.first:
        notes.append(f"The spend file begins in {begins:%Y-%m}, after the window does.")
    if (ends.year, ends.month) < (span.last.year, span.last.month):
        notes.append(f"The spend file ends in {ends:%Y-%m}.")
    return " ".join(notes)
