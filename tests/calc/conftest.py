"""LibreOffice Calc as a person uses it: cells are filled, formulas typed, and what they show is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from xlfunnel.calc.boundary import error_code
from xlfunnel.calc.office import Office
from xlfunnel.errors import MetricError
from xlfunnel.table import Table

HERE = Path(__file__).parent
collect_ignore = ["window_driver.py"]  # LibreOffice's Python runs it
SHARED = json.loads((HERE.parent / "excel" / "bad_inputs.json").read_text(encoding="utf-8"))
ODD = json.loads((HERE / "odd_inputs.json").read_text(encoding="utf-8"))
"""Further calls in the writing of the shared ones, for what is special about Calc."""
EPOCH = datetime(1899, 12, 30)


def serial(moment: date) -> float:
    """A date as cells hold it."""
    at = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    return (at - EPOCH).total_seconds() / 86_400


def rows_of(answer: Any) -> list[list[Any]]:
    """An answer of Python's as rows of cells, in the writing of the tests."""
    if isinstance(answer, Table):
        answer = [answer.header, *answer.rows]
    rows = answer if isinstance(answer, (list, tuple)) else [[answer]]
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(cell: Any) -> Any:
    if isinstance(cell, MetricError):
        return {"error": cell.code.value}
    if isinstance(cell, date):
        return serial(cell)
    return "" if cell is None else cell


class Sheet:
    """The sheet of a workbook that is open in LibreOffice."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def open(self, path: Path | None = None) -> None:
        self.office.ask("open", str(path) if path else None)

    def fill(self, row: int, column: int, cells: Any) -> str:
        """Write one cell or rows of them; answers how a formula refers to them."""
        rows = cells if isinstance(cells, list) else [[cells]]
        first, last = (
            xl_rowcol_to_cell(row, column),
            xl_rowcol_to_cell(row + len(rows) - 1, column + len(rows[0]) - 1),
        )
        area = f"{first}:{last}" if isinstance(cells, list) else first
        self.office.ask("put", area, [[_held(cell) for cell in line] for line in rows])
        for r, line in enumerate(rows):
            for c, cell in enumerate(line):
                formula = _formula(cell)
                if formula:
                    self.office.ask("type_formula", xl_rowcol_to_cell(row + r, column + c), formula)
        return area

    def call(self, function: str, arguments: list[Any], shape: tuple[int, int] = (1, 1)) -> list[list[Any]]:
        """What a formula shows whose arguments stand in cells, beside them in the same sheet."""
        words = []
        column = shape[1] + 1
        for argument in arguments:
            if isinstance(argument, dict) and "omitted" in argument:
                words.append("")
            elif isinstance(argument, dict) and "column" in argument:
                letters = xl_rowcol_to_cell(0, column).rstrip("1")
                self.fill(0, column, argument["column"])
                words.append(f"{letters}:{letters}")
                column += 2
            else:
                words.append(self.fill(0, column, argument))
                column += (len(argument[0]) if isinstance(argument, list) else 1) + 1
        area = xl_range(0, 0, shape[0] - 1, shape[1] - 1)
        self.office.ask("type_formula", area, f"={function}({','.join(words)})")
        return self.read(area)

    def read(self, area: str) -> list[list[Any]]:
        """Cells in the writing of the tests; an error that Excel does not know is told by its number."""
        return [
            [{"error": str(error_code(error) or error)} if error else value for value, error, _ in row]
            for row in self.office.ask("read", area)
        ]

    def shown(self, area: str) -> str:
        """The text that one cell shows."""
        return str(self.office.ask("read", area)[0][0][2])


def _held(cell: Any) -> Any:
    """What is written into the cell at first; errors and empty texts are formulas, written afterwards."""
    if isinstance(cell, dict):
        return serial(datetime.fromisoformat(cell["date"])) if "date" in cell else None
    return float(cell) if isinstance(cell, (bool, int)) else cell


def _formula(cell: Any) -> str:
    if isinstance(cell, dict):
        return f"={cell['error']}" if "error" in cell else ""
    if isinstance(cell, bool):
        return f"={str(cell).upper()}()"
    return '=""' if cell == "" else ""


@pytest.fixture(scope="session")
def office(soffice: Path) -> Iterator[Office]:
    """One LibreOffice with the add-in, for all tests of a worker."""
    with Office(soffice, driver=HERE / "window_driver.py") as running:
        yield running


@pytest.fixture
def sheet(office: Office) -> Iterator[Sheet]:
    """An empty sheet."""
    opened = Sheet(office)
    opened.open()
    yield opened
    office.ask("close")


class Writing:
    """How tests write cells."""

    rows_of = staticmethod(rows_of)
    serial = staticmethod(serial)


@pytest.fixture(scope="session")
def cells() -> type[Writing]:
    return Writing


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `call` runs once for every one of the shared and the odd inputs."""
    if "call" in metafunc.fixturenames:
        every = [*SHARED, *ODD]
        metafunc.parametrize("call", every, ids=[one["why"] for one in every])


@pytest.fixture(scope="session")
def calls() -> list[dict[str, Any]]:
    """All of these inputs."""
    return [*SHARED, *ODD]
