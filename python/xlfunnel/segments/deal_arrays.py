"""Deals that are held in memory, counted with NumPy: the figures of a deals frame (see `deals`), but much faster.

Numbers are as narrow as they can be, and what is made of them on the way is made a run of deals at a time: asking the
system for the memory of whole columns would take longer than counting them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xlfunnel.segments.deals import OUTCOMES, CycleTail, DealFigures, DealHistory, Group, OpenStock, Sample, stock_of
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt
    import pyarrow as pa

    Mask = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]
    Days = npt.NDArray[np.int32]
    Places = npt.NDArray[np.int32]
    Outcomes = npt.NDArray[np.int8]
    """Places in `STATUSES`."""
    Floats = npt.NDArray[np.float64]

STATUSES: Final = (Status.OPEN, *OUTCOMES)
OPEN, WON = 0, 1
"""Places in `STATUSES`."""
NO_DAY: Final = np.iinfo(np.int32).min
NO_CYCLE: Final = -1
MONTHS_BEFORE_1970: Final = 1970 * 12
MOST_TALLIES: Final = 1 << 22
"""Up to so many pairs of group and value each has a counter of its own."""
RUN: Final = 1 << 15
"""So many deals are counted at a time."""


@dataclass(frozen=True)
class Names:
    """A column of names: for each deal the place of its name, behind the last one where it has none."""

    places: Places
    names: tuple[str, ...]

    def where(self, mask: Mask) -> Names:
        """The column of these deals only."""
        return Names(self.places[mask], self.names)


@dataclass(frozen=True)
class DealArrays:
    """The columns of canonical opportunities that figures are made of; every deal has a status."""

    status: Outcomes
    amount: Floats
    created: Days
    closed: Days
    counted: Mask
    qualified: Mask
    groups: Mapping[str, Names]

    def stock(self) -> OpenStock:
        """The open deals of every day."""
        left_open = self.status == OPEN
        placed = left_open | (self.closed != NO_DAY)
        ended = placed & ~left_open
        # A deal that closed before it was created never stood open: it leaves on the day it comes.
        left = np.maximum(self.closed[ended], self.created[ended])
        return stock_of(_tally(self.created[placed]), _tally(left))

    def seen(self, as_of: int) -> SeenDeals:
        """What a day sees of the deals that stand open on it, or closed by then."""
        later = (self.closed != NO_DAY) & (self.closed > as_of)
        is_open = (self.created <= as_of) & ((self.status == OPEN) | later)
        is_closed = (self.status != OPEN) & (self.closed != NO_DAY) & ~later
        timed = is_closed & (self.created != NO_DAY) & (self.closed >= self.created)
        cycle = np.where(timed, self.closed - np.where(timed, self.created, 0), NO_CYCLE)
        outcome = np.where(is_open, OPEN, self.status).astype(np.int8)
        seen = is_open | is_closed
        return SeenDeals(outcome, self.amount, self.closed, cycle.astype(np.int32), self.groups).where(seen)

    def in_definitions(self) -> DealArrays:
        """The deals of the pipelines that count; of the open ones only those that are qualified."""
        kept = self.counted & ((self.status != OPEN) | self.qualified)
        flags = self.counted[kept], self.qualified[kept]
        days = self.created[kept], self.closed[kept]
        return DealArrays(self.status[kept], self.amount[kept], *days, *flags, _kept(self.groups, kept))


@dataclass(frozen=True)
class SeenDeals:
    """Deals as a day sees them: each stands open, or closed with an outcome."""

    outcome: Outcomes
    amount: Floats
    closed: Days
    cycle: Days
    groups: Mapping[str, Names]

    def closed_after(self, day: int) -> SeenDeals:
        """The open ones, and those that closed after a day."""
        return self.where((self.outcome == OPEN) | (self.closed > day))

    def total(self, closed: DealFigures) -> Group:
        """All of them, given what the closed ones come to."""
        (cycles,) = self._tails(np.zeros(len(self.outcome), np.int32), 1)
        return Group(None, replace(closed, open=int((self.outcome == OPEN).sum())), cycles)

    def by(self, dimension: str) -> tuple[Group, ...]:
        """The groups by name, the blank one last."""
        held = self.groups[dimension]
        names: list[str | None] = [*held.names, None]
        size = len(names)
        found = zip(names, self._deals(held.places, size), self._tails(held.places, size), strict=True)
        groups = [Group(name, deals, cycles) for name, deals, cycles in found if deals.open or deals.closed]
        return tuple(sorted(groups, key=lambda group: (group.name is None, group.name)))

    def by_month(self, history: DealHistory) -> tuple[Group, ...]:
        """The closed ones by month of close, oldest first; months are counted from January of the year 0.

        `history` has all of the days on which one of them closed.
        """
        days, places = _placed(self._ended.closed)
        months, of_day = _placed(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32))
        every = np.arange(len(months))
        first = days[np.searchsorted(of_day, every)].tolist()
        last = days[np.searchsorted(of_day, every, side="right") - 1].tolist()
        tails = self._ended._tails(of_day.take(places), len(months))
        return tuple(
            Group(month + MONTHS_BEFORE_1970, history.closed_in(begin - 1, end), cycles)
            for month, begin, end, cycles in zip(months.tolist(), first, last, tails, strict=True)
        )

    def history(self, stock: OpenStock) -> DealHistory:
        """The closed ones day by day."""
        days, places = _placed(self._ended.closed)
        return DealHistory(tuple(days.tolist()), tuple(self._ended._deals(places, len(days))), stock)

    def where(self, mask: Mask) -> SeenDeals:
        """These deals only."""
        days = self.closed[mask], self.cycle[mask]
        return SeenDeals(self.outcome[mask], self.amount[mask], *days, _kept(self.groups, mask))

    @cached_property
    def _ended(self) -> SeenDeals:
        return self.where(self.outcome != OPEN)

    @cached_property
    def _timed(self) -> tuple[Mask, Days]:
        """Those with a cycle, and their cycles."""
        mask = self.cycle != NO_CYCLE
        return mask, self.cycle[mask]

    @cached_property
    def _timed_wins(self) -> tuple[Mask, Days]:
        mask = (self.outcome == WON) & (self.cycle != NO_CYCLE)
        return mask, self.cycle[mask]

    @cached_property
    def _priced_wins(self) -> tuple[Mask, Floats]:
        mask = (self.outcome == WON) & ~np.isnan(self.amount)
        return mask, self.amount[mask]

    def _tails(self, places: Places, size: int) -> list[CycleTail]:
        """The cycles of groups, by the place of each deal's group."""
        (wins, won), (every, timed) = self._timed_wins, self._timed
        shown = _quantiles(places[wins], won, size, (50, 75, 90))
        (medians,) = _quantiles(places[every], timed, size, (50,))
        return list(map(CycleTail, *shown, medians))

    def _deals(self, places: Places, size: int) -> list[DealFigures]:
        """The figures of groups, likewise."""
        kinds = len(STATUSES)
        counts = _pair_counts(places, self.outcome, size, kinds).reshape(size, kinds).T.tolist()
        samples = (
            _samples(places[mask], values, size)
            for mask, values in (self._priced_wins, self._timed_wins, self._timed)
        )
        return [DealFigures(*figures) for figures in zip(*counts, *samples, strict=True)]


