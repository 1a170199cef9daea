"""Some columns of a long table, read from the bytes of its rows: the usual cells at once, others one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import unescape

from xlfunnel.ooxml.references import column_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_SIGNS: Final = {"&quot;": '"', "&apos;": "'"}
"""Signs that a program may spell out, besides those that XML requires."""
_RARE: Final = (b"_x", b"&#")
"""What only the careful way reads: signs by their number."""


def read_columns(file: WorkbookFile, table: str, columns: Sequence[str]) -> list[tuple[CellValue, ...]]:
    """The rows of a table, of these columns only; None stands for a column that it lacks. Raises `NotThere`."""
    place = file.table(table)
    sheet = file.sheet_part(place.sheet)
    at = [place.column(column) for column in columns]
    letters = [None if one is None else column_letters(one).encode() for one in at]
    pattern, begin = _usual(sheet), f"<{sheet.tag}c".encode()
    rows: list[tuple[CellValue, ...]] = []
    for number in range(place.first_row, place.last_row + 1):
        content = sheet.row_bytes(number) or b""
        found = pattern.findall(content)
        if len(found) != content.count(begin) or any(sign in content for sign in _RARE):
            rows.append(_slowly(sheet, number, at))
            continue
        cells = {cell[0]: cell for cell in found}
        rows.append(tuple(_value(sheet, cells.get(one)) if one else None for one in letters))
    return rows


def _usual(sheet: SheetPart) -> re.Pattern[bytes]:
    """A cell as most programs write it: column, kind, and its value or text."""
    tag = re.escape(sheet.tag.encode())
    value = rb"<%bv>([^<&]*)</%bv>" % (tag, tag)
    text = rb'<%bis><%bt(?: xml:space="preserve")?>([^<]*)</%bt></%bis>' % (tag, tag, tag, tag)
    head = rb'<%bc r="([A-Z]{1,3})\d+"(?: s="\d+")?(?: t="(n|s|inlineStr)")?' % tag
    return re.compile(head + rb"(?:/>|>(?:%b|%b)?</%bc>)" % (value, text, tag))


def _value(sheet: SheetPart, cell: tuple[bytes, bytes, bytes, bytes] | None) -> CellValue:
    if cell is None:
        return None
    _, kind, value, text = cell
    if kind == b"inlineStr":
        return unescape(text.decode(), _SIGNS)
    return sheet.typed("s" if kind == b"s" else "n", value.decode()) if value else None


def _slowly(sheet: SheetPart, number: int, at: Sequence[int | None]) -> tuple[CellValue, ...]:
    row = sheet.row(number)
    cells = row.cells if row else {}
    found: list[CellValue] = []
    for column in at:
        cell = None if column is None else cells.get(column)
        found.append(None if cell is None else sheet.value_of(cell))
    return tuple(found)
