"""What a refresh says of deals: the two blocks of the summary, the tables and the figures of the dashboard.

Block `all` takes every record, closed at any time up to the as-of date. Block `window` follows the definitions: deals
closed in the window, of the pipelines that count, against the open deals of those pipelines that are qualified.
Each is computed once; the summary, the tables and the figures only read it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.parallel import in_parallel
from xlfunnel.errors import MetricError, TooFewRecords
from xlfunnel.metrics.arithmetic import ratio
from xlfunnel.metrics.probability import wilson
from xlfunnel.metrics.targets import coverage_needed
from xlfunnel.segments.counting import RECORD, slim
from xlfunnel.segments.deal_arrays import deal_arrays
from xlfunnel.segments.deal_countings import DealCountings
from xlfunnel.segments.deals import OBSERVED, defined, group_of, groups_by, history_from, observed, open_stock
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.findings import Figure
from xlfunnel.segments.frames import computed, frame_beside, rows_of
from xlfunnel.segments.groups import BLANK, TOTAL
from xlfunnel.segments.periods import day_of, month_calendar, month_end, period_label
from xlfunnel.segments.velocity import FIGURES, fastest_first, figure_cells, velocity_index, velocity_trend_table
from xlfunnel.table import Column, Table
from xlfunnel.units import Period, Statistic, Status, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    import pyarrow as pa

    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.deal_arrays import DealArrays
    from xlfunnel.segments.deals import DealFigures, DealHistory, Group
    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell

REPORT_COLUMNS: Final = (
    "status", "amount", "created_day", "closed_day", "expected_day", "source", "segment", "counted", "qualified",
)  # fmt: skip
"""The columns of the canonical opportunities that this report reads."""


@dataclass(frozen=True)
class Block:
    """The deals of one choice of deals: in total, by source, by segment and by month of close."""

    total: Group
    by_source: tuple[Group, ...]
    by_segment: tuple[Group, ...]
    by_month: tuple[Group, ...]
    """Months in which a deal closed, oldest first; open are the deals that stood open at the month's end."""
    history: DealHistory

    def summary(self) -> dict[str, Any]:
        """The block as JSON takes it; what is not defined is None, and so is the name of a blank group."""

        def listed(dimension: str, groups: Iterable[Group]) -> list[dict[str, Any]]:
            return [{dimension: group.name} | _fields(group, self.total.deals) for group in groups]

        return {
            "total": _fields(self.total, self.total.deals),
            "by_source": listed("source", self.by_source),
            "by_segment": listed("segment", self.by_segment),
            "by_month": listed("month", self.by_month),
        }


@dataclass(frozen=True)
class Asides:
    """What is counted of the window's deals beside their figures."""

    open_expected: int
    """Open deals that say when they are expected to close."""
    past_expected: int
    """Those of them whose day has passed."""
    closed_value: float
    """Money of all closed deals, won or not."""


