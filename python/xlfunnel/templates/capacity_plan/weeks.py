"""The Calendar sheet: the weeks of the quarter, who is there when, and how many leads come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, place_cards, place_note, place_table, place_title
from xlfunnel.templates.capacity_plan.grids import (
    WEEK,
    WEEKS,
    beside,
    calendar,
    close_table,
    first_cell,
    follow,
    months_from,
    own_span,
    place_following,
    row_in,
    span,
    week_line,
)
from xlfunnel.templates.drawings import data_bars, flag, heat
from xlfunnel.templates.start_sheet import day_words
from xlfunnel.units import Unit
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.contents import Row

_DAY: Final = "d mmm"
_WEEK_NUMBERS: Final = tuple(str(number) for number in range(1, WEEKS + 1))


def write_weeks(page: TemplatePage, reps: Placed) -> None:
    """Write the sheet."""
    _place_cards(page)
    top = page.row
    place_title(page, "The weeks of the quarter")
    weeks = place_table(page, "Weeks", _week_columns(), spare=0, rows=_rows(page), total_label="Quarter")
    close_table(
        weeks,
        "Thirteen weeks from the quarter's first day; the last takes the days that are left. A week belongs to the "
        "month in which it ends. Leads: those received where entered, else those expected.",
    )
    data_bars(page, weeks.area("Leads"))
    data_bars(page, weeks.area("Team days"))
    page.row += 1
    place_title(page, "Days at work, by rep and week")
    place_note(page, "Working days less holidays and the days off that are entered on the right.", right=16)
    days = place_following(page, "RepDays", _day_columns(), reps)
    bottom = page.row
    grid = Area(page.name, days.top + 1, days.left + 3, days.below - 1, days.right - 1)
    heat(page, grid)
    page.fix(days.right, 20)
    page.row = top
    _place_absences(page, days.right + 1, weeks.top)
    page.row = max(page.row, bottom)


def _place_cards(page: TemplatePage) -> None:
    place_cards(
        page,
        (
            Card("Leads this quarter", "=SUM(Weeks[Leads])", Unit.COUNT, "received, else expected", "leads_quarter"),
            Card(
                "Fullest week",
                '=IF(leads_quarter=0,"",MAX(Weeks[Leads]))',
                Unit.COUNT,
                '=IF(leads_fullest_week="","","leads, in the week from "&'
                "INDEX(Weeks[From],MATCH(leads_fullest_week,Weeks[Leads],0)))",
                "leads_fullest_week",
            ),
            Card("Working days", "=SUM(Weeks[Working days])", Unit.COUNT, "after holidays", "days_quarter"),
            Card("Days at work", "=SUM(RepDays[Days])", Unit.COUNT, "of the whole team", "days_team"),
        ),
        span=3,
    )


def _week_columns() -> tuple[Col, ...]:
    number = row_in("Weeks", "Week")
    return (
        Col("Week", formula=f"={number}&\"\"", width=110),
        Col("Begins", Unit.DATE, f'=IF(quarter_start="","",quarter_start+7*({number}-1))', number_format=_DAY,
            width=64),
        Col("Ends", Unit.DATE, f'=IF(quarter_start="","",IF({number}=weeks_quarter,quarter_end,'
            f"quarter_start+7*({number})-1))", number_format=_DAY, width=52),
        Col("Month", Unit.COUNT, f'=IF([@Ends]="","",{months_from("quarter_start", "[@Ends]")}+1)', width=56),
        Col("Week days", Unit.COUNT, '=IF([@Ends]="","",NETWORKDAYS([@Begins],[@Ends]))', total="sum",
            unit_line="days", width=52),
        Col("Holidays", Unit.COUNT, '=IF([@Ends]="","",[@[Week days]]-[@[Working days]])', total="sum",
            unit_line="days", width=66),
        Col("Working days", Unit.COUNT, '=IF([@Ends]="","",NETWORKDAYS([@Begins],[@Ends],Holidays[Day]))',
            total="sum", unit_line="days", width=66),
        Col("Team days", Unit.COUNT, f'=IF([@Ends]="","",SUM(INDEX({span("RepDays", WEEK, WEEKS)},0,{number})))',
            total="sum", unit_line="at work", width=60),
        Col("Leads expected", Unit.COUNT, hint="Leads that marketing expects to hand over this week.", total="sum",
            width=72),
        Col("Leads received", Unit.COUNT, hint="Leads that came, once the week is over.", total="sum", width=72),
        Col("Leads", Unit.COUNT, '=IF([@[Leads received]]<>"",[@[Leads received]],N([@[Leads expected]]))',
            total="sum", unit_line="counted", width=72, bold=True),
        Col("From", formula=f'=IF([@Begins]="","",{_from_words("[@Begins]")})', unit_line="for charts", width=66),
    )  # fmt: skip


def _from_words(cell: str) -> str:
    words = day_words(cell)
    return words[: words.rindex('&" "&YEAR')]


def _day_columns() -> tuple[Col, ...]:
    table = "RepDays"
    starts, leaves = beside(table, "Rep", "Reps", "Starts"), beside(table, "Rep", "Reps", "Leaves")
    segment = beside(table, "Rep", "Reps", "Segment")

    def days(week: int) -> str:
        begins, ends = f"INDEX(Weeks[Begins],{week})", f"INDEX(Weeks[Ends],{week})"
        return (
            f'=IF([@Segment]="","",MAX(0,NETWORKDAYS(MAX({begins},{starts}),'
            f'IF({leaves}="",{ends},MIN({ends},{leaves})),Holidays[Day])'
            f"-SUMIFS(Leave[Days off],Leave[Rep],[@Rep],Leave[Week],{week})))"
        )

    return (
        Col("Rep", formula=follow(table, "Reps", "Rep")),
        Col("Segment", formula=f'=IF(OR([@Rep]="",{segment}="",{starts}="",quarter_start=""),"",{segment})'),
        Col("Days", Unit.COUNT, f'=IF([@Segment]="","",SUM({own_span(table, WEEK, WEEKS)}))', bold=True,
            unit_line="quarter"),
        *calendar(WEEK, WEEKS, days, unit=Unit.COUNT, shape='0.#;-0.#;"·"', line=week_line, width=50),
    )  # fmt: skip


def _place_absences(page: TemplatePage, left: int, heading: int) -> None:
    place_title(page, "Who is away", left=left)
    place_note(page, "Days on which nobody works, and days off of single reps.", left=left, right=left + 6)
    page.row = heading
    holidays = place_table(
        page,
        "Holidays",
        (
            Col("Day", Unit.DATE, hint="A day on which nobody works."),
            Col("Holiday", hint="Its name.", width=120),
        ),
        left=left,
    )
    page.fix(holidays.right, 20)
    page.row = heading - 1
    leave = place_table(
        page,
        "Leave",
        (
            Col("Rep", choices="=rep_names", hint="Who is away.", width=100),
            Col("Week", Unit.COUNT, choices=_WEEK_NUMBERS, hint="Number of the week, 1 to 13.", width=56),
            Col("Days off", Unit.COUNT, hint="Working days away in that week; half days count 0.5.", width=64,
                number_format="0.#", unit_line="days"),
            Col("Says", formula='=IF([@Rep]="","",IF(COUNTIF(Reps[Rep],[@Rep])=0,"▲ not listed",'
                'IF([@Week]="","enter the week",IF([@[Days off]]="","enter the days",""))))', width=92),
        ),
        left=holidays.right + 1,
    )  # fmt: skip
    flag(page, leave.area("Says"), f'={first_cell(leave, "Says")}<>""')
    page.book.check(
        "Every day off belongs to a rep who is listed",
        'COUNTIF(Leave[Says],"▲ not listed")=0',
    )
    page.book.check(
        "The weeks cover the quarter: their days add up",
        'IF(quarter_start="",TRUE,SUM(Weeks[Ends])-SUM(Weeks[Begins])+ROWS(Weeks[Week])=quarter_end-quarter_start+1)',
    )
    page.book.check(
        "Team days by week add up to the days of the reps",
        "ROUND(SUM(Weeks[Team days])-days_team,6)=0",
    )


def _rows(page: TemplatePage) -> list[Row]:
    given = page.book.contents.tables.get("Weeks", ())
    return [given[at] if at < len(given) else () for at in range(WEEKS)]
