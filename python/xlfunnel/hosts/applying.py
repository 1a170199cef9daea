"""Changes put into an open workbook, by calls that Excel (COM) and Office.js (xlwings Server) share.

Nothing is read back after it was written, and no result is waited for: a host may run the calls later, in one go.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.errors import ExcelCode, Stopped
from xlfunnel.hosts.changes import (
    Alike,
    CellChange,
    Cleared,
    Format,
    Formulas,
    Inked,
    Joined,
    Named,
    Parted,
    Printed,
    Repeated,
    Resized,
    Taller,
    Values,
)
from xlfunnel.ooxml.references import Area

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import xlwings as xw

CELLS_AT_ONCE: Final = 20_000
"""Cells that one call carries at most: Excel for the web takes no request above five megabytes."""

_LONGEST_IN_BLOCK: Final = 8_000
"""Excel takes no longer text in a block, and any that a cell can hold on its own."""

_PLAIN: Final = re.compile(r"[^\W\d_]+(?:[ ,.()&:;]+[^\W\d_]+)+\.?")
"""Words that no spreadsheet program takes for a number, a date, a truth value or a formula."""


class NameUnseen(Stopped):
    """The open workbook does not show a name that must lead elsewhere."""


def put(book: xw.Book, changes: Iterable[CellChange], told: Callable[[float], None]) -> None:
    """Make the changes in their order; `told` hears the share that is done."""
    listed = list(changes)
    for number, change in enumerate(listed):
        _CALLS[type(change)](change, book)
        told((number + 1) / len(listed))


def _put_resized(change: Resized, book: xw.Book) -> None:
    sheet = book.sheets[change.sheet]
    sheet.tables[change.table].resize(_range(book, change.sheet, change.area))


def _put_repeated(change: Repeated, book: xw.Book) -> None:
    _range(book, change.sheet, change.model).copy(_range(book, change.sheet, change.target))


def _put_cleared(change: Cleared, book: xw.Book) -> None:
    _range(book, change.sheet, change.area).clear()


def _put_parted(change: Parted, book: xw.Book) -> None:
    _range(book, change.sheet, change.area).unmerge()


def _put_joined(change: Joined, book: xw.Book) -> None:
    _range(book, change.sheet, change.area).merge()


def _put_alike(change: Alike, book: xw.Book) -> None:
    _range(book, change.model_sheet, change.model).copy(_range(book, change.sheet, change.area))


def _put_inked(change: Inked, book: xw.Book) -> None:
    _range(book, change.sheet, change.area).font.color = change.color


def _put_values(change: Values, book: xw.Book) -> None:
    for area, rows in _pieces(change.area, change.rows):
        _range(book, change.sheet, area).raw_value = [[written(value) for value in row] for row in rows]


def _put_formulas(change: Formulas, book: xw.Book) -> None:
    for area, rows in _pieces(change.area, change.rows):
        _range(book, change.sheet, area).formula2 = [list(row) for row in rows]


def _put_format(change: Format, book: xw.Book) -> None:
    _range(book, change.sheet, change.area).number_format = change.code


def _put_taller(change: Taller, book: xw.Book) -> None:
    _range(book, change.sheet, change.rows).row_height = change.height


def _put_printed(change: Printed, book: xw.Book) -> None:
    book.sheets[change.sheet].page_setup.print_area = change.area


def _put_named(change: Named, book: xw.Book) -> None:
    if change.new:
        (book.sheets[change.scope] if change.scope else book).names.add(change.name, change.refers_to)
        return
    held = name_in(book, change.scope, change.name)
    if held is None:
        msg = (
            f"The open workbook does not show its name {change.name}, which must lead elsewhere now. Refresh the "
            "file, in a terminal: xlfunnel refresh BOOK EXPORT… --as-of DATE"
        )
        raise NameUnseen(msg)
    held.refers_to = change.refers_to


_CALLS: Final = MappingProxyType[type[CellChange], Any](
    {
        Parted: _put_parted,
        Resized: _put_resized,
        Repeated: _put_repeated,
        Cleared: _put_cleared,
        Alike: _put_alike,
        Inked: _put_inked,
        Joined: _put_joined,
        Values: _put_values,
        Formulas: _put_formulas,
        Format: _put_format,
        Taller: _put_taller,
        Printed: _put_printed,
        Named: _put_named,
    }
)
"""The call for each kind of change."""


def written(value: Any) -> Any:
    """A value as a call hands it over. What is text stays text: with the sign for it where a host would guess.

    >>> written("Closed Won"), written("007"), written("=1+1"), written(None), written(2.0)
    ('Closed Won', "'007", "'=1+1", '', 2.0)
    """
    if value is None:
        return ""
    if isinstance(value, ExcelCode):
        return value.value
    if not isinstance(value, str) or not value or _PLAIN.fullmatch(value):
        return value
    return f"'{value}"


def name_in(book: xw.Book, scope: str, name: str) -> xw.Name | None:
    """A name that holds on one sheet, or in the whole workbook for the scope ""."""
    if not scope:
        return book.names[name] if name in book.names else None  # noqa: SIM401  # they have no get
    # Hosts differ in whether such a name begins with its sheet, and a sheet has few.
    return next((held for held in book.sheets[scope].names if held.name.rpartition("!")[2] == name), None)


def _range(book: xw.Book, sheet: str, area: Area) -> xw.Range:
    # Numbers, not a name such as A1: xlwings looks for names of cells first where it gets text.
    return book.sheets[sheet].range((area.top + 1, area.left + 1), (area.bottom + 1, area.right + 1))


def _pieces(area: Area, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Area, Sequence[Sequence[Any]]]]:
    """A block in pieces that one call can carry; a very long text goes alone."""
    step = max(CELLS_AT_ONCE // (area.right - area.left + 1), 1)
    start = 0
    for end in range(1, len(rows) + 1):
        alone = end < len(rows) and (_is_long(rows[end]) or _is_long(rows[end - 1]))
        if end == len(rows) or end - start == step or alone:
            yield from _piece(area, start, rows[start:end])
            start = end


def _piece(area: Area, start: int, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Area, Sequence[Sequence[Any]]]]:
    top = area.top + start
    if not _is_long(rows[0]):
        yield Area(top, area.left, top + len(rows) - 1, area.right), rows
        return
    for column, value in enumerate(rows[0], area.left):
        yield Area(top, column, top, column), ((value,),)


def _is_long(row: Sequence[Any]) -> bool:
    return any(isinstance(value, str) and len(value) > _LONGEST_IN_BLOCK for value in row)
