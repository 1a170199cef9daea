"""The example: the dashboard of the demo company, computed from its exports as a refresh computes any other."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xlfunnel.templates.alignment_dashboard.review_log import CALLS, REVIEW
from xlfunnel.templates.contents import Contents

if TYPE_CHECKING:
    from xlfunnel.report import Report

DEALS: Final = 400
"""Enough for figures that say something, few enough for a small file."""

_SEED: Final = 7


@cache
def example_report() -> Report:
    """What a refresh finds in the demo company's exports."""
    from xlfunnel.crm import read_exports  # noqa: PLC0415
    from xlfunnel.crm.costs import read_people, read_spend  # noqa: PLC0415
    from xlfunnel.dashboard_report import build_report  # noqa: PLC0415
    from xlfunnel.definitions import read_definitions  # noqa: PLC0415
    from xlfunnel.demo import Crm, write_example  # noqa: PLC0415
    from xlfunnel.segments.tables import ExportTables  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="xlfunnel-") as folder:
        example = write_example(Path(folder), Crm.SALESFORCE, DEALS, _SEED)
        agreed = read_definitions(example.definitions)
        exports = read_exports(example.exports, example.as_of, agreed)
        people, spend = read_people(example.people), read_spend(example.spend)
        return build_report(ExportTables(exports), example.as_of, agreed, spend, people)


_AGREED: Final = date(2026, 7, 1)
_AS_OF: Final = date(2026, 9, 30)
"""The day of the demo company's exports, said here so that a refresh need not load that company."""
EXAMPLE: Final = Contents(
    {
        "company": "Example company",
        "quarter_start": date(2026, 7, 1),
        "last_refresh": _AS_OF,
        "currency": "USD",
        "definitions_version": "2026-Q3 v1",
        "definitions_agreed": _AGREED,
        "signed_marketing": "Nadia Rossi",
        "signed_marketing_on": _AGREED,
        "signed_sales": "Tom Berg",
        "signed_sales_on": _AGREED,
        "set_pipelines_left_out": "Renewal",
        "set_stages": "Closed No Decision = no decision",
        "set_marketing_sources": "Paid Search, Organic Search, Paid Social, Webinar, Email Marketing",
        "set_sources": "Webinars = Webinar",
        "set_sla_hours": 4.0,
        "set_holidays": (
            "2024-05-27, 2024-07-04, 2024-09-02, 2024-11-28, 2024-12-25, 2025-01-01, 2025-05-26, 2025-07-04, "
            "2025-09-01, 2025-11-27, 2025-12-25, 2026-01-01, 2026-05-25, 2026-07-03, 2026-09-07"
        ),
        "set_tests": "account = Test Account",
        "sla_mqls_agreed": 120,
        "sla_follow_up_agreed": 0.9,
        "sla_mqls_as_of": _AS_OF,
        "sla_follow_up_as_of": _AS_OF,
        "sla_first_touch_as_of": _AS_OF,
    },
    {
        REVIEW: (
            (
                date(2026, 9, 7),
                "Follow-up",
                "Webinar leads wait longest: fewer than a third are contacted within 4 hours",
                "They arrive after 17:00 and nobody owns them",
                "Give webinar leads to the early shift of the next day",
                "T. Berg",
                date(2026, 9, 21),
                "no",
            ),
            (
                date(2026, 9, 7),
                "SQL → opportunity",
                "Many SQLs, few opportunities",
                "Leads are accepted to close the ticket",
                "Sales names a reason for every lead that it turns down",
                "N. Rossi",
                date(2026, 10, 15),
                "no",
            ),
            (
                date(2026, 8, 3),
                "CAC",
                "Paid Search costs most per customer",
                "Broad keywords bring small companies",
                "Stop the three widest keywords, compare in a month",
                "N. Rossi",
                date(2026, 8, 31),
                "yes",
            ),
        ),
        CALLS: (
            (
                date(2026, 7, 1),
                "N. Rossi, T. Berg",
                "São Bento Farms, 14 July",
                "Price was no topic; the set-up time was",
            ),
            (
                date(2026, 8, 1),
                "N. Rossi, D. Osei",
                "Alder Media, 11 August",
                "They had read the comparison page first",
            ),
            (
                date(2026, 9, 1),
                "T. Berg, M. Schäfer",
                "Canyon Machinery, 8 Sept.",
                "The demo answered what they never asked",
            ),
        ),
    },
    example_report,
)
"""What stands in the committed workbook."""
