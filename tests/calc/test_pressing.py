"""A press of a button, step by step, without LibreOffice: whatever happens, the workbook is whole and open again."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.sources.describing import describe_source

import xlfunnel
from xlfunnel.calc import refreshing
from xlfunnel.calc.companion import Installed, Missing
from xlfunnel.calc.pressing import Order, Refused, refreshed, undone
from xlfunnel.saving import FolderNotWritable, undo_copy_of
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.ours import Ours

DEALS = """\
Opportunity ID,Opportunity Name,Segment,Lead Source,Amount,Created Date,Close Date,Stage
1,A,Small,Web,10000,2026-08-01,2026-10-05,Closed Won
"""


class Process:
    """xlfunnel at work in a thread of the test, over pipes as LibreOffice has them."""

    def __init__(self) -> None:
        asked, self.answered = os.pipe(), os.pipe()
        self.stdin, self.stdout = os.fdopen(asked[1], "wb"), os.fdopen(self.answered[0], "rb")
        calls, answers = os.fdopen(asked[0], "rb"), os.fdopen(self.answered[1], "wb")
        self._work = threading.Thread(target=self._serve, args=(calls, answers), daemon=True)
        self._work.start()
        pickle.load(self.stdout)  # noqa: S301  # its version

    @staticmethod
    def _serve(calls: Any, answers: Any) -> None:
        with suppress(BrokenPipeError, SystemExit), calls, answers:  # either end may be gone
            refreshing.serve_on(calls, answers)

    def kill(self) -> None:
        self.stdin.close()
        self.stdout.close()

    def communicate(self) -> None:
        self._work.join(30)


class Here:
    """In the place of the interpreter that xlfunnel was installed with."""

    def start(self, work: str) -> Any:
        assert work == refreshing.__name__
        return Process()


class Window:
    """A window that writes down what happens to its workbook."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.steps: list[str] = []
        self.open = True
        self.changed = False
        self.at: Callable[[str], None] = lambda _what: None

    def place(self) -> str:
        return str(self.path)

    def is_open(self) -> bool:
        return self.open

    def is_changed(self) -> bool:
        return self.changed

    def save(self) -> None:
        self.steps.append("saved")
        self.changed = False

    def close(self) -> None:
        self.steps.append("closed")
        self.open = False

    def open_again(self) -> None:
        self.steps.append("opened")
        self.open = True

    def show(self, what: str, share: float) -> None:
        assert 0 <= share <= 1
        self.at(what)


class Person:
    """Answers as the test says."""

    def __init__(self, *picked: Path, saves: bool = True) -> None:
        self.picked = tuple(map(str, picked))
        self.saves = saves

    def lets_save(self, place: str) -> bool:
        assert Path(place).is_file()
        return self.saves

    def picks(self, place: str) -> Sequence[str]:
        return self.picked


ORDER = Order("2026-11-13")


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def template() -> bytes:
    return build("velocity_explorer", Edition.FORMULAS)


@pytest.fixture
def window(tmp_path: Path, template: bytes) -> Window:
    book = tmp_path / "plan.xlsx"
    book.write_bytes(template)
    return Window(book)


def untouched(window: Window, template: bytes) -> bool:
    left = {path.name for path in window.path.parent.iterdir()}
    return window.path.read_bytes() == template and left <= {"plan.xlsx", "deals.csv"}


def test_the_workbook_is_closed_only_while_its_file_is_swapped(window: Window, template: bytes, deals: Path) -> None:
    shown: list[str] = []
    window.at = shown.append
    lines = refreshed(Here(), window, Person(deals), ORDER)
    assert lines[0] == "plan.xlsx is refreshed as of 2026-11-13."
    assert any("1 records read: 1 used" in line for line in lines)
    assert window.steps == ["closed", "opened"]
    assert shown[0] == "Starting xlfunnel"
    assert "Reading deals.csv" in shown
    assert "Computing" in shown
    assert undo_copy_of(window.path).read_bytes() == template

    lines = refreshed(Here(), window, Person(deals), ORDER)
    assert not [line for line in lines if "undo" in line], "nothing changed, and no version was kept"
    assert undo_copy_of(window.path).read_bytes() == template
    assert "is again the version of" in undone(Here(), window, Person())[0]
    assert window.path.read_bytes() == template


def test_a_source_that_the_workbook_describes_is_counted_and_nothing_is_picked(window: Window) -> None:
    describe_source(window.path, "crm.duckdb")
    told = "\n".join(refreshed(Here(), window, Person(), ORDER))
    assert "deals (DuckDB)" in told
    assert "1 records read: 1 used" in told


def test_a_source_out_of_the_folder_is_not_reached_by_a_press(window: Window) -> None:
    describe_source(window.path, "../crm.duckdb")
    before = window.path.read_bytes()
    with pytest.raises(Refused, match="leads out of the folder of the workbook and is not known on this computer"):
        refreshed(Here(), window, Person(), ORDER)
    assert window.path.read_bytes() == before
    assert window.steps == []


