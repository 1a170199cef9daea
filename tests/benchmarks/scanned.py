"""What a refresh moves and scans where the rows lie: queries, bytes over the wire, and bytes read per record.

    python -m tests.benchmarks.scanned [DEALS]

The example company lies in a DuckDB file, and every figure of the dashboard is counted there. DuckDB's plan of each
query says which columns of which table it reads; a value counts what BigQuery's price list counts for it: 8 bytes a
number, date or time, 1 a truth value, 2 and its UTF-8 bytes a text, nothing for a blank.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import narwhals as nw

from xlfunnel.crm.tables import Kind
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import read_definitions
from xlfunnel.demo import write_example, write_warehouse
from xlfunnel.inputs import Inputs, data_of
from xlfunnel.segments import deal_report, frames, lead_handling, pipeline
from xlfunnel.sources.embedded import Embedded
from xlfunnel.sources.reading import read_source

DEALS = 4_000
ONE_BYTE, EIGHT_BYTES = 1, 8


class Scan:
    """Counts what the queries of one connection read."""

    def __init__(self) -> None:
        self.own: Any = None
        self.counts: Counter[str] = Counter()
        self._sizes: dict[str, dict[str, int]] = {}

    def read(self, query: Any) -> None:
        """Note what a query scans of the source's tables, and of those that were kept."""
        text = query.sql_query()
        ((_, plan),) = self.own.execute(f"EXPLAIN (FORMAT json) {text}").fetchall()
        for node in _nodes(json.loads(plan)):
            table = node.get("extra_info", {}).get("Table")
            if table and "SCAN" in node["name"]:
                columns = node["extra_info"].get("Projections", [])
                names = [columns] if isinstance(columns, str) else columns
                place = "kept" if "xlfunnel_kept" in table else "source"
                self.counts[place] += sum(self._bytes_of(table).get(name.strip('"'), 0) for name in names)

    def _bytes_of(self, table: str) -> dict[str, int]:
        if table not in self._sizes:
            columns = self.own.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
            sums = [_sum_of(f'"{name}"', kind) for name, kind, *_ in columns]
            (found,) = self.own.execute(f"SELECT {', '.join(sums)} FROM {table}").fetchall()
            self._sizes[table] = {name: int(size or 0) for (name, *_), size in zip(columns, found, strict=True)}
        return self._sizes[table]

    @contextmanager
    def counting(self) -> Iterator[None]:
        """While this lasts, every answer, every table that is kept, and every frame that is computed is noted."""
        collect, kept, computed = nw.LazyFrame.collect, Embedded.kept, frames.computed

        def collected(frame: Any, *given: Any, **named: Any) -> Any:
            native = frame.to_native()
            if hasattr(native, "sql_query"):
                self.read(native)
                self.counts["bytes up"] += len(native.sql_query().encode())
            self.counts["queries"] += 1
            found = collect(frame, *given, **named)
            self.counts["bytes down"] += found.to_native().nbytes
            return found

        def keep(engine: Embedded, frame: Any) -> Any:
            self.read(frame.to_native())
            self.counts["tables kept"] += 1
            return kept(engine, frame)

        def compute(frame: Any) -> Any:
            self.read(frame.to_native())
            self.counts["tables kept"] += 1
            return computed(frame)

        with (
            patch.object(nw.LazyFrame, "collect", collected), patch.object(Embedded, "kept", keep),
            patch.object(deal_report, "computed", compute), patch.object(lead_handling, "computed", compute),
            patch.object(pipeline, "computed", compute),
        ):  # fmt: skip
            yield


def _nodes(plan: Any) -> Iterator[dict[str, Any]]:
    for node in plan:
        yield node
        yield from _nodes(node.get("children", []))


def _sum_of(column: str, kind: str) -> str:
    if kind.startswith("VARCHAR"):
        return f"sum(2 + strlen({column}))"
    return f"{ONE_BYTE if kind == 'BOOLEAN' else EIGHT_BYTES} * count({column})"


def scanned(deals: int, told: Callable[[str], None]) -> None:
    """Count every figure of the example with so many deals, and tell what that took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        example = write_example(folder, rows=deals)
        warehouse = write_warehouse(folder, example, "Salesforce")
        agreed = read_definitions(example.definitions).model_copy(update={"data_limit": 0})
        scan = Scan()
        with data_of(Inputs((), example.as_of, source=warehouse.sources)) as data:
            source = data.source
            assert source is not None
            assert isinstance(source.warehouse, Embedded)
            scan.own = source.warehouse._own  # only its own connection explains its queries
            with scan.counting():
                tables = read_source(source, example.as_of, agreed)
                build_report(tables, example.as_of, agreed, tables.spend, tables.people)
            records = sum(source.rows(kind) for kind in (Kind.OPPORTUNITIES, Kind.LEADS))
    told(f"records, of deals and leads: {records:,}")
    for what in ("queries", "tables kept", "bytes up", "bytes down"):
        told(f"{what}: {scan.counts[what]:,}")
    for place in ("source", "kept"):
        told(f"bytes read a record, {place}: {scan.counts[place] / records:,.0f}")


if __name__ == "__main__":
    scanned(int(sys.argv[1]) if len(sys.argv) > 1 else DEALS, print)
