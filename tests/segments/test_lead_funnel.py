"""Leads on their way from MQL to won: small lists that a person can count, on every engine."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from xlfunnel.check import day_number
from xlfunnel.crm.tables import LEADS, OPPORTUNITIES, Exports, Kind
from xlfunnel.errors import TooFewRecords
from xlfunnel.segments.canonical import Canonical, deals_of, leads_of
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.findings import Figure
from xlfunnel.segments.frames import Engine, frame_of, rows_of
from xlfunnel.segments.lead_funnel import (
    diagnose,
    lead_conversion,
    lead_days,
    mql_to_sql,
    sql_to_opportunity,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AS_OF = day_number(date(2026, 9, 30))
DATES = ("created_day", "mql_day", "sal_day", "sql_day", "opportunity_day", "won_day")


def rows_as(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)


def leads(engine: Engine, rows: Sequence[Sequence[int | None]], columns: Sequence[str] = DATES) -> Canonical:
    """Leads by the days, before the as-of date, on which they reached the columns' milestones."""
    records = [
        {name: None if ago is None else AS_OF - ago for name, ago in zip(columns, row, strict=True)} for row in rows
    ]
    return Canonical(frame_of(rows_as(LEADS, records), engine=engine), frozenset(columns))


# created, MQL, SAL, SQL, opportunity, won
FUNNEL = [
    (100, 90, 85, 80, 70, 20),
    (100, 90, 88, 80, None, None),
    (100, 95, 90, None, None, None),
    (100, 90, None, 70, 60, None),  # accepted without a date: skipped SAL
    (100, 90, None, None, None, None),
    (3, 2, None, None, None, None),  # too young
    (100, None, None, None, None, None),  # never an MQL
    (100, None, None, 80, 70, 60),  # found by sales: never in marketing's funnel
]


@pytest.mark.parametrize("engine", Engine)
class TestConversion:
    def test_each_step_from_mql_to_won(self, engine: Engine) -> None:
        found = lead_conversion(leads(engine, FUNNEL), AS_OF, 0.95)
        told = [row[:3] for row in found.table.rows]
        assert told == [
            ("MQL → SAL", 5, 4),
            ("SAL → SQL", 4, 3),
            ("SQL → opportunity", 3, 2),
            ("opportunity → won", 2, 1),
        ]
        assert found.table.column("median days")[0] == 5

    def test_a_stage_that_no_export_dates_is_left_out_and_named(self, engine: Engine) -> None:
        columns = ("mql_day", "sql_day", "won_day")
        found = lead_conversion(leads(engine, [(90, 80, 20), (90, None, None)], columns), AS_OF, 0.95)
        assert found.table.column("stage") == ("MQL → SQL", "SQL → won")
        assert "no date for SAL, opportunity" in found.note

    def test_the_shared_rates_with_interval_and_count(self, engine: Engine) -> None:
        found = mql_to_sql(leads(engine, FUNNEL), AS_OF, 0.95)
        assert (found.value, found.count) == (0.6, 5)
        assert found.low is not None
        assert found.high is not None
        assert 0 < found.low < found.value < found.high < 1
        assert "3 of 5 leads that are at least 18 days old; 1 younger left out" in found.note
        assert sql_to_opportunity(leads(engine, FUNNEL), AS_OF, 0.95).value == pytest.approx(2 / 3, rel=1e-9)

    def test_nobody_is_old_enough(self, engine: Engine) -> None:
        young = leads(engine, [(9, None, 5, None, None, None)])
        with pytest.raises(TooFewRecords, match="no record has both dates"):
            mql_to_sql(young, AS_OF, 0.95)

    def test_days_to_each_milestone(self, engine: Engine) -> None:
        found = lead_days(leads(engine, [*FUNNEL, (10, 20, None, None, None, -5)]), AS_OF)
        assert found.table.header == ("milestone", "leads", "median", "p75", "p90")
        assert found.table.rows[0] == ("created → MQL", 6, 10.0, 10.0, 10.0)
        assert found.table.rows[1][:2] == ("created → SAL", 3)
        assert found.table.rows[1][2:] == pytest.approx((12, 13.5, 14.4), rel=1e-9)
        assert found.table.rows[2] == ("created → won", 2, 60.0, 70.0, 76.0)


