"""The Mix check: whether the shares fit the targets, and whether the leads come where they are needed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, Field, place_cards
from xlfunnel.templates.book import qualified
from xlfunnel.templates.drawings import Shown, data_bars, flag
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
from xlfunnel.templates.quarterly_plan.segment_charts import SHORT_MONEY, by_segment, place_names, stacked
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.quarterly_plan.chart_data import ChartData
    from xlfunnel.workbooks.book import Chart

TABLE: Final = "Mix"
_RATES: Final = f"INDEX(Funnel[[{CONVERSIONS[0]}]:[{CONVERSIONS[-1]}]],{row_of(TABLE)},0)"
_RATE: Final = looked_up(TABLE, "Funnel", "MQL to deal")
_DEAL: Final = looked_up(TABLE, "Plan", "Average deal")
_TARGET: Final = "[@[Revenue target]]"
_UNKNOWN: Final = f'OR([@Leads]="",{_TARGET}="",N({_RATE})=0,N({_DEAL})=0)'
_GAP: Final = f"MIX_GAP(mix_leads_used,[@[Share of leads]],{_RATES},{_DEAL},{_TARGET})"
_NATIVE: Final = MappingProxyType(
    {
        3: f"[@Leads]*{_RATE}",
        4: f"[@Leads]*{_RATE}*{_DEAL}",
        5: f"[@Leads]*{_RATE}*{_DEAL}-{_TARGET}",
        6: f"[@Leads]-{_TARGET}/({_RATE}*{_DEAL})",
    }
)
"""By column of MIX_GAP: the same for one segment."""


def _gap(column: int) -> str:
    return where(_UNKNOWN, '""', f"INDEX({_GAP},2,{column})")


def _twin(column: int) -> tuple[str, str]:
    ours, theirs = (qualified(one, TABLE) for one in (_gap(column), where(_UNKNOWN, '""', _NATIVE[column])))
    return ours.removeprefix("="), theirs.removeprefix("=")


PAIRS: Final[Mapping[str, str]] = MappingProxyType(dict(_twin(column) for column in _NATIVE))
"""Native twins of one segment's cells of MIX_GAP."""

_LOAD: Final = looked_up(TABLE, "Capacity", "Load by leads coming")
_SHARES_SAY: Final = (
    '=IF(OR([@[Share stated]]="",[@[Share of targets]]=""),"",IF(ABS([@[Points apart]])>mix_tolerance,'
    '"▲ "&ROUND(100*[@[Share of targets]],1)&" % by targets","✓ agrees"))'
)
_LEADS_SAY: Final = (
    '=IF([@Segment]="","",IF([@Leads]="","enter the leads",IF([@[Over or missing]]="","enter targets and rates",'
    'IF(N([@Load])>1,"▲ drowning: "&ROUNDUP([@[Over or missing]],0)&" over the need",'
    'IF(ROUND([@[Over or missing]],6)<0,"▼ starving: "&ROUNDUP(-[@[Over or missing]],0)&" missing","✓ enough")))))'
)
_COLUMNS: Final = (
    Col("Share stated", Unit.SHARE, formula=carried(TABLE, "Segments", "Share stated"), total="sum", width=84),
    Col("Share of targets", Unit.SHARE, total="sum", width=76,
        formula=where(f'OR([@Segment]="",{_TARGET}="",N(target_total)=0)', '""', f"{_TARGET}/target_total")),
    Col("Points apart", Unit.SHARE, width=84, number_format="+0.0 %;-0.0 %;0.0 %",
        formula=where('OR([@[Share stated]]="",[@[Share of targets]]="")', '""',
                      "[@[Share stated]]-[@[Share of targets]]")),
    Col("Shares", formula=_SHARES_SAY, width=128),
    Col("Expected share", Unit.SHARE, hint="Share of the leads that come in this segment. All blank: as received.",
        total="sum", width=78),
    Col("Share of leads", Unit.SHARE, total="sum", width=70,
        formula='=IF([@Segment]="","",IF(COUNT(Mix[Expected share])>0,N([@[Expected share]]),'
        f'IF(N(pace_received)=0,"",N({looked_up(TABLE, "Received", "Received")})/pace_received)))'),
    Col("Leads", Unit.COUNT, total="sum", width=70, number_format="#,##0.0", bold=True,
        formula=where('OR([@[Share of leads]]="",mix_leads_used="")', '""', "mix_leads_used*[@[Share of leads]]")),
    Col("Deals expected", Unit.COUNT, formula=_gap(3), total="sum", width=76, number_format="#,##0.0"),
    Col("Revenue expected", Unit.MONEY, formula=_gap(4), total="sum", width=92),
    Col("Revenue target", Unit.MONEY, formula=carried(TABLE, "Segments", "Revenue target"), total="sum", width=92),
    Col("Gap", Unit.MONEY, formula=_gap(5), total="sum", width=88, number_format="#,##0;-#,##0;0"),
    Col("Over or missing", Unit.COUNT, formula=_gap(6), width=76, unit_line="leads",
        number_format="+#,##0.0;-#,##0.0;0.0"),
    Col("Load", Unit.SHARE, width=84, number_format="0 %", unit_line="of the reps",
        formula=f'=IF([@Segment]="","",IF({_LOAD}="","",{_LOAD}))'),
    Col("What it says", formula=_LEADS_SAY, width=190),
)  # fmt: skip
_NOTE: Final = (
    "Shares: what was stated against what the targets imply. Leads: the expected number by the expected shares, run "
    "through each segment's rates; over or missing is against the leads that bring the target. Blank leads or shares "
    "take what was received so far, carried on to the quarter's end."
)
_LEADS_USED: Final = '=IF(N(mix_leads)>0,mix_leads,IF(N(pace_received)=0,"",pace_received/pace_weeks*13))'


