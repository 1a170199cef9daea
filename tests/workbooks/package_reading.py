"""A workbook's file as it is stored: sheets, cells, tables, names, drawings and looks, taken from its parts.

A reader of its own, which repairs nothing: openpyxl and the spreadsheet programs put right what they can, and then a
fault no longer shows.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PLACED = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
CONTROL = "{urn:schemas-microsoft-com:office:excel}"
SHAPE = "{urn:schemas-microsoft-com:vml}"

EMU_PER_PIXEL = 9_525
"""Drawings are measured in English metric units, buttons in pixels."""

COLUMN_PIXELS, PIXELS_PER_SIGN = 64, 7
"""How wide a column is that says nothing, and what the widths of others are counted in."""

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Edge = tuple[int, int]
"""A place along one direction: the column or row from 0, and how far into it."""


@dataclass(frozen=True)
class Area:
    """A block of cells; rows and columns from 0."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def of(cls, reference: str) -> Area | None:
        """From "B2:D9" or "B2"; None where it is none, or turned round.

        >>> Area.of("B2:C3")
        Area(top=1, left=1, bottom=2, right=2)
        >>> Area.of("C3:B2"), Area.of("B0"), Area.of("XFE1")
        (None, None, None)
        """
        corners = [_CELL.fullmatch(corner) for corner in reference.split(":")]
        if len(corners) > 2 or not all(corners):
            return None
        places = [(int(found[2]) - 1, column_number(found[1])) for found in corners if found]
        (top, left), (bottom, right) = places[0], places[-1]
        if top > bottom or left > right or bottom >= LAST_ROW or right >= LAST_COLUMN:
            return None
        return cls(top, left, bottom, right)

    def overlaps(self, other: Area) -> bool:
        """Whether they share a cell."""
        return not (
            self.right < other.left or other.right < self.left or self.bottom < other.top or other.bottom < self.top
        )

    def holds(self, row: int, column: int) -> bool:
        """Whether the cell is in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


def column_number(letters: str) -> int:
    """From 0.

    >>> column_number("A"), column_number("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def cell_name(row: int, column: int) -> str:
    """As people write it.

    >>> cell_name(4, 27)
    'AB5'
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


@dataclass(frozen=True)
class Cell:
    """One stored cell; `kind` is the attribute t, `value` what a reader is shown, None where nothing is stored."""

    row: int
    column: int
    kind: str
    value: float | str | bool | None
    formula: str | None
    look: int

    @property
    def name(self) -> str:
        return cell_name(self.row, self.column)

    @property
    def is_text(self) -> bool:
        """Whether it holds text that nobody computed."""
        return self.formula is None and isinstance(self.value, str) and self.kind in {"s", "inlineStr", "str"}

    @property
    def is_filled(self) -> bool:
        """Whether there is anything to see or to compute."""
        return self.formula is not None or self.value not in {None, ""}


@dataclass(frozen=True)
class TableColumn:
    """A column of a table as the table's own part tells it."""

    id: str
    name: str
    formula: str | None


@dataclass(frozen=True)
class TablePart:
    """A table as its own part tells it."""

    id: str
    name: str
    reference: str
    header_rows: int
    total_rows: int
    columns: tuple[TableColumn, ...]
    filter_reference: str | None

    @property
    def area(self) -> Area | None:
        return Area.of(self.reference)

    @property
    def body(self) -> range:
        """Its rows between heading and totals."""
        area = self.area
        return range(0) if area is None else range(area.top + self.header_rows, area.bottom + 1 - self.total_rows)


@dataclass(frozen=True)
class Drawing:
    """A chart, picture, shape or button on a sheet; `place` is left, top, right, bottom where two cells hold it."""

    kind: str
    name: str
    description: str
    place: tuple[Edge, Edge, Edge, Edge] | None
    chart: Element | None = None
    macro: str = ""

    def overlaps(self, other: Drawing) -> bool:
        """Whether they share more than an edge."""
        if self.place is None or other.place is None:
            return False
        left, top, right, bottom = self.place
        other_left, other_top, other_right, other_bottom = other.place
        return left < other_right and other_left < right and top < other_bottom and other_top < bottom

    def covers(self, row: int, column: int) -> bool:
        """Whether any of the cell lies under it."""
        if self.place is None:
            return False
        left, top, right, bottom = self.place
        return left[0] <= column and top[0] <= row and (column, 0) < right and (row, 0) < bottom


@dataclass(frozen=True)
class Rule:
    """A conditional format or a data validation: where it stands and its formulas."""

    areas: tuple[Area, ...]
    formulas: tuple[str, ...]
    element: Element


@dataclass(frozen=True, eq=False)
class Sheet:
    """A worksheet with everything that belongs to it."""

    name: str
    index: int
    state: str
    root: Element
    cells: Mapping[tuple[int, int], Cell]
    tables: tuple[TablePart, ...]
    drawings: tuple[Drawing, ...]

    def find(self, path: str) -> Element | None:
        """A part of the sheet's own XML: "sheetViews/sheetView"."""
        return self.root.find("/".join(MAIN + step for step in path.split("/")))

    def attribute(self, path: str, name: str, default: str = "") -> str:
        """An attribute of such a part, or the default where either is missing."""
        found = self.find(path)
        return default if found is None else found.get(name, default)

    def pixels(self, left: int, right: int) -> float:
        """How wide these columns are together."""
        return sum(self._widths.get(column, COLUMN_PIXELS) for column in range(left, right + 1))

    def points(self, top: int, bottom: int) -> float:
        """How high these rows are together."""
        default = float(self.attribute("sheetFormatPr", "defaultRowHeight", "15"))
        return sum(self._heights.get(row, default) for row in range(top, bottom + 1))

    @cached_property
    def _widths(self) -> dict[int, float]:
        found = self.root.iter(f"{MAIN}col")
        return {
            column: round(float(one.get("width", "9.14")) * PIXELS_PER_SIGN)
            for one in found
            for column in range(int(one.get("min", "1")) - 1, int(one.get("max", "1")))
        }

    @cached_property
    def _heights(self) -> dict[int, float]:
        found = self.root.iter(f"{MAIN}row")
        return {int(one.get("r", "1")) - 1: float(one.get("ht", "0")) for one in found if one.get("ht")}

    @cached_property
    def validations(self) -> list[Rule]:
        return [self._rule(one, one) for one in self.root.iter(f"{MAIN}dataValidation")]

    @cached_property
    def conditional_formats(self) -> list[Rule]:
        groups = self.root.iter(f"{MAIN}conditionalFormatting")
        return [self._rule(group, one) for group in groups for one in group.iter(f"{MAIN}cfRule")]

    @cached_property
    def merged(self) -> list[str]:
        return [one.get("ref", "") for one in self.root.iter(f"{MAIN}mergeCell")]

    @staticmethod
    def _rule(place: Element, element: Element) -> Rule:
        areas = [Area.of(part) for part in place.get("sqref", "").split()]
        names = {f"{MAIN}formula", f"{MAIN}formula1", f"{MAIN}formula2"}
        formulas = tuple(one.text or "" for one in element if one.tag in names)
        return Rule(tuple(area for area in areas if area is not None), formulas, element)


@dataclass(frozen=True)
class DefinedName:
    """A name and what it stands for; `sheet` is the index of the one sheet that it belongs to."""

    name: str
    refers_to: str
    sheet: int | None


@dataclass(frozen=True)
class Font:
    name: str
    size: float


@dataclass(frozen=True)
class Look:
    """What a cell's style says of it; colours with their opacity first."""

    locked: bool = True
    quoted: bool = False
    fill: str = ""
    ink: str = ""
    size: float = 11
    wrapped: bool = False
    shrunk: bool = False
    align: str = ""
    indent: int = 0


@dataclass(frozen=True)
class Relation:
    """Where one part points: `target` is a part's name, or an address outside the file."""

    kind: str
    target: str
    outside: bool


@dataclass(frozen=True, eq=False)
class Package:
    """The whole file."""

    parts: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, content: bytes) -> Package:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return cls({name: archive.read(name) for name in archive.namelist()})

    @cached_property
    def workbook(self) -> Element:
        return self.xml("xl/workbook.xml")

    @cached_property
    def kind(self) -> str:
        """The content type of the workbook: with macros or without."""
        types = self.xml("[Content_Types].xml")
        found = [one.get("ContentType", "") for one in types if one.get("PartName") == "/xl/workbook.xml"]
        return found[0] if found else ""

    @property
    def takes_macros(self) -> bool:
        return "macroEnabled" in self.kind

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        relations = self.relations("xl/workbook.xml")
        found = self.workbook.findall(f"{MAIN}sheets/{MAIN}sheet")
        return tuple(
            self._sheet(index, one, relations[one.get(f"{RELATION}id", "")].target) for index, one in enumerate(found)
        )

    @cached_property
    def names(self) -> tuple[DefinedName, ...]:
        found = self.workbook.findall(f"{MAIN}definedNames/{MAIN}definedName")
        return tuple(
            DefinedName(
                one.get("name", ""),
                one.text or "",
                int(one.get("localSheetId", "")) if one.get("localSheetId") else None,
            )
            for one in found
        )

    @cached_property
    def known_names(self) -> set[str]:
        """What formulas can call by name, in lower case: Excel does not tell cases apart."""
        return {name.name.lower() for name in self.names} | self.tables.keys()

    @cached_property
    def tables(self) -> dict[str, TablePart]:
        """By name in lower case: Excel does not tell cases apart."""
        return {table.name.lower(): table for sheet in self.sheets for table in sheet.tables}

    @cached_property
    def styles(self) -> Element:
        return self.xml("xl/styles.xml")

    @cached_property
    def fonts(self) -> tuple[Font, ...]:
        found = self.styles.findall(f"{MAIN}fonts/{MAIN}font")
        return tuple(Font(_child(one, "name"), float(_child(one, "sz") or 0)) for one in found)

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        fills = [_color(one, "patternFill/fgColor") for one in self.styles.findall(f"{MAIN}fills/{MAIN}fill")]
        inks = [_color(one, "color") for one in self.styles.findall(f"{MAIN}fonts/{MAIN}font")]
        sizes = [font.size for font in self.fonts]
        return tuple(_look(one, fills, inks, sizes) for one in self.styles.findall(f"{MAIN}cellXfs/{MAIN}xf"))

    def xml(self, part: str) -> Element:
        root: Element = fromstring(self.parts[part])
        return root

    def relations(self, part: str) -> dict[str, Relation]:
        """Where a part points, by id."""
        folder, name = posixpath.split(part)
        place = posixpath.join(folder, "_rels", f"{name}.rels")
        if place not in self.parts:
            return {}
        return {
            one.get("Id", ""): Relation(
                one.get("Type", "").rpartition("/")[2],
                one.get("Target", "")
                if one.get("TargetMode") == "External"
                else posixpath.normpath(posixpath.join("/", folder, one.get("Target", ""))).lstrip("/"),
                one.get("TargetMode") == "External",
            )
            for one in self.xml(place)
        }

    @cached_property
    def _strings(self) -> list[str]:
        if "xl/sharedStrings.xml" not in self.parts:
            return []
        return [_words(one) for one in self.xml("xl/sharedStrings.xml")]

    def _sheet(self, index: int, listed: Element, part: str) -> Sheet:
        root = self.xml(part)
        relations = self.relations(part)
        tables = [relations[one.get(f"{RELATION}id", "")].target for one in root.iter(f"{MAIN}tablePart")]
        drawings = [self._drawings(one.target) for one in relations.values() if one.kind == "drawing"]
        buttons = [self._buttons(one.target) for one in relations.values() if one.kind == "vmlDrawing"]
        return Sheet(
            name=listed.get("name", ""),
            index=index,
            state=listed.get("state", "visible"),
            root=root,
            cells={(cell.row, cell.column): cell for cell in self._cells(root)},
            tables=tuple(_table(self.xml(table)) for table in tables),
            drawings=tuple(one for group in (*drawings, *buttons) for one in group),
        )

    def _cells(self, root: Element) -> Iterator[Cell]:
        for one in root.iter(f"{MAIN}c"):
            area = Area.of(one.get("r", ""))
            assert area is not None, f"a cell says that it is at {one.get('r')!r}"
            formula = one.find(f"{MAIN}f")
            text = None if formula is None else formula.text or ""
            kind = one.get("t", "n")
            yield Cell(area.top, area.left, kind, self._value(one, kind), text, int(one.get("s", "0")))

    def _value(self, one: Element, kind: str) -> float | str | bool | None:
        if kind == "inlineStr":
            return _words(one)
        stored = one.find(f"{MAIN}v")
        if stored is None:
            return None
        text = stored.text or ""
        if kind == "s":
            return self._strings[int(text)]
        if kind in {"str", "e"}:
            return _unescaped(text)
        if kind == "b":
            return text == "1"
        return float(text) if text else None

    def _drawings(self, part: str) -> Iterator[Drawing]:
        relations = self.relations(part)
        for anchor in self.xml(part):
            told = next(iter(anchor.iter(f"{PLACED}cNvPr")), None)
            drawn = next(iter(anchor.iter(f"{CHART}chart")), None)
            chart = None if drawn is None else self.xml(relations[drawn.get(f"{RELATION}id", "")].target)
            body = [one for one in anchor if "macro" in one.attrib]
            yield Drawing(
                kind="drawing" if chart is None else "chart",
                name="" if told is None else told.get("name", ""),
                description="" if told is None else told.get("descr", ""),
                place=_place(anchor),
                chart=chart,
                macro=body[0].get("macro", "") if body else "",
            )

    def _buttons(self, part: str) -> Iterator[Drawing]:
        for shape in self.xml(part).iter(f"{SHAPE}shape"):
            told = shape.find(f"{CONTROL}ClientData")
            if told is None or told.get("ObjectType") != "Button":
                continue
            numbers = [int(word) for word in (told.findtext(f"{CONTROL}Anchor") or "").split(",")]
            edges = zip(numbers[::2], (EMU_PER_PIXEL * shift for shift in numbers[1::2]), strict=True)
            left, top, right, bottom = edges
            macro = told.findtext(f"{CONTROL}FmlaMacro") or ""
            said = "".join(word for box in shape.iter(f"{SHAPE}textbox") for word in box.itertext()).strip()
            yield Drawing("button", said, shape.get("alt", ""), (left, top, right, bottom), None, macro)


