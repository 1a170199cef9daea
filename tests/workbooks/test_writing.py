"""The dashboard's file takes its place whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from xlfunnel.saving import FileInUse
from xlfunnel.templates import template as template_module
from xlfunnel.templates.alignment_dashboard.filling import write_dashboard

if TYPE_CHECKING:
    from xlfunnel.report import Report


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def test_a_new_file_is_written_and_nothing_else(tmp_path: Path, report: Report, content: bytes) -> None:
    write_dashboard(report, tmp_path / "Q3 bücher.xlsx")
    assert contents(tmp_path) == {"Q3 bücher.xlsx": content}


def test_the_same_report_again_leaves_one_file(tmp_path: Path, report: Report, content: bytes) -> None:
    for _ in range(2):
        write_dashboard(report, tmp_path / "book.xlsx")
    assert contents(tmp_path) == {"book.xlsx": content}


@pytest.mark.parametrize("fault", [KeyboardInterrupt, MemoryError])
def test_a_failure_while_building_touches_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report, fault: type[BaseException]
) -> None:
    (tmp_path / "book.xlsx").write_bytes(b"earlier")

    def broken(*_: object) -> NoReturn:
        raise fault

    monkeypatch.setattr(template_module, "place_checks", broken)
    with pytest.raises(fault):
        write_dashboard(report, tmp_path / "book.xlsx")
    assert contents(tmp_path) == {"book.xlsx": b"earlier"}


def test_a_failure_while_writing_leaves_the_earlier_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    place = tmp_path / "book.xlsx"
    place.write_bytes(b"earlier")

    def half(self: Path, content: bytes) -> NoReturn:
        with self.open("wb") as file:
            file.write(content[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        write_dashboard(report, place)
    assert contents(tmp_path) == {"book.xlsx": b"earlier"}


def test_a_file_that_excel_holds_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report) -> None:
    def held(self: Path, target: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(FileInUse, match=r'"book\.xlsx" cannot be replaced\. If it is open in Excel, close it'):
        write_dashboard(report, tmp_path / "book.xlsx")
    assert contents(tmp_path) == {}
