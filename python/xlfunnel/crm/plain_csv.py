"""The plain records of a CSV file, found with bits: one for each byte that is a quotation mark, a delimiter or so.

Plain are records whose quotation marks stand around whole values, or in pairs within them, whose lines end with LF or
CR LF, and of which each has as many values as the header. Every byte is proved to be so; what is not plain is left to
a reader that knows every way of writing CSV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.byte_keys import FACTORS, LONGEST_KEY, SPARE, blocks, keys, mixed
from xlfunnel.crm.text_array import byte_array, bytes_replaced, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from queue import SimpleQueue
    from typing import BinaryIO

    import numpy.typing as npt
    import pyarrow as pa

    from xlfunnel.crm.byte_keys import Bytes, Words
    from xlfunnel.crm.text_array import Codes, Integers, Mask

    Bits = npt.NDArray[np.uint64]
    """One bit for each byte, the first byte's lowest."""

QUOTE, LINE_FEED, RETURN = b'"\n\r'
AT_A_TIME = 1 << 18
"""So many bytes are compared in one step: the processor's own store holds them."""
WORD_BITS = 64
ONE, TOP = np.uint64(1), np.uint64(WORD_BITS - 1)
SLOT_BITS = 16
NO_BYTE = 256
FEW = 64
"""So many rows are compared again, however few there are."""
SAMPLE = 2_048
"""The first values of a column tell whether they repeat."""


@dataclass(frozen=True)
class Column:
    """A column of some records: values as bytes, and for each record which of them it holds; None if each its own."""

    codes: Codes | None
    values: pa.BinaryArray


@dataclass(frozen=True)
class Stretch:
    """Bytes of a file from the beginning of a record on, up to a line end outside of quotation marks.

    Only if it is `plain` does that line end also end a record.
    """

    start: int  # in the file
    size: int
    data: Bytes  # with `SPARE` more behind them
    quotes: Bits
    inside: Bits  # from each opening quotation mark up to the byte before the closing one
    line_ends: Bits  # the line feeds outside
    separators: Bits  # the delimiters outside, and the line ends
    returns: Bits  # the carriage returns outside

    def plain(self) -> bool:
        """Whether each quotation mark opens a value, closes one or is in a pair within one, and no CR ends a line."""
        opening, closing = self.quotes & self.inside, self.quotes & ~self.inside
        before = _one_later(self.separators | closing)
        before[0] |= ONE
        behind = _one_earlier(self.separators | self.returns | opening)
        alone = self.returns & ~_one_earlier(self.line_ends)
        return not ((opening & ~before) | (closing & ~behind) | alone).any()

    def values(self, width: int) -> Values:
        """Where the values of those lines stand that have so many of them, or none: they are blank there."""
        ends = _places(self.separators)
        lines = int.from_bytes(self.line_ends.tobytes(), "little").bit_count()
        feeds = ends[width - 1 :: width]
        if len(ends) == lines * width and (self.data[feeds] == LINE_FEED).all():  # then no other place is one
            columns = np.ascontiguousarray(ends.reshape(lines, width).T)
            return Values(self.data, _behind(feeds), columns, np.ones(lines, np.bool_), feeds)
        feeds = _places(self.line_ends)
        begins = _behind(feeds)
        counts = np.diff(np.searchsorted(ends, feeds), prepend=-1)
        full, blank = counts == width, feeds - (self.data[feeds - 1] == RETURN) <= begins
        columns = np.broadcast_to(begins, (width, len(begins))).copy()
        columns[:, full] = ends[np.repeat(full, counts)].reshape(-1, width).T
        fits = full | blank
        return Values(self.data, begins[fits], columns[:, fits], fits, feeds)


