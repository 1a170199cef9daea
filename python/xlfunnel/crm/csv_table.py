"""The records of a CSV file as an Arrow table of texts, and the lines that do not fit with their row numbers."""

from __future__ import annotations

import contextlib
import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import pyarrow as pa
from pyarrow import csv as arrow_csv

from xlfunnel.crm.errors import UnreadableFile
from xlfunnel.crm.raw import Malformed
from xlfunnel.crm.text_array import text_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BYTES = "latin-1"
"""Every byte is one character of it: a way to carry bytes through a reader that wants text."""

BLOCK_BYTES = 1 << 24  # the longest record that can be read
QUICK_BYTES = 1 << 22
LARGE_BYTES = 1 << 23
"""From here on a file is read by several threads."""
SAMPLE_BYTES = 1 << 17
END_BYTES = 1 << 16
MOST_TRIES = 20
MOST_LINES = 1_000
"""So many lines that do not fit are not the closing lines of a report."""
PIECE_BYTES = 1 << 16
SHOWN_CHARACTERS = 200
OPEN_QUOTE = "a quotation mark is opened and never closed, so that lines run together"
LONG_RECORD = f"{OPEN_QUOTE}, or one record is longer than {BLOCK_BYTES >> 20} MB"
FAULTS = (pa.ArrowInvalid, UnicodeError, csv.Error)

Numbered = tuple[pa.Table, list[Malformed]]


@dataclass(frozen=True)
class CsvTable:
    """The part of a CSV file below its header."""

    path: Path
    start: int  # where the records begin, in bytes
    delimiter: str
    encoding: str  # utf-8, a form of utf-16, or `BYTES` for what is decoded value by value
    width: int  # values in a record

    def read(self, positions: Sequence[int]) -> Numbered:
        """These columns, named by their positions, and the lines that do not fit, numbered from 1.

        Columns are texts or dictionaries of texts, and hold no nulls.
        """
        return self._quickly(positions) or self._carefully(positions, self.start)

    def meant(self, value: str) -> str:
        """A value as it was meant: where the file is not UTF-8 throughout, each value is decoded by itself."""
        if self.encoding != BYTES:
            return value
        plain = value.encode(BYTES)
        for encoding in ("utf-8", "cp1252"):
            with contextlib.suppress(UnicodeDecodeError):
                return plain.decode(encoding)
        return plain.decode(BYTES)

    def _quickly(self, positions: Sequence[int]) -> Numbered | None:
        """Read a large file with every processor; None where only a careful reading can number the lines."""
        if self._size - self.start < LARGE_BYTES or self.encoding not in {"utf-8", BYTES}:
            return None
        bad: list[Malformed] = []
        with contextlib.suppress(*FAULTS):
            table = self._table(positions, bad, self.start, self._repeating(positions))
            return self._numbered(table, bad) if bad else (table, bad)
        return None

    def _carefully(self, positions: Sequence[int], start: int) -> Numbered:
        """Read the records from a place on with a single thread, which knows the number of every line."""
        bad: list[Malformed] = []
        if start >= self._size:
            return pa.table({str(place): text_array([]) for place in positions}), bad
        try:
            return self._table(positions, bad, start, None), bad
        except FAULTS as fault:
            raise UnreadableFile(self.path.name, LONG_RECORD) from fault

    def _numbered(self, table: pa.Table, bad: Sequence[Malformed]) -> Numbered | None:
        """The lines that do not fit with their numbers, where they are a report's closing lines; None elsewhere.

        Several threads do not tell where a line stands. The end of the file is read again by one that does: if its
        records are the last of the table, and its lines all that do not fit, then it was begun at a record.
        """
        positions = [int(name) for name in table.column_names]
        told = sorted(map(_unnumbered, bad))
        for begin in self._last_lines():
            try:
                end, found = self._carefully(positions, begin)
            except UnreadableFile:  # begun within a value
                continue
            above = table.num_rows - end.num_rows
            if not end.num_rows or above < 0 or sorted(map(_unnumbered, found)) != told:
                continue
            if table.slice(above).cast(end.schema).equals(end):
                return table, [replace(line, row=line.row + above) for line in found]
        return None

    def _table(
        self, positions: Sequence[int], bad: list[Malformed], start: int, repeating: Sequence[int] | None
    ) -> pa.Table:
        """The records from a place on; with several threads where it is given which columns repeat their values."""
        careful = repeating is None

        def set_aside(line: arrow_csv.InvalidRow) -> Literal["error", "skip"]:
            text = self.meant(line.text)[:SHOWN_CHARACTERS]
            values = next(csv.reader([text], delimiter=self.delimiter), [])
            bad.append(Malformed(line.number or 0, line.actual_columns, values[0] if values else "", text))
            return "skip" if careful or len(bad) < MOST_LINES else "error"

        types: dict[str, pa.DataType] = dict.fromkeys(map(str, positions), pa.string())
        types |= dict.fromkeys(map(str, repeating or ()), pa.dictionary(pa.int32(), pa.string()))
        with self._opened(start) as stream:
            return arrow_csv.read_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=[str(place) for place in range(self.width)],
                    use_threads=not careful,
                    block_size=BLOCK_BYTES if careful else QUICK_BYTES,
                    encoding=self.encoding if self.encoding.startswith("utf-16") else "utf8",
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=set_aside,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=types,
                    include_columns=[str(place) for place in positions],
                    strings_can_be_null=False,
                ),
            )

    @contextlib.contextmanager
    def _opened(self, start: int) -> Iterator[Any]:
        """The file from a place on, as Arrow takes it; bytes that are taken as characters pass through us."""
        if self.encoding != BYTES:
            with pa.OSFile(str(self.path), "rb") as own:
                own.seek(start)
                yield own
            return
        with self.path.open("rb") as raw:
            raw.seek(start)
            yield _AsUtf8(raw)

    def _repeating(self, positions: Sequence[int]) -> list[int]:
        """The columns whose first values repeat: Arrow then keeps each of their values once."""
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            text = stream.read(SAMPLE_BYTES).decode(BYTES)
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter))
        return [
            place
            for place in positions
            if len({record[place] for record in records if place < len(record)}) * 2 < len(records)
        ]

    def _last_lines(self) -> Iterator[int]:
        """Where lines near the end begin, in bytes; one that begins within a value is no record."""
        with self.path.open("rb") as stream:
            stream.seek(max(self._size - END_BYTES, self.start))
            for _ in range(MOST_TRIES):
                stream.readline()
                yield stream.tell()

    @property
    def _size(self) -> int:
        return self.path.stat().st_size


class _AsUtf8:
    """A file whose bytes are read as characters of `BYTES`, in UTF-8."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int) -> pa.Buffer:
        """At most so many bytes; none at the end."""
        text = pa.allocate_buffer(size)  # memory that Arrow uses again: fresh pages cost more than the decoding
        room, filled = memoryview(text).cast("B"), 0
        most = min(PIECE_BYTES, size // 2)
        while filled + 2 * most <= size and (piece := self._stream.read(most)):
            told = piece if piece.isascii() else piece.decode(BYTES).encode()  # two bytes at most for one
            room[filled : filled + len(told)] = told
            filled += len(told)
        return text.slice(0, filled)

    def close(self) -> None:
        """Leave the file to who opened it."""


def _unnumbered(line: Malformed) -> tuple[int, str]:
    return line.values, line.text
