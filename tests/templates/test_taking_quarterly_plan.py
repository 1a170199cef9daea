"""What the quarterly plan takes from a refresh: a small export that anyone can count, and an example by pandas."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from xlfunnel.crm import read_exports
from xlfunnel.crm.tables import Exports
from xlfunnel.definitions import Definitions, read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import Refreshed, refresh_book
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.contents import Contents
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.quarterly_plan.pace_sheet import week_of, worked

AS_OF = date(2026, 11, 13)
"""In the seventh week of the example's quarter, which begins on 2026-10-01."""

DEALS = """\
Opportunity ID,Opportunity Name,Segment,Lead Source,Amount,Created Date,Close Date,Stage
1,A,Small,Web,10000,2026-08-01,2026-10-05,Closed Won
2,B,Small,Web,20000,2026-08-01,2026-09-20,Closed Won
3,C,small,Web,8000,2026-08-11,2026-10-20,Closed Lost
4,D,Small,Web,5000,2026-10-02,2026-12-01,Proposal
5,E, MIDDLE ,Event,40000,2026-07-01,2026-11-13,Closed Won
6,F,Giant,Event,900000,2026-07-01,2026-12-31,Proposal
7,G,Small,Web,,2026-10-03,2026-12-01,Proposal
"""
LEADS = """\
Lead ID,Segment,Lead Source,Lead Owner,Lead Status,Create Date,MQL Date,First Touch Date,Converted Opportunity ID
L1,Small,Web,Mia,Open,2026-09-30,2026-10-01,2026-10-02,
L2,Small,Web,Mia,Open,2026-09-30,2026-10-07,2026-10-08,
L3,small,Web,Ben,Open,2026-09-30,2026-10-08,,
L4,Middle,Web,Ben,Open,2026-09-30,2026-11-12,2026-11-12,
L5,Giant,Web,Ben,Open,2026-09-30,2026-10-01,2026-10-01,
L6,Small,Web,Ben,Open,2026-09-01,2026-09-30,2026-10-01,
L7,Small,Web,Ben,Converted,2026-08-01,2026-08-20,2026-08-21,1
L8,Small,Web,Ben,Converted,2026-08-01,2026-08-01,2026-08-02,2
"""


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refreshed(
    folder: Path, exports: tuple[Path, ...], contents: Contents | None = None, as_of: date = AS_OF
) -> tuple[WorkbookFile, Refreshed]:
    book, output = folder / "plan.xlsx", folder / "new.xlsx"
    book.write_bytes(build("quarterly_plan", Edition.FORMULAS, contents))
    done = refresh_book(Inputs(exports, as_of, Definitions(currency="USD")), book, output)
    return WorkbookFile.open(output), done


def by_segment(file: WorkbookFile, table: str) -> dict[str, dict[str, Any]]:
    return {str(row["Segment"]): row for row in file.read_table(table) if row["Segment"]}


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> tuple[WorkbookFile, Refreshed]:
    folder = tmp_path_factory.mktemp("counted")
    return refreshed(folder, (put(folder, "deals.csv", DEALS), put(folder, "leads.csv", LEADS)))


def test_deals_of_each_segment_by_hand(counted: tuple[WorkbookFile, Refreshed]) -> None:
    segments, rates = by_segment(counted[0], "Segments"), by_segment(counted[0], "Rates")
    small, middle = segments["Small"], segments["Middle"]
    assert small["Measured deal"] == (10_000 + 20_000) / 2
    assert (small["Booked"], small["Deals won"]) == (10_000, 1)  # the other one was won before the quarter
    assert (small["Open pipeline"], small["Open deals"]) == (5_000, 2)  # one of them has no amount
    assert (middle["Booked"], middle["Deals won"], middle["Open deals"]) == (40_000, 1, 0)
    assert rates["Small"]["Measured Win rate by value"] == pytest.approx(30_000 / 38_000)
    assert small["Measured cycle"] == (46 + 50) / 2  # from MQL: 20 August to 5 October, 1 August to 20 September