def deal_arrays(table: pa.Table, groups: Sequence[str]) -> DealArrays:
    """The columns of a table of canonical opportunities; `groups` are columns of names."""
    known = _names(table, "status")
    places = np.array([STATUSES.index(Status(name)) for name in known.names], np.int8)
    status = places.take(known.places)
    days = _days(table.column("created_day")), _days(table.column("closed_day"))
    flags = _flags(table.column("counted")), _flags(table.column("qualified"))
    return DealArrays(
        status, _numbers(table.column("amount")), *days, *flags, {name: _names(table, name) for name in groups}
    )


def _flags(column: Any) -> Mask:
    found: Mask = column.fill_null(False).to_numpy()  # noqa: FBT003  # the value of null
    return found


def _numbers(column: Any) -> Floats:
    found: Floats = column.fill_null(np.nan).to_numpy()
    return found


def _days(column: Any) -> Days:
    found: Days = column.fill_null(NO_DAY).to_numpy().astype(np.int32, copy=False)
    return found


def _names(table: pa.Table, name: str) -> Names:
    import pyarrow as pa  # noqa: PLC0415

    column: Any = table.column(name)
    told = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    held = told.combine_chunks()
    names = held.dictionary.to_pylist()
    places = held.indices.fill_null(len(names)).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return Names(places, tuple(names))


