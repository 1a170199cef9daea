"""The Periods sheet: what each period's velocity is made of, its range, and which two periods are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import BASES, Card, Col, place_cards, place_note, place_table
from xlfunnel.templates.book import Rule
from xlfunnel.templates.velocity_explorer.drawing import columns_with_ranges
from xlfunnel.templates.velocity_explorer.levers import (
    CHANGE,
    EMPTY,
    GAIN,
    LEVERS,
    VELOCITY,
    Entry,
    Figure,
    Words,
    absolute,
    money_words,
    percent_words,
    place_headings,
    place_line,
    velocity_with,
)
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.velocity_explorer.latest import Latest

PERIODS: Final = "Periods"
"""The table of periods, and its sheet."""

_ROOM: Final = 15
"""Rows of a blank workbook: a year of months, and three more."""

_LEFT: Final = 1
_BLOCK: Final = 12
"""Where the block of the two compared periods begins; the chart stands left of it."""

_CHART_ROWS: Final = 13
_ROW = "ROW()-ROW(Periods[[#Headers],[Period]])"
_RANGE_WORDS: Final = (
    f'IF(after_low="","no range yet",{money_words("after_low")}&" to "&{money_words("after_high")}&" by chance")'
)


def write_periods(page: TemplatePage) -> int:
    """Write the sheet; gives the row that is kept free for its chart."""
    _place_cards(page)
    top = page.row
    page.row = top + _CHART_ROWS + 1
    place_note(
        page,
        "One row per period, in order of time: the opportunities open at its end, and the deals closed in the window "
        "before it (the window is set on Definitions). Spread is the standard deviation: of the amounts won, and of "
        "the cycle of all closed deals. Type the next period into the first free row.",
        right=15,
    )
    given = len(page.book.contents.tables.get(PERIODS, ()))
    table = place_table(page, PERIODS, _columns(), spare=max(3, _ROOM - given))
    for column, wide in ((_LEFT, 96), (_BLOCK, 92), (_BLOCK + 1, 92), (table.right - 1, 200)):
        page.widen(column, wide)
    page.book.name_area("period_names", table.area("Period"))
    _place_comparison(page, top)
    _add_checks(page, table)
    return top


def draw_periods(page: TemplatePage, row: int, latest: Latest) -> None:
    """Draw the latest periods into the rows that were kept free."""
    chart = columns_with_ranges(page.book, latest.title, latest.ranges, told=_CHART_TOLD)
    page.chart(chart, row, _LEFT, page.width(_LEFT, _BLOCK - 2) + 40, _CHART_ROWS * 22)


_CHART_TOLD: Final = (
    "Columns of velocity per day for the latest twelve periods, each with the range in which chance alone could have "
    "put it; the two periods that are compared are dark."
)


def _place_cards(page: TemplatePage) -> None:
    """Write the answer first."""
    range_note = f'=IF(after_velocity="","Enter a period in the table below",after_period&": "&{_RANGE_WORDS})'
    unsure = (
        f'=IF(after_reach="","needs both spreads and 2 won deals",'
        f'"with "&{percent_words("interval_confidence")}&" confidence")'
    )
    place_cards(
        page,
        (
            Card("Velocity per day", "=after_velocity", Unit.MONEY_PER_DAY, range_note),
            Card("Velocity per day, before", "=before_velocity", Unit.MONEY_PER_DAY, "=before_period"),
            Card(
                "Change",
                "=velocity_change",
                Unit.MONEY_PER_DAY,
                '=IF(velocity_change="","","of which by lever: see Bridge")',
                number_format=GAIN,
            ),
            Card("Index (before = 1)", "=velocity_index", Unit.RATIO, "=change_verdict"),
            Card("Range of chance, up to", "=after_reach", Unit.SHARE, unsure, number_format=CHANGE),
        ),
        span=3,
        right=_LEFT + len(_columns()) - 1,
    )


def _columns() -> tuple[Col, ...]:
    win_rate = (
        '=IF([@Period]="","",IF(OR(COUNT([@Won],[@Lost])<2,SUM([@Won],[@Lost],[@[No decision]])=0),"",'
        "WIN_RATE([@Won],[@Lost],N([@[No decision]]))))"
    )
    velocity = (
        '=IF(OR([@Period]="",COUNT([@[Open opportunities]],[@[Average deal]],[@[Win rate]],[@[Cycle days]])<'
        'ROWS(after_levers),N([@[Cycle days]])<=0),"",'
        "SALES_VELOCITY([@[Open opportunities]],[@[Average deal]],[@[Win rate]],[@[Cycle days]]))"
    )
    return (
        Col("Period", hint="Such as 2026-09 or 2026-Q3; the name that the lists show.", number_format="@"),
        Col("Open opportunities", Unit.COUNT, hint="Qualified opportunities open at the end of the period."),
        Col("Won", Unit.COUNT, hint="Deals won in the window, whole deals."),
        Col("Lost", Unit.COUNT, hint="Deals lost in the window, whole deals."),
        Col("No decision", Unit.COUNT, hint="Deals closed without a decision; blank is none."),
        Col("Average deal", Unit.MONEY, hint="Mean amount of the deals won."),
        Col("Deal spread", Unit.MONEY, hint="Standard deviation of the amounts won (STDEV.S)."),
        Col("Cycle days", Unit.DAYS, hint="Mean days from created to closed, over all closed deals; over 0."),
        Col("Cycle spread", Unit.DAYS, hint="Standard deviation of those days (STDEV.S)."),
        Col("Comes from", hint="Measured from the CRM, agreed by both heads, or estimated.", choices=BASES),
        Col("Since", Unit.DATE, hint="The day on which the figures were taken or agreed."),
        Col("Win rate", Unit.SHARE, formula=win_rate),
        Col("Velocity", Unit.MONEY_PER_DAY, formula=velocity, bold=True),
        Col("Low", Unit.MONEY_PER_DAY, formula=_from_uncertainty("Low")),
        Col("High", Unit.MONEY_PER_DAY, formula=_from_uncertainty("High")),
        Col(
            "Index",
            Unit.RATIO,
            unit_line="before = 1",
            formula='=IF(OR([@Velocity]="",N(before_velocity)=0),"",[@Velocity]/before_velocity)',
        ),
        Col("To do", formula=_TO_DO),
    )


def _from_uncertainty(column: str) -> str:
    return f'=IF([@Velocity]="","",INDEX(Uncertainty[{column}],{_ROW}))'


_TO_DO: Final = (
    f'=IF([@Period]="","",IF(MATCH([@Period],Periods[Period],0)<{_ROW},"this name stands above already",'
    'IF([@[Win rate]]="","enter won and lost",IF([@Velocity]="","enter what velocity is made of",'
    'IF([@Low]="","no range: enter both spreads","")))))'
)


def _place_comparison(page: TemplatePage, top: int) -> None:
    """Write the two compared periods side by side, lever by lever; they are chosen here."""
    left = _BLOCK
    before, after = left + 2, left + 3
    page.text(top, left, "What changed?", styles.SECTION)
    row = top + 1
    place_headings(page, row, left, ("", "", "Before", "After", "Change"), (0, 1))
    hint = "Choose a period; blank takes the first, or the latest."
    rule = Rule.of(Unit.TEXT, hint, "=period_names")
    choice = (
        Words("Choose periods"),
        Words(""),
        Entry("compare_before", rule, "@"),
        Entry("compare_after", rule, "@"),
    )
    place_line(page, row + 1, left, (*choice, Words("")))
    place_line(
        page,
        row + 2,
        left,
        (
            Words("Compared", quiet=True),
            Words(""),
            Figure(_resolved("before"), name="before_period"),
            Figure(_resolved("after"), name="after_period"),
            Words(""),
        ),
    )
    for number, one in enumerate(LEVERS):
        at = row + 3 + number
        old, new = absolute(at, before), absolute(at, after)
        cells = (
            Words(one.label),
            Words(one.line, quiet=True),
            Figure(_level("before", one.column), one.shape, f"before_{one.lever}"),
            Figure(_level("after", one.column), one.shape, f"after_{one.lever}"),
            Figure(_changed(old, new), CHANGE),
        )
        place_line(page, at, left, cells)
    for side, column in (("before", before), ("after", after)):
        page.book.name_area(f"{side}_levers", Area(page.name, row + 3, column, row + 6, column))
    at = row + 7
    cells = (
        Words("Velocity", bold=True),
        Words('=currency&"/day"', quiet=True),
        Figure(_velocity("before"), VELOCITY, "before_velocity", bold=True),
        Figure(_velocity("after"), VELOCITY, "after_velocity", bold=True),
        Figure(_changed("before_velocity", "after_velocity"), CHANGE, bold=True),
    )
    place_line(page, at, left, cells)
    missing = 'OR(before_velocity="",after_velocity="")'
    for offset, (words, formula, shape, name) in enumerate(
        (
            ("Change of velocity", f'=IF({missing},"",after_velocity-before_velocity)', GAIN, "velocity_change"),
            (
                "Index (before = 1)",
                '=IF(OR(after_velocity="",N(before_velocity)=0),"",after_velocity/before_velocity)',
                "0.0000",
                "velocity_index",
            ),
        ),
        start=1,
    ):
        place_line(page, at + offset, left, (Words(words), EMPTY, EMPTY, Figure(formula, shape, name), EMPTY))
    _place_rows(page, at + 3, left)


def _place_rows(page: TemplatePage, row: int, left: int) -> None:
    """Write where the compared periods stand in the table, and how many it holds."""
    places = (
        Figure(_position("before", "1"), "0;;", "before_row"),
        Figure(_position("after", "periods_count"), "0;;", "after_row"),
    )
    place_line(page, row, left, (Words("Row of the table", quiet=True), EMPTY, *places, EMPTY))
    count = Figure("=COUNTA(Periods[Period])", "0;;", "periods_count")
    place_line(page, row + 1, left, (Words("Periods in the table", quiet=True), EMPTY, EMPTY, count, EMPTY))


def _resolved(side: str) -> str:
    return f'=IF({side}_row=0,"",INDEX(Periods[Period],{side}_row)&"")'


def _position(side: str, otherwise: str) -> str:
    found = f"IFERROR(MATCH(compare_{side},Periods[Period],0),0)"
    return f'=IF(periods_count=0,0,IF(compare_{side}="",{otherwise},{found}))'


def _level(side: str, column: str) -> str:
    cell = f"INDEX(Periods[{column}],{side}_row)"
    return f'=IF({side}_row=0,"",IF(COUNT({cell})=0,"",{cell}))'


def _velocity(side: str) -> str:
    missing = f"OR(COUNT({side}_levers)<ROWS({side}_levers),N({side}_cycle_days)<=0)"
    return f'=IF({missing},"",{velocity_with({}, side)})'


def _changed(old: str, new: str) -> str:
    return f'=IF(OR({old}="",{new}="",N({old})=0),"",{new}/{old}-1)'


def _add_checks(page: TemplatePage, table: Placed) -> None:
    book = page.book
    book.check("Each period has a name of its own", 'COUNTIF(Periods[To do],"this name stands above already")=0')
    book.check("The periods stand without a gap", 'IF(periods_count=0,TRUE,INDEX(Periods[Period],periods_count)<>"")')
    book.check("Each period has its row on Uncertainty", "ROWS(Periods[Period])=ROWS(Uncertainty[Period])")
    book.check("The periods to compare are in the list", "OR(periods_count=0,MIN(before_row,after_row)>0)")
    book.check(
        "Velocity × cycle is opportunities × average deal × win rate",
        'IF(after_velocity="",TRUE,ROUND(after_velocity*after_cycle_days-'
        "after_opportunities*after_average_deal*after_win_rate,2)=0)",
    )
    book.check(
        "No velocity lies outside its own range",
        f"AND({_inside('Low', 'Velocity')},{_inside('Velocity', 'High')})",
    )
    columns = Area(page.name, table.top + 1, table.left, table.below + _ROWS_BELOW, table.right - 1)
    book.check(
        "Nothing stands below the table of periods", f"COUNTA({columns.reference})=COUNTA(Periods[[Period]:[To do]])"
    )


_ROWS_BELOW: Final = 200
"""How far below the table the check looks; the table may grow into these rows."""


def _inside(low: str, high: str) -> str:
    return f'SUMPRODUCT((Uncertainty[{low}]<>"")*(Uncertainty[{low}]>Uncertainty[{high}]))=0'
