"""Which engines the computations are checked on, and what each of them can do for itself.

A Narwhals frame is of pandas, Polars, DuckDB or Spark, or of Ibis, which stands for the database behind it. Every
computation uses what all engines of this list have in common; where they differ, the difference is named here.
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

QUANTILES: Final = frozenset({"pandas", "polars", "duckdb", "postgres", "pyspark", "snowflake", "databricks"})
"""Engines with an exact quantile that is linear between neighbours; for others the values are numbered in order."""


class UnknownEngine(Stopped):
    """Rows lie in an engine on which no computation was ever checked."""


def engine_name(frame: Frame) -> str:
    """What Narwhals calls the engine of a frame; for Ibis, what Ibis calls the database."""
    if not frame.implementation.is_ibis():
        return str(frame.implementation.value)
    return str(frame.to_native().get_backend().name)


def check_engine(frame: Frame) -> Check:
    """How the engine of a frame was checked; one that never was raises `UnknownEngine`."""
    name = engine_name(frame)
    if name in ENGINES:
        return ENGINES[name]
    msg = (
        f"The rows lie in {name}, on which no figure was ever checked. Let them be read from one of these: "
        f"{', '.join(sorted(ENGINES))}; or export them to files, and refresh from these."
    )
    raise UnknownEngine(msg)


def has_quantiles(frame: Frame) -> bool:
    """Whether the engine computes quantiles exactly, linear between neighbours."""
    return engine_name(frame) in QUANTILES
