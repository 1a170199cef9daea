"""The border to Excel: cells become the values that a metric takes, answers and errors become cells.

One border serves both ways into Excel. Over COM (Windows) an error cell is a whole number, a date may carry a time
zone that means nothing, and Python cannot hand back an error: the text `ERROR_MARK` + code stands for it, which the
VBA wrapper turns into the error of `CVERR`. Over Office.js (xlwings Server and Lite) an error cell is a mapping, and
the bare text of the code becomes the error; a text that only reads like one goes out as a mapping of its own.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.errors import ExcelCode, MetricError
from xlfunnel.table import Cell, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.evaluate import Answer

ERROR_MARK: Final = "\x1a"
"""What stands before an error's code on its way to the VBA wrapper (`Chr$(26)`), so that no text is taken for one."""

CVERR: Final = {
    ExcelCode.NULL: 2000,
    ExcelCode.DIV0: 2007,
    ExcelCode.VALUE: 2015,
    ExcelCode.REF: 2023,
    ExcelCode.NAME: 2029,
    ExcelCode.NUM: 2036,
    ExcelCode.NA: 2042,
    ExcelCode.GETTING_DATA: 2043,
    ExcelCode.SPILL: 2045,
    ExcelCode.CALC: 2050,
}
"""Excel's number of each error, as VBA's `CVErr` takes it."""

LONGEST_TEXT: Final = 255
"""A longer text makes the whole call fail."""

SHEET_ROWS: Final = 1_048_576
"""The height of a whole column."""

_ERROR_BASE: Final = -2_146_828_288
"""COM hands an error cell over as this plus its `CVERR` number."""
_ERROR_CELLS: Final = {_ERROR_BASE + number: code for code, number in CVERR.items()}
_NUMBER_ONLY: Final = frozenset({ExcelCode.GETTING_DATA, ExcelCode.SPILL, ExcelCode.CALC})
_CODES: Final = {code.value: code for code in ExcelCode}
_AS_IT_IS: Final = frozenset({float, str, bool, type(None)})


def received(cells: Sequence[Any]) -> list[Any]:
    """The values of a call's arguments, for `evaluate`; a range is a list of rows, a blank or omitted one is None.

    >>> received([40.0, ((1.0, None), (-2146826246, "west"))])
    [40.0, [[1.0, None], [<ExcelCode.NA: '#N/A'>, 'west']]]
    """
    height = max((_height(cell) for cell in cells if _is_column(cell)), default=0)
    return [_value(cell[:height] if height and _is_column(cell) else cell) for cell in cells]


def answered(answer: Answer, mark: str) -> Any:
    """An answer as a cell or rows of cells, a table's header first; `mark` stands before the code of an error.

    >>> answered(2000, ERROR_MARK)
    2000.0
    """
    if isinstance(answer, Table):
        return [list(answer.header), *([_cell(cell, mark) for cell in row] for row in answer.rows)]
    if isinstance(answer, list):
        return [[_cell(cell, mark) for cell in row] for row in answer]
    cell = _cell(answer, mark)
    return [[cell]] if isinstance(cell, dict) else cell  # xlwings takes a mapping on its own for a table


def error(code: ExcelCode, mark: str) -> str:
    """The text that stands for an error; what has no text over Office.js is told as #VALUE!."""
    return f"{mark}{code}" if mark or code not in _NUMBER_ONLY else ExcelCode.VALUE.value


def _value(cell: Any) -> Any:
    if not isinstance(cell, (tuple, list)):
        return cell if type(cell) in _AS_IT_IS else _odd(cell)
    if not cell or not isinstance(cell[0], (tuple, list)):
        return [one if type(one) in _AS_IT_IS else _odd(one) for one in cell]
    return [[one if type(one) in _AS_IT_IS else _odd(one) for one in row] for row in cell]


def _odd(cell: Any) -> Any:
    """A cell that is not what it seems: an error, a date of Excel's, a typed value of Office.js, a blank of Lite."""
    if isinstance(cell, int):
        return _error_cell(cell)
    if isinstance(cell, datetime):
        return _wall_clock(cell)
    if isinstance(cell, dict):
        return _typed(cell)
    # Lite's blank is JavaScript's null, whose class cannot be imported outside a browser.
    return None if type(cell).__name__ == "JsNull" else cell


def _error_cell(number: int) -> ExcelCode | int:
    if 2000 <= number - _ERROR_BASE < 2300:
        return _ERROR_CELLS.get(number, ExcelCode.VALUE)
    return number


def _wall_clock(moment: datetime) -> datetime:
    """The date and time that the cell shows: its time zone, if it has one, is an invention of the transport."""
    time = moment.hour, moment.minute, moment.second, moment.microsecond
    return datetime(moment.year, moment.month, moment.day, *time)


def _typed(cell: dict[str, Any]) -> Any:
    value = cell.get("basicValue")
    if "Error" in {cell.get("type"), cell.get("basicType")}:
        return _CODES.get(str(value), ExcelCode.VALUE)
    return value


def _is_column(cell: Any) -> bool:
    """Whether it is a whole column of the sheet, which all columns of a formula share the used height of."""
    return isinstance(cell, (tuple, list)) and len(cell) == SHEET_ROWS and isinstance(cell[0], (tuple, list))


def _height(column: Sequence[Sequence[Any]]) -> int:
    """How many rows there are down to the last one that holds anything; at least one."""
    for height in range(SHEET_ROWS, 1, -1):
        if any(value is not None and value != "" for value in _value(column[height - 1])):
            return height
    return 1


def _cell(cell: Cell, mark: str) -> Any:
    if isinstance(cell, float):
        return float(cell) if math.isfinite(cell) else error(ExcelCode.NUM, mark)
    if cell is None:
        return ""
    if isinstance(cell, MetricError):
        return error(cell.code, mark)
    if isinstance(cell, str):
        return _text(cell, mark)
    if isinstance(cell, (bool, date)):
        return cell
    return float(cell)  # a whole number of more than 32 bits has no type that every Excel knows


def _text(text: str, mark: str) -> str | dict[str, str]:
    """A text that no host takes for an error, and that fits into a cell."""
    plain = text.lstrip(mark) if mark else text
    if not mark and plain in _CODES:
        return {"type": "String", "basicValue": plain}
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[: LONGEST_TEXT - 1]}…"
