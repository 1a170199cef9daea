"""Native formulas give what our functions give: recalculated by IronCalc and by LibreOffice, input by input."""

from __future__ import annotations

import io
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from xlfunnel.argument import Argument
from xlfunnel.catalog import CATALOG
from xlfunnel.errors import ExcelCode, MetricError
from xlfunnel.metric import Metric
from xlfunnel.ooxml.engine import is_error, results
from xlfunnel.table import Table
from xlfunnel.units import Number, Unit, Vector, Word
from xlfunnel.workbooks.native import equivalents, file_form, native

AnyMetric = Metric[Any, Any]
RATES = (0.3, 0.7, 0.6, 0.6, 0.9)
EMPTY_TEXT = "empty text"
"""Stands for a cell whose formula gives "", which our functions take as a blank."""
LEVERS = ("opportunities", "average_deal", "win_rate", "cycle_days")
WRITTEN_OUT = ("SALES_VELOCITY", "VELOCITY_GOAL")
"""Functions whose option stands as a word in the formula."""


@dataclass(frozen=True)
class Case:
    """A call with its inputs in cells, or typed into the formula; the last ones may be left out."""

    metric: AnyMetric
    inputs: tuple[Any, ...]
    typed: bool = False
    column: bool = False
    place: tuple[int, int] | None = None
    """The row and column of the cell of a table."""

    def answer(self) -> Any:
        """What our function answers: a number or an error's code."""
        given = [None if value == EMPTY_TEXT else value for value in self.inputs]
        try:
            found = self.metric.compute(given)
        except MetricError as fault:
            return str(fault.code)
        if self.place is None:
            return found
        assert isinstance(found, Table)
        row, column = self.place
        return found.rows[row - 2][column - 1] if row - 2 < len(found.rows) else str(ExcelCode.REF)

    def cells(self, row: int) -> list[tuple[int, int, Any]]:
        """Row, column and value of every input; vectors lie along the row, or go down."""
        found = []
        left = 1
        for value in self.inputs:
            line = value if isinstance(value, tuple) else (value,)
            for step, item in enumerate(line):
                found.append((row + step, left, item) if self.column else (row, left + step, item))
            left += 1 if self.column else len(line)
        return found

    def formula(self, row: int) -> str:
        """The call of our function."""
        words = []
        left = 1
        for value, argument in zip(self.inputs, self.metric.arguments, strict=False):
            length = len(value) if isinstance(value, tuple) else 1
            down, along = (length, 1) if self.column else (1, length)
            reference = xl_range_abs(row, left, row + down - 1, left + along - 1)
            in_words = isinstance(argument.kind, Word) and isinstance(value, str)
            words.append(typed(value) if self.typed or in_words else reference)
            left += along
        call = f"{self.metric.name}({','.join(words)})"
        return f"=INDEX({call},{self.place[0]},{self.place[1]})" if self.place else f"={call}"


def typed(value: Any) -> str:
    """A value as it is typed into a formula."""
    if isinstance(value, tuple):
        return f"{{{','.join(map(repr, value))}}}"
    return {None: ""}.get(value, f'"{value}"' if isinstance(value, str) else repr(value))


# -- the cases ---------------------------------------------------------------------------------------------------


def drawn(argument: Argument, chance: random.Random, length: int) -> Any:
    """A value that the argument takes, now and then on the edge of its range."""
    kind = argument.kind
    if isinstance(kind, Vector):
        cells = [argument_number(kind.of, chance) for _ in range(kind.length or length)]
        if kind.length:
            cells[2] = chance.choice([0.2, 0.25, 1.0, chance.random()])
            cells = [cell or 1.0 for cell in cells]
        return tuple(cells)
    if isinstance(kind, Word):
        return chance.choice([option.value for option in kind.options])
    return argument_number(kind, chance)


