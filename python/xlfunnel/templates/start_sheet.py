"""The Start sheet: what the workbook answers, where to go, what the cells mean, and the buttons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Field, place_fields, place_title
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
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
    return f'DAY({cell})&" "&CHOOSE(MONTH({cell}),{_MONTHS})&" "&YEAR({cell})'


BAND_LINE: Final = (
    '=IF(company="","",company&"  ·  ")&IF(quarter_start="","No quarter set","Quarter "&quarter_name)'
    '&"  ·  by "&dimension&"  ·  money in "&currency&"  ·  definitions "&definitions_version'
    f'&IF(last_refresh="","","  ·  refreshed "&{day_words("last_refresh")})'
)
"""The line under the title of every sheet."""


def place_start(page: TemplatePage) -> None:
    """Write the sheet that opens first."""
    place_title(page, "This workbook")
    place_fields(
        page,
        (
            Field("company", "Company", hint="Stands at the top of every sheet."),
            Field("quarter_start", "First day of the quarter", Unit.DATE, hint="Such as 2026-10-01."),
            Field("quarter_end", "Last day of the quarter", Unit.DATE, formula=_QUARTER_END),
            Field("quarter_name", "Quarter of the fiscal year", formula=QUARTER_NAME),
            Field("dimension", "Segments are by", default="size", hint="Size, industry, geography, channel…"),
            Field("currency", "Currency", default="USD", hint="The currency of every amount in the workbook."),
            Field("last_refresh", "Last refresh", Unit.DATE, hint="Written by a refresh from a CRM export."),
        ),
    )
    page.row += 1
    _place_ways(page)
    _place_legend(page)
    _place_buttons(page)


def _place_ways(page: TemplatePage) -> None:
    place_title(page, "Where to go")
    for one in page.book.pages:
        if one is page:
            continue
        page.link(page.row, 1, one.name, one.name, replace(styles.BODY, bottom=styles.RULE))
        page.text(page.row, 2, one.question, styles.BODY)
        page.row += 1
    page.row += 1


def _place_legend(page: TemplatePage) -> None:
    place_title(page, "What the cells mean")
    legend = (
        ("Input", styles.INPUT, "Blue on pale yellow: yours to fill in. Select a cell to read what it accepts."),
        ("Formula", replace(styles.BODY, bottom=styles.RULE), "Black: computed. Locked without a password."),
        ("From an export", replace(styles.HEADING, bold=False), "Grey-green heading: written by a refresh."),
    )
    for words, look, meaning in legend:
        page.text(page.row, 1, words, replace(look, unlocked=False))
        page.text(page.row, 2, meaning, styles.BODY)
        page.row += 1
    page.row += 1


def _place_buttons(page: TemplatePage) -> None:
    for number, (words, macro) in enumerate(
        (
            ("Refresh from export", "RefreshFromExport"),
            ("New quarter", "NewQuarter"),
            ("Share copy", "ShareCopy"),
            ("Clear the example", "ClearExample"),
        )
    ):
        page.place_button(page.row, 1, words, macro, shift=number * 170)
    page.row += 2


_QUARTER_END: Final = '=IF(quarter_start="","",EDATE(quarter_start,3)-1)'

EXAMPLE_QUARTER: Final = date(2026, 10, 1)
"""The quarter that the examples show."""
