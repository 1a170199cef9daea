"""Sourced and influenced revenue of the window: won deals whose shares a person can add up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from xlfunnel.check import day_number
from xlfunnel.crm.tables import OPPORTUNITIES
from xlfunnel.definitions import Definitions
from xlfunnel.errors import EmptyDenominator
from xlfunnel.segments.canonical import Canonical
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.frames import Engine, frame_of
from xlfunnel.segments.revenue_shares import influenced_revenue, sourced_revenue

AS_OF = date(2026, 9, 30)
TODAY = day_number(AS_OF)
DEALS = [  # source, amount, touched, first touch of marketing's, status, closed so many days ago
    ("Online Store", 100.0, True, False, "won", 0),
    ("Referral", 300.0, True, True, "won", 364),
    ("Referral", 400.0, False, None, "won", 10),
    (None, 200.0, None, None, "won", 10),
    ("Online Store", None, True, True, "won", 10),  # no amount
    ("Online Store", 9_000.0, True, True, "won", 365),  # a day before the window
    ("Online Store", 9_000.0, True, True, "won", -1),  # closes tomorrow
    ("Online Store", 9_000.0, True, True, "lost", 10),
]


def deals(engine: Engine, *known: str) -> Canonical:
    columns: dict[str, Any] = dict.fromkeys(OPPORTUNITIES.names)
    rows = [
        columns
        | {"source": source, "amount": amount, "touched": touched, "sourced": sourced, "status": status}
        | {"closed_day": TODAY - ago}
        for source, amount, touched, sourced, status, ago in DEALS
    ]
    return Canonical(frame_of(pa.Table.from_pylist(rows, OPPORTUNITIES), engine=engine), frozenset(known))


def agreed(**choices: Any) -> Definitions:
    return Definitions.model_validate({"marketing_sources": ["online-store"]} | choices)


@pytest.mark.parametrize("engine", Engine)
class TestSharesOfTheWindow:
    def test_sourced(self, engine: Engine) -> None:
        found = sourced_revenue(deals(engine, "amount", "source"), AS_OF, agreed())
        assert (found.value, found.count) == (0.1, 4)
        assert found.note == "Won deals without an amount, left out: 1."

    def test_a_source_under_its_other_name_is_marketings_too(self, engine: Engine) -> None:
        definitions = agreed(marketing_sources=["Shop"], sources={"shop": "Online Store"})
        assert sourced_revenue(deals(engine, "amount", "source"), AS_OF, definitions).value == 0.1

    def test_the_first_touch_goes_before_the_source(self, engine: Engine) -> None:
        found = sourced_revenue(deals(engine, "amount", "source", "sourced"), AS_OF, agreed())
        assert (found.value, found.count) == (0.3, 4)  # 300 by its touch; the touch of the 100 was of sales
        assert found.note == (
            "Won deals without an amount, left out: 1. "
            "Deals decided by their first meaningful touch: 2; by their source, since no touch tells: 2."
        )

    def test_touches_tell_where_no_export_has_sources(self, engine: Engine) -> None:
        assert sourced_revenue(deals(engine, "amount", "sourced"), AS_OF, agreed(marketing_sources=[])).value == 0.3

    def test_no_source_is_marketings(self, engine: Engine) -> None:
        found = sourced_revenue(deals(engine, "amount", "source"), AS_OF, agreed(marketing_sources=["Fair"]))
        assert found.value == 0
        assert found.note.endswith("No won deal has one of the marketing sources that the definitions name.")

    def test_influenced(self, engine: Engine) -> None:
        assert influenced_revenue(deals(engine, "amount", "touched"), AS_OF, agreed()).value == 0.4

    def test_every_closed_deal(self, engine: Engine) -> None:
        found = sourced_revenue(deals(engine, "amount", "source"), AS_OF, agreed(window_days="all"))
        assert (found.value, found.count) == (0.91, 5)

    def test_nothing_was_won(self, engine: Engine) -> None:
        with pytest.raises(EmptyDenominator, match="no won revenue"):
            sourced_revenue(deals(engine, "amount", "source"), date(2020, 1, 1), agreed())

    def test_what_is_needed_is_named(self, engine: Engine) -> None:
        with pytest.raises(MissingColumns, match=r"^needs whether marketing touched each deal before it was won$"):
            influenced_revenue(deals(engine, "amount", "source"), AS_OF, agreed())
