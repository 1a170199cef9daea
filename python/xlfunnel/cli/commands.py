"""The commands. Each parses its words, calls the room that does the work, and prints."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from xlfunnel.cli import connecting, filling, installing, records, refreshing, seeing, undoing

app = typer.Typer(
    name="xlfunnel",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The marketing-and-sales funnel: functions, and a dashboard filled from a CRM export.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"xlfunnel {version('xlfunnel')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print only a JSON document; may stand anywhere on the line.")
    ] = False,
    shown: Annotated[  # noqa: ARG001  # the callback answers it
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version of the program."),
    ] = False,
) -> None:
    """What holds for every command."""
    context.obj = as_json
    # A console of another encoding must not end a command that has its answer.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


@app.command(context_settings={"ignore_unknown_options": True})
def call(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of a function, such as SALES_VELOCITY.")],
    values: Annotated[
        list[str] | None,
        typer.Argument(help='Its arguments: numbers, words, ISO dates, null for a blank, "[1,2,3]" for a range.'),
    ] = None,
) -> None:
    """Answer one function, as a cell would."""
    from xlfunnel.cli.answering import answer_call

    answer_call(name, values or [], as_json=context.obj)


@app.command()
def functions(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Name of a function; without it all are listed.")] = None,
) -> None:
    """List the functions, or explain one."""
    from xlfunnel.cli.answering import explain, list_functions

    if name is None:
        list_functions(as_json=context.obj)
    else:
        explain(name, as_json=context.obj)


for command in (
    filling.templates,
    filling.new,
    filling.new_quarter,
    filling.share,
    filling.add_rows,
    undoing.undo,
    refreshing.check,
    refreshing.refresh,
    refreshing.demo,
    connecting.connect,
    records.records,
    installing.install,
    installing.uninstall,
    installing.doctor,
    seeing.see,
):
    app.command()(command)
