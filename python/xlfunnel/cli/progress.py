"""A progress bar on standard error for work that takes longer than a second."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 1.0
"""Seconds of silence before the bar appears."""


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A function to be told what is being done and the share of the work that is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    console = Console(stderr=True)
    # A bar that nobody watches would still leave an empty line in a log.
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task("", total=1.0)
    begun = time.monotonic()

    def told(what: str, share: float) -> None:
        if time.monotonic() - begun > PATIENCE:
            bar.start()
        bar.update(task, description=what, completed=share)

    try:
        yield told
    finally:
        if bar.live.is_started:  # a bar that never appeared must not leave a blank line
            bar.stop()
