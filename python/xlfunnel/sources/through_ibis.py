"""Warehouses that Ibis speaks to: PostgreSQL, BigQuery, Snowflake, Databricks and others."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from xlfunnel.sources.errors import NoEngine, NoTimeZone, UnknownEngine
from xlfunnel.sources.queries import check_select
from xlfunnel.sources.servers import SERVERS
from xlfunnel.sources.told import opening
from xlfunnel.sources.warehouse import Asked, RawTable, narwhal

if TYPE_CHECKING:
    from xlfunnel.segments.frames import Frame
    from xlfunnel.sources.settings import Connection

_ZONE: Final = {
    "postgres": "SET TIME ZONE '{}'", "duckdb": "SET TimeZone = '{}'",
    "snowflake": "ALTER SESSION SET TIMEZONE = '{}'", "databricks": "SET TIME ZONE '{}'",
}  # fmt: skip
"""By backend: how a session is told its time zone."""


class ThroughIbis:
    """One connection by its address. Only SELECTs are sent, and temporary tables of the session."""

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        scheme = urlsplit(connection.url).scheme
        if scheme not in SERVERS:
            raise UnknownEngine(
                name, f"{scheme}://" if scheme else connection.url[:20], sorted(f"{one}://" for one in SERVERS)
            )
        server = SERVERS[scheme]
        self.engine = server.engine
        self._own = _opened(name, server.engine, server.package, connection.url)
        self._kept: list[Any] = []

    def table(self, asked: Asked) -> RawTable:
        """A table with the schema before it, or a query."""
        if asked.query:
            query = check_select(asked.name, asked.query, self._own.name)
            return RawTable(narwhal(self._own.sql(query)))
        *schema, table = asked.table.split(".")
        place: Any = {0: None, 1: schema[0] if schema else None}.get(len(schema), tuple(schema))
        return RawTable(narwhal(self._own.table(table, database=place)))

    def set_zone(self, zone: str) -> None:
        """Moments are shown in the zone of the session, where the engine has one."""
        if self._own.name not in _ZONE:
            if zone == "UTC":
                return
            raise NoTimeZone(self.engine, zone)
        closing = self._own.raw_sql(_ZONE[self._own.name].format(zone.replace("'", "")))
        if self._own.name == "postgres":  # a cursor; elsewhere it is the connection itself
            closing.close()

    def kept(self, frame: Frame) -> Frame:
        """A temporary table of the session, which the engine drops when it ends."""
        try:
            kept = frame.to_native().cache()
        except Exception:  # every database refuses a temporary table with an error of its own
            return frame  # then what is asked next reads the rows again
        self._kept.append(kept)  # the table goes when nobody holds it any longer
        return narwhal(kept)

    def released(self, frame: Frame) -> None:
        """The temporary table goes."""
        native = frame.to_native()
        for place, held in enumerate(self._kept):
            if held is native:
                held.release()
                del self._kept[place]
                return

    def close(self) -> None:
        """Leave the session."""
        for kept in self._kept:
            with suppress(Exception):  # a connection that is lost has dropped its tables already
                kept.release()
        self._kept.clear()
        self._own.disconnect()


def _opened(name: str, engine: str, package: str, url: str) -> Any:
    try:
        import ibis  # noqa: PLC0415
    except ImportError:
        raise NoEngine(name, "ibis-framework", "source") from None
    options = {"read_only": True} if url.startswith("duckdb://") else {}
    with opening(name, engine):
        try:
            return ibis.connect(url, **options)
        except ImportError:
            raise NoEngine(name, package, "source") from None
