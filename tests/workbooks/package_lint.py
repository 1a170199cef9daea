"""What is wrong with a workbook's file though it opens, or what Excel repairs and Microsoft's validator lets pass.

`lint` gives a sentence for each fault, with the rule's name before it; none for a file as our templates must be.
Every rule is one function over the whole file.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import combinations

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError
from openpyxl.utils import FORMULAE
from tests.workbooks.package_reading import (
    CHART,
    DRAWN,
    LAST_COLUMN,
    Area,
    Cell,
    Drawing,
    Look,
    Package,
    Sheet,
    TableColumn,
    TablePart,
    column_number,
)
from xlsxwriter.worksheet import Worksheet

from xlfunnel.catalog import CATALOG
from xlfunnel.excel.vba_project import Module, read_module
from xlfunnel.excel.wrappers import functions_module, help_module, workbook_modules
from xlfunnel.ooxml.engine import is_error
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.cell_text import is_active, lines_needed, pixels

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # oletools calls pyparsing by names of old
    from oletools.olevba import VBA_Parser

LONGEST_FORMULA, DEEPEST_FORMULA = 8_192, 64
LONGEST_LIST = 255
LONGEST_SHEET_NAME, LONGEST_NAME = 31, 255
LEGEND = "Input"
"""The cell that shows how inputs look."""

LOST = {"#REF!", "#NAME?"}
"""Errors that no formula gives on purpose."""

TYPE_SCALE = {9.0, 10.0, 11.0, 12.0, 18.0}
MOST_LOOKS = 300
"""Cell styles in a workbook with one look; files that people patched together have thousands."""

PAPER_WIDTH = 842.0
"""Points of A4, landscape."""

POINTS_PER_INCH = 72
POINTS_PER_PIXEL = 0.75
CELL_PADDING, INDENT_PIXELS = 5, 9
WRAP_MARGIN = 13
"""What the count of wrapped lines takes off; hosts are not so strict, and only what is clipped for sure is told."""

ROUNDING = 2
LEAST_LINE = 1.2
"""Line height to type size, at the least."""

HOST_DIFFERENCE = 1.02
"""Hosts print columns so much wider or narrower than one another."""

FUTURE = {
    re.sub(r"^_xlfn\.(_xlws\.)?", "", found): found
    for found in re.findall(r'"(_xlfn\.[A-Z0-9._a-z]+)\("', inspect.getsource(Worksheet._prepare_formula))
}
"""Functions that are younger than the file format, by name: how the format writes them."""

_LONGEST = {"promptTitle": 32, "prompt": 255, "errorTitle": 32, "error": 255}
"""Characters of what a data validation says."""

_SHEET = re.compile(r"(?:'((?:[^']|'')+)'|([^\W\d][\w.]*))!")
_CELLS = re.compile(
    r"\$?[A-Z]{1,3}\$?[0-9]{1,7}|\$?[A-Z]{1,3}:\$?[A-Z]{1,3}|\$?[0-9]{1,7}:\$?[0-9]{1,7}", re.IGNORECASE
)
_NAME = re.compile(r"[^\W\d][\w.?]*|\\[\w.?]*")
_LIKE_CELL = re.compile(r"[A-Z]{1,3}[0-9]{1,7}", re.IGNORECASE)
_LIKE_ROW_COLUMN = re.compile(r"R[0-9]*(C[0-9]*)?|C[0-9]*", re.IGNORECASE)
_ITEM = re.compile(r"\[((?:'.|[^\[\]'])*)\]")
_BLOCKS = {"#all", "#data", "#headers", "#totals", "#this row"}
_OTHER_FILE = re.compile(r"\[\d+\][^!\[\]]*!|\[\d+\]!")


class Stands(Enum):
    """Where a formula stands."""

    CELL = "cell"
    COLUMN = "column"
    NAME = "name"
    CONDITION = "conditional format"
    VALIDATION = "data validation"


@dataclass(frozen=True)
class Formula:
    """A formula of the file; `table` is the table that its cell is in."""

    place: str
    text: str
    stands: Stands
    table: TablePart | None = None

    @cached_property
    def tokens(self) -> list[Token]:
        found: list[Token] = Tokenizer(f"={self.text}").items
        return found

    @property
    def functions(self) -> list[str]:
        """Names of the functions that it calls, as they are written."""
        opened = [one for one in self.tokens if one.type == Token.FUNC and one.subtype == Token.OPEN]
        return [one.value.rstrip("(").lstrip(":@") for one in opened]

    @property
    def operands(self) -> list[str]:
        """What it refers to."""
        return [one.value for one in self.tokens if one.type == Token.OPERAND and one.subtype == Token.RANGE]

    @property
    def depth(self) -> int:
        """How many functions stand in one another."""
        depth = deepest = 0
        for one in self.tokens:
            if one.type == Token.FUNC:
                depth += 1 if one.subtype == Token.OPEN else -1
                deepest = max(deepest, depth)
        return deepest


Found = Iterator[str]
Check = Callable[[Package], Found]


def lint(content: bytes) -> list[str]:
    """Everything that is wrong with the workbook of these bytes."""
    package = Package.of(content)
    return [f"{name_of(rule)}: {fault}" for rule in RULES for fault in rule(package)]


def name_of(rule: Check) -> str:
    """The rule's name as `lint` writes it."""
    return rule.__name__.replace("_", " ")


