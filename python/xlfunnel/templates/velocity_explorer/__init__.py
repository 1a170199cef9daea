"""The velocity explorer: which lever moves revenue per day, by how much, and how sure we are."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card
from xlfunnel.templates.next_quarter import NextQuarter
from xlfunnel.templates.template import Template
from xlfunnel.templates.velocity_explorer.bridge import write_bridge
from xlfunnel.templates.velocity_explorer.example import EXAMPLE
from xlfunnel.templates.velocity_explorer.goal import write_goal
from xlfunnel.templates.velocity_explorer.levers import GAIN
from xlfunnel.templates.velocity_explorer.periods import PERIODS, draw_periods, write_periods
from xlfunnel.templates.velocity_explorer.sensitivity import write_sensitivity
from xlfunnel.templates.velocity_explorer.uncertainty import write_uncertainty
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.taking import Found, Taken


def _write(pages: Mapping[str, TemplatePage]) -> None:
    chart_row = write_periods(pages["Periods"])
    write_sensitivity(pages["Sensitivity"])
    write_goal(pages["Goal"])
    write_bridge(pages["Bridge"])
    draw_periods(pages["Periods"], chart_row, write_uncertainty(pages["Uncertainty"]))


def _take(file: WorkbookFile, found: Found) -> Taken:
    from xlfunnel.templates.velocity_explorer.taking import take_periods  # noqa: PLC0415  # it loads what reads exports

    return take_periods(file, found)


TEMPLATE: Final = Template(
    name="velocity_explorer",
    title="Velocity explorer",
    question="Which lever moves revenue per day, by how much, and how sure are we?",
    sheets=MappingProxyType(
        {
            "Periods": "How fast does the pipeline turn into revenue, and what changed?",
            "Sensitivity": "Which lever moves revenue per day the most?",
            "Goal": "What must each lever reach for the velocity that we want?",
            "Bridge": "What did each lever add between the two periods?",
            "Uncertainty": "How much of this could be chance, and how many more deals would tell?",
        }
    ),
    write=_write,
    example=EXAMPLE,
    steps=(
        (
            "Clear the example, then type one row per period on Periods: opportunities open at its end, deals won, "
            "lost and without a decision in the window before it, average deal and cycle, and both spreads."
        ),
        "Choose the two periods to compare beside the chart, or leave the choice blank for the first and the latest.",
        (
            "Read Sensitivity: write an own step for each lever that can really be moved further, or less far, than "
            "the common step."
        ),
        "Agree on the velocity to reach on Goal; the sentences say what each lever alone would have to become.",
        "Before anyone is praised or blamed, read Uncertainty: a change within the range of chance is none yet.",
    ),
    main_table=PERIODS,
    next_quarter=NextQuarter(carried=("velocity_target_from",)),
    headlines=(
        Card("Velocity per day", "=after_velocity", Unit.MONEY_PER_DAY, "=after_period"),
        Card(
            "Change, per day",
            "=velocity_change",
            Unit.MONEY_PER_DAY,
            '=IF(before_period="","","since "&before_period)',
            number_format=GAIN,
        ),
        Card(
            "Moves it most", "=largest_lever", Unit.TEXT, '=IF(after_velocity="","","by its step: see Sensitivity")'
        ),
    ),
    take=_take,
)
