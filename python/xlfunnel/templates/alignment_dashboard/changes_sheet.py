"""The sheet What changed: what happened to records since the refresh before, and why figures moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.changes import MOST_LISTED, Changes, sentence
from xlfunnel.changes.comparing import FigureChange
from xlfunnel.changes.records import Happening
from xlfunnel.changes.sentence import signed
from xlfunnel.changes.state import day_words
from xlfunnel.changes.velocity import LEVERS
from xlfunnel.report import Section
from xlfunnel.table import Column, Table
from xlfunnel.templates.alignment_dashboard.headlines import is_known
from xlfunnel.templates.alignment_dashboard.refresh_states import AS_OF, PARTS
from xlfunnel.templates.drawings import Steps, waterfall
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import DASH, ROW_PIXELS, Area
from xlfunnel.workbooks.cell_text import line_height
from xlfunnel.workbooks.chart_data import MOST_BARS, Values, place_drawn
from xlfunnel.workbooks.charts import Series, bars
from xlfunnel.workbooks.tables import Fit, explain, or_none, place_section, place_table, total_checks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.changes.records import RecordChange, Was
    from xlfunnel.changes.velocity import LeverChange, VelocityChange
    from xlfunnel.report import Report
    from xlfunnel.table import Cell
    from xlfunnel.templates.alignment_dashboard.headlines import Headlines
    from xlfunnel.templates.book import TemplatePage
    from xlfunnel.workbooks.book import Chart
    from xlfunnel.workbooks.styles import Style

_LEFT, _RIGHT = 1, 7
_WIDTHS: Final = (220, 150, 130, 130, 120, 120, 260)
_CHART_WIDTH, _CHART_GAP, _CHART_HEIGHT = 540, 30, 290
_ROOM, _MIDDLE_ROOM, _HIGH_ROOM = 16, 20, 24
"""Rows in whole blocks of which a table takes its room where another stands below it."""
_MOST_MOVES: Final = 15
_WITH_THE_SECOND: Final = "Comes with the second refresh."
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


def place_changes(
    page: TemplatePage, data: TemplatePage, report: Report, found: Headlines, changes: Changes | None
) -> None:
    """Write the sheet, and into `data` what its chart draws and what the next refresh compares with.

    From the first refresh on every table is there, if only with a line that says that there is nothing, and stands
    where it stood: so the next refresh changes cells only.
    """
    for column, wide in enumerate(_WIDTHS, _LEFT):
        page.widen(column, wide)
    _place_sentence(page, changes)
    if report.files:
        told = changes or Changes(report.as_of, report.currency)
        _place_velocity(page, data, told)
        _place_figures(page, told.figures or _first_figures(found, told.currency))
        _place_sources(page, told)
        _place_counts(page, told)
        _place_aside(page, told)
        _place_records(page, told)
    if report.source_parts is not None and report.source_parts.rows:
        words = "What each source's velocity is made of: the next refresh compares with it."
        place_section(data, Section("Velocity by source", words, report.source_parts), name=PARTS)


def _place_sentence(page: TemplatePage, changes: Changes | None) -> None:
    words = _LATER if changes is None or changes.since is None else sentence(changes)
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
    top = page.row
    page.row += -(-_CHART_HEIGHT // ROW_PIXELS) + 1
    money = _per_day(changes)
    _place_levers(page, changes)
    later = "" if changes.since else ": comes with the second refresh"
    chart = _bridge_chart(data, changes, f"Velocity{money}: what each lever added{later}")
    page.chart(chart, top, _LEFT, _CHART_WIDTH, _CHART_HEIGHT)
    by_source = _source_chart(data, changes, f"What each source added{money}{later}")
    page.chart(by_source, top, _LEFT, _CHART_WIDTH, _CHART_HEIGHT, shift=_CHART_WIDTH + _CHART_GAP)


def _per_day(changes: Changes) -> str:
    return f", {changes.currency} per day" if changes.currency else " per day"


_LEVER_UNITS: Final = (Unit.COUNT, Unit.MONEY, Unit.SHARE, Unit.DAYS)


def _why_no_levers(changes: Changes) -> str:
    """Why velocity is not split by lever; blank where it is."""
    if changes.since is None:
        return _WITH_THE_SECOND
    if changes.velocity is None:
        return "Not compared: one of both refreshes has no velocity, or their currencies differ."
    return "" if changes.velocity.levers else changes.velocity.no_levers


def _place_levers(page: TemplatePage, changes: Changes) -> None:
    change, currency = changes.velocity, changes.currency
    page.text(page.row, _LEFT, "Velocity by lever", styles.SECTION)
    page.text(page.row + 1, _LEFT, "Which lever moved it, and by how much?", styles.NOTE)
    page.row += 2
    top = page.row
    _headings(
        page, ("Lever", "Before", "Now", styles.heading("added per day", Unit.MONEY_PER_DAY, currency), "Points")
    )
    levers = change.levers if change is not None else ()
    shape = _signed_format(styles.number_format(Unit.MONEY_PER_DAY, [one.added for one in levers]))
    shown = levers or (None,) * len(_LEVER_UNITS)
    for name, one, unit in zip(LEVERS, shown, _LEVER_UNITS, strict=True):
        _line(page, styles.heading(name, unit, currency), _lever_cells(one, unit, shape), styles.RULE)
    _line(
        page, styles.heading("velocity", Unit.MONEY_PER_DAY, currency), _whole(change, shape), styles.RULE, bold=True
    )
    body = Area(page.name, top + 1, _LEFT + 3, top + len(_LEVER_UNITS), _LEFT + 3)
    whole = Area(page.name, page.row - 1, _LEFT + 3, page.row - 1, _LEFT + 3)
    page.book.check("What changed: the levers add up to the change of velocity", _same(body, whole))
    explain(page, _why_no_levers(changes) or _LEVERS_RULE, _LEFT, _RIGHT)
    page.keep(top - 2, page.row - 1)
    page.row += 1


def _lever_cells(one: LeverChange | None, unit: Unit, shape: str) -> Sequence[tuple[float | None, str]]:
    if one is None:
        return ((None, ""),) * 4
    ends = styles.number_format(unit, (one.before, one.now))
    return (one.before, ends), (one.now, ends), (one.added, shape), (one.share * 100, _POINTS)


def _whole(change: VelocityChange | None, shape: str) -> Sequence[tuple[float | None, str]]:
    if change is None:
        return ((None, ""),) * 4
    ends = styles.number_format(Unit.MONEY_PER_DAY, [change.before or 0.0, change.now or 0.0])
    points = None if change.share is None else change.share * 100
    return (change.before, ends), (change.now, ends), (change.change, shape), (points, _POINTS)


def _same(body: Area, whole: Area) -> str:
    """Whether parts add up to their whole, where there are any."""
    summed = f"ABS(SUM({body.reference})-{whole.reference})<=MAX(0.005,ABS({whole.reference})*1E-9)"
    return f"IF(COUNT({body.reference})=0,TRUE,{summed})"


def _place_sources(page: TemplatePage, changes: Changes) -> None:
    change = changes.velocity
    rows: list[tuple[Cell, ...]] = []
    if change is not None:
        rows += [(one.source, one.added, *one.by_lever) for one in change.sources]
    columns = (Column("source", Unit.TEXT), *(Column(name, Unit.MONEY_PER_DAY) for name in _ADDED))
    note = _SOURCES_RULE
    if change is not None and rows:
        rows.append(("Total", change.change or 0.0, *(one.added for one in change.levers)))
    else:
        note = _why_no_levers(changes) or (change.no_sources if change is not None else "")
        rows = [("none", *(None for _ in _ADDED)), ("Total", *(None for _ in _ADDED))]
    table = Table(columns, tuple(rows))
    section = Section("Velocity by source", "Which source moved it, and through which lever?", table, note=note)
    placed = place_section(page, section, name="changed_sources", room=_ROOM)
    if placed is not None:
        page.book.checks += total_checks(placed, "What changed, velocity by source", _ADDED)


_ADDED: Final = ("added per day", "open deals", "average deal", "win rate", "cycle")


def _source_chart(data: TemplatePage, changes: Changes, title: str) -> Chart:
    sources = changes.velocity.sources[:MOST_BARS] if changes.velocity is not None else ()
    added = [one.added for one in sources]
    columns = [Values("added per day", added, _signed_format(styles.number_format(Unit.MONEY_PER_DAY, added)))]
    where = place_drawn(data, "sources_added", title, [one.source for one in sources], columns)
    told = "; ".join(f"{one.source} {signed(one.added)}" for one in sources) or _WITH_THE_SECOND
    series = [Series("added per day", where.values[0])]
    return bars(data.book, where.title, where.labels, series, told=f"{title}. {told}", signed=True)


def _bridge_chart(data: TemplatePage, changes: Changes, title: str) -> Chart:
    """Write the steps from before to now where charts are served from, and draw them."""
    change = changes.velocity
    levers = change.levers if change is not None else ()
    shape = styles.number_format(Unit.MONEY_PER_DAY, [abs(one.added) for one in levers])
    steps = _steps(change)
    columns = [
        Values(name, [cells[at] for _, cells in steps], look)
        for at, (name, look) in enumerate(
            (("base", shape), ("whole", shape), ("more", f'"+"{shape}'), ("less", f'"−"{shape}'))
        )
    ]
    where = place_drawn(data, "levers", title, [label for label, _ in steps], columns)
    told = "; ".join(f"{one.name} {signed(one.added)}" for one in levers) or _why_no_levers(changes)
    if change is not None and levers:
        told = f"From {change.before or 0:,.0f} to {change.now or 0:,.0f}: {told}."
    base, whole, more, less = where.values
    steps_at = Steps(where.labels, base, whole, more, less, number_format="")
    return waterfall(data.book, where.title, steps_at, told=f"{title}. {told}")


def _steps(change: VelocityChange | None) -> list[tuple[str, tuple[float | None, ...]]]:
    levers = change.levers if change is not None else ()
    if change is None or not levers:
        return [(name, (None,) * 4) for name in ("before", *LEVERS, "now")]
    height = change.before or 0.0
    found: list[tuple[str, tuple[float | None, ...]]] = [("before", (None, height, None, None))]
    for one in levers:
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


def _first_figures(found: Headlines, currency: str) -> Sequence[FigureChange]:
    """The figures of a first refresh, which have no value before."""
    return [
        FigureChange(
            one.name,
            styles.heading(one.measure.name, one.measure.unit, currency),
            one.measure.unit,
            None,
            one.measure.value if is_known(one.measure) else None,
        )
        for one in found.figures
    ]


def _place_figures(page: TemplatePage, figures: Sequence[FigureChange]) -> None:
    top = page.row
    page.text(page.row, _LEFT, "Figures", styles.SECTION)
    page.text(page.row + 1, _LEFT, "What was each figure, and what is it now?", styles.NOTE)
    page.row += 2
    _headings(page, ("Figure", "Before", "Now", "Change", "Change, %", "Note", ""))
    for one in figures:
        _line(page, one.label, _figure_cells(one), styles.RULE)
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
    note = " ".join((_RECORDS_RULE, *(f"{one}." for one in changes.uncounted)))
    table = or_none(Table(columns, rows), "nothing" if changes.since else "none")
    section = Section("Deals and leads", "What happened to them?", table, note=note)
    place_section(page, section, name="changed_counts", room=_HIGH_ROOM)
    moves = tuple((one.before, one.now, one.deals, one.amount) for one in changes.stage_moves)
    stages = (Column("from stage", Unit.TEXT), Column("to stage", Unit.TEXT), Column("deals", Unit.COUNT))
    rest = moves[_MOST_MOVES:]
    note = ""
    if rest:
        deals = sum(one[2] for one in rest)
        note = f"And {len(rest):,} more moves, of {deals:,} deals: among the records below, as “moved stage”."
    table = or_none(Table((*stages, Column("amount now", Unit.MONEY)), moves[:_MOST_MOVES]), "none")
    section = Section("Stages", "From which stage to which did open deals move?", table, note=note)
    place_section(page, section, name="changed_stages", room=_MIDDLE_ROOM)


def _worth(records: Sequence[RecordChange], what: Happening) -> float:
    return sum(one.amount or 0.0 for one in records if one.what is what)


def _place_aside(page: TemplatePage, changes: Changes) -> None:
    rows: list[Any] = [(one.rule, one.before, one.now, one.now - one.before) for one in changes.set_aside]
    if rows:
        before, now = changes.aside
        rows.append(("Total", before, now, now - before))
    counted = (Column(name, Unit.COUNT) for name in ("before", "now", "change"))
    table = or_none(Table((Column("rule", Unit.TEXT), *counted), tuple(rows)), "none")
    section = Section("Rows set aside", "Which rows were not used, before and now?", table)
    place_section(page, section, name="changed_set_aside", room=_ROOM)


def _place_records(page: TemplatePage, changes: Changes) -> None:
    records = changes.records[:MOST_LISTED]
    page.place("tbl_changed_records", 2)
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
    table = or_none(Table(columns, rows), "none")
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
