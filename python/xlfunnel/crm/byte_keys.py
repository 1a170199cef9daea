"""Short values as a few whole numbers, by which many of them are compared at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xlfunnel.crm.text_array import Integers

    Bytes = npt.NDArray[np.uint8]
    Words = npt.NDArray[np.uint64]
    """Eight bytes each."""

LONGEST_KEY = 64
"""Values of so many bytes are not compared with each other."""
SPARE = LONGEST_KEY
"""So many bytes behind the last value must be there to be read, whatever they hold."""

FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5)
"""Odd numbers whose bits look random; with each of them other values come out alike."""
_SHIFT = np.uint64(29)
_LENGTH_BITS = np.uint64(56)
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)
"""By their number, the first bytes of a word."""


def keys(data: Bytes, begins: Integers, lengths: Integers, longest: int) -> list[Words]:
    """Each value as words, of which it leaves the last byte free: its length stands there. Equal ones are equal."""
    words = longest // 8 + 1
    held = blocks(data, 8 * words, begins).view(np.uint64).reshape(len(begins), words)
    found, shortest = [], int(lengths.min(initial=LONGEST_KEY))
    for place, word in enumerate(held.T):
        own = np.clip(lengths - 8 * place, 0, 8) if shortest < 8 * place + 8 else None
        found.append(word.copy() if own is None else word & _FIRST_BYTES.take(own))
    found[-1] |= lengths.view(np.uint64) << _LENGTH_BITS
    return found


def mixed(words: Sequence[Words], factor: int) -> Words:
    """One number for each value, of which the upper bits differ where values do, but for some chance."""
    found = words[0] * np.uint64(factor)
    for word in words[1:]:
        found ^= found >> _SHIFT
        found += word
        found *= np.uint64(factor)
    found ^= found >> _SHIFT
    found *= np.uint64(FACTORS[0])
    return found


def blocks(data: Bytes, length: int, begins: Integers) -> Bytes:
    """So many bytes from each place on."""
    every = np.ndarray((len(data) - length + 1,), f"V{length}", data, 0, (1,))
    return every[begins].view(np.uint8)
