"""The Records sheet: which records made each figure, as what they count, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlfunnel.segments.record_list import HEADINGS, KINDS
from xlfunnel.templates.alignment_dashboard.headlines import is_known
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.book import DASH
from xlfunnel.workbooks.tables import Fit, explain, place_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xlfunnel.crm.tables import Kind
    from xlfunnel.report import Report
    from xlfunnel.segments.counting import Counting
    from xlfunnel.segments.record_list import Records
    from xlfunnel.table import Table
    from xlfunnel.templates.alignment_dashboard.headlines import Headlines, Named
    from xlfunnel.templates.book import TemplatePage

SHEET: Final = "Records"
RECORDS: Final = "records"
COUNTING: Final = "counting"
"""Names of the sheet's tables: the records, and above them what counts in each figure."""

FIGURE, COUNTS_AS, VALUE, COUNT, COLUMN, RULE = ("Figure", "Counts as", "Value", "Records", "Column below", "Rule")
ALL: Final = "all"
"""What records count as whose parts stand with another figure."""

_COLUMNS: Final = ((FIGURE, 224.0), (COUNTS_AS, 144.0), (VALUE, 92.0), (COUNT, 92.0), (COLUMN, 140.0), (RULE, 180.0))
_NUMBERS: Final = (VALUE, COUNT)
_LEFT: Final = 1
_FIRST_LINE: Final = 7
_ROOM: Final = 10
"""Rows in whole blocks of which the lines above the records take their room."""
_HOW: Final = (
    "One row for each record that a figure counts: its column says what the record counts as there, if at all.",
    "Click a name under “Column below”, and choose in the filter of that column what you want to see.",
    "Date: the day on which a deal closed, or was created while it is open; the day on which a lead became an MQL.",
)


COMMAND: Final = "xlfunnel records BOOK FIGURE --from EXPORT"
"""How the records of a figure are printed from an export."""


@dataclass(frozen=True)
class Line:
    """One line of the list above the records: a part of a figure, or the figure itself where it has no parts."""

    one: Named
    first: bool
    """Whether it is the first of its figure."""
    part: str = ""
    count: int | None = None
    column: str = ""
    rule: str = ""


def place_record_sheet(page: TemplatePage, report: Report, found: Headlines) -> None:
    """Write what counts in each figure, then the records as an Excel table."""
    page.protected = False  # people sort and filter records, which a protected sheet does not let them
    page.frozen = (4, 2)
    for column, (_, width) in enumerate(_COLUMNS, start=_LEFT):
        page.widen(column, width)
    records = report.records
    if records is None or not report.files:
        explain(page, report.data.reason, _LEFT, _LEFT + len(_COLUMNS))
        return
    lines, table = list(lines_of(records, found)), records.table
    sentences = [*(_HOW if table else ()), *_left_out(records)]
    page.text(page.row, _LEFT, "What counts in each figure", styles.SECTION)
    page.row += 1
    top, above = page.row, 1 + len(sentences)
    page.row += 1 + len(lines) + 1
    page.reserve(top, _ROOM)
    page.place(f"tbl_{RECORDS}", above)
    header, page.row = page.row + above, top
    _place_lines(page, lines, {} if table is None else _places(table, header))
    page.row = header - above
    page.text(page.row, _LEFT, "The records", styles.SECTION)
    page.row += 1
    for words in sentences:
        page.text(page.row, _LEFT, words, styles.NOTE)
        page.row += 1
    if table is not None:
        _place_records(page, table)


def record_places(report: Report, found: Headlines) -> Mapping[str, tuple[int, int]]:
    """By the name of each figure that counts records: the cell of the sheet where its lines begin."""
    if report.records is None or not report.files:
        return {}
    lines = enumerate(lines_of(report.records, found), start=_FIRST_LINE)
    return {line.one.name: (row, _LEFT) for row, line in lines if line.first and line.column}