def place_mix(page: TemplatePage, charts: ChartData) -> None:
    """Write the check of shares and leads, segment by segment."""
    place_cards(
        page,
        (
            Card("REVENUE EXPECTED", summed("Mix", "Revenue expected"), Unit.MONEY, _OF_TARGET,
                 "mix_revenue_expected",
                 alarm="=AND(N(mix_revenue_expected)>0,N(mix_revenue_expected)<N(target_total))"),
            Card("GAP", summed("Mix", "Gap"), Unit.MONEY, "expected less target", "mix_gap_total",
                 "#,##0;-#,##0;0", "=N(mix_gap_total)<0"),
            Card("DROWNING", '=COUNTIF(Mix[What it says],"▲*")', Unit.COUNT, "segments with more than sales can work",
                 "mix_drowning", alarm="=mix_drowning>0"),
            Card("STARVING", '=COUNTIF(Mix[What it says],"▼*")', Unit.COUNT, "segments without enough leads",
                 "mix_starving", alarm="=mix_starving>0"),
            Card("SHARES", '=IF(COUNT(Mix[Points apart])=0,"–",IF(mix_apart=0,"agree","disagree"))', Unit.TEXT,
                 "stated against targets", "mix_shares", alarm='=mix_shares="disagree"'),
        ),
        span=3,
    )  # fmt: skip
    place_settings(
        page,
        (
            Field(
                "mix_leads", "Leads in the quarter", Unit.COUNT, hint="Expected in all; blank: as received so far."
            ),
            Field("mix_leads_used", "Leads computed with", Unit.COUNT, formula=_LEADS_USED),
            Field(
                "mix_tolerance", "Shares may differ by", Unit.SHARE, 0.005, hint="In points; less is taken as equal."
            ),
            Field("mix_apart", "Shares that differ", Unit.COUNT, formula='=COUNTIF(Mix[Shares],"▲*")'),
        ),
        _NOTE,
        len(_COLUMNS),
    )
    place_names(page, charts.shares, len(_COLUMNS) + 1)
    chart_row = page.row
    page.row += 14
    placed = place_following(page, TABLE, _COLUMNS)
    drawn = (_shares_chart(page, charts), _revenue_chart(page, charts))
    place_charts(page, chart_row, page.width(1, len(_COLUMNS) + 1), *drawn, height=290)
    page.frozen = FROZEN
    for column, sign in (("Shares", "▲"), ("What it says", "▲"), ("What it says", "▼")):
        flag(page, placed.area(column), f'=LEFT({first_cell(placed, column)},1)="{sign}"')
    data_bars(page, placed.area("Load"), most=1)
    _check_mix(page)


def _check_mix(page: TemplatePage) -> None:
    page.book.check(
        "The shares of the targets add up to 100 %",
        "OR(COUNT(Mix[Share of targets])=0,ROUND(SUM(Mix[Share of targets])-1,9)=0)",
    )
    page.book.check(
        "The expected shares of leads add up to 100 %, or none is given",
        "OR(COUNT(Mix[Expected share])=0,ROUND(SUM(Mix[Expected share])-1,4)=0)",
    )
    page.book.check(
        "The leads of all segments are the leads computed with",
        "OR(COUNT(Mix[Leads])=0,ROUND(SUM(Mix[Leads])-N(mix_leads_used),2)=0)",
    )


def _shares_chart(page: TemplatePage, charts: ChartData) -> Chart:
    told = (
        "Three bars with a part for each segment: the shares of revenue as stated, the shares of the targets, and "
        "the shares of the leads."
    )
    return stacked(page, "Do the shares fit? Share of each segment", charts.shares, told=told)


def _revenue_chart(page: TemplatePage, charts: ChartData) -> Chart:
    drawn = charts.by_segment
    series = (
        Shown("Revenue target", drawn.area("Revenue target"), SHORT_MONEY, plan=True),
        Shown("Revenue expected", drawn.area("Revenue expected"), SHORT_MONEY),
    )
    told = "Columns for each segment: the revenue target, and the revenue expected from the leads that come."
    return by_segment(page, "What the leads bring, revenue against target", drawn, series, told=told)


_OF_TARGET: Final = (
    '=IF(OR(N(target_total)=0,mix_revenue_expected=""),"",'
    'ROUND(100*mix_revenue_expected/target_total,0)&" % of the target")'
)
