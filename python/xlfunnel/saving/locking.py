"""One writer at a time: a lock beside a file while it is worked on, and the marks of programs that have it open.

The lock is the operating system's on a small file that says who holds it. It ends with its process however that ends,
so that none is ever left over. Where a file system has no locks there is none; then a swap still leaves a whole file,
and each version that it replaced beside it.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from xlfunnel.saving.faults import BeingWritten, OpenElsewhere, folder_faults
from xlfunnel.saving.replacing import check_place
from xlfunnel.saving.undoing import clear_parts, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HELD: Final = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_FAR: Final = 1 << 30
"""Windows locks a range of bytes against reading too: one far behind the words."""
_LONGEST_NOTE: Final = 400


@contextmanager
def held(path: Path, *, open_here: bool = False) -> Iterator[None]:
    """Hold the lock of a file, to be taken before it is read and kept until the new version stands in its place.

    `open_here`: the program that has the file open asks for this itself, and its mark is no hindrance.
    What an ended process left unfinished is cleared or completed first. Raises `BeingWritten` where another process
    holds it, `OpenElsewhere`, and what `check_place` raises. One process takes it once.
    """
    place = path.resolve()
    if not open_here:
        _refuse_open(place)
    lock = place.with_name(f".{place.name}.lock")
    with folder_faults(place):
        number, locked = _taken(lock, place)
    try:
        if locked:
            with folder_faults(place):
                settle(place)
                clear_parts(place)
        check_place(place)
        yield
    finally:
        _give_back(number, lock)


def _taken(lock: Path, place: Path) -> tuple[int, bool]:
    """The lock's open file, and whether the file system knows locks."""
    while True:
        number = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(number)
            if _is_still(number, lock):
                _sign(number)
                return number, True
        except OSError as fault:
            if fault.errno not in _HELD:
                return number, False
            told = _being_written(number, place)
            os.close(number)
            raise BeingWritten(told) from None
        os.close(number)  # its last holder has just removed it


if sys.platform == "win32":
    import msvcrt

    def _lock(number: int) -> None:
        os.lseek(number, _FAR, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)

    def _give_back(number: int, lock: Path) -> None:
        os.close(number)
        with suppress(OSError):  # another process has it open by now: it is its to remove
            lock.unlink()

else:
    import fcntl

    def _lock(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _give_back(number: int, lock: Path) -> None:
        with suppress(OSError):
            lock.unlink()  # before the lock ends, so that nobody takes a file that is about to go
        os.close(number)


def _is_still(number: int, lock: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(number), lock.stat())
    except FileNotFoundError:
        return False


def _sign(number: int) -> None:
    """Say who holds the lock, for the message of those who come second."""
    note = f"process {os.getpid()} on {platform.node()} since {datetime.now():%H:%M:%S}"  # noqa: DTZ005
    with suppress(OSError):  # a full disk will be told where it matters
        os.ftruncate(number, 0)
        os.lseek(number, 0, os.SEEK_SET)
        os.write(number, note.encode())


def _being_written(number: int, place: Path) -> str:
    os.lseek(number, 0, os.SEEK_SET)
    note = os.read(number, _LONGEST_NOTE).decode(errors="replace")
    by = f" ({note})" if note else ""
    return f'"{place.name}" is being written by another xlfunnel{by}. Wait until that has finished, then try again.'


def _refuse_open(place: Path) -> None:
    """Raise `OpenElsewhere` where Excel or LibreOffice left the mark that it has the file open."""
    for mark, reader in ((f"~${place.name}", _excel_user), (f".~lock.{place.name}#", _office_user)):
        left = place.with_name(mark)
        if not left.is_file():
            continue
        program = "Excel" if reader is _excel_user else "LibreOffice"
        user = ""
        with suppress(OSError):  # Excel may not let the file be read
            user = reader(left.read_bytes()[:_LONGEST_NOTE])
        msg = (
            f'"{place.name}" is open in {program}{f", by {user}" if user else ""}. Save and close it there, then try '
            f'again. If no program has it open, delete the file "{mark}" that a crash left beside it.'
        )
        raise OpenElsewhere(msg)


def _excel_user(content: bytes) -> str:
    """Who has a workbook open, by Excel's mark: a length, then that many bytes of the name."""
    return _plain(content[1 : 1 + content[0]].decode("latin-1")) if content else ""


def _office_user(content: bytes) -> str:
    """Who has a workbook open, by LibreOffice's mark: name, account, machine, time, profile, with commas between."""
    return next((name for name in map(_plain, content.decode(errors="replace").split(",")[:2]) if name), "")


def _plain(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()).strip()
