"""The border between Calc's cells and the metrics, without LibreOffice."""

from __future__ import annotations

import io
import math
import pickle
import struct
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.calc import boundary
from xlfunnel.calc.boundary import ERROR_NUMBERS, answer, error_code, error_value
from xlfunnel.calc.serving import serve_on
from xlfunnel.catalog import CATALOG
from xlfunnel.errors import ExcelCode


def error_in(cell: Any) -> int:
    """The error number that Calc reads from a float."""
    low, high = struct.unpack("<II", struct.pack("<d", cell))
    assert high == 0x7FF80000
    return int(low)


@pytest.mark.parametrize("code", ERROR_NUMBERS)
def test_an_error_goes_there_and_back(code: ExcelCode) -> None:
    assert math.isnan(error_value(code))
    assert error_code(error_in(error_value(code))) is code
    ((cell,),) = answer("WIN_RATE", (error_value(code), 3.0))
    assert error_in(cell) == ERROR_NUMBERS[code]


def test_an_error_that_calc_does_not_have_is_a_wrong_value() -> None:
    assert error_in(error_value(ExcelCode.SPILL)) == ERROR_NUMBERS[ExcelCode.VALUE]


def test_an_error_number_that_excel_does_not_have_is_told() -> None:
    assert error_code(504) is ExcelCode.VALUE
    assert error_code(508) is None


ANSWERS = [
    ("SALES_VELOCITY", (40.0, 12_000.0, 0.25, 60.0, None), ((2000.0,),)),
    ("SALES_VELOCITY", (40.0, 12_000.0, 0.25, 60.0, 0.0), ((2000.0,),)),  # a blank cell for the period
    ("WIN_RATE", (((1.0,), (1.0,)), 3.0, None), ((0.25,), (0.25,))),
    ("FUNNEL_FORWARD", (100.0, ((0.5,), (0.5,)), None), (("stage", "count"), ("stage 1", 100.0))),
    ("METRIC_CHECK", ("SALES_VELOCITY", 40.0, 12_000.0, 0.25, 60.0, 0.0), (("OK",),)),
    ("METRIC_CHECK", ("WIN_RATE", 0.0, 1.0), (("OK",),)),  # a count may be zero
]


@pytest.mark.parametrize(("name", "values", "rows"), ANSWERS)
def test_values_of_calc_are_answered(name: str, values: tuple[Any, ...], rows: Any) -> None:
    assert answer(name, values)[: len(rows)] == rows


def test_a_function_that_this_version_does_not_have_is_no_name() -> None:
    ((cell,),) = answer("NO_SUCH_FUNCTION", (1.0,))
    assert error_in(cell) == ERROR_NUMBERS[ExcelCode.NAME]


def test_dates_go_back_as_serials() -> None:
    months = ((date(2026, 1, 1) - date(1899, 12, 30)).days, (date(2026, 2, 1) - date(1899, 12, 30)).days)
    rows = answer("RAMPED_CAPACITY", (46_037.0, ((0.5,),), 1000.0, 1.0, tuple((float(month),) for month in months)))
    assert [row[0] for row in rows] == ["month", *map(float, months)]
    assert boundary._given(datetime(2026, 9, 4, 16)) == 46_269 + 2 / 3


cell = st.floats() | st.text(max_size=3) | st.none()
rows = st.integers(0, 3).flatmap(lambda n: st.lists(st.tuples(*[st.floats() | st.text(max_size=2)] * n), max_size=3))


@given(st.sampled_from(list(CATALOG)), st.lists(cell | rows.map(tuple), max_size=6))
def test_whatever_calc_hands_over_is_answered(name: str, values: list[Any]) -> None:
    answered = answer(name, tuple(values))
    assert answered
    assert {len(row) for row in answered} == {len(answered[0])}
    assert all(type(one) in {float, str} for row in answered for one in row)


def test_a_fault_in_one_cell_takes_no_other_along(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def broken(_metric: Any, _values: Any) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(boundary, "evaluate", broken)
    calls = io.BytesIO(pickle.dumps(("WIN_RATE", (1.0, 3.0))) + pickle.dumps(("NO_SUCH_FUNCTION", ())))
    answers = io.BytesIO()
    serve_on(calls, answers)
    answers.seek(0)
    _version, fault, unknown = (pickle.load(answers) for _ in range(3))  # noqa: S301  # what was just written
    assert error_in(fault[0][0]) == ERROR_NUMBERS[ExcelCode.VALUE]
    assert error_in(unknown[0][0]) == ERROR_NUMBERS[ExcelCode.NAME]
    assert "a fault of ours" in capsys.readouterr().err