def argument_number(kind: Any, chance: random.Random) -> float:
    assert isinstance(kind, Number)
    if kind.unit is Unit.SHARE:
        inner = [0.05, 0.25, 0.3, 0.8, 0.95, round(chance.random(), 2), chance.uniform(0.01, 0.99)]
        edges = [] if kind.low_open else [0.0]
        return chance.choice(inner * 2 + edges + ([] if kind.high_open else [1.0]))
    if kind.unit is Unit.COUNT:
        counts = [0, 1, 2, 7, 40, 143, 220, 630, chance.randint(1, 5000)]
        return chance.choice(counts if kind.whole else [*counts, 9.5, chance.uniform(0.1, 900)])
    if kind.unit is Unit.HOURS_PER_WEEK:
        return chance.choice([20, 37.5, 168, chance.uniform(1, 60)])
    return chance.choice([0.0, 1, 500, 10_000, 0.3, 0.1, chance.randint(1, 2_000_000), chance.uniform(1, 9e5)])


def is_number(argument: Argument) -> bool:
    return not isinstance(argument.kind, Word)


def spoiled(metric: AnyMetric, values: tuple[Any, ...], index: int, cell: Any) -> tuple[Any, ...]:
    """The inputs with one cell replaced: the only cell, or the second of a row."""
    old = values[index]
    new = (old[0], cell, *old[2:]) if isinstance(old, tuple) else cell
    return (*values[:index], new, *values[index + 1 :])


SPOILED = (None, EMPTY_TEXT, "x", "12", -1, 0, 2.5, 25, 200, ExcelCode.DIV0, ExcelCode.NAME)


def cases_of(metric: AnyMetric, example: tuple[Any, ...], place: tuple[int, int] | None = None) -> list[Case]:
    """The example, drawn inputs, and the example with each input spoiled."""
    chance = random.Random(f"{metric.name}{place}")  # noqa: S311
    optional = [argument for argument in metric.arguments if not argument.required and is_number(argument)]
    short = metric.name == "MQL_TARGET"  # with a confidence it has no native form
    full = [a for a in metric.arguments if not (short and a in optional)]
    filled = (*example, *(a.default for a in full[len(example) :]))
    found = [Case(metric, example, typed=True, place=place), Case(metric, filled, place=place)]
    found += [Case(metric, example, column=True, place=place)]
    for number in range(24 if place is None else 6):
        inputs = tuple(drawn(argument, chance, 5) for argument in full)
        inputs = (*inputs[: len(example)], *inputs[len(example) :][: number % 3])
        if metric.name in WRITTEN_OUT and len(example) > 1 and isinstance(example[1], str):
            inputs = (inputs[0], example[1], *inputs[2:])
        found.append(Case(metric, inputs, typed=number % 5 == 4, column=number % 2 == 1, place=place))
    for index, argument in enumerate(full):
        if is_number(argument) and (place is None or place[0] == 2):
            found += [Case(metric, spoiled(metric, filled, index, cell), place=place) for cell in SPOILED]
    return found


def scalar_cases() -> list[Case]:
    found: list[Case] = []
    for name, verdict in equivalents().items():
        metric = CATALOG[name]
        if verdict != "yes":
            continue
        if name == "VELOCITY_GOAL":
            for lever in LEVERS:
                found += cases_of(metric, (2_500, lever, 40, 12_000, 0.25, 60))
            continue
        example = tuple(metric.example.args)
        if name == "SALES_VELOCITY":
            found += [Case(metric, (*example, word)) for word in ("day", "week", "month", "quarter", "Year ")]
            found += [Case(metric, (*example, word)) for word in ("", "  month")[1:]]
        found += cases_of(metric, example)
    return found


PLACES = {
    "WIN_RATE_INTERVAL": [(2, column) for column in (1, 2, 3)],
    "FUNNEL_FORWARD": [(row, 2) for row in range(2, 9)],
    "FUNNEL_REVERSE": [(row, 2) for row in range(2, 9)],
    "VELOCITY_SENSITIVITY": [(row, column) for row in range(2, 7) for column in (2, 3, 4) if (row, column) != (6, 2)],
    "VELOCITY_BRIDGE": [(row, column) for row in range(2, 7) for column in (2, 3, 4)],
}


