"""The Rates sheet: how many go on from each stage to the next, agreed beside measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import BASES, Col, Field, Role, place_note
from xlfunnel.templates.drawings import flag
from xlfunnel.templates.quarterly_plan.following import (
    CONVERSIONS,
    FROZEN,
    first_cell,
    place_following,
    place_settings,
)
from xlfunnel.templates.quarterly_plan.segments_sheet import USES
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

BY_VALUE: Final = "Win rate by value"
MEASURED: Final = "Measured"
_HINT: Final = "Share that goes on to the next stage. For a stage that you do not have: 100 %."
_VALUE_HINT: Final = (
    "Won value ÷ closed value of opportunities. It is lower than by count where large deals are lost."
)
_NOTE: Final = (
    "Type the agreed rates; a refresh writes the measured ones beside them. Choose in Use which of the two the plan "
    "computes with; Funnel shows the rates in use."
)
_APART_HINT: Final = "In points: 5 % marks a measured rate of 24 % beside an agreed one of 30 %."


def measured(column: str) -> str:
    """The heading of the measured value beside an agreed one.

    >>> measured("MQL to SQL")
    'Measured MQL to SQL'
    """
    return f"{MEASURED} {column}"


def place_rates(page: TemplatePage) -> None:
    """Write agreed rates, measured rates, and which of them to use."""
    place_note(page, _NOTE, right=12)
    place_settings(page, (Field("rates_apart", "Stands out when apart by", Unit.SHARE, 0.05, hint=_APART_HINT),))
    given = (*CONVERSIONS, BY_VALUE)
    placed = place_following(
        page,
        "Rates",
        (
            *(
                Col(name, Unit.SHARE, hint=_VALUE_HINT if name == BY_VALUE else _HINT, width=84, unit_line="agreed")
                for name in given
            ),
            *(Col(measured(name), Unit.SHARE, role=Role.HELD, width=88, unit_line="measured") for name in given),
            Col("Use", choices=USES, hint="Agreed or measured: what the plan computes with.", width=84),
            Col("Comes from", choices=BASES, hint="Where the agreed rates come from.", width=92),
            Col("Since", Unit.DATE, hint="Since when they hold.", width=92),
        ),
    )
    page.frozen = FROZEN
    for name in given:
        ours, theirs = (first_cell(placed, one) for one in (name, measured(name)))
        apart = f"=AND(ISNUMBER({ours}),ISNUMBER({theirs}),ABS({theirs}-{ours})>rates_apart)"
        flag(page, placed.area(measured(name)), apart)
