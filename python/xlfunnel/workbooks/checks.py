"""The sheet where a workbook shows that its figures reconcile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import line_height, lines_needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.workbooks.book import Check, Page

_SAYS, _RESULT = 1, 2


def place_checks(page: Page, checks: Sequence[Check]) -> None:
    """Write each check with its result and count those that do not reconcile; every sheet's light looks there."""
    page.widen(_SAYS, 620)
    page.widen(_RESULT, 110)
    page.text(page.row, _SAYS, "Check", styles.HEADING)
    page.text(page.row, _RESULT, "Result", replace(styles.HEADING, align="center"))
    first = page.row + 1
    for row, check in enumerate(checks, start=first):
        look = replace(styles.BODY, bottom=styles.RULE)
        page.text(row, _SAYS, check.says, replace(look, wrap=True))
        page.height(row, 4 + lines_needed(check.says, page.width(_SAYS, _SAYS)) * line_height(look.size))
        color = styles.GOOD if check.passes else styles.BAD
        shown = "OK" if check.passes else "differs"
        page.formula(row, _RESULT, check.formula, shown, replace(look, align="center", bold=True, color=color))
    below = first + len(checks)
    page.text(below, _SAYS, "Checks that do not reconcile", styles.TOTAL)
    failing = sum(not check.passes for check in checks)
    counted = f'=ROWS(C{first + 1}:C{below})-COUNTIF(C{first + 1}:C{below},"OK")' if checks else "=0"
    page.formula(below, _RESULT, counted, failing, replace(styles.TOTAL, align="center"))
    page.book.name_checks(page, below, _RESULT)
    page.row = below + 1