# -- formulas of a file


@lru_cache(maxsize=1)
def _formulas(package: Package) -> tuple[Formula, ...]:
    return tuple(one for one in every_formula(package) if _is_readable(one))


def every_formula(package: Package) -> Iterator[Formula]:
    """The formulas of names, cells, columns of tables, conditional formats and data validations."""
    for name in package.names:
        yield Formula(f"the name {name.name}", name.refers_to, Stands.NAME)
    for sheet in package.sheets:
        yield from _formulas_of(sheet)


def _formulas_of(sheet: Sheet) -> Iterator[Formula]:
    for cell in sheet.cells.values():
        if cell.formula is not None:
            yield Formula(_at(sheet, cell), cell.formula, Stands.CELL, _table_around(sheet, cell))
    for table in sheet.tables:
        for column in table.columns:
            if column.formula is not None:
                yield Formula(_in(table, column), column.formula, Stands.COLUMN, table)
    for rule in sheet.conditional_formats:
        for text in rule.formulas:
            yield Formula(f"a conditional format of {sheet.name}", text, Stands.CONDITION)
    for rule in sheet.validations:
        for text in rule.formulas:
            yield Formula(f"a data validation of {sheet.name}", text, Stands.VALIDATION)


def _is_readable(formula: Formula) -> bool:
    try:
        return bool(formula.tokens) or True
    except TokenizerError:
        return False


def _table_around(sheet: Sheet, cell: Cell) -> TablePart | None:
    around = (table for table in sheet.tables if table.area and table.area.holds(cell.row, cell.column))
    return next(around, None)


def _at(sheet: Sheet, cell: Cell) -> str:
    return f"{sheet.name}!{cell.name}"


def _in(table: TablePart, column: TableColumn) -> str:
    return f"the column {table.name}[{column.name}]"


def _twice(words: Iterable[str]) -> list[str]:
    """What is there more than once, in whatever case."""
    counted = Counter(word.lower() for word in words)
    return [word for word, count in counted.items() if count > 1]


# -- sheets


def sheet_names(package: Package) -> Found:
    """Sheets have different names, which Excel takes."""
    for name in _twice(sheet.name for sheet in package.sheets):
        yield f"two sheets are called {name}"
    for sheet in package.sheets:
        if len(sheet.name) > LONGEST_SHEET_NAME or re.search(r"[\[\]:*?/\\]|^'|'$|^$", sheet.name):
            yield f"{sheet.name} cannot name a sheet"


def hidden_things(package: Package) -> Found:
    """Nothing is hidden: no sheet, row or column."""
    for sheet in package.sheets:
        if sheet.state != "visible":
            yield f"the sheet {sheet.name} is {sheet.state}"
        if any(one.get("hidden") == "1" for one in sheet.root.iter() if one.tag.endswith(("}row", "}col"))):
            yield f"{sheet.name} has hidden rows or columns"


def opening(package: Package) -> Found:
    """The window opens on the first sheet at its first cell, at 100 %."""
    for view in package.workbook.iter():
        if view.tag.endswith("}workbookView") and {view.get("activeTab", "0"), view.get("firstSheet", "0")} != {"0"}:
            yield "the workbook does not open on its first sheet"
    for sheet in package.sheets:
        if sheet.attribute("sheetViews/sheetView", "zoomScale", "100") != "100":
            yield f"{sheet.name} is shown at another size than 100 %"
        if (sheet.attribute("sheetViews/sheetView", "tabSelected", "0") == "1") != (sheet.index == 0):
            yield f"{sheet.name} is selected though it is not the first, or is the first and is not"
        if sheet.attribute("sheetViews/sheetView", "topLeftCell", "A1") != "A1":
            yield f"{sheet.name} opens scrolled"


