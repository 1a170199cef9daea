"""More rows in a table of a workbook, and in every table that follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.saving import held
from xlfunnel.templates.ours import check_suffix, open_ours

if TYPE_CHECKING:
    from pathlib import Path


def add_rows(book: Path, output: Path, table: str, count: int) -> tuple[str, ...]:
    """Write the workbook with more rows in a table; gives the tables that grew, this one first.

    An empty name takes the template's main table: that of the segments, as a rule. Formulas, validation, charts and
    totals reach over the new rows. Raises what opening, changing and saving raise; then nothing has changed.
    """
    with held(output):
        ours = open_ours(book)
        check_suffix(output, ours.edition)
        name = ours.file.table(table or ours.template.main_table or ours.template.segment_table).name
        grown = (name, *ours.file.grow_with_followers(name, count))
        ours.file.recalculate(ours.native)
        ours.save(output)
    return grown
