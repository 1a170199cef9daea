"""A Spark session: one on this machine, or a Spark Connect server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xlfunnel.sources.errors import NoEngine, NotOneSelect
from xlfunnel.sources.told import opening
from xlfunnel.sources.warehouse import Asked, RawTable, narwhal

if TYPE_CHECKING:
    from pathlib import Path

    from xlfunnel.segments.frames import Frame
    from xlfunnel.sources.settings import Connection

ENGINE = "Spark"
_ZONE = "spark.sql.session.timeZone"


class ThroughSpark:
    """A session, the running one where there is one; only queries are sent."""

    def __init__(self, name: str, connection: Connection, folder: Path) -> None:
        self.name, self.engine = name, ENGINE
        try:
            from pyspark.sql import SparkSession  # noqa: PLC0415
        except ImportError:
            raise NoEngine(name, "pyspark", "spark") from None
        place = connection.spark
        with opening(name, ENGINE):
            running = SparkSession.getActiveSession()
            builder: Any = SparkSession.builder
            builder = builder.remote(place) if place.startswith("sc://") else builder.master(_master(place))
            self._own: Any = running or builder.appName("xlfunnel").getOrCreate()
            self._mine = running is None
            self._zone = self._own.conf.get(_ZONE)
        self._folder = folder
        self._kept: list[Any] = []

    def table(self, asked: Asked) -> RawTable:
        """A table of the catalogue, Parquet files by their path, or a query."""
        if asked.query:
            query = asked.query.strip().rstrip(";")
            # within brackets nothing but a query can stand
            return RawTable(narwhal(self._queried(asked, f"SELECT * FROM (\n{query}\n) AS asked")))
        if asked.table.endswith(".parquet"):
            return RawTable(narwhal(self._own.read.parquet(str(self._folder / asked.table))))
        return RawTable(narwhal(self._own.table(asked.table)))

    def _queried(self, asked: Asked, query: str) -> Any:
        from pyspark.errors import ParseException  # noqa: PLC0415

        try:
            return self._own.sql(query)
        except ParseException:
            raise NotOneSelect(asked.name, "Spark cannot read it as one query") from None

    def set_zone(self, zone: str) -> None:
        """Spark shows moments in the zone of its session."""
        self._own.conf.set(_ZONE, zone)

    def kept(self, frame: Frame) -> Frame:
        """Kept in the memory of the cluster, and on its disks where that is too small."""
        # not only persisted: with every step behind it a plan takes Spark minutes to read
        kept = frame.to_native().localCheckpoint()
        self._kept.append(kept)
        return narwhal(kept)

    def released(self, frame: Frame) -> None:
        """Spark lets go of what nobody holds any longer."""
        native = frame.to_native()
        self._kept[:] = [held for held in self._kept if held is not native]

    def close(self) -> None:
        """Let go of what was kept, and of a session that was opened here."""
        for kept in self._kept:
            kept.unpersist()
        self._kept.clear()
        self._own.conf.set(_ZONE, self._zone)
        if self._mine:
            self._own.stop()


def _master(place: str) -> str:
    return "local[*]" if place == "local" else place
