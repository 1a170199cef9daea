"""The Load sheet: leads against what each rep can work, week by week, and how both are computed."""

from __future__ import annotations

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
from xlfunnel.templates.capacity_plan.grids import (
    LOAD_SHAPE,
    ROUTINGS,
    WEEK,
    WEEKS,
    beside,
    calendar,
    close_table,
    first_cell,
    follow,
    place_choice,
    place_following,
    ramp_share,
    row_in,
    span,
    week_line,
)
from xlfunnel.templates.drawings import Shown, columns_with_line, flag
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage

_CELL_SHAPE: Final = "[>1]▲0 %;0 %"
_WARM: Final = "#F2C48D"
_JUST_OVER: Final = 1.000001
"""Where the colour of an overload begins: a scale of colours knows no steps."""

_RAMP_MONTHS: Final = (1, 2, 3, 4)
"""Months of a quarter; one that begins within a month reaches into a fourth."""


def write_load(page: TemplatePage, reps: Placed) -> None:
    """Write the sheet."""
    _place_cards(page)
    for one in _CHOICES:
        place_choice(page, one)
    page.row += 1
    chosen = _place_chosen(page)
    close_table(chosen, "Too many: leads above what can be worked in that week.")
    page.row += 1
    place_title(page, "Load by rep and week")
    place_note(page, "Leads handed out ÷ leads that the rep can work. ▲ marks a week over 100 %.", right=19)
    top = page.row
    load = place_following(page, "RepLoad", _load_columns(), reps)
    grid = Area(page.name, load.top + 1, load.left + 6, load.below - 1, load.right - 1)
    _shade(page, grid)
    flag(page, grid, _over(first_cell(load, f"{WEEK} 1").replace("$", "")), color=styles.INK)
    page.last_printed = load.right - 1
    _place_workings(page, reps, load.right + 1, top)
    _draw(page, chosen, load)


_CHOICES: Final = (
    Field(
        "load_segment",
        "Segment in chart and table",
        choices="=segment_names",
        hint="Blank: the whole team.",
        note='=IF(load_segment="","blank: the whole team","")',
    ),
    Field(
        "load_routing",
        "Leads go to its reps",
        default=ROUTINGS[0],
        choices=ROUTINGS,
        hint="By capacity: as each can work them that week. Equally: the same for each day at work.",
        note='=IF(load_routing="equally","the same for each day at work","as much as each can work that week")',
    ),
)


def _place_cards(page: TemplatePage) -> None:
    weeks = span("RepLoad", WEEK, WEEKS)
    place_cards(
        page,
        (
            Card(
                "Fullest week",
                '=IF(COUNT(LoadWeeks[Load])=0,"",MAX(LoadWeeks[Load]))',
                Unit.SHARE,
                '=IF(load_fullest="","",IF(load_segment="","whole team",load_segment)&", week from "&'
                "INDEX(LoadWeeks[From],MATCH(load_fullest,LoadWeeks[Load],0)))",
                "load_fullest",
                number_format=LOAD_SHAPE,
                alarm='=AND(load_fullest<>"",N(load_fullest)>1)',
            ),
            Card(
                "Weeks over 100 %",
                '=COUNTIF(LoadWeeks[Load],">1")',
                Unit.COUNT,
                '="of "&weeks_quarter&": "&IF(load_segment="","whole team",load_segment)',
                "load_weeks_over",
                alarm="=load_weeks_over>0",
            ),
        ),
        span=2,
    )
    page.row -= 4
    place_cards(
        page,
        (
            Card(
                "Rep weeks over 100 %",
                f'=COUNTIF({weeks},">1")+COUNTIF({weeks},"over")',
                Unit.COUNT,
                f'="of "&COUNT({weeks})&" weeks of all reps"',
                "rep_weeks_over",
                alarm="=rep_weeks_over>0",
            ),
            Card(
                "Leads above capacity",
                "=SUM(LoadWeeks[Too many])",
                Unit.COUNT,
                "in those weeks; a quieter week may still take them: Levelling",
                "load_above",
                alarm="=ROUND(load_above,6)>0",
            ),
        ),
        left=5,
        span=3,
    )


