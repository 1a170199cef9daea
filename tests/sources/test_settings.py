"""The sources file: what it may say, and that it holds no secret."""

from __future__ import annotations

from errno import ENOSPC
from pathlib import Path
from types import FunctionType

import pytest

from xlfunnel.crm.fields import field_names
from xlfunnel.errors import SettingsError
from xlfunnel.sources.errors import (
    LostConnection,
    NoEngine,
    NoSource,
    NotOneSelect,
    QueryFailed,
    SecretInSource,
    UnknownEngine,
)
from xlfunnel.sources.marts import marts
from xlfunnel.sources.queries import check_select
from xlfunnel.sources.settings import Connection, read_sources
from xlfunnel.sources.through_ibis import ThroughIbis
from xlfunnel.sources.told import asking, told

DEALS = '[opportunities]\ntable = "deals"\n'


def file(folder: Path, text: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[connections.a]\nduckdb = "a.duckdb"\n[oportunities]\ntable = "t"', "there is no setting oportunities"),
        (
            '[connections.a]\npostgres = "reader@host"\n' + DEALS,
            "no setting connections.a.postgres; the settings there are duckdb, parquet, spark, url",
        ),
        ('[connections.a]\nduckdb = "a.duckdb"\nspark = "local"\n' + DEALS, "exactly one of duckdb, parquet, url"),
        ("[connections.a]\n" + DEALS, "none is given"),
        (DEALS, "it names no connection"),
        (
            '[connections.a]\nduckdb = "a"\n[opportunities]\ntable = "t"\nquery = "select 1"',
            "a table or a query, and not",
        ),
        ('[connections.a]\nduckdb = "a"\n[opportunities]', "it needs a table or a query"),
        (
            '[connections.a]\nduckdb = "a"\n[opportunities]\ntable = "t"\nconnection = "b"',
            'there is no connection "b"',
        ),
        (
            '[connections.a]\nduckdb = "a"\n[connections.b]\nduckdb = "b"\n' + DEALS,
            "say which connection it is of, a or b",
        ),
        (
            '[connections.a]\nduckdb = "a"\n' + DEALS + '[opportunities.columns]\nworth = "x"',
            "worth is no field of opportunities",
        ),
        ('[connections.a]\nduckdb = "a"\n' + DEALS + '[opportunities.columns]\nid = " "', "id has no column"),
        ('[connections.a]\nduckdb = "a"\n[leads]\ntable = "t"\nmart = "hubspot__deals"', "holds no leads"),
        ('[connections.a]\nduckdb = "a"\n[leads]\ntable = "t"\nmart = "x"', '"x" is no known mart'),
    ],
)
def test_what_is_wrong_in_it_is_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_sources(file(tmp_path, text))


def test_it_names_at_least_deals_or_leads(tmp_path: Path) -> None:
    text = '[connections.a]\nduckdb = "a"\n[spend]\ntable = "t"\n'
    with pytest.raises(NoSource, match=r"sources\.toml names no table"):
        read_sources(file(tmp_path, text))


