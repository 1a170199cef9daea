"""A workbook and its sheets while they are being written."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from xlsxwriter import Workbook
from xlsxwriter.utility import quote_sheetname, xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet, re_dynamic_function

from xlfunnel.errors import MetricError
from xlfunnel.ooxml.links import link_formula
from xlfunnel.table import Link
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import cell_text, is_active, line_text, lines_needed
from xlfunnel.workbooks.styles import Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.table import Cell

DASH = "–"
"""Stands where a figure has no value; the reason stands in a note."""

MARGIN = 1
"""The first column of every sheet is its margin."""

ROW_POINTS = 16.5
ROW_PIXELS = 22
"""Height of a row that holds one line of text, in points and in pixels."""

_BAND_ROWS = 4
_HIGHEST = 400.0
_PAGE_RATIO = 1.5
"""Width to height of the printed part of a landscape page."""

_MOST_SQUEEZE = 1.6
"""A sheet that is at most so much too high for one page is made smaller to fit on one."""

_POINTS_PER_PIXEL = 0.75
_MARGINS = {"left": 0.4, "right": 0.4, "top": 0.45, "bottom": 0.6}
"""Inches that stay free on a printed page."""

_PRINT_WIDTH, _PRINT_HEIGHT = 715.0, 500.0
"""Points that a landscape page of A4 or Letter holds within the margins, with room for hosts that print wider."""

_LEAST_SCALE, _MOST_BREAKS = 10, 1_000
"""Percent, and page breaks, that Excel allows."""

_LEAST_FILLED = 0.5
"""A page that would be filled less, to keep the next block whole, takes the beginning of that block."""

_HEAD_ROWS = 6
"""Rows of a table that must then follow its title on the page."""

_CHECKS_FAILING = "checks_failing"

_FIRST_DAY, _ONE_DAY = datetime(1899, 12, 30), timedelta(days=1)
"""The day from which sheets count."""


@dataclass(frozen=True)
class Facts:
    """What every sheet of a workbook says about itself."""

    template: str
    title: str
    as_of: date
    currency: str
    definitions: str
    program: str

    @property
    def as_of_words(self) -> str:
        """The as-of date as a person writes it."""
        return f"{self.as_of.day} {self.as_of:%b %Y}"


@dataclass(frozen=True)
class Area:
    """A block of cells on a sheet, by its first and last row and column (from 0)."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def reference(self) -> str:
        """For formulas and names: 'By source'!$B$8:$D$12."""
        cells = xl_range_abs(self.top, self.left, self.bottom, self.right)
        return f"{quote_sheetname(self.sheet)}!{cells}"

    @property
    def chart_range(self) -> list[str | int]:
        """For XlsxWriter's charts."""
        return [self.sheet, self.top, self.left, self.bottom, self.right]


@dataclass(frozen=True)
class Chart:
    """A drawing and what it shows, in words, for those who cannot see it."""

    drawing: Any
    alternative_text: str
    recipe: str = ""
    """How it is drawn, in words that are the same for the same series, however long these are."""


@dataclass(frozen=True)
class Check:
    """One thing that must reconcile: a formula that gives OK, and what it gives now."""

    says: str
    formula: str
    passes: bool


class _Sheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A sheet that looks for functions which need a prefix once in a formula, and not for one after the other."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        braces = formula[:1] == "{" or formula[-1:] == "}"
        if braces or expand_future_functions or self.use_future_functions or re_dynamic_function.search(formula):
            return str(super()._prepare_formula(formula, expand_future_functions))
        return formula.removeprefix("=")


