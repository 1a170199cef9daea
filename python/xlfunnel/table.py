"""A small table of results: what a spilling function answers and what a report sheet shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlfunnel.units import Unit

from xlfunnel.errors import MetricError


class Link(str):
    """Words that lead to an address."""

    __slots__ = ("address",)
    address: str

    def __new__(cls, words: str, address: str) -> Self:
        """The words, with where they lead."""
        made = super().__new__(cls, words)
        made.address = address
        return made


Cell = float | int | str | date | MetricError | None
"""A value in a table: a number, a text, a date, an error of its own, or nothing."""


@dataclass(frozen=True)
class Column:
    """One column: its heading and the unit of its values."""

    name: str
    unit: Unit


@dataclass(frozen=True)
class Table:
    """Columns and rows; every row has one cell for each column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The column headings."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> tuple[Cell, ...]:
        """All values of the column with this heading."""
        index = self.header.index(name)
        return tuple(row[index] for row in self.rows)

    def records(self) -> Iterator[dict[str, Cell]]:
        """Each row as a mapping from heading to value."""
        header = self.header
        return (dict(zip(header, row, strict=True)) for row in self.rows)
