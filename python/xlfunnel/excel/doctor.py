"""Find out why functions do not answer: one finding for each thing that must hold, with what to do."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from defusedxml.ElementTree import fromstring

from xlfunnel.errors import Stopped
from xlfunnel.excel.addin import ADDIN_NAME, BuiltFrom, NotOurAddin, built_from, xlwings_sources
from xlfunnel.excel.install import Machine, Place, start_up_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_AGAIN: Final = "Run: xlfunnel install"
_LOADING_SECONDS: Final = 120


class State(Enum):
    """How a finding is; `value` stands before its line."""

    GOOD = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: how it is, and in a sentence what was seen and what to do."""

    state: State
    sentence: str


def examine(machine: Machine, place: Place | None = None, books: Sequence[Path] = ()) -> list[Finding]:
    """Look at the interpreter, xlwings, the add-in in its place (Excel's start-up folder) and workbooks."""
    return [
        _interpreter(machine),
        _xlwings(),
        *(_windows_parts(machine) if machine.windows else ()),
        *_addin(machine, place),
        *(finding for book in books for finding in _book(machine, place, book)),
    ]


def _interpreter(machine: Machine) -> Finding:
    return Finding(State.GOOD, f"Python {platform.python_version()} at {machine.python}")


def _xlwings() -> Finding:
    try:
        sources = xlwings_sources()
    except Stopped as fault:
        return Finding(State.WRONG, str(fault))
    installed = version("xlwings")
    if sources.version != installed:
        return Finding(
            State.WRONG,
            f"xlwings {installed} comes with VBA of version {sources.version}. "
            "Run: python -m pip install --force-reinstall xlwings",
        )
    return Finding(State.GOOD, f"xlwings {installed}, with VBA of the same version")


def _windows_parts(machine: Machine) -> Iterator[Finding]:
    """What xlwings needs on Windows: its DLL where its VBA looks for it, and pywin32."""
    name = f"xlwings64-{version('xlwings')}.dll"
    folders = (machine.python.parent, machine.python.parent.parent)
    if any((folder / name).is_file() for folder in folders):
        yield Finding(State.GOOD, f"{name} lies beside Python")
    else:
        yield Finding(
            State.WRONG,
            f"{name} lies neither in {folders[0]} nor in {folders[1]}. "
            "Run: python -m pip install --force-reinstall xlwings",
        )
    if find_spec("win32com") is None:
        yield Finding(State.WRONG, "pywin32 is missing. Run: python -m pip install pywin32")


def _addin(machine: Machine, place: Place | None) -> Iterator[Finding]:
    try:
        here = place or start_up_place(machine)
    except Stopped as fault:
        yield Finding(State.NOTE, str(fault))
        return
    if not here.addin.exists():
        yield Finding(State.WRONG, f"The add-in is not in {here.folder}. {_AGAIN}")
        return
    try:
        origin = built_from(here.addin)
    except NotOurAddin as fault:
        yield Finding(State.WRONG, f"{fault} Move it away, then run: xlfunnel install")
        return
    yield _origin(here, origin)
    yield _started(machine, origin)
    if _blocked(here.addin):
        yield Finding(State.WRONG, f"Windows blocks {here.addin} as a file from the internet. {_AGAIN}")
    if machine.windows:
        yield from _second_copy(here)
    if machine.mac:
        yield Finding(
            State.NOTE, "On a Mac the functions answer #NAME?: xlwings serves worksheet functions on Windows only."
        )


def _origin(place: Place, origin: BuiltFrom) -> Finding:
    for name, built in (("xlwings", origin.xlwings), ("xlfunnel", origin.xlfunnel)):
        if built != version(name):
            return Finding(
                State.WRONG,
                f"{place.addin} was built from {name} {built}, and {version(name)} is installed. {_AGAIN}",
            )
    return Finding(State.GOOD, f"{place.addin}, built from xlfunnel {origin.xlfunnel} and xlwings {origin.xlwings}")


