"""The canonical tables: what every export becomes, whatever CRM it came from.

The tables are Arrow tables, so that pandas, DuckDB and the writers share them without a copy. Dates stand as
**day numbers** (days since 1970-01-01, int32) because differences of numbers are the same in every engine;
the time of day, where the export has one, stands beside the day as a second of the day (int32, 0–86,399).
A blank is null, never 0 and never an empty text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from xlfunnel.crm.costs import PersonRow, SpendRow

DAY: pa.DataType = pa.int32()
SECOND: pa.DataType = pa.int32()
TEXT = pa.dictionary(pa.int32(), pa.string())


class Kind(StrEnum):
    """What one row of an export is."""

    OPPORTUNITIES = "opportunities"
    LEADS = "leads"
    HISTORY = "history"
    TOUCHES = "touches"


class CostKind(StrEnum):
    """What one row of a file of costs is."""

    SPEND = "spend"
    PEOPLE = "people"


_OPPORTUNITIES: dict[str, pa.DataType] = {
    "file": pa.int16(),  # index into Exports.files
    "row": pa.int64(),  # row number in the file as a spreadsheet shows it: the first line is 1
    "id": pa.string(),
    "name": pa.string(),
    "account": pa.string(),
    "owner": TEXT,
    "segment": TEXT,
    "source": TEXT,
    "channel": TEXT,
    "pipeline": TEXT,
    "amount": pa.float64(),  # in the workbook's currency
    "created_day": DAY,
    "closed_day": DAY,  # null while the deal is open
    "expected_day": DAY,  # expected close of an open deal
    "cycle_days": DAY,  # closed_day - created_day; null when open, or closed before created
    "stage": TEXT,
    "stage_day": DAY,  # entered the current stage
    "status": TEXT,  # one of xlfunnel.units.Status
    "qualified": pa.bool_(),  # an open record whose stage the definitions call unqualified is False
    "counted": pa.bool_(),  # False when its pipeline is left out by the definitions
    "lost_reason": TEXT,
    # marketing touched it before the win; null when nothing in the exports says so
    "touched": pa.bool_(),
    # its first meaningful touch was marketing's; null when no export of touches tells
    "sourced": pa.bool_(),
}
OPPORTUNITIES = pa.schema(_OPPORTUNITIES)
"""One row is one opportunity (deal)."""

_STAGE_DATES: dict[str, pa.DataType] = {
    "opportunity": pa.int64(),  # index into the opportunities table
    "stage": TEXT,
    "position": pa.int16(),  # order of the stage in its pipeline, from 0
    "entered_day": DAY,
}
STAGE_DATES = pa.schema(_STAGE_DATES)
"""One row is one stage that an opportunity entered, where the export has a date for each stage."""

_LEADS: dict[str, pa.DataType] = {
    "file": pa.int16(),
    "row": pa.int64(),
    "id": pa.string(),
    "source": TEXT,
    "channel": TEXT,
    "segment": TEXT,
    "owner": TEXT,
    "status": TEXT,  # the CRM's own word
    "created_day": DAY,
    "mql_day": DAY,
    "mql_second": SECOND,  # null when the export has no time of day for it
    "sal_day": DAY,
    "sql_day": DAY,
    "opportunity_day": DAY,
    "won_day": DAY,
    "assigned_day": DAY,
    "touch_day": DAY,  # first human touch
    "touch_second": SECOND,
    "opportunity_id": pa.string(),
    "disqualified": pa.bool_(),
    "disqualified_reason": TEXT,
    "recycled_day": DAY,  # returned to marketing by sales
    "recycled": pa.bool_(),
    "requalified_day": DAY,
}
LEADS = pa.schema(_LEADS)
"""One row is one lead or contact."""


_TOUCHES: dict[str, pa.DataType] = {
    "file": pa.int16(),
    "row": pa.int64(),
    "lead_id": pa.string(),  # as the export has it; several are separated by semicolons
    "opportunity_id": pa.string(),
    "lead": pa.int64(),  # index into the leads table, of the first that the export names and that was read
    "opportunity": pa.int64(),  # index into the opportunities table, likewise
    "day": DAY,
    "second": SECOND,
    "kind": TEXT,
    "by": TEXT,  # marketing or sales; null when nothing tells
    "person": TEXT,
    "meaningful": pa.bool_(),  # False for what nobody took part in, such as a mail that was only sent
}
TOUCHES = pa.schema(_TOUCHES)
"""One row is one activity that took place, or one answer to a campaign."""


class Rule(StrEnum):
    """Why a record was set aside."""

    DUPLICATE = "same id as another record"
    DELETED = "deleted in the CRM"
    TEST = "test record"
    UNREADABLE_DATE = "unreadable date"
    UNREADABLE_AMOUNT = "unreadable amount"
    UNKNOWN_STAGE = "unknown stage"
    MISSING_CLOSE = "closed without a close date"
    COLUMNS = "more or fewer values than the header"
    CURRENCY = "unknown currency"
    NO_CHANGE = "no change of the stage"
    OTHER_FIELD = "change of another field"
    NOT_DONE = "activity not done"
    NO_RECORD = "no record with its id in the exports"


@dataclass(frozen=True)
class SetAside:
    """A record that was not used, and why."""

    file: str
    row: int | str
    """Its row in a file; in a table of a database, which has no rows to count, the record's id."""
    column: str
    value: str
    rule: Rule
    detail: str = ""


@dataclass(frozen=True)
class ColumnSeen:
    """A column of a file, and the field that it was taken for."""

    header: str
    example: str
    field: str
    how: str
    """By which knowledge it was recognised: the name of a CRM, a plain name, or given; blank for an unused column."""


@dataclass(frozen=True)
class StageSeen:
    """A word in the column of stages, with how many records have it and how these stand."""

    word: str
    records: int
    status: str
    """Several, with commas between, where other columns tell the records apart; blank where nothing tells all."""
    how: str


@dataclass(frozen=True)
class FileAccount:
    """What became of one file: `read == used + set aside`, always."""

    file: str
    sha256: str
    crm: str
    kind: Kind | CostKind
    read: int
    used: int
    set_aside: dict[Rule, int]
    lines_skipped: int
    mapping: dict[str, str]  # canonical field -> header in the file
    unmapped: tuple[str, ...]  # headers that no field uses
    notes: tuple[str, ...]  # what a careful reader should know: blank amounts, date order, no id column
    columns: tuple[ColumnSeen, ...] = ()
    stages: tuple[StageSeen, ...] = ()


@dataclass(frozen=True)
class Exports:
    """Everything that was read: the canonical tables and the account of every record."""

    opportunities: pa.Table | None
    stage_dates: pa.Table | None
    leads: pa.Table | None
    files: tuple[FileAccount, ...]
    set_aside: tuple[SetAside, ...]
    currency: str = ""
    present: dict[Kind, frozenset[str]] = field(default_factory=dict)
    """Canonical columns that at least one file of the kind really had."""
    touches: pa.Table | None = None
    spend: tuple[SpendRow, ...] = ()
    people: tuple[PersonRow, ...] = ()
    """What marketing spent and what people cost, where files of that were among the exports."""
