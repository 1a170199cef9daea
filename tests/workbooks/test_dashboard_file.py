"""What the dashboard's file is made of: parts, charts, print setup, properties, and text that stays text."""

from __future__ import annotations

import io
import re
import zipfile
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from defusedxml.ElementTree import fromstring

from xlfunnel.templates.alignment_dashboard.filling import dashboard
from xlfunnel.templates.alignment_dashboard.sheets import SHEETS
from xlfunnel.workbooks.cell_text import cell_text

if TYPE_CHECKING:
    from xlfunnel.report import Report

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def charts(content: bytes) -> list[tuple[str, Any]]:
    """Title and XML of each chart."""
    found = []
    for name, part in parts(content).items():
        if name.startswith("xl/charts/chart"):
            root = fromstring(part)
            title = root.find(f".//{CHART}title")
            kept = (
                [one.text or "" for one in title.iter() if one.tag in {TEXT, f"{CHART}v"}]
                if title is not None
                else []
            )
            found.append(("".join(kept), root))
    return found


def test_the_same_report_gives_the_same_parts(report: Report, content: bytes) -> None:
    again = dashboard(report)
    assert parts(again) == parts(content)
    assert again == content


def test_every_part_is_well_formed(any_report: Report) -> None:
    for name, part in parts(dashboard(any_report)).items():
        if name.endswith((".xml", ".rels")):
            fromstring(part)


def test_every_chart_has_a_title_with_its_unit_and_words_for_those_who_cannot_see_it(content: bytes) -> None:
    titles = [title for title, _ in charts(content)]
    assert "Velocity by lead source, USD per day" in titles
    assert titles.count("Velocity by month, USD per day, with its 95 % range") == 2
    assert titles.count("How many leads entered each step") == 1
    assert "Open deals by stage, USD: all (light), over 180 days in it (orange)" in titles
    assert all(titles)
    told = [
        frame.attrib.get("descr", "")
        for name, part in parts(content).items()
        if name.startswith("xl/drawings/drawing")
        for frame in fromstring(part).iter(f"{DRAWING}cNvPr")
    ]
    assert len(told) == len(titles)
    assert all(len(words) > 40 for words in told)
    assert any("Referral: 3,374" in words for words in told)


def test_charts_draw_ranges_of_the_workbook(content: bytes, book: Any) -> None:
    seen = 0
    for _, root in charts(content):
        for labels, values in zip(root.iter(f"{CHART}cat"), root.iter(f"{CHART}val"), strict=True):
            places = [(one.text or "").replace("$", "") for ref in (labels, values) for one in ref.iter(f"{CHART}f")]
            tables = [table for table in book["Chart data"].tables.values() if _draws(table.ref, places)]
            assert len(tables) == 1, places
            seen += 1
    assert seen > 20


def _draws(table: str, places: list[str]) -> bool:
    """Whether a series draws all rows of a table: then it follows when the table grows."""
    whole = openpyxl.worksheet.cell_range.CellRange(table)
    drawn = [openpyxl.worksheet.cell_range.CellRange(place.rsplit("!", 1)[1]) for place in places]
    rows = {(one.min_row, one.max_row) for one in drawn}
    return rows == {(whole.min_row + 1, whole.max_row)} and all(one.issubset(whole) for one in drawn)


def test_bars_begin_at_zero(content: bytes) -> None:
    for title, root in charts(content):
        lows = [low.attrib["val"] for axis in root.iter(f"{CHART}valAx") for low in axis.iter(f"{CHART}min")]
        assert lows == ([] if title.startswith("What each source added") else ["0"]), title


def test_a_missing_bar_is_a_blank_cell(book: Any) -> None:
    """A dash would be drawn as a bar of no length, with 0 beside it."""
    sheet = book["Chart data"]
    rows = list(sheet[sheet.tables["tbl_drawn_cac"].ref])
    assert [cell.value for cell in rows[5]] == ["Podcast", None, None]


