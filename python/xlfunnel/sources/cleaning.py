"""One table of a source while its records are judged where they lie; the first rule that holds counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np

from xlfunnel.crm.cells import yes_no
from xlfunnel.crm.dates import FIRST, DateReader, day_number
from xlfunnel.crm.leads import MILESTONES
from xlfunnel.crm.parts import Part
from xlfunnel.crm.raw import SAMPLE_ROWS
from xlfunnel.crm.seen import columns_seen
from xlfunnel.crm.tables import FileAccount, Kind, Rule, SetAside
from xlfunnel.crm.verdicts import Verdicts
from xlfunnel.crm.vocabulary import plain, vocabulary
from xlfunnel.segments.frames import one_if, rows_of
from xlfunnel.sources.brought import needed_columns, whence
from xlfunnel.sources.cells import cells_of
from xlfunnel.sources.collations import merging_columns
from xlfunnel.sources.errors import TextsMerged, TooManyWords, WrongType
from xlfunnel.sources.lookups import looked_up
from xlfunnel.sources.typed import NO_NUMBER, Columns, clock, read_names, since_1970, whole_text, with_each, with_read
from xlfunnel.sources.words import MOST, Words
from xlfunnel.sources.written import read_written_amounts, read_written_dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.dates import Order
    from xlfunnel.crm.tables import StageSeen
    from xlfunnel.definitions import Definitions
    from xlfunnel.segments.frames import Frame
    from xlfunnel.sources.brought import SourceTable
    from xlfunnel.sources.opened import OpenSource

EXAMPLES: Final = 1_000
"""Records set aside that come into the workbook, of each table; the account counts all of them."""
SHOWN: Final = 120
NEVER: Final = -(1 << 62)
NUMBERED: Final = "\N{WORD JOINER}"
"""Stands before the number of a record without an id: no id holds it, since it is taken out of every text."""
_UNDOUBTED: Final = frozenset({Rule.DUPLICATE, Rule.DELETED, Rule.TEST})
"""What sets a record aside without making it unfit to stand for its id."""
_BOTH: Final = ("status", "source", "channel", "segment", "country", "deleted", "test")
WORDS: Final = {
    Kind.OPPORTUNITIES: (*_BOTH, "stage", "won", "lost", "closed_flag", "pipeline", "currency", "touched"),
    Kind.LEADS: (*_BOTH, "converted", "disqualified", "recycled"),
    Kind.HISTORY: ("field", "from_stage", "to_stage"),
    Kind.TOUCHES: ("deleted", "kind", "subject", "campaign", "source", "by", "done"),
}
"""Fields that are asked for their words, whatever type their columns have."""
DATES: Final = {
    Kind.OPPORTUNITIES: ("created", "closed", "closed_won", "closed_lost", "expected", "stage_entered", "modified"),
    Kind.LEADS: (*MILESTONES, "modified"),
    Kind.HISTORY: ("changed",),
    Kind.TOUCHES: ("when", "planned", "modified"),
}
AMOUNTS: Final = ("amount", "won_amount", "employees", "revenue")


@dataclass(frozen=True)
class Moment:
    """A column of dates: its day and its second of the day, null where it says none."""

    day: nw.Expr
    second: nw.Expr
    timed: bool
    """Whether any of them says more than the day."""


@dataclass(frozen=True)
class Judgement:
    """A rule, the column that it looks at, and what it says of a record."""

    rule: Rule
    column: str
    shown: str
    """The column of the frame whose value is shown; blank where there is none."""
    detail: str = ""


@dataclass
class Cleaning:
    """The records of one table, in a frame that gains columns as they are judged."""

    source: OpenSource
    kind: Kind
    number: int
    table: SourceTable
    definitions: Definitions
    as_of: date
    base: Frame
    """The columns as they lie there, under our names; what is asked of a column alone is asked here."""
    kinds: dict[str, nw.dtypes.DType]
    frame: Frame
    judged: list[Judgement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: dict[str, nw.Expr] = field(default_factory=dict)
    """Sentences, each with the used records that it counts."""
    stages: tuple[StageSeen, ...] = ()
    orders: dict[Order, list[str]] = field(default_factory=dict)
    """The columns of dates in which the order of day and month mattered, by the order that was taken."""
    _words: dict[str, Words] = field(default_factory=dict)
    _checked: Frame | None = None
    """What the engine keeps of the frame until the next checkpoint."""

    @classmethod
    def begun(
        cls, source: OpenSource, kind: Kind, number: int, table: SourceTable, definitions: Definitions, as_of: date
    ) -> Cleaning:
        """The columns that are needed, under our names; nothing is read yet."""
        names = table.match.grid.names
        fields = needed_columns(table.match, definitions)
        columns = {f"f_{name}": names[place] for name, place in fields.items()}
        stages = {f"s_{at}": names[one.position] for at, one in enumerate(table.match.stage_dates)}
        base, kinds = _read_once(source, kind, {**columns, **stages}, definitions)
        table = _showing(table, base)
        found = cls(source, kind, number, table, definitions, as_of, base, kinds, base)
        found.notes.append(whence(source))
        return found

    @property
    def today(self) -> int:
        """The as-of date as a day number."""
        return day_number(self.as_of)

    def has(self, name: str) -> bool:
        """Whether the table has a column for a field."""
        return name in self.table.match.fields

    def header(self, name: str) -> str:
        """The column of a field."""
        return self.table.match.header(name)

    def add(self, **columns: nw.Expr) -> None:
        """Further columns of each record."""
        self.frame = with_each(self.frame, columns)

    def text(self, name: str) -> nw.Expr:
        """A field as a tidy text; null where the table does not have it."""
        return nw.col(f"t_f_{name}") if self.has(name) else nw.lit(None, dtype=nw.String)

    def note(self, mask: nw.Expr, what: str) -> None:
        """Say how many of the records that are used so far are what, unless there are none."""
        self.note_rows(what, self.frame.filter(mask & self.used))

    def note_rows(self, what: str, rows: Frame) -> None:
        """Say how many rows there are of something, unless there are none."""
        (row,) = rows_of(rows.select(rows=nw.len()))
        if row["rows"]:
            self.notes.append(f"{what}: {int(row['rows']):,}")

    def drop(self, *columns: str) -> None:
        """Without these columns."""
        self.frame = self.frame.drop(*columns)

    def look_up(self, column: str, kind: type, **found: Mapping[str, Any]) -> None:
        """Further columns, by what is found for each text of a column; as `looked_up`."""
        self.frame = looked_up(self.frame, column, kind, **found)

    def checkpoint(self) -> None:
        """Let the engine compute what was judged so far, so that what is asked next need not repeat it."""
        self.frame = self._computed(self.frame)
        self._checked = self.frame

    def _computed(self, frame: Frame) -> Frame:
        """The frame, kept by the engine in the place of what was kept of it before."""
        kept = self.source.warehouse.kept(frame)
        if self._checked is not None:
            self.source.warehouse.released(self._checked)
        return kept

    # -- judging

    def judge(self, mask: nw.Expr, rule: Rule, name: str, detail: str = "", shown: str = "") -> None:
        """Set aside the records that pass; `name` is the field that the rule looks at."""
        self.add(**{f"j_{len(self.judged)}": mask.fill_null(value=False) & self.used})
        header = self.header(name) if self.has(name) else name
        held = shown or (f"f_{name}" if self.has(name) else "")
        self.judged.append(Judgement(rule, header, held, detail))

    @property
    def used(self) -> nw.Expr:
        """The records that no rule has set aside so far."""
        return self._none_of(range(len(self.judged)))

    @property
    def fit(self) -> nw.Expr:
        """The records that can stand for their id, set aside or not."""
        return self._none_of([at for at, one in enumerate(self.judged) if one.rule not in _UNDOUBTED])

    def _none_of(self, places: Sequence[int]) -> nw.Expr:
        found = nw.lit(value=True)
        for at in places:
            found = found & ~nw.col(f"j_{at}")
        return found

    def judge_deleted_and_tests(self) -> None:
        """As `crm.parts.judge_deleted_and_tests`."""
        for name, rule in (("deleted", Rule.DELETED), ("test", Rule.TEST)):
            if self.has(name):
                self.judge(self.yes(name), rule, name)
        if self.has("status"):
            gone = vocabulary().deleted
            self.judge(self.words("status").where(lambda text: plain(text) in gone), Rule.DELETED, "status")
        for name, named in self.definitions.tests.items():
            if f"f_{name}" in self.kinds:
                found = nw.col(f"t_f_{name}").is_in(list(named))
                self.judge(found, Rule.TEST, name, "the definitions call it a test", shown=f"f_{name}")

    # -- words

    def words(self, name: str) -> Words:
        """The words of a field, the most frequent first; none where the table does not have it."""
        if not self.has(name):
            return Words(f"f_{name}", (), ())
        if name not in self._words:
            self._words[name] = self._words_of(f"f_{name}", self.header(name), name)
        return self._words[name]

    def _words_of(self, column: str, header: str, name: str) -> Words:
        key = nw.col(next(reversed(self.source.tables[self.kind].order), self._first))
        found = self.base.filter(~nw.col(column).is_null()).select(word=nw.col(column), first=key)
        counted = found.group_by("word").agg(rows=nw.len(), first=nw.col("first").min())
        rows = rows_of(counted.sort("rows", descending=True).head(MOST + 1))
        if len(rows) > MOST:
            raise TooManyWords(self.table.name, header, name, MOST)
        rows.sort(key=_frequent_first)
        return Words(column, tuple(row["word"] for row in rows), tuple(int(row["rows"]) for row in rows))

    @property
    def _first(self) -> str:
        """What stands for the order of rows in an engine that has none."""
        return "f_id" if self.has("id") else f"f_{next(iter(self.table.match.fields))}"

    def yes(self, name: str) -> nw.Expr:
        """The records whose field says yes."""
        words = vocabulary().yes
        return self.words(name).where(lambda text: text.casefold() in words)

    # -- dates and amounts

    def moment(self, name: str) -> Moment:
        """A field's dates, whose unreadable ones are judged; nulls where the table does not have it."""
        if not self.has(name):
            return Moment(NO_NUMBER, NO_NUMBER, timed=False)
        found = self._read_moment(f"f_{name}", self.header(name))
        self.judge(nw.col(f"u_f_{name}"), Rule.UNREADABLE_DATE, name)
        return found

    def stage_moment(self, at: int) -> nw.Expr:
        """When each record entered a stage that has a column of its own."""
        header = self.table.match.grid.names[self.table.match.stage_dates[at].position]
        found = self._read_moment(f"s_{at}", header)
        self.judge(nw.col(f"u_s_{at}"), Rule.UNREADABLE_DATE, header, shown=f"s_{at}")
        return found.day

    def _read_moment(self, column: str, header: str) -> Moment:
        """The days and times of a column; midnight throughout is a date."""
        kind = self.kinds[column]
        if not isinstance(kind, (nw.String, nw.Date, nw.Datetime)):
            raise WrongType(self.table.name, header, str(kind), "dates")
        timed = self._any((nw.col(f"c_{column}") != 0).fill_null(value=False))
        if kind == nw.String:
            timed = read_written_dates(self, column, header, timed=timed)
        return Moment(nw.col(f"d_{column}"), nw.col(f"c_{column}") if timed else NO_NUMBER, timed)

    def amount(self, name: str) -> nw.Expr:
        """A field's amounts, whose unreadable ones are judged."""
        if not self.has(name):
            return nw.lit(None, dtype=nw.Float64)
        found = self.read_amount(name)
        self.judge(nw.col(f"u_f_{name}"), Rule.UNREADABLE_AMOUNT, name)
        return found

    def read_amount(self, name: str) -> nw.Expr:
        """A column of numbers, or of texts that are numbers in one way of writing or another."""
        column, header = f"f_{name}", self.header(name)
        kind = self.kinds[column]
        if kind == nw.String:
            read_written_amounts(self, column, header)
        elif not kind.is_numeric():
            raise WrongType(self.table.name, header, str(kind), "numbers")
        return nw.col(f"v_{column}")

    # -- repeated ids

    def judge_duplicates(self) -> None:
        """Of the records with one id the newest stands for it, else the first; as `crm.duplicates`."""
        if not self.has("id"):
            if self.kind is not Kind.TOUCHES:
                self.notes.append("There is no id column: every row is taken as a record of its own")
            return
        if self.kind is not Kind.TOUCHES:
            self.told["Without an id, and so not compared with others"] = nw.col("id").is_null()
        self.add(candidate=nw.when(self.fit).then(nw.col("id")))
        self.checkpoint()
        repeated = self.frame.filter(~nw.col("candidate").is_null()).group_by("candidate").agg(rows=nw.len())
        if not rows_of(repeated.filter(nw.col("rows") > 1).head(1)):
            return
        changed = nw.lit(NEVER)
        if self.has("modified"):
            moment = self._read_moment("f_modified", self.header("modified"))
            changed = since_1970(moment.day, moment.second).fill_null(NEVER)
        self.add(one=nw.lit(1), newest=-changed)
        place = nw.col("one").cum_sum().over("candidate", order_by=["newest", *self.rows_order()])
        self.add(place=place)
        again = ~nw.col("candidate").is_null() & (nw.col("place") > 1)
        self.judge(again, Rule.DUPLICATE, "id", "another record with this id was taken")

    # -- the order of rows

    def rows_order(self) -> list[str]:
        """Columns of the frame that say in which order the rows stand: as where a table is brought in.

        Where an engine keeps no order, by the values of the columns that were read, in the order of the table.
        """
        order = self.source.tables[self.kind].order
        if order:
            return list(order)
        match = self.table.match
        places = {f"f_{name}": place for name, place in needed_columns(match, self.definitions).items()}
        places |= {f"s_{at}": one.position for at, one in enumerate(match.stage_dates)}
        held = sorted(places, key=lambda name: (places[name], name))
        self.add(**{f"blank_{name}": one_if(nw.col(name).is_null()) for name in held})
        return [column for name in held for column in (f"blank_{name}", name)]

    def name_records(self) -> None:
        """A key of each record: its id, and where it has none its number."""
        self.add(record=self.text("id"))
        if self.has("id") and not rows_of(self.frame.filter(nw.col("record").is_null() & self.used).head(1)):
            return
        self.add(one=nw.lit(1))
        self.add(number=nw.col("one").cum_sum().over(order_by=self.rows_order()))
        told = nw.concat_str([nw.lit(NUMBERED), nw.col("number").cast(nw.Int64).cast(nw.String)])
        self.add(record=nw.when(nw.col("record").is_null()).then(told).otherwise(nw.col("record")))

    @property
    def records_order(self) -> tuple[str, ...]:
        """What says in which order the kept records stand."""
        return self.source.tables[self.kind].order or ("record",)

    # -- the end

    def _any(self, mask: nw.Expr) -> bool:
        (row,) = rows_of(self.base.select(found=one_if(mask)).select(nw.col("found").max()))
        return bool(row["found"])

    def keep(self, columns: Sequence[str]) -> None:
        """Compute every record once; the engine keeps what it found for as long as the connection is open."""
        rule, value = nw.lit(-1), nw.lit(None, dtype=nw.String)
        for at in reversed(range(len(self.judged))):
            shown = self.judged[at].shown
            held = nw.col(shown).cast(nw.String) if shown else nw.lit(None, dtype=nw.String)
            rule = nw.when(nw.col(f"j_{at}")).then(nw.lit(at)).otherwise(rule)
            value = nw.when(nw.col(f"j_{at}")).then(held).otherwise(value)
        counted = {f"note_{at}": mask.fill_null(value=False) for at, mask in enumerate(self.told.values())}
        self.add(rule=rule, value=value, **counted)
        kept = ["rule", "value", *counted, *columns, *self.source.tables[self.kind].order]
        self.frame = self._computed(self.frame.select(*kept))
        self._checked = None

    @property
    def records(self) -> Frame:
        """The used records, once they are kept."""
        return self.frame.filter(nw.col("rule") < 0)

    def account(self, mapped: str) -> FileAccount:
        """What became of every record."""
        counts = {row["rule"]: int(row["rows"]) for row in rows_of(self.frame.group_by("rule").agg(rows=nw.len()))}
        aside = {
            rule: found
            for rule in Rule
            if (found := sum(counts.get(at, 0) for at, one in enumerate(self.judged) if one.rule is rule))
        }
        match, total = self.table.match, sum(counts.values())
        return FileAccount(
            self.table.name, "", mapped or match.profile.name, self.kind, total, counts.get(-1, 0), aside, 0,
            match.headers, match.unmapped, (*self.notes, *self._orders_told(), *self._counted_notes()),
            columns_seen(match), self.stages,
        )  # fmt: skip

    def _orders_told(self) -> list[str]:
        return [f"Read with the {FIRST[order]} first: {', '.join(names)}" for order, names in self.orders.items()]

    def _counted_notes(self) -> list[str]:
        if not self.told:
            return []
        sums = {f"note_{at}": one_if(nw.col(f"note_{at}")) for at in range(len(self.told))}
        (row,) = rows_of(self.records.select(**sums).select(nw.all().sum()))
        return [f"{words}: {int(count):,}" for at, words in enumerate(self.told) if (count := row[f"note_{at}"])]

    def examples(self) -> list[SetAside]:
        """The first records that were set aside, by their ids."""
        rows = self.frame.filter(nw.col("rule") >= 0).select("id", "rule", "value").sort("rule", "id").head(EXAMPLES)
        return [
            SetAside(self.table.name, row["id"] or "", one.column, _short(row["value"] or ""), one.rule, one.detail)
            for row in rows_of(rows)
            for one in [self.judged[int(row["rule"])]]
        ]


