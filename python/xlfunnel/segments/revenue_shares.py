"""Sourced and influenced revenue of the deals won in the window, for the refresh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.source_names import source_key
from xlfunnel.crm.tables import Kind
from xlfunnel.segments.counting import Counting, Part, slim
from xlfunnel.segments.deals import observed
from xlfunnel.segments.findings import Figure
from xlfunnel.segments.frames import rows_of
from xlfunnel.segments.periods import window_words
from xlfunnel.segments.revenue import influenced_money, share_of, sources_of_marketing
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.canonical import Canonical
    from xlfunnel.segments.frames import Frame


_WHOSE: Final = {"marketing": "was marketing's", "other": "was not marketing's"}


def sourced_revenue(deals: Canonical, as_of: date, definitions: Definitions) -> Figure:
    """Share of the revenue won in the window whose first meaningful touch was marketing's.

    Where no export of touches tells whose it was, the source of the deal decides.
    """
    by_touch = deals.has("sourced")
    deals.need("amount", *(() if by_touch else ("source",)))
    won = _won(deals, as_of, definitions).with_columns(by_marketing=_by_marketing(deals, definitions))
    first = "first meaningful touch" if by_touch else "source"
    otherwise = ", or whose source where no touch tells," if by_touch else ""
    rules = {name: f"whose {first}{otherwise} {whose}" for name, whose in _WHOSE.items()}
    counted = _counting("sourced", won, "by_marketing", rules, window_words(as_of, definitions.window))
    found = _figure(won, influenced_money(won, "amount", "by_marketing"), counted)
    told = [found.note, _decided(won) if by_touch else ""]
    if not found.value:
        told.append("No won deal has one of the marketing sources that the definitions name.")
    return replace(found, note=" ".join(filter(None, told)))


def influenced_revenue(deals: Canonical, as_of: date, definitions: Definitions) -> Figure:
    """Share of the revenue won in the window that marketing touched before the win, sourced or not."""
    deals.need("amount", "touched")
    won = _won(deals, as_of, definitions)
    rules = {"touched": "that marketing touched before the win", "not touched": "that marketing did not touch"}
    counted = _counting("influenced", won, "touched", rules, window_words(as_of, definitions.window))
    return _figure(won, influenced_money(won, "amount", "touched"), counted)


def _by_marketing(deals: Canonical, definitions: Definitions) -> nw.Expr:
    """Whether marketing sourced a deal: by its first meaningful touch, else by its source."""
    renamed = {source_key(old): new for old, new in definitions.sources.items()}
    ours = [renamed.get(source_key(name), name) for name in definitions.marketing_sources]
    names = (row["source"] for row in rows_of(deals.frame.select("source").unique()))
    found = sorted(sources_of_marketing(names, ours, key=source_key))
    by_source = nw.col("source").is_in(found) if found else nw.lit(False)  # noqa: FBT003
    return nw.coalesce(nw.col("sourced"), by_source, nw.lit(False)) if deals.has("sourced") else by_source  # noqa: FBT003


def _decided(won: Frame) -> str:
    """How many of the deals that count were decided by a touch, and how many by their source."""
    (row,) = rows_of(
        won.filter(~nw.col("amount").is_null()).select(
            nw.len().alias("deals"), nw.col("sourced").count().alias("by_touch")
        )
    )
    by_source = row["deals"] - row["by_touch"]
    rest = f"; by their source, since no touch tells: {by_source:,}" if by_source else ""
    return f"Deals decided by their first meaningful touch: {row['by_touch']:,}{rest}."


def _won(deals: Canonical, as_of: date, definitions: Definitions) -> Frame:
    seen = observed(deals.frame, day_number(as_of), definitions.window)
    return seen.filter(nw.col("is_closed") & (nw.col("status") == Status.WON.value))


def _counting(name: str, won: Frame, flag: str, rules: Mapping[str, str], when: str) -> Counting:
    """Won deals with an amount: those of the flag, then the others; each by its name with the end of its rule."""
    priced = ~nw.col("amount").is_null()
    tests = (priced & nw.col(flag), priced)
    words = zip(rules.items(), tests, strict=True)
    parts = tuple(Part(word, f"Won {when}, with an amount, {rule}", test) for (word, rule), test in words)
    return Counting(name, Kind.OPPORTUNITIES, slim(won, "amount", flag), parts, "amount")


def _figure(won: Frame, money: tuple[float, float], counted: Counting) -> Figure:
    (row,) = rows_of(won.select(nw.len().alias("deals"), nw.col("amount").count().alias("priced")))
    blank = row["deals"] - row["priced"]
    note = f"Won deals without an amount, left out: {blank}." if blank else ""
    part, whole = money
    made_of = {"part": part, "won_revenue": whole}
    return Figure(share_of(part, whole), row["priced"], note=note, made_of=made_of, counted=counted)
