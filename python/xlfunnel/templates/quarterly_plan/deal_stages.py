"""From opportunity to deal by the plan's stages: which stage of the CRM is the proposal, which is contracting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xlfunnel.segments.frames import frame_of
from xlfunnel.segments.stages import stage_steps
from xlfunnel.templates.export_groups import of_group
from xlfunnel.templates.quarterly_plan.following import CONVERSIONS
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from xlfunnel.crm.tables import Exports

_WORDS: Final = {"Proposal": "proposal", "Contracting": "contract"}
"""A stage of the CRM is one of the plan's when its name holds this word, and no other stage's does."""

_OF_DEALS: Final = CONVERSIONS[2:]
_NO_DATES: Final = (
    "The rates from opportunity to deal need a date for each stage that a deal entered; the exports have none, and "
    "they are blank."
)


@dataclass(frozen=True)
class DealStages:
    """The CRM's stages that the plan knows, by the plan's name, and what is to be said of them."""

    names: Mapping[str, str]
    notes: tuple[str, ...]


def deal_stages(exports: Exports) -> DealStages:
    """Find the plan's stages among those of the deals that count."""
    deals, dates = exports.opportunities, exports.stage_dates
    if deals is None or dates is None or not dates.num_rows:
        return DealStages({}, (_NO_DATES,))
    counted = deals.column("counted").to_numpy(zero_copy_only=False).astype(bool)
    names = dates.column("stage").to_pylist()
    of_counted = counted[dates.column("opportunity").to_numpy()].tolist()
    stages = sorted({name for name, counts in zip(names, of_counted, strict=True) if name and counts})
    found = {one: [stage for stage in stages if word in stage.casefold()] for one, word in _WORDS.items()}
    notes = tuple(_told(one, found[one]) for one in _WORDS)
    return DealStages({one: names[0] for one, names in found.items() if len(names) == 1}, notes)


def stage_rates(
    exports: Exports, deals: pa.Table, stages: DealStages, as_of: int, confidence: float
) -> Callable[[str], Mapping[str, float]]:
    """The rates of a segment by the plan's headings, of deals old enough to judge; nothing where one is unknown."""
    if len(stages.names) < len(_WORDS) or exports.stage_dates is None:
        return lambda _segment: {}
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    is_won = pc.equal(deals.column("status"), pa.scalar(Status.WON.value))
    entered = {one: _entered(exports.stage_dates, stage, deals.num_rows) for one, stage in stages.names.items()}
    won = pc.if_else(is_won, deals.column("closed_day"), pa.scalar(None, pa.int32()))
    columns: dict[str, Any] = {"created": deals.column("created_day"), **entered, "won": won}
    kept: dict[str, Any] = {name: deals.column(name) for name in ("segment", "counted")}
    table = pa.table(kept | columns)
    table = table.filter(pc.field("counted"))

    def rates(segment: str) -> Mapping[str, float]:
        mine = frame_of(of_group(table, "segment", segment).select(list(columns)))
        steps = stage_steps(mine, list(columns), list(columns), as_of, confidence=confidence)
        found = {heading: step.rate for heading, step in zip(_OF_DEALS, steps, strict=True)}
        return {heading: rate[1] for heading, rate in found.items() if isinstance(rate, tuple)}

    return rates


def _entered(dates: pa.Table, stage: str, deals: int) -> Any:
    """For each deal the first day on which it entered a stage."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    mine = of_group(dates, "stage", stage)
    mine = mine.filter(pc.is_valid(mine.column("entered_day")))
    never = np.iinfo(np.int32).max
    days = np.full(deals, never, dtype=np.int32)
    np.minimum.at(days, mine.column("opportunity").to_numpy(), mine.column("entered_day").to_numpy())
    return pa.array(days, mask=days == never)


def _told(one: str, stages: list[str]) -> str:
    if len(stages) == 1:
        return f'{one} is the stage "{stages[0]}".'
    word = _WORDS[one]
    found = f"these have it: {', '.join(stages)}" if stages else "none has it"
    return f'{one} is the one stage with "{word}" in its name; {found}. The rates from opportunity to deal are blank.'
