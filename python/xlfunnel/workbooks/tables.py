"""Tables of results on a sheet: headings with units, one format per column, and what a dash means."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeGuard

from xlsxwriter.utility import xl_range

from xlfunnel.errors import MetricError
from xlfunnel.table import Link, Table
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import DASH, ROW_POINTS, Area, Check
from xlfunnel.workbooks.cell_text import balanced, cell_text, line_height, line_text, lines_needed, pixels, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xlfunnel.report import Section
    from xlfunnel.table import Cell, Column
    from xlfunnel.workbooks.book import Page
    from xlfunnel.workbooks.styles import Style

TOTAL = "Total"
_NARROWEST = 64
_WIDEST_NUMBER = 110
_WIDEST_TEXT = 300
_WIDEST_LAST = 470
_WIDEST_LINE = 640
_BOLD = 10.5
"""The size that bold headings of size 10 take the room of."""

_CELL_PADDING = 6
_MOST_LINES = 8
_SAMPLED = 500
_MOST_REASONS = 6
_MOST_NAMES = 4
_TEXTUAL = {Unit.TEXT}
_MOMENTS = {Unit.DATE: 92.0, Unit.TIMESTAMP: 132.0}
"""Pixels that a date, and a date with its time, take."""


class Fit(Enum):
    """How a table and its columns come to terms."""

    GROW = "columns grow, and text wraps where they may not grow further"
    SHORTEN = "columns stay as they are, and text ends in an ellipsis"
    ONE_LINE = "columns grow as the first rows need, and every row is one line high"


@dataclass(frozen=True)
class PlacedTable:
    """A table and where it stands; a last row "Total" stands below `body` and outside of the Excel table."""

    table: Table
    page: Page
    top: int
    left: int
    fit: Fit = Fit.GROW

    @property
    def body(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows without the total."""
        return self.table.rows[:-1] if has_total(self.table) else self.table.rows

    @property
    def below(self) -> int:
        """The first row under the table."""
        return self.top + 1 + len(self.table.rows)

    def has(self, *names: str) -> bool:
        """Whether the table has these columns and at least one row in its body."""
        return bool(self.body) and all(name in self.table.header for name in names)

    def values(self, name: str) -> tuple[Cell, ...]:
        """A column's values in the body."""
        return self.table.column(name)[: len(self.body)]

    def numbers(self, name: str) -> tuple[float | None, ...]:
        """The same, with None for whatever is not a number."""
        return tuple(float(value) if is_number(value) else None for value in self.values(name))

    def area(self, name: str, first: int = 0, last: int | None = None) -> Area:
        """Where a column's body stands, or its rows from `first` to `last`."""
        column = self.left + self.table.header.index(name)
        end = len(self.body) - 1 if last is None else last
        return Area(self.page.name, self.top + 1 + first, column, self.top + 1 + end, column)

    def format(self, name: str) -> str:
        """A column's number format."""
        at = self.table.header.index(name)
        unit = self.table.columns[at].unit
        if self.fit is Fit.SHORTEN:
            largest = max(self._numbers(at), key=abs, default=0.0)
            room = self.page.width(self.left + at, self.left + at) - 8
            if pixels(f"{largest:,.0f}") > room:
                return styles.short_format(unit, largest)
        return styles.number_format(unit, self._numbers(at))

    def _numbers(self, at: int) -> Iterator[float]:
        return (float(value) for row in self.table.rows if is_number(value := row[at]))


def is_number(cell: Cell) -> TypeGuard[float | int]:
    """Whether a cell holds a number that a sheet can show."""
    return isinstance(cell, (int, float)) and math.isfinite(cell)


def has_total(table: Table) -> bool:
    """Whether the last row is the total of the others."""
    return bool(table.rows) and table.rows[-1][0] == TOTAL


def leading(table: Table, names: Sequence[str], by: str, limit: int) -> tuple[Table, int]:
    """The columns named, the `limit` rows that are largest by one column, then the total; and how many are left out.

    Rows without a number in that column come last; columns that the table does not have are left out.
    """
    kept = [name for name in names if name in table.header]
    picks = [table.header.index(name) for name in kept]
    total = table.rows[-1:] if has_total(table) else ()
    body = table.rows[: len(table.rows) - len(total)]
    if by in table.header:
        body = tuple(sorted(body, key=_largest_first(table.header.index(by))))
    rows = (*body[:limit], *total)
    columns = tuple(table.columns[index] for index in picks)
    return Table(columns, tuple(tuple(row[index] for index in picks) for row in rows)), len(body[limit:])


