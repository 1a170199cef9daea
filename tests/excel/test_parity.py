"""One truth: Python, the command line, Excel on Windows and xlwings Server and Lite answer alike.

Each way takes the examples of the catalogue and the shared table of bad inputs; what Python answers is the measure
for the examples, the table itself for the bad inputs. LibreOffice answers the same table in `tests/calc`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from xlfunnel.catalog import CATALOG
from xlfunnel.cli.commands import app
from xlfunnel.errors import MetricError
from xlfunnel.evaluate import evaluate
from xlfunnel.metric import Metric
from xlfunnel.units import RecordGrid, Records, Vector

Way = Callable[[str, list[Any]], Any]

ELSEWHERE: dict[str, dict[str, Any]] = {
    "command line": {
        # Its words are text only: what reads like an error, or like a date where a date is asked for, is one.
        "a text that reads like an error is a text": {"error": "#N/A"},
        "a date that is text": 2,
    },
}
"""Where a way cannot behave as the others, and what it does instead."""


@pytest.fixture
def python(cells: Any) -> Way:
    def ask(function: str, arguments: list[Any]) -> Any:
        try:
            return cells.written(evaluate(CATALOG[function], [cells.read(value) for value in arguments]))
        except MetricError as fault:
            return cells.written(fault)

    return ask


def command_line(function: str, arguments: list[Any]) -> Any:
    words = [json.dumps(plain(value)) for value in arguments]
    done = CliRunner().invoke(app, ["--json", "call", function, *words])
    return json.loads(done.stdout) if done.exit_code == 0 else {"error": done.stderr.split(" ")[0].strip()}


def plain(cells: Any) -> Any:
    """Cells as the command line writes them: dates and errors as text."""
    if isinstance(cells, list):
        return [[plain(cell) for cell in row] for row in cells]
    if not isinstance(cells, dict):
        return cells
    return cells.get("error") or cells.get("date")


def told(cells: Any) -> Any:
    """An answer as the command line writes it: errors in a range and dates as text, a single error on its own."""
    return cells if isinstance(cells, dict) and "error" in cells else plain(cells)


def same(got: Any, wanted: Any) -> bool:
    if isinstance(got, list) and isinstance(wanted, list):
        return len(got) == len(wanted) and all(
            len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
            for a, b in zip(got, wanted, strict=True)
        )
    if isinstance(got, float | int) and isinstance(wanted, float | int):
        return math.isclose(got, wanted, rel_tol=1e-12, abs_tol=1e-12)
    return bool(comparable(got) == comparable(wanted))


def comparable(cell: Any) -> Any:
    """A date however it is written; nothing is an empty text, as cells show it; anything else as it is."""
    text = cell.get("date") if isinstance(cell, dict) else cell
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return "" if cell is None else cell


def example_of(metric: Metric[Any, Any], cells: Any) -> list[Any]:
    """The example's arguments as a sheet has them: a list is a column, in a table of records as elsewhere."""
    columns = (Vector, Records, RecordGrid)
    return [
        [[cell] for cell in cells.written(value)[0]]
        if isinstance(argument.kind, columns) and not isinstance(value[0], (list, tuple))
        else cells.written(value)
        for argument, value in zip(metric.arguments, metric.example.args, strict=False)
    ] + [cells.written(value) for value in metric.example.args[len(metric.arguments) :]]


each_metric = pytest.mark.parametrize("metric", CATALOG.values(), ids=lambda metric: metric.name)


@each_metric
def test_the_command_line_answers_as_python(metric: Any, cells: Any, python: Way) -> None:
    arguments = example_of(metric, cells)
    assert same(command_line(metric.name, arguments), told(python(metric.name, arguments)))


@each_metric
@pytest.mark.parametrize("passed", ["values", "ranges"])
def test_excel_on_windows_answers_as_python(metric: Any, passed: str, cells: Any, python: Way, com: Any) -> None:
    arguments = example_of(metric, cells)
    answer = com.call(metric.name, arguments, passed)
    assert same(answer, python(metric.name, arguments)), answer


@each_metric
def test_server_and_lite_answer_as_python(metric: Any, cells: Any, python: Way, officejs: Any) -> None:
    arguments = example_of(metric, cells)
    answer = officejs.call(metric.name, arguments)
    assert same(answer, python(metric.name, arguments)), answer


def test_python_meets_the_table(bad: dict[str, Any], python: Way) -> None:
    assert same(python(bad["function"], bad["arguments"]), bad["answer"])


def test_the_command_line_meets_the_table(bad: dict[str, Any]) -> None:
    wanted = ELSEWHERE["command line"].get(bad["why"], bad["answer"])
    assert same(command_line(bad["function"], bad["arguments"]), told(wanted))


@pytest.mark.parametrize("passed", ["values", "ranges"])
def test_excel_on_windows_meets_the_table(bad: dict[str, Any], passed: str, com: Any) -> None:
    answer = com.call(bad["function"], bad["arguments"], passed)
    assert same(answer, bad["answer"]), answer


def test_server_and_lite_meet_the_table(bad: dict[str, Any], officejs: Any) -> None:
    answer = officejs.call(bad["function"], bad["arguments"])
    assert same(answer, bad["answer"]), answer
