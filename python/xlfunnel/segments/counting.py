"""Which records a figure counts, and as what: declared beside the figure's computation, over the frame it sums."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from xlfunnel.segments.frames import one_if

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from xlfunnel.crm.tables import Kind
    from xlfunnel.segments.frames import Frame

RECORD: Final = "record"
"""The column of a frame that holds each record's place in its canonical table."""


@dataclass(frozen=True)
class Part:
    """What some of a figure's records count as: a word or two, the rule that counted them, and the test itself."""

    name: str
    rule: str
    when: nw.Expr


@dataclass(frozen=True)
class Counting:
    """The records of a figure; figures that count the same ones as the same share one, by its `name`.

    A record counts as the first part whose test it passes; one that passes none is not among the figure's records.
    """

    name: str
    kind: Kind
    frame: Frame
    parts: tuple[Part, ...]
    value: str = ""
    """The column of the frame that the figure adds up, or takes the mean or median of, where it has one."""


@dataclass(frozen=True)
class Marked:
    """The records that any of some figures counts, in the order of their table."""

    records: tuple[int, ...]
    """Their places in the canonical table."""
    words: Mapping[str, tuple[str | None, ...]]
    """By counting: what each of them counts as, None where it does not count."""
    values: Mapping[str, tuple[float | None, ...]]
    """By counting that has one: the value that each of them adds."""

    def count(self, name: str, part: str | None = None) -> int:
        """How many records a counting has, or one part of it."""
        counts = self._counts[name]
        return counts.total() - counts[None] if part is None else counts[part]

    @cached_property
    def _counts(self) -> Mapping[str, Counter[str | None]]:
        return {name: Counter(words) for name, words in self.words.items()}


def numbered(table: pa.Table) -> pa.Table:
    """A canonical table whose records say where in it they stand."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    return table.append_column(RECORD, pa.array(np.arange(table.num_rows, dtype=np.int64)))


def slim(frame: Frame, *columns: str) -> Frame:
    """The frame with these columns alone, so that it takes little room until its records are asked for.

    One that does not number its records stays as it is: nobody can ask for them.
    """
    return frame.select(RECORD, *columns) if RECORD in frame.collect_schema().names() else frame


def marked(countings: Sequence[Counting], rows: int) -> Marked:
    """What the records of a table of so many rows count as; all countings are of the table's kind."""
    import numpy as np  # noqa: PLC0415

    codes = {one.name: np.full(rows, -1, dtype=np.int8) for one in countings}
    values = {one.name: np.full(rows, np.nan) for one in countings if one.value}
    for frame, same in _by_frame(countings):
        places, found = _collected(frame, same)
        for one in same:
            tests = [found[one.name, at] for at in range(len(one.parts))]
            first = np.select(tests, range(len(tests)), default=-1)
            codes[one.name][places] = first
            if one.value:
                values[one.name][places] = np.where(first >= 0, found[one.name, None], np.nan)
    kept = np.flatnonzero(np.any([held >= 0 for held in codes.values()], axis=0)) if codes else np.empty(0, int)
    names = {one.name: np.array([*(part.name for part in one.parts), None], dtype=object) for one in countings}
    return Marked(
        tuple(kept.tolist()),
        {name: tuple(names[name][held[kept]].tolist()) for name, held in codes.items()},
        {name: tuple(_plain(value) for value in held[kept].tolist()) for name, held in values.items()},
    )


def _by_frame(countings: Sequence[Counting]) -> list[tuple[Frame, list[Counting]]]:
    """The countings by the frame that they share, so that each frame is computed once."""
    groups: dict[int, tuple[Frame, list[Counting]]] = {}
    for one in countings:
        groups.setdefault(id(one.frame), (one.frame, []))[1].append(one)
    return list(groups.values())


_Asked = tuple[str, int | None]
"""A counting's name, and the number of one of its parts or None for its value."""


def _collected(frame: Frame, countings: Sequence[Counting]) -> tuple[Any, dict[_Asked, Any]]:
    """The places of the records, and the tests and values of countings over their frame, as arrays."""
    import numpy as np  # noqa: PLC0415

    asked: dict[_Asked, nw.Expr] = {
        (one.name, at): one_if(part.when) for one in countings for at, part in enumerate(one.parts)
    }
    asked |= {(one.name, None): nw.col(one.value).cast(nw.Float64) for one in countings if one.value}
    # Names of figures are no names of columns in every database.
    columns = {key: f"asked_{number}" for number, key in enumerate(asked)}
    table = frame.select(nw.col(RECORD), *(test.alias(columns[key]) for key, test in asked.items()))
    found = table.collect("pyarrow").to_native()
    kinds = {key: np.float64 if key[1] is None else bool for key in asked}
    return found[RECORD].to_numpy(), {key: found[columns[key]].to_numpy().astype(kinds[key]) for key in asked}


def _plain(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124  # only what is no number differs from itself
