"""The velocity explorer: its cells say what the functions compute from its inputs, whatever they are."""

from __future__ import annotations

import io
import math
from datetime import date, timedelta
from statistics import mean, stdev
from typing import Any

import openpyxl
import pytest

import xlfunnel
from xlfunnel.ooxml.engine import errors, results
from xlfunnel.templates.build import build_template
from xlfunnel.templates.contents import BLANK, Contents, Row
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.velocity_explorer import TEMPLATE

Rows = list[dict[str, Any]]
NOW = (60, 11_000, 0.22, 75)
BEFORE = (50, 12_000, 0.25, 90)
LEVERS = ("opportunities", "average_deal", "win_rate", "cycle_days")


class Shown:
    """What a built workbook shows: rows of its tables, and its named cells."""

    def __init__(self, contents: Contents = TEMPLATE.example, edition: Edition = Edition.FORMULAS) -> None:
        self.content = build_template(TEMPLATE, edition, contents)
        self.book = openpyxl.load_workbook(io.BytesIO(self.content), data_only=True)

    def rows(self, name: str) -> Rows:
        """The rows of a table that say something, by the headings."""
        sheet = next(sheet for sheet in self.book if name in sheet.tables)
        (headings, *rows) = sheet[sheet.tables[name].ref]
        names = [cell.value for cell in headings]
        found = [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]
        return [row for row in found if row[names[0]] not in {None, ""}]

    def row(self, period: str, name: str = "Periods") -> dict[str, Any]:
        return next(row for row in self.rows(name) if row["Period"] == period)

    def area(self, name: str) -> list[Any]:
        """The values of a named cell or range."""
        sheet, cells = self.book.defined_names[name].attr_text.split("!")
        found = self.book[sheet.strip("'")][cells.replace("$", "")]
        rows = found if isinstance(found, tuple) else ((found,),)
        return ["" if cell.value is None else cell.value for row in rows for cell in row]

    def named(self, name: str) -> Any:
        (value,) = self.area(name)
        return value

    def texts(self, sheet: str) -> list[str]:
        return [
            str(cell.value) for row in self.book[sheet].iter_rows() for cell in row if isinstance(cell.value, str)
        ]

    def failing(self) -> list[str]:
        rows = self.book["Checks"].iter_rows(min_col=2, max_col=3, values_only=True)
        return [says for says, result in rows if result == "differs"]


@pytest.fixture(scope="module")
def example() -> Shown:
    return Shown()


def periods(*rows: Row, **fields: Any) -> Contents:
    return BLANK.with_table("Periods", rows).with_fields(**fields)


def test_velocity_of_the_first_period(example: Shown) -> None:
    first = example.rows("Periods")[0]
    levers = [first[name] for name in ("Open opportunities", "Average deal", "Win rate", "Cycle days")]
    assert levers == [40, 12_000, 0.25, 60]
    assert first["Velocity"] == 2_000


def test_every_period_is_what_the_functions_say(example: Shown) -> None:
    rows = example.rows("Periods")
    assert len(rows) == 12
    base = xlfunnel.sales_velocity(*BEFORE)
    for row in rows:
        won, lost, undecided = row["Won"], row["Lost"], row["No decision"]
        rate = xlfunnel.win_rate(won, lost, undecided)
        velocity = xlfunnel.sales_velocity(row["Open opportunities"], row["Average deal"], rate, row["Cycle days"])
        assert row["Win rate"] == pytest.approx(rate)
        assert row["Velocity"] == pytest.approx(velocity)
        assert row["Index"] == pytest.approx(velocity / base)
        low, _, high = xlfunnel.win_rate_interval(won, won + lost + undecided).rows[0]
        seen = example.row(row["Period"], "Uncertainty")
        assert (seen["Rate low"], seen["Rate high"]) == pytest.approx((low, high))


