"""Which records each figure counts: every figure of an export is found again from its records."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pytest

from xlfunnel.crm import read_exports
from xlfunnel.crm.costs import read_people, read_spend
from xlfunnel.crm.tables import Kind
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import read_definitions
from xlfunnel.demo import Crm, write_example
from xlfunnel.report import Measure, Report
from xlfunnel.segments.counting import Counting, Part, marked, numbered
from xlfunnel.segments.frames import Engine, frame_of
from xlfunnel.segments.record_list import HEADINGS
from xlfunnel.segments.tables import ExportTables

Rows = list[dict[str, Any]]


@cache
def report_of(crm: Crm, kept: int | None = None) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        example = write_example(Path(folder), crm, 150, 8)
        agreed = read_definitions(example.definitions)
        exports = read_exports(example.exports[:kept], example.as_of, agreed)
        spend, people = read_spend(example.spend), read_people(example.people)
        return build_report(ExportTables(exports), example.as_of, agreed, spend, people)


# -- a figure from its records ---------------------------------------------------------------------------------------


def share(word: str) -> Callable[[Rows, str], float]:
    return lambda rows, column: sum(row[column] == word for row in rows) / len(rows)


def mean(value: str) -> Callable[[Rows, str], float]:
    return lambda rows, _: statistics.fmean(row[value] for row in rows)


def quantile(value: str, level: float) -> Callable[[Rows, str], float]:
    return lambda rows, _: float(np.quantile([row[value] for row in rows], level))


def money_share(word: str) -> Callable[[Rows, str], float]:
    def found(rows: Rows, column: str) -> float:
        part = sum(float(row["amount"]) for row in rows if row[column] == word)
        return part / sum(float(row["amount"]) for row in rows)

    return found


def velocity(rows: Rows, column: str) -> float:
    closed = [row for row in rows if row[column] != "open"]
    won = [row for row in closed if row[column] == "won"]
    amounts = [row["amount"] for row in won if row["amount"] is not None]
    cycles = [row["cycle days"] for row in closed if row["cycle days"] is not None]
    levers = (len(rows) - len(closed)) * statistics.fmean(amounts) * len(won) / len(closed)
    return levers / statistics.fmean(cycles)


def value_coverage(rows: Rows, column: str) -> float:
    won = sum(row["amount"] or 0 for row in rows if row[column] == "won")
    return float(sum(row["amount"] or 0 for row in rows) / won)


AGAIN: Mapping[str, Callable[[Rows, str], float]] = {
    "MQL → SQL": share("became SQL"),
    "SQL → opportunity": share("became opportunity"),
    "Sales velocity": velocity,
    "Marketing-sourced revenue": money_share("marketing"),
    "Marketing-influenced revenue": money_share("touched"),
    "Win rate": share("won"),
    "Average deal": mean("amount"),
    "Mean cycle of closed deals": mean("cycle days"),
    "Median cycle of won deals": quantile("cycle days", 0.5),
    "75th percentile of won cycles": quantile("cycle days", 0.75),
    "90th percentile of won cycles": quantile("cycle days", 0.9),
    "Share of open deals overdue": share("overdue"),
    "Coverage needed by count": lambda rows, column: len(rows) / sum(row[column] == "won" for row in rows),
    "Coverage needed by value": value_coverage,
    "Acceptance rate": share("became SAL"),
    "Median hours to first touch": quantile("hours to touch", 0.5),
}


def again(measure: Measure, rows: Rows, column: str) -> float:
    """The figure as a person would compute it from the rows that the sheet shows for it."""
    if measure.name.startswith("Follow-up"):
        return share("in time" if "within" in measure.name else "touched")(rows, column)
    if measure.name.startswith("MQLs since"):
        return len(rows)
    if measure.name.endswith("CAC"):
        cost = float(measure.made_of["marketing_spend"] + measure.made_of.get("sales_cost", 0))
        return cost / len(rows)
    return AGAIN[measure.name](rows, column)


@pytest.mark.parametrize("crm", Crm)
@pytest.mark.parametrize("kept", [None, 1])
def test_every_figure_follows_from_its_records(crm: Crm, kept: int | None) -> None:
    report = report_of(crm, kept)
    known = [one for one in report.measures if one.value is not None]
    assert len(known) >= (15 if kept is None else 9)
    assert report.records is not None
    assert report.records.table is not None
    listed = list(report.records.table.records())
    for one in known:
        assert one.counted is not None, one.name
        column = HEADINGS[one.counted.name]
        rows = [row for row in listed if row.get(column) is not None]
        assert again(one, rows, column) == pytest.approx(one.value, rel=1e-9), one.name
        kept_out = {"open"} if one.name == "Sales velocity" else set()  # its n is that of the closed deals
        assert one.count in {None, sum(row[column] not in kept_out for row in rows)}, one.name
        marks = report.records.marks[one.counted.kind]
        assert {word for word in marks.words[one.counted.name] if word} <= {part.name for part in one.counted.parts}


def test_both_engines_mark_the_same_records() -> None:
    table = numbered(pa.table({"amount": [5.0, None, 7.0, None], "won": [1, 1, 0, None]}))
    parts = (Part("priced", "has an amount", ~nw.col("amount").is_null()), Part("won", "won", nw.col("won") == 1))
    for engine in Engine:
        one = Counting("some", Kind.LEADS, frame_of(table, engine=engine), parts, "amount")
        found = marked([one], 4)
        assert found.records == (0, 1, 2)  # the last one passes no test
        assert found.words["some"] == ("priced", "won", "priced")
        assert found.values["some"] == (5.0, None, 7.0)
        assert (found.count("some"), found.count("some", "won")) == (3, 1)


def test_a_kind_with_too_many_records_is_not_listed() -> None:
    records = report_of(Crm.SALESFORCE).records
    assert records is not None
    deals, leads = (records.counts[kind] for kind in (Kind.OPPORTUNITIES, Kind.LEADS))
    assert deals < leads
    few = replace(records, most=deals)
    assert few.left_out == {Kind.LEADS: leads}
    assert few.table is not None
    assert set(few.table.column("kind")) == {"deal"}
    assert replace(records, most=1).table is None


def test_the_date_says_when_a_record_counted() -> None:
    report = report_of(Crm.SALESFORCE)
    assert report.records is not None
    assert report.records.table is not None
    rows = {row["record"]: row for row in report.records.table.records() if row["kind"] == "deal"}
    data = report.data.table
    assert data is not None
    for deal in data.records():
        row = rows.get(deal["id"])
        closed = deal["closed"]
        if row is not None:
            ended = isinstance(closed, date) and closed <= report.as_of
            assert row["date"] == (closed if ended else deal["created"])