@pytest.mark.parametrize("engine", Engine)
class TestMissingColumns:
    def test_the_sentence_names_what_is_needed_in_the_readers_words(self, engine: Engine) -> None:
        bare = leads(engine, [(100,)], ("created_day",))
        with pytest.raises(
            MissingColumns,
            match=r"^needs the date each lead became an MQL and the date each lead became an SQL$",
        ):
            lead_conversion(bare, AS_OF, 0.95)
        with pytest.raises(MissingColumns, match=r"^needs the date each lead became an opportunity$"):
            sql_to_opportunity(leads(engine, [(50,)], ("sql_day",)), AS_OF, 0.95)
        with pytest.raises(MissingColumns, match=r"\(SAL\) and the date each lead was won$"):
            lead_days(bare, AS_OF)


def exports(leads: pa.Table | None, opportunities: pa.Table | None, *known: str) -> Exports:
    return Exports(opportunities, None, leads, (), (), present={Kind.LEADS: frozenset(known)})


class TestTablesOfTheExports:
    OPPORTUNITIES = rows_as(
        OPPORTUNITIES,
        [
            {"id": "D1", "status": "won", "created_day": 70, "closed_day": 90, "counted": True},
            {"id": "D2", "status": "lost", "created_day": 71, "closed_day": 95, "counted": True},
            {"id": None, "status": "won", "created_day": 1, "closed_day": 2, "counted": False},
        ],
    )

    def test_with_deals_beside_them_it_is_known_which_leads_became_one(self) -> None:
        table = rows_as(LEADS, [{"id": "L1", "opportunity_id": "D1", "mql_day": 60}, {"id": "L2"}])
        found = leads_of(exports(table, self.OPPORTUNITIES))
        assert found.has("mql_day", "opportunity_day", "won_day")
        assert not found.has("sql_day")
        assert not leads_of(exports(table, None)).has("opportunity_day")

    def test_a_column_that_an_export_had_is_known_even_when_it_is_empty(self) -> None:
        table = rows_as(LEADS, [{"id": "L1", "disqualified": False, "recycled": True}])
        found = leads_of(exports(table, None, "requalified_day"))
        assert found.has("requalified_day", "recycled")
        assert not found.has("disqualified")  # nothing but no: no export may have said so

    def test_no_export_of_a_kind(self) -> None:
        with pytest.raises(MissingColumns, match="needs an export of leads"):
            leads_of(exports(None, None))
        with pytest.raises(MissingColumns, match="needs an export of opportunities"):
            deals_of(exports(None, None))

    def test_deals_of_pipelines_left_out_do_not_count(self) -> None:
        assert len(rows_of(deals_of(exports(None, self.OPPORTUNITIES)).counted.frame)) == 2


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        (0.62, 0.31, "high (62 %) and SQL → opportunity low (31 %): leads are accepted to avoid the argument"),
        (0.15, 0.8, "low (15 %) and SQL → opportunity high (80 %): the scoring lets too much through"),
        (0.1, 0.2, "low (10 %) and SQL → opportunity low (20 %): few leads are accepted"),
        (0.3, 0.5, "high (30 %) and SQL → opportunity high (50 %): sales takes what marketing hands over"),
    ],
)
def test_the_diagnosis_reads_the_two_rates_together(first: float, then: float, words: str) -> None:
    told = diagnose(Figure(first, 100), Figure(then, 100))
    assert told.startswith(f"MQL → SQL is {words}")
    assert told.endswith("High begins at 30 % and 50 %.")


def test_the_diagnosis_says_when_the_leads_are_too_few_for_it() -> None:
    told = diagnose(Figure(0.4, 20, 0.22, 0.61), Figure(0.2, 8, 0.05, 0.45))
    assert told.endswith("The leads are too few to be sure: MQL → SQL lies between 22 % and 61 %.")
