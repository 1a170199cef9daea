"""Histories and touches with anything wrong in them: counted where they lie or brought in, they say the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from tests.sources.test_odd_tables import AS_OF, Odd, write_tables

from xlfunnel.crm.tables import Kind, Rule, SetAside
from xlfunnel.definitions import Definitions
from xlfunnel.errors import Stopped
from xlfunnel.inputs import Inputs, data_of
from xlfunnel.segments.counting import RECORD
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.tables import Tables

SEEDS = range(150 if os.environ.get("XLFUNNEL_TESTS") == "full" else 4)
STAGES = ("Discovery", "discovery ", "Proposal", "Contract", "Closed Won", "Closed Lost", "No Decision")
STATUSES = ("Discovery", "Proposal", "Contract", "Closed Won", "Closed Lost")


def odd_source(seed: int) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The tables of a seed by kind, and what was agreed."""
    one = Odd(Random(seed))  # noqa: S311  # of test data
    deals, leads = one.chance.choice([6, 40]), one.chance.choice([4, 30])
    deal_ids, lead_ids = _ids(one, "D", deals), _ids(one, "L", leads)
    tables = {"opportunities": _deals(one, deal_ids, lead_ids)}
    if one.chance.random() < 0.8:
        tables["leads"] = _leads(one, lead_ids, deal_ids)
    if one.chance.random() < 0.85:
        tables["history"] = _history(one, one.chance.choice([1, 15, 120]), deal_ids)
    if one.chance.random() < 0.85 or "history" not in tables:
        tables["touches"] = _touches(one, one.chance.choice([1, 20, 120]), deal_ids, lead_ids)
    agreed = {"marketing_sources": ("webinar", "Paid Search"), "sources": {"Paid": "Paid Search"}}
    one.some(0.3, one.agreed, "timezone", lambda: "America/New_York")
    return tables, agreed | one.agreed


def _ids(one: Odd, letter: str, count: int) -> list[str]:
    """Ids of a plain CRM, or of one that puts a check behind some of them."""
    return [f"{letter}{at}" for at in range(count)]


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


def _days(one: Odd, rows: int) -> Any:
    """Days that fall on one another, with a time or without."""
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


def _history(one: Odd, rows: int, deals: list[str]) -> dict[str, Any]:
    found = {
        "opportunity_id": _named(one, rows, deals), "changed": _days(one, rows),
        "to_stage": one.words(rows, *STAGES, "", None),
    }  # fmt: skip
    one.some(0.7, found, "from_stage", lambda: one.words(rows, *STAGES, None))
    one.some(0.3, found, "field", lambda: one.words(rows, "Stage", "StageName", "created", "Amount", None))
    return found


def _touches(one: Odd, rows: int, deals: list[str], people: list[str]) -> dict[str, Any]:
    found = {"kind": one.words(rows, "Call", "Webinar", "Email sent", "Other", None)}
    found["when" if one.chance.random() < 0.8 else "planned"] = _days(one, rows)
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
        "id": lambda: one.words(rows, *(f"T{at}" for at in range(rows + 4)), None),
        "planned": lambda: _days(one, rows),
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
    write_tables(tmp_path, tables)
    brought, counted = (said(tmp_path / "sources.toml", agreed | {"data_limit": limit}) for limit in (50_000, 0))
    for part in brought:
        assert counted[part] == brought[part], part


def said(sources: Path, agreed: Mapping[str, Any]) -> dict[str, Any]:
    """Every used record, the stages that deals entered and the accounts; or the words with which it stopped."""
    try:
        with data_of(Inputs((), AS_OF, source=sources)) as data:
            return answers(data.read(Definitions.model_validate(agreed), None, lambda what, share: None).tables)
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
