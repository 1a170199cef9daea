"""The commands around Excel: install, uninstall and doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from xlfunnel.cli.border import stops_told

if TYPE_CHECKING:
    from xlfunnel.excel.install import Machine

Target = Annotated[
    Path | None, typer.Option("--target", metavar="DIR", help="This folder instead of Excel's start-up folder.")
]


Only = Annotated[
    Literal["excel", "libreoffice"] | None, typer.Option("--only", help="One of the two; both if not given.")
]


def install(
    context: typer.Context,
    target: Target = None,
    only: Only = None,
    interpreter: Annotated[
        str | None,
        typer.Option(
            "--interpreter", metavar="PATH", help="The Python that Excel is to start; this one if not given."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
) -> None:
    """Put the functions into Excel and LibreOffice, whichever is here; --target DIR only builds the add-ins."""
    from xlfunnel.calc.extension import FILE_NAME
    from xlfunnel.calc.installing import install_calc
    from xlfunnel.excel.install import NoExcelHere, place_of, remember, this_machine

    machine = this_machine()
    lines = []
    with stops_told():
        if only != "libreoffice":
            try:
                lines += _install_excel(machine, target, interpreter or str(machine.python), dry_run=dry_run)
            except NoExcelHere as fault:
                if only == "excel":
                    raise
                lines.append(str(fault))
        if only != "excel":
            lines += install_calc(target, dry_run=dry_run)
            if target and not dry_run:
                remember(place_of(machine, target), target.absolute() / FILE_NAME)
    _print(context, lines)


def uninstall(context: typer.Context, target: Target = None, only: Only = None) -> None:
    """Remove exactly what install wrote."""
    from xlfunnel.calc.installing import uninstall_calc
    from xlfunnel.excel.install import NoExcelHere, NotInstalled, place_of, this_machine
    from xlfunnel.excel.install import uninstall as take_away

    lines = []
    with stops_told():
        if only != "libreoffice" or target:
            try:
                gone = take_away(place_of(this_machine(), target))
                lines += [f"Removed {path}." for path in gone] or ["The add-in was gone already."]
            except (NoExcelHere, NotInstalled) as fault:
                if target or only == "excel":
                    raise
                lines.append(str(fault))
        if only != "excel" and not target:
            lines += uninstall_calc()
    _print(context, lines)


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


def _install_excel(machine: Machine, target: Path | None, interpreter: str, *, dry_run: bool) -> list[str]:
    from xlfunnel.catalog import CATALOG
    from xlfunnel.excel.addin import xlwings_sources
    from xlfunnel.excel.install import install as put
    from xlfunnel.excel.install import place_of

    sources = xlwings_sources()
    done = put(place_of(machine, target), interpreter, sources, dry_run=dry_run)
    replaced = "Would replace" if dry_run else "Replaced"
    written = "Would write" if dry_run else "Wrote"
    what = f"{replaced if done.replaces else written} {done.path} ({done.size / 1000:.0f} kB)"
    return [
        f"{what}, built from xlwings {sources.version}; it starts {interpreter}.",
        _what_next(machine, len(CATALOG), elsewhere=target is not None),
    ]


def _what_next(machine: Machine, functions: int, *, elsewhere: bool) -> str:
    if elsewhere:
        return "To use it, put it into Excel's start-up folder on the machine whose Python it starts."
    if machine.mac:
        return (
            "Start Excel anew for the ribbon tab Funnel. The functions answer #NAME? on a Mac: xlwings serves "
            "worksheet functions on Windows only."
        )
    return f"Start Excel anew: {functions} functions, such as =SALES_VELOCITY(40,12000,0.25,60), and the tab Funnel."


def _print(context: typer.Context, lines: list[str]) -> None:
    if context.obj:
        typer.echo(json.dumps(lines, ensure_ascii=False, indent=2))
        return
    for line in lines:
        typer.echo(line)
