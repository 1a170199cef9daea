"""The capacity plan: its cells say what the functions compute from its inputs, also when the inputs are others."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import from_excel

from xlfunnel import lead_capacity, lead_level, ramped_capacity, reps_needed
from xlfunnel.ooxml.engine import errors, results
from xlfunnel.ooxml.faults import NoRoomToGrow
from xlfunnel.templates.build import build_template
from xlfunnel.templates.capacity_plan import TEMPLATE
from xlfunnel.templates.contents import BLANK, Contents
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.growing import add_rows
from xlfunnel.templates.template import with_segments, written

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

Row = dict[str, Any]
EXAMPLE = TEMPLATE.example
HOURS, SHARE = 40, 0.6
HOURS_LEAD = HOURS * SHARE * 13 / 3 / 120
RAMP = (0.25, 0.5, 0.75)
WEEKS = [f"Wk {number}" for number in range(1, 14)]
MONTHS = [f"M {number}" for number in range(1, 13)]


class Shown:
    """What a built workbook shows: rows of its tables that have a key, and its named cells."""

    def __init__(self, contents: Contents) -> None:
        content = written(TEMPLATE, Edition.FORMULAS, contents, computed=False)
        self.results = results(content)
        self.book = openpyxl.load_workbook(io.BytesIO(content))

    def value(self, sheet: Any, cell: Any) -> Any:
        """What a cell holds, or what its formula gives."""
        if cell.data_type != "f":
            return cell.value
        given = self.results[sheet.title][cell.row - 1, cell.column - 1]
        return from_excel(given) if is_date_format(cell.number_format) and isinstance(given, float) else given

    def rows(self, name: str) -> list[Row]:
        sheet = next(sheet for sheet in self.book if name in sheet.tables)
        (headings, *rows) = sheet[sheet.tables[name].ref]
        names = [cell.value for cell in headings]
        found = [dict(zip(names, [self.value(sheet, cell) for cell in row], strict=True)) for row in rows]
        return [row for row in found if row[names[0]] not in {None, ""}]

    def by_key(self, name: str) -> dict[str, Row]:
        return {next(iter(row.values())): row for row in self.rows(name)}

    def column(self, name: str, column: str) -> list[Any]:
        return [row[column] for row in self.rows(name)]

    def named(self, name: str) -> Any:
        sheet, cell = self.book.defined_names[name].attr_text.split("!")
        at = self.book[sheet.strip("'")]
        return self.value(at, at[cell.replace("$", "")])

    def failing(self) -> list[str]:
        checks = self.book["Checks"]
        return [says.value for says, result in checks.iter_rows(min_col=2, max_col=3)
                if self.value(checks, result) == "differs"]  # fmt: skip


@cache
def example() -> Shown:
    return Shown(EXAMPLE)


def example_rows(name: str) -> tuple[Any, ...]:
    return EXAMPLE.tables[name]


def weeks_of(start: date, end: date) -> list[tuple[date, date]]:
    """Thirteen weeks from the first day of a quarter; the last goes to its end."""
    firsts = [start + timedelta(weeks=number) for number in range(13)]
    return [*((first, first + timedelta(days=6)) for first in firsts[:-1]), (firsts[-1], end)]


def working_days(first: date, last: date, holidays: set[date]) -> int:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return sum(day.weekday() < 5 and day not in holidays for day in days)


def test_the_guide_s_leads_and_loads() -> None:
    segments = example().by_key("Segments")
    assert [round(segments[name]["Leads"], 6) for name in ("Small", "Middle", "Large")] == [504, 94.5, 31.5]
    assert [round(segments[name]["Load of one rep"], 4) for name in ("Small", "Middle", "Large")] == [
        1.4,
        0.2625,
        0.0875,
    ]
    assert [segments[name]["Reps needed"] for name in ("Small", "Middle", "Large")] == [2, 1, 1]
    assert example().named("rep_leads_month") == pytest.approx(120)
    assert example().column("Reps", "Full quarter") == pytest.approx([360] * 4)


def test_the_guide_s_month_as_it_came_and_spread_evenly() -> None:
    leads = [30, 10, 20, 60]
    assert example().column("Flow", "Even plan") == list(lead_level(leads).column("level")) == [30] * 4
    queue = lead_level(leads, 30, "queue")
    assert example().column("Flow", "Worked") == list(queue.column("worked")) == [30, 10, 20, 30]
    assert example().column("Flow", "Waiting") == list(queue.column("waiting")) == [0, 0, 0, 30]
    assert (example().named("flow_waiting"), example().named("flow_even_waiting")) == (30, 0)


@pytest.mark.parametrize("leads", [(60, 0, 0, 60), (10, 90, 0, 40), (0, 0, 0, 500), (31, 29, 30.5, 30)])
def test_another_month_waits_as_the_function_says(leads: tuple[float, ...]) -> None:
    shown = Shown(EXAMPLE.with_table("Flow", [(one,) for one in leads]))
    assert shown.column("Flow", "Even plan") == pytest.approx(lead_level(leads).column("level"))
    queue = lead_level(leads, 30, "queue")
    assert shown.column("Flow", "Worked") == pytest.approx(queue.column("worked"))
    assert shown.column("Flow", "Waiting") == pytest.approx(queue.column("waiting"))


def expected_capacity(
    reps: tuple[Any, ...],
    start: date,
    end: date,
    ramp: tuple[float, ...],
    holidays: set[date],
    leave: Mapping[tuple[str, int], float],
) -> dict[str, list[float]]:
    """What each rep can work in each week, by the functions."""
    found: dict[str, list[float]] = {}
    for name, _, starts, leaves in reps:
        found[name] = []
        for number, (first, last) in enumerate(weeks_of(start, end), start=1):
            there = working_days(max(first, starts), min(last, leaves or last), holidays)
            days = max(0, there - leave.get((name, number), 0))
            month = ramped_capacity([starts], [*ramp, 1], 1, 1, [last])
            ramped = float(str(month.column("ramped reps")[0]))
            found[name].append(lead_capacity(ramped, HOURS, HOURS_LEAD, days / 5, SHARE))
    return found


HOLIDAYS = {day for day, _ in example_rows("Holidays")}
LEAVE = {(rep, week): days for rep, week, days in example_rows("Leave")}
LEAVING = (
    ("Mia", "Small", date(2024, 3, 1), date(2026, 11, 17)),
    ("Ben", "Small", date(2026, 12, 30), None),
    ("John", "Middle", date(2026, 8, 31), None),
    ("Lena", "Large", date(2027, 2, 1), None),
)


@pytest.mark.parametrize(
    "reps",
    [tuple((*row, None) for row in example_rows("Reps")), LEAVING],
    ids=["example", "coming and going"],
)
def test_each_rep_s_weeks(reps: tuple[Any, ...]) -> None:
    shown = Shown(EXAMPLE.with_table("Reps", reps))
    expected = expected_capacity(reps, date(2026, 10, 1), date(2026, 12, 31), RAMP, HOLIDAYS, LEAVE)
    for name, row in shown.by_key("RepCapacity").items():
        assert [row[week] for week in WEEKS] == pytest.approx(expected[name]), name
    assert shown.named("team_capacity") == pytest.approx(sum(map(sum, expected.values())))
    assert shown.failing() == []


def test_a_quarter_that_begins_within_a_month() -> None:
    reps = (("Ana", "Small", date(2026, 9, 1), None), ("Ben", "Small", date(2026, 12, 1), None))
    contents = EXAMPLE.with_table("Reps", reps).with_fields(quarter_start=date(2026, 9, 28))
    expected = expected_capacity(reps, date(2026, 9, 28), date(2026, 12, 27), RAMP, HOLIDAYS, {})
    shown = Shown(contents.with_table("Leave", ()))
    for name, row in shown.by_key("RepCapacity").items():
        assert [row[week] for week in WEEKS] == pytest.approx(expected[name]), name
    assert shown.failing() == []


@pytest.mark.parametrize("routing", ["by capacity", "equally"])
def test_a_segment_s_leads_go_to_its_reps(routing: str) -> None:
    shown = Shown(EXAMPLE.with_fields(load_routing=routing))
    days, capacity, leads = (shown.by_key(name) for name in ("RepDays", "RepCapacity", "RepLeads"))
    key = capacity if routing == "by capacity" else days
    weekly = shown.column("Weeks", "Leads")
    for week, arrived in zip(WEEKS, weekly, strict=True):
        small = {name: key[name][week] for name in ("Mia", "Ben")}
        for name, part in small.items():
            assert leads[name][week] == pytest.approx(arrived * 0.8 * part / sum(small.values()))
        assert leads["John"][week] == pytest.approx(arrived * 0.15)
    load = shown.by_key("RepLoad")["Ben"]
    assert load["Wk 8"] == pytest.approx(leads["Ben"]["Wk 8"] / capacity["Ben"]["Wk 8"])
    assert load["Wk 1"] == ""
    assert shown.named("leads_unassigned") == pytest.approx(0, abs=1e-9)


def test_leads_that_nobody_works_are_told() -> None:
    shown = Shown(EXAMPLE.with_table("Reps", example_rows("Reps")[:3]))
    assert shown.named("leads_unassigned") == pytest.approx(31.5)
    assert shown.by_key("Segments")["Large"]["Says"] == "▲ nobody works them"


@pytest.mark.parametrize(("segment", "before"), [("Small", 0), ("Small", 12), (None, 100), ("Large", 3)])
def test_the_quarter_s_queue(segment: str | None, before: int) -> None:
    shown = Shown(EXAMPLE.with_fields(level_segment=segment, level_waiting_start=before))
    queue = shown.rows("Queue")
    share = {"Small": 0.8, "Large": 0.05, None: 1}[segment]
    waiting = even_waiting = before
    even = sum(shown.column("Weeks", "Leads")) * share / 13
    for row, leads in zip(queue, shown.column("Weeks", "Leads"), strict=True):
        worked = min(row["Can work"], waiting + leads * share)
        waiting += leads * share - worked
        even_waiting = max(0, even_waiting + even - row["Can work"])
        assert (row["Worked"], row["Waiting"]) == pytest.approx((worked, waiting), abs=1e-8)
        assert (row["Even plan"], row["Waiting if even"]) == pytest.approx((even, even_waiting), abs=1e-8)
    assert shown.failing() == []


def test_the_even_flow_is_said_to_help_only_where_it_does() -> None:
    assert "Levelling cannot help" in example().named("level_finding")
    middle = Shown(EXAMPLE.with_fields(level_segment="Middle"))
    assert middle.named("level_finding") == "Middle: up to 3 leads wait; an even flow leaves none."
    quiet = Shown(EXAMPLE.with_fields(level_segment="Large"))
    assert quiet.named("level_finding") == "Large: no lead waits longer than a week."


def test_the_year_ahead() -> None:
    shown = example()
    starts = {name: started for name, _, started in example_rows("Reps")}
    days = [date(2026 + (9 + number) // 12, (9 + number) % 12 + 1, 1) for number in range(12)]
    for name, row in shown.by_key("RepMonths").items():
        ramped = ramped_capacity([starts[name]], RAMP, 1, 1, days).column("ramped reps")
        assert [row[month] for month in MONTHS] == pytest.approx(ramped), name
    small = [starts["Mia"], starts["Ben"]]
    table = ramped_capacity(small, RAMP, 50_000, 0.85, days)
    assert shown.column("Months", "Money") == pytest.approx(table.column("capacity"))
    assert shown.column("Months", "Ramped reps") == pytest.approx(table.column("ramped reps"))
    month = lead_capacity(1, HOURS * 0.9, HOURS_LEAD, 13 / 3, SHARE)
    can_work = [month * float(str(reps)) for reps in table.column("ramped reps")]
    leads = [168 * 1.05 ** max(0, number - 2) for number in range(12)]
    assert shown.column("Months", "Can work") == pytest.approx(can_work)
    assert shown.column("Months", "Leads") == pytest.approx(leads)
    needed = [reps_needed(one, HOURS * 0.9, HOURS_LEAD, 13 / 3, SHARE) for one in leads]
    assert shown.column("Months", "Reps needed") == needed
    short = [max(0, one - two) for one, two in zip(leads, can_work, strict=True)]
    plan = shown.by_key("HiringPlan")
    assert [plan["Small"][month] for month in MONTHS] == pytest.approx(short, abs=1e-6)
    assert plan["Small"]["Too soon"] == pytest.approx(sum(short[:3]), abs=1e-6)


def test_the_next_rep_starts_so_as_to_be_ramped_when_the_gap_opens() -> None:
    plan = example().by_key("HiringPlan")
    assert (plan["Small"]["Gap opens"].date(), plan["Small"]["Start by"].date()) == (
        date(2027, 6, 1),
        date(2027, 3, 1),
    )
    assert (plan["Small"]["Reps to add"], plan["Middle"]["Reps to add"]) == (1, 0)
    assert example().named("hire_start_by").date() == date(2027, 3, 1)
    assert example().named("hire_words") == "Small: ramped when the gap opens, Jun 2027"
    hired = Shown(EXAMPLE.with_table("Reps", (*example_rows("Reps"), ("New", "Small", date(2027, 3, 1)))))
    assert hired.named("hire_start_by") == "no gap ahead"
    assert hired.named("hire_reps_to_add") == 0
    late = Shown(EXAMPLE.with_table("Reps", (*example_rows("Reps"), ("New", "Small", date(2027, 4, 1)))))
    june = late.by_key("HiringPlan")["Small"]["M 9"]
    assert june == 0  # three quarters of a rep are more than the gap that opens
    later = Shown(EXAMPLE.with_table("Reps", (*example_rows("Reps"), ("New", "Small", date(2027, 7, 1)))))
    assert later.named("hire_start_by").date() == date(2027, 3, 1)


def test_the_month_in_which_a_rep_leaves_does_not_count() -> None:
    shown = Shown(EXAMPLE.with_table("Reps", LEAVING))
    mia = shown.by_key("RepMonths")["Mia"]
    assert [mia[month] for month in MONTHS[:3]] == [1, 0, 0]


def test_own_figures_of_months_come_first() -> None:
    shown = Shown(EXAMPLE.with_table("Months", ((None,), (300,))).with_fields(hiring_segment=None))
    assert shown.column("Months", "Leads")[:4] == pytest.approx([210, 300, 210, 220.5])


def test_a_rep_s_or_segment_s_own_figures_come_before_the_agreed_ones() -> None:
    contents = EXAMPLE.with_table("Segments", (("Small", 0.8, 1.3), ("Middle", 0.15), ("Large", 0.05))).with_table(
        "Reps",
        (
            ("Mia", "Small", date(2024, 3, 1), None, 20, 0.5),
            ("John", "Middle", date(2024, 3, 1), None, None, None, 0.65),
            ("Lena", "Large", date(2024, 3, 1)),
        ),
    )
    full = Shown(contents).column("Reps", "Full quarter")
    assert full == pytest.approx(
        [
            lead_capacity(1, 20, 1.3, 13, 0.5),
            lead_capacity(1, HOURS, 0.65, 13, SHARE),
            lead_capacity(1, HOURS, HOURS_LEAD, 13, SHARE),
        ]
    )


_DAY = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("table", "rows", "says"),
    [
        ("Segments", (("Small", 0.8), ("Middle", 0.15), ("Large", 0.1)), "The shares of leads add up to 100 %"),
        ("Segments", (("Small", 0.8), ("Small", 0.2)), "No segment is listed twice"),
        ("Reps", (("Mia", "Smal", date(2024, 3, 1)),), "Every rep works in a segment that is listed"),
        ("Reps", (("Mia", "Small", date(2024, 3, 1)),) * 2, "No rep is listed twice"),
        ("Leave", (("Maria", 4, 3),), "Every day off belongs to a rep who is listed"),
        ("Ramp", ((0.25,), (None,), (0.75,)), "The ramp has no blank between its months"),
    ],
)
def test_what_does_not_reconcile_lights_up(table: str, rows: tuple[Any, ...], says: str) -> None:
    failing = Shown(EXAMPLE.with_table(table, rows)).failing()
    assert any(one.startswith(says) for one in failing), failing


@pytest.mark.parametrize(
    "contents",
    [
        BLANK,
        with_segments(TEMPLATE, ["North", "South", "East", "West", "Islands"]),
        EXAMPLE.with_fields(quarter_start=None),
        EXAMPLE.with_fields(rep_mqls_month=None, rep_quota_month=None, workdays_week=None),
        EXAMPLE.with_fields(rep_hours_week=0, hiring_days_off=1),
        EXAMPLE.with_table("Leave", ()).with_table("Reps", (("Mia", "Small"), ("Ben",), ("John", None, _DAY))),
        EXAMPLE.with_table("Ramp", ((0,), (0,), (0,), (0,), (0,))).with_fields(load_routing="equally"),
        EXAMPLE.with_table("Weeks", ()).with_table("Flow", ((30,),)),
        EXAMPLE.with_table("Leave", ())
        .with_table("Segments", (("Only", 1),))
        .with_table("Reps", (("A", "Only", _DAY),)),
    ],
    ids=["blank", "segments", "quarter", "settings", "no hours", "reps", "untrained", "weeks", "one segment"],
)
def test_what_is_missing_leaves_calm_cells(contents: Contents) -> None:
    shown = Shown(contents)
    assert errors(shown.results) == []
    assert shown.failing() == []


def test_a_blank_workbook_shows_no_figure_of_a_team() -> None:
    shown = Shown(BLANK)
    assert [shown.rows(name) for name in ("Reps", "Segments", "RepLoad", "HiringPlan")] == [[]] * 4
    assert (shown.named("leads_expected"), shown.named("team_capacity")) == (0, 0)
    assert shown.named("hire_words") == "enter the first day of the quarter on Start"


def test_missing_words_say_what_to_enter() -> None:
    reps = (("Mia", "Small"), ("Ben",), ("John", "Middle", date(2024, 1, 1)), ("Zoe", "Huge", date(2024, 1, 1)))
    says = Shown(EXAMPLE.with_table("Reps", reps)).column("Reps", "Says")
    assert says[:2] == ["enter the start", "choose a segment"]
    assert says[2].startswith("✓") or says[2].startswith("▲")
    assert says[3] == "▲ segment not listed"


def test_both_editions_show_the_same_and_one_is_built_on_the_functions() -> None:
    ours = build_template(TEMPLATE, Edition.FUNCTIONS)
    native = build_template(TEMPLATE, Edition.FORMULAS)
    values, formulas = (openpyxl.load_workbook(io.BytesIO(ours), data_only=shown) for shown in (True, False))
    plain = openpyxl.load_workbook(io.BytesIO(native), data_only=True)
    for sheet in TEMPLATE.sheets:
        assert list(values[sheet].values) == list(plain[sheet].values), sheet
    written = " ".join(
        str(cell) for sheet in TEMPLATE.sheets for row in formulas[sheet].values for cell in row if cell is not None
    )
    assert [written.count(f"{name}(") > 0 for name in
            ("LEAD_CAPACITY", "REPS_NEEDED", "LEAD_LEVEL", "RAMPED_CAPACITY")] == [True] * 4  # fmt: skip


@pytest.mark.parametrize("edition", list(Edition))
def test_reps_and_segments_can_be_added_and_weeks_cannot(edition: Edition, tmp_path: Path) -> None:
    book, longer = (tmp_path / f"{name}{edition.suffix}" for name in ("book", "longer"))
    book.write_bytes(build_template(TEMPLATE, edition))
    assert add_rows(book, longer, "Segments", 2) == ("Segments", "HiringPlan")
    followers = {"RepDays", "RepLoad", "RepLeads", "RepCapacity", "RepMonths"}
    assert set(add_rows(longer, longer, "Reps", 3)) == {"Reps", *followers}
    with pytest.raises(NoRoomToGrow):
        add_rows(book, longer, "Weeks", 1)
    with pytest.raises(NoRoomToGrow):
        add_rows(book, longer, "Months", 1)
