"""What the functions answer on the terminal, and what they mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from xlfunnel.catalog import CATALOG, find, grouped
from xlfunnel.cli.values import plain_answer, shown_cell, values_of
from xlfunnel.errors import ExcelCode, MetricError, UnknownName
from xlfunnel.evaluate import evaluate
from xlfunnel.reference.functions import described, example_lines
from xlfunnel.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.evaluate import Answer
    from xlfunnel.metric import Metric


def answer_call(name: str, words: Sequence[str], *, as_json: bool) -> None:
    """Print what a function answers to these words."""
    metric = _found(name)
    try:
        checked = CATALOG.get(words[0].strip().upper()) if words else None
        answer = evaluate(metric, values_of(metric, words, checked))
    except MetricError as fault:
        typer.echo(f"{fault.code} {fault}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(plain_answer(answer), ensure_ascii=False, allow_nan=False))
    else:
        _print_answer(answer)


def _found(name: str) -> Metric[Any, Any]:
    try:
        return find(name)
    except UnknownName as fault:
        # A cell that names no function shows #NAME?, whatever METRIC_INFO says of an unknown name.
        typer.echo(f"{ExcelCode.NAME} {fault}", err=True)
        raise typer.Exit(1) from None


def _print_answer(answer: Answer) -> None:
    if isinstance(answer, Table):
        _print_rows(list(answer.header), [[shown_cell(cell) for cell in row] for row in answer.rows])
    elif isinstance(answer, list):
        _print_rows([], [[shown_cell(cell) for cell in row] for row in answer])
    else:
        typer.echo(shown_cell(answer))


_WIDEST: Final = 10_000


def _print_rows(header: list[str], rows: list[list[str]]) -> None:
    width = len(header or rows[0])
    shown = RichTable(show_header=bool(header), box=None, pad_edge=False, header_style="bold")
    for index in range(width):
        numeric = all(_looks_numeric(row[index]) for row in rows)
        shown.add_column(Text(header[index]) if header else "", justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))
    # Wider than any terminal: a long line may wrap, a number must not be cut.
    Console(width=_WIDEST).print(shown)


def _looks_numeric(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1)[:1].isdigit() or text.startswith("#") or not text


def list_functions(*, as_json: bool) -> None:
    """Print every function, by what a person asks."""
    if as_json:
        typer.echo(json.dumps([described(metric) for metric in CATALOG.values()], ensure_ascii=False, indent=2))
        return
    for title, question, metrics in grouped():
        typer.echo(f"\n{title}: {question}")
        for metric in metrics:
            typer.echo(f"  {metric.usage}\n      {metric.meaning}")


def explain(name: str, *, as_json: bool) -> None:
    """Print what one function means."""
    metric = _found(name)
    if as_json:
        typer.echo(json.dumps(described(metric), ensure_ascii=False, indent=2))
        return
    typer.echo(f"{metric.usage}\n\n{metric.meaning}\n")
    for argument in metric.arguments:
        typer.echo(f"  {argument.name}: {argument.meaning}; {argument.kind.rule}{_default(argument.default)}")
    facts = described(metric)
    for fact in ("formula", "answers", "source", "caution"):
        if facts[fact]:
            typer.echo(f"\n{fact.capitalize()}: {facts[fact]}")
    typer.echo("\nExample:\n")
    for line in example_lines(metric):
        typer.echo(f"  {line}".rstrip())


def _default(default: object) -> str:
    if isinstance(default, (str, int, float)):
        return f" (without it {default})"
    return ""
