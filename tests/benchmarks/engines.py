"""The dashboard's figures counted where the records lie, beside records that were read into memory.

    python -m tests.benchmarks.engines                      # 1, 5 and 20 million opportunities
    python -m tests.benchmarks.engines --rows 1 --rounds 2  # one million, twice
    python -m tests.benchmarks.engines --rows 5 --without Spark --add   # five without Spark, below what is written

Each sample is a process of its own that has loaded its libraries, and started its engine, before the clock starts.
Records are canonical tables in Parquet files, with as many leads as opportunities; in memory means Arrow tables, as
reading an export leaves them, so that reading the export itself is in no line. The candidates take turns; the table
in ENGINES.md shows medians. Nothing here fails on a time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.tables import Exports, Kind
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import Definitions
from xlfunnel.segments.canonical import DEAL_COLUMNS, LEAD_COLUMNS, Canonical
from xlfunnel.segments.counting import RECORD
from xlfunnel.segments.frames import Frame
from xlfunnel.segments.tables import ExportTables, Staged
from xlfunnel.segments.velocity import velocity_by_table

RESULTS = Path(__file__).with_name("ENGINES.md")
AS_OF = date(2026, 9, 30)
TODAY = day_number(AS_OF)
MILLION = 1_000_000
SLOW = 60
"""Seconds beyond which one sample is enough."""

DEALS = f"""
SELECT i AS record, 'D' || i AS id, 'Owner ' || i % 40 AS owner, ['SMB', 'Mid', 'Enterprise'][1 + i % 3] AS segment,
  ['Web', 'Event', 'Partner', 'Outbound', 'Referral', 'Paid'][1 + (hash(i, 1) % 6)::INT] AS source,
  'Sales' AS pipeline,
  CASE WHEN hash(i, 2) % 50 > 0 THEN (hash(i, 3) % 100000)::DOUBLE END AS amount, created_day,
  CASE WHEN status <> 'open' THEN created_day + (hash(i, 4) % 180)::INT END AS closed_day,
  CASE WHEN status = 'open' THEN created_day + 90 END AS expected_day, NULL::INT AS cycle_days,
  ['Discovery', 'Proposal', 'Contract'][1 + (hash(i, 5) % 3)::INT] AS stage, created_day + 5 AS stage_day, status,
  true AS qualified, i % 20 > 0 AS counted, hash(i, 6) % 3 = 0 AS touched, hash(i, 7) % 4 = 0 AS sourced
FROM (SELECT i, {TODAY} - (hash(i, 8) % 900)::INT AS created_day,
  ['open', 'won', 'lost', 'lost', 'no decision'][1 + (hash(i, 9) % 5)::INT] AS status FROM range(?) AS r(i))
"""
LEADS = f"""
SELECT i AS record, 'L' || i AS id, ['Web', 'Event', 'Partner', 'Outbound'][1 + (hash(i, 1) % 4)::INT] AS source,
  ['SMB', 'Mid', 'Enterprise'][1 + i % 3] AS segment, 'Owner ' || i % 40 AS owner, created_day,
  created_day + (hash(i, 2) % 20)::INT AS mql_day, (hash(i, 3) % 86400)::INT AS mql_second,
  CASE WHEN i % 2 = 0 THEN created_day + 25 END AS sal_day, CASE WHEN i % 3 = 0 THEN created_day + 40 END AS sql_day,
  CASE WHEN i % 6 = 0 THEN created_day + 60 END AS opportunity_day,
  CASE WHEN i % 30 = 0 THEN created_day + 120 END AS won_day,
  CASE WHEN i % 5 > 0 THEN created_day + 20 + (hash(i, 4) % 5)::INT END AS touch_day,
  CASE WHEN i % 5 > 0 THEN (hash(i, 5) % 86400)::INT END AS touch_second, NULL::VARCHAR AS opportunity_id,
  i % 11 = 0 AS disqualified, CASE WHEN i % 11 = 0 THEN 'No budget' END AS disqualified_reason,
  CASE WHEN i % 13 = 0 THEN created_day + 50 END AS recycled_day, i % 13 = 0 AS recycled,
  CASE WHEN i % 26 = 0 THEN created_day + 80 END AS requalified_day
