"""The Spend sheet: what marketing spent, by channel and month, and which months count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col, Field, place_fields, place_table, place_title
from xlfunnel.templates.cac_model.channels import AS_AGREED, NO_QUARTER, spare_rows
from xlfunnel.templates.drawings import PALETTE, Shown, columns
from xlfunnel.templates.start_sheet import day_words, month_words
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import ROW_PIXELS, Area

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage

EARLIER: Final = "a cycle earlier"
SAME: Final = "the quarter itself"

KINDS: Final = ("programme", "media", "content", "events", "agency", "other")
_MONTHS: Final = 6
_CHART_ROWS: Final = 13
_ROOM: Final = 24
"""Rows for four channels over two quarters."""
_MONTH_FORMAT: Final = "mmm yyyy"
_QUIET_ZERO: Final = '#,##0;-#,##0;"–"'
_MONTH_BEGINS: Final = "EOMONTH([@Month],-1)+1"
_BEGINS: Final = "EOMONTH(MIN(Spend[Month]),-1)+1"
_REACHES_BACK: Final = (
    '=IF(OR(quarter_start="",COUNT(cac_cycle_days)=0,COUNT(Spend[Month])=0),"no",'
    f'IF({_BEGINS}<=quarter_start-ROUND(cac_cycle_days,0),"yes","no"))'
)
_WANTED: Final = f'IF(spend_taken="{AS_AGREED}",IF(set_cac_lag="no","{SAME}","{EARLIER}"),spend_taken)'
_COUNTED: Final = f'=IF(AND({_WANTED}="{EARLIER}",spend_reaches_back="yes"),"{EARLIER}","{SAME}")'


def _span(first: str, last: str) -> str:
    return f'{day_words(first)}&" to "&{day_words(last)}'


_NOTE: Final = (
    f'=IF(quarter_start="","{NO_QUARTER}",IF(spend_counted="{EARLIER}",'
    f'"Counted: "&{_span("(quarter_start-ROUND(cac_cycle_days,0))", "(quarter_end-ROUND(cac_cycle_days,0))")}'
    f'&", one median cycle before the quarter in which its customers were won.",'
    f'"Counted: "&{_span("quarter_start", "quarter_end")}&", the quarter itself"&IF({_WANTED}="{SAME}",".",'
    f'IF(COUNT(cac_cycle_days)=0,": enter the median cycle to take spend earlier.",'
    f'": the rows would have to begin by "&{day_words("(quarter_start-ROUND(cac_cycle_days,0))")}'
    '&" to take spend a cycle earlier."))))'
)


def _share_of_month(first: str, last: str) -> str:
    """The amount, spread evenly over the days of its month, as far as they lie between two days."""
    days = f"MIN(EOMONTH([@Month],0),{last})-MAX({_MONTH_BEGINS},{first})+1"
    return f"N([@Amount])*MAX(0,{days})/DAY(EOMONTH([@Month],0))"


_UNREADABLE: Final = 'OR([@Channel]="",NOT(ISNUMBER([@Month])),quarter_start="")'
_LAGGED: Final = _share_of_month("quarter_start-ROUND(cac_cycle_days,0)", "quarter_end-ROUND(cac_cycle_days,0)")


def _columns(channel_choices: str) -> tuple[Col, ...]:
    return (
        Col("Channel", hint="A channel of Drivers.", choices=channel_choices),
        Col("Month", Unit.DATE, hint="Any day of the month, such as 2026-10-01.", number_format=_MONTH_FORMAT),
        Col("Amount", Unit.MONEY, hint="What the channel cost in that month.", total="calm sum"),
        Col("Kind", hint="What the money went into.", choices=KINDS),
        Col(
            "In the quarter",
            Unit.MONEY,
            width=92,
            number_format=_QUIET_ZERO,
            formula=f'=IF({_UNREADABLE},"",{_share_of_month("quarter_start", "quarter_end")})',
            total="calm sum",
        ),
        Col(
            "A cycle earlier",
            Unit.MONEY,
            width=92,
            number_format=_QUIET_ZERO,
            formula=f'=IF(OR({_UNREADABLE},spend_reaches_back="no"),"",{_LAGGED})',
            total="calm sum",
        ),
        Col(
            "Counted",
            Unit.MONEY,
            number_format=_QUIET_ZERO,
            formula=f'=IF(spend_counted="{EARLIER}",[@[A cycle earlier]],[@[In the quarter]])',
            total="calm sum",
            bold=True,
        ),
        Col(
            "Missing",
            formula=(
                '=IF(AND([@Channel]="",[@Month]="",[@Amount]=""),"",'
                'IF([@Channel]="","channel",IF(COUNTIF(Channels[Channel],[@Channel])=0,"not on Drivers",'
                'IF(NOT(ISNUMBER([@Month])),"month",IF(NOT(ISNUMBER([@Amount])),"amount","")))))'
            ),
        ),
    )


def _in_month(column: str) -> str:
    return f"SUMPRODUCT(--(Spend[Month]>=[@Begins]),--(Spend[Month]<=EOMONTH([@Begins],0)),{column})"


_FIRST_MONTH: Final = (
    f'MIN(EDATE(quarter_start,-3),quarter_start-IF(spend_counted="{EARLIER}",ROUND(cac_cycle_days,0),0))'
)
_MONTH_COLUMNS: Final = (
    Col("Month", formula=f'=IF([@Begins]="","",{month_words("[@Begins]")})', width=92),
    Col(
        "Begins",
        Unit.DATE,
        f'=IF(quarter_start="","",EDATE(EOMONTH({_FIRST_MONTH},-1)+1,ROW()-ROW(SpendMonths[[#Headers],[Month]])-1))',
        width=104,
    ),
    Col(
        "Counted",
        Unit.MONEY,
        f'=IF([@Begins]="","",{_in_month("Spend[Counted]")})',
        number_format=_QUIET_ZERO,
        width=104,
    ),
    Col(
        "Not counted",
        Unit.MONEY,
        f'=IF([@Begins]="","",{_in_month("Spend[Amount]")}-[@Counted])',
        number_format=_QUIET_ZERO,
        width=104,
    ),
)


def write_spend(page: TemplatePage, channel_choices: str) -> None:
    """Write the settings, the table of spend, and the months at its side."""
    place_title(page, "Which months count")
    place_fields(
        page,
        (
            Field(
                "spend_taken",
                "Spend is taken from",
                default=AS_AGREED,
                choices=(AS_AGREED, EARLIER, SAME),
                basis="agreed",
                note="as agreed: what Definitions says",
            ),
            Field(
                "cac_cycle_days",
                "Median cycle of won deals",
                Unit.DAYS,
                hint="Days from created to won, as the dashboard shows them.",
                number_format="#,##0",
            ),
            Field("spend_reaches_back", "The rows reach back a cycle", formula=_REACHES_BACK),
            Field("spend_counted", "Spend counted is that of", formula=_COUNTED),
        ),
        with_basis=True,
    )
    page.calc(page.row, 1, _NOTE, styles.NOTE, name="spend_note")
    page.row += 2
    place_title(page, "What marketing spent", right=8)
    top = page.row
    placed = place_table(
        page, "Spend", _columns(channel_choices), spare=spare_rows(page, "Spend", _ROOM), total_label="All rows"
    )
    page.book.name("spend_total", page, placed.top - 2, placed.left + 6)
    bottom = page.row
    _place_months(page, top, placed.right + 1)
    page.row = max(page.row, bottom)
    _check(page, placed)


def _place_months(page: TemplatePage, top: int, left: int) -> None:
    """The months up to the quarter's end, and a chart of them, right of the table."""
    page.fix(left - 1, 24)
    page.row = top + _CHART_ROWS
    placed = place_table(page, "SpendMonths", _MONTH_COLUMNS, left=left, rows=(), spare=_MONTHS, example=False)
    chart = columns(
        page.book,
        "Spend by month",
        placed.area("Month"),
        (
            Shown("Counted", placed.area("Counted")),
            Shown("Not counted", placed.area("Not counted"), color=PALETTE[2]),
        ),
        told="Marketing spend by month; dark is counted against the customers of the quarter, pale is not.",
        stacked=True,
    )
    page.chart(chart, top - 1, left, page.width(left, placed.right - 1), _CHART_ROWS * ROW_PIXELS)


def _check(page: TemplatePage, placed: Placed) -> None:
    book = page.book
    book.check(
        "Every row of Spend names a channel of Drivers, a month and an amount",
        'SUMPRODUCT(--(Spend[Missing]<>""))=0',
    )
    book.check(
        "The channels' marketing spend adds up to the spend that is counted",
        "ROUND(SUM(Spend[Counted])-SUM(Channels[Marketing spend]),2)=0",
    )
    book.check("Nothing stands under the table of spend", nothing_under(placed))


def nothing_under(placed: Placed, deep: int = 1000) -> str:
    """A condition: the first column holds no more cells than its table does. It stays right when the table grows."""
    column = placed.columns[0].name
    below = Area(placed.page.name, placed.top + 1, placed.left, placed.top + deep, placed.left)
    return f"COUNTA({below.reference})=COUNTA({placed.name}[{column}])"
