"""Sourced and influenced revenue of the deals won in the window, for the refresh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.source_names import source_key
from xlfunnel.segments.deals import observed
from xlfunnel.segments.findings import Figure
from xlfunnel.segments.frames import rows_of
from xlfunnel.segments.revenue import influenced_money, share_of, sourced_money
from xlfunnel.units import Status

if TYPE_CHECKING:
    from datetime import date

    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.canonical import Canonical
    from xlfunnel.segments.frames import Frame


def sourced_revenue(deals: Canonical, as_of: date, definitions: Definitions) -> Figure:
    """Share of the revenue won in the window whose source is one of marketing's."""
    deals.need("amount", "source")
    won = _won(deals, as_of, definitions)
    renamed = {source_key(old): new for old, new in definitions.sources.items()}
    ours = [renamed.get(source_key(name), name) for name in definitions.marketing_sources]
    found = _figure(won, sourced_money(won, "amount", "source", ours, key=source_key))
    if found.value:
        return found
    told = f"{found.note} No won deal has one of the marketing sources that the definitions name.".strip()
    return replace(found, note=told)


def influenced_revenue(deals: Canonical, as_of: date, definitions: Definitions) -> Figure:
    """Share of the revenue won in the window that marketing touched before the win, sourced or not."""
    deals.need("amount", "touched")
    won = _won(deals, as_of, definitions)
    return _figure(won, influenced_money(won, "amount", "touched"))


def _won(deals: Canonical, as_of: date, definitions: Definitions) -> Frame:
    seen = observed(deals.frame, day_number(as_of), definitions.window)
    return seen.filter(nw.col("is_closed") & (nw.col("status") == Status.WON.value))


def _figure(won: Frame, money: tuple[float, float]) -> Figure:
    (row,) = rows_of(won.select(nw.len().alias("deals"), nw.col("amount").count().alias("priced")))
    blank = row["deals"] - row["priced"]
    note = f"Won deals without an amount, left out: {blank}." if blank else ""
    part, whole = money
    return Figure(share_of(part, whole), row["priced"], note=note, made_of={"part": part, "won_revenue": whole})
