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
ANY_SIZE = "[>=100]#,##0;General"
"""How an axis shows numbers whose size is not known when the chart is drawn."""

QUIET = {"name": styles.FONT, "size": 9, "color": styles.GREY}
NO_LINE = {"none": True}


@dataclass(frozen=True)
class Series:
    """One series: its name, and where its values stand, whose cells say how numbers are shown."""

    name: str
    area: Area
    color: str = styles.ACCENT


def bars(
    book: Book, title: str, categories: Area, series: Sequence[Series], *, told: str, signed: bool = False
) -> Chart:
    """Horizontal bars from zero, labelled directly, first category on top; `told` is the alternative text.

    `signed` bars may go to both sides of zero.
    """
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
                "data_labels": _labels(9 if len(series) == 1 else 8),
            }
        )
    drawing.set_y_axis(category_axis(reverse=True) | ({"label_position": "low"} if signed else {}))
    drawing.set_x_axis(_hidden_axis() | ({} if signed else {"min": 0}))
    dress(drawing, title)
    return Chart(drawing, told, f"bars {signed} {[(one.name, one.color) for one in series]} {_start(categories)}")


def _start(area: Area) -> str:
    return f"{area.sheet} {area.top} {area.left}"


@dataclass(frozen=True)
class Band:
    """A line and the band around it: where all of it stands, the height being high minus low."""

    title: str
    categories: Area
    low: Area
    height: Area
    middle: Area
    latest: Area
    """The last value of the line alone, which is labelled."""


@dataclass(frozen=True)
class Funnel:
    """Centred bars: where the categories, the blank half on the left of each bar, and the bars stand."""

    title: str
    categories: Area
    spacer: Area
    width: Area


def band(book: Book, shape: Band, *, told: str) -> Chart:
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
            "num_format": ANY_SIZE,
            "num_font": QUIET,
            "line": NO_LINE,
            "major_tick_mark": "none",
            "major_gridlines": {"visible": True, "line": {"color": styles.RULE, "width": 0.5}},
        }
    )
    dress(edges, shape.title)
    return Chart(edges, told, f"band {_start(shape.categories)}")


def funnel(book: Book, shape: Funnel, *, told: str) -> Chart:
    """Horizontal bars about one middle, each labelled with its count."""
    drawing = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    shared = {"categories": shape.categories.chart_range, "border": NO_LINE, "gap": 30}
    drawing.add_series(shared | {"name": "Space", "values": shape.spacer.chart_range, "fill": {"none": True}})
    drawing.add_series(
        shared
        | {
            "name": "Entered",
            "values": shape.width.chart_range,
            "fill": {"color": styles.PALE_BLUE},
            "data_labels": _labels() | {"position": "center"},
        }
    )
    drawing.set_y_axis(category_axis(reverse=True))
    drawing.set_x_axis(_hidden_axis() | {"min": 0})
    dress(drawing, shape.title)
    return Chart(drawing, told, f"funnel {_start(shape.categories)}")


def _line(book: Book, shape: Band) -> Any:
    line = book.workbook.add_chart({"type": "line"})
    shared = {"categories": shape.categories.chart_range}
    dot = {"type": "circle", "size": 5, "fill": {"color": styles.ACCENT}, "border": NO_LINE}
    middle = {"values": shape.middle.chart_range, "line": {"color": styles.ACCENT, "width": 2.25}, "marker": dot}
    line.add_series(shared | middle | {"name": "Velocity"})
    labelled = {"data_labels": {"value": True, "position": "above", "font": LABEL | {"bold": True}}}
    latest = {"values": shape.latest.chart_range, "line": NO_LINE, "marker": dot}
    line.add_series(shared | latest | labelled | {"name": "Latest"})
    return line


def _labels(size: float = 9) -> dict[str, Any]:
    return {"value": True, "font": LABEL | {"size": size}}


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
