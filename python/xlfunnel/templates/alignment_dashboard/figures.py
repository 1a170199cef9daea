"""Figures that a person would cite: cards on a front page, the list of them all, and the totals that they rest on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.alignment_dashboard.headlines import CONFIDENCE, is_known
from xlfunnel.templates.alignment_dashboard.record_sheet import SHEET as RECORD_SHEET
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.agreements import FIGURES as MEANINGS
from xlfunnel.workbooks.book import DASH
from xlfunnel.workbooks.cell_text import balanced, line_height, lines_needed, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.report import Measure
    from xlfunnel.templates.alignment_dashboard.headlines import Headlines, Named
    from xlfunnel.templates.book import TemplatePage

Place = tuple[int, int]
"""Row and column of a cell."""

_CARD_ROWS = 4
_LIST = (("Figure", 230.0), ("Value", 110.0), ("Low", 90.0), ("High", 90.0), ("n", 80.0))
_REST = (("What it rests on, or why there is none", 420.0), ("Name in formulas", 250.0))
_TOTALS: Final = ("Count or sum", "Value", "", "", "", "Read by", "Name in formulas")


@dataclass(frozen=True)
class Seats:
    """One or two figures that belong together, over the columns from `left` to `right`."""

    left: int
    right: int
    figures: tuple[Named, ...]


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


def place_seats(page: TemplatePage, row: int, cards: Sequence[Seats], places: Mapping[str, Place]) -> int:
    """Write cards side by side; each figure gets its name. Gives the first row below them.

    What stands beside a figure leads to `places`, by figure, on the sheet of the records.
    """
    heights = [1, 1, 0, 0]
    for card in cards:
        for left, right, one in _seats(card):
            measure = one.measure
            label = balanced(_titled(page, measure), page.width(left, right) - 14, styles.FIGURE_LABEL.size + 0.5)
            heights[0] = max(heights[0], page.paragraph(row, left, right, label, styles.FIGURE_LABEL))
            _place_figure(page, row + 1, left, right, one)
            evidence = evidence_words(measure, "\n" if left == right else " · ")
            if evidence:
                heights[2] = max(heights[2], page.paragraph(row + 2, left, right, evidence, styles.WRAPPED_NOTE))
                if one.name in places:
                    page.link(row + 2, left, RECORD_SHEET, evidence, styles.WRAPPED_NOTE, places[one.name])
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


def place_list(page: TemplatePage, found: Headlines, elsewhere: Sequence[str], places: Mapping[str, Place]) -> None:
    """Write all figures as a list at the page's next free row; those of page one, named there, are cited here.

    The number of records leads to `places`, by figure, on the sheet of the records.
    """
    for offset, (title, width) in enumerate((*_LIST, *_REST)):
        page.widen(1 + offset, width)
        align = "right" if 0 < offset < len(_LIST) else "left"
        indent = 1 if offset >= len(_LIST) else 0
        look = replace(styles.HEADING, align=align, indent=indent, fill=styles.PANEL)
        page.text(page.row, 1 + offset, title, look)
    page.row += 1
    for one in found.figures:
        _place_line(page, page.row, one, places.get(one.name), cited=one.name in elsewhere)
        page.row += 1


def place_totals(page: TemplatePage, found: Headlines, confidence: float | None) -> None:
    """Write the counts and sums of the exports, each with the name under which formulas read it."""
    for offset, title in enumerate(_TOTALS):
        align = "right" if offset == 1 else "left"
        page.text(page.row, 1 + offset, title, replace(styles.HEADING, align=align, indent=int(offset > 4)))
    page.row += 1
    lines = [(total.says, total.unit, value, total.name) for total, value in found.totals.items()]
    lines.append(("Confidence of the ranges", Unit.SHARE, confidence, CONFIDENCE))
    for says, unit, value, name in lines:
        rule = replace(styles.BODY, bottom=styles.RULE)
        shape = styles.number_format(unit, () if value is None else (value,))
        page.text(page.row, 1, styles.heading(says, unit, page.book.facts.currency), rule)
        page.value(page.row, 2, value, replace(rule, align="right", number_format=shape, bold=True))
        for column in range(3, 6):
            page.value(page.row, column, None, rule)
        readers = found.reading(name) or (["every range"] if name == CONFIDENCE else [])
        told = ", ".join(readers)
        page.text(page.row, 6, told, replace(rule, indent=1, color=styles.GREY, wrap=True))
        page.height(page.row, 4 + lines_needed(told, page.width(6, 6) - 10) * line_height(10))
        page.text(page.row, 7, name, replace(rule, indent=1, color=styles.GREY))
        page.book.name(name, page, page.row, 2)
        page.row += 1


def place_meanings(page: TemplatePage) -> None:
    """Write what each figure means in words."""
    page.text(page.row, 1, "Figures in words", styles.SECTION)
    page.row += 1
    for figure, words in MEANINGS:
        rule = replace(styles.BODY, bottom=styles.RULE)
        page.text(page.row, 1, figure, replace(rule, bold=True))
        page.paragraph(page.row, 2, 7, words, rule)
        page.row += 1


def _place_line(page: TemplatePage, row: int, one: Named, place: Place | None, *, cited: bool) -> None:
    measure = one.measure
    rule = replace(styles.BODY, bottom=styles.RULE)
    right = replace(rule, align="right", shrink=True)
    words = " ".join(part for part in ("" if is_known(measure) else measure.reason, measure.note) if part)
    page.text(row, 1, _titled(page, measure), replace(rule, wrap=True))
    shape = styles.number_format(measure.unit, () if measure.value is None else (measure.value,))
    bold = replace(right, number_format=shape, bold=True)
    if cited:
        page.calc(row, 2, f"={one.name}", bold)
    elif one.formula:
        page.calc(row, 2, one.formula, bold, name=one.name)
    else:
        page.value(row, 2, measure.value if is_known(measure) else DASH, bold)
        page.book.name(one.name, page, row, 2)
    for column, formula, value in ((3, one.low, measure.low), (4, one.high, measure.high)):
        ends = styles.number_format(measure.unit, () if value is None else (value,))
        look = replace(right, number_format=ends)
        if formula and value is not None:
            page.calc(row, column, formula, look)
        else:
            page.value(row, column, value, look)
    count = replace(right, number_format="#,##0")
    if place is None or measure.count is None:
        page.value(row, 5, measure.count, count)
    else:
        page.link(row, 5, RECORD_SHEET, measure.count, count, place)
    page.text(row, 6, words, replace(rule, wrap=True, indent=1, color=styles.GREY))
    page.text(row, 7, one.name, replace(rule, indent=1, color=styles.GREY))
    lines = max(lines_needed(words, page.width(6, 6) - 10), lines_needed(measure.name, page.width(1, 1)))
    page.height(row, 4 + lines * line_height(10))


def _place_figure(page: TemplatePage, row: int, left: int, right: int, one: Named) -> None:
    measure = one.measure
    known = is_known(measure)
    look = replace(styles.FIGURE, number_format=styles.short_format(measure.unit, measure.value or 0))
    if not known:
        look = replace(look, color=styles.GREY)
    if right > left:
        page.sheet.merge_range(row, left, row, right, "", page.book.look(look))
    if one.formula:
        page.calc(row, left, one.formula, look, name=one.name)
        return
    page.value(row, left, measure.value if known else DASH, look)
    page.book.name(one.name, page, row, left)


def _seats(card: Seats) -> list[tuple[int, int, Named]]:
    if len(card.figures) == 1:
        return [(card.left, card.right, card.figures[0])]
    return [(card.left + index, card.left + index, one) for index, one in enumerate(card.figures)]


def _card_note(card: Seats) -> str:
    """The reasons of figures that are missing, each once, then the notes."""
    measures = [one.measure for one in card.figures]
    missing = [measure.reason for measure in measures if not is_known(measure) and measure.reason]
    notes = [measure.note for measure in measures if measure.note]
    return " ".join(dict.fromkeys([*missing, *notes]))


def _titled(page: TemplatePage, measure: Measure) -> str:
    return styles.heading(measure.name, measure.unit, page.book.facts.currency)
