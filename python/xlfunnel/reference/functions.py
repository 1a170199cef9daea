"""The descriptions of functions, and their reference page, derived from the declarations."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import TYPE_CHECKING, Any

from xlfunnel.catalog import grouped
from xlfunnel.errors import METRIC_ERRORS, ErrorInInput, ExcelCode, MetricError
from xlfunnel.reference.example import on_sheet

if TYPE_CHECKING:
    from xlfunnel.argument import Argument
    from xlfunnel.metric import Metric


def described(metric: Metric[Any, Any]) -> dict[str, Any]:
    """Everything that a person or a program may want to know of a metric, as JSON holds it."""
    example = on_sheet(metric)
    return {
        "name": metric.name,
        "usage": metric.usage,
        "meaning": metric.meaning,
        "answers": "a table with a header row" if metric.spills else metric.unit.value,
        "arguments": [
            {
                "name": argument.name,
                "meaning": argument.meaning,
                "unit": argument.unit.value if argument.unit else "text",
                "rule": argument.kind.rule,
                "required": argument.required,
                "default": default_word(argument),
            }
            for argument in metric.arguments
        ],
        "formula": metric.formula,
        "source": metric.source,
        "caution": metric.caution,
        "example": example.formula,
        "cells": [list(row) for row in example.rows],
    }


def default_word(argument: Argument) -> str | float | None:
    """What stands in for an argument that is left out; None where nothing does."""
    if argument.required or argument.default in (None, ()):
        return None
    if isinstance(argument.default, Enum):
        return str(argument.default.value)
    return argument.default if isinstance(argument.default, (str, int, float)) else None


def functions_page(written: str) -> str:
    """The reference page of the functions, grouped by what the reader wants to know."""
    lines = [
        "# Functions",
        "",
        written,
        "",
        "Rates and shares are 0–1 (a cell formatted 25 % holds 0.25). `[x]` may be left out. Every argument that",
        "takes one value also takes a range. An error in an input comes back unchanged.",
        "",
        "| question | functions |",
        "|---|---|",
    ]
    for _, question, metrics in grouped():
        links = " · ".join(f"[{m.name}](#{m.name.lower()})" for m in metrics)
        lines.append(f"| {question} | {links} |")
    for title, question, metrics in grouped():
        lines += ["", f"## {title}", "", question]
        for metric in metrics:
            lines += _section(metric)
    lines += ["", "## Errors", "", "| a cell shows | when |", "|---|---|"]
    lines += [f"| {_codes(error)} | {error.meaning} |" for error in METRIC_ERRORS]
    return "\n".join(lines) + "\n"


def _section(metric: Metric[Any, Any]) -> list[str]:
    lines = ["", f"### {metric.name}", "", f"`{metric.usage}`", "", *_prose(metric), ""]
    lines += ["| argument | meaning | takes | without it |", "|---|---|---|---|"]
    for argument in metric.arguments:
        unit = f" ({argument.unit.value})" if argument.unit else ""
        left_out = "`#N/A`" if argument.required else default_word(argument)
        cells = (f"`{argument.name}`", argument.meaning + unit, argument.kind.rule, left_out)
        lines.append("| " + " | ".join("" if cell is None else str(cell) for cell in cells) + " |")
    facts = (("Formula", metric.formula), ("Source", metric.source), ("Caution", metric.caution))
    lines += ["", *(f"- {title}: {text}" for title, text in facts if text)]
    return [*lines, "", "```", *example_lines(metric), "```"]


def example_lines(metric: Metric[Any, Any]) -> list[str]:
    """The example as it stands on a sheet: cells with their rows and columns, the formula, and what it shows."""
    example = on_sheet(metric)
    lines = []
    if example.rows:
        letters = ["", *(chr(ord("A") + index) for index in range(len(example.rows[0])))]
        numbered = [[str(number), *row] for number, row in enumerate(example.rows, start=1)]
        lines = [*_aligned([letters, *numbered]), ""]
    return [*lines, example.formula, *_result(metric.example.result)]


def _prose(metric: Metric[Any, Any]) -> list[str]:
    """The docstring without its doctest."""
    text = inspect.cleandoc(metric.__doc__ or "")
    return text.split("\n>>>", maxsplit=1)[0].rstrip().splitlines()


def _result(result: Any) -> list[str]:
    if not isinstance(result, tuple):
        return [_cell(result)]
    return _aligned([[_cell(cell) for cell in row] for row in result])


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(cell: Any) -> str:
    if isinstance(cell, MetricError):
        return str(cell.code)
    if isinstance(cell, float):
        return f"{cell:.6g}" if abs(cell) < 1e6 else f"{cell:.0f}"
    return "" if cell is None else str(cell)


def _codes(error: type[MetricError]) -> str:
    return "any" if error is ErrorInInput else f"`{ExcelCode(error.code)}`"
