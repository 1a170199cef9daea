"""Reading exports: files of a CRM become canonical tables, and every record is used or set aside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from xlfunnel.crm.costs import CostTable, read_cost_path, read_costs
from xlfunnel.crm.currencies import settle_currency
from xlfunnel.crm.dates import NONE
from xlfunnel.crm.duplicates import judge_duplicates
from xlfunnel.crm.errors import NoFiles, SameFileTwice
from xlfunnel.crm.files import CostFile, ExportFile, check_mapping, recognised_files
from xlfunnel.crm.history import History, add_history, clean_history
from xlfunnel.crm.leads import Leads, clean_leads, lead_table, note_leads
from xlfunnel.crm.links import SHARED_EMAIL, YOUNGER, Joins, LeadKeys, Links, complete_leads, linked, mark_touched
from xlfunnel.crm.mapping import Mapping
from xlfunnel.crm.opportunities import (
    Opportunities,
    clean_opportunities,
    note_opportunities,
    opportunity_table,
    stage_date_table,
)
from xlfunnel.crm.parts import Part, read_part
from xlfunnel.crm.seen import columns_seen
from xlfunnel.crm.segment_rules import name_segments
from xlfunnel.crm.source_names import source_names
from xlfunnel.crm.stages import stage_book
from xlfunnel.crm.tables import LEADS, OPPORTUNITIES, STAGE_DATES, Exports, FileAccount, Kind
from xlfunnel.crm.text_array import as_integers, as_texts
from xlfunnel.crm.touches import Touches, add_touches, clean_touches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    from xlfunnel.crm.recognise import Match
    from xlfunnel.crm.tables import CostKind
    from xlfunnel.definitions import Definitions

    Progress = Callable[[str, float], None]

COLUMNS_OF = {
    Kind.OPPORTUNITIES: {
        "created": ("created_day",), "closed": ("closed_day",), "expected": ("expected_day",),
        "stage_entered": ("stage_day",), "stage": ("stage", "status"), "won": ("status",), "lost": ("status",),
        "closed_flag": ("status",),
    },
    Kind.LEADS: {
        "created": ("created_day",), "mql": ("mql_day",), "sal": ("sal_day",), "sql": ("sql_day",),
        "opportunity": ("opportunity_day",), "converted_date": ("opportunity_day",), "won": ("won_day",),
        "assigned": ("assigned_day",), "touch": ("touch_day",), "recycled_date": ("recycled_day", "recycled"),
        "requalified": ("requalified_day",),
    },
}  # fmt: skip
"""The canonical columns that a field fills, where they do not have its name."""


def read_exports(
    paths: Sequence[Path],
    as_of: date,
    definitions: Definitions,
    mapping: Mapping | None = None,
    progress: Progress | None = None,
) -> Exports:
    """Read exports of opportunities, leads, histories of stages and touches, several at once: CSV, XLSX and XLS.

    Every record is used, or set aside with its row, column, value and rule. A deal that was closed after `as_of`
    is open. `progress` is called with the name of a file and the share of the work that is done, from 0 to 1.
    What cannot be read without guessing raises a `Stopped` that says what to do.
    """
    if not paths:
        raise NoFiles
    given = mapping or Mapping.model_validate({})
    given = given.model_copy(update={"segments": (*given.segments, *definitions.segments)})
    steps = 2 * len(paths) + 1
    files: list[ExportFile] = []
    costs: list[CostTable] = []
    for number, found in enumerate(recognised_files(paths, given), 1):
        if isinstance(found, CostFile):
            costs.append(read_costs(found, definitions))
        else:
            files.append(found)
        _tell(progress, found.name, min(number / steps, 0.5))
    check_mapping(files, given)
    cleaned = Cleaned()
    for number, file in enumerate(files):
        part = read_part(file.name, number, file.match, definitions)
        file.digest.begin()  # all processors read a file, but one judges it
        part.notes.extend(file.notes)
        cleaned.add(part, as_of, definitions, given)
        _tell(progress, file.name, (len(files) + number + 1) / steps)
    exports = adding(settled(files, cleaned, as_of, definitions, given.crm), costs)
    _tell(progress, exports.files[-1].file, 1.0)
    return exports


def with_costs(exports: Exports, files: Sequence[tuple[Path, CostKind]], definitions: Definitions) -> Exports:
    """Add files that are said to be of costs; one that was read already raises `SameFileTwice`."""
    for path, kind in files:
        table = read_cost_path(path, kind, definitions)
        for other in exports.files:
            if (other.sha256, other.kind) == (table.account.sha256, kind):
                raise SameFileTwice(path.name, other.file)
        exports = adding(exports, [table])
    return exports


def adding(exports: Exports, costs: Sequence[CostTable]) -> Exports:
    """The exports with tables of costs, which stand behind them: records lead to the files by their number."""
    return replace(
        exports,
        files=(*exports.files, *(table.account for table in costs)),
        spend=(*exports.spend, *chain.from_iterable(table.spend for table in costs)),
        people=(*exports.people, *chain.from_iterable(table.people for table in costs)),
    )


def _tell(progress: Progress | None, file: str, share: float) -> None:
    if progress is not None:
        progress(file, share)


@dataclass
class Cleaned:
    """The files by kind, each with what its texts mean."""

    deals: list[Opportunities] = field(default_factory=list)
    leads: list[Leads] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)
    touches: list[Touches] = field(default_factory=list)

    def add(self, part: Part, as_of: date, definitions: Definitions, given: Mapping) -> None:
        """Read what the texts of one more file mean."""
        book = stage_book(definitions.stages, given.stages, part.match.profile.stages)
        if part.match.kind is Kind.OPPORTUNITIES:
            self.deals.append(clean_opportunities(part, book, as_of, definitions))
        elif part.match.kind is Kind.LEADS:
            self.leads.append(clean_leads(part, definitions))
        elif part.match.kind is Kind.HISTORY:
            self.histories.append(clean_history(part, book))
        else:
            self.touches.append(clean_touches(part, as_of, definitions))
        name_segments(part, given.segments, definitions)

    @property
    def parts(self) -> list[Part]:
        """The files in the order in which they were given."""
        files: list[Opportunities | Leads | History | Touches] = [
            *self.deals, *self.leads, *self.histories, *self.touches,
        ]  # fmt: skip
        return sorted((found.part for found in files), key=lambda part: part.number)

    @property
    def id_length(self) -> int | None:
        """Length of an id without a check behind it, where all deals (or leads) are of a CRM that has one."""
        lengths = {found.part.match.profile.id_length for found in self.deals or self.leads}
        return lengths.pop() if len(lengths) == 1 else None


class Recognised(Protocol):
    """A file, or a table of a database, whose columns are known."""

    @property
    def name(self) -> str:
        """As the account names it."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes; blank where it has none."""

    @property
    def match(self) -> Match:
        """What its columns mean."""