FROM (SELECT i, {TODAY} - (hash(i, 6) % 900)::INT AS created_day FROM range(?) AS r(i))
"""

BY_HAND = f"""
WITH seen AS (
  SELECT source, status, amount, closed_day - created_day AS cycle,
    (status = 'open' OR closed_day > {TODAY}) AND created_day <= {TODAY} AS is_open,
    status <> 'open' AND closed_day <= {TODAY} AND closed_day > {TODAY} - 365 AS is_closed
  FROM read_parquet(?)),
counted AS (
  SELECT source, count(*) FILTER (is_open) AS open, count(*) FILTER (is_closed AND status = 'won') AS won,
    count(*) FILTER (is_closed AND status = 'lost') AS lost,
    count(*) FILTER (is_closed AND status = 'no decision') AS no_decision,
    avg(amount) FILTER (is_closed AND status = 'won') AS deal, avg(cycle) FILTER (is_closed AND cycle >= 0) AS days
  FROM seen GROUP BY GROUPING SETS ((source), ()))
SELECT *, won / (won + lost + no_decision) AS win_rate,
  open * deal * won / (won + lost + no_decision) / days AS velocity
FROM counted ORDER BY velocity DESC
"""
"""The table of VELOCITY_BY as a person would write it for DuckDB."""


NO_EXPORTS = Exports(None, None, None, (), ())


@dataclass(frozen=True)
class Stored(ExportTables):
    """Canonical tables of which `frame` answers deals and leads by their file."""

    frame: Callable[[str], Frame] | None = None
    rows: int = 0

    def count(self, kind: Kind) -> int | None:
        return self.rows

    def listed(self, kind: Kind) -> None:
        return None

    def staged(self) -> Staged | None:
        return None

    @cached_property
    def _deals(self) -> Canonical:
        return self._canonical("deals", DEAL_COLUMNS)

    @cached_property
    def _leads(self) -> Canonical:
        return self._canonical("leads", LEAD_COLUMNS)

    def _canonical(self, name: str, columns: tuple[str, ...]) -> Canonical:
        assert self.frame is not None
        known = frozenset(columns)
        return Canonical(self.frame(name).select(RECORD, *columns), known, known)


def write(folder: Path, rows: int) -> None:
    import duckdb

    for name, query in (("deals", DEALS), ("leads", LEADS)):
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)", [rows])


# -- candidates ------------------------------------------------------------------------------------------------------

Work = Callable[[], Any]


def report_of(frame: Callable[[str], Frame], rows: int) -> Any:
    definitions = Definitions.model_validate({"clock": "business", "sla_hours": 4})
    return build_report(Stored(NO_EXPORTS, frame=frame, rows=rows), AS_OF, definitions)


def in_memory(folder: Path, rows: int) -> Work:
    import pyarrow.parquet as pq

    from xlfunnel.segments.frames import frame_of

    held = {name: pq.read_table(folder / f"{name}.parquet") for name in ("deals", "leads")}
    return lambda: report_of(lambda name: frame_of(held[name]), rows)


def on_duckdb(folder: Path, rows: int) -> Work:
    import duckdb

    connection = duckdb.connect()
    return lambda: report_of(
        lambda name: nw.from_native(connection.read_parquet(str(folder / f"{name}.parquet"))), rows
    )


def through_ibis(folder: Path, rows: int) -> Work:
    import ibis

    backend = ibis.duckdb.connect()
    return lambda: report_of(lambda name: nw.from_native(backend.read_parquet(folder / f"{name}.parquet")), rows)


def on_spark(folder: Path, rows: int) -> Work:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.memory", "6g").config("spark.driver.host", "127.0.0.1")
    session = builder.config("spark.sql.shuffle.partitions", str(os.cpu_count() or 2)).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    session.range(10).count()
    return lambda: report_of(lambda name: nw.from_native(session.read.parquet(str(folder / f"{name}.parquet"))), rows)


def table_by_hand(folder: Path, rows: int) -> Work:
    import duckdb

    connection = duckdb.connect()
    return lambda: connection.execute(BY_HAND, [str(folder / "deals.parquet")]).fetchall()


def table_of_ours(folder: Path, rows: int) -> Work:
    import duckdb

    connection = duckdb.connect()
    deals: Frame = nw.from_native(connection.read_parquet(str(folder / "deals.parquet")))
    return lambda: velocity_by_table(deals, "source", TODAY, 365)


CANDIDATES: dict[str, Callable[[Path, int], Work]] = {
    "every figure, records in memory": in_memory,
    "every figure, DuckDB on Parquet": on_duckdb,
    "every figure, DuckDB through Ibis": through_ibis,
    "every figure, Spark on this machine": on_spark,
    "velocity by source, SQL by hand": table_by_hand,
    "velocity by source, ours on DuckDB": table_of_ours,
}


# -- measuring -------------------------------------------------------------------------------------------------------


def sample(name: str, folder: Path, rows: int) -> None:
    """Do one candidate's work, in the process that is measured."""
    work = CANDIDATES[name](folder, rows)
    begun = time.perf_counter()
    kept = work()
    seconds = time.perf_counter() - begun
    print(json.dumps([seconds, _peak()]))
    del kept
    sys.stdout.flush()
    os._exit(0)  # Spark takes its time to stop, and is not measured by it


