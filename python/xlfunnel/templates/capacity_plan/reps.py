"""The Reps sheet: who works which leads, and whether that is more than the team can work in the quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, place_cards, place_note, place_table
from xlfunnel.templates.capacity_plan.grids import beside, first_cell
from xlfunnel.templates.drawings import data_bars, flag
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage

LOAD_SHAPE: Final = "[>1]▲ 0 %;0 %"
"""A load: over 100 % with a sign, so that it does not take colour to see it."""

_CAPACITY = {name: beside("Reps", "Rep", "RepCapacity", name) for name in ("Hours a week", "Share for leads")}
_HOURS_LEAD: Final = beside("Reps", "Rep", "RepCapacity", "Hours per lead")

_NOTE: Final = (
    "One row for each rep, planned ones included: a start in the future counts from then on, ramping up as the Ramp "
    "sheet says. Hours, share and hours per lead: blank takes the agreed figure. Leads of a segment go to its reps "
    "as the Load sheet says."
)


def write_reps(page: TemplatePage) -> tuple[Placed, Placed]:
    """Write the sheet; gives the tables of reps and of segments."""
    _place_cards(page)
    top = page.row
    place_note(page, _NOTE, right=11)
    row = page.row
    reps = place_table(page, "Reps", _rep_columns(), total_label="Team")
    bottom, page.row = page.row, top
    place_note(
        page,
        "Share of leads: of all leads that arrive. Load of one rep: were it one ramped rep's all quarter, without "
        "holidays or leave.",
        left=reps.right + 1,
        right=reps.right + 10,
    )
    page.row = row
    segments = place_table(page, "Segments", _segment_columns(), left=reps.right + 1, total_label="All segments")
    page.row = max(bottom, page.row)
    page.fix(reps.right, 20)
    page.book.name_area("segment_names", segments.area("Segment"))
    page.book.name_area("rep_names", reps.area("Rep"))
    for table in (reps, segments):
        data_bars(page, table.area("Load"))
        for column in ("Load", "Says"):
            area = table.area(column)
            flag(page, area, f'=LEFT({first_cell(table, "Says")},1)="▲"')
    _add_checks(page)
    return reps, segments


def _place_cards(page: TemplatePage) -> None:
    place_cards(
        page,
        (
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
                "of all reps together, whatever their segment",
                "team_load",
                number_format=LOAD_SHAPE,
                alarm='=AND(team_load<>"",N(team_load)>1)',
            ),
            Card(
                "Fullest segment",
                '=IF(COUNT(Segments[Load])=0,"",MAX(Segments[Load]))',
                Unit.SHARE,
                '=IF(fullest_load="","no segment has both leads and reps",'
                "INDEX(Segments[Segment],MATCH(fullest_load,Segments[Load],0)))",
                "fullest_load",
                number_format=LOAD_SHAPE,
                alarm='=AND(fullest_load<>"",N(fullest_load)>1)',
            ),
            Card("Reps at work", "=SUM(Segments[Reps])", Unit.COUNT, "on some days of the quarter", "reps_at_work"),
            Card(
                "Reps needed",
                "=SUM(Segments[Reps needed])",
                Unit.COUNT,
                "if ramped and there all quarter",
                "reps_needed_quarter",
                alarm="=reps_needed_quarter>reps_at_work",
            ),
            Card(
                "Leads that nobody works",
                "=leads_quarter-SUM(Reps[Leads])",
                Unit.COUNT,
                "segments and weeks without a rep",
                "leads_unassigned",
                alarm="=ROUND(leads_unassigned,6)>0",
            ),
            Card(
                "Free for outbound", "=SUM(Reps[Hours free])", Unit.HOURS, "hours of reps below 100 %", "hours_free"
            ),
        ),
    )


def _rep_columns() -> tuple[Col, ...]:
    full = (
        f'=IF(OR([@Rep]="",{_HOURS_LEAD}=""),"",LEAD_CAPACITY(1,{_CAPACITY["Hours a week"]},{_HOURS_LEAD},'
        f"weeks_quarter,{_CAPACITY['Share for leads']}))"
    )
    says = (
        '=IF([@Rep]="","",IF(COUNTIF(Reps[Rep],[@Rep])>1,"▲ listed twice",'
        'IF([@Segment]="","choose a segment",IF(COUNTIF(Segments[Segment],[@Segment])=0,"▲ segment not listed",'
        'IF([@Starts]="","enter the start",'
        'IF([@[This quarter]]="","",IF([@[This quarter]]+[@Leads]=0,"not at work this quarter",'
        'IF(ROUND([@Leads]-[@[This quarter]],6)>0,"▲ "&ROUND([@Leads]-[@[This quarter]],0)&" leads too many",'
        '"✓ "&ROUND([@[Hours free]],0)&" hours free"))))))))'
    )
    return (
        Col("Rep", hint="A name, each once. A rep who is still to be hired may be a role.", width=120),
        Col("Segment", choices="=segment_names", hint="Whose leads this rep works.", width=84),
        Col("Starts", Unit.DATE, hint="First day at work; it decides where on the ramp the rep is.", width=92),
        Col("Leaves", Unit.DATE, hint="Last day at work, if there is one.", width=92),
        Col("Hours a week", Unit.HOURS_PER_WEEK, hint="Blank takes the agreed hours (Ramp).", width=76),
        Col("Share for leads", Unit.SHARE, hint="Share of the hours spent on leads; blank: as agreed.", width=76),
        Col("Hours per lead", Unit.HOURS_PER_LEAD, hint="Blank: the segment's, or the agreed one.", width=76,
            number_format="#,##0.00"),
        Col("Full quarter", Unit.COUNT, full, unit_line="leads", width=76),
        Col("This quarter", Unit.COUNT, _from_load("Can work"), total="sum", unit_line="leads", width=76, bold=True),
        Col("Leads", Unit.COUNT, _from_load("Leads"), total="sum", unit_line="handed out", width=76),
        Col("Load", Unit.SHARE, _from_load("Load"), number_format=LOAD_SHAPE, width=84),
        Col("Hours free", Unit.HOURS, _from_load("Hours free"), total="sum", width=76, number_format="#,##0"),
        Col("Says", formula=says, width=150),
    )  # fmt: skip


def _from_load(column: str) -> str:
    cell = beside("Reps", "Rep", "RepLoad", column)
    return f'=IF([@Rep]="","",{cell})'


def _segment_columns() -> tuple[Col, ...]:
    hours = "IF(N([@[Hours per lead]])>0,[@[Hours per lead]],rep_hours_lead)"
    ready = f'OR([@Segment]="",[@Leads]="",{hours}="")'
    says = (
        '=IF([@Segment]="","",IF([@[Share of leads]]="","enter the share of leads",IF([@Leads]="","",'
        'IF(AND([@Leads]>0,[@[Can work]]=0),"▲ nobody works them",'
        'IF(ROUND([@Leads]-[@[Can work]],6)>0,"▲ "&ROUND([@Leads]-[@[Can work]],0)&" leads too many",'
        '"✓ room for "&ROUND([@[Can work]]-[@Leads],0)&" more")))))'
    )
    return (
        Col("Segment", hint="Size, industry, geography or channel: as the Start sheet says.", width=110),
        Col("Share of leads", Unit.SHARE, hint="Share of all leads that arrive.", total="sum", width=76),
        Col("Hours per lead", Unit.HOURS_PER_LEAD, hint="Blank takes the agreed hours per lead (Ramp).", width=76,
            number_format="#,##0.00"),
        Col("Quota a month", Unit.MONEY_PER_MONTH, hint="Of a ramped rep; blank takes the agreed one (Ramp).",
            width=92),
        Col("Leads", Unit.COUNT, '=IF(OR([@Segment]="",[@[Share of leads]]=""),"",leads_quarter*[@[Share of leads]])',
            total="sum", unit_line="this quarter", width=80, number_format="#,##0.0"),
        Col("Load of one rep", Unit.SHARE,
            f'=IF({ready},"",[@Leads]/LEAD_CAPACITY(1,rep_hours_week,{hours},weeks_quarter,rep_selling_share))',
            number_format=LOAD_SHAPE, width=84),
        Col("Reps", Unit.COUNT, '=IF([@Segment]="","",COUNTIFS(RepLoad[Segment],[@Segment],RepLoad[Can work],">0"))',
            total="sum", unit_line="at work", width=64),
        Col("Can work", Unit.COUNT, '=IF([@Segment]="","",SUMIFS(RepLoad[Can work],RepLoad[Segment],[@Segment]))',
            total="sum", unit_line="leads", width=76),
        Col("Load", Unit.SHARE, '=IF(OR([@Leads]="",[@[Can work]]=0),"",[@Leads]/[@[Can work]])',
            number_format=LOAD_SHAPE, width=84, bold=True),
        Col("Reps needed", Unit.COUNT,
            f'=IF({ready},"",REPS_NEEDED([@Leads],rep_hours_week,{hours},weeks_quarter,rep_selling_share))',
            total="sum", width=76),
        Col("Says", formula=says, width=150),
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
    book.check(
        "Every rep works in a segment that is listed, or in none yet",
        'COUNTIF(Reps[Says],"▲ segment not listed")=0',
    )
    book.check("No rep is listed twice", 'COUNTIF(Reps[Says],"▲ listed twice")=0')
    book.check(
        "What the segments can work adds up to what the reps can work",
        "ROUND(SUM(Segments[Can work])-team_capacity,6)=0",
    )
