"""Workbooks of the old kind (`.xls`, BIFF in a compound file): looked through before a reader may open them.

A reader makes room for every cell between the outermost ones, and follows the chains of a file wherever they lead: a
few bytes can ask for a hundred gigabytes. Paragraphs (§) are those of [MS-CFB] and [MS-XLS].
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.errors import UnreadableFile, UnsafeWorkbook

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Table = npt.NDArray[np.uint32]

LARGEST_BYTES = 512 << 20
MOST_CELLS = 20_000_000  # a sheet of the old kind has at most 65,536 rows and 256 columns, which is fewer
MOST_COLUMNS = 256
FEW_CELLS = 2_000_000
MOST_ROOM = 20
"""Above so few cells, so much room for each byte of the records."""
DAMAGED = "it begins like a workbook of the old kind (.xls) and is damaged"
ENCRYPTED = "it is encrypted, or protected by a password"

LAST_SECTOR = 0xFFFFFFFA  # what is greater is a mark, not a number of a sector (§2.1)
HEADER_SLOTS = 109
ENTRY_BYTES = 128
SMALL_STREAM = 4096
SMALL_SECTOR = 64

BOF, FILE_PASS, DIMENSIONS, MANY_NUMBERS, MANY_BLANKS = 0x0809, 0x002F, 0x0200, 0x00BD, 0x00BE
CELLS = frozenset({
    0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x0406, 0x0206,
    0x0001, 0x0002, 0x0003, 0x0004, 0x0005,
})  # fmt: skip
"""The records that hold a cell, or several in one row (§2.4); all begin with the row and the column."""


def check_old_workbook(path: Path) -> None:
    """Refuse a workbook that is encrypted, damaged in its structure, or has cells too far apart."""
    if path.stat().st_size > LARGEST_BYTES:
        raise UnsafeWorkbook(path.name, f"it is a workbook of the old kind and larger than {LARGEST_BYTES >> 20} MB")
    try:
        streams = _streams(path.read_bytes())
    except (struct.error, ValueError, IndexError) as fault:
        raise UnreadableFile(path.name, DAMAGED) from fault
    if "EncryptedPackage" in streams:
        raise UnreadableFile(path.name, ENCRYPTED)
    book = streams.get("Workbook") or streams.get("Book")
    if not book:
        raise UnreadableFile(path.name, "it is no workbook, but another document of Microsoft Office")
    _check_cells(path.name, book)


@dataclass(frozen=True)
class _Sectors:
    """The sectors of a compound file, and for each of them which one follows (§2.3)."""

    content: bytes
    size: int
    following: Table

    def chain(self, first: int) -> bytes:
        """The sectors from this one on, one behind the other; a chain that comes back to itself is a `ValueError`."""
        found = bytearray()
        for _ in range(len(self.following) + 1):
            if first >= LAST_SECTOR:
                return bytes(found)
            found += self.sector(first)
            first = int(self.following[first])
        msg = "a chain of sectors comes back to itself"
        raise ValueError(msg)

    def sector(self, number: int) -> bytes:
        """One sector; the first stands behind the header, which takes the room of one."""
        start = (number + 1) * self.size
        if start >= len(self.content):
            msg = f"there is no sector {number}"
            raise ValueError(msg)
        return self.content[start : start + self.size]


def _streams(content: bytes) -> dict[str, bytes]:
    """The streams of a compound file that a workbook may be in, by name (§2.2, §2.6)."""
    shift, small_shift = struct.unpack_from("<HH", content, 30)
    if shift not in {9, 12} or small_shift != 6:
        msg = "no size of sectors that there is"
        raise ValueError(msg)
    sectors = _Sectors(content, 1 << shift, np.zeros(0, np.uint32))
    sectors = _Sectors(content, 1 << shift, _table(sectors))
    _check_chains(sectors.following)
    directory, small_first = struct.unpack_from("<I", content, 48)[0], struct.unpack_from("<I", content, 60)[0]
    entries = sectors.chain(directory)
    root = struct.unpack_from("<I", entries, 116)[0]
    small = _Sectors(bytes(SMALL_SECTOR) + sectors.chain(root), SMALL_SECTOR, _numbers(sectors.chain(small_first)))
    _check_chains(small.following)
    found: dict[str, bytes] = {}
    for place in range(0, len(entries) - ENTRY_BYTES + 1, ENTRY_BYTES):
        length = struct.unpack_from("<H", entries, place + 64)[0]
        name = entries[place : place + max(min(length, 64) - 2, 0)].decode("utf-16-le", errors="replace")
        if name not in {"Workbook", "Book", "EncryptedPackage"}:
            continue
        first, size = struct.unpack_from("<II", entries, place + 116)
        found[name] = (small if size < SMALL_STREAM else sectors).chain(first)[:size]
    return found


def _table(sectors: _Sectors) -> Table:
    """Which sector follows each: a table in sectors of its own, listed in the header and behind it (§2.3, §2.5)."""
    content = sectors.content
    listed = list(_numbers(content[76 : 76 + 4 * HEADER_SLOTS]))
    more = struct.unpack_from("<I", content, 68)[0]
    seen: set[int] = set()
    while more < LAST_SECTOR:
        if more in seen:
            msg = "the list of the table's sectors comes back to itself"
            raise ValueError(msg)
        seen.add(more)
        *numbers, more = _numbers(sectors.sector(more)).tolist()
        listed += numbers
    own = [int(number) for number in listed if number < LAST_SECTOR]
    if len(own) > len(content) // sectors.size:
        msg = "the table has more sectors than the file"
        raise ValueError(msg)
    return _numbers(b"".join(sectors.sector(number) for number in own))


def _numbers(content: bytes) -> Table:
    return np.frombuffer(content[: len(content) // 4 * 4], dtype="<u4")


def _check_chains(following: Table) -> None:
    """Every chain comes to an end, wherever a reader begins it."""
    size = len(following)
    ahead = np.append(np.where(following < size, following, size).astype(np.int64), size)
    for _ in range(size.bit_length()):
        ahead = ahead[ahead]  # twice as far each time
    if (ahead < size).any():
        msg = "a chain of sectors comes back to itself"
        raise ValueError(msg)


def _check_cells(file: str, book: bytes) -> None:
    """Look at every record: how far the cells of each sheet reach, and whether they can be read at all."""
    place, rows, columns, cells = 0, 0, 0, 0
    while place + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, place)
        place += 4
        if kind == BOF:
            rows, columns, cells = 0, 0, 0
        elif kind == FILE_PASS:
            raise UnreadableFile(file, ENCRYPTED)
        elif kind in CELLS or kind == DIMENSIONS:
            row, column = _reach(kind, book[place : place + length])
            rows, columns, cells = max(rows, row), max(columns, column), cells + length
            if columns > MOST_COLUMNS:
                wide = f"it says that a sheet has {columns:,} columns, where this kind has {MOST_COLUMNS} at most"
                raise UnsafeWorkbook(file, wide)
            if rows * columns > min(MOST_CELLS, FEW_CELLS + MOST_ROOM * cells):
                far = f"it has single cells so far apart that a sheet spans {rows:,} rows and {columns:,} columns"
                raise UnsafeWorkbook(file, far)
        place += length


def _reach(kind: int, content: bytes) -> tuple[int, int]:
    """How many rows and columns there are up to the last cell of a record."""
    if len(content) < 4:
        return 0, 0
    if kind == DIMENSIONS:
        if len(content) >= 14:
            _, rows, _, columns = struct.unpack_from("<IIHH", content)
            return rows, columns
        if len(content) >= 8:
            _, rows, _, columns = struct.unpack_from("<HHHH", content)
            return rows, columns
        return 0, 0
    row, column = struct.unpack_from("<HH", content)
    if kind in {MANY_NUMBERS, MANY_BLANKS}:
        width = 6 if kind == MANY_NUMBERS else 2
        column += max((len(content) - 6) // width - 1, 0)
    return row + 1, column + 1
