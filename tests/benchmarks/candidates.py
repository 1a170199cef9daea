"""What is measured, each beside its peers: one function for one way of doing a job on prepared files.

Each runs in a process of its own, which has loaded what it needs before the clock starts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

AS_OF = date(2026, 9, 30)
COLUMNS = 25
NAMED = 200
TABLE = "Data"


@dataclass(frozen=True)
class Candidate:
    """A way of doing a job: what must be loaded before, and the work in the folder of the prepared files."""

    title: str
    loads: tuple[str, ...]
    work: Callable[[Path], object]
    warm: bool = False
    """Whether the work is done once before the clock starts: in a process that stays, or on a machine that has
    compiled the program before."""


@dataclass(frozen=True)
class Job:
    """A job at one size, how its files are made, and the ways of doing it, ours first."""

    title: str
    rows: int
    prepare: Callable[[Path, int], object]
    candidates: tuple[Candidate, ...]


# -- files


WRITTEN = 100_000
"""So many opportunities are made up; a larger export has them again and again, each time with ids of their own."""
ID_BEGINS = b'"0065g00000'


def exports(folder: Path, rows: int) -> None:
    """A CRM's export of opportunities as CSV."""
    from xlfunnel.demo import Crm, write_example

    copies, rest = divmod(rows, WRITTEN) if rows > WRITTEN else (1, 0)
    if rest:
        msg = f"a large export has a multiple of {WRITTEN:,} rows, not {rows:,}"
        raise ValueError(msg)
    example = write_example(folder, Crm.SALESFORCE, min(rows, WRITTEN))
    deals, leads = example.exports
    header, _, below = deals.read_bytes().partition(b"\r\n")
    body, blank, footer = below.rpartition(b'\r\n\r\n"Total"')
    with (folder / "deals.csv").open("wb") as stream:
        stream.write(header)
        for copy in range(copies):
            stream.write(b"\r\n" + body.replace(ID_BEGINS, b'"0065g%05d' % copy))
        stream.write(blank + footer)
    deals.unlink()
    leads.unlink()


def export_workbook(folder: Path, rows: int) -> None:
    """The same export as a workbook."""
    import csv

    import xlsxwriter

    exports(folder, rows)
    with (
        (folder / "deals.csv").open(encoding="cp1252", newline="") as stream,
        xlsxwriter.Workbook(folder / "deals.xlsx", {"constant_memory": True}) as book,
    ):
        sheet = book.add_worksheet("Report")
        for number, row in enumerate(csv.reader(stream)):
            sheet.write_row(number, 0, row)


def rich_workbook(folder: Path, rows: int) -> None:
    """A table of 25 columns that is to be filled, a chart over it, and named cells."""
    _workbook(folder / "book.xlsx", 1)


def filled_workbook(folder: Path, rows: int) -> None:
    """The same whose table is full; only the named cells are to change."""
    _workbook(folder / "book.xlsx", rows)


def _workbook(path: Path, rows: int) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet, front = book.add_worksheet("Data"), book.add_worksheet("Front")
        columns = [{"header": name} for name in headings()]
        sheet.add_table(0, 0, rows, COLUMNS - 1, {"name": TABLE, "columns": columns})
        for number, values in enumerate(zip(*table_columns(rows).values(), strict=True)):
            for column, value in enumerate(values):
                if isinstance(value, date):
                    sheet.write_datetime(number + 1, column, value)
                else:
                    sheet.write(number + 1, column, value)
        for number in range(NAMED):
            front.write_number(number, 0, number)
            book.define_name(f"figure_{number}", f"=Front!$A${number + 1}")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": ["Front", 0, 0, NAMED - 1, 0]})
        front.insert_chart("C2", chart)


def headings() -> list[str]:
    return [
        f"{'Text' if place % 3 == 0 else 'Number' if place % 3 == 1 else 'Day'} {place}" for place in range(COLUMNS)
    ]


