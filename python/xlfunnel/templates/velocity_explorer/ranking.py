"""Lines in the order of their size, largest first: what a tornado and a waterfall draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xlsxwriter.utility import xl_col_to_name

from xlfunnel.templates.velocity_explorer.levers import absolute

DIGITS: Final = 6
"""Decimals to which sizes are compared: levers of equal weight must not change places by the last bit of a number."""


@dataclass(frozen=True)
class Ranked:
    """Lines of a sheet that have a size and a place by it, by their first row, number and columns (from 0)."""

    top: int
    lines: int
    size: int
    place: int

    def column(self, at: int) -> str:
        """A column of these lines, for formulas: $D$8:$D$11."""
        return f"{absolute(self.top, at)}:{absolute(self.top + self.lines - 1, at)}"

    def place_formula(self, row: int) -> str:
        """The place of a line; of equal ones the upper comes first."""
        letter = xl_col_to_name(self.size)
        here, first = f"${letter}${row + 1}", f"${letter}${self.top + 1}"
        sizes = self.column(self.size)
        return f'=IF({here}="","",RANK({here},{sizes})+COUNTIF({first}:{here},{here})-1)'

    def in_place(self, number: str, at: int) -> str:
        """A formula part: what stands in a column of the line with this place, nothing where there is none."""
        return f'IFERROR(INDEX({self.column(at)},MATCH({number},{self.column(self.place)},0)),"")'


def size_formula(part: str, blank: str) -> str:
    """A size as lines are compared by; blank where `blank` is."""
    return f'=IF({blank}="","",ROUND({part},{DIGITS}))'
