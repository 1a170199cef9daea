"""What a refresh found: the figures of the dashboard, as values and sentences, before any workbook exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from xlfunnel.crm.tables import FileAccount, SetAside
    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.counting import Counting
    from xlfunnel.segments.record_list import Records
    from xlfunnel.table import Table
    from xlfunnel.units import Unit


@dataclass(frozen=True)
class Measure:
    """One figure: its value with what it rests on, or the reason in words why there is none."""

    name: str
    unit: Unit
    value: float | None = None
    count: int | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    note: str = ""
    made_of: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """The counts and sums that it is computed from, by name, so that a sheet can compute it from them."""
    counted: Counting | None = field(default=None, compare=False, repr=False)
    """The records that it counts."""


@dataclass(frozen=True)
class Section:
    """A table of the report with its question, or the reason in words why there is none."""

    title: str
    question: str
    table: Table | None = None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Report:
    """All that the dashboard shows."""

    as_of: date
    currency: str
    program: str
    definitions: Definitions
    files: tuple[FileAccount, ...]
    set_aside: tuple[SetAside, ...]
    # the six shared metrics of page one
    mql_to_sql: Measure
    sql_to_opportunity: Measure
    diagnosis: str
    velocity: Measure
    velocity_by_source: Section
    follow_up: Measure
    follow_up_by_source: Section
    sourced_share: Measure
    influenced_share: Measure
    loaded_cac: Measure
    marketing_cac: Measure
    cac_by_channel: Section
    # what stands behind them
    supporting: tuple[Measure, ...]
    trend: Section
    by_source: Section
    by_segment: Section
    stages: Section
    stage_conversion: Section
    lead_conversion: Section
    untouched_by_age: Section
    untouched_by_owner: Section
    disqualified: Section
    recycled: Section
    lead_days: Section
    follow_up_by_month: Section = Section("Follow-up by month", "When does sales contact leads, and when not?")
    data: Section = Section("Deals", "Which deals do the figures rest on?")
    lead_data: Section = Section("Leads", "Which leads do the figures rest on?")
    records: Records | None = None
    """The records that the figures count; None where nothing was read."""
    source_parts: Table | None = None
    """The counts and sums that velocity is made of, by source, for the next refresh to compare with."""
    notes: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    """Sentences on records that a workbook does not list, because there are more than the definitions allow."""
    summary: dict[str, Any] = field(default_factory=dict)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Every figure, those of page one first."""
        front = (self.mql_to_sql, self.sql_to_opportunity, self.velocity, self.follow_up)
        money = (self.sourced_share, self.influenced_share, self.loaded_cac, self.marketing_cac)
        return (*front, *money, *self.supporting)
