"""From opportunity to deal by the plan's stages: which stage of the CRM is the proposal, which is contracting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import narwhals as nw

from xlfunnel.segments.counting import RECORD
from xlfunnel.segments.stages import stage_steps
from xlfunnel.templates.export_groups import groups_in, respelled
from xlfunnel.templates.quarterly_plan.following import CONVERSIONS
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xlfunnel.segments.frames import Frame
    from xlfunnel.segments.tables import Staged

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


def deal_stages(staged: Staged | None) -> DealStages:
    """Find the plan's stages among those of the deals that count."""
    if staged is None:
        return DealStages({}, (_NO_DATES,))
    counted = staged.deals.filter(nw.col("counted")).select(opportunity=nw.col(RECORD))
    entered = staged.dates.select("opportunity", "stage").join(counted, on="opportunity")
    stages = sorted(name for name in groups_in(entered, "stage") if name)
    found = {one: [stage for stage in stages if word in stage.casefold()] for one, word in _WORDS.items()}
    notes = tuple(_told(one, found[one]) for one in _WORDS)
    return DealStages({one: names[0] for one, names in found.items() if len(names) == 1}, notes)


def stage_rates(
    staged: Staged | None, spell: Callable[[str], str], stages: DealStages, as_of: int, confidence: float
) -> Callable[[str], Mapping[str, float]]:
    """The rates of a segment by the plan's headings, of deals old enough to judge; nothing where one is unknown."""
    if len(stages.names) < len(_WORDS) or staged is None:
        return lambda _segment: {}
    deals = respelled(staged.deals.filter(nw.col("counted")), "segment", spell)
    won = nw.when(nw.col("status") == Status.WON.value).then(nw.col("closed_day"))
    wide = deals.select(RECORD, "segment", created=nw.col("created_day"), won=won)
    for one, stage in stages.names.items():
        wide = wide.join(_first_days(staged.dates, stage, one), left_on=RECORD, right_on="opportunity", how="left")
    columns = ["created", *stages.names, "won"]

    def rates(segment: str) -> Mapping[str, float]:
        mine = wide.filter(nw.col("segment") == segment).select(*columns)
        steps = stage_steps(mine, columns, columns, as_of, confidence=confidence)
        found = {heading: step.rate for heading, step in zip(_OF_DEALS, steps, strict=True)}
        return {heading: rate[1] for heading, rate in found.items() if isinstance(rate, tuple)}

    return rates


def _first_days(dates: Frame, stage: str, name: str) -> Frame:
    """By deal the first day on which it entered a stage."""
    mine = dates.filter((nw.col("stage") == stage) & ~nw.col("entered_day").is_null())
    return mine.group_by("opportunity").agg(nw.col("entered_day").min().alias(name))


def _told(one: str, stages: list[str]) -> str:
    if len(stages) == 1:
        return f'{one} is the stage "{stages[0]}".'
    word = _WORDS[one]
    found = f"these have it: {', '.join(stages)}" if stages else "none has it"
    return f'{one} is the one stage with "{word}" in its name; {found}. The rates from opportunity to deal are blank.'
