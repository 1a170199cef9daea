"""What a refresh changed in a workbook, in terms that every host shares; and what has no such terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlfunnel.ooxml.references import Area
    from xlfunnel.ooxml.values import CellValue


@dataclass(frozen=True)
class Resized:
    """A table has more rows or fewer; its headings stay where they are."""

    sheet: str
    table: str
    area: Area
    """All its cells now, headings included."""


@dataclass(frozen=True)
class Repeated:
    """New rows of a table look like its last one, whose cells are copied; what stands in them follows as values."""

    sheet: str
    model: Area
    target: Area


@dataclass(frozen=True)
class Cleared:
    """Cells that lost what they held, and their formats."""

    sheet: str
    area: Area


@dataclass(frozen=True)
class Parted:
    """Cells that were one are cells of their own again."""

    sheet: str
    area: Area


@dataclass(frozen=True)
class Joined:
    """Cells become one."""

    sheet: str
    area: Area


@dataclass(frozen=True)
class Alike:
    """Cells look like another one, which is copied onto them; what stands in them follows as values."""

    sheet: str
    area: Area
    model_sheet: str
    model: Area
    """One cell, which looks the same before and after."""


@dataclass(frozen=True)
class Inked:
    """What is written in cells has another colour."""

    sheet: str
    area: Area
    color: tuple[int, int, int]
    """Red, green and blue, from 0 to 255."""


@dataclass(frozen=True)
class Values:
    """A block of values, row by row; dates are serials and None is a blank cell."""

    sheet: str
    area: Area
    rows: tuple[tuple[CellValue, ...], ...]


@dataclass(frozen=True)
class Formulas:
    """A block of formulas as a person types them, with their equals sign."""

    sheet: str
    area: Area
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Format:
    """How the numbers of a block are shown."""

    sheet: str
    area: Area
    code: str


@dataclass(frozen=True)
class Taller:
    """Rows have another height, in points."""

    sheet: str
    rows: Area
    """Their cells in the first column."""
    height: float


@dataclass(frozen=True)
class Named:
    """A name leads elsewhere, or is new."""

    name: str
    scope: str
    """The sheet on which it holds; "" for all."""
    refers_to: str
    """With its equals sign."""
    new: bool


@dataclass(frozen=True)
class Printed:
    """Another area of a sheet is printed."""

    sheet: str
    area: str


@dataclass(frozen=True)
class Wider:
    """A column needs more room, in characters."""

    sheet: str
    column: int
    width: float


@dataclass(frozen=True)
class Described:
    """A chart has another alternative text."""

    sheet: str
    chart: str
    text: str


@dataclass(frozen=True)
class Drawn:
    """A series of a chart draws other rows: a table that it draws whole is longer, or shorter."""

    sheet: str
    chart: str
    series: str
    labels: tuple[str, Area]
    values: tuple[str, Area]
    """Each a sheet and the cells there."""


CellChange = (
    Parted
    | Resized
    | Repeated
    | Cleared
    | Alike
    | Inked
    | Joined
    | Values
    | Formulas
    | Format
    | Taller
    | Named
    | Printed
)
"""What the calls that all hosts share can say."""

LookChange = Wider | Described | Drawn
"""What only some hosts can say, and no figure depends on."""


@dataclass(frozen=True)
class Changes:
    """The changes in the order in which they are to be made."""

    cells: tuple[CellChange, ...] = ()
    looks: tuple[LookChange, ...] = ()
    beyond: tuple[str, ...] = ()
    """What cells, tables and names cannot express, in words; where there is any, only the whole file will do."""
    pivots: bool = False
    """Whether pivot tables read what changed."""