def table_columns(rows: int) -> dict[str, list[Any]]:
    """Texts, numbers and dates in turn."""
    first = date(2024, 1, 1)
    days = [first + timedelta(number % 900) for number in range(rows)]
    texts = [f"Account {number}" for number in range(rows)]
    numbers = [number * 1.25 for number in range(rows)]
    kinds = {"Text": texts, "Number": numbers, "Day": days}
    return {name: list(kinds[name.split()[0]]) for name in headings()}


# -- reading an export


def our_reading(folder: Path) -> object:
    from xlfunnel.crm import read_exports
    from xlfunnel.definitions import read_definitions

    [path] = [path for path in folder.glob("deals.*") if path.suffix == _suffix(folder)]
    return read_exports([path], AS_OF, read_definitions(folder / "definitions.toml"))


def _suffix(folder: Path) -> str:
    return ".xlsx" if (folder / "deals.xlsx").exists() else ".csv"


def our_refresh(folder: Path) -> object:
    from xlfunnel.definitions import read_definitions
    from xlfunnel.inputs import Inputs
    from xlfunnel.refresh import refresh

    inputs = Inputs((folder / "deals.csv",), AS_OF, read_definitions(folder / "definitions.toml"))
    return refresh(inputs, folder / "out.xlsx")


USED = (
    "Opportunity ID", "Opportunity Name", "Account Name", "Opportunity Owner", "Segment", "Lead Source", "Type",
    "Amount Currency", "Amount", "Created Date", "Close Date", "Stage", "Last Stage Change Date",
    "Last Modified Date", "Is Deleted?", "Won", "Closed", "Loss Reason", "Primary Campaign Source",
)  # fmt: skip
"""The columns that our reading takes from the export; the peers type the same."""
DATES = tuple(name for name in USED if name.endswith("Date"))
AMERICAN = "%m/%d/%Y"


def by_pandas(folder: Path) -> object:
    import pandas as pd

    # all columns: with some of them only, and with dates, pandas takes a reader that is several times slower
    return pd.read_csv(folder / "deals.csv", encoding="cp1252", low_memory=True)


def by_arrow(folder: Path) -> object:
    from pyarrow import csv

    return csv.read_csv(
        folder / "deals.csv",
        read_options=csv.ReadOptions(encoding="cp1252"),
        parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda _row: "skip"),
        convert_options=csv.ConvertOptions(include_columns=list(USED), timestamp_parsers=[AMERICAN]),
    )


def by_polars(folder: Path) -> object:
    import polars as pl

    path = folder / "deals.csv"
    read = pl.scan_csv(path, encoding="utf8-lossy", infer_schema=False, truncate_ragged_lines=True).select(USED)
    dates = [pl.col(name).str.to_date(AMERICAN, strict=False) for name in DATES]
    return read.with_columns(*dates, pl.col("Amount").cast(pl.Float64, strict=False)).collect()


def by_duckdb(folder: Path) -> object:
    import duckdb

    names = ", ".join(f'"{name}"' for name in USED)
    query = "select * from read_csv(?, ignore_errors=true, header=true, encoding='latin-1')"
    return duckdb.sql(query, params=[str(folder / "deals.csv")]).project(names).to_arrow_table()


def by_fastexcel(folder: Path) -> object:
    import fastexcel

    return fastexcel.read_excel(folder / "deals.xlsx").load_sheet(0).to_arrow()


def by_openpyxl(folder: Path) -> object:
    import openpyxl

    book = openpyxl.load_workbook(folder / "deals.xlsx", read_only=True)
    return [row for sheet in book for row in sheet.iter_rows(values_only=True)]


# -- writing into a workbook


def our_filling(columns: dict[str, list[Any]]) -> Callable[[Path], object]:
    def work(folder: Path) -> None:
        from xlfunnel.ooxml.workbook_file import WorkbookFile

        book = WorkbookFile.open(folder / "book.xlsx")
        book.fill_columns(TABLE, columns)
        _write_figures(book)
        book.save(folder / "out.xlsx")

    return work


