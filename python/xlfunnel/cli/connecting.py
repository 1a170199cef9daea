"""The command that makes connections known on this computer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from xlfunnel.cli.border import stops_told

SourcesFile = Annotated[
    Path, typer.Argument(metavar="SOURCES.toml", help="A sources file whose addresses you trust.")
]


def connect(context: typer.Context, sources: SourcesFile) -> None:
    """Let workbooks on this computer use the connections of a sources file: by their sheet Source, or by a press."""
    from xlfunnel.sources.known import connect as make_known
    from xlfunnel.sources.known import connections_file

    with stops_told("Stopped; no connection was made known."):
        found = make_known(sources)
    if context.obj:
        named = {name: {one.kind: one.address} for name, one in found.items()}
        told = {"connections": named, "written": str(connections_file())}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for name, one in found.items():
        typer.echo(f"{name}: {one.kind} {one.address}")
    typer.echo(f"wrote {connections_file()}" if found else f"{sources.name} names no connection.")