def table_cases() -> list[Case]:
    found: list[Case] = []
    for name, places in PLACES.items():
        metric = CATALOG[name]
        for place in places:
            cases = cases_of(metric, tuple(metric.example.args), place)
            found += [case for case in cases if "step" not in case.inputs]
    return found


def worked_cases() -> list[Case]:
    """The cases of the definitions, and those on which a careless rounding or a careless guard fails."""
    of = CATALOG.__getitem__
    rows: list[Case] = []
    plan = [(150_000, 10_000, 15, 220), (300_000, 30_000, 10, 143), (750_000, 250_000, 3, 44)]
    for revenue, deal, deals, mqls in plan:
        rows += [
            Case(of("DEALS_NEEDED"), (revenue, deal)),
            Case(of("MQL_TARGET"), (revenue, deal, RATES)),
            Case(of("PLAN_CHANCE"), (mqls, RATES, deals)),
            *(Case(of("FUNNEL_FORWARD"), (mqls, RATES), place=(row, 2)) for row in range(2, 8)),
            *(Case(of("FUNNEL_REVERSE"), (deals, RATES, "nearest"), place=(row, 2)) for row in range(2, 8)),
        ]
    noisy = [(0.3, 0.1), (1.1, 0.1), (300_000.01, 30_000), (0.1 + 0.2, 0.1), (2.4, 0.8), (0, 5), (1e-9, 1)]
    noisy += [(1e14 + 1, 1), (123_456_789.4, 1), (5_000_000.0005, 1), (5_000_000.002, 1), (999_999_999.9995, 1)]
    rows += [Case(of("DEALS_NEEDED"), pair) for pair in noisy]
    rows += [Case(of("REPS_NEEDED"), (leads, 0.1, 0.3, 3, 1)) for leads in (1, 7, 10, 1e6)]
    rows += [
        Case(of("PLAN_CHANCE"), inputs)
        for inputs in [
            (0, RATES, 0), (0, RATES, 1), (3, RATES, 5), (5, (1,), 5), (5, (1,), 6), (5, (0,), 1), (5, (0,), 0),
            (143, RATES, 9.2), (143, RATES, 10.000000001), (2_000, (0.5,), 1_000), (1e10, RATES, 1), (2.5, RATES, 1),
            (20_000, (0.02,), 450), (10, RATES, -1),
        ]
    ]  # fmt: skip
    rows += [Case(of("WIN_RATE_INTERVAL"), (w, n), place=(2, c)) for w, n in [(0, 8), (8, 8), (0, 0)] for c in (1, 3)]
    bridges: list[tuple[tuple[float, ...], ...]] = [
        ((50, 12_000, 0.25, 90), (60, 11_000, 0.22, 75)),
        ((50, 100, 0.5, 10), (50, 100, 0.5, 10)),
    ]
    bridges += [((50, 100, 0.5, 10), (50 * (1 + e), 100, 0.5, 10)) for e in (1e-10, 1e-6, 9e-4, 1.1e-3)]
    bridges += [((50, 100, 0.5, 10), (100, 50 * (1 + 1e-12), 0.5, 10))]
    rows += [Case(of("VELOCITY_BRIDGE"), pair, place=(row, 4)) for pair in bridges for row in range(2, 7)]
    rows += [Case(of("COVERAGE_NEEDED"), (rate,), typed=True) for rate in (0.25, 0.2, 25, 0)]
    rows += [Case(of("LEADS_FOR_PIPELINE"), (1_000_000, 10_000, 0.1)), Case(of("PIPELINE_COVERAGE"), (9, 3, 3))]
    return rows


CASES = [*scalar_cases(), *table_cases(), *worked_cases()]
STEP = 8
"""Rows from one case to the next, so that vectors that go down have room."""