def renamed(section: Section, column: str, name: str) -> Section:
    """The section with another heading for one column."""
    if section.table is None:
        return section
    columns = tuple(replace(one, name=name) if one.name == column else one for one in section.table.columns)
    return replace(section, table=Table(columns, section.table.rows))


def ordered(section: Section, names: Sequence[str]) -> Section:
    """The section with these columns first, in this order, and its other columns behind them."""
    table = section.table
    if table is None:
        return section
    first = [table.header.index(name) for name in names if name in table.header]
    order = [*first, *(at for at in range(len(table.columns)) if at not in first)]
    rows = tuple(tuple(row[at] for at in order) for row in table.rows)
    return replace(section, table=Table(tuple(table.columns[at] for at in order), rows))


def place_table(
    page: Page,
    table: Table,
    row: int,
    left: int,
    *,
    name: str = "",
    fit: Fit = Fit.GROW,
    unread: bool = False,
    first_only: bool = False,
    filtered: bool = False,
) -> PlacedTable:
    """Write a table at a cell; with a `name` its body becomes an Excel table.

    `unread`: formulas count its rows at most, and read none of them. With `first_only` its rows after the first are
    left to the caller.
    """
    placed = PlacedTable(table, page, row, left, fit)
    titles = _headings(table, page.book.facts.currency)
    if fit is not Fit.SHORTEN:
        for offset, column in enumerate(table.columns):
            page.widen(
                left + offset,
                _wanted_width(titles[offset], column, _sample(placed, offset), _widest(placed, offset)),
            )
    _write_headings(placed, titles)
    for offset, column in enumerate(table.columns):
        if first_only:
            _write_first(placed, offset, column)
        else:
            _write_column(placed, offset, column)
    if fit is not Fit.ONE_LINE:
        _fit_rows(placed)
    if name and placed.body:
        _declare(placed, titles, name, filtered=filtered, first_only=first_only)
    if unread:
        page.leave_unread(row + 1, row + len(placed.body))
    return placed


def or_none(table: Table, words: str) -> Table:
    """The table, or one row that says that there is none: a table that is always there can grow where it stands."""
    return table if table.rows else Table(table.columns, ((words, *(None for _ in table.columns[1:])),))


def place_section(
    page: Page, section: Section, *, name: str, left: int = 1, right: int | None = None, room: int = 1
) -> PlacedTable | None:
    """Write a section at the page's next free row: its title, then its table or the reason why there is none.

    It takes whole blocks of `room` rows, so that what stands below stays there when the table grows a little, and it
    stands where it stood in the workbook that is refreshed, if it can.
    """
    if section.table is not None and section.table.rows:
        page.place(f"tbl_{name}", 2)
    edge, top = left + 7 if right is None else right, page.row
    page.text(page.row, left, section.title, styles.SECTION)
    page.text(page.row + 1, left, section.question, styles.NOTE)
    page.row += 2
    if section.table is None or not section.table.rows:
        words = section.reason or "There is nothing to show here: no record falls into this table."
        explain(page, words, left, edge)
        page.keep(top, page.row - 1)
        page.row += 1
        page.reserve(top, room)
        return None
    placed = place_table(page, section.table, page.row, left, name=name)
    page.row = placed.below
    for words in dash_reasons(section.table):
        explain(page, words, left, edge)
    if section.note:
        explain(page, section.note, left, edge)
    page.keep(top, page.row - 1)
    page.row += 1
    page.reserve(top, room)
    return placed


def explain(page: Page, words: str, left: int, right: int) -> None:
    """Write a calm grey sentence over the columns at the page's next free row."""
    lines = page.paragraph(page.row, left, right, words, styles.WRAPPED_NOTE)
    page.height(page.row, 3 + lines * line_height(styles.NOTE.size))
    page.row += 1


def dash_reasons(table: Table) -> list[str]:
    """Why cells show a dash: one sentence for each reason, with the rows it concerns."""
    rows_by_reason: dict[str, list[str]] = {}
    for row in table.rows:
        for cell in row:
            if cell is None or isinstance(cell, str) or not _is_dash(cell):
                continue
            name = str(row[0])
            named = rows_by_reason.setdefault(_why(cell).removeprefix(f"{name}: "), [])
            if name not in named:
                named.append(name)
    sentences = [f"{DASH}  {_named(rows)}: {reason}" for reason, rows in rows_by_reason.items()]
    if len(sentences) > _MOST_REASONS:
        rest = len(sentences) - _MOST_REASONS
        return [*sentences[:_MOST_REASONS], f"{DASH}  and {rest} more reasons of this kind."]
    return sentences


