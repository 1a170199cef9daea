"""A metric's example as it stands on a sheet: the cells that it needs, and the formula over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from xlfunnel.units import RecordGrid, Records

if TYPE_CHECKING:
    from xlfunnel.metric import Metric


@dataclass(frozen=True)
class SheetExample:
    """A formula, and the rows of cells from A1 on that it refers to: names first, none where it needs none."""

    formula: str
    rows: tuple[tuple[str, ...], ...]


def on_sheet(metric: Metric[Any, Any], *, ranges_in_cells: bool = False) -> SheetExample:
    """The example as a person would type it.

    Numbers and words stand in the formula. Records, and ranges with dates or blanks, stand in cells; with
    `ranges_in_cells` all ranges do, since not every host computes with an array that is typed into a formula.

    >>> from xlfunnel import sla_hours, speed_to_lead
    >>> on_sheet(sla_hours).formula
    '=SLA_HOURS(DATE(2026,9,4)+TIME(16,0,0), DATE(2026,9,7)+TIME(10,0,0))'
    >>> on_sheet(speed_to_lead).formula
    '=SPEED_TO_LEAD(A2:A4, B2:B4)'
    >>> from xlfunnel import plan_chance
    >>> on_sheet(plan_chance, ranges_in_cells=True).formula
    '=PLAN_CHANCE(143, A2:A6, 10)'
    """
    columns: list[list[str]] = []
    words = []
    for argument, value in zip(metric.arguments, metric.example.args, strict=False):
        is_range = ranges_in_cells and isinstance(value, (list, tuple))
        records = value and isinstance(argument.kind, (Records, RecordGrid))
        if not (is_range or records or _needs_cells(value)):
            words.append(_typed(value))
            continue
        block = _columns(argument.name, value)
        words.append(_range(len(columns), len(block), len(block[0])))
        columns += block
    rows = tuple(zip_longest(*columns, fillvalue="")) if columns else ()
    return SheetExample(f"={metric.name}({', '.join(words)})", rows)


def _needs_cells(value: Any) -> bool:
    if not isinstance(value, (list, tuple)):
        return False
    return any(cell is None or isinstance(cell, date) or _needs_cells(cell) for cell in value)


def _columns(name: str, value: Any) -> list[list[str]]:
    """The columns of cells that hold a range, each with a heading."""
    rows = [row if isinstance(row, (list, tuple)) else [row] for row in value]
    columns = [[_cell(cell) for cell in column] for column in zip(*rows, strict=True)]
    headings = [name] if len(columns) == 1 else [f"{name} {index}" for index in range(1, len(columns) + 1)]
    return [[heading, *column] for heading, column in zip(headings, columns, strict=True)]


def _range(first: int, width: int, height: int) -> str:
    """The cells below the headings, which stand in row 1."""
    return f"{chr(ord('A') + first)}2:{chr(ord('A') + first + width - 1)}{height}"


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)


def _typed(value: Any) -> str:
    """A value as it is typed into a formula: ranges as array constants, dates by their functions."""
    if isinstance(value, (tuple, list)):
        rows = [row if isinstance(row, (tuple, list)) else None for row in value]
        if all(row is None for row in rows):
            return "{" + ",".join(_typed(cell) for cell in value) + "}"
        return "{" + ";".join(",".join(_typed(cell) for cell in row or ()) for row in rows) + "}"
    if isinstance(value, date):
        day = f"DATE({value.year},{value.month},{value.day})"
        timed = isinstance(value, datetime) and (value.hour or value.minute)
        return f"{day}+TIME({value.hour},{value.minute},0)" if timed and isinstance(value, datetime) else day
    if value is None:
        return ""
    return f'"{value}"' if isinstance(value, str) else f"{value}"