def print_setup(package: Package) -> Found:
    """Every sheet prints in landscape, one page wide, with a footer and repeated headings."""
    for sheet in package.sheets:
        own = {name.name for name in package.names if name.sheet == sheet.index}
        if sheet.attribute("pageSetup", "orientation") != "landscape":
            yield f"{sheet.name} does not print in landscape"
        if not (sheet.root.findtext("./{*}headerFooter/{*}oddFooter") or ""):
            yield f"{sheet.name} prints without a footer"
        for name, words in (("_xlnm.Print_Area", "print area"), ("_xlnm.Print_Titles", "print titles")):
            if name not in own:
                yield f"{sheet.name} has no {words}"
        if not _fits_width(package, sheet):
            yield f"{sheet.name} prints more than one page wide"


def _fits_width(package: Package, sheet: Sheet) -> bool:
    if sheet.attribute("sheetPr/pageSetUpPr", "fitToPage", "0") == "1":
        return sheet.attribute("pageSetup", "fitToWidth", "1") == "1"
    scale = int(sheet.attribute("pageSetup", "scale", "100")) / 100
    margins = sum(float(sheet.attribute("pageMargins", side, "0.7")) for side in ("left", "right"))
    room = PAPER_WIDTH - margins * POINTS_PER_INCH
    return _printed_width(package, sheet) * POINTS_PER_PIXEL * scale <= room * HOST_DIFFERENCE


def _printed_width(package: Package, sheet: Sheet) -> float:
    """Pixels from the first column to the last of the print area."""
    printed = [one.refers_to for one in package.names if one.name == "_xlnm.Print_Area" and one.sheet == sheet.index]
    areas = [Area.of(reference.rpartition("!")[2]) for reference in printed]
    last = max((area.right for area in areas if area), default=0)
    return sheet.pixels(0, last)


def merged_cells(package: Package) -> Found:
    """No merged cells in a table, and none in one another."""
    for sheet in package.sheets:
        merged = [(reference, Area.of(reference)) for reference in sheet.merged]
        for reference, area in merged:
            if area is None:
                yield f"{sheet.name} merges {reference}, which is no block of cells"
        blocks = [(reference, area) for reference, area in merged if area is not None]
        for reference, area in blocks:
            for table in sheet.tables:
                if table.area and table.area.overlaps(area):
                    yield f"{sheet.name}!{reference} is merged inside the table {table.name}"
        for (first, area), (second, other) in combinations(blocks, 2):
            if area.overlaps(other):
                yield f"{sheet.name}: the merged cells {first} and {second} overlap"


# -- tables


def table_columns(package: Package) -> Found:
    """Columns of a table have different names and numbers."""
    for table in package.tables.values():
        for name in _twice(column.name for column in table.columns):
            yield f"{table.name} has two columns {name}"
        for number in _twice(column.id for column in table.columns):
            yield f"{table.name} has two columns with the id {number}"


def table_headings(package: Package) -> Found:
    """The heading in the cell is the column's name, as text."""
    for sheet, table, area in _placed(package):
        if table.header_rows == 0:
            continue
        for offset, column in enumerate(table.columns):
            cell = sheet.cells.get((area.top, area.left + offset))
            shown = cell.value if cell is not None and cell.is_text else None
            if shown != column.name:
                yield f"{_in(table, column)} has the heading {shown!r}"


def table_areas(package: Package) -> Found:
    """A table is where its columns are, has a row, and is apart from others."""
    for sheet in package.sheets:
        for table in sheet.tables:
            yield from _area_faults(table)
        blocks = [(table.name, table.area) for table in sheet.tables if table.area]
        for (first, area), (second, other) in combinations(blocks, 2):
            if area.overlaps(other):
                yield f"the tables {first} and {second} overlap"


def _area_faults(table: TablePart) -> Found:
    area = table.area
    if area is None:
        yield f"{table.name} is at {table.reference!r}, which is no block of cells"
        return
    if area.right - area.left + 1 != len(table.columns):
        yield f"{table.name} has {len(table.columns)} columns over {table.reference}"
    if not table.body:
        yield f"{table.name} has no row below its heading"
    wanted = Area(area.top, area.left, area.bottom - table.total_rows, area.right)
    if table.filter_reference is not None and Area.of(table.filter_reference) != wanted:
        yield f"the filter of {table.name} is at {table.filter_reference}"


