"""The canonical tables: what every export becomes, whatever CRM it came from.

The tables are Arrow tables, so that pandas, DuckDB and the writers share them without a copy. Dates stand as
**day numbers** (days since 1970-01-01, int32) because differences of numbers are the same in every engine;
the time of day, where the export has one, stands beside the day as a second of the day (int32, 0–86,399).
A blank is null, never 0 and never an empty text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import pyarrow as pa

DAY: pa.DataType = pa.int32()
SECOND: pa.DataType = pa.int32()
TEXT: pa.DataType = pa.dictionary(pa.int32(), pa.string())


class Kind(StrEnum):
    """What one row of an export is."""

    OPPORTUNITIES = "opportunities"
    LEADS = "leads"


OPPORTUNITIES = pa.schema(
    [
        pa.field("file", pa.int16()),  # index into Exports.files
        pa.field("row", pa.int64()),  # row number in the file as a spreadsheet shows it: the first line is 1
        pa.field("id", pa.string()),
        pa.field("name", pa.string()),
        pa.field("account", pa.string()),
        pa.field("owner", TEXT),
        pa.field("segment", TEXT),
        pa.field("source", TEXT),
        pa.field("channel", TEXT),
        pa.field("pipeline", TEXT),
        pa.field("amount", pa.float64()),  # in the workbook's currency
        pa.field("created_day", DAY),
        pa.field("closed_day", DAY),  # null while the deal is open
        pa.field("expected_day", DAY),  # expected close of an open deal
        pa.field("cycle_days", DAY),  # closed_day - created_day; null when open, or closed before created
        pa.field("stage", TEXT),
        pa.field("stage_day", DAY),  # entered the current stage
        pa.field("status", TEXT),  # one of xlfunnel.units.Status
        pa.field("qualified", pa.bool_()),  # an open record whose stage the definitions call unqualified is False
        pa.field("counted", pa.bool_()),  # False when its pipeline is left out by the definitions
        pa.field("lost_reason", TEXT),
        (
            "touched",
            pa.bool_(),
        ),  # marketing touched it before the win; null when nothing in the exports says so
    ]
)
"""One row is one opportunity (deal)."""

STAGE_DATES = pa.schema(
    [
        pa.field("opportunity", pa.int64()),  # index into the opportunities table
        pa.field("stage", TEXT),
        pa.field("position", pa.int16()),  # order of the stage in its pipeline, from 0
        pa.field("entered_day", DAY),
    ]
)
"""One row is one stage that an opportunity entered, where the export has a date for each stage."""

LEADS = pa.schema(
    [
        pa.field("file", pa.int16()),
        pa.field("row", pa.int64()),
        pa.field("id", pa.string()),
        pa.field("source", TEXT),
        pa.field("channel", TEXT),
        pa.field("segment", TEXT),
        pa.field("owner", TEXT),
        pa.field("status", TEXT),  # the CRM's own word
        pa.field("created_day", DAY),
        pa.field("mql_day", DAY),
        pa.field("mql_second", SECOND),  # null when the export has no time of day for it
        pa.field("sal_day", DAY),
        pa.field("sql_day", DAY),
        pa.field("opportunity_day", DAY),
        pa.field("won_day", DAY),
        pa.field("assigned_day", DAY),
        pa.field("touch_day", DAY),  # first human touch
        pa.field("touch_second", SECOND),
        pa.field("opportunity_id", pa.string()),
        pa.field("disqualified", pa.bool_()),
        pa.field("disqualified_reason", TEXT),
        pa.field("recycled_day", DAY),  # returned to marketing by sales
        pa.field("recycled", pa.bool_()),
        pa.field("requalified_day", DAY),
    ]
)
"""One row is one lead or contact."""


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


@dataclass(frozen=True)
class SetAside:
    """A record that was not used, and why."""

    file: str
    row: int
    column: str
    value: str
    rule: Rule
    detail: str = ""


@dataclass(frozen=True)
class FileAccount:
    """What became of one file: `read == used + set aside`, always."""

    file: str
    sha256: str
    crm: str
    kind: Kind
    read: int
    used: int
    set_aside: dict[Rule, int]
    lines_skipped: int
    mapping: dict[str, str]  # canonical field -> header in the file
    unmapped: tuple[str, ...]  # headers that no field uses
    notes: tuple[str, ...]  # what a careful reader should know: blank amounts, date order, no id column


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
