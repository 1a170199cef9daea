"""The records that the figures count, as a workbook lists them: one row each, and in a column for each figure what
it counts as there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.check import day_number
from xlfunnel.crm.addresses import record_address
from xlfunnel.crm.tables import Kind
from xlfunnel.definitions import LARGEST_LIMIT
from xlfunnel.segments.counting import marked
from xlfunnel.segments.periods import day_of
from xlfunnel.segments.records import values_of
from xlfunnel.table import Column, Link, Table
from xlfunnel.units import Status, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    import pyarrow as pa

    from xlfunnel.segments.counting import Counting, Marked
    from xlfunnel.table import Cell

KINDS: Final = MappingProxyType({Kind.OPPORTUNITIES: "deal", Kind.LEADS: "lead"})
"""What a record of each kind is called, deals first."""

_FIGURES: Final[Mapping[Kind, Mapping[str, str]]] = MappingProxyType(
    {
        Kind.OPPORTUNITIES: {
            "velocity": "Velocity",
            "outcomes": "Win rate",
            "won amounts": "Average deal",
            "closed cycles": "Mean cycle",
            "won cycles": "Won cycles",
            "standing": "Overdue",
            "sourced": "Sourced",
            "influenced": "Influenced",
            "customers": "CAC",
        },
        Kind.LEADS: {
            "MQL → SQL": "MQL → SQL",
            "SQL → opportunity": "SQL → opportunity",
            "MQL → SAL": "Acceptance",
            "follow-up": "Follow-up",
            "MQLs": "MQLs received",
            "hours to touch": "First touch",
        },
    }
)
HEADINGS: Final = MappingProxyType({name: heading for held in _FIGURES.values() for name, heading in held.items()})
"""By counting: the heading of its column."""

_FACTS: Final[tuple[tuple[str, Unit, Mapping[Kind, str]], ...]] = (
    ("record", Unit.TEXT, {Kind.OPPORTUNITIES: "id", Kind.LEADS: "id"}),
    ("kind", Unit.TEXT, {}),
    ("date", Unit.DATE, {}),
    ("amount", Unit.MONEY, {Kind.OPPORTUNITIES: "amount"}),
    ("stage or status", Unit.TEXT, {Kind.OPPORTUNITIES: "stage", Kind.LEADS: "status"}),
    ("name", Unit.TEXT, {Kind.OPPORTUNITIES: "name"}),
    ("account", Unit.TEXT, {Kind.OPPORTUNITIES: "account"}),
    ("owner", Unit.TEXT, {Kind.OPPORTUNITIES: "owner", Kind.LEADS: "owner"}),
    ("segment", Unit.TEXT, {Kind.OPPORTUNITIES: "segment", Kind.LEADS: "segment"}),
    ("source", Unit.TEXT, {Kind.OPPORTUNITIES: "source", Kind.LEADS: "source"}),
    ("cycle days", Unit.DAYS, {Kind.OPPORTUNITIES: "cycle_days"}),
    ("hours to touch", Unit.HOURS, {}),
)
"""The columns that say which record it is: heading, unit, and the canonical column of each kind."""

_MEASURED: Final = MappingProxyType({Kind.OPPORTUNITIES: "cycle days", Kind.LEADS: "hours to touch"})
"""Facts that no export says."""

SHOWN: Final = frozenset(
    (*(name.casefold() for name, *_ in _FACTS), *(heading.casefold() for heading in HEADINGS.values()))
)
"""Every heading that the list may have, without units."""


@dataclass(frozen=True)
class Records:
    """The records behind the figures. Nothing is computed before it is asked for."""

    countings: tuple[Counting, ...]
    """Each once."""
    counts: Mapping[Kind, int]
    """How many records there are of each kind that was read."""
    listed: Callable[[Kind], pa.Table | None]
    """The canonical table of a kind; None where its records stay where they are."""
    as_of: date
    most: int
    """A kind with more records than this is not listed."""
    addresses: Mapping[Kind, str] = field(default_factory=lambda: MappingProxyType({}))
    """By kind: where the CRM shows a record, as `record_address` takes it."""
    place: str = "the export"
    """Where records stay that are not listed."""

    @property
    def left_out(self) -> Mapping[Kind, int]:
        """The kinds that are not listed, with how many records were read: both kinds must fit on one sheet."""
        found, listed = {}, 0
        for kind in (kind for kind in KINDS if kind in self.counts):
            rows = self.counts[kind]
            if rows > self.most or listed + rows > LARGEST_LIMIT:
                found[kind] = rows
            else:
                listed += rows
        return found

    @cached_property
    def marks(self) -> Mapping[Kind, Marked]:
        """The records that count of each kind that is listed."""
        counted = {kind: [one for one in self.countings if one.kind is kind] for kind in self._tables}
        return {kind: marked(counted[kind], table.num_rows) for kind, table in self._tables.items() if counted[kind]}

    @cached_property
    def _tables(self) -> Mapping[Kind, pa.Table]:
        kinds = [kind for kind in KINDS if kind in self.counts and kind not in self.left_out]
        found = {kind: self.listed(kind) for kind in kinds}
        return {kind: table for kind, table in found.items() if table is not None}

    @cached_property
    def table(self) -> Table | None:
        """The list, deals first; None where no record counts.

        Figures and measured facts of the kinds listed have their columns even where those are blank, so that none
        comes or goes from one refresh to the next; of the other facts, those that some record of the export says.
        """
        lists = [self._columns(kind, found) for kind, found in self.marks.items() if found.records]
        if not lists:
            return None
        columns = [Column(name, unit) for name, unit, *_ in _FACTS]
        columns += [Column(heading, Unit.TEXT) for heading in HEADINGS.values()]
        lengths = [len(one["record"]) for one in lists]
        kept, cells = [], []
        lasting = self._lasting()
        for column in columns:
            values: list[Cell] = []
            for one, length in zip(lists, lengths, strict=True):
                values += one.get(column.name, (None,) * length)
            if column.name in lasting or any(value is not None for value in values):
                kept.append(column)
                cells.append(values)
        return Table(tuple(kept), tuple(zip(*cells, strict=True)))

    def _lasting(self) -> set[str]:
        """The headings of columns that are there whatever counts."""
        found: set[str] = set()
        for kind, table in self._tables.items():
            said = {name for name in table.column_names if table[name].null_count < table.num_rows}
            found.update(name for name, _, fields in _FACTS if fields.get(kind) in said)
            found.update((*_FIGURES[kind].values(), _MEASURED[kind]))
        return found

    def _columns(self, kind: Kind, found: Marked) -> dict[str, Sequence[Cell]]:
        """The columns of one kind by heading, each with a cell for each record that counts."""
        import pyarrow as pa  # noqa: PLC0415

        table = self._tables[kind].take(pa.array(found.records))
        columns: dict[str, Sequence[Cell]] = {
            name: values_of(table[fields[kind]]) for name, _, fields in _FACTS if kind in fields
        }
        columns["kind"] = (KINDS[kind],) * len(found.records)
        counted = list(self._days(kind, table))
        days = {day: None if day is None else day_of(day) for day in set(counted)}
        columns["date"] = [days[day] for day in counted]
        if kind in self.addresses:
            columns["record"] = [_link(self.addresses[kind], record) for record in values_of(table["id"])]
        columns["hours to touch"] = found.values.get("hours to touch", (None,) * len(found.records))
        return columns | {HEADINGS[name]: words for name, words in found.words.items()}

    def _days(self, kind: Kind, table: pa.Table) -> Iterable[int | None]:
        """The day that counts: of a deal the close, while it is open its creation; a lead becoming an MQL."""
        created = values_of(table["created_day"])
        last = day_number(self.as_of)
        if kind is Kind.LEADS:
            return (
                day if mql is None else mql for mql, day in zip(values_of(table["mql_day"]), created, strict=True)
            )
        closed = zip(values_of(table["closed_day"]), values_of(table["status"]), created, strict=True)
        return (
            opened if status == Status.OPEN or end is None or end > last else end for end, status, opened in closed
        )


def _link(address: str, record: str | None) -> str | None:
    """An id that leads into the CRM."""
    return Link(record, record_address(address, record)) if record else record