def table_names(package: Package) -> Found:
    """Names of tables are valid, and no other table or defined name has them; ids differ."""
    tables = [table for sheet in package.sheets for table in sheet.tables]
    taken = {name.name.lower() for name in package.names}
    for table in tables:
        if not _is_name(table.name):
            yield f"{table.name!r} cannot name a table"
        if table.name.lower() in taken:
            yield f"{table.name} names a table and something else"
    for name in _twice(table.name for table in tables):
        yield f"two tables are called {name}"
    for number in _twice(table.id for table in tables):
        yield f"two tables have the id {number}"


_PLAIN_LINK = re.compile(r'HYPERLINK\("[^"]*","[^"]*"\)')


def calculated_columns(package: Package) -> Found:
    """Every row of a table's column has the formula that the column gives a new row; an id may be a link."""
    for sheet, table, area in _placed(package):
        for offset, column in enumerate(table.columns):
            cells = [sheet.cells.get((row, area.left + offset)) for row in table.body]
            formulas = [cell.formula if cell else None for cell in cells]
            odd = [one for one in formulas if one != column.formula and not _PLAIN_LINK.fullmatch(one or "")]
            if odd:
                yield f"{_in(table, column)} gives new rows {column.formula!r}, and a row has {odd[0]!r}"


def _placed(package: Package) -> Iterator[tuple[Sheet, TablePart, Area]]:
    for sheet in package.sheets:
        for table in sheet.tables:
            if table.area is not None:
                yield sheet, table, table.area


# -- names and references


def defined_names(package: Package) -> Found:
    """Defined names are valid, told apart, and refer to something."""
    for name in package.names:
        if not name.name.startswith("_xlnm.") and not _is_name(name.name):
            yield f"{name.name!r} cannot be a defined name"
        if "#REF!" in name.refers_to or not name.refers_to:
            yield f"{name.name} refers to nothing"
    for both in _twice(f"{name.name}\n{name.sheet}" for name in package.names):
        yield f"{both.partition(chr(10))[0]} is defined twice"


def _is_name(name: str) -> bool:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or _LIKE_ROW_COLUMN.fullmatch(name):
        return False
    if not _LIKE_CELL.fullmatch(name):
        return True
    return column_number(re.sub(r"\d", "", name).upper()) >= 16_384


def unreadable_formulas(package: Package) -> Found:
    """Formulas can be taken apart, and none has lost what it referred to."""
    for formula in every_formula(package):
        if not _is_readable(formula):
            yield f"{formula.place} holds {formula.text!r}, which is no formula"
        elif any(one.subtype == Token.ERROR and one.value in LOST for one in formula.tokens):
            yield f"{formula.place} has lost what it referred to: {formula.text!r}"


def references(package: Package) -> Found:
    """Formulas refer to sheets, tables, columns and names that there are."""
    for formula in _formulas(package):
        for operand in formula.operands:
            for fault in _reference_faults(package, formula, operand):
                yield f"{formula.place} refers to {fault}: {formula.text}"


def _reference_faults(package: Package, formula: Formula, operand: str) -> Found:
    if _OTHER_FILE.search(operand):
        return  # another rule's
    table, bracket, inside = operand.partition("[")
    if bracket and "!" not in table:
        yield from _column_faults(package, formula, table.lstrip(":"), f"[{inside}")
        return
    sheets = {sheet.name.lower() for sheet in package.sheets}
    for quoted, plain in _SHEET.findall(operand):
        name = quoted.replace("''", "'") or plain
        if name.lower() not in sheets:
            yield f"a sheet {name} that is not there"
    cells = _SHEET.sub("", operand).replace("$", "")
    if re.fullmatch(r"[A-Z]+[0-9]+:[A-Z]+[0-9]+", cells) and Area.of(cells) is None:
        yield f"{cells}, which is turned round"
    for part in cells.split(":"):
        if not _is_known(package, part):
            yield f"{part}, which is no cell and no name"


def _is_known(package: Package, part: str) -> bool:
    like_cells = _CELLS.fullmatch(part) or re.fullmatch(r"[A-Z]{1,3}|\d+", part, re.IGNORECASE)
    return bool(like_cells) or part.startswith("_xlpm.") or part.lower() in package.known_names


