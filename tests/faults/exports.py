"""One small example of every format that exports come in, and the damage that is done to them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import xlsxwriter
from tests.crm.old_workbook import old_workbook

from xlfunnel.demo import Crm, write_example

ROWS = 30
Rows = list[list[str]]

NASTY = (
    "", " ", "\u00a0", "0", "-1", "1e999", "NaN", "99999999999999999999", "1,234.56", "1.234,56", "$ 1.5m", "12%",
    "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", '"', "'", '"";', "a,b;c\td|e", "two\nlines", "\r",
    "\u2028", "\u202e", "\x00", "\x1b[31m", "\ufeff", "💶", "é" * 40, "x" * 40_000, "../../etc/passwd", "<b>",
    "&amp;", "<!ENTITY a 'b'>", "#N/A", "#REF!", "TRUE", "null", "2026-02-30", "31/02/2026", "02/03/2026",
    "1899-12-31", "9999-12-31", "0001-01-01", "2026-03-08T02:30:00", "2026-01-01T00:00:00+14:00", "45000", "2958466",
    "-45000", "Closed Won", "Closed Lost", "006000000000001AAA",
)  # fmt: skip
"""Values that a cell of an export may hold and no reader may stumble over."""

TOKENS = (
    b"", b"\x00", b'"', b"\n", b"\r\n", b",", b";", b"\t", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"<", b">",
    b"</table>", b"<td>", b"<!--", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&#0;", b"&#1114112;", b"PK\x03\x04", b"]]>",
    b"A" * 5_000, b"\x1a", b"1e999", b"-1", b"99999999", b"XFE1048577", b' colspan="999999"',
)  # fmt: skip
"""Bytes that mean something in one format or another."""


_LONGEST_OLD = 2_000
"""Characters that go into one record of a workbook of the old kind."""


@dataclass(frozen=True)
class Example:
    """An export: how its rows become a file, and whether damage to its records alone keeps their number."""

    name: str
    rows: Rows
    write: Callable[[Rows], bytes]


@dataclass(frozen=True)
class Mutated:
    """A damaged file, and how many records it holds where that is still known."""

    name: str
    content: bytes
    records: int | None


def examples() -> dict[str, Example]:
    """Deals and leads of two CRMs, a history of stages and activities, each in every format."""
    with TemporaryDirectory() as folder:
        sources = [
            *_rows_of(Path(folder), Crm.SALESFORCE, "cp1252"),
            *_rows_of(Path(folder), Crm.HUBSPOT, "utf-8-sig"),
            _history(),
            _activities(),
        ]
    formats = (
        ("comma.csv", _csv(",", "utf-8")),
        ("semicolon.csv", _csv(";", "cp1252")),
        ("marked.csv", _csv("\t", "utf-16")),
        ("book.xlsx", _xlsx),
        ("page.xls", _page),
        ("old.xls", _old),
    )
    return {
        f"{number}-{name}": Example(f"{number}-{name}", rows, write)
        for number, rows in enumerate(sources)
        for name, write in formats
    }


def mutated(example: Example, seed: int) -> Mutated:
    """The same damage for the same seed."""
    chance = Random(f"{example.name} {seed}")  # noqa: S311
    if chance.random() < 0.35:
        rows = _nasty_rows(example.rows, chance)
        return Mutated(example.name, example.write(rows), len(rows) - 1)
    content = example.write(example.rows)
    if example.name.endswith("xlsx") and chance.random() < 0.7:
        return Mutated(example.name, _with_damaged_part(content, chance), None)
    return Mutated(example.name, _damaged(content, chance), None)


def _rows_of(folder: Path, crm: Crm, encoding: str) -> list[Rows]:
    example = write_example(folder, crm, ROWS)
    found = [list(csv.reader(io.StringIO(path.read_text(encoding=encoding)))) for path in example.exports]
    # the lines above the header and below the records are another test's
    return [[row for row in rows if len(row) == max(map(len, rows))][: ROWS + 1] for rows in found]


def _history() -> Rows:
    stages = ("Prospecting", "Qualification", "Proposal/Price Quote", "Closed Won")
    header = ["Opportunity ID", "From Stage", "To Stage", "Last Modified"]
    changes = zip(stages * ROWS, (*stages[1:], stages[0]) * ROWS, range(ROWS), strict=False)
    return [header, *([f"D{n // 3}", a, b, f"{1 + n % 12}/{1 + n % 28}/2026, 9:0{n % 10} AM"] for a, b, n in changes)]


def _activities() -> Rows:
    header = ["Activity ID", "Lead ID", "Contact ID", "Email", "Opportunity ID", "Type", "Completed Date/Time"]
    rows = [header]
    for n in range(ROWS):
        when, kind = f"{1 + n % 12}/{1 + n % 28}/2026, 9:0{n % 10} AM", ("Call", "Webinar")[n % 2]
        rows.append([f"T{n}", f"L{n % 7}", f"C{n % 5};C9", f"kim{n % 3}@a.example", f"D{n % 4}", kind, when])
    return rows


def _csv(delimiter: str, encoding: str) -> Callable[[Rows], bytes]:
    def write(rows: Rows) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
        return text.getvalue().encode(encoding, errors="replace")

    return write


def _xlsx(rows: Rows) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Report")
        for row, line in enumerate(rows):
            for column, value in enumerate(line):
                sheet.write_string(row, column, value[:32_767])
    return content.getvalue()


def _old(rows: Rows) -> bytes:
    return old_workbook([[value[:_LONGEST_OLD] for value in row] for row in rows])


def _page(rows: Rows) -> bytes:
    escaped = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "<br>"})
    lines = ("".join(f"<td>{value.translate(escaped)}</td>" for value in row) for row in rows)
    return (
        "<html><body><table>" + "".join(f"<tr>{line}</tr>\n" for line in lines) + "</table></body></html>"
    ).encode()


def _nasty_rows(rows: Rows, chance: Random) -> Rows:
    """Other values in some cells below the header; the first column stays, so that no record becomes blank."""
    changed = [list(row) for row in rows]
    for _ in range(chance.randint(1, 12)):
        row = chance.choice(changed[1:])
        row[chance.randrange(1, len(row))] = chance.choice(NASTY)
    return changed


def _with_damaged_part(content: bytes, chance: Random) -> bytes:
    """A workbook one of whose parts is damaged before it is packed."""
    source = zipfile.ZipFile(io.BytesIO(content))
    target = io.BytesIO()
    struck = chance.choice([name for name in source.namelist() if name != "docProps/app.xml"])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            part = source.read(name)
            archive.writestr(name, _damaged(part, chance) if name == struck else part)
    return target.getvalue()


def _damaged(content: bytes, chance: Random) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 5, 20))):
        content = chance.choice(_DAMAGE)(content, chance)
    return content


def _flip(content: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(content) or 1)
    return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]


def _cut_out(content: bytes, chance: Random) -> bytes:
    begin, end = _span(content, chance)
    return content[:begin] + content[end:]


def _repeat(content: bytes, chance: Random) -> bytes:
    begin, end = _span(content, chance)
    return content[:end] + content[begin:end] * chance.choice((1, 1, 1, 50)) + content[end:]


def _insert(content: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    return content[:place] + chance.choice(TOKENS) + content[place:]


def _cut_off(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _swap(content: bytes, chance: Random) -> bytes:
    begin, end = _span(content, chance)
    return content[end:] + content[begin:end] + content[:begin]


_DAMAGE: Sequence[Callable[[bytes, Random], bytes]] = (
    _flip,
    _flip,
    _cut_out,
    _repeat,
    _insert,
    _insert,
    _cut_off,
    _swap,
)


def _span(content: bytes, chance: Random) -> tuple[int, int]:
    begin = chance.randrange(len(content) + 1)
    return begin, min(begin + chance.choice((1, 4, 64, 1_000)), len(content))
