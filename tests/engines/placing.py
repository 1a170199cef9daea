"""The canonical tables of exports, put on another engine: a database's tables, a Spark session, a file of its own."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from xlfunnel.segments.canonical import DEAL_COLUMNS, LEAD_COLUMNS, Canonical
from xlfunnel.segments.counting import RECORD, numbered
from xlfunnel.segments.frames import Engine, Frame, frame_of, pandas_frame
from xlfunnel.segments.tables import STAGED_COLUMNS, ExportTables, Staged

Put = Callable[[pa.Table, str], Frame]
"""Puts a table under a name, and answers it as a frame."""


@dataclass(frozen=True)
class Placed(ExportTables):
    """The tables of exports, computed on another engine."""

    put: Put | None = None

    @cached_property
    def _deals(self) -> Canonical:
        return replace(
            ExportTables(self.exports).deals(), frame=self._deal_rows.select(RECORD, *DEAL_COLUMNS), held=None
        )

    @cached_property
    def _leads(self) -> Canonical:
        frame = self._on_engine(numbered(self.exports.leads), "leads").select(RECORD, *LEAD_COLUMNS)
        return replace(ExportTables(self.exports).leads(), frame=frame, held=None)

    @cached_property
    def _staged(self) -> Staged | None:
        if self.exports.stage_dates is None:
            return None
        return Staged(
            self._deal_rows.select(*STAGED_COLUMNS), self._on_engine(self.exports.stage_dates, "stage_dates")
        )

    @cached_property
    def _deal_rows(self) -> Frame:
        return self._on_engine(numbered(self.exports.opportunities), "deals")

    def _on_engine(self, table: pa.Table, name: str) -> Frame:
        assert self.put is not None
        columns = zip(table.column_names, table.columns, strict=True)
        texts = {at: one.cast(pa.string()) if pa.types.is_dictionary(one.type) else one for at, one in columns}
        return self.put(pa.table(texts), name)


# -- engines ---------------------------------------------------------------------------------------------------------


def frame_on(backend: Any, name: str) -> Frame:
    """A table of an Ibis backend."""
    frame: Frame = nw.from_native(backend.table(name))
    return frame


@contextmanager
def pandas_engine() -> Iterator[Put]:
    yield lambda table, _: pandas_frame(table)


@contextmanager
def arrow_engine() -> Iterator[Put]:
    yield lambda table, _: frame_of(table, engine=Engine.ARROW)


@contextmanager
def polars_engine() -> Iterator[Put]:
    import polars as pl

    yield lambda table, _: nw.from_native(pl.DataFrame(table).lazy())


@contextmanager
def duckdb_engine() -> Iterator[Put]:
    """DuckDB on a connection of its own, as a file has."""
    import duckdb

    with duckdb.connect() as connection:

        def put(table: pa.Table, name: str) -> Frame:
            _into_duckdb(connection, table, name)
            return nw.from_native(connection.table(name))

        yield put


@contextmanager
def ibis_duckdb_engine() -> Iterator[Put]:
    import ibis

    backend = ibis.duckdb.connect()

    def put(table: pa.Table, name: str) -> Frame:
        _into_duckdb(backend.con, table, name)
        return frame_on(backend, name)

    yield put
    backend.disconnect()


def _into_duckdb(connection: Any, table: pa.Table, name: str) -> None:
    connection.register("given", table)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM given")
    connection.unregister("given")


@contextmanager
def postgres_engine() -> Iterator[Put]:
    """PostgreSQL through Ibis."""
    import ibis

    with postgres_server() as socket:
        backend = ibis.postgres.connect(host=str(socket), user="postgres", database="postgres")

        def put(table: pa.Table, name: str) -> Frame:
            backend.create_table(name, schema=ibis.memtable(table).schema())
            content = io.BytesIO()
            pa_csv.write_csv(table, content)
            with backend.con.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(content.getvalue())
            backend.con.commit()
            return frame_on(backend, name)

        yield put
        backend.disconnect()


@contextmanager
def postgres_server() -> Iterator[Path]:
    """The folder of the socket of a server of our own, whose names sort as people sort them.

    Every user is who they say.
    """
    programs = _server_programs()
    with tempfile.TemporaryDirectory(prefix="xlfunnel-pg-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            import pwd

            owner = next(one for one in pwd.getpwall() if one.pw_name in {"postgres", "nobody"})
            as_user = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
            os.chown(place, owner.pw_uid, owner.pw_gid)
        data, log = place / "data", place / "log"
        names = ("-E", "UTF8", "--locale-provider=icu", "--icu-locale=en-US")
        _run(*as_user, programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", *names)
        options = f"-c listen_addresses= -c unix_socket_directories={place} -c fsync=off"
        _run(*as_user, programs / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield place
        finally:
            _run(*as_user, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _run(*command: object) -> None:
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _server_programs() -> Path:
    on_path = shutil.which("postgres")
    found = [Path(on_path).parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else missing("PostgreSQL's server")


@contextmanager
def spark_engine() -> Iterator[Put]:
    """Spark in this machine alone, with one partition: the tables are small."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        missing("Java, which Spark runs on,")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("xlfunnel tests")
    for name, value in SPARK.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield lambda table, _: nw.from_native(session.createDataFrame(table))
    session.stop()


SPARK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.memory": "1g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.session.timeZone": "UTC",
}


def missing(what: str) -> Any:
    """Skip a test for want of a program; on CI it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and on CI it must not be")
    pytest.skip(f"{what} is not installed")


ENGINES = {
    "pyarrow": arrow_engine,
    "pandas": pandas_engine,
    "polars": polars_engine,
    "duckdb": duckdb_engine,
    "ibis-duckdb": ibis_duckdb_engine,
    "postgres": postgres_engine,
    "pyspark": spark_engine,
}
