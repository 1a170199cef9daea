"""The dashboard as a template: its sheets, its example, and what a person does first."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from xlfunnel.templates.alignment_dashboard.blank import COMMAND
from xlfunnel.templates.alignment_dashboard.example import EXAMPLE
from xlfunnel.templates.alignment_dashboard.sheets import LOGS, SHEETS, write_sheets
from xlfunnel.templates.alignment_dashboard.taking import take
from xlfunnel.templates.blocks import Card
from xlfunnel.templates.template import Template
from xlfunnel.units import Unit


def _actual(figure: str) -> tuple[str, str]:
    return "", f'=IF(COUNT({figure})=1,{figure},"")'


TEMPLATE: Final = Template(
    name="alignment_dashboard",
    title="Alignment dashboard",
    question=SHEETS["Dashboard"],
    sheets=SHEETS,
    write=write_sheets,
    example=EXAMPLE,
    steps=(
        "Write the company and the quarter on Start, and on Definitions what both heads agreed on.",
        "Export opportunities and leads from the CRM as CSV or XLSX files, without filtering them.",
        f"In the edition with functions press Refresh from export on Start; else run  {COMMAND}  in a terminal.",
        "Open Import log and Set aside: every record was used, or is listed with the reason why it was not.",
        "Read the Dashboard together. Each figure says what it rests on; a dash says why it is not there.",
        "Write into the Review log what you saw, the cause, one action, its owner and its due date.",
    ),
    logs=LOGS,
    take=take,
    shows_report=True,
    headlines=(
        Card("MQL → SQL", "=kpi_mql_to_sql", Unit.SHARE, "of MQLs old enough to judge"),
        Card("Sales velocity", "=kpi_velocity", Unit.MONEY_PER_DAY, "money per day"),
        Card("Follow-up", "=kpi_follow_up", Unit.SHARE, "of marketing's leads, as agreed"),
    ),
    mqls_received=_actual("kpi_mqls_received")[1],
    service=MappingProxyType(
        {
            "sla_follow_up": _actual("kpi_follow_up"),
            "sla_first_touch": _actual("kpi_median_hours_to_first_touch"),
        }
    ),
)
"""The dashboard in two editions."""
