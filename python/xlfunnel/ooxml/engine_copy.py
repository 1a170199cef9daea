"""The least copy of a workbook that the engine computes from: cells with native formulas, names and tables."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.markup import DECLARATION, Element, Verbatim, escaped, escaped_attribute, fragment
from xlfunnel.ooxml.references import cell_name
from xlfunnel.ooxml.relationships import related
from xlfunnel.ooxml.values import file_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xlfunnel.ooxml.references import Area
    from xlfunnel.ooxml.sheet import Row, SheetPart
    from xlfunnel.ooxml.workbook_file import WorkbookFile

Cell = tuple[str, int, int]
"""Sheet, row and column."""

LARGE: Final = 1_000
"""Rows of a sheet beyond which those that no formula reads are left out."""
MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_EMPTY_MARKS: Final = (b' t="n"', b'r"/>', b's"/>', b'r"></', b's"></', b"<v/>", b"<v></v>")
"""One of these stands in a row that holds a cell with a kind and no value, as some programs write blank cells."""
_EMPTY: Final = re.compile(
    rb'(<(?:\w+:)?c\b(?:(?! t=")[^>])*)(?: t="\w+")?([^>]*?)'
    rb"(?:/>|>(?:<(?:\w+:)?(?:v|is)(?:/>|></(?:\w+:)?(?:v|is)>))?</(?:\w+:)?c>)"
)
_PLAIN_FORMULA: Final = re.compile(rb"<f>([^<]*)</f>(?=<v>[^<]*</v></c>|<v/></c>|</c>)")
_NO_RESULT: Final = re.compile(rb"</f>(?:<v></v>|<v/>)?(?=</c>)")
_ZERO: Final = b"</f><v>0</v>"
"""What stands behind a formula without a result: the engine wants to read one."""
_PLAIN_STYLES: Final = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="1"><xf/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0"/></cellStyles>'
    "</styleSheet>"
).encode()


@dataclass(frozen=True)
class SheetCopy:
    """A sheet: its rows as they stand in a file, the tag that its root begins with, and the parts of its tables."""

    name: str
    rows: bytes
    opening: str = f'<worksheet xmlns="{MAIN}">'
    tables: Sequence[bytes] = ()

    def to_bytes(self) -> bytes:
        """The sheet's part."""
        root = self.opening[1:].partition(" ")[0]
        prefix = root.rpartition(":")[0]
        tag = f"{prefix}:" if prefix else ""
        arrows = "".join(f'<{tag}tablePart r:id="rId{number}"/>' for number, _ in enumerate(self.tables, 1))
        tables = f'<{tag}tableParts xmlns:r="{_OFFICE}">{arrows}</{tag}tableParts>' if arrows else ""
        head, tail = f"{self.opening}<{tag}sheetData>", f"</{tag}sheetData>{tables}</{root}>"
        return b"".join((DECLARATION, head.encode(), self.rows, tail.encode()))


@dataclass(frozen=True)
class Named:
    """A name and the formula that it stands for; `sheet` is where it holds, "" everywhere."""

    name: str
    formula: str
    sheet: str = ""


