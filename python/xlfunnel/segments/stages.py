"""How records pass through stages: conversion of matured cohorts, and the time they stay.

A frame for these computations has one row for each record and one column of day numbers for each stage, in the
order of the stages; a blank is a stage without a date. A date after `as_of` has not happened yet. A stage that is
blank while a later one has a date was skipped: the record passed it on the earliest later date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Annotated, Any

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.errors import EmptyDenominator, ExcelCode, ShapeMismatch, TooFewRecords
from xlfunnel.metric import Example, metric
from xlfunnel.metrics.probability import wilson
from xlfunnel.segments.frames import frame_from_columns, one_if, rows_of
from xlfunnel.segments.groups import group_name, in_order, one_spelling
from xlfunnel.segments.quantiles import aggregated, shown_cells, shown_statistics, statistic_of
from xlfunnel.table import Column, Table
from xlfunnel.units import Day, Label, Moment, Number, RecordGrid, Records, Statistic, Unit

if TYPE_CHECKING:
    from xlfunnel.segments.frames import Frame
    from xlfunnel.table import Cell

__all__ = ["stage_conversion", "time_in_stage"]

CONFIDENCE = 0.95
STALE_DAYS = 180
_TOLERANCE = 1e-9
"""Engines interpolate a quantile with rounding of their own; a whole number of days must not fall on its far side."""


# -- conversion of matured cohorts -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """From one stage to the next, over the records old enough to judge."""

    number: int
    """Of its first stage, from 0."""
    name: str
    reached: int
    """Records that reached the first stage, at any age."""
    entered: int | None
    """Those of them that are old enough; None when nothing says what old enough is."""
    advanced: int | None
    median_days: float | None
    age_days: float | None = None
    """How old that is."""
    confidence: float = CONFIDENCE
    judged: Frame | None = field(default=None, compare=False, repr=False)
    """The records, with a column of whether each was old enough, and one of whether it then advanced."""

    @property
    def whole_age_days(self) -> int | None:
        """The age in whole days from which a record counts; engines round a quantile's last digits as they like."""
        return None if self.age_days is None else ceil(self.age_days - _TOLERANCE)

    @property
    def flags(self) -> tuple[str, str]:
        """What these two columns are called."""
        return f"matured_{self.number}", f"advanced_{self.number}"

    @property
    def rate(self) -> tuple[float, float, float] | EmptyDenominator | TooFewRecords:
        """Low, rate and high of the Wilson interval, or why there is none."""
        if self.entered is None:
            return TooFewRecords(f"{self.name}: no record has both dates, so that the age to judge at is unknown")
        if not self.reached:
            return EmptyDenominator(f"{self.name}: no record entered the first stage")
        if not self.entered:
            return TooFewRecords(f"{self.name}: none of {self.reached} records is old enough to judge")
        return wilson(self.advanced or 0, self.entered, self.confidence)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The row that STAGE_CONVERSION shows."""
        found = self.rate
        low, rate, high = found if isinstance(found, tuple) else (found, found, found)
        unknown = TooFewRecords(f"{self.name}: no record has both dates")
        return (
            self.name,
            unknown if self.entered is None else self.entered,
            unknown if self.advanced is None else self.advanced,
            rate,
            low,
            high,
            unknown if self.median_days is None else self.median_days,
        )


def stage_steps(
    frame: Frame,
    columns: Sequence[str],
    names: Sequence[str],
    as_of: int,
    window_days: int | None = None,
    confidence: float = CONFIDENCE,
) -> tuple[Step, ...]:
    """Each step from a stage to the next; `columns` are the stages' days, `names` what people call them.

    A record is old enough when it entered the stage at least as many days ago as the 90th percentile of the days
    that the step takes, or `window_days` ago. Those days are taken between two real dates, where not negative.
    """
    stages = range(len(columns))
    dated = _entered(frame, columns, as_of)
    (lags,) = aggregated(
        dated,
        (
            *(nw.col(f"entered_{i}").count().alias(f"reached_{i}") for i in stages[:-1]),
            *(statistic_of(f"lag_{i}", Statistic.MEDIAN, f"median_{i}") for i in stages[:-1]),
            *(statistic_of(f"lag_{i}", Statistic.P90, f"p90_{i}") for i in stages[:-1]),
        ),
    )
    ages = [lags[f"p90_{i}"] if window_days is None else window_days for i in stages[:-1]]
    judged = _judged(dated, ages, as_of)
    counts = _matured(judged, ages)
    return tuple(
        Step(
            number=i,
            name=f"{names[i]} → {names[i + 1]}",
            reached=lags[f"reached_{i}"],
            entered=counts.get(f"matured_{i}"),
            advanced=counts.get(f"advanced_{i}"),
            median_days=lags[f"median_{i}"],
            age_days=_known(ages[i]),
            confidence=confidence,
            judged=judged,
        )
        for i in stages[:-1]
    )


def conversion_table(steps: Sequence[Step]) -> Table:
    """The steps as a table, one row each."""
    return Table(
        (
            Column("stage", Unit.TEXT),
            Column("entered", Unit.COUNT),
            Column("advanced", Unit.COUNT),
            Column("rate", Unit.SHARE),
            Column("low", Unit.SHARE),
            Column("high", Unit.SHARE),
            Column("median days", Unit.DAYS),
        ),
        tuple(step.cells for step in steps),
    )


def _entered(frame: Frame, columns: Sequence[str], as_of: int) -> Frame:
    """Adds the day each stage was entered, and the days from each stage's own date to the next one's."""
    dated = _happened(frame, columns, as_of)
    stages = range(len(columns))
    entered = {
        f"entered_{i}": nw.coalesce(nw.col(f"day_{i}"), _earliest(range(i + 1, len(columns)))) for i in stages[:-1]
    }
    last = len(columns) - 1
    entered[f"entered_{last}"] = nw.col(f"day_{last}")
    gaps = {f"gap_{i}": nw.col(f"day_{i + 1}") - nw.col(f"day_{i}") for i in stages[:-1]}
    lags = {f"lag_{i}": nw.when(nw.col(f"gap_{i}") >= 0).then(nw.col(f"gap_{i}")) for i in stages[:-1]}
    return dated.with_columns(**entered, **gaps).with_columns(**lags)


def _known(days: float | None) -> float | None:
    return None if days is None else float(days)


def _earliest(stages: Sequence[int]) -> nw.Expr:
    days = [nw.col(f"day_{i}") for i in stages]
    return nw.min_horizontal(*days) if len(days) > 1 else days[0]  # Spark has no least of one


def _happened(frame: Frame, columns: Sequence[str], as_of: int) -> Frame:
    """The stages' days as day_0, day_1, …, blank where they lie after `as_of`."""
    return frame.with_columns(
        **{f"day_{i}": nw.when(nw.col(column) <= as_of).then(nw.col(column)) for i, column in enumerate(columns)}
    )


