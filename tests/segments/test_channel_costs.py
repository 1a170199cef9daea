"""Acquisition cost by channel from spend, people and deals: small companies that a person can add up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from xlfunnel.check import day_number
from xlfunnel.crm.costs import PersonRow, SpendRow
from xlfunnel.crm.tables import OPPORTUNITIES
from xlfunnel.definitions import Definitions
from xlfunnel.errors import EmptyDenominator
from xlfunnel.segments.canonical import Canonical
from xlfunnel.segments.channel_costs import Acquisition, Span, acquisition
from xlfunnel.segments.errors import MissingColumns
from xlfunnel.segments.frames import Engine, frame_of

if TYPE_CHECKING:
    from collections.abc import Sequence

AS_OF = date(2026, 9, 30)
TODAY = day_number(AS_OF)
MONTHS = [date(2025 + (9 + i) // 12, (9 + i) % 12 + 1, 1) for i in range(12)]
"""October 2025 to September 2026: the 365 days up to the as-of date."""


def deals(engine: Engine, *groups: tuple[str | None, str, int, int]) -> Canonical:
    """Groups of deals: source, status, how many, days from created to closed; all closed 10 days ago."""
    rows = [
        {
            "source": source,
            "status": status,
            "counted": True,
            "amount": 1.0,
            "created_day": TODAY - 10 - cycle,
            "closed_day": None if status == "open" else TODAY - 10,
        }
        for source, status, number, cycle in groups
        for _ in range(number)
    ]
    table = pa.Table.from_pylist(
        [{name: row.get(name) for name in OPPORTUNITIES.names} for row in rows], OPPORTUNITIES
    )
    return Canonical(frame_of(table, engine=engine), frozenset({"source", "closed_day"}))


def monthly(channel: str, year: float, months: Sequence[date] = MONTHS) -> list[SpendRow]:
    """A year's spend in equal months."""
    return [SpendRow(channel, month, year / 12, "Media") for month in months]


def sales(cost: float, **hours: float) -> list[PersonRow]:
    """A year of a sales team whose loaded cost is `cost`, with its hours for each channel."""
    shares = {channel: hours / 12 for channel, hours in hours.items()}
    return [PersonRow("AE", month, cost / 12 / 1.25 / 0.5, 0.25, 0.5, shares) for month in MONTHS]


def agreed(**choices: Any) -> Definitions:
    return Definitions.model_validate({"cac_lag": False} | choices)


PAID_AND_ORGANIC = (
    ("Paid", "won", 20, 60),
    ("Paid", "lost", 50, 60),
    ("Paid", "open", 10, 60),
    ("Organic", "won", 10, 60),
    ("Organic", "no decision", 50, 60),
)
SPEND = monthly("Paid", 40_000) + monthly("Organic", 15_000)
PEOPLE = sales(130_000, Paid=400, Organic=900)


def found_for(engine: Engine, definitions: Definitions, spend: Sequence[SpendRow] = SPEND) -> Acquisition:
    return acquisition(deals(engine, *PAID_AND_ORGANIC), spend, PEOPLE, AS_OF, definitions)


@pytest.mark.parametrize("engine", Engine)
class TestByChannel:
    def test_the_cheap_channel_is_the_dear_one(self, engine: Engine) -> None:
        table = found_for(engine, agreed()).by_channel().table
        assert table.column("channel") == ("Paid", "Organic", "Total")
        assert table.column("customers") == (20, 10, 30)
        assert table.column("spend") == pytest.approx((40_000, 15_000, 55_000))
        assert table.column("marketing-only CAC") == pytest.approx((2_000, 1_500, 55_000 / 30))
        assert table.column("allocated cost") == pytest.approx((40_000, 90_000, 130_000))
        assert table.column("fully loaded CAC") == pytest.approx((4_000, 10_500, 185_000 / 30))
        assert table.column("hours") == pytest.approx((400, 900, 1_300))
        assert table.column("opportunities worked") == (80, 60, 140)
        by_opportunities = table.column("fully loaded CAC by opportunities")
        assert by_opportunities == pytest.approx((5_714.2855, 7_071.429, 185_000 / 30), abs=0.001)

    def test_opportunities_worked_when_that_was_agreed(self, engine: Engine) -> None:
        found = found_for(engine, agreed(cac_driver="opportunities"))
        table = found.by_channel().table
        assert [round(cell) for cell in table.column("fully loaded CAC")[:2]] == [5_714, 7_071]  # type: ignore[arg-type]
        assert "fully loaded CAC by opportunities" not in table.header
        assert found.note.endswith("People cost goes to channels by opportunities worked.")

    def test_without_logged_hours_opportunities_serve(self, engine: Engine) -> None:
        given = deals(engine, *PAID_AND_ORGANIC)
        found = acquisition(given, SPEND, sales(130_000), AS_OF, agreed())
        assert "by opportunities worked because no hours are logged." in found.note
        assert round(found.by_channel().table.column("fully loaded CAC")[0]) == 5_714  # type: ignore[arg-type]

    def test_the_whole_counts_customers_of_channels_without_spend(self, engine: Engine) -> None:
        given = deals(engine, ("Paid", "won", 20, 60), ("Referral", "won", 4, 60), (None, "won", 1, 60))
        found = acquisition(given, monthly("Paid", 40_000), PEOPLE, AS_OF, agreed())
        table = found.by_channel().table
        assert table.column("channel") == ("Paid", "Organic", "Referral", "(blank)", "Total")
        assert table.column("customers") == (20, 0, 4, 1, 25)
        assert isinstance(table.column("fully loaded CAC")[1], EmptyDenominator)
        assert found.marketing_only().value == pytest.approx(1_600)
        assert (round(found.fully_loaded().value, 6), found.fully_loaded().count) == (6_800, 25)

    def test_spellings_of_a_channel_are_one(self, engine: Engine) -> None:
        given = deals(engine, ("Paid Search", "won", 10, 60))
        spend = monthly("paid-search", 1_000) + monthly("SEM", 2_000)
        found = acquisition(given, spend, [], AS_OF, agreed(sources={"SEM": "Paid Search"}))
        assert found.by_channel().table.column("channel") == ("Paid Search", "Total")
        assert found.by_channel().table.column("spend") == pytest.approx((3_000, 3_000))


