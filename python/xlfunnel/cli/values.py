"""Words of a command line become the values that a cell would hand over, and answers become text."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.errors import ExcelCode, MetricError
from xlfunnel.table import Cell, Table
from xlfunnel.units import Anything, Kind, Label, Moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.evaluate import Answer
    from xlfunnel.metric import Metric


def values_of(metric: Metric[Any, Any], words: Sequence[str], checked: Metric[Any, Any] | None = None) -> list[Any]:
    """The values that the words mean for this metric.

    Numbers are numbers, `null` is a blank, `[…]` a range (a flat list is one row), dates and times are ISO text where
    the argument takes a date, an error code such as #N/A is that error, and anything else is text. `checked` is the
    metric whose arguments follow the name in METRIC_CHECK.
    """
    kinds = [argument.kind for argument in metric.arguments]
    if isinstance(kinds[-1], Anything):
        kinds[-1:] = [argument.kind for argument in checked.arguments] if checked else []
    kinds += [Anything()] * (len(words) - len(kinds))
    return [_value(word, kind) for word, kind in zip(words, kinds, strict=False)]


def plain_answer(answer: Answer) -> Any:
    """An answer as JSON holds it: a number or text, or a list of rows, with a table's header first."""
    if isinstance(answer, Table):
        return [list(answer.header), *([plain_cell(cell) for cell in row] for row in answer.rows)]
    if isinstance(answer, list):
        return [[plain_cell(cell) for cell in row] for row in answer]
    return plain_cell(answer)


def plain_cell(cell: Cell) -> float | int | str | None:
    """A cell as JSON holds it: a whole number without a fraction, an error as its code, a date as ISO text."""
    if isinstance(cell, MetricError):
        return str(cell.code)
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, datetime) and (cell.hour or cell.minute or cell.second):
        return cell.isoformat(sep=" ")
    return date(cell.year, cell.month, cell.day).isoformat() if isinstance(cell, date) else cell


def shown_cell(cell: Cell) -> str:
    """A cell as a person reads it, with up to 15 digits as Excel keeps them."""
    value = plain_cell(cell)
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _value(word: str, kind: Kind) -> Any:
    if isinstance(kind, Label) and not word.startswith(("[", '"', "#")) and word != "null":
        return word
    moment = isinstance(getattr(kind, "of", kind), Moment)
    try:
        return _typed(json.loads(word, parse_constant=_no_constant), moment)
    except (ValueError, RecursionError):
        return _typed(_number(word), moment)


_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def _no_constant(word: str) -> Any:
    msg = f"{word} is no number"
    raise ValueError(msg)


def _number(word: str) -> float | str:
    """Numbers that JSON does not know, such as .5 or 007; anything else stays text."""
    return float(word) if _NUMBER.fullmatch(word) else word


def _typed(value: Any, moment: bool) -> Any:
    if isinstance(value, list):
        return [_typed(item, moment) for item in value]
    if isinstance(value, dict):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    if value.upper() in set(ExcelCode):
        return ExcelCode(value.upper())
    return _moment(value) if moment else value


def _moment(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text
