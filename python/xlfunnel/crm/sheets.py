"""Workbooks (XLSX and XLS): sheets as columns of text, after the file was checked for what could fill the memory."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np

from xlfunnel.crm.cell_extent import Extent
from xlfunnel.crm.cells import tidy_cells
from xlfunnel.crm.errors import UnreadableFile, UnsafeWorkbook
from xlfunnel.crm.grouped_reports import grouped_columns
from xlfunnel.crm.old_workbooks import check_old_workbook
from xlfunnel.crm.raw import HEADER_SEARCH, SAMPLE_ROWS, Loaded
from xlfunnel.crm.text_array import as_texts, distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

LARGEST_BYTES = 2 << 30
LARGEST_RATIO = 200
SMALL_BYTES = 10 << 20  # below this no ratio is dangerous
MOST_PARTS = 10_000
MOST_COLUMNS = 16_384  # no sheet has more
MOST_CELLS = 60_000_000  # about two gigabytes where a reader makes room for all of them
CHUNK = 1 << 20

DAMAGED = "it is not a workbook that can be opened, or is damaged"
PANIC = "PanicException"
"""What the reader raises where it meets something that its authors held to be impossible; it is no `Exception`."""

SHEETS = "xl/worksheets/"


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
        columns = grouped_columns(self.names, below)
        cells = {
            place: tidy_cells(*distinct(columns.get(place) or as_texts(below.column(place)))) for place in positions
        }
        return Loaded(cells, np.arange(below.num_rows, dtype=np.int64) + self.row + 1)

    def samples(self) -> list[tuple[str, ...]]:
        """The first rows below the header."""
        below = self.batch.slice(self.row, SAMPLE_ROWS)
        columns = [column.to_pylist() for column in below.columns]
        return [tuple("" if text is None else str(text) for text in row) for row in zip(*columns, strict=True)]


def sheet_grids(path: Path) -> Iterator[list[SheetGrid]]:
    """For one sheet of an XLSX file after the other, every row near its top that may be its header."""
    check_package(path)
    return _sheets(path)


def old_sheet_grids(path: Path) -> Iterator[list[SheetGrid]]:
    """For one sheet of a workbook of the old kind (XLS) after the other, every row that may be its header."""
    check_old_workbook(path)
    return _sheets(path)


def header_rows(sheet: str, batch: pa.RecordBatch, *, typed: bool = True) -> list[SheetGrid]:
    """Every row near the top of a sheet that may be its header."""
    grids = []
    top = [column.to_pylist() for column in batch.slice(0, HEADER_SEARCH).columns]
    for index in range(min(HEADER_SEARCH, batch.num_rows)):
        names = [str(column[index] or "") for column in top]
        named = [place for place, name in enumerate(names) if name.strip()]
        if len(named) > 1:  # one cell far to the right must not make every row as wide
            grids.append(SheetGrid(sheet, batch, tuple(names[: named[-1] + 1]), index + 1, typed))
    return grids


def _sheets(path: Path) -> Iterator[list[SheetGrid]]:
    import fastexcel  # noqa: PLC0415  # only workbooks need it

    try:
        book = fastexcel.read_excel(path)
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            yield header_rows(name, sheet.to_arrow())
    except fastexcel.FastExcelError as fault:
        raise UnreadableFile(path.name, DAMAGED) from fault
    except BaseException as fault:
        if type(fault).__name__ != PANIC:
            raise
        raise UnreadableFile(path.name, DAMAGED) from fault


def check_package(path: Path) -> None:
    """Refuse a workbook that unpacks to too much, lies about its sizes or brings XML entities."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError) as fault:  # what zipfile raises at damaged bytes
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
    size, begins, extent = 0, b"", Extent()
    for piece in _pieces(file, stream, part):
        begins = begins or piece[:4096]
        size += len(piece)
        if size > part.file_size:
            break
        if part.filename.startswith(SHEETS):
            extent.see(piece)
    if size != part.file_size:
        raise UnsafeWorkbook(file, f"its part {part.filename} unpacks to another size than it says")
    if b"<!DOCTYPE" in begins or b"<!ENTITY" in begins:
        raise UnsafeWorkbook(file, f"its part {part.filename} defines XML entities, which no workbook needs")
    if extent.columns > MOST_COLUMNS:
        raise UnsafeWorkbook(
            file, f"its part {part.filename} has {extent.columns:,} columns, more than a sheet can have"
        )
    if extent.rows * extent.columns > MOST_CELLS:
        spans = f"{extent.rows:,} rows and {extent.columns:,} columns"
        raise UnsafeWorkbook(file, f"its part {part.filename} has single cells so far apart that it spans {spans}")


def _pieces(file: str, stream: IO[bytes], part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The true content of a part, piece by piece, whatever size the directory gives."""
    # read by hand: the standard library stops at the size that the directory gives, a parser may not
    stream.seek(max(part.header_offset, 0))
    local = stream.read(30)
    if part.header_offset < 0 or len(local) < 30 or local[:4] != b"PK\x03\x04":
        raise UnreadableFile(file, f"its part {part.filename} is not where the directory says")
    stream.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    left = part.compress_size
    while left > 0 and not unpack.eof and (data := stream.read(min(CHUNK, left))):
        left -= len(data)
        if part.compress_type == zipfile.ZIP_STORED:
            yield data
            continue
        try:
            while data:
                yield unpack.decompress(data, CHUNK)
                data = unpack.unconsumed_tail
        except zlib.error as fault:
            raise UnreadableFile(file, f"its part {part.filename} is damaged") from fault
    yield unpack.flush()
