"""A file takes its place whole or not at all, an earlier one is never lost, and the last change can be undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xlfunnel.saving import (
    BeingWritten,
    FileInUse,
    FolderNotWritable,
    NothingToUndo,
    OpenElsewhere,
    held,
    replacing,
    undo,
    undo_copy_of,
)

no_kill = pytest.mark.skipif(os.name == "nt", reason="uses what only POSIX systems have")


def write(path: Path, text: str, *, undoable: bool = False) -> None:
    with held(path), replacing(path, undoable=undoable) as part:
        part.write_text(text, encoding="utf-8")


def change(path: Path, *texts: str) -> None:
    for text in texts:
        write(path, text, undoable=True)


def undo_under_lock(path: Path) -> None:
    with held(path):
        undo(path)


def names_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_earlier_content_is_kept_under_a_free_name(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    for text in ("one", "two", "two", "three"):
        write(book, text)
    assert names_in(tmp_path) == {"book.xlsx": "three", "book.previous.xlsx": "one", "book.previous-2.xlsx": "two"}


def test_a_version_that_is_kept_already_is_not_kept_twice(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    write(book, "one")
    (tmp_path / "book.previous.xlsx").write_text("one", encoding="utf-8")  # as a crash before the swap leaves it
    write(book, "two")
    assert names_in(tmp_path) == {"book.xlsx": "two", "book.previous.xlsx": "one"}


@pytest.mark.parametrize("links", [True, False])
def test_an_undo_copy_needs_no_hard_links(tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:
        monkeypatch.setattr(os, "link", _refused)
    book = tmp_path / "book.xlsx"
    change(book, "one", "two", "three")
    undo_under_lock(book)
    assert names_in(tmp_path) == {"book.xlsx": "two", "book.undo.xlsx": "three"}


def _refused(*_paths: object) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("undoable", [False, True])
@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_an_interruption_changes_nothing(tmp_path: Path, fault: type[BaseException], undoable: bool) -> None:
    book = tmp_path / "book.xlsx"
    write(book, "one")

    def interrupted() -> None:
        with held(book), replacing(book, undoable=undoable) as part:
            part.write_text("half", encoding="utf-8")
            raise fault

    with pytest.raises(fault):
        interrupted()
    assert names_in(tmp_path) == {"book.xlsx": "one"}


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    book = tmp_path / "nowhere" / "book.xlsx"
    for attempt in (lambda: replacing(book), lambda: held(book)):
        with pytest.raises(FolderNotWritable, match=r"nowhere.* does not exist"), attempt():
            pytest.fail("it was entered")


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


def test_a_file_marked_as_read_only_stays(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    write(book, "agreed")
    book.chmod(0o444)
    with pytest.raises(FileInUse, match="marked as read-only"):
        write(book, "other")
    with pytest.raises(FileInUse, match="marked as read-only"):
        change(book, "other")
    assert names_in(tmp_path) == {"book.xlsx": "agreed"}


@no_kill
def test_who_may_read_a_workbook_stays_as_it_was(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    write(book, "one")
    book.chmod(0o640)
    change(book, "two")
    assert book.stat().st_mode & 0o777 == 0o640
    undo_under_lock(book)
    assert book.stat().st_mode & 0o777 == 0o640


# -- the undo copy


def test_a_change_keeps_one_undo_copy(tmp_path: Path) -> None:
    book = tmp_path / "plan.xlsm"
    change(book, "one")
    assert names_in(tmp_path) == {"plan.xlsm": "one"}
    change(book, "two", "three")
    assert names_in(tmp_path) == {"plan.xlsm": "three", "plan.undo.xlsm": "two"}


def test_the_same_content_once_more_leaves_the_undo_copy(tmp_path: Path) -> None:
    book = tmp_path / "plan.xlsx"
    change(book, "one", "two", "two")
    assert names_in(tmp_path) == {"plan.xlsx": "two", "plan.undo.xlsx": "one"}


def test_undo_twice_is_redo(tmp_path: Path) -> None:
    book = tmp_path / "plan.xlsx"
    change(book, "one", "two")
    undo_under_lock(book)
    assert names_in(tmp_path) == {"plan.xlsx": "one", "plan.undo.xlsx": "two"}
    undo_under_lock(book)
    assert names_in(tmp_path) == {"plan.xlsx": "two", "plan.undo.xlsx": "one"}
    change(book, "three")
    assert names_in(tmp_path) == {"plan.xlsx": "three", "plan.undo.xlsx": "two"}


def test_what_a_person_did_after_a_change_survives_the_undo(tmp_path: Path) -> None:
    book = tmp_path / "plan.xlsx"
    change(book, "one", "two")
    book.write_text("two and my notes", encoding="utf-8")
    undo_under_lock(book)
    assert names_in(tmp_path) == {"plan.xlsx": "one", "plan.undo.xlsx": "two and my notes"}


def test_an_undo_copy_that_a_person_changed_is_kept(tmp_path: Path) -> None:
    book = tmp_path / "plan.xlsx"
    change(book, "one", "two")
    copy = undo_copy_of(book)
    copy.chmod(0o644)
    copy.write_text("my own work", encoding="utf-8")
    change(book, "three")
    assert names_in(tmp_path) == {
        "plan.xlsx": "three",
        "plan.undo.xlsx": "two",
        "plan.previous.xlsx": "my own work",
    }


def test_a_further_name_of_a_workbook_can_still_be_written(tmp_path: Path) -> None:
    book, other = tmp_path / "plan.xlsx", tmp_path / "other" / "plan.xlsx"
    write(book, "one")
    other.parent.mkdir()
    os.link(book, other)
    change(book, "two")
    other.write_text("changed there", encoding="utf-8")
    assert undo_copy_of(book).read_text(encoding="utf-8") == "one"


def test_nothing_to_undo_is_told(tmp_path: Path) -> None:
    book = tmp_path / "plan.xlsx"
    with pytest.raises(NothingToUndo, match="does not exist"):
        undo(book)
    write(book, "one")
    with pytest.raises(NothingToUndo, match=r'no undo copy "plan\.undo\.xlsx"'):
        undo(book)
    undo_copy_of(book).write_text("one", encoding="utf-8")
    with pytest.raises(NothingToUndo, match="same content"):
        undo(book)


@pytest.mark.parametrize(
    ("left", "after"),
    [
        ({"plan.xlsx": "one", ".plan.xlsx.earlier": "one"}, {"plan.xlsx": "one"}),
        ({"plan.xlsx": "two", ".plan.xlsx.earlier": "one"}, {"plan.xlsx": "two", "plan.undo.xlsx": "one"}),
        ({".plan.xlsx.earlier": "one"}, {"plan.xlsx": "one"}),
        ({"plan.xlsx": "one", ".plan.xlsx.1234.part": "ha"}, {"plan.xlsx": "one"}),
        ({"plan.xlsx": "one", ".plan.xlsx.1234.copy": "o"}, {"plan.xlsx": "one"}),
        ({"plan.xlsx": "one", ".plan.xlsx.lock": "process 1"}, {"plan.xlsx": "one"}),
        ({"plan.xlsx": "one", ".plan.xlsx.my notes.part": "mine"}, None),
    ],
)
def test_what_a_crash_left_is_settled_by_the_next_run(
    tmp_path: Path, left: dict[str, str], after: dict[str, str] | None
) -> None:
    for name, text in left.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with held(tmp_path / "plan.xlsx"):
        pass
    assert names_in(tmp_path) == (left if after is None else after)


def test_the_command_says_which_file_and_from_when(tmp_path: Path) -> None:
    book = tmp_path / "plan.xlsx"
    change(book, "one", "two")
    os.utime(undo_copy_of(book), (1_790_000_000, 1_790_000_000))
    words = [sys.executable, "-c", "from xlfunnel.cli import main; main()", "undo", "plan.xlsx"]
    environment = os.environ | {"TZ": "UTC"}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("plan.xlsx is again the version of 2026-09-21 ")
    assert "is kept as plan.undo.xlsx" in done.stdout
    assert names_in(tmp_path) == {"plan.xlsx": "one", "plan.undo.xlsx": "two"}
    again = subprocess.run([*words, "--json"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout)["undo_copy"] == "plan.undo.xlsx"
    none = subprocess.run([*words[:-1], "none.xlsx"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (none.returncode, none.stdout) == (1, "")
    assert '"none.xlsx" does not exist' in none.stderr


# -- the lock

HOLDER = """
import sys
from pathlib import Path
from xlfunnel.saving import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock of a workbook."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "plan.xlsx")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_told_who_is_first(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    book = tmp_path / "plan.xlsx"
    with holder:
        with pytest.raises(BeingWritten, match=rf'"plan\.xlsx" is being written .*process {holder.pid} on .* since'):
            write(book, "second")
        assert names_in(tmp_path).keys() == {".plan.xlsx.lock"}
        holder.communicate("\n", timeout=30)
    write(book, "now")
    assert names_in(tmp_path) == {"plan.xlsx": "now"}


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with holder:
        holder.kill()
        holder.communicate(timeout=30)
    assert (tmp_path / ".plan.xlsx.lock").exists()
    write(tmp_path / "plan.xlsx", "next")
    assert names_in(tmp_path) == {"plan.xlsx": "next"}


