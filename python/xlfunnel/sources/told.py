"""What a backend says when it fails, in one line without a secret, and which of our faults it is."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from traceback import walk_tb
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import XlfunnelError
from xlfunnel.sources.errors import LostConnection, NoConnection, NoTable, QueryFailed
from xlfunnel.sources.secret_names import NAMES, names_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 240
"""Characters of a backend's own words that a message shows."""

_SECRET_PAIR: Final = re.compile(rf"(?i)([\w-]*{NAMES}[\w-]*)(\"?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&)]+)")
_AUTHORITY: Final = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^\s/@]*@")
_SHORTEST: Final = 4
"""Shorter values of the environment are no secrets worth the name, and would make words unreadable."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")

_LOST: Final = re.compile(
    r"(?i)connection (?:is |was )?(?:closed|lost|reset|refused|aborted|terminated)|server closed|"
    r"terminating connection|broken pipe|administrator command|could not connect|network|timed? ?out|"
    r"SparkContext was shut ?down|UNAVAILABLE|gateway|answer from Java side is empty|EOF"
)
_NO_TABLE: Final = re.compile(
    r"(?i)(?:table|relation|view)\b.*\b(?:does not exist|not found|cannot be found)|TABLE_OR_VIEW_NOT_FOUND|"
    r"permission denied|UndefinedTable|No files found|access denied|schema .* does not exist"
)
_BACKENDS: Final = frozenset(
    {
        "duckdb", "_duckdb", "ibis", "psycopg", "pyspark", "py4j", "google", "snowflake", "databricks", "sqlglot",
        "grpc", "trino", "pyathena", "pyodbc", "MySQLdb",
    }
)  # fmt: skip
"""The packages that an engine is asked through."""
_SPEAKING: Final = ("narwhals._duckdb", "narwhals._ibis", "narwhals._spark_like", "narwhals._sql")
"""The parts of Narwhals that write what is asked of one, and refuse what it cannot do."""
_LOST_TYPES: Final = frozenset(
    {
        "AdminShutdown", "ConnectionError", "ConnectionResetError", "BrokenPipeError", "OperationalError",
        "InterfaceError", "Py4JNetworkError", "SparkConnectGrpcException", "ConnectionException", "ConnectionFailure",
        "CrashShutdown",
    }
)  # fmt: skip


def told(fault: BaseException) -> str:
    """The first line of what a backend says, without any secret and without an address's user.

    >>> told(ValueError('cannot reach postgres://kim:s3cret@db/crm, password="s3cret"'))
    'cannot reach postgres://…@db/crm, password=…'
    """
    lines = (" ".join(_CONTROL.sub(" ", line).split()) for line in str(fault).splitlines())
    text = next((line for line in lines if line), type(fault).__name__)
    for secret in _secrets():
        text = text.replace(secret, "…")
    text = _AUTHORITY.sub(r"\1…@", text)
    text = _SECRET_PAIR.sub(r"\1=…", text)
    text = text.rstrip(".! ")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _secrets() -> list[str]:
    """What stands in the environment under a name of a secret, the longest first."""
    found = {value for name, value in os.environ.items() if names_secret(name)}
    return sorted((value for value in found if len(value) >= _SHORTEST), key=len, reverse=True)


@contextmanager
def opening(connection: str, engine: str) -> Iterator[None]:
    """While a connection is opened: what a backend raises becomes `NoConnection`."""
    try:
        yield
    except XlfunnelError:
        raise
    except Exception as fault:  # a backend may raise anything, and a traceback may hold its address
        raise NoConnection(connection, engine, told(fault)) from None


@contextmanager
def asking(connection: str, engine: str, table: str = "") -> Iterator[None]:
    """While a source is asked: what a backend raises becomes a sentence of ours.

    `table` is the table that is looked up; blank while figures are counted.
    """
    try:
        yield
    except XlfunnelError:
        raise
    except Exception as fault:
        if not _of_backend(fault):
            raise
        raise _told_apart(fault, connection, engine, table) from None


def _of_backend(fault: Exception) -> bool:
    """Whether it comes from a backend, and not from this program: a full disk while a workbook is written is ours."""
    return any(_is_backend(type(one).__module__) or _passed_backend(one) for one in _chain(fault))


def _is_backend(module: str) -> bool:
    return module.partition(".")[0] in _BACKENDS or module.startswith(_SPEAKING)


def _passed_backend(fault: BaseException) -> bool:
    """Whether it was raised within a backend, by the places that it came through."""
    return any(_is_backend(str(frame.f_globals.get("__name__", ""))) for frame, _ in walk_tb(fault.__traceback__))


def _chain(fault: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = fault
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _told_apart(fault: Exception, connection: str, engine: str, table: str) -> XlfunnelError:
    text = str(fault)
    names = {type(one).__name__ for one in _chain(fault)}
    if table and (_NO_TABLE.search(text) or "TableNotFound" in names):
        return NoTable(table, connection, told(fault))
    if not names.isdisjoint(_LOST_TYPES) or _LOST.search(text):
        return LostConnection(connection, engine, told(fault))
    return QueryFailed(table or "A figure", connection, told(fault))
