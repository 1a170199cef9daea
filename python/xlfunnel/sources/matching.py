"""What the columns of a source's table mean: by the sources file, by a known mart, and by their names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.fields import FIELDS, NEEDED
from xlfunnel.crm.mapping import Mapping as Agreed
from xlfunnel.crm.profiles import crm_profiles, generic_profile, header_key
from xlfunnel.crm.raw import SAMPLE_ROWS, Loaded
from xlfunnel.crm.recognise import NO_COLUMN, Match, StageDate, match_of
from xlfunnel.sources.errors import NoColumn, NotTheKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.profiles import Profile
    from xlfunnel.crm.tables import Kind
    from xlfunnel.sources.settings import Sources, TablePlace


@dataclass(frozen=True)
class Columns:
    """The columns of a table, in the place of the header of a file and what stands below it."""

    names: tuple[str, ...]
    cells: Mapping[int, Cells] = field(default_factory=dict)
    """The columns that were brought in, by their position."""
    records: int = 0
    """How many rows of them were."""
    row: int = 0
    sheet: str = ""
    typed: bool = True

    def load(self, positions: Sequence[int]) -> Loaded:
        """Columns that were brought in."""
        rows = np.arange(1, self.records + 1, dtype=np.int64)
        return Loaded({place: self.cells[place] for place in positions}, rows)

    def samples(self) -> Sequence[Sequence[str]]:
        """The first rows; a column that was not brought in is blank."""
        width = range(len(self.names))
        return [
            [self.cells[place].text(row) if place in self.cells else "" for place in width]
            for row in range(min(self.records, SAMPLE_ROWS))
        ]


def table_mapping(sources: Sources, given: Agreed | None) -> Agreed:
    """What the sources file says of stages and segments, behind what was given for this refresh."""
    own = Agreed(crm=sources.crm, stages=sources.stages, segments=sources.segments)
    if given is None:
        return own
    stages = {**own.stages, **given.stages}
    return given.model_copy(update={"stages": stages, "segments": (*given.segments, *own.segments)})


def matched(sources: Sources, kind: Kind, table: str, names: Sequence[str], mapping: Agreed) -> Match:
    """The column of each field; a column that is named and not there raises `NoColumn`."""
    place: TablePlace = getattr(sources, kind.value)
    mart = sources.mart_of(place)
    named = {**place.columns, **mapping.headers(kind)}
    _check_named(table, named, names)
    given = {**(mart.columns_in(names) if mart else {}), **named}
    profile = _profile(mart.crm if mart else sources.crm)
    found = match_of(Columns(tuple(names)), kind, given, mapping.segments, profile)
    if place.stage_dates:
        found = replace(found, stage_dates=_stage_dates(table, place, names, found))
    if not all(any(name in found.fields for name in group) for group in NEEDED[kind]):
        raise NotTheKind(table, kind.value, NEEDED[kind])
    return found


def _check_named(table: str, named: dict[str, str], names: Sequence[str]) -> None:
    have = {header_key(name) for name in names}
    for field_name, column in named.items():
        if column != NO_COLUMN and header_key(column) not in have:
            raise NoColumn(table, field_name, column, names)


def _stage_dates(table: str, place: TablePlace, names: Sequence[str], found: Match) -> tuple[StageDate, ...]:
    places = {header_key(name): position for position, name in enumerate(names)}
    dates = []
    for stage, column in place.stage_dates.items():
        if header_key(column) not in places:
            raise NoColumn(table, f"entered {stage}", column, names)
        name, _, pipeline = stage.removesuffix(")").partition(" (") if stage.endswith(")") else (stage, "", "")
        dates.append(StageDate(places[header_key(column)], name, pipeline))
    taken = set(found.fields.values())
    return tuple(one for one in dates if one.position not in taken)


def _profile(crm: str) -> Profile | None:
    """The profile of a CRM by its name; None where its columns must say which it is."""
    known = next((one for one in crm_profiles() if one.name.casefold() == crm.casefold()), None)
    return known if known or not crm else generic_profile().model_copy(update={"name": crm})


def kinds_of(sources: Sources) -> tuple[Kind, ...]:
    """The kinds of records that a source has tables of."""
    return tuple(kind for kind in FIELDS if getattr(sources, kind.value) is not None)
