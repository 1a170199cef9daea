"""What a reader finds in the dashboard's cells."""

from __future__ import annotations

import io
import re
from dataclasses import fields, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from tests.workbooks.conftest import HOSTILE

from xlfunnel.catalog import CATALOG
from xlfunnel.crm.tables import Rule, SetAside
from xlfunnel.definitions import Definitions
from xlfunnel.report import Measure, Report, Section
from xlfunnel.table import Column, Table
from xlfunnel.templates.alignment_dashboard.filling import dashboard
from xlfunnel.templates.alignment_dashboard.headlines import HEADLINES
from xlfunnel.templates.alignment_dashboard.sheets import LOGS, SHEETS
from xlfunnel.templates.template import FIRST, LAST
from xlfunnel.units import Unit
from xlfunnel.workbooks.agreements import meaning
from xlfunnel.workbooks.book import DASH
from xlfunnel.workbooks.cell_text import cell_text
from xlfunnel.workbooks.tables import is_number

if TYPE_CHECKING:
    from collections.abc import Iterator

SHEET_OF = {
    "by_source": "By source",
    "by_segment": "By segment",
    "trend": "Trend",
    "stages": "Stages",
    "stage_conversion": "Stages",
    "lead_conversion": "Handoff",
    "lead_days": "Handoff",
    "follow_up_by_source": "Handoff",
    "untouched_by_age": "Handoff",
    "untouched_by_owner": "Handoff",
    "disqualified": "Disqualified",
    "recycled": "Handoff",
    "cac_by_channel": "CAC",
}


def read(report: Report, *, values: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(dashboard(report)), data_only=values)


def cells(sheet: Any) -> list[Any]:
    found = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    return [value.date() if isinstance(value, datetime) else value for value in found]


def words(sheet: Any) -> str:
    return "\n".join(value for value in cells(sheet) if isinstance(value, str))


def named(book: Any, name: str) -> Any:
    (place,) = book.defined_names[name].destinations
    return book[place[0]][place[1]]


def measures(report: Report) -> Iterator[tuple[str, Measure]]:
    return ((one, getattr(report, one)) for one in HEADLINES)


def sections(report: Report) -> Iterator[tuple[str, Section]]:
    found = ((one.name, getattr(report, one.name)) for one in fields(report))
    return ((name, value) for name, value in found if isinstance(value, Section))


def test_sheets_stand_in_order_and_the_book_opens_on_the_first_at_a1(book: Any) -> None:
    own = [name for name in SHEETS if name not in LOGS]
    assert book.sheetnames == [*FIRST, *own, "Checks", *LOGS, *(name for name in LAST if name != "Checks")]
    assert book.active.title == "Start"
    assert all(sheet.sheet_view.zoomScale in {None, 100} for sheet in book.worksheets)
    assert not any(sheet.sheet_view.showGridLines for sheet in book.worksheets)


def test_every_sheet_says_its_question_date_definitions_and_light(book: Any) -> None:
    for name, question in {**FIRST, **SHEETS, **LAST}.items():
        told = words(book[name])
        assert question in told
        assert "definitions 2026-Q3  ·  refreshed 30 Sep 2026" in told
        assert "✓ Checks pass" in told


@pytest.mark.parametrize("name", HEADLINES)
def test_every_headline_has_a_name_and_its_value_on_page_one(book: Any, report: Report, name: str) -> None:
    cell = named(book, f"kpi_{name}")
    assert cell.parent.title == "Dashboard"
    assert cell.value == pytest.approx(getattr(report, name).value)


def test_supporting_figures_have_names_too(book: Any, report: Report) -> None:
    assert named(book, "kpi_win_rate").value == pytest.approx(0.2376)
    assert named(book, "kpi_median_cycle_of_won_deals").value == 71
    assert named(book, "kpi_coverage_needed_by_value").value == DASH


