"""The People sheet: what the people cost who win customers, and into which channels their hours went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.templates.blocks import BASES, Card, Col, place_cards, place_table, place_title
from xlfunnel.templates.cac_model.channels import spare_rows
from xlfunnel.templates.cac_model.spend_sheet import nothing_under
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

ROLE_COST = "Cost of acquisition"
_PEOPLE = (
    Col("Role", hint="One row for each role: account executives, development reps…", width=190),
    Col(
        "Cost",
        Unit.MONEY,
        hint="Pay of the quarter, commission included, of all people in the role.",
        total="calm sum",
    ),
    Col("Burden", Unit.SHARE, hint="What comes on top of pay: taxes, benefits, workplace. 25 % makes 100 cost 125."),
    Col("Acquisition share", Unit.SHARE, hint="Share of their time that goes into winning new customers."),
    Col("Comes from", choices=BASES, hint="Measured, agreed by both heads, or estimated."),
    Col("Since", Unit.DATE, hint="Since when it holds."),
    Col(
        ROLE_COST,
        Unit.MONEY,
        formula=(
            '=IF([@Role]="","",IF(COUNT([@Cost],[@[Acquisition share]])<2,"enter cost, share",'
            "[@Cost]*(1+N([@Burden]))*[@[Acquisition share]]))"
        ),
        total="calm sum",
        bold=True,
        width=128,
    ),
    Col(
        "Hours logged",
        Unit.HOURS,
        formula='=IF([@Role]="","",SUMPRODUCT(--(Logged[Role]=[@Role]),Logged[Hours]))',
        total="calm sum",
    ),
)


def _logged(role_choices: str, channel_choices: str) -> tuple[Col, ...]:
    return (
        Col("Role", hint="A role of the table on the left.", choices=role_choices, width=190),
        Col("Channel", hint="A channel of Drivers.", choices=channel_choices),
        Col("Hours", Unit.HOURS, hint="Hours of the quarter that went into this channel.", total="calm sum"),
        Col(
            "Missing",
            formula=(
                '=IF(AND([@Role]="",[@Channel]="",[@Hours]=""),"",'
                'IF(COUNTIF(People[Role],[@Role])=0,"no such role",'
                'IF(COUNTIF(Channels[Channel],[@Channel])=0,"not on Drivers",'
                'IF(OR([@Hours]="",ISNUMBER([@Hours])),"","hours"))))'
            ),
        ),
    )


def write_people(page: TemplatePage, channel_choices: str) -> None:
    """Write the roles and, beside them, their hours by channel."""
    place_cards(
        page,
        (
            Card(
                "Sales cost of the quarter",
                "=people_cost",
                Unit.MONEY,
                "pay × (1 + burden) × share of time on acquisition",
            ),
            Card(
                "Cost of an hour",
                '=IF(OR(SUM(Logged[Hours])=0,people_cost=""),"",people_cost/SUM(Logged[Hours]))',
                Unit.MONEY,
                "sales cost ÷ hours logged",
                "people_cost_hour",
            ),
        ),
        span=2,
    )
    top = page.row
    place_title(page, "What people cost in the quarter", right=8)
    people = place_table(page, "People", _PEOPLE, spare=spare_rows(page, "People", 6), total_label="All roles")
    page.book.name("people_cost", page, people.top - 2, people.left + 6)
    bottom = page.row
    left = people.right + 1
    page.fix(left - 1, 24)
    page.row = top
    place_title(page, "Where their hours went", left=left)
    columns = _logged(f"={people.area('Role').reference}", channel_choices)
    spare = spare_rows(page, "Logged", 12)
    logged = place_table(page, "Logged", columns, left=left, spare=spare, total_label="All hours")
    page.row = max(page.row, bottom)
    book = page.book
    book.check(
        "Every role has its cost and its share of time", "COUNTA(People[Role])=COUNT(People[" + ROLE_COST + "])"
    )
    book.check("Every row of hours names a role and a channel", 'SUMPRODUCT(--(Logged[Missing]<>""))=0')
    book.check("The channels' hours add up to the hours logged", "ROUND(SUM(Logged[Hours])-SUM(Channels[Hours]),6)=0")
    book.check(
        "Nothing stands under the tables of people and hours", f"AND({nothing_under(people)},{nothing_under(logged)})"
    )
