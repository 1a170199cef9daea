"""Which deals of the window each figure counts, told beside the columns that it is computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import narwhals as nw

from xlfunnel.crm.tables import Kind
from xlfunnel.segments.counting import Counting, Part
from xlfunnel.segments.periods import day_words, window_words

if TYPE_CHECKING:
    from datetime import date

    from xlfunnel.segments.frames import Frame


@dataclass(frozen=True)
class DealCountings:
    """The deals that figures count: each test reads a column that the figure sums."""

    seen: Frame
    """The deals of the definitions as `observed` from the day over the window, and what is told beside figures."""
    as_of: date
    window_days: int | None

    def velocity(self) -> Counting:
        """Velocity's number of deals are the open ones; its other three levers rest on the closed ones."""
        return self._counting("velocity", (self._open(), *self._closed()))

    def outcomes(self) -> Counting:
        """The win rate's deals, with the amounts that coverage by value adds up."""
        return self._counting("outcomes", self._closed(), "closed_value")

    def won_amounts(self) -> Counting:
        """The deals of the average deal."""
        has_amount = ~nw.col("won_amounts").is_null()
        part = Part("won", f"Won {self._when}, with an amount: a blank one does not count", has_amount)
        return self._counting("won amounts", (part,), "won_amounts")

    def closed_cycles(self) -> Counting:
        """The deals of the mean cycle that velocity takes."""
        has_cycle = ~nw.col("closed_cycles").is_null()
        part = Part("closed", f"Closed {self._when}, no earlier than it was created", has_cycle)
        return self._counting("closed cycles", (part,), "closed_cycles")

    def won_cycles(self) -> Counting:
        """The deals of the cycles that are shown to people."""
        has_cycle = ~nw.col("won_cycles").is_null()
        part = Part("won", f"Won {self._when}, closed no earlier than it was created", has_cycle)
        return self._counting("won cycles", (part,), "won_cycles")

    def standing(self) -> Counting:
        """The open deals, overdue and not."""
        rule = f"Open and qualified on {self._day}, expected to close before it"
        overdue = Part("overdue", rule, ~nw.col("overdue").is_null())
        on_time = replace(self._open(), name="not overdue", rule=f"{self._open().rule}, expected later or on no day")
        return self._counting("standing", (overdue, on_time))

    def _open(self) -> Part:
        return Part("open", f"Open and qualified on {self._day}", nw.col("open") == 1)

    def _closed(self) -> tuple[Part, ...]:
        return (
            Part("won", f"Closed as won {self._when}", nw.col("won") == 1),
            Part("lost", f"Closed as lost {self._when}", nw.col("lost") == 1),
            Part("no decision", f"Closed with no decision {self._when}", nw.col("no_decision") == 1),
        )

    def _counting(self, name: str, parts: tuple[Part, ...], value: str = "") -> Counting:
        return Counting(name, Kind.OPPORTUNITIES, self.seen, parts, value)

    @property
    def _day(self) -> str:
        return day_words(self.as_of)

    @property
    def _when(self) -> str:
        return window_words(self.as_of, self.window_days)
