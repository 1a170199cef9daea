"""What stands in the input cells of a template: the example, nothing, or a team's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xlfunnel.changes import Changes
    from xlfunnel.report import Report

Value = float | int | str | bool | date | None
"""What a person can type into a cell."""

Row = tuple[Value, ...]
"""One row of a table: its input columns from left to right."""


@dataclass(frozen=True)
class Contents:
    """Values of fields by name, and rows of tables by table; what is not named here takes its default or is blank."""

    fields: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=lambda: MappingProxyType({}))
    found: Callable[[], Report] | None = None
    """What a refresh found, for the workbook that shows it; asked for when that workbook is written."""
    changes: Changes | None = None
    """What changed since the refresh before; None where no refresh has been."""
    places: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """By table: the row of its headings in the workbook that is refreshed, where it stays if it can."""
    first_records_only: bool = False
    """Whether long lists of records are left to the caller after their first row."""

    def with_fields(self, **values: Value) -> Contents:
        """The same with other values for some fields.

        >>> Contents().with_fields(currency="EUR").fields["currency"]
        'EUR'
        """
        return replace(self, fields=MappingProxyType({**self.fields, **values}))

    def with_table(self, name: str, rows: Iterable[Row]) -> Contents:
        """The same with other rows in one table."""
        return replace(self, tables=MappingProxyType({**self.tables, name: tuple(rows)}))


BLANK = Contents()
"""Nothing but the defaults of the settings."""
