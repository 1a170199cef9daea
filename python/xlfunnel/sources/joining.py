"""Leads and opportunities that name each other, joined where they lie: what `crm.links` does, as joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.crm.links import CHECK, PREFIX
from xlfunnel.segments.frames import rows_of
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Container

    from xlfunnel.segments.frames import Frame

PEOPLE: Final = ("id", "contact_id", "email")
"""By what an opportunity may name a lead."""


@dataclass(frozen=True)
class Joined:
    """Both tables, each with what it knows from the other."""

    deals: Frame
    leads: Frame


def joined(deals: Frame, leads: Frame, length: int | None, said: Container[str], *, names_people: bool) -> Joined:
    """Give leads what their opportunity says, and opportunities whether marketing touched them.

    `said` are the columns that the leads' own table has: a blank there means that the lead became none, and stays.
    `length` is that of an id without the check that some tables put behind it.
    """
    cut = _cut(deals.select(key=_plain("id")), leads.select(key=_plain("opportunity_id")), length)
    deals = deals.with_columns(key=_cut_to(_plain("id"), cut))
    leads = leads.with_columns(deal_key=_cut_to(_plain("opportunity_id"), cut))
    links = [_Link("deal_key", "key")]
    if names_people:
        deals = deals.with_columns(person=nw.col("contacts").str.to_lowercase())
        leads = leads.with_columns(**{f"person_{name}": nw.col(name).str.to_lowercase() for name in PEOPLE})
        links += [_Link(f"person_{name}", "person") for name in PEOPLE]
    unique = {link.lead: leads if link.lead != "person_email" else _alone(leads, link.lead) for link in links}
    any_link = any(_matches(unique[link.lead], deals, link) for link in links)
    return Joined(
        _touched(deals, unique, links) if any_link else touched_alone(deals),
        _completed(leads, deals, unique, links, said),
    )


@dataclass(frozen=True)
class _Link:
    """A column of leads, and the column of opportunities that names the same."""

    lead: str
    deal: str


def _plain(name: str) -> nw.Expr:
    return nw.col(name).str.replace_all(PREFIX, "")


def _cut(deals: Frame, leads: Frame, length: int | None) -> int | None:
    """The length to which ids are cut, where one table has the check behind them and the other has not."""
    if length is None:
        return None
    forms = {_form(frame, length) for frame in (deals, leads)}
    return length if forms == {length, length + CHECK} else None


def _form(frame: Frame, length: int) -> int:
    width = nw.col("key").str.len_chars()
    (row,) = rows_of(frame.select(width=width).select(least=nw.col("width").min(), most=nw.col("width").max()))
    return int(row["least"]) if row["least"] == row["most"] and row["least"] in {length, length + CHECK} else 0


def _cut_to(key: nw.Expr, length: int | None) -> nw.Expr:
    return key if length is None else key.str.slice(0, length)


def _alone(leads: Frame, column: str) -> Frame:
    """The leads whose e-mail address no other has: one of several says of none whose it is."""
    counted = leads.filter(~nw.col(column).is_null()).group_by(column).agg(owners=nw.len())
    return leads.join(counted.filter(nw.col("owners") == 1).select(column), on=column)


def _matches(leads: Frame, deals: Frame, link: _Link) -> bool:
    found = leads.select(link.lead).join(deals.select(link.deal), left_on=link.lead, right_on=link.deal)
    return bool(rows_of(found.head(1)))


def _completed(
    leads: Frame, deals: Frame, unique: dict[str, Frame], links: list[_Link], said: Container[str]
) -> Frame:
    """The leads with the id, the created day and the won day of their opportunity, where their own table has none."""
    wanted = [name for name in ("opportunity_id", "opportunity_day", "won_day") if name not in said]
    if not wanted:
        return leads
    won = nw.when(nw.col("status") == Status.WON.value).then(nw.col("closed_day"))
    facts = deals.select(
        *{link.deal for link in links}, deal_id=nw.col("id"), deal_made=nw.col("created_day"), deal_won=won
    )
    found: dict[str, list[nw.Expr]] = {"opportunity_id": [], "opportunity_day": [], "won_day": []}
    for at, link in enumerate(links):
        told = (
            facts.filter(~nw.col(link.deal).is_null())
            .group_by(link.deal)
            .agg(**{f"{name}_{at}": nw.col(name).min() for name in ("deal_id", "deal_made", "deal_won")})
        )
        told = told.rename({link.deal: f"told_{at}"})
        if link.lead == "person_email":  # an address of several leads joins none
            alone = unique[link.lead].select(alone=nw.col(link.lead))
            told = told.join(alone, left_on=f"told_{at}", right_on="alone")
        leads = leads.join(told, left_on=link.lead, right_on=f"told_{at}", how="left")
        for name, fact in zip(found, ("deal_id", "deal_made", "deal_won"), strict=True):
            found[name].append(nw.col(f"{fact}_{at}"))
    least = {name: _least(found[name]) for name in wanted}
    return leads.with_columns(**{name: nw.coalesce(nw.col(name), value) for name, value in least.items()})


def _least(values: list[nw.Expr]) -> nw.Expr:
    return values[0] if len(values) == 1 else nw.min_horizontal(*values)


def _told() -> nw.Expr:
    """Whether a deal's own columns say that marketing touched it."""
    return nw.col("marketing") | nw.col("touched").fill_null(value=False)


def touched_alone(deals: Frame) -> Frame:
    """Whether marketing touched each deal, as far as it knows without leads."""
    return deals.with_columns(touched=nw.when(_told()).then(nw.lit(value=True)).otherwise(nw.col("touched")))


def _touched(deals: Frame, unique: dict[str, Frame], links: list[_Link]) -> Frame:
    """Whether marketing touched each deal: by its own column, by its source, or by a lead of its before the win."""
    told = _told()
    for at, link in enumerate(links):
        ours = unique[link.lead].filter(nw.col("marketing") & ~nw.col(link.lead).is_null())
        first = ours.group_by(link.lead).agg(**{f"first_{at}": nw.col("created_day").min()})
        first = first.rename({link.lead: f"by_{at}"})
        deals = deals.join(first, left_on=link.deal, right_on=f"by_{at}", how="left")
        day = nw.col(f"first_{at}")
        before = ~day.is_null() & (nw.col("closed_day").is_null() | (day <= nw.col("closed_day")))
        told = told | before.fill_null(value=False)
    return deals.with_columns(touched=told)
