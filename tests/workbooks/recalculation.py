"""What the formulas of a workbook give when a spreadsheet computes them anew, beside what the file says they give.

Two spreadsheets compute: LibreOffice, with our functions in it, and IronCalc, which knows native formulas only. No
stored result reaches them: each is replaced by a number that no formula gives.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.workbooks.package_reading import Package, cell_name

from xlfunnel.calc.boundary import error_code
from xlfunnel.calc.office import Office
from xlfunnel.ooxml import engine

STALE = 777_777
"""Stands in place of a result: a formula that was not computed anew shows it."""

TELLS_EDITIONS_APART = "Functions"

TOLERANCE = 1e-9
"""Relative for large numbers, absolute for those near zero."""

Value = float | str | bool | None
Values = Mapping[str, Mapping[tuple[int, int], Value]]
"""By sheet, then by row and column from 0: what each formula gives. An error is its text, such as "#N/A"."""

_FORMULA_CELL = re.compile(
    r"""(<c\b[^>]*?)(?:\ t="\w+")?(>)  # the cell without its kind
        (<f\b[^>]*/>|<f\b[^>]*>.*?</f>)  # its formula
        (?:<v>[^<]*</v>|<v/>)?           # its result""",
    re.DOTALL | re.VERBOSE,
)


def stored(content: bytes) -> Values:
    """What the file says that each formula gives."""
    sheets = Package.of(content).sheets
    return {
        sheet.name: {place: cell.value for place, cell in sheet.cells.items() if cell.formula is not None}
        for sheet in sheets
    }


def figures(content: bytes) -> Values:
    """Every number and every result, also of cells without a formula.

    Words are left out, and the sheet that says which functions there are: they may tell editions apart.
    """
    return {
        sheet.name: {place: cell.value for place, cell in sheet.cells.items() if cell.is_filled and not cell.is_text}
        for sheet in Package.of(content).sheets
        if sheet.name != TELLS_EDITIONS_APART
    }


def stale(content: bytes) -> bytes:
    """The workbook with no result left that could be taken for a computed one."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                part = _FORMULA_CELL.sub(rf"\1\2\3<v>{STALE}</v>", part.decode()).encode()
            new.writestr(name, part)
    return made.getvalue()


def by_libreoffice(office: Office, content: bytes, folder: Path) -> Values:
    """What LibreOffice computes; it may have computed other workbooks before. The folder holds the file meanwhile."""
    book = folder / f"book{'.xlsm' if Package.of(content).takes_macros else '.xlsx'}"
    book.write_bytes(stale(content))
    office.ask("open", str(book))
    try:
        found = office.ask("results")
    finally:
        office.ask("close")
        book.unlink()
    return {
        sheet: {(row, column): _told(value, error) for row, column, value, error in cells}
        for sheet, cells in found.items()
    }


def by_ironcalc(content: bytes) -> Values:
    """What IronCalc computes, of native formulas only."""
    return engine.results(stale(content))


def _told(value: float | str, error: int) -> Value:
    return str(error_code(error) or f"#{error}") if error else value


def differences(expected: Values, found: Values) -> list[str]:
    """Where two sets of results differ, in words; the same cells must have formulas in both.

    >>> differences({"Plan": {(1, 2): 0.3}}, {"Plan": {(1, 2): 0.1 + 0.2}})
    []
    >>> differences({"Plan": {(1, 2): 3.0, (1, 3): "a"}}, {"Plan": {(1, 2): 4.0}})
    ['Plan!C2: 3.0, then 4.0', "Plan!D2: 'a', then no formula"]
    """
    said = []
    for sheet in sorted({*expected, *found}):
        before, after = expected.get(sheet, {}), found.get(sheet, {})
        for place in sorted({*before, *after}):
            words = [repr(cells[place]) if place in cells else "no formula" for cells in (before, after)]
            if "no formula" in words or not is_same(before[place], after[place]):
                said.append(f"{sheet}!{cell_name(*place)}: {words[0]}, then {words[1]}")
    return said


def is_same(one: Value, other: Value) -> bool:
    """Whether two results are the same to a reader.

    A blank result is an empty text, and TRUE is 1: LibreOffice tells neither pair apart.

    >>> is_same(None, ""), is_same(True, 1.0), is_same("1", 1.0), is_same(0.0, "")
    (True, True, False, False)
    """
    if one in {None, ""} or other in {None, ""}:
        return one in {None, ""} and other in {None, ""}
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    assert one is not None
    assert other is not None
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
