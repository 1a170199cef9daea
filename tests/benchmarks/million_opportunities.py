"""A refresh from one large export beside a bare pandas `read_csv` of the same file, in one run.

    python tests/benchmarks/million_opportunities.py [--rows 1000000] [--rounds 3]

Each run is a process of its own, the candidates take turns, and the table shows medians: seconds from the start of
the process to its end, and its peak memory. Nothing here fails on a time.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from xlfunnel.demo import Crm, write_example

MEASURED = """
import json, subprocess, sys, time
begun = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - begun
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    megabytes = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
except ImportError:  # Windows counts no such thing
    megabytes = None
print(json.dumps([done.returncode, seconds, megabytes]))
"""


def measured(command: list[str]) -> tuple[float, float | None]:
    done = subprocess.run([sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=True)
    status, seconds, megabytes = json.loads(done.stdout)
    if status:
        sys.exit(f"{command} ended with {status}: {done.stderr}")
    return seconds, megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        example = write_example(folder, Crm.SALESFORCE, options.rows)
        deals = example.exports[0]
        refresh = [sys.executable, "-c", "from xlfunnel.cli import main; main()", "refresh", str(deals)]
        refresh += ["--as-of", str(example.as_of), "--definitions", str(example.definitions)]
        refresh += ["-o", str(folder / "book.xlsx")]
        # The footer lines of a report have one column, which read_csv takes; cp1252 is the file's encoding.
        bare = f"import pandas; pandas.read_csv({str(deals)!r}, encoding='cp1252', low_memory=True)"
        candidates = {
            "pandas.read_csv, nothing else": [sys.executable, "-W", "ignore", "-c", bare],
            "xlfunnel refresh, to the workbook": refresh,
        }
        found: dict[str, list[tuple[float, float | None]]] = {title: [] for title in candidates}
        for _ in range(options.rounds):
            for title, command in candidates.items():
                found[title].append(measured(command))
        size = deals.stat().st_size / 1e6
    print(
        f"{options.rows:,} opportunities, {size:,.0f} MB, 25 columns\n"
        f"{platform.platform()}, Python {platform.python_version()}"
    )
    print(f"| {'what':<36} | seconds | peak MB |\n|{'-' * 38}|--------:|--------:|")
    for title, runs in found.items():
        seconds = statistics.median(run[0] for run in runs)
        memory = [run[1] for run in runs if run[1] is not None]
        print(f"| {title:<36} | {seconds:7.2f} | {statistics.median(memory) if memory else 0:7,.0f} |")


if __name__ == "__main__":
    main()