def openpyxl_filling(columns: dict[str, list[Any]]) -> Callable[[Path], object]:
    def work(folder: Path) -> None:
        import openpyxl

        book = openpyxl.load_workbook(folder / "book.xlsx")
        sheet = book["Data"]
        for number, values in enumerate(zip(*columns.values(), strict=True), 2):
            for column, value in enumerate(values, 1):
                sheet.cell(number, column, value)
        sheet.tables[TABLE].ref = f"A1:Y{number}"
        for number in range(NAMED):
            book["Front"].cell(number + 1, 1, number + 0.5)
        book.save(folder / "out.xlsx")

    return work


def xlsxwriter_writing(columns: dict[str, list[Any]]) -> Callable[[Path], object]:
    def work(folder: Path) -> None:
        import xlsxwriter

        options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
        with xlsxwriter.Workbook(folder / "out.xlsx", options) as book:
            sheet = book.add_worksheet("Data")
            for number, values in enumerate(zip(*columns.values(), strict=True)):
                sheet.write_row(number, 0, values)

    return work


def our_figures(folder: Path) -> None:
    from xlfunnel.ooxml.workbook_file import WorkbookFile

    book = WorkbookFile.open(folder / "book.xlsx")
    _write_figures(book)
    book.save(folder / "out.xlsx")


def _write_figures(book: Any) -> None:
    for number in range(NAMED):
        book.write_name(f"figure_{number}", number + 0.5)


