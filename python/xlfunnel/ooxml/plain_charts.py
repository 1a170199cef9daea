"""What a chart refers to and shows, by a look at its bytes: most charts stay as they are, and need no tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.markup import escaped, is_plain, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable

Points = tuple[str, list[tuple[str, str]]]
"""What a cache shows: how many cells, and by its number the text of each that has one."""

_OPENS: Final = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_FORMULA: Final = re.compile(rb"<((?:[\w.-]+:)?)f(?:\s[^<>]*)?>([^<]*)</\1f>")
_SERIES_OPENS: Final = re.compile(rb"<(?:[\w.-]+:)?(?:num|str)Ref[\s/>]")
_SERIES: Final = re.compile(
    rb"<((?:[\w.-]+:)?)(num|str)Ref>\s*<\1f>([^<]*)</\1f>\s*<\1\2Cache>"
    rb"(?:\s*<\1formatCode>[^<]*</\1formatCode>)?"
    rb"(\s*<\1ptCount val=\"(\d+)\"\s*/>\s*"
    rb"(?:<\1pt idx=\"\d+\">\s*<\1v(?:/>|>[^<]*</\1v>)\s*</\1pt>\s*)*)</\1\2Cache>\s*</\1\2Ref>"
)
_POINT: Final = re.compile(rb"<((?:[\w.-]+:)?)pt idx=\"(\d+)\">\s*<\1v(?:/>|>([^<]*)</\1v>)\s*</\1pt>")


@dataclass(frozen=True)
class Series:
    """What one part of a series refers to, and what its cache shows."""

    formula: str
    cache: str
    """The name of the cache: of numbers or of texts."""
    points: Points
    begin: int
    end: int
    """Where the points stand in the part, behind the number's format."""
    tag: str
    """What stands before the names of elements, with its colon."""

    def written(self, points: Points) -> bytes:
        """Other points as the part writes them."""
        count, shown = points
        tag = self.tag
        texts = (f"<{tag}v>{escaped(text)}</{tag}v>" if text else f"<{tag}v/>" for _, text in shown)
        cells = (f'<{tag}pt idx="{at}">{text}</{tag}pt>' for (at, _), text in zip(shown, texts, strict=True))
        return f'<{tag}ptCount val="{count}"/>{"".join(cells)}'.encode()


def formulas_seen(content: bytes) -> list[str] | None:
    """What the series of a chart refer to; None where only its tree tells."""
    found = _FORMULA.findall(content)
    if not _can_be_seen(content) or len(found) != len(_OPENS.findall(content)):
        return None
    return [_text(formula) for _, formula in found]


def series_seen(content: bytes) -> list[Series] | None:
    """The same with the points of their caches."""
    found = list(_SERIES.finditer(content))
    if not _can_be_seen(content) or len(found) != len(_SERIES_OPENS.findall(content)):
        return None
    return [
        Series(_text(one[3]), f"{one[2].decode()}Cache", _points(one), one.start(4), one.end(4), one[1].decode())
        for one in found
    ]


def with_points(content: bytes, changes: Iterable[tuple[Series, Points]]) -> bytes:
    """The part with other points in some of its series, which are given in their order."""
    pieces, at = [], 0
    for one, points in changes:
        pieces += [content[at : one.begin], one.written(points)]
        at = one.end
    return b"".join((*pieces, content[at:]))


def _can_be_seen(content: bytes) -> bool:
    below = content.find(b"?>") + len(b"?>\r")  # an end of line that XML changes may stand behind the declaration
    return is_plain(content) and b"&#" not in content and b"\r" not in content[below:]


def _points(series: re.Match[bytes]) -> Points:
    points = _POINT.findall(series[4])
    return series[5].decode(), [(number.decode(), _text(shown)) for _, number, shown in points]


def _text(written: bytes) -> str:
    return unescaped(written.decode())
