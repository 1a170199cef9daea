"""CSV files: bytes become columns of text, whatever the encoding and the delimiter."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xlfunnel.crm.cells import Cells, tidy_cells
from xlfunnel.crm.csv_table import BYTES, OPEN_QUOTE, CsvTable
from xlfunnel.crm.errors import UnreadableFile
from xlfunnel.crm.parallel import in_parallel
from xlfunnel.crm.raw import HEADER_SEARCH, SAMPLE_ROWS, Loaded
from xlfunnel.crm.text_array import all_ascii, distinct_chunks, matches, text_array, with_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
HEAD_BYTES = 1 << 18
SAMPLE_BYTES = 1 << 16
CHUNK = 1 << 20
QUOTE = ord('"')

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Head:
    """The beginning of a CSV file as text."""

    text: str
    encoding: str
    mark: int  # bytes of the byte order mark
    complete: bool  # whether it is the whole file


@dataclass(frozen=True)
class Scan:
    """What the bytes of a whole CSV file say."""

    encoding: str
    odd_quotes: bool


@dataclass(frozen=True)
class CsvGrid:
    """One record of a CSV file that may be its header."""

    path: Path
    names: tuple[str, ...]
    row: int
    delimiter: str
    encoding: str  # how the records are read: utf-8, a form of utf-16, or latin-1 for bytes that are decoded later
    start: int  # where the records below begin, in bytes
    odd_quotes: bool  # whether the quotation marks of the file do not pair up
    typed: bool = False
    sheet: str = ""

    def load(self, positions: Sequence[int]) -> Loaded:
        """Read these columns of everything below the header."""
        if self.odd_quotes and _ends_inside_quotes(self):
            raise UnreadableFile(self.path.name, OPEN_QUOTE)
        table, malformed = self._below.read(positions)
        rows = np.arange(1, table.num_rows + len(malformed) + 1, dtype=np.int64) + self.row
        if malformed:
            rows = np.delete(rows, [line.row - 1 for line in malformed])
        columns = {place: table.column(str(place)) for place in positions}
        del table  # a large file is not held twice: each column goes as its cells are made
        cells = in_parallel(lambda place: self._cells(columns.pop(place)), positions)
        bad = (replace(line, row=line.row + self.row) for line in malformed)
        return Loaded(dict(zip(positions, cells, strict=True)), rows, tuple(bad))

    @property
    def _below(self) -> CsvTable:
        return CsvTable(self.path, self.start, self.delimiter, self.encoding, len(self.names))

    def _cells(self, column: pa.ChunkedArray[Any]) -> Cells:
        codes, values = distinct_chunks(column)
        if self.encoding != BYTES or all_ascii(values):
            return tidy_cells(codes, values)
        foreign = matches(values, r"[^\x00-\x7F]")
        meant = [self._below.meant(str(value)) for value in values.filter(pa.array(foreign)).to_pylist()]
        renamed = Cells(codes, values).renamed(with_values(values, foreign, text_array(meant)))
        return tidy_cells(renamed.codes, renamed.values)

    def samples(self) -> list[list[str]]:
        """The first records below the header."""
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            text = stream.read(SAMPLE_BYTES).decode(self.encoding, "replace")
        rows: list[list[str]] = []
        with contextlib.suppress(csv.Error):
            rows.extend(islice(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter), SAMPLE_ROWS))
        return [[self._below.meant(value) for value in row] for row in rows]


def csv_grids(path: Path) -> list[CsvGrid]:
    """Every record near the top of a CSV file that may be its header, for every delimiter."""
    head = _read_head(path)
    scan = _scan(path, head)
    return [grid for delimiter in DELIMITERS for grid in _grids(path, head, delimiter, scan)]


def _grids(path: Path, head: Head, delimiter: str, scan: Scan) -> Iterator[CsvGrid]:
    lines = list(io.StringIO(head.text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter)
    found: list[tuple[list[str], int]] = []
    with contextlib.suppress(csv.Error):  # a field longer than any header: what stands before it may be one
        found.extend((record, reader.line_num) for record in islice(reader, 2 * HEADER_SEARCH))
    if not head.complete and found and found[-1][1] == len(lines):
        found.pop()  # cut off where the beginning ends
    for index, (record, line) in enumerate(found[:HEADER_SEARCH]):
        if len(record) < 2:
            continue
        below = [other for other, _ in found[index + 1 :]]
        start = head.mark + len("".join(lines[:line]).encode(head.encoding))
        names = (*record, *[""] * _unnamed(len(record), below))
        yield CsvGrid(path, names, index + 1, delimiter, scan.encoding, start, scan.odd_quotes)


def _unnamed(width: int, records: list[list[str]]) -> int:
    """How many blank values the records have after the last header, as where every line ends with a delimiter."""
    widths = Counter(len(record) for record in records if len(record) > 1)
    if not widths:
        return 0
    common = max(widths, key=lambda size: (widths[size], -size))
    extra = [value for record in records if len(record) == common for value in record[width:]]
    return max(common - width, 0) if not any(value.strip() for value in extra) else 0


def _read_head(path: Path) -> Head:
    with path.open("rb") as stream:
        data = stream.read(HEAD_BYTES)
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableFile(path.name, "it is UTF-32 text")
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decoded(path, data[len(mark) :], encoding, len(mark))
    zeros = data[:1024].count(0)
    if zeros:
        # without a mark: in UTF-16 nearly every second byte of Western text is zero
        if zeros * 3 < len(data[:1024]):
            raise UnreadableFile(path.name, "it holds bytes that no text file has")
        return _decoded(path, data, "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be", 0)
    return _decoded(path, data, "utf-8", 0)


def _decoded(path: Path, data: bytes, encoding: str, mark: int) -> Head:
    complete = len(data) + mark < HEAD_BYTES
    for name in (encoding, "cp1252", "latin-1") if encoding == "utf-8" else (encoding,):
        try:
            return Head(codecs.getincrementaldecoder(name)().decode(data, final=complete), name, mark, complete)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(path.name, f"it begins as {encoding.upper()} text and is none")


def _scan(path: Path, head: Head) -> Scan:
    """Look at every byte: whether all of the file is UTF-8 decides how each value of it is read."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, quotes = head.encoding if head.encoding.startswith("utf-16") else "utf-8", 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            quotes += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == QUOTE))
            if encoding == "utf-8":
                encoding = encoding if _decodes(decoder, chunk, final=False) else BYTES
    if encoding == "utf-8" and not _decodes(decoder, b"", final=True):
        encoding = BYTES
    return Scan(encoding, quotes % 2 == 1)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    if chunk.isascii() and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(chunk, final=final)
    except UnicodeDecodeError:
        return False
    return True


def _ends_inside_quotes(grid: CsvGrid) -> bool:
    """Whether the last record runs over several lines and its quotation marks do not pair up.

    Such a record has swallowed every line to the end of the file.
    """
    lines: list[str] = []

    def remembered(stream: Iterable[str]) -> Iterator[str]:
        for line in stream:
            lines.append(line)
            yield line

    with grid.path.open("rb") as raw:
        raw.seek(grid.start)
        stream = io.TextIOWrapper(raw, grid.encoding, errors="replace", newline="")
        last: list[str] = []
        try:
            for _ in csv.reader(remembered(stream), delimiter=grid.delimiter):
                last, lines[:] = list(lines), []
        except csv.Error:
            return True  # a field of more than a hundred thousand characters
    return len(last) > 1 and "".join(last).count('"') % 2 == 1
