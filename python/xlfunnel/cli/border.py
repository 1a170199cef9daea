"""The border to the terminal: what stops the work becomes a sentence and an exit status."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from xlfunnel.cli import INTERRUPTED
from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

STOPPED: Final = 1


@contextmanager
def stops_told(interrupted: str = "Stopped.") -> Iterator[None]:
    """Tell on standard error why the work stopped; `interrupted` is what Ctrl-C leaves to say."""
    try:
        yield
    except Stopped as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(STOPPED) from None
    except KeyboardInterrupt:
        typer.echo(interrupted, err=True)
        raise typer.Exit(INTERRUPTED) from None