@dataclass(frozen=True)
class DealReport:
    """Both blocks, and what else is told of the window's deals."""

    as_of: date
    all: Block
    window: Block
    asides: Asides
    window_days: int | None
    confidence: float
    records: DealCountings
    """Which deals each figure counts."""

    def summary(self) -> dict[str, Any]:
        """The blocks `all` and `window` as JSON takes them."""
        return {"all": self.all.summary(), "window": self.window.summary()}

    def by_source(self) -> Table:
        """The sources of the window block, the fastest first."""
        return self._table(self.window.by_source)

    def by_segment(self) -> Table:
        """The segments of the window block, the fastest first."""
        return self._table(self.window.by_segment)

    def velocity_by_source(self) -> Table:
        """As VELOCITY_BY shows the sources."""
        table = self.by_source()
        width = 1 + len(FIGURES)
        return Table(table.columns[:width], tuple(row[:width] for row in table.rows))

    def source_parts(self) -> Table:
        """What the velocity of the window block is made of: counts and sums by source, which sum to its own."""
        groups = self.window.by_source
        return Table(_PARTS, tuple((group.name or BLANK, *_parts(group.deals)) for group in groups))

    def trend(self, periods: int = 12) -> Table:
        """Velocity at the end of each of the latest months, with its interval."""
        history = self.window.history
        return velocity_trend_table(history, self.as_of, Period.MONTH, periods, self.window_days, self.confidence)

    def velocity(self) -> Figure:
        """Velocity in money per day, with its interval where there are deals enough for one."""
        deals = self.window.total.deals
        try:
            low, velocity, high = deals.velocity_interval(self.confidence)
        except MetricError as error:
            found = Figure(deals.velocity, deals.closed, note=f"No interval: {error}.")
        else:
            found = Figure(velocity, deals.closed, low, high)
        return replace(found, made_of=_levers(deals), counted=self.records.velocity())

    def win_rate(self) -> Figure:
        """Won ÷ closed with its Wilson interval."""
        deals = self.window.total.deals
        rate = deals.win_rate
        low, _, high = wilson(deals.won, deals.closed, self.confidence)
        note = f"{deals.won} won of {deals.closed} closed."
        outcomes = {"won": deals.won, "lost": deals.lost, "no_decision": deals.no_decision}
        return Figure(rate, deals.closed, low, high, note, outcomes, self.records.outcomes())

    def average_deal(self) -> Figure:
        """Mean amount of the won deals that have one."""
        deals = self.window.total.deals
        blank = deals.won - deals.won_amounts.count
        note = f"{blank} won deals without an amount are not in the mean." if blank else ""
        made_of = {"won_revenue": deals.won_revenue, "won_with_amount": deals.won_amounts.count}
        counted = self.records.won_amounts()
        return Figure(deals.average_deal, deals.won_amounts.count, note=note, made_of=made_of, counted=counted)

    def cycle(self) -> Figure:
        """Mean days over all closed deals, as velocity takes it."""
        deals = self.window.total.deals
        cycles = deals.closed_cycles
        made_of = {"days": cycles.total, "closed_with_cycle": cycles.count}
        return Figure(deals.cycle_days, cycles.count, made_of=made_of, counted=self.records.closed_cycles())

    def won_cycle(self, statistic: Statistic) -> Figure:
        """The days that won deals took; `EmptyDenominator` for a mean of none, else `TooFewRecords`."""
        sample, cycles = self.window.total.deals.won_cycles, self.window.total.cycles
        shown = {Statistic.MEDIAN: cycles.won_median, Statistic.P75: cycles.won_p75, Statistic.P90: cycles.won_p90}
        days = sample.mean if statistic is Statistic.MEAN else shown[statistic]
        if days is None:
            raise TooFewRecords(_NO_CYCLE)
        return Figure(days, sample.count, counted=self.records.won_cycles())

    def share_past_expected(self) -> Figure:
        """Share of the open deals whose expected close has passed.

        `EmptyDenominator` without open deals, `MissingColumns` when none of them says when it is expected to close.
        """
        standing, dated = self.window.total.deals.open, self.asides.open_expected
        if standing and not dated:
            raise MissingColumns(["the date each open deal is expected to close"])
        share = ratio(self.asides.past_expected, standing, "the number of open deals")
        undated = f" Without an expected date: {standing - dated}." if dated < standing else ""
        return Figure(
            share,
            standing,
            note=f"{self.asides.past_expected} of {standing} open deals are overdue.{undated}",
            made_of={"overdue": self.asides.past_expected, "open": standing},
            counted=self.records.standing(),
        )

    def coverage_by_count(self) -> Figure:
        """Pipeline to hold per unit of target, by the number of deals: 1 ÷ win rate."""
        deals = self.window.total.deals
        coverage = coverage_needed.function(deals.win_rate)
        return Figure(coverage, deals.closed, note="1 ÷ win rate by count.", counted=self.records.outcomes())

    def coverage_by_value(self) -> Figure:
        """Pipeline to hold per unit of target, by money: closed value ÷ won value."""
        deals = self.window.total.deals
        coverage = ratio(self.asides.closed_value, deals.won_revenue, "the value of the won deals")
        return Figure(
            coverage,
            deals.closed,
            note="Value of all closed deals ÷ value of the won ones.",
            made_of={"closed_value": self.asides.closed_value, "won_revenue": deals.won_revenue},
            counted=self.records.outcomes(),
        )

    def _table(self, groups: tuple[Group, ...]) -> Table:
        total = self.window.total
        rows = [self._row(group.name or BLANK, group) for group in fastest_first(groups)]
        columns = (Column("group", Unit.TEXT), *FIGURES, *_MORE)
        return Table(columns, (*rows, self._row(TOTAL, total)))

    def _row(self, name: str, group: Group) -> tuple[Cell, ...]:
        deals, cycles = group.deals, group.cycles
        shown = (cycles.won_median, cycles.won_p75, cycles.won_p90)
        low, high = _wilson_cells(deals, self.confidence)
        return (
            name,
            *figure_cells(deals, self.window.total.deals),
            low,
            high,
            *(TooFewRecords(_NO_CYCLE) if days is None else days for days in shown),
            deals.won_revenue,
        )


