"""The descriptions of functions, and their reference page, derived from the declarations."""

from __future__ import annotations

import inspect
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from xlfunnel.catalog import grouped
from xlfunnel.errors import METRIC_ERRORS, ErrorInInput, ExcelCode, MetricError

if TYPE_CHECKING:
    from xlfunnel.argument import Argument
    from xlfunnel.metric import Metric


def described(metric: Metric[Any, Any]) -> dict[str, Any]:
    """Everything that a person or a program may want to know of a metric, as JSON holds it."""
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
        "example": formula_of(metric),
    }


def formula_of(metric: Metric[Any, Any]) -> str:
    """The example as a person would type it into a cell."""
    return f"={metric.name}({', '.join(_typed(value) for value in metric.example.args)})"


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
    return [*lines, "", "```", formula_of(metric), *_result(metric.example.result), "```"]


def _prose(metric: Metric[Any, Any]) -> list[str]:
    """The docstring without its doctest."""
    text = inspect.cleandoc(metric.__doc__ or "")
    return text.split("\n>>>", maxsplit=1)[0].rstrip().splitlines()


def _result(result: Any) -> list[str]:
    if not isinstance(result, tuple):
        return [_cell(result)]
    rows = [[_cell(cell) for cell in row] for row in result]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(cell: Any) -> str:
    if isinstance(cell, MetricError):
        return str(cell.code)
    if isinstance(cell, float):
        return f"{cell:.6g}" if abs(cell) < 1e6 else f"{cell:.0f}"
    return "" if cell is None else str(cell)


def _typed(value: Any) -> str:
    """A value as it is typed into a formula: ranges as array constants."""
    if isinstance(value, (tuple, list)):
        rows = [row if isinstance(row, (tuple, list)) else None for row in value]
        if all(row is None for row in rows):
            return "{" + ",".join(_typed(cell) for cell in value) + "}"
        return "{" + ";".join(",".join(_typed(cell) for cell in row or ()) for row in rows) + "}"
    if isinstance(value, datetime) and (value.hour or value.minute):
        return f'"{value:%Y-%m-%d %H:%M}"'
    if isinstance(value, date):
        return f'"{value:%Y-%m-%d}"'
    if value is None:
        return ""
    return f'"{value}"' if isinstance(value, str) else f"{value}"


def _codes(error: type[MetricError]) -> str:
    return "any" if error is ErrorInInput else f"`{ExcelCode(error.code)}`"
