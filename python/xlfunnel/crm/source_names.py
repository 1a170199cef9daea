"""One name for each source: case, spaces and punctuation make no difference, near-matches are suggested."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import TYPE_CHECKING

from xlfunnel.crm.text_array import text_array

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xlfunnel.crm.cells import Cells

NEAR = 0.85
SHORTEST = 5
MOST_NAMES = 200
MOST_SUGGESTIONS = 10


@dataclass(frozen=True)
class SourceNames:
    """The name that is shown for each way to write a source."""

    shown: dict[str, str]  # by `source_key`
    counts: dict[str, int]  # records, by the name shown

    def rename(self, cells: Cells) -> Cells:
        """The column with one name for each source."""
        return cells.renamed(text_array(self.shown.get(source_key(text), text) for text in cells.texts))

    def merged(self, cells: Cells) -> list[str]:
        """Sentences on the spellings in a column that were taken as another name."""
        taken = ((text, self.shown.get(source_key(text), text)) for text in cells.texts)
        counts = cells.counts().tolist()
        return [
            f'The source "{text}" ({count:,}) is taken as "{name}"'
            for (text, name), count in zip(taken, counts, strict=True)
            if text != name and count
        ][:MOST_SUGGESTIONS]

    def suggestions(self) -> list[str]:
        """Sentences on names that may be one source, for a person to decide."""
        names = sorted(self.counts, key=lambda name: (-self.counts[name], name))
        if len(names) > MOST_NAMES:
            return []
        pairs = ((one, two) for one, two in combinations(names, 2) if _near(one, two))
        return [
            f'The sources "{two}" ({self.counts[two]:,}) and "{one}" ({self.counts[one]:,}) are nearly the same; if '
            f'they are one, say so in the definitions under [sources]: "{two}" = "{one}"'
            for one, two in pairs
        ][:MOST_SUGGESTIONS]


def source_key(name: str) -> str:
    """What decides whether two names are one source.

    >>> source_key("Online Store") == source_key("online-store") == source_key("OnlineStore")
    True
    """
    return "".join(c for c in name.casefold() if c.isalnum()) or name.casefold()


def source_names(columns: Iterable[Cells], renamed: Mapping[str, str]) -> SourceNames:
    """Choose the name for each source: the agreed one, else the most frequent spelling, else the first seen."""
    spellings: dict[str, Counter[str]] = {}
    agreed = {source_key(old): new for old, new in renamed.items()}
    for cells in columns:
        for text, count in zip(cells.texts, cells.counts().tolist(), strict=True):
            name = agreed.get(source_key(text), text)
            spellings.setdefault(source_key(name), Counter())[name] += count
    chosen = {key: names.most_common(1)[0][0] for key, names in spellings.items()}
    chosen |= {source_key(new): new for new in renamed.values()}
    counts = {chosen[key]: names.total() for key, names in spellings.items()}
    shown = chosen | {old: chosen[source_key(new)] for old, new in agreed.items()}
    return SourceNames(shown, counts)


def _near(one: str, two: str) -> bool:
    first, second = source_key(one), source_key(two)
    if min(len(first), len(second)) < SHORTEST:
        return False
    if "".join(c for c in first if not c.isdigit()) == "".join(c for c in second if not c.isdigit()):
        return False  # "Fair 2024" and "Fair 2025" are two
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= NEAR
