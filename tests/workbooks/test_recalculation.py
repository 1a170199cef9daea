"""A workbook computed anew shows what was stored wrongly, whatever kind of result it is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.workbooks.recalculation import STALE, Value, by_ironcalc, by_libreoffice, differences, stale, stored
from xlsxwriter import Workbook

from xlfunnel.calc.office import Office

NATIVE: dict[str, Value] = {
    "=1/4": 0.25,
    "=SUM(D1:D2)": 7,
    '="Large & "&"small"': "Large & small",
    '=IF(D3="","","full")': "",
    "=D1>D2": True,
    "=1/0": "#DIV/0!",
    "=NA()": "#N/A",
    "=SUM(Rows[Deals])": 9,
}
OURS: dict[str, Value] = {"=WIN_RATE(1,3)": 0.25, "=WIN_RATE(1,-3)": "#NUM!"}


def workbook(formulas: dict[str, Value], results: dict[str, Value] | None = None) -> bytes:
    """The formulas in column B of a second sheet, with their results or other ones."""
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    first, sheet = book.add_worksheet("Start"), book.add_worksheet("Mix check")
    first.write_string(0, 0, "no formula")
    for row, number in enumerate((4, 3)):
        sheet.write_number(row, 3, number)
    columns = [{"header": "Deals"}, {"header": "Twice", "formula": "Rows[[#This Row],[Deals]]*2"}]
    sheet.add_table("F1:G3", {"name": "Rows", "columns": columns, "autofilter": False})
    for row, deals in enumerate((4, 5), 1):
        sheet.write_number(row, 5, deals)
        sheet.write_formula(row, 6, "=Rows[[#This Row],[Deals]]*2", None, 2 * deals)
    for row, (formula, value) in enumerate(formulas.items()):
        sheet.write_formula(row, 1, formula, None, (results or {}).get(formula, value))
    book.close()
    return file.getvalue()


def expected(formulas: dict[str, Value]) -> dict[str, dict[tuple[int, int], Value]]:
    beside: dict[tuple[int, int], Value] = {(1, 6): 8, (2, 6): 10}
    return {"Mix check": beside | {(row, 1): value for row, value in enumerate(formulas.values())}}


@pytest.fixture(scope="module")
def office(soffice: Path) -> Iterator[Office]:
    with Office(soffice) as running:
        yield running


@pytest.mark.parametrize("formulas", [NATIVE, OURS, NATIVE | OURS], ids=["native", "ours", "both"])
def test_libreoffice_computes_every_kind(office: Office, tmp_path: Path, formulas: dict[str, Value]) -> None:
    found = by_libreoffice(office, workbook(formulas), tmp_path)
    assert differences(expected(formulas), found) == []
    assert list(tmp_path.iterdir()) == []


def test_ironcalc_computes_native_formulas() -> None:
    assert differences(expected(NATIVE), by_ironcalc(workbook(NATIVE))) == []


def test_what_is_stored_is_read_as_it_is() -> None:
    assert differences(expected(NATIVE), stored(workbook(NATIVE))) == []


def test_no_stored_result_is_left() -> None:
    left = stored(stale(workbook(NATIVE)))["Mix check"]
    assert set(left.values()) == {STALE}
    assert len(left) == len(NATIVE) + 2


def test_a_result_stored_wrongly_is_found(office: Office, tmp_path: Path) -> None:
    content = workbook(NATIVE, {"=1/4": 0.250001, '=IF(D3="","","full")': "full", "=1/0": 0})
    said = ["Mix check!B1: 0.250001, then 0.25", "Mix check!B4: 'full', then ''", "Mix check!B6: 0.0, then '#DIV/0!'"]
    assert differences(stored(content), by_libreoffice(office, content, tmp_path)) == said
    assert differences(stored(content), by_ironcalc(content)) == said


def test_one_workbook_after_another(office: Office, tmp_path: Path) -> None:
    first, second = {"=1/4": 0.25}, {"=1+4": 5}
    for formulas in (first, second, first):
        assert differences(expected(formulas), by_libreoffice(office, workbook(formulas), tmp_path)) == []


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (1.0, 1.0 + 5e-10, None),
        (1.0, 1.0 + 5e-9, "B1"),
        (1e12, 1e12 + 100, None),
        (0.0, 1e-10, None),
        (0.0, None, "B1"),
        (True, False, "B1"),
        ("#N/A", "#NUM!", "B1"),
        ("a", "A", "B1"),
    ],
)
def test_what_counts_as_the_same(one: Value, other: Value, said: str | None) -> None:
    found = differences({"Plan": {(0, 1): one}}, {"Plan": {(0, 1): other}})
    assert found == ([] if said is None else [f"Plan!B1: {one!r}, then {other!r}"])


def test_formulas_that_only_one_side_has() -> None:
    assert differences({"Plan": {}}, {"Pace": {(0, 0): 1}}) == ["Pace!A1: no formula, then 1"]
