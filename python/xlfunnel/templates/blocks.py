"""What sheets of a template are made of: fields to fill in, tables that grow, figures, and cards for the eye."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.templates.book import Rule, qualified
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import ROW_POINTS, Area
from xlfunnel.workbooks.cell_text import line_height, lines_needed, pixels, wrapped
from xlfunnel.workbooks.styles import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.templates.book import TemplateBook, TemplatePage
    from xlfunnel.templates.contents import Row, Value

BASES: Final = ("measured", "agreed", "estimated")
"""Where an input comes from."""

HEADING: Final = replace(styles.HEADING, fill=styles.PANEL)
_UNIT_LINE: Final = replace(styles.NOTE, align="right")
_BESIDE: Final = replace(styles.NOTE, indent=1)
"""Words right of a figure, which stand off from it."""

_TOTAL: Final = Style(bold=True, bottom=styles.INK)
_NARROW, _LABEL_WIDTH, _VALUE_WIDTH = 72, 250, 120
_OVER_FIGURES: Final = ("Value", "Since")
_MONEY: Final = {
    Unit.MONEY: "=currency",
    Unit.MONEY_PER_DAY: '=currency&"/day"',
    Unit.MONEY_PER_MONTH: '=currency&"/month"',
}


class Role(Enum):
    """What a column of a table holds."""

    INPUT = "a person types it"
    HELD = "a refresh or a new quarter writes it"
    CALC = "a formula computes it"


@dataclass(frozen=True)
class Col:
    """A column of a table.

    `formula` (with its equals sign, the same for all rows) makes it a calculated one; `[@Name]` stands for the cell
    of its own row. `unit_line` stands above the heading; by default it follows from the unit. `total` is the formula
    above the table, "sum", or "calm sum", which is blank while there is nothing to add up. `choices` are the words
    that the cell accepts, or a formula that gives their range.
    """

    name: str
    unit: Unit = Unit.TEXT
    formula: str = ""
    role: Role = Role.INPUT
    hint: str = ""
    choices: str | tuple[str, ...] = ()
    total: str = ""
    width: float = 0
    number_format: str = ""
    unit_line: str | None = None
    wrap: bool = False
    bold: bool = False
    shrink: bool = False
    """Whether words that are too long are shown smaller: for those whose length nobody knows."""

    @property
    def kind(self) -> Role:
        """What it holds."""
        return Role.CALC if self.formula else self.role

    @property
    def shape(self) -> str:
        """Its number format."""
        return self.number_format or shape_of(self.unit)

    @property
    def line(self) -> str:
        """What stands above its heading."""
        return unit_line(self.unit) if self.unit_line is None else self.unit_line


@dataclass(frozen=True)
class Placed:
    """A table where it stands: `top` is its row of headings, `rows` how many rows follow, spare ones included."""

    name: str
    page: TemplatePage
    top: int
    left: int
    columns: tuple[Col, ...]
    rows: int

    def area(self, column: str, first: int = 0, last: int | None = None) -> Area:
        """Where a column's cells stand, or those of its rows from `first` to `last`."""
        at = self.left + [one.name for one in self.columns].index(column)
        end = self.rows - 1 if last is None else last
        return Area(self.page.name, self.top + 1 + first, at, self.top + 1 + end, at)

    @property
    def below(self) -> int:
        """The first row under the table."""
        return self.top + 1 + self.rows

    @property
    def right(self) -> int:
        """The first column to its right."""
        return self.left + len(self.columns)


@dataclass(frozen=True)
class Field:
    """An input with a name for formulas.

    `default` stands where the contents say nothing; a field without one belongs to the example, and is blank in a
    blank workbook. `formula` instead makes it a figure. `basis` adds where the value comes from, with its date.
    """

    name: str
    label: str
    unit: Unit = Unit.TEXT
    default: Value = None
    formula: str = ""
    hint: str = ""
    choices: str | tuple[str, ...] = ()
    note: str = ""
    basis: str = ""
    number_format: str = ""
    unit_line: str | None = None


