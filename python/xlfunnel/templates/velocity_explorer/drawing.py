"""Charts of the velocity explorer that no other workbook has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlfunnel.templates.drawings import Shown, columns
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from xlfunnel.workbooks.book import Area, Book, Chart


@dataclass(frozen=True)
class Ranges:
    """Columns of which some are stressed, each with its range: where names, columns, its top and length stand."""

    names: Area
    stressed: Area
    others: Area
    high: Area
    length: Area


def columns_with_ranges(book: Book, title: str, shape: Ranges, *, told: str) -> Chart:
    """Upright bars from zero with its range as a thin line; a place without values stays blank."""
    series = (
        Shown("Compared", shape.stressed, color=styles.ACCENT),
        Shown("Others", shape.others, color=styles.PALE_BLUE),
    )
    chart = columns(book, title, shape.names, series, told=told, stacked=True)
    over = book.workbook.add_chart({"type": "line"})
    over.add_series(
        {
            "name": "Range",
            "categories": shape.names.chart_range,
            "values": shape.high.chart_range,
            "line": {"none": True},
            "marker": {"type": "none"},
            "y_error_bars": _arm(shape),
        }
    )
    chart.drawing.combine(over)
    chart.drawing.set_legend({"none": True})
    return chart


def _arm(shape: Ranges) -> dict[str, Any]:
    """From its top down, so that the axis reaches as high as the ranges do."""
    lengths = f"={shape.length.reference}"
    return {
        "type": "custom",
        "direction": "minus",
        "plus_values": lengths,
        "minus_values": lengths,
        "end_style": 0,
        "line": {"color": styles.ORANGE, "width": 1.75},
    }