def _column_faults(package: Package, formula: Formula, name: str, inside: str) -> Found:
    """Faults of a reference to a table: `inside` is what stands in its brackets, with them."""
    table = package.tables.get(name.lower()) if name else formula.table
    if table is None:
        yield f"a table {name} that is not there" if name else "a column without a table"
        return
    columns = {column.name.lower() for column in table.columns}
    for item in _items(inside):
        if item.lower() in _BLOCKS:
            if item.lower() == "#totals" and not table.total_rows:
                yield f"the totals of {table.name}, which has none"
        elif item and item.lstrip("@").lower() not in columns:
            yield f"a column {table.name}[{item}] that is not there"


def _items(inside: str) -> list[str]:
    """Columns and blocks that a structured reference names.

    >>> _items("[[#This Row],[Win rate]:[Deals]]"), _items("[it's]"), _items("[]")
    (['#This Row', 'Win rate', 'Deals'], ["it's"], [''])
    """
    content = inside[1:-1]
    found = _ITEM.findall(content) if "[" in content else [content]
    return [re.sub(r"'([\[\]#'@])", r"\1", item) for item in found]


def own_row_references(package: Package) -> Found:
    """A reference to a cell's own row names its table: what people type as [@Column] stands otherwise in a file."""
    for formula in _formulas(package):
        for operand in formula.operands:
            if re.search(r"\[@", operand) or re.match(r":?\[+#This Row\]", operand, re.IGNORECASE):
                yield f"{formula.place} refers to its own row by {operand}: write Table[[#This Row],[Column]]"


def structured_rules(package: Package) -> Found:
    """Conditional formats and data validations take no references to tables: Excel repairs the file."""
    for formula in _formulas(package):
        if formula.stands in {Stands.CONDITION, Stands.VALIDATION} and any("[" in one for one in formula.operands):
            yield f"{formula.place} refers to a table: {formula.text}"


def other_files(package: Package) -> Found:
    """Nothing is linked to another file."""
    for part in package.parts:
        if part.startswith("xl/externalLinks/"):
            yield f"{part} is a link to another workbook"
        owner = part.replace("_rels/", "").removesuffix(".rels")
        if not part.endswith(".rels") or not owner:
            continue
        for relation in package.relations(owner).values():
            if relation.outside and not (relation.kind == "hyperlink" and relation.target.startswith("https://")):
                yield f"{owner} points outside the file: {relation.target}"
    for formula in every_formula(package):
        if _OTHER_FILE.search(formula.text):
            yield f"{formula.place} refers to another workbook: {formula.text}"


# -- what formulas say


def functions(package: Package) -> Found:
    """Every function is Excel's, or one of ours where the workbook brings them."""
    for formula in _formulas(package):
        for name in formula.functions:
            plain = _plain(name)
            known = plain in FORMULAE or plain in FUTURE or (package.takes_macros and plain in CATALOG)
            if not known:
                yield f"{formula.place} calls {name}, which this edition does not know"


def prefixes(package: Package) -> Found:
    """Functions that are younger than the file format have the prefix that it asks for."""
    for formula in _formulas(package):
        for name in formula.functions:
            wanted = FUTURE.get(_plain(name), _plain(name))
            if name.upper() != wanted.upper():
                yield f"{formula.place} calls {name}; in a file it is {wanted}"


def _plain(name: str) -> str:
    return re.sub(r"^_xlfn\.(_xlws\.)?", "", name, flags=re.IGNORECASE).upper()


def formula_size(package: Package) -> Found:
    """Excel takes so long and so deep a formula."""
    for formula in _formulas(package):
        if len(formula.text) > LONGEST_FORMULA:
            yield f"{formula.place} has a formula of {len(formula.text)} characters"
        if formula.depth > DEEPEST_FORMULA:
            yield f"{formula.place} has {formula.depth} functions in one another"


def stored_results(package: Package) -> Found:
    """Every formula has its result beside it, for readers that do not compute."""
    for sheet in package.sheets:
        stored = {
            one.get("r") for one in sheet.root.iter() if one.tag.endswith("}c") and one.find("./{*}v") is not None
        }
        for cell in sheet.cells.values():
            if cell.formula is not None and cell.name not in stored:
                yield f"{_at(sheet, cell)} has no result"


