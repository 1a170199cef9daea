"""The CAC model: what a customer really costs by channel, marketing-only beside fully loaded, under each driver."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card
from xlfunnel.templates.cac_model.allocation_sheet import PAIRS, write_allocation, write_chart_data
from xlfunnel.templates.cac_model.channel_sheet import write_by_channel
from xlfunnel.templates.cac_model.compare_sheet import write_compare
from xlfunnel.templates.cac_model.drivers_sheet import write_drivers
from xlfunnel.templates.cac_model.example import EXAMPLE
from xlfunnel.templates.cac_model.people_sheet import write_people
from xlfunnel.templates.cac_model.spend_sheet import write_spend
from xlfunnel.templates.next_quarter import NextQuarter
from xlfunnel.templates.template import Template
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.taking import Costs, Found, Taken
    from xlfunnel.templates.template import Pages

SHEETS: Final = MappingProxyType(
    {
        "Spend": "What did marketing spend on each channel, and which months count?",
        "People": "What did the people cost who win customers, and where did their hours go?",
        "Drivers": "What did each channel win and take, and what does shared cost follow?",
        "By channel": "What does a customer really cost in each channel?",
        "Compare": "Does the answer hold under every driver, and with spend a cycle earlier?",
        "Allocation": "How is the shared cost split, to the cent?",
        "Chart data": "Which figures do the charts draw?",
    }
)
_STEPS: Final = (
    "On Start, write the company, the first day of the quarter and the currency.",
    "On Drivers, name the channels, one a row, with the customers they won and the opportunities that sales worked.",
    "On Spend, enter what marketing spent by channel and month: this quarter, and the months of one cycle before it.",
    "On People, enter what each role cost in the quarter, and, where they are logged, its hours in each channel.",
    "Read By channel: marketing-only beside fully loaded. Then Compare: does the answer hold under other drivers?",
)


def _write(pages: Pages) -> None:
    drivers = write_drivers(pages["Drivers"])
    choices = f"={drivers.area('Channel').reference}"
    write_spend(pages["Spend"], choices)
    write_people(pages["People"], choices)
    write_allocation(pages["Allocation"], drivers)
    charts = write_chart_data(pages["Chart data"], drivers)
    write_by_channel(pages["By channel"], drivers, charts)
    write_compare(pages["Compare"], drivers, charts)


def _take(file: WorkbookFile, found: Found) -> Taken:
    from xlfunnel.templates.cac_model.taking import take_channels  # noqa: PLC0415  # it loads what reads exports

    return take_channels(file, found)


def _costs(file: WorkbookFile) -> Costs:
    from xlfunnel.templates.cac_model.taking import own_costs  # noqa: PLC0415  # it loads what reads exports

    return own_costs(file)


TEMPLATE: Final = Template(
    "cac_model",
    "CAC model",
    "What does a customer really cost by channel: marketing-only beside fully loaded, and under each driver?",
    SHEETS,
    _write,
    EXAMPLE,
    _STEPS,
    PAIRS,
    "Channels",
    logs=("Allocation", "Chart data"),
    dimension="channel",
    next_quarter=NextQuarter(
        cleared=(
            "Channels[Customers]",
            "Channels[Opportunities worked]",
            "Channels[Leads]",
            "Channels[Revenue]",
            "Logged[Hours]",
        ),
        carried=(
            "Channels[Comes from]",
            "People[Comes from]",
            "cac_cycle_days_from",
            "tools_cost_from",
            "other_cost_from",
        ),
    ),
    headlines=(
        Card("Marketing-only CAC", "=cac_marketing", Unit.MONEY, "marketing spend ÷ new customers"),
        Card("Fully loaded CAC", "=cac_loaded", Unit.MONEY, "with sales, tools and other cost"),
        Card("Is dearest", "=cac_is_dearest", Unit.TEXT, "fully loaded"),
    ),
    take=_take,
    costs=_costs,
)
