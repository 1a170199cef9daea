"""What changed, in a sentence: the command line prints it, the buttons show it, and the sheet begins with it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from xlfunnel.changes.records import Happening
from xlfunnel.changes.state import day_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xlfunnel.changes.cells import CellChange
    from xlfunnel.changes.comparing import Changes
    from xlfunnel.changes.velocity import VelocityChange

FIRST: Final = "First refresh: there is no earlier one to compare with."

_DEALS: Final = (
    (Happening.MOVED, "moved stage", "moved stage"),
    (Happening.SLIPPED, "slipped its close date", "slipped their close date"),
    (Happening.PULLED_IN, "pulled its close date in", "pulled their close date in"),
    (Happening.WON, "won", "won"),
    (Happening.LOST, "lost", "lost"),
    (Happening.NO_DECISION, "ended without a decision", "ended without a decision"),
    (Happening.REOPENED, "reopened", "reopened"),
    (Happening.NEW, "new", "new"),
    (Happening.GONE, "gone", "gone"),
    (Happening.AMOUNT_UP, "with a higher amount", "with a higher amount"),
    (Happening.AMOUNT_DOWN, "with a lower amount", "with a lower amount"),
)
_LEADS: Final = (
    (Happening.NEW_MQL, "new MQL", "new MQLs"),
    (Happening.WORKED, "lead worked", "leads worked"),
    (Happening.RETURNED, "lead returned", "leads returned"),
)
"""What the sentence tells, of one record and of several; what else happened stands on the sheet."""

_HAIR: Final = 1e-9
_WHOLE: Final = 0.01
"""From this share on a change is told in whole percent."""


def sentence(changes: Changes) -> str:
    """All of it in a few sentences, first what keeps the figures from being compared.

    The parts of the change of velocity are rounded so that they add up to the change that is told.
    """
    if changes.since is None:
        return FIRST
    since = f"the refresh as of {day_words(changes.since)}"
    after = [f"{one}." for one in changes.uncounted]
    if changes.nothing:
        again = ["The same files were read again."] if changes.same_files else []
        return " ".join([f"Nothing changed since {since}.", *again, *after])
    if changes.cells is not None:
        return f"Since {since}: {_cells(changes.cells)}."
    parts = [*_records(changes), *_aside(changes), *_velocity(changes.velocity, changes.currency)]
    said = ", ".join(parts) or "records and velocity are as they were"
    return " ".join([*(f"{one}." for one in changes.caveats), f"Since {since}: {said}.", *after])


def points(share: float, parts: Sequence[float]) -> tuple[int, float, list[float]]:
    """A share and its parts in percent, rounded so that the parts add up: decimals, the whole, the parts.

    >>> points(0.0834, [0.0508, -0.0331, 0.0657])
    (0, 8.0, [5.0, -3.0, 6.0])
    """
    decimals = 0 if abs(share) >= _WHOLE else 1
    unit = 10**decimals
    whole = round(share * 100 * unit)
    exact = [part * 100 * unit for part in parts]
    rounded = [math.floor(part) for part in exact]
    missing = whole - sum(rounded)
    for index in sorted(range(len(exact)), key=lambda at: rounded[at] - exact[at])[: max(missing, 0)]:
        rounded[index] += 1
    return decimals, whole / unit, [part / unit for part in rounded]


def signed(number: float, decimals: int = 0) -> str:
    """A number with its sign.

    >>> signed(8), signed(-3.25, 1), signed(0)
    ('+8', '−3.2', '±0')
    """
    words = f"{abs(number):,.{decimals}f}"
    if not float(words.replace(",", "")):
        return f"±{words}"
    return f"{'+' if number > 0 else '−'}{words}"


def _cells(cells: Sequence[CellChange]) -> str:
    many = f"{len(cells):,} measured cell{'' if len(cells) == 1 else 's'} changed"
    told = "; ".join(f"{one.where}: {one.before} → {one.now}{_by(one.share)}" for one in cells[:_MOST_CELLS])
    rest = len(cells) - _MOST_CELLS
    return f"{many}, the largest first: {told}" + (f"; and {rest:,} more" if rest > 0 else "")


def _by(share: float | None) -> str:
    return "" if share is None else f" ({signed(share * 100)} %)"


_MOST_CELLS: Final = 5
"""Measured cells that the sentence names."""


def _records(changes: Changes) -> Iterator[str]:
    counts = changes.counts
    told = [(counts[what], one, more) for what, one, more in _DEALS if what in counts]
    for number, (count, one, more) in enumerate(told):
        noun = "" if number else " deal" if count == 1 else " deals"
        yield f"{count:,}{noun} {one if count == 1 else more}"
    for what, one, more in _LEADS:
        if what in counts:
            yield f"{counts[what]:,} {one if counts[what] == 1 else more}"


def _aside(changes: Changes) -> Iterator[str]:
    before, now = changes.aside
    if before or now:
        rows = "row" if now == 1 else "rows"
        yield f"{now:,} {rows} set aside" + (f" ({before:,} before)" if before != now else "")


def _velocity(change: VelocityChange | None, currency: str) -> Iterator[str]:
    if change is None or change.now is None:
        return
    if change.share is None:
        money = f"{change.now:,.0f} {currency}".rstrip()
        yield f"velocity {money} a day"
        return
    decimals, whole, parts = points(change.share, [one.share for one in change.levers])
    if not whole:
        yield "velocity unchanged" if abs(change.share) < _HAIR else "velocity changed by less than 0.1 %"
        return
    told = f"velocity {signed(whole, decimals)} %"
    named = [(one.name, part) for one, part in zip(change.levers, parts, strict=False) if part]
    named.sort(key=lambda pair: -abs(pair[1]))
    yield told + (": " + ", ".join(f"{name} {signed(part, decimals)}" for name, part in named) if named else "")
