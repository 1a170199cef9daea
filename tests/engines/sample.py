"""Canonical tables that no company has: names that databases sort and quote differently, blanks, ties, odd days."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xlfunnel.check import day_number
from xlfunnel.crm.tables import LEADS, OPPORTUNITIES, STAGE_DATES, Exports

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = date(2026, 9, 30)
TODAY = day_number(AS_OF)
NAMES = (
    "Web", "web", "zebra", "Äpfel", "apfel", "It's", 'quo"te', "back\\slash", "100 %", "_under", "Événement", "日本",
    None,
)  # fmt: skip
STAGES = ("Discovery", "Proposal", "Contract", "Closed Won")
STATUSES = ("open", "won", "won", "lost", "no decision")
AMOUNTS = (None, 0.0, -250.0, 0.1, 1_000.0, 1_000.0, 33_333.33, 2.5e9)


def sample(seed: int, deals: int = 120, leads: int = 160) -> Exports:
    """The same tables for the same seed."""
    random = Random(seed)  # noqa: S311
    return Exports(
        _table(OPPORTUNITIES, deals, lambda number: _deal(random, number)),
        _table(STAGE_DATES, 3 * deals, lambda _: _entry(random, deals)),
        _table(LEADS, leads, lambda number: _lead(random, number)),
        (),
        (),
        "EUR",
    )


def _table(schema: pa.Schema, rows: int, make: Callable[[int], dict[str, Any]]) -> pa.Table:
    made = [make(number) for number in range(rows)]
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in made], schema)


def _deal(random: Random, number: int) -> dict[str, Any]:
    status = random.choice(STATUSES)
    return {
        "id": f"D{number}",
        "owner": random.choice(NAMES),
        "segment": random.choice(("SMB", "Enterprise", None)),
        "source": random.choice(NAMES),
        "pipeline": random.choice(("Sales", "sales", None)),
        "amount": random.choice(AMOUNTS),
        "created_day": _day(random),
        "closed_day": None if status == "open" else TODAY - random.randint(-40, 900),
        "expected_day": _day(random),
        "stage": random.choice((*STAGES, None)),
        "stage_day": _day(random),
        "status": status,
        "qualified": random.random() < 0.8,
        "counted": random.random() < 0.9,
        "touched": random.choice((True, False, None)),
        "sourced": random.choice((True, False, None)),
    }


def _entry(random: Random, deals: int) -> dict[str, Any]:
    position = random.randrange(len(STAGES))
    return {
        "opportunity": random.randrange(deals),
        "stage": STAGES[position],
        "position": position,
        "entered_day": _day(random),
    }


def _lead(random: Random, number: int) -> dict[str, Any]:
    created = TODAY - random.randint(-20, 500)
    return {
        "id": f"L{number}",
        "source": random.choice(NAMES),
        "segment": random.choice(("SMB", "Enterprise", None)),
        "owner": random.choice(NAMES),
        "created_day": random.choice((created, created, None)),
        **{f"{step}_day": _after(random, created) for step in ("mql", "sal", "sql", "opportunity", "won", "touch")},
        "mql_second": _second(random),
        "touch_second": _second(random),
        "opportunity_id": random.choice(("D1", None)),
        "disqualified": random.random() < 0.2,
        "disqualified_reason": random.choice(("No budget", "no budget", None)),
        "recycled": random.random() < 0.3,
        "recycled_day": _after(random, created),
        "requalified_day": _after(random, created),
    }


def _day(random: Random) -> int | None:
    return random.choice((None, TODAY + 10, TODAY, *(TODAY - random.randint(1, 900) for _ in range(6))))


def _after(random: Random, created: int) -> int | None:
    return random.choice((None, created - 3, created, *(created + random.randint(0, 120) for _ in range(4))))


def _second(random: Random) -> int | None:
    return random.choice((None, 0, 9 * 3600, 86_399, *(random.randrange(86_400) for _ in range(12))))
