"""What a chart refers to and shows, by a look at its bytes: most charts stay as they are, and need no tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import unescape

from xlfunnel.ooxml.markup import is_plain

Points = tuple[str, list[tuple[str, str]]]
"""What a cache shows: how many cells, and by its number the text of each that has one."""

_OPENS: Final = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_FORMULA: Final = re.compile(rb"<((?:[\w.-]+:)?)f(?:\s[^>]*)?>([^<]*)</\1f>")
_SERIES_OPENS: Final = re.compile(rb"<(?:[\w.-]+:)?(?:num|str)Ref[\s/>]")
_SERIES: Final = re.compile(
    rb"<((?:[\w.-]+:)?)(num|str)Ref>\s*<\1f>([^<]*)</\1f>\s*<\1\2Cache>(.*?)</\1\2Cache>\s*</\1\2Ref>", re.DOTALL
)
_COUNT: Final = re.compile(rb"<(?:[\w.-]+:)?ptCount val=\"(\d+)\"\s*/>")
_POINT_OPENS: Final = re.compile(rb"<(?:[\w.-]+:)?pt[\s/>]")
_POINT: Final = re.compile(
    rb"<((?:[\w.-]+:)?)pt idx=\"(\d+)\"(?: formatCode=\"[^\"]*\")?>\s*<\1v(?:/>|>([^<]*)</\1v>)\s*</\1pt>"
)


@dataclass(frozen=True)
class Series:
    """What one part of a series refers to, and what its cache shows."""

    formula: str
    cache: str
    """The name of the cache: of numbers or of texts."""
    points: Points


def formulas_seen(content: bytes) -> list[str] | None:
    """What the series of a chart refer to; None where only its tree tells."""
    found = _FORMULA.findall(content)
    if not _can_be_seen(content) or len(found) != len(_OPENS.findall(content)):
        return None
    return [_text(formula) for _, formula in found]


def series_seen(content: bytes) -> list[Series] | None:
    """The same with the points of their caches."""
    found = _SERIES.findall(content)
    if not _can_be_seen(content) or len(found) != len(_SERIES_OPENS.findall(content)):
        return None
    series = []
    for _, kind, formula, cache in found:
        points = _points(cache)
        if points is None:
            return None
        series.append(Series(_text(formula), f"{kind.decode()}Cache", points))
    return series


def _can_be_seen(content: bytes) -> bool:
    return is_plain(content) and b"&#" not in content and b"\r" not in content


def _points(cache: bytes) -> Points | None:
    counts, points = _COUNT.findall(cache), _POINT.findall(cache)
    if len(counts) != 1 or len(points) != len(_POINT_OPENS.findall(cache)):
        return None
    return counts[0].decode(), [(number.decode(), _text(shown)) for _, number, shown in points]


def _text(written: bytes) -> str:
    return unescape(written.decode(), {"&quot;": '"', "&apos;": "'"})
