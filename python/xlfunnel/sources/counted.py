"""Tables of a source that are counted where they lie: the canonical tables as frames of its engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xlfunnel.crm.exports import COLUMNS_OF
from xlfunnel.crm.source_names import source_key, source_names
from xlfunnel.crm.stages import stage_book
from xlfunnel.crm.tables import LEADS, OPPORTUNITIES, STAGE_DATES, Kind
from xlfunnel.segments.canonical import DEAL_COLUMNS, LEAD_COLUMNS, Canonical
from xlfunnel.segments.counting import RECORD, numbered
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.frames import frame_of, one_if, rows_of
from xlfunnel.segments.tables import STAGED_COLUMNS, Staged
from xlfunnel.sources.brought import known_table
from xlfunnel.sources.cleaning import Cleaning
from xlfunnel.sources.deals import Deals
from xlfunnel.sources.history import HistoryTable, StageEntries
from xlfunnel.sources.joining import joined
from xlfunnel.sources.leads import LeadTable
from xlfunnel.sources.lookups import stacked
from xlfunnel.sources.matching import kinds_of, table_mapping
from xlfunnel.sources.touches import TouchTable
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pyarrow as pa

    from xlfunnel.crm.costs import CostTable, PersonRow, SpendRow
    from xlfunnel.crm.mapping import Mapping
    from xlfunnel.crm.source_names import SourceNames
    from xlfunnel.crm.tables import FileAccount, SetAside
    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.frames import Frame
    from xlfunnel.sources.opened import OpenSource


@dataclass
class CountedTables:
    """The tables of a source; only what is counted leaves it."""

    place: str
    currency: str
    files: tuple[FileAccount, ...]
    set_aside: tuple[SetAside, ...]
    spend: tuple[SpendRow, ...]
    people: tuple[PersonRow, ...]
    most: int
    """Up to so many used records of a kind come in, for a workbook to list them."""
    frames: dict[Kind, Frame]
    present: dict[Kind, frozenset[str]]
    deal_cleaning: Cleaning | None
    ended: frozenset[int] = frozenset()
    """The columns of stage dates of stages in which deals end."""
    told_dates: Frame | None = None
    """The stages that deals entered, as a history tells them."""
    _known: dict[Kind, Canonical] = field(default_factory=dict)

    def count(self, kind: Kind) -> int | None:
        """How many records of a kind were used."""
        return next((one.used for one in self.files if one.kind is kind), None)

    def deals(self) -> Canonical:
        """Every deal."""
        if Kind.OPPORTUNITIES not in self.frames:
            raise MissingColumns(["an export of opportunities or deals"])
        return self._canonical(Kind.OPPORTUNITIES, DEAL_COLUMNS)

    def leads(self) -> Canonical:
        """Every lead."""
        if Kind.LEADS not in self.frames:
            raise MissingColumns(["an export of leads or contacts"])
        found = self._canonical(Kind.LEADS, LEAD_COLUMNS)
        if Kind.OPPORTUNITIES not in self.frames or "opportunity_id" not in found.filled:
            return found
        return Canonical(found.frame, found.known | {"opportunity_day", "won_day"}, found.filled)

    def staged(self) -> Staged | None:
        """The deals with the stages that they entered."""
        return self._staged

    def listed(self, kind: Kind) -> pa.Table | None:
        """The records of a kind, where they are few enough for a workbook."""
        return {Kind.OPPORTUNITIES: self._listed_deals, Kind.LEADS: self._listed_leads}[kind]

    def _canonical(self, kind: Kind, columns: Sequence[str]) -> Canonical:
        if kind not in self._known:
            whole = self.frames[kind]
            filled = _filled(whole, columns)
            table = self.listed(kind)
            frame = (
                whole.select(nw.col("record").alias(RECORD), *columns)
                if table is None
                else frame_of(numbered(table.select(list(columns))))
            )
            self._known[kind] = Canonical(frame, self.present[kind] | filled, filled)
        return self._known[kind]

    @cached_property
    def _listed_deals(self) -> pa.Table | None:
        rows = self._deal_rows
        return None if rows is None else self._brought(Kind.OPPORTUNITIES, OPPORTUNITIES, rows)

    @cached_property
    def _listed_leads(self) -> pa.Table | None:
        rows = self._rows(Kind.LEADS, LEADS)
        return None if rows is None else self._brought(Kind.LEADS, LEADS, rows)

    @cached_property
    def _deal_rows(self) -> pa.Table | None:
        return self._rows(Kind.OPPORTUNITIES, OPPORTUNITIES)

    def _rows(self, kind: Kind, schema: pa.Schema) -> pa.Table | None:
        """The records of a kind in their order, each with its key, where they are few enough for a workbook."""
        if kind not in self.frames or (self.count(kind) or 0) > self.most:
            return None
        names = [name for name in schema.names if name not in {"file", "row"}]
        order = _order(self.frames[kind])
        found = self.frames[kind].select("record", *names, *order).sort(*(order or ("id",)))
        rows: pa.Table = found.collect("pyarrow").to_native()
        return rows

    def _brought(self, kind: Kind, schema: pa.Schema, rows: pa.Table) -> pa.Table:
        import numpy as np  # noqa: PLC0415
        import pyarrow as pa  # noqa: PLC0415

        number = next(at for at, one in enumerate(self.files) if one.kind is kind)
        found: dict[str, Any] = {name: rows[name] for name in rows.column_names}
        found["file"] = pa.array(np.full(rows.num_rows, number, np.int16))
        found["row"] = pa.array(np.arange(1, rows.num_rows + 1))
        columns = [_cast(found[one.name], one.type) for one in schema]
        return pa.table(columns, schema=schema).combine_chunks()

    @cached_property
    def _staged(self) -> Staged | None:
        parts = [] if self.deal_cleaning is None else self._own_dates(self.deal_cleaning)
        if self.told_dates is not None:
            told = self.told_dates.select(*STAGE_DATES.names)
            if parts:  # where both have a date for a stage of a deal, the deals' own table is believed
                own = stacked(parts).select("opportunity", "stage")
                told = told.join(own, on=["opportunity", "stage"], how="anti")
            parts.append(told)
        if not parts:
            return None
        dates = stacked(parts)
        if not rows_of(dates.head(1)):
            return None
        table = self.listed(Kind.OPPORTUNITIES)
        if table is None or self._deal_rows is None:
            return Staged(self.deals().frame.select(*STAGED_COLUMNS), dates)
        return _staged_here(table, self._deal_rows["record"], dates.collect("pyarrow").to_native())

    def _own_dates(self, cleaning: Cleaning) -> list[Frame]:
        """The stages that deals entered, as columns of their own table tell them."""
        whole = self.frames[Kind.OPPORTUNITIES]
        return [
            whole.filter(~nw.col(f"entered_{at}").is_null()).select(
                opportunity=nw.col("record"),
                stage=nw.lit(name),
                position=nw.lit(position),
                entered_day=nw.col(f"entered_{at}"),
            )
            for at, name, position in _places(cleaning, self.ended)
        ]


def _places(cleaning: Cleaning, ended: frozenset[int]) -> list[tuple[int, str, int]]:
    """For each column of a stage that goes on: its place, the stage, and the stage's order in its pipeline."""
    positions: dict[str, int] = {}
    found = []
    for at, stage in enumerate(cleaning.table.match.stage_dates):
        if at not in ended:
            found.append((at, stage.stage, positions.get(stage.pipeline, 0)))
            positions[stage.pipeline] = positions.get(stage.pipeline, 0) + 1
    return found


