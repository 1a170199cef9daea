"""Deals that are held in memory, counted with NumPy: the figures of a deals frame (see `deals`), but much faster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xlfunnel.segments.deals import OUTCOMES, CycleTail, DealFigures, DealHistory, Group, OpenStock, Sample, stock_of
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pyarrow as pa

    Mask = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

STATUSES: Final = (Status.OPEN, *OUTCOMES)
OPEN, WON = 0, 1
"""Places in `STATUSES`."""
NO_DAY: Final = np.iinfo(np.int64).min
NO_CYCLE: Final = -1
MONTHS_BEFORE_1970: Final = 1970 * 12
MOST_TALLIES: Final = 1 << 22
"""Up to so many pairs of group and value each has a counter of its own."""


@dataclass(frozen=True)
class Names:
    """A column of names: for each deal the place of its name, behind the last one where it has none."""

    places: Integers
    names: tuple[str, ...]


@dataclass(frozen=True)
class DealArrays:
    """The columns of canonical opportunities that figures are made of; every deal has a status."""

    status: Integers  # places in `STATUSES`
    amount: Floats
    created: Integers
    closed: Integers
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
        return SeenDeals(np.where(is_open, OPEN, self.status), self.amount, self.closed, cycle, self.groups).where(
            is_open | is_closed
        )

    def in_definitions(self) -> DealArrays:
        """The deals of the pipelines that count; of the open ones only those that are qualified."""
        kept = np.flatnonzero(self.counted & ((self.status != OPEN) | self.qualified))
        flags = self.counted[kept], self.qualified[kept]
        days = self.created[kept], self.closed[kept]
        return DealArrays(self.status[kept], self.amount[kept], *days, *flags, _kept(self.groups, kept))


@dataclass(frozen=True)
class SeenDeals:
    """Deals as a day sees them: each stands open, or closed with an outcome."""

    outcome: Integers  # places in `STATUSES`
    amount: Floats
    closed: Integers
    cycle: Integers
    groups: Mapping[str, Names]

    def closed_after(self, day: int) -> SeenDeals:
        """The open ones, and those that closed after a day."""
        return self.where((self.outcome == OPEN) | (self.closed > day))

    def total(self, closed: DealFigures) -> Group:
        """All of them, given what the closed ones come to."""
        (cycles,) = self._tails(np.zeros(len(self.outcome), np.int64), 1)
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
        months, of_day = _placed(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))
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
        kept = np.flatnonzero(mask)
        days = self.closed[kept], self.cycle[kept]
        return SeenDeals(self.outcome[kept], self.amount[kept], *days, _kept(self.groups, kept))

    @cached_property
    def _ended(self) -> SeenDeals:
        return self.where(self.outcome != OPEN)

    @cached_property
    def _timed(self) -> Integers:
        """Those with a cycle."""
        return np.flatnonzero(self.cycle != NO_CYCLE)

    @cached_property
    def _timed_wins(self) -> Integers:
        found: Integers = self._timed[self.outcome[self._timed] == WON]
        return found

    @cached_property
    def _priced_wins(self) -> Integers:
        return np.flatnonzero((self.outcome == WON) & ~np.isnan(self.amount))

    def _tails(self, places: Integers, size: int) -> list[CycleTail]:
        """The cycles of groups, by the place of each deal's group."""
        won, timed = self._timed_wins, self._timed
        shown = _quantiles(places[won], self.cycle[won], size, (50, 75, 90))
        (medians,) = _quantiles(places[timed], self.cycle[timed], size, (50,))
        return list(map(CycleTail, *shown, medians))

    def _deals(self, places: Integers, size: int) -> list[DealFigures]:
        """The figures of groups, likewise."""
        kinds = len(STATUSES)
        counts = np.bincount(places * kinds + self.outcome, minlength=size * kinds).reshape(size, kinds).T.tolist()
        amounts = _samples(places[self._priced_wins], self.amount[self._priced_wins], size)
        won, timed = (
            _samples(places[kept], self.cycle[kept].astype(np.float64), size)
            for kept in (self._timed_wins, self._timed)
        )
        columns = zip(*counts, amounts, won, timed, strict=True)
        return [DealFigures(*figures) for figures in columns]


def deal_arrays(table: pa.Table, groups: Sequence[str]) -> DealArrays:
    """The columns of a table of canonical opportunities; `groups` are columns of names."""
    known = _names(table, "status")
    places = np.array([STATUSES.index(Status(name)) for name in known.names], np.int64)
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


def _days(column: Any) -> Integers:
    return np.where(column.is_null().to_numpy(), NO_DAY, column.fill_null(0).to_numpy().astype(np.int64))


def _names(table: pa.Table, name: str) -> Names:
    import pyarrow as pa  # noqa: PLC0415

    column: Any = table.column(name)
    told = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    held = told.combine_chunks()
    names = held.dictionary.to_pylist()
    places = held.indices.fill_null(len(names)).to_numpy(zero_copy_only=False).astype(np.int64)
    return Names(places, tuple(names))


def _kept(groups: Mapping[str, Names], kept: Integers) -> dict[str, Names]:
    return {name: Names(held.places.take(kept), held.names) for name, held in groups.items()}


def _tally(days: Integers) -> dict[int | None, int]:
    """How many deals each day has, None standing for no day."""
    known = days != NO_DAY
    found, counts = _known(days[known])
    dated: dict[int | None, int] = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return dated | {None: int((~known).sum())}


def _samples(places: Integers, values: Floats, size: int) -> list[Sample]:
    """The values of each group."""
    counts = np.bincount(places, minlength=size)
    totals = np.bincount(places, values, size)
    means = totals / np.maximum(counts, 1)
    squares = np.bincount(places, (values - means.take(places)) ** 2, size)
    return list(map(Sample, counts.tolist(), totals.tolist(), squares.tolist()))


def _quantiles(places: Integers, values: Integers, size: int, percents: Sequence[int]) -> list[list[float | None]]:
    """Quantiles of the whole numbers of each group, linear between neighbours; None for a group without any."""
    if not len(values):
        return [[None] * size for _ in percents]
    width = int(values.max()) + 1
    pairs, counts = _known(places * width + values)
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


def _known(numbers: Integers) -> tuple[Integers, Integers]:
    """The numbers that occur, in order, and how often each does."""
    low = int(numbers.min(initial=0))
    if not len(numbers) or int(numbers.max()) - low > MOST_TALLIES:
        return np.unique(numbers, return_counts=True)
    counts = np.bincount(numbers - low)
    known = np.flatnonzero(counts)
    return known + low, counts[known]


def _placed(numbers: Integers) -> tuple[Integers, Integers]:
    """The numbers that occur, in order, and of each given number its place among them."""
    known, _ = _known(numbers)
    if not len(known) or int(known[-1] - known[0]) > MOST_TALLIES:
        return known, np.searchsorted(known, numbers)
    places = np.empty(int(known[-1] - known[0]) + 1, np.int64)
    places[known - known[0]] = np.arange(len(known))
    return known, places.take(numbers - known[0])
