"""Tables of any shape and with anything wrong in them: counted where they lie or brought in, they say the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from tests.sources.engines import in_duckdb, read_from

from xlfunnel.crm.tables import Kind
from xlfunnel.errors import Stopped
from xlfunnel.segments.counting import RECORD
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.tables import Tables

AS_OF = date(2026, 6, 30)
SEEDS = range(120 if os.environ.get("XLFUNNEL_TESTS") == "full" else 3)
RULES = [
    {"name": "Small", "employees_below": 51},
    {"name": "Germany", "countries": ["DE"]},
    {"name": "Big", "employees_from": 500},
]


@dataclass
class Odd:
    """A source of one seed: columns by field, and what was agreed."""

    chance: Random
    deals: dict[str, Any] = field(default_factory=dict)
    leads: dict[str, Any] = field(default_factory=dict)
    agreed: dict[str, Any] = field(default_factory=dict)

    def words(self, rows: int, *words: str | None) -> Any:
        return pa.array([self.chance.choice(words) for _ in range(rows)], pa.string())

    def flags(self, rows: int) -> Any:
        return pa.array([self.chance.choice([True, False, False, None]) for _ in range(rows)], pa.bool_())

    def some(self, likely: float, columns: dict[str, Any], name: str, make: Callable[[], Any]) -> None:
        if self.chance.random() < likely:
            columns[name] = make()

    def dates(self, rows: int, blank: float = 0.25) -> Any:
        """In one of the ways in which databases hold dates, some of them in texts that are none."""
        days = [
            None if self.chance.random() < blank else date(2024, 1, 1) + timedelta(self.chance.randrange(1000))
            for _ in range(rows)
        ]
        way = self.chance.choice(["day", "moment", "midnight", "zoned", "text", "written"])
        if way == "day":
            return pa.array(days, pa.date32())
        if way == "written":
            return pa.array([None if day is None else self.written(day) for day in days], pa.string())
        if way == "text":
            odd = ("", "soon", "2026-02-31", "2025-13-01", "N/A")
            told = [None if day is None else day.isoformat() for day in days]
            return pa.array(
                [self.chance.choice(odd) if self.chance.random() < 0.1 else day for day in told], pa.string()
            )
        hours = [0 if way == "midnight" else self.chance.randrange(24) for _ in days]
        moments = [
            None if day is None else datetime(day.year, day.month, day.day, hour, hour * 2)
            for day, hour in zip(days, hours, strict=True)
        ]
        return pa.array(moments, pa.timestamp("us", "UTC" if way == "zoned" else None))

    def written(self, day: date) -> str:
        """A day as people write it, in a way that leaves nothing open."""
        ways = [f"{day:%d.%m.%Y}", f"{day:%B %d, %Y}", f"{day:%d-%b-%y}", day.isoformat(), f"{day:%Y-%m-%d} 09:30"]
        if day.day > 12:
            ways += [f"{day:%m/%d/%Y}", f"{day:%m/%d/%Y} 9:05 PM"]
        return self.chance.choice(
            [*ways, f"{day:%Y-%m-%d}T23:10:00Z", f"{day:%Y%m%d}", f" {day:%d.%m.%Y} 00:00", "soon"]
        )

    def amounts(self, rows: int) -> Any:
        values = [self.chance.choice([None, 0, 100.5, 2000, -3, 1e6, 12.25]) for _ in range(rows)]
        if self.chance.random() < 0.5:
            return pa.array(values, pa.float64())
        if self.chance.random() < 0.4:
            return self.words(rows, "1,200.50", "1,200,000", "1.2k", "(300)", "12.25", "7", "a lot", None)
        told = [None if value is None else repr(value) for value in values]
        return pa.array(["tbd" if self.chance.random() < 0.1 else text for text in told], pa.string())


def odd_source(seed: int) -> Odd:
    one = Odd(Random(seed))  # noqa: S311  # of test data
    rows, people = one.chance.choice([1, 30, 80]), one.chance.choice([3, 50])
    deal_ids, lead_ids = [f"D{at}" for at in range(rows)], [f"L{at}" for at in range(people)]
    _deals(one, rows, deal_ids, lead_ids)
    if one.chance.random() < 0.7:
        _leads(one, people, deal_ids, lead_ids)
    one.some(
        0.4, one.agreed, "timezone", lambda: one.chance.choice(["America/New_York", "Asia/Tokyo", "Europe/Berlin"])
    )
    one.some(0.4, one.agreed, "stages", lambda: {"Parked": "open"})
    one.some(0.3, one.agreed, "unqualified_stages", lambda: ("Discovery",))
    one.agreed["pipelines_left_out"] = ("renewal",)
    return one


def _deals(one: Odd, rows: int, ids: list[str], people: list[str]) -> None:
    stages = (
        "Discovery",
        "Closed Won",
        "closed won ",
        "Closed Lost",
        "No Decision",
        "Parked",
        "Proposal (EMEA)",
        "",
        None,
    )
    columns: dict[str, Callable[[], Any]] = {
        "expected": lambda: one.dates(rows), "stage_entered": lambda: one.dates(rows),
        "modified": lambda: one.dates(rows), "closed_won": lambda: one.dates(rows), "won": lambda: one.flags(rows),
        "closed_flag": lambda: one.flags(rows), "lost": lambda: one.words(rows, "yes", "no", ""),
        "deleted": lambda: one.flags(rows), "amount": lambda: one.amounts(rows),
        "touched": lambda: one.words(rows, "no", "", "Summer", None),
        "pipeline": lambda: one.words(rows, "EMEA", "Renewal", None),
        "segment": lambda: one.words(rows, "Own", None),
        "contacts": lambda: one.words(rows, *people[:9], "a1@x.de", None),
        "status": lambda: one.words(rows, "Open", "Won", "Lost", "Deleted", "weird", None),
    }  # fmt: skip
    one.deals |= {
        "id": one.words(rows, *ids, " D1", None), "stage": one.words(rows, *stages), "created": one.dates(rows),
        "closed": one.dates(rows, 0.4), "source": one.words(rows, "Webinar", "web-inar", "Paid Search", "-"),
    }  # fmt: skip
    for name, make in columns.items():
        one.some(0.35, one.deals, name, make)
    if one.chance.random() < 0.5:
        one.deals["currency"] = one.words(rows, "USD", "USD", "EUR", "usd", "€", "bananas", None)
        one.some(0.8, one.agreed, "rates", lambda: {"EUR": 1.1})
        one.agreed["currency"] = "USD"
    if one.chance.random() < 0.4:
        sizes = [one.chance.choice([5, 50, 500, None]) for _ in range(rows)]
        ranges = one.words(rows, "1-10", "51-200", "1000+", "many", None)
        one.deals |= {
            "employees": one.chance.choice([pa.array(sizes, pa.int64()), ranges]),
            "country": one.words(rows, "DE", "de", "US"),
        }
        one.agreed["segments"] = RULES


def _leads(one: Odd, rows: int, deals: list[str], ids: list[str]) -> None:
    columns: dict[str, Callable[[], Any]] = {
        "touch": lambda: one.dates(rows), "opportunity": lambda: one.dates(rows), "won": lambda: one.dates(rows),
        "opportunity_id": lambda: one.words(rows, *deals, None), "converted": lambda: one.flags(rows),
        "converted_date": lambda: one.dates(rows), "disqualified_reason": lambda: one.words(rows, "Budget", None),
        "status": lambda: one.words(rows, "New", "Unqualified", "Recycled", "Deleted", None),
        "email": lambda: one.words(rows, "a1@x.de", "A2@x.de", "b@x.de", None), "modified": lambda: one.dates(rows),
    }  # fmt: skip
    one.leads |= {
        "id": one.words(rows, *ids, None), "created": one.dates(rows), "mql": one.dates(rows), "sql": one.dates(rows),
        "source": one.words(rows, "Webinar", "WEBINAR", "Partner", None),
    }  # fmt: skip
    for name, make in columns.items():
        one.some(0.45, one.leads, name, make)


@pytest.mark.parametrize("seed", SEEDS)
def test_both_ways_say_the_same(seed: int, tmp_path: Path) -> None:
    one = odd_source(seed)
    tables = {name: columns for name, columns in (("opportunities", one.deals), ("leads", one.leads)) if columns}
    with in_duckdb(tmp_path, tables) as path:
        brought, counted = (_said(path, one.agreed | {"data_limit": limit}) for limit in (50_000, 0))
    assert counted == brought


def _said(sources: Path, agreed: Mapping[str, Any]) -> Any:
    """Every used record, what is known of columns, and the accounts; or the words with which the refresh stopped."""
    try:
        with read_from(sources, AS_OF, agreed) as tables:
            kinds = {kind: _records(tables, kind) for kind in (Kind.OPPORTUNITIES, Kind.LEADS)}
            return (
                kinds,
                tables.currency,
                [(one.read, one.used, one.set_aside, sorted(one.notes)) for one in tables.files],
            )
    except Stopped as fault:
        return type(fault), str(fault)


def _records(tables: Tables, kind: Kind) -> Any:
    try:
        known = tables.deals() if kind is Kind.OPPORTUNITIES else tables.leads()
    except MissingColumns:
        return None
    held = tables.listed(kind)
    ids = None if held is None else held["id"].to_pylist()
    rows = known.frame.collect("pyarrow").to_native().to_pylist()
    for row in rows:
        record = row.pop(RECORD)
        row["id"] = _own_id(record) if ids is None else ids[record]
        row.pop("opportunity_id", None)  # of several deals of a lead any may be named
    return sorted(map(repr, rows)), known.filled


def _own_id(record: str | None) -> str | None:
    """A record without an id is numbered where it lies."""
    return None if record is None or record.startswith("\N{WORD JOINER}") else record
