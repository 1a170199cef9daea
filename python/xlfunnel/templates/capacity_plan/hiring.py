"""The Hiring sheet: leads expected against ramped capacity, month by month, and when the next rep must start."""

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
    MONTH,
    MONTHS,
    beside,
    calendar,
    close_table,
    follow,
    month_line,
    month_words,
    own_span,
    place_choice,
    place_following,
    ramp_share,
    row_in,
    span,
)
from xlfunnel.templates.drawings import Shown, columns_with_line, heat
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.contents import Row

_TENTHS: Final = "#,##0.0"
_SHORT: Final = '#,##0;-#,##0;"·"'
_DAY: Final = "mmm yyyy"
_NO_HOURS: Final = 'OR(rep_hours_lead="",N(hiring_days_off)>=1)'
"""Where the agreed figures give no hours for leads, so that no number of reps would do."""

_ROW: Final = row_in("Months", "Month")


def write_hiring(page: TemplatePage, reps: Placed, segments: Placed) -> None:
    """Write the sheet."""
    _place_cards(page)
    for one in _CHOICES:
        place_choice(page, one)
    page.row += 1
    months = _place_months(page)
    close_table(
        months,
        "Own figure: all leads of a month, where you know better than growth. Start by: the first day at work of "
        "a rep who is then ramped in that month; too soon: nobody hired from now on is.",
    )
    page.row += 1
    place_title(page, "Leads short, by segment and month")
    place_note(
        page,
        "Leads that come in above what the segment's reps can work. A rep who starts by the day given is ramped when "
        "the gap opens; gaps before that come too soon for anyone hired from now on.",
        right=17,
    )
    page.calc(page.row, 1, _WORDS, styles.BODY, name="hire_words")
    page.row += 1
    top = page.row
    plan = place_following(page, "HiringPlan", _plan_columns(), segments)
    grid = Area(page.name, plan.top + 1, plan.left + 5, plan.below - 1, plan.right - 1)
    heat(page, grid, high="#F2C48D")
    bottom = page.row
    page.last_printed = plan.right - 1
    page.fix(plan.right, 40)
    page.row = months.top - 2
    place_title(page, "How it is computed: how far each rep is on the ramp", left=plan.right + 1)
    place_following(page, "RepMonths", _rep_columns(), reps, left=plan.right + 1)
    page.row = max(bottom, page.row, top)
    _draw(page, months, plan)
    _add_checks(page)


_CHOICES: Final = (
    Field(
        "hiring_growth",
        "Leads grow each month by",
        Unit.SHARE,
        0,
        hint="After this quarter.",
        note="after this quarter, where a month has no figure of its own",
    ),
    Field(
        "hiring_days_off",
        "Holidays and leave, share of days",
        Unit.SHARE,
        0.1,
        hint="Share of a year's working days.",
        note="26 of 260 working days in a year are 10 %",
    ),
    Field(
        "hiring_segment",
        "Segment in chart and table",
        choices="=segment_names",
        hint="Blank: the whole team.",
        note='=IF(hiring_segment="","blank: the whole team","")',
    ),
)


_WHOSE: Final = "INDEX(HiringPlan[Segment],MATCH(hire_start_by,HiringPlan[Start by],0))"
_OPENS: Final = "INDEX(HiringPlan[Gap opens],MATCH(hire_start_by,HiringPlan[Start by],0))"
_WORDS: Final = (
    '=IF(quarter_start="","enter the first day of the quarter on Start",IF(COUNT(HiringPlan[Start by])=0,'
    '"no gap opens that a hire could meet",'
    f'{_WHOSE}&": ramped when the gap opens, "&{month_words(_OPENS)}&" "&YEAR({_OPENS})))'
)


def _place_cards(page: TemplatePage) -> None:
    starts = "HiringPlan[Start by]"
    place_cards(
        page,
        (
            Card(
                "Next rep must start by",
                f'=IF(quarter_start="","",IF(COUNT({starts})=0,"no gap ahead",MIN({starts})))',
                Unit.DATE,
                "=hire_words",
                "hire_start_by",
                alarm="=COUNT(hire_start_by)>0",
            ),
        ),
        span=2,
    )
    page.row -= 4
    place_cards(
        page,
        (
            Card(
                "Too soon to hire for",
                "=SUM(HiringPlan[Too soon])",
                Unit.COUNT,
                '="leads short in the first "&ramp_months&" months: level, lend a rep, or let them wait"',
                "hire_too_soon",
                alarm="=ROUND(hire_too_soon,0)>0",
            ),
            Card(
                "Reps to add in 12 months",
                "=SUM(HiringPlan[Reps to add])",
                Unit.COUNT,
                "so that no month after the ramp is short",
                "hire_reps_to_add",
                alarm="=hire_reps_to_add>0",
            ),
            Card(
                "Ramped reps in 12 months",
                f'=IF(quarter_start="",0,SUM(INDEX({span("RepMonths", MONTH, MONTHS)},0,{MONTHS})))',
                Unit.COUNT,
                "of those who are in the table of reps",
                "hire_ramped_reps",
                number_format=_TENTHS,
            ),
            Card(
                "They can win in 12 months",
                "=SUM(Months[Money])",
                Unit.MONEY,
                '=currency&", by quota, attainment and ramp: "&IF(hiring_segment="","whole team",hiring_segment)',
                "hire_money_year",
            ),
        ),
        left=3,
    )


