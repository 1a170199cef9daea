"""The Help sheet: the first five minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import place_note, place_title
from xlfunnel.templates.edition import Edition
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import line_height

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.template import Template

_GROWING: Final = (
    "Every table of segments has spare rows: type the next segment into the first free one, and every sheet follows.",
    (
        "More rows than that: run  xlfunnel add-rows BOOK  in a terminal, or lift the sheet's protection (Review, "
        "Unprotect Sheet; there is no password) and type under the last row; Excel then extends the table, its "
        "formulas and charts."
    ),
)
_FUNCTIONS: Final = (
    (
        "A cell that shows #NAME? says that the add-in is not installed: run  xlfunnel install  once, then open the "
        "workbook again. People without it take a copy: Share copy on Start, or  xlfunnel share BOOK -o COPY.xlsx"
    ),
    (
        "Why a function shows an error: put METRIC_CHECK before its name and arguments, "
        'such as =METRIC_CHECK("MQL_TARGET",…), and it says which argument breaks which rule.'
    ),
)
_FORMULAS: Final = (
    "This edition needs nothing but a spreadsheet program: it holds no macros, and its formulas are native ones.",
)


def place_help(page: TemplatePage, template: Template) -> None:
    """Write what a person does first, how tables grow, and what to do when something is wrong."""
    page.widen(1, 34)
    page.widen(2, 760)
    place_title(page, "The first five minutes", right=2)
    for number, words in enumerate(template.steps, start=1):
        page.text(page.row, 1, f"{number}", styles.SECTION)
        lines = page.paragraph(page.row, 2, 2, words, styles.BODY)
        page.height(page.row, 6 + lines * line_height(styles.BODY.size))
        page.row += 1
    page.row += 1
    for title, sentences in (
        ("Clearing the example", _clearing(page)),
        ("More rows", _GROWING),
        ("When something is wrong", _FUNCTIONS if page.book.edition is Edition.FUNCTIONS else _FORMULAS),
    ):
        place_title(page, title, right=2)
        for words in sentences:
            place_note(page, words, left=1, right=2)
        page.row += 1


def _clearing(page: TemplatePage) -> tuple[str, ...]:
    names = ", ".join("example_" + sheet.lower().replace(" ", "_") for sheet in page.book.example)
    button = "Press Clear the example on Start. " if page.book.edition is Edition.FUNCTIONS else ""
    return (
        (
            f"{button}By hand: choose one of the names {names} in the name box left of the formula bar, and press "
            "Delete. Settings, definitions and formulas stay. A blank workbook: xlfunnel new NAME --blank"
        ),
    )
