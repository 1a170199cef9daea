"""The example: a channel that looks cheap by marketing spend alone and is dear once sales is counted."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.contents import Contents
from xlfunnel.templates.start_sheet import EXAMPLE_QUARTER

if TYPE_CHECKING:
    from xlfunnel.templates.contents import Row

_AGREED: Final = date(2026, 10, 1)
_MEASURED: Final = date(2026, 12, 31)
_SPENT: Final = (
    (7, 13_000, 5_000),
    (8, 12_000, 5_000),
    (9, 15_000, 5_000),
    (10, 16_000, 4_000),
    (11, 17_000, 4_000),
    (12, 15_000, 4_000),
)
"""Month of 2026, and what Paid and Organic cost in it: 40,000 and 15,000 in the quarter that counts."""


def _spend() -> tuple[Row, ...]:
    rows: list[Row] = []
    for month, paid, organic in _SPENT:
        rows += [("Paid", date(2026, month, 1), paid, "media"), ("Organic", date(2026, month, 1), organic, "content")]
    return tuple(rows)


EXAMPLE: Final = Contents(
    MappingProxyType(
        {
            "company": "Example Ltd",
            "quarter_start": EXAMPLE_QUARTER,
            "dimension": "channel",
            "cac_cycle_days": 92,
            "tools_cost": 0,
            "other_cost": 0,
            "spend_taken_since": EXAMPLE_QUARTER,
            "cac_cycle_days_from": "measured",
            "cac_cycle_days_since": _MEASURED,
            "tools_cost_from": "measured",
            "tools_cost_since": _MEASURED,
            "other_cost_from": "measured",
            "other_cost_since": _MEASURED,
            "driver_chosen_since": _AGREED,
            "ltv_cap_months_since": _AGREED,
        }
    ),
    MappingProxyType(
        {
            "Spend": _spend(),
            "People": (
                ("Account executives", 72_000, 0.25, 0.8, "measured", _MEASURED),
                ("Sales development", 32_000, 0.25, 1, "measured", _MEASURED),
                ("Sales engineers", 24_000, 0.25, 0.6, "estimated", _MEASURED),
            ),
            "Logged": (
                ("Account executives", "Paid", 200),
                ("Account executives", "Organic", 520),
                ("Sales development", "Paid", 150),
                ("Sales development", "Organic", 250),
                ("Sales engineers", "Paid", 50),
                ("Sales engineers", "Organic", 130),
            ),
            "Channels": (
                ("Paid", 20, 80, 800, 96_000, 400, 0.8, 0.02, "measured", _MEASURED),
                ("Organic", 10, 60, 1_200, 54_000, 450, 0.8, 0.02, "measured", _MEASURED),
            ),
        }
    ),
)
"""Paid and Organic of the worked case: 130,000 of sales cost, by hours 4,000 against 10,500 a customer."""
