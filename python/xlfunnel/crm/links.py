"""Which lead became which opportunity, and what each side then knows of the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xlfunnel.crm.source_names import source_key
from xlfunnel.crm.tables import LEADS, OPPORTUNITIES
from xlfunnel.crm.text_array import (
    BLANK,
    as_integers,
    as_mask,
    as_texts,
    at,
    coalesced,
    distinct,
    lengths,
    lowered,
    one_of,
    place_of,
    replaced,
    split,
    started,
    trimmed,
)
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from xlfunnel.crm.text_array import Integers, Mask

SHARED_EMAIL = "Naming a lead by an e-mail address that several leads have, and so not joined to it"
YOUNGER = "Created after their opportunity"
CHECK = 3
"""Characters that some CRMs put behind an id to check it."""

PREFIX = "^zcrm_"
"""Stands before an id in some files of one CRM, and not in others of it."""

NEVER = np.iinfo(np.int32).max
"""A day later than every other; stands for "no such day" while the earliest is looked for."""


@dataclass(frozen=True)
class Links:
    """Pairs of a lead and an opportunity, by their places in the canonical tables; every pair once."""

    lead: Integers
    deal: Integers


@dataclass(frozen=True)
class Pairs:
    """Activities and the records that they touched, by their places."""

    touch: Integers
    record: Integers


@dataclass(frozen=True)
class Joins:
    """How the records of one kind name those of another, over all files."""

    leads: LeadKeys | None
    """None without an export of leads."""
    contacts: pa.StringArray | None
    """The people that each opportunity names, separated by semicolons; None without an export of opportunities."""
    links: Links | None
    length: int | None
    """Length of an id without the check that some files put behind it."""


@dataclass(frozen=True)
class LeadKeys:
    """By what leads are named, one of each for every lead; null where it has none."""

    ids: pa.StringArray
    contacts: pa.StringArray
    """Keys of the contacts that they became."""
    emails: pa.StringArray

    def named(self, lists: pa.StringArray, length: int | None) -> tuple[Integers, Integers]:
        """Places of the lists, and of the leads that they name by any key: every pair once."""
        unique, _ = self._emails
        keys = ((lists, self.ids), (lists, self.contacts), (lowered(lists), unique))
        return each_once([places_named(names, known, length) for names, known in keys])

    def shared(self, lists: pa.StringArray) -> Integers:
        """Places of the lists with an e-mail address that several leads have: it says of none whose it is."""
        _, several = self._emails
        parents, names = split(lowered(lists), ";")
        return np.unique(parents[one_of(names, several)])

    @cached_property
    def _emails(self) -> tuple[pa.StringArray, frozenset[str]]:
        """The addresses of one lead each, and those of several."""
        codes, values = distinct(trimmed(lowered(self.emails)))
        several = np.bincount(codes[codes != BLANK], minlength=len(values)) > 1
        shared = frozenset(str(text) for text in values.filter(pa.array(several)).to_pylist())
        return at(values, np.where(np.append(several, [False])[codes], BLANK, codes)), shared


def linked(
    named: pa.StringArray, keys: LeadKeys, opportunities: pa.Table, contacts: pa.StringArray, length: int | None
) -> Links:
    """Pair each lead with the opportunities that it names, and with those that name it.

    `named` are the ids of opportunities that each lead names, and `contacts` the keys of leads that each opportunity
    names, separated by semicolons. `length` is that of an id without the check that some files put behind it; where
    one file has it and the other has not, it is ignored.
    """
    lead, named_deal = places_named(named, _texts(opportunities, "id"), length)
    deal, named_lead = keys.named(contacts, length)
    return Links(*each_once([(lead, named_deal), (named_lead, deal)]))


def complete_leads(leads: pa.Table, opportunities: pa.Table, links: Links, said: Container[str]) -> pa.Table:
    """Give leads the id, the created day and the won day of their opportunity.

    `said` are the columns that the leads' own files have: a blank there means that the lead became none, and stays.
    What else a lead says of itself (the day of its conversion) goes before what a deal says.
    """
    size = leads.num_rows
    won = one_of(_texts(opportunities, "status"), [Status.WON])
    won_day = np.where(won, _days(opportunities, "closed_day"), NEVER)
    first = _least(links.deal, links.lead, size)
    found: dict[str, Any] = {
        "opportunity_id": at(_texts(opportunities, "id"), np.where(first == NEVER, -1, first)),
        "opportunity_day": _day_array(_least(_days(opportunities, "created_day")[links.deal], links.lead, size)),
        "won_day": _day_array(_least(won_day[links.deal], links.lead, size)),
    }
    for name, values in found.items():
        if name in said:
            continue
        place = LEADS.get_field_index(name)
        leads = leads.set_column(place, LEADS.field(place), coalesced(leads[name].combine_chunks(), values))
    return leads


def mark_touched(
    opportunities: pa.Table, marketing: Sequence[str], leads: pa.Table | None, links: Links | None
) -> pa.Table:
    """Say which opportunities marketing touched: by the export, by their source, or by a lead of its before the win.

    Null stays where none of these is known: no column says it, no lead was linked, and the source is not marketing's.
    """
    sources = {source_key(name) for name in marketing}
    touched = _by_source(opportunities, sources)
    known = np.zeros(opportunities.num_rows, np.bool_)
    if leads is not None and links is not None and len(links.lead):
        known[:] = True
        closed = np.minimum(_days(opportunities, "closed_day"), NEVER - 1)
        before = _days(leads, "created_day")[links.lead] <= closed[links.deal]
        touched[links.deal[before & _by_source(leads, sources)[links.lead]]] = True
    own = opportunities["touched"].combine_chunks()
    touched |= as_mask(own)
    known |= touched | as_mask(own.is_valid())
    place = OPPORTUNITIES.get_field_index("touched")
    return opportunities.set_column(place, OPPORTUNITIES.field(place), pa.array(touched, mask=~known))


def places_named(lists: pa.StringArray, ids: pa.StringArray, length: int | None) -> tuple[Integers, Integers]:
    """Places of the lists, and of the ids that they name; `length` is that of an id without the check behind it."""
    parents, names = split(lists, ";")
    names, ids = bare_ids(names), bare_ids(ids)
    if length is not None and {_form(names, length), _form(ids, length)} == {length, length + CHECK}:
        names, ids = started(names, length), started(ids, length)
    places = place_of(names, ids)
    hit = places >= 0
    return parents[hit], places[hit].astype(np.int64)


def bare_ids(ids: pa.StringArray) -> pa.StringArray:
    """Ids without what some tables of one CRM put before them."""
    return replaced(ids, PREFIX, "")


def each_once(found: Iterable[tuple[Integers, Integers]]) -> tuple[Integers, Integers]:
    """Pairs that were found in several ways, each once, in the order in which they were found."""
    one, other = (np.concatenate(column) for column in zip(*found, strict=True))
    if not len(one):
        return one, other
    _, first = np.unique(one * (int(other.max()) + 1) + other, return_index=True)
    first.sort()
    return one[first], other[first]


def through(first: Pairs, middle: Integers, record: Integers) -> Pairs:
    """What leads on from each pair: every record that stands beside the pair's own in `middle`."""
    order = np.argsort(middle, kind="stable")
    middle, record = middle[order], record[order]
    begin = np.searchsorted(middle, first.record, side="left")
    count = np.searchsorted(middle, first.record, side="right") - begin
    touch = np.repeat(first.touch, count)
    steps = np.arange(len(touch)) - np.repeat(np.cumsum(count) - count, count)
    return Pairs(touch, record[np.repeat(begin, count) + steps])


def _form(ids: pa.StringArray, length: int) -> int:
    """The length that all ids of a column have, where it is that of ids without or with a check at their end."""
    found = set(np.unique(lengths(ids)).tolist()) - {0}
    return found.pop() if found in ({length}, {length + CHECK}) else 0


def _least(values: Integers, lead: Integers, size: int) -> Integers:
    """The least value for each lead; NEVER for one without a pair."""
    least = np.full(size, NEVER, dtype=np.int64)
    np.minimum.at(least, lead, values)
    return least


def _texts(table: pa.Table, name: str) -> pa.StringArray:
    return as_texts(table[name].combine_chunks())


def _days(table: pa.Table, name: str) -> Integers:
    return as_integers(table[name].combine_chunks(), null=NEVER)


def _day_array(days: Integers) -> Any:
    return pa.array(days.astype(np.int32), mask=days == NEVER)


def _by_source(table: pa.Table, sources: set[str]) -> Mask:
    """The rows whose source is one of these."""
    column: Any = table["source"].combine_chunks()
    marks = [source_key(str(name)) in sources for name in column.dictionary.to_pylist()]
    return np.array([*marks, False], dtype=np.bool_)[as_integers(column.indices, null=-1)]
