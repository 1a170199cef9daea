"""Whether an engine tells texts apart letter by letter: what it merges would be counted as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from xlfunnel.segments.frames import rows_of
from xlfunnel.sources.lookups import stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.segments.frames import Frame


def merging_columns(frame: Frame, columns: Sequence[str]) -> list[str]:
    """Those of some columns of texts in which two texts that differ in case alone are one to the engine.

    That is a property of a column (its collation), so one row tells it: its text with `a` and with `A` behind it.
    """
    if not columns:
        return []
    row = frame.select(*columns).head(1)
    small, capital = (
        row.select(**{name: nw.concat_str([nw.col(name).fill_null(""), nw.lit(sign)]) for name in columns})
        for sign in "aA"
    )
    both = nw.concat([small, capital])
    each = [both.select(name).unique().select(texts=nw.len()).with_columns(column=nw.lit(name)) for name in columns]
    found = {row["column"] for row in rows_of(stacked(each)) if row["texts"] == 1}
    return [name for name in columns if name in found]
