"""The Levelling sheet: an uneven flow of leads, what waits, and what an even flow would change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import (
    Card,
    Col,
    Field,
    place_cards,
    place_note,
    place_table,
    place_title,
)
from xlfunnel.templates.capacity_plan.grids import WEEK, WEEKS, close_table, place_choice, row_in, span
from xlfunnel.templates.capacity_plan.load import capacity_of, leads_of
from xlfunnel.templates.drawings import Shown, columns_with_line
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.contents import Row

FLOW_WEEKS: Final = 4
"""Weeks of the month whose flow is levelled."""

_DIGITS: Final = 9
"""Decimals to which leads that wait are exact: sums of fractions leave no trace of a lead."""

_READY: Final = "COUNT(Flow[Leads received])<ROWS(Flow[Leads received])"


def write_levelling(page: TemplatePage) -> None:
    """Write the sheet."""
    _place_flow_cards(page)
    page.row += 1
    flow = _place_flow(page)
    close_table(flow, "Worked: what came and what waited, up to what one rep can work.")
    page.row += 2
    place_title(page, "The quarter, week by week")
    for one in _CHOICES:
        place_choice(page, one)
    page.row += 1
    page.calc(page.row, 1, _FINDING, replace(styles.MESSAGE, wrap=False), name="level_finding")
    page.height(page.row, 24)
    for column in range(2, 16):
        page.text(page.row, column, "", styles.Style(fill=styles.PANEL))
    page.row += 2
    _place_quarter_cards(page)
    queue = _place_queue(page)
    close_table(queue, "Waiting: at the end of the week. If even: had the same leads come evenly over the quarter.")
    _draw(page, flow, queue)
    _add_checks(page)


_FINDING: Final = (
    '=IF(OR(quarter_start="",SUM(Queue[Leads])=0),"Enter the leads on the Calendar sheet.",'
    'IF(level_segment="","The whole team",level_segment)&": "&'
    'IF(ROUND(level_most_waiting,0)=0,"no lead waits longer than a week.",'
    'IF(ROUND(level_even_waiting,0)=0,"up to "&ROUND(level_most_waiting,0)&" leads wait; an even flow leaves none.",'
    '"an even flow still leaves up to "&ROUND(level_even_waiting,0)&" leads waiting (now up to "&'
    'ROUND(level_most_waiting,0)&"). Levelling cannot help with that: see Hiring.")))'
)


_CHOICES: Final = (
    Field(
        "level_segment",
        "Segment",
        choices="=segment_names",
        hint="Blank: the whole team.",
        note='=IF(level_segment="","blank: the whole team","")',
    ),
    Field(
        "level_waiting_start",
        "Waiting when the quarter starts",
        Unit.COUNT,
        0,
        hint="Leads of that segment which nobody has worked yet.",
        note="leads",
    ),
)


def _place_quarter_cards(page: TemplatePage) -> None:
    def most(column: str) -> str:
        return f'=IF(COUNT(Queue[{column}])=0,"",MAX(Queue[{column}]))'

    place_cards(
        page,
        (
            Card("Most leads waiting", most("Waiting"), Unit.COUNT, "as they come", "level_most_waiting"),
            Card("With an even flow", most("Waiting if even"), Unit.COUNT, "the same leads", "level_even_waiting"),
            Card(
                "Waiting at the end",
                '=IF(COUNT(Queue[Waiting])=0,"",INDEX(Queue[Waiting],ROWS(Queue[Waiting])))',
                Unit.COUNT,
                "leads go into the next quarter",
                "level_end_waiting",
                alarm="=ROUND(N(level_end_waiting),0)>0",
            ),
        ),
    )


def _place_flow_cards(page: TemplatePage) -> None:
    place_title(page, "A month of one rep")
    place_note(
        page,
        "The same leads, as they came and spread evenly. Type another month's leads to see what waits.",
        right=13,
    )
    page.row += 1
    place_cards(
        page,
        (
            Card(
                "One rep can work",
                "=N(rep_mqls_month)/ROWS(Flow[Week])",
                Unit.COUNT,
                '="leads a week: "&N(rep_mqls_month)&" a month"',
                "flow_capacity",
                number_format="#,##0.#",
            ),
            Card(
                "Even plan",
                f'=IF({_READY},"",INDEX(LEAD_LEVEL(Flow[Leads received]),2,3))',
                Unit.COUNT,
                "leads a week",
                "flow_even",
                number_format="#,##0.#",
            ),
            Card(
                "Waiting at the end",
                '=IF(COUNT(Flow[Waiting])=0,"",INDEX(Flow[Waiting],ROWS(Flow[Waiting])))',
                Unit.COUNT,
                "leads, as they came",
                "flow_waiting",
                alarm="=N(flow_waiting)>0",
            ),
            Card(
                "With the even plan",
                '=IF(flow_even="","",ROUND(MAX(0,flow_even-flow_capacity)*ROWS(Flow[Week]),6))',
                Unit.COUNT,
                "leads wait at the end",
                "flow_even_waiting",
                alarm="=N(flow_even_waiting)>0",
            ),
        ),
        span=2,
    )


def _place_flow(page: TemplatePage) -> Placed:
    return place_table(
        page,
        "Flow",
        (
            Col("Week", formula=f'="Week "&({_FLOW_ROW})', width=110),
            Col("Leads received", Unit.COUNT, hint="Leads that came in this week.", total="sum", width=96),
            Col("Even plan", Unit.COUNT, f"={_EVEN[0]}", total="sum", number_format="#,##0.#", width=84),
            Col("Worked", Unit.COUNT, f"={_WORKED[0]}", total="sum", number_format="#,##0.#", width=84),
            Col("Waiting", Unit.COUNT, f"={_WAITING[0]}", number_format="#,##0.#", bold=True, width=84),
            Col("Above capacity so far", Unit.COUNT, f'=IF({_READY},"",{_so_far("Flow", "Leads received")}'
                f"-flow_capacity*({_FLOW_ROW}))", number_format="#,##0.#", unit_line="working", width=96),
        ),
        spare=0,
        rows=_rows(page),
        total_label="Month",
    )  # fmt: skip


def _rows(page: TemplatePage) -> list[Row]:
    given = page.book.contents.tables.get("Flow", ())
    return [given[at] if at < len(given) else () for at in range(FLOW_WEEKS)]


def _so_far(table: str, column: str) -> str:
    """What a column adds up to, down to the formula's own row."""
    return f"SUMPRODUCT((ROW({table}[{column}])<=ROW())*1,{table}[{column}])"