@dataclass(frozen=True)
class BookCopy:
    """A workbook for the engine; `texts` is the part of the texts that cells share, "" where none do."""

    sheets: Sequence[SheetCopy]
    names: Sequence[Named] = ()
    texts: bytes = b""
    styles: bytes = DECLARATION + _PLAIN_STYLES

    def to_bytes(self) -> bytes:
        """The file, whose parts are not packed: it is read once."""
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
            for name, content in self._parts():
                file.writestr(zipfile.ZipInfo(name), content)
        return out.getvalue()

    def _parts(self) -> Iterator[tuple[str, bytes]]:
        yield "[Content_Types].xml", DECLARATION + f'<Types xmlns="{_PACKAGE}/content-types"/>'.encode()
        yield "_rels/.rels", _arrows([("officeDocument", "xl/workbook.xml")])
        yield "docProps/app.xml", DECLARATION + b"<Properties/>"
        yield "xl/styles.xml", self.styles
        yield "xl/workbook.xml", self._workbook()
        arrows = [("worksheet", f"worksheets/sheet{number}.xml") for number, _ in enumerate(self.sheets, 1)]
        if self.texts:
            yield "xl/sharedStrings.xml", self.texts
            arrows.append(("sharedStrings", "sharedStrings.xml"))
        yield "xl/_rels/workbook.xml.rels", _arrows([*arrows, ("styles", "styles.xml")])
        tables = 0
        for number, sheet in enumerate(self.sheets, 1):
            yield f"xl/worksheets/sheet{number}.xml", sheet.to_bytes()
            targets = [f"tables/table{tables + step}.xml" for step, _ in enumerate(sheet.tables, 1)]
            tables += len(targets)
            yield from ((f"xl/{target}", table) for target, table in zip(targets, sheet.tables, strict=True))
            if targets:
                found = _arrows([("table", f"../{target}") for target in targets])
                yield f"xl/worksheets/_rels/sheet{number}.xml.rels", found

    def _workbook(self) -> bytes:
        order = {sheet.name: number for number, sheet in enumerate(self.sheets)}
        sheets = "".join(
            f'<sheet name="{escaped_attribute(name)}" sheetId="{number + 1}" r:id="rId{number + 1}"/>'
            for name, number in order.items()
        )
        names = "".join(_defined(one, order) for one in self.names)
        body = f"<sheets>{sheets}</sheets>" + (f"<definedNames>{names}</definedNames>" if names else "")
        return DECLARATION + f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">{body}</workbook>'.encode()


def copy_of(
    book: WorkbookFile, formulas: Mapping[Cell, str | None], read: Iterable[tuple[str, Area]] | None
) -> BookCopy:
    """A workbook's copy with these formulas in their cells; None leaves what the cell shows.

    `read` are the areas that formulas read, or None where these could be any: of large sheets, other rows stay out.
    """
    by_row: dict[tuple[str, int], dict[int, str | None]] = {}
    for (sheet, row, column), text in formulas.items():
        by_row.setdefault((sheet, row), {})[column] = text
    areas = None if read is None else list(read)
    sheets = [_sheet_copy(book, sheet, by_row, areas) for sheet in book.sheets]
    texts = next(iter(related(book.package, book.workbook_part, "sharedStrings")), "")
    shared = book.package.read(texts) if texts else b""
    if book.styles is None:
        return BookCopy(sheets, _names(book), shared)
    return BookCopy(sheets, _names(book), shared, book.styles.to_bytes())


def is_large(book: WorkbookFile) -> bool:
    """Whether some sheet has so many rows that those which no formula reads are better left out."""
    return any(len(book.sheet_part(sheet).row_numbers) > LARGE for sheet in book.sheets)


def with_blanks(row: bytes) -> bytes:
    """A row in which a cell of some kind without a value is a blank cell; the engine would take it for a zero.

    >>> with_blanks(b'<row r="1"><c r="A1" s="2" t="n"/><c r="B1" t="n"><v>4</v></c></row>')
    b'<row r="1"><c r="A1" s="2"/><c r="B1" t="n"><v>4</v></c></row>'
    """
    return _EMPTY.sub(rb"\1\2/>", row) if any(mark in row for mark in _EMPTY_MARKS) else row


def row_of(number: int, cells: Iterable[str]) -> bytes:
    """A row of cells, for sheets without a prefix."""
    return f'<row r="{number + 1}">{"".join(cells)}</row>'.encode()


def formula_cell(row: int, column: int, formula: str, *, is_array: bool = False) -> str:
    """A formula's cell, with a result, as the engine wants one of every formula."""
    place = cell_name(row, column)
    kind = f' t="array" ref="{place}"' if is_array else ""
    return f'<c r="{place}"><f{kind}>{escaped(formula.removeprefix("="))}</f><v>0</v></c>'


def value_cell(row: int, column: int, value: float | str | bool) -> str:
    """The cell of a number, with the digits that XlsxWriter writes, of a text or a truth value."""
    place = cell_name(row, column)
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="str"><v>{escaped(file_text(value))}</v></c>'
    return f'<c r="{place}"><v>{value:.16G}</v></c>'


