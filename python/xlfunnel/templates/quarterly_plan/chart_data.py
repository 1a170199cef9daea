"""The sheet Chart data: what the charts draw, so that blank rows for more segments leave no hole in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from xlfunnel.templates.blocks import HEADING, Col, Field, place_note, place_title
from xlfunnel.templates.book import cell_of
from xlfunnel.templates.quarterly_plan.following import (
    STAGES,
    expected,
    needed,
    place_following,
    place_settings,
    row_of,
)
from xlfunnel.templates.start_sheet import day_words
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.styles import Style

SHEET: Final = "Chart data"
TABLE: Final = "Drawn"
PLACES: Final = 8
"""Segments that a stacked chart tells apart; with more, the last place holds all others together."""

_TOTAL, _SPACE, _FIRST = 2, 3, 4
_QUIET: Final = _FIRST + PLACES
"""The first column of the parts that are too narrow for a label."""

_LINE: Final = replace(styles.BODY, bottom=styles.RULE)
_NUMBER: Final = replace(_LINE, align="right", number_format="#,##0")
_SHARE: Final = replace(_NUMBER, number_format="0.0 %")
_NOTE: Final = (
    "These cells serve the charts; none of them is a figure of its own. In stacked bars each segment has a place of "
    f"its own; with more than {PLACES}, the last place holds all others together. Where each segment has columns of "
    "its own, the segments stand in the middle, however many rows are free."
)


@dataclass(frozen=True)
class Stack:
    """A block of stacked bars: its rows, from the first to the last."""

    top: int
    bottom: int
    names: int
    """The row that names the segments."""
    number_format: str = "#,##0"

    def area(self, column: int) -> Area:
        """The cells of one column of the block."""
        return Area(SHEET, self.top, column, self.bottom, column)

    @property
    def labels(self) -> Area:
        """What stands left of the bars."""
        return self.area(1)

    @property
    def space(self) -> Area:
        """The space on the left of centred bars."""
        return self.area(_SPACE)

    def wide(self, place: int) -> Area:
        """The parts of a place (from 0) that have room for a label."""
        return self.area(_FIRST + place)

    def narrow(self, place: int) -> Area:
        """Its other parts."""
        return self.area(_QUIET + place)

    def name(self, place: int) -> str:
        """The cell that names the segment of a place."""
        return cell_of(SHEET, self.names, _FIRST + place)


@dataclass(frozen=True)
class ChartData:
    """What the charts of the other sheets draw."""

    needed: Stack
    expected: Stack
    mqls: Stack
    shares: Stack
    by_segment: Placed
    answer: str
    """The formula that says in one sentence what marketing owes, segment by segment."""


@dataclass(frozen=True)
class _Places:
    """The rows that say which segment stands in which place, and what it is called."""

    numbers: int

    @property
    def names(self) -> int:
        return self.numbers + 1

    def takes(self, place: int) -> str:
        return str(xl_rowcol_to_cell(self.numbers, _FIRST + place, row_abs=True, col_abs=True))

    def name(self, place: int) -> str:
        return str(xl_rowcol_to_cell(self.names, _FIRST + place, row_abs=True, col_abs=True))


def place_chart_data(page: TemplatePage) -> ChartData:
    """Write what the charts draw; the table, which grows, stands last."""
    place_title(page, "What the charts draw")
    place_note(page, _NOTE, right=12)
    hint = "Of the widest bar; a part that is too narrow for its number carries none, so that numbers never overlap."
    place_settings(page, (Field("chart_digit", "Room that a digit takes", Unit.SHARE, 0.015, hint=hint),))
    page.fix(1, 220)
    for column in range(_TOTAL, _QUIET + PLACES):
        page.widen(column, 84)
    places = _place_names(page)
    answer = _place_answer(page, places)
    funnel = [(f'="{stage}"', stage) for stage in STAGES]
    stacks = (
        _place_stack(
            page, "What each stage needs", [(words, f"Funnel[{needed(one)}]") for words, one in funnel], places
        ),
        _place_stack(
            page,
            "What the agreed MQLs become",
            [(words, f"Funnel[{expected(one)}]") for words, one in funnel],
            places,
        ),
        _place_stack(page, "MQLs", _MQLS, places),
        _place_stack(page, "Shares", _SHARES, places, look=_SHARE),
    )
    place_title(page, "By segment, in the middle of the chart")
    return ChartData(*stacks, place_following(page, TABLE, _COLUMNS), answer)


_MQLS: Final = (
    ('="Agreed"', "Plan[MQLs agreed]"),
    ('="Needed"', "Plan[MQLs needed]"),
    ('="To be safe"', "Plan[MQLs to be safe]"),
)
_SHARES: Final = (
    ('="Revenue as stated"', "Mix[Share stated]"),
    ('="Revenue by targets"', "Mix[Share of targets]"),
    ('="Leads"', "Mix[Share of leads]"),
)
_MIDDLE: Final = f"{row_of(TABLE)}-INT((ROWS({TABLE}[No.])-MAX({TABLE}[No.]))/2)"
_FOUND: Final = f"MATCH({_MIDDLE},{TABLE}[No.],0)"


def _drawn(source: str, column: str, unit: Unit = Unit.COUNT) -> Col:
    cell = f"INDEX({source}[{column}],[@Row])"
    return Col(column, unit, formula=f'=IF([@Row]="","",{cell})', width=100)


_COLUMNS: Final = (
    Col("No.", Unit.COUNT, width=84,
        formula=f'=IF([@Segment]="","",SUMPRODUCT(--({TABLE}[Segment]<>""),--(ROW({TABLE}[Segment])<=ROW())))'),
    Col("Times named", Unit.COUNT, width=84,
        formula=f'=IF([@Segment]="","",SUMPRODUCT(--({TABLE}[Segment]=[@Segment])))'),
    Col("Row", Unit.COUNT, formula=f'=IF(ISNUMBER({_FOUND}),{_FOUND},"")', width=84),
    Col("Name", formula=f'=IF([@Row]="","",INDEX({TABLE}[Segment],[@Row]))', width=84),
    _drawn("Pipeline", "Pipeline to create", unit=Unit.MONEY),
    _drawn("Pipeline", "Open pipeline", unit=Unit.MONEY),
    _drawn("Pipeline", "Needed by count", unit=Unit.RATIO),
    _drawn("Pipeline", "Needed by value", unit=Unit.RATIO),
    _drawn("Pipeline", "Coverage", unit=Unit.RATIO),
    _drawn("Mix", "Revenue target", unit=Unit.MONEY),
    _drawn("Mix", "Revenue expected", unit=Unit.MONEY),
    _drawn("Capacity", "Can work"),
    _drawn("Capacity", "MQLs owed"),
    _drawn("Capacity", "Leads coming"),
)  # fmt: skip


def _place_names(page: TemplatePage) -> _Places:
    places = _Places(page.row)
    _place_line(page, places.numbers, "Place", _LINE)
    _place_line(page, places.names, "Segment", _LINE)
    count = f"MAX({TABLE}[No.])"
    for place in range(PLACES):
        number, column = place + 1, _FIRST + place
        if number < PLACES:
            page.number(places.numbers, column, number, _NUMBER)
        else:
            page.text(places.numbers, column, f">={number}", _NUMBER)
        one = f"INDEX({TABLE}[Segment],MATCH({number},{TABLE}[No.],0))"
        if number == PLACES:
            one = f'IF({count}>{number},"all others",{one})'
        page.calc(places.names, column, f'=IF({count}<{number},"",{one})', replace(_LINE, align="right", bold=True))
    page.row = places.names + 1
    return places


def _place_answer(page: TemplatePage, places: _Places) -> str:
    """Write what each segment is owed in words; gives the formula of the sentence."""
    row = page.row
    _place_line(page, row, "MQLs owed, in words", _LINE)
    for place in range(PLACES):
        owed = f"SUMIF({TABLE}[No.],{places.takes(place)},Plan[MQLs owed])"
        due = f"INDEX(Plan[MQLs due],MATCH({place + 1},{TABLE}[No.],0))"
        day = f'IF({due}="",""," by "&{day_words(due)})'
        if place + 1 == PLACES:
            day = f'IF(MAX({TABLE}[No.])>{PLACES},"",{day})'
        words = f'{places.name(place)}&IF({owed}=0,": not known yet"," "&ROUNDUP({owed},0)&{day})'
        between = '"; "&' if place else ""
        page.calc(
            row, _FIRST + place, f'=IF({places.name(place)}="","",{between}{words})', replace(_LINE, shrink=True)
        )
    page.row = row + 2
    parts = "&".join(cell_of(page.name, row, _FIRST + place) for place in range(PLACES))
    return (
        '=IF(N(plan_mqls_owed)=0,"Enter segments and rates: then this line says what marketing owes sales.",'
        f'"Marketing owes sales "&ROUNDUP(plan_mqls_owed,0)&" MQLs: "&{parts}&".")'
    )


def _place_stack(
    page: TemplatePage, title: str, rows: Sequence[tuple[str, str]], places: _Places, look: Style = _NUMBER
) -> Stack:
    """Write stacked bars: for each row its label, total, the space left of it, and its parts with a label or none."""
    stack = Stack(page.row + 1, page.row + len(rows), places.names, look.number_format)
    _place_line(page, page.row, title, HEADING)
    for column, words in ((_TOTAL, "Total"), (_SPACE, "Space"), (_FIRST, "Labelled"), (_QUIET, "Not labelled")):
        page.text(page.row, column, words, replace(HEADING, align="right"))
    totals = xl_range_abs(stack.top, _TOTAL, stack.bottom, _TOTAL)
    for row, (words, source) in enumerate(rows, start=stack.top):
        total = xl_rowcol_to_cell(row, _TOTAL)
        counted = "" if look is _SHARE else f'&IF({total}=0,"","  "&ROUND({total},0))'
        page.calc(row, 1, words + counted, _LINE)
        page.calc(row, _TOTAL, f"=SUM({source})", look)
        page.calc(row, _SPACE, f"=(MAX({totals})-{total})/2", look)
        for place in range(PLACES):
            part = f"SUMIF({TABLE}[No.],{places.takes(place)},{source})"
            signs = f"LEN(ROUND({part},0))" if look is not _SHARE else f"(3+LEN(ROUND(1000*{part},0)))"
            wide = f"{part}>=chart_digit*{signs}*MAX({totals})"
            shown = xl_rowcol_to_cell(row, _FIRST + place)
            page.calc(row, _FIRST + place, f'=IF({places.name(place)}="","",IF({wide},{part},""))', look)
            page.calc(row, _QUIET + place, f'=IF(OR({places.name(place)}="",{shown}<>""),"",{part})', look)
    page.row = stack.bottom + 2
    return stack


def _place_line(page: TemplatePage, row: int, words: str, look: Style) -> None:
    for column in range(2, _QUIET + PLACES):
        page.text(row, column, "", look)
    page.text(row, 1, words, look)
