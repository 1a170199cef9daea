"""Tables that are larger than a workbook's list are counted by their engine, and say the same."""

from __future__ import annotations

from pathlib import Path

from tests.sources.conftest import Company, assert_same, report_from

from xlfunnel.crm.tables import Kind


def test_duckdb_counts_what_the_exports_say(company: Company, warehouse: Path) -> None:
    counted = company.definitions.model_copy(update={"data_limit": 0})
    found = report_from(warehouse, company, counted)
    assert_same(found, company)
    assert found.records is not None
    assert found.records.listed(Kind.OPPORTUNITIES) is None
