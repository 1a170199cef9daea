"""The Funnel sheet: the rates in use, what each stage needs, and what the agreed MQLs become."""

from __future__ import annotations

from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col, place_note
from xlfunnel.templates.book import qualified
from xlfunnel.templates.drawings import Shown, columns
from xlfunnel.templates.quarterly_plan.following import (
    CONVERSIONS,
    FROZEN,
    STAGES,
    between,
    carried,
    looked_up,
    place_charts,
    place_following,
    where,
)
from xlfunnel.templates.quarterly_plan.rates_sheet import measured
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.native_functions import rounded_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
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
SHADES: Final = ("#123A66", styles.ACCENT, "#5C8FC7", styles.PALE_BLUE, "#C9CFD6", styles.ORANGE)
"""One colour for each stage, from the first, dark, to the deals."""


def needed(stage: str) -> str:
    """The heading of what a stage needs."""
    return f"{stage} needed"


def expected(stage: str) -> str:
    """The heading of what the agreed MQLs become at a stage."""
    return "MQLs agreed" if stage == STAGES[0] else f"{stage} expected"


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
    *(Col(name, Unit.SHARE, formula=_rate(name), width=78, unit_line="in use") for name in CONVERSIONS),
    Col(RATE, Unit.SHARE, width=72, number_format="0.00 %",
        formula=f'=IF([@Segment]="","",IF(COUNT({_RATES})=COLUMNS({_RATES}),PRODUCT({_RATES}),""))'),
    Col(WIN_RATE, Unit.SHARE, width=84,
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


def place_funnel(page: TemplatePage) -> None:
    """Write the funnel of every segment in both directions."""
    place_note(page, _NOTE, right=14)
    chart_row = page.row
    page.row += 17
    placed = place_following(page, TABLE, _COLUMNS)
    charts = (needed_chart(page, placed), _expected_chart(page, placed))
    place_charts(page, chart_row, page.width(1, len(_COLUMNS) + 1), *charts, height=350)
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


def needed_chart(page: TemplatePage, placed: Placed) -> Chart:
    """What every stage needs, segment by segment."""
    told = "Columns for each segment: how many records each stage from MQL to deal needs so that the target is met."
    return _by_stage(page, placed, "What each stage needs, number of records", [needed(one) for one in STAGES], told)


def _expected_chart(page: TemplatePage, placed: Placed) -> Chart:
    told = "Columns for each segment: how many records of each stage the agreed MQLs are expected to give."
    title = "What the agreed MQLs become, number of records"
    return _by_stage(page, placed, title, [expected(one) for one in STAGES], told)


def _by_stage(page: TemplatePage, placed: Placed, title: str, names: list[str], told: str) -> Chart:
    series = [
        Shown(stage, placed.area(name), color=color, labels=stage in {STAGES[0], STAGES[-1]})
        for stage, name, color in zip(STAGES, names, SHADES, strict=True)
    ]
    return columns(page.book, title, placed.area("Segment"), series, told=told)