@dataclass(frozen=True)
class Card:
    """A figure for the eye: its label, a formula, and a formula or words beneath it. `name` is for other formulas."""

    label: str
    formula: str
    unit: Unit
    note: str = ""
    name: str = ""
    number_format: str = ""
    alarm: str = ""
    """A condition, such as "=plan_gap>0", under which the figure is shown in the colour for attention."""


def shape_of(unit: Unit) -> str:
    """The number format of a unit in a template: what is typed later must fit, too."""
    if unit is Unit.DAYS:
        return "#,##0.0"
    if unit in {Unit.HOURS, Unit.HOURS_PER_WEEK, Unit.HOURS_PER_LEAD, Unit.MONTHS}:
        return "#,##0.0"
    if unit is Unit.TEXT:
        return "General"
    return styles.number_format(unit)


def unit_line(unit: Unit) -> str:
    """What stands above a heading, or beside a field: words, or a formula that gives the currency."""
    return _MONEY.get(unit) or styles.unit_words(unit, "")


def place_title(page: TemplatePage, title: str, note: str = "", *, left: int = 1, right: int = 8) -> None:
    """Write the title of a part of a sheet at the next free row, with a sentence under it."""
    page.text(page.row, left, title, styles.SECTION)
    page.height(page.row, 20)
    page.row += 1
    if note:
        place_note(page, note, left=left, right=right)


def place_note(page: TemplatePage, words: str, *, left: int = 1, right: int = 8) -> None:
    """Write a calm grey sentence at the next free row."""
    lines = page.paragraph(page.row, left, right, words, styles.WRAPPED_NOTE)
    page.height(page.row, 4 + lines * line_height(styles.NOTE.size))
    page.row += 1


def place_fields(page: TemplatePage, fields: Sequence[Field], *, left: int = 1, with_basis: bool = False) -> None:
    """Write inputs one under the other: label, value, unit, where it comes from and since when, and a note."""
    page.widen(left, _LABEL_WIDTH)
    page.widen(left + 1, _VALUE_WIDTH)
    page.widen(left + 2, _NARROW)
    if with_basis:
        page.widen(left + 3, 92)
        page.widen(left + 4, 92)
        for offset, words in enumerate(("Input", "Value", "Unit", "Comes from", "Since", "Note")):
            look = replace(
                HEADING, align="right" if words in _OVER_FIGURES else "left", indent=int(words in {"Unit", "Note"})
            )
            page.text(page.row, left + offset, words, look)
        page.row += 1
    for one in fields:
        _place_field(page, one, left, with_basis=with_basis)
        page.row += 1


def place_table(
    page: TemplatePage,
    name: str,
    columns: Sequence[Col],
    *,
    left: int = 1,
    spare: int = 3,
    rows: Sequence[Row] | None = None,
    total_label: str = "Total",
    example: bool = True,
) -> Placed:
    """Write a table at the page's next free row: totals above, units, headings, rows, and spare rows to type into.

    Rows come from the contents of the workbook. Totals stand above, so that the table can grow downwards: leave the
    cells under it free.
    """
    book = page.book
    given = book.contents.tables.get(name, ()) if rows is None else rows
    count = max(len(given) + spare, 1)
    top = page.row
    if any(column.total for column in columns):
        _place_totals(page, name, columns, left, total_label)
        top += 1
    if any(column.line for column in columns):
        for offset, column in enumerate(columns):
            _place_words(page, top, left + offset, column.line, replace(_UNIT_LINE, align=_align(column)))
        page.height(top, 14)
        top += 1
    placed = Placed(name, page, top, left, tuple(columns), count)
    _place_headings(placed)
    for offset, column in enumerate(columns):
        if not column.formula:
            _place_column(placed, offset, column, _given(columns, column, given))
    _declare(placed)
    if example:
        _mark_example(placed)
    book.tables[name] = placed
    page.row = placed.below + 1
    return placed


