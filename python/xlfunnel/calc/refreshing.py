"""xlfunnel at work for the buttons in LibreOffice: the refresh of a file and its undo, asked over a pipe.

A refresh comes in two commands: `refresh` computes everything and writes nothing, so that LibreOffice can keep the
workbook open; `write` swaps the file once LibreOffice has closed it, if nobody has changed it since.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.account import account_lines, changed_lines, taken_lines, undone_line
from xlfunnel.calc.pressing import DONE, PROGRESS, STOPPED
from xlfunnel.calc.serving import PROTOCOL, pipes
from xlfunnel.errors import Stopped
from xlfunnel.inputs import Inputs
from xlfunnel.refresh import check_output, refreshed
from xlfunnel.saving import check_place, check_undo, held, undo, undo_copy_of
from xlfunnel.templates.agreed_source import names_tables
from xlfunnel.templates.done import counted
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.export_files import export_files
from xlfunnel.templates.ours import open_ours
from xlfunnel.templates.start_sheet import EXPORT_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from xlfunnel.refresh import Refreshed
    from xlfunnel.templates.ours import Ours

BEAT: Final = 0.25
"""Seconds after which the last progress is told again: LibreOffice's window lives by what it hears."""


class ChangedMeanwhile(Stopped):
    """The workbook's file is no longer the one that the refresh read."""


class OtherKind(Stopped):
    """The file in the window is no Excel workbook."""


@dataclass(frozen=True)
class _Ready:
    """A refreshed workbook that is not written yet."""

    ours: Ours
    inputs: Inputs
    done: Refreshed
    read: str
    """Hash of the file that it comes from."""


class Work:
    """What is asked for one press of a button; every command raises a `Stopped`, and then nothing was written."""

    def __init__(self, told: Callable[[str, float], None]) -> None:
        self._told = told
        self._ready: _Ready | None = None

    def look(self, book: str) -> None:
        """Whether the workbook can be refreshed."""
        place = Path(book)
        _check_kind(place)
        open_ours(place)
        check_place(place)

    def named(self, book: str) -> tuple[str, ...]:
        """The exports that the workbook names on Start; none where it names none."""
        place = Path(book)
        file = open_ours(place).file
        said = str(file.read_name(EXPORT_FILES) or "") if file.named(EXPORT_FILES) else ""
        return tuple(map(str, export_files(said, place)))

    def describes(self, book: str) -> bool:
        """Whether its sheet Source names tables, so that no exports need be picked."""
        return names_tables(open_ours(Path(book)).file)

    def look_back(self, book: str) -> None:
        """Whether the workbook has a version to go back to."""
        place = Path(book)
        _check_kind(place)
        check_undo(place)
        check_place(place)

    def refresh(self, book: str, files: tuple[str, ...], as_of: str) -> None:
        """Read exports and compute every figure of the workbook; nothing is written."""
        place = Path(book)
        exports, day = tuple(map(Path, files)), date.fromisoformat(as_of)
        inputs = Inputs(exports, day, at=datetime.now().astimezone(), vouched=False)
        check_output(inputs, place)
        read = _hash(place)
        ours = open_ours(place)
        self._ready = _Ready(ours, inputs, refreshed(inputs, ours, self._told), read)

    def write(self) -> tuple[str, ...]:
        """Swap the file, under its lock; answers what was done."""
        ready = self._ready
        assert ready is not None  # noqa: S101  # a refresh came before
        place = ready.ours.path
        with held(place):
            if _hash(place) != ready.read:
                msg = (
                    f'"{place.name}" was changed by another program while the refresh was at work, so nothing was '
                    "written. Press the button again."
                )
                raise ChangedMeanwhile(msg)
            ready.ours.save(place)
            changed = _hash(place) != ready.read
        return tuple(_lines(ready, changed=changed))

    def undo(self, book: str) -> tuple[str, ...]:
        """Swap the file and its undo copy; answers what was done."""
        place = Path(book)
        with held(place):
            return (undone_line(undo(place)),)


def serve() -> None:
    """Answer on standard output what standard input asks, until the pipe ends."""
    serve_on(*pipes())


def serve_on(calls: BinaryIO, answers: BinaryIO) -> None:
    """Say which version this is, then carry out one command after the other, until the calls end."""
    telling = _Telling(answers)
    telling.write(version("xlfunnel"))
    work = Work(telling.progress)
    while True:
        try:
            command, arguments = pickle.load(calls)  # noqa: S301  # from the add-in that started this process
            with telling.beating():
                answer = _answer(work, command, arguments)
            telling.write(answer)
        except (EOFError, KeyboardInterrupt, BrokenPipeError):
            return  # LibreOffice ended


def _answer(work: Work, command: str, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return DONE, getattr(work, command)(*arguments)
    except Stopped as fault:
        return STOPPED, str(fault)
    except (EOFError, BrokenPipeError):
        raise
    except Exception as fault:  # the person gets a sentence, and LibreOffice an answer
        traceback.print_exc()
        reason = f"{type(fault).__name__}: {fault}"
        return STOPPED, f"The refresh failed, and nothing was written ({reason}). Please report it with this text."


class _Telling:
    """The answers' end of the pipe; progress is told again and again, also while nothing new is known."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._turn = threading.Lock()
        self._last = ("Opening the workbook", 0.0)

    def write(self, value: object) -> None:
        with self._turn:
            pickle.dump(value, self._answers, PROTOCOL)
            self._answers.flush()

    def progress(self, what: str, share: float) -> None:
        self._last = (what, share)
        self.write((PROGRESS, what, share))

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Tell the last progress at every beat, as long as this lasts."""
        over = threading.Event()
        beat = threading.Thread(target=self._beat, args=(over,), daemon=True)
        beat.start()
        try:
            yield
        finally:
            over.set()
            beat.join()

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(BEAT):
            try:
                self.write((PROGRESS, *self._last))
            except OSError:
                return  # LibreOffice ended: the work hears it at its own next word


def _lines(ready: _Ready, *, changed: bool) -> Iterator[str]:
    """What a person reads at the end."""
    done, place = ready.done, ready.ours.path
    yield f"{place.name} is refreshed as of {ready.inputs.as_of}."
    yield ""
    yield from changed_lines(done)
    yield from account_lines(done.report.files, mapping=False)
    yield ""
    yield from taken_lines(replace(done, stale=()))
    if done.stale:
        yield (
            f"{counted(len(done.stale), 'cell')} were computed by LibreOffice alone: programs that only show the "
            "file have their earlier results until LibreOffice or Excel saves it."
        )
    if changed:
        yield f"The version before is kept as {undo_copy_of(place).name}; Undo refresh brings it back."


def _check_kind(place: Path) -> None:
    if place.suffix.lower() in {edition.suffix for edition in Edition}:
        return
    msg = (
        f'"{place.name}" is no workbook of xlfunnel, which are .xlsx and .xlsm files. Open the workbook that is '
        "to be refreshed, and press the button there."
    )
    raise OtherKind(msg)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