def _read_once(
    source: OpenSource, kind: Kind, named: dict[str, str], definitions: Definitions
) -> tuple[Frame, dict[str, nw.dtypes.DType]]:
    """The needed columns of a table with what they mean, read once for all that share the time zone."""
    key = kind, tuple(sorted(named.items())), definitions.timezone
    if key not in source.kept:
        raw = source.tables[kind]
        frame = raw.frame.select(
            **{name: nw.col(column) for name, column in named.items()}, **{name: nw.col(name) for name in raw.order}
        )
        kinds = dict(frame.collect_schema())
        words = [f"f_{name}" for name in WORDS[kind] if kinds.get(f"f_{name}", nw.String()) != nw.String]
        frame = with_each(frame, {name: nw.col(name).cast(nw.String) for name in words})
        kinds |= dict.fromkeys(words, nw.String())
        floats = [name for name, one in kinds.items() if isinstance(one, (nw.Float64, nw.Float32)) and _is_text(name)]
        frame = with_each(frame, {name: whole_text(name) for name in floats})
        kinds |= dict.fromkeys(floats, nw.String())
        columns = _columns(source, kind, frame, kinds, definitions)
        kept = source.warehouse.kept(with_read(frame, columns).select(*named, *raw.order, *read_names(columns)))
        _refuse_merging(source, kind, kept, named, kinds)
        source.kept[key] = kept, kinds
    found: tuple[Frame, dict[str, nw.dtypes.DType]] = source.kept[key]
    return found