def _waits(table: str, above: str) -> str:
    """What waits after a week: all that came above capacity, less what spare capacity before has let go by.

    A queue can work no lead before it came; so the lowest point that the sum above capacity has reached, where that
    is under zero, is capacity that was never used.
    """
    lowest = f"SUMPRODUCT(MIN((ROW({table}[{above}])<=ROW())*{table}[{above}]))"
    return f"ROUND([@[{above}]]-MIN(0,{lowest}),{_DIGITS})"


def _before(table: str, column: str) -> str:
    """The cell of a column in the row above; 0 in the first row."""
    return f"SUMPRODUCT((ROW({table}[{column}])=ROW()-1)*1,{table}[{column}])"


_FLOW_ROW: Final = row_in("Flow", "Week")
_ABOVE: Final = "Above capacity so far"
_EVEN: Final = (
    f'IF({_READY},"",INDEX(LEAD_LEVEL(Flow[Leads received]),{_FLOW_ROW}+1,3))',
    f'IF({_READY},"",SUM(Flow[Leads received])/ROWS(Flow[Leads received]))',
)
_QUEUED: Final = 'INDEX(LEAD_LEVEL(Flow[Leads received],flow_capacity,"queue"),'
_WORKED: Final = (
    f'IF({_READY},"",{_QUEUED}{_FLOW_ROW}+1,3))',
    f'IF({_READY},"",[@[Leads received]]+{_before("Flow", "Waiting")}-[@Waiting])',
)
_WAITING: Final = (
    f'IF({_READY},"",{_QUEUED}{_FLOW_ROW}+1,4))',
    f'IF({_READY},"",{_waits("Flow", _ABOVE)})',
)
_QUEUE_ROW: Final = row_in("Queue", "Week")
_QUEUE_EVEN: Final = (
    f'IF(quarter_start="","",INDEX(LEAD_LEVEL(Queue[Leads]),{_QUEUE_ROW}+1,3))',
    'IF(quarter_start="","",SUM(Queue[Leads])/ROWS(Queue[Leads]))',
)
_EVEN_CARD: Final = (
    f'IF({_READY},"",INDEX(LEAD_LEVEL(Flow[Leads received]),2,3))',
    f'IF({_READY},"",SUM(Flow[Leads received])/ROWS(Flow[Leads received]))',
)

