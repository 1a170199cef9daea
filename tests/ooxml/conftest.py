"""Workbooks as they come back from people: from XlsxWriter, saved by LibreOffice, and with prefixed names."""

from __future__ import annotations

import io
import posixpath
import re
import shutil
import subprocess
import zipfile
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import xlsxwriter

DEALS = (("Acme", 12_000, 0.25), ("Bolt", 8_000, 0.5), ("Cube", 20_000, 0.1))
"""Deal, amount and win rate of the table Deals, whose data begin in row 6 (from 1) of the sheet Plan."""

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
"""A picture of one point."""


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def workbook_bytes(*, macros: bool = False, since_1904: bool = False) -> bytes:
    """A workbook with what users put into theirs. All positions below are those of `DEALS`."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "date_1904": since_1904})
    book.set_calc_mode("auto")
    plan = book.add_worksheet("Plan")
    other = book.add_worksheet("My notes")
    book.add_worksheet("Bob's sheet").write("A1", "left alone")
    _fill_plan(book, plan)
    _add_charts(book, plan)
    _fill_notes(book, other)
    book.define_name("target", "=Plan!$B$2")
    book.define_name("amounts", "=Plan!$B$6:$B$8")
    book.define_name("one_deal", "=Plan!$B$8")
    book.define_name("'My notes'!local", "='My notes'!$A$1")
    book.define_name("rate", "=0.5")
    book.set_custom_property("xlfunnel", "quarterly_plan")
    book.set_custom_property("reviewed", True)
    if macros:
        book.add_vba_project(io.BytesIO(b"not a real project"), True)
        book.set_vba_name()
        plan.insert_button("H20", {"macro": "Module.Refresh", "caption": "Refresh"})
        other.insert_button("H20", {"macro": "Module.Share", "caption": "Share"})
    book.close()
    return stream.getvalue()


def _fill_plan(book: xlsxwriter.Workbook, plan: xlsxwriter.worksheet.Worksheet) -> None:
    money, share = (
        book.add_format({"num_format": "#,##0", "bg_color": "#FFFFCC"}),
        book.add_format({"num_format": "0%"}),
    )
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    plan.write("A1", "Plan for the quarter")
    plan.write("A2", "Target")
    plan.write("B2", 30_000, money)
    plan.write_datetime("C2", date(2026, 9, 30), day)
    plan.write_formula("D2", "=SUM(Plan!$B$6:$B$8)", None, 40_000)
    plan.write_formula("E2", "=SUM(Deals[Expected])", None, 9_000)
    plan.merge_range("F1:G2", "merged")
    rows = [(name, amount, rate, None) for name, amount, rate in DEALS]
    expected = "=Deals[[#This Row],[Amount]]*Deals[[#This Row],[Win rate]]"
    columns = [
        {"header": "Deal"},
        {"header": "Amount", "format": money},
        {"header": "Win rate", "format": share},
        {"header": "Expected", "formula": expected, "format": money},
    ]
    plan.add_table("A5:D8", {"name": "Deals", "columns": columns, "data": rows})
    for index, (_, amount, rate) in enumerate(DEALS):
        plan.write_formula(5 + index, 3, expected, money, amount * rate)
    plan.set_row(7, 24)
    plan.data_validation("C6:C8", {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1})
    plan.data_validation("B6:B8", {"validate": "list", "source": "=$B$6:$B$8", "error_type": "warning"})
    plan.conditional_format("B6:B8", {"type": "data_bar", "data_bar_2010": True})
    plan.conditional_format(
        "A6:D8", {"type": "formula", "criteria": "=$C6<0.2", "format": book.add_format({"bold": True})}
    )
    for row in range(5, 8):
        plan.add_sparkline(row, 4, {"range": f"Plan!B{row + 1}:C{row + 1}"})
    plan.write_comment("A6", "Talk to them in May")
    plan.print_area("A1:D9")
    plan.repeat_rows(4)
    plan.protect()


def _add_charts(book: xlsxwriter.Workbook, plan: xlsxwriter.worksheet.Worksheet) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"name": "=Plan!$B$5", "categories": "=Plan!$A$6:$A$8", "values": "=Plan!$B$6:$B$8"})
    plan.insert_chart("H2", chart, {"description": "Amounts by deal"})


def _fill_notes(book: xlsxwriter.Workbook, notes: xlsxwriter.worksheet.Worksheet) -> None:
    notes.write("A1", "my own text")
    notes.write_rich_string("A2", "half ", book.add_format({"bold": True}), "bold")
    notes.write_string("A3", "=1+1 as text")
    notes.write_formula("B1", "=Plan!B2*2", None, 60_000)
    notes.write_formula("B2", '="a"&"b"', None, "ab")
    notes.write_formula("B3", "=1/0", None, "#DIV/0!")
    notes.write_formula("B4", "=1=1", None, True)
    notes.write_boolean("B5", False)
    notes.write_dynamic_array_formula("D1:D3", "=SORT(Plan!B6:B8)", None, 8_000)
    notes.write("D2", 12_000)
    notes.write("D3", 20_000)
    notes.insert_image("F2", "dot.png", {"image_data": io.BytesIO(DOT)})
    notes.write_comment("A1", "a note of mine")


def with_prefixes(content: bytes) -> bytes:
    """The same workbook as other programs write it: names with a prefix, a line for each row."""
    parts = parts_of(content)
    for name, text in parts.items():
        if re.match(r"xl/(workbook|worksheets/sheet\d+|tables/table\d+|sharedStrings|styles)\.xml", name):
            parts[name] = _prefixed(text)
    return packed(parts)


def _prefixed(text: bytes) -> bytes:
    named = re.sub(rb"<(/?)(?![?!/])(?=[\w.]+[\s/>])", rb"<\1x:", text)
    named = named.replace(b'xmlns="http', b'xmlns:x="http', 1)
    return named.replace(b"</x:row>", b"</x:row>\r\n  ")


def with_absolute_targets(content: bytes) -> bytes:
    """The same workbook with full names of parts, a mark of UTF-8 and single quotes, as others write it."""
    parts = parts_of(content)
    for name, text in parts.items():
        if name.endswith(".rels"):
            full = partial(_absolute, name.partition("_rels/")[0])
            parts[name] = re.sub(rb'Target="([^"]+)"', full, text)
        elif name.startswith("xl/worksheets/"):
            declaration, mark, rest = text.partition(b"?>")
            parts[name] = b"\xef\xbb\xbf" + declaration + mark + re.sub(rb' ([rst])="([^"]*)"', rb" \1='\2'", rest)
    return packed(parts)


def _absolute(folder: str, found: re.Match[bytes]) -> bytes:
    return f'Target="/{posixpath.normpath(posixpath.join(folder, found[1].decode()))}"'.encode()


def without_references(content: bytes) -> bytes:
    """The same workbook without the references of rows and cells, as far as they follow from the order."""
    parts = parts_of(content)
    name = "xl/worksheets/sheet3.xml"
    parts[name] = re.sub(rb' (?:r|spans)="[^"]*"', b"", parts[name])
    return packed(parts)


@pytest.fixture(scope="session")
def plain() -> bytes:
    return workbook_bytes()


@pytest.fixture(scope="session")
def prefixed(plain: bytes) -> bytes:
    return with_prefixes(plain)


@pytest.fixture(scope="session")
def absolute(plain: bytes) -> bytes:
    return with_absolute_targets(plain)


@pytest.fixture(scope="session")
def libreoffice_saved(plain: bytes, soffice: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return saved_by_libreoffice(plain, soffice, tmp_path_factory.mktemp("saved"))


@pytest.fixture(params=["plain", "prefixed", "absolute", "libreoffice_saved"])
def content(request: pytest.FixtureRequest) -> bytes:
    """The same workbook from several programs."""
    held: bytes = request.getfixturevalue(request.param)
    return held


def saved_by_libreoffice(content: bytes, soffice: Path, folder: Path) -> bytes:
    """The workbook after LibreOffice opened, recalculated and saved it."""
    book = folder / "book.xlsx"
    book.write_bytes(content)
    profile = folder / "profile"
    settings = profile / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Calc/Formula/Load">'
        '<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>'
    )
    command = [str(soffice), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
    done = subprocess.run(
        [*command, "--outdir", str(folder / "out"), str(book)],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )
    shutil.rmtree(profile, ignore_errors=True)
    saved = folder / "out" / "book.xlsx"
    assert saved.exists(), done.stdout + done.stderr
    return saved.read_bytes()
