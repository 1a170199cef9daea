"""The sheet Source: what a sources file says and what a person writes there, and what a workbook may not do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sources.conftest import Company

from xlfunnel.crm.fields import FIELDS
from xlfunnel.crm.tables import Kind
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import SeveralSources, refresh_book, refresh_books, refresh_new
from xlfunnel.sources.errors import NameTaken, SecretInSource, UnknownConnection
from xlfunnel.sources.known import check_known, connect, connections_file, is_inside, known_connections
from xlfunnel.sources.settings import COST_COLUMNS, Connection, Sources, read_sources
from xlfunnel.templates.agreed_source import BadSource, names_tables, source_in
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.export_files import export_files
from xlfunnel.templates.shown_source import show_source
from xlfunnel.templates.source_sheet import (
    COLUMNS_TABLE,
    CONNECTION,
    CONNECTIONS_TABLE,
    GIVEN,
    OF_TABLE,
    STAGE,
    STAGES_TABLE,
    TABLES_TABLE,
    TOLD,
    YOUR_ADDRESS,
    YOUR_DATE,
    YOUR_KIND,
    YOUR_STATUS,
    YOURS,
)

COMMITTED = Path(__file__).parents[2] / "workbook_templates"
EVERYTHING = """\
crm = "Salesforce"

[connections.crm]
duckdb = "crm.duckdb"
[connections.files]
parquet = "landed/*.parquet"

[opportunities]
connection = "crm"
table = "mart.deals"
mart = "hubspot__deals"
[opportunities.columns]
id = "deal_key"
amount = "=worth"
lost = "(none)"
[opportunities.stage_dates]
"Discovery" = "discovery_at"
"Proposal (New business)" = "proposal_at"

[leads]
connection = "files"
query = '''
select *
from "people, all" where a <> ';' '''
[leads.columns]
email = "@mail"

[history]
connection = "crm"
table = "moves"
[history.columns]
changed = "2024"

[touches]
connection = "crm"
table = "tasks"
mart = "stg_salesforce__task"

[spend]
connection = "crm"
table = "spend"
[spend.columns]
amount = "paid"

[people]
connection = "crm"
query = "select 1"
[people.columns]
"hours: Web" = "h_web"
"hours: Partner" = "h_partner"
"hours: Fair" = "h_fair"
"hours: Post" = "h_post"

[stages]
"Discovery" = "open"
"Gone quiet" = "no decision"

