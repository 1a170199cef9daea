"""Charts of the templates, over ranges whose values change when a person types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import Chart
from xlfunnel.workbooks.charts import ANY_SIZE, LABEL, NO_LINE, QUIET, category_axis, dress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.book import Area, Book

PALETTE: Final = (
    styles.ACCENT,
    styles.ORANGE,
    styles.PALE_BLUE,
    "#8A94A3",
    "#F2C48D",
    "#123A66",
    "#C9CFD6",
    "#7A4A12",
)
"""Colours of series in their order: apart for every kind of sight, and in grey."""

_HIDE_ZERO: Final = "{0};-{0};;"


@dataclass(frozen=True)
class Shown:
    """A series: its name, where its values stand, its number format and colour.

    `plan` draws it as an outline, as plans are drawn; `labels` writes its values.
    """

    name: str
    area: Area
    number_format: str = "#,##0"
    color: str = styles.ACCENT
    plan: bool = False
    labels: bool = False
    points: int = 0
    """How many points there are, which only the last one's label needs to know."""
    label_color: str = styles.INK
    """Colour of the values: they stand inside the bars where bars are stacked."""
    label_position: str = ""
    """Where the values stand at a bar, such as "inside_base"; the program chooses where it says nothing."""


def columns(
    book: Book, title: str, categories: Area, series: Sequence[Shown], *, told: str, stacked: bool = False
) -> Chart:
    """Upright bars from zero side by side, or stacked; two series or more are named in a legend on top."""
    drawing = book.workbook.add_chart({"type": "column"} | ({"subtype": "stacked"} if stacked else {}))
    for one in series:
        drawing.add_series(_bar(one, categories) | {"gap": 45, "overlap": 100 if stacked else -5})
    _axes(drawing, series[0].number_format)
    dress(drawing, title, legend=len(series) > 1)
    return Chart(drawing, told)


def lines(book: Book, title: str, categories: Area, series: Sequence[Shown], *, told: str) -> Chart:
    """Lines from zero; a plan is dashed. Each ends with its name where `points` are told."""
    drawing = book.workbook.add_chart({"type": "line"})
    for one in series:
        drawing.add_series(_line(one, categories))
    _axes(drawing, series[0].number_format)
    dress(drawing, title, legend=not all(one.points for one in series))
    return Chart(drawing, told)


def columns_with_line(
    book: Book, title: str, categories: Area, bars: Sequence[Shown], line: Shown, *, told: str, stacked: bool = False
) -> Chart:
    """Bars against a line on the same axis: load against capacity, received against owed."""
    drawing = book.workbook.add_chart({"type": "column"} | ({"subtype": "stacked"} if stacked else {}))
    for one in bars:
        drawing.add_series(_bar(one, categories) | {"gap": 45, "overlap": 100 if stacked else -5})
    over = book.workbook.add_chart({"type": "line"})
    over.add_series(_line(line, categories))
    drawing.combine(over)
    _axes(drawing, bars[0].number_format)
    dress(drawing, title, legend=True)
    return Chart(drawing, told)


def sideways(
    book: Book,
    title: str,
    categories: Area,
    series: Sequence[Shown],
    *,
    told: str,
    stacked: bool = False,
    signed: bool = False,
) -> Chart:
    """Horizontal bars from zero, the first category on top; `signed` ones may go to both sides of it."""
    drawing = book.workbook.add_chart({"type": "bar"} | ({"subtype": "stacked"} if stacked else {}))
    for one in series:
        drawing.add_series(_bar(one, categories) | {"gap": 45, "overlap": 100 if stacked else -5})
    drawing.set_y_axis(category_axis() | {"reverse": True, "label_position": "low"})
    drawing.set_x_axis({"visible": False, "major_gridlines": {"visible": False}} | ({} if signed else {"min": 0}))
    dress(drawing, title, legend=len(series) > 1)
    return Chart(drawing, told)


@dataclass(frozen=True)
class Steps:
    """A waterfall: where its steps, the invisible base of each bar, and the bars going up, down and whole stand."""

    categories: Area
    base: Area
    whole: Area
    up: Area
    down: Area
    number_format: str = "#,##0"
    """Blank where the cells themselves say how numbers are shown."""