def _levers(deals: DealFigures) -> dict[str, float]:
    return {
        "open": deals.open,
        "average_deal": deals.average_deal,
        "win_rate": deals.win_rate,
        "cycle_days": deals.cycle_days,
    }


_PARTS: Final = (
    Column("source", Unit.TEXT),
    Column("open", Unit.COUNT),
    Column("won revenue", Unit.MONEY),
    Column("won with an amount", Unit.COUNT),
    Column("won", Unit.COUNT),
    Column("closed", Unit.COUNT),
    Column("closed with a cycle", Unit.COUNT),
    Column("days of their cycles", Unit.DAYS),
)


def _parts(deals: DealFigures) -> tuple[float, ...]:
    amounts, cycles = deals.won_amounts, deals.closed_cycles
    return deals.open, amounts.total, amounts.count, deals.won, deals.closed, cycles.count, cycles.total


_NO_CYCLE: Final = "no won deal with a cycle in the window"

_MORE: Final = (
    Column("win rate low", Unit.SHARE),
    Column("win rate high", Unit.SHARE),
    Column("median cycle won", Unit.DAYS),
    Column("p75 cycle won", Unit.DAYS),
    Column("p90 cycle won", Unit.DAYS),
    Column("won revenue", Unit.MONEY),
)


def deal_report(frame: Frame, definitions: Definitions, as_of: date, held: pa.Table | None = None) -> DealReport:
    """The report of a frame of canonical opportunities (at least `REPORT_COLUMNS`).

    Where its rows are held in memory, the blocks are counted from the columns of that table.
    """
    today = day_number(as_of)
    numbers = [RECORD] if RECORD in frame.collect_schema().names() else []
    frame = frame.select(*REPORT_COLUMNS, *numbers)
    chosen = in_definitions(frame)
    seen = _told(chosen, today, definitions.window)
    if held is None:
        blocks = block_of(frame, today, None), block_of(chosen, today, definitions.window)
    else:
        blocks = _blocks_of_table(held, today, definitions.window)
    return DealReport(
        as_of=as_of,
        all=blocks[0],
        window=blocks[1],
        asides=_asides(seen),
        window_days=definitions.window,
        confidence=definitions.confidence,
        records=DealCountings(slim(seen, *OBSERVED, "overdue", "closed_value"), as_of, definitions.window),
    )


def in_definitions(frame: Frame) -> Frame:
    """The deals of the pipelines that count; of the open ones only those that are qualified."""
    closed = nw.col("status") != Status.OPEN.value
    return frame.filter(nw.col("counted") & (closed | nw.col("qualified")))


def _blocks_of_table(held: pa.Table, as_of: int, window: int | None) -> tuple[Block, Block]:
    """Both blocks from columns in memory, at once: NumPy lets threads run."""
    deals = deal_arrays(held, ("source", "segment"))

    def block(*, chosen: bool) -> Block:
        if chosen:
            return block_of_arrays(deals.in_definitions(), as_of, window)
        return block_of_arrays(deals, as_of, None)

    every, of_window = in_parallel(lambda chosen: block(chosen=chosen), (False, True))
    return every, of_window