def _started(machine: Machine, origin: BuiltFrom) -> Finding:
    python = origin.interpreter
    if not Path(python).exists():
        return Finding(State.WRONG, f"The add-in starts {python}, which does not exist here. {_AGAIN}")
    fault = _loading_fault(python)
    if fault:
        return Finding(
            State.WRONG,
            f"{python}, which the add-in starts, cannot load the functions ({fault}). "
            "Run there: python -m pip install xlfunnel",
        )
    if python == str(machine.python):
        return Finding(State.GOOD, "The add-in starts this Python, which loads the functions")
    return Finding(State.NOTE, f"The add-in starts another Python, {python}. To change it, {_again()}")


def _loading_fault(python: str) -> str:
    """Why the Python that the add-in starts cannot load the functions; empty where it can."""
    try:
        done = subprocess.run(  # noqa: S603  # the program that Excel starts, too
            [python, "-c", "import xlfunnel.excel.functions"],
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LOADING_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"it takes over {_LOADING_SECONDS} seconds"
    except OSError as fault:
        return fault.strerror or "it is no program"
    return (done.stderr.strip() or "no reason given").splitlines()[-1] if done.returncode else ""


def _again() -> str:
    return _AGAIN[0].lower() + _AGAIN[1:]


def _second_copy(place: Place) -> Iterator[Finding]:
    """A copy among the add-ins that a user switches on by hand: of two with one name Excel opens one."""
    other = place.folder.parents[1] / "AddIns" / ADDIN_NAME
    if other.exists():
        yield Finding(State.WRONG, f"There is a second add-in, {other}. Delete it: Excel cannot open both")


def _book(machine: Machine, place: Place | None, book: Path) -> Iterator[Finding]:
    try:
        targets = _linked_files(book)
    except (OSError, BadZipFile, KeyError, ParseError) as fault:
        yield Finding(State.WRONG, f"{book} cannot be read as a workbook ({fault})")
        return
    if _blocked(book):
        yield Finding(
            State.WRONG,
            f"Windows blocks the macros of {book} as a file from the internet. "
            "Right-click it, choose Properties, and tick Unblock",
        )
    ours = _known_place(machine, place)
    elsewhere = [one for one in targets if _plain(one).rpartition("/")[2] == ADDIN_NAME and _plain(one) != ours]
    for target in elsewhere:
        yield Finding(
            State.NOTE,
            f"{book} has functions that lead to {target}. Open it once with the add-in installed and save it, or "
            "choose Data, Edit Links, Change Source",
        )
    if not elsewhere:
        yield Finding(State.GOOD, f"{book} has no function that leads to another machine")


def _known_place(machine: Machine, place: Place | None) -> str:
    try:
        return _plain(str((place or start_up_place(machine)).addin))
    except Stopped:
        return ""


def _linked_files(book: Path) -> list[str]:
    """The files that the workbook's formulas lead to."""
    with ZipFile(book) as package:
        if "[Content_Types].xml" not in package.namelist():
            msg = "it is no Office file"
            raise BadZipFile(msg)
        names = [one for one in package.namelist() if one.startswith("xl/externalLinks/_rels/")]
        return [relation.get("Target", "") for name in names for relation in fromstring(package.read(name))]


def _plain(target: str) -> str:
    """A path as it can be compared, whether written as a path or as an address.

    >>> _plain(r"file:///C:\\My%20Add-ins\\xlfunnel.xlam") == _plain("c:/my add-ins/XLFUNNEL.XLAM")
    True
    """
    path = unquote(target).replace("\\", "/").casefold()
    return path.removeprefix("file:///").removeprefix("file://").lstrip("/")


def _blocked(path: Path) -> bool:
    """Whether Windows marked the file as one from the internet (zone 3) or a restricted site (4)."""
    try:
        mark = Path(f"{path}:Zone.Identifier").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(line.strip() in {"ZoneId=3", "ZoneId=4"} for line in mark.splitlines())
