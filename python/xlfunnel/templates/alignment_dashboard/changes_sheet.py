"""The sheet What changed: what happened to records since the refresh before, and why figures moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.changes import MOST_LISTED, sentence
from xlfunnel.changes.records import Happening
from xlfunnel.changes.sentence import signed
from xlfunnel.changes.state import day_words
from xlfunnel.report import Section
from xlfunnel.table import Column, Table
from xlfunnel.templates.alignment_dashboard.refresh_states import AS_OF, PARTS
from xlfunnel.templates.drawings import Steps, waterfall
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import DASH, ROW_PIXELS, Area
from xlfunnel.workbooks.cell_text import line_height
from xlfunnel.workbooks.table_charts import MOST_BARS, bar_chart
from xlfunnel.workbooks.tables import Fit, explain, place_section, place_table, total_checks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.changes import Changes
    from xlfunnel.changes.comparing import FigureChange
    from xlfunnel.changes.records import RecordChange, Was
    from xlfunnel.changes.velocity import LeverChange, VelocityChange
    from xlfunnel.report import Report
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.book import Chart
    from xlfunnel.workbooks.styles import Style
    from xlfunnel.workbooks.tables import PlacedTable

_LEFT, _RIGHT = 1, 7
_WIDTHS: Final = (220, 150, 130, 130, 120, 120, 260)
_CHART_WIDTH, _CHART_GAP = 540, 30
_LOWEST, _BAR, _TITLE = 270, 24, 50
_LATER: Final = (
    "Comes with the second refresh: what happened to deals and leads since the one before, how the figures moved, "
    "and what each lever and each source added to velocity."
)
_LEVERS_RULE: Final = (
    "Each part is the logarithmic mean of both velocities times the logarithm of now ÷ before of its lever (the "
    "cycle with the other sign): the parts add up to the change, and no order of the levers is preferred. Points are "
    "percent of velocity before."
)
_SOURCES_RULE: Final = (
    "Each lever is a count, or a ratio of sums over all sources. What a source changed in these sums is weighted as "
    "the levers are, so that the sources add up to the change, and to each lever's part. A source that changed "
    "nothing adds nothing; one that loses more deals than it wins lowers the win rate of all."
)
_RECORDS_RULE: Final = (
    "Followed by id; of deals those of the pipelines that count. Moved stage, slipped and pulled in: open before and "
    "now. Gone: no longer among the records used, for it is not in the export or was set aside."
)
_LEAD_THINGS: Final = frozenset(
    (
        Happening.NEW_MQL,
        Happening.NEW_SQL,
        Happening.WORKED,
        Happening.RETURNED,
        Happening.NEW_LEAD,
        Happening.LEAD_GONE,
    )
)


def place_changes(page: TemplatePage, data: TemplatePage, report: Report, changes: Changes | None) -> None:
    """Write the sheet, and into `data` what its chart draws and what the next refresh compares with."""
    for column, wide in enumerate(_WIDTHS, _LEFT):
        page.widen(column, wide)
    _place_sentence(page, changes)
    if changes is not None and changes.since is not None:
        _place_velocity(page, data, changes)
        _place_figures(page, changes)
        _place_counts(page, changes)
        _place_aside(page, changes)
        _place_records(page, changes)
    if report.source_parts is not None and report.source_parts.rows:
        words = "What each source's velocity is made of: the next refresh compares with it."
        place_section(data, Section("Velocity by source", words, report.source_parts), name=PARTS)


def _place_sentence(page: TemplatePage, changes: Changes | None) -> None:
    words = _LATER if changes is None else sentence(changes)
    lines = page.paragraph(page.row, _LEFT, _RIGHT, words, styles.MESSAGE)
    page.book.name("what_changed", page, page.row, _LEFT)
    page.height(page.row, 12 + lines * line_height(styles.MESSAGE.size))
    page.row += 2
    for label, name, day in (
        ("This refresh is as of", AS_OF, changes.as_of if changes else None),
        ("The one before was as of", "changes_since", changes.since if changes else None),
    ):
        look = replace(styles.BODY, align="left", number_format="d mmm yyyy", bold=True)
        page.text(page.row, _LEFT, label, styles.NOTE)
        page.value(page.row, _LEFT + 1, day, look)
        page.book.name(name, page, page.row, _LEFT + 1)
        page.row += 1
    page.row += 1


# -- velocity --------------------------------------------------------------------------------------------------------


def _place_velocity(page: TemplatePage, data: TemplatePage, changes: Changes) -> None:
    change = changes.velocity
    if change is None:
        page.text(page.row, _LEFT, "Velocity", styles.SECTION)
        page.row += 1
        explain(
            page, "Not compared: one of both refreshes has no velocity, or their currencies differ.", _LEFT, _RIGHT
        )
        page.row += 1
        return
    top = page.row
    if change.levers:
        bars = min(len(change.sources), MOST_BARS)
        height = max(_LOWEST, _TITLE + bars * _BAR)
        page.row += -(-height // ROW_PIXELS) + 1
        money = f", {changes.currency} per day" if changes.currency else " per day"
        _place_levers(page, change, changes.currency)
        chart = _bridge_chart(data, change, f"Velocity{money}: what each lever added")
        page.chart(chart, top, _LEFT, _CHART_WIDTH, height)
        by_source = bar_chart(_place_sources(page, change), f"What each source added{money}", ("added per day",))
        if by_source is not None:
            page.chart(by_source, top, _LEFT, _CHART_WIDTH, height, shift=_CHART_WIDTH + _CHART_GAP)
        return
    page.text(page.row, _LEFT, "Velocity", styles.SECTION)
    page.row += 1
    explain(page, change.no_levers, _LEFT, _RIGHT)
    page.row += 1


_LEVER_UNITS: Final = (Unit.COUNT, Unit.MONEY, Unit.SHARE, Unit.DAYS)


def _place_levers(page: TemplatePage, change: VelocityChange, currency: str) -> None:
    page.text(page.row, _LEFT, "Velocity by lever", styles.SECTION)
    page.text(page.row + 1, _LEFT, "Which lever moved it, and by how much?", styles.NOTE)
    page.row += 2
    top = page.row
    _headings(
        page, ("Lever", "Before", "Now", styles.heading("added per day", Unit.MONEY_PER_DAY, currency), "Points")
    )
    added = [one.added for one in change.levers]
    shape = _signed_format(styles.number_format(Unit.MONEY_PER_DAY, added))
    for one, unit in zip(change.levers, _LEVER_UNITS, strict=True):
        label = styles.heading(one.name, unit, currency)
        _line(page, label, _lever_cells(one, unit, shape), styles.RULE)
    unit = Unit.MONEY_PER_DAY
    ends = styles.number_format(unit, [change.before or 0.0, change.now or 0.0])
    cells = ((change.before, ends), (change.now, ends), (change.change, shape), ((change.share or 0) * 100, _POINTS))
    _line(page, styles.heading("velocity", unit, currency), cells, styles.RULE, bold=True)
    body = Area(page.name, top + 1, _LEFT + 3, top + len(change.levers), _LEFT + 3)
    whole = Area(page.name, page.row - 1, _LEFT + 3, page.row - 1, _LEFT + 3)
    page.book.check("What changed: the levers add up to the change of velocity", _same(body, whole))
    explain(page, _LEVERS_RULE, _LEFT, _RIGHT)
    page.keep(top - 2, page.row - 1)
    page.row += 1


def _lever_cells(one: LeverChange, unit: Unit, shape: str) -> Sequence[tuple[float | None, str]]:
    ends = styles.number_format(unit, (one.before, one.now))
    return (one.before, ends), (one.now, ends), (one.added, shape), (one.share * 100, _POINTS)


def _same(body: Area, whole: Area) -> str:
    return f"ABS(SUM({body.reference})-{whole.reference})<=MAX(0.005,ABS({whole.reference})*1E-9)"


def _place_sources(page: TemplatePage, change: VelocityChange) -> PlacedTable | None:
    money = Unit.MONEY_PER_DAY
    columns = (Column("source", Unit.TEXT), *(Column(name, money) for name in ("added per day", *_THROUGH)))
    rows = [(one.source, one.added, *one.by_lever) for one in change.sources]
    total = ("Total", change.change, *(one.added for one in change.levers))
    table = Table(columns, (*rows, total)) if rows else None
    section = Section(
        "Velocity by source", "Which source moved it, and through which lever?", table, change.no_sources
    )
    placed = place_section(page, replace(section, note=_SOURCES_RULE if rows else ""), name="changed_sources")
    if placed is not None:
        page.book.checks += total_checks(placed, "What changed, velocity by source", ("added per day", *_THROUGH))
    return placed


_THROUGH: Final = ("open deals", "average deal", "win rate", "cycle")


def _bridge_chart(data: TemplatePage, change: VelocityChange, title: str) -> Chart:
    """Write the steps from before to now where charts are served from, and draw them."""
    data.text(data.row, 1, "Velocity: before, what each lever added, now", styles.HEADING)
    for column, words in enumerate(("Base", "Whole", "More", "Less"), 2):
        data.text(data.row, column, words, replace(styles.HEADING, align="right"))
        data.widen(column, 120)
    first = data.row + 1
    shape = styles.number_format(Unit.MONEY_PER_DAY, [abs(one.added) for one in change.levers])
    for row, (label, cells) in enumerate(_steps(change), first):
        data.text(row, 1, label, replace(styles.BODY, bottom=styles.RULE))
        for column, value in enumerate(cells, 2):
            look = replace(styles.BODY, bottom=styles.RULE, align="right", number_format=shape)
            data.value(row, column, value, look)
    last = first + len(change.levers) + 1
    data.row = last + 2
    labels, base, whole, more, less = (Area(data.name, first, column, last, column) for column in range(1, 6))
    told = "; ".join(f"{one.name} {signed(one.added)}" for one in change.levers)
    told = f"{title}. From {change.before or 0:,.0f} to {change.now or 0:,.0f}: {told}."
    return waterfall(data.book, title, Steps(labels, base, whole, more, less, shape), told=told)


def _steps(change: VelocityChange) -> list[tuple[str, tuple[float | None, ...]]]:
    height = change.before or 0.0
    found: list[tuple[str, tuple[float | None, ...]]] = [("before", (None, height, None, None))]
    for one in change.levers:
        base = min(height, height + one.added)
        found.append((one.name, (base, None, max(one.added, 0.0) or None, max(-one.added, 0.0) or None)))
        height += one.added
    return [*found, ("now", (None, change.now, None, None))]


# -- figures ---------------------------------------------------------------------------------------------------------


_POINTS: Final = '"+"0.0;"−"0.0;0.0'
_SIGNED_SHARE: Final = '"+"0.0 %;"−"0.0 %;0.0 %'
_NOTE: Final = _RIGHT - 1


def _signed_format(shape: str) -> str:
    return f'"+"{shape};"−"{shape};{shape}'


def _place_figures(page: TemplatePage, changes: Changes) -> None:
    top = page.row
    page.text(page.row, _LEFT, "Figures", styles.SECTION)
    page.text(page.row + 1, _LEFT, "What was each figure, and what is it now?", styles.NOTE)
    page.row += 2
    shown = [one for one in changes.figures if one.before is not None or one.now is not None]
    noted = any(one.note for one in shown)
    _headings(page, ("Figure", "Before", "Now", "Change", "Change, %", *(("Note", "") if noted else ())))
    for one in shown:
        _line(page, one.label, _figure_cells(one), styles.RULE)
        if noted:
            page.text(page.row - 1, _NOTE, one.note, replace(styles.NOTE, bottom=styles.RULE, indent=1))
            page.text(page.row - 1, _RIGHT, "", replace(styles.NOTE, bottom=styles.RULE))
    explain(page, f"The change of a share is in points. {DASH} stands where there is no figure.", _LEFT, _RIGHT)
    page.keep(top, page.row - 1)
    page.row += 1


def _figure_cells(one: FigureChange) -> Sequence[tuple[float | None, str]]:
    shape = styles.number_format(one.unit, [value for value in (one.before, one.now) if value is not None])
    difference, share = one.difference, None
    change = _signed_format(shape)
    if difference is not None and one.unit is Unit.SHARE:
        difference, change = difference * 100, _POINTS
    elif difference is not None and one.before:
        share = difference / abs(one.before)
    first = (one.before, shape), (one.now, shape), (difference, change)
    return first if share is None else (*first, (share, _SIGNED_SHARE))


def _headings(page: TemplatePage, words: Sequence[str]) -> None:
    for offset, one in enumerate(words):
        noted = _LEFT + offset >= _NOTE
        look = replace(styles.HEADING, align="left" if noted or not offset else "right", indent=int(noted))
        page.text(page.row, _LEFT + offset, one, look)
    page.row += 1


def _line(
    page: TemplatePage, label: str, cells: Sequence[tuple[float | None, str]], rule: str, *, bold: bool = False
) -> None:
    """A label and up to four figures beside it, each in its own number format."""
    look: Style = replace(styles.BODY, bottom=rule, bold=bold)
    page.text(page.row, _LEFT, label, look)
    for column in range(_LEFT + 1 + len(cells), _NOTE):
        page.value(page.row, column, None, look)
    for column, (value, shape) in enumerate(cells, _LEFT + 1):
        right = replace(look, align="right", number_format=shape)
        if value is None:
            page.text(page.row, column, DASH, replace(right, color=styles.GREY, number_format="General"))
        else:
            page.number(page.row, column, value, right)
    page.row += 1


# -- records ---------------------------------------------------------------------------------------------------------


def _place_counts(page: TemplatePage, changes: Changes) -> None:
    rows = tuple(
        (what.value, count, None if what in _LEAD_THINGS else _worth(changes.records, what))
        for what, count in changes.counts.items()
    )
    columns = (Column("what happened", Unit.TEXT), Column("records", Unit.COUNT), Column("amount now", Unit.MONEY))
    why = ". ".join(changes.uncounted) or "Nothing happened to any record."
    note = " ".join((_RECORDS_RULE, *(f"{one}." for one in changes.uncounted)))
    section = Section("Deals and leads", "What happened to them?", Table(columns, rows), f"{why.rstrip('.')}.")
    place_section(page, replace(section, note=note if rows else ""), name="changed_counts")
    moves = tuple((one.before, one.now, one.deals, one.amount) for one in changes.stage_moves)
    if moves:
        stages = (Column("from stage", Unit.TEXT), Column("to stage", Unit.TEXT), Column("deals", Unit.COUNT))
        table = Table((*stages, Column("amount now", Unit.MONEY)), moves)
        section = Section("Stages", "From which stage to which did open deals move?", table)
        place_section(page, section, name="changed_stages")


def _worth(records: Sequence[RecordChange], what: Happening) -> float:
    return sum(one.amount or 0.0 for one in records if one.what is what)


def _place_aside(page: TemplatePage, changes: Changes) -> None:
    rows: list[Any] = [(one.rule, one.before, one.now, one.now - one.before) for one in changes.set_aside]
    if rows:
        before, now = changes.aside
        rows.append(("Total", before, now, now - before))
    counted = (Column(name, Unit.COUNT) for name in ("before", "now", "change"))
    table = Table((Column("rule", Unit.TEXT), *counted), tuple(rows))
    section = Section("Rows set aside", "Which rows were not used, before and now?", table, "None, before and now.")
    place_section(page, section, name="changed_set_aside")


def _place_records(page: TemplatePage, changes: Changes) -> None:
    records = changes.records[:MOST_LISTED]
    if not records:
        return
    page.text(page.row, _LEFT, "Records", styles.SECTION)
    rest = len(changes.records) - len(records)
    words = "What happened to which deal or lead?"
    if rest:
        words = f"The first {len(records):,} of {len(changes.records):,}; the counts above hold all of them."
    page.text(page.row + 1, _LEFT, words, styles.NOTE)
    text = ("what happened", "id", "from", "to", "change")
    columns = (*(Column(name, Unit.TEXT) for name in text), Column("amount", Unit.MONEY), Column("name", Unit.TEXT))
    rows = tuple(
        (one.what.value, one.id, _words(one.before), _words(one.now), _difference(one), one.amount, one.name)
        for one in records
    )
    table = Table(columns, rows)
    placed = place_table(page, table, page.row + 2, _LEFT, name="changed_records", fit=Fit.ONE_LINE)
    page.row = placed.below + 1


def _words(value: Was) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return day_words(value)
    if isinstance(value, (int, float)):
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return value


def _difference(one: RecordChange) -> str:
    if one.difference is None:
        return ""
    if isinstance(one.before, date):
        days = int(one.difference)
        return f"{signed(days)} day{'' if abs(days) == 1 else 's'}"
    return signed(one.difference, 0 if float(one.difference).is_integer() else 2)
