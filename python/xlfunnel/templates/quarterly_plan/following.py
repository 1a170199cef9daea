"""Tables that have one row for each segment: they follow the table Segments row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_rowcol_to_cell

from xlfunnel.templates.blocks import Col, Field, Placed, place_fields, place_table
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.templates.book import TemplateBook, TemplatePage
    from xlfunnel.workbooks.book import Chart

SEGMENTS: Final = "Segments"
FOLLOWING: Final = (
    "Rates",
    "Funnel",
    "Plan",
    "Pipeline",
    "Mix",
    "Received",
    "Capacity",
    "Scenario",
    "Chance",
    "Drawn",
)
"""Tables with a row for each row of Segments."""

SEGMENT_WIDTH: Final = 170

FROZEN: Final = (4, 2)
"""Rows and columns that stay when a sheet is scrolled: its title, and the names of the segments."""

_SPARE, _LEAST = 2, 5
_NOTE_LEFT, _NOTE_ROWS = 4, 3
"""A note beside settings: its first column, and how many rows it has room for."""

_BETWEEN: Final = 20
"""Pixels between two charts."""


CONVERSIONS: Final = (
    "MQL to SQL",
    "SQL to opportunity",
    "Opportunity to proposal",
    "Proposal to contracting",
    "Contracting to deal",
)
"""Columns of conversion rates, from each stage to the next."""

STAGES: Final = ("MQLs", "SQLs", "Opportunities", "Proposals", "Contracts", "Deals")


def needed(stage: str) -> str:
    """The heading of what a stage needs."""
    return f"{stage} needed"


def expected(stage: str) -> str:
    """The heading of what the agreed MQLs become at a stage."""
    return "MQLs agreed" if stage == STAGES[0] else f"{stage} expected"


def rows_of(book: TemplateBook) -> int:
    """How many rows the table of segments and all that follow it have, spare ones included."""
    given = max(len(book.contents.tables.get(name, ())) for name in (SEGMENTS, *FOLLOWING))
    return max(given + _SPARE, _LEAST)


def place_following(page: TemplatePage, name: str, columns: Sequence[Col], *, total_label: str = "Total") -> Placed:
    """Place a table with one row for each segment; its first column is the segment's name."""
    first = Col("Segment", formula=segment_of(name), unit_line="=dimension", width=SEGMENT_WIDTH, bold=True)
    given = len(page.book.contents.tables.get(name, ()))
    spare = rows_of(page.book) - given
    return place_table(page, name, (first, *calm(name, columns)), spare=spare, total_label=total_label)


def calm(table: str, columns: Sequence[Col]) -> tuple[Col, ...]:
    """The columns with totals that stay blank while there is nothing to add up."""
    return tuple(
        replace(column, total=summed(table, column.name)) if column.total == "sum" else column for column in columns
    )


def summed(table: str, column: str) -> str:
    """The formula of a total that stays blank while there is nothing to add up.

    >>> summed("Plan", "Deals")
    '=IF(COUNT(Plan[Deals])=0,"",SUM(Plan[Deals]))'
    """
    return f'=IF(COUNT({table}[{column}])=0,"",SUM({table}[{column}]))'


def place_settings(page: TemplatePage, fields: Sequence[Field], note: str = "", right: int = 0) -> None:
    """Place settings above a table without making its columns wider than it needs, and a note on their right."""
    top = page.row
    place_fields(page, fields)
    for column, wide in enumerate((SEGMENT_WIDTH, 84, 64), start=1):
        page.fix(column, wide)
    if note:
        page.row = max(page.row, top + _NOTE_ROWS)
        page.block(top, _NOTE_LEFT, page.row - 1, right, note, styles.WRAPPED_NOTE)
    page.row += 1


def place_charts(page: TemplatePage, row: int, width: float, *charts: Chart, height: float = 300) -> None:
    """Place charts side by side from a row on, over so many pixels in all."""
    each = (width - _BETWEEN * (len(charts) - 1)) / len(charts)
    for number, chart in enumerate(charts):
        page.chart(chart, row, 1, each, height, shift=number * (each + _BETWEEN))


def first_cell(placed: Placed, column: str) -> str:
    """The first cell of a column, for a condition that holds in each row for that row's cell."""
    return str(xl_rowcol_to_cell(placed.top + 1, placed.area(column).left, col_abs=True))


def segment_of(table: str) -> str:
    """The formula of the first column: the segment in the same row of Segments, calmly blank."""
    cell = looked_up(table, SEGMENTS, "Segment")
    return f'=IF({cell}="","",{cell})'


def looked_up(table: str, source: str, column: str) -> str:
    """For formulas of `table`: what stands in the same row of another table's column."""
    return f"INDEX({source}[{column}],{row_of(table)})"


def row_of(table: str) -> str:
    """For formulas of `table`: which of its rows this is, from 1."""
    return f"ROW()-ROW({table}[[#Headers],[Segment]])"


def carried(table: str, source: str, column: str) -> str:
    """The formula of a column that shows another table's, blank where that is blank."""
    cell = looked_up(table, source, column)
    return f'=IF([@Segment]="","",IF({cell}="","",{cell}))'


def where(condition: str, then: str, otherwise: str = '""') -> str:
    """A column's formula that answers only in rows that meet a condition.

    >>> where('[@Deals]=""', '""', "2*[@Deals]")
    '=IF([@Deals]="","",2*[@Deals])'
    """
    return f"=IF({condition},{then},{otherwise})"


def between(table: str, first: str, last: str) -> str:
    """Cells of this row, from one column to another.

    >>> between("Funnel", "MQL to SQL", "Contracting to deal")
    'Funnel[[#This Row],[MQL to SQL]:[Contracting to deal]]'
    """
    return f"{table}[[#This Row],[{first}]:[{last}]]"
