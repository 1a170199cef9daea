"""The Definitions sheet: every choice that both heads agreed on, with its version."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.agreement import AT_MOST, BENCHMARKS, COUNTING, SERVICE, SETTINGS, TERMS
from xlfunnel.templates.blocks import HEADING, Field, place_fields, place_title, shape_of, unit_line
from xlfunnel.templates.book import Rule
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import ROW_POINTS
from xlfunnel.workbooks.cell_text import line_height, lines_needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.contents import Value
    from xlfunnel.workbooks.styles import Style

_WIDTHS: Final = (210, 300, 56, 250, 120, 92, 330)
_RIGHT: Final = len(_WIDTHS)
_LINE: Final = replace(styles.BODY, bottom=styles.RULE, wrap=True, valign="top")
_ENTRY: Final = replace(styles.INPUT, wrap=True, valign="top")
_DATED: Final = replace(_ENTRY, number_format="d mmm yyyy", align="right")
_MONTHS: Final = tuple(str(month) for month in range(1, 13))


def place_definitions(page: TemplatePage, service: Mapping[str, tuple[str, str]] = MappingProxyType({})) -> None:
    """Write the agreement; `service` are formulas of the agreed and the actual figure of promises, by their name."""
    for column, wide in enumerate(_WIDTHS, start=1):
        page.fix(column, wide)
    _place_version(page)
    _place_settings(page)
    _place_service(page, service)
    _place_terms(page)
    _place_counting(page)
    _place_benchmarks(page)


def _place_version(page: TemplatePage) -> None:
    place_title(page, "This agreement", "Every sheet shows its version. Change the version when a choice changes.")
    place_fields(
        page,
        (
            Field("definitions_version", "Version", default="draft", hint="Such as 2026-Q4 v1."),
            Field("definitions_agreed", "Agreed on", Unit.DATE, hint="The day on which both heads agreed."),
            Field("fiscal_year_start", "First month of the fiscal year", Unit.COUNT, default=1, choices=_MONTHS),
        ),
    )
    page.row += 1
    _headings(page, ("Signed by", "Name", "", "", "", "On"), last=6)
    for head, key in (("Head of marketing", "signed_marketing"), ("Head of sales", "signed_sales")):
        page.text(page.row, 1, head, _LINE)
        _entry(page, page.row, 2, key)
        _entry(page, page.row, 6, f"{key}_on", _DATED)
        page.row += 1
    page.row += 1


def _place_settings(page: TemplatePage) -> None:
    place_title(
        page,
        "Agreed choices",
        "What people argue about. A refresh computes with these; a blank takes what the program does without it.",
        right=_RIGHT,
    )
    _headings(page, ("Choice", "Value", "Unit", "Accepts", "Owner", "Agreed on", "What it is for"))
    fields = page.book.contents.fields
    for one in SETTINGS:
        row = page.row
        value = fields.get(one.name, one.default)
        texts = {1: one.question, 2: str(value or ""), 4: one.allowed, 7: one.meaning}
        for column, words in texts.items():
            if column != 2:
                page.text(row, column, words, _LINE)
        look = replace(_ENTRY, align="left", number_format=_shape(one.unit))
        page.enter(row, 2, value, look, Rule.of(_ruled(one.unit), one.allowed, one.choices))
        page.text(row, 3, unit_line(one.unit), replace(_LINE, color=styles.GREY, size=9))
        page.book.name(one.name, page, row, 2)
        _entry(page, row, 5, f"{one.name}_owner")
        _entry(page, row, 6, f"{one.name}_agreed", _DATED)
        _fit(page, row, texts)
        page.row += 1
    page.row += 1


def _place_service(page: TemplatePage, formulas: Mapping[str, tuple[str, str]]) -> None:
    place_title(
        page,
        "Service level, in both directions",
        "What marketing and sales owe each other, agreed beside actual, which a refresh fills or a person types.",
        right=_RIGHT,
    )
    _headings(page, ("Promise", "Agreed", "Unit", "Owed by → to", "Actual", "As of", "Kept"))
    for name, promise, owed, unit, default in SERVICE:
        row = page.row
        agreed, actual = formulas.get(name, ("", ""))
        number = replace(_ENTRY, align="right", number_format=shape_of(unit))
        page.text(row, 1, promise, _LINE)
        _figure(page, row, 2, f"{name}_agreed", agreed, number, unit, default)
        page.text(row, 3, unit_line(unit), replace(_LINE, color=styles.GREY, size=9))
        page.text(row, 4, owed, _LINE)
        _figure(page, row, 5, f"{name}_actual", actual, number, unit, None)
        _entry(page, row, 6, f"{name}_as_of", _DATED)
        kept = "<=" if name in AT_MOST else ">="
        page.calc(
            row,
            7,
            f'=IF(OR({name}_agreed="",{name}_actual=""),"not measured yet",'
            f'IF({name}_actual{kept}{name}_agreed,"✓ kept","▲ not kept"))',
            _LINE,
            name=f"{name}_kept",
        )
        page.row += 1
    page.row += 1


def _place_terms(page: TemplatePage) -> None:
    place_title(page, "Terms in words", "Change the words until both heads read them the same way.", right=_RIGHT)
    _headings(page, ("Term", "What it means", "", "", "Owner", "Agreed on", ""), last=6)
    for term, words in TERMS:
        key = "term_" + term.lower().replace(" ", "_")
        page.text(page.row, 1, term, replace(_LINE, bold=True))
        shown = str(page.book.contents.fields.get(key, words))
        page.sheet.merge_range(page.row, 2, page.row, 4, "", page.book.look(_ENTRY))
        page.enter(page.row, 2, shown, _ENTRY)
        page.book.name(key, page, page.row, 2)
        lines = lines_needed(shown, page.width(2, 4))
        page.height(page.row, 5 + lines * line_height(styles.BODY.size))
        _entry(page, page.row, 5, f"{key}_owner")
        _entry(page, page.row, 6, f"{key}_agreed", _DATED)
        page.row += 1
    page.row += 1


def _place_counting(page: TemplatePage) -> None:
    place_title(page, "How figures are counted", right=_RIGHT)
    _headings(page, ("Figure", "What counts", "", "", "Why", "", ""))
    for figure, counts, why in COUNTING:
        page.text(page.row, 1, figure, replace(_LINE, bold=True))
        _span(page, 2, 4, counts)
        _span(page, 5, 7, why)
        page.row += 1
    page.row += 1


def _place_benchmarks(page: TemplatePage) -> None:
    place_title(
        page,
        "Benchmarks of others",
        "Quoted as they stand in their sources, not verified. They feed no formula: your own measured figures count.",
        right=_RIGHT,
    )
    _headings(page, ("Statistic", "", "Value", "Source", "", "", "Status"))
    for statistic, value, source in BENCHMARKS:
        _span(page, 1, 2, statistic)
        page.text(page.row, 3, value, replace(_LINE, align="right"))
        _span(page, 4, 6, source)
        page.text(page.row, 7, "not verified", replace(_LINE, color=styles.GREY))
        page.row += 1
    page.row += 1


def _headings(page: TemplatePage, words: Sequence[str], *, last: int = _RIGHT) -> None:
    for column, one in enumerate(words[:last], start=1):
        page.text(page.row, column, one, HEADING)
    page.row += 1


def _entry(page: TemplatePage, row: int, column: int, name: str, look: Style = _ENTRY) -> None:
    rule = Rule.of(Unit.DATE, "") if look is _DATED else None
    page.enter(row, column, page.book.contents.fields.get(name), look, rule)
    page.book.name(name, page, row, column)


def _figure(
    page: TemplatePage, row: int, column: int, name: str, formula: str, look: Style, unit: Unit, default: Value
) -> None:
    if formula:
        page.calc(row, column, formula, replace(_LINE, align="right", number_format=look.number_format), name=name)
        return
    page.enter(row, column, page.book.contents.fields.get(name, default), look, Rule.of(unit, ""))
    page.book.name(name, page, row, column)


def _span(page: TemplatePage, left: int, right: int, words: str) -> None:
    lines = page.paragraph(page.row, left, right, words, _LINE)
    page.height(page.row, max(ROW_POINTS, 5 + lines * line_height(styles.BODY.size)))


def _fit(page: TemplatePage, row: int, texts: dict[int, str]) -> None:
    lines = max(lines_needed(words, page.width(column, column)) for column, words in texts.items())
    page.height(row, max(ROW_POINTS, 5 + lines * line_height(styles.BODY.size)))


def _shape(unit: Unit) -> str:
    return "General" if unit in {Unit.TEXT, Unit.HOUR_OF_DAY, Unit.DAYS, Unit.HOURS} else shape_of(unit)


def _ruled(unit: Unit) -> Unit:
    return Unit.COUNT if unit is Unit.HOUR_OF_DAY else unit
