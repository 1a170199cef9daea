"""What changed, as JSON holds it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.changes.sentence import sentence

if TYPE_CHECKING:
    from xlfunnel.changes.comparing import Changes
    from xlfunnel.changes.records import RecordChange
    from xlfunnel.changes.velocity import VelocityChange

MOST_LISTED: Final = 2_000
"""Changes of records that a sheet and a document list one by one; all of them are counted."""


def document(changes: Changes) -> dict[str, Any]:
    """The sentence and what it rests on; None stands for what is not there."""
    if changes.cells is not None:
        return _of_cells(changes)
    before, now = changes.aside
    return {
        "sentence": sentence(changes),
        "since": changes.since.isoformat() if changes.since else None,
        "caveats": [*changes.caveats, *changes.uncounted],
        "counts": {what.value: count for what, count in changes.counts.items()},
        "stage_moves": [
            {"from": one.before, "to": one.now, "deals": one.deals, "amount": one.amount}
            for one in changes.stage_moves
        ],
        "set_aside": {
            "before": before,
            "now": now,
            "by_rule": {one.rule: {"before": one.before, "now": one.now} for one in changes.set_aside},
        },
        "figures": [
            {"name": one.name, "figure": one.label, "before": one.before, "now": one.now, "alike": one.alike}
            for one in changes.figures
        ],
        "velocity": _velocity(changes.velocity) if changes.velocity else None,
        "records": [_record(one) for one in changes.records[:MOST_LISTED]],
        "records_not_listed": max(len(changes.records) - MOST_LISTED, 0),
    }


def _of_cells(changes: Changes) -> dict[str, Any]:
    cells = [
        {"figure": one.where, "before": one.before, "now": one.now, "change": one.share}
        for one in changes.cells or ()
    ]
    since = changes.since.isoformat() if changes.since else None
    return {"sentence": sentence(changes), "since": since, "cells": cells}


def _velocity(change: VelocityChange) -> dict[str, Any]:
    return {
        "before": change.before,
        "now": change.now,
        "change": change.share,
        "by_lever": [
            {"lever": one.name, "before": one.before, "now": one.now, "added": one.added, "points": one.share * 100}
            for one in change.levers
        ],
        "by_source": [{"source": one.source, "added": one.added} for one in change.sources],
        "not_split": list(dict.fromkeys(one for one in (change.no_levers, change.no_sources) if one)),
    }


def _record(one: RecordChange) -> dict[str, Any]:
    def plain(value: object) -> object:
        return value.isoformat() if isinstance(value, date) else value

    return {
        "what": one.what.value,
        "id": one.id,
        "name": one.name or None,
        "from": plain(one.before),
        "to": plain(one.now),
        "difference": one.difference,
        "amount": one.amount,
    }