[[segments]]
name = "Small; or less"
employees_below = 50
[[segments]]
name = "South"
countries = ["France", "Spain"]
"""


@pytest.fixture(scope="module")
def plan() -> bytes:
    return build("quarterly_plan", Edition.FORMULAS)


@pytest.fixture
def book(tmp_path: Path, plan: bytes) -> Path:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(plan)
    return path


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a person of whom nothing is known yet."""
    monkeypatch.setattr("xlfunnel.sources.known.sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return connections_file()


def typed(file: WorkbookFile, table: str, column: str, value: str | float | None, *key: str) -> str:
    """What a person types into the row that begins with this key, or into a free row; gives the cell's name."""
    place = file.table(table)
    rows = [tuple(str(held or "") for held in row.values()) for row in file.read_table(table)]
    number = next((n for n, row in enumerate(rows) if row[: len(key)] == key), None)
    if number is None:
        number = next(n for n, row in enumerate(rows) if not any(row))
        for at, word in enumerate(key):
            file.write(place.sheet, place.first_row + number, place.left + at, word)
    left = place.column(column)
    assert left is not None
    file.write(place.sheet, place.first_row + number, left, value)
    return file.cell_name(place.sheet, place.first_row + number, left)


def write(book: Path, table: str, column: str, value: str | float | None, *key: str) -> str:
    """The same in a file."""
    file = WorkbookFile.open(book)
    cell = typed(file, table, column, value, *key)
    file.save(book)
    return cell


def fill(book: Path, sources: Path) -> Sources:
    """What a person types who copies a sources file onto the sheet."""
    given, file = read_sources(sources), WorkbookFile.open(book)
    for name, one in given.connections.items():
        typed(file, CONNECTIONS_TABLE, YOUR_KIND, one.kind, name)
        typed(file, CONNECTIONS_TABLE, YOUR_ADDRESS, one.address, name)
    if given.crm:
        typed(file, TABLES_TABLE, YOURS, given.crm, "all", "crm")
    if given.segments:
        typed(file, TABLES_TABLE, YOURS, "; ".join(map(str, given.segments)), "all", "segments")
    for kind, place in given.places():
        for name in OF_TABLE:
            if getattr(place, name, ""):
                typed(file, TABLES_TABLE, YOURS, getattr(place, name), kind.value, name)
        for field, column in place.columns.items():
            said = float(column) if column == "2024" else column  # Excel makes a number of it
            typed(file, COLUMNS_TABLE, YOURS, said, kind.value, field)
    assert given.opportunities
    for stage, column in given.opportunities.stage_dates.items():
        typed(file, STAGES_TABLE, YOUR_DATE, column, stage)
    for stage, status in given.stages.items():
        typed(file, STAGES_TABLE, YOUR_STATUS, status.value.title(), stage)
    file.save(book)
    return given


def sources_file(folder: Path, text: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return path


def plain(sources: Sources) -> dict[str, object]:
    """The settings without the folders of their files and the line around a query, which no cell keeps."""
    found = sources.model_dump(exclude_defaults=True)
    found["connections"] = {name: (one.kind, Path(one.address).name) for name, one in sources.connections.items()}
    for one in found.values():
        if isinstance(one, dict) and "query" in one:
            one["query"] = one["query"].strip()
    return found


# -- the sheet -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [edition.suffix for edition in Edition])
@pytest.mark.parametrize("name", list(TEMPLATES))
def test_every_workbook_has_the_sheet_and_names_no_source_of_its_own(name: str, suffix: str) -> None:
    file = WorkbookFile.open(COMMITTED / f"{name}{suffix}")
    fields = {(kind.value, one.name) for kind, found in FIELDS.items() for one in found}
    costs = {(kind.value, one) for kind, names in COST_COLUMNS.items() for one in names}
    listed = {(row["Records"], row["Field"]) for row in file.read_table(COLUMNS_TABLE)}
    assert listed - {(None, None)} == fields | costs
    assert {CONNECTIONS_TABLE, STAGES_TABLE} <= file.tables.keys()
    assert not names_tables(file)
    assert file.read_name(TOLD) == "No refresh has counted a source yet."


def test_a_sources_file_is_shown_and_read_back_whole(book: Path, tmp_path: Path) -> None:
    given = read_sources(sources_file(tmp_path, EVERYTHING))
    file = WorkbookFile.open(book)
    assert show_source(file, "sources.toml", given).taken().notes == ()
    file.save(book)
    found = source_in(WorkbookFile.open(book), tmp_path)
    assert plain(found) == plain(given)
    assert found.connections["crm"].address == str(tmp_path / "crm.duckdb")
    file = WorkbookFile.open(book)
    place = file.table(COLUMNS_TABLE)
    row = next(n for n, row in enumerate(file.read_table(COLUMNS_TABLE)) if row[GIVEN] == "=worth")
    at = place.column(GIVEN)
    assert at is not None
    assert file.formula(place.sheet, place.first_row + row, at) is None  # a column's name is no formula


def test_what_a_person_types_says_the_same(book: Path, tmp_path: Path) -> None:
    given = fill(book, sources_file(tmp_path, EVERYTHING))
    assert plain(source_in(WorkbookFile.open(book), tmp_path)) == plain(given)


def test_another_file_takes_the_place_of_the_first_and_own_words_stay(book: Path, tmp_path: Path) -> None:
    first = read_sources(sources_file(tmp_path, EVERYTHING))
    text = '[connections.own]\nduckdb = "own.duckdb"\n[leads]\ntable = "t"\n[leads.columns]\nid = "key"\n'
    second = read_sources(sources_file(tmp_path, text))
    file = WorkbookFile.open(book)
    show_source(file, "sources.toml", first)
    file.save(book)
    write(book, CONNECTIONS_TABLE, YOUR_ADDRESS, "other.duckdb", "crm")
    write(book, STAGES_TABLE, YOUR_STATUS, "lost", "Gone quiet")
    file = WorkbookFile.open(book)
    (note,) = show_source(file, "sources.toml", second).taken().notes
    assert note == 'sources.toml counted alone: what you wrote on the sheet Source ("Yours") did not.'
    rows = [row for row in file.read_table(CONNECTIONS_TABLE) if row[CONNECTION]]
    assert [(row[CONNECTION], row[YOUR_ADDRESS]) for row in rows if row[YOUR_ADDRESS]] == [("crm", "other.duckdb")]
    assert {row[CONNECTION] for row in rows} == {"own", "crm"}
    stages = [row for row in file.read_table(STAGES_TABLE) if row[STAGE]]
    assert [(row[STAGE], row[YOUR_STATUS]) for row in stages] == [("Gone quiet", "lost")]
    assert {row[GIVEN] for row in file.read_table(COLUMNS_TABLE)} == {None, "key"}


# -- a refresh -----------------------------------------------------------------------------------------------------


def test_a_refresh_without_files_counts_what_stands_there(
    company: Company, warehouse: Path, book: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.xlsx"
    other.write_bytes(book.read_bytes())
    from_file = refresh_book(Inputs((), company.example.as_of, source=warehouse), other, other)
    assert WorkbookFile.open(other).read_name(TOLD) == "The last refresh counted sources.toml."
    again = refresh_book(Inputs((), company.example.as_of), other, other)  # what the file said stands on the sheet
    fill(book, warehouse)
    typed = refresh_book(Inputs((), company.example.as_of), book, book)
    for found in (again, typed):
        assert found.report.summary["window"] == from_file.report.summary["window"]
        assert "of the sheet Source" in " ".join(found.report.notes)
    assert WorkbookFile.open(book).read_name(TOLD) == "The last refresh counted the sheet Source."
    exported = refresh_book(Inputs(company.example.exports, company.example.as_of), book, book)
    assert exported.report.files[0].file == company.example.exports[0].name  # files that are given go before
    assert WorkbookFile.open(book).read_name(TOLD) == "The last refresh counted files, not what stands here."
    assert names_tables(WorkbookFile.open(book))


def test_a_column_that_a_person_names_goes_before_the_files(company: Company, warehouse: Path, book: Path) -> None:
    inputs = Inputs((), company.example.as_of)
    refresh_book(Inputs((), company.example.as_of, source=warehouse), book, book)
    write(book, COLUMNS_TABLE, YOURS, "src_type", "opportunities", "source")
    done = refresh_book(inputs, book, book)
    assert done.report.files[0].mapping["source"] == "src_type"
    with_file = refresh_book(Inputs((), company.example.as_of, source=warehouse), book, book)
    assert with_file.report.files[0].mapping["source"] == "src_lead_source"
    assert with_file.taken
    assert any("counted alone" in note for note in with_file.taken.notes)
    cell = write(book, COLUMNS_TABLE, YOURS, "src_phase", "opportunities", "source")
    before = book.read_bytes()
    with pytest.raises(BadSource) as told:
        refresh_book(inputs, book, book)
    assert str(told.value).startswith(f'{cell} holds "src_phase": crm_deal has no such column. Its columns are: ')
    assert book.read_bytes() == before


def test_a_new_dashboard_shows_its_source(company: Company, warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    made = tmp_path / "there" / "dashboard.xlsx"
    refresh_new(Inputs((), company.example.as_of, source=warehouse), made)
    file = WorkbookFile.open(made)
    assert file.read_name(TOLD) == "The last refresh counted sources.toml."
    address = file.read_table(CONNECTIONS_TABLE)[0]["Address in the file"]
    assert address == str(tmp_path / "own.duckdb")  # as seen from this workbook, out of its folder
    with pytest.raises(UnknownConnection):
        source_in(file, made.parent)
    connect(warehouse)
    assert plain(source_in(file, made.parent)) == plain(read_sources(warehouse))


def test_several_workbooks_must_describe_one_source(company: Company, warehouse: Path, book: Path) -> None:
    other = book.with_name("velocity.xlsx")
    other.write_bytes(build("velocity_explorer", Edition.FORMULAS))
    refresh_books(Inputs((), company.example.as_of, source=warehouse), [book, other])
    refresh_books(Inputs((), company.example.as_of), [book, other])
    write(other, COLUMNS_TABLE, YOURS, "src_type", "opportunities", "source")
    with pytest.raises(SeveralSources, match="Refresh one after the other"):
        refresh_books(Inputs((), company.example.as_of), [book, other])


# -- what is wrong is told with its cell ---------------------------------------------------------------------------

DEALS = ("opportunities", "table")


@pytest.mark.parametrize(
    ("table", "column", "value", "key", "words"),
    [
        (TABLES_TABLE, YOURS, "select 1", ("opportunities", "query"), "it needs a table or a query, and not both"),
        (TABLES_TABLE, YOURS, "b", ("opportunities", "connection"), 'the connection "b" has no address on the sheet'),
        (TABLES_TABLE, YOURS, "hubspot__deals", ("leads", "mart"), "it needs a table or a query"),
        (TABLES_TABLE, YOURS, "x", ("opportunities", "mart"), 'holds "x": "x" is no known mart'),
        (TABLES_TABLE, YOURS, "Small", ("all", "segments"), 'holds "Small": "Small" is no rule'),
        (COLUMNS_TABLE, YOURS, "x", ("people", "hour"), 'stands beside "people" and "hour", and there is no such'),
        (COLUMNS_TABLE, YOURS, "x", ("leads", "id"), "it needs a table or a query"),
        (STAGES_TABLE, YOUR_STATUS, "parked", ("Proposal",), 'holds "parked": Input should be'),
        (STAGES_TABLE, YOUR_STATUS, "won", ("",), "no stage stands in its row"),
        (CONNECTIONS_TABLE, YOUR_KIND, "odbc", ("a",), "must say what the address beside it is of"),
        (CONNECTIONS_TABLE, YOUR_ADDRESS, "b.duckdb", ("",), "no connection is named in its row"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named_with_its_cell(
    book: Path, tmp_path: Path, table: str, column: str, value: str, key: tuple[str, ...], words: str
) -> None:
    fill(book, sources_file(tmp_path, '[connections.a]\nduckdb = "a.duckdb"\n[opportunities]\ntable = "t"\n'))
    cell = write(book, table, column, value, *key)
    with pytest.raises(BadSource) as told:
        source_in(WorkbookFile.open(book), tmp_path)
    assert words in str(told.value)
    assert str(told.value).startswith((cell, "Source!")), told.value
    if (table, key) != (TABLES_TABLE, ("opportunities", "query")):
        assert str(told.value).startswith(cell)


@pytest.mark.parametrize(
    ("table", "column", "key", "value", "words"),
    [
        (TABLES_TABLE, YOURS, DEALS, "deals", 'holds "deals": '),
        (CONNECTIONS_TABLE, YOUR_ADDRESS, ("example",), "no.duckdb", "there is no file"),
        (TABLES_TABLE, YOURS, ("spend", "query"), "drop table spend", 'holds "drop table spend": it is a DROP'),
    ],
)
def test_what_the_source_says_is_told_with_its_cell(
    company: Company, warehouse: Path, book: Path,
    table: str, column: str, key: tuple[str, ...], value: str, words: str,
) -> None:  # fmt: skip
    fill(book, warehouse)
    cell = write(book, table, column, value, *key)
    if key == ("spend", "query"):
        write(book, TABLES_TABLE, YOURS, None, "spend", "table")
    before = book.read_bytes()
    with pytest.raises(BadSource) as told:
        refresh_book(Inputs((), company.example.as_of), book, book)
    assert str(told.value).startswith(cell)
    assert words in str(told.value)
    assert book.read_bytes() == before


# -- what a workbook may not do ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("url", "postgres://kim:hunter22@db/crm"),
        ("url", "postgres://kim@db/crm?password=hunter22"),
        ("spark", "sc://host:15002/;token=hunter22"),
        ("duckdb", "host=db password=hunter22"),
    ],
)
def test_a_secret_is_refused_with_its_cell_and_not_repeated(
    company: Company, warehouse: Path, book: Path, kind: str, address: str
) -> None:
    write(book, CONNECTIONS_TABLE, YOUR_KIND, kind, "crm")
    cell = write(book, CONNECTIONS_TABLE, YOUR_ADDRESS, address, "crm")
    write(book, TABLES_TABLE, YOURS, "deals", *DEALS)
    before = book.read_bytes()
    for source in (None, warehouse):  # a workbook is mailed: not even beside a file that counts alone
        with pytest.raises(SecretInSource) as told:
            refresh_book(Inputs((), company.example.as_of, source=source), book, book)
        assert str(told.value).startswith(f"{cell} holds a ")
        assert "hunter22" not in str(told.value)
    assert book.read_bytes() == before


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("url", "postgres://reader@evil.example.com/crm"),
        ("spark", "local"),
        ("duckdb", "../elsewhere.duckdb"),
        ("duckdb", "/elsewhere.duckdb"),
        ("duckdb", r"\\evil.example.com\share\a.duckdb"),
        ("duckdb", r"C:\own.duckdb"),
        ("parquet", "../*.parquet"),
        ("parquet", "there/../../*.parquet"),
        ("parquet", "linked"),
    ],
)
def test_an_address_leads_out_of_the_folder_only_where_it_is_known(
    tmp_path: Path, plan: bytes, kind: str, address: str
) -> None:
    folder = tmp_path / "mailed"
    folder.mkdir()
    (folder / "linked").symlink_to(tmp_path)
    book = folder / "plan.xlsx"
    book.write_bytes(plan)
    write(book, CONNECTIONS_TABLE, YOUR_KIND, kind, "crm")
    cell = write(book, CONNECTIONS_TABLE, YOUR_ADDRESS, address, "crm")
    write(book, TABLES_TABLE, YOURS, "deals", *DEALS)
    with pytest.raises(UnknownConnection) as told:
        source_in(WorkbookFile.open(book), folder)
    assert str(told.value).startswith(f'{cell} names the connection "crm", which leads out of the folder')
    assert address not in str(told.value)
    trusted = sources_file(folder, f"[connections.own]\n{kind} = '{address}'\n")
    if kind != "parquet":
        connect(trusted)
        found = source_in(WorkbookFile.open(book), folder)
        assert (found.connections["crm"].kind, len(known_connections())) == (kind, 1)


@pytest.mark.parametrize(
    ("kind", "address"), [("duckdb", "own.duckdb"), ("parquet", "landed/*.parquet"), ("parquet", ".")]
)
def test_files_beside_the_workbook_need_no_word(tmp_path: Path, kind: str, address: str) -> None:
    one = Connection.model_validate({kind: address})
    assert is_inside(one, tmp_path)
    check_known("crm", one, tmp_path, "Source!H9")


def test_a_name_without_an_address_is_the_one_that_is_known_here(book: Path, tmp_path: Path) -> None:
    write(book, TABLES_TABLE, YOURS, "crm", "opportunities", "connection")
    write(book, TABLES_TABLE, YOURS, "deals", *DEALS)
    with pytest.raises(BadSource, match="none of that name is known on this computer"):
        source_in(WorkbookFile.open(book), tmp_path)
    connect(sources_file(tmp_path, '[connections.crm]\nurl = "postgres://reader@db/crm"\n'))
    found = source_in(WorkbookFile.open(book), tmp_path)
    assert found.connections["crm"].url == "postgres://reader@db/crm"


def test_one_name_is_one_address_on_a_computer(tmp_path: Path, own_settings: Path) -> None:
    connect(sources_file(tmp_path, '[connections.crm]\nurl = "postgres://reader@db/crm"\n'))
    connect(sources_file(tmp_path, '[connections."o\'hara \\"x\\""]\nduckdb = \'a\\b.duckdb\'\n'))
    before = own_settings.read_bytes()
    assert set(known_connections()) == {"crm", 'o\'hara "x"'}
    with pytest.raises(NameTaken, match='Another connection is known as "crm"'):
        connect(sources_file(tmp_path, '[connections.crm]\nurl = "postgres://reader@evil/crm"\n'))
    with pytest.raises(SecretInSource):
        connect(sources_file(tmp_path, '[connections.new]\nurl = "postgres://kim:hunter22@db/crm"\n'))
    assert own_settings.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "setting", "value", "words"),
    [
        ("postgres://reader@db/crm", "query", "select * from pg_read_file('/etc/passwd')", "calls pg_read_file"),
        ("postgres://reader@db/crm", "query", "select dblink_connect('host=evil')", "calls dblink_connect"),
        ("postgres://reader@db/crm", "query", "select x from query_to_xml('drop', true, true, '') x", "calls"),
        ("postgres://reader@db/crm", "query", "select \"pg_read_file\"('/etc/passwd')", "calls pg_read_file"),
        ("postgres://reader@db/crm", "query", "select pg_catalog.pg_ls_dir('/')", "calls pg_ls_dir"),
        ("mssql://reader@db/crm", "query", "select * from openrowset('SQLNCLI', 'Server=evil', 'x')", "its query"),
        ("mysql://reader@db/crm", "query", "select load_file('/etc/passwd')", "calls load_file"),
        ("postgres://reader@db/crm", "query", "select from where (", "its query cannot be read as SQL"),
        ("postgres://reader@db/crm", "table", "/etc/passwd", "is a path or a pattern"),
        ("duckdb:///own.duckdb", "query", "select * from read_csv('/etc/passwd')", "queries of this engine can read"),
        ("duckdb:///own.duckdb", "table", "/home/kim/x.csv", "is a path or a pattern"),
        ("spark", "query", "select reflect('java.lang.System', 'exit', 1)", "queries of this engine can read files"),
        ("spark", "table", "private.parquet/x", "is a path or a pattern"),
    ],
)
def test_a_known_connection_is_not_asked_for_what_reads_files_or_reaches_hosts(
    book: Path, tmp_path: Path, url: str, setting: str, value: str, words: str
) -> None:
    address = 'spark = "local"' if url == "spark" else f'url = "{url}"'
    connect(sources_file(tmp_path, f"[connections.crm]\n{address}\n"))
    write(book, TABLES_TABLE, YOURS, "crm", "leads", "connection")
    cell = write(book, TABLES_TABLE, YOURS, value, "leads", setting)
    with pytest.raises(BadSource) as told:
        source_in(WorkbookFile.open(book), tmp_path)
    assert str(told.value).startswith(f'{cell} holds "{value[:60]}": ')
    assert words in str(told.value)


def test_plain_queries_of_a_known_connection_are_asked(book: Path, tmp_path: Path) -> None:
    connect(sources_file(tmp_path, '[connections.crm]\nurl = "postgres://reader@db/crm"\n'))
    query = "with d as (select *, coalesce(a, 0)::numeric as w from crm.deals where not gone) select * from d limit 5"
    write(book, TABLES_TABLE, YOURS, "crm", "leads", "connection")
    write(book, TABLES_TABLE, YOURS, query, "leads", "query")
    found = source_in(WorkbookFile.open(book), tmp_path)
    assert found.leads is not None
    assert found.leads.query == query


def test_a_sources_file_that_a_workbook_names_may_not_lead_out_either(
    company: Company, warehouse: Path, book: Path
) -> None:
    """A press of the button takes it from Start; on the command line it was the person who named it."""
    text = warehouse.read_text(encoding="utf-8")
    warehouse.write_text(text.replace('"own.duckdb"', f'"{company.folder / "warehouse.duckdb"}"'), encoding="utf-8")
    exports = export_files("sources.toml", book)
    with pytest.raises(UnknownConnection, match=r'sources\.toml names the connection "example", which leads out'):
        refresh_book(Inputs(exports, company.example.as_of, vouched=False), book, book)
    refresh_book(Inputs(exports, company.example.as_of), book, book)
    connect(warehouse)
    refresh_book(Inputs(exports, company.example.as_of, vouched=False), book, book)


def test_nothing_is_left_of_a_kind_whose_table_a_person_takes_out(
    company: Company, warehouse: Path, book: Path
) -> None:
    refresh_book(Inputs((), company.example.as_of, source=warehouse), book, book)
    write(book, TABLES_TABLE, GIVEN, None, "leads", "table")
    done = refresh_book(Inputs((), company.example.as_of), book, book)
    assert Kind.LEADS not in {one.kind for one in done.report.files}
