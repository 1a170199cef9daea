"""Every fault, and what became of it, written to RESULTS.md beside this file.

python -m tests.faults            # a quick look: what the test suite samples, printed
python -m tests.faults --all      # every moment and ten thousand damaged exports, written down
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.killing import Ground, Moment, faults_after_kill, faults_when_struck, ground_of, kill, remove_folder
from tests.faults.mutating import Outcome, cases, outcome_of
from tests.faults.scenarios import SCENARIOS

RESULTS = Path(__file__).with_name("RESULTS.md")
FILES = 10_000
FULL_DISKS = 12

Check = Callable[[Ground, Moment], list[str]]


def kills(grounds: Sequence[Ground], step: int) -> list[str]:
    return _struck("killed", grounds, step, Ground.moments, faults_after_kill)


def removals(grounds: Sequence[Ground], step: int) -> list[str]:
    def moments(ground: Ground) -> list[Moment]:
        return [Moment(operation=number) for number in range(1, ground.operations + 1)]

    return _struck(
        "folder removed", grounds, step, moments, lambda ground, at: faults_when_struck(ground, at, remove_folder)
    )


def full_disks(grounds: Sequence[Ground], step: int) -> list[str]:
    def moments(ground: Ground) -> list[Moment]:
        size = max(len(content) for content in ground.after.values())
        return [Moment(size=1 + size * part // FULL_DISKS, kills=False) for part in range(FULL_DISKS)]

    return _struck("disk full", grounds, step, moments, lambda ground, at: faults_when_struck(ground, at, kill))


def _struck(
    what: str, grounds: Sequence[Ground], step: int, moments: Callable[[Ground], list[Moment]], check: Check
) -> list[str]:
    """One line of the table for each scenario, and one below it for each fault."""
    lines = []
    for ground in grounds:
        chosen = moments(ground)[::step]
        faults = {str(moment): found for moment in chosen if (found := check(ground, moment))}
        lines.append(f"| {what} | {ground.title} | {len(chosen)} | {len(faults)} |")
        print(lines[-1], *(f"  {moment}: {found}" for moment, found in faults.items()), sep="\n", flush=True)
        lines += [f"| | {moment} | | {'; '.join(found)} |" for moment, found in faults.items()]
    return lines


def damaged(count: int, batch: int = 240) -> Outcome:
    every, total = list(cases(count)), Outcome(stopped=Counter())
    for begin in range(0, count, batch):
        found = outcome_of(every[begin : begin + batch])
        total.read += found.read
        total.stopped += found.stopped
        total.faults += found.faults
        print(f"{total.files:,} files, {len(total.faults)} faults", flush=True)
    return total


REPORT = """\
# Faults, and what became of them

Written by `python -m tests.faults --all`; the test suite runs a seeded sample of it.

{machine}, {minutes:.0f} minutes.

A process is killed, its folder removed or its disk filled at a moment of its work. Right is: the workbook is the old
one or the new one, no version is lost, a message says what happened, and the next run leaves no unfinished file.

| fault | work | moments | wrong |
|---|---|--:|--:|
{lines}

Damaged exports (CSV, XLSX, XLS, web pages; opportunities, leads, histories and activities): {files:,}.
Read with every record accounted for: {read:,}. Refused in words: {refused:,} ({stopped}). Wrong: {wrong:,}.

{faults}
"""


def report(lines: Sequence[str], found: Outcome, seconds: float) -> str:
    text = REPORT.format(
        machine=f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        minutes=seconds / 60,
        lines="\n".join(lines),
        files=found.files,
        read=found.read,
        refused=found.stopped.total(),
        stopped=", ".join(f"{name} {count:,}" for name, count in found.stopped.most_common()),
        wrong=len(found.faults),
        faults="\n".join(f"- {fault}" for fault in found.faults),
    )
    return text.rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every moment; writes RESULTS.md")
    parser.add_argument("--files", type=int, help=f"damaged exports; {FILES:,} with --all")
    options = parser.parse_args()
    begun, step = time.monotonic(), 1 if options.all else 10
    with tempfile.TemporaryDirectory() as folder:
        grounds = [ground_of(title, Path(folder)) for title in SCENARIOS]
        lines = [*kills(grounds, step), *removals(grounds, step), *full_disks(grounds, step)]
    found = damaged(options.files or (FILES if options.all else 240))
    text = report(lines, found, time.monotonic() - begun)
    print(text)
    if options.all:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
