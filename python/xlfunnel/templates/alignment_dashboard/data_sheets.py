"""The sheets that list the records behind the figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlfunnel.workbooks import styles
from xlfunnel.workbooks.tables import Fit, explain, place_table

if TYPE_CHECKING:
    from xlfunnel.report import Section
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.tables import PlacedTable

_NUMBER: Final = replace(styles.BODY, bold=True, number_format="#,##0")


def place_records(page: TemplatePage, section: Section, *, name: str, limit: str = "") -> PlacedTable | None:
    """Write the records of a section as an Excel table `name`, or the reason why there is none.

    `limit` names the cell that repeats the most records that the definitions let a refresh list.
    """
    page.protected = False  # people sort and filter records, which a protected sheet does not let them
    top = page.row
    if limit:
        page.text(top, 1, "Most listed", styles.NOTE)
        page.calc(top, 2, "=set_data_limit", replace(_NUMBER, align="right"), name=limit)
        top += 1
    if section.table is None:
        page.row = top + 1
        for column in (1, 2):
            page.widen(column, 130)
        explain(page, section.reason, 1, 8)
        return None
    placed = place_table(
        page,
        section.table,
        top + 2,
        1,
        name=name,
        fit=Fit.ONE_LINE,
        unread=True,
        first_only=page.book.contents.first_records_only,
    )
    page.text(top, 1, f"{section.title} listed", styles.NOTE)
    counted = replace(_NUMBER, align="right")
    page.calc(top, 2, f"=ROWS({placed.area(section.table.header[0]).reference})", counted, name=f"{name}_listed")
    page.row = placed.below
    page.frozen = (placed.top + 1, 2)
    page.repeated_row = placed.top
    return placed