class Page:
    """One sheet, written from top to bottom; `row` is the next free row."""

    def __init__(self, book: Book, name: str, question: str) -> None:
        self.book = book
        self.name = name
        self.question = question
        self.sheet = book.workbook.add_worksheet(name, _Sheet)
        self.sheet.set_default_row(ROW_POINTS)
        self.row = _BAND_ROWS + 1
        self._widths: dict[int, float] = {0: 14}
        self._heights: dict[int, float] = {}
        self._right = MARGIN
        self._reach = 0.0
        self.light_column: int | None = None
        self.last_printed: int | None = None
        """The last column that prints, where workings stand to its right; by default all columns print."""
        self.frozen = (_BAND_ROWS, 0)
        self.is_front = False
        self.repeated_row: int | None = None
        self._whole: list[tuple[int, int]] = []
        self._unread: list[tuple[int, int]] = []

    # -- cells

    def text(self, row: int, column: int, words: str, style: Style = styles.BODY) -> None:
        """Write text as text, whatever it says."""
        shown = cell_text(words)
        chosen = replace(style, quoted=True) if is_active(shown) else style
        self.sheet.write_string(row, column, shown, self.book.look(chosen))
        self._right = max(self._right, column)

    def number(self, row: int, column: int, value: float, style: Style) -> None:
        """Write a finite number."""
        self.sheet.write_number(row, column, value, self.book.look(style))
        self._right = max(self._right, column)

    def formula(self, row: int, column: int, formula: str, shown: float | str, style: Style) -> None:
        """Write a formula of the builder's own with the result it has now."""
        self.sheet.write_formula(row, column, formula, self.book.look(style), shown)
        self._right = max(self._right, column)

    def value(self, row: int, column: int, cell: Cell, style: Style) -> None:
        """Write a result: nothing stays blank, what has no value becomes a quiet dash."""
        if cell is None:
            self.sheet.write_blank(row, column, None, self.book.look(style))
        elif isinstance(cell, str):
            self.text(row, column, cell, style)
        elif isinstance(cell, date):
            self.sheet.write_datetime(row, column, cell, self.book.look(style))
        elif isinstance(cell, MetricError) or not math.isfinite(cell):
            self.text(row, column, DASH, replace(style, color=styles.GREY, number_format="General"))
        else:
            self.number(row, column, cell, style)
        self._right = max(self._right, column)

    def cells(self, top: int, column: int, values: Sequence[Cell], style: Style) -> None:
        """Write many results below each other, fast: nothing stays as it is, and a format is looked up once."""
        write_text, write_number = self.sheet.write_string, self.sheet.write_number
        look, quoted = self.book.look(style), self.book.look(replace(style, quoted=True))
        for row, value in enumerate(values, start=top):
            if value is None:
                continue
            if isinstance(value, Link):
                self.lead(row, column, value, style)
            elif isinstance(value, str):
                shown = cell_text(value)
                write_text(row, column, shown, quoted if is_active(shown) else look)
            elif isinstance(value, (int, float)) and math.isfinite(value):
                write_number(row, column, value, look)
            elif isinstance(value, date):
                write_number(row, column, _serial(value), look)
            else:
                self.value(row, column, value, style)
        self._right = max(self._right, column)

    def lead(self, row: int, column: int, link: Link, style: Style = styles.BODY) -> None:
        """Write words that lead to an address outside; as plain text where the address is too long for a formula."""
        words = Link(cell_text(link), link.address)
        formula = link_formula(words)
        if formula is None:
            self.text(row, column, words, style)
        else:
            self.formula(row, column, formula, str(words), style)

    def paragraph(self, row: int, left: int, right: int, words: str, style: Style) -> int:
        """Write wrapped text over several columns of one row, made high enough; gives the lines it takes."""
        shown = cell_text(words)
        lines = lines_needed(shown, self.width(left, right), style.size)
        look = self.book.look(replace(style, wrap=True))
        if left == right:
            self.sheet.write_string(row, left, shown, look)
        else:
            self.sheet.merge_range(row, left, row, right, "", look)
            self.sheet.write_string(row, left, shown, look)
        self._right = max(self._right, right)
        return lines

    def block(self, top: int, left: int, bottom: int, right: int, words: str, style: Style) -> None:
        """Write wrapped text over several rows and columns that hold nothing else."""
        look = self.book.look(replace(style, wrap=True))
        self.sheet.merge_range(top, left, bottom, right, "", look)
        self.sheet.write_string(top, left, cell_text(words), look)
        self._right = max(self._right, right)

    def height(self, row: int, points: float) -> None:
        """Make a row so high, or leave it higher if it was made so before."""
        self._heights[row] = min(max(points, self._heights.get(row, 0.0)), _HIGHEST)
        self.sheet.set_row(row, self._heights[row])

    def place(self, table: str, lines: int) -> None:
        """Go down to where a table stood before, with so many lines above its headings, if that lies further down."""
        self.row = max(self.row, self.book.places.get(table, 0) - lines)

    def reserve(self, top: int, rows: int) -> None:
        """Keep whole blocks of so many rows for what stands from `top` on: then it may grow, and nothing moves."""
        self.row = top + -(-(self.row - top) // rows) * rows

    def keep(self, top: int, bottom: int) -> None:
        """Print these rows on one page where they fit on one."""
        self._whole.append((top, bottom))

    def leave_unread(self, top: int, bottom: int) -> None:
        """Note rows that no formula reads, so that results are computed without them."""
        self._unread.append((top, bottom))

    def is_unread(self, row: int) -> bool:
        """Whether no formula reads a row."""
        return any(top <= row <= bottom for top, bottom in self._unread)

    # -- columns

    def widen(self, column: int, pixels: float) -> None:
        """Make a column at least so wide."""
        self.fix(column, max(self._widths.get(column, 0), pixels))

    def fix(self, column: int, pixels: float) -> None:
        """Make a column just so wide."""
        self._widths[column] = math.ceil(pixels)
        self.sheet.set_column_pixels(column, column, self._widths[column])

    def width(self, left: int, right: int) -> float:
        """Pixels from the left edge of one column to the right edge of another."""
        return sum(self._widths.get(column, 64) for column in range(left, right + 1))

    # -- drawings

    def chart(self, chart: Chart, row: int, left: int, width: float, height: float, *, shift: float = 0) -> None:
        """Place a chart, `shift` pixels right of a column's left edge."""
        options = {
            "x_offset": shift,
            "object_position": 2,
            "description": chart.alternative_text,
        }
        chart.drawing.set_size({"width": width, "height": height})
        self.sheet.insert_chart(row, left, chart.drawing, options)
        self._reach = max(self._reach, self.width(0, left - 1) + shift + width)

    # -- whole sheet

    def finish(self, checks_failing: int) -> None:
        """Write the band at the top and set the sheet up for the screen and for print."""
        self.widen(0, 14)
        while self.width(0, self._right) < self._reach:
            self._right += 1
        self._band(checks_failing)
        sheet = self.sheet
        sheet.hide_gridlines(2)
        sheet.set_zoom(100)
        sheet.freeze_panes(*self.frozen)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(**_MARGINS)
        self._set_pages()
        sheet.center_horizontally()
        sheet.print_area(0, 0, max(self.row, _BAND_ROWS), self._printed)
        sheet.repeat_rows(*((0, 0) if self.repeated_row is None else (self.repeated_row, self.repeated_row)))
        facts = self.book.facts
        version = facts.definitions[:60].replace("&", "&&")
        left = f"&L&8{facts.title} · &A"
        right = f"&R&8As of {facts.as_of_words} · definitions {version} · page &P of &N"
        sheet.set_footer(left + right)

    @property
    def _printed(self) -> int:
        return self._right if self.last_printed is None else min(self.last_printed, self._right)

    def _set_pages(self) -> None:
        """One page wide; on one page, or on several that cut no table which could stand whole.

        Excel heeds page breaks only at a scale of the sheet's own, not where it fits a sheet to pages.
        """
        width = self.width(0, self._printed) * _POINTS_PER_PIXEL
        if self.is_front or self._points(0, self.row) <= width / _PAGE_RATIO * _MOST_SQUEEZE:
            self.sheet.fit_to_pages(1, 1)
            return
        scale = min(max(int(100 * _PRINT_WIDTH / width), _LEAST_SCALE), 100)
        self.sheet.set_print_scale(scale)
        if self._whole:  # the pages of one long table end by themselves
            self.sheet.set_h_pagebreaks(self._breaks(_PRINT_HEIGHT * 100 / scale))

    def _breaks(self, room: float) -> list[int]:
        """The rows with which a new page begins, so that blocks stay whole."""
        heads = [(top, min(bottom, top + _HEAD_ROWS)) for top, bottom in self._whole]
        repeated = self._points(self.repeated_row or 0, self.repeated_row or 0)
        breaks: list[int] = []
        start = 0
        while (full := self._full(start, room - repeated if start else room)) <= self.row:
            begin = _uncut(self._whole, start, full)
            if self._points(start, begin - 1) < room * _LEAST_FILLED:
                begin = _uncut(heads, start, full)
            breaks.append(begin)
            start = begin
        return breaks[:_MOST_BREAKS]

    def _full(self, start: int, room: float) -> int:
        """The first row that a page which begins at `start` has no room for."""
        row, used = start, self._points(start, start)
        while row <= self.row and used <= room:
            row += 1
            used += self._points(row, row)
        return max(row, start + 1)

    def _points(self, top: int, bottom: int) -> float:
        return sum(self._heights.get(row, ROW_POINTS) for row in range(top, bottom + 1))

    def _band(self, checks_failing: int) -> None:
        facts = self.book.facts
        title = facts.title if self.is_front else self.name
        self.height(0, 28)
        self.text(0, MARGIN, title, styles.TITLE)
        self.text(1, MARGIN, self.question, styles.QUESTION)
        parts = (
            f"As of {facts.as_of_words}",
            f"Definitions: {facts.definitions}",
            f"Money in {facts.currency}" if facts.currency else "",
            facts.program,
        )
        self.text(2, MARGIN, "  ·  ".join(part for part in parts if part), styles.NOTE)
        row, column, align = (3, MARGIN, "left")
        if self.light_column is not None:
            row, column, align = (0, self.light_column, "right")
        self._light(row, column, align, checks_failing)

    def _light(self, row: int, column: int, align: str, failing: int) -> None:
        passes, fails = "✓ Checks pass", "▲ A check fails: see Checks"
        style = Style(size=9, bold=True, color=styles.GOOD, align=align)
        formula = f'=IF({_CHECKS_FAILING}=0,"{passes}","{fails}")'
        self.formula(row, column, formula, fails if failing else passes, style)
        bad = self.book.workbook.add_format({"font_color": styles.BAD})
        rule = {"type": "formula", "criteria": f"={_CHECKS_FAILING}>0", "format": bad}
        self.sheet.conditional_format(row, column, row, column, rule)


class Book:
    """A workbook in memory: nothing touches the disk until its bytes are saved."""

    def __init__(self, facts: Facts) -> None:
        self.facts = replace(
            facts, currency=line_text(facts.currency), definitions=line_text(facts.definitions)[:200]
        )
        self._content = BytesIO()
        self.workbook = Workbook(
            self._content,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self.pages: list[Page] = []
        self.places: Mapping[str, int] = {}
        """By table: the row of its headings in the workbook that is refreshed."""
        self.checks: list[Check] = []
        self._looks: dict[Style, Any] = {}
        self._names: set[str] = set()
        created = datetime(facts.as_of.year, facts.as_of.month, facts.as_of.day)
        self.workbook.set_properties(
            {"title": facts.title, "author": "xlfunnel", "subject": f"As of {facts.as_of}", "created": created}
        )
        self.workbook.set_custom_property("xlfunnel", facts.template)
        self.workbook.set_custom_property("xlfunnel version", facts.program)
        self.workbook.set_custom_property("xlfunnel definitions", self.facts.definitions)
        self.workbook.set_size(1_680, 1_050)

    def page(self, name: str, question: str) -> Page:
        """Add a sheet; `question` is what it answers."""
        page = Page(self, name, question)
        self.pages.append(page)
        return page

    def look(self, style: Style) -> Any:
        """The workbook's one format for a style."""
        if style not in self._looks:
            self._looks[style] = self.workbook.add_format(style.properties)
        return self._looks[style]

    def name(self, name: str, page: Page, row: int, column: int) -> None:
        """Give a cell a name that formulas can cite."""
        if name.lower() in self._names:
            msg = f"the name {name} is given twice"
            raise ValueError(msg)
        self._names.add(name.lower())
        cell = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
        self.workbook.define_name(name, f"={quote_sheetname(page.name)}!{cell}")

    def checks_failing(self) -> int:
        """How many checks do not reconcile."""
        return sum(not check.passes for check in self.checks)

    def finish(self) -> None:
        """Finish every sheet."""
        failing = self.checks_failing()
        for page in self.pages:
            page.finish(failing)

    def content(self) -> bytes:
        """Finish every sheet and give the workbook's bytes."""
        self.finish()
        self.pages[0].sheet.activate()
        self.pages[0].sheet.set_first_sheet()
        self.workbook.close()
        return self._content.getvalue()


def _serial(day: date) -> float:
    """A date, or a moment, as the number that a sheet holds.

    >>> _serial(date(2026, 9, 30)), _serial(datetime(2026, 9, 30, 18))
    (46295.0, 46295.75)
    """
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    return (moment - _FIRST_DAY) / _ONE_DAY


def _uncut(blocks: list[tuple[int, int]], start: int, row: int) -> int:
    """The last row up to this one before which a page that begins at `start` can end without cutting a block."""
    while cut := [top for top, bottom in blocks if start < top < row <= bottom]:
        row = min(cut)
    return row