def test_the_worked_bridge(example: Shown) -> None:
    assert example.area("before_levers") == pytest.approx(BEFORE)
    assert example.area("after_levers") == pytest.approx(NOW)
    parts = xlfunnel.velocity_bridge(BEFORE, NOW).column("added")
    assert example.area("bridge_parts") == pytest.approx(parts[:4])
    assert [round(part, 2) for part in example.area("bridge_parts")] == [327.81, -156.44, -229.84, 327.81]
    assert round(example.named("bridge_total"), 2) == 269.33
    assert (example.named("helped_most"), example.named("held_back_most")) == ("Open opportunities", "Win rate")


def test_the_waterfall_goes_from_before_to_after_and_never_below_the_lower_one(example: Shown) -> None:
    sheet = example.book["Bridge"]
    top = next(cell.row for cell in sheet["B"] if cell.value == "Step")
    steps = [[cell.value for cell in row] for row in sheet.iter_rows(top + 1, top + 6, 2, 8)]
    names, _, ends, base, whole, more, less = zip(*steps, strict=True)
    assert names == ("2026-04", "Open opportunities", "Cycle days", "Average deal", "Win rate", "2026-09")
    assert (whole[0], whole[-1]) == pytest.approx((5_000 / 3, 1_936))
    assert ends[-2] == pytest.approx(1_936)
    assert min(base[1:-1]) >= 5_000 / 3
    assert sum(one or 0 for one in more) - sum(one or 0 for one in less) == pytest.approx(269.3333, abs=1e-4)


def test_nothing_helped_when_every_lever_became_worse() -> None:
    better = ("before", 60, 25, 75, 0, 12_000, 6_000, 60, 30)
    worse = ("after", 50, 20, 80, 0, 11_000, 6_000, 70, 30)
    shown = Shown(periods(better, worse))
    assert (shown.named("helped_most"), shown.named("held_back_most")) == ("nothing", "Win rate")
    shown = Shown(periods(worse, better))
    assert (shown.named("helped_most"), shown.named("held_back_most")) == ("Win rate", "nothing")


def test_marketing_and_sales_that_pull_apart(example: Shown) -> None:
    """Win rate −40 %, cycle +30 %."""
    assert round(example.named("mix_index"), 4) == 0.4615
    assert example.named("mix_velocity") == pytest.approx(1_936 * 0.6 / 1.3)


def test_each_lever_by_its_step(example: Shown) -> None:
    steps = dict(zip(LEVERS, (0.1, 0.05, 0.1, 0.15), strict=True))
    for number, (lever, step) in enumerate(steps.items()):
        gain = xlfunnel.velocity_sensitivity(*NOW, step).column("gain")[number]
        assert example.named(f"gain_{lever}") == pytest.approx(gain)
    assert example.area("lever_places") == [2, 4, 3, 1]
    assert example.named("largest_lever") == "Cycle days"
    assert example.named("together_velocity") == pytest.approx(66 * 11_550 * 0.242 / 63.75)


def test_all_levers_by_the_common_step() -> None:
    shown = Shown(TEMPLATE.example.with_fields(step_average_deal=None, step_cycle_days=None, better_by=0.2))
    table = xlfunnel.velocity_sensitivity(*NOW, 0.2)
    assert shown.area("lever_gains") == pytest.approx(table.column("gain")[:4])
    assert shown.named("together_velocity") == pytest.approx(table.column("velocity")[4])
    assert shown.area("lever_places") == [2, 3, 4, 1]
    assert shown.failing() == []


def test_the_goal_by_each_lever(example: Shown) -> None:
    needed = [xlfunnel.velocity_goal(2_500, lever, *NOW) for lever in LEVERS]
    assert example.area("goal_needed") == pytest.approx(needed)
    assert example.named("goal_share") == pytest.approx((2_500 / 1_936) ** 0.25 - 1)
    assert "18 more open opportunities" in example.texts("Goal")
    opportunities, deal, rate, cycle = example.area("goal_shared")
    assert xlfunnel.sales_velocity(opportunities, deal, rate, cycle) == pytest.approx(2_500)


