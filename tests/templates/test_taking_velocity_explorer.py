"""What the velocity explorer takes from a refresh: the last twelve months, as dashboard and pandas have them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from xlfunnel.crm import read_exports
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.errors import MetricError
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import Refreshed, refresh_book
from xlfunnel.segments.tables import ExportTables
from xlfunnel.templates.build import build
from xlfunnel.templates.contents import BLANK, Contents
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.quarter_days import day_of_serial

DEALS = """\
Opportunity ID,Opportunity Name,Segment,Lead Source,Amount,Created Date,Close Date,Stage
1,A,Small,Web,10000,2026-08-02,2026-09-01,Closed Won
2,B,Small,Web,30000,2026-08-02,2026-10-01,Closed Won
3,C,Small,Web,8000,2026-08-01,2026-09-30,Closed Lost
4,D,Middle,Web,5000,2026-10-02,2026-12-01,Proposal
"""
LEVERS = ("Open opportunities", "Won", "Lost", "Average deal", "Cycle days", "Deal spread", "Cycle spread")


def refreshed(
    folder: Path, contents: Contents, edition: Edition = Edition.FORMULAS
) -> tuple[WorkbookFile, Refreshed]:
    book = folder / f"velocity{edition.suffix}"
    book.write_bytes(build("velocity_explorer", edition, contents))
    deals = folder / "deals.csv"
    deals.write_text(DEALS, encoding="utf-8")
    done = refresh_book(Inputs((deals,), date(2026, 10, 15)), book, book)
    return WorkbookFile.open(book), done


def periods(file: WorkbookFile) -> list[str]:
    return [str(row["Period"]) for row in file.read_table("Periods") if row["Period"]]


def test_months_by_hand(tmp_path: Path) -> None:
    file, done = refreshed(tmp_path, BLANK)
    assert periods(file) == ["2026-08", "2026-09", "2026-10"]
    august, september, october = file.read_table("Periods")[:3]
    assert [august[name] for name in LEVERS] == [3, 0, 0, None, None, None, None]
    assert [september[name] for name in LEVERS] == [1, 1, 1, 10_000, 45, None, pytest.approx(450**0.5)]
    assert [october[name] for name in LEVERS] == [
        1, 2, 1, 20_000, 50, pytest.approx(200_000_000**0.5), pytest.approx(300**0.5),
    ]  # fmt: skip
    assert october["Velocity"] == pytest.approx(1 * 20_000 * (2 / 3) / 50)
    assert {october["Comes from"], september["Comes from"]} == {"measured"}
    assert day_of_serial(float(str(september["Since"]))) == date(2026, 9, 30)
    assert day_of_serial(float(str(october["Since"]))) == date(2026, 10, 15)
    assert done.taken is not None
    assert any("Without an average deal or a cycle: 2026-08" in note for note in done.taken.notes)


def test_other_periods_stay_and_months_come_in_order(tmp_path: Path) -> None:
    older = ("2026-07", 5, 2, 3, None, 900, 50, 40, 20, "estimated", date(2026, 7, 31))
    later = ("2026-09", 6, 2, 3, None, 900, 50, 40, 20, "estimated", date(2026, 9, 30))
    file, _ = refreshed(tmp_path, BLANK.with_table("Periods", [older, later]))
    assert periods(file) == ["2026-07", "2026-08", "2026-09", "2026-10"]
    table = file.read_table("Periods")
    assert [table[0][name] for name in LEVERS] == [5, 2, 3, 900, 40, 50, 20]
    assert (table[0]["Comes from"], table[2]["Comes from"]) == ("estimated", "measured")
    assert table[2]["Average deal"] == 10_000


def test_periods_of_other_names_are_not_moved(tmp_path: Path) -> None:
    quarter = ("2026-Q2", 5, 2, 3, None, 900, 50, 40, 20, "estimated", date(2026, 6, 30))
    month = ("2026-09", 6, 2, 3, None, 900, 50, 40, 20, "estimated", date(2026, 9, 30))
    file, done = refreshed(tmp_path, BLANK.with_table("Periods", [quarter, month]))
    assert periods(file) == ["2026-Q2", "2026-09", "2026-08", "2026-10"]
    assert done.taken is not None
    assert any("bring the rows into their order in time" in note for note in done.taken.notes)


def test_tables_that_follow_grow_with_the_periods(tmp_path: Path) -> None:
    names = [f"202{year}-{month:02}" for year in (4, 5) for month in range(1, 13)]
    held = [(name, 5, 2, 3, None, 900, 50, 40, 20, "estimated", date(2026, 1, 1)) for name in names]
    file, _ = refreshed(tmp_path, BLANK.with_table("Periods", held))
    assert periods(file) == [*names, "2026-08", "2026-09", "2026-10"]
    assert file.table("Uncertainty").rows == file.table("Periods").rows
    assert file.read_table("Uncertainty")[26]["Period"] == "2026-10"


@pytest.mark.parametrize(("crm", "edition"), [(Crm.SALESFORCE, Edition.FUNCTIONS), (Crm.HUBSPOT, Edition.FORMULAS)])
def test_months_equal_the_dashboard_and_plain_pandas(tmp_path: Path, crm: Crm, edition: Edition) -> None:
    written = write_example(tmp_path, crm, 600, 11)
    agreed = read_definitions(written.definitions)
    book = tmp_path / f"velocity{edition.suffix}"
    book.write_bytes(build("velocity_explorer", edition))
    refresh_book(Inputs(written.exports, written.as_of, agreed), book, book)
    table = WorkbookFile.open(book).read_table("Periods")
    exports = read_exports(written.exports, written.as_of, agreed)
    trend = build_report(ExportTables(exports), written.as_of, agreed).trend.table
    assert trend is not None
    theirs = {row[0]: dict(zip(trend.header, row, strict=True)) for row in trend.rows}
    deals = exports.opportunities
    assert deals is not None
    ended = deals.to_pandas().query("counted and status != 'open'")
    mine = [row for row in table if row["Period"] in theirs]
    assert len(mine) == 12
    for row in mine:
        other = theirs[row["Period"]]
        pairs = {"Open opportunities": "open", "Won": "won", "Lost": "lost", "No decision": "no decision"}
        pairs |= {"Average deal": "average deal", "Cycle days": "cycle days", "Velocity": "velocity per day"}
        for ours, name in pairs.items():
            assert not isinstance(other[name], MetricError)
            assert row[ours] == pytest.approx(other[name]), (row["Period"], ours)
        day = (pd.Timestamp(day_of_serial(float(str(row["Since"])))) - pd.Timestamp("1970-01-01")).days
        window = ended[(ended["closed_day"] <= day) & (ended["closed_day"] > day - 365)]
        won = window[window["status"] == "won"]
        cycles = (window["closed_day"] - window["created_day"])[window["closed_day"] >= window["created_day"]]
        assert row["Deal spread"] == pytest.approx(won["amount"].std())
        assert row["Cycle spread"] == pytest.approx(cycles.std())