def _refuse_merging(
    source: OpenSource, kind: Kind, frame: Frame, named: dict[str, str], kinds: dict[str, nw.dtypes.DType]
) -> None:
    """Texts that an engine does not tell apart by their case raise `TextsMerged`."""
    texts = [name for name in named if kinds[name] == nw.String]
    for name in merging_columns(frame, texts):
        raise TextsMerged(source.name_of(kind), named[name], source.warehouse.engine)


def _frequent_first(row: Mapping[str, Any]) -> tuple[int, bool, list[Any], str]:
    """Of words in equally many rows that which stands first, those of rows without a key last."""
    unknown = row["first"] is None
    return -int(row["rows"]), unknown, [] if unknown else [row["first"]], row["word"]


def _is_text(column: str) -> bool:
    """Whether a column is read as a text: a number in it is a key, and a key has no decimals."""
    return column.startswith("f_") and column.removeprefix("f_") not in {*AMOUNTS, *chain(*DATES.values())}


def _columns(
    source: OpenSource, kind: Kind, frame: Frame, kinds: dict[str, nw.dtypes.DType], definitions: Definitions
) -> Columns:
    """Which columns are read as what; a date or an amount of another type is refused when it is asked for."""
    dated = {f"f_{name}" for name in DATES[kind]}
    dates = [
        name
        for name, one in kinds.items()
        if (name in dated or name.startswith("s_")) and isinstance(one, (nw.String, nw.Date, nw.Datetime))
    ]
    amounts = [f"f_{name}" for name in AMOUNTS if f"f_{name}" in kinds]
    amounts = [name for name in amounts if kinds[name] == nw.String or kinds[name].is_numeric()]
    texts = [name for name in kinds if name.startswith("f_") and name not in {*dates, *amounts}]
    zoned = [name for name in dates if isinstance(one := kinds[name], nw.Datetime) and one.time_zone]
    midnights = _midnights(source, frame, zoned) if zoned and definitions.timezone != "UTC" else frozenset()
    if zoned:
        source.warehouse.set_zone(definitions.timezone)
    return Columns(kinds, tuple(texts), tuple(dates), tuple(amounts), midnights)


