"""Put a finished file in its place: whole, or not at all, and never over content that would be lost."""

from __future__ import annotations

import filecmp
import os
import shutil
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class FileInUse(Stopped):
    """The output cannot be replaced, as a rule because Excel has it open."""


class FolderNotWritable(Stopped):
    """The output's folder does not exist or may not be written to."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside the place of another, to be written; it takes that place once it is whole.

    An earlier file with other content stays, under the name with `.previous` in it. Whatever happens before the swap
    leaves the earlier file as it was and nothing else behind. Raises `FolderNotWritable` or `FileInUse`.
    """
    place = path.resolve()
    part = _part_of(place)
    try:
        with _folder_faults(place):
            part.touch()
        with _folder_faults(place):
            yield part
        _swap(part, place)
    finally:
        with suppress(OSError):  # where nothing could be written there is nothing to clear away
            part.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Raise before the work what `replacing` would raise after it, as far as it can be told."""
    place = path.resolve()
    _refuse_folder(place)
    part = _part_of(place)
    with _folder_faults(place):
        part.touch()
    part.unlink(missing_ok=True)


def previous_of(path: Path) -> Path:
    """The name under which an earlier file is kept: the first that is free."""
    names = (f"{path.stem}.previous{'' if n == 1 else f'-{n}'}{path.suffix}" for n in count(1))
    return next(place for name in names if not (place := path.with_name(name)).exists())


def _part_of(place: Path) -> Path:
    return place.with_name(f".{place.name}.{os.getpid()}.part")


@contextmanager
def _folder_faults(place: Path) -> Iterator[None]:
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


def _refuse_folder(place: Path) -> None:
    if place.is_dir():
        msg = f'"{place}" is a folder. Give the name of a file, such as "{place.name}.xlsx".'
        raise FileInUse(msg)


def _swap(part: Path, place: Path) -> None:
    _refuse_folder(place)
    try:
        if place.exists() and not filecmp.cmp(part, place, shallow=False):
            _keep(place)
        part.replace(place)
    except OSError as fault:
        msg = f'"{place.name}" cannot be replaced. If it is open in Excel, close it there and try again.'
        raise FileInUse(msg) from fault


def _keep(place: Path) -> None:
    """A second name for the earlier file, so that at no moment its content is without one."""
    kept = previous_of(place)
    try:
        os.link(place, kept)
    except OSError:  # a file system without hard links
        shutil.copy2(place, kept)
