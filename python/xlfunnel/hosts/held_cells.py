"""The cells of a sheet as a comparison needs them: value, formula and format, read fast from long rows."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.references import column_index
from xlfunnel.ooxml.values import plain_text

if TYPE_CHECKING:
    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.values import CellValue

_CELL: Final = re.compile(
    rb'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(\w+)")?(?:/>|>'
    rb"(?:<v>([^<]*)</v>|<is><t[^>]*>([^<]*)</t></is>)?</c>)"
)
"""A cell without a formula, as spreadsheet programs write it."""
_HEIGHT: Final = re.compile(rb"^<(?:\w+:)?row\b[^>]*?\sht=\"([\d.]+)\"")
_HIDDEN: Final = re.compile(rb"^<(?:\w+:)?row\b[^>]*?\shidden=\"(?:1|true)\"")


@dataclass(frozen=True, slots=True)
class Held:
    """What one cell holds."""

    value: CellValue = None
    formula: str | None = None
    style: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether it shows nothing and computes nothing."""
        return self.formula is None and (self.value is None or self.value == "")

    def says(self, other: Held) -> bool:
        """Whether both hold the same formula, or the same value; results of formulas do not count."""
        if self.formula is not None or other.formula is not None:
            return self.formula == other.formula
        if self.is_blank or other.is_blank:
            return self.is_blank and other.is_blank
        return type(self.value) is type(other.value) and self.value == other.value


BLANK: Final = Held()


def held_row(part: SheetPart, number: int) -> dict[int, Held]:
    """The cells of a row by column."""
    content = part.row_bytes(number)
    if content is None:
        return {}
    found = _CELL.findall(content)
    if len(found) == content.count(b"<c ") and not part.tag:
        return {column_index(name.decode()): _held(part, *rest) for name, *rest in found}
    row = part.row(number)
    if row is None:
        return {}
    return {
        column: Held(part.value_of(cell), part.formula_of(cell, number, column), cell.whole("s"))
        for column, cell in row.cells.items()
    }


def height(part: SheetPart, number: int) -> float | None:
    """The height of a row in points, where it has one of its own."""
    found = _HEIGHT.search(part.row_bytes(number) or b"")
    return float(found[1]) if found else None


def is_hidden(part: SheetPart, number: int) -> bool:
    """Whether a row is hidden."""
    return _HIDDEN.search(part.row_bytes(number) or b"") is not None


def _held(part: SheetPart, style: bytes, kind: bytes, text: bytes, inline: bytes) -> Held:
    look = int(style) if style else 0
    if kind == b"inlineStr":
        return Held(plain_text(_plain(inline)), None, look)
    if kind == b"str":
        return Held(plain_text(_plain(text)), None, look)
    if not text.strip():
        return Held(None, None, look)
    return Held(part.typed(kind.decode() or "n", text.decode().strip()), None, look)


def _plain(text: bytes) -> str:
    shown = text.decode()
    return html.unescape(shown) if "&" in shown else shown