def waterfall(book: Book, title: str, steps: Steps, *, told: str) -> Chart:
    """From one whole to another by steps up and down; the bars are stacked on an invisible base."""
    drawing = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    shared: dict[str, Any] = {"categories": steps.categories.chart_range, "gap": 35, "overlap": 100}
    drawing.add_series(
        shared | {"name": "Base", "values": steps.base.chart_range, "fill": {"none": True}, "border": NO_LINE}
    )
    shape = steps.number_format
    for name, area, color, number_format, ink in (
        ("Whole", steps.whole, styles.ACCENT, shape, "#FFFFFF"),
        ("More", steps.up, styles.PALE_BLUE, f'"+"{shape}' if shape else "", styles.INK),
        ("Less", steps.down, styles.ORANGE, f'"−"{shape}' if shape else "", styles.INK),
    ):
        one = Shown(name, area, number_format, color, labels=True, label_color=ink)
        drawing.add_series(_bar(one, steps.categories) | {"gap": 35, "overlap": 100})
    _axes(drawing, steps.number_format)
    dress(drawing, title, legend=False)
    first = steps.categories
    return Chart(drawing, told, f"waterfall {first.sheet} {first.top} {first.left}")


def tornado(book: Book, title: str, categories: Area, worse: Shown, better: Shown, *, told: str) -> Chart:
    """What each lever takes and gives, to both sides of zero, the largest on top (the cells are in that order)."""
    drawing = book.workbook.add_chart({"type": "bar"})
    for one in (worse, better):
        # the figures stand beside the bars: a short one has no room for its own
        drawing.add_series(_bar(replace(one, label_position="outside_end"), categories) | {"gap": 40, "overlap": 100})
    drawing.set_y_axis(category_axis() | {"reverse": True, "label_position": "low"})
    drawing.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    dress(drawing, title, legend=False)
    return Chart(drawing, told)


def heat(page: TemplatePage, area: Area, *, low: str = "#FFFFFF", high: str = styles.PALE_BLUE) -> None:
    """Shade cells by their value, pale to strong: a heat map that also reads in grey."""
    rule = {"type": "2_color_scale", "min_color": low, "max_color": high}
    page.sheet.conditional_format(area.top, area.left, area.bottom, area.right, rule)


def data_bars(page: TemplatePage, area: Area, *, color: str = styles.PALE_BLUE, most: float | None = None) -> None:
    """Draw a bar into each cell by its value; a value of `most` and over fills the cell."""
    rule: dict[str, Any] = {
        "type": "data_bar",
        "bar_color": color,
        "bar_solid": True,
        "min_type": "num",
        "min_value": 0,
    }
    if most is not None:
        rule |= {"max_type": "num", "max_value": most}
    page.sheet.conditional_format(area.top, area.left, area.bottom, area.right, rule)


def flag(page: TemplatePage, area: Area, condition: str, *, color: str = styles.ORANGE) -> None:
    """Show cells in the colour for attention where a condition holds, written for the area's first cell."""
    look = page.book.workbook.add_format({"font_color": color, "bold": True})
    rule = {"type": "formula", "criteria": condition, "format": look}
    page.sheet.conditional_format(area.top, area.left, area.bottom, area.right, rule)


def _bar(one: Shown, categories: Area) -> dict[str, Any]:
    look: Mapping[str, Any] = {"fill": {"color": one.color}, "border": NO_LINE}
    if one.plan:
        look = {"fill": {"color": "#FFFFFF"}, "border": {"color": one.color, "width": 1.25}}
    chosen = {
        "name": one.name,
        "categories": categories.chart_range,
        "values": one.area.chart_range,
        **look,
    }
    if one.labels:
        shape = one.number_format if ";" in one.number_format else _HIDE_ZERO.format(one.number_format)
        at = {"position": one.label_position} if one.label_position else {}
        said = {"num_format": shape} if one.number_format else {}
        chosen["data_labels"] = {"value": True, "font": LABEL | {"color": one.label_color}} | said | at
    return chosen


def _line(one: Shown, categories: Area) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "name": one.name,
        "categories": categories.chart_range,
        "values": one.area.chart_range,
        "line": {"color": one.color, "width": 2.25} | ({"dash_type": "dash"} if one.plan else {}),
        "marker": {"type": "none"},
    }
    if one.points:
        hidden: list[dict[str, Any]] = [{"delete": True}] * (one.points - 1)
        chosen["data_labels"] = {
            "series_name": True,
            "position": "right",
            "font": LABEL | {"color": one.color, "bold": True},
            "custom": [*hidden, {}],
        }
    return chosen


def _axes(drawing: Any, number_format: str) -> None:
    drawing.set_x_axis(category_axis() | {"label_position": "low"})
    drawing.set_y_axis(
        {
            "min": 0,
            "num_format": number_format or ANY_SIZE,
            "num_font": QUIET,
            "line": NO_LINE,
            "major_tick_mark": "none",
            "major_gridlines": {"visible": True, "line": {"color": styles.RULE, "width": 0.5}},
        }
    )
