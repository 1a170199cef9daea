"""What a refresh or a check found, in lines: the terminal prints them, a spreadsheet program shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xlfunnel.changes import sentence
from xlfunnel.templates.done import counted, told_pivots, told_stale
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from xlfunnel.crm import FileAccount, SetAside
    from xlfunnel.refresh import Refreshed
    from xlfunnel.report import Measure, Report
    from xlfunnel.saving import Undone
    from xlfunnel.templates.taking import Taken

_MOST_TABLES = 6

SHOWN_SET_ASIDE = 20
"""Records set aside that a terminal shows; the workbook and `--json` have them all."""


def account_lines(files: Sequence[FileAccount], *, mapping: bool) -> Iterator[str]:
    """What was read of each file, what was used, and what was set aside under which rule."""
    for account in files:
        yield f"{account.file}: {account.crm}, {account.kind}"
        told = [f"{account.used:,} used"]
        told += [f"{count:,} set aside ({rule})" for rule, count in account.set_aside.items() if count]
        yield f"  {account.read:,} records read: {', '.join(told)}"
        if account.lines_skipped:
            yield f"  {account.lines_skipped:,} lines skipped that are no records"
        if mapping:
            yield from (f"  {field:<20} {header}" for field, header in account.mapping.items())
            if account.unmapped:
                yield f"  not used: {', '.join(account.unmapped)}"
        yield from (f"  {note}" for note in account.notes)


def set_aside_lines(records: Sequence[SetAside]) -> Iterator[str]:
    """The first records that were set aside, and how many more there are."""
    for record in records[:SHOWN_SET_ASIDE]:
        detail = f": {record.detail}" if record.detail else ""
        value = f', {record.column}: "{record.value}"' if record.column else ""
        place = f"row {record.row}" if isinstance(record.row, int) else f"id {record.row}"
        yield f"{record.file}, {place}{value} ({record.rule}{detail})"
    if len(records) > SHOWN_SET_ASIDE:
        yield f"… and {len(records) - SHOWN_SET_ASIDE:,} more; --json lists them all"


def set_aside_records(records: Sequence[SetAside]) -> list[dict[str, Any]]:
    """The records that were set aside, as JSON holds them."""
    return [
        {
            "file": record.file,
            "row": record.row,
            "column": record.column,
            "value": record.value,
            "rule": record.rule.value,
            "detail": record.detail,
        }
        for record in records
    ]


def headline_lines(report: Report) -> Iterator[str]:
    """The six shared metrics, as page one of the dashboard has them."""
    measures = (
        report.mql_to_sql,
        report.sql_to_opportunity,
        report.velocity,
        report.follow_up,
        report.sourced_share,
        report.influenced_share,
        report.loaded_cac,
        report.marketing_cac,
    )
    width = max(len(measure.name) for measure in measures)
    for measure in measures:
        if measure.value is None:
            yield measure.reason  # a sentence that begins with the name
        else:
            yield f"{measure.name:<{width}}  {shown(measure, report.currency)}"
    yield report.diagnosis


def shown(measure: Measure, currency: str) -> str:
    """A figure with its unit, its interval and what it rests on, or why there is none."""
    if measure.value is None:
        return measure.reason
    text = _number(measure.value, measure.unit, currency)
    if measure.low is not None and measure.high is not None:
        low, high = (_number(bound, measure.unit, currency) for bound in (measure.low, measure.high))
        text += f" ({low} to {high})"
    return text if measure.count is None else f"{text}, n = {measure.count:,}"


def _number(value: float, unit: Unit, currency: str) -> str:
    if unit is Unit.SHARE:
        return f"{value:.1%}"
    money = f"{value:,.0f} {currency}".rstrip()
    return {Unit.MONEY: money, Unit.MONEY_PER_DAY: f"{money}/day", Unit.DAYS: f"{value:,.1f} days"}.get(
        unit, f"{value:,.1f}"
    )


def taken_lines(done: Refreshed) -> Iterator[str]:
    """What an existing workbook took of a refresh; nothing for a new one."""
    if done.taken is None:
        return
    yield (
        f"{counted(done.taken.cells, 'cell')} changed{_where(done.taken)}" if done.taken.cells else "No cell changed"
    )
    yield from (f"  {note}" for note in done.taken.notes)
    if done.stale:
        yield f"  {told_stale(done.stale)}"
    if done.pivots:
        yield f"  {told_pivots(done.pivots)}"
    yield ""


def _where(taken: Taken) -> str:
    """The tables by their names, where these are few enough to say something."""
    few = len(taken.tables) <= _MOST_TABLES
    tables = ", ".join(taken.tables) if few else counted(len(taken.tables), "table")
    return f" of {tables} and Start" if tables else ""


def changed_lines(done: Refreshed) -> Iterator[str]:
    """What changed since the refresh before, in a sentence."""
    if done.changes is not None:
        yield sentence(done.changes)
        yield ""


def undone_line(done: Undone) -> str:
    """Which version a workbook has after an undo."""
    return (
        f"{done.book} is again the version of {_moment(done.written)}; that of {_moment(done.copy_written)} is kept "
        f"as {done.copy.name}, and another undo brings it back."
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
