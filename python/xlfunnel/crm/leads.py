"""Leads and contacts: texts become milestones, and whether a lead was disqualified or given back to marketing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xlfunnel.crm.cells import yes_no
from xlfunnel.crm.dates import NONE, day_number
from xlfunnel.crm.parts import day_column, judge_deleted_and_tests, note_reading
from xlfunnel.crm.tables import LEADS
from xlfunnel.crm.text_array import text_array
from xlfunnel.crm.vocabulary import plain, vocabulary

if TYPE_CHECKING:
    from datetime import date

    from xlfunnel.crm.dates import Days, Moments
    from xlfunnel.crm.parts import Part
    from xlfunnel.crm.text_array import Integers, Mask
    from xlfunnel.definitions import Definitions

MILESTONES = (
    "created", "mql", "sal", "sql", "opportunity", "won", "assigned", "touch", "recycled_date", "requalified",
    "converted_date",
)  # fmt: skip


@dataclass(frozen=True)
class Leads:
    """The leads of one file, with what their texts mean."""

    part: Part
    moments: dict[str, Moments]  # by field, for each of `MILESTONES`

    @property
    def used(self) -> Mask:
        """The records that are not set aside."""
        return self.part.verdicts.used

    @property
    def converted(self) -> Mask:
        """The leads that the CRM converted; not all of them became an opportunity."""
        yes, _ = yes_no(self.part.column("converted"))
        mask: Mask = yes | (self.moments["converted_date"].day != NONE)
        return mask

    @property
    def opportunity_day(self) -> Days:
        """Its own date; else that of the conversion, unless the file shows that no opportunity came of it."""
        own, converted = self.moments["opportunity"].day, self.moments["converted_date"].day
        if self.part.has("opportunity_id"):
            converted = np.where(self.part.column("opportunity_id").blank, NONE, converted).astype(np.int32)
        return np.where(own != NONE, own, converted).astype(np.int32)

    @property
    def disqualified(self) -> Mask | None:
        """By the CRM's flag or the status; where a file has neither, by a reason that is given. None if unknown."""
        part = self.part
        if part.has("disqualified") or part.has("status"):
            words = vocabulary().leads.disqualified
            yes, _ = yes_no(part.column("disqualified"))
            return yes | part.column("status").where(lambda text: plain(text) in words)
        return ~part.column("disqualified_reason").blank if part.has("disqualified_reason") else None

    @property
    def recycled(self) -> Mask | None:
        """By the CRM's flag, the date or the status. None if the file says nothing of it."""
        part, words = self.part, vocabulary().leads.recycled
        by_status = part.column("status").where(lambda text: plain(text) in words)
        if not (part.has("recycled") or part.has("recycled_date") or by_status.any()):
            return None
        yes, _ = yes_no(part.column("recycled"))
        mask: Mask = yes | by_status | (self.moments["recycled_date"].day != NONE)
        return mask


def clean_leads(part: Part, definitions: Definitions) -> Leads:
    """Read the texts of one file; repeated ids are settled over all files afterwards."""
    judge_deleted_and_tests(part, definitions)
    return Leads(part, {name: part.moments(name) for name in MILESTONES})


def note_leads(found: Leads, as_of: date) -> None:
    """Put into words what a careful reader should know of a file."""
    part, created = found.part, found.moments["created"].day
    note_reading(part)
    if part.has("created"):
        part.note(created == NONE, "Without a created date")
        part.note(created > day_number(as_of), "Created after the as-of date")
    if part.has("opportunity_id"):
        without = found.converted & part.column("opportunity_id").blank
        part.note(without, "Converted without an opportunity, and so not counted as one")
    if found.disqualified is not None:
        part.note(found.converted & found.disqualified, "Converted and yet disqualified")
    if part.has("mql") and (found.moments["mql"].second == NONE).all():
        part.notes.append(no_time_note(part.match.header("mql")))


def no_time_note(header: str) -> str:
    """What the account says where nothing tells at what time of the day leads became MQLs."""
    return f"{header} has no time of day: speed to lead cannot be measured in hours"


def lead_table(found: Leads) -> pa.Table:
    """The canonical table of a file's used records."""
    part, used = found.part, found.used
    keep = np.flatnonzero(used)
    columns: dict[str, pa.Array[Any]] = {
        "file": pa.array(np.full(len(keep), part.number, dtype=np.int16)),
        "row": pa.array(part.verdicts.rows[keep]),
        "opportunity_day": day_column(found.opportunity_day, used),
        "mql_second": day_column(found.moments["mql"].second, used),
        "touch_second": day_column(found.moments["touch"].second, used),
        "recycled_day": day_column(found.moments["recycled_date"].day, used),
        "disqualified": _flag(found.disqualified, keep),
        "recycled": _flag(found.recycled, keep),
        "opportunity_id": _first_ids(part, keep),
        "id": part.column("id").take(keep).strings(),
    }
    for name in ("created", "mql", "sal", "sql", "won", "assigned", "touch", "requalified"):
        columns[f"{name}_day"] = day_column(found.moments[name].day, used)
    for name in ("source", "channel", "segment", "owner", "status", "disqualified_reason"):
        columns[name] = part.column(name).take(keep).dictionary()
    return pa.table([columns[field.name] for field in LEADS], schema=LEADS)


def _flag(values: Mask | None, keep: Integers) -> pa.Array[Any]:
    return pa.nulls(len(keep), pa.bool_()) if values is None else pa.array(values[keep])


def _first_ids(part: Part, keep: Integers) -> pa.StringArray:
    """Of several ids in one cell the first."""
    cells = part.column("opportunity_id").take(keep)
    return cells.renamed(text_array(text.partition(";")[0].strip() or None for text in cells.texts)).strings()
