"""The Funnel sheet: the rates in use, what each stage needs, and what the agreed MQLs become."""

from __future__ import annotations

from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col, place_note
from xlfunnel.templates.book import qualified
from xlfunnel.templates.quarterly_plan.following import (
    CONVERSIONS,
    FROZEN,
    STAGES,
    between,
    carried,
    expected,
    looked_up,
    needed,
    place_charts,
    place_following,
    where,
)
from xlfunnel.templates.quarterly_plan.rates_sheet import measured
from xlfunnel.templates.quarterly_plan.segment_charts import place_names, stacked
from xlfunnel.units import Unit
from xlfunnel.workbooks.native_functions import rounded_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.quarterly_plan.chart_data import ChartData
    from xlfunnel.workbooks.book import Chart

TABLE: Final = "Funnel"
RATE: Final = "MQL to deal"
WIN_RATE: Final = "Opportunity to deal"
_FIRST, _LAST = CONVERSIONS[0], CONVERSIONS[-1]
_RATES: Final = between(TABLE, _FIRST, _LAST)
_NOTE: Final = (
    "Needed: from the deals back to the MQLs, each unrounded need rounded up once. From the agreed MQLs: run forward "
    "through the same rates, unrounded, shown without decimals, as the guide prints its funnel."
)


def _rate(name: str) -> str:
    chosen = (
        f'IF({looked_up(TABLE, "Rates", "Use")}="measured",'
        f"{looked_up(TABLE, 'Rates', measured(name))},{looked_up(TABLE, 'Rates', name)})"
    )
    return f'=IF([@Segment]="","",IF({chosen}="","",{chosen}))'


_UNKNOWN: Final = f'OR(N([@[{RATE}]])=0,[@[Deals needed]]="")'
_UNAGREED: Final = f'OR(N([@[{RATE}]])=0,[@[MQLs agreed]]="")'


def _reverse(number: int) -> tuple[str, str]:
    """What stage `number` (from 0) needs: with our function, and natively."""
    after = between(TABLE, CONVERSIONS[number], _LAST)
    ours = f"INDEX(FUNNEL_REVERSE([@[Deals needed]],{_RATES}),{number + 2},2)"
    return where(_UNKNOWN, '""', ours), where(_UNKNOWN, '""', rounded_up(f"[@[Deals needed]]/PRODUCT({after})"))


def _forward(number: int) -> tuple[str, str]:
    """What the agreed MQLs become at stage `number`: with our function, and natively."""
    before = between(TABLE, _FIRST, CONVERSIONS[number - 1])
    ours = f"INDEX(FUNNEL_FORWARD([@[MQLs agreed]],{_RATES}),{number + 2},2)"
    return where(_UNAGREED, '""', ours), where(_UNAGREED, '""', f"[@[MQLs agreed]]*PRODUCT({before})")


_BACK: Final = tuple(_reverse(number) for number in range(len(CONVERSIONS)))
_ON: Final = tuple(_forward(number) for number in range(1, len(STAGES)))


def _twin(formula: str) -> str:
    return qualified(formula, TABLE).removeprefix("=")


PAIRS: Final[Mapping[str, str]] = MappingProxyType({_twin(ours): _twin(theirs) for ours, theirs in (*_BACK, *_ON)})
"""Shorter native twins than those that a translation gives."""

_DEALS: Final = f'=IF([@Segment]="","",{looked_up(TABLE, "Plan", "Deals needed")})'
_AGREED: Final = carried(TABLE, "Plan", "MQLs agreed")
_NARROW: Final = MappingProxyType({stage: 88 if stage == "Opportunities" else 68 for stage in STAGES})
_COLUMNS: Final = (
    *(Col(name, Unit.SHARE, formula=_rate(name), width=86, unit_line="in use") for name in CONVERSIONS),
    Col(RATE, Unit.SHARE, width=80, number_format="0.00 %",
        formula=f'=IF([@Segment]="","",IF(COUNT({_RATES})=COLUMNS({_RATES}),PRODUCT({_RATES}),""))'),
    Col(WIN_RATE, Unit.SHARE, width=92,
        formula='=IF([@Segment]="","",IF(N([@[MQL to deal]])=0,"",'
        f'PRODUCT({between(TABLE, CONVERSIONS[2], _LAST)})))'),
    *(
        Col(needed(stage), Unit.COUNT, formula=formula, total="sum", width=_NARROW[stage], unit_line="needed")
        for stage, (formula, _) in zip(STAGES, _BACK, strict=False)
    ),
    Col("Deals needed", Unit.COUNT, formula=_DEALS, total="sum", width=64, unit_line="needed"),
    Col("MQLs agreed", Unit.COUNT, formula=_AGREED, total="sum", width=64, unit_line="agreed"),
    *(
        Col(expected(stage), Unit.COUNT, formula=formula, total="sum", width=_NARROW[stage], unit_line="expected")
        for stage, (formula, _) in zip(STAGES[1:], _ON, strict=True)
    ),
)  # fmt: skip


def place_funnel(page: TemplatePage, charts: ChartData) -> None:
    """Write the funnel of every segment in both directions."""
    place_note(page, _NOTE, right=14)
    page.row += 1
    place_names(page, charts.expected, len(_COLUMNS) + 1)
    chart_row = page.row
    page.row += 16
    place_following(page, TABLE, _COLUMNS)
    drawn = (_expected_chart(page, charts), needed_chart(page, charts))
    place_charts(page, chart_row, page.width(1, len(_COLUMNS) + 1), *drawn, height=330)
    page.frozen = FROZEN
    page.book.check(
        "MQLs needed on Plan equal those found stage by stage on Funnel",
        "SUM(Plan[MQLs needed])=SUM(Funnel[MQLs needed])",
    )
    page.book.check(
        "No stage expects more than the stage before it",
        "AND("
        + ",".join(
            f"SUM(Funnel[{later}])<=SUM(Funnel[{earlier}])+1/10^6"
            for earlier, later in pairwise(expected(stage) for stage in STAGES)
        )
        + ")",
    )


def needed_chart(page: TemplatePage, charts: ChartData) -> Chart:
    """What every stage needs, segment by segment."""
    told = (
        "A funnel of six bars, from MQLs down to deals, with a part for each segment: how many records each stage "
        "needs so that the targets are met."
    )
    title = "What each stage needs, number of records"
    return stacked(page, title, charts.needed, told=told, centred=True)


def _expected_chart(page: TemplatePage, charts: ChartData) -> Chart:
    told = (
        "A funnel of six bars, from the agreed MQLs down to the deals expected of them, with a part for each segment."
    )
    title = "What the agreed MQLs become, number of records"
    return stacked(page, title, charts.expected, told=told, centred=True)
