"""The records of one figure: as the Records sheet of a dashboard lists them, or from a report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlfunnel.definitions import LARGEST_LIMIT
from xlfunnel.errors import Stopped
from xlfunnel.ooxml.layout import base_heading
from xlfunnel.ooxml.links import address_in
from xlfunnel.ooxml.values import moment
from xlfunnel.segments.record_list import HEADINGS, SHOWN
from xlfunnel.table import Column, Link, Table
from xlfunnel.templates.alignment_dashboard.headlines import headlines
from xlfunnel.templates.alignment_dashboard.record_sheet import (
    ALL,
    COLUMN,
    COMMAND,
    COUNT,
    COUNTING,
    COUNTS_AS,
    FIGURE,
    RECORDS,
    RULE,
    VALUE,
    lines_of,
)
from xlfunnel.units import Unit
from xlfunnel.workbooks import styles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.values import CellValue
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.report import Report
    from xlfunnel.table import Cell

_LINES: Final = f"tbl_{COUNTING}"
_LIST: Final = f"tbl_{RECORDS}"
_LINK: Final = "Link"
_MARKS: Final = frozenset(heading.casefold() for heading in HEADINGS.values())
_DATE: Final = "date"


class NoRecords(Stopped):
    """The workbook has no list of the records that figures count."""


class UnknownFigure(Stopped):
    """No figure, or more than one, begins with these words."""


class RecordsNotListed(Stopped):
    """The records of a figure are not in the workbook."""


@dataclass(frozen=True)
class Counted:
    """A line of the list of what counts: a figure's part, how many records it has, and the rule that counted them."""

    figure: str
    part: str
    value: Cell
    count: int | None
    column: str
    rule: str


@dataclass(frozen=True)
class RecordBook:
    """What counts in each figure, and the records."""

    lines: tuple[Counted, ...]
    records: Table
    """With a column "Link" where the ids lead into the CRM."""

    @property
    def figures(self) -> Table:
        """Every figure with its value and how many records it counts."""
        rows = []
        for name in dict.fromkeys(line.figure for line in self.lines):
            own = [line for line in self.lines if line.figure == name]
            counts = [line.count for line in own if line.count is not None]
            rows.append((name, own[0].value, sum(counts) if counts else None, "; ".join(_told(one) for one in own)))
        columns = (Column(FIGURE, Unit.TEXT), Column(VALUE, Unit.MIXED), Column(COUNT, Unit.COUNT))
        return Table((*columns, Column("Counts", Unit.TEXT)), tuple(rows))

    def named(self, words: str) -> str:
        """The figure that these words name, begin or are part of. Raises `UnknownFigure`.

        Upper and lower case are alike, → may be written as "to", and a name in formulas (kpi_win_rate) serves, too.
        """
        names = list(dict.fromkeys(line.figure for line in self.lines))
        asked = _plain(words)
        tests: tuple[Callable[[str], bool], ...] = (
            lambda name: asked in {_plain(name), _plain(base_heading(name))},
            lambda name: _plain(name).startswith(asked),
            lambda name: asked in _plain(name),
        )
        found = next((some for test in tests if (some := [name for name in names if test(name)])), [])
        if asked and len(found) == 1:
            return found[0]
        told = f'"{words}" could be {len(found)} figures' if asked and found else f'No figure is called "{words}"'
        listed = "\n".join(f"  {name}" for name in (found if asked and found else names))
        msg = f"{told}. Name one of these, by as much as tells it from the others:\n{listed}"
        raise UnknownFigure(msg)

    def of(self, figure: str) -> Table:
        """The records of a figure, each with what it counts as and the rule. Raises `RecordsNotListed`."""
        own = [line for line in self.lines if line.figure == figure]
        column = own[0].column
        if not column:
            msg = f"{figure} counts no records: {own[0].rule or 'it has no value'}"
            raise RecordsNotListed(msg)
        if column not in self.records.header:
            if any(line.count for line in own) or own[0].count is None:
                msg = f"The records of {figure} are not in the workbook: they stay in the export. Run  {COMMAND}"
                raise RecordsNotListed(msg)
            return Table((), ())
        rules = {line.part: line.rule for line in self.lines if line.column == column and line.part != ALL}
        return _of_column(self.records, column, rules)


def records_in(file: WorkbookFile) -> RecordBook:
    """What the Records sheet of a dashboard says. Raises `NoRecords`."""
    if _LINES not in file.tables:
        msg = (
            "The workbook does not say which records its figures count: only the alignment dashboard does, on its "
            "sheet Records, once it was refreshed. Make one with: xlfunnel refresh EXPORT --as-of DATE -o BOOK"
        )
        raise NoRecords(msg)
    lines = tuple(
        Counted(
            str(row[FIGURE]),
            str(row[COUNTS_AS] or ""),
            row[VALUE],
            int(count) if isinstance(count := row[COUNT], float) else None,
            str(row[COLUMN] or ""),
            str(row[RULE] or ""),
        )
        for row in file.read_table(_LINES)
    )
    return RecordBook(lines, _listed(file) if _LIST in file.tables else Table((), ()))


