"""Which row of a file is the header, what stands below it, from which CRM it is and what each column means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from xlfunnel.crm.fields import FIELDS, NEEDED
from xlfunnel.crm.profiles import Profile, crm_profiles, generic_profile, header_key, header_text
from xlfunnel.crm.segment_rules import SEGMENT_FIELDS, asked_fields
from xlfunnel.crm.tables import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xlfunnel.crm.mapping import Mapping as ColumnMapping
    from xlfunnel.crm.raw import Grid
    from xlfunnel.segment_rule import SegmentRule

NO_COLUMN = "(none)"
"""Stands for a column in a mapping to say that no column holds the field, whatever was recognised."""

FEWEST_FIELDS = 2
MOST_COLUMNS = 16_384
"""No sheet has more; a longer line of text is no header."""
MARK_WEIGHT = 4

UNIT = re.compile(r"[ ,_]+(?:in[ _])?\(?(?:[$€£¥₹%]|USD|EUR|GBP|CHF|CAD|AUD|INR|JPY)\)?$", re.IGNORECASE)
"""A unit behind a header: `Deal Value, $`, `Amount (USD)`, `Amount in EUR`."""


CONVERTED = re.compile(r"\((?:converted|converti|base)\)$|company currency$", re.IGNORECASE)
"""An amount that the CRM took to another currency: the currency of the record is not its own."""


@dataclass(frozen=True)
class StageDate:
    """A column that holds the date on which a deal entered a stage."""

    position: int
    stage: str
    pipeline: str

    @property
    def name(self) -> str:
        """The stage, with its pipeline where the header names one."""
        return f"{self.stage} ({self.pipeline})" if self.pipeline else self.stage


@dataclass(frozen=True)
class Match:
    """A header that was recognised."""

    grid: Grid
    kind: Kind
    profile: Profile
    fields: dict[str, int]  # field to position of its column
    stage_dates: tuple[StageDate, ...]
    given: frozenset[str] = frozenset()
    """The fields whose column a mapping names."""

    @property
    def score(self) -> int:
        """How much speaks for it: every field once, once more those that only this kind has, and the CRM's marks."""
        telling = {field.name for field in FIELDS[self.kind] if field.telling}
        written = {header_text(name).casefold() for name in self.grid.names}
        known = (self.profile, generic_profile())
        marks = {mark.casefold() for profile in known for mark in profile.kind_marks.get(self.kind, ())}
        return len(self.fields) + len(telling & self.fields.keys()) + MARK_WEIGHT * len(marks & written)

    @property
    def plausible(self) -> bool:
        """Whether there is enough to read records."""
        needed = all(any(field in self.fields for field in group) for group in NEEDED[self.kind])
        return needed and len(self.fields) >= FEWEST_FIELDS

    def header(self, field: str) -> str:
        """The header of a field's column, as a person reads it."""
        return header_text(self.grid.names[self.fields[field]])

    @cached_property
    def headers(self) -> dict[str, str]:
        """Field to header, with the stage dates."""
        found = {field: self.header(field) for field in self.fields}
        return found | {
            f"entered {stage.name}": header_text(self.grid.names[stage.position]) for stage in self.stage_dates
        }

    @cached_property
    def unmapped(self) -> tuple[str, ...]:
        """The headers that no field uses."""
        used = {*self.fields.values(), *(stage.position for stage in self.stage_dates)}
        names = ((place, header_text(name)) for place, name in enumerate(self.grid.names))
        return tuple(name for place, name in names if name and place not in used)


def best_match(grids: Iterable[Grid], mapping: ColumnMapping) -> Match | None:
    """The most likely header, or None when no row looks like one; among equals the first."""
    best: Match | None = None
    asked = asked_fields(mapping.segments)
    for grid in grids:
        if len(grid.names) > MOST_COLUMNS:
            continue
        names = _Names(grid.names)
        for kind in Kind:
            match = _match(grid, names, kind, mapping.headers(kind), asked)
            if match.plausible and (best is None or match.score > best.score):
                best = match
    return best


def match_of(
    grid: Grid, kind: Kind, given: Mapping[str, str], segments: Sequence[SegmentRule], profile: Profile | None = None
) -> Match:
    """What the columns of a table mean that is known to be of this kind, and of this CRM where a profile is given."""
    return _match(grid, _Names(grid.names), kind, given, asked_fields(segments), profile)


def known_columns(grid: Grid, kind: Kind) -> dict[str, str]:
    """Field to header, of those that are known, whether or not they make an export of this kind."""
    match = _match(grid, _Names(grid.names), kind, {}, frozenset())
    return {field: match.header(field) for field in match.fields}