@pytest.mark.parametrize("engine", Engine)
class TestLag:
    EARLIER = monthly("Paid", 12_000, [date(2025, 7, 1), date(2025, 8, 1), date(2025, 9, 1)])

    def test_spend_is_taken_a_median_cycle_earlier(self, engine: Engine) -> None:
        # 61 days before October 2025 to September 2026 is August 2025 to July 2026.
        given = deals(engine, ("Paid", "won", 5, 61))
        later = [SpendRow("Paid", month, 2_000.0, "Media") for month in MONTHS]
        found = acquisition(given, self.EARLIER + later, [], AS_OF, agreed(cac_lag=True))
        table = found.by_channel().table
        assert table.column("spend") == pytest.approx((22_000, 22_000))
        assert table.column("spend without lag") == pytest.approx((24_000, 24_000))
        assert table.column("marketing-only CAC") == pytest.approx((4_400, 4_400))
        assert table.column("marketing-only CAC without lag") == pytest.approx((4_800, 4_800))
        assert found.note.startswith("Spend is taken one median cycle (61 days) before the customers")

    def test_a_spend_file_that_begins_too_late_is_taken_without_lag(self, engine: Engine) -> None:
        given = deals(engine, ("Paid", "won", 5, 61))
        found = acquisition(given, monthly("Paid", 12_000), [], AS_OF, agreed(cac_lag=True))
        assert found.marketing_only().value == pytest.approx(2_400)
        assert "would have to begin in 2025-08, and it begins in 2025-10." in found.note

    def test_no_cycle_no_lag(self, engine: Engine) -> None:
        given = deals(engine, ("Paid", "lost", 5, 61))
        found = acquisition(given, monthly("Paid", 12_000), [], AS_OF, agreed(cac_lag=True))
        assert "no won deal has a cycle" in found.note
        with pytest.raises(EmptyDenominator, match="the channels together won no customer"):
            found.marketing_only()

    def test_all_closed_deals_take_all_spend_up_to_the_day(self, engine: Engine) -> None:
        given = deals(engine, ("Paid", "won", 5, 61))
        spend = [*self.EARLIER, SpendRow("Paid", date(2026, 10, 1), 9_999.0, "Media")]
        found = acquisition(given, spend, [], AS_OF, agreed(window_days="all"))
        assert found.marketing_only().value == pytest.approx(600)


@pytest.mark.parametrize("engine", Engine)
class TestWhatIsMissing:
    def test_no_spend_file(self, engine: Engine) -> None:
        with pytest.raises(MissingColumns, match="needs a spend file with Channel, Month"):
            acquisition(deals(engine, *PAID_AND_ORGANIC), [], PEOPLE, AS_OF, agreed())

    def test_no_people_file_leaves_the_marketing_figures(self, engine: Engine) -> None:
        found = acquisition(deals(engine, *PAID_AND_ORGANIC), SPEND, [], AS_OF, agreed())
        assert found.marketing_only().value == pytest.approx(55_000 / 30)
        with pytest.raises(MissingColumns, match="needs a people file with Role"):
            found.fully_loaded()
        assert "fully loaded CAC" not in found.by_channel().table.header

    def test_months_that_the_spend_file_does_not_hold_are_named(self, engine: Engine) -> None:
        found = found_for(engine, agreed(), monthly("Paid", 12_000, MONTHS[1:-1]))
        assert found.note.endswith(
            "The spend file begins in 2025-11, after the window does. The spend file ends in 2026-08. "
            "Customers without any spend in the file: Organic."
        )


@pytest.mark.parametrize(
    ("first", "last", "share"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), 1),
        (date(2026, 2, 15), date(2026, 3, 31), 0.5),
        (date(2026, 2, 27), date(2026, 2, 27), 1 / 28),
        (date(2026, 3, 1), date(2026, 3, 31), 0),
        (date(2025, 1, 1), date(2026, 1, 31), 0),
        (None, date(2026, 2, 14), 0.5),
    ],
)
def test_a_month_belongs_to_a_span_by_its_days(first: date | None, last: date, share: float) -> None:
    assert Span(first, last).share_of(date(2026, 2, 1)) == pytest.approx(share)


def test_a_year_of_days_is_twelve_months_wherever_it_begins() -> None:
    whole = Span(AS_OF - timedelta(days=364), AS_OF)
    assert [whole.share_of(month) for month in MONTHS] == [1] * 12
