"""The Review log: what both heads saw, why, what they do about it, and the calls they listened to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, place_cards, place_table, place_title
from xlfunnel.units import Unit
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

REVIEW: Final = "Review"
CALLS: Final = "Calls"
OPEN: Final = "review_open"
"""The name of the number of open actions."""

SHARED: Final = (
    "MQL → SQL",
    "SQL → opportunity",
    "Sales velocity",
    "Follow-up",
    "Sourced and influenced revenue",
    "CAC",
)
"""The six shared metrics, by which a review is ordered."""

_UNDONE: Final = f'({REVIEW}[Action]<>"")*({REVIEW}[Done]<>"yes")'
_NUMBER: Final = (
    f'=IF(OR([@Action]="",[@Done]="yes"),"",SUMPRODUCT((ROW({REVIEW}[Action])<=ROW([@Action]))*{_UNDONE}))'
)
_REVIEW: Final = (
    Col("Date", Unit.DATE, hint="The day of the review.", width=84, wrap=True),
    Col("Figure", hint="One of the six shared metrics.", choices=SHARED, width=118, wrap=True),
    Col("What we saw", hint="The figure and what is odd about it.", width=180, wrap=True),
    Col("Cause", hint="What both heads believe to be behind it.", width=150, wrap=True),
    Col("Action", hint="One thing that somebody does.", width=190, wrap=True),
    Col("Owner", hint="One name.", width=92, wrap=True),
    Col("Due", Unit.DATE, width=84, wrap=True),
    Col("Done", choices=("yes", "no"), hint="yes once it is done.", width=52, wrap=True),
    Col("Open", Unit.COUNT, formula=_NUMBER, width=52, wrap=True),
)
_CALLS: Final = (
    Col("Month", Unit.DATE, number_format="mmm yyyy", hint="Any day of the month.", width=76, wrap=True),
    Col("Who listened", hint="Names of both sides.", width=110, wrap=True),
    Col("Call", hint="Customer and day.", width=120, wrap=True),
    Col("What we learned", hint="One sentence.", width=190, wrap=True),
)
_SPARE: Final = 8
_UNDER: Final = 200
"""Rows under a table in which something typed would be overlooked."""


def place_review_log(page: TemplatePage) -> None:
    """Write the log of reviews, and beside it the calls that both sides listen to each month."""
    beside = 1 + len(_REVIEW) + 1
    place_cards(
        page,
        (
            Card("Open actions", f"=SUMPRODUCT({_UNDONE})", Unit.COUNT, "not marked as done", OPEN),
            Card(
                "Overdue",
                f'=SUMPRODUCT({_UNDONE}*({REVIEW}[Due]<>"")*({REVIEW}[Due]<N(last_refresh)))',
                Unit.COUNT,
                "due before the day of the figures",
                "review_overdue",
                alarm="=review_overdue>0",
            ),
            Card(
                "Calls listened to",
                f"=COUNT({CALLS}[Month])",
                Unit.COUNT,
                "at least one each month, both sides together",
                "review_calls",
            ),
        ),
    )
    top = page.row
    place_title(page, "Reviews", "One row for each action: the first four open ones stand on the Dashboard.", right=9)
    reviews = place_table(page, REVIEW, _REVIEW, spare=_SPARE)
    page.fix(beside - 1, 24)
    end, page.row = page.row, top
    place_title(page, "Call listening", "Both sides hear the same calls once a month.", left=beside, right=beside + 3)
    calls = place_table(page, CALLS, _CALLS, left=beside, spare=_SPARE)
    page.row = max(end, page.row)
    for placed in (reviews, calls):
        under = Area(page.name, placed.below, placed.left, placed.below + _UNDER, placed.right - 1)
        says = f"Review log: nothing is typed under the table {placed.name}, where no formula reads it"
        page.book.check(says, f"COUNTA({under.reference})=0")
