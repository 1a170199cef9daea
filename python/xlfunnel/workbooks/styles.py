"""One look for every workbook: type scale, palette and number formats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

FONT = "Calibri"

INK = "#1F2A37"
GREY = "#6B7280"
RULE = "#D5DAE0"
ACCENT = "#1F5FA8"
ORANGE = "#D9822B"  # the tone for what needs attention: blue and orange stay apart for every kind of sight
PALE_BLUE = "#A9C7E8"
PANEL = "#F3F6FA"
EXPORTED = "#E3EAE4"  # heading of figures that came from an export
GOOD = "#1B7F4B"
BAD = "#B42318"


@dataclass(frozen=True)
class Style:
    """How a cell looks; `top`, `bottom` and `left` are the colours of its lines."""

    size: float = 10
    bold: bool = False
    color: str = INK
    fill: str = ""
    align: str = "left"
    valign: str = "vcenter"
    wrap: bool = False
    number_format: str = "General"
    top: str = ""
    bottom: str = ""
    left: str = ""
    indent: int = 0
    shrink: bool = False
    quoted: bool = False  # stays text even when a person edits the cell
    unlocked: bool = False  # a person may change it on a protected sheet

    @property
    def properties(self) -> dict[str, Any]:
        """The same for XlsxWriter."""
        chosen: dict[str, Any] = {
            "font_name": FONT,
            "font_size": self.size,
            "font_color": self.color,
            "bold": self.bold,
            "align": self.align,
            "valign": self.valign,
            "text_wrap": self.wrap,
            "num_format": self.number_format,
            "indent": self.indent,
            "shrink": self.shrink,
            "quote_prefix": self.quoted,
            "locked": not self.unlocked,
        }
        if self.fill:
            chosen["bg_color"] = self.fill
        for side, color, weight in (("top", self.top, 1), ("bottom", self.bottom, 1), ("left", self.left, 5)):
            if color:
                chosen |= {side: weight, f"{side}_color": color}
        return chosen


INPUT_INK = "#1D4ED8"
INPUT_FILL = "#FFF8DC"

BODY = Style()
INPUT = Style(color=INPUT_INK, fill=INPUT_FILL, bottom=RULE, unlocked=True)
TITLE = Style(size=18, bold=True)
QUESTION = Style(size=11, color=GREY)
SECTION = Style(size=12, bold=True)
NOTE = Style(size=9, color=GREY)
WRAPPED_NOTE = replace(NOTE, wrap=True, valign="top")
HEADING = Style(bold=True, fill=EXPORTED, bottom=INK, wrap=True, valign="bottom")
TOTAL = Style(bold=True, top=INK)
FIGURE = Style(size=18, bold=True, shrink=True)
FIGURE_LABEL = Style(size=9, bold=True, color=GREY, top=ACCENT, wrap=True, valign="bottom")
MESSAGE = Style(size=11, fill=PANEL, left=ACCENT, wrap=True, indent=1)

_MONEY = {Unit.MONEY, Unit.MONEY_PER_DAY, Unit.MONEY_PER_PERIOD, Unit.MONEY_PER_MONTH}
_TEMPORAL = {Unit.DATE: "d mmm yyyy", Unit.TIMESTAMP: "d mmm yyyy hh:mm"}
_DURATION = {
    Unit.DAYS: "days",
    Unit.WEEKS: "weeks",
    Unit.MONTHS: "months",
    Unit.HOURS: "hours",
    Unit.HOURS_PER_WEEK: "hours/week",
    Unit.HOURS_PER_LEAD: "hours/lead",
    Unit.MINUTES: "minutes",
}
_SCALES = ((1e9, 1e9, ",,,", "B"), (1e6, 1e6, ",,", "M"), (1e4, 1e3, ",", "K"))  # from, divisor, format, letter


def number_format(unit: Unit, values: Iterable[float] = ()) -> str:
    """The Excel number format for a column in this unit, in full; small amounts of money keep their cents.

    >>> number_format(Unit.SHARE), number_format(Unit.MONEY, [12_400]), number_format(Unit.MONEY, [7.5])
    ('0.0 %', '#,##0', '#,##0.00')
    """
    if unit in _MONEY:
        largest = max((abs(value) for value in values), default=0.0)
        return "#,##0.00" if 0 < largest < 100 else "#,##0"
    if unit in _TEMPORAL:
        return _TEMPORAL[unit]
    if unit is Unit.SHARE:
        return "0.0 %"
    if unit is Unit.RATIO:
        return "#,##0.00"
    if unit in {Unit.COUNT, Unit.MINUTES}:
        return "#,##0"
    return "#,##0.0" if unit in _DURATION else "General"


def short_format(unit: Unit, value: float) -> str:
    """The same for one figure on a dashboard: money as 12.4K or 1.2M.

    >>> short_format(Unit.MONEY, 12_400), short_format(Unit.MONEY, -3_000_000), short_format(Unit.DAYS, 12_400)
    ('#,##0.0,"K"', '#,##0.0,,"M"', '#,##0.0')
    """
    if unit in _MONEY:
        for size, _, commas, letter in _SCALES:
            if abs(value) >= size:
                return f'#,##0.0{commas}"{letter}"'
    return number_format(unit, (value,))


def in_words(unit: Unit, value: float) -> str:
    """A figure as text, for sentences and intervals: "23.4 %", "12.4K", "1,234".

    >>> in_words(Unit.SHARE, 0.2346), in_words(Unit.MONEY, 12_400), in_words(Unit.COUNT, 1234)
    ('23.5 %', '12.4K', '1,234')
    """
    if unit is Unit.SHARE:
        return f"{value:.1%}".replace("%", " %")
    if unit in _MONEY:
        for size, divisor, _, letter in _SCALES:
            if abs(value) >= size:
                return f"{value / divisor:,.1f}{letter}"
    if unit is Unit.RATIO or (unit in _MONEY and 0 < abs(value) < 100):
        return f"{value:,.2f}"
    return f"{value:,.1f}" if unit in _DURATION and unit is not Unit.MINUTES else f"{value:,.0f}"


def percent_words(share: float) -> str:
    """A share as a person says it, with no more decimals than it has: "95 %", "99.9 %"."""
    return f"{share * 100:.6g} %"


def unit_words(unit: Unit, currency: str) -> str:
    """What stands behind the comma of a heading: "USD", "USD/day", "days"; nothing where the cells say it."""
    if unit is Unit.MONEY:
        return currency
    per = {Unit.MONEY_PER_DAY: "day", Unit.MONEY_PER_MONTH: "month", Unit.MONEY_PER_PERIOD: "period"}.get(unit)
    if per:
        return f"{currency}/{per}" if currency else f"per {per}"
    return _DURATION.get(unit, "")


def heading(name: str, unit: Unit, currency: str) -> str:
    """A column's heading with its unit, said once.

    >>> heading("velocity per day", Unit.MONEY_PER_DAY, "USD"), heading("median days", Unit.DAYS, "USD")
    ('Velocity per day, USD', 'Median days')
    """
    words = unit_words(unit, currency)
    shown = name[:1].upper() + name[1:]
    if "/" in words and f"per {words.split('/')[1]}" in name.lower():
        words = words.split("/")[0]
    if not words or words.lower() in name.lower():
        return shown
    return f"{shown}, {words}"
