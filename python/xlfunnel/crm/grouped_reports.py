"""Reports that were grouped: a group's name stands once, in its first row, and holds for all rows below it."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from xlfunnel.crm.profiles import ARROWS, header_text
from xlfunnel.crm.text_array import as_texts, blank_ones, filled_down, matches, replaced
from xlfunnel.crm.vocabulary import footer_pattern, vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNT = r" ?\([\d.,]+\)$"
"""How many records a group has, behind its name: `Webinar (12)`."""


def grouped_columns(names: Sequence[str], below: pa.RecordBatch) -> dict[int, pa.StringArray]:
    """The columns by which a report was grouped, with the name of its group in each row; none in other files.

    They come first, their headers carry the arrow of a sorted column, and subtotals stand among their cells. Rows
    that are blank stay so.
    """
    named = [place for place, name in enumerate(names) if header_text(name)]
    sorted_first = list(takewhile(lambda place: any(arrow in names[place] for arrow in ARROWS), named))
    columns = {place: as_texts(below.column(place)) for place in sorted_first}
    subtotal = footer_pattern(vocabulary().subtotals)
    if not any(matches(column, subtotal).any() for column in columns.values()):
        return {}
    filled = np.zeros(below.num_rows, dtype=np.bool_)
    for column in below.columns:
        filled |= ~blank_ones(as_texts(column))
    return {place: _named_groups(filled_down(column, filled)) for place, column in columns.items()}


def _named_groups(column: pa.StringArray) -> pa.StringArray:
    """Without the counts behind the names, where every group has one."""
    names = column.filter(pa.array(~matches(column, footer_pattern(vocabulary().footers)))).drop_null()
    return replaced(column, COUNT, "") if len(names) and matches(names, COUNT).all() else column