def test_two_figures_of_one_name_get_two_names(report: Report) -> None:
    twice = replace(report, supporting=(report.supporting[0], replace(report.supporting[0], value=0.5)))
    book = read(twice)
    assert named(book, "kpi_win_rate").value == pytest.approx(0.2376)
    assert named(book, "kpi_win_rate_2").value == pytest.approx(0.5)


def test_no_name_is_a_worksheet_function_or_a_cell(book: Any) -> None:
    names = [name for name in book.defined_names if not name.startswith("_xlnm")]
    assert len(names) > len(HEADLINES)
    assert all(re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name) for name in names)
    assert not {name.upper() for name in names} & set(CATALOG)


def test_count_and_interval_stand_beside_the_figure(book: Any) -> None:
    told = words(book["Dashboard"])
    assert "n = 1,484 · 58.7–63.6 %" in told
    assert "n = 707 · 7,410–10.5K" in told


def test_stale_deals_are_totals_over_their_column(report: Report) -> None:
    formulas, values = read(report, values=False), read(report)
    assert named(values, "kpi_stale_deals").value == 34
    assert named(values, "kpi_stale_value").value == 530_250
    assert named(formulas, "kpi_stale_deals").value.startswith("=SUM(")


def test_every_value_of_every_table_stands_on_its_sheet(any_report: Report) -> None:
    book = read(any_report)
    for name, section in sections(any_report):
        if section.table is None or name == "velocity_by_source":
            continue
        shown = cells(book[SHEET_OF[name]])
        numbers = {round(float(value), 9) for value in shown if is_number(value)}
        texts = {value for value in shown if isinstance(value, str)}
        for row in section.table.rows:
            for cell in row:
                if isinstance(cell, str):
                    assert cell_text(cell) in texts
                elif isinstance(cell, date):
                    assert cell in shown
                elif is_number(cell):
                    assert round(float(cell), 9) in numbers


def test_every_number_of_a_row_stands_in_the_column_of_its_heading(book: Any, report: Report) -> None:
    table = report.by_source.table
    assert table is not None
    sheet = book["By source"]
    (head,) = [row for row in sheet.iter_rows() if row[1].value == "Source"]
    titles = {cell.value: cell.column for cell in head if cell.value}
    (webinar,) = [row for row in sheet.iter_rows(min_row=head[1].row) if row[1].value == "Webinar"]
    expected = dict(zip(table.header, table.rows[4], strict=True))
    for title, name in (
        ("Velocity per day, USD", "velocity per day"),
        ("Win rate", "win rate"),
        ("Average deal, USD", "average deal"),
        ("P90 cycle days", "p90 cycle days"),
    ):
        assert webinar[titles[title] - 1].value == pytest.approx(expected[name])


def test_page_one_shows_the_fastest_sources_first_and_the_total_last(book: Any) -> None:
    column = [cell.value for cell in book["Dashboard"]["B"]]
    first = column.index("Source") + 1
    assert column[first : first + 8] == [
        "Referral", "Outbound", "Organic Search", "Paid Search", "Webinar", "Trade Show", "(blank)", "Total",
    ]  # fmt: skip


def test_page_one_says_how_many_rows_it_leaves_out(report: Report) -> None:
    source = report.velocity_by_source
    assert source.table is not None
    long = replace(source.table, rows=source.table.rows[:6] * 3)
    shown = words(read(replace(report, velocity_by_source=replace(source, table=long)))["Dashboard"])
    assert "11 more on By source." in shown


def test_a_reason_stands_where_a_figure_is_missing(any_report: Report) -> None:
    book = read(any_report)
    front, figures = words(book["Dashboard"]).replace("\n", " "), words(book["Figures"])
    for name, measure in measures(any_report):
        if measure.value is None:
            assert measure.reason in front
            assert measure.reason in figures
            assert named(book, f"kpi_{name}").value == DASH
    for name, section in sections(any_report):
        if section.table is None and name in SHEET_OF:
            assert section.reason in words(book[SHEET_OF[name]])


