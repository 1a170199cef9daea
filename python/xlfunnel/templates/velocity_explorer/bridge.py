"""The Bridge sheet: what each lever added to velocity between two periods, to the last cent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.metrics.velocity import Lever
from xlfunnel.templates.blocks import Card, place_cards, place_title
from xlfunnel.templates.drawings import Shown, Steps, sideways, waterfall
from xlfunnel.templates.velocity_explorer.levers import (
    CHANGE,
    GAIN,
    LEVERS,
    VELOCITY,
    YES,
    Figure,
    Words,
    absolute,
    percent_words,
    place_chart_title,
    place_headings,
    place_line,
    signed_words,
)
from xlfunnel.templates.velocity_explorer.ranking import Ranked, size_formula
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.velocity_explorer.levers import LeverWords

_LEFT: Final = 1
_HEADINGS: Final = (
    "Lever", "Unit", "Before", "After", "Change", "Added per day", "Share of before", "Index", "Size", "Place",
)  # fmt: skip
(_LABEL, _UNIT, _BEFORE, _AFTER, _CHANGE, _ADDED, _OF, _INDEX, _SIZE, _PLACE) = range(_LEFT, _LEFT + len(_HEADINGS))
_DRAWN: Final = ("Step", "Figure", "Ends at", "Base", "Whole", "More", "Less")
(_STEP, _FIGURE, _ENDS, _BASE, _WHOLE, _MORE, _LESS) = range(_LEFT, _LEFT + len(_DRAWN))
_CHART_ROWS: Final = 13


def write_bridge(page: TemplatePage) -> None:
    """Write the sheet."""
    for column, wide in ((_LABEL, 190), (_UNIT, 88), *((at, 106) for at in range(_BEFORE, _PLACE + 1))):
        page.fix(column, wide)
    _place_cards(page)
    chart_top = page.row
    page.row += _CHART_ROWS + 1
    place_title(page, "What each lever added", _PARTS, right=_PLACE)
    ranked = _place_levers(page)
    page.row += 1
    place_title(page, "What the chart draws", "The levers in order, the largest gain first.", right=_PLACE)
    steps = _place_steps(page, ranked)
    _place_charts(page, chart_top, ranked, steps)
    _add_checks(page)


_PARTS: Final = (
    "The periods are chosen on Periods. Each part is the logarithmic mean of both velocities times the logarithm "
    "of after ÷ before of its lever: the parts add up to the change, nothing is left over, and no order of the "
    "levers is preferred."
)


def _place_cards(page: TemplatePage) -> None:
    top = page.row
    place_cards(
        page,
        (
            Card(
                "Before, per day",
                "=before_velocity",
                Unit.MONEY_PER_DAY,
                '=IF(bridge_ready,before_period,"Choose two periods on Periods, each lever above 0")',
            ),
            Card("After, per day", "=after_velocity", Unit.MONEY_PER_DAY, "=after_period"),
            Card(
                "Change, per day",
                "=velocity_change",
                Unit.MONEY_PER_DAY,
                f'=IF(velocity_index="","",{percent_words("(velocity_index-1)", signed=True)})',
                number_format=GAIN,
            ),
            Card("Helped most", _name_of(_FIRST, ">"), Unit.TEXT, _note_of(_FIRST, ">"), "helped_most"),
            Card("Held back most", _name_of(_LAST, "<"), Unit.TEXT, _note_of(_LAST, "<"), "held_back_most"),
        ),
        span=2,
    )
    page.row = top + 4


_FIRST: Final = "MATCH(1,bridge_places,0)"
_LAST: Final = "MATCH(ROWS(bridge_places),bridge_places,0)"


def _name_of(place: str, sign: str) -> str:
    part = f"INDEX(bridge_parts,{place})"
    return f'=IF(bridge_ready,IF({part}{sign}0,INDEX(bridge_names,{place}),"nothing"),"")'


def _note_of(place: str, sign: str) -> str:
    part = f"INDEX(bridge_parts,{place})"
    return f'=IF(bridge_ready,IF({part}{sign}0,{signed_words(part)}&" per day",""),"")'


def _place_levers(page: TemplatePage) -> Ranked:
    top = page.row
    place_headings(page, top, _LEFT, _HEADINGS, (0, 1))
    page.height(top, 18)
    ranked = Ranked(top + 1, len(LEVERS), _SIZE, _PLACE)
    for number, one in enumerate(LEVERS):
        _place_lever(page, ranked, top + 1 + number, number, one)
    for name, column in (
        ("bridge_names", _LABEL),
        ("bridge_parts", _ADDED),
        ("bridge_indexes", _INDEX),
        ("bridge_places", _PLACE),
    ):
        page.book.name_area(name, Area(page.name, top + 1, column, top + len(LEVERS), column))
    row = top + 1 + len(LEVERS)
    cells = (
        Words("Velocity", bold=True),
        Words('=currency&"/day"', quiet=True),
        Figure("=before_velocity", VELOCITY, bold=True),
        Figure("=after_velocity", VELOCITY, bold=True),
        Figure('=IF(velocity_index="","",velocity_index-1)', CHANGE, bold=True),
        Figure('=IF(bridge_ready,SUM(bridge_parts),"")', _CENTS, "bridge_total", bold=True),
        Figure('=IF(bridge_ready,bridge_total/before_velocity,"")', CHANGE, bold=True),
        Figure("=velocity_index", "0.000", bold=True),
        Words("All above 0?", quiet=True, apart=True),
        Figure(_READY, YES, "bridge_ready"),
    )
    place_line(page, row, _LEFT, cells)
    page.row = row + 1
    return ranked


_CENTS: Final = '"+"#,##0.00;"−"#,##0.00;0.00'
_READY: Final = (
    "=N(IF(COUNT(before_levers,after_levers)=ROWS(before_levers)+ROWS(after_levers),"
    "MIN(before_levers,after_levers)>0,FALSE))"
)


def _place_lever(page: TemplatePage, ranked: Ranked, row: int, number: int, one: LeverWords) -> None:
    before, after, added = (absolute(row, column) for column in (_BEFORE, _AFTER, _ADDED))
    ratio = f"{before}/{after}" if one.lever is Lever.CYCLE_DAYS else f"{after}/{before}"
    cells = (
        Words(one.label),
        Words(one.line, quiet=True),
        Figure(f"=before_{one.lever}", one.shape),
        Figure(f"=after_{one.lever}", one.shape),
        Figure(f'=IF(OR({before}="",{after}="",N({before})=0),"",{after}/{before}-1)', CHANGE),
        Figure(
            f'=IF(bridge_ready,INDEX(VELOCITY_BRIDGE(before_levers,after_levers),{number + 2},4),"")',
            _CENTS,
            f"added_{one.lever}",
            bold=True,
        ),
        Figure(f'=IF(bridge_ready,{added}/before_velocity,"")', CHANGE),
        Figure(f'=IF(bridge_ready,{ratio},"")', "0.000"),
        Figure(size_formula(added, added), GAIN),
        Figure(ranked.place_formula(row), "0"),
    )
    place_line(page, row, _LEFT, cells)


def _place_steps(page: TemplatePage, ranked: Ranked) -> tuple[int, int]:
    """Write the steps from before to after; gives their first and last row."""
    top = page.row
    place_headings(page, top, _LEFT, _DRAWN)
    first, last = top + 1, top + 2 + len(LEVERS)
    for row in range(first, last + 1):
        _place_step(page, ranked, row, first, last)
    page.row = last + 3
    return first, last


def _place_step(page: TemplatePage, ranked: Ranked, row: int, first: int, last: int) -> None:
    figure, ends, step = absolute(row, _FIGURE), absolute(row, _ENDS), absolute(row, _STEP)
    before = absolute(row - 1, _ENDS)
    if row in {first, last}:
        side = "before" if row == first else "after"
        parts = (f'=IF(bridge_ready,{side}_period,"")', f'=IF(bridge_ready,{side}_velocity,"")', f"={figure}")
        drawn = ('=""', f"={figure}", '=""', '=""')
    else:
        place = f"ROWS({absolute(first + 1, _STEP)}:{step})"
        parts = (
            f'=IF(bridge_ready,{ranked.in_place(place, _LABEL)},"")',
            f'=IF(bridge_ready,{ranked.in_place(place, _ADDED)},"")',
            f'=IF(bridge_ready,{before}+{figure},"")',
        )
        drawn = (
            f'=IF(bridge_ready,MIN({before},{ends}),"")',
            '=""',
            f'=IF(N({figure})>0,{figure},"")',
            f'=IF(N({figure})<0,-{figure},"")',
        )
    shape = VELOCITY if row in {first, last} else GAIN
    cells = (
        Words(parts[0]),
        Figure(parts[1], shape),
        Figure(parts[2], VELOCITY),
    )
    place_line(page, row, _LEFT, (*cells, *(Figure(one, VELOCITY) for one in drawn)))


def _place_charts(page: TemplatePage, top: int, ranked: Ranked, steps: tuple[int, int]) -> None:
    first, last = steps

    def area(column: int) -> Area:
        return Area(page.name, first, column, last, column)

    before = "From the velocity before to the velocity after, "
    bridge = waterfall(
        page.book,
        place_chart_title(page, last + 1, _LEFT, before, " per day"),
        Steps(area(_STEP), area(_BASE), area(_WHOLE), area(_MORE), area(_LESS)),
        told="A waterfall from the velocity before to the velocity after, with a column for what each lever added.",
    )
    index = sideways(
        page.book,
        "Index of each lever: over 1 helped",
        Area(page.name, ranked.top, _LABEL, ranked.top + ranked.lines, _LABEL),
        (
            Shown(
                "Index",
                Area(page.name, ranked.top, _INDEX, ranked.top + ranked.lines, _INDEX),
                "0.00",
                styles.PALE_BLUE,
                labels=True,
            ),
        ),
        told="Bars of after divided by before for each lever, the cycle the other way round, and for velocity.",
    )
    whole = page.width(_LEFT, _PLACE)
    page.chart(bridge, top, _LEFT, whole * 0.66, _CHART_ROWS * 22)
    page.chart(index, top, _LEFT, whole * 0.33, _CHART_ROWS * 22, shift=whole * 0.67)


def _add_checks(page: TemplatePage) -> None:
    page.book.check(
        "What the levers added is the whole change of velocity",
        "IF(bridge_ready,ROUND(SUM(bridge_parts)-velocity_change,6)=0,TRUE)",
    )
    page.book.check(
        "Velocity's index is the product of the levers' indexes",
        "IF(bridge_ready,ROUND(PRODUCT(bridge_indexes)-velocity_index,9)=0,TRUE)",
    )