def block_of_arrays(deals: DealArrays, as_of: int, window: int | None) -> Block:
    """The same as `block_of`, from columns in memory."""
    known = deals.seen(as_of)
    history = known.history(deals.stock())
    after = None if window is None else as_of - window
    seen = known if after is None else known.closed_after(after)
    return Block(
        total=seen.total(history.closed_in(after, as_of)),
        by_source=seen.by("source"),
        by_segment=seen.by("segment"),
        by_month=tuple(_at_its_end(month, history, as_of) for month in seen.by_month(history)),
        history=history,
    )


def block_of(frame: Frame, as_of: int, window: int | None) -> Block:
    """One block: what the day sees of each deal is computed once, then taken by source, segment, month and day.

    A group none of whose deals stands open or closed in the window is not listed.
    """
    standing, closed = nw.col("is_open"), nw.col("is_closed")
    with computed(observed(frame, as_of, None).filter(standing | closed).select(*_GROUPED, *OBSERVED)) as known:
        history = history_from(known, open_stock(frame))
        seen = known if window is None else known.filter(standing | (nw.col("closed_day") > as_of - window))
        return Block(
            total=group_of(seen),
            by_source=groups_by(seen, "source"),
            by_segment=groups_by(seen, "segment"),
            by_month=_by_month(seen.filter(closed), history, as_of),
            history=history,
        )


_GROUPED: Final = ("source", "segment", "closed_day", "is_open", "is_closed")


def _by_month(closed: Frame, history: DealHistory, as_of: int) -> tuple[Group, ...]:
    calendar = frame_beside(closed, month_calendar(history.days))
    months = groups_by(closed.join(calendar, on="closed_day", how="inner"), "month")
    return tuple(_at_its_end(month, history, as_of) for month in months)


def _at_its_end(month: Group, history: DealHistory, as_of: int) -> Group:
    """The month by its name, with the deals that stood open when it ended, or at `as_of` within it."""
    last = min(day_number(month_end(month.name)), as_of)
    standing = replace(month.deals, open=history.stock.at(last))
    return replace(month, name=period_label(day_of(last), Period.MONTH), deals=standing)


def _told(frame: Frame, as_of: int, window: int | None) -> Frame:
    """The observed frame, with what is counted beside the figures."""
    expected = nw.when(nw.col("is_open")).then(nw.col("expected_day"))
    return observed(frame, as_of, window).with_columns(
        expected=expected,
        overdue=nw.when(expected < as_of).then(expected),
        closed_value=nw.when(nw.col("is_closed")).then(nw.col("amount")),
    )


def _asides(told: Frame) -> Asides:
    (row,) = rows_of(told.select(nw.col("expected").count(), nw.col("overdue").count(), nw.col("closed_value").sum()))
    return Asides(row["expected"], row["overdue"], float(row["closed_value"] or 0))


def _fields(group: Group, total: DealFigures) -> dict[str, Any]:
    deals, cycles = group.deals, group.cycles
    return {
        "open": deals.open,
        "won": deals.won,
        "lost": deals.lost,
        "no_decision": deals.no_decision,
        "win_rate": _or_none(lambda: deals.win_rate),
        "average_deal": _or_none(lambda: deals.average_deal),
        "won_revenue": None if deals.won and not deals.won_amounts.count else deals.won_revenue,
        "cycle_mean_won": _or_none(lambda: deals.won_cycles.mean),
        "cycle_median_won": cycles.won_median,
        "cycle_mean_closed": _or_none(lambda: deals.closed_cycles.mean),
        "cycle_median_closed": cycles.closed_median,
        "velocity_per_day": _or_none(lambda: deals.velocity),
        "index": _or_none(lambda: velocity_index(deals, total)),
    }


def _or_none(figure: Callable[[], float]) -> float | None:
    value = defined(figure)
    return None if isinstance(value, MetricError) else value


def _wilson_cells(deals: DealFigures, confidence: float) -> tuple[Cell, Cell]:
    try:
        # First for its words: Wilson's own would speak of arguments.
        _ = deals.win_rate
        low, _, high = wilson(deals.won, deals.closed, confidence)
    except MetricError as error:
        return error, error
    return low, high
