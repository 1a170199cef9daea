"""How far the cells of a sheet reach, by the references in its XML, which is looked at piece by piece."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]

CELL = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
LONGEST_REFERENCE = 32
MOST_LETTERS, MOST_DIGITS = 3, 7
SPACE, QUOTE, EQUALS, NAME = b' "=r'
WINDOW = np.arange(MOST_LETTERS + MOST_DIGITS + 1)
PLACE_VALUES = 10 ** np.arange(MOST_DIGITS)[::-1]
LETTER_VALUES = 26 ** np.arange(MOST_LETTERS)[::-1]
BEFORE_A = ord("a") - 1


@dataclass
class Extent:
    """How far a sheet reaches: a reader makes room for all cells up to there."""

    rows: int = 0
    columns: int = 0
    _end: bytes = b""

    def see(self, piece: bytes) -> None:
        """Look at the next piece of the sheet's XML."""
        seen = self._end + piece
        self._end = piece[-LONGEST_REFERENCE:]  # a reference that is cut in two
        found = _usual_extent(seen)
        rows, columns = _any_extent(seen) if found is None else found
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)


def _any_extent(text: bytes) -> tuple[int, int]:
    found = CELL.findall(text)
    rows = {row for _, row in found}
    return max(map(int, rows), default=0), max(
        (_column_number(name) for name in {name for name, _ in found}), default=0
    )


def _usual_extent(text: bytes) -> tuple[int, int] | None:
    """The same where every reference is written ` r="B7"`, as programs do; None where one may be another way."""
    data = np.frombuffer(text + bytes(len(WINDOW) + 2), np.uint8)
    after = np.flatnonzero((data[1:] == NAME) & (data[:-1] <= SPACE)) + 2
    after = after[(data[after] == EQUALS) | (data[after] <= SPACE)]
    if not ((data[after] == EQUALS) & (data[after + 1] == QUOTE)).all():
        return None
    windows = data[(after + 2)[:, None] + WINDOW]
    found = [_extent_of(windows, letters) for letters in range(1, MOST_LETTERS + 1)]
    return max(rows for rows, _ in found), max(columns for _, columns in found)


def _extent_of(windows: Bytes, letters: int) -> tuple[int, int]:
    """The extent of the references that have so many letters."""
    small = windows[:, : letters + 1] | 0x20
    named = (small[:, :letters] >= ord("a")) & (small[:, :letters] <= ord("z"))
    fits = named.all(axis=1)
    digits = windows[fits, letters:].astype(np.int64) - ord("0")
    size = np.cumprod((digits >= 0) & (digits <= 9), axis=1).sum(axis=1)
    closed = (size >= 1) & (size <= MOST_DIGITS) & (_at(windows[fits, letters:], size) == QUOTE)
    if not closed.any():
        return 0, 0
    longest = int(size[closed].max())
    rows = digits[closed & (size == longest), :longest] @ PLACE_VALUES[-longest:]
    columns = (small[fits][closed, :letters] - np.int64(BEFORE_A)) @ LETTER_VALUES[-letters:]
    return int(rows.max()), int(columns.max())


def _at(windows: Bytes, places: npt.NDArray[Any]) -> Bytes:
    """In each row the byte at a place; the last one where the place is beyond it."""
    within = np.minimum(places, windows.shape[1] - 1)
    found: Bytes = windows[np.arange(len(windows)), within]
    return found


def _column_number(letters: bytes) -> int:
    """The number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