def test_an_interpreter_of_its_own_does_it(window: Window, deals: Path) -> None:
    installed = Installed(sys.executable, str(Path(xlfunnel.__file__).parents[1]))
    assert refreshed(installed, window, Person(deals), ORDER)
    assert window.steps == ["closed", "opened"]


@pytest.mark.parametrize("answer", [Person(), Person(saves=False)], ids=["nothing picked", "not to be saved"])
def test_who_changes_their_mind_changes_nothing(window: Window, template: bytes, answer: Person) -> None:
    window.changed = not answer.saves
    assert refreshed(Here(), window, answer, ORDER) == ()
    assert window.steps == []
    assert untouched(window, template)


def test_changes_are_saved_before_the_file_is_read(window: Window, template: bytes, deals: Path) -> None:
    window.changed = True
    refreshed(Here(), window, Person(deals), ORDER)
    assert window.steps == ["saved", "closed", "opened"]


def closes_it(window: Window) -> None:
    window.open = False


def types_into_it(window: Window) -> None:
    window.changed = True


@pytest.mark.parametrize(("act", "reason"), [(closes_it, "was closed while"), (types_into_it, "was changed while")])
def test_a_person_who_goes_on_is_not_written_over(
    window: Window, template: bytes, deals: Path, act: Any, reason: str
) -> None:
    window.at = lambda what: act(window) if what == "Counting" else None
    with pytest.raises(Refused, match=reason):
        refreshed(Here(), window, Person(deals), ORDER)
    assert window.steps == []
    assert untouched(window, template)


def test_what_another_program_wrote_meanwhile_is_not_written_over(
    window: Window, template: bytes, deals: Path
) -> None:
    def write(what: str) -> None:
        if what == "Counting":
            window.path.write_bytes(template + b"\0")

    window.at = write
    with pytest.raises(Refused, match="changed by another program"):
        refreshed(Here(), window, Person(deals), ORDER)
    assert window.steps == ["closed", "opened"]
    assert window.path.read_bytes() == template + b"\0"


def test_a_full_disk_leaves_the_earlier_version_open(
    window: Window, template: bytes, deals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_ours: Ours, output: Path) -> None:
        msg = f'"{output.name}" cannot be written (No space left on device).'
        raise FolderNotWritable(msg)

    monkeypatch.setattr(Ours, "save", full)
    with pytest.raises(Refused, match="No space left"):
        refreshed(Here(), window, Person(deals), ORDER)
    assert window.steps == ["closed", "opened"]
    assert untouched(window, template)


@pytest.mark.parametrize(
    ("fault", "reason"), [(ZeroDivisionError("by nothing"), r"failed.*by nothing"), (SystemExit(), "ended before")]
)
def test_a_fault_of_ours_is_a_sentence(
    window: Window,
    template: bytes,
    deals: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    fault: BaseException,
    reason: str,
) -> None:
    def failing(*_arguments: Any) -> Any:
        raise fault

    monkeypatch.setattr(refreshing, "refreshed", failing)
    with pytest.raises(Refused, match=reason):
        refreshed(Here(), window, Person(deals), ORDER)
    assert window.steps == []
    assert untouched(window, template)


def test_what_ends_while_the_file_is_swapped_leaves_the_workbook_open(
    window: Window, template: bytes, deals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(_ours: Ours, _output: Path) -> None:
        raise SystemExit

    monkeypatch.setattr(Ours, "save", ended)
    with pytest.raises(Refused, match="ended before it was done"):
        refreshed(Here(), window, Person(deals), ORDER)
    assert window.steps == ["closed", "opened"]
    assert untouched(window, template)


@pytest.mark.parametrize("name", ["deals.csv", "gone.xlsx"])
def test_what_is_no_workbook_of_ours_is_told(window: Window, deals: Path, name: str) -> None:
    window.path = window.path.with_name(name)
    with pytest.raises(Refused, match=name):
        refreshed(Here(), window, Person(deals), ORDER)
    with pytest.raises(Refused, match=name):
        undone(Here(), window, Person())
    assert window.steps == []


def test_libreoffice_that_ends_leaves_nothing_half_written(window: Window, template: bytes, deals: Path) -> None:
    process = Process()
    pickle.dump(("refresh", (str(window.path), (str(deals),), ORDER.as_of)), process.stdin)
    process.stdin.flush()
    process.kill()  # the pipes break while the work goes on
    process.communicate()
    assert untouched(window, template)


def test_xlfunnel_that_is_gone_is_told(window: Window, template: bytes, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="xlfunnel install"):
        refreshed(Installed(str(tmp_path / "python"), str(tmp_path)), window, Person(), ORDER)
    assert untouched(window, template)
