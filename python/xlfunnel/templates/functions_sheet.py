"""The Functions sheet: every function that the workbook uses, its meaning and a live example."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_rowcol_to_cell

from xlfunnel.catalog import CATALOG
from xlfunnel.reference.example import on_sheet
from xlfunnel.templates.blocks import HEADING, place_note, shape_of
from xlfunnel.templates.edition import Edition
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import line_height, lines_needed
from xlfunnel.workbooks.native import NoEquivalent, native

if TYPE_CHECKING:
    from typing import Any

    from xlfunnel.metric import Metric
    from xlfunnel.table import Cell
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.styles import Style

_COLUMNS: Final = (
    ("Function", 190),
    ("What it answers", 330),
    ("Formula in words", 300),
    ("Example", 300),
    ("Gives", 90),
)
_NOTES: Final = {
    Edition.FUNCTIONS: "Type any of them into a cell; the function wizard says what each argument takes.",
    Edition.FORMULAS: (
        "In this edition the same figures come from native formulas; the functions are named here so that both "
        "editions can be read side by side."
    ),
}
"""One line each: a row more in one edition would take the results of the other out of step."""


def place_functions(page: TemplatePage) -> None:
    """Write one row for each function of ours that a formula of the workbook calls."""
    for offset, (_, wide) in enumerate(_COLUMNS, start=1):
        page.widen(offset, wide)
    place_note(page, _NOTES[page.book.edition], right=len(_COLUMNS))
    for offset, (words, _) in enumerate(_COLUMNS, start=1):
        page.text(page.row, offset, words, replace(HEADING, align="right" if words == "Gives" else "left"))
    page.row += 1
    cells = _Cells(page, page.row + len(page.book.used) + 1)
    for name in page.book.used:
        _place_function(page, CATALOG[name], cells)
        page.row += 1
    page.row = max(page.row, cells.row)


@dataclass
class _Cells:
    """Where the cells stand that examples over records refer to: under the list, one block under the other."""

    page: TemplatePage
    row: int

    def placed(self, metric: Metric[Any, Any]) -> str:
        """Write the cells of a metric's example, and answer its formula over them."""
        example = on_sheet(metric, ranges_in_cells=True)
        if not example.rows:
            return example.formula
        self.page.text(self.row, 1, f"Cells of the example of {metric.name}", styles.SECTION)
        top = self.row + 1
        for number, row in enumerate(example.rows):
            for column, words in enumerate(row, start=1):
                look = HEADING if number == 0 else replace(styles.BODY, bottom=styles.RULE)
                self.page.value(top + number, column, words if number == 0 else _typed(words), _dated(look, words))
        self.row = top + len(example.rows) + 1
        from openpyxl.formula.translate import Translator  # noqa: PLC0415  # a tenth of a second that few need

        moved: str = Translator(example.formula, "A1").translate_formula(xl_rowcol_to_cell(top, 1))
        return moved


def _typed(words: str) -> Cell:
    """A cell of an example as the number, date or text that it is."""
    for kind in (float, datetime.fromisoformat):
        try:
            return kind(words)
        except ValueError:
            continue
    return words or None


def _dated(look: Style, words: str) -> Style:
    if not isinstance(_typed(words), datetime):
        return look
    return replace(look, number_format="yyyy-mm-dd hh:mm" if ":" in words else "yyyy-mm-dd")


def _place_function(page: TemplatePage, metric: Metric[Any, Any], cells: _Cells) -> None:
    look = replace(styles.BODY, bottom=styles.RULE, wrap=True, valign="top")
    formula = cells.placed(metric)
    texts = (metric.name, metric.meaning, metric.formula, formula)
    for offset, words in enumerate(texts, start=1):
        page.text(page.row, offset, words, replace(look, bold=offset == 1))
    lines = max(lines_needed(words, page.width(at, at)) for at, words in enumerate(texts, start=1))
    page.height(page.row, 5 + lines * line_height(look.size))
    gives = replace(look, align="right", number_format=shape_of(metric.unit))
    live = formula if not metric.spills else f"=INDEX({formula[1:]},2,2)"
    if _has_native(live):
        page.calc(page.row, len(texts) + 1, live, gives)
        return
    result = metric.example.result[1][1] if metric.spills else metric.example.result
    if page.book.edition is Edition.FORMULAS:
        page.value(page.row, len(texts) + 1, result, gives)
    else:
        page.formula(page.row, len(texts) + 1, live, result, gives)


def _has_native(formula: str) -> bool:
    try:
        native(formula)
    except NoEquivalent:
        return False
    return True
