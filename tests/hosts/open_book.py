"""An open workbook as Office.js has it: what it sends, and what the calls that come back make of it.

The calls are carried out on the file's parts, as Excel would on its cells, and each is refused that Excel would take
for something else than it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.markup import Element, parse, serialised
from xlfunnel.ooxml.references import Area, area_of
from xlfunnel.ooxml.remaking import later_sections
from xlfunnel.ooxml.sheet import SheetPart
from xlfunnel.ooxml.structure import TablePlace
from xlfunnel.ooxml.workbook_file import WorkbookFile

Action = dict[str, Any]
DAY = re.compile(r"[dy]", re.IGNORECASE)
UNSAFE = re.compile(r"^[=+\-@']|\d")
"""What Excel might take for a formula, a number or a date."""
TRUTHS = {"true", "false", "wahr", "falsch", "vrai", "faux"}


class OpenBook:
    """A workbook that a person has open."""

    def __init__(self, content: bytes, name: str) -> None:
        self.file = WorkbookFile.from_bytes(content)
        self.name = name
        self.formats: dict[tuple[str, int, int], str] = {}
        self.heights: dict[tuple[str, int], float] = {}
        self.inks: dict[tuple[str, int, int], str] = {}
        """Colours that were given to words, as a file has them."""
        self.codes: dict[int, str] = {}
        self.alerts: list[str] = []
        self.calls: list[str] = []

    # -- what is sent

    def sent(self) -> dict[str, Any]:
        """The workbook in JSON."""
        return {
            "book": {"name": self.name, "active_sheet_index": 0, "selection": "A1"},
            "names": [self._name(*one) for one in self._defined()],
            "sheets": [self._sheet(sheet) for sheet in self.file.sheets],
        }

    def _defined(self) -> list[tuple[str, int, str]]:
        block = self.file.root.child("definedNames")
        items = list(block.elements("definedName")) if block else []
        return [(i.attributes["name"], i.whole("localSheetId", -1), i.text) for i in items]

    def _name(self, name: str, scope: int, text: str) -> dict[str, Any]:
        place = re.fullmatch(r"(?:'((?:[^']|'')+)'|([^'!]+))!([$A-Z0-9:]+)", text)
        sheet = (place[1] or place[2]).replace("''", "'") if place else ""
        return {
            "name": name,
            "sheet_index": self.file.sheets.index(sheet) if sheet in self.file.sheets else None,
            "address": place[3].replace("$", "") if place else None,
            "refers_to": f"={text}",
            "book_scope": scope < 0,
            "scope_sheet_name": None if scope < 0 else self.file.sheets[scope],
            "scope_sheet_index": None if scope < 0 else scope,
        }

    def _sheet(self, sheet: str) -> dict[str, Any]:
        part = self.file.sheet_part(sheet)
        numbers = part.row_numbers
        rows = [part.row(number) for number in range(max(numbers, default=-1) + 1)]
        wide = max((max(row.cells) for row in rows if row and row.cells), default=-1) + 1
        values = [[self._value(part, row.cells.get(column)) if row else "" for column in range(wide)] for row in rows]
        own = [table for table in self.file.tables.values() if table.sheet == sheet]
        lists: dict[str, list[Any]] = {key: [] for key in ("pictures", "shapes", "charts", "notes", "pivot_tables")}
        tables = [self._table(table) for table in own]
        return {
            "name": sheet,
            "visibility": "Visible",
            "values": values,
            "tables": tables,
            "print_area": None,
        } | lists

    def _value(self, part: SheetPart, cell: Element | None) -> Any:
        value = None if cell is None else part.value_of(cell)
        if isinstance(value, ExcelCode):
            return value.value
        if cell is not None and type(value) is float and DAY.search(self._code(cell.whole("s"))):
            return (datetime(1899, 12, 30) + timedelta(days=value)).isoformat()
        return "" if value is None else value

    def _code(self, style: int) -> str:
        if style not in self.codes:
            code = self.file.number_format(style).replace("General", "")
            self.codes[style] = re.sub(r'"[^"]*"|\[[^\]]*\]', "", code)
        return self.codes[style]

    def _table(self, table: TablePlace) -> dict[str, Any]:
        return {
            "name": table.name,
            "range_address": table.whole.name,
            "header_row_range_address": Area(table.header_row, table.left, table.header_row, table.right).name,
            "data_body_range_address": table.data.name,
            "total_row_range_address": None,
            "show_headers": True,
            "show_totals": False,
            "table_style": "",
            "show_autofilter": False,
        }

    # -- what comes back

    def make(self, actions: list[Action]) -> None:
        """Carry the calls out, one after the other."""
        for action in actions:
            self.calls.append(action["func"])
            CALLS[action["func"]](self, action)

    def sheet_of(self, action: Action) -> str:
        return self.file.sheets[action["sheet_position"]]

    def area_of(self, action: Action) -> Area:
        top, left = action["start_row"], action["start_column"]
        return Area(top, left, top + action["row_count"] - 1, left + action["column_count"] - 1)

    def set_values(self, action: Action) -> None:
        sheet, area = self.sheet_of(action), self.area_of(action)
        assert (len(action["values"]), len(action["values"][0])) == (action["row_count"], action["column_count"])
        part = self.file.sheet_part(sheet)
        heads = {table.header_row for table in self.file.tables.values() if table.sheet == sheet}
        for at, value in zip(area.cells(), (v for row in action["values"] for v in row), strict=True):
            if at[0] in heads:
                self._rename(sheet, at, understood(value))
            part.check_writable(*at, "a cell")
            part.put(*at, self.file.storable(understood(value), "a cell"))

    def _rename(self, sheet: str, at: tuple[int, int], name: Any) -> None:
        """A heading that is written over gives the table's column its name; Excel alters one that is taken."""
        for table in self.file.tables.values():
            if table.sheet != sheet or table.header_row != at[0] or not table.whole.holds(*at):
                continue
            root = parse(self.file.package.read(table.part), table.part)
            columns = list(root.below("tableColumn"))
            own = columns[at[1] - table.left]
            assert name.casefold() not in {c.attributes["name"].casefold() for c in columns if c is not own}
            own.attributes["name"] = name
            self.file.package.replace(table.part, serialised(root))
            self.file.tables_changed()

    def set_formula(self, action: Action) -> None:
        for at, text in zip(self.area_of(action).cells(), (v for row in action["values"] for v in row), strict=True):
            assert text.startswith("=")
            assert "_xl" not in text, "Excel shows such a prefix and computes nothing"
            self.file.write_formula(self.sheet_of(action), *at, text, None)

    def resize_table(self, action: Action) -> None:
        number, address = action["args"]
        table = [one for one in self.file.tables.values() if one.sheet == self.sheet_of(action)][number]
        area = area_of(address)
        assert area is not None
        assert (area.top, area.left, area.right) == (table.whole.top, table.left, table.right)
        content = self.file.package.read(table.part)
        self.file.package.replace(
            table.part, content.replace(f'"{table.whole.name}"'.encode(), f'"{area.name}"'.encode())
        )
        self.file.tables_changed()

    def copy_range(self, action: Action) -> None:
        """Fill the target with a row of as many columns, or with one cell."""
        sheet, model = self.sheet_of(action), self.area_of(action)
        there, target = self.file.sheets[action["args"][0]], area_of(action["args"][1])
        assert target is not None
        assert model.top == model.bottom
        assert (model.left, model.right) == (target.left, target.right) or model.left == model.right
        part, row = self.file.sheet_part(there), self.file.sheet_part(sheet).row(model.top)
        assert not any(area.meets(target) for area in part.merged), "Excel would part them"
        for at in target.cells():
            column = model.left if model.left == model.right else at[1]
            source = row.cells.get(column) if row else None
            value = self.file.value(sheet, model.top, column)
            self.file.write(there, *at, value)
            style = source.attributes.get("s", "0") if source is not None else "0"
            part.changing_row(at[0]).cell(at[1]).attributes["s"] = style
            self._forget((there, *at))

    def _forget(self, at: tuple[str, int, int]) -> None:
        self.formats.pop(at, None)
        self.inks.pop(at, None)

    def merge(self, action: Action) -> None:
        sheet, area = self.sheet_of(action), self.area_of(action)
        part = self.file.sheet_part(sheet)
        assert not any(one.meets(area) for one in part.merged)
        rest = [at for at in area.cells() if at != (area.top, area.left)]
        assert not any(self.file.value(sheet, *at) for at in rest), "Excel would lose what stands there"
        tree = part.changing_tree()
        block = tree.child("mergeCells")
        if block is None:
            block = tree.new("mergeCells")
            tree.insert(block, later_sections("mergeCells"))
        block.children.append(block.new("mergeCell", {"ref": area.name}))
        part.part_merged(Area(0, 0, -1, -1))

    def unmerge(self, action: Action) -> None:
        self.file.sheet_part(self.sheet_of(action)).part_merged(self.area_of(action))

    def set_font(self, action: Action) -> None:
        name, color = action["args"]
        assert name == "color"
        sheet = self.sheet_of(action)
        self.inks |= {(sheet, *at): f"FF{color.removeprefix('#').upper()}" for at in self.area_of(action).cells()}

    def clear_range(self, action: Action) -> None:
        sheet = self.sheet_of(action)
        part = self.file.sheet_part(sheet)
        for row, column in self.area_of(action).cells():
            self.file.write(sheet, row, column, None)
            part.changing_row(row).cells.pop(column, None)
            self._forget((sheet, row, column))

    def set_number_format(self, action: Action) -> None:
        sheet = self.sheet_of(action)
        self.formats |= {(sheet, *at): action["args"][0] for at in self.area_of(action).cells()}

    def set_row_height(self, action: Action) -> None:
        self.heights |= {(self.sheet_of(action), at[0]): action["args"][0] for at in self.area_of(action).cells()}

    def set_name(self, action: Action) -> None:
        name, for_all, scope, text = action["args"]
        self._lead(name, -1 if for_all else scope, text)

    def set_print_area(self, action: Action) -> None:
        sheet = self.sheet_of(action)
        self._lead("_xlnm.Print_Area", action["sheet_position"], f"={_quoted(sheet)}!{action['args'][0]}")

    def _lead(self, name: str, scope: int, text: str) -> None:
        block = self.file.changing_root().child("definedNames")
        assert block is not None
        found = [
            i
            for i in block.elements("definedName")
            if i.attributes["name"] == name and i.whole("localSheetId", -1) == scope
        ]
        assert len(found) == 1, f"{name} is not there once"
        found[0].children = [text.removeprefix("=")]

    def alert(self, action: Action) -> None:
        self.alerts.append(action["args"][0])

    def nothing(self, _action: Action) -> None:
        """What changes nothing in a file."""


