"""One set of records through every engine: the report of each is that of the export, to nine digits."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import narwhals as nw
import pytest
from tests.engines.placing import ENGINES, Placed, Put
from tests.engines.sample import AS_OF, TODAY, sample

from xlfunnel.crm import read_exports
from xlfunnel.crm.costs import PersonRow, SpendRow, read_people, read_spend
from xlfunnel.crm.tables import Exports
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import Definitions, read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.metrics.business_hours import WorkingWeek
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.report import Report, Section
from xlfunnel.segments import engines, quantiles
from xlfunnel.segments.closing import cycle_statistic, win_rate_curve_table
from xlfunnel.segments.engines import Check, EngineLacks, check_engine
from xlfunnel.segments.frames import computed, rows_of
from xlfunnel.segments.handoff import touch_figures
from xlfunnel.segments.response import speed
from xlfunnel.segments.revenue import sourced_money
from xlfunnel.segments.stages import stage_times
from xlfunnel.segments.tables import ExportTables, Tables
from xlfunnel.segments.velocity import velocity_by_table
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.taking import Found
from xlfunnel.units import Population, Statistic

pytestmark = pytest.mark.filterwarnings(  # of Ibis on DuckDB 2.0, and of Spark on pandas 3
    "ignore::FutureWarning", "ignore::ResourceWarning", "ignore::DeprecationWarning"
)
EVERYTHING = os.environ.get("XLFUNNEL_TESTS") == "full"
EXAMPLE = -1
SEEDS = range(3, 11)


@dataclass(frozen=True)
class Case:
    """Records, and what was agreed of them."""

    exports: Exports
    definitions: Definitions
    spend: tuple[SpendRow, ...]
    people: tuple[PersonRow, ...]

    def report(self, tables: Tables) -> dict[str, Any]:
        report = build_report(tables, AS_OF, self.definitions, self.spend, self.people)
        return told(report) | {"functions": functions(tables)}


def functions(tables: Tables) -> dict[str, Any]:
    """What worksheet functions compute that is in no report."""
    deals, leads = tables.deals().frame, tables.leads().frame
    stages = ["created_day", "mql_day", "sal_day", "sql_day"]
    each, touches = deals.select(deal="segment"), deals.select(deal="segment", person="owner")
    moments = leads.select("touch_day", "touch_second", qualified_day="mql_day", qualified_second="mql_second")
    shown = {
        "velocity by owner": velocity_by_table(deals, "owner", TODAY, 365),
        "win rate curve": win_rate_curve_table(deals, TODAY, [0, 30, 90, 365]),
        "time in stage": stage_times(leads, stages, stages, TODAY, "segment", 30),
    }
    rows: dict[str, Any] = {name: [[plain(cell) for cell in row] for row in one.rows] for name, one in shown.items()}
    return rows | {
        "cycles": [cycle_statistic(deals, one, Population.CLOSED) for one in Statistic],
        "touches": list(touch_figures(each, touches, Statistic.P75, people=True)),
        "business minutes": [speed(moments, one, WorkingWeek()) for one in Statistic],
        "sourced": list(sourced_money(deals, "amount", "source", ["web"])),
    }


@cache
def case(seed: int) -> Case:
    """The example company, or a sample of odd records with its definitions and costs."""
    with tempfile.TemporaryDirectory() as folder:
        example = write_example(Path(folder), Crm.HUBSPOT, 120, 8)
        agreed = read_definitions(example.definitions)
        assert example.as_of == AS_OF
        exports = read_exports(example.exports, AS_OF, agreed) if seed == EXAMPLE else sample(seed)
        return Case(exports, agreed, tuple(read_spend(example.spend)), tuple(read_people(example.people)))


@cache
def expected(seed: int) -> dict[str, Any]:
    found = case(seed)
    return found.report(ExportTables(found.exports))


def told(report: Report) -> dict[str, Any]:
    """Every figure, table, sentence and record of a report by name; errors in cells are told by their words."""
    sections = {one.name: getattr(report, one.name) for one in dataclasses.fields(report)}
    assert report.records is not None
    tables = {name: one.table for name, one in sections.items() if isinstance(one, Section)}
    tables |= {"source parts": report.source_parts, "records": report.records.table}
    return {
        "figures": {
            one.name: [one.value, one.count, one.low, one.high, one.reason, one.note, dict(one.made_of)]
            for one in report.measures
        },
        "words": {name: [one.reason, one.note] for name, one in sections.items() if isinstance(one, Section)},
        "tables": {
            name: None if table is None else [table.header, *([*map(plain, row)] for row in table.rows)]
            for name, table in tables.items()
        },
        "summary": report.summary,
        "diagnosis": report.diagnosis,
    }


def plain(cell: Any) -> Any:
    return f"{type(cell).__name__}: {cell}" if isinstance(cell, Exception) else cell


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Where two answers differ: in a word, in a blank, or in a number by more than 1e-9 of it."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        for name in one:
            yield from differences(one[name], other[name], f"{place}/{name}")
    elif _listed(one) and _listed(other) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{place}/{number}")
    elif _number(one) and _number(other):
        if abs(one - other) > 1e-9 * max(1, abs(one)):
            yield f"{place}: {one} and {other}"
    elif one != other or type(one) is not type(other):
        yield f"{place}: {one!r} and {other!r}"


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.fixture(scope="session")
def started() -> Iterator[dict[Any, Any]]:
    """The engines that were started, for as long as tests run."""
    with ExitStack() as open_engines:
        yield {"stack": open_engines}


PLAIN = (
    ("pyarrow", 3),
    ("pandas", EXAMPLE),
    ("pandas", 3),
    ("polars", EXAMPLE),
    ("polars", 5),
    ("duckdb", EXAMPLE),
    ("duckdb", 3),
    ("postgres", 3),
    ("pyspark", 3),
)
ALL = tuple((name, seed) for name in ENGINES for seed in (EXAMPLE, *SEEDS) if name != "pyspark" or seed < SEEDS[2])


def placed(started: dict[Any, Any], name: str, seed: int) -> Placed:
    """The tables of a case on an engine, which is started once."""
    if name not in started:
        started[name] = started["stack"].enter_context(ENGINES[name]())
    if (name, seed) not in started:
        put: Put = started[name]
        started[name, seed] = Placed(case(seed).exports, put=lambda table, what: put(table, f"{what}_{seed + 1}"))
    tables: Placed = started[name, seed]
    return tables


@pytest.mark.parametrize(("name", "seed"), ALL if EVERYTHING else PLAIN)
def test_every_engine_finds_what_the_export_says(name: str, seed: int, started: dict[Any, Any]) -> None:
    tables = placed(started, name, seed)
    assert check_engine(tables.deals().frame) is Check.RUN
    assert tables.deals().held is None  # else the rows in memory would be counted, and no engine asked
    assert list(differences(expected(seed), case(seed).report(tables))) == []


TAKING = ("quarterly_plan", "capacity_plan", "cac_model", "velocity_explorer")


@cache
def book(template: str) -> bytes:
    """A workbook whose segments and channels are spelled otherwise than the records spell them."""
    contents = TEMPLATES[template].example.with_fields(quarter_start=date(2026, 7, 1))
    if template == "cac_model":
        contents = contents.with_table("Channels", [("paid search",), ("WEBINAR",), ("Referral",)])
    elif template != "velocity_explorer":
        contents = contents.with_table("Segments", [("SMALL",), ("middle ",), ("Large",)])
    return build(template, Edition.FORMULAS, contents)


def taken(template: str, tables: Tables) -> list[Any]:
    """Every table of a workbook, and the sentences, after it took what was found."""
    found, file = case(EXAMPLE), WorkbookFile.from_bytes(book(template))
    take = TEMPLATES[template].take
    assert take is not None
    done = take(file, Found(here_reported(), tables, found.spend, found.people, AS_OF, found.definitions))
    assert done.cells > 12
    return [list(done.notes), *([list(row.values()) for row in file.read_table(name)] for name in file.tables)]


@pytest.mark.parametrize("template", TAKING)
@pytest.mark.parametrize("name", [one for one in ENGINES if one != "pyspark"] if EVERYTHING else ["duckdb"])
def test_workbooks_take_the_same(name: str, template: str, started: dict[Any, Any]) -> None:
    want = taken(template, here())
    assert list(differences(want, taken(template, placed(started, name, EXAMPLE)))) == []


@cache
def here() -> ExportTables:
    """The example's own tables."""
    return ExportTables(case(EXAMPLE).exports)


