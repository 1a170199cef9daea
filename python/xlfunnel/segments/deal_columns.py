"""A list of deals as worksheet functions take it: one column for each fact, and the frame that they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from xlfunnel.errors import MissingInput
from xlfunnel.segments.frames import frame_from_columns
from xlfunnel.units import Day, Moment, Number, Records, Status, Unit, WindowDays, Word

if TYPE_CHECKING:
    from xlfunnel.segments.frames import Frame

StatusColumn = Annotated[
    Sequence[Any], Records(Word(Status), table="deals"), "open, won, lost or no decision, for each deal"
]
AmountColumn = Annotated[
    Sequence[Any],
    Records(Number(Unit.MONEY, low=0), table="deals", blanks=True),
    "Value of each deal; a blank is not taken as 0",
]
CreatedColumn = Annotated[
    Sequence[Any],
    Records(Moment(), table="deals", blanks=True),
    "Date each deal was created; a deal without one exists, but has no cycle",
]
ClosedColumn = Annotated[
    Sequence[Any], Records(Moment(), table="deals", blanks=True), "Date each deal closed; blank while it is open"
]
AsOf = Annotated[Day, "The day from which the deals are seen; what closes later is open"]
WindowOfDays = Annotated[WindowDays, 'Deals closed in so many days up to then count; "all" for every closed deal']


def deals_frame(
    status: Sequence[Status],
    created: Sequence[int | None],
    closed: Sequence[int | None],
    **others: Sequence[Any],
) -> Frame:
    """The columns as a deals frame.

    A closed deal without a close date raises `MissingInput`: it belongs to no window and has no cycle.
    """
    for number, (outcome, day) in enumerate(zip(status, closed, strict=True), start=1):
        if day is None and outcome is not Status.OPEN:
            msg = f"closed is blank for deal {number}, which is {outcome}: a closed deal needs its close date"
            raise MissingInput(msg)
    columns = {"status": status, "created_day": created, "closed_day": closed} | others
    return frame_from_columns(columns, {"status": str})
