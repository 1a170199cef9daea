"""The Left over sheet: what people wrote beside records that a later export does not hold any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col, place_table, place_title
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

LEFT_OVER: Final = "LeftOver"
_COLUMNS: Final = (
    Col("As of", Unit.DATE, hint="The day of the refresh that found the record gone.", width=92, wrap=True),
    Col("Sheet", width=110, wrap=True),
    Col("Record", width=170, wrap=True),
    Col("Column", width=150, wrap=True),
    Col("What stood there", width=330, wrap=True),
)
_SPARE: Final = 3


def place_left_over(page: TemplatePage) -> None:
    """Write the blank table that refreshes add to."""
    says = "Copy back what you still need; rows may be deleted."
    place_title(page, "Left over", says, right=len(_COLUMNS))
    place_table(page, LEFT_OVER, _COLUMNS, spare=_SPARE)