def _place_chosen(page: TemplatePage) -> Placed:
    can_work = span("RepCapacity", WEEK, WEEKS)
    number = row_in("LoadWeeks", "Week")
    return place_table(
        page,
        "LoadWeeks",
        (
            Col("Week", formula=f'={number}&""'),
            Col("From", formula=f'=INDEX(Weeks[From],{number})&""'),
            Col("Leads", Unit.COUNT, leads_of("load_segment", number), total="sum", number_format="#,##0.0"),
            Col("Can work", Unit.COUNT, capacity_of("load_segment", can_work, "RepCapacity", number), total="sum",
                number_format="#,##0.0"),
            Col("Load", Unit.SHARE, '=IF(N([@[Can work]])=0,"",[@Leads]/[@[Can work]])', number_format=LOAD_SHAPE,
                total="=IF(SUM(LoadWeeks[Can work])=0,\"\",SUM(LoadWeeks[Leads])/SUM(LoadWeeks[Can work]))"),
            Col("Too many", Unit.COUNT, '=IF([@Leads]="","",MAX(0,[@Leads]-[@[Can work]]))', total="sum",
                number_format="#,##0.0"),
        ),
        spare=0,
        rows=[()] * WEEKS,
        total_label="Quarter",
        example=False,
    )  # fmt: skip


def leads_of(segment: str, number: str) -> str:
    """The leads of a week for the segment that a cell names, or of all segments."""
    week = f"INDEX(Weeks[Leads],{number})"
    return (
        f'=IF(quarter_start="","",IF({segment}="",{week},'
        f"{week}*SUMIFS(Segments[Share of leads],Segments[Segment],{segment})))"
    )


def capacity_of(segment: str, area: str, table: str, number: str) -> str:
    """What the reps of the segment that a cell names, or all of them, can work in a week."""
    week = f"INDEX({area},0,{number})"
    return f'=IF(quarter_start="","",IF({segment}="",SUM({week}),SUMIFS({week},{table}[Segment],{segment})))'


def _load_columns() -> tuple[Col, ...]:
    table = "RepLoad"
    row = row_in(table, "Rep")

    def load(week: int) -> str:
        leads, can_work = (beside(table, "Rep", other, f"{WEEK} {week}") for other in ("RepLeads", "RepCapacity"))
        return f'=IF(OR([@Segment]="",{can_work}=""),"",IF({can_work}=0,IF({leads}>0,"over",""),{leads}/{can_work}))'

    def quarter(other: str) -> str:
        return f'=IF([@Segment]="","",SUM(INDEX({span(other, WEEK, WEEKS)},{row},0)))'

    hours = beside(table, "Rep", "RepCapacity", "Hours per lead")
    return (
        Col("Rep", formula=follow(table, "Reps", "Rep"), width=110),
        Col("Segment", formula=_same_segment(table), width=96),
        Col("Leads", Unit.COUNT, quarter("RepLeads"), total="sum", unit_line="quarter", width=72),
        Col("Can work", Unit.COUNT, quarter("RepCapacity"), total="sum", unit_line="quarter", width=72),
        Col("Load", Unit.SHARE, '=IF(N([@[Can work]])=0,"",[@Leads]/[@[Can work]])', number_format=LOAD_SHAPE,
            unit_line="quarter", width=76, bold=True),
        Col("Hours free", Unit.HOURS, f'=IF(OR([@Segment]="",{hours}=""),"",'
            f"MAX(0,[@[Can work]]-[@Leads])*{hours})", total="sum", unit_line="quarter", number_format="#,##0",
            width=72),
        *calendar(WEEK, WEEKS, load, unit=Unit.SHARE, shape=_CELL_SHAPE, line=week_line, width=56),
    )  # fmt: skip


def _same_segment(table: str) -> str:
    """The segment of a rep who can be planned: one with a segment and a start."""
    return f'={beside(table, "Rep", "RepDays", "Segment")}&""'


def _place_workings(page: TemplatePage, reps: Placed, left: int, top: int) -> None:
    page.fix(left - 1, 40)
    page.row = top - 2
    place_title(page, "How it is computed: leads handed out", left=left)
    page.row = top
    page.row += 1
    leads = place_following(page, "RepLeads", _lead_columns(), reps, left=left)
    page.fix(leads.right, 40)
    page.row = top - 2
    place_title(page, "How it is computed: leads that each rep can work", left=leads.right + 1)
    page.row = top + 1
    place_following(page, "RepCapacity", _capacity_columns(), reps, left=leads.right + 1)


def _lead_columns() -> tuple[Col, ...]:
    table = "RepLeads"

    def leads(week: int) -> str:
        column = f"{WEEK} {week}"
        own = {other: beside(table, "Rep", other, column) for other in ("RepDays", "RepCapacity")}
        all_of = {other: f"SUMIFS({other}[{column}],{other}[Segment],[@Segment])" for other in own}
        key, whole = (f'IF(load_routing="equally",{one["RepDays"]},{one["RepCapacity"]})' for one in (own, all_of))
        return (
            f'=IF(OR([@Segment]="",{own["RepCapacity"]}=""),"",IF({whole}=0,0,INDEX(Weeks[Leads],{week})'
            f"*SUMIFS(Segments[Share of leads],Segments[Segment],[@Segment])*{key}/{whole}))"
        )

    return (
        Col("Rep", formula=follow(table, "Reps", "Rep"), width=110),
        Col("Segment", formula=_same_segment(table), width=84),
        *calendar(WEEK, WEEKS, leads, unit=Unit.COUNT, shape="#,##0.0", line=week_line, width=50),
    )


