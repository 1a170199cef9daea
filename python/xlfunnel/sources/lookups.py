"""What was decided here of each text of a column, taken back to the rows that hold it; and rows of several frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import pyarrow as pa

from xlfunnel.segments.frames import frame_beside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.segments.frames import Frame

_TYPES: dict[type, tuple[pa.DataType, Any]] = {
    str: (pa.string(), nw.String),
    int: (pa.int64(), nw.Int64),
    float: (pa.float64(), nw.Float64),
}


def looked_up(frame: Frame, column: str, kind: type, **found: Mapping[str, str | float | None]) -> Frame:
    """The frame with a column for each of `found`: what it says of the text in `column`, null where it says nothing.

    `kind` is the type of the values. The texts must be told apart letter by letter, as they are in the engine.
    """
    texts = sorted({text for one in found.values() for text in one})
    arrow, own = _TYPES[kind]
    if not texts:
        return frame.with_columns(**{name: nw.lit(None, dtype=own) for name in found})
    columns: dict[str, pa.Array[Any]] = {"looked_up": pa.array(texts, pa.string())}
    columns |= {name: pa.array([one.get(text) for text in texts], arrow) for name, one in found.items()}
    table = pa.table(columns)
    beside = frame_beside(frame, table)
    beside = beside.with_columns(**{name: nw.col(name).cast(own) for name in found})
    return frame.join(beside, left_on=column, right_on="looked_up", how="left")


def stacked(frames: Sequence[Frame]) -> Frame:
    """Frames with the same columns one below the other; every whole number becomes one of 64 bits."""
    whole = [name for name, kind in frames[0].collect_schema().items() if kind.is_integer()]
    wide = {name: nw.col(name).cast(nw.Int64) for name in whole}
    same = [one.with_columns(**wide) if wide else one for one in frames]
    return nw.concat(same) if len(same) > 1 else same[0]
