"""The package that a workbook file is: named parts, packed. Parts that are not touched keep their packed bytes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml.faults import DamagedWorkbook, LockedWorkbook, UnsafeWorkbook

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LARGEST_FILE = 1 << 30
LARGEST_BYTES = 2 << 30
LARGEST_RATIO = 200
SMALL_BYTES = 10 << 20  # below this no ratio is dangerous
MOST_PARTS = 10_000
_LARGE_PART = 1 << 20
_SMALL_PART = 1 << 16
"""Parts that are kept unpacked once they were read, since they are read time and again."""

_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_DOS_EPOCH = (1980, 1, 1, 0, 0, 0)
_NEEDED_VERSION = 20
_NAME_IS_UTF8 = 0x800
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class _Member:
    """One packed part."""

    name: str
    moment: tuple[int, int, int, int, int, int]
    method: int
    crc: int
    size: int
    packed: bytes
    attributes: int = 0
    system: int = 0

    @property
    def fields(self) -> tuple[int, ...]:
        """What the local and the central header say alike, up to the length of the name."""
        year, month, day, hour, minute, second = self.moment
        date = (year - 1980) << 9 | month << 5 | day
        time = hour << 11 | minute << 5 | second // 2
        flags = 0 if self.name.isascii() else _NAME_IS_UTF8
        name = len(self.name.encode())
        return (_NEEDED_VERSION, flags, self.method, time, date, self.crc, len(self.packed), self.size, name)


class Package:
    """The parts of a file by name, in their order. Reading a part unpacks it; what is not replaced stays packed.

    Raises `DamagedWorkbook`, `LockedWorkbook` or `UnsafeWorkbook` where no spreadsheet program saves such a file.
    """

    def __init__(self, content: bytes) -> None:
        if content[:4] == _COMPOUND_FILE:
            raise LockedWorkbook
        if len(content) > LARGEST_FILE:
            msg = f"it has {len(content):,} bytes"
            raise UnsafeWorkbook(msg)
        try:
            directory = zipfile.ZipFile(io.BytesIO(content)).infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as fault:
            msg = "it is not a workbook, or its end is missing"
            raise DamagedWorkbook(msg) from fault
        self._content = content
        self._kept = {part.filename: part for part in directory}
        _check(directory)
        self._changed: dict[str, bytes] = {}
        self._unpacked: dict[str, bytes] = {}
        self._by_lower = {name.lower(): name for name in self._kept}

    @classmethod
    def open(cls, path: Path) -> Package:
        """Read a file whole."""
        try:
            if path.stat().st_size > LARGEST_FILE:
                msg = f"it has {path.stat().st_size:,} bytes"
                raise UnsafeWorkbook(msg)
            return cls(path.read_bytes())
        except OSError as fault:
            msg = f'"{path.name}" cannot be opened ({fault.strerror})'
            raise DamagedWorkbook(msg) from fault

    @property
    def names(self) -> tuple[str, ...]:
        """The parts, in the order of the file, new ones last."""
        return (*self._kept, *(name for name in self._changed if name not in self._kept))

    def __contains__(self, name: str) -> bool:
        return self._own(name) is not None

    def read(self, name: str) -> bytes:
        """The unpacked content of a part."""
        own = self._own(name)
        if own is None:
            msg = f"its part {name} is missing"
            raise DamagedWorkbook(msg)
        if own in self._changed:
            return self._changed[own]
        if own in self._unpacked:
            return self._unpacked[own]
        content = _unpacked(self._content, self._kept[own])
        if len(content) <= _SMALL_PART:
            self._unpacked[own] = content
        return content

    def replace(self, name: str, content: bytes) -> None:
        """Give a part other content, or add it. The same content as before leaves the part untouched."""
        own = self._own(name) or name
        if own in self and self.read(own) == content:
            return
        self._changed[own] = content
        self._by_lower[own.lower()] = own

    def remove(self, name: str) -> None:
        """Take a part out."""
        own = self._own(name)
        if own is None:
            return
        self._kept.pop(own, None)
        self._changed.pop(own, None)
        self._unpacked.pop(own, None)
        del self._by_lower[own.lower()]

    def to_bytes(self) -> bytes:
        """The file: the same bytes for the same parts."""
        return _zipped(self._member(name) for name in self.names)

    def _own(self, name: str) -> str | None:
        return self._by_lower.get(name.lower())  # part names differ in more than case

    def _member(self, name: str) -> _Member:
        if name in self._changed:
            moment = self._kept[name].date_time if name in self._kept else _DOS_EPOCH
            return _packed(name, self._changed[name], moment)
        kept = self._kept[name]
        packed = _raw(self._content, kept)
        attributes, system = kept.external_attr, kept.create_system
        return _Member(name, kept.date_time, kept.compress_type, kept.CRC, kept.file_size, packed, attributes, system)


def _packed(name: str, content: bytes, moment: tuple[int, int, int, int, int, int]) -> _Member:
    level = 6 if len(content) < _LARGE_PART else 1  # long lists pack well however little one tries
    pack = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = pack.compress(content) + pack.flush()
    return _Member(name, moment, zipfile.ZIP_DEFLATED, zlib.crc32(content), len(content), packed)


def _raw(content: bytes, part: zipfile.ZipInfo) -> bytes:
    """A part's packed bytes as they stand in the file."""
    start = part.header_offset
    local = content[start : start + _LOCAL.size]
    if start < 0 or len(local) < _LOCAL.size or local[:4] != b"PK\x03\x04":
        msg = f"its part {part.filename} is not where the directory says"
        raise DamagedWorkbook(msg)
    begin = start + _LOCAL.size + sum(_LOCAL.unpack(local)[-2:])
    packed = content[begin : begin + part.compress_size]
    if len(packed) != part.compress_size:
        msg = f"its part {part.filename} is cut off"
        raise DamagedWorkbook(msg)
    return packed


