"""What the refresh finds in canonical tables: figures and tables, each with what the reader should know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlfunnel.table import Table


@dataclass(frozen=True)
class Figure:
    """One figure, how many records it rests on, and its interval where it has one."""

    value: float
    count: int | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """A table."""

    table: Table
    note: str = ""
