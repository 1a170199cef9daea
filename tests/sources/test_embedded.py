"""A refresh from DuckDB and from Parquet says what a refresh from the exports of the same CRM says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tests.sources.conftest import Company, assert_same, report_from
from tests.sources.stopping import stopped

from xlfunnel.cli import main
from xlfunnel.crm.tables import Rule
from xlfunnel.errors import Stopped
from xlfunnel.inputs import Inputs
from xlfunnel.refresh import refresh_book
from xlfunnel.sources.errors import (
    NoColumn,
    NoConnection,
    NoTable,
    NotOneSelect,
    NotTheKind,
)
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.export_files import export_files


def test_a_duckdb_file_gives_the_figures_of_the_exports(company: Company, warehouse: Path) -> None:
    found = report_from(warehouse, company)
    assert_same(found, company)
    assert [one.file for one in found.files] == [
        "crm_deal (DuckDB)", "crm_lead (DuckDB)", "spend (DuckDB)", "people (DuckDB)",
    ]  # fmt: skip
    assert {one.lines_skipped for one in found.files} == {0}


def test_parquet_files_of_a_folder_give_them_too(company: Company, tmp_path: Path) -> None:
    company.write_parquet(tmp_path)
    assert_same(report_from(company.sources(tmp_path, 'parquet = "."'), company), company)


def test_a_table_may_be_many_parquet_files(company: Company, tmp_path: Path) -> None:
    company.write_parquet(tmp_path)
    whole = company.tables["crm_deal"]
    (tmp_path / "parts").mkdir()
    import pyarrow.parquet as pq

    for number, start in enumerate(range(0, whole.num_rows, 300)):
        pq.write_table(whole.slice(start, 300), tmp_path / "parts" / f"part-{number}.parquet")
    path = company.sources(tmp_path, 'parquet = "."', crm_deal='table = "parts/*.parquet"')
    assert_same(report_from(path, company), company)


def test_a_query_stands_in_the_place_of_a_table(company: Company, warehouse: Path) -> None:
    text = warehouse.read_text(encoding="utf-8")
    query = "query = \"select * from crm_deal where src_type <> 'x' or src_type is null;\""
    warehouse.write_text(text.replace('table = "crm_deal"', query), encoding="utf-8")
    found = report_from(warehouse, company)
    assert_same(found, company)
    assert found.files[0].file == "query for opportunities (DuckDB)"


def test_a_query_reaches_no_other_file(company: Company, warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    query = f"query = \"select * from read_csv('{tmp_path / 'secret.csv'}')\""
    warehouse.write_text(warehouse.read_text(encoding="utf-8").replace('table = "crm_deal"', query), encoding="utf-8")
    with pytest.raises(Stopped, match="query for opportunities"):
        report_from(warehouse, company)


def test_a_workbook_may_name_its_source_on_start(company: Company, warehouse: Path, tmp_path: Path) -> None:
    book, other = tmp_path / "plan.xlsx", tmp_path / "other.xlsx"
    book.write_bytes(build("quarterly_plan", Edition.FORMULAS))
    named = refresh_book(Inputs(export_files("sources.toml", book), company.example.as_of), book, book)
    other.write_bytes(build("quarterly_plan", Edition.FORMULAS))
    given = refresh_book(Inputs((), company.example.as_of, source=warehouse), other, other)
    assert named.taken == given.taken


def test_a_record_set_aside_is_named_by_its_id(company: Company, warehouse: Path) -> None:
    aside = report_from(warehouse, company).set_aside
    stages = [one for one in aside if one.rule is Rule.UNKNOWN_STAGE]
    exported = [one for one in company.exports.set_aside if one.rule is Rule.UNKNOWN_STAGE]
    assert [one.value for one in stages] == [one.value for one in exported]
    assert all(str(one.row).startswith("006") for one in stages)
    assert {one.detail.partition(";")[0] for one in aside if one.rule is Rule.DUPLICATE} == {
        "another record with this id was taken"
    }


def test_the_file_is_opened_for_reading_only(company: Company, warehouse: Path) -> None:
    before = (warehouse.parent / "own.duckdb").read_bytes()
    report_from(warehouse, company)
    assert (warehouse.parent / "own.duckdb").read_bytes() == before
    duckdb.connect(str(warehouse.parent / "own.duckdb")).close()  # nothing holds it any longer


@pytest.mark.parametrize(
    ("old", "new", "fault", "words"),
    [
        (
            '"src_stage"',
            '"src_phase"',
            NoColumn,
            'crm_deal has no column "src_phase", which the sources file names for',
        ),
        ('table = "crm_deal"', 'table = "deals"', NoTable, 'The connection "example" has no table deals'),
        ('"own.duckdb"', '"other.duckdb"', NoConnection, "there is no file other.duckdb"),
        ('table = "crm_deal"', 'query = "drop table crm_deal"', NotOneSelect, "it is a DROP"),
        ('table = "crm_deal"', 'query = "select 1; select 2"', NotOneSelect, "it holds 2 statements"),
        ('table = "crm_deal"', 'query = "selec 1"', NotOneSelect, "it cannot be read as SQL"),
        ('table = "crm_lead"', 'table = "people"', NoColumn, 'people has no column "src_lead_id"'),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    company: Company, warehouse: Path, old: str, new: str, fault: type[Exception], words: str
) -> None:
    warehouse.write_text(warehouse.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(fault, match=words.replace("(", r"\(")):
        report_from(warehouse, company)


def test_a_table_without_what_its_kind_needs(company: Company, tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "a.duckdb")).execute("create table t as select 1 as x, 2 as y").close()
    (tmp_path / "sources.toml").write_text('[connections.a]\nduckdb = "a.duckdb"\n[opportunities]\ntable = "t"\n')
    with pytest.raises(NotTheKind, match="t is read as opportunities, and no column is known"):
        report_from(tmp_path / "sources.toml", company)


def test_the_command_writes_a_dashboard(
    company: Company, warehouse: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book = warehouse.parent / "dashboard.xlsx"
    words = ["refresh", "--source", str(warehouse), "--as-of", str(company.example.as_of), "-o", str(book)]
    monkeypatch.setattr("sys.argv", ["xlfunnel", *words, "--definitions", str(company.example.definitions)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in {0, None}
    told = capsys.readouterr().out
    assert "crm_deal (DuckDB): Salesforce, opportunities" in told
    assert book.is_file()


def test_an_export_beside_a_source_is_refused(
    company: Company, warehouse: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book = warehouse.parent / "dashboard.xlsx"
    export = str(company.example.exports[0])
    words = ["refresh", export, "--source", str(warehouse), "--as-of", "2026-09-30", "-o", str(book)]
    monkeypatch.setattr("sys.argv", ["xlfunnel", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "the same records would be counted twice" in " ".join(capsys.readouterr().err.split())
    assert not book.exists()


LAST = "src_opportunity_id = (select max(src_opportunity_id) from crm_deal)"
LATE = f"cast(case when {LAST} then 'x' else '1' end as int) = 1"
"""True of every deal but the last, which the engine cannot compute."""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"src_stage"', '"src_phase"', 'crm_deal has no column "src_phase"'),
        ('table = "crm_deal"', 'table = "deals"', "has no table deals that can be read"),
        ('"own.duckdb"', '"other.duckdb"', "there is no file other.duckdb"),
        (
            'table = "crm_deal"',
            f'query = "select * from crm_deal where {LATE}"',
            "the source could not answer: ",
        ),
    ],
)
def test_a_refresh_that_stops_leaves_the_workbook_as_it_was(
    company: Company, warehouse: Path, old: str, new: str, words: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    book = warehouse.with_name("plan.xlsx")
    book.write_bytes(build("quarterly_plan", Edition.FORMULAS))
    warehouse.write_text(warehouse.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    given = ["--source", str(warehouse), "--as-of", str(company.example.as_of)]
    assert words in stopped(book, given, capsys, monkeypatch)
