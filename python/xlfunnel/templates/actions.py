"""What the buttons in Excel ask of Python, over the same COM server as the worksheet functions.

VBA calls an action with two paths: a copy of the workbook as it is shown, and where to write. The answer is what was
done, in sentences; after `WARNING` stands why nothing was written. Any other fault is left to VBA, which shows it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import xlwings as xw

from xlfunnel.errors import Stopped
from xlfunnel.templates.done import told_share, told_stale, told_turn
from xlfunnel.templates.sharing import share
from xlfunnel.templates.turning import new_quarter as turn

if TYPE_CHECKING:
    from collections.abc import Callable

    Action = Callable[[str, str], str]

WARNING: Final = "!"
"""What stands before a sentence that says why nothing was written."""


def action(work: Callable[[Path, Path], list[str]]) -> Action:
    """The work as a function of two texts, declared to xlwings with raw arguments."""

    def answer(book: str, output: str) -> str:
        try:
            return "\n".join(work(Path(book), Path(output)))
        except Stopped as fault:
            return f"{WARNING}{fault}"

    answer.__name__ = answer.__qualname__ = work.__name__
    answer.__doc__ = work.__doc__
    answer.__annotations__ = {}  # xlwings would convert by them
    declared: Action = xw.func(xw.arg("book", "raw")(xw.arg("output", "raw")(answer)))
    return declared


@action
def new_quarter(book: Path, output: Path) -> list[str]:
    """Write the workbook of the next quarter."""
    # The day on which a person turns the quarter is today's where they live.
    done = turn(book, output, date.today())  # noqa: DTZ011
    return [*told_turn(done, output), *_left_over(done.stale)]


@action
def share_copy(book: Path, output: Path) -> list[str]:
    """Write the copy for people without the functions."""
    done = share(book, output)
    return [told_share(done, output), *_left_over(done.stale)]


def _left_over(stale: tuple[str, ...]) -> list[str]:
    return [told_stale(stale)] if stale else []
