"""What the refresh finds in canonical tables: figures and tables, each with what the reader should know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.segments.counting import Counting
    from xlfunnel.table import Table


@dataclass(frozen=True)
class Figure:
    """One figure, how many records it rests on, and its interval where it has one."""

    value: float
    count: int | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    made_of: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """The counts and sums that it is computed from, by name."""
    counted: Counting | None = field(default=None, compare=False, repr=False)
    """The records that it counts."""


@dataclass(frozen=True)
class Finding:
    """A table."""

    table: Table
    note: str = ""
