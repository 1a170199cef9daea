"""The Functions sheet: every function that the workbook uses, its meaning and a live example."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlfunnel.catalog import CATALOG
from xlfunnel.reference.example import on_sheet
from xlfunnel.templates.blocks import HEADING, place_note, shape_of
from xlfunnel.templates.edition import Edition
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import line_height, lines_needed

if TYPE_CHECKING:
    from typing import Any

    from xlfunnel.metric import Metric
    from xlfunnel.templates.book import TemplatePage

_COLUMNS: Final = (
    ("Function", 190),
    ("What it answers", 330),
    ("Formula in words", 300),
    ("Example", 300),
    ("Gives", 90),
)
_NATIVE: Final = (
    "In this edition the same figures come from native formulas; the functions are named here so that both editions "
    "can be read side by side."
)


def place_functions(page: TemplatePage) -> None:
    """Write one row for each function of ours that a formula of the workbook calls."""
    if page.book.edition is Edition.FORMULAS:
        for offset, (_, wide) in enumerate(_COLUMNS, start=1):
            page.widen(offset, wide)
        place_note(page, _NATIVE, right=len(_COLUMNS))
    for offset, (words, wide) in enumerate(_COLUMNS, start=1):
        page.widen(offset, wide)
        page.text(page.row, offset, words, replace(HEADING, align="right" if words == "Gives" else "left"))
    page.row += 1
    for name in page.book.used:
        _place_function(page, CATALOG[name])
        page.row += 1


def _place_function(page: TemplatePage, metric: Metric[Any, Any]) -> None:
    look = replace(styles.BODY, bottom=styles.RULE, wrap=True, valign="top")
    formula = on_sheet(metric).formula
    texts = (metric.name, metric.meaning, metric.formula, formula)
    for offset, words in enumerate(texts, start=1):
        page.text(page.row, offset, words, replace(look, bold=offset == 1))
    lines = max(lines_needed(words, page.width(at, at)) for at, words in enumerate(texts, start=1))
    page.height(page.row, 5 + lines * line_height(look.size))
    live = formula if not metric.spills else f"=INDEX({formula[1:]},2,2)"
    page.calc(page.row, len(texts) + 1, live, replace(look, align="right", number_format=shape_of(metric.unit)))
