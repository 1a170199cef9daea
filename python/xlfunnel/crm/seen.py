"""What a file holds and what it was taken for, for a person to look at and to correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.profiles import header_key, header_text
from xlfunnel.crm.status import STATUSES
from xlfunnel.crm.tables import ColumnSeen, StageSeen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.crm.parts import Part
    from xlfunnel.crm.raw import Grid
    from xlfunnel.crm.recognise import Match
    from xlfunnel.crm.stages import StageBook
    from xlfunnel.crm.status import StatusCodes

GIVEN = "given"
PLAIN = "plain name"
SHOWN_CHARACTERS = 40
MOST_STAGES = 500
"""A column with more words than this is none of stages, and nobody reads so many."""


def examples(grid: Grid) -> tuple[str, ...]:
    """For each column the first text below the header that is not blank, shortened."""
    rows = grid.samples()
    return tuple(_first(rows, place) for place in range(len(grid.names)))


def columns_seen(match: Match) -> tuple[ColumnSeen, ...]:
    """Every column of a file: its header, an example, and the field that it was taken for, if any."""
    fields = {place: field for field, place in match.fields.items()}
    fields |= {stage.position: f"entered {stage.name}" for stage in match.stage_dates}
    texts = examples(match.grid)
    return tuple(
        ColumnSeen(header_text(name), texts[place], field, _how(match, field, name) if field else "")
        for place, name in enumerate(match.grid.names)
        if header_text(name)
        for field in [fields.get(place, "")]
    )


def stages_seen(part: Part, book: StageBook, status: StatusCodes) -> tuple[StageSeen, ...]:
    """Every word of the stage column (of the status column where there is none), and how its records stand."""
    name = next((name for name in ("stage", "status") if part.has(name)), "")
    cells = part.column(name) if name else None
    if cells is None or len(cells.values) > MOST_STAGES:
        return ()
    kinds = len(STATUSES) + 1  # one more for what nothing tells
    filled = ~cells.blank
    places = cells.codes[filled].astype(np.int64) * kinds + status[filled] + 1
    counts = np.bincount(places, minlength=len(cells.values) * kinds).reshape(len(cells.values), kinds)
    return tuple(
        stage_seen(text, row, book) for text, row in zip(cells.texts, counts.tolist(), strict=True) if sum(row)
    )


def stage_seen(text: str, counts: Sequence[int], book: StageBook) -> StageSeen:
    """A word with how its records stand: how many nothing tells of, then those of each of `STATUSES`."""
    stands = {status.value: count for status, count in zip(STATUSES, counts[1:], strict=True) if count}
    told = book.status(text)
    if counts[0]:
        how = ""
    elif told is not None and set(stands) == {told.value}:
        how = GIVEN if book.named(text) else "its name"
    else:
        how = "other columns"
    return StageSeen(text, sum(counts), ", ".join(stands) if not counts[0] else "", how)


def _how(match: Match, field: str, header: str) -> str:
    if field in match.given:
        return GIVEN
    own = {header_key(known) for known in match.profile.headers(match.kind).get(field, ())}
    is_own = header_key(header) in own or field.startswith("entered ")
    return match.profile.name if is_own and match.profile.marks else PLAIN


def _first(rows: Sequence[Sequence[str]], place: int) -> str:
    texts = (" ".join(row[place].split()) for row in rows if place < len(row))
    text = next((text for text in texts if text), "")
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
