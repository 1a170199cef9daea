"""The dashboard's own sheets: the shared metrics on one page, and what stands behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xlfunnel.crm.tables import Kind
from xlfunnel.templates.alignment_dashboard import front_page
from xlfunnel.templates.alignment_dashboard.blank import blank_report
from xlfunnel.templates.alignment_dashboard.changes_sheet import place_changes
from xlfunnel.templates.alignment_dashboard.data_sheets import place_records
from xlfunnel.templates.alignment_dashboard.figures import place_list, place_meanings, place_totals
from xlfunnel.templates.alignment_dashboard.front_page import Panel
from xlfunnel.templates.alignment_dashboard.headlines import HEADLINES, KPI, headlines
from xlfunnel.templates.alignment_dashboard.left_over import place_left_over
from xlfunnel.templates.alignment_dashboard.record_sheet import place_record_sheet, record_places
from xlfunnel.templates.alignment_dashboard.review_log import place_review_log
from xlfunnel.templates.drawings import heat
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import ROW_PIXELS, Area
from xlfunnel.workbooks.cell_text import line_text
from xlfunnel.workbooks.import_log import account_checks, place_accounts, place_set_aside
from xlfunnel.workbooks.table_charts import (
    band_chart,
    bar_chart,
    funnel_chart,
    stage_funnel,
    velocity_band,
)
from xlfunnel.workbooks.tables import explain, has_total, ordered, place_section, renamed, total_checks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlfunnel.report import Report, Section
    from xlfunnel.templates.alignment_dashboard.headlines import Headlines
    from xlfunnel.templates.book import TemplateBook, TemplatePage
    from xlfunnel.workbooks.book import Chart
    from xlfunnel.workbooks.tables import PlacedTable

    Pages = Mapping[str, TemplatePage]

SHEETS: Final = MappingProxyType(
    {
        "Dashboard": "Where does the funnel leak, and what do both heads do about it?",
        "What changed": "What happened since the refresh before, and why did velocity move?",
        "Figures": "What is each figure, and what does it rest on?",
        "By source": "Which lead sources turn into revenue, and how fast?",
        "By segment": "Which segments turn into revenue, and how fast?",
        "Trend": "Is revenue per day speeding up, and how sure are we?",
        "Stages": "Where do deals get stuck?",
        "Handoff": "What happens to marketing's leads once sales has them?",
        "Disqualified": "Why does sales send leads away?",
        "CAC": "What does a customer really cost by channel?",
        "Records": "Which records made each figure, and by which rule?",
        "Data": "Which deals do the figures rest on?",
        "Lead data": "Which leads do the figures rest on?",
        "Review log": "What did we see, what do we do about it, and who by when?",
        "Import log": "What was read, and what became of it?",
        "Set aside": "Which records were not used, and why?",
        "Left over": "What did people write beside records that are gone?",
        "Chart data": "What do the charts draw?",
    }
)
LOGS: Final = ("Review log", "Import log", "Set aside", "Left over", "Chart data")

REMADE: Final = (
    *(name for name in SHEETS if name not in {"Review log", "Left over"}),
    "Checks",
    "Functions",
)
"""The sheets that every refresh makes anew; on the others people write."""

_CHART_WIDTH, _NARROWEST_CHART, _CHART_GAP = 560, 380, 30
_BETWEEN = 28
_CHART_HEIGHT, _HIGH_CHART_HEIGHT = 290, 390
"""Pixels of a chart, and of one with two bars for each row: they fit the most bars that are drawn."""

_ROOM, _LOW_ROOM = 16, 12
"""Rows in whole blocks of which a table takes its room where another stands below it."""

_ADDITIVE = (
    "open", "won", "lost", "no decision", "won revenue", "value", "stale", "stale value", "qualified", "touched",
    "leads", "untouched", "returned", "requalified", "spend", "customers", "allocated cost",
)  # fmt: skip
"""Columns whose total is the sum of their rows."""


_IN_ORDER = (
    "source", "segment", "period", "open", "won", "lost", "no decision", "win rate", "win rate low", "win rate high",
    "average deal", "won revenue", "cycle days", "median cycle won", "p75 cycle won", "p90 cycle won",
    "velocity per day", "low", "high", "index",
)  # fmt: skip
"""How a reader takes the columns of deals in: outcomes, what a deal is worth, how long it takes, what comes of it."""


def write_sheets(pages: Pages) -> None:
    """Write every sheet of its own, from what the refresh found or blank."""
    book = pages["Dashboard"].book
    report = blank_report(book.edition) if book.contents.found is None else book.contents.found()
    _say_when(book, report)
    found = headlines(report)
    place_record_sheet(pages["Records"], report, found)
    explain(pages["Chart data"], "These cells serve the charts; none of them is a figure of its own.", 1, 5)
    front_page.lay_out(pages["Dashboard"])
    front_page.place_headlines(pages["Dashboard"], report, found)
    _figures(pages["Figures"], report, found)
    _deals(pages, report.by_source, "source", found)
    _deals(pages, report.by_segment, "segment", found)
    trend = _trend(pages, report)
    _stages(pages, report)
    leads = _handoff(pages, report)
    _disqualified(pages["Disqualified"], report.disqualified)
    _cac(pages, report, found)
    _front_pictures(pages, report, found, trend, leads)
    place_changes(pages["What changed"], pages["Chart data"], report, found, book.contents.changes)
    place_review_log(pages["Review log"])
    place_left_over(pages["Left over"])
    _logs(pages, report)
    for name, page in pages.items():
        page.remade = name in REMADE


def _say_when(book: TemplateBook, report: Report) -> None:
    """Let headings, charts and footers speak of the report's currency, and the file's properties of its day."""
    book.facts = replace(book.facts, currency=line_text(report.currency))
    if report.files:
        day = datetime(report.as_of.year, report.as_of.month, report.as_of.day)
        told = {"title": book.facts.title, "author": "xlfunnel", "subject": f"As of {report.as_of}", "created": day}
        book.workbook.set_properties(told)


def _logs(pages: Pages, report: Report) -> None:
    """Write the records themselves and what became of every one of them."""
    book = pages["Data"].book
    deals = place_records(pages["Data"], report.data, name="deals", limit="data_limit")
    leads = place_records(pages["Lead data"], report.lead_data, name="leads")
    log = pages["Import log"]
    accounts = place_accounts(log, report.files, report.unlisted, report.definitions if report.files else None)
    book.checks += account_checks(accounts, report.files)
    pages["Set aside"].protected = False  # people sort and filter records
    most, first_only = report.definitions.data_limit, book.contents.first_records_only
    book.checks += place_set_aside(
        pages["Set aside"], report.set_aside, accounts, report.files, most, first_only=first_only
    )
    for placed, kind, name in ((deals, Kind.OPPORTUNITIES, "deals"), (leads, Kind.LEADS, "leads")):
        if placed is not None and accounts is not None:
            records, used = (accounts.area(column).reference for column in ("records", "used"))
            same = f'{name}_listed=SUMPRODUCT(({records}="{kind.value}")*{used})'
            book.check(f"{placed.page.name}: every record used is listed", same)


def _front_pictures(pages: Pages, report: Report, found: Headlines, trend: Chart | None, leads: Chart | None) -> None:
    page, data = pages["Dashboard"], pages["Chart data"]
    money = _money(page)
    front_page.place_panels(
        page,
        (
            Panel(
                renamed(report.velocity_by_source, "group", "source"),
                "By source",
                f"Velocity by lead source{money} per day",
                ("source", "velocity per day", "won", "index"),
                ("velocity per day",),
                slot="velocity_by_source",
            ),
            Panel(
                renamed(report.follow_up_by_source, "median minutes to touch", "median minutes"),
                "Handoff",
                "Follow-up rate by source",
                ("source", "follow-up rate", "qualified", "median minutes"),
                ("follow-up rate",),
                slot="follow_up_by_source",
            ),
            Panel(
                report.cac_by_channel,
                "CAC",
                f"CAC{money}: marketing-only (light), fully loaded (dark)",
                ("channel", "marketing-only CAC", "fully loaded CAC", "customers"),
                ("marketing-only CAC", "fully loaded CAC"),
                (styles.PALE_BLUE, styles.ACCENT),
                slot="cac_by_channel",
            ),
        ),
        data,
    )
    why = (
        f"Velocity by month. {report.trend.reason or 'No two months in a row have an interval.'}",
        f"Lead funnel. {report.lead_conversion.reason or 'No lead entered a stage.'}",
    )
    front_page.place_pictures(page, trend, leads, why)
    front_page.place_promises(page, found)
    front_page.place_actions(page)
    front_page.place_foot(page, report)


def _figures(page: TemplatePage, report: Report, found: Headlines) -> None:
    place_list(page, found, [f"{KPI}{name}" for name in HEADLINES], record_places(report, found))
    page.row += 1
    page.text(page.row, 1, "What the figures are computed from", styles.SECTION)
    page.text(page.row + 1, 1, "Counts and sums that the refresh found in the exports.", styles.NOTE)
    page.row += 2
    place_totals(page, found, report.definitions.confidence if report.files else None)
    page.row += 1
    place_meanings(page)
    page.row += 1
    page.text(page.row, 1, "Notes on the data", styles.SECTION)
    page.row += 1
    for words in (report.diagnosis, *report.notes):
        if words:
            explain(page, words, 1, 7)


def _deals(pages: Pages, section: Section, dimension: str, found: Headlines) -> None:
    page, data = pages[f"By {dimension}"], pages["Chart data"]
    money = _money(page)
    room = _room_for_charts(page, section, "velocity per day", "win rate")
    placed = _place(page, ordered(renamed(section, "group", dimension), _IN_ORDER), name=f"by_{dimension}")
    _same_as_front(page, placed, "velocity per day", "kpi_velocity", found)
    _same_as_front(page, placed, "open", "total_open_deals", found)
    velocity, slot = f"Velocity by {dimension}{money} per day", f"by_{dimension}"
    rate = f"Win rate by {dimension}, by number of deals"
    _place_charts(
        page,
        room,
        bar_chart(placed, velocity, ("velocity per day",), data=data, slot=f"{slot}_velocity"),
        bar_chart(placed, rate, ("win rate",), (styles.PALE_BLUE,), data=data, slot=f"{slot}_win_rate"),
    )


def _trend(pages: Pages, report: Report) -> Chart | None:
    """Write the trend; gives the same picture once more for page one."""
    page = pages["Trend"]
    room = _room_for_charts(page, report.trend, "velocity per day", "low", "high")
    placed = _place(page, ordered(report.trend, _IN_ORDER), name="trend")
    confidence = styles.percent_words(report.definitions.confidence)
    title = f"Velocity by month{_money(page)} per day, with its {confidence} range"
    band = velocity_band(placed, pages["Chart data"], title)
    chart = band_chart(page, band)
    if chart is not None and room is not None:
        page.chart(chart, room.row, 1, 2 * _CHART_WIDTH, room.height)
    return band_chart(page, band)


def _stages(pages: Pages, report: Report) -> None:
    page, data = pages["Stages"], pages["Chart data"]
    room = _room_for_charts(page, report.stages, "stale value", "value")
    page.place("tbl_stages", 2)
    top = page.row
    placed = _place(page, report.stages, name="stages")
    _name_totals(page, placed, (("stale", "stale_deals"), ("stale value", "stale_value")))
    page.reserve(top, _ROOM)
    conversion = _place(page, report.stage_conversion, name="stage_conversion")
    days = report.definitions.stale_days
    funnel = stage_funnel(conversion, data, "stage_funnel", "How many deals entered each stage")
    title = f"Open deals by stage{_money(page)}: all (light), over {days} days in it (orange)"
    drawn, colors = ("value", "stale value"), (styles.PALE_BLUE, styles.ORANGE)
    stale = bar_chart(placed, title, drawn, colors, data=data, slot="open_by_stage")
    _place_charts(page, room, stale, funnel_chart(page, funnel))


def _handoff(pages: Pages, report: Report) -> Chart | None:
    """Write the handoff; gives the lead funnel once more for page one."""
    page, data = pages["Handoff"], pages["Chart data"]
    room = _room_for_charts(page, report.follow_up_by_source, "follow-up rate")
    top = page.row
    conversion = _place(page, report.lead_conversion, name="lead_conversion", room=_LOW_ROOM)
    days = _place(page, report.lead_days, name="lead_days", room=_LOW_ROOM)
    by_source = renamed(report.follow_up_by_source, "median minutes to touch", "median minutes")
    follow_up = _place(page, by_source, name="follow_up_by_source", room=_ROOM)
    by_month = _heat_map(page, report.follow_up_by_month)
    beside = _beside(by_month, follow_up, conversion, days)
    page.fix(beside - 1, _BETWEEN)
    left_end, page.row = page.row, top
    by_age = _place(page, report.untouched_by_age, name="untouched_by_age", left=beside, room=_LOW_ROOM)
    _place(page, report.untouched_by_owner, name="untouched_by_owner", left=beside, room=_LOW_ROOM + _ROOM)
    _place(page, report.recycled, name="recycled", left=beside)
    page.row = max(page.row, left_end)
    funnel = stage_funnel(conversion, data, "lead_funnel", "How many leads entered each step")
    rate, old = "Follow-up rate by source", "Untouched leads by age"
    _place_charts(
        page,
        room,
        bar_chart(follow_up, rate, ("follow-up rate",), data=data, slot="handoff_follow_up"),
        bar_chart(by_age, old, ("leads",), (styles.ORANGE,), data=data, slot="untouched_by_age"),
        second=max(page.width(1, beside - 1), _NARROWEST_CHART + _CHART_GAP),
    )
    return funnel_chart(page, funnel)


def _heat_map(page: TemplatePage, section: Section) -> PlacedTable | None:
    """Write follow-up by source and month, the stronger the blue the more leads were contacted."""
    placed = _place(page, section, name="follow_up_by_month")
    if placed is not None:
        first, last = placed.left + 2, placed.left + len(placed.table.columns) - 1
        heat(page, Area(page.name, placed.top + 1, first, placed.below - 1, last))
    return placed


def _disqualified(page: TemplatePage, section: Section) -> None:
    if section.table is not None:
        explain(page, "Each share is of all disqualified leads of its source.", 1, 8)
    placed = _place(page, section, name="disqualified")
    if placed is not None:
        page.repeated_row = placed.top


def _cac(pages: Pages, report: Report, found: Headlines) -> None:
    page, section = pages["CAC"], report.cac_by_channel
    names = ("marketing-only CAC", "fully loaded CAC")
    drawn = [name for name in names if section.table is not None and name in section.table.header]
    if drawn and report.loaded_cac.reason:
        explain(page, report.loaded_cac.reason, 1, 8)
    room = _room_for_charts(page, section, *drawn, height=_HIGH_CHART_HEIGHT)
    placed = _place(page, section, name="cac_by_channel")
    _same_as_front(page, placed, "fully loaded CAC", "kpi_loaded_cac", found)
    _same_as_front(page, placed, "marketing-only CAC", "kpi_marketing_cac", found)
    which = "marketing-only (light), fully loaded (dark)" if len(drawn) == len(names) else " and ".join(drawn)
    title = f"CAC by channel{_money(page)}: {which}"
    colors = (styles.PALE_BLUE, styles.ACCENT)
    _place_charts(page, room, bar_chart(placed, title, names, colors, data=pages["Chart data"], slot="cac"))


@dataclass(frozen=True)
class _Room:
    """Where charts stand above their table, and how high they are in pixels."""

    row: int
    height: float


def _room_for_charts(
    page: TemplatePage, section: Section, *columns: str, height: float = _CHART_HEIGHT
) -> _Room | None:
    """Keep room for charts above a table that has one of the columns."""
    if section.table is None or not section.table.rows:
        return None
    missing = [name for name in columns if name not in section.table.header]
    if missing:
        quoted = ", ".join(f"“{name}”" for name in missing)
        explain(page, f"A chart is left out: the table has no column {quoted}.", 1, 8)
    if len(missing) == len(columns):
        return None
    room = _Room(page.row, height)
    page.row += math.ceil(room.height / ROW_PIXELS) + 1
    return room


def _place_charts(
    page: TemplatePage, room: _Room | None, *found: Chart | None, second: float = _CHART_WIDTH + _CHART_GAP
) -> None:
    """Place up to two charts in the room kept for them, the second so many pixels right of the first."""
    if room is None:
        return
    width = min(_CHART_WIDTH, second - _CHART_GAP)
    for index, chart in enumerate(chart for chart in found if chart is not None):
        page.chart(chart, room.row, 1, width, room.height, shift=index * second)


def _beside(*tables: PlacedTable | None) -> int:
    """The column in which tables beside these begin, with one column between."""
    edges = [placed.left + len(placed.table.columns) for placed in tables if placed is not None]
    return max(edges, default=8) + 1


def _place(page: TemplatePage, section: Section, *, name: str, left: int = 1, room: int = 1) -> PlacedTable | None:
    """Place a section, and check that its total is the sum of its rows."""
    placed = place_section(page, section, name=name, left=left, room=room)
    if placed is not None:
        table = section.title if section.title == page.name else f"{page.name}, {section.title}"
        page.book.checks += total_checks(placed, table, _ADDITIVE)
    return placed


def _name_totals(page: TemplatePage, placed: PlacedTable | None, names: Sequence[tuple[str, str]]) -> None:
    """Name the totals of columns, written below the table where it has no total of its own."""
    if placed is None:
        return
    present = [(column, name) for column, name in names if placed.has(column)]
    if not present:
        return
    if has_total(placed.table):
        for column, name in present:
            page.book.name(f"{KPI}{name}", page, placed.below - 1, placed.area(column).left)
        return
    page.row -= 1
    for offset in range(len(placed.table.columns)):
        page.value(page.row, placed.left + offset, None, styles.TOTAL)
    page.text(page.row, placed.left, "All stages", styles.TOTAL)
    for column, name in present:
        area = placed.area(column)
        total = sum(value for value in placed.numbers(column) if value is not None)
        look = replace(styles.TOTAL, align="right", number_format=placed.format(column))
        page.formula(page.row, area.left, f"=SUM({area.reference})", total, look)
        page.book.name(f"{KPI}{name}", page, page.row, area.left)
    page.row += 2


def _same_as_front(page: TemplatePage, placed: PlacedTable | None, column: str, name: str, found: Headlines) -> None:
    """Check that a table's total is the figure of this name."""
    named = found.has(name) or name in {total.name for total in found.totals}
    if placed is None or not named or not has_total(placed.table) or column not in placed.table.header:
        return
    last = placed.area(column, len(placed.body), len(placed.body)).reference
    says = f"{page.name}: the total of “{column}” is the same on Dashboard or Figures"
    same = f"ABS({last}-{name})<=MAX(0.005,ABS({name})*1E-9)"
    page.book.check(says, f"IF(COUNT({last},{name})<2,TRUE,{same})")


def _money(page: TemplatePage) -> str:
    """The currency as it stands in a title, after its comma."""
    currency = page.book.facts.currency
    return f", {currency}" if currency else ""