def _look(one: Element, fills: list[str], inks: list[str], sizes: list[float]) -> Look:
    protection, found = one.find(f"{MAIN}protection"), one.find(f"{MAIN}alignment")
    alignment = {} if found is None else found.attrib
    return Look(
        locked=protection is None or protection.get("locked", "1") != "0",
        quoted=one.get("quotePrefix", "0") == "1",
        fill=fills[int(one.get("fillId", "0"))],
        ink=inks[int(one.get("fontId", "0"))],
        size=sizes[int(one.get("fontId", "0"))],
        wrapped=alignment.get("wrapText", "0") == "1",
        shrunk=alignment.get("shrinkToFit", "0") == "1",
        align=alignment.get("horizontal", ""),
        indent=int(alignment.get("indent", "0")),
    )


def _color(element: Element, path: str) -> str:
    found = element.find("/".join(MAIN + step for step in path.split("/")))
    return "" if found is None else found.get("rgb", "").upper()


def _table(root: Element) -> TablePart:
    own_filter = root.find(f"{MAIN}autoFilter")
    columns = root.findall(f"{MAIN}tableColumns/{MAIN}tableColumn")
    return TablePart(
        id=root.get("id", ""),
        name=root.get("displayName", ""),
        reference=root.get("ref", ""),
        header_rows=int(root.get("headerRowCount", "1")),
        total_rows=int(root.get("totalsRowCount", "0")),
        columns=tuple(
            TableColumn(
                one.get("id", ""), _unescaped(one.get("name", "")), one.findtext(f"{MAIN}calculatedColumnFormula")
            )
            for one in columns
        ),
        filter_reference=None if own_filter is None else own_filter.get("ref", ""),
    )


def _place(anchor: Element) -> tuple[Edge, Edge, Edge, Edge] | None:
    """Left, top, right and bottom of what two cells hold."""
    first, last = anchor.find(f"{PLACED}from"), anchor.find(f"{PLACED}to")
    if first is None or last is None:
        return None
    return _edge(first, "col"), _edge(first, "row"), _edge(last, "col"), _edge(last, "row")


def _edge(corner: Element, direction: str) -> Edge:
    return int(corner.findtext(f"{PLACED}{direction}", "0")), int(corner.findtext(f"{PLACED}{direction}Off", "0"))


def _child(element: Element, name: str) -> str:
    found: Any = element.find(f"{MAIN}{name}")
    return "" if found is None else str(found.get("val", ""))


def _words(element: Element) -> str:
    """Text with all of its runs, without the reading aids of Japanese."""
    runs = [one for one in element.iter() if one.tag == f"{MAIN}t"]
    aside = {id(one) for aid in element.iter(f"{MAIN}rPh") for one in aid.iter()}
    return _unescaped("".join(one.text or "" for one in runs if id(one) not in aside))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
