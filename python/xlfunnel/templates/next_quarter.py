"""What a template says of the turn of a quarter: what is kept as history, what starts anew, what to agree again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

QUARTER: Final = "Quarter"
DEFINITIONS: Final = "Definitions"
FROZEN_ON: Final = "Frozen on"
"""Columns of every history table, which the turn of a quarter fills by itself."""


@dataclass(frozen=True)
class Kept:
    """One column of the history.

    `source` is a column of the table whose rows are kept ("MQLs needed"), a column of another table with the same key
    in its first column ("Rates[Won]"), or the name of a cell ("deals_total"), which then stands in every row.
    """

    column: str
    source: str


@dataclass(frozen=True)
class NextQuarter:
    """What happens when a quarter ends.

    Each row of table `rows` that has a key (its first column) becomes a row of table `history`: the quarter, the
    definitions' version and the day, and what `kept` says; the key goes into the column with the key's own heading.
    `cleared` are inputs of the quarter that starts: columns such as "Pace[Received]", or names of cells. `carried`
    are the cells or columns that say where a value comes from: they become "estimated", until both heads agree again.
    """

    history: str = ""
    rows: str = ""
    kept: tuple[Kept, ...] = ()
    cleared: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()


NOTHING_KEPT: Final = NextQuarter()
"""Only the calendar moves on."""
