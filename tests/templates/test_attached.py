"""Comments, colours, rules, sparklines and hidden columns on a dashboard's own sheets follow their record."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from tests.templates.test_alignment_dashboard_in_place import found_of
from tests.workbooks.package_lint import lint

from xlfunnel.ooxml.comments import SheetComments
from xlfunnel.ooxml.markup import parse, serialised
from xlfunnel.ooxml.references import Area, cell_name
from xlfunnel.ooxml.relationships import add_relationship, declare, related
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.table import Table
from xlfunnel.templates.alignment_dashboard.example import example_report
from xlfunnel.templates.alignment_dashboard.filling import dashboard
from xlfunnel.templates.alignment_dashboard.left_over import LEFT_OVER
from xlfunnel.templates.alignment_dashboard.taking import take
from xlfunnel.templates.taking import Found

KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
BOX = (
    '<v:shape id="_x0000_s{n}" type="#_x0000_t202" style="visibility:hidden"><x:ClientData ObjectType="Note">'
    "<x:Anchor>{left}, 15, {top}, 2, {right}, 15, {bottom}, 4</x:Anchor><x:Row>{row}</x:Row>"
    "<x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
YELLOW = "FFFFFF00"
FIRST, SECOND, LAST = 0, 1, -1
"""Deals of the example that people wrote about."""


@cache
def example_rows() -> Table:
    table = example_report().data.table
    assert table is not None
    return table


def deals(rows: slice) -> Found:
    table = example_rows()
    report = example_report()
    return found_of(replace(report, data=replace(report.data, table=Table(table.columns, table.rows[rows]))))


def place_of(book: WorkbookFile, deal: int) -> int:
    """The row in which a deal of the example stands."""
    name = example_rows().rows[deal][0]
    table = book.table("tbl_deals")
    return next(n for n in range(table.first_row, table.last_row + 1) if book.value("Data", n, table.left) == name)


@cache
def written_on() -> bytes:
    """The example's dashboard after people have commented, coloured and arranged its list of deals."""
    book = WorkbookFile.from_bytes(dashboard(example_report()))
    comment(book, {(place_of(book, FIRST), 2): "call them", (place_of(book, LAST), 3): "[Threaded comment]"})
    add_rules(book)
    arrange(book)
    colour(book)
    return book.to_bytes()


def comment(book: WorkbookFile, cells: dict[tuple[int, int], str]) -> None:
    """Two notes with their boxes; the second is what old versions of Excel show of a thread."""
    package, source = book.package, book.part_of("Data")
    notes = "".join(
        f'<comment ref="{cell_name(*cell)}" authorId="0"><text><t>{said}</t></text></comment>'
        for cell, said in cells.items()
    )
    threads = "".join(
        f'<threadedComment ref="{cell_name(*list(cells)[1])}" personId="{{P}}" id="{{{n}}}"><text>{said}</text>'
        "</threadedComment>"
        for n, said in enumerate(("Is it real?", "It is."))
    )
    boxes = "".join(
        BOX.format(n=n, left=column + 1, top=row - 1, right=column + 3, bottom=row + 3, row=row, column=column)
        for n, (row, column) in enumerate(cells, 1025)
    )
    parts = {
        "xl/comments7.xml": (
            (
                f'<comments xmlns="{MAIN}"><authors><author>Ann</author></authors><commentList>{notes}</commentList>'
                "</comments>"
            ),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml",
            f"{KINDS}comments",
        ),
        "xl/threadedComments/threadedComment7.xml": (
            f'<ThreadedComments xmlns="{THREADS}">{threads}</ThreadedComments>',
            "application/vnd.ms-excel.threadedcomments+xml",
            "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment",
        ),
        "xl/drawings/vmlDrawing7.vml": (
            (
                '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">'
                f"{boxes}</xml>"
            ),
            "application/vnd.openxmlformats-officedocument.vmlDrawing",
            f"{KINDS}vmlDrawing",
        ),
    }
    for name, (content, declared, kind) in parts.items():
        package.replace(name, content.encode())
        declare(package, name, declared)
        arrow = add_relationship(package, source, kind, f"/{name}")
    insert(book, f'<legacyDrawing r:id="{arrow}"/>', "tableParts")


