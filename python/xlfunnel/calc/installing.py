"""Puts the add-in into the user's LibreOffice, and takes it out again."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from xlfunnel.calc.extension import FILE_NAME, IDENTIFIER, write_extension
from xlfunnel.calc.office import find_soffice
from xlfunnel.errors import Stopped

SECONDS: Final = 300
_ABSENT: Final = "LibreOffice was not found on this machine: nothing to do for Calc."
_UNTRIED: Final = (
    "The add-in has been tried in LibreOffice on Linux only; on this system it should work the same way: "
    'type =METRIC_CHECK("WIN_RATE",1,2) into a cell, which answers OK.'
)


class ExtensionRefused(Stopped):
    """LibreOffice's extension manager did not do what it was asked."""


def install_calc(target: Path | None = None, *, dry_run: bool = False, soffice: Path | None = None) -> list[str]:
    """Build the add-in for the Python that runs this and install it; answers what was done, in sentences.

    With a `target` folder the add-in is only built there. `dry_run` changes nothing and says what would be done.
    Raises `ExtensionRefused`, and what writing a file raises (`xlfunnel.saving`).
    """
    if target is not None:
        return _built(target / FILE_NAME, dry_run=dry_run)
    found = soffice or find_soffice()
    if found is None:
        return [_ABSENT]
    if dry_run:
        return [f"Would install the add-in into LibreOffice ({found}), {_for_whom()}, answered by {sys.executable}."]
    with tempfile.TemporaryDirectory(prefix="xlfunnel-install-") as name:
        extension = Path(name, FILE_NAME)
        write_extension(extension)
        _make_profile(found)
        _run(found, "add", "--force", "--suppress-license", str(extension))
    done = f"Installed the add-in into LibreOffice, {_for_whom()}. Restart LibreOffice; {sys.executable} answers it."
    return [done] if sys.platform == "linux" else [done, _UNTRIED]


def uninstall_calc(*, dry_run: bool = False, soffice: Path | None = None) -> list[str]:
    """Take the add-in out of LibreOffice; answers what was done, in sentences. Raises `ExtensionRefused`."""
    found = soffice or find_soffice()
    if found is None:
        return [_ABSENT]
    if not _installed(found):
        return ["The add-in is not installed in LibreOffice: nothing to do for Calc."]
    if dry_run:
        return [f"Would take the add-in out of LibreOffice ({found}), {_for_whom()}."]
    _run(found, "remove", IDENTIFIER)
    return [f"Took the add-in out of LibreOffice, {_for_whom()}."]


def _built(path: Path, *, dry_run: bool) -> list[str]:
    if dry_run:
        return [f"Would write {path}, answered by {sys.executable}."]
    write_extension(path)
    return [f"Wrote {path}. In LibreOffice: Tools, Extensions, Add. {sys.executable} answers it."]


def _make_profile(soffice: Path) -> None:
    """Let a LibreOffice that was never started make its profile: its first start drops what was installed before."""
    if not _is_root() and not (_profile() / "user" / "registrymodifications.xcu").exists():
        _answer(soffice, "--headless", "--terminate_after_init")


def _profile() -> Path:
    """The folder of this user's LibreOffice."""
    if sys.platform == "win32":
        return Path(os.environ["APPDATA"]) / "LibreOffice" / "4"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "LibreOffice" / "4"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "libreoffice" / "4"


def _installed(soffice: Path) -> bool:
    done = _called(soffice, "list", IDENTIFIER)
    return done.returncode == 0 and IDENTIFIER in done.stdout


def _run(soffice: Path, *words: str) -> None:
    done = _called(soffice, *words)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        msg = (
            f"LibreOffice's extension manager refused: {said[0] if said else 'it gave no reason'}. "
            "Close LibreOffice, with its quickstarter if it has one, and try again."
        )
        raise ExtensionRefused(msg)


def _called(soffice: Path, command: str, *words: str) -> subprocess.CompletedProcess[str]:
    program = soffice.resolve().with_name("unopkg.com" if sys.platform == "win32" else "unopkg")
    return _answer(program, command, *(["--shared"] if _is_root() else []), *words)


def _answer(program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603  # LibreOffice's own program
            [program, *words],
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
    except FileNotFoundError as fault:
        msg = (
            f"{program} is missing: install LibreOffice whole, or build the add-in with --target and add it by hand."
        )
        raise ExtensionRefused(msg) from fault
    except subprocess.TimeoutExpired as fault:
        msg = f"{program} did not end within {SECONDS} seconds. Close LibreOffice and try again."
        raise ExtensionRefused(msg) from fault


def _is_root() -> bool:
    """The extension manager installs nothing for root alone."""
    return sys.platform != "win32" and os.geteuid() == 0


def _for_whom() -> str:
    return "for all users" if _is_root() else "for you"
