"""What the capacity plan takes from a refresh: leads received in the weeks that are over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from xlfunnel.crm import read_exports
from xlfunnel.definitions import read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import Refreshed, refresh_book
from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.contents import Contents
from xlfunnel.templates.edition import Edition

EXAMPLE = TEMPLATES["capacity_plan"].example
LEADS = """\
Lead ID,Segment,Lead Source,Lead Owner,Lead Status,Create Date,MQL Date
L1,Small,Web,Mia,Open,2026-09-30,2026-10-01
L2,small,Web,mia,Open,2026-09-30,2026-10-07
L3,Middle,Web,John,Open,2026-09-30,2026-10-08
L4,Small,Web,Zoe,Open,2026-09-30,2026-10-14
L5,Giant,Web,Ben,Open,2026-09-30,2026-10-01
L6,Small,Web,Ben,Open,2026-09-30,2026-10-15
L7,Small,Web,Ben,Open,2026-09-01,2026-09-30
"""


def refreshed(folder: Path, contents: Contents, leads: str = LEADS) -> tuple[WorkbookFile, Refreshed]:
    book, path = folder / "capacity.xlsx", folder / "leads.csv"
    book.write_bytes(build("capacity_plan", Edition.FORMULAS, contents))
    path.write_text(leads, encoding="utf-8")
    done = refresh_book(Inputs((path,), date(2026, 10, 16)), book, book)
    return WorkbookFile.open(book), done


def received(file: WorkbookFile) -> list[object]:
    return [row["Leads received"] for row in file.read_table("Weeks")]


def test_weeks_by_hand(tmp_path: Path) -> None:
    file, done = refreshed(tmp_path, EXAMPLE)
    assert received(file) == [2, 2, *[None] * 11]
    assert [row["Leads"] for row in file.read_table("Weeks")][:4] == [2, 2, 35, 95]  # then those expected
    notes = done.taken.notes if done.taken else ()
    assert "Not on Segments, and so in no figure: Giant (1 leads)." in notes
    assert "Week 3 is not over on 2026-10-16: its leads (1 so far) are not on Calendar yet." in notes
    assert "Leads of this quarter by rep: Mia 2, Ben 1, John 1." in notes
    assert "Leads of owners who are not on Reps, or of nobody: 1." in notes
    shares = "Small 80.0 %, Middle 20.0 %, Large 0.0 %"
    assert f"Measured shares of leads this quarter: {shares}. Those that were entered stay." in notes
    assert [row["Share of leads"] for row in file.read_table("Segments")][:3] == [0.8, 0.15, 0.05]


def test_shares_that_nobody_entered_are_measured(tmp_path: Path) -> None:
    file, _ = refreshed(tmp_path, EXAMPLE.with_table("Segments", [("Small",), ("Middle",)]))
    assert [row["Share of leads"] for row in file.read_table("Segments")][:2] == [0.8, 0.2]


def test_without_the_day_of_an_mql_the_weeks_stay(tmp_path: Path) -> None:
    leads = "\n".join(line.rsplit(",", 1)[0] for line in LEADS.splitlines())
    file, done = refreshed(tmp_path, EXAMPLE, leads)
    assert received(file)[:4] == [55, 17, 33, 95]
    assert done.taken is not None
    assert any("do not say when each lead became an MQL" in note for note in done.taken.notes)


def test_without_segments_every_lead_counts(tmp_path: Path) -> None:
    lines = [line.split(",") for line in LEADS.splitlines()]
    file, _ = refreshed(tmp_path, EXAMPLE, "\n".join(",".join([line[0], *line[2:]]) for line in lines))
    assert received(file)[:2] == [3, 2]


@pytest.mark.parametrize(("crm", "edition"), [(Crm.SALESFORCE, Edition.FUNCTIONS), (Crm.HUBSPOT, Edition.FORMULAS)])
def test_weeks_equal_plain_pandas(tmp_path: Path, crm: Crm, edition: Edition) -> None:
    written = write_example(tmp_path, crm, 400, 11)
    agreed = read_definitions(written.definitions)
    book = tmp_path / f"capacity{edition.suffix}"
    book.write_bytes(build("capacity_plan", edition, EXAMPLE.with_fields(quarter_start=date(2026, 7, 1))))
    refresh_book(Inputs(written.exports, written.as_of, agreed), book, book)
    leads = read_exports(written.exports, written.as_of, agreed).leads
    assert leads is not None
    frame = leads.to_pandas()
    first, last = ((pd.Timestamp(day) - pd.Timestamp("1970-01-01")).days for day in ("2026-07-01", "2026-09-30"))
    mine = frame[frame["mql_day"].between(first, last) & frame["segment"].isin(["Small", "Middle", "Large"])]
    weeks = ((mine["mql_day"] - first) // 7 + 1).clip(upper=13).value_counts()
    assert received(WorkbookFile.open(book)) == [weeks.get(number, 0) for number in range(1, 14)]
