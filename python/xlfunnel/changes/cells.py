"""Measured cells of a workbook before and after a refresh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class CellChange:
    """One measured figure: its table, row and column in words, what it showed and shows, and how much that is.

    `share` is the change as a share of what it was, where both are numbers.
    """

    where: str
    before: str
    now: str
    share: float | None = None


def largest_first(changes: Iterable[CellChange]) -> tuple[CellChange, ...]:
    """The largest changes relative to what was there; then what cannot be said so, in its order.

    >>> one, two = CellChange("Booked", "100", "110", 0.1), CellChange("Won", "2", "1", -0.5)
    >>> [change.where for change in largest_first([CellChange("Deal", "blank", "9"), one, two])]
    ['Won', 'Booked', 'Deal']
    """
    return tuple(sorted(changes, key=lambda one: (one.share is None, -abs(one.share or 0.0))))
