"""What a refresh counts, wherever its rows lie: the canonical tables of exports, or of a database that keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from xlfunnel.crm.tables import Kind
from xlfunnel.segments.canonical import Canonical, deals_of, leads_of
from xlfunnel.segments.counting import RECORD, numbered
from xlfunnel.segments.frames import Frame, engine_for, frame_of

if TYPE_CHECKING:
    import pyarrow as pa

    from xlfunnel.crm.costs import PersonRow, SpendRow
    from xlfunnel.crm.tables import Exports, FileAccount, SetAside


@dataclass(frozen=True)
class Staged:
    """The deals, and the stages that they entered: two frames of one engine, to be joined."""

    deals: Frame
    """Every deal, with the columns of `STAGED_COLUMNS`."""
    dates: Frame
    """One row for each stage that a deal entered: `opportunity` (the deal's `RECORD`), `stage`, `position` (its order
    in the pipeline, from 0) and `entered_day`."""


STAGED_COLUMNS = (RECORD, "segment", "pipeline", "counted", "status", "created_day", "closed_day")


class Tables(Protocol):
    """What the figures count. Every frame of a kind is of one engine; each answer is the same each time."""

    @property
    def place(self) -> str:
        """Where the records lie, as a sentence names it: "the export"."""

    @property
    def currency(self) -> str:
        """The currency of every amount; "" where nothing says it."""

    @property
    def files(self) -> tuple[FileAccount, ...]:
        """What was read, with the account of its records."""

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Records that were not used, or the first of them by each rule; `files` has the counts of all."""

    @property
    def spend(self) -> tuple[SpendRow, ...]:
        """What marketing spent."""

    @property
    def people(self) -> tuple[PersonRow, ...]:
        """What people cost."""

    def count(self, kind: Kind) -> int | None:
        """How many opportunities or leads are used; None where no table of them is there at all."""

    def deals(self) -> Canonical:
        """Every deal, with whether its pipeline counts (`counted`): the columns `RECORD` and `DEAL_COLUMNS`.

        `RECORD` is the place of the deal in what `listed` answers, or where it answers nothing any key of one deal.
        `MissingColumns` where no table of deals is there.
        """

    def leads(self) -> Canonical:
        """Every lead: the columns `RECORD` and `LEAD_COLUMNS`; `MissingColumns` where no table of leads is there.

        Where deals are there, too, `opportunity_day` and `won_day` are known from them.
        """

    def staged(self) -> Staged | None:
        """The deals with the stages that they entered; None where nothing says when."""

    def listed(self, kind: Kind) -> pa.Table | None:
        """The records of a kind with all canonical columns, in memory; None where they stay where they are.

        They may stay only where there are more of them than `Definitions.data_limit`.
        """


@dataclass(frozen=True)
class ExportTables:
    """The tables of exports that were read, all of them in memory."""

    exports: Exports
    place: str = "the export"

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        return self.exports.currency

    @property
    def files(self) -> tuple[FileAccount, ...]:
        """The files that were read."""
        return self.exports.files

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Every record that was not used."""
        return self.exports.set_aside

    @property
    def spend(self) -> tuple[SpendRow, ...]:
        """What marketing spent."""
        return self.exports.spend

    @property
    def people(self) -> tuple[PersonRow, ...]:
        """What people cost."""
        return self.exports.people

    def count(self, kind: Kind) -> int | None:
        """How many records of a kind were used."""
        table = self.listed(kind)
        return None if table is None else table.num_rows

    def deals(self) -> Canonical:
        """Every deal."""
        return self._deals

    def leads(self) -> Canonical:
        """Every lead."""
        return self._leads

    def staged(self) -> Staged | None:
        """The deals with the stages that they entered."""
        return self._staged

    def listed(self, kind: Kind) -> pa.Table | None:
        """The records of a kind, however many."""
        return {Kind.OPPORTUNITIES: self.exports.opportunities, Kind.LEADS: self.exports.leads}[kind]

    @cached_property
    def _deals(self) -> Canonical:
        return deals_of(self.exports)

    @cached_property
    def _leads(self) -> Canonical:
        return leads_of(self.exports)

    @cached_property
    def _staged(self) -> Staged | None:
        deals, dates = self.exports.opportunities, self.exports.stage_dates
        if deals is None or dates is None or not dates.num_rows:
            return None
        engine = engine_for(max(deals.num_rows, dates.num_rows))
        return Staged(frame_of(numbered(deals), STAGED_COLUMNS, engine), frame_of(dates, engine=engine))
