"""Workbooks of the old kind (BIFF8 in a compound file), written record by record as [MS-XLS] has them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import date

from xlfunnel.excel.compound_file import compound_file

BOF, EOF, BOUNDSHEET, DIMENSIONS = 0x0809, 0x000A, 0x0085, 0x0200
LABEL, NUMBER, XF = 0x0204, 0x0203, 0x00E0
EXCEL_DAY_0 = date(1899, 12, 30)
PLAIN, DATED = 0, 1
DATE_FORMAT = 14

Cell = str | float | date | None


def old_workbook(rows: Sequence[Sequence[Cell]], name: str = "Report") -> bytes:
    """One sheet with these rows; a cell at an unusual place is given by `cell`."""
    cells = b"".join(cell(row, column, value) for row, line in enumerate(rows) for column, value in enumerate(line))
    return workbook_of(cells, name)


def workbook_of(cells: bytes, name: str = "Report") -> bytes:
    """A workbook with one sheet of these records."""
    shown = name.encode("latin-1")
    formats = b"".join(record(XF, struct.pack("<HH16x", 0, number)) for number in (0, DATE_FORMAT))
    start = record(BOF, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    bound = record(BOUNDSHEET, struct.pack("<IBBBB", 0, 0, 0, len(shown), 0) + shown)
    at = len(start) + len(formats) + len(bound) + len(record(EOF))
    bound = record(BOUNDSHEET, struct.pack("<IBBBB", at, 0, 0, len(shown), 0) + shown)
    sheet = record(BOF, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + cells + record(EOF)
    stream = start + formats + bound + record(EOF) + sheet
    return compound_file({"Workbook": stream.ljust(4096, b"\0")})


def record(kind: int, content: bytes = b"") -> bytes:
    """One record: its number, its length, its content."""
    return struct.pack("<HH", kind, len(content)) + content


def cell(row: int, column: int, value: Cell) -> bytes:
    """The record of one cell; nothing for a blank one."""
    if value is None:
        return b""
    if isinstance(value, str):
        text = value.encode("utf-16-le")
        return record(LABEL, struct.pack("<HHHHB", row, column, PLAIN, len(value), 1) + text)
    style = DATED if isinstance(value, date) else PLAIN
    number = float((value - EXCEL_DAY_0).days) if isinstance(value, date) else value
    return record(NUMBER, struct.pack("<HHHd", row, column, style, number))
