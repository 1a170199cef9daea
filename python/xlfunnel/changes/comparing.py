"""Two refreshes compared: what happened to records and figures in between, and what keeps them from being alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xlfunnel.changes.cells import largest_first
from xlfunnel.changes.records import counts_of, deal_changes, lead_changes, stage_moves
from xlfunnel.changes.state import day_words
from xlfunnel.changes.velocity import velocity_change
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from xlfunnel.changes.cells import CellChange
    from xlfunnel.changes.records import Happening, RecordChange, StageMove
    from xlfunnel.changes.state import Figure, Listing, State
    from xlfunnel.changes.velocity import VelocityChange

_MONEY: Final = frozenset({Unit.MONEY, Unit.MONEY_PER_DAY, Unit.MONEY_PER_MONTH, Unit.MONEY_PER_PERIOD})
_AMOUNT: Final = "amount"
_MOST_SETTINGS: Final = 4
_LONGEST: Final = 30
"""Signs of a setting that a sentence quotes."""

_NO_FIGURE: Final = frozenset({"agreed", "currency", "data_limit"})
"""Settings that change no figure, and the currency, of which more is said."""


@dataclass(frozen=True)
class AsideChange:
    """Rows that one rule set aside, before and now."""

    rule: str
    before: int
    now: int


@dataclass(frozen=True)
class FigureChange:
    """A figure before and now; `alike` says whether their difference means anything, `note` why not."""

    name: str
    label: str
    unit: Unit
    before: float | None
    now: float | None
    alike: bool = True
    note: str = ""

    @property
    def difference(self) -> float | None:
        """Now minus before, where both are there and alike."""
        return self.now - self.before if self.alike and self.now is not None and self.before is not None else None


@dataclass(frozen=True)
class Changes:
    """What changed since the earlier refresh; `since` is None for the first one."""

    as_of: date
    currency: str = ""
    since: date | None = None
    caveats: tuple[str, ...] = ()
    """Why figures do not compare like with like: said before anything else."""
    uncounted: tuple[str, ...] = ()
    """Why changes of deals or leads could not be counted."""
    records: tuple[RecordChange, ...] = ()
    set_aside: tuple[AsideChange, ...] = ()
    figures: tuple[FigureChange, ...] = ()
    velocity: VelocityChange | None = None
    same_files: bool = False
    """Whether the very same files were read again."""
    cells: tuple[CellChange, ...] | None = None
    """Measured cells that changed, the largest changes first; None where records and figures are compared."""

    @property
    def counts(self) -> Mapping[Happening, int]:
        """How often each thing happened to a record."""
        return counts_of(self.records)

    @property
    def stage_moves(self) -> tuple[StageMove, ...]:
        """From which stage to which open deals moved."""
        return stage_moves(self.records)

    @property
    def aside(self) -> tuple[int, int]:
        """Rows set aside before and now."""
        return sum(one.before for one in self.set_aside), sum(one.now for one in self.set_aside)

    @property
    def nothing(self) -> bool:
        """Whether records, rows set aside and figures are what they were."""
        if self.since is None or self.records or self.caveats or self.cells:
            return False
        same_rows = all(one.before == one.now for one in self.set_aside)
        return same_rows and not any(_differs(one) for one in self.figures)


def changed_cells(as_of: date, since: date | None, cells: Iterable[CellChange]) -> Changes:
    """What changed in a workbook of which only measured cells are compared."""
    return Changes(as_of, since=since, cells=largest_first(cells))


def first_changes(now: State) -> Changes:
    """What a first refresh has to say: there is nothing to compare with."""
    return Changes(now.as_of, now.currency)


def compared(before: State | None, now: State) -> Changes:
    """What changed; without an earlier refresh nothing did."""
    if before is None:
        return first_changes(now)
    other_money = before.currency != now.currency and bool(before.currency and now.currency)
    days = before.as_of, now.as_of
    deals = deal_changes(before.deals, now.deals, *days) if _both(before.deals, now.deals) else []
    if other_money:
        deals = [one for one in deals if not one.what.startswith(_AMOUNT)]
    leads = lead_changes(before.leads, now.leads, *days) if _both(before.leads, now.leads) else []
    velocity = None
    if before.levers and now.levers and not other_money:
        velocity = velocity_change(before.levers, now.levers, before.sources, now.sources)
    return Changes(
        as_of=now.as_of,
        currency=now.currency,
        since=before.as_of,
        caveats=tuple(_caveats(before, now)),
        uncounted=(*_untold("deals", before.deals, now.deals), *_untold("leads", before.leads, now.leads)),
        records=(*deals, *leads),
        set_aside=tuple(_set_aside(before, now)),
        figures=tuple(_figures(before, now, other_money=other_money)),
        velocity=velocity,
        same_files=bool(now.files) and before.files == now.files,
    )


def _caveats(before: State, now: State) -> Iterator[str]:
    if now.as_of < before.as_of:
        yield (
            f"This refresh is as of {day_words(now.as_of)}, and the one before was as of {day_words(before.as_of)}: "
            "everything reads backwards in time"
        )
    if before.currency and now.currency and before.currency != now.currency:
        yield f"Money was in {before.currency} and is in {now.currency}: amounts and velocity are not compared"
    differing = [
        _differing(name, before.choices[name], now.choices[name])
        for name in now.choices
        if before.choices.get(name, now.choices[name]) != now.choices[name] and name not in _NO_FIGURE
    ]
    if differing:
        rest = len(differing) - _MOST_SETTINGS
        named = "; ".join(differing[:_MOST_SETTINGS]) + (f"; and {rest} more" if rest > 0 else "")
        yield f"The definitions differ ({named}), so figures do not compare like with like"


def _differing(setting: str, before: str, now: str) -> str:
    name = setting.replace("_", " ")
    return name if max(len(before), len(now)) > _LONGEST else f"{name} {before} → {now}"


NONE_READ: Final = "no export of them was read"


def _both(before: Listing, now: Listing) -> bool:
    return not before.missing and not now.missing


def _untold(kind: str, before: Listing, now: Listing) -> list[str]:
    """Why changes of records are not counted, or which of them are not."""
    if before.missing == now.missing == NONE_READ:
        return []
    if _both(before, now):
        return _partly(kind, before, now)
    why = now.missing or f"{before.missing} for the earlier refresh"
    return [f"Changes of {kind} are not counted: {why}"]


def _partly(kind: str, before: Listing, now: Listing) -> list[str]:
    """Which records could not be followed, and which fields were not compared."""
    found = []
    without = max(before.without_id, now.without_id)
    if without:
        found.append(f"{without:,} {kind} have no id of their own and are not followed")
    other = sorted(before.fields ^ now.fields)
    if other:
        found.append(f"Not compared, since one of both exports lacks it: {', '.join(other)} of {kind}")
    return found


def _set_aside(before: State, now: State) -> Iterator[AsideChange]:
    for rule in dict.fromkeys((*now.set_aside, *before.set_aside)):
        yield AsideChange(rule, before.set_aside.get(rule, 0), now.set_aside.get(rule, 0))


def _figures(before: State, now: State, *, other_money: bool) -> Iterator[FigureChange]:
    old = {one.name: one for one in before.figures}
    for one in now.figures:
        yield _figure(old.pop(one.name, None), one, other_money=other_money)
    for gone in old.values():
        yield FigureChange(gone.name, gone.label, gone.unit, gone.value, None)


def _figure(old: Figure | None, new: Figure, *, other_money: bool) -> FigureChange:
    before, note = None if old is None else old.value, ""
    if other_money and new.unit in _MONEY:
        note = "another currency"
    elif old is not None and old.label and old.label != new.label:
        note = f"was {old.label}, which is another figure"
    return FigureChange(new.name, new.label, new.unit, before, new.value, alike=not note, note=note)


_HAIR: Final = 1e-9


def _differs(one: FigureChange) -> bool:
    if one.before is None or one.now is None:
        return one.before is not one.now
    return abs(one.now - one.before) > _HAIR * max(abs(one.now), abs(one.before))
