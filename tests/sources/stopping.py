"""A refresh on the command line that must stop: one sentence, the workbook as it was, and nothing left beside it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import narwhals as nw
import pytest

from xlfunnel.cli import main

MARK = "quite-secret-7"
"""What the tests look for where no secret may stand."""


def stopped(book: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Run `xlfunnel refresh` with these words on a workbook; gives the sentence on standard error."""
    before = {path: path.read_bytes() for path in book.parent.iterdir() if path.is_file()}
    monkeypatch.setattr("sys.argv", ["xlfunnel", "refresh", *words, str(book)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 1
    assert told.out == ""
    assert "Traceback" not in told.err
    assert MARK not in told.err
    assert {path: path.read_bytes() for path in book.parent.iterdir() if path.is_file()} == before
    (line,) = told.err.splitlines()
    return line


def at_query(number: int, act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen before the query of this number, counted from 1, is sent to the engine."""
    collect, sent = nw.LazyFrame.collect, iter(range(1, 1_000_000))

    def collected(self: Any, *given: Any, **named: Any) -> Any:
        if next(sent) == number:
            act()
        return collect(self, *given, **named)

    monkeypatch.setattr(nw.LazyFrame, "collect", collected)


class Cable:
    """The way to a server, which can be cut."""

    def __init__(self) -> None:
        self._ends: list[socket.socket] = []

    def joined(self, one: socket.socket, other: socket.socket) -> None:
        """Carry what either end says to the other."""
        self._ends += [one, other]
        for here, there in ((one, other), (other, one)):
            threading.Thread(target=_carry, args=(here, there), daemon=True).start()

    def cut(self) -> None:
        """Let nothing through any longer."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def cable(folder: Path, server: Path) -> Iterator[Cable]:
    """A socket of PostgreSQL in a folder that leads to the one of a server."""
    found, name = Cable(), ".s.PGSQL.5432"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / name))
    listening.listen()

    def accept() -> None:
        with suppress(OSError):
            while True:
                here, _ = listening.accept()
                there = socket.socket(socket.AF_UNIX)
                there.connect(str(server / name))
                found.joined(here, there)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield found
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join(10)
        found.cut()


def _carry(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while words := here.recv(65_536):
            there.sendall(words)
    for end in (here, there):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
