"""The Drivers sheet: the channels with what they won and took, and how shared cost goes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import BASES, Col, Field, place_fields, place_table, place_title
from xlfunnel.templates.cac_model.channels import AS_AGREED, DRIVERS, HOURS, OPPORTUNITIES, REVENUE, spare_rows
from xlfunnel.templates.cac_model.spend_sheet import nothing_under
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage

_WANTED: Final = f'IF(driver_chosen="{AS_AGREED}",IF(set_cac_driver="","{HOURS.word}",set_cac_driver),driver_chosen)'
_USED: Final = f'=IF(AND({_WANTED}="{HOURS.word}",SUM(Logged[Hours])=0),"{OPPORTUNITIES.word}",{_WANTED})'
_SAYS: Final = (
    f'=IF(driver_used="{REVENUE.word}","▲ {REVENUE.caution}",'
    f"IF(AND(driver_used<>{_WANTED},COUNTA(Channels[Channel])>0),"
    '"No hours are logged on People: opportunities worked serve instead.",""))'
)
_CHANNELS: Final = (
    Col("Channel", hint="One row for each channel, such as Paid or Organic."),
    Col("Customers", Unit.COUNT, hint="New customers won in the quarter.", total="calm sum"),
    Col("Opportunities worked", Unit.COUNT, hint="Opportunities that sales worked, won or not.", total="calm sum"),
    Col("Leads", Unit.COUNT, hint="Leads of the channel.", total="calm sum"),
    Col("Revenue", Unit.MONEY, hint="Revenue of the new customers.", total="calm sum"),
    Col("Revenue a month", Unit.MONEY_PER_MONTH, hint="Of one customer, in a month."),
    Col("Gross margin", Unit.SHARE, hint="Of that revenue: 80 %.", width=100),
    Col("Churn a month", Unit.SHARE, hint="Share of customers lost in a month: 2 %.", width=72),
    Col("Comes from", choices=BASES, hint="Measured, agreed by both heads, or estimated."),
    Col("Since", Unit.DATE, hint="Since when it holds."),
    Col(
        "Marketing spend",
        Unit.MONEY,
        formula='=IF([@Channel]="","",SUMPRODUCT(--(Spend[Channel]=[@Channel]),Spend[Counted]))',
        total="calm sum",
    ),
    Col(
        "Hours",
        Unit.HOURS,
        formula='=IF([@Channel]="","",SUMPRODUCT(--(Logged[Channel]=[@Channel]),Logged[Hours]))',
        total="calm sum",
    ),
    Col(
        "Opportunity to customer",
        Unit.SHARE,
        formula=(
            "=IF(OR(N([@[Opportunities worked]])=0,COUNT([@Customers])=0,"
            'N([@Customers])>N([@[Opportunities worked]])),"",'
            "CONVERSION_RATE([@[Opportunities worked]],[@Customers]))"
        ),
        width=104,
    ),
    Col(
        "Lead to customer",
        Unit.SHARE,
        formula=(
            '=IF(OR(N([@Leads])=0,COUNT([@Customers])=0,N([@Customers])>N([@Leads])),"",'
            "CONVERSION_RATE([@Leads],[@Customers]))"
        ),
    ),
)

_BASIS: Final = 8
"""Columns up to here are the name of a channel and its figures."""


def write_drivers(page: TemplatePage) -> Placed:
    """Write the cost that is shared out, the driver, and the table of channels; answers that table."""
    place_title(page, "What sales cost, and how it goes to channels")
    place_fields(
        page,
        (
            Field("sales_cost", "People (from the sheet People)", Unit.MONEY, formula="=people_cost"),
            Field("tools_cost", "Tools of marketing and sales", Unit.MONEY, hint="What they cost in the quarter."),
            Field("other_cost", "Other shared cost of acquisition", Unit.MONEY, hint="Such as sales enablement."),
            Field(
                "shared_cost",
                "Cost to share out",
                Unit.MONEY,
                formula="=ROUND(N(sales_cost)+N(tools_cost)+N(other_cost),2)",
                number_format="#,##0;-#,##0;",
            ),
            Field(
                "driver_chosen",
                "Shared cost follows",
                default=AS_AGREED,
                choices=(AS_AGREED, *(driver.word for driver in DRIVERS)),
                basis="agreed",
                hint="Hours where they are logged, else opportunities worked.",
                note="as agreed: what Definitions says",
            ),
            Field("driver_used", "In use", formula=_USED),
            Field(
                "ltv_cap_months",
                "Longest customer life that is counted",
                Unit.MONTHS,
                default=60,
                number_format="#,##0",
                basis="agreed",
                note="keeps a low churn from promising decades",
            ),
        ),
        with_basis=True,
    )
    page.calc(page.row, 1, _SAYS, styles.Style(size=10, bold=True, color=styles.ORANGE), name="driver_says")
    page.row += 2
    place_title(page, "The channels", right=14)
    placed = place_table(
        page, "Channels", _CHANNELS, spare=spare_rows(page, "Channels", 6), total_label="All channels"
    )
    _check(page, placed)
    return placed


def _check(page: TemplatePage, placed: Placed) -> None:
    book = page.book
    book.check("Each channel is named once", "MAX(Allocation[Times named])<=1")
    figures = "+".join(f'(Channels[{column.name}]<>"")' for column in _CHANNELS[1:_BASIS])
    book.check("Every channel with figures has its name", f'SUMPRODUCT((Channels[Channel]="")*({figures}))=0')
    book.check(
        "Shared cost has something to follow: hours, opportunities, or what was chosen",
        "OR(shared_cost=0,SUM(Channels[Customers])=0,SUM(Allocation[Weight])>0)",
    )
    book.check("Nothing stands under the table of channels", nothing_under(placed))
