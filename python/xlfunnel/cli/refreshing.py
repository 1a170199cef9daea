"""The commands that read exports: check, refresh and demo."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from xlfunnel.account import (
    account_lines,
    changed_lines,
    headline_lines,
    set_aside_lines,
    set_aside_records,
    taken_lines,
)
from xlfunnel.cli.border import stops_told
from xlfunnel.cli.progress import progress_bar
from xlfunnel.saving import previous_of, undo_copy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlfunnel.definitions import Definitions
    from xlfunnel.inputs import Inputs
    from xlfunnel.refresh import Refreshed

NOTHING_WRITTEN = "Stopped; no workbook was written."

FORMATS = "CSV with any delimiter, XLSX, XLS of both kinds, HTML tables"

DateOrder = Literal["DMY", "MDY"]

Exports = Annotated[list[Path], typer.Argument(metavar="EXPORT...", help=f"Files of the CRM: {FORMATS}.")]
DefinitionsFile = Annotated[
    Path | None, typer.Option("--definitions", metavar="FILE.toml", help="What marketing and sales agreed on.")
]
MapFile = Annotated[
    Path | None,
    typer.Option(
        "--map", metavar="FILE.toml", help="Which column is which; goes before recognition and the sheet Mapping."
    ),
]
Dates = Annotated[
    DateOrder | None,
    typer.Option("--dates", help="Order of day and month where a column cannot decide.", case_sensitive=False),
]


def check(
    context: typer.Context,
    exports: Exports,
    definitions: DefinitionsFile = None,
    mapping: MapFile = None,
    dates: Dates = None,
) -> None:
    """Show what would be read from exports, which column is which, and what would be set aside; writes nothing."""
    from xlfunnel.crm import read_exports, read_mapping
    from xlfunnel.dashboard_report import summary_of_files

    with stops_told(NOTHING_WRITTEN), progress_bar() as progress:
        # The last day there is: a check knows no as-of date, and none of its counts depends on one.
        found = read_exports(
            exports, date.max, _definitions(definitions, dates), read_mapping(mapping) if mapping else None, progress
        )
    if context.obj:
        _print_json({"files": summary_of_files(found.files), "set_aside": set_aside_records(found.set_aside)})
        return
    for line in account_lines(found.files, mapping=True):
        typer.echo(line)
    for line in set_aside_lines(found.set_aside):
        typer.echo(line)


def refresh(
    context: typer.Context,
    as_of: Annotated[
        datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="The day of the figures.")
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            help=f"Files of the CRM ({FORMATS}), spend and people among them, and the workbook of ours to refresh.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="BOOK.xlsx", help="The workbook to write; the refreshed one if not given."
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--source", metavar="SOURCES.toml", help="Tables of a warehouse, in the place of exports."),
    ] = None,
    books: Annotated[
        list[Path] | None,
        typer.Option("--book", metavar="BOOK", help="A workbook to refresh; several share one pass over the data."),
    ] = None,
    spend: Annotated[
        Path | None, typer.Option("--spend", metavar="SPEND.csv", help="Channel,Month,Amount,Kind")
    ] = None,
    people: Annotated[
        Path | None, typer.Option("--people", metavar="PEOPLE.csv", help="Role,Month,Cost,Burden,Acquisition share")
    ] = None,
    definitions: DefinitionsFile = None,
    mapping: MapFile = None,
    dates: Dates = None,
) -> None:
    """Read exports or a source and compute every figure: into the workbook among the files, or a new dashboard."""
    from xlfunnel.crm import read_mapping
    from xlfunnel.definitions import read_definitions
    from xlfunnel.inputs import Inputs
    from xlfunnel.refresh import book_and_place

    if books and output:
        raise typer.BadParameter("--book refreshes workbooks in their places; -o names another", param_hint="-o")
    given = files or []
    with stops_told(NOTHING_WRITTEN):
        book, place = (None, Path()) if books else book_and_place(given, output)
        inputs = Inputs(
            exports=tuple(path for path in given if path != book),
            as_of=as_of.date(),
            definitions=read_definitions(definitions) if definitions else None,
            mapping=read_mapping(mapping) if mapping else None,
            spend=spend,
            people=people,
            dates=dates,
            at=datetime.now().astimezone(),
            source=source,
        )
        if books:
            _print_books(context, inputs, books)
            return
        earlier = _Earlier.of(place, in_place=book == place)
        done = _refreshed(inputs, book, place)
    _print_report(context, done, place, earlier)


def demo(
    context: typer.Context,
    crm: Annotated[str, typer.Option("--crm", help="salesforce or hubspot: whose export format to write.")] = (
        "salesforce"
    ),
    rows: Annotated[int, typer.Option("--rows", min=1, help="Opportunities in the example.")] = 2_000,
    seed: Annotated[int, typer.Option("--seed", help="Another number makes another example.")] = 7,
    source: Annotated[
        str,
        typer.Option("--source", help="duckdb: write the example into a DuckDB file, too, and refresh from that."),
    ] = "",
) -> None:
    """Write example exports into this folder, refresh from them into a workbook, and show what was found."""
    from xlfunnel.demo import CRM_NAMES, Crm, write_example, write_warehouse
    from xlfunnel.inputs import Inputs

    if crm.lower() not in set(Crm):
        raise typer.BadParameter(f'"{crm}" is not one of {", ".join(Crm)}', param_hint="--crm")
    if source not in {"", "duckdb"}:
        raise typer.BadParameter(f'"{source}" is not duckdb', param_hint="--source")
    with stops_told(NOTHING_WRITTEN):
        with progress_bar() as progress:
            example = write_example(Path(), Crm(crm.lower()), rows, seed, progress)
        written = [*example.exports, example.spend, example.people, example.definitions]
        inputs = Inputs(
            exports=example.exports,
            as_of=example.as_of,
            definitions=_definitions(example.definitions, None),
            spend=example.spend,
            people=example.people,
            at=datetime.now().astimezone(),
        )
        if source:
            warehouse = write_warehouse(Path(), example, CRM_NAMES[Crm(crm.lower())])
            inputs = replace(inputs, exports=(), spend=None, people=None, source=warehouse.sources)
            written += [warehouse.database, warehouse.sources]
        output = Path(f"alignment-dashboard-{example.as_of}.xlsx")
        earlier = _Earlier.of(output, in_place=False)
        done = _refreshed(inputs, None, output)
    _print_report(context, done, output, earlier, written)


def _refreshed(inputs: Inputs, book: Path | None, output: Path) -> Refreshed:
    from xlfunnel.refresh import refresh_book, refresh_new

    with progress_bar() as progress:
        if book is None:
            return refresh_new(inputs, output, progress)
        return refresh_book(inputs, book, output, progress)


def _print_books(context: typer.Context, inputs: Inputs, books: Sequence[Path]) -> None:
    """Refresh several workbooks, and print what was found for each."""
    from xlfunnel.refresh import refresh_books

    earlier = [_Earlier.of(book, in_place=True) for book in books]
    with progress_bar() as progress:
        done = refresh_books(inputs, books, progress)
    if context.obj:
        _print_json({"books": [_document(*one) for one in zip(done, books, earlier, strict=True)]})
        return
    for found, book, before in zip(done, books, earlier, strict=True):
        typer.echo(f"{book}:")
        _print_report(context, found, book, before)
        typer.echo()


def _definitions(path: Path | None, dates: DateOrder | None) -> Definitions:
    from xlfunnel.definitions import Definitions, read_definitions

    found = read_definitions(path) if path else Definitions()
    return found.model_copy(update={"dates": dates}) if dates else found


def _print_report(
    context: typer.Context, done: Refreshed, output: Path, earlier: _Earlier, written: Sequence[Path] = ()
) -> None:
    """Print what was found, which files were written, and where the output's earlier version was kept."""
    report, copy = done.report, earlier.kept()
    if context.obj:
        files = {"written": [path.name for path in written]} if written else {}
        _print_json(_document(done, output, earlier) | files)
        return
    for line in (*account_lines(report.files, mapping=False), *report.unlisted):
        typer.echo(line)
    typer.echo()
    for line in headline_lines(report):
        typer.echo(line)
    typer.echo()
    for line in (*taken_lines(done), *changed_lines(done)):
        typer.echo(line)
    for path in (*written, output):
        typer.echo(f"wrote {path}")
    if copy:
        typer.echo(f"kept the earlier {output.name} as {copy}")


