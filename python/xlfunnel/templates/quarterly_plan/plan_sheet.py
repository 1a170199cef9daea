"""The Plan sheet: MQLs per segment, what marketing agreed to, the chance of it, and by when."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, Field, place_cards
from xlfunnel.templates.book import qualified
from xlfunnel.templates.drawings import data_bars, flag
from xlfunnel.templates.quarterly_plan.following import (
    CONVERSIONS,
    FROZEN,
    carried,
    first_cell,
    looked_up,
    place_charts,
    place_following,
    place_settings,
    row_of,
    summed,
    where,
)
from xlfunnel.templates.quarterly_plan.funnel_sheet import RATE, needed_chart
from xlfunnel.templates.quarterly_plan.segment_charts import place_names, stacked
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.native import native

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.quarterly_plan.chart_data import ChartData
    from xlfunnel.workbooks.book import Chart

TABLE: Final = "Plan"
_RATES: Final = f"INDEX(Funnel[[{CONVERSIONS[0]}]:[{CONVERSIONS[-1]}]],{row_of(TABLE)},0)"
_UNKNOWN: Final = f'OR([@[Deals needed]]="",N([@[{RATE}]])=0)'
_GOAL: Final = "[@[Revenue target]],[@[Average deal]]"


def _paired(ours: str, theirs: str) -> tuple[str, tuple[str, str]]:
    """A column's formula, and the formula with its native twin as the book looks it up."""
    kept, twin = (qualified(one, TABLE).removeprefix("=") for one in (ours, theirs))
    return ours, (kept, native(twin))


_NEEDED, _NEEDED_PAIR = _paired(
    where(_UNKNOWN, '""', f"MQL_TARGET({_GOAL},{_RATES})"), where(_UNKNOWN, '""', f"MQL_TARGET({_GOAL},[@[{RATE}]])")
)
_UNSAFE: Final = f"OR({_UNKNOWN},N(plan_chance_wanted)<=0,N(plan_chance_wanted)>=1)"
_SAFE, _SAFE_PAIR = _paired(
    where(_UNSAFE, '""', f"MQL_TARGET({_GOAL},{_RATES},plan_chance_wanted)"),
    where(_UNSAFE, '""', looked_up(TABLE, "Chance", "MQLs")),
)
_UNAGREED: Final = f'OR({_UNKNOWN},[@[MQLs agreed]]="")'
_CHANCE, _CHANCE_PAIR = _paired(
    where(_UNAGREED, '""', f"PLAN_CHANCE(INT(N([@[MQLs agreed]])),{_RATES},[@[Deals needed]])"),
    where(_UNAGREED, '""', f"PLAN_CHANCE(INT(N([@[MQLs agreed]])),[@[{RATE}]],[@[Deals needed]])"),
)
PAIRS: Final[Mapping[str, str]] = MappingProxyType(dict((_NEEDED_PAIR, _SAFE_PAIR, _CHANCE_PAIR)))
"""Native twins: the product of the rates stands in a column, the search on the sheet Chance grid."""

_SAYS: Final = (
    '=IF([@Segment]="","",IF([@[Revenue target]]="","enter the revenue target",'
    'IF([@[Average deal]]="","enter the average deal",IF(N([@[MQL to deal]])=0,"enter the rates",'
    'IF([@[MQLs agreed]]="","agree on the MQLs",'
    'IF([@[MQLs agreed]]>=[@[MQLs needed]],"✓ covers the need",'
    '"▲ "&ROUNDUP([@[MQLs needed]]-[@[MQLs agreed]],0)&" short of the need"))))))'
)
_CYCLE: Final = looked_up(TABLE, "Segments", "Cycle days")
_DUE: Final = f'=IF(OR([@Segment]="",quarter_end=""),"",IF({_CYCLE}="","",quarter_end-{_CYCLE}))'
_COLUMNS: Final = (
    Col("Revenue target", Unit.MONEY, formula=carried(TABLE, "Segments", "Revenue target"), total="sum", width=80),
    Col("Average deal", Unit.MONEY, formula=carried(TABLE, "Segments", "Average deal"), width=70),
    Col(RATE, Unit.SHARE, formula=carried(TABLE, "Funnel", RATE), number_format="0.00 %", width=62),
    Col("Deals needed", Unit.COUNT, total="sum", width=64,
        formula=where('OR([@Segment]="",[@[Revenue target]]="",N([@[Average deal]])=0)', '""',
                      f"DEALS_NEEDED({_GOAL})")),
    Col("MQLs needed", Unit.COUNT, formula=_NEEDED, total="sum", width=64, bold=True),
    Col("MQLs agreed", Unit.COUNT, hint="What both heads agreed that marketing delivers this quarter.", total="sum",
        width=64),
    Col("Agreed on", Unit.DATE, hint="The day on which both heads agreed.", width=92),
    Col("Chance", Unit.SHARE, formula=_CHANCE, width=72, number_format="0 %", unit_line="of the deals"),
    Col("MQLs to be safe", Unit.COUNT, formula=_SAFE, total="sum", width=78,
        unit_line='=IF(N(plan_chance_wanted)=0,"",ROUND(100*plan_chance_wanted,1)&" % chance")'),
    Col("MQLs owed", Unit.COUNT, total="sum", width=64,
        formula='=IF([@Segment]="","",IF([@[MQLs agreed]]="",[@[MQLs needed]],[@[MQLs agreed]]))'),
    Col("MQLs due", Unit.DATE, formula=_DUE, width=92),
    Col("Deals expected", Unit.COUNT, formula=carried(TABLE, "Funnel", "Deals expected"), total="sum", width=80,
        number_format="#,##0.0"),
    Col("Revenue expected", Unit.MONEY, total="sum", width=80,
        formula=where('OR([@[Deals expected]]="",[@[Average deal]]="")', '""',
                      "[@[Deals expected]]*[@[Average deal]]")),
    Col("What it says", formula=_SAYS, width=176),
)  # fmt: skip
_NOTE: Final = (
    "MQLs needed: the whole deals ÷ the product of the rates, rounded up once; that many reach the deals about half "
    "the time. MQLs to be safe: the smallest number that reaches them with the chance chosen here (Chance grid). "
    "MQLs owed: what was agreed, else what is needed. Due: a median cycle before the quarter ends; a day before it "
    "starts stands out."
)
_CHANCE_HINT: Final = "With which chance the deals of a segment are to be reached: 50 % to 99 %."


