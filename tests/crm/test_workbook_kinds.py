"""What a CRM calls `.xls` or `.xlsx`: web pages with a table, workbooks of the old kind, reports with a header."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from tests.crm.old_workbook import Cell, cell, old_workbook, workbook_of

from xlfunnel.crm.errors import UnreadableFile, UnrecognisedFile, UnsafeWorkbook
from xlfunnel.errors import Stopped
from xlfunnel.excel.compound_file import compound_file

if TYPE_CHECKING:
    from tests.crm.conftest import Read, Save

HEADER: list[str | None] = ["Opportunity ID", "Opportunity Name", "Stage", "Amount", "Created Date", "Close Date"]
REPORT: list[list[str | None]] = [
    ["Open pipeline report"],
    [None],
    HEADER,
    ["006A", "Alpha", "Closed Won", "12,000.00", "1/20/2026", "3/15/2026"],
    ["006B", "Beta", "Zombie", "1,000.00", "1/5/2026", "2/1/2026"],
    [None],
    ["006C", "Gamma & Søn", "Negotiation/Review", "8,000.00", "6/1/2026", "12/31/2026"],
    ["Grand Totals (3 records)", None, None, "21,000.00"],
]


def page(rows: list[list[str | None]], charset: str = "UTF-8") -> str:
    """A page as Salesforce writes what it calls a workbook."""
    lines = [
        "<tr>" + "".join(f"<td>{(text or '').replace('&', '&amp;')}</td>" for text in row) + "</tr>" for row in rows
    ]
    head = f'<head><meta http-equiv="Content-Type" content="text/html; charset={charset}"></head>'
    return f'<html>{head}<body><table border="1">\r\n' + "\r\n".join(lines) + "\r\n</table></body></html>"


def told(read: Read, path: Path) -> list[tuple[int, str, str, float | None]]:
    exports = read(path)
    assert exports.opportunities is not None
    (file,) = exports.files
    assert (file.read, file.used, file.lines_skipped) == (3, 2, 2 + 2)
    assert [(one.row, one.column, one.value) for one in exports.set_aside] == [(5, "Stage", "Zombie")]
    return [(row["row"], row["name"], row["status"], row["amount"]) for row in exports.opportunities.to_pylist()]


EXPECTED = [(4, "Alpha", "won", 12_000.0), (7, "Gamma & Søn", "open", 8_000.0)]


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1", "utf-16"])
def test_a_web_page_that_calls_itself_a_workbook_is_read(save: Save, read: Read, charset: str) -> None:
    assert told(read, save(page(REPORT, charset), "report.xls", charset)) == EXPECTED


def test_a_workbook_of_the_old_kind_is_read_by_its_bytes(save: Save, read: Read) -> None:
    assert told(read, save(old_workbook(REPORT), "report.csv")) == EXPECTED


def test_numbers_and_dates_of_an_old_workbook_come_as_such(save: Save, read: Read) -> None:
    rows: list[list[Cell]] = [[*HEADER], ["7", "A", "Closed Won", 1234.5, date(2026, 1, 20), 46_096.0]]
    exports = read(save(old_workbook(rows), "report.xls"))
    assert exports.opportunities is not None
    (row,) = exports.opportunities.to_pylist()
    assert (row["amount"], row["cycle_days"]) == (1234.5, 54)


def test_a_report_with_a_header_above_and_unnamed_columns_is_read(tmp_path: Path, read: Read) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for number, row in enumerate(REPORT, start=1):
        for place, text in enumerate(row):
            sheet.cell(number, 2 + 2 * place, text)  # every second column has no name
    sheet["C3"], sheet["E3"] = "Unnamed: 2", "Unnamed: 4"
    book.save(tmp_path / "report.xlsx")
    assert told(read, tmp_path / "report.xlsx") == EXPECTED
    assert read(tmp_path / "report.xlsx").files[0].unmapped == ("Unnamed: 2", "Unnamed: 4")


def test_an_old_workbook_of_another_program_is_read(tmp_path: Path, soffice: Path, read: Read) -> None:
    book = openpyxl.Workbook()
    for row in REPORT:
        book.worksheets[0].append(row)
    book.save(tmp_path / "report.xlsx")
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    command = [soffice, home, "--headless", "--convert-to", "xls", "--outdir", tmp_path, tmp_path / "report.xlsx"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert told(read, tmp_path / "report.xls") == EXPECTED


def test_cells_of_a_page_may_span_and_need_no_end(save: Save, read: Read) -> None:
    exports = read(
        save(
            "<TABLE><tr><th>Opportunity ID<th>Opportunity Name<th>Stage<th>Amount<th>Memo"
            "<tr><td>1<td rowspan='2'>A<br>B<td>New<td>5<td>x"
            "<tr><td>2<td colspan=2>New<td>7"
            "<tr><td>3<td>C<td>New<td><b>1</b>0<table><tr><td>in</table><td>y</TABLE>",
            "odd.xls",
        )
    )
    assert exports.opportunities is not None
    rows = exports.opportunities.select(["row", "name", "amount"]).to_pylist()
    assert rows == [{"row": 2, "name": "A\nB", "amount": 5.0}, {"row": 3, "name": None, "amount": None}]
    assert [(one.row, one.value) for one in exports.set_aside] == [(4, "10in")]


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        ("<html><body>Please log in</body></html>", UnreadableFile, "page that asks to log in"),
        (page([HEADER])[:-30], UnreadableFile, "cut off"),
        ("<table><tr><td>a</td><!-- never closed", UnreadableFile, "cut off"),
        ("<table><style>td {", UnreadableFile, "cut off"),
        (page([["Name", "Phone"], ["Kim", "1"]]), UnrecognisedFile, "seem to be: Name, Phone"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><table></table>', UnsafeWorkbook, "entities"),
        ('<?xml version="1.0"?><!ENTITY b "c"><table></table>', UnsafeWorkbook, "entities"),
        ("<table><tr>" + "<td colspan=1000>" * 18, UnsafeWorkbook, "17,000 columns"),
        ("<table>" + "<tr><td colspan=1000>" * 20_002, UnsafeWorkbook, "20,001 rows"),
        (
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            UnreadableFile,
            "XML spreadsheet as Excel 2003 wrote it",
        ),
    ],
)
def test_a_page_that_is_no_export_stops(
    save: Save, read: Read, content: str, error: type[Stopped], told: str
) -> None:
    with pytest.raises(error, match=told):
        read(save(content, "report.xls"))


@pytest.mark.parametrize("piece", ["<a ", "<!--", "</a ", "<script>", '<td a="', "<?", "<table>", "&#", "<![CDATA["])
def test_a_page_of_beginnings_is_refused_at_once(save: Save, read: Read, piece: str) -> None:
    with pytest.raises(Stopped):  # the standard library's parser takes minutes for some of these
        read(save("<table><tr>" + piece * 100_000, "report.xls"))


def encrypted() -> bytes:
    return compound_file({"EncryptedPackage": bytes(5000), "EncryptionInfo": bytes(100)})


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        (old_workbook([HEADER])[:1500], UnreadableFile, "damaged"),
        (encrypted(), UnreadableFile, "protected by a password"),
        (compound_file({"WordDocument": bytes(5000)}), UnreadableFile, "another document"),
        (workbook_of(cell(0, 0, "a") + cell(60_000, 65_000, "b")), UnsafeWorkbook, "65,001 columns.* 256 at most"),
        (workbook_of(cell(0, 0, "a") + cell(50_000, 100, "b")), UnsafeWorkbook, "50,001 rows and 101 columns"),
        (workbook_of(b"\x2f\0\2\0ab"), UnreadableFile, "protected by a password"),
    ],
)
def test_an_old_workbook_that_cannot_be_read_stops(
    save: Save, read: Read, content: bytes, error: type[Stopped], told: str
) -> None:
    with pytest.raises(error, match=told):
        read(save(content, "report.xls"))


def test_a_chain_that_comes_back_to_itself_stops(save: Save, read: Read) -> None:
    content = bytearray(old_workbook([HEADER, ["1", "A", "New", 5.0, None, None]]))
    table = (int.from_bytes(content[76:80], "little") + 1) * 512
    start = next(at for at in range(table, table + 512, 4) if 0 < int.from_bytes(content[at : at + 4], "little") < 99)
    content[start : start + 4] = ((start - table) // 4).to_bytes(4, "little")
    with pytest.raises(UnreadableFile, match="damaged"):
        read(save(bytes(content), "report.xls"))


@pytest.mark.parametrize("kind", ["page", "old workbook"])
def test_damage_is_read_around_or_stops_and_never_breaks(save: Save, read: Read, kind: str) -> None:
    rows = [HEADER, *([f"00{n}", "A, or B", "New", "5.50", f"{n % 12 + 1}/28/2026", None] for n in range(40))]
    whole = page(rows).encode() if kind == "page" else old_workbook(rows)
    chance = random.Random(kind)  # noqa: S311  # the same damage each time
    outcomes: Counter[str] = Counter()
    for number in range(150):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 1, 3, 20])):
            start = chance.randrange(len(content))
            end = start + chance.choice([1, 1, 1, 40, len(content)])
            content[start:end] = chance.choice([b"", b"<", b'"', b"\0", b"\xff", bytes([chance.randrange(256)])])
            content = content or bytearray(b"x")
        try:
            (file,) = read(save(bytes(content), f"{number}.xls")).files
        except Stopped:
            outcomes["stopped"] += 1
        else:
            assert file.read == file.used + sum(file.set_aside.values())
            outcomes["read"] += 1
    assert min(outcomes["read"], outcomes["stopped"]) > 10


def test_a_second_sheet_that_looks_like_an_export_is_named_and_not_read(tmp_path: Path, read: Read) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "2025"
    for title in ("2026", "Notes"):
        book.create_sheet(title)
    for name, rows in {"2025": [HEADER, ["1", "A", "New"]], "2026": [HEADER, ["2", "B", "New"]]}.items():
        for row in rows:
            book[name].append(row)
    book["Notes"].append(["Ask", "Kim"])
    book.save(tmp_path / "years.xlsx")
    (file,) = read(tmp_path / "years.xlsx").files
    assert file.used == 1
    assert file.notes[0] == (
        'Read from the sheet "2025"; "2026" looks like an export too and was not read: save it as a file of its own'
    )
