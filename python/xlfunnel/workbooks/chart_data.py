"""The sheet with what charts draw: one table for each chart, in a place of its own that no refresh moves.

A chart reads its title and all rows of its table, so that a new title is a new cell, and more bars are more rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area
from xlfunnel.workbooks.cell_text import line_text
from xlfunnel.workbooks.tables import is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.table import Cell
    from xlfunnel.workbooks.book import Page
    from xlfunnel.workbooks.tables import PlacedTable

MOST_BARS: Final = 15
"""Rows that a chart draws at most."""

SLOTS: Final = (
    "velocity_by_source", "follow_up_by_source", "cac_by_channel",
    "velocity_by_month", "lead_funnel", "stage_funnel",
    "by_source_velocity", "by_source_win_rate", "open_by_stage",
    "by_segment_velocity", "by_segment_win_rate", "untouched_by_age",
    "handoff_follow_up", "cac", "levers",
    "sources_added",
)  # fmt: skip
"""The charts, each with its table in the same place whatever is drawn."""

_ACROSS: Final = 3
_FIRST_ROW, _FIRST_COLUMN = 7, 1
_ROWS: Final = MOST_BARS + 4
"""Rows of a place: the title, the headings, the bars, and two between."""
_COLUMNS: Final = 6
_HEADING_POINTS: Final = 32.0
_LABEL_PIXELS, _VALUE_PIXELS, _BETWEEN_PIXELS = 150, 76, 24


@dataclass(frozen=True)
class Values:
    """One column that a chart draws; None where there is nothing to draw."""

    name: str
    cells: Sequence[float | None]
    number_format: str


@dataclass(frozen=True)
class Drawn:
    """Where the title, the labels and the values of a chart stand."""

    title: str
    """As a reference."""
    labels: Area
    values: tuple[Area, ...]


def place_drawn(page: Page, slot: str, title: str, labels: Sequence[str], columns: Sequence[Values]) -> Drawn:
    """Write the table of a chart into its place; without a row, one that draws nothing."""
    band, at = divmod(SLOTS.index(slot), _ACROSS)
    top, left = _FIRST_ROW + band * _ROWS, _FIRST_COLUMN + at * _COLUMNS
    _size(page, left)
    page.text(top, left, title, replace(styles.BODY, bold=True))
    shown = [line_text(words) for words in labels[:MOST_BARS]] or [""]
    look = replace(styles.BODY, bottom=styles.RULE)
    heads = [{"header": "Drawn", "header_format": page.book.look(styles.HEADING)}]
    for row, words in enumerate(shown, start=top + 2):
        page.text(row, left, words, replace(look, shrink=True))
    for column, one in enumerate(columns, start=left + 1):
        heading = replace(styles.HEADING, align="right")
        heads.append({"header": one.name, "header_format": page.book.look(heading)})
        number = replace(look, align="right", number_format=one.number_format, shrink=True)
        for row in range(len(shown)):
            page.value(top + 2 + row, column, one.cells[row] if row < len(one.cells) else None, number)
    bottom, right = top + 1 + len(shown), left + len(columns)
    options = {"name": f"tbl_drawn_{slot}", "style": None, "autofilter": False, "columns": heads}
    page.sheet.add_table(top + 1, left, bottom, right, options)
    page.height(top + 1, _HEADING_POINTS)
    page.row = max(page.row, _FIRST_ROW + -(-len(SLOTS) // _ACROSS) * _ROWS)
    areas = tuple(Area(page.name, top + 2, column, bottom, column) for column in range(left, right + 1))
    cell = Area(page.name, top, left, top, left).reference.partition(":")[0]
    return Drawn(f"={cell}", areas[0], areas[1:])


def _size(page: Page, left: int) -> None:
    page.widen(left, _LABEL_PIXELS)
    for column in range(left + 1, left + _COLUMNS - 1):
        page.widen(column, _VALUE_PIXELS)
    page.fix(left + _COLUMNS - 1, _BETWEEN_PIXELS)


def labels_of(placed: PlacedTable, first: int = 0, last: int | None = None) -> list[str]:
    """What the rows of a table are called."""
    cells: Sequence[Cell] = placed.values(placed.table.header[0])
    return [str(cell) for cell in cells[first : len(cells) if last is None else last + 1]]


def unbroken_run(placed: PlacedTable, names: Sequence[str]) -> tuple[int, int] | None:
    """The last rows in a row that have numbers in all these columns (first and last index), if at least two do."""
    complete = [all(is_number(row[placed.table.header.index(n)]) for n in names) for row in placed.body]
    last = len(complete) - 1
    while last >= 0 and not complete[last]:
        last -= 1
    first = last
    while first > 0 and complete[first - 1]:
        first -= 1
    return (first, last) if last > first >= 0 else None
