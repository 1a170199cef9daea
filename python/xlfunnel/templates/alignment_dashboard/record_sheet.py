"""The Records sheet: which records made each figure, as what they count, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from xlfunnel.segments.record_list import HEADINGS, KINDS
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import cell_text
from xlfunnel.workbooks.tables import Fit, explain, place_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xlfunnel.report import Report
    from xlfunnel.segments.record_list import Records
    from xlfunnel.table import Table
    from xlfunnel.templates.alignment_dashboard.headlines import Headlines, Named
    from xlfunnel.templates.book import TemplatePage

RECORDS: Final = "records"
COUNTING: Final = "counting"
"""Names of the sheet's tables: the records, and above them what counts in each figure."""

FIGURE, COUNTS_AS, VALUE, COUNT, COLUMN, RULE = ("Figure", "Counts as", "Value", "Records", "Column below", "Rule")
_COLUMNS: Final = ((FIGURE, 214.0), (COUNTS_AS, 128.0), (VALUE, 92.0), (COUNT, 84.0), (COLUMN, 128.0), (RULE, 150.0))
_NUMBERS: Final = (VALUE, COUNT)
_LEFT: Final = 1
_HOW: Final = (
    "One row for each record that a figure counts; a column for each figure says what the record counts as there. "
    "Click a name under “Column below”, and choose in that column's filter what you want to see."
)
_DATES: Final = "Date: the day a deal closed, or was created while it is open; the day a lead became an MQL."


@dataclass(frozen=True)
class Line:
    """One line of the list above the records: a part of a figure, or the figure itself where it has no parts."""

    one: Named
    first: bool
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
        explain(page, report.data.reason, _LEFT, 8)
        return
    lines = list(_lines(records, found))
    table = records.table
    top = page.row + 1 + len(lines) + 2
    sentences = [_HOW, _DATES, *_left_out(records)] if table else _left_out(records)
    links = {} if table is None else _places(table, top + len(sentences) + 1)
    page.text(page.row - 1, _LEFT, "What counts in each figure", styles.SECTION)
    _place_lines(page, lines, links)
    page.row += 1
    page.text(page.row, _LEFT, "The records", styles.SECTION)
    page.row += 1
    for words in sentences:
        page.text(page.row, _LEFT, words, styles.NOTE)
        page.row += 1
    if table is not None:
        _place_records(page, table)


def _lines(records: Records, found: Headlines) -> Iterator[Line]:
    for one in found.figures:
        measure, counted = one.measure, one.measure.counted
        if counted is None:
            yield Line(one, first=True, rule=measure.reason)
            continue
        marks = records.marks.get(counted.kind)
        for at, part in enumerate(counted.parts):
            count = None if marks is None else marks.count(counted.name, part.name)
            column = "" if marks is None else HEADINGS[counted.name]
            yield Line(one, at == 0, part.name, count, column, part.rule)


def _left_out(records: Records) -> list[str]:
    """Why records are not listed, and how to see them."""
    return [
        f"{count:,} {KINDS[kind]}s were read, more than the {records.most:,} that a workbook lists: they stay in the "
        f"export. To see those of a figure:  xlfunnel records BOOK FIGURE --from EXPORT"
        for kind, count in records.left_out.items()
    ]


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
    page.text(row, _LEFT, cell_text(measure.name), replace(rule, bold=True) if line.first else _quiet(rule))
    page.text(row, _LEFT + 1, line.part, said)
    shape = styles.number_format(measure.unit, () if measure.value is None else (measure.value,))
    number = replace(rule, align="right", number_format=shape, shrink=True)
    if line.first:
        page.calc(row, _LEFT + 2, f"={line.one.name}", replace(number, bold=True))
    else:
        page.value(row, _LEFT + 2, None, number)
    page.value(row, _LEFT + 3, line.count, replace(number, number_format="#,##0"))
    place = links.get(line.column)
    if place is None:
        page.text(row, _LEFT + 4, "", said)
    else:
        page.lead(row, _LEFT + 4, page.name, place, line.column, said)
    page.text(row, _LEFT + 5, line.rule, said)


def _quiet(style: styles.Style) -> styles.Style:
    return replace(style, color=styles.GREY)


def _place_records(page: TemplatePage, table: Table) -> None:
    book = page.book
    placed = place_table(
        page,
        table,
        page.row,
        _LEFT,
        name=RECORDS,
        fit=Fit.ONE_LINE,
        cells=book.results is not None,  # the first writing is for results, and no result needs a record
        first_only=book.contents.first_records_only,
        filtered=True,
    )
    listed = placed.area(table.header[0]).reference
    del listed
    page.row = placed.below
    page.repeated_row = placed.top
