"""The Start sheet: what the workbook answers, where to go, what the cells mean, and the buttons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Field, place_cards, place_fields, place_title
from xlfunnel.templates.edition import Edition
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import line_height

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.templates.blocks import Card
    from xlfunnel.templates.book import TemplatePage


_MONTHS: Final = '"Jan","Feb","Mar","Apr","May","Jun","Jul","Aug","Sep","Oct","Nov","Dec"'

QUARTER_NAME: Final = (
    '=IF(quarter_start="","",'
    '"Q"&(INT(MOD(MONTH(quarter_start)-fiscal_year_start,12)/3)+1)&" "'
    "&YEAR(EDATE(quarter_start,MOD(13-fiscal_year_start,12))))"
)
"""The quarter of the fiscal year, which is named after the calendar year in which it ends."""


def day_words(cell: str) -> str:
    """A formula (without its equals sign) that writes a date out, in every language of the host alike.

    >>> day_words("as_of")[:38]
    'DAY(as_of)&" "&CHOOSE(MONTH(as_of),"Ja'
    """
    return f'DAY({cell})&" "&{month_words(cell)}'


def month_words(cell: str) -> str:
    """The same for a month, such as Oct 2026: dates on the axis of a chart are not shown alike by every host.

    >>> month_words("as_of")[-16:]
    '&" "&YEAR(as_of)'
    """
    return f'CHOOSE(MONTH({cell}),{_MONTHS})&" "&YEAR({cell})'


BAND_LINE: Final = (
    '=IF(company="","",company&"  ·  ")&IF(quarter_start="","No quarter set","Quarter "&quarter_name)'
    '&"  ·  by "&dimension&"  ·  money in "&currency&"  ·  definitions "&definitions_version'
    f'&IF(last_refresh="","","  ·  refreshed "&{day_words("last_refresh")})'
)
"""The line under the title of every sheet."""


def place_start(page: TemplatePage, headlines: Sequence[Card] = (), dimension: str = "size") -> None:
    """Write the sheet that opens first: what the workbook says now, its fields on the left, the way on the right."""
    for column, wide in ((_LEFT, 220), (_LEFT + 1, 150), (_LEFT + 2, 60), (_WAY, 130), (_WAY + 1, 200), (_LAST, 260)):
        page.fix(column, wide)
    top = page.row
    for card, (left, span) in zip(headlines, _PLACES, strict=False):
        page.row = top
        place_cards(page, (card,), left=left, span=span)
    top = page.row
    place_title(page, "This workbook", right=_LEFT + 2)
    place_fields(
        page,
        (
            Field("company", "Company", hint="Stands at the top of every sheet."),
            Field("quarter_start", "First day of the quarter", Unit.DATE, hint="Such as 2026-10-01."),
            Field("quarter_end", "Last day of the quarter", Unit.DATE, formula=_QUARTER_END),
            Field("quarter_name", "Quarter of the fiscal year", formula=QUARTER_NAME),
            Field("dimension", "Segments are by", default=dimension, hint="Size, industry, geography, channel…"),
            Field("currency", "Currency", default="USD", hint="The currency of every amount in the workbook."),
            Field("last_refresh", "Last refresh", Unit.DATE, hint="Written by a refresh from a CRM export."),
            Field(EXPORT_FILES, "Exports to refresh from", hint=_EXPORTS_HINT),
        ),
    )
    page.row += 1
    _place_legend(page)
    left_end, page.row = page.row, top
    _place_ways(page)
    page.row = max(left_end, page.row) + 1
    _place_buttons(page)


def _place_ways(page: TemplatePage) -> None:
    place_title(page, "Where to go", left=_WAY, right=_LAST)
    for one in page.book.pages:
        if one is page:
            continue
        page.link(page.row, _WAY, one.name, one.name, replace(styles.BODY, bottom=styles.RULE))
        page.paragraph(page.row, _WAY + 1, _LAST, one.question, replace(styles.BODY, bottom=styles.RULE))
        page.row += 1


def _place_legend(page: TemplatePage) -> None:
    place_title(page, "What the cells mean", right=_LEFT + 2)
    legend = (
        ("Input", styles.INPUT, "Yours to fill in; a selected cell says what it accepts"),
        ("Formula", replace(styles.BODY, bottom=styles.RULE), "Computed; locked without a password"),
        ("From an export", replace(styles.HEADING, bold=False, valign="vcenter", bottom=""), "Written by a refresh"),
    )
    for words, look, meaning in legend:
        page.text(page.row, _LEFT, words, replace(look, unlocked=False))
        lines = page.paragraph(page.row, _LEFT + 1, _LEFT + 2, meaning, styles.NOTE)
        page.height(page.row, 6 + lines * line_height(styles.NOTE.size))
        page.row += 1


def _place_buttons(page: TemplatePage) -> None:
    if page.book.edition is not Edition.FUNCTIONS:
        return
    for number, (words, macro) in enumerate(BUTTONS):
        page.place_button(page.row, _LEFT, words, macro, shift=number * 170)
    page.height(page.row, 30)
    page.row += 2


EXPORT_FILES: Final = "export_files"
"""The cell that says where the exports lie; `export_files` reads it."""

_EXPORTS_HINT: Final = (
    "A folder beside this workbook, or names of files there with a semicolon between them: exports, or deals.csv; "
    "leads.csv. Blank: the sheet Source counts, and where that names no table a refresh asks."
)

_QUARTER_END: Final = '=IF(quarter_start="","",EDATE(quarter_start,3)-1)'

EXAMPLE_QUARTER: Final = date(2026, 10, 1)
"""The quarter that the examples show."""

BUTTONS: Final = (
    ("Refresh from export", "RefreshFromExport"),
    ("New quarter", "NewQuarter"),
    ("Share copy", "ShareCopy"),
    ("Clear the example", "ClearExample"),
)
"""What stands on each button, and the macro that it runs."""

_LEFT, _WAY, _LAST = 1, 4, 6
_PLACES: Final = ((_LEFT, 2), (_WAY, 2), (_LAST, 1))
"""Column and span of each figure at the top."""
