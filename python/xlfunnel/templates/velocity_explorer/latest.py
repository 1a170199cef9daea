"""The latest periods side by side: what the chart on Periods draws, whose table may have any number of rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.blocks import place_title
from xlfunnel.templates.velocity_explorer.drawing import Ranges
from xlfunnel.templates.velocity_explorer.levers import VELOCITY, absolute, place_chart_title
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Area

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplatePage

SHOWN: Final = 12
"""How many periods the chart shows."""

_LEFT: Final = 1
_LINES: Final = (
    ("Velocity", '=IF({at}="","",INDEX(Periods[Velocity],{at}))'),
    ("Low", '=IF({at}="","",INDEX(Periods[Low],{at}))'),
    ("High", '=IF({at}="","",INDEX(Periods[High],{at}))'),
    ("Compared", '=IF({at}="","",IF(OR({at}=before_row,{at}=after_row),{velocity},""))'),
    ("Others", '=IF({at}="","",IF(OR({at}=before_row,{at}=after_row),"",{velocity}))'),
    ("Range", '=IF({high}="","",{high}-{low})'),
)
_ROW_LINE: Final = "Row"
_LINE: Final = replace(styles.BODY, bottom=styles.RULE)


@dataclass(frozen=True)
class Latest:
    """The reference to the chart's title, and where its columns and ranges stand."""

    title: str
    ranges: Ranges


def place_latest(page: TemplatePage) -> Latest:
    """Write the latest periods at the page's next free row."""
    place_title(
        page, "What the chart on Periods draws", f"The latest {SHOWN} periods; row: where each stands in the table."
    )
    top = page.row
    page.text(top, _LEFT, "Period", replace(styles.HEADING, fill=styles.PANEL))
    rows = {words: top + 1 + number for number, words in enumerate((*dict(_LINES), _ROW_LINE))}
    for words, row in rows.items():
        page.text(row, _LEFT, words, _LINE)
    for number in range(SHOWN):
        _place_period(page, top, rows, _LEFT + 1 + number)
    last = rows[_ROW_LINE]
    before = "Velocity by period, "
    after = " per day, with its range of chance; dark: the two periods compared"
    title = place_chart_title(page, last + 1, _LEFT, before, after)
    page.row = last + 2

    def area(row: int) -> Area:
        return Area(page.name, row, _LEFT + 1, row, _LEFT + SHOWN)

    places = (area(rows[words]) for words in ("Compared", "Others", "High", "Range"))
    return Latest(title, Ranges(area(top), *places))


def _place_period(page: TemplatePage, top: int, rows: dict[str, int], column: int) -> None:
    last = rows[_ROW_LINE]
    places = {
        "at": absolute(last, column),
        "velocity": absolute(rows["Velocity"], column),
        "low": absolute(rows["Low"], column),
        "high": absolute(rows["High"], column),
    }
    name = f'=IF({places["at"]}="","",INDEX(Periods[Period],{places["at"]})&"")'
    page.calc(top, column, name, replace(styles.HEADING, fill=styles.PANEL, align="right"))
    look = replace(_LINE, align="right", number_format=VELOCITY)
    for words, formula in _LINES:
        page.calc(rows[words], column, formula.format(**places), look)
    first = absolute(last, _LEFT + 1)
    counted = f"COLUMNS({first}:{absolute(last, column)})"
    whole = f"COLUMNS({first}:{absolute(last, _LEFT + SHOWN)})"
    position = f'=IF({counted}>periods_count,"",MAX(0,periods_count-{whole})+{counted})'
    page.calc(last, column, position, replace(look, number_format="0"))
