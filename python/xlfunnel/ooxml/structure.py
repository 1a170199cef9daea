"""What a workbook consists of: its sheets, its names and its tables, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from xlfunnel.ooxml.faults import DamagedWorkbook
from xlfunnel.ooxml.markup import Element, parse
from xlfunnel.ooxml.references import Area, area_of, place_of
from xlfunnel.ooxml.relationships import related, relationships
from xlfunnel.ooxml.values import plain_text

if TYPE_CHECKING:
    from xlfunnel.ooxml.package import Package


@dataclass(frozen=True)
class Place:
    """Where a name leads: a cell or an area of a sheet (rows and columns from 0)."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def area(self) -> Area:
        """The cells without their sheet."""
        return Area(self.top, self.left, self.bottom, self.right)


@dataclass(frozen=True)
class TablePlace:
    """Where a table stands: rows and columns from 0, `rows` counts its rows of data."""

    name: str
    sheet: str
    header_row: int
    """The row above the data; it shows headings unless the table hides them."""
    left: int
    columns: tuple[str, ...]
    rows: int
    part: str
    totals: bool = False
    headed: bool = True

    @property
    def right(self) -> int:
        """The last column."""
        return self.left + len(self.columns) - 1

    @property
    def first_row(self) -> int:
        """The first row of data."""
        return self.header_row + 1

    @property
    def last_row(self) -> int:
        """The last row of data; totals stand below it."""
        return self.header_row + self.rows

    @property
    def data(self) -> Area:
        """The cells of its data."""
        return Area(self.first_row, self.left, self.last_row, self.right)

    @property
    def whole(self) -> Area:
        """All its cells: headings, data and totals."""
        top = self.header_row if self.headed else self.first_row
        return Area(top, self.left, self.last_row + self.totals, self.right)

    def column(self, name: str) -> int | None:
        """The column of a heading on the sheet; upper and lower case are alike."""
        place = _places(self.columns).get(name.casefold())
        return None if place is None else self.left + place


@lru_cache(maxsize=256)
def _places(headings: tuple[str, ...]) -> dict[str, int]:
    """The first place of each heading."""
    return {heading.casefold(): place for place, heading in reversed(list(enumerate(headings)))}


def workbook_part(package: Package) -> str:
    """The part that lists the sheets."""
    parts = related(package, "", "officeDocument")
    if not parts:
        msg = "it is a package of another kind: it has no list of sheets"
        raise DamagedWorkbook(msg)
    return parts[0]


def sheet_parts(package: Package, workbook: str, root: Element) -> dict[str, str]:
    """The parts of the worksheets by sheet name, in the order of the tabs; sheets that are a chart are left out."""
    arrows = {one.id: one for one in relationships(package, workbook)}
    listed = root.child("sheets")
    parts = {}
    for sheet in listed.elements("sheet") if listed else ():
        arrow = arrows.get(sheet.related() or "")
        if arrow is not None and arrow.kind == "worksheet" and arrow.part in package:
            parts[sheet.attributes.get("name", "")] = arrow.part
    if not parts:
        msg = "it has no sheet"
        raise DamagedWorkbook(msg)
    return parts


def named_places(root: Element) -> dict[str, Place]:
    """The names that lead to one cell or area; a name that holds on one sheet only is shown as Sheet!Name."""
    listed = root.child("sheets")
    sheets = [sheet.attributes.get("name", "") for sheet in listed.elements("sheet")] if listed else []
    block = root.child("definedNames")
    places = {}
    for item in block.elements("definedName") if block else ():
        name = item.attributes.get("name", "")
        found = place_of(item.text)
        number = item.whole("localSheetId", -1)
        if found is None or name.startswith("_xlnm.") or found[0] not in sheets or number >= len(sheets):
            continue
        sheet, area = found
        shown = name if number < 0 else f"{sheets[number]}!{name}"
        places[shown] = Place(sheet, area.top, area.left, area.bottom, area.right)
    return places


def table_places(package: Package, parts: dict[str, str]) -> dict[str, TablePlace]:
    """The tables of all sheets by name."""
    places = {}
    for sheet, part in parts.items():
        for table in related(package, part, "table"):
            place = _table(sheet, table, package.read(table))
            places[place.name] = place
    return places


@lru_cache(maxsize=256)
def _table(sheet: str, part: str, content: bytes) -> TablePlace:
    root = parse(content, part)
    area = area_of(root.attributes.get("ref", ""))
    block = root.child("tableColumns")
    if area is None or block is None:
        msg = f"its part {part} does not say where its table stands"
        raise DamagedWorkbook(msg)
    columns = tuple(plain_text(column.attributes.get("name", "")) for column in block.elements("tableColumn"))
    name = root.attributes.get("displayName") or root.attributes.get("name", "")
    headers = root.whole("headerRowCount", 1)
    totals = root.whole("totalsRowCount")
    rows = area.bottom - area.top + 1 - headers - totals
    top = area.top - (1 - headers)
    return TablePlace(name, sheet, top, area.left, columns, rows, part, bool(totals), bool(headers))