def table_part(number: int, name: str, reference: str, columns: Sequence[str]) -> bytes:
    """A table's part, with a row of headings and none of totals."""
    items = "".join(
        f'<tableColumn id="{place}" name="{escaped_attribute(column)}"/>' for place, column in enumerate(columns, 1)
    )
    return (
        DECLARATION
        + (
            f'<table xmlns="{MAIN}" id="{number}" name="{name}" displayName="{name}" ref="{reference}" '
            f'totalsRowShown="0"><tableColumns count="{len(columns)}">{items}</tableColumns></table>'
        ).encode()
    )


def _arrows(targets: Iterable[tuple[str, str]]) -> bytes:
    items = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return DECLARATION + f'<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'.encode()


def _defined(one: Named, order: Mapping[str, int]) -> str:
    if one.sheet and one.sheet not in order:  # a name of a sheet that is a chart
        return ""
    place = f' localSheetId="{order[one.sheet]}"' if one.sheet else ""
    return f'<definedName name="{escaped_attribute(one.name)}"{place}>{escaped(one.formula)}</definedName>'


def _names(book: WorkbookFile) -> list[Named]:
    listed, block = book.root.child("sheets"), book.root.child("definedNames")
    sheets = [sheet.attributes.get("name", "") for sheet in listed.elements("sheet")] if listed else []
    found = []
    for item in block.elements("definedName") if block else ():
        number = item.whole("localSheetId", -1)
        sheet = sheets[number] if 0 <= number < len(sheets) else ""
        found.append(Named(item.attributes.get("name", ""), item.text, sheet))
    return found


def _sheet_copy(
    book: WorkbookFile,
    sheet: str,
    formulas: Mapping[tuple[str, int], Mapping[int, str | None]],
    read: Sequence[tuple[str, Area]] | None,
) -> SheetCopy:
    part = book.sheet_part(sheet)
    numbers = part.row_numbers
    areas = None if read is None or len(numbers) <= LARGE else [area for name, area in read if name == sheet]
    rows = []
    for number in numbers:
        texts = formulas.get((sheet, number))
        if not texts and areas is not None and not any(area.top <= number <= area.bottom for area in areas):
            continue
        content = part.row_bytes(number) or b""
        if texts and not _holds(content, texts):
            row = part.row(number)
            rows.append(_row(part, row, texts) if row else b"")
        else:
            rows.append(with_blanks(_NO_RESULT.sub(_ZERO, content) if texts else content))
    tables = [book.package.read(table) for table in related(book.package, book.part_of(sheet), "table")]
    return SheetCopy(sheet, b"".join(rows), _opening(part.tree), tables)


def _opening(root: Element) -> str:
    spaces = [name for name in root.attributes if name.startswith("xmlns")]
    return (
        fragment(Element(root.name, root.scope, {name: root.attributes[name] for name in spaces}))[:-2].decode() + ">"
    )


def _holds(row: bytes, texts: Mapping[int, str | None]) -> bool:
    """Whether a row holds these very formulas, plainly written in cells that say their place."""
    held = _PLAIN_FORMULA.findall(row)
    if len(held) != row.count(b"<f") or row.count(b'<c r="') != row.count(b"<c"):
        return False
    asked = (texts[column] for column in sorted(texts))
    return held == [None if text is None else escaped(text.removeprefix("=")).encode() for text in asked]


def _row(part: SheetPart, row: Row, texts: Mapping[int, str | None]) -> bytes:
    """A row with other formulas."""
    pieces = [f'<{part.tag}row r="{row.number + 1}">'.encode()]
    for column in sorted(row.cells):
        cell = row.cells[column]
        held = cell.children
        if column in texts:
            held = _contents(cell, texts[column])
        named = Element(cell.name, cell.scope, cell.attributes | {"r": cell_name(row.number, column)}, held)
        pieces.append(with_blanks(fragment(named)))
    pieces.append(f"</{part.tag}row>".encode())
    return b"".join(pieces)


def _contents(cell: Element, formula: str | None) -> list[Element | str | Verbatim]:
    """What a cell of another formula holds; the engine wants to read some result of it."""
    shown: list[Element | str | Verbatim] = [
        child for child in cell.elements() if child.local in {"v", "is"} and (child.text or child.local == "is")
    ]
    held = cell.child("f")
    if formula is None or held is None:
        return shown
    kept = held.attributes if held.attributes.get("t") == "array" else {}
    text = formula.removeprefix("=")
    return [Element(held.name, held.scope, kept, [text]), *(shown or [cell.new("v", text="0")])]
