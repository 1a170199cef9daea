"""A file as text: header, columns, row numbers as a spreadsheet shows them, and the lines that hold no record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from xlfunnel.crm.profiles import header_text
from xlfunnel.crm.text_array import at, matches, one_of, started_by
from xlfunnel.crm.vocabulary import footer_pattern, vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.text_array import Integers, Mask

HEADER_SEARCH = 40
"""The header is looked for in so many rows from the top."""

SAMPLE_ROWS = 40
"""So many rows below the header give examples of its columns."""

SEPARATORS = frozenset(',;\t|"')
NUMBER_SIGNS = frozenset("0123456789.,+-()% \u00a0\u202f'€$£¥")
CURRENCY = re.compile(r"\b[A-Z]{3}\b")


GROUP = r"(?i)\(\d[\d., ]* (?:records?|enregistrements?|datensatz|datensätze|registros?)\)$"
"""The end of a heading above some records of a report: `Owner: Kim (12 records)`."""


@dataclass(frozen=True)
class Malformed:
    """A line with more or fewer values than the header."""

    row: int
    values: int
    first: str
    text: str


@dataclass(frozen=True)
class Loaded:
    """Columns as they stand in the file, with everything that stands below the header."""

    cells: dict[int, Cells]  # by position of the column, from 0
    rows: Integers  # the row number of each row of cells
    malformed: tuple[Malformed, ...] = ()


@dataclass(frozen=True)
class Records:
    """Columns of records only; the blank lines, footers and repeated headers are counted."""

    cells: dict[int, Cells]
    rows: Integers
    malformed: tuple[Malformed, ...]
    skipped: int


class Grid(Protocol):
    """A row of a file that may be its header, and a way to load the columns below it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The texts of that row."""

    @property
    def row(self) -> int:
        """Its row number; the first line of the file is 1."""

    @property
    def sheet(self) -> str:
        """The sheet of a workbook that it stands in; blank where there are none."""

    @property
    def typed(self) -> bool:
        """Whether numbers come as numbers, so that a point always starts their decimals."""

    def load(self, positions: Sequence[int]) -> Loaded:
        """Read these columns of everything below it."""

    def samples(self) -> Sequence[Sequence[str]]:
        """The first rows below it, as texts: enough to show examples."""


def read_records(grid: Grid, positions: Sequence[int]) -> Records:
    """Read these columns, without the lines that hold no record."""
    first = next((place for place, name in enumerate(grid.names) if header_text(name)), 0)
    wanted = sorted({*positions, first})
    loaded = grid.load(wanted)
    filled = _filled(loaded)
    blank = _blank_lines(grid, wanted, filled)
    junk = blank | _footers(loaded, first, filled) | _repeated_headers(grid, loaded)
    malformed = tuple(line for line in loaded.malformed if not _closes(line))
    junk_lines = len(loaded.malformed) - len(malformed)
    tail = _tail(loaded, malformed, first, filled, junk)
    if tail is not None:
        junk |= (loaded.rows >= tail) & (filled <= 1)
        kept = tuple(line for line in malformed if line.row < tail)
        junk_lines += len(malformed) - len(kept)
        malformed = kept
    keep = _run(np.flatnonzero(~junk))
    cells = {place: column.take(keep) for place, column in loaded.cells.items()}
    skipped = int(junk.sum()) + junk_lines + max(grid.row - 1, 0)  # a table of a source has no header row
    return Records(cells, loaded.rows[keep], malformed, skipped)


def _run(places: Integers) -> Integers | slice:
    """Places in order as a slice where none is left out between them: nothing is copied then."""
    if len(places) and places[-1] - places[0] == len(places) - 1:
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def _filled(loaded: Loaded) -> Integers:
    filled = np.zeros(len(loaded.rows), dtype=np.int64)
    for column in loaded.cells.values():
        filled += ~column.blank
    return filled


def _blank_lines(grid: Grid, wanted: Sequence[int], filled: Integers) -> Mask:
    """Blank in every column that was read; between records also in every other column."""
    blank: Mask = filled == 0
    used = np.flatnonzero(~blank)
    between = bool(blank[: used[-1]].any()) if len(used) else False
    others = [place for place in range(len(grid.names)) if place not in wanted]
    if between and others:
        blank &= _filled(grid.load(others)) == 0
    return blank


def _footers(loaded: Loaded, first: int, filled: Integers) -> Mask:
    """Rows such as `Total`, or `Grand Totals (57 records)` with nothing but sums beside it; headings of groups."""
    column = loaded.cells[first]
    found = column.per_row(_footer_values(column), blank=False)
    alone = np.flatnonzero((filled == 1) & ~column.blank)
    found[alone] |= matches(at(column.values, column.codes[alone]), GROUP)
    for index in np.flatnonzero(found & (filled > 1)).tolist():
        beside = (cells.text(index) for place, cells in loaded.cells.items() if place != first)
        found[index] = all(_is_sum(text) for text in beside)
    return found


def _is_sum(text: str) -> bool:
    """Whether a cell beside a total holds a number, or the word that says which one: `Count`, `Sum of Amount`."""
    words = vocabulary().sums
    plain = header_text(text).casefold()
    return set(CURRENCY.sub("", text)) <= NUMBER_SIGNS or any(f"{plain} ".startswith(f"{word} ") for word in words)


def _repeated_headers(grid: Grid, loaded: Loaded) -> Mask:
    """Rows that repeat the header, as in files that were put together."""
    repeated = np.ones(len(loaded.rows), dtype=np.bool_)
    for place, column in sorted(loaded.cells.items(), key=lambda one: len(one[1].values)):
        name = header_text(grid.names[place])
        repeated &= column.per_row(one_of(column.values, [name]), blank=False) if name else column.blank
        if not repeated.any():  # as a column with few values tells soon
            break
    return repeated


def _tail(
    loaded: Loaded,
    malformed: tuple[Malformed, ...],
    first: int,
    filled: Integers,
    junk: Mask,
) -> int | None:
    """The row from which only a report's closing lines follow, one cell each; None when there are none.

    A lone short line at the end could be a record that was cut off: it counts as a closing line only
    when a blank line or a known footer stands above or among the lines.
    """
    alone = (filled == 1) & ~loaded.cells[first].blank
    records = loaded.rows[~junk & ~alone]
    last = int(records[-1]) if len(records) else 0
    last = max([last, *(line.row for line in malformed if line.values > 1)])
    lone = [int(row) for row in loaded.rows[~junk & alone & (loaded.rows > last)]]
    lone += [line.row for line in malformed if line.row > last]
    if not lone:
        return None
    known = [int(row) for row in loaded.rows[junk & (loaded.rows > last)]]
    known += [line.row for line in loaded.malformed if line.row > last and _closes(line)]
    return last + 1 if known else None


def _footer_values(column: Cells) -> Mask:
    """Which distinct values of a column are footers; Arrow finds the few that can be."""
    words = vocabulary().footers
    places = started_by(column.values, {word[0] for word in words})
    found = np.zeros(len(column.values), np.bool_)
    found[places] = matches(at(column.values, places), footer_pattern(words))
    for place in np.flatnonzero(found).tolist():
        found[place] = _is_footer(str(column.values[place]))
    return found


def _closes(line: Malformed) -> bool:
    """Whether a line that does not fit is a footer, alone or with nothing but sums beside it."""
    beside = CURRENCY.sub("", line.text.replace(line.first, "", 1))
    return _is_footer(line.first) and set(beside) <= NUMBER_SIGNS | SEPARATORS


def _is_footer(text: str) -> bool:
    plain = header_text(text).casefold()
    return any(
        plain == footer or (plain.startswith(footer) and not plain[len(footer)].isalnum())
        for footer in vocabulary().footers
    )
