"""One example company twice: as the exports of its CRM, and as the tables of a warehouse with names of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xlfunnel.crm import read_exports
from xlfunnel.crm.costs import read_people, read_spend
from xlfunnel.crm.tables import Exports, Kind
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import Definitions, read_definitions
from xlfunnel.demo import Example, write_example, write_warehouse
from xlfunnel.demo.warehouse import TABLES, landed
from xlfunnel.inputs import Inputs, data_of
from xlfunnel.report import Report
from xlfunnel.segments.counting import RECORD
from xlfunnel.segments.tables import ExportTables

DEALS = 420


@dataclass(frozen=True)
class Company:
    """The example as files, what the export path makes of it, and its tables by name."""

    folder: Path
    example: Example
    definitions: Definitions
    exports: Exports
    report: Report
    tables: Mapping[str, pa.Table]

    def sources(self, folder: Path, connection: str, **places: str) -> Path:
        """A sources file with this connection; `places` are names of tables that differ from the example's."""
        text = (self.folder / "sources.toml").read_text(encoding="utf-8")
        text = text.replace('duckdb = "warehouse.duckdb"', connection)
        for table, place in places.items():
            text = text.replace(f'table = "{table}"', place)
        path = folder / "sources.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def write_parquet(self, folder: Path) -> None:
        for name, table in self.tables.items():
            pq.write_table(table, folder / f"{name}.parquet")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("company")
    example = write_example(folder, rows=DEALS)
    write_warehouse(folder, example, "Salesforce")
    definitions = read_definitions(example.definitions)
    exports = read_exports(example.exports, example.as_of, definitions)
    spend, people = read_spend(example.spend), read_people(example.people)
    report = build_report(ExportTables(exports), example.as_of, definitions, spend, people)
    files = (*example.exports, example.spend, example.people)
    tables = {table: landed(path) for table, path in zip(TABLES.values(), files, strict=True)}
    return Company(folder, example, definitions, exports, report, tables)


@pytest.fixture
def warehouse(company: Company, tmp_path: Path) -> Path:
    """A sources file beside a DuckDB file of its own, which a test may change."""
    with duckdb.connect(str(tmp_path / "own.duckdb")) as own:
        for name, table in company.tables.items():
            own.register("landed", table)
            own.execute(f"CREATE TABLE {name} AS SELECT * FROM landed")
            own.unregister("landed")
    return company.sources(tmp_path, 'duckdb = "own.duckdb"')


def report_from(sources: Path, company: Company, definitions: Definitions | None = None) -> Report:
    """What a refresh from a source finds."""
    agreed = definitions or company.definitions
    with data_of(Inputs((), company.example.as_of, source=sources)) as data:
        read = data.read(agreed, None, lambda what, share: None)
        return build_report(read.tables, company.example.as_of, agreed, read.spend, read.people)


def figures(report: Report) -> dict[str, Any]:
    """Every number of a report by its place: the summary, the figures and the cells of all tables."""
    found = dict(_flat({key: value for key, value in report.summary.items() if key != "files"}))
    for measure in report.measures:
        found |= dict(
            _flat({measure.name: [measure.value, measure.count, measure.low, measure.high, measure.made_of]})
        )
    for name in ("velocity_by_source", "follow_up_by_source", "cac_by_channel", "trend", "by_source", "by_segment",
                 "stages", "stage_conversion", "lead_conversion", "untouched_by_age", "untouched_by_owner",
                 "disqualified", "recycled", "lead_days", "follow_up_by_month"):  # fmt: skip
        section = getattr(report, name)
        found |= dict(_flat({name: [section.reason, section.table and [section.table.header, section.table.rows]]}))
    return found


def accounts(report: Report) -> list[tuple[str, int, int, dict[str, int]]]:
    """What became of the records of each table."""
    return [(one.kind.value, one.read, one.used, dict(one.set_aside)) for one in report.files]


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, held in value.items():
            yield from _flat(held, f"{place}/{name}")
    elif isinstance(value, (list, tuple)):
        for number, held in enumerate(value):
            yield from _flat(held, f"{place}[{number}]")
    else:
        yield place, value


def assert_same(found: Report, company: Company) -> None:
    """The figures to 1e-9 and the accounts by rule are those of the export path."""
    expected, given = figures(company.report), figures(found)
    assert given.keys() == expected.keys()
    for place, value in expected.items():
        if isinstance(value, float):
            assert given[place] == pytest.approx(value, rel=1e-9, abs=1e-9), place
        else:
            assert given[place] == value, place
    assert accounts(found)[:2] == accounts(company.report)


def assert_same_records(sources: Path, company: Company) -> None:
    """What the engine itself counts: every used record with every column, and the accounts, are the export path's."""
    counted = company.definitions.model_copy(update={"data_limit": 0})
    exported = ExportTables(company.exports)
    with data_of(Inputs((), company.example.as_of, source=sources)) as data:
        tables = data.read(counted, None, lambda what, share: None).tables
        assert tables.listed(Kind.OPPORTUNITIES) is None
        assert tables.currency == exported.currency
        kinds = (Kind.OPPORTUNITIES, tables.deals()), (Kind.LEADS, tables.leads())
        found = {kind: (known, _by_id(known.frame.collect("pyarrow").to_native())) for kind, known in kinds}
    for kind, theirs in ((Kind.OPPORTUNITIES, exported.deals()), (Kind.LEADS, exported.leads())):
        known, rows = found[kind]
        expected = exported.listed(kind)
        assert expected is not None
        names = [name for name in theirs.frame.collect_schema().names() if name != RECORD]
        assert known.filled == theirs.filled
        assert known.known & set(names) == theirs.known & set(names)
        own = _by_id(expected.select(names).append_column(RECORD, expected["id"]))
        assert rows.keys() == own.keys()
        for record, row in own.items():
            assert rows[record] == row, record
    assert [(one.kind, one.read, one.used, one.set_aside) for one in tables.files][:2] == [
        (one.kind, one.read, one.used, one.set_aside) for one in exported.files
    ]
    rules = sorted((one.rule, one.row) for one in tables.set_aside)
    assert len(rules) == sum(sum(one.set_aside.values()) for one in exported.files)


def _by_id(table: pa.Table) -> dict[str, dict[str, Any]]:
    """The records by their ids; of opportunities' own ids in leads, those without the characters that check them."""
    return {row.pop(RECORD): row for row in table.to_pylist()}
