"""The dashboard in a real spreadsheet: LibreOffice opens it, computes every formula anew and shows the same."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from xlfunnel.templates.alignment_dashboard.filling import dashboard
from xlfunnel.templates.alignment_dashboard.sheets import SHEETS

if TYPE_CHECKING:
    from pathlib import Path

    from xlfunnel.report import Report

RECALCULATE_ALWAYS = """\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""
STALE = 777_777
"""Stands where the builder left a result, so that a formula that was not computed anew shows."""


def with_stale_results(content: bytes) -> tuple[bytes, int]:
    """The workbook with another result at every formula, and how many formulas there are."""
    made, formulas = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                text, found = re.subn(r"(</f>)<v>[^<]*</v>", rf"\1<v>{STALE}</v>", part.decode())
                part, formulas = text.replace(' t="str"', "").encode(), formulas + found
            new.writestr(name, part)
    return made.getvalue(), formulas


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's settings for LibreOffice under which it trusts no stored result."""
    folder = tmp_path_factory.mktemp("libreoffice")
    (folder / "user").mkdir()
    (folder / "user" / "registrymodifications.xcu").write_text(RECALCULATE_ALWAYS, encoding="utf-8")
    return folder


def computed(soffice: Path, profile: Path, folder: Path, content: bytes) -> Any:
    """The workbook as LibreOffice saves it after it computed every formula."""
    (folder / "out").mkdir()
    (folder / "book.xlsx").write_bytes(content)
    words = [f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir", "out"]
    subprocess.run([str(soffice), *words, "book.xlsx"], cwd=folder, check=True, capture_output=True, timeout=120)
    return openpyxl.load_workbook(folder / "out" / "book.xlsx", data_only=True)


def named(book: Any, name: str) -> Any:
    """The value of the cell with this name."""
    ((sheet, cell),) = book.defined_names[name].destinations
    return book[sheet][cell].value


def test_every_formula_comes_out_as_it_was_written(
    soffice: Path, profile: Path, tmp_path: Path, report: Report, content: bytes
) -> None:
    stale, formulas = with_stale_results(content)
    assert formulas > 40
    book = computed(soffice, profile, tmp_path, stale)
    written = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    assert book.sheetnames == written.sheetnames
    for sheet in written:
        for row in sheet.iter_rows():
            for cell in row:
                shown = book[sheet.title][cell.coordinate].value
                if isinstance(cell.value, (int, float)):
                    assert shown == pytest.approx(cell.value, rel=1e-9), (sheet.title, cell.coordinate)
                elif isinstance(cell.value, str) and "\n" not in cell.value:
                    assert (shown or "") == cell.value, (sheet.title, cell.coordinate)
    assert named(book, "checks_failing") == 0
    assert book["Dashboard"]["O1"].value == "✓ Checks pass"
    assert named(book, "kpi_velocity") == report.velocity.value
    assert named(book, "kpi_mql_to_sql") == report.mql_to_sql.value


def test_a_record_that_is_missing_turns_the_light(
    soffice: Path, profile: Path, tmp_path: Path, report: Report
) -> None:
    first, *others = report.files
    content = dashboard(replace(report, files=(replace(first, used=first.used - 1), *others)))
    book = computed(soffice, profile, tmp_path, with_stale_results(content)[0])
    assert named(book, "checks_failing") == 1
    for name in SHEETS:
        lights = [c.value for row in book[name].iter_rows(max_row=4) for c in row if "heck" in str(c.value)]
        assert "▲ A check fails: see Checks" in lights, name
