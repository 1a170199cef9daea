"""What the example tells, computed from the written files with the csv module alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from statistics import mean, median
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.demo.conftest import Row, Written

AS_OF = date(2026, 9, 30)
SALES_SOURCES = {"Outbound", "Referral"}
SPELLINGS = {"paid search": "Paid Search", "Webinars": "Webinar"}


def us_day(text: str) -> date:
    """The day of a date such as 9/30/2026, with or without a time."""
    month, day, year = map(int, text.split(maxsplit=1)[0].split("/"))
    return date(year, month, day)


def source(row: Row) -> str:
    return SPELLINGS.get(row["Lead Source"], row["Lead Source"])


def new_business(written: Written) -> list[Row]:
    """Clean new-business deals, one row each: the newest."""
    newest: dict[str, Row] = {}
    for row in written.deals:
        unreadable = row["Created Date"].startswith("#") or not row["Amount"].replace(".", "").isdigit()
        if unreadable or row["Type"] != "New Business" or row["Is Deleted?"] == "1" or not row["Closed"]:
            continue
        if row["Account Name"] != "Test Account":
            newest[row["Opportunity ID"]] = row
    return list(newest.values())


def closed_in_window(rows: Iterable[Row]) -> list[Row]:
    first = AS_OF - timedelta(days=365)
    return [row for row in rows if row["Closed"] == "1" and first < us_day(row["Close Date"]) <= AS_OF]


def win_rate(rows: list[Row]) -> float:
    return sum(row["Won"] == "1" for row in rows) / len(rows)


def cycles(rows: Iterable[Row]) -> list[int]:
    days = [(us_day(row["Close Date"]) - us_day(row["Created Date"])).days for row in rows]
    return [cycle for cycle in days if cycle >= 0]


def by_team(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Deals that marketing sourced, and the others."""
    marketing = [row for row in rows if source(row) not in SALES_SOURCES]
    return marketing, [row for row in rows if source(row) in SALES_SOURCES]


def qualified(written: Written) -> list[Row]:
    """Leads that became MQL at least 45 days ago."""
    rows = [row for row in written.leads if row["MQL Date"] and not row["MQL Date"].startswith("#")]
    return [row for row in rows if us_day(row["MQL Date"]) <= AS_OF - timedelta(days=45)]


def test_marketing_sourced_deals_win_about_forty_percent_less_often(large: Written) -> None:
    marketing, sales = by_team(closed_in_window(new_business(large)))
    assert win_rate(marketing) / win_rate(sales) == pytest.approx(0.60, abs=0.05)


def test_marketing_sourced_deals_take_about_thirty_percent_longer(large: Written) -> None:
    marketing, sales = by_team(closed_in_window(new_business(large)))
    won_marketing, won_sales = ([row for row in rows if row["Won"] == "1"] for rows in (marketing, sales))
    assert median(cycles(won_marketing)) / median(cycles(won_sales)) == pytest.approx(1.30, abs=0.08)
    assert mean(cycles(marketing)) / mean(cycles(sales)) == pytest.approx(1.33, abs=0.08)


def test_the_default_example_tells_the_same(salesforce: Written) -> None:
    marketing, sales = by_team(closed_in_window(new_business(salesforce)))
    assert 0.5 < win_rate(marketing) / win_rate(sales) < 0.7
    assert 1.2 < mean(cycles(marketing)) / mean(cycles(sales)) < 1.5


def test_a_sales_head_would_believe_the_figures(salesforce: Written) -> None:
    rows = new_business(salesforce)
    closed = closed_in_window(rows)
    won = [row for row in closed if row["Won"] == "1"]
    of_segment = {
        segment: mean(float(row["Amount"]) for row in won if row["Segment"] == segment)
        for segment in ("Small", "Middle", "Large")
    }
    still_open = [row for row in rows if row["Closed"] == "0"]
    past = [row for row in still_open if us_day(row["Close Date"]) < AS_OF]
    assert 0.20 < win_rate(closed) < 0.35
    assert 40 < median(cycles(won)) < mean(cycles(closed)) < 140
    assert of_segment == {
        "Small": pytest.approx(10_000, rel=0.2),
        "Middle": pytest.approx(30_000, rel=0.2),
        "Large": pytest.approx(250_000, rel=0.3),
    }
    assert 0.08 < len(still_open) / len(rows) < 0.20
    assert 0.05 < len(past) / len(still_open) < 0.30
    assert 2.5 < len(salesforce.leads) / 2000 < 4


