"""The command that takes the last change of a workbook back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xlfunnel.cli.border import stops_told
from xlfunnel.cli.filling import tell

if TYPE_CHECKING:
    from datetime import datetime

Changed = Annotated[Path, typer.Argument(metavar="BOOK", help="A workbook that was changed in its place.")]

NOTHING_CHANGED = "Stopped; nothing was changed."


def undo(context: typer.Context, book: Changed) -> None:
    """Bring back the version of a workbook before its last change; a second undo brings the change back."""
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
    told = (
        f"{done.book} is again the version of {_moment(done.written)}; that of {_moment(done.copy_written)} is kept "
        f"as {done.copy.name}, and the same command brings it back."
    )
    tell(context, found, told)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
