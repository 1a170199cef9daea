"""Arrow's text functions over a column of values, with answers as NumPy arrays: the few that are needed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from xlfunnel.crm.byte_keys import FACTORS, LONGEST_KEY, SPARE, keys, mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from xlfunnel.crm.byte_keys import Words

    Mask = npt.NDArray[np.bool_]
    Codes = npt.NDArray[np.int32]
    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    AnyArray = npt.NDArray[Any]

BLANK = -1
"""The code of a row that holds nothing; as an index it is the last place."""

MANY = 1 << 16
"""Of so many values it pays to look at some of them first."""
SAMPLE = 1 << 10
MOST_BYTES = 1 << 31
"""So many bytes no array of Arrow holds in one piece."""
LAST_ASCII, LAST_BYTE = 0x7F, 0xFF
LAST_INVISIBLE = ord(" ")

# Arrow takes Python scalars where its type stubs refuse them
_kernels: Any = pyarrow.compute


@dataclass(frozen=True)
class Groups:
    """The named groups of a pattern in each value: an empty text where a group or the whole does not match."""

    matched: Mask
    _found: Any

    def text(self, name: str) -> pa.StringArray:
        """What the group holds."""
        found: pa.StringArray = self._found.field(name)
        return found

    def given(self, name: str) -> Mask:
        """Whether the group holds anything."""
        return as_mask(_kernels.not_equal(self.text(name), ""))

    def integer(self, name: str) -> Integers:
        """The group as a whole number, 0 where it is empty."""
        texts = self.text(name)
        return as_integers(_kernels.cast(_kernels.if_else(_kernels.equal(texts, ""), "0", texts), pa.int64()))


def text_array(values: Iterable[str | None]) -> pa.StringArray:
    """An Arrow array of texts."""
    return pa.array(list(values), pa.string())


def as_texts(array: Any) -> pa.StringArray:
    """Any Arrow array as texts; bytes that are not UTF-8 raise `pa.ArrowInvalid`."""
    found: pa.StringArray = _kernels.cast(array, pa.string())
    return found


def as_mask(array: Any) -> Mask:
    """Arrow's yes-or-no values; null is no."""
    found: Mask = _kernels.fill_null(array, False).to_numpy(zero_copy_only=False)  # noqa: FBT003  # the value of null
    return found


def as_integers(array: Any, null: int = 0) -> Integers:
    """Arrow's whole numbers, with a number for null."""
    found: AnyArray = _kernels.fill_null(array, null).to_numpy(zero_copy_only=False)
    return found.astype(np.int64, copy=False)


def coalesced(first: Any, second: Any) -> Any:
    """The values of the first Arrow array, and where it is null those of the second."""
    return _kernels.coalesce(first, second)


def as_floats(array: Any) -> Floats:
    """Texts as a program writes numbers; NaN for null."""
    numbers = _kernels.cast(array, pa.float64())
    found: Floats = _kernels.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False)
    return found


def matches(texts: pa.StringArray, pattern: str) -> Mask:
    """Which values a regular expression fits; it is matched in linear time, whatever it is."""
    return as_mask(_kernels.match_substring_regex(texts, pattern))


def extract(texts: pa.StringArray, pattern: str) -> Groups:
    """The named groups of a regular expression in each value."""
    found = _kernels.extract_regex(texts, pattern)
    return Groups(as_mask(found.is_valid()), found)


def replaced(texts: pa.StringArray, pattern: str, by: str) -> pa.StringArray:
    """The values with whatever fits a regular expression replaced."""
    found: pa.StringArray = _kernels.replace_substring_regex(texts, pattern, by)
    return found


def all_ascii(texts: pa.StringArray) -> bool:
    """Whether no value holds any other character; null holds none."""
    return not (_bytes_of(texts) > LAST_ASCII).any()


def has_outer_spaces(texts: pa.StringArray) -> bool:
    """Whether a value of ASCII may begin or end with a space, or with something that nobody sees."""
    ends, data = _ends(texts), _bytes_of(texts)
    filled = ends[1:] > ends[:-1]
    outer = data[ends[:-1][filled]], data[ends[1:][filled] - 1]
    return any(bool((one <= LAST_INVISIBLE).any()) for one in outer)


def trimmed(texts: pa.StringArray) -> pa.StringArray:
    """The values without spaces at either end."""
    found: pa.StringArray = _kernels.utf8_trim_whitespace(texts)
    return found


def lowered(texts: pa.StringArray) -> pa.StringArray:
    """The values in lower case."""
    found: pa.StringArray = _kernels.utf8_lower(texts)
    return found