def _showing(table: SourceTable, base: Frame) -> SourceTable:
    """The table with some rows, from which the sheet Mapping shows an example of each column."""
    names, match = table.match.grid.names, table.match
    rows = base.head(SAMPLE_ROWS).collect("pyarrow").to_native()
    places = {f"f_{name}": place for name, place in match.fields.items()}
    places |= {f"s_{at}": one.position for at, one in enumerate(match.stage_dates)}
    cells = {place: cells_of(table.name, names[place], rows[name]) for name, place in places.items()}
    return table.showing(cells, rows.num_rows)


def _midnights(source: OpenSource, frame: Frame, zoned: Sequence[str]) -> frozenset[str]:
    source.warehouse.set_zone("UTC")
    clocks = {name: clock(nw.col(name)) for name in zoned}
    (row,) = rows_of(frame.select(**clocks).select(nw.all().max()))
    return frozenset(name for name in zoned if row[name] == 0)


def stand_in(cleaning: Cleaning, cells: dict[str, Cells], rows: int, used: Any = None) -> Part:
    """Distinct records in the place of a file's, for the rules that look at whole records."""
    verdicts = Verdicts(cleaning.table.name, np.arange(1, rows + 1, dtype=np.int64), (), 0)
    if used is not None:
        verdicts.used[:] = used
    dates = DateReader(cleaning.table.name, cleaning.definitions.dates, cleaning.definitions.timezone)
    return Part(cleaning.table.name, 0, cleaning.table.match, cells, [], verdicts, 0, dates)


def yes_no_codes(words: Words) -> list[int]:
    """1 for each text that says yes, 0 for no, 2 for anything else."""
    yes, no = yes_no(words.cells)
    return [1 if one else 0 if other else 2 for one, other in zip(yes.tolist(), no.tolist(), strict=True)]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
