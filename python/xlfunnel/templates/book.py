"""A template workbook while it is being written: formulas in the words of its edition, inputs that look it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from xlsxwriter.utility import quote_sheetname, xl_range_abs, xl_rowcol_to_cell

from xlfunnel.templates.edition import Edition
from xlfunnel.templates.first_results import Awaited, show_results
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import MARGIN, Area, Book, Check, Facts, Page
from xlfunnel.workbooks.native import file_form, functions_used, native
from xlfunnel.workbooks.native_functions import FUTURE
from xlfunnel.workbooks.styles import Style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.templates.contents import Contents, Value
    from xlfunnel.workbooks.book import Chart

BUILT_ON: Final = date(2026, 1, 1)
"""The day that a built file gives as its own, so that building again gives the same bytes."""

OWN_AREA: Final = "xlfunnel_area"
"""The hidden name, on each sheet that a refresh makes anew, of the cells that it writes."""

OWN_CHART: Final = "xlfunnel chart"
"""Begins the name of each chart of ours; one that a person renames or copies is left alone.

Behind it stand its number on the sheet and what tells whether it would be drawn in the same way: as long as that is
so, a refresh leaves the chart as the person has it, and only its rows become more or fewer.
"""

_THIS_ROW = re.compile(r"(?<![\w\]])\[@(?:\[([^\]]+)\]|([A-Za-z_]\w*))\]")
_NEWER: Final = re.compile(rf"\b(?:{'|'.join(map(re.escape, FUTURE))})\(", re.IGNORECASE)
"""A call of a function that a file spells with a prefix: most formulas have none and need not be read for one."""

_PROTECTION: Final = {
    "select_locked_cells": True,
    "select_unlocked_cells": True,
    "format_columns": True,
    "format_rows": True,
    "sort": True,
    "autofilter": True,
}


@dataclass(frozen=True)
class Rule:
    """What a cell accepts, and what it says when a person selects it."""

    options: Mapping[str, Any]

    @classmethod
    def of(cls, unit: Unit, hint: str, choices: str | tuple[str, ...] = ()) -> Rule:
        """The rule that follows from a unit; `choices` are words, or a formula that gives a range of them."""
        said = {"input_title": "", "input_message": hint[:255]} if hint else {}
        if choices:
            source: Any = list(choices) if isinstance(choices, tuple) else choices
            return cls({"validate": "list", "source": source, "error_message": "Choose one from the list."} | said)
        return cls(_LIMITS.get(unit, _AT_LEAST_ZERO if unit is not Unit.TEXT else {"validate": "any"}) | said)


_AT_LEAST_ZERO: Final = {
    "validate": "decimal",
    "criteria": ">=",
    "value": 0,
    "error_message": "A number of at least 0.",
}
_LIMITS: Final[Mapping[Unit, dict[str, Any]]] = MappingProxyType(
    {
        Unit.SHARE: {
            "validate": "decimal",
            "criteria": "between",
            "minimum": 0,
            "maximum": 1,
            "error_message": "A share from 0 % to 100 %: write 25 %, or 0.25.",
        },
        Unit.DATE: {
            "validate": "date",
            "criteria": ">=",
            "value": date(1990, 1, 1),
            "error_message": "A date, such as 2026-10-01.",
        },
    }
)


class TemplateBook(Book):
    """The workbook. Formulas are written once, with our functions, and become native ones in the other edition.

    `computed`: every formula shows its result, that of the native formulas; else it has none yet. `pairs` are native
    twins of formulas that no translation can find.
    """

    def __init__(
        self,
        name: str,
        title: str,
        edition: Edition,
        contents: Contents,
        pairs: Mapping[str, str] = MappingProxyType({}),
        *,
        computed: bool = True,
    ) -> None:
        agreed = str(contents.fields.get("definitions_version") or "draft")
        program = f"xlfunnel {version('xlfunnel')}"
        super().__init__(Facts(name, title, BUILT_ON, "", agreed, program))
        self.workbook.set_custom_property("xlfunnel edition", edition.value)
        self.edition = edition
        self.contents = contents
        self.places = contents.places
        self.pairs = pairs
        self.computed = computed
        self.used: dict[str, None] = {}
        """Names of our functions that formulas of the workbook call, in the order of their first use."""
        self.template_pages: list[TemplatePage] = []
        self._said: dict[str, str] = {}
        self._native: dict[str, str] = {}
        self.example: dict[str, list[str]] = {}
        """By sheet: the ranges that hold the example's data."""
        self.tables: dict[str, Any] = {}
        """Placed tables by name."""

    def template_page(self, name: str, question: str) -> TemplatePage:
        """Add a sheet; `question` is what it answers."""
        page = TemplatePage(self, name, question)
        self.pages.append(page)
        self.template_pages.append(page)
        return page

    def formula_text(self, formula: str) -> str:
        """A formula, written with our functions, in the words of this edition and in the spelling of a file."""
        if formula not in self._said:
            self.used |= dict.fromkeys(functions_used(formula))
            native_form = self.edition is not Edition.FUNCTIONS
            self._said[formula] = self.native_text(formula) if native_form else _in_file(formula)
        return self._said[formula]

    def native_text(self, formula: str) -> str:
        """The same in native functions, whatever the edition."""
        if formula not in self._native:
            self._native[formula] = _in_file(native(formula, self.pairs))
        return self._native[formula]

    def finish(self) -> None:
        """Finish every sheet, and let every formula show its result."""
        super().finish()
        if self.computed:
            show_results(self)

    def name_area(self, name: str, area: Area) -> None:
        """Give a range a name that formulas can cite."""
        if name.lower() in self._names:
            msg = f"the name {name} is given twice"
            raise ValueError(msg)
        self._names.add(name.lower())
        self.workbook.define_name(name, f"={area.reference}")

    def check(self, says: str, condition: str) -> None:
        """Add something that must hold: a formula, without its equals sign, that gives TRUE or FALSE."""
        self.checks.append(Check(says, condition, passes=True))

    def mark_example(self, page: TemplatePage, top: int, left: int, bottom: int, right: int) -> None:
        """Say that a range holds data of the example, which one button or one selection clears."""
        reference = f"{quote_sheetname(page.name)}!{xl_range_abs(top, left, bottom, right)}"
        self.example.setdefault(page.name, []).append(reference)

    def name_examples(self) -> None:
        """Name the example's data on each sheet: choose the name in the name box, press Delete."""
        for sheet, ranges in self.example.items():
            name = "example_" + re.sub(r"\W", "_", sheet.lower())
            self.workbook.define_name(name, "=" + ",".join(ranges))


