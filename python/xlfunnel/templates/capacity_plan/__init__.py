"""Who works the leads week by week, who is overloaded, and when the next rep must start."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card
from xlfunnel.templates.book import qualified
from xlfunnel.templates.capacity_plan.example import EXAMPLE
from xlfunnel.templates.capacity_plan.grids import LOAD_SHAPE
from xlfunnel.templates.capacity_plan.hiring import HIRING_PAIRS, write_hiring
from xlfunnel.templates.capacity_plan.levelling import LEVEL_PAIRS, write_levelling
from xlfunnel.templates.capacity_plan.load import RAMP_PAIRS, write_load
from xlfunnel.templates.capacity_plan.ramp import write_ramp
from xlfunnel.templates.capacity_plan.reps import write_reps
from xlfunnel.templates.capacity_plan.segments import write_segments
from xlfunnel.templates.capacity_plan.weeks import write_weeks
from xlfunnel.templates.next_quarter import NextQuarter
from xlfunnel.templates.template import Template
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.templates.taking import Found, Taken
    from xlfunnel.templates.template import Pages

_SHEETS: Final = MappingProxyType(
    {
        "Segments": "How many leads come in by segment, and can its reps work them?",
        "Reps": "Who works which leads, and is it more than they can work?",
        "Ramp": "What does one rep work, and how long does a new one take to get there?",
        "Calendar": "Which days are worked, and how many leads come in each week?",
        "Load": "Who is overloaded, and in which week?",
        "Levelling": "What waits when leads come unevenly, and would an even flow help?",
        "Hiring": "When must the next rep start?",
    }
)

_STEPS: Final = (
    "Start: company, first day of the quarter, currency, and what your segments are by.",
    "Ramp: how many MQLs one rep works a month, agreed by both heads, and how fast a new rep gets there.",
    (
        "Segments: each with its share of the leads. Reps: one row for each rep, with segment and start. Give "
        "reps who are still to be hired a start in the future, to see what they change."
    ),
    "Calendar: the leads expected each week, holidays and days off. Enter the leads received when a week is over.",
    "Load, Levelling and Hiring answer by themselves; choose the segment that their charts show.",
)


def _write(pages: Pages) -> None:
    segments = write_segments(pages["Segments"])
    reps = write_reps(pages["Reps"])
    write_ramp(pages["Ramp"])
    write_weeks(pages["Calendar"], reps)
    write_load(pages["Load"], reps)
    write_levelling(pages["Levelling"])
    write_hiring(pages["Hiring"], reps, segments)


def _pairs() -> Mapping[str, str]:
    by_table = {"RepCapacity": RAMP_PAIRS, "RepMonths": HIRING_PAIRS, **LEVEL_PAIRS}
    return MappingProxyType(
        {
            qualified(ours, table): qualified(native, table)
            for table, pairs in by_table.items()
            for ours, native in pairs
        }
    )


def _take(file: WorkbookFile, found: Found) -> Taken:
    from xlfunnel.templates.capacity_plan.taking import take_leads  # noqa: PLC0415  # it loads what reads exports

    return take_leads(file, found)


TEMPLATE: Final = Template(
    name="capacity_plan",
    title="Capacity plan",
    question="Who works the leads week by week, who is overloaded, and when must the next rep start?",
    sheets=_SHEETS,
    write=_write,
    example=EXAMPLE,
    steps=_STEPS,
    pairs=_pairs(),
    segment_table="Segments",
    next_quarter=NextQuarter(
        cleared=(
            "Weeks[Leads expected]",
            "Weeks[Leads received]",
            "Leave[Rep]",
            "Leave[Week]",
            "Leave[Days off]",
            "Months[Own figure]",
            "level_waiting_start",
        ),
        carried=("rep_mqls_month_from", "rep_selling_share_from", "rep_attainment_from"),
    ),
    headlines=(
        Card(
            "Fullest segment",
            "=fullest_load",
            Unit.SHARE,
            '=IF(fullest_load="","no segment has both leads and reps",'
            'INDEX(Segments[Segment],MATCH(fullest_load,Segments[Load],0))&" · the team: "&'
            'ROUND(N(team_load)*100,0)&" %")',
            number_format=LOAD_SHAPE,
            alarm='=AND(fullest_load<>"",N(fullest_load)>1)',
        ),
        Card(
            "Leads too many",
            "=leads_too_many",
            Unit.COUNT,
            '="this quarter, for "&reps_overloaded&" of "&reps_at_work&" reps"',
            alarm="=ROUND(leads_too_many,0)>0",
        ),
        Card("Next rep must start by", "=hire_start_by", Unit.DATE, "=hire_words"),
    ),
    take=_take,
)
"""The workbook."""
