"""The command that goes from a figure to its records."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from xlfunnel.cli.border import stops_told
from xlfunnel.cli.progress import progress_bar
from xlfunnel.cli.values import plain_cell, shown_cell

if TYPE_CHECKING:
    from xlfunnel.table import Cell, Table

_TOLD_ONCE: Final = ("Kind", "Rule")
"""Columns that a terminal does without: the rules stand above the records."""

Dashboard = Annotated[Path, typer.Argument(metavar="BOOK", help="An alignment dashboard that was refreshed.")]
Figure = Annotated[
    str | None, typer.Argument(help="A figure, by as much of its name as tells it; without it all are listed.")
]
Exports = Annotated[
    list[Path] | None,
    typer.Option(
        "--from",
        metavar="EXPORT",
        help="Count anew from this export (may be repeated): for records that the workbook does not list.",
    ),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, as into a pipe or a file.")]


def records(
    context: typer.Context, book: Dashboard, figure: Figure = None, exports: Exports = None, as_csv: AsCsv = False
) -> None:
    """Print the records that made a figure of a dashboard, each with the rule that counted it."""
    with stops_told():
        name, table = _found(book, figure, exports or [])
    if context.obj:
        rows = [{key: plain_cell(cell) for key, cell in row.items()} for row in table.records()]
        found = {"figure": name, "records": rows} if name else {"figures": rows}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif as_csv or not sys.stdout.isatty():
        _print_csv(table)
    else:
        _print_table(name, table)


def _found(book: Path, figure: str | None, exports: list[Path]) -> tuple[str, Table]:
    """The figure's full name, and its records; without a figure all figures."""
    from xlfunnel.ooxml.workbook_file import WorkbookFile
    from xlfunnel.refresh import report_again
    from xlfunnel.templates.alignment_dashboard.figure_records import records_from, records_in

    if exports and figure is not None:
        with progress_bar() as progress:
            report = report_again(book, tuple(exports), progress)
        return records_from(report, figure)
    listed = records_in(WorkbookFile.open(book))
    if figure is None:
        return "", listed.figures
    name = listed.named(figure)
    return name, listed.of(name)


def _print_csv(table: Table) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)


def _csv_cell(cell: Cell) -> float | int | str | None:
    """A cell; text that a spreadsheet would take for a formula gets an apostrophe, so that it stays text there."""
    from xlfunnel.ooxml.values import is_active

    value = plain_cell(cell)
    return f"'{value}" if isinstance(value, str) and is_active(value) else value


def _print_table(name: str, table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(box=None, pad_edge=False, header_style="bold")
    kept = [at for at, column in enumerate(table.header) if not name or column not in _TOLD_ONCE]
    for at in kept:
        numeric = any(isinstance(row[at], (int, float)) for row in table.rows)
        shown.add_column(Text(table.header[at]), justify="right" if numeric else "left", no_wrap=True)
    for row in table.rows:
        shown.add_row(*(Text(shown_cell(row[at])) for at in kept))
    if name:
        typer.echo(f"{name}: {len(table.rows):,} records")
        for part, rule in dict.fromkeys((row[0], row[-1]) for row in _rules(table)):
            typer.echo(f"  {part}: {rule}")
    Console().print(shown)


def _rules(table: Table) -> list[tuple[Cell, ...]]:
    """What the records count as, and by which rule."""
    at = table.header.index("Rule") if "Rule" in table.header else 0
    return [(row[0], row[at]) for row in table.rows]
