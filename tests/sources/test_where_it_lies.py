"""Tables that are larger than a workbook's list are counted by their engine, and say the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engines.placing import spark_engine
from tests.sources.conftest import Company, assert_same, assert_same_records, report_from

from xlfunnel.crm.tables import Kind
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import refresh_book
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition

EVERYTHING = os.environ.get("XLFUNNEL_TESTS") == "full"
TEMPLATES = ["quarterly_plan", *(["cac_model", "capacity_plan", "velocity_explorer"] if EVERYTHING else [])]


def test_duckdb_counts_what_the_exports_say(company: Company, warehouse: Path) -> None:
    counted = company.definitions.model_copy(update={"data_limit": 0})
    found = report_from(warehouse, company, counted)
    assert_same(found, company)
    assert found.records is not None
    assert found.records.listed(Kind.OPPORTUNITIES) is None


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_workbook_takes_the_same(company: Company, warehouse: Path, tmp_path: Path, template: str) -> None:
    found = []
    for limit in (50_000, 0):
        book = tmp_path / f"{limit}.xlsx"
        book.write_bytes(build(template, Edition.FORMULAS))
        agreed = company.definitions.model_copy(update={"data_limit": limit})
        inputs = Inputs((), company.example.as_of, definitions=agreed, source=warehouse)
        refresh_book(inputs, book, book)
        file = WorkbookFile.open(book)
        tables = {name: file.read_table(name) for name in file.tables if name not in {"Definitions", "MapStages"}}
        found.append({name: rows for name, rows in tables.items() if not name.startswith("Definition")})
    assert found[0] == found[1]


def test_parquet_files_too(company: Company, tmp_path: Path) -> None:
    company.write_parquet(tmp_path)
    assert_same_records(company.sources(tmp_path, 'parquet = "."'), company)


# Ibis 12 calls a function of DuckDB 2 that is on its way out
@pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")
def test_duckdb_through_ibis_too(company: Company, warehouse: Path) -> None:
    path = company.sources(warehouse.parent, f'url = "duckdb://{warehouse.parent / "own.duckdb"}"')
    assert_same_records(path, company)


@pytest.fixture(scope="module")
def spark() -> Iterator[None]:
    """A session with few threads, which a source takes up as the running one."""
    with spark_engine():
        yield


@pytest.fixture
def spark_sources(company: Company, spark: None, tmp_path: Path) -> Path:
    company.write_parquet(tmp_path)
    places = {name: f'table = "{name}.parquet"' for name in company.tables}
    return company.sources(tmp_path, 'spark = "local"', **places)


def test_spark_hands_over_what_a_workbook_can_list(company: Company, spark_sources: Path) -> None:
    assert_same(report_from(spark_sources, company), company)


def test_spark_counts_it_too(company: Company, spark_sources: Path) -> None:
    assert_same_records(spark_sources, company)
