"""Where a workbook says that its exports lie: on Start, as names of files or folders beside the workbook."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterable

SUFFIXES: Final = (".csv", ".xlsx", ".xls", ".tsv", ".txt", ".htm", ".html")
"""Endings of the files that count as exports in a folder."""

_OURS: Final = (".undo", ".previous")
"""What stands before the ending of an earlier version of a workbook."""


class NoExportsThere(Stopped):
    """The workbook names exports that are not there."""


class ExportsElsewhere(Stopped):
    """The workbook names exports outside its own folder."""


def export_files(named: str, book: Path) -> tuple[Path, ...]:
    """The files that a workbook names, in the order of their names in each folder; nothing where it names none.

    A name is relative to the folder of the workbook and may not lead out of it: a workbook that came by mail must not
    read what it likes. Of a folder its exports count, not what lies in further folders, and no workbook's earlier
    version. Raises `ExportsElsewhere` or `NoExportsThere`.
    """
    folder = book.resolve().parent
    names = [name for name in (part.strip().strip('"') for part in named.split(";")) if name]
    found = [path for name in names for path in _files(_place(name, folder), name, book)]
    return tuple(dict.fromkeys(found))


def _place(name: str, folder: Path) -> Path:
    told = name.replace("\\", "/")
    absolute = PureWindowsPath(name).drive or PurePosixPath(told).is_absolute()
    place = folder if absolute else (folder / told).resolve()  # to look up a path of a host would reach it
    if absolute or not place.is_relative_to(folder):
        msg = (
            f'Start says that the exports are "{name}", which leads out of the folder of the workbook. Put them into '
            f'"{folder}" or a folder in it, or leave the cell blank and choose them when asked.'
        )
        raise ExportsElsewhere(msg)
    return place


def _files(place: Path, name: str, book: Path) -> Iterable[Path]:
    if place.is_file():
        return (place,)
    found = exports_in(place, book)
    if not found:
        what = "a folder without exports" if place.is_dir() else "neither a file nor a folder"
        msg = (
            f'Start says that the exports are "{name}", which is {what} in "{book.parent}". Correct the cell '
            '"Exports to refresh from", or leave it blank and choose the files when asked.'
        )
        raise NoExportsThere(msg)
    return found


def exports_in(folder: Path, book: Path) -> tuple[Path, ...]:
    """The exports in a folder, in the order of their names."""
    held = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(path for path in held if path.is_file() and _is_export(path, book))


def _is_export(path: Path, book: Path) -> bool:
    hidden = path.name.startswith((".", "~$"))
    earlier = path.stem.endswith(_OURS) or ".previous-" in path.name
    return path.suffix.lower() in SUFFIXES and not hidden and not earlier and path.name != book.name
