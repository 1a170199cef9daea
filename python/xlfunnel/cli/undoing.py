"""The command that takes the last change of a workbook back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xlfunnel.cli.border import stops_told
from xlfunnel.cli.filling import tell

Changed = Annotated[Path, typer.Argument(metavar="BOOK", help="A workbook that was changed in its place.")]

NOTHING_CHANGED = "Stopped; nothing was changed."


def undo(context: typer.Context, book: Changed) -> None:
    """Bring back the version of a workbook before its last change; a second undo brings the change back."""
    from xlfunnel.account import undone_line
    from xlfunnel.saving import held
    from xlfunnel.saving import undo as swap

    with stops_told(NOTHING_CHANGED), held(book):
        done = swap(book)
    found: dict[str, object] = {
        "workbook": str(done.book),
        "version_of": done.written.isoformat(timespec="seconds"),
        "undo_copy": str(done.copy),
        "undo_copy_of": done.copy_written.isoformat(timespec="seconds"),
    }
    tell(context, found, undone_line(done))
