"""Which records the cells of a column name, joined where the rows lie: what `crm.links` does, as joins.

A cell is known by its text. One that names several records, separated by semicolons, is taken apart here: each such
text is brought in once, and goes back beside the rows with the names in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import pyarrow as pa

from xlfunnel.crm.links import CHECK
from xlfunnel.crm.text_array import split, text_array
from xlfunnel.segments.frames import frame_beside, rows_of
from xlfunnel.sources.errors import TooManyLists
from xlfunnel.sources.lookups import stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.segments.frames import Frame

PREFIX: Final = "zcrm_"
"""Stands before an id in some tables of one CRM, and not in others of it."""
MOST_LISTS: Final = 5_000
"""So many different cells of a column that name several records each are taken apart."""
_SEVERAL: Final = nw.col("text").str.contains(";", literal=True)


@dataclass(frozen=True)
class Column:
    """A column whose cells name records, and how a message names it."""

    frame: Frame
    name: str
    table: str
    header: str

    def names(self) -> Frame:
        """Every text of the column with each name in it: `text`, `name` and `at`, its place among them from 0."""
        lists = self.lists()
        alone = self._texts.with_columns(name=nw.col("text"), at=nw.lit(0))
        if not lists:
            return alone
        single, apart = alone.filter(~_SEVERAL), _apart(alone, lists)
        return single if apart is None else stacked([single, apart])

    def lists(self) -> list[str]:
        """The texts that name several records."""
        rows = rows_of(self._texts.filter(_SEVERAL).head(MOST_LISTS + 1))
        if len(rows) > MOST_LISTS:
            raise TooManyLists(self.table, self.header, MOST_LISTS)
        return sorted(row["text"] for row in rows)

    @property
    def _texts(self) -> Frame:
        return self.frame.filter(~nw.col(self.name).is_null()).select(text=nw.col(self.name)).unique()


def _apart(frame: Frame, texts: Sequence[str]) -> Frame | None:
    """The names in some texts, beside a frame; None where there are none."""
    places, names = split(text_array(texts), ";")
    if not len(names):
        return None
    columns: dict[str, pa.Array[Any]] = {
        "text": pa.array([texts[place] for place in places.tolist()], pa.string()),
        "name": names,
        "at": pa.array(range(len(names)), pa.int64()),
    }
    table = pa.table(columns)
    return frame_beside(frame, table)


def matched(names: Frame, known: Frame, order: Sequence[str], length: int | None) -> Frame:
    """The texts with the records that they name: `text`, `at` and `record`.

    `known` has the `key` of each `record`; of several records with one key the first in `order` is meant. `length` is
    that of an id without the check that some tables put behind it; where one has it and the other has not, it is
    ignored.
    """
    names = names.with_columns(key=_plain("name"))
    known = known.filter(~nw.col("key").is_null()).with_columns(key=_plain("key"))
    if length is not None and {_form(names, length), _form(known, length)} == {length, length + CHECK}:
        names, known = (one.with_columns(key=nw.col("key").str.slice(0, length)) for one in (names, known))
    return names.select("text", "at", "key").join(_first_each(known, order), on="key").select("text", "at", "record")


def _plain(name: str) -> nw.Expr:
    column = nw.col(name)
    return nw.when(column.str.starts_with(PREFIX)).then(column.str.slice(len(PREFIX))).otherwise(column)


def _form(frame: Frame, length: int) -> int:
    """The length that all ids of a column have, where it is that of ids without or with a check at their end."""
    width = nw.col("key").str.len_chars()
    (row,) = rows_of(frame.select(width=width).select(least=nw.col("width").min(), most=nw.col("width").max()))
    return int(row["least"]) if row["least"] == row["most"] and row["least"] in {length, length + CHECK} else 0


def _first_each(known: Frame, order: Sequence[str]) -> Frame:
    """One record for each key."""
    again = known.group_by("key").agg(rows=nw.len())
    if not rows_of(again.filter(nw.col("rows") > 1).head(1)):
        return known.select("key", "record")
    numbered = known.with_columns(one=nw.lit(1))
    place = nw.col("one").cum_sum().over("key", order_by=[name for name in order if name != "key"])
    return numbered.with_columns(place=place).filter(nw.col("place") == 1).select("key", "record")


def keyed(records: Frame, key: str, order: Sequence[str]) -> Frame:
    """Records by a key of theirs, as `matched` takes them."""
    return records.select(*dict.fromkeys(("record", *order)), key=nw.col(key))


@dataclass(frozen=True)
class LeadKeys:
    """The leads by whatever names them: their id, the contact that they became, an address that no other has."""

    leads: Frame
    """`record`, `id`, `contact_id` and `email`, null where a lead has none."""
    order: tuple[str, ...]
    length: int | None
    contacts: bool
    emails: bool
    """Whether their table has a column for them."""

    def named(self, names: Frame) -> Frame:
        """The texts with the leads that they name by any key: `text`, `record` and `way`, the first of the ways."""
        found = [matched(names, keyed(self.leads, "id", self.order), self.order, self.length)]
        if self.contacts:
            found.append(matched(names, keyed(self.leads, "contact_id", self.order), self.order, self.length))
        if self.emails:
            lowered = names.with_columns(name=nw.col("name").str.to_lowercase())
            found.append(matched(lowered, self._alone, self.order, self.length))
        pairs = [one.select("text", "record", way=nw.lit(way)) for way, one in enumerate(found)]
        return stacked(pairs).group_by("text", "record").agg(way=nw.col("way").min())

    def shared(self, names: Frame) -> Frame:
        """The texts with an e-mail address that several leads have: it says of none whose it is."""
        several = self._owners.filter(nw.col("owners") > 1).select("key")
        lowered = names.select("text", key=nw.col("name").str.to_lowercase())
        return lowered.join(several, on="key").select("text").unique()

    @cached_property
    def _owners(self) -> Frame:
        keyed = self.leads.select(key=nw.col("email").str.to_lowercase())
        return keyed.filter(~nw.col("key").is_null()).group_by("key").agg(owners=nw.len())

    @property
    def _alone(self) -> Frame:
        keyed = self.leads.with_columns(key=nw.col("email").str.to_lowercase())
        once = self._owners.filter(nw.col("owners") == 1).select("key")
        return keyed.join(once, on="key").select("key", *dict.fromkeys(("record", *self.order)))


@dataclass(frozen=True)
class Joins:
    """How the records of the tables name each other."""

    deals: Frame | None
    """`record`, `id` and what says their order; None without a table of opportunities."""
    order: tuple[str, ...]
    leads: LeadKeys | None
    contacts: Frame | None
    """`deal` and the `name` of each person that it names; None where no column does."""
    pairs: Frame | None
    """`lead` and `deal`, every pair once; None without both tables."""
    length: int | None

    def to_deals(self, names: Frame) -> Frame | None:
        """The texts with the deals that they name: `text`, `at` and `record`."""
        if self.deals is None:
            return None
        return matched(names, keyed(self.deals, "id", self.order), self.order, self.length)


def by_contacts(names: Frame, contacts: Frame, length: int | None, *, lowered: bool) -> Frame:
    """The texts with the deals that name the same people (`Joins.contacts`): `text` and `deal`."""
    if lowered:
        names, contacts = (one.with_columns(name=nw.col("name").str.to_lowercase()) for one in (names, contacts))
    contacts = contacts.with_columns(name=_plain("name"))  # else two ways to write a person were two people
    known = contacts.select(key=nw.col("name"), record=nw.col("name")).unique()
    found = matched(names, known, ("record",), length).select("text", person=nw.col("record"))
    return found.join(contacts, left_on="person", right_on="name").select("text", "deal")
