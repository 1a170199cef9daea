"""A year of a team whose pipeline grew while it won less often, and how much of that is certain."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import Final

from xlfunnel.templates.contents import Contents
from xlfunnel.templates.start_sheet import EXAMPLE_QUARTER

_FIGURES: Final = (
    # open, won, lost, no decision, average deal, its spread, cycle, its spread
    ("2025-10", 40, 20, 50, 10, 12_000, 6_900, 60, 34, date(2025, 10, 31)),
    ("2025-11", 42, 20, 52, 10, 12_100, 7_000, 64, 37, date(2025, 11, 30)),
    ("2025-12", 43, 20, 53, 10, 12_150, 7_000, 69, 40, date(2025, 12, 31)),
    ("2026-01", 45, 20, 51, 10, 12_050, 6_900, 74, 43, date(2026, 1, 31)),
    ("2026-02", 46, 21, 53, 11, 12_000, 6_800, 80, 47, date(2026, 2, 28)),
    ("2026-03", 48, 21, 53, 11, 11_950, 6_800, 86, 50, date(2026, 3, 31)),
    ("2026-04", 50, 21, 52, 11, 12_000, 6_900, 90, 52, date(2026, 4, 30)),
    ("2026-05", 51, 21, 55, 11, 11_900, 6_800, 88, 51, date(2026, 5, 31)),
    ("2026-06", 53, 21, 58, 11, 11_700, 6_600, 85, 49, date(2026, 6, 30)),
    ("2026-07", 55, 22, 62, 12, 11_500, 6_500, 81, 46, date(2026, 7, 31)),
    ("2026-08", 58, 22, 64, 12, 11_200, 6_300, 78, 44, date(2026, 8, 31)),
    ("2026-09", 60, 22, 66, 12, 11_000, 6_200, 75, 42, date(2026, 9, 30)),
)

EXAMPLE: Final = Contents(
    MappingProxyType(
        {
            "company": "Acme",
            "quarter_start": EXAMPLE_QUARTER,
            "compare_before": "2026-04",
            "compare_after": "2026-09",
            "step_average_deal": 0.05,
            "step_cycle_days": 0.15,
            "mix_win_rate": -0.4,
            "mix_cycle_days": 0.3,
            "velocity_target": 2_500,
            "velocity_target_from": "agreed",
            "velocity_target_since": date(2026, 9, 28),
        }
    ),
    MappingProxyType({"Periods": tuple((*row[:-1], "measured", row[-1]) for row in _FIGURES)}),
)
