"""A workbook is put in its place whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from xlfunnel.errors import Stopped
from xlfunnel.workbooks import dashboard as dashboard_module
from xlfunnel.workbooks.dashboard import write_dashboard
from xlfunnel.workbooks.saving import FileInUse, FolderNotWritable, save

if TYPE_CHECKING:
    from xlfunnel.report import Report


def left_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_new_file_is_written_and_nothing_else(tmp_path: Path, report: Report) -> None:
    write_dashboard(report, tmp_path / "Q3 bücher.xlsx")
    assert left_in(tmp_path) == ["Q3 bücher.xlsx"]
    assert (tmp_path / "Q3 bücher.xlsx").read_bytes().startswith(b"PK")


def test_an_earlier_file_is_replaced(tmp_path: Path) -> None:
    place = tmp_path / "book.xlsx"
    save(place, b"first, and longer")
    save(place, b"second")
    assert place.read_bytes() == b"second"
    assert left_in(tmp_path) == ["book.xlsx"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, MemoryError, OSError])
def test_a_failure_while_writing_leaves_the_earlier_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    place = tmp_path / "book.xlsx"
    save(place, b"earlier")

    def broken(number: int) -> NoReturn:
        raise fault

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises((fault, Stopped)):
        save(place, b"later")
    assert place.read_bytes() == b"earlier"
    assert left_in(tmp_path) == ["book.xlsx"]


def test_a_failure_while_building_touches_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    place = tmp_path / "book.xlsx"
    save(place, b"earlier")

    def broken(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(dashboard_module, "place_checks", broken)
    with pytest.raises(KeyboardInterrupt):
        write_dashboard(report, place)
    assert place.read_bytes() == b"earlier"
    assert left_in(tmp_path) == ["book.xlsx"]


def test_a_file_that_excel_holds_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "book.xlsx"
    save(place, b"earlier")

    def held(self: Path, target: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(FileInUse, match=r'"book\.xlsx" cannot be replaced\. If it is open in Excel, close it'):
        save(place, b"later")
    assert place.read_bytes() == b"earlier"
    assert left_in(tmp_path) == ["book.xlsx"]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderNotWritable, match="does not exist"):
        save(tmp_path / "nowhere" / "book.xlsx", b"")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    with pytest.raises(FileInUse, match="is a folder"):
        save(tmp_path / "book", b"")
    assert left_in(tmp_path) == ["book"]


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, mode: str) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(FolderNotWritable, match="cannot be written to"):
        save(tmp_path / "book.xlsx", b"")
