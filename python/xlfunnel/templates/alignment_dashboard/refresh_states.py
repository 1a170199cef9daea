"""What a refresh knew, as the next one compares it: out of its report, or out of the dashboard that it wrote."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from itertools import repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.changes.comparing import NONE_READ
from xlfunnel.changes.state import Deal, Figure, Lead, Levers, Listing, Parts, State
from xlfunnel.crm.tables import Kind
from xlfunnel.ooxml.column_reading import read_columns
from xlfunnel.ooxml.layout import base_heading
from xlfunnel.templates.alignment_dashboard.headlines import headlines, is_known
from xlfunnel.templates.quarter_days import day_held, day_in
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.agreements import setting_words
from xlfunnel.workbooks.cell_text import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.report import Measure, Report, Section

AS_OF: Final = "changes_as_of"
"""The cell with the day of the refresh that wrote a dashboard; blank where none has."""

PARTS: Final = "velocity_parts"
"""The table, after tbl_, with what each source's velocity is made of."""

SHIPPED: Final = frozenset(
    {
        "65c5ef48dcd3f73b3f29b6a983010e322400d32bb83e67ce667c318b4a69bff0",
        "53e8332ab999fedad9484d558236eea96c2da4b94237c4efa330f3ddae297940",
    }
)
"""Hashes of the exports behind the example of dashboards that lack the cell above: no refresh wrote these."""

_HEADINGS: Final = MappingProxyType({"worked": "first touch"})
"""Fields that a list calls otherwise."""

_DAYS: Final = frozenset({"expected", "created", "mql", "sql", "worked", "returned"})
_LEVERS: Final = ("total_open_deals", "kpi_average_deal", "kpi_win_rate", "kpi_mean_cycle_of_closed_deals")
_TOO_MANY: Final = "the records were too many to be listed"


# -- out of a report -----------------------------------------------------------------------------------------------


def state_of(report: Report) -> State:
    """What a refresh knows now."""
    chosen = report.definitions.model_dump()
    aside: dict[str, int] = {}
    for account in report.files:
        for rule, count in account.set_aside.items():
            if count:
                aside[rule.value] = aside.get(rule.value, 0) + count
    return State(
        as_of=report.as_of,
        currency=report.currency,
        choices={name: _choice(name, cell_text(setting_words(chosen[name]))) for name in chosen},
        deals=_listed(report.data, Deal._fields),
        leads=_listed(report.lead_data, Lead._fields),
        set_aside=aside,
        figures=tuple(_figure(one.name, one.measure, report.currency) for one in headlines(report).figures),
        levers=_levers(report.velocity),
        sources=_sources(report),
        files=_digests(report),
    )


def _digests(report: Report) -> frozenset[str]:
    """What tells the files apart; none where a table of a database is among them, which may change at any time."""
    found = frozenset(account.sha256 for account in report.files)
    return frozenset() if "" in found else found


def _listed(section: Section, fields: Sequence[str]) -> Listing:
    if section.table is None:
        too_many = "more than" in section.reason
        return Listing(missing=section.reason.partition(":")[0] if too_many else NONE_READ)
    header = [name.lower() for name in section.table.header]
    rows = section.table.rows
    columns = dict(zip(header, zip(*rows, strict=True) if rows else repeat(()), strict=False))
    held = {field: _HEADINGS.get(field, field) for field in fields}
    return _listing({field: _each(columns[name], _plain) for field, name in held.items() if name in columns}, fields)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    return cell_text(value) if isinstance(value, str) else value


def _each(values: Sequence[Any], change: Callable[[Any], Any]) -> Sequence[Any]:
    """The values after a change, made once for each that occurs."""
    if bool in set(map(type, values)):  # TRUE is no 1
        return [change(value) for value in values]
    known = {value: change(value) for value in set(values)}
    return [known[value] for value in values]


def _figure(name: str, measure: Measure, currency: str) -> Figure:
    label = cell_text(styles.heading(measure.name, measure.unit, currency))
    return Figure(name, label, measure.unit, measure.value if is_known(measure) else None)


def _levers(velocity: Measure) -> Levers | None:
    made_of = velocity.made_of
    if not is_known(velocity) or "cycle_days" not in made_of:
        return None
    return Levers(made_of["open"], made_of["average_deal"], made_of["win_rate"], made_of["cycle_days"])


def _sources(report: Report) -> Mapping[str, Parts] | None:
    if report.source_parts is None:
        return None
    return {cell_text(str(row[0])): Parts(*map(_number, row[1:])) for row in report.source_parts.rows}


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


# -- out of a dashboard --------------------------------------------------------------------------------------------


def earlier_state(file: WorkbookFile) -> State | None:
    """What the refresh knew that wrote a dashboard; None for an example or blank one, which none has written.

    What an older version did not keep is left out. To be asked before anything is changed.
    """
    book = _Dashboard(file)
    as_of = book.written_on()
    if as_of is None:
        return None
    kinds = {str(row[0]): _number(row[1]) for row in book.rows("tbl_files", ("Records", "Used"))}
    return State(
        as_of=as_of,
        currency=book.currency(),
        choices={str(name): _choice(str(name), _words(value)) for name, value in book.rows("tbl_choices", _CHOICE)},
        deals=book.listing("tbl_deals", Deal._fields, missing=_TOO_MANY if kinds.get(_DEALS) else NONE_READ),
        leads=book.listing("tbl_leads", Lead._fields, missing=_TOO_MANY if kinds.get(_LEADS) else NONE_READ),
        set_aside=book.set_aside(),
        figures=tuple(book.figures()),
        levers=book.levers(),
        sources=book.sources(),
        files=book.hashes(),
    )