def test_a_goal_that_the_win_rate_cannot_reach() -> None:
    shown = Shown(TEMPLATE.example.with_fields(velocity_target=10_000))
    assert shown.area("goal_needed")[2] == ""
    assert "Not reachable: the win rate would have to be 113.6 %" in shown.texts("Goal")
    assert shown.named("goal_cycle_days") == pytest.approx(xlfunnel.velocity_goal(10_000, "cycle_days", *NOW))
    assert shown.failing() == []


def test_a_goal_that_is_reached() -> None:
    shown = Shown(TEMPLATE.example.with_fields(velocity_target=1_000))
    assert shown.texts("Goal").count("Reached already") == 4
    assert shown.failing() == []


DAY = date(2026, 9, 30)
DEALS = [
    # status, amount, created, closed
    *(("won", 8_000 + 1_500 * n, DAY - timedelta(100 + 3 * n), DAY - timedelta(30 - n)) for n in range(7)),
    *(("lost", 5_000, DAY - timedelta(150 + 5 * n), DAY - timedelta(40 - n)) for n in range(14)),
    *(("no decision", 6_000, DAY - timedelta(200), DAY - timedelta(20 + n)) for n in range(4)),
    *(("open", 9_000, DAY - timedelta(30 + n), None) for n in range(18)),
]


def summary(period: str) -> Row:
    """What a person takes from a list of deals for one row of the table."""
    amounts = [amount for status, amount, _, _ in DEALS if status == "won"]
    cycles = [(closed - created).days for _, _, created, closed in DEALS if closed]
    counted = [sum(one[0] == status for one in DEALS) for status in ("open", "won", "lost", "no decision")]
    return (period, *counted, mean(amounts), stdev(amounts), mean(cycles), stdev(cycles))


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_range_is_that_of_the_deals_themselves(confidence: float) -> None:
    """The table's summary gives the range that VELOCITY_INTERVAL takes from every single deal."""
    shown = Shown(periods(summary("2026-09"), interval_confidence=confidence))
    status, amount, created, closed = zip(*DEALS, strict=True)
    low, middle, high = xlfunnel.velocity_interval(status, amount, created, closed, DAY, confidence).rows[0]
    row = shown.row("2026-09")
    assert (row["Low"], row["Velocity"], row["High"]) == pytest.approx((low, middle, high))


def test_the_missing_deals_narrow_the_range_as_wanted(example: Shown) -> None:
    reach, closed, missing = (example.named(name) for name in ("after_reach", "after_closed", "deals_missing"))
    assert (closed, missing) == (100, 513)
    spread = math.log(1 + reach) * math.sqrt(closed)
    assert math.exp(spread / math.sqrt(closed + missing)) - 1 <= 0.2 < math.exp(spread / math.sqrt(612)) - 1


def test_a_change_within_chance_is_none_yet(example: Shown) -> None:
    assert example.named("change_verdict") == "cannot tell yet"
    assert example.named("change_low") < 1 < example.named("change_high")


def test_a_change_beyond_chance() -> None:
    before = ("before", 50, 400, 1_200, 0, 10_000, 3_000, 90, 20)
    after = ("after", 100, 600, 1_200, 0, 10_000, 3_000, 60, 15)
    assert Shown(periods(before, after)).named("change_verdict") == "velocity rose"
    assert Shown(periods(after, before)).named("change_verdict") == "velocity fell"


def test_the_shares_of_uncertainty(example: Shown) -> None:
    parts = ((1 - 0.22) / 22, (6_200 / 11_000) ** 2 / 22, (42 / 75) ** 2 / 100)
    assert example.area("source_shares") == pytest.approx([part / sum(parts) for part in parts])
    assert example.named("largest_source") == "Win rate"


@pytest.mark.parametrize("edition", Edition)
def test_blank_is_calm(edition: Edition) -> None:
    shown = Shown(BLANK, edition)
    assert shown.failing() == []
    assert shown.named("after_velocity") == ""
    assert "Enter a period in the table below" in shown.texts("Periods")


