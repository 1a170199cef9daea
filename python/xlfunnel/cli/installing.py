"""The commands around Excel: install, uninstall and doctor."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlfunnel.excel.install import Machine

Target = Annotated[
    Path | None, typer.Option("--target", metavar="DIR", help="This folder instead of Excel's start-up folder.")
]


def install(
    context: typer.Context,
    target: Target = None,
    interpreter: Annotated[
        str | None,
        typer.Option(
            "--interpreter", metavar="PATH", help="The Python that Excel is to start; this one if not given."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
) -> None:
    """Build the add-in from the xlwings installed here, and put it where Excel starts it from."""
    from xlfunnel.catalog import CATALOG
    from xlfunnel.excel.addin import xlwings_sources
    from xlfunnel.excel.install import install as put
    from xlfunnel.excel.install import place_of, this_machine

    machine = this_machine()
    with _told():
        place = place_of(machine, target)
        sources = xlwings_sources()
        done = put(place, interpreter or str(machine.python), sources, dry_run=dry_run)
    if context.obj:
        typer.echo(
            json.dumps(
                {
                    "addin": str(done.path),
                    "bytes": done.size,
                    "replaced": done.replaces,
                    "written": not dry_run,
                    "interpreter": interpreter or str(machine.python),
                    "xlwings": sources.version,
                }
            )
        )
        return
    verb = (
        ("would replace" if done.replaces else "would write") if dry_run else "replaced" if done.replaces else "wrote"
    )
    typer.echo(f"{verb} {done.path} ({done.size / 1000:.0f} kB), built from xlwings {sources.version}")
    typer.echo(f"It starts {interpreter or machine.python}.")
    typer.echo(_what_next(machine, len(CATALOG), elsewhere=target is not None))


def uninstall(context: typer.Context, target: Target = None) -> None:
    """Remove exactly what install wrote."""
    from xlfunnel.excel.install import place_of, this_machine
    from xlfunnel.excel.install import uninstall as take_away

    with _told():
        gone = take_away(place_of(this_machine(), target))
    if context.obj:
        typer.echo(json.dumps({"removed": [str(path) for path in gone]}, ensure_ascii=False))
        return
    for path in gone:
        typer.echo(f"removed {path}")
    if not gone:
        typer.echo("The add-in was gone already; its record is removed.")


def doctor(
    context: typer.Context,
    books: Annotated[
        list[Path] | None, typer.Argument(metavar="[BOOK]...", help="Workbooks to look at as well.")
    ] = None,
    target: Target = None,
) -> None:
    """Say in one line each whether Python, xlwings and the add-in are as Excel needs them, and what to do."""
    from xlfunnel.excel.doctor import State, examine
    from xlfunnel.excel.install import place_of, this_machine

    machine = this_machine()
    findings = examine(machine, place_of(machine, target) if target else None, books or ())
    if context.obj:
        lines = [{"state": finding.state.value, "sentence": finding.sentence} for finding in findings]
        typer.echo(json.dumps(lines, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            typer.echo(f"{finding.state.value:<6} {finding.sentence}")
    if any(finding.state is State.WRONG for finding in findings):
        raise typer.Exit(1)


def _what_next(machine: Machine, functions: int, *, elsewhere: bool) -> str:
    if elsewhere:
        return "Open it in Excel on Windows, or put it into the start-up folder of that machine."
    if machine.mac:
        return (
            "Start Excel anew for the ribbon tab Funnel. The functions answer #NAME? on a Mac: xlwings serves "
            "worksheet functions on Windows only."
        )
    return f"Start Excel anew: {functions} functions, such as =SALES_VELOCITY(40,12000,0.25,60), and the tab Funnel."


@contextmanager
def _told() -> Iterator[None]:
    """The border to the terminal: what stops the work becomes a sentence and exit status 1."""
    try:
        yield
    except Stopped as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
