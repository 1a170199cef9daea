"""Reports to write: a realistic one, one where everything is missing, one with hostile text, one with odd numbers."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from xlfunnel.crm.tables import FileAccount, Kind, Rule, SetAside
from xlfunnel.definitions import Definitions
from xlfunnel.errors import EmptyDenominator, TooFewRecords
from xlfunnel.report import Measure, Report, Section
from xlfunnel.table import Cell, Column, Table
from xlfunnel.templates.alignment_dashboard.filling import dashboard
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

C, M, D, S, T = Unit.COUNT, Unit.MONEY, Unit.DAYS, Unit.SHARE, Unit.TEXT
PER_DAY, RATIO, MINUTES = Unit.MONEY_PER_DAY, Unit.RATIO, Unit.MINUTES

HOSTILE = (
    '=HYPERLINK("http://evil.example","Click")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "http://evil.example/?a=<b>&c",
    "Bell\x07 and null\x00",
    "line one\r\nline two",
    "_x0041_ </c><f>1+1</f>",
    "\u202ereversed",
    "\ud83d lone surrogate",
    "x" * 40_000,
    "00123",
    "1e5",
    "TRUE",
    "#N/A",
)

DEALS = (
    ("group", T), ("open", C), ("won", C), ("lost", C), ("no decision", C), ("average deal", M), ("win rate", S),
    ("win rate low", S), ("win rate high", S), ("cycle days", D), ("median cycle days", D), ("p90 cycle days", D),
    ("velocity per day", PER_DAY), ("index", RATIO), ("revenue", M),
)  # fmt: skip


NO_WINS = EmptyDenominator("no deal was won in the 365 days, so there is no average deal.")
NO_CUSTOMERS = EmptyDenominator("no customers came from it; its cost stays in the total.")


def table(columns: tuple[tuple[str, Unit], ...], *rows: tuple[Cell, ...]) -> Table:
    return Table(tuple(Column(name, unit) for name, unit in columns), rows)


def deals() -> Table:
    return table(
        DEALS,
        ("Referral", 21, 34, 41, 6, 18_450.0, 0.4198, 0.3181, 0.5287, 48.2, 41, 96, 3373.9, 1.61, 627_300.0),
        ("Organic Search", 46, 52, 118, 21, 12_180.0, 0.2723, 0.2142, 0.3390, 66.9, 58, 131, 2280.5, 1.09, 633_360.0),
        ("Outbound", 39, 29, 61, 9, 21_900.0, 0.2929, 0.2126, 0.3884, 83.5, 77, 150, 2996.1, 1.43, 635_100.0),
        ("Paid Search", 58, 31, 126, 34, 8_940.0, 0.1623, 0.1167, 0.2212, 91.3, 84, 190, 921.6, 0.44, 277_140.0),
        ("Webinar", 33, 18, 82, 17, 9_720.0, 0.1538, 0.0996, 0.2300, 104.7, 99, 201, 471.2, 0.22, 174_960.0),
        ("Trade Show", 12, 4, 19, 3, 14_300.0, 0.1538, 0.0612, 0.3353, 118.0, 112, 240, 223.7, 0.11, 57_200.0),
        ("(blank)", 5, 0, 2, 0, NO_WINS, 0.0, 0.0, 0.6576, 71.0, None, None, NO_WINS, None, 0.0),
        ("Total", 214, 168, 449, 90, 14_315.8, 0.2376, 0.2096, 0.2681, 82.4, 71, 168, 8834.0, 1.0, 2_405_060.0),
    )  # fmt: skip


def segments() -> Table:
    return table(
        DEALS,
        ("Small", 96, 92, 241, 52, 6_120.0, 0.2390, 0.1993, 0.2838, 58.1, 51, 118, 2416.7, 0.61, 563_040.0),
        ("Middle", 84, 61, 158, 29, 17_840.0, 0.2460, 0.1968, 0.3028, 92.0, 85, 182, 4007.2, 1.02, 1_088_240.0),
        ("Large", 34, 15, 50, 9, 50_252.0, 0.2027, 0.1265, 0.3086, 141.2, 133, 260, 2452.9, 0.63, 753_780.0),
        ("Total", 214, 168, 449, 90, 14_315.8, 0.2376, 0.2096, 0.2681, 82.4, 71, 168, 8834.0, 1.0, 2_405_060.0),
    )  # fmt: skip


def trend() -> Table:
    velocity = (6120, 6480, 6310, 6905, 7240, 7010, 7395, 7820, 7660, 8105, 8420, 8834)
    months = [f"2025-{m:02}" for m in (10, 11, 12)] + [f"2026-{m:02}" for m in range(1, 10)]
    columns = (
        ("period", T), ("open", C), ("won", C), ("lost", C), ("average deal", M), ("win rate", S),
        ("cycle days", D), ("velocity per day", PER_DAY), ("low", PER_DAY), ("high", PER_DAY),
    )  # fmt: skip
    rows = [
        (month, 150 + 6 * i, 130 + 3 * i, 400 + 4 * i, 13_000.0 + 110 * i, 0.22 + 0.0015 * i, 92.0 - 0.8 * i,
         float(v), v * 0.83, v * 1.2)
        for i, (month, v) in enumerate(zip(months, velocity, strict=True))
    ]  # fmt: skip
    return table(columns, *rows)


def stages() -> Table:
    return table(
        (
            ("stage", T), ("open", C), ("value", M), ("median days", D), ("longest days", D), ("stale", C),
            ("stale value", M),
        ),
        ("Qualification", 71, 812_400.0, 22, 311, 6, 74_200.0),
        ("Needs analysis", 58, 790_150.0, 34, 402, 11, 158_300.0),
        ("Proposal", 52, 803_900.0, 41, 388, 14, 236_750.0),
        ("Negotiation", 33, 655_200.0, 29, 204, 3, 61_000.0),
    )  # fmt: skip


CONVERSION = (
    ("stage", T), ("entered", C), ("advanced", C), ("rate", S), ("low", S), ("high", S), ("median days", D),
)  # fmt: skip


def cac() -> Table:
    return table(
        (
            ("channel", T), ("spend", M), ("customers", C), ("marketing-only CAC", M), ("allocated cost", M),
            ("fully loaded CAC", M),
        ),
        ("Organic Search", 58_000.0, 52, 1115.38, 412_300.0, 9044.23),
        ("Paid Search", 121_500.0, 31, 3919.35, 88_200.0, 6764.52),
        ("Webinar", 39_800.0, 18, 2211.11, 104_650.0, 8025.0),
        ("Trade Show", 64_000.0, 4, 16_000.0, 31_900.0, 23_975.0),
        ("Podcast", 8_500.0, 0, NO_CUSTOMERS, 12_000.0, NO_CUSTOMERS),
        ("Total", 291_800.0, 105, 2779.05, 649_050.0, 8960.48),
    )  # fmt: skip


def accounts() -> tuple[FileAccount, ...]:
    return (
        FileAccount(
            "opportunities.csv", "ab12" * 16, "Salesforce", Kind.OPPORTUNITIES, 942, 921,
            {Rule.DUPLICATE: 14, Rule.UNREADABLE_DATE: 5, Rule.TEST: 2}, 4,
            {"id": "Opportunity ID", "amount": "Amount (converted)", "created": "Created Date", "stage": "Stage"},
            ("Next Step", "Campaign"), ("7 won deals have a blank amount.", "Dates read as month/day/year."),
        ),
        FileAccount(
            "leads.csv", "cd34" * 16, "Salesforce", Kind.LEADS, 3120, 3120, {}, 5,
            {"id": "Lead ID", "mql": "MQL Date", "source": "Lead Source"}, (), (),
        ),
    )  # fmt: skip


def set_aside() -> tuple[SetAside, ...]:
    file = "opportunities.csv"
    return (
        *(SetAside(file, 20 + 7 * i, "Opportunity ID", f"006A{i:04}", Rule.DUPLICATE, "Amount") for i in range(14)),
        *(SetAside(file, 301 + i, "Close Date", f"31/0{i + 2}/20x6", Rule.UNREADABLE_DATE) for i in range(5)),
        *(SetAside(file, 880 + i, "Name", "Test deal", Rule.TEST, "flagged by the CRM") for i in range(2)),
    )


def realistic_report() -> Report:
    return Report(
        as_of=date(2026, 9, 30),
        currency="USD",
        program="xlfunnel 0.1.0",
        definitions=Definitions.model_validate({"version": "2026-Q3", "agreed": date(2026, 7, 1), "sla_hours": 4}),
        files=accounts(),
        set_aside=set_aside(),
        mql_to_sql=Measure("MQL → SQL", S, 0.612, 1484, 0.5870, 0.6365),
        sql_to_opportunity=Measure("SQL → opportunity", S, 0.2345, 871, 0.2076, 0.2638),
        diagnosis=(
            "High then low: sales accepts 61.2 % of marketing's leads, but only 23.5 % of those become "
            "opportunities. Leads seem to be accepted to avoid the argument, and die afterwards. Look at Handoff."
        ),
        velocity=Measure("Sales velocity per day", PER_DAY, 8834.0, 707, 7410.0, 10_530.0),
        velocity_by_source=Section("Velocity by lead source", "Which source yields most per day?", deals()),
        follow_up=Measure("Follow-up within 4 h", S, 0.4837, 1484, 0.4583, 0.5091),
        follow_up_by_source=Section(
            "Follow-up by source",
            "Which leads does sales contact in time?",
            table(
                (
                    ("source", T), ("qualified", C), ("touched", C), ("follow-up rate", S),
                    ("median minutes to touch", MINUTES),
                ),
                ("Referral", 160, 151, 0.812, 46),
                ("Organic Search", 420, 330, 0.583, 181),
                ("Paid Search", 512, 301, 0.378, 655),
                ("Webinar", 298, 171, 0.342, 802),
                ("Trade Show", 94, 60, 0.415, 1290),
                ("Total", 1484, 1013, 0.4837, 322),
            ),
            note="The clock runs in business hours, 9–17, Monday to Friday.",
        ),
        sourced_share=Measure("Marketing-sourced", S, 0.4748, 168),
        influenced_share=Measure("Marketing-influenced", S, 0.713, 168),
        loaded_cac=Measure("Fully loaded CAC", M, 8960.48, 105),
        marketing_cac=Measure("Marketing-only CAC", M, 2779.05, 105),
        cac_by_channel=Section(
            "CAC by channel",
            "What does a customer cost, with sales time counted?",
            cac(),
            note="Sales cost goes to channels by logged hours. Spend is taken 71 days (one median cycle) earlier.",
        ),
        supporting=(
            Measure("Win rate", S, 0.2376, 707, 0.2096, 0.2681),
            Measure("Average deal", M, 14_315.8, 168),
            Measure("Median cycle of won deals", D, 71, 168),
            Measure("Share of open deals overdue", S, 0.318, 214, note="They stay open."),
            Measure("Coverage needed by value", RATIO, reason="Needs amounts of lost deals; the export has none."),
        ),
        trend=Section("Velocity by month", "Open stock at each month's end, rates over 365 days.", trend()),
        by_source=Section("By source", "Which source wins, how fast, and how sure is that?", deals()),
        by_segment=Section("By segment", "Which segment wins, how fast, and how sure is that?", segments()),
        stages=Section("Open deals by stage", "How long have they been there?", stages()),
        stage_conversion=Section(
            "Conversion by stage",
            "How many deals move on?",
            table(
                CONVERSION,
                ("Qualification", 1021, 742, 0.7267, 0.6986, 0.7532, 19),
                ("Needs analysis", 742, 455, 0.6132, 0.5777, 0.6476, 28),
                ("Proposal", 455, 244, 0.5363, 0.4903, 0.5816, 33),
                ("Negotiation", 244, 168, 0.6885, 0.6278, 0.7434, 24),
            ),
        ),
        lead_conversion=Section(
            "Conversion of leads",
            "How many leads move on?",
            table(
                CONVERSION,
                ("Lead", 3120, 1484, 0.4756, 0.4582, 0.4932, 6),
                ("MQL", 1484, 908, 0.6119, 0.5868, 0.6364, 9),
                ("SQL", 908, 213, 0.2346, 0.2081, 0.2633, 21),
                ("Opportunity", 213, 51, 0.2394, 0.1870, 0.3009, 74),
            ),
        ),
        untouched_by_age=Section(
            "Untouched leads by age",
            "How long have they waited?",
            table(
                (("age", T), ("leads", C)),
                ("0–1 days", 22), ("2–7 days", 71), ("8–30 days", 164), ("over 30 days", 214),
            ),
        ),
        untouched_by_owner=Section(
            "Untouched leads by owner",
            "Who has them?",
            table(
                (("owner", T), ("untouched", C), ("oldest days", D)),
                ("(nobody)", 241, 402),
                ("Ana Souza", 96, 211),
                ("Tom Berg", 134, 188),
            ),
        ),
        disqualified=Section(
            "Disqualified leads",
            "Why does sales send leads away?",
            table(
                (("source", T), ("reason", T), ("leads", C), ("share", S)),
                ("Paid Search", "(blank)", 121, 0.46),
                ("Paid Search", "Too small", 88, 0.33),
                ("Webinar", "Student", 54, 0.21),
            ),
        ),
        recycled=Section(
            "Recycled leads",
            "What became of leads that went back to marketing?",
            table((("returned", C), ("requalified", C), ("won", C)), (182, 41, 6)),
        ),
        lead_days=Section(
            "Days of a lead",
            "How long from creation?",
            table(
                (("milestone", T), ("leads", C), ("median", D), ("p75", D), ("p90", D)),
                ("MQL", 1484, 6, 15, 34),
                ("SAL", 1102, 11, 24, 51),
                ("Won", 51, 112, 166, 241),
            ),
        ),
        notes=("7 won deals have a blank amount and do not count in the average deal.",),
    )  # fmt: skip


def missing_report() -> Report:
    """Every figure and table is missing, each with its own reason."""
    report = realistic_report()
    found: dict[str, Any] = {"files": (), "set_aside": (), "supporting": (), "diagnosis": "", "currency": ""}
    for one in fields(report):
        value = getattr(report, one.name)
        reason = (
            f"No {one.name.replace('_', ' ')}: the export needs the columns Created Date, Close Date and {one.name}."
        )
        if isinstance(value, Measure):
            found[one.name] = Measure(value.name, value.unit, reason=reason)
        if isinstance(value, Section):
            found[one.name] = Section(value.title, value.question, None, reason)
    return replace(report, **found)


def hostile_report() -> Report:
    """Names and values that would like to be formulas, links or markup."""
    report = realistic_report()
    source = report.by_source
    assert source.table is not None
    rows = tuple((text, *source.table.rows[0][1:]) for text in HOSTILE)
    section = replace(source, table=Table(source.table.columns, rows))
    nasty = "&L=1+1 <b> \x07"
    return replace(
        report,
        by_source=section,
        velocity_by_source=section,
        definitions=Definitions.model_validate({"version": nasty, "marketing_sources": HOSTILE[:6]}),
        set_aside=tuple(SetAside(text, 1, text, text, Rule.COLUMNS, text) for text in HOSTILE),
        files=tuple(replace(one, file=nasty, notes=HOSTILE, unmapped=HOSTILE) for one in report.files),
        notes=HOSTILE[:4],
    )


def odd_report() -> Report:
    """Huge, small and negative numbers, numbers that are not finite, and errors in cells."""
    report = realistic_report()
    few = TooFewRecords("fewer than two closed deals")
    odd: tuple[Cell, ...] = (1.23e12, -4.5e9, 0.004, -0.25, float("nan"), float("inf"), few, None, 0)
    table_ = report.by_source.table
    assert table_ is not None
    rows = tuple((f"Group {i}", *(odd[(i + j) % len(odd)] for j in range(len(DEALS) - 1))) for i in range(60))
    section = replace(report.by_source, table=Table(table_.columns, rows))
    return replace(
        report,
        by_source=section,
        velocity_by_source=section,
        velocity=Measure("Sales velocity per day", PER_DAY, 1.23e12, 2, 0.5, 9.9e12),
        loaded_cac=Measure("Fully loaded CAC", M, -12_345.6, 0),
        marketing_cac=Measure("Marketing-only CAC", M, 0.05, 1),
    )


REPORTS = {
    "realistic": realistic_report,
    "missing": missing_report,
    "hostile": hostile_report,
    "odd": odd_report,
}


@pytest.fixture(scope="session", params=sorted(REPORTS))
def any_report(request: pytest.FixtureRequest) -> Report:
    maker: Callable[[], Report] = REPORTS[request.param]
    return maker()


@pytest.fixture(scope="session")
def report() -> Report:
    return realistic_report()


@pytest.fixture(scope="session")
def content(report: Report) -> bytes:
    return dashboard(report)


@pytest.fixture(scope="session")
def book(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=True)