class _Names:
    """The headers of one row, read once for all kinds of files and all CRMs; columns without one do not count."""

    def __init__(self, names: Sequence[str]) -> None:
        texts = ((place, header_text(name)) for place, name in enumerate(names))
        self.texts = {place: text for place, text in texts if text}
        self.exact = {text.replace("’", "'") for text in self.texts.values()}
        self.written = {text.casefold() for text in self.exact}

    @cached_property
    def positions(self) -> dict[str, int]:
        """The first column of each header; one with a unit behind it stands for the bare one where there is none."""
        found: dict[str, int] = {}
        for place, text in self.texts.items():
            found.setdefault(header_key(text), place)
        for place, text in self.texts.items():
            found.setdefault(header_key(UNIT.sub("", text)), place)
        found.pop("", None)
        return found

    @cached_property
    def stage_dates(self) -> dict[str, tuple[StageDate, ...]]:
        """The columns with a date for each stage, as each CRM writes them."""
        return {profile.name: self._dates(profile.stage_dates) for profile in (*crm_profiles(), generic_profile())}

    def _dates(self, forms: Sequence[str]) -> tuple[StageDate, ...]:
        dates = []
        for place, text in self.texts.items() if forms else ():
            inner = next((found for found in (_inside(text, form) for form in forms) if found), "")
            if inner:
                dates.append(StageDate(place, *_split_pipeline(inner)))
        return tuple(dates)


def _match(
    grid: Grid,
    names: _Names,
    kind: Kind,
    given: Mapping[str, str],
    asked: frozenset[str],
    profile: Profile | None = None,
) -> Match:
    """Find the column of each field in one header, taken as this kind; `given` columns go before known names.

    `asked` are the fields that rules for segments need. Where there are such rules, only a column that calls itself
    a segment is one, and no column of regions or industries.
    """
    positions = names.positions
    profile = profile or _profile(names, kind)
    fields = {
        field: positions[header_key(header)] for field, header in given.items() if header_key(header) in positions
    }
    found = frozenset(fields)
    barred = {field for field, header in given.items() if header_text(header) == NO_COLUMN}
    for known in FIELDS[kind]:
        if known.name in barred or (known.name in SEGMENT_FIELDS and known.name not in asked):
            continue
        headers = _known_headers(profile, kind, known.name, fields, grid)
        places = [positions[key] for key in map(header_key, headers) if key in positions]
        free = [place for place in places if place not in fields.values()]
        if asked and known.name == "segment":
            free = [place for place in free if "segment" in grid.names[place].casefold()]
        if free and known.name not in fields:
            fields[known.name] = free[0]
    dates = names.stage_dates.get(profile.name, ()) if kind is Kind.OPPORTUNITIES else ()
    free_dates = tuple(date for date in dates if date.position not in fields.values())
    return Match(grid, kind, profile, fields, free_dates, found)


def _known_headers(profile: Profile, kind: Kind, field: str, fields: Mapping[str, int], grid: Grid) -> Sequence[str]:
    """The headers that a field may have; a currency must be the currency of the amount that was found."""
    known = (*profile.headers(kind).get(field, ()), *generic_profile().headers(kind).get(field, ()))
    if field not in {"currency", "won_amount"} or "amount" not in fields:
        return known
    amount = header_text(grid.names[fields["amount"]])
    if field == "won_amount":
        return _of_amount(amount, profile.won_amount_of) or ()
    own = _of_amount(amount, profile.currency_of)
    if own is not None:
        return own
    pair = f"{amount} Currency"
    return (pair,) if CONVERTED.search(amount) else (pair, *known)


def _of_amount(amount: str, belonging: Mapping[str, Sequence[str]]) -> Sequence[str] | None:
    """The headers that belong to an amount; None where nothing is known of it."""
    key = header_key(amount)
    return next((headers for header, headers in belonging.items() if header_key(header) == key), None)


def _profile(names: _Names, kind: Kind) -> Profile:
    """The CRM with the most headers that only it writes; the generic profile where no CRM has any."""
    best, most = generic_profile(), (0, 0, 0)
    for profile in crm_profiles():
        marks = sum(mark.casefold() in names.written for mark in profile.marks) + len(names.stage_dates[profile.name])
        if not marks:
            continue
        known = sum(
            any(header_key(header) in names.positions for header in headers)
            for headers in profile.headers(kind).values()
        )
        to_the_letter = len(names.exact & set(profile.marks))
        if (marks, to_the_letter, known) > most:
            best, most = profile, (marks, to_the_letter, known)
    return best


def _inside(text: str, pattern: str) -> str:
    """What stands for {stage} in a header, or an empty text when the header does not have that form."""
    before, behind = pattern.split("{stage}")
    if not text.casefold().startswith(before.casefold()) or not text.casefold().endswith(behind.casefold()):
        return ""
    return text[len(before) : len(text) - len(behind)].strip()


def _split_pipeline(text: str) -> tuple[str, str]:
    """`Discovery (Sales Pipeline)` is the stage Discovery of the Sales Pipeline."""
    if not text.endswith(")") or " (" not in text:
        return text, ""
    stage, _, pipeline = text[:-1].rpartition(" (")
    return stage.strip(), pipeline.strip()
