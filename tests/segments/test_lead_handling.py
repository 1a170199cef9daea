"""Leads at the handoff: followed up, left lying, turned down, given back; each list can be counted by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from xlfunnel.check import day_number
from xlfunnel.crm.tables import LEADS
from xlfunnel.definitions import Definitions
from xlfunnel.errors import EmptyDenominator, MetricError, TooFewRecords
from xlfunnel.segments.canonical import Canonical
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.frames import Engine, frame_of
from xlfunnel.segments.lead_handling import (
    disqualified_by_source,
    follow_up,
    follow_up_by_month,
    follow_up_by_source,
    follow_up_name,
    hours_to_touch,
    qualified_since,
    recycled,
    untouched_by_age,
    untouched_by_owner,
    working_week,
)
from xlfunnel.units import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AS_OF = date(2026, 9, 30)  # a Wednesday
TODAY = day_number(AS_OF)
NINE, NOON, FIVE = 9 * 3600, 12 * 3600, 17 * 3600
TIMES = ("mql_day", "mql_second", "touch_day", "touch_second", "source", "owner")


def agreed(**choices: Any) -> Definitions:
    return Definitions.model_validate(choices)


FOUR_HOURS = agreed(sla_hours=4)


def leads(engine: Engine, rows: Sequence[Mapping[str, Any]], *known: str) -> Canonical:
    table = pa.Table.from_pylist([{name: row.get(name) for name in LEADS.names} for row in rows], LEADS)
    return Canonical(frame_of(table, engine=engine), frozenset(known))


def lead(
    source: str | None,
    owner: str | None,
    mql: tuple[int, int | None] | None,
    touch: tuple[int, int | None] | None = None,
) -> dict[str, Any]:
    """A lead by the days, before the as-of date, and the seconds at which it was qualified and touched."""
    moments = {"mql": mql, "touch": touch}
    days = {f"{word}_day": TODAY - moment[0] if moment else None for word, moment in moments.items()}
    seconds = {f"{word}_second": moment[1] if moment else None for word, moment in moments.items()}
    return {"source": source, "owner": owner} | days | seconds


LEFT_AND_TAKEN = [
    lead("Web", "Ann", (1, NINE), (1, NOON)),  # 3 hours
    lead("Web", "Ann", (2, NOON), (1, NOON)),  # 8 hours
    lead("Web", None, (2, NOON)),  # untouched for longer than 4 hours
    lead("Event", "Bob", (0, FIVE - 3600)),  # one business hour until the day ends: still inside
    lead("Event", "Bob", (40, NINE)),
    lead(None, "Ann", (8, NINE), (-1, NINE)),  # its touch comes tomorrow
    lead("Web", "Ann", (-2, NINE)),  # qualified the day after tomorrow
    lead("Web", "Ann", None, (3, NINE)),  # never qualified
    lead("Web", "Bob", (91, NINE)),
]


@pytest.mark.parametrize("engine", Engine)
class TestFollowUp:
    def test_within_the_agreed_business_hours(self, engine: Engine) -> None:
        found = follow_up(leads(engine, LEFT_AND_TAKEN, *TIMES), AS_OF, FOUR_HOURS)
        assert (found.value, found.count) == (1 / 6, 6)
        assert (
            found.note == "Touched within 4 business hours of qualification. Still inside it, counted neither way: 1."
        )

    def test_elapsed_hours_when_that_was_agreed(self, engine: Engine) -> None:
        definitions = agreed(sla_hours=24, clock=Clock.ELAPSED)
        found = follow_up(leads(engine, LEFT_AND_TAKEN, *TIMES), AS_OF, definitions)
        assert (found.value, found.count) == (2 / 6, 6)
        assert "within 24 hours" in found.note

    def test_without_an_agreement_a_touch_is_a_touch(self, engine: Engine) -> None:
        found = follow_up(leads(engine, LEFT_AND_TAKEN, *TIMES), AS_OF, agreed())
        assert (found.value, found.count) == (2 / 7, 7)
        assert "No SLA is agreed" in found.note

    def test_dates_without_times_cannot_keep_hours(self, engine: Engine) -> None:
        found = follow_up(leads(engine, LEFT_AND_TAKEN, "mql_day", "touch_day"), AS_OF, FOUR_HOURS)
        assert found.count == 7
        assert "no time of day" in found.note
        assert "4 business hours cannot be judged" in found.note

    def test_the_name_promises_hours_only_where_they_can_be_judged(self, engine: Engine) -> None:
        timed, untimed = (leads(engine, LEFT_AND_TAKEN, *known) for known in (TIMES, ("mql_day", "touch_day")))
        assert follow_up_name(timed, FOUR_HOURS) == "Follow-up within 4 business hours"
        assert follow_up_name(timed, agreed(sla_hours=0.5, clock=Clock.ELAPSED)) == "Follow-up within 0.5 hours"
        assert follow_up_name(untimed, FOUR_HOURS) == follow_up_name(timed, agreed()) == "Follow-up rate"

    def test_leads_without_a_time_of_day_are_left_out_and_counted(self, engine: Engine) -> None:
        untimed = [lead("Web", "Ann", (5, None)), lead("Web", "Ann", (5, NINE), (5, None))]
        found = follow_up(leads(engine, [*LEFT_AND_TAKEN, *untimed], *TIMES), AS_OF, FOUR_HOURS)
        assert found.count == 6
        assert found.note.endswith("Left out for want of a time of day: 2.")

    def test_by_source_with_the_total_last(self, engine: Engine) -> None:
        table = follow_up_by_source(leads(engine, LEFT_AND_TAKEN, *TIMES), AS_OF, FOUR_HOURS).table
        assert table.column("source") == ("Web", "Event", "(blank)", "Total")
        assert table.column("qualified") == (4, 2, 1, 7)
        assert table.column("touched") == (2, 0, 0, 2)
        assert table.column("in time") == (1, 0, 0, 1)
        assert table.column("still in time") == (0, 1, 0, 1)
        assert table.column("follow-up rate") == pytest.approx((1 / 4, 0, 0, 1 / 6))
        minutes = table.column("median minutes to touch")
        assert (minutes[0], minutes[3]) == (810, 810)
        assert isinstance(minutes[1], TooFewRecords)

    def test_a_source_whose_leads_are_all_inside_has_no_rate(self, engine: Engine) -> None:
        table = follow_up_by_source(leads(engine, LEFT_AND_TAKEN[3:4], *TIMES), AS_OF, FOUR_HOURS).table
        assert all(isinstance(cell, EmptyDenominator) for cell in table.column("follow-up rate"))

    def test_without_an_agreement_the_table_has_no_column_for_it(self, engine: Engine) -> None:
        found = follow_up_by_source(leads(engine, LEFT_AND_TAKEN, "mql_day", "touch_day", "source"), AS_OF, agreed())
        assert found.table.header == ("source", "qualified", "touched", "follow-up rate", "low", "high")

    def test_what_is_needed_is_named(self, engine: Engine) -> None:
        with pytest.raises(
            MissingColumns,
            match=r"^needs the date each lead became an MQL and the date of each lead's first touch$",
        ):
            follow_up(leads(engine, LEFT_AND_TAKEN, "source"), AS_OF, agreed())


@pytest.mark.parametrize("engine", Engine)
class TestUntouched:
    def test_by_age(self, engine: Engine) -> None:
        found = untouched_by_age(leads(engine, LEFT_AND_TAKEN, *TIMES), AS_OF)
        assert found.table.rows == (
            ("0–1 days", 1),
            ("2–7 days", 1),
            ("8–30 days", 1),
            ("31–90 days", 1),
            ("over 90 days", 1),
            ("Total", 5),
        )

    @pytest.mark.parametrize(("age", "band"), [(1, 0), (2, 1), (7, 1), (8, 2), (30, 2), (31, 3), (90, 3), (91, 4)])
    def test_where_a_band_ends(self, engine: Engine, age: int, band: int) -> None:
        found = untouched_by_age(leads(engine, [lead("Web", "Ann", (age, None))], *TIMES), AS_OF)
        assert [row[1] for row in found.table.rows[:-1]] == [int(i == band) for i in range(5)]

    def test_by_owner_with_most_of_them_first(self, engine: Engine) -> None:
        found = untouched_by_owner(leads(engine, LEFT_AND_TAKEN, *TIMES), AS_OF)
        assert found.table.header == ("owner", "untouched", "oldest days")
        assert found.table.rows == (("Bob", 3, 91), ("Ann", 1, 8), ("(nobody)", 1, 2))

    def test_untouched_and_touched_are_all_qualified(self, engine: Engine) -> None:
        given = leads(engine, LEFT_AND_TAKEN, *TIMES)
        row = list(follow_up_by_source(given, AS_OF, agreed()).table.records())[-1]
        assert untouched_by_age(given, AS_OF).table.rows[-1][1] == row["qualified"] - row["touched"]  # type: ignore[operator]


@pytest.mark.parametrize("engine", Engine)
class TestDisqualified:
    LEADS = (
        *(
            {"source": "Web", "disqualified": True, "disqualified_reason": reason}
            for reason in ("Budget", "Budget", None)
        ),
        {"source": "Event", "disqualified": True, "disqualified_reason": "Timing"},
        {"source": None, "disqualified": True},
        {"source": "Web", "disqualified": False, "disqualified_reason": "Budget"},
        {"source": "Web", "disqualified": None},
        {"source": "Web", "disqualified": True, "created_day": TODAY + 1},
    )

    def test_reasons_by_source_blank_ones_among_them(self, engine: Engine) -> None:
        known = ("source", "disqualified", "disqualified_reason")
        found = disqualified_by_source(leads(engine, self.LEADS, *known), AS_OF)
        assert found.table.header == ("source", "reason", "leads", "share")
        assert found.table.rows == (
            ("Web", "Budget", 2, 2 / 3),
            ("Web", "(no reason given)", 1, 1 / 3),
            ("Event", "Timing", 1, 1.0),
            ("(blank)", "(no reason given)", 1, 1.0),
        )

    def test_no_column_of_reasons_is_said(self, engine: Engine) -> None:
        found = disqualified_by_source(leads(engine, self.LEADS, "source", "disqualified"), AS_OF)
        assert "do not say why" in found.note

    def test_nobody_was_disqualified(self, engine: Engine) -> None:
        with pytest.raises(TooFewRecords, match="no lead was disqualified"):
            disqualified_by_source(leads(engine, self.LEADS[5:], "source", "disqualified"), AS_OF)


@pytest.mark.parametrize("engine", Engine)
class TestRecycled:
    LEADS = (
        {"source": "Web", "recycled": True, "recycled_day": 100, "requalified_day": 150, "won_day": 200},
        {"source": "Web", "recycled": True, "recycled_day": 100, "requalified_day": 90},  # qualified before it
        {"source": "Event", "recycled": True, "requalified_day": 150},  # returned on an unknown day
        {"source": "Web", "recycled": False, "requalified_day": 150, "won_day": 200},
        {"source": "Web", "recycled": True, "recycled_day": TODAY + 1},
        {"source": "Web", "recycled": True, "recycled_day": 100, "won_day": TODAY + 1},
    )

    def test_returned_requalified_and_won(self, engine: Engine) -> None:
        known = ("source", "recycled", "requalified_day", "won_day")
        found = recycled(leads(engine, self.LEADS, *known), AS_OF)
        assert found.table.header == ("source", "returned", "requalified", "won")
        assert found.table.rows == (("Web", 3, 1, 1), ("Event", 1, 1, 0), ("Total", 4, 2, 1))
        assert not found.note

    def test_what_no_export_says_has_no_column(self, engine: Engine) -> None:
        found = recycled(leads(engine, self.LEADS, "recycled", "won_day"), AS_OF)
        assert found.table.header == ("source", "returned", "won")
        assert found.table.rows == (("Total", 4, 1),)
        assert found.note == "The exports do not say which of them were requalified."

    def test_nothing_was_returned(self, engine: Engine) -> None:
        with pytest.raises(MetricError, match="no lead was returned"):
            recycled(leads(engine, self.LEADS[3:4], "recycled", "won_day"), AS_OF)
        with pytest.raises(MissingColumns, match="which leads sales returned"):
            recycled(leads(engine, self.LEADS), AS_OF)


def test_follow_up_by_source_and_month(engine: Engine) -> None:
    found = follow_up_by_month(leads(engine, LEFT_AND_TAKEN, *TIMES), AS_OF, FOUR_HOURS, months=3)
    assert found.table.header == ("source", "leads", "2026-07", "2026-08", "2026-09")
    assert found.table.rows == (
        ("Web", 4, 0.0, None, 1 / 3),
        ("Event", 2, None, 0.0, None),  # the one of September is still inside its four hours
        ("(blank)", 1, None, None, 0.0),
    )


def test_without_a_lead_in_those_months_there_is_no_table(engine: Engine) -> None:
    old = [lead("Web", "Ann", (400, NINE), (399, NINE))]
    with pytest.raises(TooFewRecords, match="no lead was qualified in the last 8 months"):
        follow_up_by_month(leads(engine, old, *TIMES), AS_OF, FOUR_HOURS)


@pytest.mark.parametrize(("first", "counted"), [(date(2026, 7, 1), 7), (date(2026, 7, 2), 6), (AS_OF, 1)])
def test_leads_qualified_since_a_day(engine: Engine, first: date, counted: int) -> None:
    assert qualified_since(leads(engine, LEFT_AND_TAKEN, *TIMES), first, AS_OF).value == counted


def test_the_median_hours_to_the_first_touch(engine: Engine) -> None:
    found = hours_to_touch(leads(engine, LEFT_AND_TAKEN, *TIMES), AS_OF, FOUR_HOURS)
    assert (found.value, found.count) == (13.5, 2)  # of 3 and 24 hours
    with pytest.raises(TooFewRecords, match="no lead was touched"):
        hours_to_touch(leads(engine, [lead("Web", "Ann", (1, NINE))], *TIMES), AS_OF, FOUR_HOURS)


def test_the_working_week_is_the_agreed_one() -> None:
    week = working_week(agreed(opens=8, closes=16.5, workdays="SUN-THU", holidays=(date(2026, 9, 30),)))
    assert (week.opens, week.closes, week.workdays) == (8, 16.5, frozenset({6, 0, 1, 2, 3}))
    assert week.holidays == {date(2026, 9, 30)}