def _quoted(sheet: str) -> str:
    return sheet if re.fullmatch(r"[A-Za-z]+", sheet) else f"'{sheet}'"


def understood(value: Any) -> Any:
    """What Excel makes of a value that it is given; one that it might take for another is refused."""
    if value == "":
        return None
    if not isinstance(value, str):
        assert isinstance(value, (bool, float, int)), f"{value!r} has no place in a cell"
        return value
    if value.startswith("'"):
        return value[1:]
    if value in set(ExcelCode):
        return ExcelCode(value)
    assert not UNSAFE.search(value), f"{value!r} might be read as something else"
    assert value.casefold() not in TRUTHS
    return value


CALLS: Mapping[str, Callable[[OpenBook, Action], None]] = MappingProxyType(
    {
        "setValues": OpenBook.set_values,
        "setFormula": OpenBook.set_formula,
        "resizeTable": OpenBook.resize_table,
        "copyRange": OpenBook.copy_range,
        "rangeClear": OpenBook.clear_range,
        "rangeMerge": OpenBook.merge,
        "rangeUnmerge": OpenBook.unmerge,
        "setFontProperty": OpenBook.set_font,
        "setNumberFormat": OpenBook.set_number_format,
        "setRowHeight": OpenBook.set_row_height,
        "setNameRefersTo": OpenBook.set_name,
        "setPrintArea": OpenBook.set_print_area,
        "alert": OpenBook.alert,
        "setScreenUpdating": OpenBook.nothing,
        "setColumnWidth": OpenBook.nothing,
    }
)