@dataclass(frozen=True)
class Values:
    """Where the values of plain records stand."""

    data: Bytes
    begins: Integers
    ends: Integers  # one row for each column: the places of the delimiters or line feeds behind its values
    fits: Mask  # for each line whether it is one of the records
    feeds: Integers  # where each line ends

    def column(self, place: int) -> Column:
        """The values of one column, without the quotation marks around them."""
        behind = self.ends[place]
        begins = self.ends[place - 1] + 1 if place else self.begins
        quoted = self.data[begins] == QUOTE
        if place == len(self.ends) - 1:
            behind = behind - (self.data[behind - 1] == RETURN)
        begins = begins + quoted
        lengths = np.maximum(behind - quoted - begins, 0)  # below 0 in a blank line
        codes, first = _distinct(self.data, begins, lengths)
        held, offsets = _gathered(self.data, begins[first], lengths[first])
        values = byte_array(held, offsets)
        # within a value quotation marks stand in pairs, each for one
        return Column(codes, bytes_replaced(values, b'""', b'"') if (held == QUOTE).any() else values)

    def others(self) -> list[bytes]:
        """The lines that have more or fewer values."""
        begins = _behind(self.feeds)[~self.fits]
        places = zip(begins.tolist(), self.feeds[~self.fits].tolist(), strict=True)
        return [self.data[begin : end + 1].tobytes() for begin, end in places]


def stretches(stream: BinaryIO, start: int, delimiter: str, room: SimpleQueue[Bytes]) -> Iterator[Stretch]:
    """The bytes of a file from a place on, stretch by stretch, each in the next array of `room`.

    The last one ends where no line end outside of quotation marks follows: at the end of the file, or before a
    quotation mark that is never closed, or a record for which there is no room.
    """
    stream.seek(start)
    left = np.empty(0, np.uint8)
    while True:
        data = room.get()
        data[: len(left)] = left
        most = len(data) - SPARE
        filled = len(left) + _read_into(stream, data[len(left) : most])
        if 0 < filled < most and data[filled - 1] != LINE_FEED:
            data[filled] = LINE_FEED  # the last line of a file may lack its end
            filled += 1
        stretch = _stretch(start, data, filled, ord(delimiter))
        if stretch is None:
            return
        yield stretch
        left, start = data[stretch.size : filled].copy(), start + stretch.size


def _stretch(start: int, data: Bytes, filled: int, delimiter: int) -> Stretch | None:
    """The bytes up to the last line end outside of quotation marks; None where there is no such line end."""
    quotes, feeds, delimiters, returns = _bits(data[:filled], (QUOTE, LINE_FEED, delimiter, RETURN))
    inside = _inside(quotes)
    line_ends = feeds & ~inside
    words = np.flatnonzero(line_ends)
    if not len(words):
        return None
    size = int(words[-1]) * WORD_BITS + int(line_ends[words[-1]]).bit_length()
    kept = [_cut(bits, size) for bits in (quotes, inside, line_ends, delimiters & ~inside, returns & ~inside)]
    quotes, inside, line_ends, delimiters, returns = kept
    return Stretch(start, size, data, quotes, inside, line_ends, delimiters | line_ends, returns)


# -- bits ----------------------------------------------------------------------------------------------------------


