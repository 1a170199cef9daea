"""The CAC model: its cells say what the functions compute from its inputs, also when the inputs are others."""

from __future__ import annotations

import io
from datetime import date
from functools import cache
from math import fsum
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from xlfunnel import cac_by_channel, cac_payback, customer_ltv, fully_loaded_cac, ltv_to_cac, marketing_cac
from xlfunnel.crm.costs import PersonRow
from xlfunnel.ooxml.engine import errors, results
from xlfunnel.segments.acquisition import allocate
from xlfunnel.segments.channel_costs import Span
from xlfunnel.templates.build import build_template
from xlfunnel.templates.cac_model import TEMPLATE
from xlfunnel.templates.contents import BLANK, Contents
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.turning import new_quarter

EXAMPLE = TEMPLATE.example
QUARTER = Span(date(2026, 10, 1), date(2026, 12, 31))

CHANNELS = (
    # channel, customers, opportunities, leads, revenue, revenue a month, gross margin, churn a month
    ("Paid search", 20, 80, 800, 96_000, 400, 0.8, 0.02),
    ("Organic search", 10, 60, 1_200, 54_000, 450, 0.8, 0.01),
    ("Events", 7, 25, 150, 60_000, 900, 0.75, 0),
    ("Partners", 0, 12, 40, 0, 700, 0.8, 0.015),
    ("Outbound", 4, 45, None, 40_000, 600, 0.8, 0.03),
)
NAMES = tuple(channel[0] for channel in CHANNELS)
HOURS = (350, 770, 180.5, 60, 560)
SPEND = tuple(
    (name, date(2026, month, 1), amount + month, "media")
    for month in range(6, 13)
    for name, amount in zip(NAMES, (13_000, 5_000, 8_000.55, 1_500, 300), strict=True)
)
FIVE = (
    EXAMPLE.with_table("Channels", CHANNELS)
    .with_table("Spend", SPEND)
    .with_table("Logged", [("Account executives", *row) for row in zip(NAMES, HOURS, strict=True)])
    .with_fields(tools_cost=9_000.01, other_cost=2_500.5, cac_cycle_days=75.4)
)
SHARED = 130_000 + 9_000.01 + 2_500.5
WEIGHTS = {
    "hours": HOURS,
    "opportunities": tuple(channel[2] for channel in CHANNELS),
    "customers": tuple(channel[1] for channel in CHANNELS),
    "even split": (1,) * 5,
    "revenue": tuple(channel[4] for channel in CHANNELS),
}


