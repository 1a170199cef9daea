"""The Ramp sheet: what one ramped rep works, and how long a new one takes to get there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import (
    Card,
    Col,
    Field,
    place_cards,
    place_fields,
    place_note,
    place_table,
    place_title,
)
from xlfunnel.templates.capacity_plan.grids import MONTHS, row_in
from xlfunnel.templates.drawings import Shown, columns
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.contents import Row

_CHART_COLUMN: Final = 7
_HOURS_LEAD: Final = (
    '=IF(N(rep_hours_week)*N(rep_selling_share)*N(rep_mqls_month)=0,"",'
    "rep_hours_week*rep_selling_share*weeks_month/rep_mqls_month)"
)


def write_ramp(page: TemplatePage) -> None:
    """Write the sheet."""
    _place_cards(page)
    place_title(page, "One ramped rep")
    place_fields(page, _FIELDS, with_basis=True)
    page.row += 1
    place_title(page, "The months of a new rep")
    place_note(
        page,
        "The month of the start is month 1. Share of full: what a new rep works and sells, against a ramped one. "
        "A blank month counts in full.",
        right=5,
    )
    table = place_table(
        page,
        "Ramp",
        (
            Col("Month", formula=f'="Month "&({row_in("Ramp", "Month")})'),
            Col(
                "Share of full",
                Unit.SHARE,
                hint="Of a ramped rep's work; blank counts as 100 %.",
                number_format="0 %",
            ),
            Col("Counts as", Unit.SHARE, '=IF([@[Share of full]]="",1,[@[Share of full]])', number_format="0 %"),
            Col("Leads a month", Unit.COUNT, _LEADS, unit_line="leads"),
            Col("Money a month", Unit.MONEY_PER_MONTH, "=[@[Counts as]]*N(rep_quota_month)*N(rep_attainment)"),
        ),
        spare=0,
        rows=_rows(page),
    )
    page.widen(_CHART_COLUMN - 1, 110)
    chart = columns(
        page.book,
        "What can a new rep work, leads a month by month at work?",
        table.area("Month"),
        (Shown("Leads a month", table.area("Leads a month"), labels=True),),
        told="Columns of the leads that a new rep can work in each of the first twelve months.",
    )
    page.chart(chart, table.top - 1, _CHART_COLUMN, 700, 14 * 22)
    page.book.check(
        "The ramp has no blank between its months",
        'SUMPRODUCT(MAX((Ramp[Share of full]<>"")*(ROW(Ramp[Share of full])-ROW(Ramp[[#Headers],[Share of full]]))))'
        "=COUNT(Ramp[Share of full])",
    )


_LEADS: Final = (
    '=IF(rep_hours_lead="","",'
    "LEAD_CAPACITY([@[Counts as]],rep_hours_week,rep_hours_lead,weeks_month,rep_selling_share))"
)

_FIELDS: Final = (
    Field("rep_mqls_month", "MQLs that one rep works a month", Unit.COUNT, 120, basis="agreed",
          hint="Of a ramped rep in a month without holidays or leave.", unit_line="MQLs"),
    Field("rep_hours_week", "Hours a week", Unit.HOURS_PER_WEEK, 40, basis="agreed", hint="Paid hours of a rep."),
    Field("rep_selling_share", "Share of them for leads", Unit.SHARE, 0.6, basis="estimated",
          hint="What is left after meetings, customers and office work."),
    Field("rep_hours_lead", "Hours per lead", Unit.HOURS_PER_LEAD, formula=_HOURS_LEAD, number_format="#,##0.00",
          note="follows from the three above"),
    Field("rep_quota_month", "Quota of a ramped rep", Unit.MONEY_PER_MONTH, basis="agreed",
          hint="For segments that have none of their own."),
    Field("rep_attainment", "Share of quota that the team reaches", Unit.RATIO, 1, basis="estimated",
          number_format="0 %", hint="Measured over the last year; 110 % is allowed."),
    Field("workdays_week", "Working days in a full week", Unit.DAYS, 5, number_format="0.#", basis="agreed",
          hint="Monday to Friday are 5."),
    Field("weeks_quarter", "Weeks in a quarter", Unit.WEEKS, formula="=ROWS(Weeks[Week])", number_format="0"),
    Field("weeks_month", "Weeks in a month", Unit.WEEKS, formula="=weeks_quarter/3", number_format="0.00"),
)  # fmt: skip


def _place_cards(page: TemplatePage) -> None:
    place_cards(
        page,
        (
            Card(
                "A ramped rep works",
                '=IF(rep_hours_lead="","",'
                "LEAD_CAPACITY(1,rep_hours_week,rep_hours_lead,weeks_month,rep_selling_share))",
                Unit.COUNT,
                "leads a month",
                "rep_leads_month",
            ),
        ),
        span=1,
    )
    page.row -= 4
    place_cards(
        page,
        (
            Card(
                "Months until ramped",
                '=COUNTIF(Ramp[Counts as],"<1")',
                Unit.COUNT,
                "a start so many months ahead is ramped in time",
                "ramp_months",
            ),
            Card(
                "Leads not worked meanwhile",
                "=SUMPRODUCT(1-Ramp[Counts as])*N(rep_leads_month)",
                Unit.COUNT,
                "by each new rep, against a ramped one",
                "ramp_leads_missed",
            ),
            Card(
                "A ramped rep sells",
                "=N(rep_quota_month)*N(rep_attainment)",
                Unit.MONEY_PER_MONTH,
                '=currency&" a month: quota × attainment"',
                "rep_money_month",
            ),
        ),
        left=2,
    )


def _rows(page: TemplatePage) -> list[Row]:
    given = page.book.contents.tables.get("Ramp", ())
    return [given[at] if at < len(given) else () for at in range(MONTHS)]
