"""The Refresh log: one line for each file of each refresh, with the counts of the file itself."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import refresh, refresh_book
from xlfunnel.templates.build import build
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.refresh_log import REFRESH_LOG

AS_OF = date(2026, 11, 13)
AT = datetime(2026, 11, 13, 9, 5, 7, tzinfo=timezone(timedelta(hours=1)))
HEADER = ["Opportunity ID", "Stage", "Amount", "Created Date", "Close Date"]
DEALS = "Opportunity ID,Stage,Amount,Created Date,Close Date\n1,Closed Won,5,2026-01-05,2026-02-01\n2,Zombie,5,,\n"


@cache
def blank_plan() -> bytes:
    return build("quarterly_plan", Edition.FORMULAS, BLANK)


def logged(book: Path) -> list[dict[str, object]]:
    return [row for row in WorkbookFile.open(book).read_table(REFRESH_LOG) if any(row.values())]


def test_each_refresh_adds_its_files_and_a_repeated_one_does_not(tmp_path: Path) -> None:
    book, deals = tmp_path / "plan.xlsx", tmp_path / "deals.csv"
    book.write_bytes(blank_plan())
    deals.write_text(DEALS, encoding="utf-8")
    refresh_book(Inputs((deals,), AS_OF, at=AT), book, book)
    once = book.read_bytes()
    (row,) = logged(book)
    assert row | {"Program": ""} == {
        "Refreshed at": "2026-11-13 09:05:07+01:00",
        "As of": 46339,
        "File": "deals.csv",
        "From": "Salesforce",
        "Records": "opportunities",
        "Read": 2,
        "Used": 1,
        "Set aside": 1,
        "Lines skipped": 0,
        "Definitions": "draft",
        "Program": "",
        "SHA-256 of the file": hashlib.sha256(DEALS.encode()).hexdigest(),
        "Set aside by rule": "1 unknown stage",
    }
    assert str(row["Program"]).startswith("xlfunnel ")
    refresh_book(Inputs((deals,), AS_OF, at=AT + timedelta(hours=1)), book, book)
    assert book.read_bytes() == once
    for number in range(4):  # more than the table has room for
        refresh_book(Inputs((deals,), AS_OF + timedelta(days=number + 1), at=AT), book, book)
    assert [row["As of"] for row in logged(book)] == [46339, 46340, 46341, 46342, 46343]


def test_a_new_dashboard_goes_on_with_the_log_of_the_one_that_it_replaces(tmp_path: Path) -> None:
    output, deals = tmp_path / "dash.xlsx", tmp_path / "deals.csv"
    deals.write_text(DEALS, encoding="utf-8")
    for day, hour in ((AS_OF, 9), (AS_OF, 10), (AS_OF + timedelta(days=1), 11)):
        refresh(Inputs((deals,), day, at=AT.replace(hour=hour)), output)
    assert [str(row["Refreshed at"])[11:13] for row in logged(output)] == ["09", "11"]


CELLS = {
    "id": st.sampled_from(["1", "2", "3", "", "x1"]),
    "stage": st.sampled_from(["Closed Won", "Closed Lost", "Proposal", "Zombie", ""]),
    "amount": st.sampled_from(["5", "0", "", "$1,200.50", "much"]),
    "created": st.sampled_from(["2026-01-05", "2026-02-30", "", "soon"]),
    "closed": st.sampled_from(["2026-03-01", "2027-01-01", ""]),
}
ROWS = st.lists(st.tuples(*CELLS.values()), min_size=1, max_size=12)


@settings(max_examples=8)
@given(ROWS, st.booleans())
def test_the_counts_are_those_of_the_file(rows: list[tuple[str, ...]], footer: bool) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([HEADER, *rows])
    if footer:
        writer.writerow(["Grand Totals (9 records)", "", "", "", ""])
    records = sum(any(row) for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        book, deals = Path(folder) / "plan.xlsx", Path(folder) / "deals.csv"
        book.write_bytes(blank_plan())
        deals.write_text(text.getvalue(), encoding="utf-8")
        done = refresh_book(Inputs((deals,), AS_OF), book, book)
        (row,) = logged(book)
    assert row["Read"] == records
    assert row["Used"] == done.report.files[0].used
    assert row["Set aside"] == len(done.report.set_aside) == records - int(str(row["Used"]).removesuffix(".0"))
    rules = str(row["Set aside by rule"] or "").split("; ")
    assert sum(int(one.split(" ")[0]) for one in rules if one) == row["Set aside"]
