"""A progress bar on standard error for work that takes longer than a second."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds of silence before the bar appears."""


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A function to be told what is being done and the share of the work that is done."""
    bar: Progress | None = None
    begun = time.monotonic()

    def told(what: str, share: float) -> None:
        nonlocal bar
        if bar is None and time.monotonic() - begun > PATIENCE:
            bar = _bar()
            bar.start()
        if bar is not None:
            bar.update(bar.task_ids[0], description=what, completed=share)

    try:
        yield told
    finally:
        if bar is not None and bar.live.is_started:  # a bar that never appeared must not leave a blank line
            bar.stop()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    console = Console(stderr=True)
    # A bar that nobody watches would still leave an empty line in a log.
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    bar.add_task("", total=1.0)
    return bar
