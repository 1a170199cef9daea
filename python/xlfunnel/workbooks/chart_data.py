"""The sheet with what charts draw and no table holds: the height of a band, the blank half beside a funnel's bar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area
from xlfunnel.workbooks.tables import is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.workbooks.book import Page
    from xlfunnel.workbooks.tables import PlacedTable

_LABEL, _VALUE = 1, 2


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


def place_band(page: Page, placed: PlacedTable, run: tuple[int, int], low: str, high: str, title: str) -> Area:
    """Write high minus low for these rows; gives where it stands."""
    first, last = run
    names = placed.values(placed.table.header[0])[first : last + 1]
    lows, highs = placed.numbers(low)[first : last + 1], placed.numbers(high)[first : last + 1]
    formulas = [
        f"={placed.area(high, row, row).reference}-{placed.area(low, row, row).reference}"
        for row in range(first, last + 1)
    ]
    shown = [(up or 0) - (down or 0) for down, up in zip(lows, highs, strict=True)]
    return _place(page, title, [str(name) for name in names], formulas, shown)


def place_spacers(page: Page, placed: PlacedTable, count: str, title: str) -> Area:
    """Write the blank on the left of each centred bar; gives where it stands."""
    counts = placed.numbers(count)
    whole = placed.area(count).reference
    widest = max((value for value in counts if value is not None), default=0)
    formulas = [f"=(MAX({whole})-N({placed.area(count, row, row).reference}))/2" for row in range(len(counts))]
    shown = [(widest - (value or 0)) / 2 for value in counts]
    return _place(page, title, [str(name) for name in placed.values(placed.table.header[0])], formulas, shown)


def _place(page: Page, title: str, labels: Sequence[str], formulas: Sequence[str], shown: Sequence[float]) -> Area:
    page.widen(_LABEL, 260)
    page.widen(_VALUE, 120)
    page.text(page.row, _LABEL, title, styles.HEADING)
    page.text(page.row, _VALUE, "Drawn", replace(styles.HEADING, align="right"))
    top = page.row + 1
    look = replace(styles.BODY, bottom=styles.RULE)
    for row, (label, formula, value) in enumerate(zip(labels, formulas, shown, strict=True), start=top):
        page.text(row, _LABEL, label, look)
        page.formula(row, _VALUE, formula, value, replace(look, align="right", number_format="#,##0.0"))
    page.row = top + len(labels) + 1
    return Area(page.name, top, _VALUE, top + len(labels) - 1, _VALUE)
