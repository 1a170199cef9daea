"""The channels of the workbook, the drivers by which sales cost can go to them, and how sheets follow their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

_LEAST_SPARE: Final = 3

AS_AGREED: Final = "as agreed"
"""The choice of a setting that follows the Definitions sheet."""

NO_QUARTER: Final = "Set the first day of the quarter on Start."


@dataclass(frozen=True)
class Driver:
    """What shared cost can follow: its word as a setting, its short name in headings and names, and its amounts.

    An even split has no column.
    """

    word: str
    short: str
    column: str
    caution: str


DRIVERS: Final = (
    Driver("hours", "Hours", "Channels[Hours]", "Where sales logs its hours: what a channel really takes."),
    Driver(
        "opportunities",
        "Opportunities",
        "Channels[Opportunities worked]",
        "Without logged hours: every opportunity takes work, won or lost.",
    ),
    Driver(
        "customers",
        "Customers",
        "Channels[Customers]",
        "Adds the same to every customer: lost work is not seen, the order never changes.",
    ),
    Driver("even split", "Even", "", "Says nothing of the work; a yardstick only."),
    Driver(
        "revenue",
        "Revenue",
        "Channels[Revenue]",
        "Circular: a channel that sells more is charged more because it sells. Do not decide by it.",
    ),
)
HOURS, OPPORTUNITIES, CUSTOMERS, EVEN, REVENUE = DRIVERS


def spare_rows(page: TemplatePage, table: str, room: int) -> int:
    """Rows to leave free under those that are given: room for so many in all, and for three more in any case."""
    given = page.book.contents.tables.get(table, ())
    return max(_LEAST_SPARE, room - len(given))


def row_of(table: str) -> str:
    """Which row of its table a cell stands in, for formulas of a table whose rows follow the channels.

    >>> row_of("Compare")
    'ROW()-ROW(Compare[[#Headers],[Channel]])'
    """
    return f"ROW()-ROW({table}[[#Headers],[Channel]])"


def following(table: str) -> Col:
    """The first column of a table with one row for each channel: the channel's name, or nothing."""
    name = at(table, "Channels[Channel]")
    return Col("Channel", formula=f'=IF({name}="","",{name})', bold=True)


def at(table: str, column: str) -> str:
    """What another table says in the same row.

    >>> at("Compare", "Channels[Customers]")
    'INDEX(Channels[Customers],ROW()-ROW(Compare[[#Headers],[Channel]]))'
    """
    return f"INDEX({column},{row_of(table)})"


def by_driver(values: dict[Driver, str]) -> str:
    """A formula's part that takes the value of the driver in use."""
    *others, last = values.items()
    words = last[1]
    for driver, value in reversed(others):
        words = f'IF(driver_used="{driver.word}",{value},{words})'
    return words
