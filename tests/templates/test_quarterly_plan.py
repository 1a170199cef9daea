"""The quarterly plan: its figures, read from the cells of the built workbook, are those of the functions."""

from __future__ import annotations

import io
import re
import warnings
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from xlfunnel import (
    coverage_needed,
    deals_needed,
    funnel_forward,
    funnel_reverse,
    lead_capacity,
    mix_gap,
    mql_target,
    pipeline_coverage,
    pipeline_target,
    plan_chance,
    reps_needed,
)
from xlfunnel.templates.build import build_template
from xlfunnel.templates.contents import BLANK, Contents, Row
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.quarterly_plan import TEMPLATE
from xlfunnel.templates.quarterly_plan.chart_data import PLACES
from xlfunnel.templates.quarterly_plan.example import EXAMPLE, RATES, SEGMENTS
from xlfunnel.templates.turning import new_quarter

GUIDE_RATES = (0.3, 0.7, 0.6, 0.6, 0.9)
TARGETS = (150_000, 300_000, 750_000)
DEALS = (10_000, 30_000, 250_000)
AGREED = (220, 143, 44)


class Shown:
    """What a built workbook shows, by sheet and heading, or by a cell's name."""

    def __init__(self, contents: Contents, edition: Edition = Edition.FORMULAS) -> None:
        self._open(build_template(TEMPLATE, edition, contents))

    @classmethod
    def of(cls, content: bytes) -> Shown:
        """What a workbook at hand shows."""
        shown = cls.__new__(cls)
        shown._open(content)
        return shown

    def _open(self, content: bytes) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*extension is not supported")  # bars in cells
            self.book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)

    def column(self, table: str, heading: str) -> list[object]:
        """The cells of a table's column, those of rows without a segment left out."""
        page = next(page for page in self.book if table in page.tables)
        head, *rows = page[page.tables[table].ref]
        at = [cell.value for cell in head].index(heading)
        return [row[at].value for row in rows if row[0].value]

    def whole_column(self, table: str, heading: str) -> list[object]:
        page = next(page for page in self.book if table in page.tables)
        head, *rows = page[page.tables[table].ref]
        at = [cell.value for cell in head].index(heading)
        return [row[at].value for row in rows]

    def named(self, name: str) -> object:
        ((sheet, cell),) = self.book.defined_names[name].destinations
        return self.book[sheet][cell].value

    def bars(self, *, labelled: bool = False) -> list[tuple[str, float, list[float]]]:
        """Label, total and parts of each stacked bar, or only the parts that carry their number."""
        found, inside = [], False
        for label, total, _, *cells in self.book["Chart data"].iter_rows(min_col=2, max_col=20, values_only=True):
            if inside and label and isinstance(total, (int, float)):
                drawn = cells[:PLACES] if labelled else cells
                found.append((str(label), float(total), [float(one) for one in drawn if one is not None]))
            inside = total == "Total" or (inside and bool(label))
        return found

    def failing(self) -> list[str]:
        rows = self.book["Checks"].iter_rows(min_col=2, max_col=3, values_only=True)
        return [str(says) for says, found in rows if found == "differs"]


@cache
def example() -> Shown:
    return Shown(EXAMPLE)


@cache
def blank() -> Shown:
    return Shown(BLANK)


@pytest.mark.parametrize(
    ("table", "heading", "expected"),
    [
        ("Plan", "Segment", ["Small", "Middle", "Large"]),
        ("Plan", "Deals needed", [15, 10, 3]),
        ("Plan", "MQLs needed", [221, 147, 45]),
        ("Plan", "MQLs agreed", [220, 143, 44]),
        ("Plan", "MQLs to be safe", [265, 183, 62]),
        ("Plan", "MQLs due", [datetime(2026, 12, 1), datetime(2026, 11, 1), datetime(2026, 10, 2)]),
        ("Funnel", "SQLs needed", [67, 45, 14]),
        ("Mix", "Share of targets", [0.125, 0.25, 0.625]),
        ("Mix", "Shares", ["▲ 12.5 % by targets", "▲ 25 % by targets", "▲ 62.5 % by targets"]),
        ("Mix", "Leads", [504, 94.5, 31.5]),
        ("Mix", "Revenue expected", [342_921.6, 192_893.4, 535_815]),
        (
            "Mix",
            "What it says",
            ["▲ drowning: 284 over the need", "▼ starving: 53 missing", "▼ starving: 13 missing"],
        ),
        ("Capacity", "Load by leads coming", [1.4, 0.2625, 0.0875]),
        ("Capacity", "Reps for leads coming", [2, 1, 1]),
    ],
)
def test_the_guides_case(table: str, heading: str, expected: list[object]) -> None:
    found = example().column(table, heading)
    assert found == [pytest.approx(one) if isinstance(one, float) else one for one in expected]


