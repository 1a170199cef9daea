"""What charts draw: only what is there, in words too."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from xlfunnel.errors import TooFewRecords
from xlfunnel.report import Report, Section
from xlfunnel.table import Cell, Column, Table
from xlfunnel.templates.alignment_dashboard.filling import dashboard
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

YOUNG = TooFewRecords("no closed deal yet")
MONTHS = tuple(f"2026-{month:02}" for month in range(1, 9))


def with_intervals(report: Report, intervals: Sequence[Cell]) -> Any:
    """The workbook of a report whose trend has these intervals' low ends, one a month."""
    per_day = Unit.MONEY_PER_DAY
    columns = (
        Column("period", Unit.TEXT),
        Column("velocity per day", per_day),
        Column("low", per_day),
        Column("high", per_day),
    )
    rows = tuple(
        (month, 100.0 + index, low, 130.0 + index if isinstance(low, float) else low)
        for index, (month, low) in enumerate(zip(MONTHS, intervals, strict=False))
    )
    section = Section("Velocity by month", "Faster?", Table(columns, rows))
    return openpyxl.load_workbook(io.BytesIO(dashboard(replace(report, trend=section))), data_only=True)


def drawn_rows(book: Any, slot: str) -> list[tuple[Any, ...]]:
    """What a chart draws, row by row."""
    sheet = book["Chart data"]
    return [tuple(cell.value for cell in row) for row in list(sheet[sheet.tables[f"tbl_drawn_{slot}"].ref])[1:]]


def title_of(book: Any, slot: str) -> str:
    sheet = book["Chart data"]
    head = sheet[sheet.tables[f"tbl_drawn_{slot}"].ref][0][0]
    return str(sheet.cell(head.row - 1, head.column).value)


@pytest.mark.parametrize(
    ("intervals", "drawn"),
    [
        ((90.0, 90.0, 90.0), MONTHS[:3]),
        ((YOUNG, YOUNG, 90.0, 90.0), MONTHS[2:4]),
        ((90.0, YOUNG, 90.0, 90.0), MONTHS[2:4]),
        ((90.0, 90.0, YOUNG), MONTHS[:2]),
        ((90.0, YOUNG, 90.0), ()),
        ((YOUNG, None, YOUNG), ()),
    ],
)
def test_the_band_covers_the_last_unbroken_run_of_intervals(
    report: Report, intervals: tuple[Cell, ...], drawn: tuple[str, ...]
) -> None:
    book = with_intervals(report, intervals)
    assert tuple(month for month, *_ in drawn_rows(book, "velocity_by_month") if month) == drawn
    assert title_of(book, "velocity_by_month").endswith("no two months in a row have one") is (not drawn)


def test_the_band_is_high_minus_low(report: Report) -> None:
    """The last value stands once more in a column of its own, which is labelled."""
    rows = drawn_rows(with_intervals(report, (90.0, 80.0)), "velocity_by_month")
    assert rows == [(MONTHS[0], 90.0, 40.0, 100.0, None), (MONTHS[1], 80.0, 51.0, 101.0, 101.0)]


def test_a_funnel_bar_is_centred(book: Any) -> None:
    widths = {"Lead": 3120, "MQL": 1484, "SQL": 908, "Opportunity": 213}
    rows = drawn_rows(book, "lead_funnel")
    assert {stage: entered for stage, _, entered in rows} == widths
    assert all(blank * 2 + entered == 3120 for _, blank, entered in rows)


def test_a_chart_of_many_groups_says_how_many_it_draws(report: Report) -> None:
    table = report.by_source.table
    assert table is not None
    rows = tuple((f"Source {i}", *table.rows[0][1:]) for i in range(40))
    content = dashboard(replace(report, by_source=replace(report.by_source, table=replace(table, rows=rows))))
    book = openpyxl.load_workbook(io.BytesIO(content))
    titles = [chart.title.tx.strRef.strCache.pt[0].v for chart in book["By source"]._charts]
    assert "Velocity by source, USD per day (first 15 of 40)" in titles
    assert len(drawn_rows(book, "by_source_velocity")) == 15
