"""What a refresh found, and what an existing workbook takes from it.

Each template says in `take` what it writes into a person's workbook. It writes figures and rows that are measured,
never what was agreed, and names in a sentence what the workbook has no place for: nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xlfunnel.segments.once import Once

if TYPE_CHECKING:
    from datetime import date

    from xlfunnel.changes import Changes
    from xlfunnel.changes.cells import CellChange
    from xlfunnel.crm.costs import PersonRow, SpendRow
    from xlfunnel.definitions import Definitions
    from xlfunnel.report import Report
    from xlfunnel.segments.tables import Tables


@dataclass(frozen=True)
class Found:
    """What a refresh read and computed, on the day that it is for and by the definitions that hold."""

    report: Report
    tables: Tables
    spend: tuple[SpendRow, ...]
    people: tuple[PersonRow, ...]
    """What their files say; the report also knows what the workbook itself holds (see `Template.costs`)."""
    as_of: date
    definitions: Definitions
    once: Once = field(default_factory=Once)
    """What was computed for other workbooks of the same refresh."""


@dataclass(frozen=True)
class Taken:
    """What was written: the tables filled, how many cells, and what a reader should know of it, in sentences."""

    tables: tuple[str, ...] = ()
    cells: int = 0
    notes: tuple[str, ...] = ()
    changes: Changes | None = None
    """What changed since the refresh before, where records and figures are compared."""
    measured: tuple[CellChange, ...] = ()
    """Measured cells that changed, where only these are compared."""

    def __add__(self, other: Taken) -> Taken:
        """Both together.

        >>> Taken(("Segments",), 3) + Taken(("Received",), 2, ("A note.",))
        Taken(tables=('Segments', 'Received'), cells=5, notes=('A note.',), changes=None, measured=())
        """
        tables = (*self.tables, *(name for name in other.tables if name not in self.tables))
        notes, changes = (*self.notes, *other.notes), self.changes or other.changes
        return Taken(tables, self.cells + other.cells, notes, changes, (*self.measured, *other.measured))


@dataclass(frozen=True)
class Costs:
    """What a workbook itself holds of spend and people."""

    spend: tuple[SpendRow, ...] = ()
    people: tuple[PersonRow, ...] = ()
