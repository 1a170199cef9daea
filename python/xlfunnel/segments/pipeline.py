"""Where the open deals stand and for how long, and how deals pass from stage to stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from xlfunnel.check import day_number
from xlfunnel.crm.profiles import StandardStages
from xlfunnel.crm.stages import stage_book
from xlfunnel.segments.counting import RECORD
from xlfunnel.segments.deals import observed
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.findings import Finding
from xlfunnel.segments.frames import computed, one_if, rows_of
from xlfunnel.segments.groups import TOTAL, by_name, group_name
from xlfunnel.segments.quantiles import aggregated, statistic_of
from xlfunnel.segments.stages import conversion_table, stage_steps
from xlfunnel.table import Column, Table
from xlfunnel.units import Statistic, Status, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.canonical import Canonical
    from xlfunnel.segments.frames import Frame
    from xlfunnel.segments.stages import Step
    from xlfunnel.segments.tables import Staged

NEEDED: Final = "a date for each stage that a deal entered"
WON: Final = "won"
_PLACE: Final = nw.col("position").min()


# -- open deals --------------------------------------------------------------------------------------------------


def open_stages(
    deals: Canonical, as_of: date, definitions: Definitions, order: Mapping[str, int] | None = None
) -> Finding:
    """Open deals by stage: how many, their value, how long they have been there, and which of them are stale.

    `order` is the place of each stage in its pipeline; stages that it does not know stand behind, largest first.
    """
    deals.need("stage")
    day, limit = day_number(as_of), definitions.stale_days
    dated = deals.has("stage_day")
    here = observed(deals.frame, day, None).filter(nw.col("is_open"))
    since = nw.when(nw.col("stage_day") <= day).then(day - nw.col("stage_day"))
    stays = here.with_columns(days=since).with_columns(is_stale=(nw.col("days") > limit).fill_null(value=False))
    summed = stays.with_columns(
        stale=one_if(nw.col("is_stale")), stale_value=nw.when(nw.col("is_stale")).then(nw.col("amount"))
    )
    sums = (
        nw.len().alias("deals"),
        nw.col("amount").sum(),
        nw.col("amount").count().alias("priced"),
        statistic_of("days", Statistic.MEDIAN, "median"),
        nw.col("days").count().alias("timed"),
        nw.col("days").max().alias("longest"),
        nw.col("stale").sum(),
        nw.col("stale_value").sum(),
    )
    rows = aggregated(summed, sums, "stage")
    places = order or {}

    def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
        stage = row["stage"]
        return places.get(stage, len(places)), stage is None, -row["deals"], *by_name(stage)

    rows.sort(key=place)
    (total,) = aggregated(summed, sums)
    columns = [Column("stage", Unit.TEXT), Column("open", Unit.COUNT), Column("value", Unit.MONEY)]
    if dated:
        columns += [
            Column("median days", Unit.DAYS),
            Column("longest days", Unit.DAYS),
            Column("stale", Unit.COUNT),
            Column("stale value", Unit.MONEY),
        ]
    shown = ("deals", "amount", "median", "longest", "stale", "stale_value")[: len(columns) - 1]
    names = [*(group_name(row["stage"]) for row in rows), TOTAL]
    cells = [[_cell(row, name) for name in shown] for row in (*rows, total)]
    return Finding(
        Table(tuple(columns), tuple((name, *row) for name, row in zip(names, cells, strict=True))),
        _stay_note(total, limit, dated=dated),
    )


def _cell(row: Mapping[str, float | None], name: str) -> float | int | None:
    """A stage without any date has no days; its sums are 0."""
    value = row[name]
    return value if value is not None or name in {"median", "longest"} else 0


def _stay_note(total: Mapping[str, int], limit: int, *, dated: bool) -> str:
    notes = []
    if dated:
        notes.append(f"Stale: more than {limit} days in one stage.")
        if total["timed"] < total["deals"]:
            notes.append(f"Open deals without a date for their stage: {total['deals'] - total['timed']}.")
    else:
        notes.append("How long deals sit in a stage needs the date each deal entered its stage.")
    if total["priced"] < total["deals"]:
        notes.append(f"Open deals without an amount: {total['deals'] - total['priced']}.")
    return " ".join(notes)


# -- from stage to stage -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A stage of a pipeline in which deals are open."""

    pipeline: str | None
    name: str
    position: int


def stage_order(staged: Staged | None) -> dict[str, int]:
    """The place of each stage in its pipeline, by name, where there is a date for each stage."""
    if staged is None:
        return {}
    return {row["stage"]: row["position"] for row in rows_of(staged.dates.group_by("stage").agg(_PLACE))}


def stage_conversion_of(staged: Staged | None, as_of: date, definitions: Definitions) -> Finding:
    """Conversion from stage to stage up to won, for each pipeline that counts.

    Stages in which deals end (closed won, closed lost) are no steps of the way: the way ends with the win.
    """
    if staged is None:
        raise MissingColumns([NEEDED])
    entries = _entries(staged)
    stages = _open_stages_of(entries, definitions)
    if not stages:
        raise MissingColumns([NEEDED])
    pipelines = {name: list(group) for name, group in groupby(stages, key=attrgetter("pipeline"))}
    steps = [
        step if len(pipelines) == 1 else replace(step, name=f"{group_name(name)}: {step.name}")
        for name, group in pipelines.items()
        for step in _pipeline_steps(entries, group, as_of, definitions)
    ]
    return Finding(
        conversion_table(steps),
        "Only deals old enough to judge: as old as the 90th percentile of the days that the step takes. "
        "A stage without a date that a later one follows counts as passed.",
    )


def _entries(staged: Staged) -> Frame:
    """The stages that deals entered, each with the deal's pipeline and the day it was won."""
    won_day = nw.when(nw.col("status") == Status.WON.value).then(nw.col("closed_day"))
    counted = staged.deals.filter(nw.col("counted"))
    deals = counted.select(nw.col("pipeline"), opportunity=nw.col(RECORD), won_day=won_day)
    return staged.dates.select("opportunity", "stage", "position", "entered_day").join(deals, on="opportunity")


def _open_stages_of(entries: Frame, definitions: Definitions) -> list[Stage]:
    """The stages of each pipeline in their order, without those in which deals end."""
    book = stage_book(definitions.stages, {}, StandardStages())
    found = rows_of(entries.group_by("pipeline", "stage").agg(_PLACE))
    stages = [Stage(row["pipeline"], row["stage"], row["position"]) for row in found]
    passed = [stage for stage in stages if book.status(stage.name) in {Status.OPEN, None}]
    return sorted(passed, key=lambda stage: (stage.pipeline or "", stage.position, stage.name))


def _pipeline_steps(entries: Frame, stages: Sequence[Stage], as_of: date, definitions: Definitions) -> Sequence[Step]:
    pipeline = nw.col("pipeline")
    mine = entries.filter(pipeline.is_null() if stages[0].pipeline is None else pipeline == stages[0].pipeline)
    columns = [f"stage_{i}" for i in range(len(stages))]
    marked = mine.with_columns(
        **{
            column: nw.when(nw.col("stage") == stage.name).then(nw.col("entered_day"))
            for column, stage in zip(columns, stages, strict=True)
        }
    )
    wide = marked.group_by("opportunity").agg(*(nw.col(name).min() for name in (*columns, "won_day")))
    names = [*(stage.name for stage in stages), WON]
    with computed(wide) as once:
        return stage_steps(once, [*columns, "won_day"], names, day_number(as_of), confidence=definitions.confidence)
