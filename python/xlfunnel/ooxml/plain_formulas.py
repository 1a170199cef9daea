"""The formulas of a row and what they show, by a look at its bytes: nearly every row is written in the usual way."""

from __future__ import annotations

import re
from typing import Final

from xlfunnel.ooxml.markup import escaped, unescaped
from xlfunnel.ooxml.references import column_index

_CELL: Final = re.compile(rb'<c r="([A-Z]+)\d+"( s="\d+")?(?: t="(\w+)")?>(<f>([^<]*)</f>)(?:<v>([^<]*)</v>)?</c>')


def plain_formulas(row: bytes) -> list[tuple[int, str, str, str | None]] | None:
    """Column, text, kind of the result and the result as it is written, None for none, of each formula of a row.

    None where one is written in another way than programs usually write it, be it shared or an array.

    >>> plain_formulas(b'<row r="7"><c r="B7" s="3"><f>A7&gt;1</f><v>1</v></c><c r="C7"/></row>')
    [(1, 'A7>1', '', '1')]
    """
    found = list(_CELL.finditer(row))
    if len(found) != row.count(b"<f") or b"&#" in row or b"\r" in row:
        return None
    return [
        (
            column_index(cell[1].decode()),
            _text(cell[5]),
            (cell[3] or b"").decode(),
            None if cell[6] is None else _text(cell[6]),
        )
        for cell in found
        if cell[5]
    ]


def _text(written: bytes) -> str:
    return unescaped(written.decode())


def with_result(row: bytes, place: str, kind: str, shown: str | None) -> bytes | None:
    """The row with another result of the formula in a cell; None where that is not written in the usual way.

    >>> with_result(b'<row r="7"><c r="B7" s="3"><f>A7&gt;1</f><v>1</v></c></row>', "B7", "str", "<")
    b'<row r="7"><c r="B7" s="3" t="str"><f>A7&gt;1</f><v>&lt;</v></c></row>'
    """
    begin = row.find(f'<c r="{place}"'.encode())
    cell = _CELL.match(row, begin) if begin >= 0 else None
    if cell is None:
        return None
    named = f' t="{kind}"' if kind else ""
    value = "" if shown is None else f"<v>{escaped(shown)}</v>"
    style = (cell[2] or b"").decode()
    new = f'<c r="{place}"{style}{named}>'.encode() + cell[4] + value.encode() + b"</c>"
    return row[:begin] + new + row[cell.end() :]