def lines_of(records: Records, found: Headlines) -> Iterator[Line]:
    """The lines of all figures; one that counts the same records as a figure before it is told in one line."""
    told: dict[str, str] = {}
    for one in found.figures:
        counted = one.measure.counted
        if counted is None:
            yield Line(one, first=True, rule=one.measure.reason)
        elif counted.name in told:
            marks = records.marks.get(counted.kind)
            count = marks.count(counted.name) if marks else one.measure.count
            rule = f"The same records as {told[counted.name]}"
            yield Line(one, first=True, part=ALL, count=count, column=HEADINGS[counted.name], rule=rule)
        else:
            told[counted.name] = one.measure.name
            yield from _parts(records, one, counted)


def _parts(records: Records, one: Named, counted: Counting) -> Iterator[Line]:
    marks = records.marks.get(counted.kind)
    for at, part in enumerate(counted.parts):
        count = marks.count(counted.name, part.name) if marks else None
        yield Line(one, at == 0, part.name, count, HEADINGS[counted.name], part.rule)


def _left_out(records: Records) -> list[str]:
    """Why records are not listed, and how to see them."""
    return [
        f"{count:,} {KINDS[kind]}s were used, more than the {records.most:,} that the definitions let a workbook "
        f"list: they stay in {records.place}.{_how_to_see(records, kind)}"
        for kind, count in records.left_out.items()
    ]


def _how_to_see(records: Records, kind: Kind) -> str:
    return f" To see those of a figure, run  {COMMAND}" if records.listed(kind) is not None else ""


def _places(table: Table, row: int) -> Mapping[str, tuple[int, int]]:
    """By heading of a figure's column: where it stands."""
    return {name: (row, _LEFT + at) for at, name in enumerate(table.header)}


def _place_lines(page: TemplatePage, lines: list[Line], links: Mapping[str, tuple[int, int]]) -> None:
    top = page.row
    heads = []
    for column, (title, _) in enumerate(_COLUMNS, start=_LEFT):
        right = title in _NUMBERS
        look = replace(
            styles.HEADING, align="right" if right else "left", indent=0 if right or column == _LEFT else 1
        )
        page.text(top, column, title, look)
        heads.append({"header": title, "header_format": page.book.look(look)})
    for row, line in enumerate(lines, start=top + 1):
        _place_line(page, row, line, links)
    page.row = top + 1 + len(lines)
    options = {"name": f"tbl_{COUNTING}", "style": None, "autofilter": False, "columns": heads}
    page.sheet.add_table(top, _LEFT, page.row - 1, _LEFT + len(_COLUMNS) - 1, options)


def _place_line(page: TemplatePage, row: int, line: Line, links: Mapping[str, tuple[int, int]]) -> None:
    measure = line.one.measure
    rule = replace(styles.BODY, top=styles.RULE if line.first else "")
    said = replace(rule, indent=1)
    name = styles.heading(measure.name, measure.unit, page.book.facts.currency)
    page.text(row, _LEFT, name, replace(rule, bold=True) if line.first else replace(rule, color=styles.GREY))
    page.text(row, _LEFT + 1, line.part, said)
    shape = styles.number_format(measure.unit, () if measure.value is None else (measure.value,))
    number = replace(rule, align="right", number_format=shape, shrink=True)
    known = measure.value if is_known(measure) else DASH
    page.value(row, _LEFT + 2, known if line.first else None, replace(number, bold=True))
    page.value(row, _LEFT + 3, line.count, replace(number, number_format="#,##0"))
    place = links.get(line.column)
    if place is None:
        page.text(row, _LEFT + 4, line.column, said)
    else:
        page.link(row, _LEFT + 4, page.name, line.column, said, place)
    page.text(row, _LEFT + 5, line.rule, said)


def _place_records(page: TemplatePage, table: Table) -> None:
    book = page.book
    placed = place_table(
        page,
        table,
        page.row,
        _LEFT,
        name=RECORDS,
        fit=Fit.ONE_LINE,
        unread=True,
        first_only=book.contents.first_records_only,
        filtered=True,
    )
    page.row = placed.below
    page.repeated_row = placed.top
