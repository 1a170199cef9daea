"""Tables with a column for each week or month, and the words with which they follow another table row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_rowcol_to_cell

from xlfunnel.templates.blocks import Col, place_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.units import Unit

WEEKS: Final = 13
"""Weeks in a quarter: the last one takes the days that are left."""

MONTHS: Final = 12
"""Months that the hiring plan looks ahead."""

WEEK, MONTH = "Wk", "M"
"""What the headings of weeks and months begin with."""

ROUTINGS: Final = ("by capacity", "equally")
"""How the leads of a segment go to its reps: as each can work them that week, or the same for each day at work."""

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


def place_following(page: TemplatePage, name: str, columns: Sequence[Col], other: Placed, *, left: int = 1) -> Placed:
    """Write a table with one row for each row of another."""
    return place_table(page, name, columns, left=left, spare=0, rows=[()] * other.rows, example=False)


def first_cell(table: Placed, column: str) -> str:
    """The first cell of a column as conditional formats write it, row by row: $N12."""
    area = table.area(column)
    return str(xl_rowcol_to_cell(area.top, area.left, col_abs=True))