def error_values(package: Package) -> Found:
    """No cell shows an error."""
    for sheet in package.sheets:
        for cell in sheet.cells.values():
            if cell.kind == "e" or (cell.formula is not None and is_error(cell.value)):
                yield f"{_at(sheet, cell)} shows {cell.value}"


def texts_like_formulas(package: Package) -> Found:
    """Text that begins like a formula is marked as text, so that it stays text when a person edits the cell."""
    for sheet in package.sheets:
        for cell in sheet.cells.values():
            if cell.is_text and is_active(str(cell.value)) and not package.looks[cell.look].quoted:
                yield f"{_at(sheet, cell)} holds the text {str(cell.value)[:40]!r}"


def clipped_texts(package: Package) -> Found:
    """Texts have the room that they take: their cell's, and that of blank cells beside them."""
    for sheet in package.sheets:
        merged = [area for area in map(Area.of, sheet.merged) if area is not None]
        for cell in sheet.cells.values():
            if not isinstance(cell.value, str) or not cell.value.strip() or cell.kind == "e":
                continue
            own = next((area for area in merged if area.holds(cell.row, cell.column)), None)
            area = own or Area(cell.row, cell.column, cell.row, cell.column)
            lacking = _room_lacking(sheet, area, cell.value, package.looks[cell.look])
            if lacking:
                yield f"{_at(sheet, cell)} lacks {lacking} for {cell.value[:60]!r}"


def _room_lacking(sheet: Sheet, area: Area, text: str, look: Look) -> str:
    width = sheet.pixels(area.left, area.right) - CELL_PADDING - look.indent * INDENT_PIXELS
    if look.shrunk:
        return ""
    if look.wrapped:
        needed = lines_needed(text, width + WRAP_MARGIN, look.size) * look.size * LEAST_LINE
        height = sheet.points(area.top, area.bottom)
        return f"{needed - height:.0f} points of height" if needed > height + ROUNDING else ""
    missing = pixels(text, look.size) - width
    for beside in _blank_beside(sheet, area, look.align):
        missing -= sheet.pixels(beside, beside)
        if missing <= 0:
            break
    return f"{missing:.0f} pixels of width" if missing > ROUNDING else ""


def _blank_beside(sheet: Sheet, area: Area, align: str) -> Iterator[int]:
    """Columns into which the text of an unmerged cell flows."""
    if area.left != area.right or align in {"center", "centerContinuous", "fill"}:
        return
    column, step = (area.left - 1, -1) if align == "right" else (area.right + 1, 1)
    while 0 <= column < LAST_COLUMN:
        cell = sheet.cells.get((area.top, column))
        if cell is not None and cell.is_filled:
            return
        yield column
        column += step


# -- rules for cells


def conditional_format_order(package: Package) -> Found:
    """Conditional formats of a sheet have different priorities, from 1."""
    for sheet in package.sheets:
        priorities = [rule.element.get("priority", "0") for rule in sheet.conditional_formats]
        if any(not one.isdigit() or int(one) == 0 for one in priorities):
            yield f"{sheet.name} has a conditional format of priority 0"
        for one in _twice(priorities):
            yield f"{sheet.name} has two conditional formats of priority {one}"


def data_validations(package: Package) -> Found:
    """Data validations are short enough for Excel, and a cell has one."""
    for sheet in package.sheets:
        rules = sheet.validations
        for rule in rules:
            for words in _too_long(rule.element.attrib, rule.formulas):
                yield f"a data validation of {sheet.name}, {rule.element.get('sqref')}, {words}"
        for first, second in combinations(rules, 2):
            if any(area.overlaps(other) for area in first.areas for other in second.areas):
                yield f"{sheet.name}: two data validations at {second.element.get('sqref')}"


def _too_long(said: dict[str, str], formulas: tuple[str, ...]) -> Found:
    if any(len(text) - 2 * text.startswith('"') > LONGEST_LIST for text in formulas):
        yield f"has a list or formula of more than {LONGEST_LIST} characters"
    for name, longest in _LONGEST.items():
        if len(said.get(name, "")) > longest:
            yield f"has an attribute {name} of more than {longest} characters"


def protection(package: Package) -> Found:
    """Formulas are locked without a password, inputs are not locked and look like inputs."""
    if any(one.tag.endswith("}workbookProtection") for one in package.workbook):
        yield "the structure of the workbook is protected"
    for sheet in package.sheets:
        told = sheet.find("sheetProtection")
        if told is not None and {"password", "hashValue", "algorithmName", "saltValue"} & set(told.attrib):
            yield f"{sheet.name} is protected with a password"
        for cell in sheet.cells.values():
            for words in _lock_faults(package, sheet, cell):
                yield f"{_at(sheet, cell)} {words}"


