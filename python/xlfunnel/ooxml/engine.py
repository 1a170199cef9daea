"""What the formulas of a workbook give, computed without any spreadsheet program, by IronCalc."""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import ironcalc

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Result = float | str | bool
"""A number, a text, or TRUE and FALSE; an error is its text, such as "#N/A"."""

Results = dict[str, dict[tuple[int, int], Result]]
"""By sheet, then by row and column from 0: the result of every formula."""

ERRORS: Final = frozenset(
    {
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#SPILL!",
        "#CALC!",
        "#CIRC!",
        "#ERROR!",
        "#N/IMPL!",
    }
)
_FAULTS: Final = (ironcalc.WorkbookError, ValueError, OSError)


class CannotCalculate(Stopped):
    """The workbook cannot be read by the calculation engine."""


def results(content: bytes, cells: Collection[tuple[str, int, int]] = ()) -> Results:
    """Every formula's result in the workbook with these bytes, of native formulas only.

    `cells` are those of the formulas, as sheet, row and column from 0; without them they are looked for. Raises
    `CannotCalculate` where the engine cannot read the workbook, or `NoTemporaryRoom`.
    """
    model = _model(content)
    names = [sheet["name"] for sheet in model.get_worksheets_properties()]
    found: Results = {name: {} for name in names}
    numbers = {name: number for number, name in enumerate(names)}
    places = ((numbers[name], row + 1, column + 1) for name, row, column in cells) if cells else model.get_all_cells()
    for sheet, row, column in places:
        if model.get_cell_formula(sheet, row, column) is not None:
            found[names[sheet]][row - 1, column - 1] = model.get_cell_value(sheet, row, column)
    return found


def is_error(result: object) -> bool:
    """Whether a result is an error of a spreadsheet.

    >>> is_error("#DIV/0!"), is_error("#1 in sales")
    (True, False)
    """
    return isinstance(result, str) and result in ERRORS


def errors(found: Mapping[str, Mapping[tuple[int, int], Result]]) -> list[str]:
    """Where results are errors, for messages: "Plan!C7 #REF!"."""
    return [
        f"{sheet}!{_letters(column)}{row + 1} {result}"
        for sheet, cells in found.items()
        for (row, column), result in cells.items()
        if is_error(result)
    ]


class NoTemporaryRoom(Stopped):
    """The system's folder for temporary files cannot take the workbook."""


@contextmanager
def _file_of(content: bytes) -> Iterator[Path]:
    """The workbook as a file, which is all that the engine reads."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="xlfunnel-"))
            path = Path(folder) / "book.xlsx"
            path.write_bytes(content)
        except OSError as fault:
            msg = (
                f"The workbook cannot be computed: the folder for temporary files cannot take it ({fault.strerror}). "
                "Make room there, or set TMPDIR (on Windows TEMP) to another folder."
            )
            raise NoTemporaryRoom(msg) from fault
        yield path


def _model(content: bytes) -> Any:
    with _file_of(content) as path:
        try:
            model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
            model.evaluate()
        except _FAULTS as fault:
            raise CannotCalculate(_cannot(fault)) from fault
        except BaseException as fault:  # a fault inside the engine reaches Python as one that is no Exception
            if type(fault).__name__ != "PanicException":
                raise
            raise CannotCalculate(_cannot(fault)) from fault
    return model


def _cannot(fault: BaseException) -> str:
    said = re.sub(r"\s+", " ", str(fault)).strip()[:200]
    return f"The formulas of the workbook cannot be computed here ({said}). Open it in a spreadsheet program instead."


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
