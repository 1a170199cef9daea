"""What keeps a file from taking its place, one class each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class FileInUse(Stopped):
    """The output cannot be replaced, as a rule because Excel has it open."""


class OpenElsewhere(FileInUse):
    """A spreadsheet program left its mark beside the workbook: it has it open."""


class BeingWritten(FileInUse):
    """Another process of xlfunnel is at work on the same file."""


class FolderNotWritable(Stopped):
    """The output's folder does not exist or may not be written to."""


class NothingToUndo(Stopped):
    """A workbook without an undo copy, or no workbook at all."""


@contextmanager
def folder_faults(place: Path) -> Iterator[None]:
    """What the system says of a folder or a disk, as a sentence about the file that was to stand there."""
    try:
        yield
    except FileNotFoundError as fault:
        msg = f'The folder "{place.parent}" does not exist. Create it, or give another place for "{place.name}".'
        raise FolderNotWritable(msg) from fault
    except OSError as fault:
        msg = (
            f'"{place.name}" cannot be written to "{place.parent}" ({fault.strerror}). Give another place for it, or '
            "make room there."
        )
        raise FolderNotWritable(msg) from fault
