"""A workbook file: what stands in its cells, names and tables, and changes that leave everything else as it was."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeVar

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.bulk_rows import kept_formulas, write_columns
from xlfunnel.ooxml.charts import refresh_caches
from xlfunnel.ooxml.faults import NoFormulaHere, NotThere, TableHeading
from xlfunnel.ooxml.growth import check_growth, followers, grow_table
from xlfunnel.ooxml.macros import has_macros, remove_macros
from xlfunnel.ooxml.markup import Element, parse, serialised
from xlfunnel.ooxml.new_sheets import add_blank_sheet
from xlfunnel.ooxml.package import Package
from xlfunnel.ooxml.pivots import refresh_on_load
from xlfunnel.ooxml.properties import custom_properties, set_custom_property
from xlfunnel.ooxml.recalculation import Recalculated, recalculate
from xlfunnel.ooxml.references import cell_name, quoted_sheet
from xlfunnel.ooxml.relationships import related, relationships, remove_part, remove_relationships
from xlfunnel.ooxml.shared_strings import SharedStrings
from xlfunnel.ooxml.sheet import SheetPart
from xlfunnel.ooxml.shrinking import shrink_table
from xlfunnel.ooxml.structure import Place, TablePlace, named_places, sheet_parts, table_places, workbook_part
from xlfunnel.ooxml.styles import Styles
from xlfunnel.ooxml.table_rows import calculated_columns, checked_rows, table_columns, used_rows, write_rows
from xlfunnel.ooxml.values import CellValue, Writable, checked, is_active, serial
from xlfunnel.saving import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_Found = TypeVar("_Found")
_AFTER_CALCULATION = frozenset(
    (
        "oleSize",
        "customWorkbookViews",
        "pivotCaches",
        "smartTagPr",
        "smartTagTypes",
        "webPublishing",
        "fileRecoveryPr",
        "webPublishObjects",
        "extLst",
    )
)
"""What stands behind the settings of calculation in the list of sheets."""


class WorkbookFile:
    """A workbook file in memory. Rows and columns count from 0, as they do where our workbooks are built.

    Formulas are given and taken as they are typed, with the equals sign, though in the file's form: newer functions
    with their `_xlfn.` prefix, cells of a table's own row as `Table[[#This Row],[Column]]`.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        self._workbook = workbook_part(package)
        self._root = parse(package.read(self._workbook), self._workbook)
        self._parts = sheet_parts(package, self._workbook, self._root)
        texts = next(iter(related(package, self._workbook, "sharedStrings")), "")
        self._strings = SharedStrings(package, texts)
        self._opened: dict[str, SheetPart] = {}
        self._styles: Styles | None = None
        self._tables: dict[str, TablePlace] | None = None
        self._names: dict[str, Place] | None = None
        self._root_changed = False
        self._formulas_changed = False
        properties = self._root.child("workbookPr")
        self.since_1904 = properties is not None and properties.attributes.get("date1904") in {"1", "true"}

    @classmethod
    def open(cls, path: Path) -> WorkbookFile:
        """Read a file. Raises `DamagedWorkbook`, `LockedWorkbook` or `UnsafeWorkbook`."""
        return cls(Package.open(path))

    @classmethod
    def from_bytes(cls, content: bytes) -> WorkbookFile:
        """Read the bytes of a file."""
        return cls(Package(content))

    # -- what there is

    @property
    def properties(self) -> dict[str, str]:
        """The custom document properties."""
        return custom_properties(self._package)

    def set_property(self, name: str, value: str) -> None:
        """Give a custom document property a text."""
        set_custom_property(self._package, name, value)

    @property
    def sheets(self) -> tuple[str, ...]:
        """The worksheets in the order of their tabs."""
        return tuple(self._parts)

    @property
    def names(self) -> Mapping[str, Place]:
        """The names that lead to one cell or area."""
        if self._names is None:
            self._names = named_places(self._root)
        return self._names

    @property
    def tables(self) -> Mapping[str, TablePlace]:
        """The tables of all sheets."""
        if self._tables is None:
            self._tables = table_places(self._package, self._parts)
        return self._tables

    def table(self, name: str) -> TablePlace:
        """One table, upper and lower case alike. Raises `NotThere`."""
        found = _by_name(self.tables, name)
        if found is None:
            raise NotThere("table", name, tuple(self.tables))
        return found

    def place(self, name: str) -> Place:
        """Where a name leads, upper and lower case alike. Raises `NotThere`."""
        found = _by_name(self.names, name)
        if found is None:
            raise NotThere("name of a cell", name, tuple(self.names))
        return found

    # -- reading

    def value(self, sheet: str, row: int, column: int) -> CellValue:
        """What a cell shows; for a formula, the result that was saved with it. A date is a serial."""
        return self._sheet(sheet).value(row, column)

    def formula(self, sheet: str, row: int, column: int) -> str | None:
        """The formula of a cell with its equals sign; None where there is none; an array's, in its first cell."""
        return self._sheet(sheet).formula(row, column)

    def is_array(self, sheet: str, row: int, column: int) -> bool:
        """Whether a cell belongs to the range of an array formula or data table."""
        return any(area.holds(row, column) for area in self._sheet(sheet).arrays)

    def formulas(self) -> Iterator[tuple[str, int, int, str]]:
        """Sheet, row, column and text of every formula."""
        for sheet in self.sheets:
            for row, column, text in self._sheet(sheet).formulas():
                yield sheet, row, column, text

    def shown_formulas(self) -> Iterator[tuple[tuple[str, int, int], str, CellValue]]:
        """Cell, text and saved result of every formula."""
        for sheet in self.sheets:
            for row, column, text, value in self._sheet(sheet).shown_formulas():
                yield (sheet, row, column), text, value

    def cell_name(self, sheet: str, row: int, column: int) -> str:
        """A cell as a formula would name it: `'By source'!B7`."""
        return f"{quoted_sheet(sheet)}!{cell_name(row, column)}"

    def read_name(self, name: str) -> CellValue:
        """What the first cell of a name shows."""
        place = self.place(name)
        return self.value(place.sheet, place.top, place.left)

    def read_table(self, name: str) -> list[dict[str, CellValue]]:
        """The rows of a table, blank ones among them, by column."""
        table = self.table(name)
        sheet = self._sheet(table.sheet)
        records = []
        for number in range(table.first_row, table.last_row + 1):
            row = sheet.row(number)
            cells = row.cells if row else {}
            held = [cells.get(table.left + index) for index in range(len(table.columns))]
            values = [None if cell is None else sheet.value_of(cell) for cell in held]
            records.append(dict(zip(table.columns, values, strict=True)))
        return records

    # -- writing

    def write(self, sheet: str, row: int, column: int, value: Writable) -> None:
        """Put a value into a cell; None clears it. The format stays, and text is text whatever it begins with.

        Raises `UnwritableValue`, `HiddenByMerge` or `PartOfArray`.
        """
        part = self._sheet(sheet)
        place = self.cell_name(sheet, row, column)
        part.check_writable(row, column, place)
        held = self.storable(value, place)
        self._check_heading(sheet, row, column, held)
        self._note_formula(part, row, column)
        part.put(row, column, held)
        self._mark_text(part, row, column, held)

    def write_formula(self, sheet: str, row: int, column: int, formula: str, result: Writable) -> None:
        """Put a formula into a cell, with the result that it shows until it is calculated."""
        part = self._sheet(sheet)
        place = self.cell_name(sheet, row, column)
        part.check_writable(row, column, place)
        self._check_heading(sheet, row, column, None)
        part.put_formula(row, column, formula, self.storable(result, place))
        self._mark_text(part, row, column, None)
        self._formulas_changed = True

    def set_result(self, sheet: str, row: int, column: int, result: Writable) -> None:
        """Change only what a formula's cell shows. Raises `NoFormulaHere`."""
        part = self._sheet(sheet)
        place = self.cell_name(sheet, row, column)
        if part.formula(row, column) is None and not self.is_array(sheet, row, column):
            msg = f"{place} holds no formula whose result could be set; write a value there"
            raise NoFormulaHere(msg)
        part.put_result(row, column, self.storable(result, place))
        part.changed_cells.add((row, column))

    def keep_value(self, sheet: str, row: int, column: int) -> None:
        """Take a cell's formula away and leave what it shows; of an array formula, what all its cells show."""
        part = self._sheet(sheet)
        self._note_formula(part, row, column)
        part.freeze(row, column)

    def write_name(self, name: str, value: Writable) -> None:
        """Put a value into the first cell of a name."""
        place = self.place(name)
        self.write(place.sheet, place.top, place.left, value)

    # -- tables

    def input_columns(self, name: str) -> tuple[str, ...]:
        """The columns of a table that take values: it keeps no formula for them, and some row is without one."""
        table = self.table(name)
        calculated = calculated_columns(self, table)
        return tuple(column for column in table.columns if column not in calculated)

    def column_formulas(self) -> Iterator[tuple[str, str, str]]:
        """Table, column and text of the formulas that tables keep for rows to come."""
        for table in self.tables.values():
            root = parse(self._package.read(table.part), table.part)
            for column, item in table_columns(root, table):
                held = item.child("calculatedColumnFormula")
                if held is not None:
                    yield table.name, column, f"={held.text}"

    def set_column_formula(self, name: str, column: str, formula: str | None) -> None:
        """Change the formula that a table keeps for a column's rows to come; None takes it away. Cells stay."""
        table = self.table(name)
        root = parse(self._package.read(table.part), table.part)
        for heading, item in table_columns(root, table):
            held = item.child("calculatedColumnFormula")
            if heading.casefold() != column.casefold() or held is None:
                continue
            if formula is None:
                item.remove(held)
            else:
                held.attributes.pop("array", None)
                held.children = [formula.removeprefix("=")]
            self._package.replace(table.part, serialised(root))

    def fill(self, name: str, rows: Sequence[Mapping[str, Writable]]) -> None:
        """Write rows from the first one on, clear the columns of values below, make the table longer where needed.

        A column that a row does not mention is cleared in it. Raises `NotThere` or `FormulaColumn` before anything is
        written, and what `grow` raises.
        """
        table = checked_rows(self, name, rows)
        if len(rows) > table.rows:
            self.grow(name, len(rows) - table.rows)
        blank: list[Mapping[str, Writable]] = [{}] * (table.rows - len(rows))
        write_rows(self, self.table(name), table.first_row, [*rows, *blank])

    def append(self, name: str, rows: Sequence[Mapping[str, Writable]]) -> None:
        """Write rows below the last row that holds a value of its own, and make the table longer where needed."""
        table = checked_rows(self, name, rows)
        used = used_rows(self, table)
        missing = used + len(rows) - table.rows
        if missing > 0:
            self.grow(name, missing)
        write_rows(self, self.table(name), table.first_row + used, rows)

    def fill_columns(self, name: str, columns: Mapping[str, Sequence[Writable]]) -> None:
        """Make a table as long as these columns, at least one row, and write them all; fast where they are long.

        A column of values that is not named is cleared, and formulas go on. The rows take the first row's formats.
        Raises `NotThere` or `FormulaColumn` before anything is written, and what `grow` and `shrink` raise.
        """
        table = self.table(name)
        formulas = kept_formulas(self, table, columns)
        lengths = {len(values) for values in columns.values()}
        if len(lengths) != 1:
            msg = f"the columns for {name} must be equally long, received {sorted(lengths)} rows"
            raise ValueError(msg)
        count = max(*lengths, 1)
        if count > table.rows:
            grow_table(self, table, count - table.rows, blank=True)
            self._tables = None
        self.shrink(name, table.rows - count)
        held = {column: values or (None,) for column, values in columns.items()}
        write_columns(self, self.table(name), held, formulas)
        self._formulas_changed = True

    def shrink(self, name: str, count: int) -> None:
        """Take rows from a table's end, blank their cells, and shorten all that reaches to its end.

        Raises `CannotGrow` where no row would be left, or totals stand below.
        """
        if count <= 0:
            return
        shrink_table(self, self.table(name), count)
        self._tables = None
        self._formulas_changed = True

    def grow(self, name: str, count: int) -> None:
        """Add rows at a table's end, with its formulas and formats, and extend all that reaches to its end.

        Raises `NoRoomToGrow` where something stands below, and `CannotGrow`.
        """
        if count <= 0:
            return
        table = self.table(name)
        grow_table(self, table, count)
        self._tables = None
        self._formulas_changed = True

    def grow_with_followers(self, name: str, count: int) -> tuple[str, ...]:
        """Add rows to a table, and to the tables that read it row by row; gives the names of those.

        A follower is a table whose first column reads a column of this one, or of another follower, by INDEX. Raises
        what `grow` raises before any of them is changed.
        """
        later = followers(self, self.table(name))
        for each in (name, *later):
            check_growth(self, self.table(each), count)
        for each in (name, *later):
            self.grow(each, count)
        return later

    def refresh_chart_caches(self) -> None:
        """Write what the sheets show now into the charts, so that a previewer draws the new figures."""
        refresh_caches(self)

    def remove_macros(self) -> None:
        """Take out the code, the ribbon and the buttons; save the result as .xlsx."""
        remove_macros(self)

    @property
    def has_macros(self) -> bool:
        """Whether the workbook carries code."""
        return has_macros(self)

    def recalculate(self, native: Callable[[str], str | None]) -> Recalculated:
        """Compute the results anew without a spreadsheet program; `native` translates a formula, or gives None."""
        return recalculate(self, native)

    # -- the whole file

    def to_bytes(self) -> bytes:
        """The file. What was not touched has the bytes that it had."""
        changed = {sheet: part for sheet, part in self._opened.items() if part.changed}
        for sheet, part in changed.items():
            self._package.replace(self._parts[sheet], part.to_bytes())
        if self._styles is not None and self._styles.changed:
            self._package.replace(self._styles.part, self._styles.to_bytes())
        if self._formulas_changed:
            self._drop_calculation_order()
        if changed:
            self._calculate_on_load()
            refresh_on_load(self, changed)
        if self._root_changed:
            self._package.replace(self._workbook, serialised(self._root))
        return self._package.to_bytes()

    def save(self, path: Path) -> None:
        """Write the file beside its place and swap it in at the end; an earlier one with other content is kept."""
        content = self.to_bytes()
        with replacing(path) as part:
            part.write_bytes(content)

    # -- for the other modules of this room

    def sheet_part(self, sheet: str) -> SheetPart:
        """The cells of a sheet. Raises `NotThere`."""
        return self._sheet(sheet)

    @property
    def root(self) -> Element:
        """The list of sheets and names, to look at."""
        return self._root

    def number_format(self, style: int) -> str:
        """How a cell of that format shows a number."""
        styles = self._all_styles()
        return "General" if styles is None else styles.number_format(style)

    @property
    def styles(self) -> Styles | None:
        """The list of formats."""
        return self._all_styles()

    def add_sheet(self, sheet: str) -> None:
        """Add a blank sheet behind the others; its name must be free, upper and lower case alike."""
        self._parts[sheet] = add_blank_sheet(self, sheet)

    def replace_sheet(self, sheet: str, content: bytes) -> None:
        """Put another part in a sheet's place; what it leads to is the caller's."""
        part = self._parts[sheet]
        self._package.replace(part, content)
        self._opened[sheet] = SheetPart(content, part, self._strings)
        self._tables = None
        self._formulas_changed = True

    def tables_changed(self) -> None:
        """Note that parts of tables are other ones."""
        self._tables = None

    def quoted_style(self, style: int) -> int:
        """The format with the mark that its content is text, whatever it begins with."""
        styles = self._all_styles()
        return style if styles is None else styles.quoted(style)

    def plain_style(self, style: int) -> int:
        """The format without that mark."""
        styles = self._all_styles()
        return style if styles is None else styles.unquoted(style)

    def named(self, name: str) -> Place | None:
        """Where a name leads, if there is one."""
        return _by_name(self.names, name)

    def changed_cells(self) -> Iterator[tuple[str, int, int]]:
        """Sheet, row and column of the cells whose value or formula was changed since the file was opened."""
        for sheet, part in self._opened.items():
            yield from ((sheet, row, column) for row, column in part.changed_cells)

    def is_open(self, sheet: str) -> bool:
        """Whether a sheet was looked at."""
        return sheet in self._opened

    def formulas_changed(self) -> None:
        """Note that formulas are other ones, so that they are put in order anew."""
        self._formulas_changed = True

    def changing_root(self) -> Element:
        """The list of sheets and names, to change."""
        self._root_changed = True
        self._names = None
        return self._root

    @property
    def package(self) -> Package:
        """The parts."""
        return self._package

    @property
    def workbook_part(self) -> str:
        """The part that lists the sheets."""
        return self._workbook

    def part_of(self, sheet: str) -> str:
        """The part that holds a sheet."""
        return self._parts[sheet]

    def _sheet(self, sheet: str) -> SheetPart:
        if sheet not in self._parts:
            raise NotThere("sheet", sheet, self.sheets)
        if sheet not in self._opened:
            part = self._parts[sheet]
            self._opened[sheet] = SheetPart(self._package.read(part), part, self._strings)
        return self._opened[sheet]

    def storable(self, value: Writable, place: str) -> CellValue:
        """A value as a cell keeps it; `place` is for the message. Raises `UnwritableValue`."""
        value = checked(value, place)
        return serial(value, since_1904=self.since_1904) if isinstance(value, date) else value

    def _check_heading(self, sheet: str, row: int, column: int, value: CellValue) -> None:
        """Refuse another heading of a table than the table itself says: Excel would call the file damaged."""
        for table in self.tables.values():
            if table.sheet != sheet or not table.headed or row != table.header_row:
                continue
            if table.left <= column <= table.right and value != table.columns[column - table.left]:
                place = self.cell_name(sheet, row, column)
                msg = f"{place} is a heading of the table {table.name}; rename the column in a spreadsheet program"
                raise TableHeading(msg)

    def _note_formula(self, part: SheetPart, row: int, column: int) -> None:
        self._formulas_changed |= part.has_formula(row) and part.formula(row, column) is not None

    def _mark_text(self, part: SheetPart, row: int, column: int, value: CellValue) -> None:
        """Mark text that looks like a formula as text, and take the mark from what is none."""
        held = part.row(row)
        if held is None or column not in held.cells:
            return
        active = isinstance(value, str) and not isinstance(value, ExcelCode) and is_active(value)
        style = held.cells[column].whole("s")
        if not active and style == 0:
            return
        styles = self._all_styles()
        if styles is None:
            return
        chosen = styles.quoted(style) if active else styles.unquoted(style)
        if chosen != style:
            part.changing_row(row).cell(column).attributes["s"] = str(chosen)

    def _all_styles(self) -> Styles | None:
        if self._styles is None:
            part = next(iter(related(self._package, self._workbook, "styles")), None)
            self._styles = Styles(self._package, part) if part else None
        return self._styles

    def _drop_calculation_order(self) -> None:
        """The order in which cells were calculated holds no longer; Excel finds it anew."""
        arrows = [one for one in relationships(self._package, self._workbook) if one.kind == "calcChain"]
        remove_relationships(self._package, self._workbook, {one.id for one in arrows})
        for one in arrows:
            remove_part(self._package, one.part)

    def _calculate_on_load(self) -> None:
        settings = self._root.child("calcPr")
        if settings is None:
            settings = self._root.new("calcPr")
            self._root.insert(settings, _AFTER_CALCULATION)
        if settings.attributes.get("fullCalcOnLoad") != "1":
            settings.attributes["fullCalcOnLoad"] = "1"
            self._root_changed = True


def _by_name(places: Mapping[str, _Found], name: str) -> _Found | None:
    if name in places:
        return places[name]
    return next((place for known, place in places.items() if known.casefold() == name.casefold()), None)
