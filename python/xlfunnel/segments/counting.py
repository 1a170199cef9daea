"""Which records a figure counts, and as what: declared beside the figure's computation, over the frame it sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

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
        return sum(word is not None if part is None else word == part for word in self.words[name])


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
        found = _collected(frame, same)
        places = found[RECORD]
        for one in same:
            tests = [found[_flag(one, at)] for at in range(len(one.parts))]
            first = np.select(tests, range(len(tests)), default=-1)
            codes[one.name][places] = first
            if one.value:
                values[one.name][places] = np.where(first >= 0, found[_value(one)], np.nan)
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


def _collected(frame: Frame, countings: Sequence[Counting]) -> dict[str, Any]:
    """The tests and values of countings over their frame, as arrays."""
    import numpy as np  # noqa: PLC0415

    tests = {
        _flag(one, at): part.when.fill_null(value=False) for one in countings for at, part in enumerate(one.parts)
    }
    values = {_value(one): nw.col(one.value).cast(nw.Float64) for one in countings if one.value}
    columns = [test.alias(name) for name, test in {**tests, **values}.items()]
    table = frame.select(nw.col(RECORD), *columns).collect("pyarrow").to_native()
    found = {RECORD: table[RECORD].to_numpy()}
    found |= {name: table[name].to_numpy().astype(bool) for name in tests}
    return found | {name: table[name].to_numpy().astype(np.float64) for name in values}


def _flag(counting: Counting, part: int) -> str:
    return f"{counting.name}, part {part}"


def _value(counting: Counting) -> str:
    return f"{counting.name}, value"


def _plain(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124  # only what is no number differs from itself
