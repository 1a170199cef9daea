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
_LIGHT = (
    '=IF(checks_failing=0,"✓ Checks pass",'
    'IF(checks_failing=1,"▲ A check fails","▲ "&checks_failing&" checks fail")&": see Checks")'
)


def place_checks(page: TemplatePage) -> None:
    """Write each check of the workbook with its result, how many fail, and the light that every sheet shows."""
    page.widen(_SAYS, 640)
    page.widen(_RESULT, 110)
    page.text(page.row, _SAYS, "Check", HEADING)
    page.text(page.row, _RESULT, "Result", replace(HEADING, align="center"))
    first = page.row + 1
    look = replace(styles.BODY, bottom=styles.RULE)
    for row, check in enumerate(page.book.checks, start=first):
        page.text(row, _SAYS, check.says, replace(look, wrap=True))
        page.height(row, 4 + lines_needed(check.says, page.width(_SAYS, _SAYS)) * line_height(look.size))
        formula = f'=IF(ISERROR({check.formula}),"differs",IF({check.formula},"OK","differs"))'
        page.calc(row, _RESULT, formula, replace(look, align="center", bold=True, color=styles.GOOD))
    below = first + len(page.book.checks)
    bad = page.book.workbook.add_format({"font_color": styles.BAD})
    page.sheet.conditional_format(
        first, _RESULT, below - 1, _RESULT, {"type": "cell", "criteria": "!=", "value": '"OK"', "format": bad}
    )
    page.text(below, _SAYS, "Checks that do not hold", styles.TOTAL)
    counted = f'=ROWS(C{first + 1}:C{below})-COUNTIF(C{first + 1}:C{below},"OK")'
    page.calc(below, _RESULT, counted, replace(styles.TOTAL, align="center"), name="checks_failing")
    page.row = below + 2
    page.text(page.row, _SAYS, "What every sheet shows at its top", styles.SECTION)
    page.calc(page.row + 1, _SAYS, _LIGHT, styles.BODY, name="checks_light")
    page.calc(page.row + 2, _SAYS, BAND_LINE, styles.BODY, name="band_line")
    page.row += 3