HALF: tuple[tuple[Row, str], ...] = (
    (("2026-01",), "enter won and lost"),
    (("2026-01", 40, 20, 60, None, 12_000), "enter what velocity is made of"),
    (("2026-01", 40, 20, 60, None, 12_000, None, 0), "enter what velocity is made of"),
    (("2026-01", 40, 20, 60, None, 12_000, None, 60), "no range: enter both spreads"),
    (("2026-01", 40, 1, 60, None, 12_000, 100, 60, 10), "no range: enter both spreads"),
    (("2026-01", 40, 0, 0, 0, 12_000, 100, 60, 10), "enter won and lost"),
    (("2026-01", 0, 20, 60, 0, 12_000, 100, 60, 10), "no range: enter both spreads"),
    (("2026-01", 40, 20.5, 60, 0, 12_000, 100, 60, 10), ""),
)


@pytest.mark.parametrize(("row", "says"), HALF)
def test_half_filled_rows_say_what_is_missing_and_nothing_breaks(row: Row, says: str) -> None:
    shown = Shown(periods(row, velocity_target=3_000))
    assert (shown.row("2026-01")["To do"] or "") == says
    assert errors(results(shown.content)) == []
    assert shown.failing() == []


@pytest.mark.parametrize("step", [None, 1])
def test_a_step_that_cannot_be_taken_leaves_blanks(step: float | None) -> None:
    fields = {"better_by": step, "step_average_deal": None, "step_cycle_days": step, "mix_cycle_days": -1}
    shown = Shown(TEMPLATE.example.with_fields(**fields))
    assert shown.area("lever_gains") == [""] * 4
    assert (shown.named("largest_lever"), shown.named("largest_gain"), shown.named("mix_velocity")) == ("", "", "")
    assert "enter a step under 100 %" in shown.texts("Sensitivity")
    assert errors(results(shown.content)) == []


def test_charts_name_the_currency() -> None:
    shown = Shown(TEMPLATE.example.with_fields(currency="EUR"))
    titles = [text for name in ("Sensitivity", "Bridge", "Uncertainty") for text in shown.texts(name)]
    assert sum("EUR per day" in title for title in titles) == 4


def test_a_blank_workbook_has_room_for_a_year_of_months() -> None:
    sheet = Shown(BLANK).book["Periods"]
    assert len(sheet[sheet.tables["Periods"].ref]) == 1 + 12 + 3


def test_one_period_alone_is_not_compared_with_itself() -> None:
    shown = Shown(periods(("2026-01", 40, 20, 60, 0, 12_000, 6_000, 60, 30)))
    assert shown.named("velocity_index") == 1
    assert shown.named("change_verdict") == ""
    assert shown.failing() == []


def test_a_name_that_stands_twice_fails_a_check() -> None:
    row = ("2026-01", 40, 20, 60, 0, 12_000, 6_000, 60, 30)
    assert Shown(periods(row, row)).failing() == ["Each period has a name of its own"]


def test_a_period_to_compare_that_is_not_there_fails_a_check() -> None:
    shown = Shown(TEMPLATE.example.with_fields(compare_before="2020-01"))
    assert shown.failing() == ["The periods to compare are in the list"]
    assert shown.named("velocity_change") == ""


def test_without_a_choice_the_first_and_the_latest_period_are_compared() -> None:
    shown = Shown(TEMPLATE.example.with_fields(compare_before=None, compare_after=None))
    assert (shown.named("before_period"), shown.named("after_period")) == ("2025-10", "2026-09")


def test_the_chart_shows_the_latest_twelve_of_more_periods() -> None:
    rows = [(f"P{number}", 40 + number, 20, 60, 0, 12_000, 6_000, 60, 30) for number in range(1, 16)]
    sheet = Shown(periods(*rows)).book["Uncertainty"]
    top = next(cell.row for cell in sheet["B"] if cell.value == "What the chart on Periods draws") + 2
    assert [cell.value for cell in sheet[top]][2:14] == [f"P{number}" for number in range(4, 16)]


def test_both_editions_show_the_same(example: Shown) -> None:
    functions = Shown(edition=Edition.FUNCTIONS)
    for name in ("Periods", "Uncertainty"):
        assert functions.rows(name) == example.rows(name)
    assert functions.failing() == []
