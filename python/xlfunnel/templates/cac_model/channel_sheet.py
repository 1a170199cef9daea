"""The sheet By channel: marketing-only beside fully loaded, and what a customer brings for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, place_cards, place_table, place_title
from xlfunnel.templates.cac_model.channels import NO_QUARTER, at, following
from xlfunnel.templates.drawings import PALETTE, Shown, columns, flag
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import ROW_PIXELS

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.cac_model.allocation_sheet import ChartData

_CHART_ROWS: Final = 14
_TABLE: Final = "ByChannel"
_MARKETING: Final = "ByChannel[Marketing-only CAC]"
_LOADED: Final = "ByChannel[Fully loaded CAC]"
_CUSTOMERS: Final = "SUM(ByChannel[Customers])"
_SPEND: Final = "SUM(ByChannel[Marketing spend])"
CHEAPEST_MARKETING: Final = (
    f'=IF(COUNT({_MARKETING})=0,"",INDEX(ByChannel[Channel],MATCH(MIN({_MARKETING}),{_MARKETING},0)))'
)
CHEAPEST_LOADED: Final = f'=IF(COUNT({_LOADED})=0,"",INDEX(ByChannel[Channel],MATCH(MIN({_LOADED}),{_LOADED},0)))'
DEAREST_LOADED: Final = f'=IF(COUNT({_LOADED})=0,"",INDEX(ByChannel[Channel],MATCH(MAX({_LOADED}),{_LOADED},0)))'
_TURNED: Final = 'AND(cac_is_dearest<>"",cac_is_dearest=cac_looks_cheapest,cac_is_dearest<>cac_is_cheapest)'

CARDS: Final = (
    Card(
        "Marketing-only CAC",
        f'=IF({_CUSTOMERS}=0,"",MARKETING_CAC({_CUSTOMERS},{_SPEND}))',
        Unit.MONEY,
        "marketing spend ÷ new customers",
        "cac_marketing",
    ),
    Card(
        "Fully loaded CAC",
        f'=IF({_CUSTOMERS}=0,"",FULLY_LOADED_CAC({_CUSTOMERS},{_SPEND},N(people_cost),N(tools_cost),N(other_cost)))',
        Unit.MONEY,
        "with sales, tools and other cost",
        "cac_loaded",
    ),
    Card(
        "Not in marketing-only CAC",
        f'=IF({_SPEND}+shared_cost=0,"",shared_cost/({_SPEND}+shared_cost))',
        Unit.SHARE,
        "share of all cost that it leaves out",
        "cac_left_out",
        number_format="0 %",
    ),
    Card("Looks cheapest", CHEAPEST_MARKETING, Unit.TEXT, "by marketing spend alone", "cac_looks_cheapest"),
    Card("Is cheapest", CHEAPEST_LOADED, Unit.TEXT, "fully loaded", "cac_is_cheapest"),
    Card(
        "Is dearest",
        DEAREST_LOADED,
        Unit.TEXT,
        f'=IF({_TURNED},"▲ and looks cheapest","fully loaded")',
        "cac_is_dearest",
        alarm=f"={_TURNED}",
    ),
)

_MESSAGE: Final = (
    f'=IF(quarter_start="","{NO_QUARTER}",IF(cac_loaded="","Enter channels and customers on Drivers.",'
    f'IF(COUNT({_LOADED})=0,"Nothing to share the cost by: log hours on People, or enter opportunities on Drivers.",'
    f'IF(COUNT({_LOADED})=1,"One channel has customers: there is nothing to compare yet.",'
    'IF(cac_looks_cheapest=cac_is_dearest,"▲ The cheap channel is the dear one: "&cac_looks_cheapest&'
    '" looks cheapest by marketing spend alone and is the dearest when sales is counted, by "&driver_used&".",'
    'IF(cac_looks_cheapest=cac_is_cheapest,cac_is_cheapest&" is cheapest both ways, by "&driver_used&".",'
    '"▲ "&cac_looks_cheapest&" looks cheapest by marketing spend alone; "&cac_is_cheapest&'
    '" is, when sales is counted by "&driver_used&"."))))))'
)

_WORDS: Final = (
    f'=IF([@Channel]="","",IF({at(_TABLE, "Channels[Customers]")}="","enter its customers on Drivers",'
    'IF([@Customers]=0,"no customers: its cost stays in the total",'
    'IF([@[Marketing spend]]=0,"▲ won customers without any spend: is it missing?",'
    'IF([@[Fully loaded CAC]]="","nothing to share the cost by",'
    'IF(COUNT(ltv_cap_months)=0,"enter the longest customer life on Drivers",'
    'IF(COUNT([@LTV])=0,"enter revenue a month, margin and churn",'
    'IF([@[LTV to CAC]]<1,"▲ costs more than it brings",'
    'IF([@[Loaded rank]]>[@[Marketing rank]],"▲ dearer than it looks",'
    'IF([@[Loaded rank]]<[@[Marketing rank]],"cheaper than it looks, beside the others",""))))))))))'
)


def _economics(column: str) -> str:
    return at(_TABLE, f"Channels[{column}]")


_REVENUE, _MARGIN, _CHURN = _economics("Revenue a month"), _economics("Gross margin"), _economics("Churn a month")

_COLUMNS: Final = (
    following(_TABLE),
    Col("Customers", Unit.COUNT, f'=IF([@Channel]="","",N({_economics("Customers")}))', total="calm sum"),
    Col(
        "Marketing spend",
        Unit.MONEY,
        f'=IF([@Channel]="","",{_economics("Marketing spend")})',
        total="calm sum",
        width=84,
    ),
    Col(
        "Marketing-only CAC",
        Unit.MONEY,
        '=IF(N([@Customers])=0,"",MARKETING_CAC([@Customers],[@[Marketing spend]]))',
        total="=cac_marketing",
        width=100,
        bold=True,
    ),
    Col(
        "Allocated cost",
        Unit.MONEY,
        f'=IF([@Channel]="","",{at(_TABLE, "Allocation[Allocated]")})',
        total="calm sum",
        width=74,
    ),
    Col(
        "Fully loaded CAC",
        Unit.MONEY,
        '=IF(OR(N([@Customers])=0,COUNT([@[Allocated cost]])=0),"",'
        "FULLY_LOADED_CAC([@Customers],[@[Marketing spend]],[@[Allocated cost]]))",
        total="=cac_loaded",
        width=88,
        bold=True,
    ),
    Col(
        "Loaded ÷ marketing",
        Unit.RATIO,
        '=IF(OR([@[Fully loaded CAC]]="",N([@[Marketing-only CAC]])=0),"",'
        "[@[Fully loaded CAC]]/[@[Marketing-only CAC]])",
        total='=IF(N(cac_marketing)=0,"",cac_loaded/cac_marketing)',
        number_format='0.0"×"',
        width=84,
    ),
    Col(
        "Marketing rank",
        Unit.COUNT,
        f'=IF([@[Marketing-only CAC]]="","",RANK([@[Marketing-only CAC]],{_MARKETING},1))',
        width=78,
    ),
    Col(
        "Loaded rank",
        Unit.COUNT,
        f'=IF([@[Fully loaded CAC]]="","",RANK([@[Fully loaded CAC]],{_LOADED},1))',
        width=64,
    ),
    Col(
        "LTV",
        Unit.MONEY,
        f'=IF(OR([@Channel]="",COUNT({_REVENUE},{_MARGIN},{_CHURN},ltv_cap_months)<4),"",'
        f"CUSTOMER_LTV({_REVENUE},{_MARGIN},{_CHURN},ltv_cap_months))",
        width=84,
    ),
    Col(
        "LTV to CAC",
        Unit.RATIO,
        '=IF(OR(COUNT([@LTV])=0,N([@[Fully loaded CAC]])=0),"",LTV_TO_CAC([@LTV],[@[Fully loaded CAC]]))',
        number_format="0.0",
        width=70,
        bold=True,
    ),
    Col(
        "Payback",
        Unit.MONTHS,
        f'=IF(OR(COUNT([@[Fully loaded CAC]])=0,COUNT({_REVENUE},{_MARGIN})<2),"",'
        f'IF({_REVENUE}*{_MARGIN}=0,"",CAC_PAYBACK([@[Fully loaded CAC]],{_REVENUE},{_MARGIN})))',
        width=76,
    ),
    Col("What it says", formula=_WORDS, width=270),
)


def write_by_channel(page: TemplatePage, channels: Placed, charts: ChartData) -> None:
    """Write the answer, the chart and the table."""
    place_cards(page, CARDS, span=2, right=len(_COLUMNS))
    _place_sentence(page, page.row, _MESSAGE, "cac_message", right=len(_COLUMNS))
    page.row += 2
    chart_row = page.row
    page.row += _CHART_ROWS
    place_title(page, "Each channel", right=len(_COLUMNS))
    placed = place_table(
        page, _TABLE, _COLUMNS, rows=(), spare=channels.rows, total_label="All channels", example=False
    )
    chart = columns(
        page.book,
        charts.cost_title,
        charts.drawn.area("Channel"),
        (
            Shown("Marketing-only CAC", charts.drawn.area("Marketing-only"), color=PALETTE[2], labels=True),
            Shown("Fully loaded CAC", charts.drawn.area("Fully loaded"), labels=True),
        ),
        told="Cost of a new customer by channel: by marketing spend alone (pale) and with sales cost (dark).",
    )
    page.chart(chart, chart_row, 1, page.width(1, len(_COLUMNS)), (_CHART_ROWS - 1) * ROW_PIXELS)
    first = placed.top + 2
    changed = f"=AND(ISNUMBER($J{first}),$J{first}>$I{first})"
    flag(page, placed.area("Loaded rank"), changed)
    flag(page, placed.area("Fully loaded CAC"), changed)
    low = f"=AND(ISNUMBER($L{first}),$L{first}<1)"
    flag(page, placed.area("LTV to CAC"), low)
    flag(page, placed.area("What it says"), f'=LEFT($N{first},1)="▲"')
    page.book.check(
        "Fully loaded CAC × customers is marketing spend and shared cost together",
        f"IF({_CUSTOMERS}=0,TRUE,ROUND(cac_loaded*{_CUSTOMERS}-{_SPEND}-shared_cost,2)=0)",
    )
    page.book.check(
        "The channels' fully loaded cost adds up, with that of channels without customers",
        f"OR(COUNT({_LOADED})=0,ROUND(SUMPRODUCT(ByChannel[Customers],{_LOADED})"
        "+SUMPRODUCT(--(ByChannel[Customers]=0),ByChannel[Marketing spend])"
        f"+SUMPRODUCT(--(ByChannel[Customers]=0),ByChannel[Allocated cost])-{_SPEND}-shared_cost,2)=0)",
    )


def _place_sentence(page: TemplatePage, row: int, formula: str, name: str, *, right: int) -> None:
    page.sheet.merge_range(row, 1, row, right, "", page.book.look(styles.MESSAGE))
    page.calc(row, 1, formula, styles.MESSAGE, name=name)
    page.height(row, 24)
