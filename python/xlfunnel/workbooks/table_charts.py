"""Charts over tables that stand on a sheet; nothing where the table lacks what the chart would draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.workbooks import charts, styles
from xlfunnel.workbooks.cell_text import line_text
from xlfunnel.workbooks.chart_data import place_band, place_spacers, unbroken_run
from xlfunnel.workbooks.charts import Band, Funnel, Series
from xlfunnel.workbooks.tables import is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.workbooks.book import Chart, Page
    from xlfunnel.workbooks.tables import PlacedTable

MOST_BARS = 15
_MOST_TOLD = 8


def bar_chart(
    placed: PlacedTable | None, title: str, columns: Sequence[str], colors: Sequence[str] = (styles.ACCENT,)
) -> Chart | None:
    """Bars for each row, at most `MOST_BARS`; one series for each column named that the table has."""
    drawn = [] if placed is None else [pair for pair in zip(columns, colors, strict=True) if placed.has(pair[0])]
    if placed is None or not drawn:
        return None
    last = min(len(placed.body), MOST_BARS) - 1
    series = []
    for name, color in drawn:
        values = placed.numbers(name)[: last + 1]
        shape = placed.format(name)
        series.append(Series(name, placed.area(name, 0, last), values, shape, color))
    if all(value is None for one in series for value in one.values):
        return None
    label = placed.table.header[0]
    if last + 1 < len(placed.body):
        title = f"{title} (first {last + 1} of {len(placed.body)})"
    told = f"{title}. {_told(placed, [name for name, _ in drawn], last)}"
    return charts.bars(placed.page.book, title, placed.area(label, 0, last), series, told=told)


def velocity_band(placed: PlacedTable | None, data: Page) -> Band | None:
    """Velocity by period with its interval: the last unbroken run of periods that have both."""
    names = ("velocity per day", "low", "high")
    if placed is None or not placed.has(*names):
        return None
    run = unbroken_run(placed, names)
    if run is None:
        return None
    height = place_band(data, placed, run, "low", "high", "Velocity by period: high minus low")
    first, last = run
    middle = Series(
        "Velocity",
        placed.area("velocity per day", first, last),
        placed.numbers("velocity per day")[first : last + 1],
        placed.format("velocity per day"),
    )
    label = placed.table.header[0]
    return Band(placed.area(label, first, last), placed.area("low", first, last), height, middle)


def band_chart(placed: PlacedTable | None, band: Band | None, title: str) -> Chart | None:
    """The picture of a band."""
    if placed is None or band is None:
        return None
    known = [value for value in band.middle.values if value is not None]
    unit = placed.table.columns[placed.table.header.index("velocity per day")].unit
    start, end = styles.in_words(unit, known[0]), styles.in_words(unit, known[-1])
    told = f"{title}. A line over {len(known)} periods, from {start} to {end}, inside its range."
    return charts.band(placed.page.book, title, band, told=told)


def stage_funnel(placed: PlacedTable | None, data: Page, title: str) -> Funnel | None:
    """How many records entered each stage."""
    if placed is None or not placed.has("entered") or not any(placed.numbers("entered")):
        return None
    spacer = place_spacers(data, placed, "entered", title)
    entered = placed.numbers("entered")
    width = Series("Entered", placed.area("entered"), entered, placed.format("entered"), styles.PALE_BLUE)
    return Funnel(placed.area(placed.table.header[0]), spacer, width)


def funnel_chart(placed: PlacedTable | None, funnel: Funnel | None, title: str) -> Chart | None:
    """The picture of a funnel."""
    if placed is None or funnel is None:
        return None
    told = f"{title}. {_told(placed, ('entered',), len(placed.body) - 1)}"
    return charts.funnel(placed.page.book, title, funnel, told=told)


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
