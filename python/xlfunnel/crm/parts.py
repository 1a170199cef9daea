"""The records of one file while they are being cleaned, and what opportunities and leads have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xlfunnel.crm.cells import Cells, no_cells, yes_no
from xlfunnel.crm.dates import FIRST, NONE, DateReader, Moments
from xlfunnel.crm.profiles import header_key, header_text
from xlfunnel.crm.raw import read_records
from xlfunnel.crm.tables import Rule
from xlfunnel.crm.verdicts import Verdicts
from xlfunnel.crm.vocabulary import plain, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlfunnel.crm.dates import Days, Order
    from xlfunnel.crm.recognise import Match
    from xlfunnel.crm.tables import StageSeen
    from xlfunnel.crm.text_array import Mask
    from xlfunnel.definitions import Definitions


@dataclass(frozen=True)
class Noted:
    """Records of which a careful reader should know."""

    records: Mask
    what: str


@dataclass
class Part:
    """One file's records: columns of text by field, and the verdicts on them."""

    file: str
    number: int  # index into Exports.files
    match: Match
    cells: dict[str, Cells]
    stage_cells: list[Cells]
    verdicts: Verdicts
    skipped: int
    dates: DateReader
    notes: list[str | Noted] = field(default_factory=list)
    stages: tuple[StageSeen, ...] = ()
    orders: dict[Order, list[str]] = field(default_factory=dict)
    """The columns of dates in which the order of day and month mattered, by the order that was taken."""
    numbered: bool = True
    """Whether a row number tells a person where to look, as in a file."""

    def __len__(self) -> int:
        """Records that fit the header."""
        return len(self.verdicts.rows)

    def has(self, name: str) -> bool:
        """Whether the file has a column for a field."""
        return name in self.match.fields

    def column(self, name: str) -> Cells:
        """A field's column; all blank when the file has none."""
        return self.cells[name] if name in self.cells else no_cells(len(self))

    def note(self, mask: Mask, what: str) -> None:
        """Say in the account how many of the used records are what, unless there are none."""
        self.notes.append(Noted(mask, what))

    def note_aside(self, mask: Mask, what: str) -> None:
        """Say how many of the records are what that were used up to now, and are about to be set aside."""
        if count := int((mask & self.verdicts.used).sum()):
            self.notes.append(f"{what}: {count:,}")

    def told(self) -> Iterator[str]:
        """The notes; records are counted now, when all rules have judged them."""
        for note in self.notes:
            if isinstance(note, str):
                yield note
            elif count := int((note.records & self.verdicts.used).sum()):
                yield f"{note.what}: {count:,}"

    def moments(self, name: str) -> Moments:
        """Read a field's dates, and set aside the records whose date cannot be read."""
        if not self.has(name):
            nothing = np.full(len(self), NONE, dtype=np.int32)
            return Moments(nothing, nothing, np.zeros(len(self), np.bool_))
        return self.read_dates(self.column(name), self.match.header(name))

    def told_dates(self, cells: Cells, header: str) -> Moments:
        """Read a column of dates, and keep for the account in which order."""
        moments = self.dates.read(cells, header, self.verdicts.rows)
        if moments.order is not None:
            self.orders.setdefault(moments.order, []).append(header)
        if moments.note:
            self.notes.append(moments.note)
        return moments

    def read_dates(self, cells: Cells, header: str) -> Moments:
        """The same, and set aside the records whose date cannot be read."""
        moments = self.told_dates(cells, header)
        self.verdicts.judge(moments.unreadable, Rule.UNREADABLE_DATE, header, cells)
        return moments


def read_part(file: str, number: int, match: Match, definitions: Definitions) -> Part:
    """Load the columns that a file's fields need."""
    stage_places = [stage.position for stage in match.stage_dates]
    names = match.fields | _test_columns(match, definitions)
    records = read_records(match.grid, sorted({*names.values(), *stage_places}))
    cells = {name: records.cells[place] for name, place in names.items()}
    verdicts = Verdicts(file, records.rows, records.malformed, len(match.grid.names))
    dates = DateReader(file, definitions.dates, definitions.timezone)
    stage_cells = [records.cells[place] for place in stage_places]
    return Part(file, number, match, cells, stage_cells, verdicts, records.skipped, dates)


def _test_columns(match: Match, definitions: Definitions) -> dict[str, int]:
    """The columns that the definitions' test rules name by header and no field holds already."""
    places = {header_key(name): place for place, name in enumerate(match.grid.names) if header_text(name)}
    return {
        name: places[header_key(name)]
        for name in definitions.tests
        if name not in match.fields and header_key(name) in places
    }


def judge_deleted_and_tests(part: Part, definitions: Definitions) -> None:
    """Set aside what the CRM calls deleted, what it calls a test, and what the definitions call one."""
    for name, rule in (("deleted", Rule.DELETED), ("test", Rule.TEST)):
        if part.has(name):
            yes, _ = yes_no(part.column(name))
            part.verdicts.judge(yes, rule, part.match.header(name), part.column(name))
    if part.has("status"):
        words = vocabulary().deleted
        gone = part.column("status").where(lambda text: plain(text) in words)
        part.verdicts.judge(gone, Rule.DELETED, part.match.header("status"), part.column("status"))
    for name, named in definitions.tests.items():
        if name in part.cells:
            cells = part.cells[name]
            column = part.match.header(name) if part.has(name) else name
            held = cells.where(frozenset(named).__contains__)
            part.verdicts.judge(held, Rule.TEST, column, cells, "the definitions call it a test")


def day_column(days: Days, used: Mask) -> pa.Array[Any]:
    """Day numbers (or seconds) of the used records as Arrow, null where there is none."""
    kept = days[used]
    return pa.array(kept, pa.int32(), mask=kept == NONE)


def note_order(part: Part) -> None:
    """Say in which order of day and month dates were read."""
    for order, headers in part.orders.items():
        part.notes.append(f"Read with the {FIRST[order]} first: {', '.join(headers)}")


def note_reading(part: Part) -> None:
    """Say in which order dates were read, and where records cannot be told apart by an id."""
    note_order(part)
    if part.has("id"):
        part.note(part.column("id").blank, "Without an id, and so not compared with others")
    else:
        part.notes.append("There is no id column: every row is taken as a record of its own")
