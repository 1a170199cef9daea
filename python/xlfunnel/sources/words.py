"""The words that a column of a source holds: each once, judged here by the rules of the exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np

from xlfunnel.crm.cells import Cells, tidy_cells
from xlfunnel.crm.text_array import text_array
from xlfunnel.sources.typed import NO_TEXT, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xlfunnel.crm.text_array import Integers

MOST = 5_000
"""A column with more words than this is none of words."""


@dataclass(frozen=True)
class CountedCells(Cells):
    """Words, each in one row, that stand for as many rows of the source as `weights` says."""

    weights: Integers

    def counts(self) -> Integers:
        """How many rows of the source hold each distinct value."""
        kept = ~self.blank
        found = np.bincount(self.codes[kept], weights=self.weights[kept], minlength=len(self.values))
        return found.astype(np.int64)


@dataclass(frozen=True)
class Words:
    """The distinct texts of a column as they stand there."""

    name: str
    raw: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def cells(self) -> CountedCells:
        """The texts, tidied, one row each."""
        found = tidy_cells(np.arange(len(self.raw), dtype=np.int32), text_array(self.raw))
        return CountedCells(found.codes, found.values, np.array(self.counts, dtype=np.int64))

    def tidied(self) -> list[str]:
        """Each text as it is read; an empty one where it is blank."""
        cells = self.cells
        return [cells.text(place) for place in range(len(self.raw))]

    def where(self, test: Callable[[str], bool]) -> nw.Expr:
        """Whether a row's text passes a test; a blank does not."""
        return one_of(
            self.name, [raw for raw, text in zip(self.raw, self.tidied(), strict=True) if text and test(text)]
        )

    def coded(self, codes: Sequence[int], blank: int) -> nw.Expr:
        """A whole number for each row's text; `codes` has one for each of `raw`."""
        found = nw.lit(blank)
        for code in sorted(set(codes) - {blank}):
            held = [raw for raw, one in zip(self.raw, codes, strict=True) if one == code]
            found = nw.when(one_of(self.name, held)).then(nw.lit(code)).otherwise(found)
        return found

    def renamed(self, names: Sequence[str]) -> nw.Expr:
        """Another text for each row's text; an empty one makes it null."""
        changed: dict[str, list[str]] = {}
        for raw, name in zip(self.raw, names, strict=True):
            if raw != name or not name:
                changed.setdefault(name, []).append(raw)
        found = nw.col(self.name)
        for name, held in changed.items():
            found = nw.when(one_of(self.name, held)).then(nw.lit(name) if name else NO_TEXT).otherwise(found)
        return found
