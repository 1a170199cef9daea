"""The example: the guide's three segments and its 630 leads a quarter, with a fourth rep who has just started."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import Final

from xlfunnel.templates.contents import Contents
from xlfunnel.templates.start_sheet import EXAMPLE_QUARTER

_AGREED: Final = date(2026, 9, 15)

EXAMPLE: Final = Contents(
    MappingProxyType(
        {
            "company": "Example Ltd",
            "quarter_start": EXAMPLE_QUARTER,
            "definitions_version": "2026-Q4 v1",
            "rep_mqls_month_since": _AGREED,
            "rep_hours_week_since": _AGREED,
            "rep_selling_share_since": _AGREED,
            "rep_quota_month": 100_000,
            "rep_quota_month_since": _AGREED,
            "rep_attainment": 0.85,
            "rep_attainment_from": "measured",
            "rep_attainment_since": date(2026, 9, 30),
            "load_segment": "Small",
            "level_segment": "Small",
            "hiring_segment": "Small",
            "hiring_growth": 0.05,
        }
    ),
    MappingProxyType(
        {
            "Segments": (
                ("Small", 0.80, None, 50_000),
                ("Middle", 0.15, None, 100_000),
                ("Large", 0.05, None, 250_000),
            ),
            "Reps": (
                ("Mia", "Small", date(2024, 3, 1)),
                ("Ben", "Small", date(2026, 11, 2)),
                ("John", "Middle", date(2023, 5, 15)),
                ("Lena", "Large", date(2025, 1, 7)),
            ),
            "Ramp": ((0.25,), (0.5,), (0.75,)),
            "Weeks": (
                (52, 55),
                (18, 17),
                (35, 33),
                (95, 95),
                *((leads,) for leads in (50, 20, 36, 92, 54, 22, 38, 96, 22)),
            ),
            "Holidays": ((date(2026, 11, 26), "Thanksgiving"), (date(2026, 12, 25), "Christmas Day")),
            "Leave": (("John", 4, 3), ("Mia", 13, 5), ("Lena", 7, 2.5)),
            "Flow": ((30,), (10,), (20,), (60,)),
        }
    ),
)
