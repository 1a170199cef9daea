"""CSV files: bytes become columns of text, whatever the encoding and the delimiter."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from xlfunnel.crm.cells import Cells, tidy_values
from xlfunnel.crm.csv_table import BYTES, CsvTable, joined, meant, numbered
from xlfunnel.crm.errors import UnreadableFile
from xlfunnel.crm.parallel import in_parallel
from xlfunnel.crm.raw import HEADER_SEARCH, SAMPLE_ROWS, Loaded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
HEAD_BYTES = 1 << 18
SAMPLE_BYTES = 1 << 16

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
class CsvGrid:
    """One record of a CSV file that may be its header."""

    path: Path
    names: tuple[str, ...]
    row: int
    delimiter: str
    encoding: str  # how the records are read: a form of utf-16, or latin-1 for bytes that are decoded later
    start: int  # where the records below begin, in bytes
    typed: bool = False
    sheet: str = ""

    def load(self, positions: Sequence[int]) -> Loaded:
        """Read these columns of everything below the header."""
        parts = self._below.read(positions)
        rows, malformed = numbered(parts)
        cells = in_parallel(
            lambda place: Cells(*joined([part.columns.pop(place) for part in parts], tidy_values)), positions
        )
        bad = (replace(line, row=line.row + self.row) for line in malformed)
        return Loaded(dict(zip(positions, cells, strict=True)), rows + self.row, tuple(bad))

    @property
    def _below(self) -> CsvTable:
        return CsvTable(self.path, self.start, self.delimiter, self.encoding, len(self.names))

    def samples(self) -> list[list[str]]:
        """The first records below the header."""
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            text = stream.read(SAMPLE_BYTES).decode(self.encoding, "replace")
        rows: list[list[str]] = []
        with contextlib.suppress(csv.Error):
            rows.extend(islice(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter), SAMPLE_ROWS))
        if self.encoding != BYTES:
            return rows
        return [[meant(value.encode(BYTES)) for value in row] for row in rows]


def csv_grids(path: Path) -> list[CsvGrid]:
    """Every record near the top of a CSV file that may be its header, for every delimiter."""
    head = _read_head(path)
    return [grid for delimiter in DELIMITERS for grid in _grids(path, head, delimiter)]


def _grids(path: Path, head: Head, delimiter: str) -> Iterator[CsvGrid]:
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
        encoding = head.encoding if head.encoding.startswith("utf-16") else BYTES
        yield CsvGrid(path, names, index + 1, delimiter, encoding, start)


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
