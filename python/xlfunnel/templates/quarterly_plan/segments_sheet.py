"""The Segments sheet: what each segment must bring, what a deal is worth, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import BASES, Card, Col, Role, place_cards, place_note, place_table
from xlfunnel.templates.quarterly_plan.following import FOLLOWING, FROZEN, SEGMENTS, calm, rows_of, summed
from xlfunnel.units import Unit
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

USES: Final = ("agreed", "measured")
_NOTE: Final = (
    "One row for each segment; every sheet follows. The example is the case of a published guide: targets, average "
    "deals, shares, reps, agreed stage rates and MQLs, 630 leads at 80/15/5 % and 120 MQLs a month are its own. "
    "Cycles, bookings, pipeline, win rates by value, all measured values and the weekly counts are made up to show "
    "how they look."
)
_ROOM_BELOW: Final = 200
"""Rows under the table in which a name that the table did not take in would be found."""


def _used(agreed: str, measured: str, use: str) -> str:
    return (
        f'=IF([@Segment]="","",IF([@[{use}]]="measured",IF(N([@[{measured}]])>0,[@[{measured}]],""),'
        f'IF(N([@[{agreed}]])>0,[@[{agreed}]],"")))'
    )


_USE_HINT: Final = "Which of the two the plan computes with: agreed or measured. Blank is agreed."
COLUMNS: Final = (
    Col("Segment", hint="Name of the segment; the next one goes into the next free row.", unit_line="=dimension",
        width=150, bold=True),
    Col("Revenue target", Unit.MONEY, hint="New-business revenue to win this quarter.", total="sum", width=78),
    Col("Share stated", Unit.SHARE, hint="Share of revenue as it was stated to everybody; the mix check compares.",
        total="sum", width=66),
    Col("Agreed deal", Unit.MONEY, hint="Mean value of a won deal, as both heads agreed.", width=60),
    Col("Measured deal", Unit.MONEY, role=Role.HELD, width=80),
    Col("Use deal", choices=USES, hint=_USE_HINT, width=82),
    Col("Average deal", Unit.MONEY, formula=_used("Agreed deal", "Measured deal", "Use deal"), width=66),
    Col("Agreed cycle", Unit.DAYS, hint="Median days from MQL to won.", number_format="#,##0", width=58),
    Col("Measured cycle", Unit.DAYS, role=Role.HELD, number_format="#,##0", width=80),
    Col("Use cycle", choices=USES, hint=_USE_HINT, width=82),
    Col("Cycle days", Unit.DAYS, formula=_used("Agreed cycle", "Measured cycle", "Use cycle"),
        number_format="#,##0", width=54),
    Col("Reps", Unit.COUNT, hint="Sales reps who work this segment; 0.5 is half of one's time.",
        number_format="General", total="sum", width=58),
    Col("Booked", Unit.MONEY, hint="Revenue won so far this quarter.", total="sum", width=80),
    Col("Deals won", Unit.COUNT, hint="Deals won so far this quarter.", total="sum", width=52),
    Col("Open pipeline", Unit.MONEY, hint="Value of the open qualified opportunities.", total="sum", width=74),
    Col("Open deals", Unit.COUNT, hint="How many open opportunities that is.", total="sum", width=52),
    Col("Comes from", choices=BASES, hint="Where target and deal come from.", width=92),
    Col("Since", Unit.DATE, hint="Since when they hold.", width=92),
)  # fmt: skip


def place_segments(page: TemplatePage) -> None:
    """Write the table that all others follow."""
    book = page.book
    for at, column in enumerate(COLUMNS, start=1):
        page.widen(at, column.width)
    place_cards(
        page,
        (
            Card("REVENUE TARGET", summed(SEGMENTS, "Revenue target"), Unit.MONEY, "=currency", "target_total"),
            Card("SEGMENTS", f"=COUNTA({SEGMENTS}[Segment])", Unit.COUNT, '="by "&dimension', "segments_count"),
            Card("BOOKED SO FAR", summed(SEGMENTS, "Booked"), Unit.MONEY, _OF_TARGET, "booked_total"),
            Card("OPEN PIPELINE", summed(SEGMENTS, "Open pipeline"), Unit.MONEY, _DEALS, "open_pipeline_total"),
            Card("SALES REPS", summed(SEGMENTS, "Reps"), Unit.COUNT, "who work leads", "reps_total", "General"),
        ),
        span=3,
    )
    place_note(page, _NOTE, right=len(COLUMNS))
    page.row += 1
    given = len(book.contents.tables.get(SEGMENTS, ()))
    placed = place_table(page, SEGMENTS, calm(SEGMENTS, COLUMNS), spare=rows_of(book) - given)
    page.frozen = FROZEN
    names = placed.area("Segment", last=_ROOM_BELOW)
    below = Area(names.sheet, names.top, names.left, names.bottom, names.right).reference
    book.check("No segment stands under the table of segments", f"COUNTA({below})=COUNTA({SEGMENTS}[Segment])")
    for table in FOLLOWING:
        book.check(
            f"The table {table} has a row for every row of Segments",
            f"ROWS({table}[Segment])=ROWS({SEGMENTS}[Segment])",
        )
    stated = f"{SEGMENTS}[Share stated]"
    book.check(
        "The stated shares of revenue add up to 100 %, or none is stated",
        f"OR(COUNT({stated})=0,ROUND(SUM({stated})-1,4)=0)",
    )
    book.check("No segment is named twice", "MAX(Drawn[Times named])<=1")
    book.check(
        "The quarter starts on the first day of a month",
        'IF(quarter_start="",TRUE,DAY(quarter_start)=1)',
    )


_OF_TARGET: Final = (
    '=IF(OR(N(target_total)=0,booked_total=""),"",ROUND(100*booked_total/target_total,0)&" % of the target")'
)
_DEALS: Final = f'=IF(SUM({SEGMENTS}[Open deals])=0,"",SUM({SEGMENTS}[Open deals])&" open deals")'
