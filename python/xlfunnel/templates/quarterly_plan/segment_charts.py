"""Charts of the segments, over the sheet Chart data: blank rows leave no hole, and every bar says its number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_rowcol_to_cell

from xlfunnel.templates.drawings import PALETTE, Shown, columns, sideways
from xlfunnel.templates.quarterly_plan.chart_data import PLACES
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.charts import category_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.quarterly_plan.chart_data import Stack
    from xlfunnel.workbooks.book import Chart

SHORT_MONEY: Final = '[>=100000]#,##0,"K";[>0]#,##0;'
"""Money at a bar: from 100,000 on in thousands; a bar that is not there says nothing."""

_DARK: Final = frozenset({styles.ACCENT, "#123A66", "#7A4A12"})
_NO_AXIS: Final = {"visible": False, "min": 0, "major_gridlines": {"visible": False}}


def stacked(page: TemplatePage, title: str, stack: Stack, *, told: str, centred: bool = False) -> Chart:
    """Horizontal bars with a part for each segment, from the left, or about one middle as funnels are drawn."""
    series = [Shown("Space", stack.space, color="#FFFFFF")] if centred else []
    for place, color in zip(range(PLACES), PALETTE, strict=True):
        name, shape = f"={stack.name(place)}", stack.number_format
        series.append(Shown(name, stack.wide(place), shape, color, labels=True, label_color=_ink(color)))
        series.append(Shown(name, stack.narrow(place), shape, color))
    chart = sideways(page.book, title, stack.labels, series, told=told, stacked=True)
    if centred:
        chart.drawing.set_y_axis(category_axis() | {"reverse": True, "line": {"none": True}})
    chart.drawing.set_legend({"none": True})  # the names stand in cells, where those that are blank take no room
    return chart


def _ink(color: str) -> str:
    return "#FFFFFF" if color in _DARK else styles.INK


def place_names(page: TemplatePage, stack: Stack, right: int) -> None:
    """Write the names of the segments on their colours, as a legend, at the next free row; `right` ends the sheet."""
    look = replace(styles.BODY, size=9, bold=True, align="center", shrink=True)
    for place, color in zip(range(PLACES), PALETTE, strict=True):
        first = 2 * place if place else 1
        last = min(2 * place + 1, right)
        if last > first:
            page.sheet.merge_range(page.row, first, page.row, last, "", page.book.look(look))
        page.calc(page.row, first, f'=IF({stack.name(place)}="","",{stack.name(place)})', look)
        shade = page.book.workbook.add_format({"bg_color": color, "font_color": _ink(color)})
        rule = {
            "type": "formula",
            "criteria": f'={xl_rowcol_to_cell(page.row, first, row_abs=True, col_abs=True)}<>""',
            "format": shade,
        }
        page.sheet.conditional_format(page.row, first, page.row, last, rule)
    page.row += 1


def by_segment(page: TemplatePage, title: str, drawn: Placed, series: Sequence[Shown], *, told: str) -> Chart:
    """Columns for each segment, each with its number instead of an axis."""
    labelled = [replace(one, labels=True) for one in series]
    chart = columns(page.book, title, drawn.area("Name"), labelled, told=told)
    chart.drawing.set_y_axis(_NO_AXIS)
    return chart