@pytest.mark.parametrize(
    ("segment", "printed"),
    [(0, [220, 66, 46, 28, 17, 15]), (1, [143, 43, 30, 18, 11, 10]), (2, [44, 13, 9, 6, 3, 3])],
)
def test_the_agreed_mqls_run_forward_as_the_guide_prints_them(segment: int, printed: list[int]) -> None:
    headings = (
        "MQLs agreed",
        *(f"{stage} expected" for stage in ("SQLs", "Opportunities", "Proposals", "Contracts")),
    )
    counts = [example().column("Funnel", heading)[segment] for heading in (*headings, "Deals expected")]
    assert counts == pytest.approx(list(funnel_forward(AGREED[segment], GUIDE_RATES).column("count")))
    assert [float(f"{count:.0f}") for count in counts] == printed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plan_mqls_needed", 413),
        ("plan_mqls_agreed", 407),
        ("plan_mqls_safe", 510),
        ("plan_deals_needed", 28),
        ("plan_segments_short", 3),
        ("mix_revenue_expected", 1_071_630),
        ("mix_gap_total", -128_370),
        ("capacity_highest_load", 1.4),
        ("pace_received", 291),
        ("pace_owed", 407 * 6 / 13),
        ("pace_gap", 291 - 407 * 6 / 13),
        ("pace_behind", 2),
        ("checks_failing", 0),
    ],
)
def test_figures_that_people_cite_have_names(name: str, expected: float) -> None:
    assert example().named(name) == pytest.approx(expected)


OTHER = EXAMPLE.with_fields(plan_chance_wanted=0.9, pipeline_slip=0.1, mix_leads=1_000, scenario_rate_cautious=0.7)
OTHER = (
    OTHER.with_table(
        "Segments",
        (
            ("Nord", 420_000, 0.5, 14_500, None, None, 41, None, None, 2.5, 20_000, 1, 390_000, 12, "agreed", None),
            ("Süd", 90_000, 0.2, 8_000, 7_250, "measured", 30, 33, "measured", 1, None, None, 0, 0, "agreed", None),
            (
                "West",
                60_001,
                0.1,
                60_000,
                None,
                "agreed",
                90,
                None,
                "agreed",
                1,
                70_000,
                1,
                50_000,
                1,
                "agreed",
                None,
            ),
            ("Ost", 100, 0.1, 10_000, None, "agreed", 10, None, "agreed", 0.5, None, None, 5_000, 1, "agreed", None),
            ("Übersee", 1_000_000, 0.1, 2_000, None, "", 20, None, "", 7, None, None, 9_000, 4, "estimated", None),
        ),
    )
    .with_table(
        "Rates",
        (
            (0.31, 0.62, 0.55, 0.7, 0.8, 0.28, *[None] * 6, None, "agreed", None),
            (0.25, 0.5, 0.5, 0.5, 0.5, 0.2, 0.2, 0.4, 0.6, 0.7, 0.9, 0.22, "measured", "agreed", None),
            (1, 1, 1, 1, 0.5, 0.5, *[None] * 6, "agreed", "agreed", None),
            (0.9, 0.9, 0.9, 0.9, 0.9, 0.9, *[None] * 6, "agreed", "agreed", None),
            (0.05, 0.4, 0.5, 0.6, 0.7, 0.1, *[None] * 6, "agreed", "agreed", None),
        ),
    )
    .with_table("Plan", ((400,), (300,), (1,), (None,), (120_000,)))
)
OTHER = OTHER.with_table("Mix", ((0.3,), (0.2,), (0.1,), (0.1,), (0.3,))).with_table("Received", ((5, 6), (3,)))


def segments_of(contents: Contents) -> list[tuple[float, float, tuple[float, ...], float, float]]:
    """Target, average deal, rates, rate by value and reps of each segment, as they are used."""
    found = []
    for row, rates in zip(contents.tables["Segments"], contents.tables["Rates"], strict=True):
        deal = row[4] if row[5] == "measured" else row[3]
        used = rates[6:12] if rates[12] == "measured" else rates[:6]
        found.append((float(row[1]), float(deal), tuple(map(float, used[:5])), float(used[5]), float(row[9])))
    return found


