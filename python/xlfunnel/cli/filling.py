"""The commands around template workbooks: templates, new, new-quarter, share and add-rows."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from xlfunnel.cli.border import stops_told

if TYPE_CHECKING:
    from xlfunnel.templates.contents import Contents
    from xlfunnel.templates.edition import Edition
    from xlfunnel.templates.template import Template

NOTHING_WRITTEN = "Stopped; no workbook was written."

Book = Annotated[Path, typer.Argument(metavar="BOOK", help="A workbook made from a template.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The workbook to write.")]


def templates(context: typer.Context) -> None:
    """List the template workbooks with the question that each answers."""
    from xlfunnel.templates.build import TEMPLATES

    if context.obj:
        found = [
            {"name": one.name, "title": one.title, "question": one.question, "sheets": dict(one.sheets)}
            for one in TEMPLATES.values()
        ]
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in TEMPLATES.values():
        typer.echo(f"{one.name}\n    {one.question}\n    {', '.join(one.sheets)}")


def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TEMPLATE", help="A name from: xlfunnel templates")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The workbook; NAME.xlsx if not given.")
    ] = None,
    edition: Annotated[
        Literal["functions", "formulas"] | None,
        typer.Option("--edition", help="With our functions and buttons (.xlsm), or native formulas only (.xlsx)."),
    ] = None,
    blank: Annotated[bool, typer.Option("--blank", help="Without the example.")] = False,
    segments: Annotated[
        str | None, typer.Option("--segments", metavar="A,B,C", help="Names of the segments; implies --blank.")
    ] = None,
    company: Annotated[str | None, typer.Option("--company", help="Stands at the top of every sheet.")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="The currency of all amounts.")] = None,
    quarter: Annotated[
        datetime | None, typer.Option("--quarter", formats=["%Y-%m-%d"], help="The first day of the quarter.")
    ] = None,
) -> None:
    """Make a workbook from a template, with its example, or blank."""
    from xlfunnel.templates.build import build, find_template

    with stops_told(NOTHING_WRITTEN):
        template = find_template(name)
        chosen, place = _edition_and_place(template, edition, output)
        held = _contents(template, segments, blank=blank)
        said = {"company": company, "currency": currency, "quarter_start": quarter.date() if quarter else None}
        held = held.with_fields(**{key: value for key, value in said.items() if value})
        _put(place, build(template.name, chosen, held))
    tell(context, {"workbook": str(place), "template": template.name, "edition": chosen.value}, f"Wrote {place}.")


def new_quarter(
    context: typer.Context,
    book: Book,
    output: Output,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="The day that the history shows; today if not given."),
    ] = None,
) -> None:
    """Carry a workbook into the next quarter: its figures become history, rates must be agreed again."""
    from xlfunnel.templates.done import told_turn
    from xlfunnel.templates.turning import new_quarter as turn

    with stops_told(NOTHING_WRITTEN):
        # The day on which a person turns the quarter is today's where they live.
        done = turn(book, output, on.date() if on else date.today())  # noqa: DTZ011
    _warn_stale(done.stale)
    found = {"workbook": str(output), "ended": done.ended, "starts": done.starts.isoformat()}
    tell(
        context,
        found | {"history_rows": done.frozen, "carried_over": done.carried},
        "\n".join(told_turn(done, output)),
    )


def share(context: typer.Context, book: Book, output: Output) -> None:
    """Write a copy for people without the functions: the same numbers, native formulas or values, no macros."""
    from xlfunnel.templates.done import told_share
    from xlfunnel.templates.sharing import share as shared

    with stops_told(NOTHING_WRITTEN):
        done = shared(book, output)
    _warn_stale(done.stale)
    found = {"workbook": str(output), "translated": done.translated, "values": list(done.values)}
    tell(context, found, told_share(done, output))


def add_rows(
    context: typer.Context,
    book: Book,
    count: Annotated[int, typer.Argument(min=1, max=10_000, help="How many rows.")] = 1,
    table: Annotated[str, typer.Option("--table", help="Name of the table; that of the segments if not given.")] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The workbook to write; BOOK if not given.")
    ] = None,
) -> None:
    """Add rows to a table of a workbook, and to every table that follows it; an earlier file is kept."""
    from xlfunnel.templates.done import counted
    from xlfunnel.templates.growing import add_rows as grow

    place = output or book
    with stops_told(NOTHING_WRITTEN):
        grown = grow(book, place, table, count)
    told = f"Wrote {place}: {counted(count, 'row')} more in {', '.join(grown)}."
    tell(context, {"workbook": str(place), "tables": list(grown), "rows": count}, told)


def _edition_and_place(template: Template, edition: str | None, output: Path | None) -> tuple[Edition, Path]:
    from xlfunnel.templates.edition import Edition
    from xlfunnel.templates.ours import check_suffix

    by_suffix = Edition.FUNCTIONS if output and output.suffix.lower() == ".xlsm" else Edition.FORMULAS
    chosen = Edition(edition) if edition else by_suffix
    place = output or Path(f"{template.name}{chosen.suffix}")
    check_suffix(place, chosen)
    return chosen, place


def _contents(template: Template, segments: str | None, *, blank: bool) -> Contents:
    from xlfunnel.templates.contents import BLANK
    from xlfunnel.templates.template import with_segments

    if segments is not None:
        return with_segments(template, [word.strip() for word in segments.split(",") if word.strip()])
    return BLANK if blank else template.example


def _warn_stale(cells: tuple[str, ...]) -> None:
    """Name on standard error the cells that could not be computed here."""
    if cells:
        from xlfunnel.templates.done import told_stale

        typer.echo(told_stale(cells), err=True)


def _put(place: Path, content: bytes) -> None:
    from xlfunnel.saving import held, replacing

    with held(place), replacing(place) as part:
        part.write_bytes(content)


def tell(context: typer.Context, found: dict[str, object], words: str) -> None:
    """Print what was done: as JSON where the line asks for it, else in words."""
    typer.echo(json.dumps(found, ensure_ascii=False) if context.obj else words)
