"""What every engine offers a refresh: a table or query as a lazy frame, and a place to keep what was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from xlfunnel.segments.frames import Frame

ORDER = "xlfunnel_row_{}"
"""Columns that say in which order an engine keeps its rows, where it does."""


@dataclass(frozen=True)
class Asked:
    """A table, or a query in its place."""

    name: str
    """As a message names it."""
    connection: str
    """As the sources file calls it."""
    table: str
    query: str


@dataclass(frozen=True)
class RawTable:
    """A table of a source as it lies there."""

    frame: Frame
    order: tuple[str, ...] = ()
    """Columns of the frame that say in which order its rows stand; none where an engine knows no order."""

    @property
    def names(self) -> tuple[str, ...]:
        """The table's own columns."""
        return tuple(name for name in self.frame.collect_schema().names() if name not in self.order)


class Warehouse(Protocol):
    """An open connection. Whatever a backend raises is left to `told.asking`."""

    @property
    def name(self) -> str:
        """The connection as the sources file calls it."""

    @property
    def engine(self) -> str:
        """What answers: DuckDB, PostgreSQL, Spark."""

    def table(self, asked: Asked) -> RawTable:
        """A table or query, of which nothing is read yet."""

    def set_zone(self, zone: str) -> None:
        """Show moments with a time zone in this one from now on. Raises `NoTimeZone` where it cannot."""

    def kept(self, frame: Frame) -> Frame:
        """The frame computed once, and kept for as long as the connection is open."""

    def released(self, frame: Frame) -> None:
        """Give back what `kept` answered; nothing may read it, or what was made of it, any longer."""

    def close(self) -> None:
        """Let go of the connection and of what was kept."""


def narwhal(native: Any) -> Frame:
    """A backend's own table as a lazy frame."""
    import narwhals as nw  # noqa: PLC0415

    frame: Frame = nw.from_native(native).lazy()
    return frame
