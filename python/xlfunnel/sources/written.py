"""Dates and amounts in texts that no engine reads: each such text is brought in once, and read as an export's.

What was found goes back beside the rows. Texts that programs write (`2026-03-01`, `1200.5`) are read where they lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import narwhals as nw
import numpy as np

from xlfunnel.crm.amounts import read_amounts
from xlfunnel.crm.cells import Cells
from xlfunnel.crm.dates import NONE, DateReader
from xlfunnel.segments.frames import rows_of
from xlfunnel.sources.errors import TooManyTexts, WrongType
from xlfunnel.sources.words import Words

if TYPE_CHECKING:
    from xlfunnel.sources.cleaning import Cleaning

MOST_TEXTS: Final = 5_000
"""So many different texts of a column that are no date (or no number) as programs write them are read one by one."""
MOST_ROWS: Final = 20_000_000
"""So many rows may hold them where their separators are to be weighed against each other."""
_TIMED: Final = "1970-01-02 00:00:01"
"""Beside dates with a time of day those that are midnight have one, too."""


def read_written_dates(one: Cleaning, column: str, header: str, *, timed: bool) -> bool:
    """Read the dates of a column of texts that its engine does not, and say whether any has a time of day.

    `timed` says whether any of those has one that it does. Raises what the reading of exports raises.
    """
    words = _odd(one, column, header)
    if not words.raw:
        return timed
    texts = (*words.raw, _TIMED) if timed else words.raw
    cells = Words(column, texts, (1,) * len(texts)).cells
    reader = DateReader(one.table.name, one.definitions.dates, one.definitions.timezone)
    found = reader.read(cells, header, np.arange(1, len(cells) + 1, dtype=np.int64))
    if found.order is not None:
        one.orders.setdefault(found.order, []).append(header)
    if found.note:
        one.notes.append(found.note)
    days = {raw: day for raw, day in zip(words.raw, found.day.tolist(), strict=False) if day != NONE}
    clocks = {raw: second for raw, second in zip(words.raw, found.second.tolist(), strict=False) if second != NONE}
    if days:
        one.look_up(column, int, told_day=days, told_second=clocks)
        known = ~nw.col("told_day").is_null()
        one.add(
            **{
                f"d_{column}": nw.coalesce(nw.col(f"d_{column}"), nw.col("told_day")),
                f"c_{column}": nw.coalesce(nw.col(f"c_{column}"), nw.col("told_second")),
                f"u_{column}": nw.col(f"u_{column}") & ~known,
            }
        )
        one.drop("told_day", "told_second")
    return timed or any(clocks.values())


def read_written_amounts(one: Cleaning, column: str, header: str) -> None:
    """Read the amounts of a column of texts that its engine does not; texts that name a currency are refused."""
    words = _odd(one, column, header)
    if not words.raw:
        return
    if sum(words.counts) > MOST_ROWS:
        raise TooManyTexts(one.table.name, header, MOST_TEXTS, words.raw[0])
    cells = words.cells
    rows = Cells(np.repeat(cells.codes, words.counts), cells.values)  # the more frequent way to write decides
    found = read_amounts(one.table.name, header, rows, decimal=one.definitions.decimal, typed=True)
    named = np.flatnonzero(~found.currency.blank)
    if len(named):
        raise WrongType(one.table.name, header, "text", "numbers without a currency", rows.text(int(named[0])))
    if found.note:
        one.notes.append(found.note)
    first = np.cumsum([0, *words.counts[:-1]])
    values = {raw: value for raw, value in zip(words.raw, found.value[first].tolist(), strict=True) if value == value}  # noqa: PLR0124
    if values:
        one.look_up(column, float, told_value=values)
        one.add(
            **{
                f"v_{column}": nw.coalesce(nw.col(f"v_{column}"), nw.col("told_value")),
                f"u_{column}": nw.col(f"u_{column}") & nw.col("told_value").is_null(),
            }
        )
        one.drop("told_value")


def _odd(one: Cleaning, column: str, header: str) -> Words:
    """The texts of a column that no engine reads, the most frequent first."""
    odd = one.base.filter(nw.col(f"u_{column}")).select(word=nw.col(column))
    counted = odd.group_by("word").agg(rows=nw.len())
    rows = rows_of(counted.sort("rows", "word", descending=[True, False]).head(MOST_TEXTS + 1))
    if len(rows) > MOST_TEXTS:
        raise TooManyTexts(one.table.name, header, MOST_TEXTS, rows[0]["word"])
    return Words(column, tuple(row["word"] for row in rows), tuple(int(row["rows"]) for row in rows))
