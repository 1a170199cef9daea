"""Put the add-in where Excel starts it from, and take exactly that away again.

What was written is recorded among the user's settings, not in Excel's start-up folder: Excel opens every file there.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.errors import Stopped
from xlfunnel.excel.addin import ADDIN_NAME, NotOurAddin, XlwingsSources, addin, built_from
from xlfunnel.saving import FileInUse, FolderNotWritable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECORD_NAME: Final = "xlfunnel-installed.json"
_MAC_START_UP: Final = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"


class NoExcelHere(Stopped):
    """A system that Excel does not run on, or a user without Excel's folders."""


class NotInstalled(Stopped):
    """There is nothing to take away."""


class NotAbsolute(Stopped):
    """An interpreter that Excel would have to look for."""


@dataclass(frozen=True)
class Machine:
    """What decides where things lie: `sys.platform`, the user's home and environment, and this Python."""

    platform: str
    home: Path
    environment: Mapping[str, str]
    python: Path

    @property
    def windows(self) -> bool:
        """Whether Excel can call Python from a cell here."""
        return self.platform == "win32"

    @property
    def mac(self) -> bool:
        """Whether Excel's macros can call Python here, but not its cells."""
        return self.platform == "darwin"


@dataclass(frozen=True)
class Place:
    """A folder for the add-in, and the file that records what was written there."""

    folder: Path
    record: Path

    @property
    def addin(self) -> Path:
        """The add-in itself."""
        return self.folder / ADDIN_NAME


@dataclass(frozen=True)
class Installed:
    """What an installation wrote or would write: the file, its size in bytes, whether an earlier one was there."""

    path: Path
    size: int
    replaces: bool


def this_machine() -> Machine:
    """The machine that this runs on; its Python by the path that keeps a virtual environment one."""
    return Machine(sys.platform, Path.home(), os.environ, Path(os.path.abspath(sys.executable)))  # noqa: PTH100


def start_up_place(machine: Machine) -> Place:
    """Where Excel starts add-ins from for this user; raises `NoExcelHere`."""
    if machine.windows:
        folder, settings = (_windows_folder(machine, name) for name in ("APPDATA", "LOCALAPPDATA"))
        return Place(folder / "Microsoft" / "Excel" / "XLSTART", settings / "xlfunnel" / RECORD_NAME)
    if machine.mac:
        settings = machine.home / "Library" / "Application Support" / "xlfunnel"
        return Place(machine.home / _MAC_START_UP, settings / RECORD_NAME)
    msg = (
        "Excel does not run on this system. To build the add-in for another machine, give a folder with --target and "
        "that machine's Python with --interpreter."
    )
    raise NoExcelHere(msg)


def place_of(machine: Machine, target: Path | None) -> Place:
    """A folder of the user's choice, with the record beside the add-in; without one Excel's start-up folder."""
    if target is None:
        return start_up_place(machine)
    folder = target.absolute()
    with suppress(NoExcelHere):
        known = start_up_place(machine)
        if folder.resolve() == known.folder.resolve():
            return known
    return Place(folder, folder / RECORD_NAME)


def install(place: Place, interpreter: str, sources: XlwingsSources, *, dry_run: bool = False) -> Installed:
    """Build the add-in and put it into its place; an earlier one of ours is replaced.

    Raises `NotAbsolute`, `NotOurAddin` where another file of that name lies, `FileInUse` or `FolderNotWritable`.
    """
    if not (PureWindowsPath(interpreter).is_absolute() or PurePosixPath(interpreter).is_absolute()):
        msg = f'Give the whole path of the Python that Excel is to start, not "{interpreter}".'
        raise NotAbsolute(msg)
    content = addin(interpreter, sources)
    replaces = place.addin.exists()
    if replaces:
        _check_ours(place.addin)
    if not dry_run:
        made = _make_folder(place.folder)
        _write(place.addin, content)
        remember(place, place.addin, made)
    return Installed(place.addin, len(content), replaces)


def remember(place: Place, path: Path, folders: Sequence[Path] = ()) -> None:
    """Record a file that was written here, and the folders that were made for it: `uninstall` takes them away."""
    record = _recorded(place)
    record["files"][str(path)] = _digest(path)
    record["folders"] += [str(folder) for folder in folders]
    place.record.parent.mkdir(parents=True, exist_ok=True)
    _write(place.record, (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode())


def uninstall(place: Place) -> tuple[Path, ...]:
    """Remove what was recorded as written, and the folders made for it if they are empty; the paths of what is gone.

    A file that has changed since stays, and so does the record. Raises `NotInstalled`, `NotOurAddin` or `FileInUse`.
    """
    record = _recorded(place)
    if not record["files"]:
        msg = f'Nothing is recorded as installed in "{place.folder}".'
        raise NotInstalled(msg)
    files = [Path(name) for name in record["files"] if Path(name).exists()]
    for path in files:
        if _digest(path) != record["files"][str(path)]:
            msg = f'"{path}" has changed since it was installed. Delete it yourself if nobody needs it.'
            raise NotOurAddin(msg)
    for path in files:
        try:
            path.unlink()
        except OSError as fault:
            raise FileInUse(_IN_USE.format(path)) from fault
    place.record.unlink()
    if place.record.parent != place.folder:
        _remove_empty(place.record.parent)
    folders = [Path(name) for name in reversed(record["folders"])]
    return (*files, *(folder for folder in folders if _remove_empty(folder)))


_IN_USE: Final = '"{}" is in use. Close Excel and try again.'


def _windows_folder(machine: Machine, name: str) -> Path:
    found = machine.environment.get(name)
    if not found:
        msg = f"Windows does not say where this user's folder {name} is. Give a folder with --target."
        raise NoExcelHere(msg)
    return Path(found)


def _check_ours(path: Path) -> None:
    try:
        built_from(path)
    except NotOurAddin as fault:
        msg = f"{fault} Move it to another folder, then try again."
        raise NotOurAddin(msg) from fault


def _make_folder(folder: Path) -> list[Path]:
    """Make the folder; those that did not exist, outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        msg = f'The folder "{folder}" cannot be made ({fault.strerror}). Give another one with --target.'
        raise FolderNotWritable(msg) from fault
    return missing[::-1]


def _write(path: Path, content: bytes) -> None:
    """Write beside the place and swap, so that Excel never finds half an add-in, nor a second one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except PermissionError as fault:
        raise FileInUse(_IN_USE.format(path)) from fault
    except OSError as fault:
        msg = f'"{path.name}" cannot be written to "{path.parent}" ({fault.strerror}).'
        raise FolderNotWritable(msg) from fault
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _recorded(place: Place) -> dict[str, Any]:
    """What the record says: files with their digests, and folders; nothing where there is none that can be read."""
    try:
        found = json.loads(place.record.read_text(encoding="utf-8"))
        return {"files": dict(found["files"]), "folders": list(found["folders"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"files": {}, "folders": []}


def _remove_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:  # somebody keeps something in it, or it is gone
        return False
    return True


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
