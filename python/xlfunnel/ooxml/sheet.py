"""One sheet's part: rows are cut out as bytes and only those that are looked at or changed are parsed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.faults import DamagedWorkbook, HiddenByMerge, PartOfArray
from xlfunnel.ooxml.links import is_constant
from xlfunnel.ooxml.markup import Element, Verbatim, fragment, is_plain, parse, serialised
from xlfunnel.ooxml.plain_formulas import plain_formulas, with_result
from xlfunnel.ooxml.references import Area, area_of, cell_name, check_cell, column_index, moved
from xlfunnel.ooxml.values import CellValue, error_code, file_text, moment_serial, number_text, plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHEET_DATA = re.compile(rb"<((?:[\w.-]+:)?)sheetData\b[^>]*?(/?)>")
_ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"']\s*(\d+)\s*[\"']")
_ARRAY = re.compile(rb"<(?:[\w.-]+:)?f\b[^>]*\bt\s*=\s*[\"'](?:array|dataTable)[\"'][^>]*>")
_SHARED = re.compile(rb"<(?:[\w.-]+:)?f\b[^>]*\bt\s*=\s*[\"']shared[\"'][^>]*>")
_REF = re.compile(rb"\sref\s*=\s*[\"']([^\"']*)[\"']")
_MARK = "<?rows?>"
_MOST_LOOKED_AT = 1_000
"""Parsed rows that are kept because they may be looked at again."""
_MOST_NOTED = 500
"""Rows whose cells are noted one by one as changed."""


class Row:
    """One parsed row; cells by column."""

    def __init__(self, element: Element, number: int) -> None:
        self.element = element
        self.number = number
        self.cells: dict[int, Element] = {}
        column = -1
        for cell in element.elements("c"):
            written = cell.attributes.get("r", "").rstrip("0123456789")
            column = column_index(written) if written else column + 1
            self.cells[column] = cell

    def cell(self, column: int) -> Element:
        """The cell in a column, made where there is none."""
        if column not in self.cells:
            self.cells[column] = self.element.new("c", {"r": cell_name(self.number, column)})
        return self.cells[column]

    def to_bytes(self) -> bytes:
        """The row with its cells in order."""
        self.element.attributes["r"] = str(self.number + 1)
        for column, cell in self.cells.items():
            cell.attributes["r"] = cell_name(self.number, column)
        others = [child for child in self.element.elements() if child.local != "c"]
        self.element.children = [*(self.cells[column] for column in sorted(self.cells)), *others]
        return fragment(self.element)


class SheetPart:
    """A sheet's cells, and through `tree` everything around them."""

    def __init__(self, content: bytes, part: str, shared_strings: Callable[[int], str]) -> None:
        self.part = part
        self._strings = shared_strings
        content = utf8_markup(content, part)
        begin = _SHEET_DATA.search(content)
        if begin is None:
            msg = f"its part {part} has no cells' section"
            raise DamagedWorkbook(msg)
        prefix, closed = begin.groups()
        name = prefix + b"sheetData"
        if closed:
            self._head, body, self._tail = content[: begin.end() - 2] + b">", b"", content[begin.end() :]
            self._tail = b"</" + name + b">" + self._tail
        else:
            end = content.rfind(b"</" + name)
            self._head, body, self._tail = content[: begin.end()], content[begin.end() : end], content[end:]
        self._prefix = prefix.decode()
        self._original = content
        self._rows: dict[int, bytes | Row] = _rows(body, prefix, part)
        self._looked_at: dict[int, tuple[bytes, Row]] = {}
        self._cell_begin = b"<" + prefix + b"c "
        name = re.escape(prefix + b"c")
        self.cell_pattern = re.compile(rb"<" + name + rb"(?=[\s/>])[^>]*?(?:/>|>.*?</" + name + rb"\s*>)", re.DOTALL)
        """Finds the cells of a row as bytes."""
        self._cell_letters = re.compile(re.escape(self._cell_begin) + rb"r=\"([A-Z]+)")
        self._merged: list[Area] | None = None
        self._tree: Element | None = None
        self._opening = self._closing = b""
        self._tree_changed = False
        self._changed_rows: set[int] = set()
        self.changed_cells: set[tuple[int, int]] = set()
        """The cells whose value or formula was changed, from 0; not those whose result alone was."""
        self._reach: Area | None = None
        self._arrays: list[Area] | None = None
        self._shared: dict[str, tuple[int, int, str]] | None = None
        self._formula_begin = b"<" + prefix + b"f"
        self._formula_rows: set[int] | None = None

    # -- around the cells

    @property
    def tree(self) -> Element:
        """The part without its rows, to look at."""
        if self._tree is None:
            self._tree = parse(self._head + self._tail, self.part)
        return self._tree

    def changing_tree(self) -> Element:
        """The part without its rows, to change."""
        self._tree_changed = True
        return self.tree

    @property
    def changed(self) -> bool:
        """Whether anything is to be written."""
        return self._tree_changed or bool(self._changed_rows)

    @property
    def merged(self) -> list[Area]:
        """The merged cells."""
        if self._merged is None:
            block = self.tree.child("mergeCells")
            areas = (area_of(cell.attributes.get("ref", "")) for cell in block.elements("mergeCell")) if block else ()
            self._merged = [area for area in areas if area is not None]
        return self._merged

    def part_merged(self, over: Area) -> None:
        """Let merged cells that meet an area be cells of their own."""
        block = self.tree.child("mergeCells")
        for cell in list(block.elements("mergeCell")) if block else ():
            area = area_of(cell.attributes.get("ref", ""))
            if block is not None and area is not None and area.meets(over):
                self.changing_tree()
                block.remove(cell)
        if block is not None and not list(block.elements()):
            self.changing_tree().remove(block)
        self._merged = None

    # -- rows

    @property
    def row_numbers(self) -> list[int]:
        """The rows that the part holds, from 0, in order."""
        return sorted(self._rows)

    def row(self, number: int) -> Row | None:
        """A row to look at."""
        held = self._rows.get(number)
        if not isinstance(held, bytes):
            return held
        known = self._looked_at.get(number)
        if known is not None and known[0] is held:
            return known[1]
        if len(self._looked_at) >= _MOST_LOOKED_AT:
            self._looked_at.clear()
        row = self._parsed(held, number)
        self._looked_at[number] = held, row
        return row

    def changing_row(self, number: int) -> Row:
        """A row to change, made where there is none."""
        held = self._rows.get(number)
        if self._formula_rows is not None:
            self._formula_rows.add(number)
        if isinstance(held, Row):
            self._changed_rows.add(number)
            return held
        if held is None:
            root = self.tree
            row = Row(root.new("row", {"r": str(number + 1)}), number)
        else:
            known = self._looked_at.pop(number, None)
            row = known[1] if known is not None and known[0] is held else self._parsed(held, number)
            row.element.attributes.pop("spans", None)  # a hint that a new cell would make wrong
        self._rows[number] = row
        self._changed_rows.add(number)
        return row

    @property
    def tag(self) -> str:
        """What stands before the name of a row or cell, with its colon; mostly nothing."""
        return self._prefix

    def row_bytes(self, number: int) -> bytes | None:
        """A row as it would be written; None where there is none."""
        held = self._rows.get(number)
        return held.to_bytes() if isinstance(held, Row) else held

    def replace_rows(self, rows: dict[int, bytes], area: Area) -> None:
        """Put whole rows in place of those with their numbers; `area` is what changed in them."""
        self._rows.update(rows)
        self._changed_rows.update(rows)
        if self._formula_rows is not None:
            self._formula_rows.difference_update(rows)
            self._formula_rows.update(number for number, row in rows.items() if self._may_compute(row))
        self._arrays = self._shared = None
        for column in range(area.left, area.right + 1):
            self.reached(area.top, column)
            self.reached(area.bottom, column)

    def map_rows(self, change: Callable[[bytes], bytes]) -> None:
        """Change every row as bytes."""
        for number in self._rows:
            self._rows[number] = change(self.row_bytes(number) or b"")
            self._changed_rows.add(number)
        self._arrays = self._shared = self._formula_rows = None

    def note_all_changed(self) -> None:
        """Note that every cell is another one; of long runs of rows their ends stand for all."""
        self._tree_changed = True
        numbers = self.row_numbers
        for number in {*numbers[:_MOST_NOTED], *numbers[-1:]}:
            self.changed_cells.update((number, column) for column in self.columns_of(number))

    def columns_of(self, number: int) -> list[int]:
        """The columns of a row's cells, by a look at its bytes where these are as spreadsheet programs write them."""
        held = self._rows.get(number)
        if isinstance(held, bytes):
            letters = self._cell_letters.findall(held)
            if len(letters) == held.count(self._cell_begin):
                return [column_index(written.decode()) for written in letters]
        row = self.row(number)
        return list(row.cells) if row else []

    def last_column(self, number: int) -> int:
        """The last column of a row that has a cell, -1 without any."""
        held = self._rows.get(number)
        if isinstance(held, bytes):
            found = self._cell_letters.match(held, held.rfind(self._cell_begin))
            if found is not None:
                return column_index(found[1].decode())
        return max(self.columns_of(number), default=-1)

    def settle(self, number: int) -> None:
        """Keep a changed row as bytes, which take less memory than a tree."""
        held = self._rows.get(number)
        if isinstance(held, Row):
            self._rows[number] = held.to_bytes()

    def _parsed(self, content: bytes, number: int) -> Row:
        element = self._wrapped(content).child("row")
        if element is None:
            msg = f"its part {self.part} has a damaged row {number + 1}"
            raise DamagedWorkbook(msg)
        return Row(element, number)

    def _wrapped(self, content: bytes) -> Element:
        """Rows or cells within a root that declares what theirs does."""
        if not self._opening:
            names = " ".join(
                f'{name}="{value}"' for name, value in self.tree.attributes.items() if name.startswith("xmlns")
            )
            self._opening = f"<{self.tree.name} {names}>".encode()
            self._closing = f"</{self.tree.name}>".encode()
        return parse(self._opening + content + self._closing, self.part)

    # -- cells

    def value(self, row: int, column: int) -> CellValue:
        """What the cell shows, as the file says."""
        check_cell(row, column)
        cell = self._cell(row, column)
        return None if cell is None else self.value_of(cell)

    def _cell(self, row: int, column: int) -> Element | None:
        """A cell to look at: cut out of a row that was not parsed, where it is plainly seen."""
        content = self._rows.get(row)
        if isinstance(content, bytes) and row not in self._looked_at:
            begin = content.find(b'%br="%b"' % (self._cell_begin, cell_name(row, column).encode()))
            found = self.cell_pattern.match(content, begin) if begin >= 0 else None
            if found is not None:
                return self._wrapped(found[0]).child("c")
        held = self.row(row)
        return held.cells.get(column) if held else None

    def value_of(self, cell: Element) -> CellValue:
        """The value of a cell's element."""
        kind = cell.attributes.get("t", "n")
        if kind == "inlineStr":
            held = cell.child("is")
            return "" if held is None else shown_text(held)
        element = cell.child("v")
        text = "" if element is None else element.text
        if kind == "str":
            return None if element is None else plain_text(text)
        if not text.strip():
            return None
        return self.typed(kind, text.strip())

    def typed(self, kind: str, text: str) -> CellValue:
        """The value of a cell by its kind and what stands in it. Raises `DamagedWorkbook`."""
        try:
            if kind == "s":
                return self._strings(int(text))
            if kind == "b":
                return text in {"1", "true"}
            if kind == "e":
                return error_code(text)
            return moment_serial(text) if kind == "d" else float(text)
        except ValueError as fault:
            msg = f'its part {self.part} has a cell with the value "{text[:40]}"'
            raise DamagedWorkbook(msg) from fault

    def formula(self, row: int, column: int) -> str | None:
        """The formula as a person would type it, with its equals sign; None where there is none."""
        check_cell(row, column)
        held = self.row(row)
        cell = held.cells.get(column) if held else None
        return None if cell is None else self.formula_of(cell, row, column)

    def formula_of(self, cell: Element, row: int, column: int) -> str | None:
        """The formula of a cell's element."""
        element = cell.child("f")
        if element is None or element.attributes.get("t") == "dataTable":
            return None
        if element.text:
            return f"={element.text}"
        master = self._masters().get(element.attributes.get("si", ""))
        if element.attributes.get("t") != "shared" or master is None:
            return None
        return "=" + moved(master[2], row - master[0], column - master[1])

    def has_formula(self, number: int) -> bool:
        """Whether a row may hold a formula: a look at its bytes, where it was not parsed."""
        held = self._rows.get(number)
        return not isinstance(held, bytes) or f"<{self._prefix}f".encode() in held

    def formulas(self, mark: bytes = b"") -> Iterator[tuple[int, int, str]]:
        """Row, column and text of every formula; rows without one, or without the mark, are not parsed.

        Rows whose only formulas are links of plain words have none: nothing that changes elsewhere changes them.
        """
        return ((row, column, text) for row, column, text, _ in self.shown_formulas(mark))

    def shown_formulas(self, mark: bytes = b"") -> Iterator[tuple[int, int, str, CellValue]]:
        """The same, with what each formula shows."""
        for number in self._computing_rows():
            held = self._rows[number]
            if isinstance(held, bytes) and mark not in held and not _SHARED.search(held):
                continue
            seen = plain_formulas(held) if isinstance(held, bytes) and not self._prefix else None
            if seen is not None:
                for column, text, kind, written in seen:
                    yield number, column, f"={text}", self._shown(kind, written)
                continue
            row = self.row(number)
            for column in sorted(row.cells) if row else ():
                formula = self.formula_of(row.cells[column], number, column) if row else None
                if row and formula is not None:
                    yield number, column, formula, self.value_of(row.cells[column])

    def _shown(self, kind: str, written: str | None) -> CellValue:
        """What a formula shows, by the kind of its result and as that is written."""
        if kind == "str":
            return None if written is None else plain_text(written)
        text = (written or "").strip()
        return self.typed(kind or "n", text) if text else None

    def _computing_rows(self) -> list[int]:
        """The rows, in order, that may hold a formula which is more than a link of plain words."""
        if self._formula_rows is None:
            self._formula_rows = {number for number, row in self._rows.items() if self._may_compute(row)}
        return sorted(self._formula_rows)

    def _may_compute(self, row: bytes | Row) -> bool:
        begin = self._formula_begin
        return isinstance(row, Row) or (begin in row and not is_constant(row, begin))

    @property
    def arrays(self) -> list[Area]:
        """The ranges of array formulas (spilling ones, too) and of data tables."""
        if self._arrays is None:
            found = (
                area_of(ref[1].decode())
                for tag in self._formula_tags(_ARRAY)
                if (ref := _REF.search(tag)) is not None
            )
            self._arrays = [area for area in found if area is not None]
        return self._arrays

    def _formula_tags(self, kind: re.Pattern[bytes]) -> Iterator[bytes]:
        for number in self._computing_rows():
            held = self._rows[number]
            content = held if isinstance(held, bytes) else fragment(held.element)
            yield from kind.findall(content)

    def _masters(self) -> dict[str, tuple[int, int, str]]:
        """Where each shared formula stands, and its text."""
        if self._shared is None:
            self._shared = {}
            for number in self._computing_rows():
                held = self._rows[number]
                if isinstance(held, bytes) and not _SHARED.search(held):
                    continue
                row = self.row(number)
                for column, cell in row.cells.items() if row else ():
                    element = cell.child("f")
                    if element is not None and element.attributes.get("t") == "shared" and element.text:
                        self._shared[element.attributes.get("si", "")] = (number, column, element.text)
        return self._shared

    # -- changes

    def check_writable(self, row: int, column: int, place: str) -> None:
        """Refuse a cell that a merged cell covers, or that shows part of another cell's array."""
        check_cell(row, column)
        for area in self.merged:
            if area.holds(row, column) and (row, column) != (area.top, area.left):
                msg = f"{place} lies under the merged cells {area.name}; write to {cell_name(area.top, area.left)}"
                raise HiddenByMerge(msg)
        for area in self.arrays:
            if area.holds(row, column) and (row, column) != (area.top, area.left):
                first = cell_name(area.top, area.left)
                msg = f"{place} shows part of the array formula in {first}; change that one"
                raise PartOfArray(msg)

    def put(self, row: int, column: int, value: CellValue) -> None:
        """Give a cell a value in place of all that it held; its format stays."""
        self._empty(row, column)
        if value is None:
            held = self.row(row)
            if held is None or column not in held.cells:
                return
        self.set_value(self.changing_row(row).cell(column), value)
        self.reached(row, column)

    def put_formula(self, row: int, column: int, text: str, result: CellValue) -> None:
        """Give a cell a formula and the result that it shows until it is calculated."""
        self._empty(row, column)
        cell = self.changing_row(row).cell(column)
        for name in ("cm", "vm"):
            cell.attributes.pop(name, None)
        cell.insert(cell.new("f", text=text.removeprefix("=")), frozenset({"v", "is", "extLst"}))
        self.set_value(cell, result, computed=True)
        self.reached(row, column)

    def put_result(self, row: int, column: int, result: CellValue) -> None:
        """Change only what a cell shows."""
        held = self._rows.get(row)
        if isinstance(held, bytes) and not self._prefix:
            new = with_result(held, cell_name(row, column), *_result_written(result))
            if new is not None:
                self._rows[row] = new
                self._changed_rows.add(row)
                return
        self.set_value(self.changing_row(row).cell(column), result, computed=True)

    def rewrite_formulas(self, rewrite: Callable[[str], str], mark: bytes) -> bool:
        """Change formulas as `rewrite` says, of which those that change hold `mark`; whether any did."""
        changes = [
            (row, column, new)
            for row, column, text in self.formulas(mark)
            if (new := rewrite(text)) != text and not self._is_data_table(row, column)
        ]
        for row, column, _ in changes:
            formula = self.changing_row(row).cell(column).child("f")
            if formula is not None and formula.attributes.get("t") == "shared":
                self._unshare(formula.attributes.get("si", ""))
        for row, column, new in changes:
            formula = self.changing_row(row).cell(column).child("f")
            if formula is not None:
                formula.children = [new.removeprefix("=")]
                self.changed_cells.add((row, column))
        return bool(changes)

    def copy_cell(self, source: tuple[int, int], row: int, formula: str | None) -> None:
        """Give a row the cell of another row: its format and the formula given, and no value."""
        held = self.row(source[0])
        model = held.cells.get(source[1]) if held else None
        if model is None:
            return
        cell = self.changing_row(row).cell(source[1])
        kept = {name: value for name, value in model.attributes.items() if name in {"s", "cm"}}
        if formula is None:
            kept.pop("cm", None)
        cell.attributes = {"r": cell_name(row, source[1]), **kept}
        cell.children = []
        if formula is not None:
            cell.children.append(self._copied_formula(cell, model, formula))
        self.reached(row, source[1])

    def _copied_formula(self, cell: Element, model: Element, formula: str) -> Element:
        new = cell.new("f", text=formula.removeprefix("="))
        old = model.child("f")
        if old is not None and old.attributes.get("t") == "array":
            new.attributes = {"t": "array", "ref": cell.attributes["r"]}
            self._arrays = None
        return new

    def freeze(self, row: int, column: int) -> None:
        """Leave what a formula's cell shows, and take the formula away."""
        held = self.row(row)
        formula = held.cells[column].child("f") if held and column in held.cells else None
        if formula is None:
            return
        if formula.attributes.get("t") == "shared":
            self._unshare(formula.attributes.get("si", ""))
        self._arrays = None
        cell = self.changing_row(row).cell(column)
        self.set_value(cell, self.value_of(cell))

    def set_value(self, cell: Element, value: CellValue, *, computed: bool = False) -> None:
        """Write a value into a cell's element in place of the value there."""
        cell.children = [
            child for child in cell.elements() if child.local not in ({"v", "is"} if computed else {"v", "is", "f"})
        ]
        for name in ("t",) if computed else ("t", "cm", "vm"):
            cell.attributes.pop(name, None)
        if value is None:
            return
        kind, content = _written(cell, value, computed=computed)
        if kind:
            cell.attributes["t"] = kind
        after = frozenset({"extLst"})
        cell.insert(content, after)

    def _is_data_table(self, row: int, column: int) -> bool:
        held = self.row(row)
        formula = held.cells[column].child("f") if held else None
        return formula is None or formula.attributes.get("t") == "dataTable"

    def _empty(self, row: int, column: int) -> None:
        """Before a cell is overwritten: keep what depends on the formula in it."""
        if not self.has_formula(row):
            return
        held = self.row(row)
        cell = held.cells.get(column) if held else None
        formula = cell.child("f") if cell is not None else None
        if cell is None or formula is None:
            return
        kind = formula.attributes.get("t")
        if kind == "shared" and formula.text:
            self._unshare(formula.attributes.get("si", ""))
        if kind in {"array", "dataTable"}:
            self._clear_array(area_of(formula.attributes.get("ref", "")), row, column)
        own = self.changing_row(row).cell(column)
        own.children = [child for child in own.elements() if child.local != "f"]

    def _unshare(self, group: str) -> None:
        """Give each cell of a shared formula its own text."""
        self._masters()  # before the first of them changes
        for number in self.row_numbers:
            row = self.row(number)
            for column, cell in list(row.cells.items()) if row else ():
                formula = cell.child("f")
                if (
                    formula is None
                    or formula.attributes.get("t") != "shared"
                    or formula.attributes.get("si") != group
                ):
                    continue
                text = self.formula_of(cell, number, column) or "="
                own = self.changing_row(number).cell(column).child("f")
                if own is not None:
                    own.attributes = {}
                    own.children = [text.removeprefix("=")]
        self._shared = None

    def _clear_array(self, area: Area | None, row: int, column: int) -> None:
        self._arrays = None
        for place in area.cells() if area else ():
            held = self.row(place[0])
            if place != (row, column) and held is not None and place[1] in held.cells:
                self.set_value(self.changing_row(place[0]).cell(place[1]), None)

    def reached(self, row: int, column: int) -> None:
        """Note that a cell is another one."""
        self.changed_cells.add((row, column))
        reach = self._reach or Area(row, column, row, column)
        self._reach = Area(
            min(reach.top, row), min(reach.left, column), max(reach.bottom, row), max(reach.right, column)
        )

    def _widen_dimension(self) -> None:
        dimension = self.tree.child("dimension")
        if dimension is None or self._reach is None:
            return
        old, reach = area_of(dimension.attributes.get("ref", "")) or self._reach, self._reach
        new = Area(
            min(old.top, reach.top),
            min(old.left, reach.left),
            max(old.bottom, reach.bottom),
            max(old.right, reach.right),
        )
        if new.name != dimension.attributes.get("ref"):
            self.changing_tree()
            dimension.attributes["ref"] = new.name

    def to_bytes(self) -> bytes:
        """The part; the same bytes where nothing changed, and in every row and around the rows where nothing did."""
        self._widen_dimension()
        if not self.changed:
            return self._original
        head, tail = self._head, self._tail
        if self._tree_changed:
            for data in self.tree.elements("sheetData"):
                data.children = [Verbatim(_MARK)]
            head, _, tail = serialised(self.tree).partition(_MARK.encode())
        rows = (held if isinstance(held, bytes) else held.to_bytes() for _, held in sorted(self._rows.items()))
        return b"".join((head, *rows, tail))


