"""The Pace sheet: MQLs owed, received and worked, week by week."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from xlfunnel.templates.blocks import HEADING, Card, Col, place_cards, place_note
from xlfunnel.templates.book import Rule
from xlfunnel.templates.drawings import Shown, columns_with_line, flag
from xlfunnel.templates.quarterly_plan.following import (
    FROZEN,
    SEGMENT_WIDTH,
    between,
    carried,
    first_cell,
    place_following,
    summed,
)
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.book import Chart

TABLE: Final = "Received"
WEEKS: Final = tuple(range(1, 14))
_FIRST: Final = 4
"""The column of the first week, on the grid of all segments and in the table under it."""

_TOTAL: Final = _FIRST + len(WEEKS)
_LINE: Final = replace(styles.BODY, bottom=styles.RULE)
_NUMBER: Final = replace(_LINE, align="right", number_format="#,##0")
_ENTRY: Final = replace(styles.INPUT, align="right", number_format="#,##0")
_NOTE: Final = (
    "Type the MQLs that sales received each week, by segment, and how many of them sales worked; a refresh can write "
    "them, too. What is owed grows by the weights: leave them equal, or plan for a campaign and for holidays."
)


def week_of(number: int) -> str:
    """The heading of a week's column.

    >>> week_of(3)
    'Week 3'
    """
    return f"Week {number}"


def worked(number: int) -> str:
    """The name of the cell that holds how many MQLs sales worked in a week."""
    return f"worked_week_{number}"


def weight(number: int) -> str:
    """The name of the cell that says how much of the MQLs owed falls on a week, against the other weeks."""
    return f"weight_week_{number}"


_SAYS: Final = (
    '=IF([@Segment]="","",IF([@[MQLs owed]]="","enter targets and rates",IF(pace_weeks=0,"nothing received yet",'
    'IF(ROUND([@Gap],6)<0,"▲ "&ROUNDUP(-[@Gap],0)&" behind","✓ on pace"))))'
)
_WEEK_CELLS: Final = between(TABLE, week_of(WEEKS[0]), week_of(WEEKS[-1]))
_COLUMNS: Final = (
    Col("MQLs owed", Unit.COUNT, formula=carried(TABLE, "Plan", "MQLs owed"), width=64),
    Col("MQLs due", Unit.DATE, formula=carried(TABLE, "Plan", "MQLs due"), width=88),
    *(
        Col(week_of(number), Unit.COUNT, hint="MQLs that sales received in this week.", width=57)
        for number in WEEKS
    ),
    Col("Received", Unit.COUNT, width=70, bold=True,
        formula=f'=IF(OR([@Segment]="",COUNT({_WEEK_CELLS})=0),"",SUM({_WEEK_CELLS}))'),
    Col("Owed by then", Unit.COUNT, width=70, number_format="#,##0.0",
        formula='=IF(OR([@[MQLs owed]]="",pace_weeks=0),"",[@[MQLs owed]]*pace_share)'),
    Col("Gap", Unit.COUNT, width=60, number_format="+#,##0.0;-#,##0.0;0.0",
        formula='=IF([@[Owed by then]]="","",N([@Received])-[@[Owed by then]])'),
    Col("What it says", formula=_SAYS, width=130),
)  # fmt: skip


def place_pace(page: TemplatePage) -> None:
    """Write the weeks of the quarter, and under them what each segment received."""
    for column, wide in enumerate((SEGMENT_WIDTH, 64, 88, *(57 for _ in WEEKS), 70, 70, 60, 130), start=1):
        page.widen(column, wide)
    _place_cards(page)
    place_note(page, _NOTE, right=_TOTAL + 3)
    page.row += 1
    chart_row = page.row
    page.row += 15
    grid = _place_grid(page)
    page.row += 1
    placed = place_following(page, TABLE, _COLUMNS)
    page.frozen = FROZEN
    page.chart(_pace_chart(page, grid), chart_row, 1, page.width(1, _TOTAL + 3), 310)
    flag(page, placed.area("What it says"), f'=LEFT({first_cell(placed, "What it says")},1)="▲"')
    page.book.check(
        "What is owed by the last week is what is owed in all",
        f"ROUND({_there(page, grid['owed'], _TOTAL - 1)}-N(plan_mqls_owed),6)=0",
    )
    page.book.check(
        "Sales worked MQLs only in weeks up to the last one with MQLs received",
        f"ROUND(N(pace_worked)-MAX({_there(page, grid['worked'], _FIRST, _TOTAL - 1)}),6)=0",
    )
    page.book.check(
        "The weeks add up to what the segments received",
        f"ROUND(SUM({_there(page, grid['in week'], _FIRST, _TOTAL - 1)})-N(pace_received),6)=0",
    )


def _place_cards(page: TemplatePage) -> None:
    cards = (
        Card("RECEIVED SO FAR", summed(TABLE, "Received"), Unit.COUNT, _AFTER, "pace_received"),
        Card("OWED BY THEN", _OWED, Unit.COUNT, _OF_ALL, "pace_owed"),
        Card("GAP", _GAP, Unit.COUNT, _SAYS_ALL, "pace_gap",
             "+#,##0;-#,##0;0", "=AND(ISNUMBER(pace_gap),pace_gap<0)"),
        Card("SEGMENTS BEHIND", f'=COUNTIF({TABLE}[What it says],"▲*")', Unit.COUNT, "however well the total does",
             "pace_behind", alarm="=pace_behind>0"),
        Card("WORKED BY SALES", _WORKED_SUM, Unit.COUNT, _WORKED,
             "pace_worked"),
    )  # fmt: skip
    top = page.row
    for card, (left, span) in zip(cards, ((1, 1), (2, 3), (5, 4), (9, 4), (13, 4)), strict=True):
        page.row = top
        place_cards(page, (card,), left=left, span=span)


def _place_grid(page: TemplatePage) -> Mapping[str, int]:
    """Write the weeks of all segments together, and say in which row each line stands."""
    page.text(page.row, 1, "All segments", HEADING)
    for column in range(2, _TOTAL + 1):
        week = week_of(column - _FIRST + 1) if _FIRST <= column < _TOTAL else ""
        page.text(page.row, column, "Total" if column == _TOTAL else week, replace(HEADING, align="right"))
    page.row += 1
    rows = {line: page.row + number for number, line in enumerate(_LINES)}
    for line, row in rows.items():
        page.text(row, 1, _LINES[line], _LINE)
        for column in range(2, _TOTAL + 1):
            page.text(row, column, "", _LINE)
        for number in WEEKS:
            _place_week(page, rows, line, number)
    page.book.mark_example(page, rows["worked in week"], _FIRST, rows["worked in week"], _TOTAL - 1)
    for line in ("weight", "owed in week", "in week", "worked in week"):
        summed = xl_range_abs(rows[line], _FIRST, rows[line], _TOTAL - 1)
        page.calc(rows[line], _TOTAL, f"=SUM({summed})", replace(_NUMBER, bold=True))
    for name, formula, line in (
        ("pace_weeks", f"=MAX({xl_range_abs(rows['reported'], _FIRST, rows['reported'], _TOTAL - 1)})", "reported"),
        ("pace_share", f"=IF(pace_weeks=0,0,INDEX({_across(rows['share'])},pace_weeks))", "share"),
    ):
        shape = "0 %" if line == "share" else "0"
        page.calc(rows[line], _TOTAL, formula, replace(_NUMBER, bold=True, number_format=shape), name=name)
    page.row = max(rows.values()) + 1
    return rows


_LINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "starts": "Week starts",
        "weight": "Weight",
        "share": "Share owed by then",
        "owed in week": "Owed in the week",
        "owed": "Owed by then",
        "in week": "Received in the week",
        "received": "Received by then",
        "reported": "Weeks reported",
        "worked in week": "Worked in the week",
        "worked": "Worked by then",
        "gap": "Received less owed",
    }
)


def _place_week(page: TemplatePage, rows: Mapping[str, int], line: str, number: int) -> None:
    row, column = rows[line], _FIRST + number - 1
    if line == "weight":
        share = page.book.contents.fields.get(weight(number), 1)
        page.enter(row, column, share, _ENTRY, Rule.of(Unit.COUNT, "How much of the MQLs owed falls on this week."))
        page.book.name(weight(number), page, row, column)
        return
    if line == "worked in week":
        value = page.book.contents.fields.get(worked(number))
        page.enter(row, column, value, _ENTRY, Rule.of(Unit.COUNT, "MQLs that sales worked in this week."))
        page.book.name(worked(number), page, row, column)
        return
    shapes = {"starts": "d mmm", "share": "0 %", "gap": "+#,##0;-#,##0;0", "reported": "0;;"}
    look = replace(_NUMBER, number_format=shapes.get(line, "#,##0"))
    page.calc(row, column, _FORMULAS[line](rows, number), look)


def _cell(row: int, number: int) -> str:
    return str(xl_rowcol_to_cell(row, _FIRST + number - 1, row_abs=True))


def _across(row: int) -> str:
    return str(xl_range_abs(row, _FIRST, row, _TOTAL - 1))


def _until(row: int, number: int) -> str:
    return f"{xl_rowcol_to_cell(row, _FIRST, row_abs=True, col_abs=True)}:{_cell(row, number)}"


def _there(page: TemplatePage, row: int, left: int, right: int | None = None) -> str:
    return Area(page.name, row, left, row, left if right is None else right).reference


def _if_reported(number: int, formula: str) -> str:
    return f'=IF({number}>pace_weeks,"",{formula})'


_FORMULAS: Final[Mapping[str, Callable[[Mapping[str, int], int], str]]] = MappingProxyType(
    {
        "starts": lambda _, number: f'=IF(quarter_start="","",quarter_start+7*({number}-1))',
        "share": lambda rows, number: (
            f"=IF(SUM({_across(rows['weight'])})=0,{number}/13,"
            f"SUM({_until(rows['weight'], number)})/SUM({_across(rows['weight'])}))"
        ),
        "owed in week": lambda rows, number: (
            f"={_cell(rows['owed'], number)}" + (f"-{_cell(rows['owed'], number - 1)}" if number > 1 else "")
        ),
        "owed": lambda rows, number: f"=N(plan_mqls_owed)*{_cell(rows['share'], number)}",
        "in week": lambda _, number: f'=IF(COUNT({TABLE}[{week_of(number)}])=0,"",SUM({TABLE}[{week_of(number)}]))',
        "received": lambda rows, number: _if_reported(number, f"SUM({_until(rows['in week'], number)})"),
        "reported": lambda _, number: f"=IF(COUNT({TABLE}[{week_of(number)}])>0,{number},0)",
        "worked": lambda rows, number: _if_reported(
            number, f'IF(pace_worked="","",SUM({_until(rows["worked in week"], number)}))'
        ),
        "gap": lambda rows, number: _if_reported(
            number, f"{_cell(rows['received'], number)}-{_cell(rows['owed'], number)}"
        ),
    }
)


def _pace_chart(page: TemplatePage, grid: Mapping[str, int]) -> Chart:
    def area(line: str) -> Area:
        return Area(page.name, grid[line], _FIRST, grid[line], _TOTAL - 1)

    bars = (
        Shown("Received by then", area("received"), color=styles.ACCENT, labels=True),
        Shown("Worked by then", area("worked"), color=styles.PALE_BLUE),
    )
    owed = Shown("Owed by then", area("owed"), color=styles.ORANGE, plan=True)
    title = "Do the MQLs come as they are owed? Number since the quarter began"
    told = "Columns by week: MQLs received and worked since the quarter began, against a line of MQLs owed by then."
    weeks = Area(page.name, grid["starts"] - 1, _FIRST, grid["starts"] - 1, _TOTAL - 1)
    return columns_with_line(page.book, title, weeks, bars, owed, told=told)


_WORKED_CELLS: Final = ",".join(worked(number) for number in WEEKS)
_WORKED_SUM: Final = f'=IF(COUNT({_WORKED_CELLS})=0,"",SUM({_WORKED_CELLS}))'
_OWED: Final = '=IF(OR(plan_mqls_owed="",pace_weeks=0),"",plan_mqls_owed*pace_share)'
_GAP: Final = '=IF(OR(pace_weeks=0,pace_owed=""),"",pace_received-pace_owed)'
_AFTER: Final = '=IF(pace_weeks=0,"nothing received yet","after "&pace_weeks&" of 13 weeks")'
_OF_ALL: Final = '=IF(plan_mqls_owed="","","of "&ROUND(plan_mqls_owed,0)&" this quarter")'
_SAYS_ALL: Final = (
    '=IF(pace_gap="","",IF(ROUND(pace_gap,6)<0,"▲ behind in total",'
    'IF(pace_behind=0,"✓ on pace","in total; see the segments")))'
)
_WORKED: Final = (
    '=IF(OR(N(pace_received)=0,pace_worked=""),"",ROUND(100*pace_worked/pace_received,0)&" % of those received")'
)