@pytest.mark.parametrize("contents", [EXAMPLE, OTHER], ids=["example", "other"])
def test_every_figure_is_that_of_its_function(contents: Contents) -> None:
    shown, fields = Shown(contents), contents.fields
    chance, slip = float(fields.get("plan_chance_wanted", 0.8)), float(fields.get("pipeline_slip", 0))
    expected: dict[tuple[str, str], list[object]] = {}

    def add(table: str, heading: str, value: object) -> None:
        expected.setdefault((table, heading), []).append(value)

    agreed = [row[0] for row in contents.tables["Plan"]]
    shares = [row[0] for row in contents.tables["Mix"]]
    leads = float(fields["mix_leads"])
    segments = segments_of(contents)
    gap = mix_gap(
        leads, shares, [one[2] for one in segments], [one[1] for one in segments], [one[0] for one in segments]
    )
    for number, (target, deal, rates, by_value, reps) in enumerate(segments):
        deals = deals_needed(target, deal)
        add("Plan", "Deals needed", deals)
        add("Plan", "MQLs needed", mql_target(target, deal, rates))
        add("Plan", "MQLs to be safe", mql_target(target, deal, rates, chance))
        add("Plan", "Chance", None if agreed[number] is None else plan_chance(agreed[number], rates, deals))
        for at, stage in enumerate(("MQLs", "SQLs", "Opportunities", "Proposals", "Contracts")):
            add("Funnel", f"{stage} needed", funnel_reverse(deals, rates).column("count")[at])
        booked = float(contents.tables["Segments"][number][10] or 0)
        rest = max(0.0, target - booked)
        win = rates[2] * rates[3] * rates[4]
        add("Pipeline", "Pipeline to create", pipeline_target(rest, win))
        add("Pipeline", "Needed by count", coverage_needed(win, slip))
        add("Pipeline", "Needed by value", coverage_needed(by_value, slip))
        pipeline = float(contents.tables["Segments"][number][12])
        add("Pipeline", "Coverage", pipeline_coverage(pipeline, target, booked) if rest else None)
        for heading, column in (
            ("Deals expected", "deals"),
            ("Revenue expected", "revenue"),
            ("Gap", "gap"),
            ("Over or missing", "leads over or missing"),
        ):
            add("Mix", heading, gap.column(column)[number])
        hours = 30 * 0.8 * 13 / (3 * 120)
        add("Capacity", "Can work", lead_capacity(reps, 30, hours, 13, 0.8))
        add("Capacity", "Reps for leads coming", reps_needed(leads * shares[number], 30, hours, 13, 0.8))
        cautious = min(1.0, rates[0] * rates[1] * rates[2] * rates[3] * rates[4] * shown_lever(contents))
        add("Scenario", "Cautious MQLs", mql_target(target, deal * 0.95, [cautious]))
    for (table, heading), values in expected.items():
        assert shown.column(table, heading) == [
            None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12) for value in values
        ], f"{table}, {heading}"


def shown_lever(contents: Contents) -> float:
    return float(contents.fields.get("scenario_rate_cautious", 0.9))


def test_both_editions_show_the_same() -> None:
    functions = Shown(OTHER, Edition.FUNCTIONS)
    for heading in ("MQLs needed", "MQLs to be safe", "Chance"):
        assert functions.column("Plan", heading) == Shown(OTHER).column("Plan", heading)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_segments_reconciles(count: int) -> None:
    rows = [(f"Industry {at}", SEGMENTS[at % 3][1], None, *SEGMENTS[at % 3][3:]) for at in range(count)]
    contents = EXAMPLE.with_table("Segments", rows).with_table("Rates", [RATES[0]] * count)
    contents = contents.with_table("Plan", [(100,)] * count).with_table("Mix", [(1 / count,)] * count)
    unreported = {f"worked_week_{number}": None for number in range(3, 7)}
    contents = contents.with_table("Received", [(9, 9)] * count).with_fields(dimension="industry", **unreported)
    shown = Shown(contents)
    assert shown.failing() == []
    assert shown.named("plan_mqls_agreed") == 100 * count
    assert len(shown.column("Scenario", "Stretch MQLs")) == count


