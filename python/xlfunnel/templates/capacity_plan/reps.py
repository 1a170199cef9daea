"""The Reps sheet: who works which leads, and whether that is more than the team can work in the quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Card, Col, place_cards, place_note, place_table
from xlfunnel.templates.capacity_plan.grids import LOAD_SHAPE, beside, first_cell
from xlfunnel.templates.drawings import data_bars, flag
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage

_CAPACITY = {name: beside("Reps", "Rep", "RepCapacity", name) for name in ("Hours a week", "Share for leads")}
_HOURS_LEAD: Final = beside("Reps", "Rep", "RepCapacity", "Hours per lead")

_NOTE: Final = (
    "One row for each rep, planned ones included: a start in the future counts from then on, ramping up as the Ramp "
    "sheet says. Hours, share and hours per lead: blank takes the agreed figure. Leads of a segment go to its reps "
    "as the Load sheet says."
)


def write_reps(page: TemplatePage) -> Placed:
    """Write the sheet; gives its table."""
    _place_cards(page)
    place_note(page, _NOTE, right=13)
    table = place_table(page, "Reps", _columns(), total_label="Team")
    page.book.name_area("rep_names", table.area("Rep"))
    data_bars(page, table.area("Load"))
    for column in ("Load", "Says"):
        flag(page, table.area(column), f'=LEFT({first_cell(table, "Says")},1)="▲"')
    _add_checks(page)
    return table


def _place_cards(page: TemplatePage) -> None:
    place_cards(
        page,
        (
            Card("Reps at work", "=SUM(Segments[Reps])", Unit.COUNT, "on some days of the quarter", "reps_at_work"),
            Card(
                "Overloaded",
                '=COUNTIF(Reps[Load],">1")',
                Unit.COUNT,
                "reps with more leads than they can work",
                "reps_overloaded",
                alarm="=reps_overloaded>0",
            ),
            Card(
                "Leads too many",
                "=SUM(Reps[Too many])",
                Unit.COUNT,
                "above what those reps can work",
                "leads_too_many",
                alarm="=ROUND(leads_too_many,0)>0",
            ),
            Card(
                "Leads that nobody works",
                "=leads_quarter-SUM(Reps[Leads])",
                Unit.COUNT,
                "of segments and weeks without a rep",
                "leads_unassigned",
                alarm="=ROUND(leads_unassigned,0)>0",
            ),
            Card("Free for outbound", "=SUM(Reps[Hours free])", Unit.HOURS, "hours of reps below 100 %", "hours_free",
                 number_format="#,##0"),
        ),
        span=2,
    )  # fmt: skip


def _columns() -> tuple[Col, ...]:
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
        Col("Hours a week", Unit.HOURS_PER_WEEK, hint="Blank takes the agreed hours (Ramp).", width=88),
        Col("Share for leads", Unit.SHARE, hint="Share of the hours spent on leads; blank: as agreed.", width=76),
        Col("Hours per lead", Unit.HOURS_PER_LEAD, hint="Blank: the segment's, or the agreed one.", width=76,
            number_format="#,##0.00"),
        Col("Full quarter", Unit.COUNT, full, unit_line="leads", width=76),
        Col("This quarter", Unit.COUNT, _from_load("Can work"), total="sum", unit_line="leads", width=76, bold=True),
        Col("Leads", Unit.COUNT, _from_load("Leads"), total="sum", unit_line="handed out", width=76),
        Col("Too many", Unit.COUNT, '=IF(OR([@Rep]="",[@[This quarter]]=""),"",MAX(0,[@Leads]-[@[This quarter]]))',
            total="sum", unit_line="leads", width=76),
        Col("Load", Unit.SHARE, _from_load("Load"), number_format=LOAD_SHAPE, width=84),
        Col("Hours free", Unit.HOURS, _from_load("Hours free"), total="sum", width=76, number_format="#,##0"),
        Col("Says", formula=says, width=150),
    )  # fmt: skip


def _from_load(column: str) -> str:
    cell = beside("Reps", "Rep", "RepLoad", column)
    return f'=IF([@Rep]="","",{cell})'


def _add_checks(page: TemplatePage) -> None:
    page.book.check(
        "Every rep works in a segment that is listed, or in none yet",
        'COUNTIF(Reps[Says],"▲ segment not listed")=0',
    )
    page.book.check("No rep is listed twice", 'COUNTIF(Reps[Says],"▲ listed twice")=0')
