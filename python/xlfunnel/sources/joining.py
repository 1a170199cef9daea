"""Leads and opportunities that name each other, joined where they lie: what `crm.links` does, as joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw

from xlfunnel.crm.links import SHARED_EMAIL, YOUNGER
from xlfunnel.segments.frames import rows_of
from xlfunnel.sources.links import Column, Joins, LeadKeys, keyed, matched
from xlfunnel.sources.lookups import stacked
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Container

    from xlfunnel.segments.frames import Frame
    from xlfunnel.sources.cleaning import Cleaning


@dataclass(frozen=True)
class Joined:
    """The used records of both kinds, each with what it knows from the other; None where there is no table of it."""

    deals: Frame | None
    leads: Frame | None
    joins: Joins


_FROM_DEALS = {"opportunity_id": "opportunity_id", "opportunity_day": "opportunity", "won_day": "won"}
"""Columns of leads that their deals can tell, and the field with which a table of leads tells them itself."""


def joined(deals: Cleaning | None, leads: Cleaning | None) -> Joined:
    """Give leads what their opportunity says, and opportunities whether marketing touched them."""
    length = next((one.table.match.profile.id_length for one in (deals, leads) if one is not None), None)
    keys = None if leads is None else _lead_keys(leads, length)
    if deals is None:
        return Joined(None, None if leads is None else leads.records, Joins(None, (), keys, None, None, length))
    named = Joins(deals.records, deals.records_order, keys, _contacts(deals), None, length)
    if leads is None or keys is None:
        return Joined(_marked(deals.records), None, named)
    pairs = deals.source.warehouse.kept(_pairs(deals, leads, named, keys))
    _note_younger(leads, deals, pairs)
    _note_shared(deals, keys)
    said = {column for column, name in _FROM_DEALS.items() if leads.has(name)}
    found = Joins(named.deals, named.order, keys, named.contacts, pairs, length)
    if not rows_of(pairs.head(1)):
        return Joined(_marked(deals.records), leads.records, found)
    return Joined(
        _touched(deals.records, leads.records, pairs), _completed(leads.records, deals.records, pairs, said), found
    )


def _lead_keys(leads: Cleaning, length: int | None) -> LeadKeys:
    keys = leads.records.select("record", "id", "contact_id", "email", *leads.source.tables[leads.kind].order)
    return LeadKeys(keys, leads.records_order, length, leads.has("contact_id"), leads.has("email"))


def _contacts(deals: Cleaning) -> Frame | None:
    """Each opportunity with each person that it names."""
    if not deals.has("contacts"):
        return None
    names = Column(deals.records, "contacts", deals.table.name, deals.header("contacts")).names()
    each = deals.records.select("contacts", deal=nw.col("record"))
    return each.join(names, left_on="contacts", right_on="text").select("deal", "name")


def _pairs(deals: Cleaning, leads: Cleaning, named: Joins, keys: LeadKeys) -> Frame:
    """Each lead with the opportunities that it names, and with those that name it: every pair once."""
    found = []
    if leads.has("opportunity_id"):
        column = Column(leads.records, "named_deals", leads.table.name, leads.header("opportunity_id"))
        hits = matched(column.names(), keyed(deals.records, "id", named.order), named.order, named.length)
        each = leads.records.select("named_deals", lead=nw.col("record"))
        joined = each.join(hits, left_on="named_deals", right_on="text")
        found.append(joined.select("lead", deal=nw.col("record")))
    if deals.has("contacts"):
        column = Column(deals.records, "contacts", deals.table.name, deals.header("contacts"))
        each = deals.records.select("contacts", deal=nw.col("record"))
        joined = each.join(keys.named(column.names()), left_on="contacts", right_on="text")
        found.append(joined.select(lead=nw.col("record"), deal=nw.col("deal")))
    if not found:
        nothing = leads.records.head(0)
        return nothing.select(lead=nw.col("record"), deal=nw.col("record"))
    return stacked(found).unique()


def _note_younger(leads: Cleaning, deals: Cleaning, pairs: Frame) -> None:
    """Say how many leads were created after an opportunity of theirs."""
    begun = deals.records.select("record", begun=nw.col("created_day"))
    made = leads.records.select("record", made=nw.col("created_day"))
    dated = pairs.join(begun, left_on="deal", right_on="record").join(made, left_on="lead", right_on="record")
    leads.note_rows(YOUNGER, dated.filter(nw.col("made") > nw.col("begun")).select("lead").unique())


def _note_shared(deals: Cleaning, keys: LeadKeys) -> None:
    """Say how many opportunities name a lead by an address that several leads have."""
    if deals.has("contacts") and keys.emails:
        column = Column(deals.records, "contacts", deals.table.name, deals.header("contacts"))
        shared = keys.shared(column.names())
        deals.note_rows(
            SHARED_EMAIL, deals.records.select("contacts").join(shared, left_on="contacts", right_on="text")
        )


def _completed(leads: Frame, deals: Frame, pairs: Frame, said: Container[str]) -> Frame:
    """The leads with the id, the created day and the won day of their opportunity, where their own table has none.

    `said` are the columns that the leads' own table has: a blank there means that the lead became none, and stays.
    """
    wanted = [name for name in _FROM_DEALS if name not in said]
    if not wanted:
        return leads
    won = nw.when(nw.col("status") == Status.WON.value).then(nw.col("closed_day"))
    facts = deals.select(
        "record", told_opportunity_id=nw.col("id"), told_opportunity_day=nw.col("created_day"), told_won_day=won
    )
    told = pairs.join(facts, left_on="deal", right_on="record")
    told = told.group_by("lead").agg(**{f"told_{name}": nw.col(f"told_{name}").min() for name in wanted})
    leads = leads.join(told, left_on="record", right_on="lead", how="left")
    return leads.with_columns(**{name: nw.coalesce(nw.col(name), nw.col(f"told_{name}")) for name in wanted})


def _marked(deals: Frame) -> Frame:
    """Whether marketing touched each deal: by its own column or by its source, where no lead was joined."""
    return deals.with_columns(touched=nw.when(_told()).then(nw.lit(value=True)).otherwise(nw.col("touched")))


def _told() -> nw.Expr:
    """Whether a deal's own columns say that marketing touched it."""
    return nw.col("marketing") | nw.col("touched").fill_null(value=False)


def _touched(deals: Frame, leads: Frame, pairs: Frame) -> Frame:
    """Whether marketing touched each deal: by its own column, by its source, or by a lead of its before the win."""
    ours = leads.filter(nw.col("marketing")).select("record", made=nw.col("created_day"))
    found = pairs.join(ours, left_on="lead", right_on="record")
    first = found.group_by("deal").agg(first_made=nw.col("made").min())
    deals = deals.join(first, left_on="record", right_on="deal", how="left")
    day = nw.col("first_made")
    before = ~day.is_null() & (nw.col("closed_day").is_null() | (day <= nw.col("closed_day")))
    return deals.with_columns(touched=_told() | before.fill_null(value=False))