class TemplatePage(Page):
    """A sheet of a template."""

    book: TemplateBook

    def __init__(self, book: TemplateBook, name: str, question: str) -> None:
        super().__init__(book, name, question)
        self.protected = True
        self._charts: list[tuple[Any, str]] = []
        """The charts, and how and where each is drawn."""
        self.awaited: dict[tuple[int, int], Awaited] = {}
        """By cell: the formulas whose results are to be computed."""
        self.remade = False
        """Whether a refresh makes the sheet anew: then its area has a name, and what lies outside is a person's."""

    def calc(self, row: int, column: int, formula: str, style: Style = styles.BODY, *, name: str = "") -> None:
        """Write a formula (with its equals sign), and give its cell a name if there is one."""
        text = self.book.formula_text(formula)
        self.formula(row, column, text, 0, style)
        self.awaited[row, column] = Awaited(formula, style)
        if name:
            self.book.name(name, self, row, column)

    def enter(self, row: int, column: int, value: Value, style: Style, rule: Rule | None = None) -> None:
        """Write an input cell with its value, or blank, and what it accepts."""
        look = replace(style, unlocked=True)
        if isinstance(value, bool):
            self.sheet.write_boolean(row, column, value, self.book.look(look))
        elif isinstance(value, date):
            self.sheet.write_datetime(row, column, value, self.book.look(look))
        elif value is None or isinstance(value, str):
            if value:
                self.text(row, column, value, look)
            else:
                self.sheet.write_blank(row, column, None, self.book.look(look))
        else:
            self.number(row, column, value, look)
        self._right = max(self._right, column)
        if rule is not None:
            self.sheet.data_validation(row, column, row, column, dict(rule.options))

    def link(
        self,
        row: int,
        column: int,
        sheet: str,
        words: str | int,
        style: Style = styles.BODY,
        place: tuple[int, int] = (0, 0),
    ) -> None:
        """Write words, or a number, that lead to another sheet, or to a cell of it by its row and column."""
        look = self.book.look(replace(style, color=styles.ACCENT))
        there = f"internal:{quote_sheetname(sheet)}!{xl_rowcol_to_cell(*place)}"
        self.sheet.write_url(row, column, there, look, str(words))
        if not isinstance(words, str):
            self.sheet.write_number(row, column, words, look)  # the link stays with the cell
        self._right = max(self._right, column)

    def place_button(
        self, row: int, column: int, words: str, macro: str, *, shift: int = 0, width: int = 150
    ) -> None:
        """A button that runs one of our macros; only the functions edition has any."""
        if self.book.edition is not Edition.FUNCTIONS:
            return
        self.sheet.insert_button(
            row,
            column,
            {
                "macro": f"XlfunnelButtons.{macro}",
                "caption": words,
                "width": width,
                "height": 30,
                "x_offset": shift,
                "description": words,
            },
        )

    def chart(self, chart: Chart, row: int, left: int, width: float, height: float, *, shift: float = 0) -> None:
        """Place a chart, `shift` pixels right of a column's left edge."""
        super().chart(chart, row, left, width, height, shift=shift)
        self._charts.append((chart.drawing, f"{chart.recipe} {row} {left} {height}"))

    def finish(self, checks_failing: int) -> None:
        """Write the band at the top, set the sheet up for the screen and for print, and lock its formulas."""
        super().finish(checks_failing)
        facts = self.book.facts
        agreed = facts.definitions[:60].replace("&", "&&")
        self.sheet.set_footer(
            f"&L&8{facts.title} · &A&C&8Printed &D&R&8Definitions {agreed} · {facts.program} · page &P of &N"
        )
        if self.protected:
            self.sheet.protect("", dict(_PROTECTION))
        if self.remade:
            self._name_area()

    def _name_area(self) -> None:
        workbook = self.book.workbook
        bottom, right = max(self.row, self.sheet.dim_rowmax or 0), max(self._right, self.sheet.dim_colmax or 0)
        area = xl_range_abs(0, 0, bottom, right)
        for number, (held, recipe) in enumerate(self._charts, 1):
            held.chart_name = f"{OWN_CHART} {number} {_mark(f'{self.book.facts.program} {recipe}')}"
        workbook.define_name(f"{quote_sheetname(self.name)}!{OWN_AREA}", f"={quote_sheetname(self.name)}!{area}")
        workbook.defined_names[-1][3] = True  # a hidden name: it is for the next refresh

    def _band(self, checks_failing: int) -> None:  # noqa: ARG002
        self.height(0, 28)
        self.text(0, MARGIN, self.book.facts.title if self.is_front else self.name, styles.TITLE)
        self.text(1, MARGIN, self.question, styles.QUESTION)
        self.calc(2, MARGIN, "=band_line", styles.NOTE)
        row, column, align = (3, MARGIN, "left")
        if self.light_column is not None:
            row, column, align = (0, self.light_column, "right")
        look = Style(size=9, bold=True, color=styles.GOOD, align=align)
        self.calc(row, column, "=checks_light", look)
        bad = self.book.workbook.add_format({"font_color": styles.BAD})
        rule = {"type": "formula", "criteria": "=checks_failing>0", "format": bad}
        self.sheet.conditional_format(row, column, row, column, rule)


def _mark(words: str) -> str:
    """What tells two ways of drawing apart, short enough for a name."""
    return f"{crc32(words.encode()):08x}"


@lru_cache(maxsize=4_096)
def _in_file(formula: str) -> str:
    return file_form(formula) if _NEWER.search(formula) else formula


def qualified(formula: str, table: str) -> str:
    """A column formula with the references to its own row as every host reads them.

    >>> qualified("=[@Deals]/[@[Win rate]]", "Plan")
    '=Plan[[#This Row],[Deals]]/Plan[[#This Row],[Win rate]]'
    """
    return _THIS_ROW.sub(lambda found: f"{table}[[#This Row],[{found[1] or found[2]}]]", formula)


def cell_of(page: str, row: int, column: int) -> str:
    """A cell for formulas: 'Mix check'!$C$7."""
    return f"{quote_sheetname(page)}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"
