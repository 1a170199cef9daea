"""Microsoft's validator is asked as it wants to be, and its answers are read."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest
from tests.workbooks.validator import ValidatorFailed, faults


def without(content: bytes, part: str, words: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            assert name != part or words in body
            new.writestr(name, body.replace(words, b"", 1) if name == part else body)
    return made.getvalue()


def test_the_dashboard_is_valid(ooxml_validator: Path, tmp_path: Path, content: bytes) -> None:
    assert faults(ooxml_validator, content, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_fault_is_told_with_its_place(ooxml_validator: Path, tmp_path: Path, content: bytes) -> None:
    (said,) = faults(
        ooxml_validator, without(content, "xl/tables/table1.xml", b' displayName="tbl_by_source"'), tmp_path
    )
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