def _rows(body: bytes, prefix: bytes, part: str) -> dict[int, bytes | Row]:
    """The rows by number. Those that say their number first, as most programs write them, are cut out by it."""
    begin, closing = b"<" + prefix + b'row r="', b"</" + prefix + b"row>"
    *pieces, rest = body.split(closing)
    rows: dict[int, bytes | Row] = {}
    number, first = -1, len(begin)
    for piece in pieces:
        end = piece.find(b">")
        written = piece[first : piece.find(b'"', first)] if piece.startswith(begin) else b""
        if not written.isdigit() or piece[end - 1 : end] == b"/":
            number = _cut_rows(rows, piece + closing, prefix, part, number)
            continue
        number = int(written) - 1
        if number in rows:
            raise DamagedWorkbook(_twice(part, number))
        rows[number] = piece + closing
    _cut_rows(rows, rest, prefix, part, number)
    return rows


def _cut_rows(rows: dict[int, bytes | Row], body: bytes, prefix: bytes, part: str, number: int) -> int:
    """Cut out rows that may be written in any way, `number` being that of the row before; gives the last one's."""
    opening = re.compile(rb"<" + re.escape(prefix) + rb"row(?=[\s/>])[^>]*>")
    closing, begin = b"</" + prefix + b"row", 0
    while (tag := opening.search(body, begin)) is not None:
        end = tag.end()
        if not tag[0].endswith(b"/>"):
            closed = body.find(closing, end)
            end = body.find(b">", closed) + 1
            if closed < 0 or not end:
                msg = f"its part {part} has a row without an end"
                raise DamagedWorkbook(msg)
        written = _ROW_NUMBER.search(tag[0])
        number = int(written[1]) - 1 if written else number + 1
        if number in rows:
            raise DamagedWorkbook(_twice(part, number))
        rows[number] = body[tag.start() : end]
        begin = end
    return number


