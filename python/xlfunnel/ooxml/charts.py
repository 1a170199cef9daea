"""The figures that charts keep from the sheets, so that a previewer can draw them without calculating."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.markup import Element, parse, serialised
from xlfunnel.ooxml.plain_charts import formulas_seen, series_seen, with_points
from xlfunnel.ooxml.references import Area, place_of
from xlfunnel.ooxml.relationships import CONTENT_TYPES
from xlfunnel.ooxml.values import file_text, moment, number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xlfunnel.ooxml.package import Package
    from xlfunnel.ooxml.plain_charts import Points
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_CHART = "drawingml.chart+xml"
_NEWER_CHART = "chartex+xml"
"""Waterfalls, funnels and the like, which keep their figures in another way; Excel reads them anew on opening."""
_MOST_POINTS = 100_000
_LAST_DAY = 2_950_000  # beyond it a year has five digits
_NO_SIGNS = re.compile(r"\"[^\"]*\"|\[[^\]]*\]|\\.|General", re.IGNORECASE)
"""What stands in a number's format and is none of its signs."""


def chart_parts(package: Package, *kinds: str) -> Iterator[str]:
    """The parts that are charts of these kinds."""
    root = parse(package.read(CONTENT_TYPES), CONTENT_TYPES)
    for element in root.elements("Override"):
        part = element.attributes.get("PartName", "").lstrip("/")
        if element.attributes.get("ContentType", "").endswith(kinds) and part in package:
            yield part


def refresh_caches(book: WorkbookFile) -> None:
    """Write what the sheets show now into every chart; a chart that already says so stays as it is."""
    for part in chart_parts(book.package, _CHART):
        content = book.package.read(part)
        seen = series_seen(content)
        if seen is not None:
            told = ((one, _told(book, one.formula, one.cache)) for one in seen)
            book.package.replace(part, with_points(content, ((one, new) for one, new in told if new)))
            continue
        root = parse(content, part)
        if refresh_chart(book, root):
            book.package.replace(part, serialised(root))


def redirect_charts(book: WorkbookFile, rewrite: Callable[[str], str]) -> None:
    """Change what the series of charts refer to, and write the figures of those that changed."""
    for part in chart_parts(book.package, _CHART, _NEWER_CHART):
        content = book.package.read(part)
        seen = formulas_seen(content)
        if seen is not None and all(rewrite(formula) == formula for formula in seen):
            continue
        root = parse(content, part)
        changed = False
        for formula in root.below("f"):
            new = rewrite(formula.text)
            changed |= new != formula.text
            formula.children = [new]
        if changed:
            refresh_chart(book, root)
            book.package.replace(part, serialised(root))


def refresh_chart(book: WorkbookFile, root: Element) -> bool:
    """Write the figures of one chart; whether any differed."""
    changed = False
    for kind, cache in (("numRef", "numCache"), ("strRef", "strCache")):
        for reference in root.below(kind):
            changed |= _refresh(book, reference, cache)
    return changed


def _refresh(book: WorkbookFile, reference: Element, name: str) -> bool:
    formula, cache = reference.child("f"), reference.child(name)
    points = _told(book, formula.text, name) if formula is not None else None
    if points is None or (cache is not None and points == _points(cache)):
        return False
    if cache is None:
        cache = reference.new(name)
        reference.insert(cache, frozenset({"extLst"}))
    first = list(cache.elements("formatCode"))
    last = list(cache.elements("extLst"))
    formats = {point.attributes.get("idx"): point.attributes.get("formatCode") for point in cache.elements("pt")}
    count, shown = points
    cache.children = [*first, cache.new("ptCount", {"val": count})]
    cache.children += [_point(cache, index, text, formats.get(index)) for index, text in shown]
    cache.children += last
    return True


def _told(book: WorkbookFile, formula: str, name: str) -> Points | None:
    """The points that a cache should have now; None where the formula names no plain area of a sheet."""
    values = _values(book, formula)
    if values is None:
        return None
    texts = (
        [_number(value) for value, _ in values]
        if name == "numCache"
        else [_text(*value, since_1904=book.since_1904) for value in values]
    )
    return str(len(values)), [(str(index), text) for index, text in enumerate(texts) if text is not None]


def _point(cache: Element, index: str, text: str, number_format: str | None) -> Element:
    point = cache.new("pt", {"idx": index} | ({"formatCode": number_format} if number_format else {}))
    point.children = [cache.new("v", text=text)]
    return point


def _points(cache: Element) -> Points:
    """The count and the points of a cache, to be compared."""
    count = cache.child("ptCount")
    points = []
    for point in cache.elements("pt"):
        held = point.child("v")
        points.append((point.attributes.get("idx", ""), "" if held is None else held.text))
    return (count.attributes.get("val", "") if count is not None else ""), points


def _values(book: WorkbookFile, formula: str) -> list[tuple[CellValue, str]] | None:
    """What the cells of a series hold and how they show a number; None where it is no plain area of a sheet."""
    found = place_of(formula)
    if found is None:
        named = book.named(formula.rpartition("!")[2])
        found = (named.sheet, named.area) if named else None
    if found is None or found[0] not in book.sheets:
        return None
    sheet, area = found
    if (area.bottom - area.top + 1) * (area.right - area.left + 1) > _MOST_POINTS:
        return None
    return _area_values(book, sheet, area)


def _area_values(book: WorkbookFile, sheet: str, area: Area) -> list[tuple[CellValue, str]]:
    part = book.sheet_part(sheet)
    formats: dict[int, str] = {}
    values: list[tuple[CellValue, str]] = []
    for number in range(area.top, area.bottom + 1):
        row = part.row(number)
        cells = row.cells if row else {}
        held = (cells.get(column) for column in range(area.left, area.right + 1))
        for cell in held:
            style = 0 if cell is None else cell.whole("s")
            if style not in formats:
                formats[style] = book.number_format(style)
            values.append((None if cell is None else part.value_of(cell), formats[style]))
    return values


def _number(value: CellValue) -> str | None:
    """A number as the cache holds it; what is no number is no point, save #N/A, which is one that is not drawn."""
    if value is ExcelCode.NA:
        return "#N/A"
    if value is None or isinstance(value, str):
        return None
    return number_text(value)


def _text(value: CellValue, number_format: str, *, since_1904: bool) -> str | None:
    """A value as a label; dates and shares nearly as their cells show them."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return file_text(value)
    plain = _NO_SIGNS.sub("", number_format).lower()
    if ("y" in plain or "d" in plain) and 0 < value < _LAST_DAY:
        return moment(value, since_1904=since_1904).date().isoformat()
    return f"{number_text(round(value * 100, 2))}%" if "%" in plain else number_text(value)