def _judged(dated: Frame, ages: Sequence[float | None], as_of: int) -> Frame:
    """Adds for each step that can be judged whether a record is old enough for it, and whether it then advanced."""
    known = {i: age for i, age in enumerate(ages) if age is not None}
    if not known:
        return dated
    return dated.with_columns(
        **{
            f"matured_{i}": (nw.col(f"entered_{i}") <= as_of - age + _TOLERANCE).fill_null(value=False)
            for i, age in known.items()
        }
    ).with_columns(**{f"advanced_{i}": nw.col(f"matured_{i}") & ~nw.col(f"entered_{i + 1}").is_null() for i in known})


def _matured(judged: Frame, ages: Sequence[float | None]) -> dict[str, int]:
    """How many records are old enough for each step, and how many of these advanced."""
    known = [i for i, age in enumerate(ages) if age is not None]
    if not known:
        return {}
    flags = [f"{word}_{i}" for i in known for word in ("matured", "advanced")]
    counted = rows_of(judged.select(one_if(nw.col(flag)).sum().alias(flag) for flag in flags))[0]
    return {flag: count or 0 for flag, count in counted.items()}


# -- time in stage -----------------------------------------------------------------------------------------------


def stage_times(
    frame: Frame,
    columns: Sequence[str],
    names: Sequence[str],
    as_of: int,
    group: str | None = None,
    stale_days: int = STALE_DAYS,
) -> Table:
    """How long records stayed in each stage before the next one that has a date, and how many sit there now.

    A record sits in the last stage that has a date. With `group` (a column) each stage has one row for each group.
    """
    stays = _stays(frame, columns, as_of, stale_days)
    stages = range(len(columns))
    aggregates = [
        *(statistic for i in stages[:-1] for statistic in shown_statistics(f"stay_{i}")),
        *(nw.col(f"{word}_{i}").sum() for i in stages for word in ("here", "stale")),
    ]
    found = aggregated(stays, aggregates, group)
    if group:
        found = in_order(found, group)
    head = [Column("stage", Unit.TEXT), *([Column("group", Unit.TEXT)] if group else [])]
    return Table(
        (
            *head,
            Column("n", Unit.COUNT),
            Column("median days", Unit.DAYS),
            Column("p75", Unit.DAYS),
            Column("p90", Unit.DAYS),
            Column("here now", Unit.COUNT),
            Column("stale", Unit.COUNT),
        ),
        tuple(
            (
                name,
                *([group_name(row[group])] if group else []),
                *shown_cells(row, f"stay_{i}", f"record has left {name}"),
                row[f"here_{i}"] or 0,
                row[f"stale_{i}"] or 0,
            )
            for i, name in enumerate(names)
            for row in found
        ),
    )


