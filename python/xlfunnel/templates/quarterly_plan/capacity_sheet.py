"""The Capacity sheet: whether sales can work the leads, and what time is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, Field, place_cards, place_fields, place_note
from xlfunnel.templates.drawings import Shown, data_bars, flag
from xlfunnel.templates.quarterly_plan.following import (
    FROZEN,
    SEGMENT_WIDTH,
    carried,
    first_cell,
    place_following,
    summed,
    where,
)
from xlfunnel.templates.quarterly_plan.segment_charts import by_segment
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.quarterly_plan.chart_data import ChartData
    from xlfunnel.workbooks.book import Chart

TABLE: Final = "Capacity"
_GAP: Final = 40
"""Pixels between the settings and the chart on their right."""

_HOURS_LEAD: Final = (
    '=IF(N(capacity_mqls_month)*N(capacity_hours_week)*N(capacity_selling_share)*N(capacity_weeks)=0,"",'
    "MAX(capacity_hours_week*capacity_selling_share*capacity_weeks/(3*capacity_mqls_month),N(capacity_hours_lead)))"
)
FIELDS: Final = (
    Field("capacity_mqls_month", "MQLs that a rep can work in a month", Unit.COUNT, 120,
          hint="A rule of thumb; the guide takes 120."),
    Field("capacity_hours_week", "Hours a rep has for leads each week", Unit.HOURS_PER_WEEK, 30,
          hint="Contract hours less meetings and leave."),
    Field("capacity_selling_share", "Share of them spent on leads", Unit.SHARE, 0.8,
          hint="What is left after administration."),
    Field("capacity_hours_lead", "Hours that one lead takes", Unit.HOURS_PER_LEAD, 0.75,
          hint="From the first touch until it is an opportunity, or is sent back.", number_format="#,##0.00"),
    Field("capacity_weeks", "Weeks in the quarter", Unit.WEEKS, 13, hint="13, or fewer around holidays.",
          number_format="#,##0"),
    Field("capacity_hours_used", "Hours per lead in use", Unit.HOURS_PER_LEAD, formula=_HOURS_LEAD,
          number_format="#,##0.00"),
)  # fmt: skip
_LOADS: Final = "Capacity[Load by leads coming]"
_NO_TIME: Final = "N(capacity_hours_used)=0"
_TIME: Final = "capacity_hours_week,capacity_hours_used,capacity_weeks,capacity_selling_share"
_REPS_FOR: Final = "REPS_NEEDED([@[{}]]," + _TIME + ")"


def _load(leads: str) -> str:
    return where(f'OR([@[{leads}]]="",N([@[Can work]])=0)', '""', f"[@[{leads}]]/[@[Can work]]")


def _reps(leads: str) -> str:
    return where(f'OR([@[{leads}]]="",{_NO_TIME})', '""', _REPS_FOR.format(leads))


_COMING: Final = 'IF([@[Leads coming]]="",[@[MQLs owed]],[@[Leads coming]])'
_SAYS: Final = (
    '=IF([@Segment]="","",IF([@Reps]="","enter the reps",IF(AND([@[MQLs owed]]="",[@[Leads coming]]=""),'
    '"enter targets and rates",IF([@[Too many]]>0,"▲ "&ROUNDUP([@[Too many]],0)&" more than they can work",'
    'IF([@[Free hours a week]]>=1,"✓ time for outbound","✓ just fits")))))'
)
_COLUMNS: Final = (
    Col("Reps", Unit.COUNT, formula=carried(TABLE, "Segments", "Reps"), total="sum", width=60,
        number_format="General"),
    Col("Can work", Unit.COUNT, total="sum", width=80, bold=True, unit_line="leads",
        formula=where(f'OR([@Segment]="",[@Reps]="",{_NO_TIME})', '""', f"LEAD_CAPACITY([@Reps],{_TIME})")),
    Col("MQLs owed", Unit.COUNT, formula=carried(TABLE, "Plan", "MQLs owed"), total="sum", width=64),
    Col("Load by MQLs owed", Unit.SHARE, formula=_load("MQLs owed"), width=100, number_format="0 %"),
    Col("Leads coming", Unit.COUNT, formula=carried(TABLE, "Mix", "Leads"), total="sum", width=66,
        number_format="#,##0.0"),
    Col("Load by leads coming", Unit.SHARE, formula=_load("Leads coming"), width=100, number_format="0 %"),
    Col("Too many", Unit.COUNT, total="sum", width=72, unit_line="leads",
        formula=where('[@[Can work]]=""', '""', f"MAX(0,N({_COMING})-[@[Can work]])")),
    Col("Free hours a week", Unit.HOURS, total="sum", width=92, unit_line="for outbound",
        formula=where('[@[Can work]]=""', '""',
                      f"MAX(0,[@[Can work]]-N({_COMING}))*capacity_hours_used/capacity_weeks")),
    Col("Reps for MQLs owed", Unit.COUNT, formula=_reps("MQLs owed"), total="sum", width=92),
    Col("Reps for leads coming", Unit.COUNT, formula=_reps("Leads coming"), total="sum", width=92),
    Col("What it says", formula=_SAYS, width=190),
)  # fmt: skip
_NOTE: Final = (
    "Can work: reps × hours for leads in the quarter ÷ hours per lead. Load: leads ÷ what sales can work; over 100 % "
    "leads wait and age. Hours per lead in use: the longer of the hours typed and of what the MQLs a month leave for "
    "each. Leads coming are those of Mix check. Time that is left over goes to outbound."
)


def place_capacity(page: TemplatePage, charts: ChartData) -> None:
    """Write load against capacity, segment by segment."""
    place_cards(
        page,
        (
            Card("SALES CAN WORK", summed("Capacity", "Can work"), Unit.COUNT, "leads this quarter",
                 "capacity_total"),
            Card("LEADS COMING", summed("Capacity", "Leads coming"), Unit.COUNT, _SHARE_OF_ALL, "capacity_leads"),
            Card("BUSIEST SEGMENT", f'=IF(COUNT({_LOADS})=0,"",MAX({_LOADS}))', Unit.SHARE,
                 _BUSIEST, "capacity_highest_load", "0 %", "=N(capacity_highest_load)>1"),
            Card("TOO MANY", summed("Capacity", "Too many"), Unit.COUNT, "leads that sales cannot work",
                 "capacity_too_many", alarm="=N(capacity_too_many)>0"),
            Card("FREE HOURS A WEEK", summed("Capacity", "Free hours a week"), Unit.HOURS, "time for outbound",
                 "capacity_free_hours"),
        ),
    )  # fmt: skip
    top = page.row
    place_fields(page, FIELDS, with_basis=True)
    page.text(top, 6, "")  # no note beside these inputs: the chart stands there
    page.fix(1, 220)
    page.fix(2, 80)
    page.fix(3, 80)
    fields_end = page.row
    page.row = max(fields_end, top + 13) + 1
    place_note(page, _NOTE, right=11)
    page.row += 1
    placed = place_following(page, TABLE, _COLUMNS)
    page.fix(1, max(SEGMENT_WIDTH, 220))
    page.chart(_load_chart(page, charts), top, 6, page.width(6, len(_COLUMNS) + 1) - _GAP, 280, shift=_GAP)
    page.frozen = FROZEN
    for column in ("Load by MQLs owed", "Load by leads coming"):
        data_bars(page, placed.area(column), most=1)
        flag(page, placed.area(column), f"=N({first_cell(placed, column)})>1")
    flag(page, placed.area("What it says"), f'=LEFT({first_cell(placed, "What it says")},1)="▲"')
    page.book.check(
        "Leads on Capacity are those on Mix check",
        "ROUND(SUM(Capacity[Leads coming])-SUM(Mix[Leads]),6)=0",
    )


def _load_chart(page: TemplatePage, charts: ChartData) -> Chart:
    drawn = charts.by_segment
    series = (
        Shown("Can work", drawn.area("Can work"), plan=True),
        Shown("MQLs owed", drawn.area("MQLs owed"), color=styles.PALE_BLUE),
        Shown("Leads coming", drawn.area("Leads coming"), color=styles.ORANGE),
    )
    told = "Columns for each segment: leads that its reps can work this quarter, MQLs owed, and leads coming."
    return by_segment(page, "Can sales work the leads? Number this quarter", drawn, series, told=told)


_SHARE_OF_ALL: Final = (
    '=IF(OR(N(capacity_total)=0,capacity_leads=""),"",'
    'ROUND(100*capacity_leads/capacity_total,0)&" % of all capacity")'
)
_BUSIEST: Final = (
    '=IF(N(capacity_highest_load)=0,"",INDEX(Capacity[Segment],'
    'MATCH(capacity_highest_load,Capacity[Load by leads coming],0))&", load by leads coming")'
)
