"""The sheet Compare: every channel under every driver, and spend a cycle earlier beside the quarter's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xlsxwriter.utility import xl_col_to_name

from xlfunnel.templates.blocks import HEADING, Col, place_note, place_table, place_title
from xlfunnel.templates.cac_model.allocation_sheet import cost_column
from xlfunnel.templates.cac_model.channels import DRIVERS, REVENUE, Driver, at, following
from xlfunnel.templates.drawings import PALETTE, Shown, columns
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import ROW_PIXELS

if TYPE_CHECKING:
    from xlfunnel.templates.blocks import Placed
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.templates.cac_model.allocation_sheet import ChartData

_CHART_ROWS: Final = 14
_TABLE: Final = "Compare"
_MARKETING: Final = "Compare[Marketing-only]"
_ROW: Final = replace(styles.BODY, bottom=styles.RULE)
_RIGHT: Final = replace(_ROW, align="right")
_MONEY: Final = replace(_RIGHT, number_format="#,##0")
_WORDS_AFTER_FIGURES: Final = (4, 6)
"""Columns of words right of a figure, which stand off from it."""

_HEADINGS: Final = ("Cost goes by", "Cheapest", "CAC", "Dearest", "CAC", "Beside marketing-only", "", "", "Caution")
_SIGNS: Final = "▲ dearer, ▼ cheaper among the channels than by marketing spend alone."
_LAG_NOTE: Final = (
    "Customers of this quarter were won with the spend of a cycle ago. People cost is not taken earlier."
)


def _column(driver: Driver) -> str:
    return f"By {driver.word}"


def _by(driver: Driver) -> Col:
    cost = at(_TABLE, f"Allocation[{cost_column(driver)}]")
    customers, spend = at(_TABLE, "ByChannel[Customers]"), at(_TABLE, "ByChannel[Marketing spend]")
    formula = f'=IF(OR(N({customers})=0,COUNT({cost})=0),"",FULLY_LOADED_CAC({customers},{spend},{cost}))'
    return Col(_column(driver), Unit.MONEY, formula, total="=cac_loaded", width=104)


_COLUMNS: Final = (
    following(_TABLE),
    Col(
        "Marketing-only",
        Unit.MONEY,
        f"={at(_TABLE, 'ByChannel[Marketing-only CAC]')}",
        total="=cac_marketing",
        width=92,
    ),
    *(_by(driver) for driver in DRIVERS),
)


def _cac(spend: str, *parts: str) -> str:
    """CAC of a row of the table Lag, or nothing where the channel won nobody or there is no such spend."""
    customers = at("Lag", "ByChannel[Customers]")
    cost = at("Lag", "ByChannel[Allocated cost]")
    if not parts:
        return f'=IF(OR(N({customers})=0,COUNT([@[{spend}]])=0),"",MARKETING_CAC({customers},[@[{spend}]]))'
    return (
        f'=IF(OR(N({customers})=0,COUNT([@[{spend}]],{cost})<2),"",FULLY_LOADED_CAC({customers},[@[{spend}]],{cost}))'
    )


_IN_QUARTER: Final = "Spend in the quarter"
_EARLIER: Final = "Spend a cycle earlier"
_LAG: Final = (
    following("Lag"),
    Col(
        _IN_QUARTER,
        Unit.MONEY,
        '=IF([@Channel]="","",SUMPRODUCT(--(Spend[Channel]=[@Channel]),Spend[In the quarter]))',
        total="calm sum",
        width=92,
    ),
    Col(
        _EARLIER,
        Unit.MONEY,
        '=IF(OR([@Channel]="",spend_reaches_back="no"),"",'
        "SUMPRODUCT(--(Spend[Channel]=[@Channel]),Spend[A cycle earlier]))",
        total="calm sum",
        width=92,
    ),
    Col("Marketing-only, no lag", Unit.MONEY, _cac(_IN_QUARTER), width=100),
    Col("Marketing-only, earlier", Unit.MONEY, _cac(_EARLIER), width=100),
    Col("Fully loaded, no lag", Unit.MONEY, _cac(_IN_QUARTER, "loaded"), width=92, bold=True),
    Col("Fully loaded, earlier", Unit.MONEY, _cac(_EARLIER, "loaded"), width=92, bold=True),
)


def write_compare(page: TemplatePage, channels: Placed, charts: ChartData) -> None:
    """Write who is cheapest and dearest under each driver, the chart, and the two tables."""
    for offset, column in enumerate(_COLUMNS, start=1):
        page.widen(offset, column.width or 120)
    page.widen(1, 150)
    left = len(_COLUMNS) + 2
    page.fix(left - 1, 24)
    for offset, column in enumerate(_LAG):
        page.widen(left + offset, column.width or 120)
    right = left + len(_LAG) - 1
    place_title(page, "Who is cheapest, who is dearest?", right=right)
    _place_drivers(page, right)
    chart_row = page.row
    page.row += _CHART_ROWS
    top = page.row
    place_title(page, "Fully loaded CAC under each driver")
    place_note(page, _SIGNS, right=len(_COLUMNS))
    below = page.row
    compare = place_table(
        page, _TABLE, _COLUMNS, rows=(), spare=channels.rows, total_label="All channels", example=False
    )
    _flag_ranks(page, compare)
    bottom = page.row
    page.row = top
    place_title(page, "Spend a cycle earlier beside no lag", left=left)
    place_note(page, _LAG_NOTE, left=left, right=right)
    page.row = below
    place_table(page, "Lag", _LAG, left=left, rows=(), spare=channels.rows, total_label="All channels", example=False)
    page.row = max(page.row, bottom)
    _place_chart(page, charts, chart_row, right)


def _place_drivers(page: TemplatePage, right: int) -> None:
    """One row for marketing spend alone and for each driver."""
    for offset, words in enumerate(_HEADINGS, start=1):
        look = replace(HEADING, wrap=False, indent=int(offset in _WORDS_AFTER_FIGURES))
        page.text(page.row, offset, words, replace(look, align="right") if words == "CAC" else look)
    for column in range(len(_HEADINGS) + 1, right + 1):
        page.text(page.row, column, "", HEADING)
    page.row += 1
    _place_driver(page, None, right)
    for driver in DRIVERS:
        _place_driver(page, driver, right)
    page.row += 1


def _place_driver(page: TemplatePage, driver: Driver | None, right: int) -> None:
    """Who is cheapest and dearest under a driver, or without any."""
    values, row = f"Compare[{_column(driver)}]" if driver else _MARKETING, page.row
    name = f"cac_by_{driver.short.lower()}" if driver else "cac_by_marketing"
    for at_column in range(1, right + 1):
        page.text(row, at_column, "", _ROW)
    if driver:
        page.calc(row, 1, f'="{driver.word}"&IF(driver_used="{driver.word}","  (in use)","")', _ROW)
    else:
        page.text(row, 1, "marketing spend alone", _ROW)
    for column_, pick, which in ((2, "MIN", "cheapest"), (4, "MAX", "dearest")):
        found = f"INDEX(Compare[Channel],MATCH({pick}({values}),{values},0))"
        look = replace(_ROW, indent=int(column_ in _WORDS_AFTER_FIGURES))
        page.calc(row, column_, f'=IF(COUNT({values})=0,"",{found})', look, name=f"{name}_{which}")
        page.calc(row, column_ + 1, f'=IF(COUNT({values})=0,"",{pick}({values}))', _MONEY)
    if driver:
        order = (
            f'=IF(OR(COUNT({values})<2,COUNT({_MARKETING})<2),"",'
            f'IF({name}_dearest=cac_by_marketing_cheapest,"▲ the cheap one is the dear one",'
            f'IF({name}_cheapest=cac_by_marketing_cheapest,"same one is cheapest","▲ another is cheapest")))'
        )
        page.calc(row, 6, order, replace(_ROW, bold=True, indent=1))
        flagged = page.book.workbook.add_format({"font_color": styles.ORANGE})
        rule = {"type": "text", "criteria": "begins with", "value": "▲", "format": flagged}
        page.sheet.conditional_format(row, 6, row, 6, rule)
    caution = driver.caution if driver else "Leaves out what sales costs."
    look = replace(_ROW, color=styles.ORANGE if driver is REVENUE else styles.GREY)
    page.text(row, 9, f"▲ {caution}" if driver is REVENUE else caution, look)
    page.row += 1


def _place_chart(page: TemplatePage, charts: ChartData, row: int, right: int) -> None:
    shown = (
        Shown("Marketing-only", charts.drawn.area("Marketing-only"), color=PALETTE[2], labels=True),
        *(
            Shown(f"By {driver.word}", charts.drawn.area(driver.short), color=color, labels=True)
            for driver, color in zip(DRIVERS[:-1], (PALETTE[0], PALETTE[1], PALETTE[3], PALETTE[6]), strict=True)
        ),
    )
    chart = columns(
        page.book,
        charts.driver_title,
        charts.drawn.area("Channel"),
        shown,
        told="Cost of a new customer by channel, by marketing spend alone and fully loaded under four drivers.",
    )
    page.chart(chart, row, 1, page.width(1, right), (_CHART_ROWS - 1) * ROW_PIXELS)


def _flag_ranks(page: TemplatePage, compare: Placed) -> None:
    """Mark cells of channels that stand at another place than by marketing spend alone, with a sign."""
    first, last = compare.top + 2, compare.top + 1 + compare.rows
    plain = f"RANK($C{first},$C${first}:$C${last},1)"
    for column in compare.columns[2:]:
        area = compare.area(column.name)
        letter = xl_col_to_name(area.left)
        here = f"RANK({letter}{first},{letter}${first}:{letter}${last},1)"
        for sign, compared, color in (("▲", ">", styles.ORANGE), ("▼", "<", styles.ACCENT)):
            look = page.book.workbook.add_format({"font_color": color, "bold": True, "num_format": f'"{sign} "#,##0'})
            condition = f"=AND(ISNUMBER({letter}{first}),ISNUMBER($C{first}),{here}{compared}{plain})"
            rule = {"type": "formula", "criteria": condition, "format": look}
            page.sheet.conditional_format(area.top, area.left, area.bottom, area.right, rule)
