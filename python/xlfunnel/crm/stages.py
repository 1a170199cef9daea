"""The status that a stage's name tells: by the agreed definitions, by the CRM's own names, by known words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from xlfunnel.crm.vocabulary import StageWords, plain, vocabulary
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.crm.profiles import StandardStages


@dataclass(frozen=True)
class StageBook:
    """What each stage means; the probability of a deal says nothing about it."""

    agreed: dict[str, Status]
    standard: dict[str, Status]

    def status(self, stage: str) -> Status | None:
        """The status that a stage's name tells, or None when nothing is known of it.

        >>> book = StageBook({}, {})
        >>> [book.status(name) for name in ("4 - Closed Won", "Closed - Lost to competitor", "Contracting")]
        [<Status.WON: 'won'>, <Status.LOST: 'lost'>, <Status.OPEN: 'open'>]
        >>> book.status("Zombie") is None
        True
        """
        for key in (_exact(stage), plain(stage)):
            found = self.agreed.get(key) or self.standard.get(key)
            if found is not None:
                return found
        return word_status(stage)

    def named(self, stage: str) -> Status | None:
        """The status that the definitions or the mapping file give this stage."""
        return self.agreed.get(_exact(stage)) or self.agreed.get(plain(stage))


def stage_book(agreed: Mapping[str, Status], mapped: Mapping[str, Status], standard: StandardStages) -> StageBook:
    """Put together what the definitions say, what the mapping file says and what the CRM ships with."""
    given = {**mapped, **agreed}
    names = {plain(name): status for name, status in given.items() if plain(name)}
    names |= {_exact(name): status for name, status in given.items()}
    shipped = {
        Status.OPEN: standard.open,
        Status.WON: standard.won,
        Status.LOST: standard.lost,
        Status.NO_DECISION: standard.no_decision,
    }
    return StageBook(names, {plain(name): status for status, group in shipped.items() for name in group})


def word_status(text: str) -> Status | None:
    """The status that the words of a name tell; None when they tell none or two."""
    words, name = vocabulary().stages, plain(text)
    whole = {
        Status.WON: words.won,
        Status.LOST: words.lost,
        Status.NO_DECISION: words.no_decision,
        Status.OPEN: words.open,
    }
    for status, names in whole.items():
        if name in names or name.replace(" ", "") in {other.replace(" ", "") for other in names}:
            return status
    if "no decision" in name:
        return Status.NO_DECISION
    return _word_by_word(name, words)


def _word_by_word(name: str, words: StageWords) -> Status | None:
    listed = name.split()
    parts = set(listed)
    won, lost = bool(parts & words.won_words), bool(parts & words.lost_words)
    if won and lost:
        return None
    if won or lost:
        denied = any(
            one in words.negations and other in words.won_words | words.lost_words for one, other in pairwise(listed)
        )
        doubtful = denied or (won and "not" in parts)  # "Lost - not interested" is lost, "Won, not signed" is not won
        return None if doubtful else Status.WON if won else Status.LOST
    if parts & words.not_open_words:
        return None
    starts = any(f" {start}" in f" {name}" for start in words.open_starts)
    return Status.OPEN if starts else None


def _exact(name: str) -> str:
    return " ".join(name.casefold().split())
