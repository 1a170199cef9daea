"""The canonical tables as frames that know which of their columns the exports really had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.crm.tables import Exports, Kind
from xlfunnel.segments.counting import numbered
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.frames import Frame, frame_of

if TYPE_CHECKING:
    import pyarrow as pa

IN_WORDS: Final = {
    "created_day": "the date each record was created",
    "mql_day": "the date each lead became an MQL",
    "mql_second": "the time of day each lead became an MQL",
    "sal_day": "the date sales accepted each lead (SAL)",
    "sql_day": "the date each lead became an SQL",
    "opportunity_day": "the date each lead became an opportunity",
    "won_day": "the date each lead was won",
    "touch_day": "the date of each lead's first touch",
    "touch_second": "the time of day of each lead's first touch",
    "disqualified": "which leads were disqualified",
    "disqualified_reason": "why leads were disqualified",
    "recycled": "which leads sales returned to marketing",
    "requalified_day": "the date each returned lead qualified again",
    "owner": "the owner of each record",
    "stage": "the stage of each deal",
    "stage_day": "the date each deal entered its stage",
    "closed_day": "the date each deal closed",
    "amount": "the amount of each deal",
    "source": "the source of each record",
    "segment": "the segment of each record",
    "touched": "whether marketing touched each deal before it was won",
}
"""What a reader calls a canonical column."""


LEAD_COLUMNS: Final = (
    "source", "segment", "owner", "created_day", "mql_day", "mql_second", "sal_day", "sql_day", "opportunity_day",
    "won_day", "touch_day", "touch_second", "opportunity_id", "disqualified", "disqualified_reason", "recycled_day",
    "recycled", "requalified_day",
)  # fmt: skip
DEAL_COLUMNS: Final = (
    "owner", "segment", "source", "pipeline", "amount", "created_day", "closed_day", "expected_day", "stage",
    "stage_day", "status", "qualified", "counted", "touched", "sourced",
)  # fmt: skip
"""What the segment tables read; a large export is not copied for the rest."""


@dataclass(frozen=True)
class Canonical:
    """A canonical table as a frame, and the columns that hold what an export said."""

    frame: Frame
    known: frozenset[str]
    filled: frozenset[str] = frozenset()
    """The columns that hold more than blanks; one that was given and holds nothing else is known, but not filled.

    A column of nothing but no counts as blank: it may only stand for not knowing.
    """
    held: pa.Table | None = None
    """The rows themselves, where they are in memory."""

    def need(self, *columns: str) -> None:
        """Raise `MissingColumns`, in the reader's words, for those that no export had."""
        missing = [IN_WORDS[column] for column in columns if column not in self.known]
        if missing:
            raise MissingColumns(missing)

    def has(self, *columns: str) -> bool:
        """Whether the exports had all of them."""
        return self.known.issuperset(columns)

    @property
    def counted(self) -> Canonical:
        """The deals of the pipelines that count."""
        return replace(self, frame=self.frame.filter(nw.col("counted")), held=None)


def leads_of(exports: Exports) -> Canonical:
    """The leads; where deals were read with them, those say when a lead became an opportunity and when it was won.

    `MissingColumns` when there is no export of leads.
    """
    if exports.leads is None:
        raise MissingColumns(["an export of leads or contacts"])
    table = exports.leads.select(list(LEAD_COLUMNS))
    leads = _canonical(exports, Kind.LEADS, table)
    if exports.opportunities is None or not _says_something(table, "opportunity_id"):
        return leads
    return replace(leads, known=leads.known | {"opportunity_day", "won_day"})


def deals_of(exports: Exports) -> Canonical:
    """Every deal, with whether its pipeline counts; `MissingColumns` when there is no export of deals."""
    if exports.opportunities is None:
        raise MissingColumns(["an export of opportunities or deals"])
    return _canonical(exports, Kind.OPPORTUNITIES, exports.opportunities.select(list(DEAL_COLUMNS)))


def _canonical(exports: Exports, kind: Kind, table: pa.Table) -> Canonical:
    filled = frozenset(name for name in table.column_names if _says_something(table, name))
    return Canonical(frame_of(numbered(table)), exports.present.get(kind, frozenset()) | filled, filled, table)


def _says_something(table: pa.Table, name: str) -> bool:
    """Whether a column holds more than blanks; a column of nothing but no may only stand for not knowing."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    column = table.column(name)
    if pa.types.is_boolean(column.type):
        return bool(pc.any(column).as_py())
    return column.null_count < len(column)