def _twice(part: str, number: int) -> str:
    return f"its part {part} has row {number + 1} twice"


def utf8_markup(content: bytes, part: str) -> bytes:
    """A part in UTF-8 and without comments among its elements, so that these can be cut out of it."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    if is_plain(content):
        return content
    root = parse(content, part)
    _drop_comments(root)
    return serialised(root)


def _drop_comments(element: Element) -> None:
    element.children = [child for child in element.children if not isinstance(child, Verbatim)]
    for child in element.elements():
        _drop_comments(child)


def shown_text(held: Element) -> str:
    """The text of a rich or plain string, without its reading aid."""
    pieces = []
    for child in held.elements():
        if child.local == "t":
            pieces.append(child.text)
        elif child.local == "r":
            pieces += [piece.text for piece in child.elements("t")]
    return plain_text("".join(pieces))


def _result_written(value: CellValue) -> tuple[str, str | None]:
    """The kind of a result and how it is written; None where nothing is shown."""
    if value is None:
        return "", None
    if isinstance(value, bool):
        return "b", str(int(value))
    if isinstance(value, ExcelCode):
        return "e", value.value
    return ("str", file_text(value)) if isinstance(value, str) else ("", number_text(value))


def _written(cell: Element, value: CellValue, *, computed: bool) -> tuple[str, Element]:
    kind, text = _result_written(value)
    if computed or kind != "str":
        return kind, cell.new("v", text=text or "")
    text = text or ""
    content = cell.new("is")
    held = cell.new("t", text=text)
    if text != text.strip() or "\n" in text or "  " in text:
        held.attributes["xml:space"] = "preserve"
    content.children.append(held)
    return "inlineStr", content