def started_by(texts: pa.StringArray, signs: Iterable[str]) -> Integers:
    """The places of values whose first character may be one of these in either case, as any beyond ASCII may."""
    ends = _ends(texts)
    filled = np.flatnonzero(ends[1:] > ends[:-1])
    both = "".join(f"{sign.lower()}{sign.upper()}" for sign in signs).encode("ascii", "ignore")
    may = np.arange(LAST_BYTE + 1) > LAST_ASCII
    may[np.frombuffer(both, np.uint8)] = True
    return filled[may[_bytes_of(texts)[ends[filled]]]]


def short_ones(texts: pa.StringArray, most: int) -> Integers:
    """The places of the values that have at most so many bytes."""
    return np.flatnonzero(np.diff(_ends(texts)) <= most)


def _ends(texts: pa.StringArray | pa.BinaryArray) -> Integers:
    """Where each value begins in the bytes of all, and at last where they end."""
    found = _offsets(texts)
    ends: Integers = found.astype(np.int64) - found[0]
    return ends


def _bytes_of(texts: pa.StringArray | pa.BinaryArray) -> npt.NDArray[np.uint8]:
    data: Any = texts.buffers()[2]
    found = _offsets(texts)
    held: npt.NDArray[np.uint8] = np.frombuffer(b"" if data is None else data, np.uint8)[found[0] : found[-1]]
    return held


def _offsets(texts: pa.StringArray | pa.BinaryArray) -> Codes:
    offsets: Any = texts.buffers()[1]
    if offsets is None:  # an array without values may have none
        return np.zeros(len(texts) + 1, dtype=np.int32)
    return np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]


def lengths(texts: pa.StringArray) -> Integers:
    """How many characters each value has; 0 for null."""
    return as_integers(_kernels.utf8_length(texts))


def started(texts: pa.StringArray, length: int) -> pa.StringArray:
    """The first characters of each value."""
    found: pa.StringArray = _kernels.utf8_slice_codeunits(texts, 0, length)
    return found


def one_of(texts: pa.StringArray, words: Iterable[str]) -> Mask:
    """Which values are among the words."""
    return as_mask(_kernels.is_in(texts, text_array(sorted(words))))


def place_of(texts: pa.StringArray, words: pa.StringArray) -> Codes:
    """The place of each value in a list of words; `BLANK` where it is not there, or null."""
    places = as_integers(_kernels.index_in(texts, words, skip_nulls=True), null=BLANK)
    return places.astype(np.int32)


def chosen(mask: Mask, yes: Any, no: Any) -> pa.StringArray:
    """Of two texts or arrays of texts, one where the mask says yes and the other elsewhere; None is null."""
    found: pa.StringArray = _kernels.if_else(pa.array(mask), yes, no)
    return found if isinstance(found, pa.StringArray) else as_texts(found)


def at(texts: pa.StringArray, places: AnyArray) -> pa.StringArray:
    """The values at these places; null where the place is `BLANK`."""
    indices: Any = pa.array(places, mask=places == BLANK)
    return texts.take(indices)


def distinct(texts: pa.StringArray) -> tuple[Codes, pa.StringArray]:
    """For each value its place among the distinct values (`BLANK` for null), and those in the order they appear."""
    return _codes_and_values(texts.dictionary_encode())


def distinct_chunks(values: pa.ChunkedArray[Any]) -> tuple[Codes, Any]:
    """What `distinct` answers, for texts or bytes that were read piece by piece."""
    if not values.num_chunks:
        return np.zeros(0, dtype=np.int32), pa.array([], values.type)
    if len(values) > MANY and values.nbytes < MOST_BYTES and not values.null_count and _seem_distinct(values):
        found = _hardly_repeated(values)
        if found is not None:
            return found
    return _codes_and_values(values.dictionary_encode().combine_chunks())


def _seem_distinct(values: pa.ChunkedArray[Any]) -> bool:
    """Whether all of a sample from top to bottom differ."""
    places: Any = pa.array(np.linspace(0, len(values) - 1, SAMPLE).astype(np.int64))
    sample = values.take(places)
    return len(sample.unique()) == SAMPLE


def _hardly_repeated(chunks: pa.ChunkedArray[Any]) -> tuple[Codes, Any] | None:
    """The same where nearly all values differ, as ids do: sorting tells it sooner. None where they are long."""
    parts: list[Any] = chunks.chunks
    longest = max(int(np.diff(_ends(part)).max(initial=0)) for part in parts)
    if longest >= LONGEST_KEY:
        return None
    values: Any = chunks.combine_chunks()
    marks = np.concatenate([_marks(part, longest) for part in parts])
    order = np.argsort(marks)
    alike = np.diff(marks.take(order)) == 0  # what has the same mark may be the same
    some = np.sort(order[np.append(alike, [False]) | np.append([False], alike)])
    codes, _ = distinct(values.take(pa.array(some)))
    _, own = np.unique(codes, return_index=True)
    first = np.arange(len(values))
    first[some] = some[own[codes]]
    numbers, rows = numbered(first)
    return numbers, values.take(pa.array(rows))