def _document(done: Refreshed, output: Path, earlier: _Earlier) -> dict[str, Any]:
    """What a refresh found, as JSON holds it."""
    from xlfunnel.changes import document

    taken, copy = done.taken, earlier.kept()
    kept = str(copy) if copy else None
    found = {"tables": list(taken.tables), "cells": taken.cells, "notes": list(taken.notes)} if taken else None
    told: dict[str, Any] = (
        {"taken": found, "stale": list(done.stale), "stale_pivots": list(done.pivots)} if found else {}
    )
    told |= {"changes": document(done.changes)} if done.changes else {}
    return {**done.report.summary, "workbook": str(output), "earlier_workbook": kept, **told}


@dataclass(frozen=True)
class _Earlier:
    """Where the earlier version of an output is kept, and which file stood there before the refresh."""

    path: Path
    before: tuple[int, int, int] | None

    @classmethod
    def of(cls, output: Path, *, in_place: bool) -> _Earlier:
        path = undo_copy_of(output) if in_place else previous_of(output)
        return cls(path, _told_apart(path))

    def kept(self) -> Path | None:
        """The earlier version, if this refresh kept one: a copy that was there already is not it."""
        now = _told_apart(self.path)
        return self.path if now and now != self.before else None


def _told_apart(path: Path) -> tuple[int, int, int] | None:
    """What tells a file from another of the same name; None where there is none."""
    if not path.exists():
        return None
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))
