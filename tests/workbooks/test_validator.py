"""Microsoft's validator is asked as it wants to be, and its answers are read."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest
from tests.workbooks.validator import ValidatorFailed, faults
from xlsxwriter import Workbook


@pytest.fixture(scope="module")
def content() -> bytes:
    """A workbook with a table and a chart."""
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("Plan")
    sheet.add_table("A1:B3", {"name": "Rows", "columns": [{"header": "Segment"}, {"header": "Deals"}]})
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"values": "=Plan!$B$2:$B$3"})
    sheet.insert_chart("D2", chart)
    book.close()
    return file.getvalue()


def without(content: bytes, part: str, words: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            assert name != part or words in body
            new.writestr(name, body.replace(words, b"", 1) if name == part else body)
    return made.getvalue()


def test_a_valid_workbook(ooxml_validator: Path, tmp_path: Path, content: bytes) -> None:
    assert faults(ooxml_validator, content, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_fault_is_told_with_its_place(ooxml_validator: Path, tmp_path: Path, content: bytes) -> None:
    (said,) = faults(ooxml_validator, without(content, "xl/tables/table1.xml", b' displayName="Rows"'), tmp_path)
    assert said.startswith("/xl/tables/table1.xml /x:table[1]: ")
    assert "displayName" in said


def test_a_file_that_is_no_workbook(ooxml_validator: Path, tmp_path: Path) -> None:
    assert faults(ooxml_validator, b"no workbook", tmp_path) == ["File contains corrupted data."]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_program_that_does_not_judge(tmp_path: Path, content: bytes) -> None:
    program = tmp_path / "validator"
    program.write_text("#!/bin/sh\necho 'no binary for this platform' >&2\nexit 2\n", encoding="utf-8")
    program.chmod(0o700)
    with pytest.raises(ValidatorFailed, match="no binary for this platform"):
        faults(program, content, tmp_path)