def _lock_faults(package: Package, sheet: Sheet, cell: Cell) -> Found:
    look = package.looks[cell.look]
    looks_like_input = (look.fill, look.ink) == (_stored_color(styles.INPUT_FILL), _stored_color(styles.INPUT_INK))
    if cell.formula is not None and not look.locked:
        yield "is a formula that is not locked"
    if cell.formula is not None and looks_like_input:
        yield "is a formula and looks like an input"
    if cell.formula is None and look.locked and looks_like_input and cell.value != LEGEND:
        yield "looks like an input and is locked"
    if cell.formula is None and not look.locked and not (looks_like_input or _came_from_export(package, sheet, cell)):
        yield "is not locked and does not look like an input"
    if look.locked and any(area.holds(cell.row, cell.column) for rule in sheet.validations for area in rule.areas):
        yield "has a data validation and is locked"


def _came_from_export(package: Package, sheet: Sheet, cell: Cell) -> bool:
    """Whether the column's heading says that a refresh wrote it: a person may clear such a cell."""
    above = (sheet.cells.get((row, cell.column)) for row in range(cell.row - 1, -1, -1))
    exported = _stored_color(styles.EXPORTED)
    return any(one is not None and package.looks[one.look].fill == exported for one in above)


def _stored_color(color: str) -> str:
    """A colour as the file has it: with its opacity before it."""
    return f"FF{color.removeprefix('#').upper()}"


# -- drawings


def described_drawings(package: Package) -> Found:
    """Every drawing says what it shows, for those who cannot see it; every chart has a title."""
    for sheet, drawing in _drawings(package):
        if not drawing.description.strip():
            yield f"{sheet.name}: the {drawing.kind} {drawing.name!r} has no alternative text"
        if drawing.chart is not None and not _title(drawing):
            yield f"{sheet.name}: the chart {drawing.name!r} has no title"


def _title(drawing: Drawing) -> str:
    assert drawing.chart is not None
    title = drawing.chart.find(f"{CHART}chart/{CHART}title")
    if title is None:
        return ""
    words = "".join(one.text or "" for one in title.iter(f"{DRAWN}t"))
    return words.strip() or "".join(one.text or "" for one in title.iter(f"{CHART}f"))


def chart_references(package: Package) -> Found:
    """Charts draw cells of sheets that there are, and say nothing of tables."""
    sheets = {sheet.name.lower(): sheet for sheet in package.sheets}
    names = {name.name.lower() for name in package.names}
    for sheet, drawing in _drawings(package):
        if drawing.chart is None:
            continue
        for one in drawing.chart.iter(f"{CHART}f"):
            for place in _chart_places(one.text or ""):
                named, _, cells = place.rpartition("!")
                name = named.strip("'").replace("''", "'").lower()
                known = name in sheets and (Area.of(cells) is not None or cells.lower() in names)
                if not known:
                    yield f"{sheet.name}: the chart {drawing.name!r} draws {one.text}"


def _chart_places(reference: str) -> list[str]:
    """The blocks of cells that a chart's reference names.

    >>> _chart_places("('A, b'!$A$1,Plan!$B$2)")
    ["'A, b'!$A$1", 'Plan!$B$2']
    """
    inside = reference[1:-1] if reference.startswith("(") else reference
    return re.findall(r"(?:'(?:[^']|'')*'|[^',])+", inside) or [reference]


def drawing_places(package: Package) -> Found:
    """Drawings hide neither one another nor cells that hold something."""
    for sheet in package.sheets:
        for drawing in sheet.drawings:
            if drawing.place is None:
                yield f"{sheet.name}: {drawing.name!r} is not held by two cells"
            hidden = [
                cell.name for cell in sheet.cells.values() if cell.is_filled and drawing.covers(cell.row, cell.column)
            ]
            if hidden:
                yield f"{sheet.name}: {drawing.name!r} hides {', '.join(hidden[:5])}"
        for first, second in combinations(sheet.drawings, 2):
            if first.overlaps(second):
                yield f"{sheet.name}: {first.name!r} and {second.name!r} overlap"


def _drawings(package: Package) -> Iterator[tuple[Sheet, Drawing]]:
    for sheet in package.sheets:
        for drawing in sheet.drawings:
            yield sheet, drawing