def place_cards(page: TemplatePage, cards: Sequence[Card], *, left: int = 1, span: int = 2, right: int = 0) -> None:
    """Write figures side by side, large, each over `span` columns; the line over them goes on to column `right`."""
    top = page.row
    for column in range(left + len(cards) * span, right + 1):
        page.text(top, column, "", styles.FIGURE_LABEL)
    for number, card in enumerate(cards):
        first = left + number * span
        last = first + span - 1
        for column in range(first, last + 1):
            page.text(top, column, card.label if column == first else "", replace(styles.FIGURE_LABEL, wrap=False))
        _merged(page, top + 1, first, last, card.formula, _card_style(card), card.name)
        if card.alarm:
            look = page.book.workbook.add_format({"font_color": styles.ORANGE})
            rule = {"type": "formula", "criteria": card.alarm, "format": look}
            page.sheet.conditional_format(top + 1, first, top + 1, last, rule)
        if card.note:
            _merged(page, top + 2, first, last, card.note, replace(styles.WRAPPED_NOTE, wrap=True), "")
    page.height(top, 18)
    page.height(top + 1, 28)
    page.height(top + 2, 26)
    page.row = top + 4


def _place_field(page: TemplatePage, one: Field, left: int, *, with_basis: bool) -> None:
    row, book = page.row, page.book
    page.text(row, left, one.label, replace(styles.BODY, bottom=styles.RULE))
    shape = one.number_format or shape_of(one.unit)
    align = "left" if one.unit is Unit.TEXT else "right"
    if one.formula:
        look = replace(styles.BODY, align=align, number_format=shape, bottom=styles.RULE)
        page.calc(row, left + 1, one.formula, look, name=one.name)
    else:
        look = replace(styles.INPUT, align=align, number_format=shape)
        value = book.contents.fields.get(one.name, one.default)
        page.enter(row, left + 1, value, look, Rule.of(one.unit, one.hint, one.choices))
        book.name(one.name, page, row, left + 1)
        if one.default is None:
            book.mark_example(page, row, left + 1, row, left + 1)
    words = unit_line(one.unit) if one.unit_line is None else one.unit_line
    _place_words(page, row, left + 2, words, _BESIDE)
    if with_basis and not one.formula:
        _place_basis(page, one, row, left + 3)
    if one.note:
        _place_words(page, row, left + (5 if with_basis else 3), one.note, _BESIDE)


def _place_basis(page: TemplatePage, one: Field, row: int, left: int) -> None:
    contents = page.book.contents.fields
    basis = contents.get(f"{one.name}_from", one.basis or "estimated")
    hint = "Measured from the CRM, agreed by both heads, or estimated."
    page.enter(row, left, basis, styles.INPUT, Rule.of(Unit.TEXT, hint, BASES))
    since = replace(styles.INPUT, align="right", number_format="d mmm yyyy")
    page.enter(row, left + 1, contents.get(f"{one.name}_since"), since, Rule.of(Unit.DATE, "Since when it holds."))
    page.book.name(f"{one.name}_from", page, row, left)
    page.book.name(f"{one.name}_since", page, row, left + 1)


def _place_totals(page: TemplatePage, name: str, columns: Sequence[Col], left: int, label: str) -> None:
    for offset, column in enumerate(columns):
        look = replace(_TOTAL, align=_align(column), number_format=column.shape)
        if column.total:
            page.calc(page.row, left + offset, _total(f"{name}[{column.name}]", column.total), look)
        else:
            page.text(page.row, left + offset, "" if offset else label, look)


def _total(cells: str, total: str) -> str:
    if total == "calm sum":
        return f'=IF(COUNT({cells})=0,"",SUM({cells}))'
    return f"=SUM({cells})" if total == "sum" else total


def _place_headings(placed: Placed) -> None:
    page, lines = placed.page, 1
    for offset, column in enumerate(placed.columns):
        at = placed.left + offset
        page.widen(at, column.width or _width(column))
        look = _heading(column, offset)
        page.text(placed.top, at, column.name, look)
        lines = max(lines, len(wrapped(column.name, page.width(at, at) - 8, 10.5)))
    page.height(placed.top, 5 + lines * line_height(10))


def _indent(column: Col, offset: int) -> int:
    """Words keep off the figures on their left."""
    return 1 if offset and column.unit is Unit.TEXT else 0


