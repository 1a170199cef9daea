"""The words that exports use for blank, yes, no, won, lost and the like; they stand in `vocabulary.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence

Words = frozenset[str]


class StageWords(BaseModel):
    """How the name of a stage tells its status."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    won: Words
    lost: Words
    no_decision: Words
    open: Words
    won_words: Words
    lost_words: Words
    open_starts: tuple[str, ...]
    negations: Words
    not_open_words: Words


class LeadWords(BaseModel):
    """How the status of a lead tells that it was disqualified or given back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    disqualified: Words
    recycled: Words


class TouchWords(BaseModel):
    """Who did an activity, whether it took place, and whether anybody took part in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    marketing: Words
    sales: Words
    undone: Words
    not_meaningful: Words


class Vocabulary(BaseModel):
    """All word lists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    blanks: Words
    yes: Words
    no: Words
    deleted: Words
    footers: tuple[str, ...]
    subtotals: tuple[str, ...]
    sums: tuple[str, ...]
    stage_fields: Words
    created_events: Words
    stages: StageWords
    leads: LeadWords
    touches: TouchWords


@cache
def vocabulary() -> Vocabulary:
    """The word lists that the program ships with."""
    text = (resources.files("xlfunnel.crm") / "vocabulary.toml").read_text(encoding="utf-8")
    return Vocabulary.model_validate(tomllib.loads(text))


def footer_pattern(words: Sequence[str]) -> str:
    """A pattern that fits texts which begin with one of these words.

    >>> footer_pattern(("total", "sous-total"))
    '(?i)^(?:total|sous\\\\-total)'
    """
    return f"(?i)^(?:{'|'.join(re.escape(word) for word in words)})"


def plain(text: str) -> str:
    """Words only: lower case, with every run of punctuation or spaces as one space, and no leading number.

    >>> plain("4. Closed/Won")
    'closed won'
    """
    cleared = "".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFKC", text).casefold())
    words = cleared.split()
    while len(words) > 1 and words[0].isdigit():
        words = words[1:]
    return " ".join(words)