# -- looks


def house_style(package: Package) -> Found:
    """One font, one type scale, and no more cell styles than one look needs."""
    for name in sorted({font.name for font in package.fonts} - {styles.FONT}):
        yield f"the font {name!r} is not {styles.FONT}"
    for size in sorted({font.size for font in package.fonts} - TYPE_SCALE):
        yield f"the type size {size:g} is not of the scale {', '.join(f'{one:g}' for one in sorted(TYPE_SCALE))}"
    if len(package.looks) > MOST_LOOKS:
        yield f"there are {len(package.looks)} cell styles"
    for sheet, drawing in _drawings(package):
        faces = (
            set() if drawing.chart is None else {one.get("typeface") for one in drawing.chart.iter(f"{DRAWN}latin")}
        )
        for face in sorted(str(one) for one in faces - {styles.FONT}):
            yield f"{sheet.name}: the chart {drawing.name!r} is written in {face}"


# -- macros


def macros(package: Package) -> Found:
    """A workbook without macros holds nothing that runs; one with macros holds our modules and no others."""
    running = [
        part
        for part in package.parts
        if re.search(r"vbaProject|vbaData|activeX|ctrlProps|customUI|macrosheets|embeddings", part, re.IGNORECASE)
    ]
    if not package.takes_macros:
        yield from (f"{part} is in a workbook without macros" for part in running)
        return
    yield from (f"{part} is none of our parts" for part in running if not _is_our_part(part))
    if "xl/vbaProject.bin" not in package.parts:
        yield "the workbook is of the kind with macros and has none"
        return
    found = modules_in(package.parts["xl/vbaProject.bin"])
    ours = {module.name: _code(module.source) for module in _our_modules()}
    documents = {"ThisWorkbook", *(sheet.attribute("sheetPr", "codeName") for sheet in package.sheets)}
    for name, code in found.items():
        if name in documents and code in {"", "Option Explicit"}:
            continue
        if code != ours.get(name):
            yield f"the module {name} is not ours as it stands"
    for module in workbook_modules():
        if module.name not in found:
            yield f"the module {module.name} is missing"


def _is_our_part(part: str) -> bool:
    return part in {"xl/vbaProject.bin", "customUI/customUI14.xml"}


def buttons(package: Package) -> Found:
    """What a click runs is a macro of the workbook's own modules; a workbook without macros has no such click."""
    project = package.parts.get("xl/vbaProject.bin")
    found = {} if project is None else modules_in(project)
    for sheet, drawing in _drawings(package):
        module, _, name = drawing.macro.removeprefix("[0]!").rpartition(".")
        if drawing.macro and not re.search(rf"(?mi)^(Public )?Sub {re.escape(name)}\(\)", found.get(module, "")):
            yield f"{sheet.name}: {drawing.name!r} runs {drawing.macro}, which is not there"


@cache
def modules_in(project: bytes) -> dict[str, str]:
    """Module name to code, without the attributes that every module has."""
    parser = VBA_Parser("vbaProject.bin", data=project)
    try:
        return {path.rpartition("/")[2]: _code(code) for _, path, _, code in parser.extract_all_macros()}
    finally:
        parser.close()


def _code(source: str) -> str:
    lines = (line.rstrip() for line in source.splitlines())
    return "\n".join(line for line in lines if not line.startswith("Attribute VB_")).strip()


@cache
def _our_modules() -> tuple[Module, ...]:
    folder = files("xlfunnel.excel") / "vba"
    sources = [one for one in folder.iterdir() if one.name.endswith((".bas", ".cls"))]
    read = [read_module(one.name.rpartition(".")[0], one.read_text(encoding="utf-8")) for one in sources]
    return (*read, functions_module(), help_module())


RULES: tuple[Check, ...] = (
    sheet_names,
    hidden_things,
    opening,
    print_setup,
    merged_cells,
    table_columns,
    table_headings,
    table_areas,
    table_names,
    calculated_columns,
    defined_names,
    unreadable_formulas,
    references,
    own_row_references,
    structured_rules,
    other_files,
    functions,
    prefixes,
    formula_size,
    stored_results,
    error_values,
    texts_like_formulas,
    clipped_texts,
    conditional_format_order,
    data_validations,
    protection,
    described_drawings,
    chart_references,
    drawing_places,
    house_style,
    macros,
    buttons,
)
