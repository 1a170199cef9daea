"""The alignment dashboard as a template: formulas over totals, agreed beside actual, the review log, the records."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

import xlfunnel
from xlfunnel.metrics.outcomes import win_rate_interval
from xlfunnel.ooxml import engine
from xlfunnel.report import Measure, Report
from xlfunnel.templates.alignment_dashboard.example import EXAMPLE, example_report
from xlfunnel.templates.alignment_dashboard.filling import dashboard, dashboard_contents, write_dashboard
from xlfunnel.templates.alignment_dashboard.headlines import PLANS, headlines, named_measures
from xlfunnel.templates.alignment_dashboard.review_log import CALLS, REVIEW
from xlfunnel.templates.build import build
from xlfunnel.templates.contents import BLANK, Contents
from xlfunnel.templates.edition import Edition

if TYPE_CHECKING:
    from pathlib import Path

NAME = "alignment_dashboard"


def read(content: bytes, *, values: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=values)


def named(book: Any, name: str) -> Any:
    ((sheet, cell),) = book.defined_names[name].destinations
    return book[sheet][cell].value


def words(sheet: Any) -> list[str]:
    return [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


@pytest.fixture(scope="module", params=Edition)
def edition(request: pytest.FixtureRequest) -> Edition:
    chosen: Edition = request.param
    return chosen


@pytest.fixture(scope="module")
def content(edition: Edition) -> bytes:
    return build(NAME, edition)


@pytest.fixture(scope="module")
def report() -> Report:
    return example_report()


# -- the figures -----------------------------------------------------------------------------------------------------


def test_every_figure_of_the_workbook_is_that_of_the_report(content: bytes, report: Report) -> None:
    book = read(content)
    listed = named_measures(report)
    assert len(listed) == 20
    for name, measure in listed:
        assert measure.value is not None
        assert named(book, name) == pytest.approx(measure.value, rel=1e-9), name


def test_every_figure_that_the_catalogue_has_is_a_formula_with_our_function(report: Report) -> None:
    book = read(build(NAME, Edition.FUNCTIONS), values=False)
    for name, function in (
        ("kpi_mql_to_sql", "CONVERSION_RATE("),
        ("kpi_sql_to_opportunity", "CONVERSION_RATE("),
        ("kpi_velocity", "SALES_VELOCITY("),
        ("kpi_follow_up", "CONVERSION_RATE("),
        ("kpi_win_rate", "WIN_RATE("),
        ("kpi_loaded_cac", "FULLY_LOADED_CAC("),
        ("kpi_marketing_cac", "MARKETING_CAC("),
        ("kpi_acceptance_rate", "ACCEPTANCE_RATE("),
        ("kpi_coverage_needed_by_count", "COVERAGE_NEEDED("),
    ):
        assert function in named(book, name), name
    assert {name for name, _ in named_measures(report)} >= set(PLANS)


def test_the_figures_follow_from_the_totals_as_our_functions_compute_them(content: bytes) -> None:
    book = read(content)

    def total(name: str) -> float:
        return float(named(book, f"total_{name}"))

    average = total("won_revenue") / total("won_with_amount")
    won, lost, neither = total("won_deals"), total("lost_deals"), total("no_decision")
    rate = xlfunnel.win_rate(won, lost, neither)
    cycle = total("cycle_days") / total("closed_with_cycle")
    velocity = xlfunnel.sales_velocity(total("open_deals"), average, rate, cycle)
    assert named(book, "kpi_velocity") == pytest.approx(velocity, rel=1e-12)
    cac = xlfunnel.fully_loaded_cac(total("customers"), total("marketing_spend"), total("sales_cost"))
    assert named(book, "kpi_loaded_cac") == pytest.approx(cac, rel=1e-12)


def test_ranges_are_those_of_wilson(content: bytes) -> None:
    book = read(content)
    (line,) = [row for row in book["Figures"].iter_rows() if row[7].value == "kpi_mql_to_sql"]
    judged, advanced = named(book, "total_mqls_judged"), named(book, "total_mqls_to_sql")
    ((low, rate, high),) = win_rate_interval.function(int(advanced), int(judged), 0.95).rows
    assert [cell.value for cell in line[2:5]] == pytest.approx([rate, low, high], rel=1e-9)


def test_a_figure_that_does_not_say_what_it_is_made_of_stays_a_value(report: Report) -> None:
    bare = replace(report, mql_to_sql=replace(report.mql_to_sql, made_of={}))
    book = read(dashboard(bare), values=False)
    assert named(book, "kpi_mql_to_sql") == pytest.approx(report.mql_to_sql.value)
    assert str(named(book, "kpi_velocity")).startswith("=IF(")


def test_two_figures_that_disagree_about_a_total_are_not_computed_from_it(report: Report) -> None:
    other = replace(report.marketing_cac, made_of={"marketing_spend": 1.0, "customers": 37})
    found = headlines(replace(report, marketing_cac=other))
    assert [found.of(name).formula for name in ("loaded_cac", "marketing_cac")] == ["", ""]


@pytest.mark.parametrize("value", [None, 0.0])
def test_a_figure_without_a_denominator_is_a_dash(report: Report, value: float | None) -> None:
    none = Measure("MQL → SQL", report.mql_to_sql.unit, reason="No MQL is old enough.")
    made_of = {} if value is None else {"entered": value, "advanced": value}
    book = read(dashboard(replace(report, mql_to_sql=replace(none, made_of=made_of))))
    assert named(book, "kpi_mql_to_sql") == "–"
    assert "No MQL is old enough." in " ".join(words(book["Dashboard"])).replace("\n", " ")


def test_all_checks_pass_and_no_cell_holds_an_error(content: bytes) -> None:
    book = read(content)
    assert named(book, "checks_failing") == 0
    assert len([cell for cell in book["Checks"]["C"] if cell.value == "OK"]) > 25
    assert [c.coordinate for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "e"] == []


def test_a_front_page_that_differs_from_its_sheet_turns_the_light(report: Report) -> None:
    made_of = {**report.velocity.made_of, "open": report.velocity.made_of["open"] + 1}
    book = read(dashboard(replace(report, velocity=replace(report.velocity, made_of=made_of), supporting=())))
    assert named(book, "checks_failing") == 0  # without the win rate and the cycle velocity stays the report's value
    overdue = [replace(one, made_of={}) if "overdue" in one.name else one for one in report.supporting]
    wrong = replace(report, velocity=replace(report.velocity, made_of=made_of), supporting=tuple(overdue))
    assert named(read(dashboard(wrong)), "checks_failing") == 4  # stock and velocity, by source and by segment


# -- agreed beside actual --------------------------------------------------------------------------------------------


def test_what_was_agreed_stands_beside_what_was_measured(content: bytes, report: Report) -> None:
    book = read(content)
    rows = [[cell.value for cell in row[1:5]] for row in book["Dashboard"].iter_rows()]
    start = rows.index(["Promise", "Agreed", "Actual", "Kept"])
    assert rows[start + 1 : start + 5] == [
        ["MQLs, this quarter", 120, 111, "▲ not kept"],
        ["Contacted in time", 0.9, pytest.approx(report.follow_up.value), "▲ not kept"],
        ["First touch, hours", 4, pytest.approx(18.55), "▲ not kept"],
        ["Answers, days", 2, "–", "–"],
    ]
    assert named(book, "sla_follow_up_actual") == pytest.approx(report.follow_up.value)
    assert named(book, "sla_mqls_actual") == 111


def test_the_example_says_what_a_refresh_of_its_files_says(report: Report) -> None:
    found = dashboard_contents(report).fields
    usual = dashboard_contents(replace(report, definitions=type(report.definitions)())).fields
    chosen = {name: value for name, value in found.items() if value != usual[name]}
    assert {name: EXAMPLE.fields[name] for name in chosen} == chosen
    for name in ("quarter_start", "last_refresh", "currency"):
        assert EXAMPLE.fields[name] == found[name]


# -- the review log --------------------------------------------------------------------------------------------------


def reviewed(*actions: tuple[str, date | None, str]) -> Contents:
    """The example with these actions: what to do, until when, and whether it is done."""
    rows = [(date(2026, 9, 1), "CAC", "seen", "why", action, "Ann", due, done) for action, due, done in actions]
    return EXAMPLE.with_table(REVIEW, rows)


def test_open_actions_are_counted_and_the_first_four_stand_on_the_dashboard() -> None:
    contents = reviewed(
        ("one", date(2026, 9, 29), "no"),
        ("two", date(2026, 9, 1), "yes"),
        ("three", date(2026, 9, 30), ""),
        ("four", None, "no"),
        ("five", date(2026, 1, 1), "no"),
        ("six", date(2026, 12, 1), "no"),
    )
    book = read(build(NAME, Edition.FORMULAS, contents))
    assert (named(book, "review_open"), named(book, "review_overdue")) == (5, 2)
    front = book["Dashboard"]
    shown = [row for row in front.iter_rows() if row[7].value in {"one", "two", "three", "four", "five", "six"}]
    assert [row[7].value for row in shown] == ["one", "three", "four", "five"]
    assert [row[14].value for row in shown] == [
        datetime(2026, 9, 29),
        datetime(2026, 9, 30),
        None,
        datetime(2026, 1, 1),
    ]
    assert "What both heads do about it: 5 open actions, 2 overdue" in words(front)


def test_without_an_action_the_dashboard_asks_for_one() -> None:
    book = read(build(NAME, Edition.FORMULAS, reviewed()))
    assert "none: write them into the Review log" in words(book["Dashboard"])
    assert "What both heads do about it: 0 open actions" in words(book["Dashboard"])


def test_something_typed_under_the_log_turns_the_light() -> None:
    content = build(NAME, Edition.FORMULAS)
    book = openpyxl.load_workbook(io.BytesIO(content))
    log = book["Review log"]
    last = int(log.tables[REVIEW].ref.split(":")[1].lstrip("ABCDEFGHIJ"))
    log.cell(last + 2, 6, "an action that nobody would see")
    made = io.BytesIO()
    book.save(made)
    assert 1 in engine.results(made.getvalue())["Checks"].values()


def test_a_refresh_keeps_what_people_wrote(report: Report) -> None:
    held = Contents({"company": "Ours"}, {CALLS: ((date(2026, 9, 1), "Ann", "Acme", "Much"),)})
    book = read(dashboard(report, held=held))
    assert named(book, "company") == "Ours"
    assert "Much" in words(book["Review log"])
    assert named(book, "review_calls") == 1


# -- the records -----------------------------------------------------------------------------------------------------


def test_the_records_are_listed_in_tables(content: bytes, report: Report) -> None:
    book = read(content)
    assert report.data.table is not None
    assert report.lead_data.table is not None
    for sheet, table, section in (("Data", "tbl_deals", report.data), ("Lead data", "tbl_leads", report.lead_data)):
        rows = book[sheet][book[sheet].tables[table].ref]
        assert section.table is not None
        assert len(rows) - 1 == len(section.table.rows)
        assert [cell.value for cell in rows[1]][:4] == list(section.table.rows[0][:4])
    assert named(book, "deals_listed") == len(report.data.table.rows)
    assert named(book, "data_limit") == 50_000


def test_people_can_sort_the_records(content: bytes) -> None:
    book = read(content)
    loose = {sheet.title for sheet in book if not sheet.protection.sheet}
    assert loose == {"Records", "Data", "Lead data", "Set aside"}


# -- blank, and the file ---------------------------------------------------------------------------------------------


def test_the_blank_workbook_is_calm(edition: Edition) -> None:
    book = read(build(NAME, edition, BLANK))
    assert named(book, "checks_failing") == 0
    assert [c.coordinate for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "e"] == []
    assert all(named(book, name) == "–" for name in PLANS)
    assert all(named(book, f"total_{name}") is None for name in ("open_deals", "mqls_judged", "customers"))
    told = " ".join(words(book["By source"]))
    assert "run  xlfunnel refresh EXPORT --as-of DATE -o BOOK  in a terminal" in told
    assert ("Press Refresh" in told) is (edition is Edition.FUNCTIONS)
    assert book["Data"].tables == {}


def test_the_name_of_the_file_chooses_the_edition(tmp_path: Path, report: Report) -> None:
    for suffix, content in ((".xlsx", dashboard(report)), (".xlsm", dashboard(report, Edition.FUNCTIONS))):
        write_dashboard(report, tmp_path / f"book{suffix}")
        assert (tmp_path / f"book{suffix}").read_bytes() == content
    assert not [name for name in read((tmp_path / "book.xlsx").read_bytes()).sheetnames if "vba" in name.lower()]
    assert len(build(NAME, Edition.FUNCTIONS)) < 400_000