def _place_months(page: TemplatePage) -> Placed:
    grid = span("RepMonths", MONTH, MONTHS)
    month = f"INDEX({grid},0,{_ROW})"
    of_segment = "--(RepMonths[Segment]=hiring_segment)"

    def over_reps(*columns: str) -> str:
        named = ",".join(f"RepMonths[{column}]" for column in columns)
        factors = f"{named},{month}" if named else month
        return f'IF(hiring_segment="",SUMPRODUCT({factors}),SUMPRODUCT({of_segment},{factors}))'

    share = 'IF(hiring_segment="",1,SUMIFS(Segments[Share of leads],Segments[Segment],hiring_segment))'
    own = "SUMIFS(Segments[Hours per lead],Segments[Segment],hiring_segment)"
    hours = f'IF(hiring_segment="",N(rep_hours_lead),IF({own}>0,{own},N(rep_hours_lead)))'
    ready = '[@[First day]]=""'
    return place_table(
        page,
        "Months",
        (
            Col("Month", formula=f'=IF({ready},"",{month_words("[@[First day]]")}&" "&YEAR([@[First day]]))'),
            Col("First day", Unit.DATE, f'=IF(quarter_start="","",EDATE(quarter_start-DAY(quarter_start)+1,{_ROW}-1))'
                , number_format="d mmm yy", width=92),
            Col("Own figure", Unit.COUNT, hint="Leads of all segments; blank: this quarter's, growing.",
                unit_line="all leads", width=92),
            Col("All leads", Unit.COUNT, f'=IF({ready},"",IF([@[Own figure]]<>"",[@[Own figure]],'
                f"leads_quarter/3*(1+N(hiring_growth))^MAX(0,{_ROW}-3)))", number_format=_TENTHS, total="sum"),
            Col("Leads", Unit.COUNT, f'=IF({ready},"",[@[All leads]]*{share})', number_format=_TENTHS, total="sum",
                unit_line="segment", bold=True),
            Col("Ramped reps", Unit.COUNT, f'=IF({ready},"",{over_reps()})', number_format="0.00"),
            Col("Can work", Unit.COUNT, f'=IF({ready},"",{over_reps("A month")})', number_format=_TENTHS,
                total="sum", unit_line="leads"),
            Col("Short", Unit.COUNT, f'=IF({ready},"",MAX(0,ROUND([@Leads]-[@[Can work]],6)))', total="sum",
                unit_line="leads", number_format='#,##0.0;-#,##0.0;"·"', bold=True),
            Col("Reps needed", Unit.COUNT, f'=IF(OR({ready},{_NO_HOURS}),"",REPS_NEEDED([@Leads],'
                f"N(rep_hours_week)*(1-N(hiring_days_off)),{hours},weeks_month,N(rep_selling_share)))"),
            Col("Start by", Unit.DATE, f'=IF({ready},"",IF([@Short]=0,"",IF({_ROW}<=ramp_months,"too soon",'
                "EDATE([@[First day]],-ramp_months))))", number_format="d mmm yy", width=92),
            Col("Money", Unit.MONEY, f'=IF({ready},"",{over_reps("Quota")}*N(rep_attainment))', total="sum",
                width=92),
        ),
        spare=0,
        rows=_rows(page),
        total_label="Year",
    )  # fmt: skip