LEVEL_PAIRS: Final = {
    "Flow": (_EVEN, _WORKED, _WAITING),
    "Queue": (_QUEUE_EVEN,),
    "": (_EVEN_CARD,),
}
"""By table: formulas that only a hand can say natively."""


def _place_queue(page: TemplatePage) -> Placed:
    even_above = "Even plan above so far"

    def ready(formula: str) -> str:
        return f'=IF(quarter_start="","",{formula})'

    return place_table(
        page,
        "Queue",
        (
            Col("Week", formula=f'="Week "&({_QUEUE_ROW})'),
            Col("From", formula=f'=INDEX(Weeks[From],{_QUEUE_ROW})&""', width=96),
            Col("Leads", Unit.COUNT, leads_of("level_segment", _QUEUE_ROW), total="sum", number_format=_TENTHS),
            Col("Can work", Unit.COUNT, capacity_of("level_segment", span("RepCapacity", WEEK, WEEKS), "RepCapacity",
                _QUEUE_ROW), total="sum", number_format=_TENTHS),
            Col("Worked", Unit.COUNT, ready(
                f"[@Leads]+{_before('Queue', 'Waiting')}-[@Waiting]"
                f"+IF({_QUEUE_ROW}=1,N(level_waiting_start),0)"), total="sum", number_format=_TENTHS),
            Col("Waiting", Unit.COUNT, ready(_waits("Queue", _ABOVE)), number_format=_TENTHS, bold=True),
            Col("Even plan", Unit.COUNT, f"={_QUEUE_EVEN[0]}", total="sum", number_format=_TENTHS, width=84),
            Col("Waiting if even", Unit.COUNT, ready(_waits("Queue", even_above)), number_format=_TENTHS, width=84),
            Col(_ABOVE, Unit.COUNT, ready(
                f"N(level_waiting_start)+{_so_far('Queue', 'Leads')}-{_so_far('Queue', 'Can work')}"),
                number_format=_TENTHS, unit_line="working", width=96),
            Col(even_above, Unit.COUNT, ready(
                f"N(level_waiting_start)+{_so_far('Queue', 'Even plan')}-{_so_far('Queue', 'Can work')}"),
                number_format=_TENTHS, unit_line="working", width=96),
        ),
        spare=0,
        rows=[()] * WEEKS,
        total_label="Quarter",
        example=False,
    )  # fmt: skip


_TENTHS: Final = "#,##0.0"


def _draw(page: TemplatePage, flow: Placed, queue: Placed) -> None:
    month = columns_with_line(
        page.book,
        "Leads as they came, and the even plan",
        flow.area("Week"),
        (Shown("Leads received", flow.area("Leads received"), labels=True),),
        Shown("Even plan", flow.area("Even plan"), color=styles.ORANGE),
        told="Columns of the leads received in each of four weeks, and a line of the same leads spread evenly.",
    )
    page.chart(month, flow.top - 2, flow.right, 560, 10 * 22, shift=24)
    quarter = columns_with_line(
        page.book,
        "Leads waiting at the end of each week",
        queue.area("From"),
        (Shown("Waiting", queue.area("Waiting")),),
        Shown("Waiting with an even plan", queue.area("Waiting if even"), color=styles.ORANGE),
        told="Columns of the leads that wait at the end of each week, and a line of those that would wait if the "
        "same leads came evenly.",
    )
    page.chart(quarter, queue.top - 2, queue.right, 560, 16 * 22, shift=24)


def _add_checks(page: TemplatePage) -> None:
    book = page.book
    book.check(
        "Month: leads worked and waiting add up to the leads received",
        f"IF({_READY},TRUE,ROUND(SUM(Flow[Worked])+flow_waiting-SUM(Flow[Leads received]),6)=0)",
    )
    book.check(
        "Quarter: leads worked and waiting add up to those received and waiting before",
        'IF(quarter_start="",TRUE,ROUND(SUM(Queue[Worked])+INDEX(Queue[Waiting],ROWS(Queue[Waiting]))'
        "-SUM(Queue[Leads])-N(level_waiting_start),6)=0)",
    )
    book.check("The even plan spreads the same leads", "ROUND(SUM(Queue[Even plan])-SUM(Queue[Leads]),6)=0")
