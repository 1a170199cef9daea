"""The report of a workbook that no refresh has filled yet: every figure with the reason why it is not there."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from xlfunnel.definitions import Definitions
from xlfunnel.report import Measure, Report, Section
from xlfunnel.templates.book import BUILT_ON
from xlfunnel.templates.edition import Edition
from xlfunnel.units import Unit

COMMAND: Final = "xlfunnel refresh EXPORT --as-of DATE -o BOOK"
"""How a refresh is started without a button; its words stand apart from those around them."""

_CALM: Final = MappingProxyType(
    {
        Edition.FUNCTIONS: f"Press Refresh from export on Start, or run  {COMMAND}  in a terminal.",
        Edition.FORMULAS: f"Filled by a refresh: run  {COMMAND}  in a terminal.",
    }
)
_SHORT: Final = "Comes with the first refresh."


def blank_report(edition: Edition) -> Report:
    """No figure, no record, no file."""

    def section(title: str, question: str) -> Section:
        return Section(title, question, reason=_CALM[edition])

    return Report(
        as_of=BUILT_ON,
        currency="",
        program="",
        definitions=Definitions(version="draft"),
        files=(),
        set_aside=(),
        mql_to_sql=_measure("MQL → SQL", Unit.SHARE),
        sql_to_opportunity=_measure("SQL → opportunity", Unit.SHARE),
        diagnosis="What the two conversion rates say together will stand here after the first refresh.",
        velocity=_measure("Sales velocity", Unit.MONEY_PER_DAY),
        velocity_by_source=section("Velocity by lead source", "Which sources turn into revenue, and how fast?"),
        follow_up=_measure("Follow-up rate", Unit.SHARE),
        follow_up_by_source=section("Follow-up rate by source", "Which leads does sales contact?"),
        sourced_share=_measure("Marketing-sourced revenue", Unit.SHARE),
        influenced_share=_measure("Marketing-influenced revenue", Unit.SHARE),
        loaded_cac=_measure("Fully loaded CAC", Unit.MONEY),
        marketing_cac=_measure("Marketing-only CAC", Unit.MONEY),
        cac_by_channel=section("CAC by channel", "What does a customer cost, with the time of sales counted?"),
        supporting=tuple(_measure(name, unit) for name, unit in _SUPPORTING),
        trend=section("Velocity by month", "Is revenue per day speeding up, and how sure are we?"),
        by_source=section("By source", "Which source wins, how fast, and how sure is that?"),
        by_segment=section("By segment", "Which segment wins, how fast, and how sure is that?"),
        stages=section("Open deals by stage", "Where do deals get stuck?"),
        stage_conversion=section("Conversion by stage", "How many deals move on?"),
        lead_conversion=section("Conversion of leads", "How many leads move on?"),
        untouched_by_age=section("Untouched leads by age", "How long have they waited?"),
        untouched_by_owner=section("Untouched leads by owner", "Who has them?"),
        disqualified=section("Disqualified leads", "Why does sales send leads away?"),
        recycled=section("Recycled leads", "What became of leads that went back to marketing?"),
        lead_days=section("Days of a lead", "How long does a lead take from creation?"),
        follow_up_by_month=section("Follow-up by month", "When does sales contact leads, and when not?"),
        data=section("Deals", "Which deals do the figures rest on?"),
        lead_data=section("Leads", "Which leads do the figures rest on?"),
    )


_SUPPORTING: Final = (
    ("Win rate", Unit.SHARE),
    ("Average deal", Unit.MONEY),
    ("Mean cycle of closed deals", Unit.DAYS),
    ("Median cycle of won deals", Unit.DAYS),
    ("Share of open deals overdue", Unit.SHARE),
    ("Coverage needed by count", Unit.RATIO),
    ("Coverage needed by value", Unit.RATIO),
    ("Acceptance rate", Unit.SHARE),
    ("MQLs since the quarter began", Unit.COUNT),
    ("Median hours to first touch", Unit.HOURS),
)


def _measure(name: str, unit: Unit) -> Measure:
    return Measure(name, unit, reason=_SHORT)