def test_writers_in_a_crowd_take_turns_or_are_told(tmp_path: Path) -> None:
    """Eight processes, twenty attempts each: every attempt that is let in finds and leaves a consistent count."""
    program = """
import sys
from pathlib import Path
from xlfunnel.saving import BeingWritten, held
book, done = Path(sys.argv[1]), 0
while done < 20:
    try:
        with held(book):
            book.write_text(str(int(book.read_text()) + 1))
            done += 1
    except BeingWritten:
        pass
"""
    book = tmp_path / "plan.xlsx"
    book.write_text("0", encoding="utf-8")
    crowd = [subprocess.Popen([sys.executable, "-c", program, str(book)]) for _ in range(8)]
    assert [process.wait(timeout=120) for process in crowd] == [0] * 8
    assert names_in(tmp_path) == {"plan.xlsx": "160"}


@pytest.mark.parametrize(
    ("mark", "content", "told"),
    [
        ("~$plan.xlsx", b"\x03Ann" + b" " * 51 + "Ann".encode("utf-16-le"), "open in Excel, by Ann. Save and close"),
        ("~$plan.xlsx", b"", "open in Excel. Save and close"),
        (".~lock.plan.xlsx#", b",ann,desk,22.11.2026 02:10,file:///home/ann;", "open in LibreOffice, by ann. Save"),
    ],
)
def test_a_workbook_that_is_open_elsewhere_is_told_before_any_work(
    tmp_path: Path, mark: str, content: bytes, told: str
) -> None:
    (tmp_path / "plan.xlsx").write_text("one", encoding="utf-8")
    (tmp_path / mark).write_bytes(content)
    with pytest.raises(OpenElsewhere, match=told), held(tmp_path / "plan.xlsx"):
        pytest.fail("it was entered")
    assert names_in(tmp_path).keys() == {"plan.xlsx", mark}