def _unpacked(content: bytes, part: zipfile.ZipInfo) -> bytes:
    """A part's content, in no more room than the directory says; `zipfile` would make room for a gigabyte first."""
    packed = _raw(content, part)
    try:
        stored = part.compress_type == zipfile.ZIP_STORED
        unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        unpacked = packed if stored else unpack.decompress(packed, part.file_size + 1)
    except zlib.error as fault:
        msg = f"its part {part.filename} is damaged"
        raise DamagedWorkbook(msg) from fault
    if len(unpacked) != part.file_size or zlib.crc32(unpacked) != part.CRC:
        msg = f"its part {part.filename} is damaged"
        raise DamagedWorkbook(msg)
    return unpacked


def _zipped(members: Iterable[_Member]) -> bytes:
    """The members as a ZIP file, whose limits of the plain kind (4 GB) lie above ours."""
    out, directory, count = io.BytesIO(), io.BytesIO(), 0
    for member in members:
        offset = out.tell()
        name = member.name.encode()
        out.write(_LOCAL.pack(b"PK\x03\x04", *member.fields, 0) + name + member.packed)
        made_by = member.system << 8 | _NEEDED_VERSION
        tail = (0, 0, 0, 0, member.attributes, offset)
        directory.write(_CENTRAL.pack(b"PK\x01\x02", made_by, *member.fields, *tail) + name)
        count += 1
    start, entries = out.tell(), directory.getvalue()
    out.write(entries + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0))
    return out.getvalue()


def _check(parts: list[zipfile.ZipInfo]) -> None:
    """Refuse what could fill the memory or lead outside the package."""
    if len(parts) > MOST_PARTS:
        msg = f"it has {len(parts):,} parts"
        raise UnsafeWorkbook(msg)
    total = sum(part.file_size for part in parts)
    if total > LARGEST_BYTES:
        msg = f"it unpacks to {total:,} bytes"
        raise UnsafeWorkbook(msg)
    seen: set[str] = set()
    for part in parts:
        _check_part(part)
        if part.filename.lower() in seen:
            msg = f"it has two parts named {part.filename}"
            raise UnsafeWorkbook(msg)
        seen.add(part.filename.lower())
    if "[content_types].xml" not in seen:
        msg = "it is a ZIP file, and not a workbook"
        raise DamagedWorkbook(msg)


def _check_part(part: zipfile.ZipInfo) -> None:
    if part.flag_bits & _ENCRYPTED:
        raise LockedWorkbook
    if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        msg = f"its part {part.filename} is packed in a way that workbooks do not use"
        raise DamagedWorkbook(msg)
    name = part.filename
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        msg = f'its part "{name}" lies outside the file'
        raise UnsafeWorkbook(msg)
    if part.file_size > max(SMALL_BYTES, part.compress_size * LARGEST_RATIO):
        msg = f"its part {name} unpacks to {part.file_size:,} bytes from {part.compress_size:,}"
        raise UnsafeWorkbook(msg)