@pytest.mark.parametrize(
    "address",
    [
        "postgres://kim:hunter22@db/crm",
        "postgres://kim@db/crm?password=hunter22",
        "snowflake://kim@acme/db?private_key=hunter22",
        "databricks://host/path?access_token=hunter22",
        "postgres://kim:@db/crm",
        "postgres://kim%3Ahunter22@db/crm",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(tmp_path: Path, address: str) -> None:
    text = f'[connections.crm]\nurl = "{address}"\n{DEALS}'
    with pytest.raises(SecretInSource, match="the connection crm holds a") as fault:
        read_sources(file(tmp_path, text))
    assert "hunter22" not in str(fault.value)


@pytest.mark.parametrize(
    "address",
    ["postgres://kim@db/crm", "postgres://kim@db/crm?sslmode=require&passfile=/x", "bigquery://project/set"],
)
def test_an_address_without_a_secret_is_taken(tmp_path: Path, address: str) -> None:
    found = read_sources(file(tmp_path, f'[connections.crm]\nurl = "{address}"\n{DEALS}'))
    assert found.connections["crm"].address == address


def test_a_token_of_spark_connect_is_refused_too(tmp_path: Path) -> None:
    text = f'[connections.crm]\nspark = "sc://host:15002/;token=hunter22"\n{DEALS}'
    with pytest.raises(SecretInSource):
        read_sources(file(tmp_path, text))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "FATAL: password authentication failed for user kim\nmore",
            "FATAL: password authentication failed for user kim",
        ),
        ("cannot reach postgres://kim:hunter22@db/crm", "cannot reach postgres://…@db/crm"),
        ("bad option password=hunter22 given", "bad option password=… given"),
        ("token: 'hunter22'", "token=…"),
        ("the value sesame99 was refused", "the value … was refused"),
    ],
)
def test_what_a_backend_says_is_shown_without_secrets(monkeypatch: pytest.MonkeyPatch, said: str, shown: str) -> None:
    monkeypatch.setenv("ACME_DB_PASSWORD", "sesame99")
    assert told(RuntimeError(said)) == shown


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("update t set a = 1", "it is a UPDATE"),
        ("select 1; select 2", "it holds 2 statements"),
        ("with a as (delete from t returning 1) select * from a", "it holds DELETE"),
        ("select * into b from a", "it holds INTO"),
        ("select * from a for update", "it holds LOCK"),
        ("", "it is blank"),
        ("select from where (", "it cannot be read as SQL"),
        ("create table b as select 1", "it is a CREATE"),
    ],
)
def test_a_query_does_nothing_but_read(query: str, words: str) -> None:
    with pytest.raises(NotOneSelect, match=words):
        check_select("deals", query, "postgres")


def test_one_select_is_taken_without_its_semicolon() -> None:
    assert check_select("deals", "with a as (select 1) select * from a ; ", "postgres") == (
        "with a as (select 1) select * from a"
    )


def test_an_engine_that_nothing_answers_to() -> None:
    with pytest.raises(UnknownEngine, match='The connection "a" begins with "gopher://"'):
        ThroughIbis("a", Connection.model_validate({"url": "gopher://x"}))


def test_a_driver_that_is_not_installed() -> None:
    with pytest.raises(NoEngine, match=r"needs snowflake-connector-python, which is not installed"):
        ThroughIbis("a", Connection.model_validate({"url": "snowflake://kim@acme/db/schema"}))


def test_marts_name_known_fields_and_only_columns_that_are_there() -> None:
    for mart in marts().values():
        assert mart.columns.keys() <= field_names(mart.kind)
    deals = marts()["hubspot__deals"].columns_in(["DEAL_ID", "created_date", "pipeline_stage_label", "amount"])
    assert deals == {
        "id": "DEAL_ID", "created": "created_date", "stage": "pipeline_stage_label", "amount": "amount",
    }  # fmt: skip


def test_a_fault_of_ours_while_a_source_is_open_is_not_blamed_on_it() -> None:
    with pytest.raises(OSError, match="No space left"), asking("crm", "DuckDB"):
        raise OSError(ENOSPC, "No space left on device")


def test_a_fault_of_the_system_within_a_backend_is_the_sources() -> None:
    within_a_driver = FunctionType(_unreachable.__code__, {"__name__": "psycopg.connection", "OSError": OSError})
    with pytest.raises(LostConnection, match="network"), asking("crm", "PostgreSQL"):
        within_a_driver()


def _unreachable() -> None:
    raise OSError("network is unreachable")


def test_what_no_engine_can_do_is_told_in_words() -> None:
    within_narwhals = FunctionType(_impossible.__code__, {"__name__": "narwhals._ibis.expr", "Exception": Exception})
    with pytest.raises(QueryFailed, match="median is not there"), asking("crm", "SQL Server"):
        within_narwhals()


def _impossible() -> None:
    raise Exception("median is not there")
