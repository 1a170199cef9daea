"""Whose revenue it is: the share that marketing sourced, and the share that it touched on the way."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import TYPE_CHECKING, Annotated

import narwhals as nw

from xlfunnel.errors import EmptyDenominator
from xlfunnel.metric import Example, metric
from xlfunnel.segments.frames import frame_from_columns, rows_of
from xlfunnel.segments.groups import same_name
from xlfunnel.units import Flag, Label, Number, Records, Share, Unit, Vector

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from xlfunnel.segments.frames import Frame

__all__ = ["influenced_share", "sourced_share"]

LACY = '"Sales and Marketing Alignment: The Metrics That End the Blame Game" (Keith Lacy)'


@metric(
    formula="won revenue from marketing's sources ÷ all won revenue",
    source=LACY + ", sourced revenue",
    caution="Revenue without a source counts as not marketing's.",
    example=Example(
        args=([10_000, 30_000, 60_000], ["Web", "Referral", "web "], ["Web", "Event"]),
        result=0.7,
    ),
)
def sourced_share(
    revenue: Annotated[
        Sequence[float | None], Records(Number(Unit.MONEY, low=0), blanks=True), "Revenue of each won deal"
    ],
    source: Annotated[Sequence[str | None], Records(Label(), blanks=True), "First meaningful touch of each won deal"],
    marketing_sources: Annotated[Sequence[str], Vector(Label(), blanks=True), "The sources that are marketing's"],
) -> Share:
    """Share of the won revenue whose first meaningful touch was marketing.

    0–1. Sources are compared without regard to case and surrounding space; a deal without revenue is left out.
    No revenue raises `EmptyDenominator`.
    """
    frame = frame_from_columns({"revenue": revenue, "source": source}, {"source": str})
    return sourced(frame, "revenue", "source", marketing_sources)


@metric(
    formula="won revenue that marketing touched ÷ all won revenue",
    source=LACY + ", influenced revenue",
    caution="Shown beside the sourced share, never added to it: sourced deals are among the touched ones.",
    example=Example(args=([10_000, 30_000, 60_000], [True, False, True]), result=0.7),
)
def influenced_share(
    revenue: Annotated[
        Sequence[float | None], Records(Number(Unit.MONEY, low=0), blanks=True), "Revenue of each won deal"
    ],
    touched_by_marketing: Annotated[
        Sequence[bool | None],
        Records(Flag(), blanks=True),
        "Whether marketing touched the deal before the win; blank is no",
    ],
) -> Share:
    """Share of the won revenue that marketing touched before the win.

    0–1. A deal without revenue is left out. No revenue raises `EmptyDenominator`.
    """
    frame = frame_from_columns({"revenue": revenue, "touched": touched_by_marketing}, {"touched": bool})
    return influenced(frame, "revenue", "touched")


def sourced(
    frame: Frame,
    revenue: str,
    source: str,
    marketing_sources: Collection[str],
    key: Callable[[str], str] = same_name,
) -> float:
    """Share of a frame's revenue whose source is one of marketing's; names with the same key are one."""
    return share_of(*sourced_money(frame, revenue, source, marketing_sources, key))


def sourced_money(
    frame: Frame,
    revenue: str,
    source: str,
    marketing_sources: Collection[str],
    key: Callable[[str], str] = same_name,
) -> tuple[float, float]:
    """That revenue, and all revenue."""
    rows = rows_of(frame.group_by(source).agg(nw.col(revenue).sum().alias("money")))
    ours = sources_of_marketing((row[source] for row in rows), marketing_sources, key)
    return (fsum(row["money"] or 0 for row in rows if row[source] in ours), fsum(row["money"] or 0 for row in rows))


def sources_of_marketing(
    names: Iterable[str | None], marketing_sources: Collection[str], key: Callable[[str], str] = same_name
) -> frozenset[str]:
    """The names of sources that are marketing's.

    They are compared here, not in the engine: engines disagree on what case and space are.
    """
    ours = {key(name) for name in marketing_sources}
    return frozenset(name for name in names if name and key(name) in ours)


def influenced(frame: Frame, revenue: str, touched: str) -> float:
    """Share of a frame's revenue that is marked as touched."""
    return share_of(*influenced_money(frame, revenue, touched))


def influenced_money(frame: Frame, revenue: str, touched: str) -> tuple[float, float]:
    """That revenue, and all revenue."""
    rows = rows_of(frame.group_by(touched).agg(nw.col(revenue).sum().alias("money")))
    return (fsum(row["money"] or 0 for row in rows if row[touched]), fsum(row["money"] or 0 for row in rows))


def share_of(part: float, whole: float) -> float:
    """Part of all revenue; no revenue raises `EmptyDenominator`."""
    if not whole:
        msg = "there is no won revenue to take a share of"
        raise EmptyDenominator(msg)
    return part / whole
