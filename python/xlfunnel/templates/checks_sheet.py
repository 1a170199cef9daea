"""The Checks sheet: what must reconcile, one light for all sheets, and the line at their top."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xlfunnel.templates.blocks import HEADING
from xlfunnel.templates.start_sheet import BAND_LINE
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import line_height, lines_needed

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

_SAYS, _RESULT = 1, 2
_LINES_ABOVE = 6
"""Rows that how many fail and what every sheet shows take above the list."""
_ROOM = 96
"""Rows in whole blocks of which a list takes its room that may be longer or shorter after a refresh."""

_LIGHT = (
    '=IF(checks_failing=0,"✓ Checks pass",'
    'IF(checks_failing=1,"▲ A check fails","▲ "&checks_failing&" checks fail")&": see Checks")'
)


def place_checks(page: TemplatePage) -> None:
    """Write each check of the workbook with its result, how many fail, and the light that every sheet shows.

    On a sheet that a refresh makes anew the list comes last, in room of one look: nothing moves when it grows.
    """
    page.widen(_SAYS, 640)
    page.widen(_RESULT, 110)
    if page.remade:
        _place_light(page, page.row + _LINES_ABOVE + 1)
        page.row += 1
        _place_list(page)
    else:
        _place_light(page, _place_list(page))


def _place_list(page: TemplatePage) -> int:
    """Write the checks; gives the row of the first."""
    page.text(page.row, _SAYS, "Check", HEADING)
    page.text(page.row, _RESULT, "Result", replace(HEADING, align="center"))
    first = page.row + 1
    line = "" if page.remade else styles.RULE
    says = replace(styles.BODY, bottom=line, wrap=True)
    result = replace(styles.BODY, bottom=line, align="center", bold=True, color=styles.GOOD)
    for row, check in enumerate(page.book.checks, start=first):
        page.text(row, _SAYS, check.says, says)
        page.height(row, 4 + lines_needed(check.says, page.width(_SAYS, _SAYS)) * line_height(says.size))
        formula = f'=IF(ISERROR({check.formula}),"differs",IF({check.formula},"OK","differs"))'
        page.calc(row, _RESULT, formula, result)
    page.row = first + len(page.book.checks)
    last = page.row - 1
    if page.remade:
        last = first - 1 + -(-len(page.book.checks) // _ROOM) * _ROOM
    for row in range(page.row, last + 1):
        page.value(row, _SAYS, None, says)
        page.value(row, _RESULT, None, result)
    _place_rules(page, first, last)
    return first


def _place_rules(page: TemplatePage, first: int, last: int) -> None:
    """Show in red what does not hold; and let lines be drawn under checks, where cells of all the room look alike."""
    book = page.book.workbook
    bad = {"type": "cell", "criteria": "!=", "value": '"OK"', "format": book.add_format({"font_color": styles.BAD})}
    page.sheet.conditional_format(first, _RESULT, last, _RESULT, bad)
    if page.remade:
        line = book.add_format({"bottom": 1, "bottom_color": styles.RULE})
        under = {"type": "formula", "criteria": f'=$B{first + 1}<>""', "format": line}
        page.sheet.conditional_format(first, _SAYS, last, _RESULT, under)


def _place_light(page: TemplatePage, first: int) -> None:
    """Write how many checks fail, which stand from this row on, and what every sheet shows."""
    results = f"C{first + 1}:C{first + len(page.book.checks)}"
    page.text(page.row, _SAYS, "Checks that do not hold", styles.TOTAL)
    counted = f'=ROWS({results})-COUNTIF({results},"OK")'
    page.calc(page.row, _RESULT, counted, replace(styles.TOTAL, align="center"), name="checks_failing")
    page.row += 2
    page.text(page.row, _SAYS, "What every sheet shows at its top", styles.SECTION)
    page.calc(page.row + 1, _SAYS, _LIGHT, styles.BODY, name="checks_light")
    page.calc(page.row + 2, _SAYS, BAND_LINE, styles.BODY, name="band_line")
    page.row += 3