def openpyxl_figures(folder: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(folder / "book.xlsx")
    for number in range(NAMED):
        book["Front"].cell(number + 1, 1, number + 0.5)
    book.save(folder / "out.xlsx")


def copying(folder: Path) -> object:
    return shutil.copyfile(folder / "book.xlsx", folder / "out.xlsx")


def copying_to_disk(folder: Path) -> None:
    copying(folder)
    with (folder / "out.xlsx").open("rb+") as stream:
        os.fsync(stream.fileno())


# -- a press of the button


def pressed(folder: Path, rows: int) -> None:
    """A CRM's export of opportunities, a dashboard that an earlier refresh filled from it, and a plan."""
    from xlfunnel.definitions import read_definitions
    from xlfunnel.inputs import Inputs
    from xlfunnel.refresh import refresh
    from xlfunnel.templates.build import build
    from xlfunnel.templates.contents import BLANK
    from xlfunnel.templates.edition import Edition

    exports(folder, rows)
    inputs = Inputs((folder / "deals.csv",), AS_OF - timedelta(days=7), read_definitions(folder / "definitions.toml"))
    refresh(inputs, folder / "dashboard.xlsx")
    held = BLANK.with_table("Segments", [(name,) for name in ("SMB", "Mid-Market", "Enterprise")])
    plan = held.with_fields(currency="USD", quarter_start=date(2026, 7, 1))
    (folder / "plan.xlsx").write_bytes(build("quarterly_plan", Edition.FORMULAS, plan))


def pressing(book: str) -> Callable[[Path], object]:
    def work(folder: Path) -> object:
        from xlfunnel.definitions import read_definitions
        from xlfunnel.inputs import Inputs
        from xlfunnel.refresh import refresh_book

        shutil.copyfile(folder / book, folder / f"now-{book}")
        inputs = Inputs((folder / "deals.csv",), AS_OF, read_definitions(folder / "definitions.toml"))
        return refresh_book(inputs, folder / f"now-{book}", folder / f"now-{book}")

    return work


def commanding(book: str) -> Callable[[Path], object]:
    def work(folder: Path) -> None:
        shutil.copyfile(folder / book, folder / f"now-{book}")
        call = [sys.executable, "-c", "from xlfunnel.cli import main; main()", "refresh", str(folder / f"now-{book}")]
        call += [str(folder / "deals.csv"), "--definitions", str(folder / "definitions.toml"), "--as-of", str(AS_OF)]
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        subprocess.run(call, check=True, capture_output=True, env={**os.environ, **compiled})

    return work


def starting(_folder: Path) -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


# -- jobs

_CSV = ("pandas", "pyarrow.csv", "pyarrow.compute", "narwhals", "duckdb", "xlfunnel.crm", "xlfunnel.refresh")


def reading(rows: int) -> Job:
    return Job(
        "CSV export of opportunities",
        rows,
        exports,
        (
            Candidate("xlfunnel: read, judge every record", _CSV, our_reading),
            Candidate("xlfunnel: refresh to a dashboard", _CSV, our_refresh),
            Candidate("pandas.read_csv, nothing else", ("pandas", "pyarrow.csv"), by_pandas),
            Candidate("pyarrow.csv, the same columns typed", ("pyarrow.csv",), by_arrow),
            *([Candidate("polars, the same columns typed", ("polars",), by_polars)] if find_spec("polars") else []),
            Candidate("duckdb read_csv, the same columns", ("duckdb", "pyarrow"), by_duckdb),
        ),
    )


def workbook_reading(rows: int) -> Job:
    return Job(
        "XLSX export of opportunities",
        rows,
        export_workbook,
        (
            Candidate("xlfunnel: read, judge every record", (*_CSV, "fastexcel"), our_reading),
            Candidate("fastexcel, nothing else", ("fastexcel", "pyarrow"), by_fastexcel),
            Candidate("openpyxl read-only, nothing else", ("openpyxl",), by_openpyxl),
        ),
    )


def filling(rows: int) -> Job:
    # Arrow loads pandas with its first array, where there is pandas.
    ours, columns = ("pandas", "xlfunnel.ooxml.workbook_file", "xlfunnel.ooxml.column_cells"), table_columns(rows)
    return Job(
        f"{COLUMNS} columns and {NAMED} named cells into a workbook",
        rows,
        rich_workbook,
        (
            Candidate("xlfunnel", ours, our_filling(columns)),
            Candidate("openpyxl: load, fill, save", ("openpyxl",), openpyxl_filling(columns)),
            Candidate("XlsxWriter: a new plain file", ("xlsxwriter",), xlsxwriter_writing(columns)),
        ),
    )


def figures(rows: int) -> Job:
    return Job(
        f"{NAMED} named cells in a full workbook",
        rows,
        filled_workbook,
        (
            Candidate("xlfunnel", ("xlfunnel.ooxml.workbook_file",), our_figures),
            Candidate("a copy of the file", (), copying),
            Candidate("a copy of the file, brought to the disk", (), copying_to_disk),
            Candidate("openpyxl: load, write, save", ("openpyxl",), openpyxl_figures),
        ),
    )


def button(rows: int) -> Job:
    return Job(
        "A refresh of an existing workbook from an export of opportunities",
        rows,
        pressed,
        (
            Candidate("xlfunnel: a dashboard, in a process that stays", _CSV, pressing("dashboard.xlsx"), warm=True),
            Candidate("xlfunnel: a plan, in a process that stays", _CSV, pressing("plan.xlsx"), warm=True),
            Candidate("xlfunnel: a dashboard, by the command line", (), commanding("dashboard.xlsx"), warm=True),
            Candidate("xlfunnel: a plan, by the command line", (), commanding("plan.xlsx"), warm=True),
            Candidate("a start of Python, nothing else", (), starting),
        ),
    )


SMALL = (reading, 10_000), (workbook_reading, 10_000), (filling, 5_000), (figures, 5_000), (button, 5_000)
LARGE = (
    (reading, 100_000), (reading, 1_000_000), (reading, 5_000_000),
    (workbook_reading, 100_000), (filling, 100_000), (figures, 100_000),
)  # fmt: skip
JOBS = {f"{make.__name__} {rows}": (make, rows) for make, rows in (*SMALL, *LARGE)}
