"""Every function's example in Calc: in a workbook made for Excel, typed, and after its inputs are changed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from xlfunnel.catalog import CATALOG
from xlfunnel.errors import MetricError
from xlfunnel.evaluate import evaluate

METRICS = list(CATALOG.values())
SENTINEL = -987_654
"""What the workbook says the formulas answered: a value that is still there was not calculated."""
each_metric = pytest.mark.parametrize("name", CATALOG)


@dataclass(frozen=True)
class Laid:
    """One function in the workbook: where its arguments and its answer stand."""

    arguments: tuple[str, ...]
    answer: str
    wanted: list[list[Any]]


def grid(value: Any) -> list[list[Any]]:
    """An argument as rows of cells: a list is a column."""
    if not isinstance(value, (list, tuple)):
        return [[value]]
    return [list(row) if isinstance(row, (list, tuple)) else [row] for row in value]


def same(got: list[list[Any]], wanted: list[list[Any]]) -> bool:
    return [len(row) for row in got] == [len(row) for row in wanted] and all(
        math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
        if isinstance(a, float) and isinstance(b, (int, float))
        else a == b
        for row, wanted_row in zip(got, wanted, strict=True)
        for a, b in zip(row, wanted_row, strict=True)
    )


OTHER_WORDS = {"CONVERSION_RATE": "ACCEPTANCE_RATE", "won": "lost", "median": "mean"}


def changed(value: Any) -> Any:
    """Another value of the same kind: half the number, a month later, another text; of a list, its first one."""
    if isinstance(value, (list, tuple)):
        first, *others = value
        return [changed(first), *others]
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, date):
        return value + timedelta(days=30)
    return OTHER_WORDS.get(value, f"{value} too") if isinstance(value, str) else value / 2


def other_example(metric: Any) -> tuple[int, list[Any], Any]:
    """The example with the first argument changed whose change matters: its index, the arguments, the answer."""
    for index, value in enumerate(metric.example.args):
        args = [*metric.example.args[:index], changed(value), *metric.example.args[index + 1 :]]
        try:
            answer = evaluate(metric, args)
        except MetricError:
            continue
        if answer != evaluate(metric, metric.example.args):
            return index, args, answer
    pytest.fail(f"no change of an input changes the answer of {metric.name}")


def sheet_rows(value: Any, cells: Any) -> list[list[Any]]:
    """An argument as rows of what cells hold."""
    return [[cells.serial(cell) if isinstance(cell, date) else cell for cell in row] for row in grid(value)]


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory, cells: Any) -> tuple[Path, dict[str, Laid]]:
    """All examples on one sheet, one below the other, as a workbook for Excel has them."""
    path = tmp_path_factory.mktemp("examples") / "examples.xlsx"
    laid = {}
    top = 0
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for metric in METRICS:
            wanted = cells.rows_of(evaluate(metric, metric.example.args))
            column = len(wanted[0]) + 1
            areas = []
            for value in metric.example.args:
                rows = sheet_rows(value, cells)
                for r, row in enumerate(rows):
                    sheet.write_row(top + r, column, row)
                first = xl_rowcol_to_cell(top, column)
                last = xl_rowcol_to_cell(top + len(rows) - 1, column + len(rows[0]) - 1)
                areas.append(f"{first}:{last}" if isinstance(value, (list, tuple)) else first)
                column += len(rows[0]) + 1
            bottom, right = top + len(wanted) - 1, len(wanted[0]) - 1
            formula = f"={metric.name}({','.join(areas)})"
            if metric.spills:
                sheet.write_dynamic_array_formula(top, 0, bottom, right, formula, None, SENTINEL)
            else:
                sheet.write_formula(top, 0, formula, None, SENTINEL)
            laid[metric.name] = Laid(tuple(areas), xl_range(top, 0, bottom, right), wanted)
            top += max(len(wanted), *(len(grid(value)) for value in metric.example.args)) + 1
    return path, laid


@pytest.fixture
def opened(sheet: Any, workbook: tuple[Path, dict[str, Laid]]) -> Any:
    sheet.open(workbook[0])
    return sheet


def test_a_workbook_for_excel_answers_as_python(opened: Any, workbook: tuple[Path, dict[str, Laid]]) -> None:
    for name, laid in workbook[1].items():
        got = opened.read(laid.answer)
        assert same(got, laid.wanted), (name, got)


def test_changed_inputs_answer_as_python(opened: Any, workbook: tuple[Path, dict[str, Laid]], cells: Any) -> None:
    """Cells follow their inputs; the application is not told to calculate."""
    for name, laid in workbook[1].items():
        index, args, answer = other_example(CATALOG[name])
        opened.office.ask("put", laid.arguments[index], sheet_rows(args[index], cells))
        wanted = cells.rows_of(answer)[: len(laid.wanted)]  # an array formula keeps the area that it was given
        assert same(opened.read(laid.answer)[: len(wanted)], wanted), name


@each_metric
def test_the_example_can_be_typed(name: str, sheet: Any, cells: Any) -> None:
    metric = CATALOG[name]
    wanted = cells.rows_of(evaluate(metric, metric.example.args))
    words = ",".join(constant(value, cells) for value in metric.example.args)
    area = xl_range(0, 0, len(wanted) - 1, len(wanted[0]) - 1)
    sheet.office.ask("type_formula", area, f"={name}({words})")
    assert same(sheet.read(area), wanted)


def constant(value: Any, cells: Any) -> str:
    """A value as it is typed into a formula: dates as their serials, since array constants hold no functions."""
    if isinstance(value, (list, tuple)):
        return "{" + ";".join(",".join(constant(cell, cells) for cell in row) for row in grid(value)) + "}"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date):
        return f"{cells.serial(value):.10f}"
    return f'"{value or ""}"' if isinstance(value, str) or value is None else str(value)