@pytest.fixture(scope="module")
def content() -> bytes:
    """A workbook with every case: its inputs, and its native formula in the first column."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet("Cases")
    for number, case in enumerate(CASES):
        row = number * STEP
        for top, left, value in () if case.typed else case.cells(row):
            write_input(sheet, top, left, value)
        sheet.write_formula(row, 0, file_form(native(case.formula(row))), None, 777_777)
    book.close()
    return made.getvalue()


def write_input(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, ExcelCode):
        sheet.write_formula(row, column, "=1/0" if value is ExcelCode.DIV0 else "=no_such_name", None, str(value))
    elif value == EMPTY_TEXT:
        sheet.write_formula(row, column, '=""', None, "")
    elif isinstance(value, str):
        sheet.write_string(row, column, value)
    elif value is not None:
        sheet.write_number(row, column, value)


def check(found: dict[int, Any], tolerance: float) -> None:
    """Every case that was computed, so that one run tells all that differ."""
    wrong = []
    for number, shown in found.items():
        case = CASES[number]
        ours = case.answer()
        if not agrees(shown, ours, case, tolerance):
            wrong.append(f"{case.formula(number * STEP)} of {case.inputs}: {shown!r}, ours {ours!r}")
    assert not wrong, f"{len(wrong)} of {len(CASES)}:\n" + "\n".join(wrong[:40])


def agrees(shown: Any, ours: Any, case: Case, tolerance: float) -> bool:
    if not isinstance(ours, str):
        # A chance is one less a sum; a part of a bridge stands beside parts that may be much larger.
        near = {"PLAN_CHANCE": 1e-12, "WIN_RATE_INTERVAL": 1e-15, "VELOCITY_BRIDGE": 1e-9}
        smallest = near.get(case.metric.name, 0)
        return isinstance(shown, (int, float)) and shown == pytest.approx(ours, rel=tolerance, abs=smallest)
    if not is_error(shown):
        return False
    # The code is the same, too, save for text and for a row past the end of a table.
    return shown == ours or ours == str(ExcelCode.VALUE) or shown == str(ExcelCode.REF)


def test_ironcalc_gives_what_our_functions_give(content: bytes) -> None:
    found = results(content)["Cases"]
    known = [number for number, case in enumerate(CASES) if not (case.typed and has_a_vector(case))]
    assert len(known) > 2_000
    check({number: found[number * STEP, 0] for number in known}, 1e-8)


def has_a_vector(case: Case) -> bool:
    """Whether an input is a row of numbers; IronCalc takes no product of numbers typed into a formula."""
    return any(isinstance(value, tuple) for value in case.inputs)


# -- how inputs may be given -------------------------------------------------------------------------------------

PLAN: list[list[Any]] = [
    ["Segment", "Target", "Deal", "MQL", "SAL", "SQL", "Proposal", "Verbal"],
    ["Small", 150_000, 10_000, *RATES],
    ["Middle", 300_000, 30_000, *RATES],
    ["Large", 750_000, 250_000, *RATES],
]
ROW = "Plan[[#This Row],[{}]]"
GIVEN: dict[str, Any] = {
    # a formula in the row of the middle segment, and what it must give
    f"=DEALS_NEEDED({ROW.format('Target')},{ROW.format('Deal')})": 10,
    f"=MQL_TARGET({ROW.format('Target')},{ROW.format('Deal')},{ROW.format('MQL]:[Verbal')})": 147,
    "=MQL_TARGET(target,deal,rates)": 147,
    "=MQL_TARGET(target,deal,one_rate)": 34,
    "=MQL_TARGET(B3,C3,INDEX(Plan[[MQL]:[Verbal]],2,0))": 147,
    "=MQL_TARGET(B3,C3,INDEX(block,MATCH(A3,Plan[Segment],0),0))": 147,
    "=MQL_TARGET(B3,C3,INDEX(Plan[[MQL]:[Verbal]],0,1))": 371,
    "=MQL_TARGET(B3,C3,block)": None,
    "=MQL_TARGET(B3,C3,D3:I3)": "#N/A",
    "=PLAN_CHANCE(MQL_TARGET(B3,C3,rates),rates,DEALS_NEEDED(B3,C3))": 0.5467,
    "=PLAN_CHANCE(143,D3:H3,B3/C3)": 0.5111,
    "=COVERAGE_NEEDED(WIN_RATE(1,3))": 4,
    '=COVERAGE_NEEDED(25%,IF(A3="x",0.5,""))': 4,
    "=COVERAGE_NEEDED(25%,I3)": 4,
    "=COVERAGE_NEEDED(25%,A3)": None,
    "=COVERAGE_NEEDED(target)": "#NUM!",
    "=COVERAGE_NEEDED(target_column)": None,
    "=SALES_VELOCITY(40,12000,0.25,60,I3)*2": 4_000,
    "=SALES_VELOCITY(40,12000,0.25,60,A3)": None,
    '=1/SALES_VELOCITY(40,12000,0.25,60,"week")^2': 1 / 14_000**2,
    "=INDEX(FUNNEL_FORWARD(220,rates),3,2)": 66,
    "=WIN_RATE(MIN(B3,1),3,J3)": 0.25,
    "=LTV_TO_CAC(CUSTOMER_LTV(500,0.8,0.02),FULLY_LOADED_CAC(20,40000,120000,,I3))": 2.5,
}
NAMES = {
    "target": "=Plan!$B$3",
    "deal": "=Plan!$C$3",
    "rates": "=Plan!$D$3:$H$3",
    "one_rate": "=Plan!$D$3",
    "block": "=Plan!$D$2:$H$4",
    "target_column": "=Plan!$B$2:$B$4",
}


@pytest.fixture(scope="module")
def plan() -> bytes:
    """A table of segments with formulas beside its middle row."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet("Plan")
    for row, cells in enumerate(PLAN):
        sheet.write_row(row, 0, cells)
    columns = [{"header": header} for header in PLAN[0]]
    sheet.add_table(0, 0, 3, 7, {"name": "Plan", "columns": columns})
    for name, reference in NAMES.items():
        book.define_name(name, reference)
    for number, formula in enumerate(GIVEN):
        sheet.write_formula(2, 20 + number, file_form(native(formula)), None, 777_777)
    book.close()
    return made.getvalue()


