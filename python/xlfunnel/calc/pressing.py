"""What a press of Refresh or Undo does, step by step, with the workbook that is open in LibreOffice.

LibreOffice and xlfunnel never write one file at the same time. Everything that may fail is done while the workbook is
open; then it is closed without saving, its file is swapped, and it is opened again in the same window.

LibreOffice loads this file into the Python that it brings: the standard library alone, nothing newer than Python 3.8,
and no UNO, which `commands` puts behind `Book` and `Person`.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from xlfunnel.calc.companion import Installed

    Told = Callable[[str, float], None]

    class Book(Protocol):
        """The workbook in the window in which the button was pressed."""

        def place(self) -> str:
            """The path of its file; raises `Refused` where it has none, or may not be written."""

        def is_open(self) -> bool:
            """Whether it still stands in that window."""

        def is_changed(self) -> bool:
            """Whether it has changes that are not saved."""

        def save(self) -> None:
            """Save it as LibreOffice does; raises `Refused`."""

        def close(self) -> None:
            """Close it without saving and keep its window; raises `Refused`, and then it stays open."""

        def open_again(self) -> None:
            """Open it in the window as it stood there; raises `Refused`."""

        def show(self, what: str, share: float) -> None:
            """Show in the window what is at work, and the share that is done."""

    class Person(Protocol):
        """Who pressed the button; or what a script says in their place."""

        def lets_save(self, place: str) -> bool:
            """Whether changes may be saved first."""

        def picks(self, place: str) -> Sequence[str]:
            """The paths of exports; none where they changed their mind."""


WORK = "xlfunnel.calc.refreshing"
"""The module of xlfunnel that does what is asked here."""
PROGRESS, DONE, STOPPED = "progress", "done", "stopped"
"""What an answer begins with."""


class Refused(Exception):
    """Nothing was changed; the sentence says why and what to do."""


class Order(NamedTuple):
    """What is to be done."""

    as_of: str
    """The day of the figures, as ISO date."""
    files: Sequence[str] = ()
    """Paths of exports; without any they are those that the workbook names or describes, or else are picked."""


class Worker:
    """xlfunnel at work on one press, in an interpreter of its own: the cells' stays free to answer them."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def ask(self, told: Told, command: str, *arguments: Any) -> Any:
        """The answer to a command of `refreshing`; raises `Refused`."""
        process = self._process
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        try:
            pickle.dump((command, arguments), process.stdin, 4)
            process.stdin.flush()
            while True:
                kind, *found = pickle.load(process.stdout)  # noqa: S301  # from the process that was started here
                if kind != PROGRESS:
                    break
                told(*found)
        except (OSError, EOFError, pickle.UnpicklingError) as lost:
            msg = "xlfunnel ended before it was done. The workbook is whole; press the button again."
            raise Refused(msg) from lost
        if kind == STOPPED:
            raise Refused(*found)
        return found[0]


def refreshed(installed: Installed, book: Book, person: Person, order: Order) -> Sequence[str]:
    """Refresh the open workbook from exports; answers what was done, in lines, and none where nothing was wanted.

    Raises `Refused`, and `Missing` where xlfunnel is not there.
    """
    place = book.place()
    return _worked(installed, book, lambda worker: _refreshed(worker, book, person, order, place))


def undone(installed: Installed, book: Book, person: Person) -> Sequence[str]:
    """Bring back the version of the open workbook before its last refresh; as `refreshed`."""
    place = book.place()
    return _worked(installed, book, lambda worker: _undone(worker, book, person, place))


def _worked(installed: Installed, book: Book, work: Callable[[Worker], Sequence[str]]) -> Sequence[str]:
    book.show("Starting xlfunnel", 0.0)
    process = installed.start(WORK)
    try:
        return work(Worker(process))
    finally:
        process.kill()
        process.communicate()


def _refreshed(worker: Worker, book: Book, person: Person, order: Order, place: str) -> Sequence[str]:
    told = _told_in(book)
    worker.ask(told, "look", place)
    if not _is_saved(book, person, place):
        return ()
    files = order.files or worker.ask(told, "named", place)
    if not files and not worker.ask(told, "describes", place):
        files = person.picks(place)
        if not files:
            return ()
    worker.ask(told, "refresh", place, tuple(files), order.as_of)
    return _swapped(worker, book, "write")


def _undone(worker: Worker, book: Book, person: Person, place: str) -> Sequence[str]:
    worker.ask(_told_in(book), "look_back", place)
    if not _is_saved(book, person, place):
        return ()
    return _swapped(worker, book, "undo", place)


def _is_saved(book: Book, person: Person, place: str) -> bool:
    """Whether the file holds what the window shows, after a save where that is wanted."""
    if not book.is_changed():
        return True
    if not person.lets_save(place):
        return False
    book.save()
    return True


def _swapped(worker: Worker, book: Book, command: str, *arguments: Any) -> Sequence[str]:
    """Close the workbook, have its file swapped, and open it again, whatever came of it."""
    _check_still_there(book)
    book.close()
    try:
        lines: Sequence[str] = worker.ask(_unseen, command, *arguments)
    finally:
        book.open_again()
    return lines


def _told_in(book: Book) -> Told:
    """Show progress in the window; whoever closes it ends the work."""

    def told(what: str, share: float) -> None:
        if not book.is_open():
            raise Refused(_CLOSED)
        book.show(what, share)

    return told


def _unseen(_what: str, _share: float) -> None:
    """Show nothing: no workbook is in the window."""


def _check_still_there(book: Book) -> None:
    """A window takes clicks and keys while it shows progress."""
    if not book.is_open():
        raise Refused(_CLOSED)
    if book.is_changed():
        msg = (
            "The workbook was changed while the refresh was at work, so nothing was written. Save it and press the "
            "button again."
        )
        raise Refused(msg)


_CLOSED = "The workbook was closed while the refresh was at work, so nothing was written. Open it and press again."
