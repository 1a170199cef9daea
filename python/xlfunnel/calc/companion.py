"""Starts the interpreter that xlfunnel is installed in, beside LibreOffice, and asks it.

LibreOffice loads this file into the Python that it brings, where xlfunnel is not installed: the standard library
alone, and nothing newer than Python 3.8.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Rows = tuple[tuple[Any, ...], ...]

START_SECONDS = 60
"""An interpreter that has not answered by then is taken for missing: a cell must never wait for ever."""
STARTS = 3
"""An interpreter that ends again and again is started so often and no more."""
SHEET_ROWS = 1_048_576
"""Rows of a sheet: a range of so many is a whole column."""
FUNCTIONS = "xlfunnel.calc.serving"
"""The module that answers cells."""
_PROGRAM = """
import importlib, sys
place, work = sys.argv[1:]
sys.path.insert(0, place)
import xlfunnel
sys.path.remove(place)
importlib.import_module(work).serve()
"""
# xlfunnel comes from the place that the add-in was built with, everything else from the interpreter's own places.


class Missing(Exception):
    """xlfunnel cannot be asked; the sentence says why and what to do."""


def cut_to_used(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values with whole columns cut after the last row in which one of them holds something.

    Whole columns of one call stay equally long, so that they remain the columns of one table.
    """
    whole = [value for value in values if isinstance(value, tuple) and len(value) == SHEET_ROWS]
    if not whole:
        return values
    used = max(1, *map(_used_rows, whole))
    return tuple(value[:used] if any(value is column for column in whole) else value for value in values)


def _used_rows(rows: Rows) -> int:
    for number in range(len(rows), 0, -1):
        if any(cell != "" for cell in rows[number - 1]):
            return number
    return 0


class Installed:
    """The interpreter that xlfunnel was installed with, and the folder that the package is in."""

    def __init__(self, interpreter: str, place: str) -> None:
        self.interpreter = interpreter
        self.place = place

    @property
    def fault(self) -> str:
        """What is wrong, as far as it can be seen without starting anything; empty where nothing is."""
        try:
            if not Path(self.interpreter).is_file():
                return f"The Python that xlfunnel was installed in is gone ({self.interpreter}). {_ADVICE}"
            if not Path(self.place, "xlfunnel").is_dir():
                return f"xlfunnel is gone from {self.place}. {_ADVICE}"
        except OSError as fault:
            return f"xlfunnel cannot be reached: {fault.strerror} ({fault.filename}). {_ADVICE}"
        return ""

    @property
    def does_not_start(self) -> str:
        """What is said where nothing is missing and yet no answer comes."""
        return f"xlfunnel does not start with {self.interpreter}. {_ADVICE}"

    def start(self, work: str) -> subprocess.Popen[bytes]:
        """The interpreter at the work of a module of xlfunnel; raises `Missing`."""
        if self.fault:
            raise Missing(self.fault)
        try:
            return _heard(self._opened(work))
        except (OSError, EOFError, pickle.UnpicklingError) as fault:
            raise Missing(self.does_not_start) from fault

    def _opened(self, work: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # the interpreter that installed the add-in
            [self.interpreter, "-P", "-c", _PROGRAM, self.place, work],  # -P: nothing from LibreOffice's folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


def _heard(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """Wait for its first word, its version, but not for ever."""
    assert process.stdout is not None  # noqa: S101
    patience = threading.Timer(START_SECONDS, process.kill)
    patience.start()
    try:
        pickle.load(process.stdout)  # noqa: S301  # from the process that was started here
    except BaseException:
        end(process)
        raise
    finally:
        patience.cancel()
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """End an interpreter, whatever it is at."""
    process.kill()
    process.communicate()


class Companion:
    """The interpreter beside LibreOffice: started by the first call, asked by every call, ended with LibreOffice."""

    def __init__(self, interpreter: str, place: str) -> None:
        self._installed = Installed(interpreter, place)
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._turn = threading.Lock()

    @property
    def fault(self) -> str:
        """What is wrong, as far as it can be seen without starting anything; empty where nothing is."""
        return self._installed.fault

    def ask(self, name: str, values: tuple[Any, ...]) -> Rows:
        """The rows that the function answers; raises `Missing`."""
        values = cut_to_used(values)
        with self._turn:
            try:
                return self._asked(name, values)
            except (OSError, EOFError, pickle.UnpicklingError):
                self._end()  # it was ended from outside: a new one may answer
            try:
                return self._asked(name, values)
            except (OSError, EOFError, pickle.UnpicklingError) as lost:
                self._end()
                msg = f"xlfunnel ended without an answer to {name}."
                raise Missing(msg) from lost

    def close(self) -> None:
        """End the interpreter."""
        with self._turn:
            self._end()

    def _asked(self, name: str, values: tuple[Any, ...]) -> Rows:
        process = self._process or self._started()
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        pickle.dump((name, values), process.stdin, 4)
        process.stdin.flush()
        rows: Rows = pickle.load(process.stdout)  # noqa: S301  # from the process that was started here
        return rows

    def _started(self) -> subprocess.Popen[bytes]:
        if self._starts == STARTS and not self.fault:
            raise Missing(self._installed.does_not_start)
        try:
            self._process = self._installed.start(FUNCTIONS)
        except Missing:
            if not self.fault:
                self._starts = STARTS  # it never came up: the next cell need not wait for the same
            raise
        self._starts += 1
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end(process)


_ADVICE = "Run `xlfunnel install` again and restart LibreOffice."


def _environment() -> dict[str, str]:
    """Without what LibreOffice sets for the Python and the libraries of its own."""
    ours = {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name not in ours}