_CHOICE: Final = ("Setting", "Value")
_DEALS: Final = Kind.OPPORTUNITIES.value
_LEADS: Final = Kind.LEADS.value
_LABEL, _VALUE, _NAME = 1, 2, 7
"""Columns of the list on Figures."""


@dataclass(frozen=True)
class _Dashboard:
    """A dashboard to read."""

    file: WorkbookFile

    def written_on(self) -> date | None:
        """The day of the refresh that wrote it."""
        if "tbl_files" not in self.file.tables:
            return None
        if self.file.named(AS_OF) is not None:
            return day_in(self.file, AS_OF)
        return None if self.hashes() & SHIPPED else day_in(self.file, "last_refresh")

    def hashes(self) -> frozenset[str]:
        """The hashes of the files that were read."""
        return frozenset(str(value) for (value,) in self.rows("tbl_files", ("SHA-256",)) if value)

    def rows(self, table: str, columns: Sequence[str]) -> list[tuple[CellValue, ...]]:
        """Some columns of a table by their headings without units; none where there is no such table."""
        if table not in self.file.tables:
            return []
        known = {base_heading(name): name for name in self.file.table(table).columns}
        found = read_columns(self.file, table, [known.get(column.casefold(), column) for column in columns])
        return list(zip(*found, strict=True))

    def listing(self, table: str, fields: Sequence[str], *, missing: str) -> Listing:
        """The records of a list by id."""
        if table not in self.file.tables:
            return Listing(missing=missing)
        known = {base_heading(name): name for name in self.file.table(table).columns}
        headings = {field: known.get(_HEADINGS.get(field, field)) for field in fields}
        held = {field: heading for field, heading in headings.items() if heading is not None}
        values = read_columns(self.file, table, list(held.values()))
        columns = {field: _each(column, self._reading(field)) for field, column in zip(held, values, strict=True)}
        return _listing(columns, fields)

    def currency(self) -> str:
        """The currency of its amounts, as a heading says it, else as Start does."""
        for table in (f"tbl_{PARTS}", "tbl_by_source"):
            columns = self.file.table(table).columns if table in self.file.tables else ()
            for name in columns:
                if base_heading(name) == "won revenue" and ", " in name:
                    return name.partition(", ")[2]
        held = self.file.read_name("currency") if self.file.named("currency") else ""
        return str(held or "")

    def set_aside(self) -> Mapping[str, int]:
        """Rows by rule, over all files."""
        found: dict[str, int] = {}
        for rule, count in self.rows("tbl_set_aside_by_rule", ("Rule", "Records")):
            if not rule:  # the line that says that there is none
                continue
            found[str(rule)] = found.get(str(rule), 0) + int(_number(count))
        return found

    def figures(self) -> Iterable[Figure]:
        """The figures of the list on Figures: what they are called, and what they show."""
        if "Figures" not in self.file.sheets:
            return
        sheet = self.file.sheet_part("Figures")
        for number in sheet.row_numbers:
            name = sheet.value(number, _NAME)
            if isinstance(name, str) and name.startswith("kpi_"):
                value = sheet.value(number, _VALUE)
                known = float(value) if type(value) in {int, float} else None  # type: ignore[arg-type]
                yield Figure(name, _words(sheet.value(number, _LABEL)), Unit.MIXED, known)

    def levers(self) -> Levers | None:
        """The four, where all are there."""
        held = [self.file.read_name(name) if self.file.named(name) else None for name in _LEVERS]
        numbers = [float(value) for value in held if type(value) in {int, float}]  # type: ignore[arg-type]
        return Levers(*numbers) if len(numbers) == len(_LEVERS) else None

    def sources(self) -> Mapping[str, Parts] | None:
        """What each source's velocity was made of; None where an older version did not keep it."""
        name = f"tbl_{PARTS}"
        if name not in self.file.tables:
            return None
        columns = read_columns(self.file, name, self.file.table(name).columns)
        if len(columns) != _WIDTH:
            return {}
        return {_words(row[0]): Parts(*map(_number, row[1:])) for row in zip(*columns, strict=True)}

    def _reading(self, field: str) -> Callable[[CellValue], Any]:
        if field in _DAYS:
            return lambda value: day_held(value, since_1904=self.file.since_1904)
        return _amount if field == "amount" else _text


_WIDTH: Final = 8


def _listing(columns: Mapping[str, Sequence[Any]], fields: Sequence[str]) -> Listing:
    """Records by id, from their columns by field; those without an id are not followed, nor any that share one."""
    keys = columns.get("id", ())
    counts = Counter(keys)
    made = zip(*(columns.get(field, repeat(None)) for field in fields), strict=False)
    found = {key: one for key, one in zip(keys, made, strict=False) if key and counts[key] == 1}
    return Listing(found, frozenset(columns), max(map(len, columns.values()), default=0) - len(found))


def _amount(value: CellValue) -> float | None:
    return float(value) if type(value) in {int, float} else None  # type: ignore[arg-type]


def _text(value: CellValue) -> str | None:
    return None if value is None or value == "" else _words(value)


def _choice(name: str, words: str) -> str:
    """A setting in words, a whole number without decimals: 9 hours typed into a cell are the 9.0 of a file.

    >>> _choice("opens", "9.0"), _choice("rates", "EUR = 1.10; GBP = 2.0"), _choice("version", "v1.0")
    ('9', 'EUR = 1.10; GBP = 2', 'v1.0')
    """
    return words if name == "version" else _WHOLE.sub("", words)


_WHOLE: Final = re.compile(r"(?<=\d)\.0(?![\d.])")


def _words(value: CellValue) -> str:
    """A cell's text; a person may have made a number of one."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
