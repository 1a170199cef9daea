"""Two sheets of workings: the shared cost split to the cent under each driver, and what the charts draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col, place_note, place_table, place_title
from xlfunnel.templates.book import cell_of, qualified
from xlfunnel.templates.cac_model.channels import DRIVERS, Driver, at, by_driver, following, row_of
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import pixels

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage

_HOW: Final = (
    "Each part is the shared cost in cents × the channel's driver ÷ all drivers, cut to whole cents; the cents "
    "left over go to the parts that lost most by the cut, the first of equals. So the parts add up to the cent."
)
_COST_TITLE, _DRIVER_TITLE = (
    "What does a customer cost? Marketing-only CAC beside fully loaded CAC, ",
    "How much of a channel's CAC hangs on the driver? CAC, ",
)
_CENTS: Final = "ROUND(shared_cost*100,0)"
_DECIMALS: Final = "6"

_BY_FUNCTION: Final = (
    '=IF(OR([@Channel]="",[@Allocated]=""),"",IFERROR(INDEX(CAC_BY_CHANNEL(Channels[Channel],'
    "Channels[Marketing spend],Allocation[Customers],Allocation[Weight],shared_cost),[@[No.]]+1,3),0))"
)
_BY_ROWS: Final = '=IF(OR([@Channel]="",[@Allocated]=""),"",[@Allocated])'

PAIRS: Final = {qualified(_BY_FUNCTION, "Allocation")[1:]: qualified(_BY_ROWS, "Allocation")[1:]}
"""The native twin of the split by CAC_BY_CHANNEL, which has many cells: the split of this sheet."""


def _whole(driver: Driver) -> str:
    return f"{driver.short}, whole cents"


def _rest(driver: Driver) -> str:
    return f"{driver.short}, rest"


def cost_column(driver: Driver) -> str:
    """The column of the table Allocation that holds the cost allocated by a driver."""
    return f"{driver.short}, cost"


def _total(driver: Driver) -> str:
    return f"SUM({driver.column})" if driver.column else "COUNT(Allocation[No.])"


def _mine(driver: Driver) -> str:
    return f"N({at('Allocation', driver.column)})" if driver.column else "1"


def _driver_columns(driver: Driver) -> tuple[Col, ...]:
    wide = max(84, pixels(f"{driver.short},", 10.5) + 14)
    total = _total(driver)
    exact = f"{_CENTS}*{_mine(driver)}/{total}"
    whole, rest = f"Allocation[{_whole(driver)}]", f"Allocation[{_rest(driver)}]"
    mine, left = f"[@[{_whole(driver)}]]", f"[@[{_rest(driver)}]]"
    nothing = f'OR([@Channel]="",{total}=0)'
    place = f"RANK({left},{rest})+SUMPRODUCT(--({rest}={left}),--(ROW({rest})<ROW()))"
    return (
        Col(_whole(driver), Unit.COUNT, f'=IF({nothing},"",INT(ROUND({exact},{_DECIMALS})))', width=wide),
        Col(
            _rest(driver),
            Unit.RATIO,
            f'=IF({nothing},"",MAX(0,ROUND({exact}-{mine},{_DECIMALS})))',
            width=wide - 12,
            number_format="0.000",
        ),
        Col(
            cost_column(driver),
            Unit.MONEY,
            f'=IF({nothing},"",({mine}+IF({place}<={_CENTS}-SUM({whole}),1,0))/100)',
            number_format="#,##0.00",
            width=wide,
            total="calm sum",
            bold=True,
        ),
    )


def write_allocation(page: TemplatePage, channels: Placed) -> None:
    """Write the split under each driver, and that of the driver in use beside what CAC_BY_CHANNEL says."""
    place_title(page, "The shared cost, split to the cent", _HOW, right=14)
    weight = by_driver({driver: _mine(driver) for driver in DRIVERS})
    allocated = by_driver({driver: f"[@[{cost_column(driver)}]]" for driver in DRIVERS})
    columns = (
        following("Allocation"),
        Col(
            "No.",
            Unit.COUNT,
            '=IF([@Channel]="","",SUMPRODUCT(--(Allocation[Channel]<>""),--(ROW(Allocation[Channel])<=ROW())))',
            width=44,
        ),
        Col(
            "Times named",
            Unit.COUNT,
            '=IF([@Channel]="","",SUMPRODUCT(--(Allocation[Channel]=[@Channel])))',
            width=64,
        ),
        Col("Customers", Unit.COUNT, f'=IF([@Channel]="","",N({at("Allocation", "Channels[Customers]")}))'),
        Col("Weight", Unit.RATIO, f'=IF([@Channel]="","",{weight})', unit_line="=driver_used", width=100),
        Col(
            "Allocated",
            Unit.MONEY,
            f'=IF([@Channel]="","",{allocated})',
            number_format="#,##0.00",
            width=100,
            total="calm sum",
            bold=True,
        ),
        Col("By the function", Unit.MONEY, _BY_FUNCTION, number_format="#,##0.00", width=100, total="calm sum"),
        *(column for driver in DRIVERS for column in _driver_columns(driver)),
    )
    place_table(page, "Allocation", columns, rows=(), spare=channels.rows, example=False)
    _check(page)


def _check(page: TemplatePage) -> None:
    for driver in DRIVERS:
        cost = f"Allocation[{cost_column(driver)}]"
        page.book.check(
            f"Split by {driver.word}, the parts add up to the shared cost, to the cent",
            f"OR(COUNT({cost})=0,ROUND(SUM({cost})-shared_cost,2)=0)",
        )
    page.book.check(
        "Row by row, the split in use is that of CAC_BY_CHANNEL",
        "ROUND(SUMPRODUCT(Allocation[No.],Allocation[Allocated])"
        "-SUMPRODUCT(Allocation[No.],Allocation[By the function]),2)=0",
    )


@dataclass(frozen=True)
class ChartData:
    """Where the charts find their channels, and the references to the cells of their titles, with the currency."""

    drawn: Placed
    cost_title: str
    driver_title: str


def write_chart_data(page: TemplatePage, channels: Placed) -> ChartData:
    """Write the channels in the places of the charts: in the middle, so that free rows leave no hole at one end."""
    place_title(page, "What the charts draw")
    place_note(page, "The channels stand in the middle of the chart, however many there are.", right=9)
    titles = []
    for words in (_COST_TITLE, _DRIVER_TITLE):
        page.calc(page.row, 1, f'="{words}"&currency', styles.BODY)
        titles.append(f"={cell_of(page.name, page.row, 1)}")
        page.row += 1
    page.row += 1
    place = f"{row_of('Drawn')}-INT((ROWS(Drawn[Channel])-COUNT(Allocation[No.]))/2)"
    row = f'=IF(ISNUMBER(MATCH({place},Allocation[No.],0)),MATCH({place},Allocation[No.],0),"")'

    def shown(name: str, column: str) -> Col:
        return Col(name, Unit.MONEY, f'=IF([@Row]="","",INDEX({column},[@Row]))')

    columns = (
        Col("Channel", formula='=IF([@Row]="","",INDEX(Channels[Channel],[@Row]))', bold=True),
        Col("Row", Unit.COUNT, row, width=60),
        shown("Marketing-only", "ByChannel[Marketing-only CAC]"),
        shown("Fully loaded", "ByChannel[Fully loaded CAC]"),
        *(shown(driver.short, f"Compare[By {driver.word}]") for driver in DRIVERS),
    )
    drawn = place_table(page, "Drawn", columns, rows=(), spare=channels.rows, example=False)
    return ChartData(drawn, *titles)