@cache
def here_reported() -> Report:
    """Their report, of which these workbooks take no table."""
    found = case(EXAMPLE)
    return build_report(here(), AS_OF, found.definitions, found.spend, found.people, tables=False)


# -- databases that cannot run here ----------------------------------------------------------------------------------

COMPILED = [name for name, check in engines.ENGINES.items() if check is Check.COMPILED]
WRITTEN = {
    True: [name for name in COMPILED if name in engines.QUANTILES],
    False: [name for name in COMPILED if name not in engines.QUANTILES],
}
FIRST = {True: ["snowflake"], False: ["mssql"]}


@pytest.mark.parametrize("own", [True, False], ids=["own quantiles", "quantiles by place"])
def test_every_query_can_be_written_in_the_sql_of_others(
    own: bool, started: dict[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queries of a whole report, run on DuckDB through Ibis, in the SQL of databases that cannot run here."""
    import ibis

    want = expected(3)
    seen: list[Any] = []
    collect = nw.LazyFrame.collect

    def noted(frame: nw.LazyFrame[Any], *args: Any) -> Any:
        seen.append(frame.to_native())
        return collect(frame, *args)

    monkeypatch.setattr(nw.LazyFrame, "collect", noted)
    monkeypatch.setattr(quantiles, "has_quantiles", lambda _: own)
    assert list(differences(want, case(3).report(placed(started, "ibis-duckdb", 3)))) == []
    assert len(seen) > 40
    for name in WRITTEN[own] if EVERYTHING else FIRST[own]:
        for query in seen:
            assert "SELECT" in ibis.to_sql(query, dialect=name)


def test_the_page_names_every_engine() -> None:
    page = (Path(__file__).parents[2] / "workbook_templates" / "REFRESH.md").read_text(encoding="utf-8")
    section = page.partition("\n## Engines\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    quantile = {True: "its own", False: "by place"}
    assert rows == [
        f"| `{name}` | {check} | {quantile[name in engines.QUANTILES]} |" for name, check in engines.ENGINES.items()
    ]


def test_every_engine_is_run_or_written() -> None:
    run = {name for name, check in engines.ENGINES.items() if check is Check.RUN}
    assert run == {name for name in ENGINES if name != "ibis-duckdb"}
    assert sorted(WRITTEN[True] + WRITTEN[False]) == sorted(COMPILED)
    assert set(engines.ENGINES) >= engines.QUANTILES


def test_a_database_that_takes_no_temporary_table_says_so_first(started: dict[Any, Any]) -> None:
    import ibis

    tables = placed(started, "postgres", 3)
    backend = tables.leads().frame.to_native().get_backend()
    assert tables.deals().has("amount")
    for words in (
        "CREATE ROLE reader LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        "REVOKE TEMPORARY ON DATABASE postgres FROM public",
    ):
        backend.raw_sql(words).close()
        backend.con.commit()
    own = ibis.postgres.connect(host=backend.con.info.host, user="reader", database="postgres")
    found = Placed(case(3).exports, put=lambda _, what: nw.from_native(own.table(f"{what}_4")))
    frame = found.deals().frame
    with computed(frame) as again:  # nothing is kept, and the rows are read again
        assert len(rows_of(again.select("record"))) == 120
    with pytest.raises(EngineLacks, match=r"^postgres takes no temporary table .* permission denied[^\n]*$"):
        case(3).report(found)
    own.disconnect()


def test_an_engine_that_nobody_checked_is_named_before_anything_is_computed() -> None:
    import ibis

    backend = ibis.sqlite.connect()
    backend.create_table("deals", schema=ibis.schema({"amount": "float64"}))
    frame = nw.from_native(backend.table("deals"))
    with pytest.raises(EngineLacks, match=r"^The rows lie in sqlite, on which no figure was ever checked\."):
        check_engine(frame)
    backend.disconnect()