def total_checks(placed: PlacedTable, title: str, names: Sequence[str]) -> list[Check]:
    """Checks that the total of each column named is the sum of its rows, where all of them have a number."""
    if not has_total(placed.table):
        return []
    found: list[Check] = []
    for name in names:
        if name not in placed.table.header:
            continue
        values, total = placed.numbers(name), placed.table.column(name)[-1]
        body = placed.area(name)
        last = Area(body.sheet, body.bottom + 1, body.left, body.bottom + 1, body.left).reference
        formula = f"IF(COUNT({body.reference},{last})<=ROWS({body.reference}),TRUE,{_adds_up(body, last)})"
        summed = math.fsum(value for value in values if value is not None)
        complete = is_number(total) and None not in values
        passes = not complete or abs(summed - float(total)) <= max(0.005, abs(float(total)) * 1e-9)  # type: ignore[arg-type]
        found.append(Check(f"{title}: the rows of “{name}” add up to its total", formula, passes))
    return found


def _adds_up(body: Area, last: str) -> str:
    return f"ABS(SUM({body.reference})-{last})<=MAX(0.005,ABS({last})*1E-9)"


def _write_headings(placed: PlacedTable, titles: list[str]) -> None:
    lines = 1
    for offset, (column, named) in enumerate(zip(placed.table.columns, titles, strict=True)):
        at = placed.left + offset
        short = placed.fit is Fit.SHORTEN
        title = balanced(named, placed.page.width(at, at) - 14, _BOLD) if short else named
        style = replace(styles.HEADING, align=_align(column), indent=_indent(column, offset))
        placed.page.text(placed.top, at, title, style)
        lines = max(lines, len(wrapped(title, placed.page.width(at, at) - _CELL_PADDING, _BOLD)))
    placed.page.height(placed.top, 4 + lines * line_height(styles.HEADING.size))


def _write_first(placed: PlacedTable, offset: int, column: Column) -> None:
    """Write the first row's cell, and its format even where it is blank."""
    style = _column_style(placed, offset, column)
    for row in placed.body[:1]:
        placed.page.value(placed.top + 1, placed.left + offset, row[offset], replace(style, bottom=""))


def _write_column(placed: PlacedTable, offset: int, column: Column) -> None:
    at, fit = placed.left + offset, placed.fit
    values = placed.table.column(column.name)
    base = _column_style(placed, offset, column)
    if fit is Fit.ONE_LINE:
        placed.page.cells(placed.top + 1, at, values, replace(base, bottom=""))
        return
    total = replace(base, bold=True, top=styles.INK, bottom="")
    last = len(values) - 1 if has_total(placed.table) else -1
    room = placed.page.width(at, at) - 8
    for index, value in enumerate(values):
        shown = _shortened(value, room) if fit is Fit.SHORTEN and isinstance(value, str) else value
        placed.page.value(placed.top + 1 + index, at, shown, total if index == last else base)


def _column_style(placed: PlacedTable, offset: int, column: Column) -> Style:
    leads = any(isinstance(row[offset], Link) for row in placed.body[:1])
    return replace(
        styles.BODY,
        color=styles.ACCENT if leads else styles.INK,
        align=_align(column),
        indent=_indent(column, offset),
        number_format=placed.format(column.name),
        shrink=placed.fit is Fit.SHORTEN,
        bottom=styles.RULE,
        wrap=placed.fit is Fit.GROW and column.unit in _TEXTUAL,
    )


def _fit_rows(placed: PlacedTable) -> None:
    page, grows = placed.page, placed.fit is Fit.GROW
    texts = [offset for offset, column in enumerate(placed.table.columns) if grows and column.unit in _TEXTUAL]
    for index, row in enumerate(placed.table.rows):
        lines = 1
        for offset in texts:
            at = placed.left + offset
            if isinstance(row[offset], str):
                lines = max(lines, lines_needed(cell_text(str(row[offset])), page.width(at, at)))
        extra = (min(lines, _MOST_LINES) - 1) * line_height(styles.BODY.size)
        page.height(placed.top + 1 + index, ROW_POINTS + extra)


