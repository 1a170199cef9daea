"""The four levers of velocity, and the lines in which sheets show them one under the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_rowcol_to_cell

from xlfunnel.metrics.velocity import Lever
from xlfunnel.templates.blocks import HEADING, shape_of, unit_line
from xlfunnel.templates.book import cell_of
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.templates.book import Rule, TemplatePage
    from xlfunnel.templates.contents import Value
    from xlfunnel.workbooks.styles import Style


@dataclass(frozen=True)
class LeverWords:
    """A lever as people say it, with its unit and its column in the table of periods."""

    lever: Lever
    label: str
    unit: Unit
    column: str

    @property
    def shape(self) -> str:
        """Its number format."""
        return shape_of(self.unit)

    @property
    def line(self) -> str:
        """Its unit in words, or a formula that gives the currency."""
        return unit_line(self.unit)


LEVERS: Final = (
    LeverWords(Lever.OPPORTUNITIES, "Open opportunities", Unit.COUNT, "Open opportunities"),
    LeverWords(Lever.AVERAGE_DEAL, "Average deal", Unit.MONEY, "Average deal"),
    LeverWords(Lever.WIN_RATE, "Win rate", Unit.SHARE, "Win rate"),
    LeverWords(Lever.CYCLE_DAYS, "Cycle days", Unit.DAYS, "Cycle days"),
)
"""In the order of the functions' arguments."""

NOW: Final = ",".join(f"after_{one.lever}" for one in LEVERS)
"""The levers that the sheets start from, as arguments."""

VELOCITY: Final = shape_of(Unit.MONEY_PER_DAY)
CHANGE: Final = '"+"0.0 %;"−"0.0 %;0.0 %'
"""A change in percent says its sign."""

GAIN: Final = '"+"#,##0;"−"#,##0;0'
"""So does an amount that is added."""


def velocity_with(levels: Mapping[Lever, str], side: str = "after") -> str:
    """A call for the velocity of a period with other cells in place of some levers.

    >>> velocity_with({Lever.WIN_RATE: "C7"})
    'SALES_VELOCITY(after_opportunities,after_average_deal,C7,after_cycle_days)'
    """
    return f"SALES_VELOCITY({','.join(levels.get(one.lever, f'{side}_{one.lever}') for one in LEVERS)})"


def money_words(cell: str) -> str:
    """A formula part that writes an amount without decimals."""
    return f"FIXED({cell},0)"


def signed_words(cell: str) -> str:
    """The same with its sign."""
    return f'IF({cell}<0,"−","+")&FIXED(ABS({cell}),0)'


def percent_words(cell: str, *, signed: bool = False) -> str:
    """A formula part that writes a share in percent."""
    if signed:
        return f'IF({cell}<0,"−","+")&FIXED(100*ABS({cell}),1)&" %"'
    return f'FIXED(100*{cell},1)&" %"'


@dataclass(frozen=True)
class Figure:
    """A computed cell of a line."""

    formula: str
    shape: str = "General"
    name: str = ""
    bold: bool = False


@dataclass(frozen=True)
class Words:
    """Words of a line, or a formula that gives them."""

    words: str
    bold: bool = False
    quiet: bool = False
    apart: bool = False
    """Keeps off a figure on its left."""


@dataclass(frozen=True)
class Entry:
    """An input of a line; `default` stands where the contents do not name it, which a blank workbook keeps."""

    name: str
    rule: Rule
    shape: str
    default: Value = None


Line = tuple[Figure | Words | Entry, ...]
"""The cells of a line from left to right."""

DRAWN_CHANGE: Final = '"+"0.0 %;"−"0.0 %;'
DRAWN_GAIN: Final = '"+"#,##0;"−"#,##0;'
"""The same beside the bars of a chart, where a cell without a figure counts as 0 and must not be labelled."""

YES: Final = '"yes";;"no"'
"""How a condition is shown: 1 is yes, 0 no."""

EMPTY: Final = Words("")


def absolute(row: int, column: int) -> str:
    """A cell of the same sheet: $C$7."""
    return str(xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True))


def place_chart_title(page: TemplatePage, row: int, column: int, before: str, after: str) -> str:
    """Write the title of a chart, which names the currency, into a cell; gives the reference to it."""
    page.calc(row, column, f'="{before}"&currency&"{after}"', styles.NOTE)
    return f"={cell_of(page.name, row, column)}"


def place_headings(
    page: TemplatePage, row: int, left: int, headings: Sequence[str], texts: Sequence[int] = (0,)
) -> None:
    """Write the headings of lines; those numbered in `texts` stand over words, the others over numbers."""
    for offset, words in enumerate(headings):
        indent = 1 if offset in texts and offset - 1 not in {-1, *texts} else 0
        align = "left" if offset in texts else "right"
        page.text(row, left + offset, words, replace(HEADING, align=align, indent=indent))


def place_line(page: TemplatePage, row: int, left: int, cells: Line) -> None:
    """Write one line, cell beside cell."""
    for offset, cell in enumerate(cells):
        if isinstance(cell, Entry):
            _place_entry(page, row, left + offset, cell)
        elif isinstance(cell, Figure):
            look = replace(_LINE, align="right", number_format=cell.shape, bold=cell.bold)
            page.calc(row, left + offset, cell.formula, look, name=cell.name)
        else:
            _place_words(page, row, left + offset, cell)


_LINE: Final = replace(styles.BODY, bottom=styles.RULE)


def _place_words(page: TemplatePage, row: int, column: int, cell: Words) -> None:
    look: Style = replace(_LINE, bold=cell.bold, indent=1 if cell.apart else 0)
    if cell.quiet:
        look = replace(look, color=styles.GREY, size=styles.NOTE.size)
    if cell.words.startswith("="):
        page.calc(row, column, cell.words, look)
    else:
        page.text(row, column, cell.words, look)


def _place_entry(page: TemplatePage, row: int, column: int, cell: Entry) -> None:
    value = page.book.contents.fields.get(cell.name, cell.default)
    page.enter(row, column, value, replace(styles.INPUT, align="right", number_format=cell.shape), cell.rule)
    page.book.name(cell.name, page, row, column)
    if cell.default is None:
        page.book.mark_example(page, row, column, row, column)