def test_a_cell_without_a_value_is_a_dash_with_its_reason_below(book: Any) -> None:
    assert "–  Podcast: no customers came from it; its cost stays in the total." in words(book["CAC"])
    assert "–  (blank): no deal was won in the 365 days, so there is no average deal." in words(book["By source"])


def test_no_cell_shows_an_error_and_no_number_is_infinite(any_report: Report) -> None:
    for sheet in read(any_report).worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "e" for cell in row)
            assert all(is_number(cell.value) for cell in row if cell.data_type == "n" and cell.value is not None)


def formulas(book: Any) -> list[str]:
    found = [c.value for sheet in book.worksheets for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    return [formula if isinstance(formula, str) else formula.text for formula in found]


def test_no_text_of_an_export_becomes_a_formula_or_part_of_one(any_report: Report) -> None:
    found = formulas(read(any_report, values=False))
    assert len(found) > 100
    for text in HOSTILE:
        told = text[:12]
        assert told in {"TRUE", "#N/A"} or not [formula for formula in found if told in formula], text
    assert not [formula for formula in found if "HYPERLINK" in formula]


def test_definitions_show_every_setting_with_its_value(book: Any, report: Report) -> None:
    rows = {row[1].value: row for row in book["Import log"].iter_rows() if row[1].value}
    for name in Definitions.model_fields:
        assert rows[name][4].value == meaning(name)
    assert rows["version"][2].value == "2026-Q3"
    assert (rows["sla_hours"][2].value, rows["sla_hours"][3].value) == ("4.0", "agreed")
    assert (rows["stale_days"][2].value, rows["stale_days"][3].value) == ("180", "default")


def test_the_agreement_holds_the_settings_of_the_refresh(book: Any) -> None:
    assert named(book, "definitions_version").value == "2026-Q3"
    assert named(book, "definitions_agreed").value == datetime(2026, 7, 1)
    assert named(book, "set_sla_hours").value == 4
    assert named(book, "set_stale_days").value == 180


def test_every_setting_has_words() -> None:
    assert all(meaning(name) for name in Definitions.model_fields)


def test_the_log_accounts_for_every_record(book: Any, report: Report) -> None:
    rows = [[cell.value for cell in row] for row in book["Import log"].iter_rows()]
    (deals,) = [row for row in rows if row[1:4] == ["opportunities.csv", "Salesforce", "opportunities"]]
    assert deals[4:8] == [942, 921, 21, 4]
    assert deals[8] == report.files[0].sha256
    assert ["opportunities.csv", "same id as another record", 14] in [row[1:4] for row in rows]
    assert ["leads.csv", "mql", "MQL Date"] in [row[1:4] for row in rows]
    assert ["opportunities.csv", "Next Step"] in [row[1:3] for row in rows]
    assert ["opportunities.csv", "7 won deals have a blank amount."] in [row[1:3] for row in rows]


def test_every_record_set_aside_is_listed(book: Any, report: Report) -> None:
    shown = {tuple(cell.value for cell in row[1:6]) for row in book["Set aside"].iter_rows()}
    assert {(one.file, one.row, one.column, one.value, one.rule.value) for one in report.set_aside} <= shown


def test_a_long_list_of_records_set_aside_keeps_their_order_and_every_word(report: Report) -> None:
    texts = ("=1+1", "@SUM(A1)", "a < b & c", " two\nlines ", "", "plain")
    records = tuple(
        SetAside("deals.csv", number if number % 7 else f"id {number}", "Amount", text, Rule.UNREADABLE_AMOUNT, "n/a")
        for number, text in enumerate(texts * 60, start=2)
    )
    sheet = read(replace(report, set_aside=records))["Set aside"]
    below = sheet[sheet.tables["tbl_set_aside"].ref]
    listed = [tuple(cell.value or "" for cell in row) for row in below[1:]]
    told = [(one.file, one.row, one.column, one.value, one.rule.value, one.detail) for one in records]
    assert listed == [tuple(cell_text(one) if isinstance(one, str) else one for one in row) for row in told]
    assert {row[3].value: row[3].quotePrefix for row in below[1:]}["=1+1"]
    assert {row[3].data_type for row in below[1:]} <= {"s", "inlineStr", "n"}


@pytest.mark.parametrize("most", [4, 0])
def test_a_long_list_of_records_set_aside_ends_and_says_so(report: Report, most: int) -> None:
    book = read(replace(report, definitions=report.definitions.model_copy(update={"data_limit": most})))
    told = cells(book["Set aside"])
    assert f"The list ends after {most} records; Import log counts all of them, by file and rule." in told
    assert told.count("same id as another record") == most
    assert 21 - most in told
    assert named(book, "checks_failing").value == 0
    assert named(book, "set_data_limit").value == most


def test_checks_pass_and_count_their_failures(book: Any) -> None:
    results = [cell.value for cell in book["Checks"]["C"] if cell.value in {"OK", "differs"}]
    assert len(results) >= 10
    assert set(results) == {"OK"}
    assert named(book, "checks_failing").value == 0


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("used", "opportunities.csv: records read = used + set aside"),
        ("listed", "Set aside: records listed and not listed make all that were set aside"),
        ("total", "CAC, CAC by channel: the rows of “customers” add up to its total"),
    ],
)
def test_a_check_fails_when_the_figures_do_not_reconcile(report: Report, fault: str, told: str) -> None:
    broken = replace(report, **_broken(report, fault))
    book = read(broken)
    (row,) = [row for row in book["Checks"].iter_rows() if row[1].value == told]
    assert row[2].value == "differs"
    assert named(book, "checks_failing").value == 1
    assert "▲ A check fails: see Checks" in words(book["Dashboard"])