def test_weeks_that_are_over_by_hand(counted: tuple[WorkbookFile, Refreshed]) -> None:
    file, _ = counted
    received = by_segment(file, "Received")
    weeks = [week_of(number) for number in range(1, 14)]
    assert [received["Small"][week] for week in weeks] == [2, 1, 0, 0, 0, 0, *[None] * 7]
    assert [received["Middle"][week] for week in weeks] == [*[0] * 6, *[None] * 7]
    assert [file.read_name(worked(number)) for number in range(1, 14)] == [1, 1, 0, 0, 0, 0, *[None] * 7]
    assert file.read_name("pace_received") == 3 + 14  # with the 14 of Large, which the exports do not have


def test_what_has_no_place_is_named_and_counted(counted: tuple[WorkbookFile, Refreshed]) -> None:
    notes = "\n".join(counted[1].taken.notes) if counted[1].taken else ""
    assert "Not on Segments, and so in no figure: Giant (1 deals)." in notes
    assert "Not on Segments, and so in no figure: Giant (1 leads)." in notes
    assert "No deals in the exports, and so as it was: Large." in notes
    assert "Open deals without an amount, counted and worth nothing: 1." in notes
    assert "Week 7 is not over on 2026-11-13: its MQLs (1 so far) are not on Pace yet." in notes


def test_what_was_agreed_and_what_the_exports_do_not_know_stays(counted: tuple[WorkbookFile, Refreshed]) -> None:
    before = WorkbookFile.from_bytes(build("quarterly_plan", Edition.FORMULAS))
    for table in ("Segments", "Rates"):
        old, new = by_segment(before, table), by_segment(counted[0], table)
        assert old["Large"] == new["Large"]
        agreed = [name for name in before.input_columns(table) if not name.startswith("Measured")]
        measured = {"Booked", "Deals won", "Open pipeline", "Open deals"}
        for name in set(agreed) - measured:
            assert old["Small"][name] == new["Small"][name]


def test_without_leads_their_cells_stay(tmp_path: Path) -> None:
    file, done = refreshed(tmp_path, (put(tmp_path, "deals.csv", DEALS),))
    assert by_segment(file, "Received")["Small"][week_of(1)] == 36  # as in the example
    assert by_segment(file, "Segments")["Small"]["Measured cycle"] == 34
    assert by_segment(file, "Segments")["Small"]["Booked"] == 10_000
    assert done.taken is not None
    assert any(note.startswith("No export of leads was read") for note in done.taken.notes)


def test_without_segments_nothing_is_guessed(tmp_path: Path) -> None:
    deals = "\n".join(",".join(line.split(",")[:2] + line.split(",")[3:]) for line in DEALS.splitlines())
    file, done = refreshed(tmp_path, (put(tmp_path, "deals.csv", deals),))
    before = WorkbookFile.from_bytes(build("quarterly_plan", Edition.FORMULAS))
    assert by_segment(file, "Segments") == by_segment(before, "Segments")
    assert done.taken is not None
    assert any("do not say the segment of each deal" in note for note in done.taken.notes)


def test_before_the_quarter_nothing_is_booked(tmp_path: Path) -> None:
    exports = (put(tmp_path, "deals.csv", DEALS), put(tmp_path, "leads.csv", LEADS))
    file, done = refreshed(tmp_path, exports, as_of=date(2026, 9, 30))
    small = by_segment(file, "Segments")["Small"]
    assert (small["Booked"], small["Deals won"]) == (0, 0)
    assert small["Open deals"] == 2  # those that close in October; the ones created later are not there yet
    assert by_segment(file, "Received")["Small"][week_of(1)] is None
    assert done.taken is not None
    assert any("after the day of the figures: Pace is blank" in note for note in done.taken.notes)


# -- the example beside plain pandas -------------------------------------------------------------------------------


def days(table: Any) -> Any:
    """A canonical table as pandas has it, with the days as numbers and blanks as nothing."""
    return table.to_pandas()


