"""The command that shows a formula at work in LibreOffice: see."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xlfunnel.cli.border import stops_told
from xlfunnel.errors import ExcelCode, Stopped

if TYPE_CHECKING:
    from xlfunnel.calc.office import Office

    Shown = list[list[tuple[Any, int, str]]]

DPI = 150


class NothingToSee(Stopped):
    """What was asked for cannot be shown: the formula, the workbook or the picture is not in order."""


def see(
    context: typer.Context,
    formula: Annotated[
        str, typer.Argument(help="As typed into a cell, such as '=SALES_VELOCITY(40,12000,0.25,60)'.")
    ],
    book: Annotated[
        Path | None, typer.Argument(metavar="[BOOK]", help="A workbook whose cells the formula may use; not changed.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="P.png", help="Save a picture of the cells.")
    ] = None,
) -> None:
    """Type a formula into a sheet of LibreOffice and show what the cells show."""
    with stops_told():
        cells, size = _seen(formula, book, picture)
    if context.obj:
        rows = [[_plain(*cell) for cell in row] for row in cells]
        typer.echo(json.dumps(rows if len(rows) > 1 or len(rows[0]) > 1 else rows[0][0], ensure_ascii=False))
        return
    for line in _lines([[_shown(*cell) for cell in row] for row in cells]):
        typer.echo(line)
    if size != (len(cells), len(cells[0])):
        typer.echo(f"… the first {len(cells)}×{len(cells[0])} of {size[0]:,}×{size[1]:,} cells", err=True)
    if picture:
        typer.echo(f"{picture} written", err=True)


def _seen(formula: str, book: Path | None, picture: Path | None) -> tuple[Shown, tuple[int, int]]:
    """The cells that the formula fills, and how many rows and columns they would be if all were shown."""
    from xlfunnel.calc.office import Office

    _check(book, picture)
    with Office() as office:
        _open(office, book)
        pdf = office.folder / "cells.pdf"
        cells, size = office.ask("show", _typed(formula), str(pdf) if picture else None)
        _refuse_unreadable(cells)
        if picture:
            _save_picture(pdf, picture)
    return cells, size


def _check(book: Path | None, picture: Path | None) -> None:
    """Refuse what cannot succeed before LibreOffice is started."""
    if book and not book.is_file():
        msg = f'"{book}" does not exist or is no file. Give the path of a workbook.'
        raise NothingToSee(msg)
    if picture and picture.suffix.lower() != ".png":
        msg = f'A picture is a PNG file: give it a name such as "{picture.with_suffix(".png")}".'
        raise NothingToSee(msg)
    if picture and not shutil.which("pdftoppm"):
        msg = "A picture needs pdftoppm, which is not installed here: install poppler (poppler-utils on Debian)."
        raise NothingToSee(msg)


def _open(office: Office, book: Path | None) -> None:
    from xlfunnel.calc.office import LibreOfficeFailed

    if book is None:
        office.ask("open", None)
        return
    copy = office.folder / f"book{book.suffix}"
    shutil.copyfile(book, copy)
    try:
        office.ask("open", str(copy))
    except LibreOfficeFailed as fault:
        msg = f'"{book}" cannot be opened as a workbook. Give an .xlsx, .xlsm, .xls, .ods or .csv file.'
        raise NothingToSee(msg) from fault


def _typed(formula: str) -> str:
    return formula if formula.startswith("=") else f"={formula}"


def _save_picture(pdf: Path, picture: Path) -> None:
    from xlfunnel.saving import replacing

    drawn = pdf.with_suffix(".png")
    subprocess.run(  # noqa: S603
        ["pdftoppm", "-png", "-singlefile", "-r", str(DPI), pdf, drawn.with_suffix("")],  # noqa: S607
        check=True,
        capture_output=True,
    )
    with replacing(picture) as part:
        shutil.copyfile(drawn, part)


def _refuse_unreadable(cells: Shown) -> None:
    """Errors that Excel does not know: it would not have taken the formula."""
    from xlfunnel.calc.boundary import error_code

    for row in cells:
        for _, error, text in row:
            if error and error_code(error) is None:
                msg = f"LibreOffice cannot calculate this formula ({text}): check its brackets, commas and quotes."
                raise NothingToSee(msg)


def _plain(value: Any, error: int, text: str) -> Any:
    """A cell as JSON holds it."""
    if error:
        return _shown(value, error, text)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _shown(_value: Any, error: int, text: str) -> str:
    """What the cell shows; an error as Excel has it, in every language of LibreOffice."""
    from xlfunnel.calc.boundary import error_code

    return str(error_code(error) or ExcelCode.VALUE) if error else text


def _lines(rows: list[list[str]]) -> list[str]:
    """The cells in columns, numbers to the right."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(map(_numeric, column[1:] or column)) for column in columns]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]


def _numeric(text: str) -> bool:
    return not text or text.startswith("#") or text.lstrip("-")[:1].isdigit()
