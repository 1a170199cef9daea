"""The icons of the toolbar, drawn as PNG: a funnel, and an arrow into it or back out of it."""

from __future__ import annotations

import struct
import zlib
from typing import Final

Point = tuple[float, float]
Shape = tuple[tuple[tuple[int, int, int], tuple[Point, ...]], ...]
"""Polygons in their colours, one over the other, on a square whose side is 16."""

SIDE: Final = 16
FINENESS: Final = 6
"""Points of a pixel's row and column that are tried: edges come out smooth."""
_BLUE: Final = (31, 78, 121)
_GREEN: Final = (56, 142, 60)
_ORANGE: Final = (217, 119, 6)

_FUNNEL: Final = (_BLUE, ((1.0, 5.5), (15.0, 5.5), (9.5, 11.0), (9.5, 15.0), (6.5, 15.0), (6.5, 11.0)))
_INTO: Final = (_GREEN, ((6.7, 0.5), (9.3, 0.5), (9.3, 4.0), (11.8, 4.0), (8.0, 8.6), (4.2, 4.0), (6.7, 4.0)))
_OUT: Final = (_ORANGE, ((0.5, 3.7), (5.2, 0.0), (5.2, 2.3), (14.0, 2.3), (14.0, 5.1), (5.2, 5.1), (5.2, 7.4)))
DOWN: Final[Shape] = (_FUNNEL, _INTO)
BACK: Final[Shape] = (_FUNNEL, _OUT)


def icon(shape: Shape, size: int) -> bytes:
    """A PNG of the shape, that many pixels high and wide, on a transparent ground.

    >>> icon(DOWN, 16)[:8] == bytes([137]) + b"PNG" + bytes([13, 10, 26, 10])
    True
    """
    rows = b"".join(
        b"\0" + b"".join(_pixel(shape, size, row, column) for column in range(size)) for row in range(size)
    )
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _pixel(shape: Shape, size: int, row: int, column: int) -> bytes:
    """Red, green, blue and opacity: of the points tried, the mean colour of those that the shape covers."""
    step = SIDE / size / FINENESS
    tried = [
        _colour(shape, (column * FINENESS + across + 0.5) * step, (row * FINENESS + down + 0.5) * step)
        for down in range(FINENESS)
        for across in range(FINENESS)
    ]
    covered = [colour for colour in tried if colour is not None]
    if not covered:
        return bytes(4)
    mean = (round(sum(channel) / len(covered)) for channel in zip(*covered, strict=True))
    return bytes((*mean, round(255 * len(covered) / len(tried))))


def _colour(shape: Shape, x: float, y: float) -> tuple[int, int, int] | None:
    return next((colour for colour, corners in reversed(shape) if _is_in(corners, x, y)), None)


def _is_in(corners: tuple[Point, ...], x: float, y: float) -> bool:
    """Whether a point lies in a polygon: a line from it to the right crosses the edges an odd number of times."""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            crossings += 1
    return crossings % 2 == 1