def _declare(placed: PlacedTable, titles: list[str], name: str, *, filtered: bool, first_only: bool) -> None:
    page = placed.page
    columns = []
    for offset, (column, title) in enumerate(zip(placed.table.columns, titles, strict=True)):
        style = replace(styles.HEADING, align=_align(column), indent=_indent(column, offset))
        columns.append({"header": title, "header_format": page.book.look(style)})
    bottom, right = placed.top + len(placed.body), placed.left + len(titles) - 1
    options = {"name": f"tbl_{name}", "style": None, "autofilter": filtered, "columns": columns}
    page.sheet.add_table(placed.top, placed.left, placed.top + 1 if first_only else bottom, right, options)
    if first_only:  # XlsxWriter takes note of each cell of a table, which of a long list takes longer than all else
        names = ("range", "a_range", *(("autofilter",) if filtered else ()))
        page.sheet.tables[-1] |= dict.fromkeys(names, xl_range(placed.top, placed.left, bottom, right))


def _headings(table: Table, currency: str) -> list[str]:
    titles: list[str] = []
    for column in table.columns:
        title = styles.heading(column.name, column.unit, currency)
        taken = {earlier.lower() for earlier in titles}
        titles.append(title if title.lower() not in taken else f"{title} ({len(titles) + 1})")
    return titles


def _sample(placed: PlacedTable, offset: int) -> list[Cell]:
    """The cells whose width counts: the first few hundred of a long table stand for all of it."""
    rows = placed.table.rows[:_SAMPLED] if placed.fit is Fit.ONE_LINE else placed.table.rows
    return [row[offset] for row in rows]


def _widest(placed: PlacedTable, offset: int) -> float:
    """The most that a column of text may take: the last one has the room to its right."""
    if offset < len(placed.table.columns) - 1:
        return _WIDEST_TEXT
    return _WIDEST_LINE if placed.fit is Fit.ONE_LINE else _WIDEST_LAST


def _wanted_width(title: str, column: Column, values: Sequence[Cell], widest: float) -> float:
    words = max(pixels(word, _BOLD) for word in title.split()) + 22
    if column.unit in _TEXTUAL:
        texts = {cell_text(str(value)) for value in values if value is not None}
        cells = max(map(pixels, texts), default=0) + 20
        return min(max(words, cells, _NARROWEST), widest)
    if column.unit in _MOMENTS:
        return max(words, _MOMENTS[column.unit])
    largest = max((abs(value) for value in values if is_number(value)), default=0)
    digits = pixels(f"{largest:,.2f}") + 16
    return max(words, _heading_width(title), digits, _NARROWEST + 8)


def _heading_width(title: str) -> float:
    """Pixels that keep a heading on one line, or on two with room between it and the heading on its left."""
    line = pixels(title, _BOLD)
    if line + 22 <= _WIDEST_NUMBER:
        return line + 22
    shares = (line * part / 40 for part in range(16, 48))
    return next((room for room in shares if _stands_free(title, room)), line + 22)


def _stands_free(title: str, room: float) -> bool:
    for narrowing in (1, 0.96, 0.92, 0.88, 0.84):  # hosts set the same type more or less narrow
        size = _BOLD * narrowing
        lines = wrapped(title, room - _CELL_PADDING, size)
        if len(lines) > 2 or max(pixels(one, size) for one in lines) > room - 18:
            return False
    return True


def _largest_first(index: int) -> Callable[[tuple[Cell, ...]], tuple[bool, float]]:
    def order(row: tuple[Cell, ...]) -> tuple[bool, float]:
        value = row[index]
        return (False, -float(value)) if is_number(value) else (True, 0.0)

    return order


def _shortened(words: str, room: float) -> str:
    shown = line_text(words)
    if pixels(shown) <= room:
        return shown
    kept = shown[: max(int(room // 3), 1)]
    while kept and pixels(kept + "…") > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def _align(column: Column) -> str:
    return "left" if column.unit in _TEXTUAL else "right"


def _indent(column: Column, offset: int) -> int:
    return 1 if offset and column.unit in _TEXTUAL else 0


def _is_dash(cell: Cell) -> bool:
    return isinstance(cell, MetricError) or (isinstance(cell, float) and not math.isfinite(cell))


def _why(cell: Cell) -> str:
    if not isinstance(cell, MetricError):
        return "the figure is not a finite number."
    return str(cell) or f"{cell.meaning}."


def _named(rows: list[str]) -> str:
    shown = ", ".join(rows[:_MOST_NAMES])
    rest = len(rows) - _MOST_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown
