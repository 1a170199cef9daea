"""Histories and touches with anything wrong in them: counted where they lie or brought in, they say the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from tests.sources.engines import IN_MEMORY, LYING, Records, counted_in_memory, exported, in_duckdb, read_from
from tests.sources.test_odd_tables import AS_OF, Odd

from xlfunnel.crm.tables import Kind, Rule, SetAside
from xlfunnel.errors import Stopped
from xlfunnel.segments.counting import RECORD
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.tables import Tables

SEEDS = range(150 if os.environ.get("XLFUNNEL_TESTS") == "full" else 3)
ENGINES_SEED = 44
EVERYTHING = os.environ.get("XLFUNNEL_TESTS") == "full" or os.environ.get("CI") == "true"
ASKED = [*LYING, *IN_MEMORY] if EVERYTHING else ["postgres", "polars"]  # Ibis on DuckDB in `test_compiled`
STAGES = ("Discovery", "discovery ", "Proposal", "Contract", "Closed Won", "Closed Lost", "No Decision")
STATUSES = ("Discovery", "Proposal", "Contract", "Closed Won", "Closed Lost")


@dataclass(frozen=True)
class Places:
    """Records, what was agreed, and what their exports say."""

    records: Records
    agreed: dict[str, Any]
    expected: dict[str, Any]


def odd_source(seed: int, *, ties: bool = True) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The tables of a seed by kind, and what was agreed. Without ties no two rows are of one moment, or of one id."""
    one = Odd(Random(seed))  # noqa: S311  # of test data
    deals, leads = one.chance.choice([6, 40]), one.chance.choice([4, 30])
    deal_ids, lead_ids = (
        [f"{letter}{at:02d}" for at in range(count)] for letter, count in (("D", deals), ("L", leads))
    )
    tables = {"opportunities": _deals(one, deal_ids, lead_ids)}
    if one.chance.random() < 0.8:
        tables["leads"] = _leads(one, lead_ids, deal_ids)
    if one.chance.random() < 0.85:
        tables["history"] = _history(one, one.chance.choice([1, 15, 120]), deal_ids, ties=ties)
    if one.chance.random() < 0.85 or "history" not in tables:
        tables["touches"] = _touches(one, one.chance.choice([1, 20, 120]), deal_ids, lead_ids, ties=ties)
    agreed = {"marketing_sources": ("webinar", "Paid Search"), "sources": {"Paid": "Paid Search"}}
    one.some(0.3, one.agreed, "timezone", lambda: "America/New_York")
    if "leads" in tables and ties and one.chance.random() < 0.08:
        del tables["opportunities"]
    return tables, agreed | one.agreed


def _named(one: Odd, rows: int, ids: list[str], *others: str | None) -> Any:
    """Cells that name none, one or several of the records, or one that nobody knows."""

    def cell() -> str | None:
        kind = one.chance.random()
        if kind < 0.1:
            return one.chance.choice(["", None, "X9", ";", *others])
        if kind < 0.2:
            return one.chance.choice(["; ", ";"]).join(one.chance.choices([*ids, "X9"], k=2))
        return one.chance.choice(["", "", "zcrm_", " "]) + one.chance.choice(ids)

    return pa.array([cell() for _ in range(rows)], pa.string())


def _days(one: Odd, rows: int, *, ties: bool = True) -> Any:
    """Days that fall on one another, with a time or without; without ties a time of its own for each row."""
    if not ties:
        minutes = one.chance.sample(range(40 * 24 * 60), rows)
        return pa.array([datetime(2026, 1, 1) + timedelta(minutes=at) for at in minutes], pa.timestamp("us"))
    days = [date(2026, 1, 1) + timedelta(one.chance.randrange(40)) for _ in range(rows)]
    if one.chance.random() < 0.5:
        return pa.array([None if one.chance.random() < 0.1 else day for day in days], pa.date32())
    hours = [one.chance.choice([0, 9, 9, 15]) for _ in days]
    return pa.array([datetime(day.year, day.month, day.day, hour) for day, hour in zip(days, hours, strict=True)])


