"""The border: what cells become on the way in, and what answers become on the way out."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.errors import ErrorInInput, ExcelCode, MissingInput
from xlfunnel.excel.boundary import CVERR, ERROR_MARK, SHEET_ROWS, answered, error, received
from xlfunnel.table import Column, Table
from xlfunnel.units import Unit


class JsNull:
    """Named as the class that a browser's Python has for JavaScript's null."""

    def __repr__(self) -> str:
        return "null"


IN = [
    (40.0, 40.0),
    (40, 40),
    ("Web", "Web"),
    (True, True),
    (None, None),
    (-2146826246, ExcelCode.NA),
    (-2146826281, ExcelCode.DIV0),
    (-2146826259, ExcelCode.NAME),
    (-2146826288, ExcelCode.NULL),
    (-2146826252, ExcelCode.NUM),
    (-2146826265, ExcelCode.REF),
    (-2146826273, ExcelCode.VALUE),
    (-2146826245, ExcelCode.GETTING_DATA),
    (-2146826243, ExcelCode.SPILL),
    (-2146826238, ExcelCode.CALC),
    (-2146826242, ExcelCode.VALUE),  # #CONNECT!, which we have no name for
    (-2146826246.0, -2146826246.0),  # an amount that happens to be the number of #N/A
    (datetime(2026, 9, 4, 16, 30, tzinfo=UTC), datetime(2026, 9, 4, 16, 30)),
    (datetime(2026, 9, 4, 16, tzinfo=timezone(timedelta(hours=-7))), datetime(2026, 9, 4, 16)),
    (datetime(2026, 9, 4, 16), datetime(2026, 9, 4, 16)),
    (Decimal("12.5"), Decimal("12.5")),  # a cell in currency format; `evaluate` takes it
    ({"type": "Error", "errorType": "NotAvailable", "basicValue": "#N/A"}, ExcelCode.NA),
    ({"type": "Error", "errorType": "Busy", "basicValue": "#BUSY!"}, ExcelCode.VALUE),
    ({"type": "FormattedNumber", "basicValue": 46269.0, "numberFormat": "d/m/yyyy"}, 46269.0),
    ({"type": "Entity", "text": "Acme", "basicType": "Error", "basicValue": "#VALUE!"}, ExcelCode.VALUE),
    ({"type": "Entity", "text": "Acme"}, None),
    (JsNull(), None),
    ((1.0, -2146826246, None), [1.0, ExcelCode.NA, None]),
    (((1.0,), (-2146826246,)), [[1.0], [ExcelCode.NA]]),
    ([["Web", {"type": "Boolean", "basicValue": True}]], [["Web", True]]),
    ((), []),
]


@pytest.mark.parametrize(("cell", "value"), IN, ids=lambda one: repr(one)[:60])
def test_a_cell_becomes_a_value(cell: Any, value: Any) -> None:
    [got] = received([cell])
    assert got == value
    assert type(got) is type(value)


def column(cells: dict[int, Any]) -> tuple[tuple[Any], ...]:
    """A whole column with these cells; the first row is 0."""
    blank: tuple[Any] = (None,)
    rows: list[tuple[Any]] = [blank] * SHEET_ROWS
    for row, cell in cells.items():
        rows[row] = (cell,)
    return tuple(rows)


def test_whole_columns_are_cut_to_the_longest_of_them() -> None:
    amounts, stages, rate = received([column({0: 10.0, 2: 30.0}), column({0: "won", 3: ""}), 0.25])
    assert amounts == [[10.0], [None], [30.0]]
    assert stages == [["won"], [None], [None]]
    assert rate == 0.25


def test_a_value_far_down_a_whole_column_is_taken() -> None:
    [amounts] = received([column({0: 10.0, SHEET_ROWS - 1: 30.0})])
    assert (len(amounts), amounts[-1]) == (SHEET_ROWS, [30.0])


def test_whole_columns_of_nothing_are_one_blank() -> None:
    assert received([column({}), column({5: ""})]) == [[[None]], [[None]]]


OUT = [
    (2000, 2000.0),
    (2000.5, 2000.5),
    (2**40, 1099511627776.0),
    (math.nan, "#NUM!"),
    (math.inf, "#NUM!"),
    (None, ""),
    ("Web", "Web"),
    ("x" * 255, "x" * 255),
    ("x" * 256, "x" * 254 + "…"),
    (MissingInput("won is missing"), "#N/A"),
    (ErrorInInput(ExcelCode.REF, "won is #REF!"), "#REF!"),
    (date(2026, 9, 4), date(2026, 9, 4)),
    (datetime(2026, 9, 4, 16), datetime(2026, 9, 4, 16)),
    ([[1, None], [MissingInput("won"), "Web"]], [[1.0, ""], ["#N/A", "Web"]]),
    (
        Table((Column("stage", Unit.TEXT), Column("count", Unit.COUNT)), (("open", 3), ("won", None))),
        [["stage", "count"], ["open", 3.0], ["won", ""]],
    ),
]


@pytest.mark.parametrize(("answer", "cells"), OUT, ids=lambda one: repr(one)[:60])
def test_an_answer_becomes_cells(answer: Any, cells: Any) -> None:
    got = answered(answer, "")
    assert got == cells
    assert type(got) is type(cells)


def test_a_marked_error_is_no_text() -> None:
    cells = answered([["#N/A", MissingInput("won")], [f"{ERROR_MARK}#N/A", "#NUM!"]], ERROR_MARK)
    assert cells == [["#N/A", f"{ERROR_MARK}#N/A"], ["#N/A", "#NUM!"]]


def test_a_text_that_reads_like_an_error_goes_out_as_a_text_over_office_js() -> None:
    text = {"type": "String", "basicValue": "#N/A"}
    assert answered([["#N/A", MissingInput("won")]], "") == [[text, "#N/A"]]
    assert answered("#N/A", "") == [[text]]
    assert answered("#N/A", ERROR_MARK) == "#N/A"


def test_every_error_has_a_number_for_vba() -> None:
    assert set(CVERR) == set(ExcelCode)
    assert [received([number - 2_146_828_288]) for number in CVERR.values()] == [[code] for code in CVERR]


def test_an_error_that_office_js_has_no_text_for_is_a_wrong_value() -> None:
    assert [error(code, "") for code in (ExcelCode.SPILL, ExcelCode.CALC, ExcelCode.GETTING_DATA)] == ["#VALUE!"] * 3
    assert error(ExcelCode.CALC, ERROR_MARK) == f"{ERROR_MARK}#CALC!"


ANSWER_CELLS = st.one_of(
    st.none(), st.floats(), st.integers(), st.text(max_size=300), st.dates(), st.datetimes(), st.builds(MissingInput)
)


@given(
    st.lists(st.lists(ANSWER_CELLS, min_size=2, max_size=2), min_size=1, max_size=3), st.sampled_from(["", "\x1a"])
)
def test_every_answer_fits_into_cells(answer: list[list[Any]], mark: str) -> None:
    for row in answered(answer, mark):
        for cell in row:
            assert isinstance(cell, (float, str, date, dict))
            assert not isinstance(cell, float) or math.isfinite(cell)
            assert not isinstance(cell, str) or len(cell) <= 255
