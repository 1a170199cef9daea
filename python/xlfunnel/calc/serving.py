"""The interpreter beside LibreOffice: it answers one call after the other until LibreOffice closes the pipe."""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from importlib.metadata import version
from typing import TYPE_CHECKING

from xlfunnel.calc.boundary import CalcRows, answer, error_value
from xlfunnel.errors import ExcelCode

if TYPE_CHECKING:
    from typing import BinaryIO

PROTOCOL = 4
"""Every Python that LibreOffice brings reads this form of pickle. Both ends of the pipe are ours."""


def serve() -> None:
    """Answer on standard output what standard input asks."""
    serve_on(*pipes())


def pipes() -> tuple[BinaryIO, BinaryIO]:
    """Where questions come from and answers go; whatever a library prints goes to standard error from now on."""
    calls, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return calls, answers


def serve_on(calls: BinaryIO, answers: BinaryIO) -> None:
    """Say which version this is, then read (name, values) and write rows, until the calls end."""
    _write(answers, version("xlfunnel"))
    while True:
        try:
            name, values = pickle.load(calls)  # noqa: S301  # from the add-in that started this process
        except (EOFError, KeyboardInterrupt):
            return
        _write(answers, _rows(name, values))


def _rows(name: str, values: tuple[object, ...]) -> CalcRows:
    try:
        return answer(name, values)
    except Exception:  # a fault in one cell must not take the others along
        traceback.print_exc()
        return ((error_value(ExcelCode.VALUE),),)


def _write(answers: BinaryIO, value: object) -> None:
    pickle.dump(value, answers, PROTOCOL)
    answers.flush()
