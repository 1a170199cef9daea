"""A real PostgreSQL server: the figures of the exports, every fault a sentence, and no secret anywhere."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.csv as pa_csv
import pytest
from tests.engines.placing import postgres_server
from tests.sources.conftest import Company, assert_same, report_from
from tests.sources.stopping import MARK, at_query, cable, stopped

from xlfunnel.inputs import Inputs, data_of
from xlfunnel.refresh import refresh_book
from xlfunnel.sources.errors import LostConnection, NoColumn, NoConnection, NoTable, NotOneSelect
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition

pytestmark = pytest.mark.filterwarnings("ignore:The 'future.infer_string' option")  # of Ibis 12 on pandas 3
PASSWORD = "correct-horse-9"  # noqa: S105  # of a server that lives for this test
WRONG = "wrong-battery-8"


@dataclass(frozen=True)
class Server:
    """A server with the tables of the example in the schema `mart`, which its reader may only read."""

    socket: Path
    owner: Any

    def url(self, user: str = "reader") -> str:
        return f"postgres://{user}@/postgres?host={self.socket}"


@pytest.fixture(scope="module")
def server(company: Company) -> Iterator[Server]:
    import ibis

    with postgres_server() as socket:
        backend = ibis.postgres.connect(host=str(socket), user="postgres", database="postgres")
        with backend.con.cursor() as cursor:
            cursor.execute("CREATE SCHEMA mart")
            cursor.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
            cursor.execute("GRANT USAGE ON SCHEMA mart TO reader")
            cursor.execute("SET search_path TO mart")
        for name, table in company.tables.items():
            backend.create_table(name, schema=ibis.memtable(table).schema(), database="mart")
            content = io.BytesIO()
            pa_csv.write_csv(table, content)
            with (
                backend.con.cursor() as cursor,
                cursor.copy(f"COPY mart.{name} FROM STDIN (FORMAT csv, HEADER)") as to,
            ):
                to.write(content.getvalue())
        with backend.con.cursor() as cursor:
            cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA mart TO reader")
            cursor.execute("SHOW hba_file")
            rules = Path(cursor.fetchone()[0])
        backend.con.commit()
        rules.write_text(f"local all reader scram-sha-256\n{rules.read_text()}")
        with backend.con.cursor() as cursor:
            cursor.execute("SELECT pg_reload_conf()")
        backend.con.commit()
        yield Server(socket, backend)
        backend.disconnect()


@pytest.fixture
def sources(server: Server, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    places = {name: f'table = "mart.{name}"' for name in company.tables}
    return company.sources(tmp_path, f'url = "{server.url()}"', **places)


def test_its_tables_give_the_figures_of_the_exports(company: Company, sources: Path) -> None:
    assert_same(report_from(sources, company), company)


def test_what_it_counts_itself_is_the_same(company: Company, sources: Path) -> None:
    counted = company.definitions.model_copy(update={"data_limit": 400})
    found = report_from(sources, company, counted)
    assert_same(found, company)
    assert found.unlisted[0].endswith(
        "the records stay in the source (PostgreSQL), and every figure counts all of them."
    )


def changed(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "fault", "words"),
    [
        ("mart.crm_deal", "mart.deals", NoTable, "has no table mart.deals that can be read"),
        ("src_stage", "src_phase", NoColumn, 'mart.crm_deal has no column "src_phase"'),
        ('table = "mart.crm_deal"', 'query = "delete from mart.crm_deal"', NotOneSelect, "it is a DELETE"),
        (
            'table = "mart.crm_deal"',
            'query = "with gone as (delete from mart.crm_deal returning *) select * from gone"',
            NotOneSelect,
            "it holds DELETE",
        ),
        ('table = "mart.crm_deal"', 'query = "select * into t from mart.crm_deal"', NotOneSelect, "it holds INTO"),
        ('table = "mart.crm_deal"', 'query = "select 1; drop table mart.crm_deal"', NotOneSelect, "2 statements"),
    ],
)
def test_what_is_wrong_is_a_sentence(
    company: Company, sources: Path, old: str, new: str, fault: type[Exception], words: str
) -> None:
    with pytest.raises(fault, match=words):
        report_from(changed(sources, old, new), company)


def test_a_query_is_asked_in_the_database(company: Company, sources: Path) -> None:
    path = changed(sources, 'table = "mart.crm_deal"', 'query = "select * from mart.crm_deal; "')
    assert_same(report_from(path, company), company)


def test_a_wrong_password_is_told_without_it(
    company: Company, sources: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    book = tmp_path / "plan.xlsx"
    book.write_bytes(build("quarterly_plan", Edition.FORMULAS))
    before = book.read_bytes()
    monkeypatch.setenv("PGPASSWORD", WRONG)
    with pytest.raises(NoConnection, match="password authentication failed") as told:
        refresh_book(Inputs((), company.example.as_of, source=sources), book, book)
    assert WRONG not in f"{told.value!s}{told.value!r}{told.value.__cause__!r}"
    assert told.value.__suppress_context__  # no traceback shows what the backend was given
    assert book.read_bytes() == before


def test_a_connection_that_is_lost_in_the_middle(company: Company, sources: Path, server: Server) -> None:
    counted = company.definitions.model_copy(update={"data_limit": 0})

    def ended(what: str, share: float) -> None:
        with server.owner.con.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")

    def counting() -> None:
        with data_of(Inputs((), company.example.as_of, source=sources)) as data:
            data.read(counted, None, ended)

    with pytest.raises(LostConnection, match="was lost while figures were counted"):
        counting()


# -- on the command line: one sentence, and the workbook as it was ---------------------------------------------------

LATE = (
    "cast(case when src_opportunity_id = (select max(src_opportunity_id) from {0}) then 'x' else '1' end as int) = 1"
)
"""True of every deal but the last, which the database cannot compute."""


@pytest.fixture
def book(tmp_path: Path, plan: bytes) -> Path:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(plan)
    return path


@pytest.fixture(scope="module")
def plan() -> bytes:
    return build("quarterly_plan", Edition.FORMULAS)


@pytest.fixture
def counted(company: Company, tmp_path: Path) -> Path:
    """Definitions by which the database counts, however few the rows are."""
    path = tmp_path / "definitions.toml"
    text = company.example.definitions.read_text(encoding="utf-8")
    path.write_text(f"data_limit = 0\n{text}", encoding="utf-8")
    return path


@pytest.mark.parametrize("where", ["brought in", "counted there"])
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mart.crm_deal", "mart.deals", 'The connection "example" has no table mart.deals that can be read: '),
        (
            "src_stage",
            "src_phase",
            'mart.crm_deal has no column "src_phase", which the sources file names for "stage"',
        ),
        (
            'table = "mart.crm_deal"',
            f'query = "select * from mart.crm_deal where {LATE.format("mart.crm_deal")}"',
            "the source could not answer: ",
        ),
    ],
)
def test_a_refresh_that_stops_leaves_the_workbook_as_it_was(
    company: Company, sources: Path, book: Path, counted: Path, where: str, old: str, new: str, words: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = changed(sources, old, new)
    agreed = ["--definitions", str(counted)] if where == "counted there" else []
    given = ["--source", str(path), "--as-of", str(company.example.as_of), *agreed]
    assert words in stopped(book, given, capsys, monkeypatch)


def test_a_wrong_password_leaves_it_as_it_was(
    company: Company, sources: Path, book: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("PGPASSWORD", MARK)
    given = ["--source", str(sources), "--as-of", str(company.example.as_of)]
    told = stopped(book, given, capsys, monkeypatch)
    assert told.startswith('The connection "example" (PostgreSQL) cannot be opened: ')


def test_a_server_that_does_not_run_leaves_it_as_it_was(
    company: Company, server: Server, sources: Path, book: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = changed(sources, str(server.socket), str(server.socket / "none"))
    told = stopped(book, ["--source", str(path), "--as-of", str(company.example.as_of)], capsys, monkeypatch)
    assert told.startswith('The connection "example" (PostgreSQL) cannot be opened: ')


@pytest.mark.parametrize("query", [1, 40])
def test_a_cable_that_is_cut_leaves_it_as_it_was(
    company: Company, server: Server, sources: Path, book: Path, counted: Path, query: int,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("s")
    path = changed(sources, str(server.socket), str(folder))
    given = ["--source", str(path), "--as-of", str(company.example.as_of), "--definitions", str(counted)]
    with cable(folder, server.socket) as way:
        at_query(query, way.cut, monkeypatch)
        told = stopped(book, given, capsys, monkeypatch)
    assert told.startswith('The connection "example" (PostgreSQL) was lost while figures were counted: ')
    assert told.endswith(". Nothing was written; refresh again.")


@pytest.mark.parametrize("query", [40])
def test_a_session_that_the_server_ends_leaves_it_as_it_was(
    company: Company, server: Server, sources: Path, book: Path, counted: Path, query: int,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def end() -> None:
        with server.owner.con.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")

    at_query(query, end, monkeypatch)
    given = ["--source", str(sources), "--as-of", str(company.example.as_of), "--definitions", str(counted)]
    told = stopped(book, given, capsys, monkeypatch)
    assert told.startswith('The connection "example" (PostgreSQL) was lost while figures were counted: ')
