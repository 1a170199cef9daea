"""CSV files: bytes become columns of text, whatever the encoding and the delimiter."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from xlfunnel.crm.cells import Cells, no_cells, tidy_cells
from xlfunnel.crm.errors import UnreadableFile
from xlfunnel.crm.raw import HEADER_SEARCH, Loaded, Malformed
from xlfunnel.crm.text_array import distinct_chunks, matches, text_array, with_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
HEAD_BYTES = 1 << 18
BLOCK_BYTES = 1 << 24  # the longest record that can be read
SHOWN_CHARACTERS = 200
OPEN_QUOTE = "a quotation mark is opened and never closed, so that lines run together"
LONG_RECORD = f"{OPEN_QUOTE}, or one record is longer than {BLOCK_BYTES >> 20} MB"
CHUNK = 1 << 20
BYTES = "latin-1"
"""Every byte is one character of it: a way to carry bytes through a reader that wants text."""

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
        bad: list[Malformed] = []
        table = self._table(positions, bad)
        if table is None:
            return Loaded({place: no_cells(0) for place in positions}, np.array([], np.int64))
        rows = np.arange(1, table.num_rows + len(bad) + 1, dtype=np.int64) + self.row
        rows = np.delete(rows, [line.row - self.row - 1 for line in bad])
        cells = {}
        for place in positions:
            cells[place] = self._cells(table.column(str(place)))
            table = table.drop_columns([str(place)])  # a large file is not held twice
        return Loaded(cells, rows, tuple(bad))

    def _table(self, positions: Sequence[int], bad: list[Malformed]) -> pa.Table | None:
        def set_aside(line: arrow_csv.InvalidRow) -> Literal["error", "skip"]:
            text = self._text(line.text.encode())
            values = next(csv.reader([text[:SHOWN_CHARACTERS]], delimiter=self.delimiter), [])
            row = self.row + (line.number or 0)
            bad.append(Malformed(row, line.actual_columns, values[0] if values else "", text[:SHOWN_CHARACTERS]))
            return "skip"

        names = [str(place) for place in range(len(self.names))]
        used = [str(place) for place in positions]
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            if not stream.read(1):
                return None
            stream.seek(self.start)
            try:
                return arrow_csv.read_csv(
                    stream,
                    # one thread: only then do lines that do not fit carry their number
                    read_options=arrow_csv.ReadOptions(
                        column_names=names,
                        use_threads=False,
                        block_size=BLOCK_BYTES,
                        encoding="utf8" if self.encoding == "utf-8" else self.encoding,
                    ),
                    parse_options=arrow_csv.ParseOptions(
                        delimiter=self.delimiter,
                        newlines_in_values=True,
                        ignore_empty_lines=False,
                        invalid_row_handler=set_aside,
                    ),
                    convert_options=arrow_csv.ConvertOptions(
                        column_types=dict.fromkeys(used, pa.string()),
                        include_columns=used,
                        strings_can_be_null=False,
                    ),
                )
            except (pa.ArrowInvalid, UnicodeError, csv.Error) as fault:
                raise UnreadableFile(self.path.name, LONG_RECORD) from fault

    def _cells(self, column: pa.ChunkedArray[Any]) -> Cells:
        codes, values = distinct_chunks(column)
        foreign = matches(values, r"[^\x00-\x7F]") if self.encoding == BYTES else None
        if foreign is None or not foreign.any():
            return tidy_cells(codes, values)
        meant = [self._text(str(value).encode()) for value in values.filter(pa.array(foreign)).to_pylist()]
        renamed = Cells(codes, values).renamed(with_values(values, foreign, text_array(meant)))
        return tidy_cells(renamed.codes, renamed.values)

    def _text(self, value: bytes) -> str:
        """A value as it was meant: where the file is not UTF-8 throughout, each value is decoded by itself."""
        if self.encoding != BYTES:
            return value.decode("utf-8")
        plain = value.decode("utf-8").encode(BYTES)
        for encoding in ("utf-8", "cp1252"):
            with contextlib.suppress(UnicodeDecodeError):
                return plain.decode(encoding)
        return plain.decode(BYTES)


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
    """Look at every byte: Arrow can show a line that does not fit only when the whole file decodes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, quotes = head.encoding if head.encoding.startswith("utf-16") else "utf-8", 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            quotes += chunk.count(b'"')
            if encoding == "utf-8":
                encoding = encoding if _decodes(decoder, chunk, final=False) else BYTES
    if encoding == "utf-8" and not _decodes(decoder, b"", final=True):
        encoding = BYTES
    return Scan(encoding, quotes % 2 == 1)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
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
