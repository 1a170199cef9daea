"""The records of a CSV file as columns of texts, and the lines that do not fit with their row numbers."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from xlfunnel.crm.byte_keys import SPARE
from xlfunnel.crm.errors import UnreadableFile
from xlfunnel.crm.plain_csv import Column, stretches
from xlfunnel.crm.raw import Malformed
from xlfunnel.crm.text_array import all_ascii, byte_array, decoded, distinct, distinct_chunks, encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from xlfunnel.crm.plain_csv import Stretch
    from xlfunnel.crm.text_array import Codes, Integers

    Change = Callable[[pa.StringArray], tuple[Codes | None, pa.StringArray]]

BYTES = "latin-1"
"""Every byte is one character of it: a way to carry bytes through a reader that wants text."""

STRETCH_BYTES = 1 << 22
"""So much of a file is read at a time."""
BLOCK_BYTES = 1 << 24  # the longest record that can be read
CHUNK = 1 << 20
SHOWN_CHARACTERS = 200
OPEN_QUOTE = "a quotation mark is opened and never closed, so that lines run together"
LONG_RECORD = f"{OPEN_QUOTE}, or one record is longer than {BLOCK_BYTES >> 20} MB"
FAULTS = (pa.ArrowInvalid, UnicodeError, csv.Error)


@dataclass(frozen=True)
class Part:
    """Records of a CSV file one after the other, and the lines among them that do not fit."""

    columns: dict[int, Column]  # by position
    rows: int
    malformed: tuple[Malformed, ...] = ()
    """Their row numbers count records and such lines from 1."""


@dataclass(frozen=True)
class CsvTable:
    """The part of a CSV file below its header."""

    path: Path
    start: int  # where the records begin, in bytes
    delimiter: str
    encoding: str  # a form of utf-16, or `BYTES` for what is decoded value by value
    width: int  # values in a record

    def read(self, positions: Sequence[int], at_a_time: int = STRETCH_BYTES) -> list[Part]:
        """These columns of all records, part by part."""
        parts: list[Part] = []
        start = self.start
        if self.encoding == BYTES:
            for end, part in self._quickly(positions, at_a_time):
                if part is None:
                    break
                parts.append(part)
                start = end
        return parts if parts and start >= self._size else [*parts, self.carefully(positions, start)]

    def carefully(self, positions: Sequence[int], start: int) -> Part:
        """These columns of the records from a place on, read by a single thread that knows every way to write CSV."""
        if start >= self._size:
            blank = Column(None, byte_array(np.empty(0, np.uint8), np.zeros(1, np.int64)))
            return Part(dict.fromkeys(positions, blank), 0)
        if self._ends_inside_quotes(start):
            raise UnreadableFile(self.path.name, OPEN_QUOTE)
        try:
            with pa.OSFile(str(self.path), "rb") as stream:
                stream.seek(start)
                return self._part(stream, positions)
        except FAULTS as fault:
            raise UnreadableFile(self.path.name, LONG_RECORD) from fault

    def _quickly(self, positions: Sequence[int], at_a_time: int) -> list[tuple[int, Part | None]]:
        """Part after part by all processors, and where each ends in the file; None where one is not plain."""
        threads = os.cpu_count() or 1
        room: SimpleQueue[Any] = SimpleQueue()
        most = min(self._size - self.start + 1, at_a_time)
        for _ in range(threads + 1):
            room.put(np.empty(most + SPARE, np.uint8))
        refused = Event()

        def work(stretch: Stretch) -> Part | None:
            try:
                part = self._of_stretch(stretch, positions)
            finally:
                room.put(stretch.data)
            if part is None:
                refused.set()
            return part

        with self.path.open("rb", buffering=0) as stream, ThreadPoolExecutor(threads) as pool:
            every = stretches(stream, self.start, self.delimiter, room)
            begun = [
                (stretch.start + stretch.size, pool.submit(work, stretch))
                for stretch in takewhile(lambda _: not refused.is_set(), every)
            ]
        return [(end, part.result()) for end, part in begun]

    def _of_stretch(self, stretch: Stretch, positions: Sequence[int]) -> Part | None:
        """The records of a stretch and the lines that do not fit; None where it is not plain."""
        if not stretch.plain():
            return None
        values = stretch.values(self.width)
        malformed: tuple[Malformed, ...] = ()
        if others := values.others():
            try:
                told = self._part(pa.BufferReader(b"".join(others)), ()).malformed
            except FAULTS:
                return None
            rows = np.flatnonzero(~values.fits) + 1
            malformed = tuple(replace(line, row=row) for line, row in zip(told, rows.tolist(), strict=True))
        return Part({place: values.column(place) for place in positions}, len(values.begins), malformed)

    def _part(self, stream: Any, positions: Sequence[int]) -> Part:
        """The records of a stream by the reader that knows every way of writing CSV, and the number of every line."""
        bad: list[Malformed] = []

        def set_aside(line: arrow_csv.InvalidRow) -> Literal["error", "skip"]:
            text = self._meant(line.text)[:SHOWN_CHARACTERS]
            values = next(csv.reader([text], delimiter=self.delimiter), [])
            bad.append(Malformed(line.number or 0, line.actual_columns, values[0] if values else "", text))
            return "skip"

        table = arrow_csv.read_csv(
            stream,
            read_options=arrow_csv.ReadOptions(
                column_names=[str(place) for place in range(self.width)],
                use_threads=False,
                block_size=BLOCK_BYTES,
                encoding=self.encoding,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=set_aside,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(map(str, positions), pa.string()),
                include_columns=[str(place) for place in positions],
                strings_can_be_null=False,
            ),
        )
        columns = {place: self._column(table.column(str(place))) for place in positions}
        return Part(columns, table.num_rows, tuple(bad))

    def _column(self, texts: pa.ChunkedArray[Any]) -> Column:
        codes, values = distinct_chunks(texts)
        return Column(codes, encoded(values, self.encoding if self.encoding == BYTES else "utf-8"))

    def _meant(self, text: str) -> str:
        return meant(text.encode(BYTES)) if self.encoding == BYTES else text

    def _ends_inside_quotes(self, start: int) -> bool:
        """Whether the last record runs over several lines and its quotation marks do not pair up.

        Such a record has swallowed every line to the end of the file.
        """
        if not self._odd_quotes(start):
            return False
        lines: list[str] = []

        def remembered(stream: Iterable[str]) -> Iterator[str]:
            for line in stream:
                lines.append(line)
                yield line

        with self.path.open("rb") as raw:
            raw.seek(start)
            stream = io.TextIOWrapper(raw, self.encoding, errors="replace", newline="")
            last: list[str] = []
            try:
                for _ in csv.reader(remembered(stream), delimiter=self.delimiter):
                    last, lines[:] = list(lines), []
            except csv.Error:
                return True  # a field of more than a hundred thousand characters
        return len(last) > 1 and "".join(last).count('"') % 2 == 1

    def _odd_quotes(self, start: int) -> bool:
        odd = False
        with self.path.open("rb") as stream:
            stream.seek(start)
            while chunk := stream.read(CHUNK):
                odd ^= chunk.count(b'"') % 2 == 1
        return odd

    @property
    def _size(self) -> int:
        return self.path.stat().st_size


def as_they_are(texts: pa.StringArray) -> tuple[None, pa.StringArray]:
    """The texts of a column, none of which is to change."""
    return None, texts


def joined(parts: Sequence[Column], changed: Change = as_they_are) -> tuple[Codes, pa.StringArray]:
    """One column of several parts: for each record which of the distinct values it holds, and these as texts.

    `changed` says what becomes of the texts: others, and before them for each text its place among these.
    """
    found, held = distinct_chunks(pa.chunked_array([part.values for part in parts], pa.binary()))
    texts = decoded(held, meant)
    if not all_ascii(texts):  # one text may stand there in two encodings
        again, texts = distinct(texts)
        found = again[found]
    places, texts = changed(texts)
    if places is not None:
        found = places[found]
    begins = np.cumsum([0, *(len(part.values) for part in parts)])
    own = [found[begin:end] for begin, end in pairwise(begins)]
    lengths = (len(codes if part.codes is None else part.codes) for part, codes in zip(parts, own, strict=True))
    ends = np.cumsum([0, *lengths])
    every = np.empty(ends[-1], np.int32)
    for part, codes, (begin, end) in zip(parts, own, pairwise(ends), strict=True):
        every[begin:end] = codes if part.codes is None else codes[part.codes]
    return every, texts


def numbered(parts: Sequence[Part]) -> tuple[Integers, tuple[Malformed, ...]]:
    """The row numbers of the records of all parts, and the lines that do not fit with theirs; both count from 1."""
    rows: list[Integers] = []
    malformed: list[Malformed] = []
    above = 0
    for part in parts:
        every = np.arange(above, above + part.rows + len(part.malformed), dtype=np.int64) + 1
        rows.append(np.delete(every, [line.row - 1 for line in part.malformed]))
        malformed += [replace(line, row=line.row + above) for line in part.malformed]
        above += len(every)
    return np.concatenate(rows), tuple(malformed)


def meant(value: bytes) -> str:
    """A value of a file that is not UTF-16 as text: each is decoded by itself."""
    for encoding in ("utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return value.decode(encoding)
    return value.decode(BYTES)
