"""A proposal for a file that nobody recognises: which of its columns may hold which field, for a person to correct.

It is never read by: a person sees it on the sheet Mapping, corrects it, and only then does a refresh take it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.crm.errors import UnrecognisedFile
from xlfunnel.crm.fields import FIELDS, NEEDED
from xlfunnel.crm.files import recognised_grids
from xlfunnel.crm.profiles import crm_profiles, generic_profile, header_text
from xlfunnel.crm.recognise import known_columns
from xlfunnel.crm.seen import examples
from xlfunnel.crm.segment_rules import SEGMENT_FIELDS
from xlfunnel.crm.stages import word_status
from xlfunnel.crm.tables import ColumnSeen, Kind
from xlfunnel.crm.vocabulary import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xlfunnel.crm.mapping import Mapping as ColumnMapping
    from xlfunnel.crm.raw import Grid

LEAST = 0.5
"""Likeness of two headers, as the share of their words that both have, from which one is proposed for the other."""

DATE = re.compile(r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ,]\s?\d{2,4}(?:[T ,].*)?")
_DATED = frozenset({
    "created", "closed", "closed_won", "closed_lost", "expected", "stage_entered", "mql", "sal", "sql", "opportunity",
    "assigned", "touch", "converted_date", "recycled_date", "requalified", "changed", "when", "planned", "modified",
})  # fmt: skip
"""The fields that hold a date in any kind of file."""
_KEYS = frozenset({"no", "nr", "num", "number", "key", "ref", "reference"})
"""Words that say the same as "id"."""
_BY_ORDER = ("created", "closed")
"""The fields that the first two columns of dates that are left may hold, where nothing else says so."""


@dataclass(frozen=True)
class Proposal:
    """What a file may be, which field each of its columns may hold, and all its columns."""

    file: str
    kind: Kind
    headers: Mapping[str, str]
    columns: tuple[ColumnSeen, ...]


def proposals(paths: Sequence[Path], mapping: ColumnMapping) -> tuple[Proposal, ...]:
    """A proposal for each of the files that are not recognised; what cannot be read at all raises a `Stopped`."""
    return tuple(_proposals(paths, mapping))


def _proposals(paths: Sequence[Path], mapping: ColumnMapping) -> Iterator[Proposal]:
    for path in paths:
        matches, costs, seen = recognised_grids(path, mapping)
        if matches or costs:
            continue
        widest = max(seen, key=lambda grid: sum(bool(header_text(name)) for name in grid.names), default=None)
        if widest is None:
            raise UnrecognisedFile(path.name, (), {}, NEEDED)
        yield propose(path.name, widest)


def propose(file: str, grid: Grid) -> Proposal:
    """The kind of file of which most columns have a like name, and those columns."""
    rows = [[*row, *[""] * len(grid.names)] for row in grid.samples()]
    columns = [
        _Column(header_text(name), tuple(row[place] for row in rows if row[place].strip()))
        for place, name in enumerate(grid.names)
        if header_text(name)
    ]
    texts = [text for text, name in zip(examples(grid), grid.names, strict=True) if header_text(name)]
    by_kind = {kind: _headers(kind, columns, known_columns(grid, kind)) for kind in Kind}
    kind = max(Kind, key=lambda one: _telling(one, by_kind[one]))
    fields = {header: field for field, header in by_kind[kind].items()}
    seen = (
        ColumnSeen(column.name, text, fields.get(column.name, ""), "")
        for column, text in zip(columns, texts, strict=True)
    )
    return Proposal(file, kind, by_kind[kind], tuple(seen))


@dataclass(frozen=True)
class _Column:
    """A header and some of what stands below it."""

    name: str
    texts: tuple[str, ...]

    @property
    def words(self) -> frozenset[str]:
        return _words(self.name)

    @property
    def dated(self) -> bool:
        return bool(self.texts) and all(DATE.fullmatch(text.strip()) for text in self.texts)

    @property
    def staged(self) -> bool:
        known = sum(word_status(text) is not None for text in self.texts)
        return len(self.texts) > 0 and 2 * known >= len(self.texts) and not self.dated


def _headers(kind: Kind, columns: Sequence[_Column], found: dict[str, str]) -> dict[str, str]:
    """Field to header: what is known, then by like names, best first, then what the texts themselves tell."""
    known = {field.name: _known(kind, field.name) for field in FIELDS[kind] if field.name not in SEGMENT_FIELDS}
    scored = sorted(
        (
            (-max((_likeness(column.words, words) for words in names), default=0.0), order, place, field)
            for order, (field, names) in enumerate(known.items())
            for place, column in enumerate(columns)
            if not (field in _DATED and column.texts and not column.dated)
        ),
    )
    for likeness, _, place, field in scored:
        if -likeness >= LEAST and field not in found and columns[place].name not in found.values():
            found[field] = columns[place].name
    if kind is Kind.OPPORTUNITIES:
        _by_content(found, columns)
    return found


def _by_content(found: dict[str, str], columns: Sequence[_Column]) -> None:
    """A column of known stages, and columns of dates in their order, where names tell nothing."""
    staged = next((one.name for one in columns if one.staged and one.name not in found.values()), "")
    if staged and not {"stage", "status"} & found.keys():
        found["stage"] = staged
    dates = [one.name for one in columns if one.dated and one.name not in found.values()]
    found |= dict(zip([name for name in _BY_ORDER if name not in found], dates, strict=False))


def _telling(kind: Kind, headers: Mapping[str, str]) -> tuple[int, int]:
    """How much speaks for a kind: the groups of fields that it needs, and all fields, telling ones twice."""
    needed = sum(any(field in headers for field in group) for group in NEEDED[kind])
    telling = sum(field.telling for field in FIELDS[kind] if field.name in headers)
    return needed * len(FIELDS) // len(NEEDED[kind]), len(headers) + telling


def _known(kind: Kind, field: str) -> tuple[frozenset[str], ...]:
    profiles = (generic_profile(), *crm_profiles())
    return tuple(_words(header) for profile in profiles for header in profile.headers(kind).get(field, ()))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _words(header: str) -> frozenset[str]:
    """The words of a header, with those apart that only capitals divide."""
    words = plain(re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", header)).split()
    return frozenset("id" if word in _KEYS else word for word in words)
