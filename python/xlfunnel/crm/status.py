"""How each deal stands: by the CRM's own flags, else by a status word, else by the name of its stage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.cells import Cells, yes_no
from xlfunnel.crm.stages import StageBook, word_status
from xlfunnel.crm.tables import Rule
from xlfunnel.crm.text_array import text_array
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    from xlfunnel.crm.parts import Part
    from xlfunnel.crm.text_array import Mask

    StatusCodes = npt.NDArray[np.int8]

NOTHING_SAID = "the stage is blank, and nothing else says how the deal stands"
AGAINST_STAGE = "The stage names one outcome and the CRM's own columns another, which counts"
SHOWN = 12
"""How many unknown stages a note lists before it says how many more there are."""

STATUSES = (Status.OPEN, Status.WON, Status.LOST, Status.NO_DECISION)
OPEN, WON, LOST, NO_DECISION = range(4)
UNKNOWN = -1
"""Codes of a status while records are cleaned: places in `STATUSES`. Those above `OPEN` end a deal."""


def judged_status(part: Part, book: StageBook) -> StatusCodes:
    """The status of each record; those whose status nothing tells are set aside."""
    named = _codes(part.column("stage"), book.status)
    word, outcome = _word_status(part, book)
    status = _flag_status(part, named)
    word = np.where((word == LOST) & (named == NO_DECISION), NO_DECISION, word)
    for found in (np.where(outcome, word, UNKNOWN), named, word):
        status = np.where(status == UNKNOWN, found, status)
    _judge_unknown(part, status == UNKNOWN)
    return status.astype(np.int8)


def against_stage(part: Part, book: StageBook, status: StatusCodes) -> Mask:
    """The records whose stage names an outcome, while the CRM's own columns say another, which counts."""
    named = _codes(part.column("stage"), book.status)
    against: Mask = ((named == WON) & (status != WON)) | ((named > WON) & (status <= WON))
    return against


def without_pipeline(part: Part) -> Cells:
    """The stage column, where `Discovery (Sales Pipeline)` is the stage Discovery when there is such a pipeline."""
    pipelines = {*part.column("pipeline").texts, *(stage.pipeline for stage in part.match.stage_dates)}
    cells = part.column("stage")
    return cells.renamed(text_array(bare_stages(cells.texts, pipelines)))


def bare_stages(stages: Iterable[str], pipelines: Iterable[str]) -> Iterator[str]:
    """The same for names.

    >>> list(bare_stages(["Discovery (Sales Pipeline)", "On hold (legal)"], ["Sales pipeline"]))
    ['Discovery', 'On hold (legal)']
    """
    known = {pipeline.casefold() for pipeline in pipelines}
    for text in stages:
        stage, _, pipeline = text.removesuffix(")").rpartition(" (")
        yield stage.strip() if text.endswith(")") and stage and pipeline.casefold() in known else text


def _judge_unknown(part: Part, unknown: Mask) -> None:
    """Set aside the records of which nothing tells how they stand, and list the words for a person to name."""
    for name in ("stage", "status"):
        if not part.has(name):
            continue
        cells = part.column(name)
        rows = unknown & part.verdicts.used & ~cells.blank
        part.notes.extend(_words_to_name(cells.take(np.flatnonzero(rows))))
        part.verdicts.judge(rows, Rule.UNKNOWN_STAGE, part.match.header(name), cells, partial(_how_to_name, cells))
    first = next(name for name in ("stage", "status", "won") if part.has(name))
    part.verdicts.judge(unknown, Rule.UNKNOWN_STAGE, part.match.header(first), part.column(first), NOTHING_SAID)


def _words_to_name(cells: Cells) -> list[str]:
    """A sentence on the words that a column holds, the most frequent first; none when it holds none."""
    counts = cells.counts()
    often = [place for place in np.argsort(-counts, kind="stable").tolist() if counts[place]]
    if not often:
        return []
    shown = ", ".join(f'"{cells.values[place]}" ({counts[place]:,})' for place in often[:SHOWN])
    more = f" and {len(often) - SHOWN} more" if len(often) > SHOWN else ""
    return [f"Say on the sheet Mapping, or under [stages], what these mean: {shown}{more}"]


def _how_to_name(cells: Cells, place: int) -> str:
    stage = cells.text(place)
    return f'say what it means in the definitions under [stages]: "{stage}" = "open", "won", "lost" or "no decision"'


def _codes(cells: Cells, status: Callable[[str], Status | None]) -> StatusCodes:
    found = [status(text) for text in cells.texts]
    codes = np.array([UNKNOWN if one is None else STATUSES.index(one) for one in found], dtype=np.int8)
    return cells.per_row(codes, blank=UNKNOWN)


def _flag_status(part: Part, named: StatusCodes) -> StatusCodes:
    """What the CRM's own yes-or-no columns say; of the lost deals, those with such a stage ended without decision."""
    won, not_won = yes_no(part.column("won"))
    lost, not_lost = yes_no(part.column("lost"))
    closed, not_closed = yes_no(part.column("closed_flag"))
    ended = np.where(named == NO_DECISION, NO_DECISION, LOST)
    status = np.where(not_closed | (not_won & not_lost & ~closed), OPEN, UNKNOWN)
    status = np.where(lost | (closed & not_won), ended, status)
    if _won_tells_all(part, not_won):
        unclosed = part.column("closed").blank
        part.note(not_won & ~unclosed, "Not won and with a close date, and so taken as lost")
        told = not_won | (unclosed & (named == UNKNOWN))
        status = np.where(told, np.where(unclosed, OPEN, ended), status)
    return np.where(won, WON, status).astype(np.int8)


def _won_tells_all(part: Part, not_won: Mask) -> bool:
    """Whether a no in the column for won means lost: there is no other flag, and it speaks of closed deals only.

    So it does where it is blank for every record without a close date and for no other, whatever the stage says,
    and where the file has neither stages nor a status.
    """
    if not (part.has("won") and part.has("closed")) or part.has("lost") or part.has("closed_flag"):
        return False
    if not (part.has("stage") or part.has("status")):
        return True
    unsaid, unclosed = part.column("won").blank, part.column("closed").blank
    return bool(unsaid.any()) and not bool((unsaid & ~unclosed).any() or (not_won & unclosed).any())


def _word_status(part: Part, book: StageBook) -> tuple[StatusCodes, Mask]:
    """What a status column says, and whether it is the deal's outcome: all its words are known, one ends a deal."""
    cells = part.column("status")
    word = _codes(cells, lambda text: book.named(text) or word_status(text))
    known = word[part.verdicts.used & ~cells.blank]
    outcome = bool(len(known)) and bool((known != UNKNOWN).all()) and bool((known > OPEN).any())
    return word, (word != UNKNOWN) & outcome
