"""Deals that are held in memory have the figures that a frame of the same deals has."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from xlfunnel.definitions import Definitions
from xlfunnel.segments import deal_arrays
from xlfunnel.segments.deal_report import DealReport, deal_report
from xlfunnel.segments.frames import Engine, frame_of

AS_OF = date(2026, 9, 15)
TODAY = (AS_OF - date(1970, 1, 1)).days
STATUSES = ("open", "won", "lost", "no decision")


def some_deals(random: Random, rows: int) -> pa.Table:
    """Deals of every kind: blank facts, days after the day of the figures, closed before they were created."""
    statuses = [random.choice(STATUSES) for _ in range(rows)]
    created = [random.choice([None, *[TODAY - random.randint(-20, 900)] * 9]) for _ in range(rows)]
    closed = [
        (None if random.random() < 0.9 else TODAY - 3)
        if status == "open"
        else random.choice([TODAY - 365, TODAY, TODAY + 1, TODAY - random.randint(-30, 700)])
        for status in statuses
    ]
    texts = {
        "status": statuses,
        "source": [random.choice(["Web", "Event", "web", "Ärzte", None]) for _ in range(rows)],
        "segment": [random.choice(["Small", "Large", None]) for _ in range(rows)],
    }
    columns: dict[str, Any] = {name: pa.array(held, pa.string()).dictionary_encode() for name, held in texts.items()}
    amounts = [random.choice([None, 0, -500, 1e6, random.random() * 1e5]) for _ in range(rows)]
    columns["amount"] = pa.array(amounts, pa.float64())
    for name, days in (("created_day", created), ("closed_day", closed), ("expected_day", [None] * rows)):
        columns[name] = pa.array(days, pa.int32())
    for name in ("counted", "qualified"):
        columns[name] = pa.array([random.random() < 0.8 for _ in range(rows)], pa.bool_())
    return pa.table(columns)


def plain(value: Any) -> Any:
    """What a figure is made of, as `pytest.approx` takes it."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {at: one for name, held in value.items() for at, one in flat(held, f"{path}/{name}").items()}
    if isinstance(value, list):
        return {f"{path}/length": len(value)} | {
            at: one for place, held in enumerate(value) for at, one in flat(held, f"{path}/{place}").items()
        }
    return {path: value}


def assert_same(found: dict[str, Any], asked: dict[str, Any]) -> None:
    """Names and blanks are the same, and numbers but for their last digits."""
    assert list(found) == list(asked)
    numbers = {at for at, one in asked.items() if isinstance(one, (int, float))}
    assert {at: one for at, one in found.items() if at not in numbers} == {
        at: one for at, one in asked.items() if at not in numbers
    }
    close = pytest.approx({at: asked[at] for at in numbers}, rel=1e-9, abs=1e-4)
    assert {at: found[at] for at in numbers} == close


def figures(report: DealReport) -> dict[str, Any]:
    return flat({"all": plain(report.all), "window": plain(report.window)})


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("seed", range(6))
def test_the_figures_are_those_of_a_frame(engine: Engine, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # the same deals each time
    definitions = Definitions.model_validate({"window_days": random.choice(["all", 1, 365])})
    table = some_deals(random, [0, 1, 2, 7, 60, 400][seed])
    frame = frame_of(table, engine=engine)
    held, asked = (deal_report(frame, definitions, AS_OF, rows) for rows in (table, None))
    assert_same(figures(held), figures(asked))


@pytest.mark.parametrize("most", [0, 1 << 22])
def test_days_may_lie_far_apart(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(deal_arrays, "MOST_TALLIES", most)
    table = some_deals(Random(9), 300)  # noqa: S311  # the same deals each time
    frame = frame_of(table, engine=Engine.ARROW)
    held, asked = (deal_report(frame, Definitions(), AS_OF, rows) for rows in (table, None))
    assert_same(figures(held), figures(asked))
