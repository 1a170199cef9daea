"""The records behind the figures: dates as dates, yes and no in words, and no column that holds nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa

from xlfunnel.check import day_number
from xlfunnel.crm.tables import LEADS, OPPORTUNITIES
from xlfunnel.segments.records import DEALS_SHOWN, LEADS_SHOWN, listed


def rows(schema: pa.Schema, *records: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([{name: one.get(name) for name in schema.names} for one in records], schema)


def test_deals_are_listed_with_their_days() -> None:
    day = day_number(date(2026, 9, 1))
    table = rows(
        OPPORTUNITIES,
        {"id": "1", "amount": 100.0, "created_day": day, "status": "open", "counted": True},
        {"id": "2", "created_day": day + 1, "closed_day": day + 2, "status": "won", "counted": False},
    )
    found = listed(table, DEALS_SHOWN)
    assert found.header == ("id", "status", "amount", "created", "closed", "counts")
    assert found.rows == (
        ("1", "open", 100.0, date(2026, 9, 1), None, "yes"),
        ("2", "won", None, date(2026, 9, 2), date(2026, 9, 3), "no"),
    )


def test_a_lead_is_qualified_at_a_moment_where_the_export_has_its_time() -> None:
    day = day_number(date(2026, 9, 1))
    table = rows(
        LEADS, {"id": "1", "mql_day": day, "mql_second": 3600, "touch_day": day}, {"id": "2", "touch_day": day}
    )
    found = listed(table, LEADS_SHOWN)
    assert found.header == ("id", "MQL", "first touch")
    assert found.rows == (("1", datetime(2026, 9, 1, 1), date(2026, 9, 1)), ("2", None, date(2026, 9, 1)))
