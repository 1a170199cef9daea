"""Damaged exports are read by a process with little memory and little time: what it says of each of them.

The process tells after each file what became of it. Where it dies, or takes too long, another one begins
with the next file.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

from tests.faults.exports import Mutated, examples, mutated
from tests.faults.processes import spawner

from xlfunnel.crm import Exports, read_exports
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import Definitions
from xlfunnel.errors import Stopped
from xlfunnel.segments.tables import ExportTables

AS_OF = date(2026, 9, 30)
SECONDS = 10
"""Time of the processor for one file of a few kilobytes."""
PATIENCE = 120
"""Time of the clock, where a process is busy with waiting."""
MEMORY = 1 << 30
"""Bytes that reading it may take beyond what the loaded program has."""
COMPUTED = 20
"""From each so-manieth damage of an example every figure is computed, which takes ten times as long as reading it."""

Case = tuple[str, int]
"""Name of the example, and the seed of its damage."""


@dataclass
class Outcome:
    """What became of many files: how many were read, how many stopped by which fault, and what is wrong."""

    read: int = 0
    stopped: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def files(self) -> int:
        return self.read + self.stopped.total() + len(self.faults)


def cases(count: int) -> Iterator[Case]:
    """So many files, the examples in turn."""
    names = list(examples())
    return ((names[number % len(names)], number // len(names)) for number in range(count))


def outcome_of(some: Iterable[Case]) -> Outcome:
    """Read damaged files one after the other, and count and compute what some of them say."""
    waiting, found = list(some), Outcome()
    while waiting:
        told = _told_by_one_process(waiting)
        for case, (kind, words) in zip(waiting, told, strict=False):
            _note(found, case, kind, words)
        if len(told) < len(waiting) and (not told or told[-1][0] != _DIED):
            found.faults.append(f"{waiting[len(told)]}: the process ended without a word")
            told.append((_DIED, ""))
        waiting = waiting[len(told) :]
    return found


_READ, _STOPPED, _WRONG, _DIED = "read", "stopped", "wrong", "died"


def _note(found: Outcome, case: Case, kind: str, words: str) -> None:
    if kind == _READ:
        found.read += 1
    elif kind == _STOPPED:
        found.stopped[words] += 1
    else:
        found.faults.append(f"{case}: {words}")


def _told_by_one_process(waiting: list[Case]) -> list[tuple[str, str]]:
    begins = spawner()
    mine, its = begins.Pipe(duplex=False)
    process = begins.Process(target=_work, args=(waiting, its))
    process.start()
    its.close()
    told: list[tuple[str, str]] = []
    try:
        while len(told) < len(waiting):
            told.append(mine.recv())
    except EOFError:
        process.join()
        how = signal.Signals(-process.exitcode).name if (process.exitcode or 0) < 0 else str(process.exitcode)
        told.append((_DIED, f"the process ended by {how}" + (" (too slow)" if how in {"SIGPROF", "SIGALRM"} else "")))
    process.join()
    return told


def _work(waiting: list[Case], answer: Connection) -> None:
    known = examples()
    _bound_memory()
    with tempfile.TemporaryDirectory() as folder:
        for name, seed in waiting:
            # nobody waits for these signals: they end the process, whatever keeps it busy
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.alarm(PATIENCE)
            answer.send(_read(mutated(known[name], seed), Path(folder), computed=seed % COMPUTED == 0))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)
    answer.close()


def _bound_memory() -> None:
    import resource

    held = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") if _on_linux() else 0
    if held:
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))


def _on_linux() -> bool:
    return sys.platform == "linux"


def _read(file: Mutated, folder: Path, *, computed: bool) -> tuple[str, str]:
    path = folder / file.name
    path.write_bytes(file.content)
    try:
        exports = read_exports([path], AS_OF, Definitions(dates="MDY", decimal="."))
        if computed:
            report = build_report(ExportTables(exports), AS_OF, Definitions(dates="MDY", decimal="."))
            json.dumps(report.summary, allow_nan=False)
    except Stopped as fault:
        return _STOPPED, type(fault).__name__
    except BaseException as fault:  # every other end is what these tests look for
        return _WRONG, f"{type(fault).__name__}: {fault}"
    wrong = _unaccounted(exports, file.records)
    return (_WRONG, wrong) if wrong else (_READ, "")


def _unaccounted(exports: Exports, records: int | None) -> str:
    """What is wrong with the account of one file, if anything; `records` is how many it holds."""
    [account] = exports.files
    aside = sum(account.set_aside.values())
    if account.read != account.used + aside:
        return f"read {account.read}, used {account.used}, set aside {aside}"
    if len(exports.set_aside) != aside:
        return f"{aside} set aside, and {len(exports.set_aside)} listed"
    tables = (exports.opportunities, exports.leads, exports.touches)
    rows = sum(table.num_rows for table in tables if table is not None)
    if rows != account.used:
        return f"{account.used} used, and {rows} in the tables"
    if records is not None and account.read + account.lines_skipped != records:
        return f"{records} records, of which {account.read} were read and {account.lines_skipped} skipped"
    return ""
