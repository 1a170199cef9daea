"""A workbook whose sheet Source names a DuckDB file beside it, as a person fills it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.templates.source_sheet import CONNECTIONS_TABLE, TABLES_TABLE, YOURS


def describe_source(book: Path, address: str = "crm.duckdb") -> None:
    """Put one won deal into the file, and its table onto the sheet; `address` is what the sheet says of the file."""
    with duckdb.connect(str(book.with_name("crm.duckdb"))) as own:
        own.execute(
            "CREATE OR REPLACE TABLE deals AS SELECT '1' AS deal_id, 'Closed Won' AS stage, 100 AS amount, "
            "DATE '2026-08-01' AS created_date, DATE '2026-10-05' AS close_date"
        )
    file = WorkbookFile.open(book)
    connections, tables = file.table(CONNECTIONS_TABLE), file.table(TABLES_TABLE)
    for at, words in {0: "crm", 3: "duckdb", 4: address}.items():
        file.write(connections.sheet, connections.first_row, connections.left + at, words)
    rows = [(row["Records"], row["Setting"]) for row in file.read_table(TABLES_TABLE)]
    column = tables.column(YOURS)
    assert column
    file.write(tables.sheet, tables.first_row + rows.index(("opportunities", "table")), column, "deals")
    file.save(book)
