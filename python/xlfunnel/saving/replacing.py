"""A file that takes its place once it is whole."""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from xlfunnel.saving.faults import FileInUse, folder_faults
from xlfunnel.saving.undoing import (
    clear_for_copy,
    keep_aside,
    mark,
    part_of,
    set_earlier_aside,
    settle,
    undo_copy_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def replacing(path: Path, *, undoable: bool = False) -> Iterator[Path]:
    """A file beside the place of another, to be written; it takes that place once it is whole.

    An earlier file with other content stays: `undoable`, which is for changes of a workbook under its lock, as its
    one undo copy; otherwise under the first free name with `.previous` in it. Whatever happens before the swap leaves
    the earlier file as it was and nothing else behind. Raises `FolderNotWritable` or `FileInUse`.
    """
    place = path.resolve()
    part = part_of(place)
    try:
        with folder_faults(place):
            part.touch()
        with folder_faults(place):
            yield part
            _to_disk(part)
        _swap(part, place, undoable=undoable)
    finally:
        with suppress(OSError):  # where nothing could be written there is nothing to clear away
            part.unlink(missing_ok=True)


def keep_undo_copy(path: Path, content: bytes) -> Path:
    """Make this content the one undo copy of a workbook that a program has open, under the workbook's lock.

    Gives the copy's place. Raises `FolderNotWritable` or `FileInUse`; the workbook itself is not touched.
    """
    place = path.resolve()
    copy, part = undo_copy_of(place), part_of(place)
    try:
        with folder_faults(place):
            part.write_bytes(content)
            _to_disk(part)
            clear_for_copy(place, copy)
            part.replace(copy)
        mark(copy)
    finally:
        with suppress(OSError):  # where nothing could be written there is nothing to clear away
            part.unlink(missing_ok=True)
    return path.with_name(copy.name)


def check_place(path: Path) -> None:
    """Raise before the work what `replacing` would raise after it, as far as it can be told."""
    place = path.resolve()
    _refuse_place(place)
    part = part_of(place)
    with folder_faults(place):
        part.touch()
    part.unlink(missing_ok=True)


def _refuse_place(place: Path) -> None:
    if place.is_dir():
        msg = f'"{place}" is a folder. Give the name of a file, such as "{place.name}.xlsx".'
        raise FileInUse(msg)
    if place.exists() and not place.stat().st_mode & stat.S_IWUSR:
        msg = f'"{place.name}" is marked as read-only. Take the mark away, or give the output another name.'
        raise FileInUse(msg)


def _swap(part: Path, place: Path, *, undoable: bool) -> None:
    _refuse_place(place)
    try:
        if not place.exists():
            part.replace(place)
            return
        with suppress(OSError):  # a file system without permissions
            shutil.copymode(place, part)
        if filecmp.cmp(part, place, shallow=False):
            return
        _replace(part, place, undoable=undoable)
        _folder_to_disk(place)
    except OSError as fault:
        msg = f'"{place.name}" cannot be replaced. If it is open in Excel, close it there and try again.'
        raise FileInUse(msg) from fault


def _replace(part: Path, place: Path, *, undoable: bool) -> None:
    if not undoable:
        keep_aside(place)
        part.replace(place)
        return
    settle(place)
    set_earlier_aside(place)
    try:
        part.replace(place)
    finally:
        settle(place)


def _to_disk(part: Path) -> None:
    """Bring the content to the disk before its name, so that a power cut leaves no empty file in the place."""
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())


def _folder_to_disk(place: Path) -> None:
    if os.name == "nt":  # Windows opens no folder
        return
    with suppress(OSError):
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
