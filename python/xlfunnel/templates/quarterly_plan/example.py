"""The guide's case, with which the workbook comes filled."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import Final

from xlfunnel.templates.contents import Contents
from xlfunnel.templates.quarterly_plan.pace_sheet import worked
from xlfunnel.templates.start_sheet import EXAMPLE_QUARTER

_AGREED_ON: Final = date(2026, 9, 15)
_RATES: Final = (0.3, 0.7, 0.6, 0.6, 0.9)
_WORKED: Final = (38, 39, 41, 42, 40, 37)
"""MQLs that sales worked in each of the first six weeks; like what arrived, made up."""

SEGMENTS: Final = (
    ("Small", 150_000, 0.1, 10_000, 9_600, "agreed", 30, 34, "agreed", 1, 40_000, 4, 180_000, 19,
     "agreed", _AGREED_ON),
    ("Middle", 300_000, 0.3, 30_000, 31_500, "agreed", 60, 66, "agreed", 1, 60_000, 2, 540_000, 17,
     "agreed", _AGREED_ON),
    ("Large", 750_000, 0.6, 250_000, 238_000, "agreed", 90, 104, "agreed", 1, None, None, 2_250_000, 9,
     "estimated", _AGREED_ON),
)  # fmt: skip
"""Targets, shares and average deals as the guide has them; measured values, cycles and pipeline are made up."""

RATES: Final = (
    (*_RATES, 0.32, 0.32, 0.68, 0.58, 0.62, 0.88, 0.31, "agreed", "agreed", _AGREED_ON),
    (*_RATES, 0.3, 0.28, 0.71, 0.61, 0.57, 0.9, 0.29, "agreed", "agreed", _AGREED_ON),
    (*_RATES, 0.25, 0.22, 0.66, 0.55, 0.58, 0.86, 0.24, "agreed", "estimated", _AGREED_ON),
)

RECEIVED: Final = (
    (36, 41, 38, 44, 40, 34),
    (8, 6, 9, 7, 8, 6),
    (2, 3, 2, 3, 2, 2),
)
"""The first six weeks of a flow of 630 leads at 80/15/5 %."""

EXAMPLE: Final = Contents(
    MappingProxyType(
        {
            "company": "Example Ltd",
            "quarter_start": EXAMPLE_QUARTER,
            "last_refresh": date(2026, 11, 13),
            "mix_leads": 630,
            "capacity_mqls_month_from": "agreed",
            "capacity_mqls_month_since": _AGREED_ON,
            **{worked(number): count for number, count in enumerate(_WORKED, start=1)},
        }
    ),
    MappingProxyType(
        {
            "Segments": SEGMENTS,
            "Rates": RATES,
            "Plan": ((220, _AGREED_ON), (143, _AGREED_ON), (44, _AGREED_ON)),
            "Mix": ((0.8,), (0.15,), (0.05,)),
            "Received": RECEIVED,
        }
    ),
)
