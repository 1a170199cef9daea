"""One column of an export as text: its distinct values, and for each row which of them it holds.

Cleaning then works on the distinct values only, which keeps a million rows quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xlfunnel.crm.text_array import (
    BLANK,
    all_ascii,
    at,
    chosen,
    distinct,
    has_outer_spaces,
    lowered,
    matches,
    one_of,
    replaced,
    short_ones,
    text_array,
    trimmed,
)
from xlfunnel.crm.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.crm.text_array import AnyArray, Codes, Integers, Mask

ODD_SPACES = "[\u00a0\u2000-\u200a\u202f\u205f\u3000]"
INVISIBLE = "[\u200b-\u200f\u2060\ufeff]"
LONGEST_CASE = 3
"""A capital letter has at most so many times the bytes of its small one."""


@dataclass(frozen=True)
class Cells:
    """One column: `values` are distinct, trimmed and not blank, `codes` say for each row which one it holds.

    The code of a blank row is `BLANK`.
    """

    codes: Codes
    values: pa.StringArray

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @property
    def blank(self) -> Mask:
        """The rows that hold nothing."""
        blank: Mask = self.codes == BLANK
        return blank

    @property
    def texts(self) -> list[str]:
        """The distinct values as Python texts."""
        return [str(value) for value in self.values.to_pylist()]

    def text(self, row: int) -> str:
        """What one row holds; an empty text when it is blank."""
        code = int(self.codes[row])
        return "" if code == BLANK else str(self.values[code])

    def texts_at(self, rows: Integers) -> list[str]:
        """What some rows hold."""
        return [str(text or "") for text in at(self.values, self.codes[rows]).to_pylist()]

    def per_row(self, per_value: AnyArray, blank: float) -> AnyArray:
        """Spread what was found for each distinct value over the rows."""
        # a blank row's code, as an index, is the last place: there the value of a blank is put
        return np.append(per_value, np.asarray([blank], dtype=per_value.dtype))[self.codes]

    def where(self, test: Callable[[str], bool]) -> Mask:
        """The rows whose value passes a test; a blank does not."""
        passed = np.fromiter((test(text) for text in self.texts), dtype=np.bool_, count=len(self.values))
        return self.per_row(passed, blank=False)

    def counts(self) -> Integers:
        """How many rows hold each distinct value."""
        return np.bincount(self.codes[~self.blank], minlength=len(self.values))

    def take(self, keep: Integers | slice) -> Cells:
        """The column with these rows only."""
        return Cells(self.codes[keep], self.values)

    def renamed(self, names: pa.StringArray) -> Cells:
        """The column with another text for each distinct value; null makes it blank, equal ones become one."""
        codes, values = distinct(names)
        return Cells(np.append(codes, np.int32(BLANK))[self.codes], values)

    def dictionary(self) -> pa.Array[Any]:
        """The column as Arrow dictionary text."""
        indices: Any = pa.array(self.codes, mask=self.blank)
        return pa.DictionaryArray.from_arrays(indices, self.values)

    def strings(self) -> pa.StringArray:
        """The column as Arrow text."""
        return at(self.values, self.codes)


def no_cells(rows: int) -> Cells:
    """A column that the file does not have: every row blank."""
    return Cells(np.full(rows, BLANK, dtype=np.int32), text_array([]))


def tidy_cells(codes: Codes, values: pa.StringArray) -> Cells:
    """Trim the values of a column as it was read, and make placeholders such as "N/A" blank."""
    places, tidy = tidy_values(values)
    return Cells(codes if places is None else np.append(places, np.int32(BLANK))[codes], tidy)


def tidy_values(values: pa.StringArray) -> tuple[Codes | None, pa.StringArray]:
    """The values of a column trimmed and without placeholders such as "N/A".

    Before them for each given one its place among them, `BLANK` for a placeholder; None where all are as they were.
    """
    tidy = _tidy(values)
    words = vocabulary().blanks | {""}
    # only short values are compared: an export may hold a million long ids
    longest = max(len(word.encode()) for word in words)
    short = short_ones(tidy, longest if all_ascii(tidy) else longest * LONGEST_CASE)
    blank = short[one_of(lowered(at(tidy, short)), words)]
    filled = np.ones(len(tidy), dtype=np.bool_)
    filled[blank] = False
    if tidy is not values:
        return distinct(chosen(filled, tidy, None))
    if not len(blank):
        return None, values
    return np.where(filled, np.cumsum(filled) - 1, BLANK).astype(np.int32), values.filter(pa.array(filled))


def _tidy(values: pa.StringArray) -> pa.StringArray:
    """The values without odd spaces, invisible characters and outer spaces; the same array if there are none."""
    if all_ascii(values):
        return trimmed(values) if has_outer_spaces(values) else values
    tidy = trimmed(values)
    if matches(values, f"{ODD_SPACES}|{INVISIBLE}").any():
        tidy = trimmed(replaced(replaced(values, ODD_SPACES, " "), INVISIBLE, ""))
    return values if tidy.equals(values) else tidy


def yes_no(cells: Cells) -> tuple[Mask, Mask]:
    """The rows that say yes, and those that say no; a blank or another word says neither."""
    words = vocabulary()
    yes = cells.where(lambda text: text.casefold() in words.yes)
    return yes, cells.where(lambda text: text.casefold() in words.no)
