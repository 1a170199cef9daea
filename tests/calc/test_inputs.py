"""Bad and odd inputs answer in Calc as in every host, except where the table of differences says otherwise."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

import xlfunnel.calc

README = Path(xlfunnel.calc.__file__).with_name("README.md")


def differences() -> dict[str, tuple[str, str]]:
    """What Excel and Calc show in each case of the table in the documentation."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    return {case: (excel, calc) for case, excel, calc in rows if case != "case"}


def documented(rows: list[list[Any]]) -> str:
    """Cells as the table writes them."""
    cells = [cell["error"] if isinstance(cell, dict) else cell for row in rows for cell in row]
    words = [f"`{cell:g}`" if isinstance(cell, float) else f"`{cell}`" for cell in cells]
    if len(words) == 1:
        return words[0]
    return f"{words[0]} in every cell" if len(set(words)) == 1 else "its own error in that cell"


def same(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, (int, float)) and isinstance(got, (int, float)):
        return math.isclose(got, wanted, rel_tol=1e-12, abs_tol=1e-12)
    return bool(got == wanted)


def test_calc_answers_as_excel_or_as_the_table_says(call: dict[str, Any], sheet: Any) -> None:
    wanted = call["answer"] if isinstance(call["answer"], list) else [[call["answer"]]]
    got = sheet.call(call["function"], call["arguments"], (len(wanted), len(wanted[0])))
    if call["why"] in differences():
        assert (documented(wanted), documented(got)) == differences()[call["why"]]
        assert documented(wanted) != documented(got), "there is no difference left"
        return
    for row, wanted_row in zip(got, wanted, strict=True):
        assert all(same(*pair) for pair in zip(row, wanted_row, strict=True)), got


def test_every_difference_is_tried(calls: list[dict[str, Any]]) -> None:
    assert differences()
    assert set(differences()) <= {call["why"] for call in calls}


def test_an_error_inside_an_array_stays_in_its_cell(sheet: Any) -> None:
    sheet.office.ask("type_formula", "A1:C2", "=WIN_RATE({1,0,-1;1,1,2},{3,0,1})")
    div0, num = {"error": "#DIV/0!"}, {"error": "#NUM!"}
    assert sheet.read("A1:C2") == [[0.25, div0, num], [0.25, 1.0, 2 / 3]]
    sheet.office.ask("type_formula", "E1", "=IFERROR(B1,SUM(A1:A2))")
    assert sheet.read("E1") == [[0.5]]


def test_cells_beyond_an_answer_are_not_available(sheet: Any) -> None:
    sheet.office.ask("type_formula", "A1:C4", "=FUNNEL_FORWARD(100,{0.5})")
    missing = {"error": "#N/A"}
    assert [row[2] for row in sheet.read("A1:C4")] == [missing] * 4
    assert sheet.read("A4:C4") == [[missing] * 3]


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("=SALES_VELOCITY(40,12000,0.25,60)*2", 4000.0),
        ('=IF(WIN_RATE(1,3)>0.2,"good","poor")', "good"),
        ("=SUM(SALES_VELOCITY({40;80},12000,0.25,60))", 6000.0),
        ('=IFERROR(WIN_RATE(0,0),"none closed")', "none closed"),
        ("=ISNA(SALES_VELOCITY())", 1.0),
        ("=sales_velocity(SUM(10,30),12000,25%,60)", 2000.0),
        ("=MAX(FUNNEL_REVERSE(10,{0.5,0.5}))", 40.0),
        ("=ISERROR(WIN_RATE(-1,2))", 1.0),
        ("=ERROR.TYPE(WIN_RATE(-1,2))", {"error": "#N/A"}),  # as the documentation says
    ],
)
def test_an_answer_goes_on_in_a_formula(sheet: Any, formula: str, shown: Any) -> None:
    sheet.office.ask("type_formula", "A1", formula)
    assert sheet.read("A1") == [[shown]]