def _bits(data: Bytes, signs: Sequence[int]) -> list[Bits]:
    """For each sign the bytes that are it."""
    found = [np.zeros(-(-len(data) // WORD_BITS) * (WORD_BITS // 8), np.uint8) for _ in signs]
    room = np.empty(AT_A_TIME, np.bool_)
    for begin in range(0, len(data), AT_A_TIME):
        part = data[begin : begin + AT_A_TIME]
        for sign, bits in zip(signs, found, strict=True):
            packed = np.packbits(np.equal(part, sign, out=room[: len(part)]), bitorder="little")
            bits[begin // 8 : begin // 8 + len(packed)] = packed
    return [bits.view(np.uint64) for bits in found]


def _inside(quotes: Bits) -> Bits:
    """The bytes up to which the quotation marks, each with all before it, are odd in number."""
    odd = quotes.copy()
    for shift in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(shift)
    before = np.bitwise_xor.accumulate(odd >> TOP)[:-1]
    odd[1:] ^= np.uint64(0) - before  # all bits of a word before which they are odd
    return odd


def _one_later(bits: Bits) -> Bits:
    """The bytes behind those of the bits."""
    moved = bits << ONE
    moved[1:] |= bits[:-1] >> TOP
    return moved


def _one_earlier(bits: Bits) -> Bits:
    """The bytes before those of the bits."""
    moved = bits >> ONE
    moved[:-1] |= bits[1:] << TOP
    return moved


def _cut(bits: Bits, size: int) -> Bits:
    """The bits of so many bytes."""
    kept = bits[: -(-size // WORD_BITS)].copy()
    if rest := size % WORD_BITS:
        kept[-1] &= np.uint64((1 << rest) - 1)
    return kept


def _behind(feeds: Integers) -> Integers:
    """Where the lines begin that end at these places."""
    return np.append([0], feeds[:-1] + 1)


def _places(bits: Bits) -> Integers:
    return np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little").view(np.bool_))


# -- values --------------------------------------------------------------------------------------------------------


def _distinct(data: Bytes, begins: Integers, lengths: Integers) -> tuple[Codes | None, Integers | slice]:
    """For each value its place among the distinct ones, and the rows in which these first stand.

    None and all rows where values are long, or hardly repeat.
    """
    longest = int(lengths.max(initial=0))
    rows = np.arange(len(lengths))
    if longest <= 1:  # a byte is a slot of its own, as is no byte
        slots = np.where(lengths, data[begins].astype(np.int64), NO_BYTE)
        return numbered(_leaders(slots, rows))
    every = slice(None)
    if longest >= LONGEST_KEY or _hardly_repeat(keys(data, begins[:SAMPLE], lengths[:SAMPLE], longest)):
        return None, every
    words = keys(data, begins, lengths, longest)
    first = left = rows
    for factor in FACTORS:
        led = _leaders(_slots(words, factor), rows[: len(left)])
        same = words[0].take(led) == words[0]
        for word in words[1:]:
            same &= word.take(led) == word
        others = np.flatnonzero(~same)
        if left is rows:
            first = led
        else:
            first[left[same]] = left[led[same]]
        if not len(others):
            return numbered(first)
        if len(others) > max(len(rows) // 8, FEW):
            break
        left, words = left[others], [word[others] for word in words]
    return None, every


def _hardly_repeat(words: Sequence[Words]) -> bool:
    """Whether more than three in four of these values are none of the others; of a few that means nothing."""
    return len(words[0]) == SAMPLE and len(np.unique(mixed(words, FACTORS[0]))) > SAMPLE // 4 * 3


def _leaders(slots: Integers, rows: Integers) -> Integers:
    """For each row the first one of its slot."""
    leaders = np.empty(1 << SLOT_BITS, np.int64)
    leaders[slots[::-1]] = rows[::-1]  # of what is written into one slot the last stays
    return leaders.take(slots)


def _slots(words: Sequence[Words], factor: int) -> Integers:
    found: Integers = (mixed(words, factor) >> np.uint64(WORD_BITS - SLOT_BITS)).view(np.int64)
    return found


def _gathered(data: Bytes, begins: Integers, lengths: Integers) -> tuple[Bytes, Integers]:
    """The bytes of values one after the other, and where each begins in them; at last where they end."""
    offsets = np.append([0], np.cumsum(lengths))
    longest = int(lengths.max(initial=0))
    if longest > SPARE:
        return data[np.arange(offsets[-1]) + np.repeat(begins - offsets[:-1], lengths)], offsets
    if not longest:
        return np.empty(0, np.uint8), offsets
    wide = blocks(data, longest, begins).reshape(len(begins), longest)
    return wide[np.arange(longest) < lengths[:, None]], offsets


def _read_into(stream: BinaryIO, data: Bytes) -> int:
    """Fill the array as far as the file reaches; how many bytes that are."""
    room, filled = data.data, 0
    while got := stream.readinto(room[filled:]):  # type: ignore[attr-defined]
        filled += got
    return filled