def test_sales_accepts_nearly_every_lead_and_few_become_opportunities(salesforce: Written) -> None:
    mqls = qualified(salesforce)
    sqls = [row for row in mqls if row["SQL Date"]]
    assert len(sqls) / len(mqls) > 0.70
    assert sum(row["Converted"] == "1" for row in sqls) / len(sqls) < 0.40


def test_a_share_of_leads_is_never_touched_and_some_owners_are_worse(salesforce: Written) -> None:
    leads: dict[str, list[bool]] = defaultdict(list)
    for row in qualified(salesforce):
        leads[row["Lead Owner"]].append(not row["First Touch Date"])
    untouched = {owner: mean(missed) for owner, missed in leads.items()}
    assert 0.10 < mean(missed for owner in leads.values() for missed in owner) < 0.35
    assert untouched["Pete Marsh"] > 3 * untouched["Kate Doyle"]


def test_a_few_open_deals_have_sat_in_a_stage_for_over_half_a_year(salesforce: Written) -> None:
    still_open = [row for row in new_business(salesforce) if row["Closed"] == "0"]
    stale = [row for row in still_open if (AS_OF - us_day(row["Last Stage Change Date"])).days > 180]
    assert 3 <= len(stale) <= 0.15 * len(still_open)


def acquisition_cost(written: Written) -> tuple[dict[str, float], dict[str, float]]:
    """What a customer of each channel cost over the last year: marketing's money alone, and with the teams' hours."""
    customers: dict[str, int] = defaultdict(int)
    for row in closed_in_window(new_business(written)):
        customers[source(row)] += row["Won"] == "1"
    spend, hours, cost = defaultdict[str, float](float), defaultdict[str, float](float), 0.0
    for row in written.spend:
        if row["Month"] > "2025-09":
            spend[row["Channel"]] += float(row["Amount"])
    for row in written.people:
        if row["Month"] > "2025-09":
            cost += float(row["Cost"]) * (1 + float(row["Burden"])) * float(row["Acquisition share"])
            for channel in customers:
                hours[channel] += float(row[f"Hours: {channel}"])
    an_hour = cost / sum(hours.values())
    alone = {channel: spend[channel] / count for channel, count in customers.items()}
    loaded = {c: (spend[c] + hours[c] * an_hour) / count for c, count in customers.items()}
    return alone, loaded


@pytest.mark.parametrize("size", ["salesforce", "large"])
def test_organic_search_is_the_cheap_channel_until_the_hours_are_counted(
    size: str, request: pytest.FixtureRequest
) -> None:
    alone, loaded = acquisition_cost(request.getfixturevalue(size))
    assert alone["Organic Search"] < 0.7 * alone["Paid Search"]
    assert loaded["Organic Search"] > 1.2 * loaded["Paid Search"]


def test_a_customer_pays_back_what_winning_it_cost(salesforce: Written) -> None:
    won = [row for row in closed_in_window(new_business(salesforce)) if row["Won"] == "1"]
    average = mean(float(row["Amount"]) for row in won)
    _alone, loaded = acquisition_cost(salesforce)
    assert max(loaded.values()) < 1.5 * average
    assert mean(loaded.values()) < 0.8 * average


def test_velocity_is_higher_than_a_year_before_and_wobbles(large: Written) -> None:
    rows = new_business(large)

    def velocity(day: date) -> float:
        done = [
            row
            for row in rows
            if row["Closed"] == "1" and day - timedelta(days=365) < us_day(row["Close Date"]) <= day
        ]
        stock = sum(
            us_day(row["Created Date"]) <= day and (row["Closed"] == "0" or us_day(row["Close Date"]) > day)
            for row in rows
        )
        won = [float(row["Amount"]) for row in done if row["Won"] == "1"]
        return stock * mean(won) * len(won) / len(done) / mean(cycles(done))

    months = [date(2025, month, 1) for month in (10, 11, 12)] + [date(2026, month, 1) for month in range(1, 11)]
    figures = [velocity(first - timedelta(days=1)) for first in months]
    assert figures[-1] > 1.08 * figures[0]
    assert any(later < 0.97 * before for before, later in pairwise(figures))
