"""The version before a change: the one undo copy of a workbook, and earlier files that stood in the way of a new one.

The undo copy is `plan.undo.xlsx` beside `plan.xlsx` and is marked as read-only: by that mark the next change knows
that it wrote the file and that nobody has changed it since, and may replace it. A file of that name without the mark
is a person's, and is kept under a name with `.previous` in it.

At every moment each version has a name. While a change swaps files, the earlier version stands under
`.plan.xlsx.earlier`; after a crash `settle` tells from the two contents whether the change took place, and finishes
or withdraws it.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count, takewhile
from typing import TYPE_CHECKING, Final

from xlfunnel.saving.faults import FileInUse, NothingToUndo, folder_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COPY: Final = "copy"
"""What an unfinished copy of an earlier version is called, where a file system gives no second name to a file."""


@dataclass(frozen=True)
class Undone:
    """A workbook that has its earlier version back: when that was written, and the version that is now the copy."""

    book: Path
    written: datetime
    copy: Path
    copy_written: datetime


def undo(book: Path) -> Undone:
    """Swap a workbook and its undo copy, so that a second undo brings back what the first took away.

    To be called under the workbook's lock. Raises `NothingToUndo`, or `FileInUse`, and then nothing has changed.
    """
    place = book.resolve()
    copy = undo_copy_of(place)
    check_undo(place)
    try:
        settle(place)
        check_undo(place)
        mode = stat.S_IMODE(place.stat().st_mode)
        set_earlier_aside(place)
        try:
            copy.chmod(mode)
            copy.replace(place)
        finally:
            settle(place)
            mark(copy)
    except OSError as fault:
        msg = f'"{place.name}" cannot be replaced. If it is open in Excel, close it there and try again.'
        raise FileInUse(msg) from fault
    with folder_faults(place):
        return Undone(book, _written(place), book.with_name(copy.name), _written(copy))


def check_undo(book: Path) -> None:
    """Raise `NothingToUndo` where a workbook has no other version to go back to."""
    place = book.resolve()
    copy = undo_copy_of(place)
    if not place.is_file():
        msg = f'"{place.name}" does not exist or is no file. Give the workbook whose last change is to be undone.'
        raise NothingToUndo(msg)
    if not copy.is_file() and not _earlier_of(place).exists():
        msg = (
            f'There is nothing to undo for "{place.name}": it has no undo copy "{copy.name}". A refresh, new-quarter '
            "or add-rows that changes a workbook in its place leaves one."
        )
        raise NothingToUndo(msg)
    if copy.is_file() and filecmp.cmp(copy, place, shallow=False):
        msg = f'There is nothing to undo for "{place.name}": its undo copy "{copy.name}" has the same content.'
        raise NothingToUndo(msg)


def undo_copy_of(path: Path) -> Path:
    """The name of a workbook's undo copy.

    >>> from pathlib import Path
    >>> undo_copy_of(Path("plan.xlsx")).name
    'plan.undo.xlsx'
    """
    return path.with_name(f"{path.stem}.undo{path.suffix}")


def previous_of(path: Path) -> Path:
    """The name under which an earlier file is kept: the first that is free."""
    return next(place for name in _previous_names(path) if not (place := path.with_name(name)).exists())


def keep_aside(place: Path) -> None:
    """Give a file a second name, so that at no moment its content is without one; once, if a crash came between."""
    free = previous_of(place)
    kept = (place.with_name(name) for name in _previous_names(place))
    earlier = takewhile(lambda path: path != free, kept)
    if not any(path.is_file() and filecmp.cmp(path, place, shallow=False) for path in earlier):
        _second_name(place, free)


def set_earlier_aside(place: Path) -> None:
    """Begin a swap: the version that is about to be replaced gets the name that `settle` knows."""
    _second_name(place, _earlier_of(place))


def settle(place: Path) -> None:
    """End a swap, or one that a crash cut short: the version that was replaced becomes the undo copy."""
    earlier, copy = _earlier_of(place), undo_copy_of(place)
    if not earlier.exists():
        return
    if not place.exists():
        earlier.replace(place)
    elif filecmp.cmp(earlier, place, shallow=False):
        earlier.unlink()
    else:
        clear_for_copy(place, copy)
        mark(earlier)
        earlier.replace(copy)


def part_of(place: Path, what: str = "part") -> Path:
    """The name under which this process writes a file before it takes its place."""
    return place.with_name(f".{place.name}.{os.getpid()}.{what}")


def clear_parts(place: Path) -> None:
    """Remove the unfinished files that ended processes left; under the lock of a file there are no others."""
    unfinished = re.compile(rf"\.{re.escape(place.name)}\.\d+\.(part|{_COPY})")
    for path in place.parent.iterdir():
        if unfinished.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def clear_for_copy(place: Path, copy: Path) -> None:
    """Make room for the undo copy: ours may go, a person's file may not."""
    if not copy.exists():
        return
    if copy.is_dir() or copy.stat().st_mode & stat.S_IWUSR:
        copy.rename(previous_of(place))
    else:
        copy.chmod(copy.stat().st_mode | stat.S_IWUSR)  # Windows replaces no file that is read-only


def mark(copy: Path) -> None:
    """Mark a file as an undo copy."""
    with suppress(OSError):  # where nothing can be marked the next change keeps the copy as a person's
        copy.chmod(copy.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def _second_name(place: Path, name: Path) -> None:
    if place.stat().st_nlink == 1:  # a mark on the copy must not show on a further name that a person gave the file
        with suppress(OSError):  # a file system without hard links
            os.link(place, name)
            return
    part = part_of(place, _COPY)
    try:
        shutil.copy2(place, part)
        part.rename(name)
    finally:
        part.unlink(missing_ok=True)


def _previous_names(path: Path) -> Iterator[str]:
    return (f"{path.stem}.previous{'' if n == 1 else f'-{n}'}{path.suffix}" for n in count(1))


def _earlier_of(place: Path) -> Path:
    return place.with_name(f".{place.name}.earlier")


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone()