def _marks(values: Any, longest: int) -> Words:
    """A number for each value, the same for equal ones."""
    ends = _ends(values)
    padded = np.append(_bytes_of(values), np.zeros(SPARE, np.uint8))
    return mixed(keys(padded, ends[:-1], np.diff(ends), longest), FACTORS[0])


def numbered(first: Integers) -> tuple[Codes, Integers]:
    """From the row in which each value first stands, the number of each value and the rows of one after the other.

    >>> [found.tolist() for found in numbered(np.array([0, 1, 0, 3]))]
    [[0, 1, 0, 2], [0, 1, 3]]
    """
    begun = first == np.arange(len(first))
    numbers = np.cumsum(begun, dtype=np.int32) - np.int32(1)
    return numbers.take(first), np.flatnonzero(begun)


def _codes_and_values(encoded: Any) -> tuple[Codes, Any]:
    indices = _kernels.fill_null(encoded.indices, BLANK) if encoded.null_count else encoded.indices
    return indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False), encoded.dictionary


def filled_down(texts: pa.StringArray, mask: Mask) -> pa.StringArray:
    """The values, and in the blank ones of the mask the last value above; blank ones become null."""
    held = chosen(~blank_ones(texts), texts, None)
    return chosen(mask, _kernels.fill_null_forward(held), held)


def blank_ones(texts: pa.StringArray) -> Mask:
    """Which values are null or nothing but spaces."""
    return as_mask(_kernels.equal(trimmed(_kernels.fill_null(texts, "")), ""))


def split(texts: pa.StringArray, sign: str) -> tuple[Integers, pa.StringArray]:
    """The parts of every value between the signs, trimmed, and for each part the place of its value.

    What stands behind a last sign, or between two, is no part.
    """
    parts = _kernels.split_pattern(texts, sign)
    places, found = as_integers(_kernels.list_parent_indices(parts)), trimmed(_kernels.list_flatten(parts))
    empty = as_mask(_kernels.equal(found, ""))
    return (places[~empty], found.filter(pa.array(~empty))) if empty.any() else (places, found)


def byte_array(data: npt.NDArray[np.uint8], offsets: Integers) -> pa.BinaryArray:
    """Arrow values that stand one after the other in some bytes; offsets say where each begins, and the last ends."""
    buffers = [None, *(pa.py_buffer(part.data) for part in (offsets.astype(np.int32), np.ascontiguousarray(data)))]
    found: pa.BinaryArray = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)  # type: ignore[assignment]
    return found


def bytes_replaced(values: pa.BinaryArray, old: bytes, new: bytes) -> pa.BinaryArray:
    """The values with some bytes in the place of others, from left to right."""
    found: pa.BinaryArray = _kernels.replace_substring(values, old, new)
    return found


def decoded(values: pa.BinaryArray, meant: Callable[[bytes], str]) -> pa.StringArray:
    """Values as texts: in UTF-8 where all of them are that, else each one that is not ASCII as it is meant."""
    try:
        return as_texts(values)
    except pa.ArrowInvalid:
        foreign = pa.array(_not_ascii(values))
        known = [meant(value or b"").encode() for value in values.filter(foreign).to_pylist()]
        return as_texts(_kernels.replace_with_mask(values, foreign, pa.array(known, pa.binary())))


def encoded(texts: pa.StringArray, encoding: str) -> pa.BinaryArray:
    """Texts as bytes of an encoding that has ASCII as it is."""
    found: pa.BinaryArray = _kernels.cast(texts, pa.binary())
    if encoding == "utf-8" or all_ascii(texts):
        return found
    foreign = pa.array(_not_ascii(texts))
    known = [str(value).encode(encoding) for value in texts.filter(foreign).to_pylist()]
    replacing: pa.BinaryArray = _kernels.replace_with_mask(found, foreign, pa.array(known, pa.binary()))
    return replacing


def _not_ascii(values: pa.StringArray | pa.BinaryArray) -> Mask:
    """The values that hold a byte beyond ASCII."""
    found = np.zeros(len(values), np.bool_)
    beyond = np.flatnonzero(_bytes_of(values) > LAST_ASCII)
    found[np.searchsorted(_ends(values), beyond, side="right") - 1] = True
    return found
