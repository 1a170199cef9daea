"""The cells of many rows, all at once by Arrow: the same that `bulk_rows` writes one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from pyarrow import compute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xlfunnel.ooxml.values import Writable

    Array = pa.Array[Any]
    Texts = pa.Array[Any]

pc: Any = compute
"""Untyped: its stubs know fewer combinations of arrays and scalars than it takes."""

_ODD: Final = r"[&<>\x00-\x1f]|_x[0-9A-Fa-f]{4}_|^[=+\-@\s\pZ\x{85}]|[\s\pZ\x{85}]$|[\x{FFFE}\x{FFFF}]"
"""Texts that are written with care, one by one; all others stand in their cell as they are."""
_LONG: Final = 10_000
_INTEGRAL: Final = 1e15
"""Whole numbers below it are written with all their digits."""
_UNIX_DAY: Final = 25_569
"""1 January 1970 as spreadsheets count days."""
_FIRST_PLAIN_DAY: Final = 61
"""From this day on the count has no gap."""
_DAYS_TO_1904: Final = 1_462
_MICROSECONDS: Final = 86_400_000_000


@dataclass(frozen=True)
class Look:
    """How the cells of a column stand in a file."""

    letters: str
    tag: str
    """What stands before the name of a cell, with the colon."""
    style: str
    """The attribute of its format, with a space before it; "" without one."""
    since_1904: bool
    other: Callable[[int, Writable], str]
    """Writes one cell, given the row's number in the file and a value that needs care."""


def row_numbers(first: int, count: int) -> Texts:
    """The numbers of rows in a file, the first of which is `first`."""
    return pa.array(range(first, first + count), pa.int64()).cast(pa.string())


def rows_as_bytes(numbers: Texts, before: str, after: str, cells: Sequence[Texts], closing: str) -> list[bytes]:
    """Rows of these cells; `before` and `after` are what stands around the number in a row's tag."""
    return _as_bytes(_joined(before, numbers, after, *cells, closing))


def cells_as_bytes(cells: Sequence[Texts]) -> list[bytes]:
    """The cells of each row, without the row."""
    return _as_bytes(_joined(*cells))


def _as_bytes(texts: Texts) -> list[bytes]:
    found: Any = texts.cast(pa.binary()).to_pylist()
    return list(found)


def texts_of(cells: Sequence[str]) -> Texts:
    """Cells that were written one by one."""
    return pa.array(cells, pa.string())


def column_cells(look: Look, numbers: Texts, values: Sequence[Writable]) -> Texts | None:
    """The cells, "" for a blank one without a format; None where the values must be written one by one."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {str}:
        return _text_cells(look, numbers, values)
    shown = _shown(kinds, values, since_1904=look.since_1904)
    if shown is None:
        return None
    tail = f"</{look.tag}v></{look.tag}c>"
    return _filled(look, numbers, _joined(_head(look), numbers, f'"{look.style}><{look.tag}v>', shown, tail))


def _head(look: Look) -> str:
    return f'<{look.tag}c r="{look.letters}'


def _joined(*pieces: Texts | str) -> Texts:
    joined: Texts = pc.binary_join_element_wise(*pieces, "")
    return joined


def _filled(look: Look, numbers: Texts, cells: Texts) -> Texts:
    """The cells, with blank ones where there is no value."""
    if not cells.null_count:
        return cells
    filled: Texts = pc.coalesce(cells, _joined(_head(look), numbers, f'"{look.style}/>') if look.style else "")
    return filled


def _text_cells(look: Look, numbers: Texts, values: Sequence[Writable]) -> Texts | None:
    try:
        texts = pa.array(values, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):  # half a pair of signs
        return None
    tag = look.tag
    opening, tail = f'"{look.style} t="inlineStr"><{tag}is><{tag}t>', f"</{tag}t></{tag}is></{tag}c>"
    cells = _joined(_head(look), numbers, opening, texts, tail)
    long = pc.greater(pc.utf8_length(texts), _LONG)
    odd = pc.fill_null(pc.or_(pc.match_substring_regex(texts, _ODD), long), False)  # noqa: FBT003
    places = pc.indices_nonzero(odd).to_pylist()
    if places:
        others = [look.other(int(numbers[place].as_py()), values[place]) for place in places]
        cells = pc.replace_with_mask(cells, odd, texts_of(others))
    return _filled(look, numbers, cells)


def _shown(kinds: set[type], values: Sequence[Any], *, since_1904: bool) -> Texts | None:
    """Numbers and days as texts; None where one of them is not plain."""
    if not kinds:
        return pa.nulls(len(values), pa.string())
    try:
        if kinds <= {int, float}:
            return _numbers(pa.array(values, pa.float64()))
        if kinds == {date}:
            days = pa.array(values, pa.date32()).cast(pa.int32()).cast(pa.int64())
            return _counted(days, 1, since_1904=since_1904)
        if kinds == {datetime}:
            moments = pa.array(values)
            if moments.type == pa.timestamp("us"):  # of no time zone
                return _counted(moments.cast(pa.int64()), _MICROSECONDS, since_1904=since_1904)
    except (pa.ArrowInvalid, OverflowError):  # a number with more digits than Arrow keeps
        return None
    return None


def _numbers(values: Array) -> Texts | None:
    if not pc.all(pc.is_finite(values)).as_py():
        return None
    whole = pc.and_(pc.less(pc.abs(values), _INTEGRAL), pc.equal(pc.floor(values), values))
    digits = pc.if_else(whole, values, 0.0).cast(pa.int64()).cast(pa.string())
    shown: Texts = pc.if_else(whole, digits, values.cast(pa.string()))
    return shown


def _counted(moments: Array, day: int, *, since_1904: bool) -> Texts | None:
    """Moments since 1970, of which so many are a day, as a workbook counts days."""
    counted = pc.add(moments, (_UNIX_DAY - (_DAYS_TO_1904 if since_1904 else 0)) * day)
    first = pc.min(counted).as_py()
    if first < (0 if since_1904 else _FIRST_PLAIN_DAY) * day:
        return None
    return _numbers(counted.cast(pa.float64()) if day == 1 else pc.divide(counted.cast(pa.float64()), float(day)))
