"""The Goal sheet: what each lever must reach for a velocity, alone or shared among all, and which pairs reach it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlfunnel.metrics.velocity import Lever
from xlfunnel.templates.blocks import Card, Field, place_cards, place_fields, place_title
from xlfunnel.templates.drawings import Shown, heat, sideways
from xlfunnel.templates.velocity_explorer.levers import (
    CHANGE,
    DRAWN_CHANGE,
    GAIN,
    LEVERS,
    NOW,
    VELOCITY,
    YES,
    Figure,
    Words,
    absolute,
    percent_words,
    place_headings,
    place_line,
    velocity_with,
)
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.velocity_explorer.levers import LeverWords

_LEFT: Final = 1
_HEADINGS: Final = ("Lever", "Unit", "Now", "Needed alone", "Change", "Shared by all", "Change", "In words")
(_LABEL, _UNIT, _NOW, _NEEDED, _ALONE, _SHARED, _EVEN, _SAYS) = range(_LEFT, _LEFT + len(_HEADINGS))
_RATES, _CYCLES = 7, 5
"""Lines and columns of the table of pairs; the middle ones are as it is now."""

_CHART_ROWS: Final = 11


def write_goal(page: TemplatePage) -> None:
    """Write the sheet."""
    _place_cards(page)
    place_fields(page, (_TARGET,), with_basis=True)
    for column, wide in (
        (_LABEL, 190), (_UNIT, 96), (_NOW, 96), (_NEEDED, 96), (_ALONE, 92), (_SHARED, 96), (_EVEN, 92), (_SAYS, 430),
    ):  # fmt: skip
        page.fix(column, wide)
    page.row += 1
    place_title(page, "What each lever must reach", _NEEDS, right=_SAYS)
    first = _place_levers(page)
    page.row += 1
    pairs = page.row
    place_title(page, "Which pairs of win rate and cycle reach the goal?", _PAIRS, right=_SHARED)
    place_fields(page, _STEPS)
    page.fix(_LABEL, 190)
    page.fix(_UNIT, 96)
    page.row += 1
    _place_pairs(page)
    chart = sideways(
        page.book,
        "Change needed to reach the goal",
        Area(page.name, first, _LABEL, first + len(LEVERS) - 1, _LABEL),
        (
            Shown(
                "Alone", Area(page.name, first, _ALONE, first + 3, _ALONE), DRAWN_CHANGE, styles.ACCENT, labels=True
            ),
            Shown(
                "All four",
                Area(page.name, first, _EVEN, first + 3, _EVEN),
                DRAWN_CHANGE,
                styles.PALE_BLUE,
                labels=True,
            ),
        ),
        told="Bars of the change that each lever needs to reach the goal, alone and when all four share it.",
        signed=True,
    )
    page.chart(chart, pairs, _EVEN, page.width(_EVEN, _SAYS) - 20, (page.row - pairs) * 22 - 8, shift=20)
    _add_checks(page, first)


_NEEDS: Final = (
    "Alone: the other three stay as they are. Shared: all four become better by the same proportion. A win rate "
    "cannot pass 100 %."
)
_PAIRS: Final = (
    "Velocity per day at each win rate and cycle, the middle ones as they are now; opportunities and deal stay. "
    "✓ and bold: reaches the goal."
)
_TARGET: Final = Field(
    "velocity_target",
    "Velocity to reach",
    Unit.MONEY_PER_DAY,
    hint="The velocity per day that both heads want to reach.",
)
_STEPS: Final = (
    Field("pair_win_rate_step", "Step of the win rate", Unit.SHARE, 0.02, hint="Distance of two lines of the table."),
    Field("pair_cycle_step", "Step of the cycle", Unit.DAYS, 10, hint="Distance of two columns of the table."),
)


def _place_cards(page: TemplatePage) -> None:
    place_cards(
        page,
        (
            Card("Velocity per day", "=after_velocity", Unit.MONEY_PER_DAY, "=after_period"),
            Card(
                "To reach",
                '=IF(velocity_target="","",velocity_target)',
                Unit.MONEY_PER_DAY,
                '=IF(velocity_target="","Enter the velocity to reach below","per day")',
            ),
            Card(
                "Missing, per day",
                '=IF(goal_gap="","",MAX(0,goal_gap))',
                Unit.MONEY_PER_DAY,
                '=IF(goal_gap="","",IF(goal_gap<=0,"reached already",'
                f'IF(N(after_velocity)=0,"",{percent_words("goal_gap/after_velocity", signed=True)})))',
            ),
        ),
        span=2,
    )
    top = page.row - 4
    page.row = top
    place_cards(
        page,
        (
            Card(
                "If all four levers share it",
                '=IF(goal_ready,SQRT(SQRT(goal_ratio))-1,"")',
                Unit.SHARE,
                _SHARE_NOTE,
                "goal_share",
                number_format=CHANGE,
            ),
        ),
        left=_EVEN,
        span=2,
    )


_SHARE_NOTE: Final = (
    '=IF(NOT(goal_ready),"",IF(COUNT(goal_shared)<ROWS(goal_shared),"but the win rate would pass 100 %",'
    '"more opportunities, deal and win rate each, and the cycle shorter in proportion"))'
)


def _place_levers(page: TemplatePage) -> int:
    top = page.row
    place_headings(page, top, _LEFT, _HEADINGS, (0, 1, 7))
    for number, one in enumerate(LEVERS):
        _place_lever(page, top + 1 + number, one)
    row = top + 1 + len(LEVERS)
    place_line(
        page,
        row,
        _LEFT,
        (
            Words("Gap to the goal", quiet=True),
            Words('=currency&"/day"', quiet=True),
            Figure(
                '=IF(OR(after_velocity="",velocity_target=""),"",velocity_target-after_velocity)', GAIN, "goal_gap"
            ),
            Words("Both above 0?", quiet=True, apart=True),
            Figure("=N(AND(N(after_velocity)>0,N(velocity_target)>0))", YES, "goal_ready"),
            Words("Goal ÷ now", quiet=True, apart=True),
            Figure('=IF(goal_ready,velocity_target/after_velocity,"")', "0.000", "goal_ratio"),
            Words(""),
        ),
    )
    for name, column in (("goal_needed", _NEEDED), ("goal_shared", _SHARED)):
        page.book.name_area(name, Area(page.name, top + 1, column, top + len(LEVERS), column))
    page.row = row + 1
    return top + 1


def _place_lever(page: TemplatePage, row: int, one: LeverWords) -> None:
    level = f"after_{one.lever}"
    shape = "#,##0.0" if one.lever is Lever.OPPORTUNITIES else one.shape
    needed, shared = absolute(row, _NEEDED), absolute(row, _SHARED)
    can = "goal_ready"
    part = f"{level}*SQRT(SQRT(goal_ratio))"
    needs = f'VELOCITY_GOAL(velocity_target,"{one.lever}",{NOW})'
    if one.lever is Lever.WIN_RATE:  # a rate over 100 % by the last bit of a number is an error, too
        can, needs = f"IF(goal_ready,{level}*goal_ratio<=1,FALSE)", f'IFERROR({needs},"")'
    if one.lever is Lever.CYCLE_DAYS:
        part = f"{level}/SQRT(SQRT(goal_ratio))"
    capped = f'IF({part}>1,"",{part})' if one.lever is Lever.WIN_RATE else part
    cells = (
        Words(one.label),
        Words(one.line, quiet=True),
        Figure(f"={level}", one.shape),
        Figure(
            f'=IF({can},{needs},"")',
            shape,
            f"goal_{one.lever}",
            bold=True,
        ),
        Figure(f'=IF({needed}="","",{needed}/{level}-1)', CHANGE),
        Figure(f'=IF(goal_ready,{capped},"")', shape),
        Figure(f'=IF({shared}="","",{shared}/{level}-1)', CHANGE),
        Words(_sentence(one, needed), apart=True),
    )
    place_line(page, row, _LEFT, cells)


def _sentence(one: LeverWords, needed: str) -> str:
    level = f"after_{one.lever}"
    by = {
        Lever.OPPORTUNITIES: f'FIXED(ROUNDUP(ROUND({needed}-{level},6),0),0)&" more open opportunities"',
        Lever.AVERAGE_DEAL: f'FIXED({needed}-{level},0)&" "&currency&" more per deal"',
        Lever.WIN_RATE: f'FIXED(100*({needed}-{level}),1)&" percentage points more deals won"',
        Lever.CYCLE_DAYS: f'FIXED({level}-{needed},1)&" days less from created to closed"',
    }[one.lever]
    unreachable = f'"Not reachable: the win rate would have to be "&{percent_words(f"{level}*goal_ratio")}'
    start = f'=IF(NOT(goal_ready),"",IF(goal_gap<=0,"Reached already",IF({needed}=""'
    return f"{start},{unreachable if one.lever is Lever.WIN_RATE else chr(34) * 2},{by})))"


def _place_pairs(page: TemplatePage) -> None:
    top = page.row
    look = replace(styles.HEADING, fill=styles.PANEL, align="right")
    page.text(top, _LABEL, "Win rate ↓   cycle days →", replace(look, align="left"))
    for number in range(_CYCLES):
        step = f"{number - _CYCLES // 2}*pair_cycle_step"
        level = f"after_cycle_days+{step}"
        page.calc(
            top,
            _UNIT + number,
            f'=IF(after_velocity="","",IF({level}>0,{level},""))',
            replace(look, number_format="#,##0.0"),
        )
    for number in range(_RATES):
        row = top + 1 + number
        rate = f"after_win_rate+{_RATES // 2 - number}*pair_win_rate_step"
        inside = f"AND(ROUND({rate},9)>0,ROUND({rate},9)<=1)"
        page.calc(
            row,
            _LABEL,
            f'=IF(after_velocity="","",IF({inside},{rate},""))',
            replace(styles.BODY, bold=True, align="left", number_format="0.0 %", bottom=styles.RULE),
        )
        for at in range(_UNIT, _UNIT + _CYCLES):
            _place_pair(page, row, at, absolute(row, _LABEL), absolute(top, at))
    area = Area(page.name, top + 1, _UNIT, top + _RATES, _UNIT + _CYCLES - 1)
    first = f"{absolute(top + 1, _UNIT)}".replace("$", "")
    reached = page.book.workbook.add_format({"bold": True, "font_color": styles.ACCENT, "num_format": '"✓ "#,##0'})
    page.sheet.conditional_format(
        area.top,
        area.left,
        area.bottom,
        area.right,
        {
            "type": "formula",
            "criteria": f"=AND(N({first})>0,N(velocity_target)>0,{first}>=velocity_target)",
            "format": reached,
        },
    )
    heat(page, area)
    page.row = top + _RATES + 2


def _place_pair(page: TemplatePage, row: int, column: int, rate: str, cycle: str) -> None:
    velocity = velocity_with({Lever.WIN_RATE: rate, Lever.CYCLE_DAYS: cycle})
    look = replace(styles.BODY, align="right", number_format=VELOCITY, bottom=styles.RULE)
    page.calc(row, column, f'=IF(OR({rate}="",{cycle}=""),"",{velocity})', look)


def _add_checks(page: TemplatePage, first: int) -> None:
    for number, one in enumerate(LEVERS):
        cell = f"{page.name}!{absolute(first + number, _NEEDED)}"
        page.book.check(
            f"The goal is reached with the needed {one.label.lower()}",
            f'IF({cell}="",TRUE,ROUND({velocity_with({one.lever: cell})}-velocity_target,2)=0)',
        )
