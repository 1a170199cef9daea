"""A file takes its place whole or not at all, and an earlier one is never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlfunnel.saving import FileInUse, FolderNotWritable, replacing


def write(path: Path, text: str) -> None:
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def names_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_earlier_content_is_kept_under_a_free_name(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    for text in ("one", "two", "two", "three"):
        write(book, text)
    assert names_in(tmp_path) == {"book.xlsx": "three", "book.previous.xlsx": "one", "book.previous-2.xlsx": "two"}


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_an_interruption_changes_nothing(tmp_path: Path, fault: type[BaseException]) -> None:
    book = tmp_path / "book.xlsx"
    write(book, "one")

    def interrupted() -> None:
        with replacing(book) as part:
            part.write_text("half", encoding="utf-8")
            raise fault

    with pytest.raises(fault):
        interrupted()
    assert names_in(tmp_path) == {"book.xlsx": "one"}


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FolderNotWritable, match=r'"nowhere" does not exist|nowhere.* does not exist'):
        write(tmp_path / "nowhere" / "book.xlsx", "one")


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file", encoding="utf-8")
    with pytest.raises(FolderNotWritable):
        write(tmp_path / "folder" / "book.xlsx", "one")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    full = OSError(28, "No space left on device")
    with pytest.raises(FolderNotWritable, match="No space left"), replacing(tmp_path / "book.xlsx"):
        raise full
    assert names_in(tmp_path) == {}


def test_a_folder_in_the_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    with pytest.raises(FileInUse, match=r"is a folder"):
        write(tmp_path / "book", "one")
