"""The engines that an address leads to."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Server:
    """An engine, the package that speaks to it, and what its SQL is called."""

    engine: str
    package: str
    dialect: str


_POSTGRES: Final = Server("PostgreSQL", "psycopg", "postgres")
DUCKDB: Final = "duckdb"

SERVERS: Final = MappingProxyType(
    {
        "postgres": _POSTGRES,
        "postgresql": _POSTGRES,
        DUCKDB: Server("DuckDB", "duckdb", "duckdb"),
        "bigquery": Server("BigQuery", "google-cloud-bigquery", "bigquery"),
        "snowflake": Server("Snowflake", "snowflake-connector-python", "snowflake"),
        "databricks": Server("Databricks", "databricks-sql-connector", "databricks"),
        "trino": Server("Trino", "trino", "trino"),
        "athena": Server("Athena", "pyathena", "athena"),
        "mssql": Server("SQL Server", "pyodbc", "tsql"),
        "mysql": Server("MySQL", "mysqlclient", "mysql"),
    }
)
"""By the beginning of an address."""
