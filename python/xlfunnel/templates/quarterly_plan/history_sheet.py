"""The History sheet: what past quarters planned and reached, segment by segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col, Role, place_note, place_table
from xlfunnel.templates.drawings import data_bars
from xlfunnel.templates.next_quarter import DEFINITIONS, FROZEN_ON, QUARTER, Kept, NextQuarter
from xlfunnel.templates.quarterly_plan.capacity_sheet import FIELDS
from xlfunnel.templates.quarterly_plan.following import SEGMENT_WIDTH
from xlfunnel.templates.quarterly_plan.pace_sheet import WEEKS, week_of, worked
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

TABLE: Final = "History"
_NOTE: Final = (
    "A new quarter (the button on Start, or xlfunnel new-quarter BOOK -o NEXT) writes one row for each segment here, "
    "with the day and the version of the definitions. Figures stay as they were; nothing recomputes them. Reached is "
    "revenue won of the target, arrived is MQLs received of those needed."
)


def _share(part: str, whole: str) -> str:
    return f'=IF(OR([@[{part}]]="",N([@[{whole}]])=0),"",[@[{part}]]/[@[{whole}]])'


def _held(name: str, unit: Unit, width: float = 80, number_format: str = "") -> Col:
    return Col(name, unit, role=Role.HELD, width=width, number_format=number_format)


_COLUMNS: Final = (
    _held(QUARTER, Unit.TEXT, 90),
    _held("Segment", Unit.TEXT, SEGMENT_WIDTH),
    _held("Revenue target", Unit.MONEY, 92),
    _held("Average deal", Unit.MONEY),
    _held("MQL to deal", Unit.SHARE, 72, "0.00 %"),
    _held("Cycle days", Unit.DAYS, 62, "#,##0"),
    _held("Deals needed", Unit.COUNT, 72),
    _held("MQLs needed", Unit.COUNT, 72),
    _held("MQLs agreed", Unit.COUNT, 72),
    _held("MQLs received", Unit.COUNT, 76),
    _held("Deals won", Unit.COUNT, 62),
    _held("Revenue won", Unit.MONEY, 92),
    Col("Reached", Unit.SHARE, formula=_share("Revenue won", "Revenue target"), width=96, number_format="0 %"),
    Col("Arrived", Unit.SHARE, formula=_share("MQLs received", "MQLs needed"), width=96, number_format="0 %"),
    _held(DEFINITIONS, Unit.TEXT, 96),
    _held(FROZEN_ON, Unit.DATE, 96),
)


def place_history(page: TemplatePage) -> None:
    """Write the table of past quarters, which a new quarter fills."""
    place_note(page, _NOTE, right=13)
    page.row += 1
    placed = place_table(page, TABLE, _COLUMNS, spare=1, example=False)
    page.frozen = (placed.top + 1, 3)
    for column in ("Reached", "Arrived"):
        data_bars(page, placed.area(column), most=1)


NEXT_QUARTER: Final = NextQuarter(
    history=TABLE,
    rows="Plan",
    kept=(
        Kept("Revenue target", "Revenue target"),
        Kept("Average deal", "Average deal"),
        Kept("MQL to deal", "MQL to deal"),
        Kept("Cycle days", "Segments[Cycle days]"),
        Kept("Deals needed", "Deals needed"),
        Kept("MQLs needed", "MQLs needed"),
        Kept("MQLs agreed", "MQLs agreed"),
        Kept("MQLs received", "Received[Received]"),
        Kept("Deals won", "Segments[Deals won]"),
        Kept("Revenue won", "Segments[Booked]"),
    ),
    cleared=(
        "Segments[Booked]",
        "Segments[Deals won]",
        "Segments[Open pipeline]",
        "Segments[Open deals]",
        "Plan[MQLs agreed]",
        "Plan[Agreed on]",
        "Mix[Expected share]",
        "mix_leads",
        *(f"Received[{week_of(number)}]" for number in WEEKS),
        *(worked(number) for number in WEEKS),
    ),
    carried=(
        "Segments[Comes from]",
        "Rates[Comes from]",
        *(f"{field.name}_from" for field in FIELDS if not field.formula),
    ),
)
"""What the turn of a quarter keeps, clears and asks to be agreed again."""