def settled(
    files: Sequence[Recognised],
    cleaned: Cleaned,
    as_of: date,
    definitions: Definitions,
    crm: str,
) -> Exports:
    """Everything that is decided over all files: currency, repeated ids, names of sources, links.

    `files` stand in the order of the numbers of their parts.
    """
    deals, leads, parts = cleaned.deals, cleaned.leads, cleaned.parts
    currency = settle_currency(deals, definitions)
    judge_duplicates([found.part for found in deals])
    judge_duplicates([found.part for found in leads])
    judge_duplicates([found.part for found in cleaned.touches])
    _name_sources(parts, definitions)
    for deal_file in deals:
        note_opportunities(deal_file, as_of, definitions)
    for lead_file in leads:
        note_leads(lead_file, as_of)
    _note_test_rules(parts, definitions)
    opportunities, lead_rows, joins = _linked_tables(cleaned, definitions)
    asks_touch = bool(leads) and not any(found.part.has("touch") for found in leads)
    opportunities, lead_rows, touches = add_touches(
        cleaned.touches, opportunities, lead_rows, joins, first_touch=asks_touch
    )
    opportunities, stage_dates = add_history(cleaned.histories, opportunities, _stage_dates(deals), cleaned.id_length)
    return Exports(
        opportunities,
        stage_dates,
        lead_rows,
        tuple(_account(file, part, crm) for file, part in zip(files, parts, strict=True)),
        tuple(chain.from_iterable(part.verdicts.set_aside for part in parts)),
        currency,
        _present(parts, opportunities, lead_rows),
        touches,
    )


def _name_sources(parts: Sequence[Part], definitions: Definitions) -> None:
    """Give every source and channel one name over all files."""
    for name in ("source", "channel"):
        having = [part for part in parts if part.has(name)]
        names = source_names((part.column(name) for part in having), definitions.sources)
        for part in having:
            part.notes.extend(names.merged(part.column(name)))
            part.cells[name] = names.rename(part.column(name))
        if having:
            having[0].notes.extend(names.suggestions())


_FROM_DEALS = {"opportunity_id": "opportunity_id", "opportunity_day": "opportunity", "won_day": "won"}
"""Columns of leads that their deals can tell, and the field with which a leads file tells them itself."""


