"""Put a finished file in its place: whole or not at all, one writer at a time, and never over content that is lost.

`replacing` writes any file. Who changes a workbook takes its lock with `held` before reading it, writes it with
`replacing(book, undoable=True)`, and leaves one undo copy beside it, which `undo` swaps back.
"""

from __future__ import annotations

from xlfunnel.saving.faults import BeingWritten, FileInUse, FolderNotWritable, NothingToUndo, OpenElsewhere
from xlfunnel.saving.locking import held
from xlfunnel.saving.replacing import check_place, keep_undo_copy, replacing
from xlfunnel.saving.undoing import Undone, check_undo, previous_of, undo, undo_copy_of

__all__ = [
    "BeingWritten",
    "FileInUse",
    "FolderNotWritable",
    "NothingToUndo",
    "OpenElsewhere",
    "Undone",
    "check_place",
    "check_undo",
    "held",
    "keep_undo_copy",
    "previous_of",
    "replacing",
    "undo",
    "undo_copy_of",
]
