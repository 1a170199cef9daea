"""Which records of a file are set aside, and why: the first reason that holds for a record is the one that counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.tables import Rule, SetAside

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.raw import Malformed
    from xlfunnel.crm.text_array import Integers, Mask

SHOWN_CHARACTERS = 120


class Verdicts:
    """The records of one file that are set aside so far; every record is either here or used."""

    def __init__(self, file: str, rows: Integers, malformed: tuple[Malformed, ...], width: int) -> None:
        self.file = file
        self.rows = rows
        self.used: Mask = np.ones(len(rows), dtype=np.bool_)
        self.doubtful: Mask = np.zeros(len(rows), dtype=np.bool_)
        """Set aside because something in it could not be read: such a record cannot stand for its id."""
        self._read = len(rows) + len(malformed)
        self._list = [
            SetAside(
                file, line.row, "", _short(line.text), Rule.COLUMNS,
                f"{line.values} values, where the header has {width}",
            )
            for line in malformed
        ]  # fmt: skip

    @property
    def read(self) -> int:
        """Records in the file."""
        return self._read

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """All that was set aside, in the order of the rows."""
        return tuple(sorted(self._list, key=lambda entry: int(entry.row)))

    def counts(self) -> dict[Rule, int]:
        """How many were set aside by each rule."""
        found = Counter(entry.rule for entry in self._list)
        return {rule: found[rule] for rule in Rule if found[rule]}

    def judge(
        self,
        mask: Mask,
        rule: Rule,
        column: str,
        cells: Cells | None,
        detail: str | Callable[[int], str] = "",
    ) -> None:
        """Set aside those rows of `mask` that are still used, with what `cells` hold there."""
        self.judge_places(np.flatnonzero(mask), rule, column, cells, detail)

    def judge_places(
        self,
        places: Integers,
        rule: Rule,
        column: str,
        cells: Cells | None,
        detail: str | Callable[[int], str] = "",
    ) -> None:
        """Set aside the records at these places, counted from 0, unless they already are."""
        found = places[self.used[places]]
        values = [""] * len(found) if cells is None else list(map(_short, cells.texts_at(found)))
        for place, row, value in zip(found.tolist(), self.rows[found].tolist(), values, strict=True):
            told = detail if isinstance(detail, str) else detail(place)
            self._list.append(SetAside(self.file, row, column, value, rule, told))
        self.used[found] = False
        if rule not in {Rule.DUPLICATE, Rule.DELETED, Rule.TEST}:
            self.doubtful[found] = True


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…"
