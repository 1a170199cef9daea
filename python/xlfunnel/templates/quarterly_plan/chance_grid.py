"""The Chance grid: the smallest number of MQLs for a chance, found by halving steps that everybody can follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import Col, place_note
from xlfunnel.templates.quarterly_plan.following import FROZEN, carried, looked_up, place_following
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

TABLE: Final = "Chance"
_STEPS: Final = 20
"""Steps from half a million to one: a segment that needs over a million MQLs is beyond the grid."""

_NOTE: Final = (
    "From 0, each column adds its step when that many MQLs still reach the deals with less than the chance wanted "
    "(binomial: each MQL becomes a deal with the segment's rate). The last step holds the largest number that is not "
    "enough; one more is the answer, which Plan shows."
)
_RATE_CELL: Final = looked_up(TABLE, "Plan", "MQL to deal")


def _step(power: int) -> str:
    return f"Step {2**power}"


def _stepped(power: int) -> str:
    """The count after a step: the step is taken where the chance with it still falls short."""
    before = "" if power == _STEPS - 1 else f"[@[{_step(power + 1)}]]+"
    tried = f"{before}2^{power}"
    chance = f"1-BINOM.DIST(MIN([@Deals]-1,{tried}),{tried},[@[MQL to deal]],TRUE)"
    taken = f"IF(ROUND({chance}-plan_chance_wanted,12)<0,2^{power},0)"
    return f'=IF(OR([@[MQL to deal]]="",N([@Deals])=0),"",{before}{taken})'


_LARGEST: Final = f"[@[{_step(0)}]]"
_COLUMNS: Final = (
    Col("MQL to deal", Unit.SHARE, number_format="0.00 %", width=70,
        formula='=IF(OR([@Segment]="",N(plan_chance_wanted)<=0,N(plan_chance_wanted)>=1,'
        f'N({_RATE_CELL})=0),"",{_RATE_CELL})'),
    Col("Deals", Unit.COUNT, formula=carried(TABLE, "Plan", "Deals needed"), width=58),
    *(
        Col(_step(power), Unit.COUNT, formula=_stepped(power), width=54, number_format="0")
        for power in reversed(range(_STEPS))
    ),
    Col("MQLs", Unit.COUNT, total="sum", width=64, bold=True,
        formula='=IF(OR([@[MQL to deal]]="",[@Deals]=""),"",IF([@Deals]=0,0,'
        f'IF({_LARGEST}=2^{_STEPS}-1,"too many",{_LARGEST}+1)))'),
)  # fmt: skip


def place_chance_grid(page: TemplatePage) -> None:
    """Write the search for the number of MQLs that is safe, step by step."""
    place_note(page, _NOTE, right=16)
    page.row += 1
    place_following(page, TABLE, _COLUMNS)
    page.frozen = FROZEN
    page.book.check(
        "The MQLs to be safe on Plan are those of the Chance grid",
        "SUM(Plan[MQLs to be safe])=SUM(Chance[MQLs])",
    )
    page.book.check("No segment needs more MQLs than the Chance grid can find", 'COUNTIF(Chance[MQLs],"too many")=0')