def _peak() -> float:
    """Peak megabytes of the process and of those that it started, such as Spark's Java."""
    pids = [str(os.getpid()), *_children(os.getpid())]
    return sum(_high_water(pid) for pid in pids)


def _children(pid: int) -> list[str]:
    direct = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [one for child in direct for one in (child, *_children(int(child)))]


def _high_water(pid: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def measured(name: str, folder: Path, rows: int) -> tuple[float, float]:
    words = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.benchmarks.engines",
        "--sample",
        name,
        str(folder),
        str(rows),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr}")
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def lines_of(rows: int, rounds: int, without: str) -> list[str]:
    chosen = [name for name in CANDIDATES if not without or without not in name]
    left_out = [name for name in CANDIDATES if name not in chosen]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, rows)
        for _ in range(rounds):
            for title, samples in found.items():
                if not samples or samples[0][0] < SLOW:
                    samples.append(measured(title, folder, rows))
    medians = {title: statistics.median(one[0] for one in samples) for title, samples in found.items()}
    by_hand = medians["velocity by source, SQL by hand"]
    ours = medians["velocity by source, ours on DuckDB"]
    return [
        f"\n## {rows:,} opportunities and as many leads\n",
        "| what | seconds | peak MB |",
        "|---|--:|--:|",
        *(
            f"| {title} | {medians[title]:.2f} | {statistics.median(one[1] for one in samples):,.0f} |"
            for title, samples in found.items()
        ),
        *(f"| {title} | not run | |" for title in left_out),
        f"\nOurs takes {ours / by_hand:.2f} times the SQL by hand.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 5, 20], help="millions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without", default="", help="leave out what has this word in its name")
    parser.add_argument("--add", action="store_true", help="write below the sizes that are there already")
    parser.add_argument("--sample", nargs=3)
    options = parser.parse_args()
    if options.sample:
        name, folder, rows = options.sample
        sample(name, Path(folder), int(rows))
    packages = ", ".join(f"{one} {version(one)}" for one in ("duckdb", "ibis-framework", "pyspark", "narwhals"))
    lines = [
        "# Counting where the records lie\n",
        "Written by `python -m tests.benchmarks.engines`, whose first lines say what is measured.\n",
        f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}, {packages}.",
    ]
    if options.add:
        lines = RESULTS.read_text(encoding="utf-8").splitlines()
    for millions in options.rows:
        lines += lines_of(millions * MILLION, options.rounds, options.without)
        RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print("\n".join(lines[-12:]))


if __name__ == "__main__":
    main()
