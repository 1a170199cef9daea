"""Text from an export, made safe to stand in a cell, and the room that a text needs."""

from __future__ import annotations

import re
from functools import lru_cache

from xlsxwriter.utility import xl_pixel_width

LONGEST = 32_767
"""UTF-16 units that a cell can hold."""

_SHORT = 100
"""Texts up to this length mostly come again: headings, stages, owners."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_IMPOSSIBLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Signs that a cell cannot hold as they are."""
_ACTIVE = ("=", "+", "-", "@", "\t")


def cell_text(text: str) -> str:
    """The text as a cell can hold it: control characters become visible signs, an overlong text is cut with a note.

    >>> cell_text("Acme\x07 Ltd")
    'Acme␇ Ltd'
    """
    if 2 * len(text) <= LONGEST and not _ODD.search(text):  # no sign takes more than two units
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    visible = _UNPRINTABLE.sub(lambda sign: "␡" if sign[0] == "\x7f" else chr(0x2400 + ord(sign[0])), lines)
    possible = _IMPOSSIBLE.sub("\ufffd", visible)
    units = _utf16_units(possible)
    if units <= LONGEST:
        return possible
    note = f" … [cut: the text has {units:,} characters]"
    kept = possible.encode("utf-16-le")[: 2 * (LONGEST - len(note))]
    return kept.decode("utf-16-le", errors="ignore") + note


def line_text(text: str) -> str:
    """The same on one line.

    >>> line_text("first\\nsecond")
    'first second'
    """
    return cell_text(text).replace("\n", " ")


def is_active(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula once a person edits its cell.

    >>> is_active("=1+1"), is_active("Acme")
    (True, False)
    """
    return text.startswith(_ACTIVE)


def pixels(text: str, size: float = 10) -> float:
    """Width of the text's longest line at this type size."""
    widest = max(_line_pixels(line) for line in text.split("\n"))
    return widest * size / 11


def _line_pixels(line: str) -> int:
    width: int = _short_pixels(line) if len(line) <= _SHORT else xl_pixel_width(line)
    return width


@lru_cache(maxsize=16_384)
def _short_pixels(line: str) -> int:
    width: int = xl_pixel_width(line)
    return width


def lines_needed(text: str, width: float, size: float = 10) -> int:
    """How many lines the text takes when it is wrapped at so many pixels.

    >>> lines_needed("short", 200), lines_needed("quite a long sentence " * 4, 200)
    (1, 3)
    """
    room = max(width - 8, 20)
    return sum(_lines_of(line, room, size) for line in text.split("\n"))


def balanced(text: str, width: float, size: float = 10) -> str:
    """The text with its line breaks where they leave lines of about the same length, at most so many pixels wide.

    >>> balanced("Fully loaded CAC, USD", 100)
    'Fully loaded\\nCAC, USD'
    """
    lines = wrapped(text, width, size)
    narrower = (wrapped(text, room, size) for room in range(30, int(width), 3))
    return "\n".join(next((found for found in narrower if len(found) == len(lines)), lines))


def line_height(size: float) -> float:
    """Height of one line of text at this type size, in points."""
    return size * 1.35


def wrapped(text: str, room: float, size: float = 10) -> list[str]:
    """The lines that the text takes when it is wrapped at so many pixels; a word is never broken."""
    lines: list[str] = []
    for word in text.split():
        if lines and pixels(f"{lines[-1]} {word}", size) <= room:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def _lines_of(line: str, room: float, size: float) -> int:
    lines, used, gap = 1, 0.0, pixels(" ", size)
    for word in line.split(" "):
        wide = pixels(word, size)
        if used and used + gap + wide > room:
            lines, used = lines + 1, 0.0
        broken, rest = divmod(wide, room)  # a word wider than the cell is broken
        lines += int(broken)
        used = rest if broken else used + (gap if used else 0.0) + wide
    return lines


def _utf16_units(text: str) -> int:
    return len(text) + sum(1 for sign in text if sign > "\uffff")
