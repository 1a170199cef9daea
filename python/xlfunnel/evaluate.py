"""A metric as a formula: every argument that takes one value also takes a range of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xlfunnel.check import plain, rows_of, spread
from xlfunnel.errors import MetricError, ShapeMismatch
from xlfunnel.table import Cell, Table
from xlfunnel.units import ScalarKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.metric import Metric

Answer = Cell | Table | list[list[Cell]]
"""One value, a table with its header, or a range of values without one."""


def evaluate(metric: Metric[Any, Any], values: Sequence[Any]) -> Answer:
    """The answer to values as a host passes them; a fault of the whole is raised as a `MetricError`.

    Ranges of 1×1, 1×n, n×1 and n×m in arguments that take one value are carried over each other; an error in one cell
    stays in that cell. Shapes that do not fit raise `ShapeMismatch`. A metric that spills takes one value each.
    """
    given = [plain(value) for value in values]
    arguments = spread(metric.signature, len(given))
    ranges = {
        index: rows_of(argument.name, value)
        for index, (argument, value) in enumerate(zip(arguments, given, strict=False))
        if isinstance(value, list) and isinstance(argument.kind, ScalarKind)
    }
    height = max((len(rows) for rows in ranges.values()), default=1)
    width = max((len(rows[0]) for rows in ranges.values()), default=1)
    if metric.spills or (height, width) == (1, 1):
        answer: Answer = metric.answer(given)
        return answer
    for index, rows in ranges.items():
        if len(rows) not in {1, height} or len(rows[0]) not in {1, width}:
            msg = f"{arguments[index].name} has {len(rows)}×{len(rows[0])} cells where {height}×{width} are needed"
            raise ShapeMismatch(msg)
    return [
        [_cell(metric, given, {i: _at(rows, r, c) for i, rows in ranges.items()}) for c in range(width)]
        for r in range(height)
    ]


def _at(rows: list[list[Any]], row: int, column: int) -> Any:
    line = rows[row if len(rows) > 1 else 0]
    return line[column if len(line) > 1 else 0]


def _cell(metric: Metric[Any, Any], given: list[Any], here: dict[int, Any]) -> Cell:
    values = [here.get(index, value) for index, value in enumerate(given)]
    try:
        result: Cell = metric.answer(values)
    except MetricError as fault:
        return fault
    return result
