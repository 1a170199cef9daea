"""XLSX files: the sheets as columns of text, after the package was checked for what could fill the memory."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import fastexcel
import numpy as np

from xlfunnel.crm.cells import tidy_cells
from xlfunnel.crm.errors import UnreadableFile, UnsafeWorkbook
from xlfunnel.crm.raw import HEADER_SEARCH, Loaded
from xlfunnel.crm.text_array import as_texts, distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

LARGEST_BYTES = 2 << 30
LARGEST_RATIO = 200
SMALL_BYTES = 10 << 20  # below this no ratio is dangerous
MOST_PARTS = 10_000
CHUNK = 1 << 20


@dataclass(frozen=True)
class SheetGrid:
    """One row of a sheet that may be its header."""

    sheet: str
    batch: pa.RecordBatch
    names: tuple[str, ...]
    row: int
    typed: bool = True

    def load(self, positions: Sequence[int]) -> Loaded:
        """Read these columns of everything below the header."""
        below = self.batch.slice(self.row)
        cells = {place: tidy_cells(*distinct(as_texts(below.column(place)))) for place in positions}
        return Loaded(cells, np.arange(below.num_rows, dtype=np.int64) + self.row + 1)


def sheet_grids(path: Path) -> Iterator[list[SheetGrid]]:
    """For one sheet after the other, every row near its top that may be its header."""
    check_package(path)
    try:
        book = fastexcel.read_excel(path)
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            yield _grids(name, sheet.to_arrow())
    except fastexcel.FastExcelError as fault:
        raise UnreadableFile(path.name, "it is not a workbook that can be opened, or is damaged") from fault


def _grids(sheet: str, batch: pa.RecordBatch) -> list[SheetGrid]:
    grids = []
    for index in range(min(HEADER_SEARCH, batch.num_rows)):
        names = tuple(str(batch.column(place)[index].as_py() or "") for place in range(batch.num_columns))
        if sum(bool(name.strip()) for name in names) > 1:
            grids.append(SheetGrid(sheet, batch, names, index + 1))
    return grids


def check_package(path: Path) -> None:
    """Refuse a workbook that unpacks to too much, lies about its sizes or brings XML entities."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as fault:
        raise UnreadableFile(path.name, "it begins like a workbook and is damaged") from fault
    if len(parts) > MOST_PARTS:
        raise UnsafeWorkbook(path.name, f"it has {len(parts):,} parts")
    total = sum(part.file_size for part in parts)
    if total > LARGEST_BYTES:
        raise UnsafeWorkbook(path.name, f"it says that it unpacks to {total:,} bytes")
    with path.open("rb") as stream:
        for part in parts:
            _check_part(path.name, stream, part)


def _check_part(file: str, stream: IO[bytes], part: zipfile.ZipInfo) -> None:
    if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or part.flag_bits & 0x1:
        raise UnreadableFile(file, "it is encrypted, or packed in a way that workbooks do not use")
    if part.file_size > max(SMALL_BYTES, part.compress_size * LARGEST_RATIO):
        raise UnsafeWorkbook(file, f"its part {part.filename} unpacks to {part.file_size:,} bytes")
    size, begins = _unpacked(file, stream, part)
    if size != part.file_size:
        raise UnsafeWorkbook(file, f"its part {part.filename} unpacks to another size than it says")
    if b"<!DOCTYPE" in begins or b"<!ENTITY" in begins:
        raise UnsafeWorkbook(file, f"its part {part.filename} defines XML entities, which no workbook needs")


def _unpacked(file: str, stream: IO[bytes], part: zipfile.ZipInfo) -> tuple[int, bytes]:
    """The true size of a part, and how it begins; stops counting beyond the size that the part gives."""
    # read by hand: the standard library stops at the size that the directory gives, a parser may not
    stream.seek(part.header_offset)
    local = stream.read(30)
    if len(local) < 30 or local[:4] != b"PK\x03\x04":
        raise UnreadableFile(file, f"its part {part.filename} is not where the directory says")
    stream.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)
    if part.compress_type == zipfile.ZIP_STORED:
        return part.compress_size, stream.read(min(part.compress_size, 4096))
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    left, size, begins = part.compress_size, 0, b""
    try:
        while left > 0 and not unpack.eof and size <= part.file_size:
            data = stream.read(min(CHUNK, left))
            if not data:
                break
            left -= len(data)
            while data and size <= part.file_size:
                out = unpack.decompress(data, CHUNK)
                data = unpack.unconsumed_tail
                begins = begins or out[:4096]
                size += len(out)
    except zlib.error as fault:
        raise UnreadableFile(file, f"its part {part.filename} is damaged") from fault
    return size, begins
