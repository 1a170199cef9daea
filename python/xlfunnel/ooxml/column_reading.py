"""Some columns of a long table, read from the bytes of its rows: the usual cells at once, others one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.markup import unescaped
from xlfunnel.ooxml.references import column_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_TEXT: Final = "inlineStr"
_RARE: Final = re.compile("_x[0-9A-Fa-f]{4}_|&#")
"""What only the careful way reads: signs by their number."""
_LETTERS: Final = re.compile(rb'r="([A-Z]+)\d')
_BLOCK, _FEW = 2_048, 32
"""Rows that are taken apart together, and that are read one by one where there is an odd one among them."""


def read_columns(file: WorkbookFile, table: str, columns: Sequence[str]) -> list[tuple[CellValue, ...]]:
    """These columns of a table, each with the values of all rows; None in each stands for one that it lacks.

    Raises `NotThere`.
    """
    place = file.table(table)
    sheet = file.sheet_part(place.sheet)
    at = [place.column(column) for column in columns]
    held = [one for one in at if one is not None]
    found: dict[int, list[CellValue]] = {one: [] for one in held}
    for begin in range(place.first_row, place.last_row + 1, _BLOCK):
        rows = range(begin, min(begin + _BLOCK, place.last_row + 1))
        for one, values in zip(held, _block(sheet, rows, held), strict=True):
            found[one] += values
    nothing = (None,) * place.rows
    return [nothing if one is None else tuple(found[one]) for one in at]


def _block(sheet: SheetPart, rows: range, columns: Sequence[int]) -> list[list[CellValue]]:
    found = _at_once(sheet, rows, columns)
    if found is not None:
        return found
    if len(rows) <= _FEW:
        return _one_by_one(sheet, rows, columns)
    middle = len(rows) // 2
    halves = _block(sheet, rows[:middle], columns), _block(sheet, rows[middle:], columns)
    return [first + second for first, second in zip(*halves, strict=True)]


def _at_once(sheet: SheetPart, rows: range, columns: Sequence[int]) -> list[list[CellValue]] | None:
    """The values where each row has the same cells up to the last of the columns, all as most programs write them."""
    begin = f"<{sheet.tag}c ".encode()
    pieces = [(sheet.row_bytes(number) or b"").split(begin) for number in rows]
    order = {named[1]: at for at, piece in enumerate(pieces[0]) if (named := _LETTERS.match(piece))}
    shortest = min(map(len, pieces))
    found: list[list[CellValue]] = []
    for column in columns:
        letters = column_letters(column)
        at = order.get(letters.encode())
        if at is None or at >= shortest:
            return None
        text = b"".join([row[at] for row in pieces]).decode()
        cells = _usual(sheet.tag, letters).findall(text)
        if len(cells) != len(pieces) or _RARE.search(text):
            return None
        found.append(_values(sheet, cells))
    return found


def _usual(tag: str, letters: str) -> re.Pattern[str]:
    """A column's cell as most programs write it, without its beginning: kind, and value or text."""
    tag = re.escape(tag)
    value = rf"<{tag}v>([^<&]*)</{tag}v>"
    text = rf'<{tag}is><{tag}t(?: xml:space="preserve")?>([^<]*)</{tag}t></{tag}is>'
    head = rf'r="{letters}\d+"(?: s="\d+")?(?: t="(n|s|inlineStr)")?'
    return re.compile(rf"{head}(?:/>|>(?:{value}|{text})?</{tag}c>)")


def _values(sheet: SheetPart, cells: Sequence[tuple[str, str, str]]) -> list[CellValue]:
    """What cells hold that are given by their kind, value and text."""
    plain = {text: unescaped(text) for _, _, text in cells if "&" in text}
    return [
        plain.get(text, text) if kind == _TEXT else sheet.typed(kind or "n", value) if value.strip() else None
        for kind, value, text in cells
    ]


def _one_by_one(sheet: SheetPart, rows: range, columns: Sequence[int]) -> list[list[CellValue]]:
    found: list[list[CellValue]] = [[] for _ in columns]
    for number in rows:
        row = sheet.row(number)
        for values, column in zip(found, columns, strict=True):
            cell = row.cells.get(column) if row else None
            values.append(None if cell is None else sheet.value_of(cell))
    return found
