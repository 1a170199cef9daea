"""The Segments sheet: whose leads come in, how many, and whether the segment's reps can work them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, place_cards, place_note, place_table
from xlfunnel.templates.capacity_plan.grids import LOAD_SHAPE, first_cell
from xlfunnel.templates.drawings import data_bars, flag
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage

_NOTE: Final = (
    "Share of leads: of all that come in (Calendar). Load of one rep: were they all one ramped rep's, with no "
    "holidays or leave. Can work: what the segment's reps work after holidays, leave and ramp (Load). Reps needed: "
    "ramped, and there all quarter. Hours per lead and quota: blank takes the agreed figure (Ramp)."
)


def write_segments(page: TemplatePage) -> Placed:
    """Write the sheet; gives its table."""
    _place_cards(page)
    place_note(page, _NOTE, right=11)
    table = place_table(page, "Segments", _columns(), total_label="All segments")
    page.book.name_area("segment_names", table.area("Segment"))
    data_bars(page, table.area("Load"))
    for column in ("Load", "Says"):
        flag(page, table.area(column), f'=LEFT({first_cell(table, "Says")},1)="▲"')
    _add_checks(page)
    return table


def _place_cards(page: TemplatePage) -> None:
    place_cards(
        page,
        (
            Card(
                "Fullest segment",
                '=IF(COUNT(Segments[Load])=0,"",MAX(Segments[Load]))',
                Unit.SHARE,
                '=IF(fullest_load="","no segment has both leads and reps",'
                'INDEX(Segments[Segment],MATCH(fullest_load,Segments[Load],0))&": "&'
                "MID(INDEX(Segments[Says],MATCH(fullest_load,Segments[Load],0)),3,99))",
                "fullest_load",
                number_format=LOAD_SHAPE,
                alarm='=AND(fullest_load<>"",N(fullest_load)>1)',
            ),
            Card(
                "Reps needed",
                "=SUM(Segments[Reps needed])",
                Unit.COUNT,
                '="at work this quarter: "&reps_at_work',
                "reps_needed_quarter",
                alarm="=reps_needed_quarter>reps_at_work",
            ),
            Card("Leads expected", "=leads_quarter", Unit.COUNT, "this quarter: Calendar", "leads_expected"),
            Card(
                "The team can work",
                "=SUM(Reps[This quarter])",
                Unit.COUNT,
                "leads, after holidays, leave and ramp",
                "team_capacity",
            ),
            Card(
                "Load of the team",
                '=IF(team_capacity=0,"",leads_quarter/team_capacity)',
                Unit.SHARE,
                "all reps together, whatever their segment",
                "team_load",
                number_format=LOAD_SHAPE,
                alarm='=AND(team_load<>"",N(team_load)>1)',
            ),
        ),
    )


def _columns() -> tuple[Col, ...]:
    hours = "IF(N([@[Hours per lead]])>0,[@[Hours per lead]],rep_hours_lead)"
    ready = 'OR([@Segment]="",[@Leads]="",rep_hours_lead="")'
    says = (
        '=IF([@Segment]="","",IF(COUNTIF(Segments[Segment],[@Segment])>1,"▲ listed twice",'
        'IF([@[Share of leads]]="","enter the share of leads",IF([@Leads]="","",'
        'IF(AND([@Leads]>0,[@[Can work]]=0),"▲ nobody works them",'
        'IF(ROUND([@Leads]-[@[Can work]],6)>0,"▲ "&ROUND([@Leads]-[@[Can work]],0)&" leads too many",'
        '"✓ room for "&ROUND([@[Can work]]-[@Leads],0)&" more"))))))'
    )
    return (
        Col("Segment", hint="Size, industry, geography or channel: as the Start sheet says.", width=126),
        Col("Share of leads", Unit.SHARE, hint="Share of all leads that arrive.", total="sum", width=87),
        Col("Hours per lead", Unit.HOURS_PER_LEAD, hint="Blank takes the agreed hours per lead (Ramp).", width=87,
            number_format="#,##0.00"),
        Col("Quota a month", Unit.MONEY_PER_MONTH, hint="Of a ramped rep; blank takes the agreed one (Ramp).",
            width=105),
        Col("Leads", Unit.COUNT, '=IF(OR([@Segment]="",[@[Share of leads]]=""),"",leads_quarter*[@[Share of leads]])',
            total="sum", unit_line="this quarter", width=92, number_format="#,##0.0"),
        Col("Load of one rep", Unit.SHARE,
            f'=IF({ready},"",[@Leads]/LEAD_CAPACITY(1,rep_hours_week,{hours},weeks_quarter,rep_selling_share))',
            number_format=LOAD_SHAPE, width=96),
        Col("Reps", Unit.COUNT, '=IF([@Segment]="","",COUNTIFS(RepLoad[Segment],[@Segment],RepLoad[Can work],">0"))',
            total="sum", unit_line="at work", width=73),
        Col("Can work", Unit.COUNT, '=IF([@Segment]="","",SUMIFS(RepLoad[Can work],RepLoad[Segment],[@Segment]))',
            total="sum", unit_line="leads", width=87),
        Col("Load", Unit.SHARE, '=IF(OR([@Leads]="",[@[Can work]]=0),"",[@Leads]/[@[Can work]])',
            number_format=LOAD_SHAPE, width=96, bold=True),
        Col("Reps needed", Unit.COUNT,
            f'=IF({ready},"",REPS_NEEDED([@Leads],rep_hours_week,{hours},weeks_quarter,rep_selling_share))',
            total="sum", width=87),
        Col("Says", formula=says, width=172),
    )  # fmt: skip


def _add_checks(page: TemplatePage) -> None:
    book = page.book
    book.check(
        "The shares of leads add up to 100 %, or none is entered yet",
        "OR(COUNT(Segments[Share of leads])=0,ROUND(SUM(Segments[Share of leads])-1,6)=0)",
    )
    book.check(
        "The leads of the segments add up to the leads of the quarter, or no share is entered yet",
        "OR(COUNT(Segments[Share of leads])=0,ROUND(SUM(Segments[Leads])-leads_quarter,6)=0)",
    )
    book.check("No segment is listed twice", 'COUNTIF(Segments[Says],"▲ listed twice")=0')
    book.check(
        "What the segments can work adds up to what the reps can work",
        "ROUND(SUM(Segments[Can work])-team_capacity,6)=0",
    )