def _heading(column: Col, offset: int) -> Style:
    fills = {Role.INPUT: styles.INPUT_FILL, Role.HELD: styles.EXPORTED, Role.CALC: styles.PANEL}
    return replace(HEADING, align=_align(column), fill=fills[column.kind], indent=_indent(column, offset))


def _place_column(placed: Placed, offset: int, column: Col, values: Sequence[Value]) -> None:
    page, at = placed.page, placed.left + offset
    base = styles.INPUT if column.kind is Role.INPUT else replace(styles.BODY, bottom=styles.RULE)
    look = replace(
        base, align=_align(column), number_format=column.shape, wrap=column.wrap, bold=column.bold,
        shrink=column.shrink, valign="top" if column.wrap else "vcenter", indent=_indent(column, offset),
    )  # fmt: skip
    first, last = placed.top + 1, placed.top + placed.rows
    for number, row in enumerate(range(first, last + 1)):
        if column.formula:
            page.calc(row, at, qualified(column.formula, placed.name), look)
            continue
        value = values[number] if number < len(values) else None
        if column.kind is Role.INPUT:
            page.enter(row, at, value, look)
        else:
            page.value(row, at, value, replace(look, unlocked=True))  # a person may clear what a refresh wrote
        if column.wrap and isinstance(value, str):
            page.height(row, max(ROW_POINTS, 4 + lines_needed(value, page.width(at, at)) * line_height(10)))
    if column.kind is Role.INPUT:
        rule = Rule.of(column.unit, column.hint, column.choices)
        page.sheet.data_validation(first, at, last, at, dict(rule.options))


def _given(columns: Sequence[Col], column: Col, rows: Sequence[Row]) -> list[Value]:
    if column.kind is Role.CALC:
        return []
    at = [one.name for one in columns if one.kind is not Role.CALC].index(column.name)
    return [row[at] if at < len(row) else None for row in rows]


def _declare(placed: Placed) -> None:
    book: TemplateBook = placed.page.book
    described: list[dict[str, Any]] = []
    for offset, column in enumerate(placed.columns):
        one: dict[str, Any] = {"header": column.name, "header_format": book.look(_heading(column, offset))}
        if column.formula:
            one["formula"] = book.formula_text(qualified(column.formula, placed.name))
        described.append(one)
    right, bottom = placed.right - 1, placed.top + placed.rows
    options = {"name": placed.name, "style": None, "autofilter": False, "columns": described}
    placed.page.sheet.add_table(placed.top, placed.left, bottom, right, options)
    for offset, column in enumerate(placed.columns):  # the table wrote its formulas without results
        if column.formula:
            _place_column(placed, offset, column, ())


def _mark_example(placed: Placed) -> None:
    numbered = enumerate(placed.columns)
    for kind, group in groupby(numbered, key=lambda pair: pair[1].kind):
        found = [placed.left + offset for offset, _ in group]
        if kind is not Role.CALC:
            placed.page.book.mark_example(placed.page, placed.top + 1, found[0], placed.below - 1, found[-1])


def _place_words(page: TemplatePage, row: int, column: int, words: str, style: Style) -> None:
    if words.startswith("="):
        page.calc(row, column, words, style)
    elif words:
        page.text(row, column, words, style)


def _merged(page: TemplatePage, row: int, first: int, last: int, words: str, style: Style, name: str) -> None:
    if last > first:
        page.sheet.merge_range(row, first, row, last, "", page.book.look(style))
    if words.startswith("="):
        page.calc(row, first, words, style, name=name)
    else:
        page.text(row, first, words, style)


def _card_style(card: Card) -> Style:
    return replace(styles.FIGURE, number_format=card.number_format or shape_of(card.unit), shrink=True)


def _align(column: Col) -> str:
    return "left" if column.unit is Unit.TEXT else "right"


def _width(column: Col) -> float:
    words = max(pixels(word, 10.5) for word in column.name.split()) + 22
    if column.unit is Unit.TEXT:
        return max(words, 110)
    if column.unit is Unit.DATE:
        return max(words, 92)
    return max(words, min(pixels(column.name, 10.5) / 2 + 30, 120), 84)