def check_given(found: list[Any]) -> None:
    for (formula, expected), shown in zip(GIVEN.items(), found, strict=True):
        if isinstance(expected, (int, float)):
            assert shown == pytest.approx(expected, rel=1e-4), formula
        else:
            assert is_error(shown), formula
            assert expected in {None, shown}, formula


def test_inputs_may_be_names_rows_of_tables_and_other_formulas(plan: bytes) -> None:
    found = results(plan)["Plan"]
    check_given([found[2, 20 + number] for number in range(len(GIVEN))])


def test_inputs_may_be_the_same_in_libreoffice(plan: bytes, soffice: Path, tmp_path: Path) -> None:
    sheet = recalculated(plan, soffice, tmp_path)["Plan"]
    check_given([sheet.cell(3, 21 + number).value for number in range(len(GIVEN))])


# -- LibreOffice -------------------------------------------------------------------------------------------------

RECALCULATE_ALWAYS = """\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""


def recalculated(content: bytes, soffice: Path, folder: Path) -> Any:
    """The workbook as LibreOffice saves it after it computed every formula."""
    (folder / "profile" / "user").mkdir(parents=True)
    (folder / "profile" / "user" / "registrymodifications.xcu").write_text(RECALCULATE_ALWAYS, encoding="utf-8")
    (folder / "book.xlsx").write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    words = [str(soffice), profile, "--headless", "--convert-to", "xlsx", "--outdir", "out", "book.xlsx"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=180)
    return openpyxl.load_workbook(folder / "out" / "book.xlsx", data_only=True)


def test_libreoffice_gives_what_our_functions_give(content: bytes, soffice: Path, tmp_path: Path) -> None:
    sheet = recalculated(content, soffice, tmp_path)["Cases"]
    check({number: sheet.cell(number * STEP + 1, 1).value for number in range(len(CASES))}, 1e-9)
