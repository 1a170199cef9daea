"""Put a finished file in its place: whole, or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from pathlib import Path


class FileInUse(Stopped):
    """The output cannot be replaced, as a rule because Excel has it open."""


class FolderNotWritable(Stopped):
    """The output's folder does not exist or may not be written to."""


def save(path: Path, content: bytes) -> None:
    """Write a file beside its place and swap it in at the end; an earlier file of that name is replaced.

    Whatever happens before the swap leaves the earlier file as it was and nothing else behind.
    Raises `FolderNotWritable` or `FileInUse`.
    """
    place = path.resolve()
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        _write(part, content)
        _swap(part, place)
    finally:
        part.unlink(missing_ok=True)


def _write(part: Path, content: bytes) -> None:
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError as fault:
        msg = f'The folder "{part.parent}" does not exist. Create it, or give another place for the workbook.'
        raise FolderNotWritable(msg) from fault
    except OSError as fault:
        msg = (
            f'The folder "{part.parent}" cannot be written to ({fault.strerror}). '
            "Give another place for the workbook."
        )
        raise FolderNotWritable(msg) from fault


def _swap(part: Path, place: Path) -> None:
    if place.is_dir():
        msg = f'"{place}" is a folder. Give the name of a workbook, such as "{place.name}.xlsx".'
        raise FileInUse(msg)
    try:
        part.replace(place)
    except PermissionError as fault:
        msg = f'"{place.name}" cannot be replaced. If it is open in Excel, close it there and try again.'
        raise FileInUse(msg) from fault
