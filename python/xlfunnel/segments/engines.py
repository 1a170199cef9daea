"""Which engines the computations are checked on, and what each of them can do for itself.

A Narwhals frame is of Arrow, pandas, Polars, DuckDB or Spark, or of Ibis, which stands for the database behind it.
Every computation uses what all engines of this list have in common; where they differ, the difference is named here.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from xlfunnel.segments.frames import Frame


class Check(StrEnum):
    """How an engine was checked."""

    RUN = "run: its figures are those of an export"
    COMPILED = "compiled, not run: every query can be written in its SQL"


ENGINES: Final = MappingProxyType(
    {
        "pyarrow": Check.RUN,
        "pandas": Check.RUN,
        "polars": Check.RUN,
        "duckdb": Check.RUN,
        "postgres": Check.RUN,
        "pyspark": Check.RUN,
        "bigquery": Check.COMPILED,
        "snowflake": Check.COMPILED,
        "databricks": Check.COMPILED,
        "trino": Check.COMPILED,
        "athena": Check.COMPILED,
        "mssql": Check.COMPILED,
        "mysql": Check.COMPILED,
    }
)
"""The engines that are known, by the name that Narwhals or Ibis gives them."""

QUANTILES: Final = frozenset(
    {"pyarrow", "pandas", "polars", "duckdb", "postgres", "pyspark", "snowflake", "databricks"}
)
"""Engines with an exact quantile that is linear between neighbours; for others the values are numbered in order."""


NO_PATTERNS: Final = frozenset({"mssql", "mysql"})
"""Engines without regular expressions, or for which Ibis does not write them."""


class EngineLacks(Stopped):
    """Rows lie in an engine that cannot do what the figures need, or on which no figure was ever checked."""


def engine_name(frame: Frame) -> str:
    """What Narwhals calls the engine of a frame; for Ibis, what Ibis calls the database."""
    if not frame.implementation.is_ibis():
        return str(frame.implementation.value)
    return str(frame.to_native().get_backend().name)


def check_engine(frame: Frame) -> Check:
    """How the engine of a frame was checked, before anything is computed on it.

    One that never was raises `EngineLacks`, and so does a database that takes no temporary table from its user.
    """
    check = known_engine(frame)
    if frame.implementation.is_ibis():
        _check_temporary_table(frame)
    return check


def known_engine(frame: Frame) -> Check:
    """How the engine of a frame was checked; one that never was raises `EngineLacks`."""
    name = engine_name(frame)
    if name in ENGINES:
        return ENGINES[name]
    msg = (
        f"The rows lie in {name}, on which no figure was ever checked. Let them be read from one of these: "
        f"{', '.join(sorted(ENGINES))}; or export them to files, and refresh from these."
    )
    raise EngineLacks(msg)


def _check_temporary_table(frame: Frame) -> None:
    """The calendar of months, and the names that a workbook spells otherwise, are joined as temporary tables."""
    import ibis  # noqa: PLC0415

    table = frame.to_native()
    backend = table.get_backend()
    try:
        backend.to_pyarrow(ibis.memtable({"n": [1]}))
    except Exception as fault:
        backend.to_pyarrow(table.limit(0))  # a lost connection is another matter, and says so itself
        told = str(fault).splitlines()[0]
        msg = (
            f"{backend.name} takes no temporary table from this user, and the figures need one for the calendar of "
            f"months: grant the right to make temporary tables, or choose another user. It says: {told}"
        )
        raise EngineLacks(msg) from fault


def has_patterns(frame: Frame) -> bool:
    """Whether the engine knows regular expressions."""
    return engine_name(frame) not in NO_PATTERNS


def has_quantiles(frame: Frame) -> bool:
    """Whether the engine computes quantiles exactly, linear between neighbours."""
    return engine_name(frame) in QUANTILES
