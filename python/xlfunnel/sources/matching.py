"""What the columns of a source's table mean: by the sources file, by a known mart, and by their names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from xlfunnel.crm.fields import FIELDS, NEEDED
from xlfunnel.crm.mapping import Mapping
from xlfunnel.crm.profiles import crm_profiles, generic_profile, header_key
from xlfunnel.crm.recognise import NO_COLUMN, Match, StageDate, match_of
from xlfunnel.sources.errors import NoColumn, NotTheKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.crm.profiles import Profile
    from xlfunnel.crm.raw import Loaded
    from xlfunnel.crm.tables import Kind
    from xlfunnel.sources.settings import Sources, TablePlace


@dataclass
class Columns:
    """The columns of a table, in the place of the header of a file."""

    names: tuple[str, ...]
    row: int = 0
    sheet: str = ""
    typed: bool = True
    examples: list[Sequence[str]] = field(default_factory=list)
    """Rows to show examples from, where any were brought in."""

    def load(self, positions: Sequence[int]) -> Loaded:
        """A table's rows are brought in elsewhere."""
        raise NotImplementedError

    def samples(self) -> Sequence[Sequence[str]]:
        """Some rows."""
        return self.examples


def table_mapping(sources: Sources, given: Mapping | None) -> Mapping:
    """What the sources file says of stages and segments, behind what was given for this refresh."""
    own = Mapping(crm=sources.crm, stages=sources.stages, segments=sources.segments)
    if given is None:
        return own
    stages = {**own.stages, **given.stages}
    return given.model_copy(update={"stages": stages, "segments": (*given.segments, *own.segments)})


def matched(sources: Sources, kind: Kind, table: str, names: Sequence[str], mapping: Mapping) -> Match:
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