def test_a_report_without_figures_has_no_charts(any_report: Report) -> None:
    nothing = any_report.by_source.table is None
    assert (not charts(dashboard(any_report))) is nothing


def test_hostile_text_is_text(any_report: Report) -> None:
    content = dashboard(any_report)
    book = openpyxl.load_workbook(io.BytesIO(content))
    table = any_report.by_source.table
    if table is None:
        return
    column = {cell.value: cell for cell in book["By source"]["B"]}
    for row in table.rows:
        shown = cell_text(str(row[0]))
        assert column[shown].data_type == "s"
        if shown.startswith(("=", "+", "-", "@")):
            assert column[shown].quotePrefix
    made = parts(content)
    assert not any("hyperlink" in part.decode() for name, part in made.items() if name.endswith(".rels"))
    sheets = b"".join(part for name, part in made.items() if name.startswith("xl/worksheets"))
    links = re.findall(rb"<hyperlink [^>]*>", sheets)
    assert len(links) == len(book.sheetnames) - 1  # from Start to every other sheet, and nowhere else
    assert all(b" location=" in link and b"r:id" not in link for link in links)


def test_properties_say_which_template_and_version_made_it(content: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content))
    said = {prop.name: prop.value for prop in book.custom_doc_props.props}
    program = f"xlfunnel {version('xlfunnel')}"
    assert said == {
        "xlfunnel": "alignment_dashboard",
        "xlfunnel version": program,
        "xlfunnel definitions": "2026-Q3",
        "xlfunnel edition": "formulas",
    }
    assert book.properties.created.date().isoformat() == "2026-09-30"


def printed_width(sheet: Any) -> float:
    """Points that the printed columns take at the sheet's own scale; a landscape page of Letter has 734 for them."""
    area = openpyxl.worksheet.cell_range.CellRange(sheet.print_area.rsplit("!", 1)[-1].replace("$", ""))
    wide: dict[int, float] = {}
    for one in sheet.column_dimensions.values():  # a run of equal columns is written once
        wide |= dict.fromkeys(range(one.min, one.max + 1), one.width * 7)  # a file's width has the edges in it
    pixels = sum(wide.get(column, 64) for column in range(area.min_col, area.max_col + 1))
    return float(pixels * 0.75 * (sheet.page_setup.scale or 100) / 100)


@pytest.mark.parametrize("name", SHEETS)
def test_every_sheet_prints_landscape_one_page_wide_with_its_footer(content: bytes, name: str) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(content))[name]
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.fitToWidth in {None, 1}
    assert sheet.sheet_properties.pageSetUpPr.fitToPage or printed_width(sheet) <= 730
    assert sheet.print_area
    assert sheet.print_title_rows
    assert sheet.freeze_panes
    assert sheet.oddFooter.left.text.endswith("Alignment dashboard · &A")
    assert "Definitions 2026-Q3" in sheet.oddFooter.right.text


def test_the_dashboard_is_one_page(content: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Dashboard"]
    assert sheet.page_setup.fitToHeight in {None, 1}


def test_tables_have_unique_headings_that_equal_their_cells(any_report: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(dashboard(any_report)))
    seen: set[str] = set()
    for sheet in book.worksheets:
        for table in sheet.tables.values():
            assert table.name not in seen
            seen.add(table.name)
            first = sheet[table.ref][0]
            names = [column.name for column in table.tableColumns]
            assert [cell.value for cell in first] == names
            assert len({name.lower() for name in names}) == len(names)
            assert not re.search(r"Total", str(sheet[table.ref][-1][0].value))
            assert not (set(sheet.merged_cells.ranges) and _overlaps(sheet, table.ref))


def _overlaps(sheet: Any, ref: str) -> bool:
    area = openpyxl.worksheet.cell_range.CellRange(ref)
    return any(not area.isdisjoint(merged) for merged in sheet.merged_cells.ranges)
