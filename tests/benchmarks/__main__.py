"""All times beside those of peers, in one table, written to RESULTS.md beside this file.

    python -m tests.benchmarks              # every size; half an hour
    python -m tests.benchmarks --small      # the small ones only; two minutes
    python -m tests.benchmarks --most 1000000   # without five million rows

Each sample is a process of its own that has loaded its libraries before the clock starts, and where it says so has
done the work once. The candidates take turns; the table shows medians of the seconds that pass, of those that
processors work (on a busy machine they tell more), and of the peak memory of the whole process. Nothing here fails on
a time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.candidates import JOBS, LARGE, SMALL, Job

RESULTS = Path(__file__).with_name("RESULTS.md")
PEERS = ("pandas", "pyarrow", "polars", "duckdb", "fastexcel", "openpyxl", "XlsxWriter")
"""polars may be missing: nothing of ours needs it."""
SLOW = 20
"""Seconds beyond which one sample is enough."""

Sample = tuple[float, float, float]
"""Seconds, seconds of work, megabytes."""


def measured(name: str, place: int, folder: Path) -> Sample:
    """One sample, in a process of its own."""
    words = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks", "--sample", name, str(place), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}, {place}: {done.stderr}")
    seconds, work, megabytes = json.loads(done.stdout)
    return seconds, work, megabytes


def sample(name: str, place: int, folder: Path) -> None:
    """Do one candidate's work, in the process that is measured."""
    make, rows = JOBS[name]
    candidate = make(rows).candidates[place]
    for module in candidate.loads:
        importlib.import_module(module)
    if candidate.warm:
        candidate.work(folder)
    begun, worked = time.perf_counter(), sum(os.times()[:4])
    kept = candidate.work(folder)
    seconds, work = time.perf_counter() - begun, sum(os.times()[:4]) - worked
    del kept
    print(json.dumps([seconds, work, _peak()]))


def _peak() -> float:
    try:
        import resource
    except ImportError:  # Windows counts no such thing
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def lines_of(name: str, job: Job, rounds: int) -> list[str]:
    found: dict[int, list[Sample]] = {place: [] for place in range(len(job.candidates))}
    with tempfile.TemporaryDirectory() as folder:
        job.prepare(Path(folder), job.rows)
        for _ in range(rounds):
            for place, samples in found.items():
                if not samples or samples[0][0] < SLOW:
                    samples.append(measured(name, place, Path(folder)))
    ours = statistics.median(one[0] for one in found[0])
    lines = []
    for place, samples in found.items():
        seconds, work, memory = (statistics.median(one[at] for one in samples) for at in range(3))
        job_title = f"{job.title}, {job.rows:,} rows" if place == 0 else ""
        title = job.candidates[place].title
        lines.append(f"| {job_title} | {title} | {seconds:.3f} | {seconds / ours:.2f} | {work:.2f} | {memory:,.0f} |")
        print(lines[-1], flush=True)
    return lines


REPORT = """\
# Times beside those of peers

Written by `python -m tests.benchmarks`. Medians, imports not counted; rounds: {rounds}. "of work" are the
seconds that processors worked, which tell more on a busy machine; MB is the peak of the whole process.

{machine}
{peers}.
Load of the machine at the beginning and the end: {before:.1f} and {after:.1f}.

| job | by | seconds | × ours | of work | MB |
|---|---|--:|--:|--:|--:|
{lines}
"""


def machine() -> str:
    processor = ""
    told = Path("/proc/cpuinfo")
    if told.exists():
        names = [
            line.split(":")[1].strip() for line in told.read_text().splitlines() if line.startswith("model name")
        ]
        processor = f", {names[0]}" if names else ""
    return f"{platform.platform()}{processor}, {os.cpu_count()} processors, Python {platform.python_version()};"


def load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="the small sizes only")
    parser.add_argument("--most", type=int, default=5_000_000, metavar="ROWS", help="no size above this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sample:
        warnings.simplefilter("ignore")
        name, place, folder = options.sample
        sample(name, int(place), Path(folder))
        return
    before, lines = load(), []
    sizes = SMALL if options.small else (*SMALL, *LARGE)
    for make, rows in ((make, rows) for make, rows in sizes if rows <= options.most):
        lines += lines_of(f"{make.__name__} {rows}", make(rows), options.rounds)
    peers = ", ".join(f"{peer} {version(peer)}" for peer in PEERS if find_spec(peer.lower()))
    RESULTS.write_text(
        REPORT.format(
            rounds=options.rounds,
            machine=machine(),
            peers=peers,
            before=before,
            after=load(),
            lines="\n".join(lines),
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
