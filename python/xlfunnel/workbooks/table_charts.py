"""Charts over tables that stand on a sheet; nothing where the table lacks what the chart would draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.workbooks import charts, styles
from xlfunnel.workbooks.cell_text import line_text
from xlfunnel.workbooks.chart_data import MOST_BARS, Values, labels_of, place_drawn, unbroken_run
from xlfunnel.workbooks.charts import Band, Funnel, Series
from xlfunnel.workbooks.tables import is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.workbooks.book import Chart, Page
    from xlfunnel.workbooks.tables import PlacedTable

_MOST_TOLD = 8


def bar_chart(
    placed: PlacedTable | None,
    title: str,
    columns: Sequence[str],
    colors: Sequence[str] = (styles.ACCENT,),
    *,
    data: Page,
    slot: str,
    signed: bool = False,
) -> Chart | None:
    """Bars for each row, at most `MOST_BARS`; one series for each column named that the table has, if it has one.

    What it draws is written into the `slot` of the sheet `data`. `signed` bars may go to both sides of zero.
    """
    drawn = [] if placed is None else [pair for pair in zip(columns, colors, strict=True) if placed.has(pair[0])]
    if placed is None or not drawn:
        return None
    last = min(len(placed.body), MOST_BARS) - 1
    names = [name for name, _ in drawn]
    values = {name: placed.numbers(name)[: last + 1] for name in names}
    if all(value is None for one in values.values() for value in one):
        title = f"{title}: no figure yet"
    if last + 1 < len(placed.body):
        title = f"{title} (first {last + 1} of {len(placed.body)})"
    told = f"{title}. {_told(placed, names, last)}"
    written = [Values(name, values[name], placed.format(name)) for name in names]
    where = place_drawn(data, slot, title, labels_of(placed, 0, last), written)
    series = [Series(name, area, color) for (name, color), area in zip(drawn, where.values, strict=True)]
    return charts.bars(placed.page.book, where.title, where.labels, series, told=told, signed=signed)


def velocity_band(placed: PlacedTable | None, data: Page, title: str) -> tuple[Band, str] | None:
    """Velocity by period with its interval, the last unbroken run of periods that have both; and what it shows.

    Where no two periods in a row have both, the title says so, and nothing is drawn.
    """
    names = ("velocity per day", "low", "high")
    if placed is None or not placed.has(*names):
        return None
    run = unbroken_run(placed, names)
    first, last = (0, -1) if run is None else (max(run[0], run[1] - MOST_BARS + 1), run[1])
    shape = placed.format(names[0])
    middle, low, high = (
        [value for value in placed.numbers(name)[first : last + 1] if value is not None] for name in names
    )
    columns = (
        Values("low", low, shape),
        Values("high minus low", [up - down for down, up in zip(low, high, strict=True)], shape),
        Values("velocity", middle, shape),
        Values("latest", [*[None] * (len(middle) - 1), *middle[-1:]], shape),
    )
    if run is None:
        title = f"{title}: no two months in a row have one"
    where = place_drawn(data, "velocity_by_month", title, labels_of(placed, first, last), columns)
    unit = placed.table.columns[placed.table.header.index(names[0])].unit
    ends = " to ".join(styles.in_words(unit, value) for value in (*middle[:1], *middle[-1:]))
    told = f"{title}. A line over {len(middle)} periods, from {ends}, inside its range." if middle else f"{title}."
    return Band(where.title, where.labels, *where.values), told


def band_chart(page: Page, band: tuple[Band, str] | None) -> Chart | None:
    """The picture of a band."""
    return None if band is None else charts.band(page.book, band[0], told=band[1])


def stage_funnel(placed: PlacedTable | None, data: Page, slot: str, title: str) -> tuple[Funnel, str] | None:
    """How many records entered each stage, and what that shows."""
    if placed is None or not placed.has("entered"):
        return None
    entered = placed.numbers("entered")[:MOST_BARS]
    widest = max((value for value in entered if value is not None), default=0)
    columns = (
        Values("blank beside", [(widest - (value or 0)) / 2 for value in entered], "#,##0.0"),
        Values("entered", entered, placed.format("entered")),
    )
    where = place_drawn(data, slot, title, labels_of(placed), columns)
    told = f"{title}. {_told(placed, ('entered',), len(entered) - 1)}"
    return Funnel(where.title, where.labels, *where.values), told


def funnel_chart(page: Page, funnel: tuple[Funnel, str] | None) -> Chart | None:
    """The picture of a funnel."""
    return None if funnel is None else charts.funnel(page.book, funnel[0], told=funnel[1])


def _told(placed: PlacedTable, names: Sequence[str], last: int) -> str:
    """The figures of a chart in words, for its alternative text."""
    units = [placed.table.columns[placed.table.header.index(name)].unit for name in names]
    columns = [placed.values(name) for name in names]
    lines = []
    for row in range(min(last + 1, _MOST_TOLD)):
        label = line_text(str(placed.body[row][0]))[:40]
        pairs = zip(units, columns, strict=True)
        values = [
            styles.in_words(unit, float(value)) if is_number(value := column[row]) else "no value"
            for unit, column in pairs
        ]
        lines.append(f"{label}: {' and '.join(values)}")
    rest = last + 1 - len(lines)
    return "; ".join(lines) + (f"; and {rest} more." if rest > 0 else ".")