def place_plan(page: TemplatePage, charts: ChartData) -> None:
    """Write the plan of the quarter, segment by segment."""
    last = len(_COLUMNS) + 1
    _place_answer(page, charts.answer, last)
    place_cards(
        page,
        (
            Card("MQLs OWED", summed("Plan", "MQLs owed"), Unit.COUNT, "agreed, else needed", "plan_mqls_owed"),
            Card("MQLs NEEDED", summed("Plan", "MQLs needed"), Unit.COUNT, _PER_MONTH, "plan_mqls_needed"),
            Card("MQLs AGREED", summed("Plan", "MQLs agreed"), Unit.COUNT, _SHORT, "plan_mqls_agreed",
                 alarm="=plan_segments_short>0"),
            Card("MQLs TO BE SAFE", summed("Plan", "MQLs to be safe"), Unit.COUNT,
                 '=IF(N(plan_chance_wanted)=0,"",ROUND(100*plan_chance_wanted,1)&" % chance in each segment")',
                 "plan_mqls_safe"),
            Card("DEALS NEEDED", summed("Plan", "Deals needed"), Unit.COUNT, "whole deals, all segments",
                 "plan_deals_needed"),
            Card("REVENUE EXPECTED", summed("Plan", "Revenue expected"), Unit.MONEY,
                 '=IF(SUM(Plan[Revenue target])=0,"",currency&" from the agreed MQLs")', "plan_revenue_expected"),
        ),
    )  # fmt: skip
    wanted = Field("plan_chance_wanted", "Chance to plan for", Unit.SHARE, 0.8, hint=_CHANCE_HINT)
    short = Field(
        "plan_segments_short", "Segments short", Unit.COUNT, formula='=COUNTIF(Plan[What it says],"▲*")', unit_line=""
    )
    place_settings(page, (wanted, short), _NOTE, last - 1)
    place_names(page, charts.mqls, last)
    chart_row = page.row
    page.row += 14
    placed = place_following(page, TABLE, _COLUMNS)
    drawn = (_mqls_chart(page, charts), needed_chart(page, charts))
    place_charts(page, chart_row, page.width(1, last), *drawn, height=290)
    data_bars(page, placed.area("Chance"), most=1)
    flag(page, placed.area("MQLs due"), _DUE_EARLY.format(first_cell(placed, "MQLs due")))
    page.frozen = FROZEN
    flag(page, placed.area("What it says"), f'=LEFT({first_cell(placed, "What it says")},1)="▲"')
    page.book.check(
        "The revenue targets on Plan are those on Segments",
        "ROUND(SUM(Plan[Revenue target])-SUM(Segments[Revenue target]),2)=0",
    )
    page.book.check(
        "The whole deals bring at least the target in each segment",
        "SUMPRODUCT(Plan[Deals needed],Plan[Average deal])>="
        'SUMIF(Plan[Deals needed],">=0",Plan[Revenue target])*(1-1/10^9)',
    )


def _place_answer(page: TemplatePage, words: str, right: int) -> None:
    """Write the answer in one sentence, before all figures."""
    look = replace(styles.SECTION, wrap=True, valign="top")
    page.sheet.merge_range(page.row, 1, page.row, right, "", page.book.look(look))
    page.calc(page.row, 1, words, look)
    page.height(page.row, 34)
    page.row += 1


def _mqls_chart(page: TemplatePage, charts: ChartData) -> Chart:
    told = (
        "Three bars with a part for each segment: MQLs agreed, MQLs needed, and MQLs that reach the deals with the "
        "chosen chance."
    )
    return stacked(page, "MQLs this quarter, number by segment", charts.mqls, told=told)


_DUE_EARLY: Final = "=AND(ISNUMBER({0}),{0}<quarter_start)"
_PER_MONTH: Final = '=IF(N(plan_mqls_needed)=0,"",ROUND(plan_mqls_needed/3,0)&" a month")'
_ASKED: Final = 'COUNTIF(Plan[Segment],"?*")'
_SHORT: Final = (
    '=IF(COUNT(Plan[MQLs agreed])=0,"nothing agreed yet",'
    f'IF(COUNT(Plan[MQLs agreed])<{_ASKED},"agreed in "&COUNT(Plan[MQLs agreed])&" of "&{_ASKED}&" segments",'
    f'IF(plan_segments_short>0,"▲ short in "&plan_segments_short&" of "&{_ASKED}&" segments","✓ covers the need")))'
)
