"""The Pipeline sheet: pipeline to create, and what is open against what is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, Field, place_cards
from xlfunnel.templates.drawings import Shown, flag
from xlfunnel.templates.quarterly_plan.following import (
    FROZEN,
    carried,
    first_cell,
    looked_up,
    place_charts,
    place_following,
    place_settings,
    summed,
    where,
)
from xlfunnel.templates.quarterly_plan.funnel_sheet import WIN_RATE
from xlfunnel.templates.quarterly_plan.rates_sheet import BY_VALUE, measured
from xlfunnel.templates.quarterly_plan.segment_charts import SHORT_MONEY, by_segment
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.quarterly_plan.chart_data import ChartData
    from xlfunnel.workbooks.book import Chart

TABLE: Final = "Pipeline"
_BY_VALUE: Final = (
    f'IF({looked_up(TABLE, "Rates", "Use")}="measured",{looked_up(TABLE, "Rates", measured(BY_VALUE))},'
    f"{looked_up(TABLE, 'Rates', BY_VALUE)})"
)
_NO_GOAL: Final = 'OR([@Segment]="",[@[Revenue target]]="")'
_NO_COUNT: Final = f"OR({_NO_GOAL},N([@[Win rate by count]])=0)"
_NO_VALUE: Final = f"OR({_NO_GOAL},N([@[Win rate by value]])=0)"
_SAYS: Final = (
    '=IF([@Segment]="","",IF([@[Revenue target]]="","enter the revenue target",'
    'IF([@[Still to win]]=0,"✓ target met",IF(N([@[Win rate by count]])=0,"enter the rates",'
    'IF([@[Open pipeline]]="","enter the open pipeline",'
    "IF([@Coverage]<MAX([@[Needed by count]],[@[Needed by value]]),"
    '"▲ "&ROUND([@Coverage],1)&" × of "&ROUND(MAX([@[Needed by count]],[@[Needed by value]]),1)&" ×","✓ enough"))))))'
)
_COLUMNS: Final = (
    Col("Revenue target", Unit.MONEY, formula=carried(TABLE, "Segments", "Revenue target"), total="sum", width=80),
    Col("Booked", Unit.MONEY, formula=carried(TABLE, "Segments", "Booked"), total="sum", width=84),
    Col("Still to win", Unit.MONEY, total="sum", width=80,
        formula=where(_NO_GOAL, '""', "MAX(0,N([@[Revenue target]])-N([@Booked]))")),
    Col("Win rate by count", Unit.SHARE, formula=carried(TABLE, "Funnel", WIN_RATE), width=80),
    Col("Win rate by value", Unit.SHARE, formula=f'=IF([@Segment]="","",IF({_BY_VALUE}="","",{_BY_VALUE}))',
        width=80),
    Col("Pipeline to create", Unit.MONEY, total="sum", width=80, bold=True,
        formula=where(_NO_COUNT, '""', "PIPELINE_TARGET([@[Still to win]],[@[Win rate by count]])")),
    Col("Open pipeline", Unit.MONEY, formula=carried(TABLE, "Segments", "Open pipeline"), total="sum", width=92),
    Col("Open deals", Unit.COUNT, formula=carried(TABLE, "Segments", "Open deals"), total="sum", width=58),
    Col("Still missing", Unit.MONEY, total="sum", width=80,
        formula=where('[@[Pipeline to create]]=""', '""', "MAX(0,[@[Pipeline to create]]-N([@[Open pipeline]]))")),
    Col("Needed by count", Unit.RATIO, width=76, unit_line="× the rest",
        formula=where(_NO_COUNT, '""', "COVERAGE_NEEDED([@[Win rate by count]],pipeline_slip)")),
    Col("Needed by value", Unit.RATIO, width=76, unit_line="× the rest",
        formula=where(_NO_VALUE, '""', "COVERAGE_NEEDED([@[Win rate by value]],pipeline_slip)")),
    Col("Coverage", Unit.RATIO, width=84, unit_line="× the rest", bold=True,
        formula=where(f'OR({_NO_GOAL},N([@[Still to win]])=0,[@[Open pipeline]]="")', '""',
                      "PIPELINE_COVERAGE([@[Open pipeline]],[@[Revenue target]],N([@Booked]))")),
    Col("What it says", formula=_SAYS, width=170),
)  # fmt: skip
_REST: Final = "SUM(Pipeline[Still to win])"
_COVERAGE: Final = f'=IF(OR({_REST}=0,pipeline_open=""),"",pipeline_open/{_REST})'
_NOTE: Final = (
    "Pipeline to create: what is still to win ÷ the win rate from opportunity to deal. Coverage: open pipeline for "
    "each unit still to win. By count and by value differ where large deals are lost more often; the larger counts."
)


def place_pipeline(page: TemplatePage, charts: ChartData) -> None:
    """Write pipeline to create and coverage, segment by segment."""
    place_cards(
        page,
        (
            Card("PIPELINE TO CREATE", summed("Pipeline", "Pipeline to create"), Unit.MONEY,
                 "for what is still to win", "pipeline_to_create"),
            Card("OPEN PIPELINE", summed("Pipeline", "Open pipeline"), Unit.MONEY,
                 '=IF(SUM(Pipeline[Open deals])=0,"",SUM(Pipeline[Open deals])&" open deals")', "pipeline_open"),
            Card("STILL MISSING", summed("Pipeline", "Still missing"), Unit.MONEY, "over the segments that are short",
                 "pipeline_missing", alarm="=N(pipeline_missing)>0"),
            Card("COVERAGE", _COVERAGE, Unit.RATIO, "× what is still to win, all segments",
                 "pipeline_coverage", '0.0" ×"'),
        ),
    )  # fmt: skip
    slip = Field(
        "pipeline_slip",
        "Pipeline that slips out",
        Unit.SHARE,
        0,
        hint="Share of the pipeline that slips past the end.",
    )
    place_settings(page, (slip,), _NOTE, len(_COLUMNS))
    chart_row = page.row
    page.row += 16
    placed = place_following(page, TABLE, _COLUMNS)
    drawn = (_money_chart(page, charts), _coverage_chart(page, charts))
    place_charts(page, chart_row, page.width(1, len(_COLUMNS) + 1), *drawn)
    page.frozen = FROZEN
    flag(page, placed.area("What it says"), f'=LEFT({first_cell(placed, "What it says")},1)="▲"')
    page.book.check(
        "Open pipeline and bookings on Pipeline are those on Segments",
        "AND(SUM(Pipeline[Open pipeline])=SUM(Segments[Open pipeline]),SUM(Pipeline[Booked])=SUM(Segments[Booked]))",
    )


def _money_chart(page: TemplatePage, charts: ChartData) -> Chart:
    drawn = charts.by_segment
    series = (
        Shown("Pipeline to create", drawn.area("Pipeline to create"), SHORT_MONEY, plan=True),
        Shown("Open pipeline", drawn.area("Open pipeline"), SHORT_MONEY),
    )
    told = "Columns for each segment: the pipeline that what is still to win takes, beside the open pipeline."
    return by_segment(page, "Is the open pipeline large enough?", drawn, series, told=told)


def _coverage_chart(page: TemplatePage, charts: ChartData) -> Chart:
    drawn, shape = charts.by_segment, '0.0" ×"'
    series = (
        Shown("Needed by count", drawn.area("Needed by count"), shape, plan=True),
        Shown("Needed by value", drawn.area("Needed by value"), shape, styles.PALE_BLUE),
        Shown("Coverage", drawn.area("Coverage"), shape),
    )
    told = "Columns for each segment: coverage needed by count and by value of deals, beside the coverage there is."
    return by_segment(page, "Coverage, times what is still to win", drawn, series, told=told)