def records_from(report: Report, words: str) -> tuple[str, Table]:
    """The figure that these words name, and its records, however many; what a workbook would list of them."""
    found, records = headlines(report), report.records
    if records is None:
        msg = "Nothing was read whose records could be counted."
        raise NoRecords(msg)
    lines = tuple(
        Counted(one.one.measure.name, one.part, one.one.measure.value, one.count, one.column, one.rule)
        for one in lines_of(records, found)
    )
    figure = RecordBook(lines, Table((), ())).named(words)
    counting = next(one.measure.counted for one in found.figures if one.measure.name == figure)
    if counting is None:
        return figure, RecordBook(lines, Table((), ())).of(figure)
    if records.listed(counting.kind) is None:
        held = records.counts[counting.kind]
        msg = f"The records of {figure} stay in {records.place}: {held:,} are more than a workbook lists."
        raise NoRecords(msg)
    counts = {counting.kind: records.counts[counting.kind]}
    whole = replace(records, countings=(counting,), counts=counts, most=LARGEST_LIMIT)
    table = whole.table or Table((), ())
    return figure, RecordBook(lines, _with_links(_titled(table, report.currency))).of(figure)


def _plain(words: str) -> str:
    return " ".join(words.casefold().removeprefix("kpi_").replace("_", " ").replace("→", " to ").split())


def _told(line: Counted) -> str:
    count = "" if line.count is None else f"{line.count:,} "
    return f"{count}{line.part}" if line.part and line.part != ALL else line.rule


def _of_column(records: Table, column: str, rules: Mapping[str, str]) -> Table:
    """The rows that count in a figure's column: what they count as first, the rule and the link last."""
    at = records.header.index(column)
    rows = [row for row in records.rows if row[at] not in {None, ""}]
    facts = [
        i
        for i, name in enumerate(records.header)
        if base_heading(name) not in _MARKS and name != _LINK and any(row[i] is not None for row in rows)
    ]
    links = [i for i, name in enumerate(records.header) if name == _LINK]
    columns = (
        Column(COUNTS_AS, Unit.TEXT),
        *(records.columns[i] for i in facts),
        Column(RULE, Unit.TEXT),
        *(records.columns[i] for i in links),
    )
    shown = (
        (row[at], *(row[i] for i in facts), rules.get(str(row[at]), ""), *(row[i] for i in links)) for row in rows
    )
    return Table(columns, tuple(shown))


def _titled(table: Table, currency: str) -> Table:
    """The list under the headings that it has on the sheet."""
    names = (styles.heading(column.name, column.unit, currency) for column in table.columns)
    columns = zip(names, table.columns, strict=True)
    return Table(tuple(Column(name, column.unit) for name, column in columns), table.rows)


def _with_links(table: Table) -> Table:
    """The list with the addresses to which ids lead as a column of their own, where they lead anywhere."""
    if not any(isinstance(row[0], Link) for row in table.rows):
        return table
    rows = tuple((*row, row[0].address if isinstance(row[0], Link) else None) for row in table.rows)
    return Table((*table.columns, Column(_LINK, Unit.TEXT)), rows)


def _listed(file: WorkbookFile) -> Table:
    """The records of a workbook, without columns that a person added; dates are dates."""
    table = file.table(_LIST)
    own = [name for name in table.columns if base_heading(name) in SHOWN]
    addresses = _addresses(file, table)
    rows = [
        (*(_cell(file, name, row[name]) for name in own), address)
        for row, address in zip(file.read_table(_LIST), addresses, strict=True)
    ]
    columns = tuple(Column(name, Unit.DATE if base_heading(name) == _DATE else Unit.TEXT) for name in own)
    if not any(addresses):
        return Table(columns, tuple(row[:-1] for row in rows))
    return Table((*columns, Column(_LINK, Unit.TEXT)), tuple(rows))


def _addresses(file: WorkbookFile, table: TablePlace) -> Sequence[str | None]:
    """Where each record's id leads, from its formula."""
    numbers = range(table.first_row, table.last_row + 1)
    part = file.sheet_part(table.sheet)
    return [address_in(part.row_bytes(number) or b"") for number in numbers]


def _cell(file: WorkbookFile, name: str, value: CellValue) -> Cell:
    if base_heading(name) == _DATE and isinstance(value, float):
        return moment(value, since_1904=file.since_1904).date()
    return None if value == "" else value