def _capacity_columns() -> tuple[Col, ...]:
    table = "RepCapacity"

    def given(column: str, agreed: str) -> str:
        own = beside(table, "Rep", "Reps", column)
        return f'=IF([@Segment]="","",IF({own}="",N({agreed}),{own}))'

    def can_work(week: int) -> str:
        ramped = f"INDEX({table}[[#This Row],[Ramp 1]:[Ramp 4]],1,INDEX(Weeks[Month],{week}))"
        days = beside(table, "Rep", "RepDays", f"{WEEK} {week}")
        return (
            f'=IF(OR([@[Hours per lead]]="",N(workdays_week)=0),"",LEAD_CAPACITY({ramped},[@[Hours a week]],'
            f"[@[Hours per lead]],{days}/workdays_week,[@[Share for leads]]))"
        )

    own_hours = beside(table, "Rep", "Reps", "Hours per lead")
    of_segment = "SUMIFS(Segments[Hours per lead],Segments[Segment],[@Segment])"
    return (
        Col("Rep", formula=follow(table, "Reps", "Rep"), width=110),
        Col("Segment", formula=_same_segment(table), width=84),
        Col("Starts", Unit.DATE, f'=IF([@Segment]="","",{beside(table, "Rep", "Reps", "Starts")})', width=88),
        Col("Hours a week", Unit.HOURS_PER_WEEK, given("Hours a week", "rep_hours_week"), width=76),
        Col("Share for leads", Unit.SHARE, given("Share for leads", "rep_selling_share"), width=76),
        Col("Hours per lead", Unit.HOURS_PER_LEAD, f'=IF([@Segment]="","",IF(N({own_hours})>0,{own_hours},'
            f"IF({of_segment}>0,{of_segment},rep_hours_lead)))", width=76, number_format="#,##0.00"),
        *(
            Col(f"Ramp {month}", Unit.SHARE, f"={ramp_formula(month)[0]}", number_format="0 %", width=60,
                unit_line=f'=IF(quarter_start="","",INDEX(Months[Month],{month}))')
            for month in _RAMP_MONTHS
        ),
        *calendar(WEEK, WEEKS, can_work, unit=Unit.COUNT, shape="#,##0.0", line=week_line, width=50),
    )  # fmt: skip


def ramp_formula(month: int) -> tuple[str, str]:
    """How far a rep is on the ramp in a month of the quarter: with our function, and natively."""
    ours, native = ramp_share("[@Starts]", f"EDATE(quarter_start,{month - 1})")
    return f'IF([@Segment]="","",{ours})', f'IF([@Segment]="","",{native})'


RAMP_PAIRS: Final = tuple(ramp_formula(month) for month in _RAMP_MONTHS)
"""Formulas of the table RepCapacity that only a hand can say natively."""


def _over(cell: str) -> str:
    """Whether a cell of the grid tells of an overload; a rep without any capacity has "over" for a load."""
    return f'=OR(N({cell})>1,{cell}="over")'


def _shade(page: TemplatePage, grid: Area) -> None:
    """Pale to strong up to 100 %, and another colour above it."""
    rule = {
        "type": "3_color_scale",
        "min_color": "#FFFFFF",
        "mid_color": styles.PALE_BLUE,
        "max_color": _WARM,
        "min_type": "num",
        "min_value": 0,
        "mid_type": "num",
        "mid_value": 1,
        "max_type": "num",
        "max_value": _JUST_OVER,
    }
    page.sheet.conditional_format(grid.top, grid.left, grid.bottom, grid.right, rule)


def _draw(page: TemplatePage, chosen: Placed, load: Placed) -> None:
    chart = columns_with_line(
        page.book,
        "Leads that come in against leads that can be worked, by week",
        chosen.area("From"),
        (Shown("Leads", chosen.area("Leads"), labels=True),),
        Shown("Can be worked", chosen.area("Can work"), color=styles.ORANGE),
        told="Columns of the leads of each week and a line of what the reps can work, for the segment chosen above.",
    )
    left = chosen.right
    page.chart(chart, chosen.top - 3, left, page.width(left, load.right - 1) - 12, 17 * 22, shift=12)
