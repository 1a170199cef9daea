"""Write a compound file: named streams, in folders, inside one file ([MS-CFB], version 3, sectors of 512 bytes).

Only writing, and only what a VBA project needs: no timestamps, no class ids, at most 109 sectors of the allocation
table (some 7 MB). The same tree gives the same bytes. Paragraphs (§) are those of [MS-CFB].
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Tree = Mapping[str, "bytes | Tree"]
"""Streams by name; a name may also hold a further tree, a storage."""

_SECTOR: Final = 512
_MINI_SECTOR: Final = 64
_MINI_LIMIT: Final = 4096
"""Streams shorter than this live in the mini stream (§2.2, Mini Stream Cutoff Size)."""

_FREE, _END, _ALLOCATION_SECTOR, _NOTHING = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
"""Special sector numbers (§2.1), and the stream id that means no entry (§2.6.1)."""
_ENTRIES_IN_SECTOR: Final = _SECTOR // 4
_HEADER_SLOTS: Final = 109
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1


class CompoundFileError(ValueError):
    """A tree that does not fit into a compound file of this kind."""


@dataclass
class _Entry:
    """A directory entry (§2.6.1); `left`, `right` and `child` are numbers of entries."""

    name: str
    kind: int
    content: bytes = b""
    left: int = _NOTHING
    right: int = _NOTHING
    child: int = _NOTHING
    color: int = _BLACK
    start: int = 0
    size: int = 0

    def packed(self) -> bytes:
        name = self.name.encode("utf-16-le") + b"\0\0" if self.name else b""
        return struct.pack(
            "<64sHBBIII16sIQQIQ",
            name,
            len(name),
            self.kind,
            self.color,
            self.left,
            self.right,
            self.child,
            bytes(16),
            0,
            0,
            0,
            self.start,
            self.size,
        )


@dataclass
class _Chains:
    """An allocation table (§2.3): for each sector the number of the next one of its chain."""

    table: list[int] = field(default_factory=list)

    def add(self, length: int) -> int:
        """The first sector of a new chain of so many sectors."""
        if not length:
            return _END
        start = len(self.table)
        self.table += [*range(start + 1, start + length), _END]
        return start


def compound_file(tree: Tree) -> bytes:
    """The bytes of a compound file that holds the tree.

    Names are at most 31 characters, without `/`, `\\`, `:` and `!`, and differ in more than their case; a tree that
    breaks this, or is larger than 7 MB, raises `CompoundFileError`.
    """
    entries = [_Entry("Root Entry", _ROOT)]
    entries[0].child = _add_children(entries, tree)
    mini_stream, mini_table = _mini_stream(entries)
    mini_bytes = _table_bytes(mini_table.table)
    large = [entry for entry in entries if entry.size >= _MINI_LIMIT]

    needed = sum(_sectors(size) for size in (128 * len(entries), len(mini_bytes), len(mini_stream)))
    needed += sum(_sectors(entry.size) for entry in large)
    own = _own_sectors(needed)
    chains = _Chains([_ALLOCATION_SECTOR] * own)
    directory_start = chains.add(_sectors(128 * len(entries)))
    mini_start = chains.add(_sectors(len(mini_bytes)))
    entries[0].start, entries[0].size = chains.add(_sectors(len(mini_stream))), len(mini_stream)
    for entry in large:
        entry.start = chains.add(_sectors(entry.size))
    directory = b"".join(entry.packed() for entry in entries)
    unused = _Entry("", 0).packed() * (-len(entries) % (_SECTOR // 128))
    return b"".join(
        (
            _header(own, directory_start, mini_start, len(mini_bytes) // _SECTOR),
            _table_bytes(chains.table),
            directory + unused,
            mini_bytes,
            _padded(mini_stream),
            *(_padded(entry.content) for entry in large),
        )
    )


def _add_children(entries: list[_Entry], tree: Tree) -> int:
    """Append the entries of a storage; the number of the one at the top of their search tree (§2.6.4)."""
    names = sorted(tree, key=_order)
    _check(names)
    numbers = {}
    for name in names:
        numbers[name] = len(entries)
        content = tree[name]
        entries.append(
            _Entry(name, _STREAM, content, start=_END, size=len(content))
            if isinstance(content, bytes)
            else _Entry(name, _STORAGE)
        )
    top = _balanced(entries, [numbers[name] for name in names], 1, len(names).bit_length())
    for name in names:
        content = tree[name]
        if not isinstance(content, bytes):
            entries[numbers[name]].child = _add_children(entries, content)
    return top


def _balanced(entries: list[_Entry], numbers: list[int], level: int, depth: int) -> int:
    """A search tree over entries in order; red are those of the last, partly filled level (§2.6.4)."""
    if not numbers:
        return _NOTHING
    middle = len(numbers) // 2
    entry = entries[numbers[middle]]
    entry.left = _balanced(entries, numbers[:middle], level + 1, depth)
    entry.right = _balanced(entries, numbers[middle + 1 :], level + 1, depth)
    entry.color = _RED if level == depth > 1 else _BLACK
    return numbers[middle]


def _order(name: str) -> tuple[int, bytes]:
    """Shorter names first, then by upper-case code units (§2.6.4)."""
    upper = name.upper().encode("utf-16-be")
    return len(upper), upper


def _check(names: list[str]) -> None:
    for name in names:
        if not 1 <= len(name.encode("utf-16-le")) // 2 <= 31 or set(name) & set("/\\:!"):
            msg = f'"{name}" cannot name a stream: 1 to 31 characters without / \\ : !'
            raise CompoundFileError(msg)
    if len({name.upper() for name in names}) < len(names):
        msg = f"names differ only in their case: {', '.join(names)}"
        raise CompoundFileError(msg)


def _mini_stream(entries: list[_Entry]) -> tuple[bytes, _Chains]:
    """The content of all short streams in one (§2.4), and its allocation table; sets where each starts."""
    stream, chains = bytearray(), _Chains()
    for entry in entries:
        if 0 < entry.size < _MINI_LIMIT:
            entry.start = chains.add(-(-entry.size // _MINI_SECTOR))
            stream += entry.content + bytes(-entry.size % _MINI_SECTOR)
    return bytes(stream), chains


def _own_sectors(needed: int) -> int:
    """How many sectors the allocation table takes, so that it covers itself too (§2.3)."""
    own = 1
    while own * _ENTRIES_IN_SECTOR < needed + own:
        own += 1
    if own > _HEADER_SLOTS:
        msg = f"{needed * _SECTOR} bytes are too many for a compound file without a second-level table"
        raise CompoundFileError(msg)
    return own


def _header(own: int, directory_start: int, mini_start: int, mini_sectors: int) -> bytes:
    """§2.2; the allocation table stands in the first sectors, and all its numbers fit into the header."""
    fixed = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        bytes.fromhex("D0CF11E0A1B11AE1"),
        0x3E,  # minor version
        3,  # major version
        0xFFFE,  # little endian
        9,  # sectors of 2⁹ bytes
        6,  # mini sectors of 2⁶ bytes
        0,  # directory sectors, not counted in version 3
        own,
        directory_start,
        0,  # transactions
        _MINI_LIMIT,
        mini_start,
        mini_sectors,
        _END,  # no second-level table
        0,
    )
    slots = [*range(own), *[_FREE] * (_HEADER_SLOTS - own)]
    return fixed + struct.pack(f"<{_HEADER_SLOTS}I", *slots)


def _table_bytes(table: list[int]) -> bytes:
    filled = [*table, *[_FREE] * (-len(table) % _ENTRIES_IN_SECTOR)]
    return struct.pack(f"<{len(filled)}I", *filled)


def _sectors(size: int) -> int:
    return -(-size // _SECTOR)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % _SECTOR)