def _linked_tables(cleaned: Cleaned, definitions: Definitions) -> tuple[pa.Table | None, pa.Table | None, Joins]:
    """The canonical tables of both kinds, each with what it knows from the other, and how they name each other."""
    deals, leads, length = cleaned.deals, cleaned.leads, cleaned.id_length
    lead_rows = _joined([lead_table(found) for found in leads], LEADS) if leads else None
    keys = (
        None if lead_rows is None else LeadKeys(_ids(lead_rows), _texts(leads, "contact_id"), _texts(leads, "email"))
    )
    if not deals:
        return None, lead_rows, Joins(keys, None, None, length)
    opportunities = _joined([opportunity_table(found, definitions) for found in deals], OPPORTUNITIES)
    contacts = _texts(deals, "contacts")
    if lead_rows is None or keys is None:
        marked = mark_touched(opportunities, definitions.marketing_sources, None, None)
        return marked, None, Joins(None, contacts, None, length)
    links = linked(_texts(leads, "opportunity_id"), keys, opportunities, contacts, length)
    _note_older_deals(leads, lead_rows, opportunities, links)
    _note_shared_emails(deals[0].part, keys, contacts)
    said = {column for column, name in _FROM_DEALS.items() if any(found.part.has(name) for found in leads)}
    lead_rows = complete_leads(lead_rows, opportunities, links, said)
    marked = mark_touched(opportunities, definitions.marketing_sources, lead_rows, links)
    return marked, lead_rows, Joins(keys, contacts, links, length)


def _ids(table: pa.Table) -> pa.StringArray:
    return as_texts(table["id"].combine_chunks())


def _texts(files: Sequence[Leads] | Sequence[Opportunities], name: str) -> pa.StringArray:
    """A field of the used records of all files."""
    columns = [found.part.column(name).take(np.flatnonzero(found.used)).strings() for found in files]
    return as_texts(pa.concat_arrays(columns))


def _note_shared_emails(part: Part, keys: LeadKeys, contacts: pa.StringArray) -> None:
    shared = len(keys.shared(contacts))
    if shared:
        part.notes.append(f"{SHARED_EMAIL}: {shared:,}")


def _note_older_deals(leads: Sequence[Leads], rows: pa.Table, opportunities: pa.Table, links: Links) -> None:
    """Say of each file of leads how many of them are younger than an opportunity of theirs."""
    created, begun = (
        as_integers(table["created_day"].combine_chunks(), null=NONE) for table in (rows, opportunities)
    )
    lead, deal = created[links.lead], begun[links.deal]
    younger = np.unique(links.lead[(lead > deal) & (deal != NONE)])
    files = as_integers(rows["file"].combine_chunks())[younger]
    for found in leads:
        count = int((files == found.part.number).sum())
        if count:
            found.part.notes.append(f"{YOUNGER}: {count:,}")


def _stage_dates(deals: Sequence[Opportunities]) -> pa.Table | None:
    """The stage dates of all files; None when no file has any."""
    tables, first = [], 0
    for found in deals:
        tables.append(stage_date_table(found, first))
        first += int(found.used.sum())
    if not any(found.part.match.stage_dates for found in deals):
        return None
    return _joined(tables, STAGE_DATES)


def _joined(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """One table with one chunk for each column, and one dictionary."""
    if len(tables) == 1 and all(column.num_chunks == 1 for column in tables[0].columns):
        return tables[0]  # as of one large file, which is not copied
    return pa.concat_tables([schema.empty_table(), *tables]).unify_dictionaries().combine_chunks()


def _note_test_rules(parts: Sequence[Part], definitions: Definitions) -> None:
    for name in definitions.tests:
        if not any(name in part.cells for part in parts):
            parts[0].notes.append(f'The definitions find test records by "{name}", which no export has')


def _account(file: Recognised, part: Part, crm: str) -> FileAccount:
    verdicts, match = part.verdicts, file.match
    return FileAccount(
        file.name,
        file.sha256,
        crm or match.profile.name,
        match.kind,
        verdicts.read,
        int(verdicts.used.sum()),
        verdicts.counts(),
        part.skipped,
        match.headers,
        match.unmapped,
        tuple(part.told()),
        columns_seen(match),
        part.stages,
    )


def _present(
    parts: Sequence[Part], opportunities: pa.Table | None, leads: pa.Table | None
) -> dict[Kind, frozenset[str]]:
    """The canonical columns that the exports fill, by a column of their own or from a linked record."""
    found: dict[Kind, frozenset[str]] = {}
    for kind, table in ((Kind.OPPORTUNITIES, opportunities), (Kind.LEADS, leads)):
        if table is None:
            continue
        names = {name for part in parts if part.match.kind is kind for name in part.match.fields}
        named = {column for name in names for column in COLUMNS_OF[kind].get(name, (name,))}
        filled = {column for column in table.column_names if table[column].null_count < table.num_rows}
        found[kind] = frozenset((named & set(table.column_names)) | filled)
    return found
