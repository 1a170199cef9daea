"""Web pages with a table, as which some CRMs write what they call a workbook (`.xls`).

The page is scanned once from its beginning to its end: nothing in it is followed, loaded or run, and no entity but
the named characters of HTML is known. The standard library's parser is not used here, since damaged input of a
hundred kilobytes keeps it busy for minutes.
"""

from __future__ import annotations

import codecs
import html
import re
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

import pyarrow as pa

from xlfunnel.crm.errors import UnreadableFile, UnsafeWorkbook
from xlfunnel.crm.sheets import SheetGrid, header_rows

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 256 << 20
MOST_CELLS = 20_000_000
MOST_COLUMNS = 16_384  # as many as a sheet has
WIDEST_SPAN = 1_000  # as browsers have it
CUT_OFF = "its table is not closed, as where a download was cut off"
NO_TABLE = "it is a web page without a table, such as a page that asks to log in"

# quoted values end at the next "<" at the latest, so that no beginning of a tag is read twice
TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9:]*)(?P<values>(?>[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)>")
SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?(\d{1,6})", re.IGNORECASE)
CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
SKIPPED = frozenset({"script", "style"})
LINE = "\u2028"
"""Stands for a line break of the page until its other white space is dealt with."""
OLD_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def web_grids(path: Path) -> list[SheetGrid]:
    """Every row near the top of a page's tables that may be the header; the tables stand one below the other."""
    if path.stat().st_size > LARGEST_BYTES:
        raise UnsafeWorkbook(path.name, f"it is a web page of more than {LARGEST_BYTES >> 20} MB")
    content = path.read_bytes()
    if OLD_XML in content[:4096]:
        raise UnreadableFile(path.name, "it is an XML spreadsheet as Excel 2003 wrote it")
    table = _scanned(path.name, _decoded(content))
    if not table.rows:
        raise UnreadableFile(path.name, NO_TABLE)
    columns = list(zip_longest(*table.rows))
    batch = pa.RecordBatch.from_arrays(
        [pa.array(column, pa.string()) for column in columns], names=[str(place) for place in range(len(columns))]
    )
    return header_rows("", batch, typed=False)


def _decoded(content: bytes) -> str:
    """The text of a page: by its byte order mark, by the encoding that it names, as UTF-8, as Western text."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    named = CHARSET.search(content[:4096])
    for encoding in (named[1].decode("ascii") if named else "utf-8", "utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("latin-1")


@dataclass
class _Table:
    """The cells of a page's tables while they are being read."""

    file: str
    rows: list[list[str | None]] = field(default_factory=list)
    depth: int = 0
    _row: list[str | None] | None = None
    _text: list[str] | None = None
    _spans: tuple[int, int] = (1, 1)
    _covered: dict[int, int] = field(default_factory=dict)  # column to the rows below that a cell above covers
    _width: int = 0

    def see(self, text: str) -> None:
        """Text inside a cell is kept, any other is not."""
        if self._text is not None and text:
            self._text.append(html.unescape(text))

    def open(self, name: str, values: str) -> None:
        """A tag opens; cells and rows need not be closed before the next begins."""
        if name == "table":
            self.depth += 1
        elif name == "br" and self._text is not None:
            self._text.append(LINE)
        elif self.depth == 1 and name == "tr":
            self._end_row()
            self._row = []
        elif self.depth == 1 and name in {"td", "th"}:
            self._end_cell()
            self._row = [] if self._row is None else self._row
            self._text = []
            spans = dict(SPAN.findall(values.lower())) if "span" in values.lower() else {}
            self._spans = (min(int(spans.get("col", 1)) or 1, WIDEST_SPAN), int(spans.get("row", 1)) or 1)

    def close(self, name: str) -> None:
        """A tag closes."""
        if name == "table" and self.depth:
            if self.depth == 1:
                self._end_row()
                self._covered.clear()
            self.depth -= 1
        elif self.depth == 1 and name == "tr":
            self._end_row()
        elif self.depth == 1 and name in {"td", "th"}:
            self._end_cell()

    def _end_cell(self) -> None:
        if self._text is None or self._row is None:
            return
        self._skip_covered(self._row)
        wide, high = self._spans
        if high > 1:
            self._covered |= dict.fromkeys(range(len(self._row), len(self._row) + wide), high)
        lines = (" ".join(line.split()) for line in "".join(self._text).split(LINE))
        self._row += ["\n".join(lines).strip() or None, *[None] * (wide - 1)]
        self._text = None
        self._check(len(self._row), len(self.rows) + 1)

    def _skip_covered(self, row: list[str | None]) -> None:
        while len(row) in self._covered:
            row.append(None)

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is None:
            return
        self._covered = {place: left - 1 for place, left in self._covered.items() if left > 1}
        self._width = max(self._width, len(self._row))
        self.rows.append(self._row)
        self._row = None
        self._check(self._width, len(self.rows))

    def _check(self, columns: int, rows: int) -> None:
        if columns > MOST_COLUMNS or columns * rows > MOST_CELLS:
            raise UnsafeWorkbook(self.file, f"its table spans {rows:,} rows and {columns:,} columns")


def _scanned(file: str, text: str) -> _Table:
    """Read a page from its beginning to its end."""
    table = _Table(file)
    place = 0
    while (start := text.find("<", place)) >= 0:
        table.see(text[place:start])
        tag = TAG.match(text, start)
        if tag is not None:
            place = _see_tag(table, tag, text)
        elif text.startswith(("<!", "<?"), start):
            place = _behind_declaration(file, text, start)
        else:
            table.see("<")
            place = start + 1
    if table.depth:
        raise UnreadableFile(file, CUT_OFF)
    return table


def _see_tag(table: _Table, tag: re.Match[str], text: str) -> int:
    """Take a tag, and say where the text behind it begins."""
    name = tag["name"].lower()
    if tag["close"]:
        table.close(name)
        return tag.end()
    if name not in SKIPPED:
        table.open(name, tag["values"])
        return tag.end()
    end = re.compile(rf"</{name}", re.IGNORECASE).search(text, tag.end())
    if end is None:
        raise UnreadableFile(table.file, CUT_OFF)
    return end.start()


def _behind_declaration(file: str, text: str, start: int) -> int:
    """The place behind a comment or a declaration, neither of which is read."""
    closing = "-->" if text.startswith("<!--", start) else ">"
    end = text.find(closing, start)
    if end < 0:
        raise UnreadableFile(file, CUT_OFF)
    told = text[start : min(end, start + 4096)].upper()
    if told.startswith("<!ENTITY") or (told.startswith("<!DOCTYPE") and "[" in told):
        raise UnsafeWorkbook(file, "it defines XML entities, which no export needs")
    return end + len(closing)