def _stays(frame: Frame, columns: Sequence[str], as_of: int, stale_days: int) -> Frame:
    """Adds for each stage the days of a completed stay, and 1 where the record sits there now, and too long."""
    dated = _happened(frame, columns, as_of)
    stages = range(len(columns))
    gaps = {f"gap_{i}": _next_day(i, len(columns)) - nw.col(f"day_{i}") for i in stages[:-1]}
    still = {
        f"still_{i}": nw.all_horizontal(
            ~nw.col(f"day_{i}").is_null(),
            *(nw.col(f"day_{j}").is_null() for j in range(i + 1, len(columns))),
            ignore_nulls=False,
        )
        for i in stages
    }
    long_ago = {i: (nw.col(f"day_{i}") < as_of - stale_days).fill_null(value=False) for i in stages}
    return dated.with_columns(**gaps, **still).with_columns(
        **{f"stay_{i}": nw.when(nw.col(f"gap_{i}") >= 0).then(nw.col(f"gap_{i}")) for i in stages[:-1]},
        **{f"here_{i}": one_if(nw.col(f"still_{i}")) for i in stages},
        **{f"stale_{i}": one_if(nw.col(f"still_{i}") & long_ago[i]) for i in stages},
    )


def _next_day(stage: int, stages: int) -> nw.Expr:
    """The day of the next stage that has one."""
    return nw.coalesce(*(nw.col(f"day_{later}") for later in range(stage + 1, stages)))


# -- worksheet functions -----------------------------------------------------------------------------------------

StageDates = Annotated[
    Sequence[Any],
    RecordGrid(Moment()),
    "One row for each record, one column for each stage: the date it entered the stage",
]


@metric(
    formula="advanced ÷ entered, over records at least as old as the 90th percentile of the step's days",
    source="Definitions, section Funnel; interval: Wilson 1927",
    caution="Young records are left out because they look bad for no reason: the counts are smaller than the list.",
    example=Example(
        args=(
            [
                [date(2026, 1, 1), date(2026, 1, 11), date(2026, 2, 1)],
                [date(2026, 1, 5), date(2026, 1, 15), None],
                [date(2026, 2, 1), None, None],
                [date(2026, 6, 25), None, None],
            ],
            date(2026, 6, 30),
        ),
        result=(
            ("stage", "entered", "advanced", "rate", "low", "high", "median days"),
            ("1 → 2", 3, 2, 0.6666666666666666, 0.20765960080204782, 0.9385080552796038, 10.0),
            ("2 → 3", 2, 1, 0.5, 0.09453120573423074, 0.9054687942657693, 21.0),
        ),
    ),
)
def stage_conversion(
    stage_dates: StageDates,
    as_of: Annotated[Day, "The day the figures are taken"],
    window_days: Annotated[int, Number(Unit.DAYS, low=0, whole=True), "Age from which a record counts, in days"]
    | None = None,
) -> Table:
    """Share of the records in each stage that went on to the next, over those old enough to judge.

    A stage that was skipped counts as passed. Without `window_days` a record is old enough at the 90th percentile
    of the days that the step has taken; where no record has both dates the step cannot be judged.
    """
    columns = _stage_columns(stage_dates)
    names = [str(number) for number in range(1, len(columns) + 1)]
    frame = frame_from_columns(columns)
    window = None if window_days is None else int(window_days)
    return conversion_table(stage_steps(frame, list(columns), names, day_number(as_of), window))


@metric(
    formula="days from a stage's date to the next dated stage",
    source="Definitions, section Funnel",
    caution="Stays that have not ended are in no median: read the quantiles beside here now and stale.",
    example=Example(
        args=(
            [
                [date(2026, 1, 1), date(2026, 1, 11), date(2026, 2, 1)],
                [date(2026, 1, 5), date(2026, 1, 25), None],
                [date(2026, 6, 25), None, None],
            ],
            date(2026, 9, 30),
        ),
        result=(
            ("stage", "n", "median days", "p75", "p90", "here now", "stale"),
            ("stage 1", 2, 15.0, 17.5, 19.0, 1, 0),
            ("stage 2", 1, 21.0, 21.0, 21.0, 1, 1),
            ("stage 3", 0, ExcelCode.NA, ExcelCode.NA, ExcelCode.NA, 1, 1),
        ),
    ),
)
def time_in_stage(
    stage_dates: StageDates,
    as_of: Annotated[Day, "The day the figures are taken"],
    group: Annotated[Sequence[str | None], Records(Label(), blanks=True), "Owner, source or segment of each record"]
    | None = None,
    stale_days: Annotated[
        float, Number(Unit.DAYS, low=0, whole=True), "Days in one stage after which a record is stale"
    ] = STALE_DAYS,
) -> Table:
    """How many days records stay in each stage, how many sit there now and how many of them for too long.

    A stay is over when the record has a date in a later stage; a record sits in the last stage that has a date.
    The last column's stage is where records end: nothing leaves it. Names of groups are compared without regard to
    case and spare spaces.
    """
    columns = _stage_columns(stage_dates)
    names = [f"stage {number}" for number in range(1, len(columns) + 1)]
    frame = frame_from_columns({**columns, "group": one_spelling(group)} if group else columns)
    return stage_times(frame, list(columns), names, day_number(as_of), "group" if group else None, int(stale_days))


def _stage_columns(stage_dates: Sequence[Sequence[int | None]]) -> dict[str, Sequence[int | None]]:
    if len(stage_dates) < 2:
        msg = "stage_dates must have a column for each of at least two stages, received one"
        raise ShapeMismatch(msg)
    return {f"stage_{number}": days for number, days in enumerate(stage_dates, start=1)}