def _kept(groups: Mapping[str, Names], mask: Mask) -> dict[str, Names]:
    return {name: held.where(mask) for name, held in groups.items()}


def _runs(count: int, size: int) -> Iterator[slice]:
    """So many deals in runs, each at least as long as the counters of what is counted."""
    step = max(RUN, size)
    return (slice(begin, begin + step) for begin in range(0, count, step))


def _tally(days: Days) -> dict[int | None, int]:
    """How many deals each day has, None standing for no day."""
    known = days != NO_DAY
    found, counts = _known(days[known])
    dated: dict[int | None, int] = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return dated | {None: int((~known).sum())}


def _samples(places: Places, values: Floats | Days, size: int) -> list[Sample]:
    """The values of each group."""
    counts, totals, squares = np.zeros(size, np.int64), np.zeros(size), np.zeros(size)
    for run in _runs(len(places), size):
        counts += np.bincount(places[run], minlength=size)
        totals += np.bincount(places[run], values[run], size)
    means = totals / np.maximum(counts, 1)
    for run in _runs(len(places), size):
        squares += np.bincount(places[run], (values[run] - means.take(places[run])) ** 2, size)
    return list(map(Sample, counts.tolist(), totals.tolist(), squares.tolist()))


def _pair_counts(places: Places, values: Outcomes | Days, size: int, width: int) -> Integers:
    """How often each pair of group and value stands there, the values counted from 0 up to the width."""
    counts = np.zeros(size * width, np.int64)
    for run in _runs(len(places), len(counts)):
        counts += np.bincount(places[run].astype(np.int64) * width + values[run], minlength=len(counts))
    return counts


def _quantiles(places: Places, values: Days, size: int, percents: Sequence[int]) -> list[list[float | None]]:
    """Quantiles of the whole numbers of each group, linear between neighbours; None for a group without any."""
    if not len(values):
        return [[None] * size for _ in percents]
    width = int(values.max()) + 1
    if size * width > MOST_TALLIES:
        pairs, counts = np.unique(places.astype(np.int64) * width + values, return_counts=True)
    else:
        tallies = _pair_counts(places, values, size, width)
        pairs = np.flatnonzero(tallies)
        counts = tallies[pairs]
    of_group, value = np.divmod(pairs, width)
    up_to = np.cumsum(counts)
    total = np.bincount(of_group, counts, size).astype(np.int64)
    before = np.cumsum(total) - total
    found = []
    for percent in percents:
        point = np.maximum(total - 1, 0) * percent
        # in order the values of a group stand behind those of the groups before it
        below, above = (
            value.take(np.searchsorted(up_to, before + rank, side="right"), mode="clip")
            for rank in (point // 100, -(-point // 100))
        )
        between = below + (above - below) * (point % 100 / 100)
        found.append([one if some else None for one, some in zip(between.tolist(), total.tolist(), strict=True)])
    return found


def _known(numbers: Days) -> tuple[Integers, Integers]:
    """The numbers that occur, in order, and how often each does."""
    low, span = _span(numbers)
    if not len(numbers) or span > MOST_TALLIES:
        found, counts = np.unique(numbers, return_counts=True)
        return found.astype(np.int64), counts
    counts = np.zeros(span, np.int64)
    for run in _runs(len(numbers), span):
        counts += np.bincount(numbers[run] - low, minlength=span)
    known = np.flatnonzero(counts)
    return known + low, counts[known]


def _placed(numbers: Days) -> tuple[Integers, Places]:
    """The numbers that occur, in order, and of each given number its place among them."""
    known, _ = _known(numbers)
    low, span = _span(numbers)
    if not len(known) or span > MOST_TALLIES:
        return known, np.searchsorted(known, numbers).astype(np.int32)
    places = np.empty(span, np.int32)
    places[known - low] = np.arange(len(known))
    return known, places.take(numbers - low)


def _span(numbers: Days) -> tuple[int, int]:
    """The lowest number, and how many there are from it up to the highest."""
    if not len(numbers):
        return 0, 0
    low = int(numbers.min())
    return low, int(numbers.max()) - low + 1
