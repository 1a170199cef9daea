"""Figures that a person would cite: cards on a front page, and the list of them all."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import DASH
from xlfunnel.workbooks.cell_text import balanced, line_height, lines_needed, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.report import Measure
    from xlfunnel.workbooks.book import Page

_CARD_ROWS = 4
_LIST = (("Figure", 230.0), ("Value", 110.0), ("Low", 90.0), ("High", 90.0), ("n", 80.0))
_REST = (("What it rests on, or why there is none", 420.0), ("Name in formulas", 250.0))


@dataclass(frozen=True)
class Card:
    """One or two figures that belong together, over the columns from `left` to `right`."""

    left: int
    right: int
    figures: tuple[tuple[str, Measure], ...]
    """The name in formulas and the figure."""


def is_known(measure: Measure) -> bool:
    """Whether the figure has a value that a sheet can show."""
    return measure.value is not None and math.isfinite(measure.value)


def interval_words(measure: Measure) -> str:
    """The interval of a figure: "18.1–29.3 %", or nothing where there is none."""
    if measure.low is None or measure.high is None:
        return ""
    low, high = styles.in_words(measure.unit, measure.low), styles.in_words(measure.unit, measure.high)
    if measure.unit is Unit.SHARE:
        low = low.removesuffix(" %")
    return f"{low}–{high}"


def evidence_words(measure: Measure, joint: str = " · ") -> str:
    """What stands beside a figure: how many records it rests on, and its interval."""
    count = "" if measure.count is None else f"n = {measure.count:,}"
    return joint.join(part for part in (count, interval_words(measure)) if part)


def place_cards(page: Page, row: int, cards: Sequence[Card]) -> int:
    """Write cards side by side; each figure gets its name. Gives the first row below them."""
    heights = [1, 1, 0, 0]
    for card in cards:
        for left, right, name, measure in _seats(card):
            label = balanced(_titled(page, measure), page.width(left, right) - 14, styles.FIGURE_LABEL.size + 0.5)
            heights[0] = max(heights[0], page.paragraph(row, left, right, label, styles.FIGURE_LABEL))
            _place_figure(page, row + 1, left, right, measure)
            page.book.name(name, page, row + 1, left)
            evidence = evidence_words(measure, "\n" if left == right else " · ")
            if evidence:
                heights[2] = max(heights[2], page.paragraph(row + 2, left, right, evidence, styles.WRAPPED_NOTE))
        words = _card_note(card)
        if words:
            free = "\n".join(wrapped(words, page.width(card.left, card.right) - 16, styles.NOTE.size))
            lines = page.paragraph(row + 3, card.left, card.right, free, styles.WRAPPED_NOTE)
            heights[3] = max(heights[3], lines)
    page.height(row, 8 + heights[0] * line_height(9))
    page.height(row + 1, 27)
    page.height(row + 2, 2 + heights[2] * line_height(9))
    page.height(row + 3, max(4, 2 + heights[3] * line_height(9)))
    return row + _CARD_ROWS


def place_list(page: Page, figures: Sequence[tuple[str, Measure, bool]]) -> None:
    """Write all figures as a list at the page's next free row; the flag says whether the name is given here."""
    for offset, (title, width) in enumerate((*_LIST, *_REST)):
        page.widen(1 + offset, width)
        align = "right" if 0 < offset < len(_LIST) else "left"
        indent = 1 if offset >= len(_LIST) else 0
        page.text(page.row, 1 + offset, title, replace(styles.HEADING, align=align, indent=indent))
    page.row += 1
    for name, measure, here in figures:
        _place_line(page, page.row, name, measure)
        if here:
            page.book.name(name, page, page.row, 2)
        page.row += 1


def _place_line(page: Page, row: int, name: str, measure: Measure) -> None:
    rule = replace(styles.BODY, bottom=styles.RULE)
    right = replace(rule, align="right", shrink=True)
    words = " ".join(part for part in ("" if is_known(measure) else measure.reason, measure.note) if part)
    page.text(row, 1, _titled(page, measure), replace(rule, wrap=True))
    for column, value, bold in ((2, measure.value, True), (3, measure.low, False), (4, measure.high, False)):
        shape = styles.number_format(measure.unit, () if value is None else (value,))
        shown = DASH if bold and not is_known(measure) else value
        page.value(row, column, shown, replace(right, number_format=shape, bold=bold))
    page.value(row, 5, measure.count, replace(right, number_format="#,##0"))
    page.text(row, 6, words, replace(rule, wrap=True, indent=1, color=styles.GREY))
    page.text(row, 7, name, replace(rule, indent=1, color=styles.GREY))
    lines = max(lines_needed(words, page.width(6, 6) - 10), lines_needed(measure.name, page.width(1, 1)))
    page.height(row, 4 + lines * line_height(10))


def _place_figure(page: Page, row: int, left: int, right: int, measure: Measure) -> None:
    if right > left:
        page.sheet.merge_range(row, left, row, right, "", page.book.look(styles.FIGURE))
    if measure.value is None or not is_known(measure):
        page.text(row, left, DASH, replace(styles.FIGURE, color=styles.GREY))
        return
    shape = styles.short_format(measure.unit, measure.value)
    page.number(row, left, measure.value, replace(styles.FIGURE, number_format=shape))


def _seats(card: Card) -> list[tuple[int, int, str, Measure]]:
    if len(card.figures) == 1:
        name, measure = card.figures[0]
        return [(card.left, card.right, name, measure)]
    return [(card.left + index, card.left + index, *figure) for index, figure in enumerate(card.figures)]


def _card_note(card: Card) -> str:
    """The reasons of figures that are missing, each once, then the notes."""
    missing = [measure.reason for _, measure in card.figures if not is_known(measure) and measure.reason]
    notes = [measure.note for _, measure in card.figures if measure.note]
    return " ".join(dict.fromkeys([*missing, *notes]))


def _titled(page: Page, measure: Measure) -> str:
    return styles.heading(measure.name, measure.unit, page.book.facts.currency)
