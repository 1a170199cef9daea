"""Tables with a column for each week or month, and the words with which they follow another table row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_rowcol_to_cell

from xlfunnel.templates.blocks import Col, place_note, place_table, shape_of
from xlfunnel.templates.book import Rule
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xlfunnel.templates.blocks import Field, Placed
    from xlfunnel.templates.book import TemplatePage

WEEKS: Final = 13
"""Weeks in a quarter: the last one takes the days that are left."""

MONTHS: Final = 12
"""Months that the hiring plan looks ahead."""

WEEK, MONTH = "Wk", "M"
"""What the headings of weeks and months begin with."""

ROUTINGS: Final = ("by capacity", "equally")
"""How the leads of a segment go to its reps: as each can work them that week, or the same for each day at work."""

LOAD_SHAPE: Final = "[>1]▲ 0 %;0 %"
"""A load: over 100 % with a sign, so that it does not take colour to see it."""

_SHORT_MONTHS: Final = '"Jan","Feb","Mar","Apr","May","Jun","Jul","Aug","Sep","Oct","Nov","Dec"'


def row_in(table: str, key: str) -> str:
    """The number of a formula's own row in its table, from 1.

    >>> row_in("Load", "Rep")
    'ROW()-ROW(Load[[#Headers],[Rep]])'
    """
    return f"ROW()-ROW({table}[[#Headers],[{key}]])"


def beside(table: str, key: str, other: str, column: str) -> str:
    """The cell of another table in the same row as the formula's own.

    >>> beside("Load", "Rep", "Reps", "Starts")
    'INDEX(Reps[Starts],ROW()-ROW(Load[[#Headers],[Rep]]))'
    """
    return f"INDEX({other}[{column}],{row_in(table, key)})"


def follow(table: str, other: str, key: str) -> str:
    """The first column of a table that has a row for each row of another one."""
    cell = beside(table, key, other, key)
    return f'=IF({cell}="","",{cell})'


def span(table: str, prefix: str, count: int) -> str:
    """All weeks or months of a table.

    >>> span("Load", WEEK, WEEKS)
    'Load[[Wk 1]:[Wk 13]]'
    """
    return f"{table}[[{prefix} 1]:[{prefix} {count}]]"


def own_span(table: str, prefix: str, count: int) -> str:
    """The weeks or months of a formula's own row."""
    return f"{table}[[#This Row],[{prefix} 1]:[{prefix} {count}]]"


def calendar(
    prefix: str,
    count: int,
    formula: Callable[[int], str],
    *,
    unit: Unit,
    shape: str = "",
    line: Callable[[int], str] | None = None,
    width: float = 52,
) -> tuple[Col, ...]:
    """A calculated column for each week or month, with the words of `line` above it."""
    return tuple(
        Col(
            f"{prefix} {number}",
            unit,
            formula(number),
            number_format=shape,
            width=width,
            unit_line=line(number) if line else "",
        )
        for number in range(1, count + 1)
    )


def week_line(number: int) -> str:
    """The first day of a week, above its column."""
    return f'=INDEX(Weeks[From],{number})&""'


def month_line(number: int) -> str:
    """The words of a month, above its column."""
    return f'=INDEX(Months[Month],{number})&""'


def month_words(cell: str) -> str:
    """A month in three letters, in every language of the host alike."""
    return f"CHOOSE(MONTH({cell}),{_SHORT_MONTHS})"


def months_from(start: str, day: str) -> str:
    """How many months a day's month lies after that of the start: 0 in the same one."""
    return f"(YEAR({day})-YEAR({start}))*12+MONTH({day})-MONTH({start})"


def ramp_share(start: str, day: str) -> tuple[str, str]:
    """The share of full work that a rep who starts then does in a day's month: with our function, and natively."""
    ours = f"INDEX(RAMPED_CAPACITY({start},Ramp[Counts as],1,1,{day}),2,4)"
    age = months_from(start, day)
    native = f"IF({age}<0,0,IF({age}<ROWS(Ramp[Counts as]),INDEX(Ramp[Counts as],{age}+1),1))"
    return ours, native


def close_table(table: Placed, words: str) -> None:
    """Write a note right under a table whose number of rows is fixed, so that it cannot be lengthened."""
    table.page.row = table.below
    place_note(table.page, words, left=table.left, right=table.right - 1)


def place_following(page: TemplatePage, name: str, columns: Sequence[Col], other: Placed, *, left: int = 1) -> Placed:
    """Write a table with one row for each row of another."""
    return place_table(page, name, columns, left=left, spare=0, rows=[()] * other.rows, example=False)


def first_cell(table: Placed, column: str) -> str:
    """The first cell of a column as conditional formats write it, row by row: $N12."""
    area = table.area(column)
    return str(xl_rowcol_to_cell(area.top, area.left, col_abs=True))


def place_choice(page: TemplatePage, one: Field, *, span: int = 2, left: int = 1) -> None:
    """Write an input in a line of its own, its label over as many columns as `span`, so that none must be wide."""
    row, value = page.row, left + span
    label = replace(styles.BODY, bottom=styles.RULE)
    for column in range(left, value):
        page.text(row, column, one.label if column == left else "", label)
    look = replace(styles.INPUT, align="left" if one.unit is Unit.TEXT else "right", number_format=shape_of(one.unit))
    given = page.book.contents.fields.get(one.name, one.default)
    page.enter(row, value, given, look, Rule.of(one.unit, one.hint, one.choices))
    page.book.name(one.name, page, row, value)
    if one.default is None:
        page.book.mark_example(page, row, value, row, value)
    if one.note.startswith("="):
        page.calc(row, value + 1, one.note, styles.NOTE)
    elif one.note:
        page.text(row, value + 1, one.note, styles.NOTE)
    page.row += 1
