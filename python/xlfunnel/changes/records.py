"""What happened to records between two refreshes, followed by their id."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xlfunnel.changes.state import Deal, Lead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xlfunnel.changes.state import Listing

_OPEN: Final = "open"
_LEFT_OUT: Final = "no"


class Happening(StrEnum):
    """What can happen to a record, in the order in which it is told."""

    MOVED = "moved stage"
    SLIPPED = "close date slipped"
    PULLED_IN = "close date pulled in"
    DATE_SET = "close date set"
    DATE_REMOVED = "close date removed"
    WON = "won"
    LOST = "lost"
    NO_DECISION = "no decision"
    REOPENED = "reopened"
    NEW = "new deal"
    GONE = "gone"
    AMOUNT_UP = "amount up"
    AMOUNT_DOWN = "amount down"
    AMOUNT_SET = "amount set"
    AMOUNT_REMOVED = "amount removed"
    NEW_MQL = "new MQL"
    NEW_SQL = "became SQL"
    WORKED = "worked by sales"
    RETURNED = "returned to marketing"
    NEW_LEAD = "new lead"
    LEAD_GONE = "lead gone"


_ORDER: Final = {one: number for number, one in enumerate(Happening)}
_ENDED: Final = {one.value: one for one in (Happening.WON, Happening.LOST, Happening.NO_DECISION)}
_BLANK: Final = "no stage"

Was = str | float | date | None


@dataclass(frozen=True)
class RecordChange:
    """One thing that happened to one record; `before` and `now` are words, money, days, or None for nothing."""

    what: Happening
    id: str
    name: str = ""
    before: Was = None
    now: Was = None
    difference: float | None = None
    """Days for a date, money for an amount."""
    amount: float | None = None


@dataclass(frozen=True)
class StageMove:
    """How many open deals went from one stage to another, and what they are worth."""

    before: str
    now: str
    deals: int
    amount: float


def deal_changes(before: Listing, now: Listing, since: date, as_of: date) -> list[RecordChange]:
    """What happened to deals, told in the order of `Happening`, the largest amounts first.

    Deals of pipelines that are left out do not count, nor do those that were created after the day of their refresh.
    A field is compared where both exports had it.
    """
    alike = _alike(before, now, min(since, as_of))
    old, new = (
        {key: Deal(*row) for key, row in held.by_id.items() if key not in alike and _exists(row[_CREATED], day)}
        for held, day in ((before, since), (now, as_of))
    )
    fields = before.fields & now.fields
    found: list[RecordChange] = []
    for key, deal in new.items():
        if deal.counts == _LEFT_OUT:
            continue
        known = old.get(key)
        found.extend(_of_deal(known, deal, fields) if known else [_change(Happening.NEW, deal, now=deal.stage)])
    gone = (deal for key, deal in old.items() if key not in new and deal.counts != _LEFT_OUT)
    found.extend(_change(Happening.GONE, deal, deal.stage) for deal in gone)
    return in_order(found)


_CREATED: Final = Deal._fields.index("created")


def _alike(before: Listing, now: Listing, day: date) -> set[str]:
    """The ids of deals that a day knew already and whose fields are all the same: of them nothing is told."""
    earlier = before.by_id
    return {key for key, row in now.by_id.items() if earlier.get(key) == row and _exists(row[_CREATED], day)}


def lead_changes(before: Listing, now: Listing, since: date, as_of: date) -> list[RecordChange]:
    """What happened to leads, in the order of `Happening`."""
    leads = ({key: Lead(*row) for key, row in held.by_id.items()} for held in (before, now))
    old, new = (
        {key: lead for key, lead in held.items() if _exists(lead.created, day)}
        for held, day in zip(leads, (since, as_of), strict=True)
    )
    steps = [(what, field) for what, field in _STEPS if field in before.fields & now.fields]
    found: list[RecordChange] = []
    for key, lead in new.items():
        known = old.get(key)
        if known is None:
            found.append(RecordChange(Happening.NEW_LEAD, key, now=lead.created))
        for what, field in steps:
            day = getattr(lead, field)
            earlier = None if known is None else getattr(known, field)
            if _happened(day, as_of) and (not _happened(earlier, since) or _again(what, earlier, day)):
                found.append(RecordChange(what, key, before=earlier, now=day))
    gone = (lead for key, lead in old.items() if key not in new)
    found.extend(RecordChange(Happening.LEAD_GONE, lead.id, before=lead.created) for lead in gone)
    return in_order(found)


_STEPS: Final = (
    (Happening.NEW_MQL, "mql"),
    (Happening.NEW_SQL, "sql"),
    (Happening.WORKED, "worked"),
    (Happening.RETURNED, "returned"),
)


def in_order(found: list[RecordChange]) -> list[RecordChange]:
    """By what happened, and within it the largest amounts first."""
    return sorted(found, key=lambda one: (_ORDER[one.what], -abs(one.amount or 0.0), one.id))


def counts_of(changes: Iterable[RecordChange]) -> dict[Happening, int]:
    """How often each thing happened, in the order of `Happening`."""
    counted = Counter(one.what for one in changes)
    return {what: counted[what] for what in Happening if counted[what]}


def stage_moves(changes: Iterable[RecordChange]) -> tuple[StageMove, ...]:
    """From which stage to which, the most frequent first."""
    moved: dict[tuple[str, str], list[float]] = {}
    for one in changes:
        if one.what is Happening.MOVED:
            moved.setdefault((str(one.before), str(one.now)), []).append(one.amount or 0.0)
    pairs = sorted(moved, key=lambda pair: (-len(moved[pair]), pair))
    return tuple(StageMove(*pair, len(moved[pair]), math.fsum(moved[pair])) for pair in pairs)


def _of_deal(old: Deal, new: Deal, fields: frozenset[str]) -> Iterator[RecordChange]:
    if old.status != new.status:
        what = _ENDED.get(new.status or "", Happening.REOPENED)
        yield _change(what, new, _stood(old, new), _stood(new, old))
    elif new.status == _OPEN:
        if "stage" in fields and old.stage != new.stage:
            yield _change(Happening.MOVED, new, old.stage or _BLANK, new.stage or _BLANK)
        if "expected" in fields and old.expected != new.expected:
            yield _moved_date(old, new)
    if "amount" in fields and old.amount != new.amount:
        yield _moved_amount(old, new)


def _stood(deal: Deal, other: Deal) -> str | None:
    """How a deal stood whose status changed: its stage, or its status where an export says one stage of both days.

    It does where it was refreshed for an earlier day as well: a deal that is won was open then, and its stage on that
    day is in no export.
    """
    if deal.stage == other.stage and deal.status == _OPEN:
        return deal.status
    return deal.stage or deal.status


def _moved_date(old: Deal, new: Deal) -> RecordChange:
    if old.expected is None or new.expected is None:
        what = Happening.DATE_SET if old.expected is None else Happening.DATE_REMOVED
        return _change(what, new, old.expected, new.expected)
    days = (new.expected - old.expected).days
    what = Happening.SLIPPED if days > 0 else Happening.PULLED_IN
    return _change(what, new, old.expected, new.expected, days)


def _moved_amount(old: Deal, new: Deal) -> RecordChange:
    if old.amount is None or new.amount is None:
        what = Happening.AMOUNT_SET if old.amount is None else Happening.AMOUNT_REMOVED
        return _change(what, new, old.amount, new.amount)
    what = Happening.AMOUNT_UP if new.amount > old.amount else Happening.AMOUNT_DOWN
    return _change(what, new, old.amount, new.amount, new.amount - old.amount)


def _change(
    what: Happening, deal: Deal, before: Was = None, now: Was = None, difference: float | None = None
) -> RecordChange:
    return RecordChange(what, deal.id, deal.name or "", before, now, difference, deal.amount)


def _exists(created: date | None, day: date) -> bool:
    return created is None or created <= day


def _happened(day: date | None, as_of: date) -> bool:
    return day is not None and day <= as_of


def _again(what: Happening, earlier: date | None, day: date) -> bool:
    """Whether a lead that had been returned before was returned once more."""
    return what is Happening.RETURNED and earlier is not None and day > earlier
