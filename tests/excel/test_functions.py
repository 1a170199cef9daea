"""The worksheet functions: generated from the catalogue, declared alike to both hosts, and steady under odd cells."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlfunnel.catalog import CATALOG
from xlfunnel.errors import ExcelCode
from xlfunnel.excel import functions
from xlfunnel.excel.boundary import ERROR_MARK
from xlfunnel.metric import Metric

OMITTED = {"omitted": True}

each_metric = pytest.mark.parametrize("metric", CATALOG.values(), ids=lambda metric: metric.name)
each_host = pytest.mark.parametrize("host", ["com", "officejs"])


@pytest.fixture
def excel(host: str, request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(host)


def test_there_is_one_function_for_each_metric() -> None:
    made = {name for name, thing in vars(functions).items() if name.isupper() and callable(thing)}
    assert made == set(CATALOG)


@each_metric
def test_a_function_is_the_metric_from_cells_to_cells(metric: Metric[Any, Any]) -> None:
    function = getattr(functions, metric.name)
    assert function.__name__ == metric.name
    assert function.__annotations__ == {}  # xlwings would convert by them
    assert list(inspect.signature(function).parameters) == [argument.name for argument in metric.arguments]
    assert function() == f"{ERROR_MARK}#N/A"


@each_host
@each_metric
def test_xlwings_is_told_of_raw_arguments_and_their_meaning(metric: Metric[Any, Any], excel: Any) -> None:
    declared = excel.declared(metric.name)
    assert declared["name"] == metric.name
    assert declared["ret"]["doc"] == metric.meaning
    for told, argument in zip(declared["args"], metric.arguments, strict=True):
        assert told["name"] == argument.name
        assert told["options"] == {"convert": "raw"}
        assert told["vararg"] is argument.varying
        assert told["doc"] == argument.meaning
        assert len(told["doc"]) <= 255
        assert "optional" in told or metric.arguments[-1].varying


def test_server_and_lite_tell_excel_of_every_function(officejs: Any) -> None:
    told = {function["name"]: function for function in officejs.ask({"meta": True})["functions"]}
    assert set(told) == set(CATALOG)
    for name, metric in CATALOG.items():
        assert told[name]["id"] == name
        assert told[name]["description"] == metric.meaning
        for parameter, argument in zip(told[name]["parameters"], metric.arguments, strict=True):
            assert (parameter["name"], parameter["description"]) == (argument.name, argument.meaning)
            assert (parameter["type"], parameter["dimensionality"]) == ("any", "matrix")
            assert parameter.get("repeating", False) is argument.varying
            assert parameter.get("optional", False) is not metric.arguments[-1].varying


def test_no_argument_has_a_name_that_xlwings_keeps_for_itself() -> None:
    assert "caller" not in {argument.name for metric in CATALOG.values() for argument in metric.arguments}


@each_host
@each_metric
def test_a_function_without_arguments_is_not_available(metric: Metric[Any, Any], excel: Any) -> None:
    left_out = [OMITTED for argument in metric.arguments if not argument.varying]
    assert excel.call(metric.name, left_out) == {"error": "#N/A"}


@each_host
@each_metric
def test_left_out_and_blank_arguments_take_the_default(metric: Metric[Any, Any], cells: Any, excel: Any) -> None:
    given = [cells.written(value) for value in metric.example.args]
    more = [argument for argument in metric.arguments[len(given) :] if not argument.varying]
    answer = excel.call(metric.name, given)
    assert excel.call(metric.name, [*given, *[OMITTED] * len(more)]) == answer
    assert excel.call(metric.name, [*given, *[None] * len(more)]) == answer
    assert excel.call(metric.name, [*given, *[""] * len(more)]) == answer


@pytest.mark.parametrize("code", ExcelCode)
@pytest.mark.parametrize("passed", ["values", "ranges"])
def test_every_error_cell_comes_back_as_it_is(code: ExcelCode, passed: str, com: Any) -> None:
    cell = {"error": code.value}
    assert com.call("WIN_RATE", [cell, 3], passed) == cell
    assert com.call("WIN_RATE", [[[1], [cell], [2]], 3], passed) == [[0.25], [cell], [0.4]]
    assert com.call("PLAN_CHANCE", [143, [[0.3], [cell]], 10], passed) == cell


OFFICE_JS_LACKS = {ExcelCode.SPILL, ExcelCode.CALC, ExcelCode.GETTING_DATA}


@pytest.mark.parametrize("code", ExcelCode)
def test_every_error_cell_comes_back_as_it_is_where_office_js_knows_it(code: ExcelCode, officejs: Any) -> None:
    shown = {"error": "#VALUE!" if code in OFFICE_JS_LACKS else code.value}
    assert officejs.call("WIN_RATE", [{"error": code.value}, 3]) == shown


@each_host
def test_a_label_that_reads_like_an_error_stays_a_label(excel: Any) -> None:
    answer = excel.call("CAC_BY_CHANNEL", [[["#N/A"], ["#REF!"]], [[1], [1]], [[1], [1]], [[1], [1]], 0])
    assert [row[0] for row in answer] == ["channel", "#N/A", "#REF!", "Total"]


@each_host
def test_a_long_text_is_cut(excel: Any) -> None:
    answer = excel.call("CAC_BY_CHANNEL", [[["x" * 300]], [[40000]], [[20]], [[400]], 130000])
    assert answer[1][0] == "x" * 254 + "…"


@each_host
def test_whole_columns_are_taken(excel: Any) -> None:
    revenue, source = {"column": [10000, 30000, 60000]}, {"column": ["Web", "Referral", "web "]}
    assert excel.call("SOURCED_SHARE", [revenue, source, [["Web"], ["Event"]]]) == 0.7


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", " ", "won", "Web", "7", "week", "#N/A", ERROR_MARK]),
    st.text(max_size=5),
    st.sampled_from([-2146826246, -2146826281, -2146826242]),
    st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC)),
    st.floats(0, 1),
    st.integers(0, 60_000).map(float),
)


def ranges(height: int, width: int) -> st.SearchStrategy[Any]:
    return st.tuples(*[st.tuples(*[CELLS] * width)] * height)


ARGUMENTS = st.one_of(CELLS, st.builds(ranges, st.integers(1, 4), st.integers(1, 3)).flatmap(lambda rows: rows))


@given(st.sampled_from(sorted(CATALOG)), st.lists(ARGUMENTS, max_size=8))
@settings(max_examples=300)
def test_whatever_cells_are_handed_over_the_answer_fits_into_cells(name: str, cells: list[Any]) -> None:
    answer = getattr(functions, name)(*cells)
    for row in answer if isinstance(answer, list) else [[answer]]:
        for cell in row:
            assert isinstance(cell, (float, str, date))
            assert not isinstance(cell, float) or math.isfinite(cell)
            assert not isinstance(cell, str) or len(cell) <= 255


def test_functions_need_few_packages() -> None:
    """Lite runs in a browser, where most of what a refresh needs does not exist."""
    program = """if True:
        import sys
        for name in "duckdb openpyxl xlsxwriter fastexcel pydantic typer rich defusedxml".split():
            sys.modules[name] = None
        from xlfunnel.catalog import CATALOG
        from xlfunnel.excel import functions
        for metric in CATALOG.values():
            answer = getattr(functions, metric.name)(*metric.example.args)
            assert not str(answer).startswith(functions.MARK), (metric, answer)
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
