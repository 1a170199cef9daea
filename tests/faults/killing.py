"""A process that is killed at one moment of its work: before an operation on a file, or after so many bytes.

A process is forked with everything loaded, counts the operations on its folder that the interpreter announces, and
ends itself before one of them, without a chance to clear up. For the moments between, the system ends it as soon as a
file grows beyond so many bytes.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.faults.processes import spawner
from tests.faults.scenarios import BOOK, SCENARIOS, UNDO, contents, settled, write_exports

from xlfunnel.errors import Stopped

PATIENCE = 120
BYTE_POINTS = 10
REPEATED = 5
"""After each so-manieth moment the whole work is done again."""
UNEXPECTED = "an unexpected end"


@dataclass(frozen=True)
class Moment:
    """Before which operation, counted from 1, or after how many bytes of a file; neither lets the work end."""

    operation: int = 0
    size: int = 0
    kills: bool = True
    """Whether a file that grows beyond the size ends the process; otherwise it fails, as on a full disk."""

    def __str__(self) -> str:
        return f"after {self.size:,} bytes" if self.size else f"before operation {self.operation}"


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit status, what stopped it in words, how many operations it came to."""

    status: int | None
    told: str = ""
    operations: int = 0


Strike = Callable[[Path], None]
"""What happens to a folder at a moment of the work."""


def kill(_folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def run(title: str, folder: Path, exports: Path, moment: Moment, strike: Strike = kill) -> Ended:
    """Do the work of a scenario in a process of its own that is struck at a moment."""
    begins = spawner()
    mine, its = begins.Pipe(duplex=False)
    process = begins.Process(target=_work, args=(title, folder, exports, moment, strike, its))
    process.start()
    its.close()
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
        return Ended(None, "it never ended")
    try:
        told, operations = mine.recv()
    except EOFError:
        told, operations = "", 0
    return Ended(process.exitcode, told, operations)


def _work(title: str, folder: Path, exports: Path, moment: Moment, strike: Strike, answer: Connection) -> None:
    count = _watch(folder, moment.operation, strike)
    if moment.size:
        _limit_files(moment)
    told = ""
    try:
        SCENARIOS[title].change(folder, exports)
    except Stopped as fault:
        told = f"{type(fault).__name__}: {fault}"
    except BaseException as fault:  # every other end is what these tests look for
        told = f"{UNEXPECTED}: {type(fault).__name__}: {fault}"
    answer.send((told, count()))
    answer.close()


def _watch(folder: Path, number: int, strike: Strike) -> Callable[[], int]:
    """Strike before the operation of that number on files of the folder; gives how many there were so far."""
    seen, place, struck = 0, str(folder), False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen, struck
        if struck or not _concerns(event, arguments, place):
            return
        seen += 1
        if seen == number:
            struck = True
            strike(folder)

    sys.addaudithook(watch)
    return lambda: seen


def _concerns(event: str, arguments: tuple[Any, ...], place: str) -> bool:
    if event.startswith("fcntl."):
        return True
    told = event == "open" or event.startswith(("os.", "shutil."))
    return told and any(isinstance(one, (str, os.PathLike)) and place in str(one) for one in arguments)


def _limit_files(moment: Moment) -> None:
    import resource

    if moment.kills:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and goes on with an error
    resource.setrlimit(resource.RLIMIT_FSIZE, (moment.size, moment.size))


@dataclass(frozen=True)
class Ground:
    """A scenario with its folders: what stands there before the work, and what it leaves undisturbed."""

    title: str
    root: Path
    exports: Path
    before: dict[str, bytes]
    after: dict[str, bytes]
    operations: int

    def moments(self) -> list[Moment]:
        """Every moment at which this scenario's process is killed."""
        size = max(len(content) for content in self.after.values())
        steps = range(1, BYTE_POINTS + 1) if self.after[BOOK] not in self.before.values() else ()
        by_size = [Moment(size=size * step // (BYTE_POINTS + 1)) for step in steps]
        return [Moment(operation=number) for number in range(1, self.operations + 1)] + by_size

    @contextmanager
    def fresh(self) -> Iterator[Path]:
        """A folder as it is before the work."""
        folder = self.root / "struck"
        folder.mkdir()
        try:
            prepare(self, folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def prepare(ground: Ground, folder: Path) -> None:
    for name, content in ground.before.items():
        (folder / name).write_bytes(content)
        if name == UNDO:
            (folder / name).chmod(0o444)


def ground_of(title: str, root: Path) -> Ground:
    """Prepare a scenario, and do its work once undisturbed."""
    exports, folder = root / "exports", root / "undisturbed"
    if not exports.exists():
        write_exports(exports)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    SCENARIOS[title].before(folder)
    before = contents(folder)
    ended = run(title, folder, exports, Moment())
    if ended.status or ended.told:
        msg = f"{title}: {ended}"
        raise AssertionError(msg)
    return Ground(title, root, exports, before, contents(folder), ended.operations)


def faults_after_kill(ground: Ground, moment: Moment) -> list[str]:
    """Kill the work at a moment; what is not as it should be afterwards, in sentences."""
    with ground.fresh() as folder:
        ended = run(ground.title, folder, ground.exports, moment)
        if ended.status not in {-signal.SIGKILL, -signal.SIGXFSZ}:
            return [f"it was not killed: {ended}"]
        left = contents(folder)
        found = [] if _whole(ground, left) else [f"the workbook is neither the old nor the new one: {sorted(left)}"]
        found += [f"lost: {name}" for name in _lost(ground, left)]
        next_run = settled(folder)
        found += [f"still there after the next run: {name}" for name in next_run if name.startswith(".")]
        found += [f"lost by the next run: {name}" for name in _lost(ground, next_run)]
        if not _whole(ground, next_run):
            found.append("the next run damaged the workbook")
        if moment.operation % REPEATED == 1:
            again = run(ground.title, folder, ground.exports, Moment())
            found += [f"the work cannot be done afterwards: {again}"] if again.status or again.told else []
        return found


def faults_when_struck(ground: Ground, moment: Moment, strike: Strike) -> list[str]:
    """Let the disk or the folder fail at a moment; what is not as it should be, in sentences."""
    with ground.fresh() as folder:
        ended = run(ground.title, folder, ground.exports, moment, strike)
        left = contents(folder) if folder.exists() else {}
        if ended.status or ended.told.startswith(UNEXPECTED):
            return [f"it was not told in words: {ended}"]
        if not folder.exists():
            return []
        if ended.told:
            return [] if left == ground.before else [f"it stopped, and the folder holds {sorted(left)}"]
        return [] if left == ground.after else [f"it ended, and the folder holds {sorted(left)}"]


def _whole(ground: Ground, files: dict[str, bytes]) -> bool:
    """The workbook is the old one or the new one; one that was not there may still be missing."""
    return files.get(BOOK) in {ground.before.get(BOOK), ground.after[BOOK]}


def _lost(ground: Ground, files: dict[str, bytes]) -> list[str]:
    """Earlier files whose content has no name any more, though the work itself keeps it or was not yet done."""
    done = files.get(BOOK) == ground.after[BOOK]
    due = ground.after if done else ground.before
    return [name for name, content in due.items() if content not in files.values()]
