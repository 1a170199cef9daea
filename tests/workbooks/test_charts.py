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


def band_rows(book: Any) -> list[tuple[str, float]]:
    rows = [(row[1].value, row[2].value) for row in book["Chart data"].iter_rows()]
    titles = [index for index, row in enumerate(rows) if row[1] == "Drawn"]
    first = rows[titles[0] + 1 : titles[1] - 1]
    return first if rows[titles[0]][0].startswith("Velocity") else []


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
    assert tuple(month for month, _ in band_rows(book)) == drawn
    told = [cell.value for row in book["Dashboard"].iter_rows() for cell in row if isinstance(cell.value, str)]
    assert ("Velocity by month. No two months in a row have an interval." in told) is (not drawn)


def test_the_band_is_high_minus_low(report: Report) -> None:
    assert band_rows(with_intervals(report, (90.0, 80.0))) == [(MONTHS[0], 40.0), (MONTHS[1], 51.0)]


def test_a_funnel_bar_is_centred(book: Any) -> None:
    rows = [(row[1].value, row[2].value) for row in book["Chart data"].iter_rows()]
    start = rows.index(("Leads by stage: blank beside each bar", "Drawn"))
    widths = {"Lead": 3120, "MQL": 1484, "SQL": 908, "Opportunity": 213}
    for stage, blank in rows[start + 1 : start + 5]:
        assert blank * 2 + widths[stage] == 3120


def test_a_chart_of_many_groups_says_how_many_it_draws(report: Report) -> None:
    table = report.by_source.table
    assert table is not None
    rows = tuple((f"Source {i}", *table.rows[0][1:]) for i in range(40))
    content = dashboard(replace(report, by_source=replace(report.by_source, table=replace(table, rows=rows))))
    sheet = openpyxl.load_workbook(io.BytesIO(content))["By source"]
    titles = ["".join(run.t for part in chart.title.tx.rich.p for run in part.r or ()) for chart in sheet._charts]
    assert "Velocity by source, USD per day (first 15 of 40)" in titles
