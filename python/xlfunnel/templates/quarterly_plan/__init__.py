"""The quarterly plan: how many MQLs per segment marketing owes sales, and whether sales can work them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card
from xlfunnel.templates.quarterly_plan import chart_data, funnel_sheet, mix_sheet, plan_sheet
from xlfunnel.templates.quarterly_plan.capacity_sheet import place_capacity
from xlfunnel.templates.quarterly_plan.chance_grid import place_chance_grid
from xlfunnel.templates.quarterly_plan.chart_data import place_chart_data
from xlfunnel.templates.quarterly_plan.example import EXAMPLE
from xlfunnel.templates.quarterly_plan.funnel_sheet import place_funnel
from xlfunnel.templates.quarterly_plan.history_sheet import NEXT_QUARTER, place_history
from xlfunnel.templates.quarterly_plan.mix_sheet import place_mix
from xlfunnel.templates.quarterly_plan.pace_sheet import place_pace
from xlfunnel.templates.quarterly_plan.pipeline_sheet import place_pipeline
from xlfunnel.templates.quarterly_plan.plan_sheet import place_plan
from xlfunnel.templates.quarterly_plan.rates_sheet import place_rates
from xlfunnel.templates.quarterly_plan.scenarios_sheet import place_scenarios
from xlfunnel.templates.quarterly_plan.segments_sheet import place_segments
from xlfunnel.templates.template import Template
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.taking import Found, Taken

_SHEETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Segments": "What must each segment bring, and how does it stand?",
        "Rates": "How many go on from stage to stage: agreed, and measured?",
        "Plan": "How many MQLs per segment does marketing owe sales, and by when?",
        "Funnel": "What does each stage need, and what will the agreed MQLs become?",
        "Pipeline": "How much pipeline must we create, and does the open one cover the target?",
        "Mix check": "Do the shares fit the targets, and do the leads come where they are needed?",
        "Pace": "Do the MQLs come week by week as they are owed?",
        "Capacity": "Can sales work the leads, and what time is left for outbound?",
        "Scenarios": "What if rates, deals or targets turn out otherwise?",
        "Chance grid": "How many MQLs reach the deals with the chance we want?",
        "History": "What did past quarters plan, and what came of it?",
        chart_data.SHEET: "Which figures do the charts draw?",
    }
)


def _write(pages: Mapping[str, TemplatePage]) -> None:
    charts = place_chart_data(pages[chart_data.SHEET])
    place_segments(pages["Segments"])
    place_rates(pages["Rates"])
    place_plan(pages["Plan"], charts)
    place_funnel(pages["Funnel"], charts)
    place_pipeline(pages["Pipeline"], charts)
    place_mix(pages["Mix check"], charts)
    place_pace(pages["Pace"])
    place_capacity(pages["Capacity"], charts)
    place_scenarios(pages["Scenarios"])
    place_chance_grid(pages["Chance grid"])
    place_history(pages["History"])


def _take(file: WorkbookFile, found: Found) -> Taken:
    from xlfunnel.templates.quarterly_plan.taking import take_plan  # noqa: PLC0415  # it loads what reads exports

    return take_plan(file, found)


TEMPLATE: Final = Template(
    name="quarterly_plan",
    title="Quarterly plan",
    question="How many MQLs per segment does marketing owe sales, and can sales work them?",
    sheets=_SHEETS,
    write=_write,
    example=EXAMPLE,
    steps=(
        "Start: type your company and the quarter's first day, and what your segments are by: size, industry…",
        "Segments: one row for each segment with its revenue target, average deal, median cycle and reps.",
        "Rates: the shares that go on from stage to stage, as both heads agree; say where they come from.",
        "Plan: read the MQLs needed, agree on a number for each segment, and type it.",
        "Mix check: see whether the leads come where they are needed. Capacity: see whether sales can work them.",
        "Each week, Pace: type what sales received and worked. A new quarter keeps these figures in History.",
    ),
    pairs=MappingProxyType({**funnel_sheet.PAIRS, **plan_sheet.PAIRS, **mix_sheet.PAIRS}),
    segment_table="Segments",
    logs=(chart_data.SHEET,),
    next_quarter=NEXT_QUARTER,
    headlines=(
        Card("MQLs THAT MARKETING OWES", "=plan_mqls_owed", Unit.COUNT,
             '=IF(N(plan_mqls_needed)=0,"enter segments and rates","needed: "&plan_mqls_needed'
             '&IF(plan_segments_short=0,"","; short in "&plan_segments_short'
             '&IF(plan_segments_short=1," segment"," segments")))',
             alarm="=plan_segments_short>0"),
        Card("RECEIVED SO FAR", "=pace_received", Unit.COUNT,
             '=IF(pace_weeks=0,"nothing received yet",IF(pace_owed="","enter segments and rates","owed by then: "'
             '&ROUND(pace_owed,0)&IF(pace_behind=0,"",", "&pace_behind'
             '&IF(pace_behind=1," segment"," segments")&" behind")))',
             alarm="=N(pace_behind)>0"),
        Card("LOAD OF THE BUSIEST SEGMENT", "=capacity_highest_load", Unit.SHARE,
             '=IF(N(capacity_highest_load)=0,"enter reps and leads",IF(capacity_highest_load>1,'
             '"▲ sales cannot work them all","✓ sales can work them"))',
             number_format="0 %", alarm="=N(capacity_highest_load)>1"),
    ),
    mqls_owed='=IF(N(plan_mqls_owed)=0,"",plan_mqls_owed)',
    mqls_received='=IF(N(pace_received)=0,"",pace_received)',
    take=_take,
)  # fmt: skip