def add_rules(book: WorkbookFile) -> None:
    """A rule over the amounts, one over the first two deals, and a sparkline beside two deals."""
    data, first = book.table("tbl_deals"), place_of(book, FIRST)
    column = f"K{data.first_row + 1}:K{data.last_row + 1}"
    pair, top = Area(first, data.left, first + 1, data.left).name, cell_name(first, data.left)
    insert(
        book,
        f'<conditionalFormatting sqref="{column}"><cfRule type="expression" priority="90">'
        f"<formula>$K{data.first_row + 1}&gt;99999</formula></cfRule></conditionalFormatting>"
        f'<conditionalFormatting sqref="{pair}"><cfRule type="containsText" operator="containsText" text="00" '
        f'priority="91"><formula>NOT(ISERROR(SEARCH("00",{top})))</formula></cfRule></conditionalFormatting>',
        "dataValidations",
    )
    sparklines = "".join(
        f"<x14:sparkline><xm:f>Data!{column}</xm:f><xm:sqref>{cell_name(row, data.right + 2)}</xm:sqref>"
        "</x14:sparkline>"
        for row in (first, place_of(book, LAST))
    )
    insert(
        book,
        '<extLst><ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}" '
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        '<x14:sparklineGroups xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:sparklineGroup>'
        f"<x14:sparklines>{sparklines}</x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></extLst>",
        "",
    )


def insert(book: WorkbookFile, words: str, before: str) -> None:
    """Put sections into the sheet of deals, before another one."""
    tree = book.sheet_part("Data").changing_tree()
    space = f'xmlns="{MAIN}" xmlns:r="{KINDS.rstrip("/")}"'
    for element in parse(f"<worksheet {space}>{words}</worksheet>".encode(), "test").elements():
        tree.insert(element, frozenset({before}))


def arrange(book: WorkbookFile) -> None:
    """Print upright on A3, and hide the ninth column of the list."""
    tree = book.sheet_part("Data").changing_tree()
    page, columns = tree.child("pageSetup"), tree.child("cols")
    assert page is not None
    assert columns is not None
    page.attributes |= {"orientation": "portrait", "paperSize": "8"}
    for item in columns.elements("col"):
        if item.whole("min") == book.table("tbl_deals").left + 9:
            item.attributes["hidden"] = "1"


def colour(book: WorkbookFile) -> None:
    """Make the first cell of the second deal yellow."""
    assert book.styles is not None
    root = parse(book.package.read(book.styles.part), "styles")
    formats, fills = root.child("cellXfs"), root.child("fills")
    assert formats is not None
    assert fills is not None
    fill, pattern = fills.new("fill"), fills.new("patternFill", {"patternType": "solid"})
    pattern.children.append(fills.new("fgColor", {"rgb": YELLOW}))
    fill.children.append(pattern)
    fills.children.append(fill)
    usual = next(formats.elements("xf"))
    formats.children.append(formats.new("xf", {**usual.attributes, "fillId": str(len(list(fills.elements())) - 1)}))
    for block in (fills, formats):
        block.attributes["count"] = str(len(list(block.elements())))
    book.package.replace(book.styles.part, serialised(root))
    row = book.sheet_part("Data").changing_row(place_of(book, SECOND))
    row.cell(book.table("tbl_deals").left).attributes["s"] = str(len(list(formats.elements())) - 1)


def refreshed(rows: slice) -> tuple[WorkbookFile, tuple[str, ...]]:
    book = WorkbookFile.from_bytes(written_on())
    taken = take(book, deals(rows))
    return WorkbookFile.from_bytes(book.to_bytes()), taken.notes


@pytest.fixture(scope="module")
def turned() -> WorkbookFile:
    """After a refresh in which the same deals stand in the opposite order."""
    return refreshed(slice(None, None, -1))[0]