def _deals(one: Odd, ids: list[str], people: list[str]) -> dict[str, Any]:
    rows = len(ids)
    made = [date(2025, 12, 20) + timedelta(one.chance.randrange(30)) for _ in ids]
    found = {
        "id": pa.array([None if one.chance.random() < 0.05 else name for name in ids], pa.string()),
        "stage": one.words(rows, *STATUSES, "Proposal", "PROPOSAL"), "created": pa.array(made, pa.date32()),
        "closed": pa.array([date(2026, 2, 1) + timedelta(one.chance.randrange(200)) for _ in ids], pa.date32()),
        "source": one.words(rows, "Webinar", "Partner", "Paid", None),
    }  # fmt: skip
    one.some(0.4, found, "stage_entered", lambda: one.dates(rows, 0.6))
    one.some(0.5, found, "contacts", lambda: _named(one, rows, people, "a1@x.de", "B@x.de", "C1"))
    one.some(0.3, found, "touched", lambda: one.words(rows, "no", "yes", None))
    one.some(0.2, found, "pipeline", lambda: one.words(rows, "EMEA", None))
    return found


def _leads(one: Odd, ids: list[str], deals: list[str]) -> dict[str, Any]:
    rows = len(ids)
    found = {
        "id": pa.array(ids, pa.string()),
        "created": _days(one, rows),
        "source": one.words(rows, "Webinar", None),
    }
    one.some(0.5, found, "email", lambda: one.words(rows, "a1@x.de", "A1@x.de", "b@x.de", "c@x.de", "d@x.de", None))
    one.some(0.5, found, "contact_id", lambda: one.words(rows, "C1", "C2", "C3", None))
    one.some(0.6, found, "opportunity_id", lambda: _named(one, rows, deals))
    one.some(0.2, found, "touch", lambda: one.dates(rows))
    return found


def _history(one: Odd, rows: int, deals: list[str], *, ties: bool) -> dict[str, Any]:
    found = {
        "opportunity_id": _named(one, rows, deals), "changed": _days(one, rows, ties=ties),
        "to_stage": one.words(rows, *STAGES, "", None),
    }  # fmt: skip
    one.some(0.7, found, "from_stage", lambda: one.words(rows, *STAGES, None))
    one.some(0.3, found, "field", lambda: one.words(rows, "Stage", "StageName", "created", "Amount", None))
    return found


def _touches(one: Odd, rows: int, deals: list[str], people: list[str], *, ties: bool) -> dict[str, Any]:
    found = {"kind": one.words(rows, "Call", "Webinar", "Email sent", "Other", None)}
    found["when" if one.chance.random() < 0.8 else "planned"] = _days(one, rows, ties=ties)
    keys = {
        "lead_id": lambda: _named(one, rows, people, "C1", "a1@x.de"),
        "contact_id": lambda: _named(one, rows, ["C1"]),
        "email": lambda: one.words(rows, "a1@x.de", "B@x.de", "c@x.de; d@x.de", "C@X.DE", "e@x.de", None),
        "opportunity_id": lambda: _named(one, rows, deals),
    }  # fmt: skip
    first = one.chance.choice(list(keys))
    for name, make in keys.items():
        one.some(1 if name == first else 0.4, found, name, make)
    others = {
        "id": lambda: (
            one.words(rows, *(f"T{at}" for at in range(rows + 4)), None)
            if ties
            else pa.array([f"T{at}" for at in range(rows)])
        ),
        "planned": lambda: _days(one, rows, ties=ties),
        "by": lambda: one.words(rows, "Marketing", "Sales Team", "Ops", None), "deleted": lambda: one.flags(rows),
        "done": lambda: one.words(rows, "Completed", "Not Started", "no", "yes", None),
        "campaign": lambda: one.words(rows, "Summer", None, None), "modified": lambda: one.dates(rows),
        "source": lambda: one.words(rows, "Webinar", "paid", "Partner", None),
        "subject": lambda: one.words(rows, "Call with Ann", "RE: web page", "hello", "4. Demo", None),
    }  # fmt: skip
    for name, make in others.items():
        one.some(0.35, found, name, make)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_both_ways_say_the_same(seed: int, tmp_path: Path) -> None:
    tables, agreed = odd_source(seed)
    with in_duckdb(tmp_path, tables) as path:
        brought, counted = (said(path, agreed | {"data_limit": limit}) for limit in (50_000, 0))
    for part in brought:
        assert counted[part] == brought[part], part


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """What each engine is asked of, and what the exports of the same records say."""
    records, agreed = odd_source(ENGINES_SEED, ties=False)
    found = answers(exported(tmp_path_factory.mktemp("exports"), records, AS_OF, agreed))
    return Places(records, agreed | {"data_limit": 0}, found)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # of Ibis 12 on newer engines