def test_a_blank_workbook_is_calm() -> None:
    assert blank().failing() == []
    texts = [
        str(cell.value)
        for page in blank().book
        if page.title in TEMPLATE.sheets
        for row in page.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert [text for text in texts if text.startswith("#")] == []
    assert set(blank().whole_column("Plan", "MQLs needed")) == {None}
    assert set(blank().whole_column("Plan", "What it says")) == {None}


HINTS: list[tuple[Row, Row, str]] = [
    (("no target", None, None, 10_000), GUIDE_RATES, "enter the revenue target"),
    (("no deal", 100_000), GUIDE_RATES, "enter the average deal"),
    (("no measured deal", 100_000, None, 10_000, None, "measured"), GUIDE_RATES, "enter the average deal"),
    (("no rates", 100_000, None, 10_000), (), "enter the rates"),
    (("one rate missing", 100_000, None, 10_000), (0.3, 0.7, None, 0.6, 0.9), "enter the rates"),
    (("a rate of 0", 100_000, None, 10_000), (0.3, 0, 0.6, 0.6, 0.9), "enter the rates"),
    (("nothing agreed", 100_000, None, 10_000), GUIDE_RATES, "agree on the MQLs"),
]


def test_a_surplus_in_one_segment_hides_no_shortage_in_another() -> None:
    shown = Shown(EXAMPLE.with_table("Plan", [(500,), (147,), (44,)]))
    assert (shown.named("plan_mqls_agreed"), shown.named("plan_segments_short")) == (691, 1)
    assert shown.column("Plan", "What it says") == ["✓ covers the need"] * 2 + ["▲ 1 short of the need"]


def test_what_is_missing_is_said() -> None:
    contents = BLANK.with_table("Segments", [segment for segment, _, _ in HINTS])
    shown = Shown(contents.with_table("Rates", [rates for _, rates, _ in HINTS]))
    assert shown.column("Plan", "What it says") == [hint for _, _, hint in HINTS]
    assert shown.failing() == []


def test_blank_leads_and_shares_take_what_was_received() -> None:
    shown = Shown(EXAMPLE.with_fields(mix_leads=None).with_table("Mix", ()))
    assert shown.named("mix_leads_used") == pytest.approx(291 / 6 * 13)
    assert shown.column("Mix", "Share of leads") == pytest.approx([233 / 291, 44 / 291, 14 / 291])


def test_a_target_that_is_met_needs_no_coverage() -> None:
    row = ("Small", 100_000, None, 10_000, None, None, 30, None, None, 1, 120_000, 12, 50_000, 5)
    shown = Shown(EXAMPLE.with_table("Segments", [row]))
    assert shown.column("Pipeline", "Coverage") == [None]
    assert shown.column("Pipeline", "What it says") == ["✓ target met"]


def test_equal_shares_are_no_finding() -> None:
    rows = [(*row[:2], share, *row[3:]) for row, share in zip(SEGMENTS, (0.125, 0.25, 0.625), strict=True)]
    shown = Shown(EXAMPLE.with_table("Segments", rows))
    assert shown.named("mix_shares") == "agree"
    assert shown.column("Mix", "Shares") == ["✓ agrees"] * 3


def test_shares_that_do_not_add_up_fail_a_check() -> None:
    rows = [(*row[:2], 0.4, *row[3:]) for row in SEGMENTS]
    assert Shown(EXAMPLE.with_table("Segments", rows)).failing() == [
        "The stated shares of revenue add up to 100 %, or none is stated"
    ]


def test_mqls_worked_in_a_week_without_any_received_fail_a_check() -> None:
    assert Shown(EXAMPLE.with_fields(worked_week_7=5)).failing() == [
        "Sales worked MQLs only in weeks up to the last one with MQLs received"
    ]


def test_weights_move_what_is_owed() -> None:
    heavy = {f"weight_week_{number}": 0 for number in range(7, 14)}
    assert Shown(EXAMPLE.with_fields(**heavy)).named("pace_owed") == pytest.approx(407)


def test_more_mqls_than_the_grid_can_find_are_not_invented() -> None:
    row = ("Huge", 10_000_000, None, 1, None, None, 30)
    shown = Shown(BLANK.with_table("Segments", [row]).with_table("Rates", [(0.1, 1, 1, 1, 1)]))
    assert shown.column("Plan", "MQLs to be safe") == ["too many"]
    assert shown.failing() == ["No segment needs more MQLs than the Chance grid can find"]


def test_the_next_quarter_names_what_there_is() -> None:
    turn = TEMPLATE.next_quarter
    book = example().book
    headings = {
        (table.name, str(cell.value))
        for page in book
        for table in page.tables.values()
        for cell in page[table.ref][0]
    }
    for source in (*turn.cleared, *turn.carried, *(kept.source for kept in turn.kept)):
        column = re.fullmatch(r"(\w+)\[(.+)\]", source)
        place = (column[1], column[2]) if column else (turn.rows, source)
        assert place in headings or source in book.defined_names, source
    assert {(turn.history, kept.column) for kept in turn.kept} <= headings
    assert {(turn.history, "Segment"), (turn.rows, "Segment")} <= headings


def test_due_days_follow_the_quarter() -> None:
    shown = Shown(EXAMPLE.with_fields(quarter_start=date(2027, 1, 1)))
    assert shown.column("Plan", "MQLs due")[0] == datetime(2027, 3, 1)


def many(count: int) -> Contents:
    """The example with so many segments."""
    rows = [(f"Industry {at}", *SEGMENTS[at % 3][1:]) for at in range(count)]
    contents = EXAMPLE.with_table("Segments", rows).with_table("Rates", [RATES[at % 3] for at in range(count)])
    contents = contents.with_table("Plan", [(100 + at,) for at in range(count)])
    return contents.with_table("Mix", [(1 / count,)] * count).with_table("Received", [(9, 9)] * count)


@pytest.mark.parametrize("count", [1, 3, 8, 9, 12])
def test_the_parts_of_each_bar_add_up_to_its_total(count: int) -> None:
    shown = Shown(many(count))
    assert len(shown.column("Drawn", "No.")) == count
    bars = shown.bars()
    assert len(bars) == 2 * 6 + 2 * 3
    for label, total, parts in bars:
        assert sum(parts) == pytest.approx(total), label
        assert len(parts) == min(count, PLACES), label


def test_a_number_stands_only_where_it_has_room() -> None:
    bars, labelled = example().bars()[6:12], example().bars(labelled=True)[6:12]
    label, total, parts = bars[-1]
    assert label == "Deals  28"
    assert total == pytest.approx(27.69228)
    assert parts == pytest.approx([14.9688, 9.72972, 2.99376])
    assert [len(parts) for _, _, parts in labelled] == [3, 3, 3, 2, 1, 1]


@pytest.mark.parametrize(
    ("names", "drawn"),
    [
        (["A"], [None, None, "A", None, None]),
        (["A", None, "C"], [None, "A", "C", None, None]),
        (["A", "B", "C"], [None, "A", "B", "C", None]),
    ],
)
def test_segments_stand_in_the_middle_of_the_chart(names: list[str | None], drawn: list[str | None]) -> None:
    shown = Shown(BLANK.with_table("Segments", [(name,) for name in names]))
    assert shown.whole_column("Drawn", "Name") == drawn


def test_the_plan_says_its_answer_first() -> None:
    assert example().book["Plan"]["B6"].value == (
        "Marketing owes sales 407 MQLs: Small 220 by 1 Dec 2026; Middle 143 by 1 Nov 2026; Large 44 by 2 Oct 2026."
    )
    assert blank().book["Plan"]["B6"].value == (
        "Enter segments and rates: then this line says what marketing owes sales."
    )


def test_a_segment_named_twice_fails_a_check() -> None:
    rows = [("Small", *row[1:]) if row[0] == "Large" else row for row in SEGMENTS]
    assert Shown(EXAMPLE.with_table("Segments", rows)).failing() == ["No segment is named twice"]


@pytest.mark.parametrize("edition", list(Edition))
def test_history_keeps_the_figures_of_the_plan(tmp_path: Path, edition: Edition) -> None:
    books = [tmp_path / f"{name}{edition.suffix}" for name in ("first", "second", "third")]
    books[0].write_bytes(build_template(TEMPLATE, edition, EXAMPLE))
    new_quarter(books[0], books[1], date(2026, 12, 31))
    new_quarter(books[1], books[2], date(2027, 3, 31))
    first, second, third = (Shown.of(book.read_bytes()) for book in books)
    before = {"Q4 2026": first, "Q1 2027": second}
    for kept in TEMPLATE.next_quarter.kept:
        table, _, column = kept.source.rpartition("[")
        held = [
            value
            for quarter in before.values()
            for value in quarter.column(table or "Plan", column.removesuffix("]"))
        ]
        assert third.column("History", kept.column) == held, kept.column
    assert third.column("History", "Segment") == ["Small", "Middle", "Large"] * 2
    assert third.column("History", "Quarter") == [name for name in before for _ in range(3)]
    assert third.column("Funnel", "MQLs needed") == first.column("Funnel", "MQLs needed")
    assert third.failing() == []