def _broken(report: Report, fault: str) -> dict[str, Any]:
    if fault == "used":
        return {"files": (replace(report.files[0], used=920), report.files[1])}
    if fault == "listed":
        return {"set_aside": report.set_aside[1:]}
    table = report.cac_by_channel.table
    assert table is not None
    rows = (("Organic Search", 58_000.0, 53, *table.rows[0][3:]), *table.rows[1:])
    return {"cac_by_channel": replace(report.cac_by_channel, table=replace(table, rows=rows))}


def test_a_chart_whose_column_is_missing_is_left_out_with_a_note(report: Report) -> None:
    table = report.by_source.table
    assert table is not None
    keep = [index for index, name in enumerate(table.header) if name != "win rate"]
    less = replace(
        table,
        columns=tuple(table.columns[index] for index in keep),
        rows=tuple(tuple(row[index] for index in keep) for row in table.rows),
    )
    book = read(replace(report, by_source=replace(report.by_source, table=less)))
    assert "A chart is left out: the table has no column “win rate”." in words(book["By source"])


@pytest.mark.parametrize("more", [0, 4, 12])
def test_tables_side_by_side_make_room_for_each_other(report: Report, more: int) -> None:
    table = report.follow_up_by_source.table
    assert table is not None
    extra = tuple(Column(f"extra {index}", Unit.COUNT) for index in range(more))
    wide = Table((*table.columns, *extra), tuple((*row, *range(more)) for row in table.rows))
    sheet = read(replace(report, follow_up_by_source=replace(report.follow_up_by_source, table=wide)))["Handoff"]
    follow_up, by_age = (
        sheet[sheet.tables[f"tbl_{name}"].ref] for name in ("follow_up_by_source", "untouched_by_age")
    )
    assert len(follow_up[0]) == len(table.columns) + more
    assert by_age[0][0].column > follow_up[0][-1].column + 1
    assert [cell.value for cell in by_age[0]] == ["Age", "Leads"]
