"""The Sensitivity sheet: what each lever adds when it becomes better, and what several changes at once give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.metrics.velocity import Lever
from xlfunnel.templates.blocks import Card, Field, place_cards, place_fields, place_title
from xlfunnel.templates.book import Rule
from xlfunnel.templates.drawings import Shown, tornado
from xlfunnel.templates.velocity_explorer.levers import (
    CHANGE,
    DRAWN_GAIN,
    EMPTY,
    GAIN,
    LEVERS,
    NOW,
    VELOCITY,
    Entry,
    Figure,
    Words,
    absolute,
    percent_words,
    place_chart_title,
    place_headings,
    place_line,
    velocity_with,
)
from xlfunnel.templates.velocity_explorer.ranking import Ranked, size_formula
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.velocity_explorer.levers import LeverWords, Line

_LEFT: Final = 1
_HEADINGS: Final = (
    "Lever", "Unit", "Now", "Own step", "Step", "Better by the step", "Velocity", "Gain", "Worse by the step",
    "Velocity", "Loss", "Size", "Place",
)  # fmt: skip
(_LABEL, _UNIT, _NOW, _OWN, _STEP, _BETTER, _UP, _GAIN, _WORSE, _DOWN, _LOSS, _SIZE, _PLACE) = range(
    _LEFT, _LEFT + len(_HEADINGS)
)
_CHART_ROWS: Final = 12
_DRAWN: Final = 9
"""The column where the lines begin that the chart draws."""


def write_sensitivity(page: TemplatePage) -> None:
    """Write the sheet."""
    for column, wide in ((_LABEL, 190), (_UNIT, 64), *((at, 84) for at in range(_NOW, _PLACE + 1))):
        page.fix(column, wide)
    _place_cards(page)
    chart_top = page.row
    page.row += _CHART_ROWS + 1
    place_title(page, "Each lever alone", _EACH, right=_PLACE)
    place_fields(page, (_STEP_FIELD,))
    page.fix(_LABEL, 190)
    page.fix(_UNIT, 76)
    page.row += 1
    ranked = _place_levers(page)
    page.row += 1
    mix_top = page.row
    place_title(page, "Several at once", _SEVERAL, right=_GAIN)
    _place_mix(page)
    below, page.row = page.row, mix_top
    title, (names, worse, better) = _place_drawn(page, ranked)
    page.row = max(below, page.row)
    chart = tornado(
        page.book,
        title,
        names,
        Shown("Worse", worse, DRAWN_GAIN, styles.ORANGE, labels=True),
        Shown("Better", better, DRAWN_GAIN, styles.ACCENT, labels=True),
        told="Bars of what velocity loses and gains by each lever, the largest on top.",
    )
    page.chart(chart, chart_top, _LEFT, page.width(_LEFT, _PLACE), _CHART_ROWS * 22)
    _add_checks(page, ranked)


_EACH: Final = (
    "One lever moves, the others stay: every lever by the common step, or by an own step where one is written. A "
    "better cycle is a shorter one. At the same step opportunities, deal and win rate weigh the same, and the "
    "cycle a little more: what decides is how far each can really be moved. A win rate is held at 100 %."
)
_SEVERAL: Final = (
    "Changes that come together, up or down: −40 % as win rate and +30 % as cycle days is what it costs when "
    "marketing and sales pull apart."
)
_STEP_FIELD: Final = Field(
    "better_by", "Common step", Unit.SHARE, 0.1, hint="How much better each lever becomes, under 100 %.", unit_line=""
)


def _place_cards(page: TemplatePage) -> None:
    first = 'IFERROR(INDEX(lever_names,MATCH(1,lever_places,0)),"")'
    step = percent_words("INDEX(lever_steps,MATCH(1,lever_places,0))")
    none = 'IF(COUNT(lever_places)=0,"enter a step under 100 %",'
    by = f'=IF(after_velocity="","Enter a period on Periods",{none}"by "&{step}))'
    place_cards(
        page,
        (
            Card("Velocity per day", "=after_velocity", Unit.MONEY_PER_DAY, "=after_period"),
            Card("Moves it most", f"={first}", Unit.TEXT, by, "largest_lever"),
            Card(
                "and adds, per day",
                '=IF(COUNT(lever_places)=0,"",INDEX(lever_gains,MATCH(1,lever_places,0)))',
                Unit.MONEY_PER_DAY,
                '=IF(largest_gain="","","by its step alone")',
                "largest_gain",
                number_format=GAIN,
            ),
            Card(
                "All levers at their steps",
                "=together_velocity",
                Unit.MONEY_PER_DAY,
                '=IF(together_velocity="","","each better at the same time")',
            ),
            Card(
                "Several at once, index",
                "=mix_index",
                Unit.RATIO,
                '=IF(mix_index="","","see below; now = 1")',
            ),
        ),
        span=2,
        right=_PLACE,
    )


_OWN_RULE: Final = Rule(
    {
        "validate": "decimal",
        "criteria": "between",
        "minimum": 0,
        "maximum": 0.99,
        "error_message": "A share from 0 % to 99 %: write 15 %, or 0.15.",
        "input_title": "",
        "input_message": "How much better this lever can become, under 100 %; blank takes the common step.",
    }
)


def _place_levers(page: TemplatePage) -> Ranked:
    top = page.row
    place_headings(page, top, _LEFT, _HEADINGS, (0, 1))
    page.height(top, 32)
    ranked = Ranked(top + 1, len(LEVERS), _SIZE, _PLACE)
    for number, one in enumerate(LEVERS):
        _place_lever(page, ranked, top + 1 + number, number, one)
    book = page.book
    for name, column in (
        ("lever_names", _LABEL),
        ("lever_steps", _STEP),
        ("lever_gains", _GAIN),
        ("lever_places", _PLACE),
    ):
        book.name_area(name, Area(page.name, top + 1, column, top + len(LEVERS), column))
    row = top + 1 + len(LEVERS)
    better = {one.lever: absolute(top + 1 + number, _BETTER) for number, one in enumerate(LEVERS)}
    missing = f"COUNT({absolute(top + 1, _BETTER)}:{absolute(row - 1, _BETTER)})<ROWS(after_levers)"
    velocity = f'=IF({missing},"",{velocity_with(better)})'
    total: Line = (
        Words("All together", bold=True),
        *[EMPTY] * (_UP - _UNIT),
        Figure(velocity, VELOCITY, "together_velocity", bold=True),
        Figure('=IF(together_velocity="","",together_velocity-after_velocity)', GAIN, "together_gain", bold=True),
    )
    place_line(page, row, _LEFT, total)
    page.row = row + 1
    return ranked


def _place_lever(page: TemplatePage, ranked: Ranked, row: int, number: int, one: LeverWords) -> None:
    own, step, worse, down = (absolute(row, column) for column in (_OWN, _STEP, _WORSE, _DOWN))
    gain, loss = absolute(row, _GAIN), absolute(row, _LOSS)
    missing = f'OR(after_velocity="",COUNT({step})=0,N({step})>=1)'
    level = f"after_{one.lever}"
    sign = "+" if one.lever is Lever.CYCLE_DAYS else "-"

    def cell(column: int) -> str:
        return f'=IF({missing},"",INDEX(VELOCITY_SENSITIVITY({NOW},{step}),{number + 2},{column}))'

    cells = (
        Words(one.label),
        Words(one.line, quiet=True),
        Figure(f"={level}", one.shape),
        Entry(f"step_{one.lever}", _OWN_RULE, "0.0 %"),
        Figure(f'=IF({own}="",IF(better_by="","",better_by),{own})', "0.0 %"),
        Figure(cell(2), one.shape),
        Figure(cell(3), VELOCITY),
        Figure(cell(4), GAIN, f"gain_{one.lever}", bold=True),
        Figure(f'=IF({missing},"",{level}*(1{sign}{step}))', one.shape),
        Figure(f'=IF({missing},"",{velocity_with({one.lever: worse})})', VELOCITY),
        Figure(f'=IF({missing},"",{down}-after_velocity)', GAIN),
        Figure(size_formula(f"{gain}-{loss}", gain), VELOCITY),
        Figure(ranked.place_formula(row), "0"),
    )
    place_line(page, row, _LEFT, cells)


def _place_mix(page: TemplatePage) -> None:
    top = page.row
    headings = ("Lever", "Unit", "Now", "Change", "New", "", "Velocity", "Index")
    place_headings(page, top, _LEFT, headings, (0, 1))
    at_least = {"validate": "decimal", "criteria": ">", "value": -1, "error_message": "A change over −100 %."}
    rule = Rule(
        at_least | {"input_title": "", "input_message": "How much it changes: −40 %, +30 %; blank is no change."}
    )
    new: dict[Lever, str] = {}
    for number, one in enumerate(LEVERS, start=1):
        row = top + number
        change, cell = f"mix_{one.lever}", absolute(row, _LEFT + 4)
        level = f"after_{one.lever}*(1+N({change}))"
        level = f"MIN(1,{level})" if one.lever is Lever.WIN_RATE else level
        missing = f'OR(after_velocity="",N({change})<=-1)'
        velocity = absolute(row, _LEFT + 6)
        new[one.lever] = cell
        cells = (
            Words(one.label),
            Words(one.line, quiet=True),
            Figure(f"=after_{one.lever}", one.shape),
            Entry(change, rule, CHANGE),
            Figure(f'=IF({missing},"",{level})', one.shape),
            Words(""),
            Figure(f'=IF({missing},"",{velocity_with({one.lever: cell})})', VELOCITY),
            Figure(f'=IF(OR({velocity}="",N(after_velocity)=0),"",{velocity}/after_velocity)', "0.0000"),
        )
        place_line(page, row, _LEFT, cells)
    row = top + len(LEVERS) + 1
    missing = f"COUNT({absolute(top + 1, _LEFT + 4)}:{absolute(row - 1, _LEFT + 4)})<ROWS(after_levers)"
    total: Line = (
        Words("All of them", bold=True),
        *[EMPTY] * 5,
        Figure(f'=IF({missing},"",{velocity_with(new)})', VELOCITY, "mix_velocity", bold=True),
        Figure(
            '=IF(OR(mix_velocity="",N(after_velocity)=0),"",mix_velocity/after_velocity)',
            "0.0000",
            "mix_index",
            bold=True,
        ),
    )
    place_line(page, row, _LEFT, total)
    page.row = row + 2


def _place_drawn(page: TemplatePage, ranked: Ranked) -> tuple[str, tuple[Area, Area, Area]]:
    """Write what the chart draws, largest first; gives its title, and where names, losses and gains stand."""
    place_title(page, "What the chart draws", "The levers in the order of their size.", left=_DRAWN + 1, right=_PLACE)
    top = page.row
    place_headings(page, top, _DRAWN, ("Place", "Lever", "", "Worse", "Better"), (1, 2))
    for number in range(1, len(LEVERS) + 1):
        row = top + number
        place = absolute(row, _DRAWN)
        step = ranked.in_place(place, _STEP)
        lever = ranked.in_place(place, _LABEL)
        name = f'=IF({lever}="","",{lever}&" ± "&FIXED(100*{step},0)&" %")'
        cells = (
            Figure(f"=ROWS({absolute(top + 1, _DRAWN)}:{place})", "0"),
            Words(name, apart=True),
            Words(""),
            Figure(f"={ranked.in_place(place, _LOSS)}", GAIN),
            Figure(f"={ranked.in_place(place, _GAIN)}", GAIN),
        )
        place_line(page, row, _DRAWN, cells)
    page.row = top + len(LEVERS) + 2
    first, last = top + 1, top + len(LEVERS)
    before = "Velocity lost and gained when each lever becomes worse or better by its step, "
    title = place_chart_title(page, last + 2, _DRAWN, before, " per day")
    names, worse, better = (Area(page.name, first, at, last, at) for at in (_DRAWN + 1, _DRAWN + 3, _DRAWN + 4))
    return title, (names, worse, better)


def _add_checks(page: TemplatePage, ranked: Ranked) -> None:
    book = page.book
    own = f"Sensitivity!{ranked.column(_OWN)}"
    common = f"INDEX(VELOCITY_SENSITIVITY({NOW},better_by),6,3)"
    book.check(
        "All levers together, each at the common step, give what the levers' new values give",
        f'IF(OR(COUNT({own})>0,together_velocity=""),TRUE,ROUND(together_velocity-{common},2)=0)',
    )
    book.check(
        "Each lever has a place of its own in the order of size",
        "SUM(lever_places)=COUNT(lever_places)*(COUNT(lever_places)+1)/2",
    )
