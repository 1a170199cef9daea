"""Charts in the house's look, drawn over ranges of the workbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.workbooks.book import Area, Book

LABEL = {"name": styles.FONT, "size": 9, "color": styles.INK}
QUIET = {"name": styles.FONT, "size": 9, "color": styles.GREY}
NO_LINE = {"none": True}


@dataclass(frozen=True)
class Series:
    """One series: its name, where its values stand, and the values themselves (None where there is none)."""

    name: str
    area: Area
    values: Sequence[float | None]
    number_format: str
    color: str = styles.ACCENT


def bars(book: Book, title: str, categories: Area, series: Sequence[Series], *, told: str) -> Chart:
    """Horizontal bars from zero, labelled directly, first category on top; `told` is the alternative text."""
    drawing = book.workbook.add_chart({"type": "bar"})
    for one in series:
        drawing.add_series(
            {
                "name": one.name,
                "categories": categories.chart_range,
                "values": one.area.chart_range,
                "fill": {"color": one.color},
                "border": NO_LINE,
                "gap": 45 if len(series) == 1 else 60,
                "overlap": 0 if len(series) == 1 else -5,
                "data_labels": _labels(one, 9 if len(series) == 1 else 8),
            }
        )
    negative = any(value < 0 for one in series for value in one.values if value is not None)
    drawing.set_y_axis(category_axis(reverse=True) | ({"label_position": "low"} if negative else {}))
    drawing.set_x_axis(_hidden_axis() | ({} if negative else {"min": 0}))
    dress(drawing, title)
    return Chart(drawing, told)


@dataclass(frozen=True)
class Band:
    """A line and the band around it: where the categories, the low edge and the height (high minus low) stand."""

    categories: Area
    low: Area
    height: Area
    middle: Series


@dataclass(frozen=True)
class Funnel:
    """Centred bars: where the categories and the blank half on the left of each bar stand."""

    categories: Area
    spacer: Area
    width: Series


def band(book: Book, title: str, shape: Band, *, told: str) -> Chart:
    """A line inside its band, from zero; only the last point is labelled."""
    edges = book.workbook.add_chart({"type": "area", "subtype": "stacked"})
    shared = {"categories": shape.categories.chart_range, "border": NO_LINE}
    edges.add_series(shared | {"name": "Low", "values": shape.low.chart_range, "fill": {"none": True}})
    edges.add_series(
        shared | {"name": "Range", "values": shape.height.chart_range, "fill": {"color": styles.PALE_BLUE}}
    )
    edges.combine(_line(book, shape))
    edges.set_x_axis(category_axis(reverse=False) | {"position_axis": "between"})
    edges.set_y_axis(
        {
            "min": 0,
            "num_format": shape.middle.number_format,
            "num_font": QUIET,
            "line": NO_LINE,
            "major_tick_mark": "none",
            "major_gridlines": {"visible": True, "line": {"color": styles.RULE, "width": 0.5}},
        }
    )
    dress(edges, title)
    return Chart(edges, told)


def funnel(book: Book, title: str, shape: Funnel, *, told: str) -> Chart:
    """Horizontal bars about one middle, each labelled with its count."""
    drawing = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    shared = {"categories": shape.categories.chart_range, "border": NO_LINE, "gap": 30}
    width = shape.width
    drawing.add_series(shared | {"name": "Space", "values": shape.spacer.chart_range, "fill": {"none": True}})
    drawing.add_series(
        shared
        | {
            "name": width.name,
            "values": width.area.chart_range,
            "fill": {"color": width.color},
            "data_labels": _labels(width) | {"position": "center"},
        }
    )
    drawing.set_y_axis(category_axis(reverse=True))
    drawing.set_x_axis(_hidden_axis() | {"min": 0})
    dress(drawing, title)
    return Chart(drawing, told)


def _line(book: Book, shape: Band) -> Any:
    middle = shape.middle
    line = book.workbook.add_chart({"type": "line"})
    line.add_series(
        {
            "name": middle.name,
            "categories": shape.categories.chart_range,
            "values": middle.area.chart_range,
            "line": {"color": middle.color, "width": 2.25},
            "marker": {"type": "circle", "size": 5, "fill": {"color": middle.color}, "border": NO_LINE},
            "data_labels": {
                "value": True,
                "position": "above",
                "num_format": middle.number_format,
                "font": LABEL | {"bold": True},
                "custom": [{"delete": True}] * (len(middle.values) - 1) + [{}],
            },
        }
    )
    return line


def _labels(series: Series, size: float = 9) -> dict[str, Any]:
    font = LABEL | {"size": size}
    labels: dict[str, Any] = {"value": True, "num_format": series.number_format, "font": font}
    if any(value is None for value in series.values):  # a bar that is not there must not be labelled 0
        labels["custom"] = [{"delete": True} if value is None else {} for value in series.values]
    return labels


def category_axis(*, reverse: bool = False) -> dict[str, Any]:
    """The axis with the names, first one on top where it is reversed."""
    return {
        "reverse": reverse,
        "num_font": LABEL,
        "line": {"color": styles.GREY, "width": 0.75},
        "major_tick_mark": "none",
        "major_gridlines": {"visible": False},
        "text_axis": True,
    }


def _hidden_axis() -> dict[str, Any]:
    return {"visible": False, "major_gridlines": {"visible": False}}


def dress(drawing: Any, title: str, *, legend: bool = False) -> None:
    """Give a chart the house's title and ground, and a legend on top where series are not labelled directly."""
    drawing.set_title(
        {
            "name": title,
            "name_font": {"name": styles.FONT, "size": 11, "bold": True, "color": styles.INK},
            "layout": {"x": 0.015, "y": 0.02},
            "overlay": False,
        }
    )
    drawing.set_legend({"position": "top", "font": LABEL} if legend else {"none": True})
    drawing.set_chartarea({"border": NO_LINE, "fill": {"color": "#FFFFFF"}})
    drawing.set_plotarea({"fill": {"none": True}, "border": NO_LINE})
    drawing.show_blanks_as("gap")