def test_a_comment_stays_with_its_deal(turned: WorkbookFile) -> None:
    first, last = place_of(turned, FIRST), place_of(turned, LAST)
    assert first > last
    assert dict(SheetComments(turned, "Data").texts()) == {(first, 2): "call them", (last, 3): "Is it real?\nIt is."}
    (vml,) = related(turned.package, turned.part_of("Data"), "vmlDrawing")
    boxes = turned.package.read(vml).decode()
    assert f"<x:Row>{first}</x:Row><x:Column>2</x:Column>" in boxes
    assert f"<x:Anchor>3, 15, {first - 1}, 2, 5, 15, {first + 3}, 4</x:Anchor>" in boxes


def test_a_comment_on_a_deal_that_is_gone_is_kept_as_a_text() -> None:
    book, notes = refreshed(slice(1, None))
    name = example_rows().rows[FIRST][0]
    rows = [row for row in book.read_table(LEFT_OVER) if row["Record"]]
    assert [(row["Record"], row["What stood there"]) for row in rows] == [(name, "call them")]
    assert str(rows[0]["Column"]).startswith("comment on ")
    assert "Left over" in notes[0]
    assert list(SheetComments(book, "Data").texts()) == [(place_of(book, LAST), 3)]
    (vml,) = related(book.package, book.part_of("Data"), "vmlDrawing")
    assert book.package.read(vml).count(b"<v:shape ") == 1


def test_a_coloured_cell_stays_with_its_deal(turned: WorkbookFile) -> None:
    data, yellow = turned.table("tbl_deals"), []
    fills = parse(turned.package.read("xl/styles.xml"), "styles").child("fills")
    formats = parse(turned.package.read("xl/styles.xml"), "styles").child("cellXfs")
    assert fills is not None
    assert formats is not None
    colours = [next((c.attributes.get("rgb") for c in fill.below("fgColor")), "") for fill in fills.elements("fill")]
    looks = [colours[one.whole("fillId")] for one in formats.elements("xf")]
    for number in range(data.first_row, data.last_row + 1):
        row = turned.sheet_part("Data").row(number)
        assert row is not None
        yellow += [(number, at) for at, cell in row.cells.items() if looks[cell.whole("s")] == YELLOW]
    assert yellow == [(place_of(turned, SECOND), data.left)]


def test_rules_and_sparklines_follow_what_they_are_about(turned: WorkbookFile) -> None:
    tree, data = turned.sheet_part("Data").tree, turned.table("tbl_deals")
    column = f"K{data.first_row + 1}:K{data.last_row + 1}"
    rules = {
        block.attributes["sqref"]: [f.text for f in block.below("formula")]
        for block in tree.below("conditionalFormatting")
    }
    assert rules[column] == [f"$K{data.first_row + 1}>99999"]
    both = sorted((place_of(turned, FIRST), place_of(turned, SECOND)))
    partly = Area(both[0], data.left, both[1], data.left).name
    assert partly in rules
    beside = {at.text: read.text for one in tree.below("sparkline") for at, read in [reversed(list(one.elements()))]}
    assert beside == {cell_name(place_of(turned, deal), data.right + 2): f"Data!{column}" for deal in (FIRST, LAST)}


def test_the_page_and_hidden_columns_stay_as_people_set_them(turned: WorkbookFile) -> None:
    tree, data = turned.sheet_part("Data").tree, turned.table("tbl_deals")
    page, columns = tree.child("pageSetup"), tree.child("cols")
    assert page is not None
    assert columns is not None
    assert (page.attributes["orientation"], page.attributes["paperSize"]) == ("portrait", "8")
    hidden = [item.whole("min") - 1 for item in columns.elements("col") if item.attributes.get("hidden") == "1"]
    assert hidden == [data.left + 8]


def test_the_file_stays_whole(turned: WorkbookFile) -> None:
    by_people = {"hidden things: Data has hidden rows or columns", "print setup: Data does not print in landscape"}
    assert set(lint(turned.to_bytes())) <= by_people