def _staged_here(deals: pa.Table, records: pa.ChunkedArray[Any], dates: pa.Table) -> Staged:
    """The same with deals that were brought in: they are named by their place."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    kernels: Any = pc
    place = kernels.index_in(dates["opportunity"], value_set=records.combine_chunks())
    columns = {"opportunity": place, **{name: dates[name] for name in STAGE_DATES.names if name != "opportunity"}}
    here = pa.table([_cast(columns[one.name], one.type) for one in STAGE_DATES], schema=STAGE_DATES)
    return Staged(frame_of(numbered(deals), STAGED_COLUMNS), frame_of(here.combine_chunks()))


def _cast(column: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(kind):
        return column.cast(pa.string()).combine_chunks().dictionary_encode().cast(kind)
    return column.cast(kind)


def _order(frame: Frame) -> list[str]:
    return [name for name in frame.collect_schema().names() if name.startswith("xlfunnel_row_")]


def _filled(frame: Frame, columns: Sequence[str]) -> frozenset[str]:
    """The columns that hold more than blanks; one of nothing but no may only stand for not knowing."""
    schema = frame.collect_schema()
    held = {
        name: one_if(nw.col(name) if schema[name] == nw.Boolean else ~nw.col(name).is_null())
        for name in columns
        if name in schema
    }
    (row,) = rows_of(frame.select(**held).select(nw.all().max()))
    return frozenset(name for name, value in row.items() if value)


# -- reading


def counted_where_they_lie(
    source: OpenSource, as_of: date, definitions: Definitions, given: Mapping | None, costs: Sequence[CostTable]
) -> CountedTables:
    """The tables of a source, judged by its engine; nothing but counts and examples is brought in."""
    mapping = table_mapping(source.sources, given)
    rules = (*mapping.segments, *definitions.segments)
    mapping = mapping.model_copy(update={"segments": rules})
    begun = {
        kind: Cleaning.begun(source, kind, number, known_table(source, kind, mapping), definitions, as_of)
        for number, kind in enumerate(kinds_of(source.sources))
    }
    deals = _deals(begun.get(Kind.OPPORTUNITIES), mapping, definitions)
    leads = LeadTable(begun[Kind.LEADS]) if Kind.LEADS in begun else None
    if leads is not None:
        leads.judge()
    currency = deals.settle_currency() if deals else definitions.currency.upper()
    changes, activities = (
        _changes(begun.get(Kind.HISTORY), mapping, definitions),
        _activities(begun.get(Kind.TOUCHES)),
    )
    for kind, one in begun.items():
        if kind is not Kind.HISTORY:
            one.judge_duplicates()
    _note_test_rules(list(begun.values()), definitions)
    names = _names(list(begun.values()), definitions)
    marketing = {source_key(name) for name in definitions.marketing_sources}
    for found in (deals, leads):
        if found is not None:
            found.finish(names, rules, marketing)
    frames, entries = _linked(begun, changes, activities)
    accounts = [one.account(mapping.crm) for one in begun.values()]
    return CountedTables(
        f"the source ({source.warehouse.engine})", currency,
        (*accounts, *(table.account for table in costs)),
        tuple(chain.from_iterable(one.examples() for one in begun.values())),
        tuple(chain.from_iterable(table.spend for table in costs)),
        tuple(chain.from_iterable(table.people for table in costs)),
        definitions.data_limit, frames, {kind: _present(one) for kind, one in begun.items() if kind in frames},
        begun.get(Kind.OPPORTUNITIES), _ended(deals), None if entries is None else entries.dates,
    )  # fmt: skip


def _changes(cleaning: Cleaning | None, mapping: Mapping, definitions: Definitions) -> HistoryTable | None:
    if cleaning is None:
        return None
    found = HistoryTable(
        cleaning, stage_book(definitions.stages, mapping.stages, cleaning.table.match.profile.stages)
    )
    found.judge()
    return found


def _activities(cleaning: Cleaning | None) -> TouchTable | None:
    if cleaning is None:
        return None
    found = TouchTable(cleaning)
    found.judge()
    return found


def _deals(cleaning: Cleaning | None, mapping: Mapping, definitions: Definitions) -> Deals | None:
    if cleaning is None:
        return None
    found = Deals(cleaning, stage_book(definitions.stages, mapping.stages, cleaning.table.match.profile.stages))
    found.judge()
    return found


def _ended(deals: Deals | None) -> frozenset[int]:
    if deals is None:
        return frozenset()
    dates = deals.cleaning.table.match.stage_dates
    over = {Status.LOST, Status.NO_DECISION}
    return frozenset(at for at, one in enumerate(dates) if deals.book.status(one.stage) in over)


def _note_test_rules(cleanings: Sequence[Cleaning], definitions: Definitions) -> None:
    for name in definitions.tests:
        if not any(f"f_{name}" in one.kinds for one in cleanings):
            cleanings[0].notes.append(f'The definitions find test records by "{name}", which no table has')


def _names(cleanings: Sequence[Cleaning], definitions: Definitions) -> dict[str, SourceNames]:
    """One name for each source and channel, over all tables."""
    found = {}
    for name in ("source", "channel"):
        having = [one for one in cleanings if one.has(name)]
        words = [one.words(name).cells for one in having]
        found[name] = source_names(words, definitions.sources)
        for one, cells in zip(having, words, strict=True):
            one.notes.extend(found[name].merged(cells))
        if having:
            having[0].notes.extend(found[name].suggestions())
    return found


def _linked(
    begun: dict[Kind, Cleaning], changes: HistoryTable | None, activities: TouchTable | None
) -> tuple[dict[Kind, Frame], StageEntries | None]:
    """The used records of both kinds, each with what it knows from the other, from activities and from a history."""
    found = joined(begun.get(Kind.OPPORTUNITIES), begun.get(Kind.LEADS))
    deals, leads, entries = found.deals, found.leads, None
    if activities is not None:
        activities.settle(found.joins)
        if leads is not None and not begun[Kind.LEADS].has("touch"):
            leads = activities.with_first_touch(leads)
        if deals is not None:
            deals = activities.with_marketing(deals)
    if changes is not None:
        changes.settle(found.joins)
        if deals is not None:
            entries = StageEntries(changes, deals, found.joins.order)
            entries.note()
            deals = entries.with_stage_day(deals)
    if changes is None and activities is None:
        return _by_kind(deals, leads), entries
    keep = next(iter(begun.values())).source.warehouse.kept
    return _by_kind(*(None if one is None else keep(one) for one in (deals, leads))), entries


def _by_kind(deals: Frame | None, leads: Frame | None) -> dict[Kind, Frame]:
    return {kind: one for kind, one in ((Kind.OPPORTUNITIES, deals), (Kind.LEADS, leads)) if one is not None}


def _present(one: Cleaning) -> frozenset[str]:
    """The canonical columns that the table itself has."""
    schema = OPPORTUNITIES if one.kind is Kind.OPPORTUNITIES else LEADS
    named = {column for name in one.table.match.fields for column in COLUMNS_OF[one.kind].get(name, (name,))}
    return frozenset(named & set(schema.names))
