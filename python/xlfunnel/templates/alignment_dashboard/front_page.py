"""Page one of the dashboard: six shared metrics, what their pair of rates says, pictures, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_rowcol_to_cell

from xlfunnel.templates.alignment_dashboard.figures import Seats, place_seats
from xlfunnel.templates.alignment_dashboard.record_sheet import record_places
from xlfunnel.templates.alignment_dashboard.review_log import OPEN, REVIEW
from xlfunnel.templates.drawings import flag
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import ROW_PIXELS, Area
from xlfunnel.workbooks.cell_text import line_height
from xlfunnel.workbooks.table_charts import bar_chart
from xlfunnel.workbooks.tables import Fit, dash_reasons, leading, place_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.report import Report, Section
    from xlfunnel.table import Table
    from xlfunnel.templates.alignment_dashboard.headlines import Headlines
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.book import Chart
    from xlfunnel.workbooks.tables import PlacedTable

_LEFT, _MIDDLE, _RIGHT = 1, 6, 11
_PANEL = 4
_LAST = _RIGHT + _PANEL - 1
_LABEL_PIXELS, _NUMBER_PIXELS, _GUTTER_PIXELS = 134, 94, 28
_CHART_ROWS = 9
_EMPTY_ROWS = 5
_MOST_ROWS = 7
_MOST_NOTES = 2


_PROMISES: Final = (
    ("sla_mqls", "MQLs, this quarter", "#,##0", "kpi_mqls_received"),
    ("sla_follow_up", "Contacted in time", "0.0 %", "kpi_follow_up"),
    ("sla_first_touch", "First touch, hours", "#,##0.0", "kpi_median_hours_to_first_touch"),
    ("sla_answers", "Answers, days", "#,##0.0", ""),
)
"""Promises of the service level by name, in few words, and the figure that says what is so."""

_ACTIONS: Final = (
    (_MIDDLE, _MIDDLE, "Figure"),
    (_MIDDLE + 1, _RIGHT + 1, "Action"),
    (_RIGHT + 2, _RIGHT + 2, "Owner"),
    (_RIGHT + 3, _RIGHT + 3, "Due"),
)


@dataclass(frozen=True)
class Panel:
    """A picture over the rows that it draws."""

    section: Section
    sheet: str  # where all rows stand
    title: str
    columns: tuple[str, ...]
    drawn: tuple[str, ...]
    colors: tuple[str, ...] = (styles.ACCENT,)
    slot: str = ""
    """Its place among what charts draw."""


def lay_out(page: TemplatePage) -> None:
    """Set the columns of page one: three panels of four columns with gutters between."""
    page.is_front = True
    page.light_column = _LAST
    page.frozen = (3, 0)
    page.row = 4
    page.height(3, 6)
    for left in (_LEFT, _MIDDLE, _RIGHT):
        page.widen(left, _LABEL_PIXELS)
        for column in range(left + 1, left + _PANEL):
            page.widen(column, _NUMBER_PIXELS)
    for gutter in (_MIDDLE - 1, _RIGHT - 1):
        page.fix(gutter, _GUTTER_PIXELS)


def place_headlines(page: TemplatePage, report: Report, found: Headlines) -> None:
    """Write the six shared metrics, then the sentence that reads the pair of conversion rates."""
    cards = (
        Seats(_LEFT, _LEFT + 1, (found.of("mql_to_sql"),)),
        Seats(_LEFT + 2, _LEFT + 3, (found.of("sql_to_opportunity"),)),
        Seats(_MIDDLE, _MIDDLE + 1, (found.of("velocity"),)),
        Seats(_MIDDLE + 2, _MIDDLE + 3, (found.of("follow_up"),)),
        Seats(_RIGHT, _RIGHT + 1, (found.of("sourced_share"), found.of("influenced_share"))),
        Seats(_RIGHT + 2, _RIGHT + 3, (found.of("loaded_cac"), found.of("marketing_cac"))),
    )
    page.row = place_seats(page, page.row, cards, record_places(report, found))
    words = report.diagnosis or "The two conversion rates cannot be read together: one of them is missing."
    lines = page.paragraph(page.row, _LEFT, _LAST, words, styles.MESSAGE)
    page.height(page.row, 10 + lines * line_height(styles.MESSAGE.size))
    page.row += 1
    page.height(page.row, 9)
    page.row += 1


def place_panels(page: TemplatePage, panels: Sequence[Panel], data: TemplatePage) -> None:
    """Write up to three panels side by side, as high as the most rows need; their bars stand on `data`."""
    empty = not any(panel.section.table and panel.section.table.rows for panel in panels)
    top = page.row
    end = top + (_EMPTY_ROWS if empty else _CHART_ROWS)
    below = end + (0 if empty else 1 + _MOST_ROWS + 1)
    notes = {}
    for left, panel in zip((_LEFT, _MIDDLE, _RIGHT), panels, strict=False):
        words = _place_panel(page, top, left, panel, end, data)
        if words:
            notes[left] = words
    lines = 0
    for left, words in notes.items():
        lines = max(lines, page.paragraph(below, left, left + _PANEL - 1, words, styles.WRAPPED_NOTE))
    page.height(below, max(6, 4 + lines * line_height(styles.NOTE.size)))
    page.height(below + 1, 8)
    page.row = below + 2


def place_pictures(page: TemplatePage, wide: Chart | None, narrow: Chart | None, why: tuple[str, str]) -> None:
    """Place a picture over two panels and one over the third, or say why there is none."""
    width = page.width(_LEFT, _MIDDLE + _PANEL - 1)
    for chart, left, right, words in (
        (wide, _LEFT, _MIDDLE + _PANEL - 1, why[0]),
        (narrow, _RIGHT, _LAST, why[1]),
    ):
        if chart is None:
            page.paragraph(page.row, left, right, words, styles.WRAPPED_NOTE)
            continue
        width = page.width(left, right)
        page.chart(chart, page.row, left, width, _CHART_ROWS * ROW_PIXELS)
    if wide is None and narrow is None:
        page.height(page.row, 30)
        page.row += 2
        return
    page.height(page.row + _CHART_ROWS, 6)
    page.row += _CHART_ROWS + 1


def place_promises(page: TemplatePage, found: Headlines) -> None:
    """Write what was agreed beside what was measured."""
    top = page.row
    page.text(top, _LEFT, "Agreed beside actual", styles.SECTION)
    heads = ("Promise", "Agreed", "Actual", "Kept")
    for offset, words in enumerate(heads):
        look = replace(styles.HEADING, align="right" if offset else "left", fill=styles.PANEL)
        page.text(top + 1, _LEFT + offset, words, look)
    rule = replace(styles.BODY, bottom=styles.RULE)
    for row, (name, words, shape, figure) in enumerate(_PROMISES, start=top + 2):
        number = replace(rule, align="right", number_format=shape)
        page.text(row, _LEFT, words, replace(rule, shrink=True))
        page.calc(row, _LEFT + 1, f'=IF({name}_agreed="","–",{name}_agreed)', number)
        actual = figure if figure and found.has(figure) else f"{name}_actual"
        page.calc(row, _LEFT + 2, f'=IF({actual}="","–",{actual})', replace(number, bold=True))
        kept = f'=IF(LEFT({name}_kept)="n","–",{name}_kept)'
        page.calc(row, _LEFT + 3, kept, replace(rule, align="right"))
    last = top + 1 + len(_PROMISES)
    flag(page, Area(page.name, top + 2, _LEFT + 3, last, _LEFT + 3), f'=LEFT({_cell(top + 2, _LEFT + 3)})="▲"')
    page.row = top


def place_actions(page: TemplatePage) -> None:
    """Write the first open actions of the review log, beside what was agreed."""
    top = page.row
    words = (
        f'="What both heads do about it: "&{OPEN}&IF({OPEN}=1," open action"," open actions")'
        '&IF(review_overdue=0,"",", "&review_overdue&" overdue")'
    )
    page.calc(top, _MIDDLE, words, styles.SECTION)
    for left, right, column in _ACTIONS:
        look = replace(styles.HEADING, fill=styles.PANEL, align="right" if column == "Due" else "left")
        for at in range(left, right + 1):
            page.text(top + 1, at, column if at == left else "", look)
        for number in range(1, len(_PROMISES) + 1):
            _place_action(page, top + 1 + number, left, right, (column, number))
    page.row = top + 2 + len(_PROMISES)
    page.height(page.row, 8)
    page.row += 1


def _place_action(page: TemplatePage, row: int, left: int, right: int, which: tuple[str, int]) -> None:
    column, number = which
    due = column == "Due"
    look = replace(styles.BODY, bottom=styles.RULE, shrink=True, align="right" if due else "left")
    if due:
        look = replace(look, number_format="d mmm yyyy")
    if right > left:
        page.sheet.merge_range(row, left, row, right, "", page.book.look(look))
    cell = f"INDEX({REVIEW}[{column}],MATCH({number},{REVIEW}[Open],0))"
    blank = '"none: write them into the Review log"' if (column, number) == ("Action", 1) else '""'
    page.calc(row, left, f'=IF({OPEN}<{number},{blank},IF({cell}="","",{cell}))', look)


def _cell(row: int, column: int) -> str:
    return str(xl_rowcol_to_cell(row, column))


def place_foot(page: TemplatePage, report: Report) -> None:
    """Write how to read the figures, and what a careful reader should know."""
    confidence = styles.percent_words(report.definitions.confidence)
    notes = [f"n: records that the figure rests on. Ranges hold the true figure with {confidence} confidence."]
    if len(report.notes) > _MOST_NOTES:
        notes.append(f"{len(report.notes)} notes on the data stand on Figures.")
    else:
        notes += report.notes
    lines = page.paragraph(page.row, _LEFT, _LAST, "  ".join(notes), styles.WRAPPED_NOTE)
    page.height(page.row, 4 + lines * line_height(styles.NOTE.size))
    page.row += 1


def _place_panel(page: TemplatePage, top: int, left: int, panel: Panel, end: int, data: TemplatePage) -> str:
    """Write one panel with its picture above `end`; gives what stands under its table."""
    if panel.section.table is None or not panel.section.table.rows:
        page.text(top, left, panel.section.title, styles.SECTION)
        reason = panel.section.reason or "No record falls into this table."
        page.block(top + 1, left, end - 1, left + _PANEL - 1, reason, styles.WRAPPED_NOTE)
        return ""
    header = panel.section.table.header
    by = next((name for name in reversed(panel.drawn) if name in header), panel.drawn[-1])
    table, hidden = leading(panel.section.table, panel.columns, by, _MOST_ROWS)
    placed = place_table(page, table, end, left, fit=Fit.SHORTEN)
    chart = bar_chart(placed, _title(panel, table), panel.drawn, panel.colors, data=data, slot=panel.slot)
    if chart is None:
        page.text(top, left, panel.section.title, styles.SECTION)
        words = f"No picture: it needs numbers in the column “{by}”."
        page.block(top + 1, left, top + 3, left + _PANEL - 1, words, styles.WRAPPED_NOTE)
    else:
        page.chart(chart, top, left, page.width(left, left + _PANEL - 1), _CHART_ROWS * ROW_PIXELS - 6)
    return _under(panel, placed, hidden)


def _title(panel: Panel, table: Table) -> str:
    """The panel's title, or one without the colours where the table lacks a column."""
    lacking = [name for name in panel.drawn if name not in table.header]
    return panel.section.title if lacking else panel.title


def _under(panel: Panel, placed: PlacedTable, hidden: int) -> str:
    parts = [f"{hidden} more on {panel.sheet}."] if hidden else []
    return "  ".join([*parts, *dash_reasons(placed.table)])