@pytest.mark.parametrize("name", ASKED)
def test_every_engine_says_what_the_exports_say(name: str, places: Places, tmp_path: Path) -> None:
    if name in IN_MEMORY:
        with counted_in_memory(name, places.records, AS_OF, places.agreed) as tables:
            found = answers(tables)
    else:
        with LYING[name](tmp_path, places.records) as path, read_from(path, AS_OF, places.agreed) as tables:
            found = answers(tables)
    assert places.expected.keys() == found.keys()
    for part in found.keys() - {"examples"}:
        assert found[part] == places.expected[part], part
    assert _told(found) == _told(places.expected)


def _told(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The examples without the names of files and rows; a database writes a flag in small letters."""
    return sorted((column, value.lower(), rule, detail) for _, _, column, value, rule, detail in found["examples"])


def said(sources: Path, agreed: Mapping[str, Any]) -> dict[str, Any]:
    """Every used record, the stages that deals entered and the accounts; or the words with which it stopped."""
    try:
        with read_from(sources, AS_OF, agreed) as tables:
            return answers(tables)
    except Stopped as fault:
        return {"stopped": (type(fault), str(fault))}


def answers(tables: Tables) -> dict[str, Any]:
    """What tables say, with records by their ids."""
    staged = tables.staged()
    return {
        "deals": _records(tables, Kind.OPPORTUNITIES),
        "leads": _records(tables, Kind.LEADS),
        "stages": None if staged is None else _stages(tables, staged.dates.collect("pyarrow").to_native()),
        "accounts": [(one.kind, one.read, one.used, one.set_aside) for one in tables.files],
        "notes": [(one.kind, _notes(one.notes)) for one in tables.files if one.kind in {Kind.HISTORY, Kind.TOUCHES}],
        "examples": sorted(map(_example, tables.set_aside)),
    }


def _notes(notes: tuple[str, ...]) -> list[str]:
    return sorted(note for note in notes if not note.startswith(("Read ", "The source")))


def _example(one: SetAside) -> tuple[Any, ...]:
    """Which of two records with one id stands is told in other words by a database."""
    detail = "" if one.rule is Rule.DUPLICATE else one.detail
    return one.file, str(one.row), one.column, one.value, str(one.rule), detail


def _ids_of(tables: Tables, kind: Kind) -> list[str | None] | None:
    held = tables.listed(kind)
    return None if held is None else [one or f"row {at}" for at, one in enumerate(held["id"].to_pylist(), 1)]


def _records(tables: Tables, kind: Kind) -> Any:
    try:
        known = tables.deals() if kind is Kind.OPPORTUNITIES else tables.leads()
    except MissingColumns:
        return None
    ids = _ids_of(tables, kind)
    rows = known.frame.collect("pyarrow").to_native().to_pylist()
    for row in rows:
        record = row.pop(RECORD)
        row["id"] = _own_id(record) if ids is None else _own_id(ids[record])
        row.pop("opportunity_id", None)  # of several deals of a lead any may be named
    return sorted(map(repr, rows)), known.filled


def _own_id(record: str | None) -> str | None:
    return None if record is None or record.startswith(("row ", "\N{WORD JOINER}")) else record


def _stages(tables: Tables, dates: pa.Table) -> Any:
    ids = _ids_of(tables, Kind.OPPORTUNITIES)
    rows = dates.select(["opportunity", "stage", "position", "entered_day"]).to_pylist()
    for row in rows:
        row["opportunity"] = _own_id(row["opportunity"] if ids is None else ids[row["opportunity"]])
    return sorted(map(repr, rows))