def _plan_columns() -> tuple[Col, ...]:
    table = "HiringPlan"
    short = own_span(table, MONTH, MONTHS)
    number = f"(COLUMN({short})-COLUMN({table}[[#This Row],[{MONTH} 1]])+1)"
    never = f"(COLUMNS({short})+1)"
    first = f"SUMPRODUCT(MIN({never}-({never}-{number})*({short}>0)*({number}>ramp_months)))"
    segment_hours = beside(table, "Segment", "Segments", "Hours per lead")
    hours = f"IF(N({segment_hours})>0,{segment_hours},N(rep_hours_lead))"

    def gap(month: int) -> str:
        share = beside(table, "Segment", "Segments", "Share of leads")
        return (
            f'=IF(OR([@Segment]="",quarter_start=""),"",MAX(0,ROUND(INDEX(Months[All leads],{month})*N({share})'
            f"-SUMPRODUCT(--(RepMonths[Segment]=[@Segment]),RepMonths[A month],RepMonths[{MONTH} {month}]),6)))"
        )

    ready = 'OR([@Segment]="",quarter_start="")'
    return (
        Col("Segment", formula=follow(table, "Segments", "Segment"), width=110),
        Col("Too soon", Unit.COUNT, f'=IF({ready},"",SUMPRODUCT(({number}<=ramp_months)*1,{short}))',
            number_format=_SHORT, unit_line="leads"),
        Col("Gap opens", Unit.DATE, f'=IF({ready},"",IF({first}={never},"",INDEX(Months[First day],{first})))',
            number_format=_DAY),
        Col("Start by", Unit.DATE, '=IF([@[Gap opens]]="","",EDATE([@[Gap opens]],-ramp_months))',
            number_format="d mmm yyyy", bold=True),
        Col("Reps to add", Unit.COUNT, f'=IF(OR({ready},{hours}=0),"",'
            f"REPS_NEEDED(SUMPRODUCT(MAX(({number}>ramp_months)*{short})),N(rep_hours_week)*(1-N(hiring_days_off)),"
            f"{hours},weeks_month,N(rep_selling_share)))", total="sum"),
        *calendar(MONTH, MONTHS, gap, unit=Unit.COUNT, shape=_SHORT, line=month_line, width=78),
    )  # fmt: skip


def _rep_columns() -> tuple[Col, ...]:
    table = "RepMonths"
    segment = beside(table, "Rep", "RepCapacity", "Segment")
    starts, leaves = (beside(table, "Rep", "Reps", column) for column in ("Starts", "Leaves"))
    hours, share, lead = (
        beside(table, "Rep", "RepCapacity", column)
        for column in ("Hours a week", "Share for leads", "Hours per lead")
    )
    quota = "SUMIFS(Segments[Quota a month],Segments[Segment],[@Segment])"
    return (
        Col("Rep", formula=follow(table, "Reps", "Rep"), width=110),
        Col("Segment", formula=f'={segment}&""', width=84),
        Col("Starts", Unit.DATE, f'=IF([@Segment]="","",{starts})', width=88),
        Col("Leaves", Unit.DATE, f'=IF([@Segment]="","",IF({leaves}="","",{leaves}))', width=88),
        Col("Quota", Unit.MONEY_PER_MONTH, f'=IF([@Segment]="","",IF({quota}>0,{quota},N(rep_quota_month)))',
            width=84),
        Col("A month", Unit.COUNT, f'=IF(OR([@Segment]="",{lead}=""),"",LEAD_CAPACITY(1,'
            f"{hours}*(1-N(hiring_days_off)),{lead},weeks_month,{share}))", number_format=_TENTHS,
            unit_line="leads, ramped", width=84),
        *calendar(MONTH, MONTHS, lambda month: f"={month_formula(month)[0]}", unit=Unit.SHARE, shape="0 %",
                  line=month_line, width=64),
    )  # fmt: skip


def month_formula(month: int) -> tuple[str, str]:
    """How far a rep is on the ramp in one of the twelve months: with our function, and natively.

    The month in which a rep leaves does not count any more.
    """
    day = f"INDEX(Months[First day],{month})"
    ours, native = ramp_share("[@Starts]", day)
    left = f'AND([@Leaves]<>"",N([@Leaves])<EOMONTH({day},0))'
    return f'IF([@Segment]="","",IF({left},0,{ours}))', f'IF([@Segment]="","",IF({left},0,{native}))'


HIRING_PAIRS: Final = tuple(month_formula(month) for month in range(1, MONTHS + 1))
"""Formulas of the table RepMonths that only a hand can say natively."""


def _draw(page: TemplatePage, months: Placed, plan: Placed) -> None:
    chart = columns_with_line(
        page.book,
        "Leads against what reps can work, by month",
        months.area("Month"),
        (Shown("Leads", months.area("Leads"), labels=True),),
        Shown("Can be worked", months.area("Can work"), color=styles.ORANGE),
        told="Columns of the leads expected in each of twelve months and a line of what the reps can work by then.",
    )
    page.chart(chart, months.top - 2, months.right, page.width(months.right, plan.right - 1) - 16, 15 * 22, shift=16)


def _add_checks(page: TemplatePage) -> None:
    book = page.book
    book.check(
        "Leads of the first three months add up to the quarter's, or a month has a figure of its own",
        'IF(OR(quarter_start="",COUNT(Months[Own figure])>0),TRUE,'
        "ROUND(SUM(INDEX(Months[All leads],1),INDEX(Months[All leads],2),INDEX(Months[All leads],3))"
        "-leads_quarter,6)=0)",
    )
    book.check(
        "Reps on the ramp count no more than the reps that are listed",
        'MAX(0,hire_ramped_reps)<=SUMPRODUCT((Reps[Rep]<>"")*1)',
    )


def _rows(page: TemplatePage) -> list[Row]:
    given = page.book.contents.tables.get("Months", ())
    return [given[at] if at < len(given) else () for at in range(MONTHS)]