class Shown:
    """What a built workbook shows: rows of its tables, and its named cells."""

    def __init__(self, filled: Contents | bytes) -> None:
        self.content = filled if isinstance(filled, bytes) else build_template(TEMPLATE, Edition.FORMULAS, filled)
        self.book = openpyxl.load_workbook(io.BytesIO(self.content), data_only=True)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table that have a name, by the headings."""
        sheet = next(sheet for sheet in self.book if name in sheet.tables)
        (headings, *rows) = sheet[sheet.tables[name].ref]
        names = [cell.value for cell in headings]
        found = [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]
        return [row for row in found if row[names[0]] not in {None, ""}]

    def column(self, name: str, column: str) -> list[Any]:
        return [None if row[column] == "" else row[column] for row in self.rows(name)]

    def named(self, name: str) -> Any:
        sheet, cell = self.book.defined_names[name].attr_text.split("!")
        return self.book[sheet.strip("'")][cell.replace("$", "")].value

    def failing(self) -> list[str]:
        rows = self.book["Checks"].iter_rows(min_col=2, max_col=3, values_only=True)
        return [says for says, result in rows if result == "differs"]


@cache
def example() -> Shown:
    return Shown(EXAMPLE)


@cache
def five(driver: str = "as agreed") -> Shown:
    return Shown(FIVE.with_fields(driver_chosen=driver))


def spent(span: Span) -> list[float]:
    """What each of the five channels spent on the days of a span."""
    return [fsum(row[2] * span.share_of(row[1]) for row in SPEND if row[0] == name) for name in NAMES]


def test_the_worked_case_stands_in_the_cells() -> None:
    rows = {row["Channel"]: row for row in example().rows("ByChannel")}
    drivers = {row["Channel"]: row for row in example().rows("Compare")}
    assert [rows[name]["Marketing spend"] for name in ("Paid", "Organic")] == [40_000, 15_000]
    assert example().named("people_cost") == example().named("shared_cost") == 130_000
    for channel, marketing, hours, opportunities in (("Paid", 2000, 4000, 5714), ("Organic", 1500, 10_500, 7071)):
        assert rows[channel]["Marketing-only CAC"] == marketing
        assert rows[channel]["Fully loaded CAC"] == drivers[channel]["By hours"] == hours
        assert round(drivers[channel]["By opportunities"]) == opportunities
    assert [example().named(f"cac_{name}") for name in ("looks_cheapest", "is_cheapest", "is_dearest")] == [
        "Organic",
        "Paid",
        "Organic",
    ]
    assert "The cheap channel is the dear one" in example().named("cac_message")
    assert example().failing() == []


def test_people_cost_is_pay_with_its_burden_as_far_as_it_won_customers() -> None:
    roles = EXAMPLE.tables["People"]
    loaded = [PersonRow(role, date(2026, 10, 1), *figures).loaded_cost for role, *figures, _, _ in roles]
    assert example().column("People", "Cost of acquisition") == pytest.approx(loaded) == [72_000, 40_000, 18_000]
    assert example().column("People", "Hours logged") == [720, 400, 180]


@pytest.mark.parametrize("driver", WEIGHTS)
def test_every_driver_splits_the_cost_as_the_function_does(driver: str) -> None:
    book, spend = five(driver), spent(QUARTER.earlier(75))
    customers = [channel[1] for channel in CHANNELS]
    table = cac_by_channel(NAMES, spend, customers, WEIGHTS[driver], SHARED)
    allocated = [row[2] for row in table.rows[:-1]]
    assert allocated == list(allocate(SHARED, WEIGHTS[driver]))
    assert book.column("ByChannel", "Allocated cost") == pytest.approx(allocated, abs=1e-9)
    loaded = [row[3] if row[0] != "Partners" else None for row in table.rows[:-1]]
    assert book.column("ByChannel", "Fully loaded CAC") == pytest.approx(loaded)
    assert five().column("Compare", f"By {driver}") == pytest.approx(loaded)
    assert book.named("cac_loaded") == pytest.approx(table.rows[-1][3])
    assert book.failing() == []


def test_each_channel_says_what_a_customer_costs_and_brings() -> None:
    spend = spent(QUARTER.earlier(75))
    for row, channel, cost, part in zip(
        five().rows("ByChannel"), CHANNELS, spend, allocate(SHARED, HOURS), strict=True
    ):
        name, customers, _, _, _, revenue, margin, churn = channel
        assert row["LTV"] == pytest.approx(customer_ltv(revenue, margin, churn))
        if name == "Partners":
            assert row["What it says"] == "no customers: its cost stays in the total"
            assert {row["Marketing-only CAC"], row["Fully loaded CAC"], row["LTV to CAC"], row["Payback"]} <= {
                "",
                None,
            }
            continue
        loaded = fully_loaded_cac(customers, cost, part)
        assert row["Marketing-only CAC"] == pytest.approx(marketing_cac(customers, cost))
        assert row["Fully loaded CAC"] == pytest.approx(loaded)
        assert row["LTV to CAC"] == pytest.approx(ltv_to_cac(row["LTV"], loaded))
        assert row["Payback"] == pytest.approx(cac_payback(loaded, revenue, margin))


def test_spend_a_cycle_earlier_stands_beside_the_quarter_s_own() -> None:
    assert five().column("Lag", "Spend in the quarter") == pytest.approx(spent(QUARTER))
    assert five().column("Lag", "Spend a cycle earlier") == pytest.approx(spent(QUARTER.earlier(75)))
    same = Shown(FIVE.with_fields(spend_taken="the quarter itself"))
    assert same.column("ByChannel", "Marketing spend") == pytest.approx(spent(QUARTER))
    assert same.column("Lag", "Fully loaded, no lag") == same.column("ByChannel", "Fully loaded CAC")
    assert five().column("Lag", "Fully loaded, earlier") == five().column("ByChannel", "Fully loaded CAC")


@pytest.mark.parametrize(
    ("cycle", "counted", "says"),
    [
        (75.4, "a cycle earlier", "Counted: 18 Jul 2026 to 17 Oct 2026"),
        (122, "a cycle earlier", "Counted: 1 Jun 2026 to 31 Aug 2026"),
        (123, "the quarter itself", "the rows would have to begin by 31 May 2026"),
        (None, "the quarter itself", "enter the median cycle to take spend earlier"),
    ],
)
def test_spend_is_taken_earlier_only_where_its_rows_reach_back(cycle: float | None, counted: str, says: str) -> None:
    book = Shown(FIVE.with_fields(cac_cycle_days=cycle))
    assert book.named("spend_counted") == counted
    assert says in book.named("spend_note")
    span = QUARTER.earlier(round(cycle)) if cycle and counted == "a cycle earlier" else QUARTER
    assert book.column("ByChannel", "Marketing spend") == pytest.approx(spent(span))


def test_without_logged_hours_opportunities_serve() -> None:
    book = Shown(FIVE.with_table("Logged", ()))
    assert book.named("driver_used") == "opportunities"
    assert book.named("driver_says") == "No hours are logged on People: opportunities worked serve instead."
    assert book.column("ByChannel", "Allocated cost") == list(allocate(SHARED, WEIGHTS["opportunities"]))


def test_the_definitions_decide_until_a_sheet_chooses_otherwise() -> None:
    agreed = FIVE.with_fields(set_cac_driver="opportunities", set_cac_lag="no")
    assert [Shown(agreed).named(name) for name in ("driver_used", "spend_counted")] == [
        "opportunities",
        "the quarter itself",
    ]
    chosen = agreed.with_fields(driver_chosen="customers", spend_taken="a cycle earlier")
    assert [Shown(chosen).named(name) for name in ("driver_used", "spend_counted")] == [
        "customers",
        "a cycle earlier",
    ]


def test_revenue_as_a_driver_is_called_circular() -> None:
    assert five("revenue").named("driver_says").startswith("▲ Circular")
    assert five().named("driver_says") in {"", None}


def test_the_cheapest_and_the_dearest_channel_are_named_under_each_driver() -> None:
    for short, driver in (("hours", "hours"), ("even", "even split"), ("revenue", "revenue")):
        costs = {
            row["Channel"]: row[f"By {driver}"] for row in five().rows("Compare") if row["Channel"] != "Partners"
        }
        assert five().named(f"cac_by_{short}_cheapest") == min(costs, key=costs.__getitem__)
        assert five().named(f"cac_by_{short}_dearest") == max(costs, key=costs.__getitem__)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_charts_hold_the_channels_in_their_middle(count: int) -> None:
    book = Shown(FIVE.with_table("Channels", CHANNELS[:count]).with_table("Spend", ()).with_table("Logged", ()))
    sheet = book.book["Chart data"]
    cells = [row[0].value or "" for row in sheet[sheet.tables["Drawn"].ref][1:]]
    assert [cell for cell in cells if cell] == list(NAMES[:count])
    before, after = (next(i for i, cell in enumerate(row) if cell) for row in (cells, cells[::-1]))
    assert abs(before - after) <= 1


UNKNOWN = ("Every row of Spend names a channel of Drivers", "The channels' marketing spend adds up")


@pytest.mark.parametrize(
    ("table", "row", "fails"),
    [
        ("Spend", ("Radio", date(2026, 8, 1), 500, "media"), UNKNOWN),
        ("Spend", ("Events", None, 500, "media"), UNKNOWN[:1]),
        ("Channels", ("events", 1, 1), ("Each channel is named once",)),
        ("Channels", (None, 1, 1), ("Every channel with figures has its name",)),
        ("People", ("Solution architects", 10_000), ("Every role has its cost and its share of time",)),
        ("Logged", ("Account executives", "Radio", 5), ("Every row of hours", "The channels' hours add up")),
    ],
)
def test_what_does_not_reconcile_lights_up(table: str, row: tuple[Any, ...], fails: tuple[str, ...]) -> None:
    book = Shown(FIVE.with_table(table, (*FIVE.tables[table], row)))
    assert errors(results(book.content)) == []
    failing = book.failing()
    for says in fails:
        assert any(line.startswith(says) for line in failing), failing


def test_the_next_quarter_starts_without_customers_and_keeps_the_spend(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(example().content)
    new_quarter(tmp_path / "book.xlsx", tmp_path / "next.xlsx", date(2026, 12, 31))
    book = Shown((tmp_path / "next.xlsx").read_bytes())
    assert book.named("quarter_start").date() == date(2027, 1, 1)
    assert book.column("Lag", "Spend a cycle earlier") == pytest.approx(
        [16_000 + 17_000 + 15_000 * 29 / 31, 4_000 + 4_000 + 4_000 * 29 / 31]  # 1 Oct to 29 Dec
    )
    assert book.column("ByChannel", "What it says") == ["enter its customers on Drivers"] * 2
    assert book.column("Channels", "Comes from") == ["estimated", "estimated"]
    assert book.failing() == []


def test_cost_that_nothing_can_be_shared_by_is_said() -> None:
    idle = [(name, customers) for name, customers, *_ in CHANNELS]
    book = Shown(FIVE.with_table("Channels", idle).with_table("Logged", ()))
    assert book.named("cac_message").startswith("Nothing to share the cost by")
    assert book.failing() == ["Shared cost has something to follow: hours, opportunities, or what was chosen"]
    assert errors(results(book.content)) == []


def test_without_a_longest_life_no_value_of_a_customer_is_given() -> None:
    book = Shown(FIVE.with_fields(ltv_cap_months=None))
    assert not any(book.column("ByChannel", "LTV"))
    assert "enter the longest customer life on Drivers" in book.column("ByChannel", "What it says")


def test_a_blank_workbook_is_calm() -> None:
    blank = Shown(BLANK)
    assert errors(results(blank.content)) == []
    assert blank.failing() == []
    assert blank.named("cac_message") == "Set the first day of the quarter on Start."
    assert blank.named("cac_loaded") in {"", None}
    assert {blank.named(name) or "" for name in ("people_cost", "spend_total", "driver_says")} == {""}
    assert blank.named("dimension") == "channel"
