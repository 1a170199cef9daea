"""The report of a workbook that no refresh has filled yet: every figure with the reason why it is not there."""

from __future__ import annotations

from typing import Final

from xlfunnel.definitions import Definitions
from xlfunnel.report import Measure, Report, Section
from xlfunnel.templates.book import BUILT_ON
from xlfunnel.units import Unit

CALM: Final = "Press Refresh from export on Start, or run  xlfunnel refresh EXPORT -o BOOK  in a terminal."
_SHORT: Final = "Comes with the first refresh."


def blank_report() -> Report:
    """No figure, no record, no file."""
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
        velocity_by_source=_section("Velocity by lead source", "Which sources turn into revenue, and how fast?"),
        follow_up=_measure("Follow-up rate", Unit.SHARE),
        follow_up_by_source=_section("Follow-up rate by source", "Which leads does sales contact?"),
        sourced_share=_measure("Marketing-sourced revenue", Unit.SHARE),
        influenced_share=_measure("Marketing-influenced revenue", Unit.SHARE),
        loaded_cac=_measure("Fully loaded CAC", Unit.MONEY),
        marketing_cac=_measure("Marketing-only CAC", Unit.MONEY),
        cac_by_channel=_section("CAC by channel", "What does a customer cost, with the time of sales counted?"),
        supporting=tuple(_measure(name, unit) for name, unit in _SUPPORTING),
        trend=_section("Velocity by month", "Is revenue per day speeding up, and how sure are we?"),
        by_source=_section("By source", "Which source wins, how fast, and how sure is that?"),
        by_segment=_section("By segment", "Which segment wins, how fast, and how sure is that?"),
        stages=_section("Open deals by stage", "Where do deals get stuck?"),
        stage_conversion=_section("Conversion by stage", "How many deals move on?"),
        lead_conversion=_section("Conversion of leads", "How many leads move on?"),
        untouched_by_age=_section("Untouched leads by age", "How long have they waited?"),
        untouched_by_owner=_section("Untouched leads by owner", "Who has them?"),
        disqualified=_section("Disqualified leads", "Why does sales send leads away?"),
        recycled=_section("Recycled leads", "What became of leads that went back to marketing?"),
        lead_days=_section("Days of a lead", "How long does a lead take from creation?"),
        follow_up_by_month=_section("Follow-up by month", "When does sales contact leads, and when not?"),
        data=_section("Deals", "Which deals do the figures rest on?"),
        lead_data=_section("Leads", "Which leads do the figures rest on?"),
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


def _section(title: str, question: str) -> Section:
    return Section(title, question, reason=CALM)