@pytest.fixture(scope="module", params=list(Crm))
def example(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[WorkbookFile, Exports, Definitions, date]:
    folder = tmp_path_factory.mktemp("example")
    written = write_example(folder, Crm(request.param), 600, 11)
    agreed = read_definitions(written.definitions)
    edition = Edition.FUNCTIONS if request.param is Crm.HUBSPOT else Edition.FORMULAS
    book = folder / f"plan{edition.suffix}"
    contents = TEMPLATES["quarterly_plan"].example.with_fields(quarter_start=date(2026, 7, 1))
    book.write_bytes(build("quarterly_plan", edition, contents))
    refresh_book(Inputs(written.exports, written.as_of, agreed), book, book)
    exports = read_exports(written.exports, written.as_of, agreed)
    return WorkbookFile.open(book), exports, agreed, written.as_of


def test_deals_equal_plain_pandas(example: tuple[WorkbookFile, Exports, Definitions, date]) -> None:
    file, exports, agreed, as_of = example
    deals = days(exports.opportunities)
    today = (pd.Timestamp(as_of) - pd.Timestamp("1970-01-01")).days
    deals = deals[deals["counted"] & ((deals["status"] != "open") | deals["qualified"])]
    ended = deals[(deals["status"] != "open") & (deals["closed_day"] <= today)]
    window = ended[ended["closed_day"] > today - 365]
    quarter = ended[ended["closed_day"] >= (pd.Timestamp("2026-07-01") - pd.Timestamp("1970-01-01")).days]
    assert agreed.window == 365
    for name, row in by_segment(file, "Segments").items():
        mine = {key: frame[frame["segment"] == name] for key, frame in (("window", window), ("quarter", quarter))}
        won = {key: frame[frame["status"] == "won"] for key, frame in mine.items()}
        standing = deals[(deals["segment"] == name) & (deals["status"] == "open")]
        assert row["Measured deal"] == pytest.approx(won["window"]["amount"].mean())
        assert row["Booked"] == pytest.approx(won["quarter"]["amount"].sum())
        assert row["Deals won"] == len(won["quarter"])
        assert row["Open deals"] == len(standing)
        assert row["Open pipeline"] == pytest.approx(standing["amount"].sum())
        by_value = won["window"]["amount"].sum() / mine["window"]["amount"].sum()
        assert by_segment(file, "Rates")[name]["Measured Win rate by value"] == pytest.approx(by_value)


def test_weeks_equal_plain_pandas(example: tuple[WorkbookFile, Exports, Definitions, date]) -> None:
    file, exports, _, as_of = example
    leads = days(exports.leads)
    first = (pd.Timestamp("2026-07-01") - pd.Timestamp("1970-01-01")).days
    last = (pd.Timestamp(as_of) - pd.Timestamp("1970-01-01")).days
    mine = leads[(leads["mql_day"] >= first) & (leads["mql_day"] <= last)]
    week = ((mine["mql_day"] - first) // 7 + 1).clip(upper=13)
    for name, row in by_segment(file, "Received").items():
        counts = week[mine["segment"] == name].value_counts()
        assert [row[week_of(n)] for n in range(1, 14)] == [counts.get(n, 0) for n in range(1, 14)]


def test_rates_are_those_of_the_dashboard_for_each_segment(
    example: tuple[WorkbookFile, Exports, Definitions, date],
) -> None:
    """A young MQL does not count; the rate lies within what all MQLs and those long past give."""
    file, exports, _, as_of = example
    leads = days(exports.leads)
    today = (pd.Timestamp(as_of) - pd.Timestamp("1970-01-01")).days
    later = leads[["sql_day", "opportunity_day", "won_day"]]
    passed = (later <= today).any(axis=1)
    for name, row in by_segment(file, "Rates").items():
        mine = (leads["segment"] == name) & (leads["mql_day"] <= today)
        lags = (leads["sql_day"] - leads["mql_day"])[mine & (leads["sql_day"] >= leads["mql_day"])]
        old = mine & (leads["mql_day"] <= today - lags[leads["sql_day"] <= today].quantile(0.9) + 1e-9)
        assert row["Measured MQL to SQL"] == pytest.approx(passed[old].mean())


def test_stages_of_deals_are_measured_where_the_exports_date_them(
    example: tuple[WorkbookFile, Exports, Definitions, date],
) -> None:
    file, exports, _, _ = example
    columns = ("Opportunity to proposal", "Proposal to contracting", "Contracting to deal")
    for row in by_segment(file, "Rates").values():
        rates = [row[f"Measured {column}"] for column in columns]
        if exports.stage_dates is None or not exports.stage_dates.num_rows:
            assert rates == [None, None, None]
        else:
            assert all(0 < rate < 1 for rate in rates)
