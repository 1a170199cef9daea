"""Many rows written into a table at once: each row's bytes are joined from its columns, and none becomes a tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import ExcelCode
from xlfunnel.ooxml.faults import FormulaColumn, NotThere
from xlfunnel.ooxml.links import link_cell
from xlfunnel.ooxml.markup import escaped, parse
from xlfunnel.ooxml.references import Area, column_index, column_letters, moved, references
from xlfunnel.ooxml.table_rows import calculated_columns, table_columns
from xlfunnel.ooxml.values import file_text, is_active, number_text
from xlfunnel.table import Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xlfunnel.ooxml.column_cells import Texts
    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.values import Writable
    from xlfunnel.ooxml.workbook_file import WorkbookFile

Rows = dict[int, bytes]
"""Rows by number, from 0."""

_MANY: Final = 200
"""Rows from which on Arrow is worth its loading."""
_BLOCK: Final = 16_384
"""Rows that are written at once."""
_ROW_OPENING = re.compile(rb"^<[^>]*?(/?)>")
_LETTERS = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]+)")
_SPANS = re.compile(rb"\sspans\s*=\s*[\"'][^\"']*[\"']")


def kept_formulas(book: WorkbookFile, table: TablePlace, named: Iterable[str]) -> dict[str, str]:
    """The formula of each calculated column, as it reads in the first row; before the table changes its length.

    Raises `NotThere` or `FormulaColumn` where a column named cannot be filled.
    """
    formulas = _formulas(book, book.sheet_part(table.sheet), table)
    for column in named:
        if table.column(column) is None:
            raise NotThere(f"column in the table {table.name} named", column, table.columns)
        if column.casefold() in {name.casefold() for name in formulas}:
            msg = f'the column "{column}" of the table {table.name} holds formulas; leave it out'
            raise FormulaColumn(msg)
    return formulas


def write_columns(
    book: WorkbookFile, table: TablePlace, columns: Mapping[str, Sequence[Writable]], formulas: Mapping[str, str]
) -> None:
    """Write whole columns of a table that has the rows already; a column of values that is not named is cleared.

    The first row's formats hold for all rows. What stands beside the table in its rows stays as it is. Raises
    `UnwritableValue` before any row is changed.
    """
    sheet = book.sheet_part(table.sheet)
    given = {name.casefold(): values for name, values in columns.items()}
    model = sheet.row(table.first_row)
    writers: list[_FormulaCells | _ValueCells] = []
    for at, name in enumerate(table.columns, table.left):
        cell = model.cells.get(at) if model else None
        style = 0 if cell is None else cell.whole("s")
        if name in formulas:
            writers.append(_FormulaCells(sheet, table, at, style, formulas[name]))
        else:
            values = given.get(name.casefold(), (None,) * table.rows)
            writers.append(_ValueCells(book, sheet, table, at, name, style, values))
    written = _one_by_one if table.rows < _MANY else _in_blocks
    sheet.replace_rows(written(sheet, table, writers), Area(table.first_row, table.left, table.last_row, table.right))


def _one_by_one(sheet: SheetPart, table: TablePlace, writers: Sequence[_FormulaCells | _ValueCells]) -> Rows:
    opening = _opening(sheet.row_bytes(table.first_row) or b"", sheet.tag)
    pieces = [writer.cells(0, table.rows) for writer in writers]
    return {
        number: _row(sheet, number, opening, "".join(cells).encode(), table)
        for number, cells in enumerate(zip(*pieces, strict=True), table.first_row)
    }


def _in_blocks(sheet: SheetPart, table: TablePlace, writers: Sequence[_FormulaCells | _ValueCells]) -> Rows:
    """The same by Arrow, which takes a moment to load."""
    from xlfunnel.ooxml import column_cells as arrow  # noqa: PLC0415

    opening = _opening(sheet.row_bytes(table.first_row) or b"", sheet.tag)
    before, after = f'{opening[0].decode()} r="', f'"{opening[1].decode()}'
    rows: Rows = {}
    for begin in range(0, table.rows, _BLOCK):
        end = min(begin + _BLOCK, table.rows)
        first = table.first_row + begin
        numbers = arrow.row_numbers(first + 1, end - begin)
        cells = [writer.all_cells(numbers, begin, end) for writer in writers]
        rows |= enumerate(arrow.rows_as_bytes(numbers, before, after, cells, f"</{sheet.tag}row>"), first)
        held = [number for number in range(first, first + end - begin) if sheet.row_bytes(number) is not None]
        within = arrow.cells_as_bytes(cells) if held else []
        rows |= {number: _row(sheet, number, opening, within[number - first], table) for number in held}
    return rows


def _formulas(book: WorkbookFile, sheet: SheetPart, table: TablePlace) -> dict[str, str]:
    """The formula of each calculated column, as it reads in the first row."""
    calculated = calculated_columns(book, table)
    found: dict[str, str] = {}
    root = parse(book.package.read(table.part), table.part)
    for at, (name, item) in enumerate(table_columns(root, table), table.left):
        if name in calculated:
            declared = item.child("calculatedColumnFormula")
            formula = sheet.formula(table.first_row, at) or (f"={declared.text}" if declared else None)
            if formula is not None:
                found[name] = formula.removeprefix("=")
    return found


class _FormulaCells:
    """The cells of a calculated column; their results are those to be computed."""

    def __init__(self, sheet: SheetPart, table: TablePlace, at: int, style: int, formula: str) -> None:
        self._table, self._tag, self._letters = table, sheet.tag, column_letters(at)
        self._look = f' s="{style}"' if style else ""
        self._formula, self._moves = formula, any(references(formula))

    def cells(self, begin: int, end: int) -> list[str]:
        """The cells of some rows of the table, from `begin` up to `end`."""
        tag, same, cells = self._tag, escaped(self._formula), []
        for step in range(begin, end):
            text = escaped(moved(self._formula, step, 0)) if self._moves else same
            place = f"{self._letters}{self._table.first_row + step + 1}"
            cells.append(f'<{tag}c r="{place}"{self._look}><{tag}f>{text}</{tag}f></{tag}c>')
        return cells

    def all_cells(self, _numbers: Texts, begin: int, end: int) -> Texts:
        """The same as Arrow has texts."""
        from xlfunnel.ooxml.column_cells import texts_of  # noqa: PLC0415

        return texts_of(self.cells(begin, end))


class _ValueCells:
    """The cells of one column of values."""

    def __init__(
        self,
        book: WorkbookFile,
        sheet: SheetPart,
        table: TablePlace,
        at: int,
        name: str,
        style: int,
        values: Sequence[Writable],
    ) -> None:
        self._book, self._table, self._name, self._values = book, table, name, values
        self._tag = sheet.tag
        self._letters = column_letters(at)
        self._look = f' s="{book.plain_style(style)}"' if style else ""
        self._quoted = f' s="{book.quoted_style(style)}"'

    def all_cells(self, numbers: Texts, begin: int, end: int) -> Texts:
        """The same, written at once where the values are of one kind."""
        from xlfunnel.ooxml.column_cells import Look, column_cells, texts_of  # noqa: PLC0415

        look = Look(self._letters, self._tag, self._look, self._book.since_1904, self._with_care)
        cells = column_cells(look, numbers, self._values[begin:end])
        return texts_of(self.cells(begin, end)) if cells is None else cells

    def cells(self, begin: int, end: int) -> list[str]:
        """A cell for each row of the table from `begin` up to `end`; a blank one keeps its format."""
        head, tag, look = f'<{self._tag}c r="{self._letters}', self._tag, self._look
        cells = []
        for number, value in enumerate(self._values[begin:end], self._table.first_row + begin + 1):
            kind = type(value)
            if value is None:
                cells.append(f'{head}{number}"{look}/>' if look else "")
            elif kind is str:
                cells.append(self._text(number, str(value)))
            elif kind is int or (kind is float and -1e300 < value < 1e300):  # type: ignore[operator]  # a number
                shown = number_text(value) if kind is float else value  # type: ignore[arg-type]
                cells.append(f'{head}{number}"{look}><{tag}v>{shown}</{tag}v></{tag}c>')
            else:
                cells.append(self._other(number, value))
        return cells

    def _with_care(self, number: int, value: Writable) -> str:
        return self._text(number, str(value))

    def _text(self, number: int, text: str) -> str:
        if len(text) > 10_000:
            self._book.storable(text, f"row {number} of {self._table.name}, column {self._name},")
        shown, tag = escaped(file_text(text)), self._tag
        kept = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() or "\n" in text else ""
        look = self._quoted if is_active(text) else self._look
        inside = f"<{tag}is><{tag}t{kept}>{shown}</{tag}t></{tag}is>"
        return f'<{tag}c r="{self._letters}{number}"{look} t="inlineStr">{inside}</{tag}c>'

    def _other(self, number: int, value: Writable) -> str:
        """Links, dates, truth values, error values, other kinds of numbers; refused is what no cell can hold."""
        if isinstance(value, Link):
            cell = link_cell(self._tag, f"{self._letters}{number}", self._look, value)
            return cell or self._text(number, str(value))
        held = self._book.storable(value, f"row {number} of {self._table.name}, column {self._name},")
        tag, kind = self._tag, ""
        if isinstance(held, bool):
            kind, shown = ' t="b"', str(int(held))
        elif isinstance(held, ExcelCode):
            kind, shown = ' t="e"', held.value
        elif isinstance(held, str):  # a kind of text of a library's own
            return self._text(number, held)
        else:
            shown = number_text(held or 0.0)
        return f'<{tag}c r="{self._letters}{number}"{self._look}{kind}><{tag}v>{shown}</{tag}v></{tag}c>'


def _opening(model: bytes, tag_prefix: str) -> tuple[bytes, bytes]:
    """What stands before and behind the row's number in the first row's tag, for rows that are not there yet."""
    found = _ROW_OPENING.match(model)
    tag = _SPANS.sub(b"", found[0].rstrip(b"/>")) if found else f"<{tag_prefix}row".encode()
    tag = re.sub(rb"\sr\s*=\s*[\"']\d+[\"']", b"", tag)
    name, _, rest = tag.partition(b" ")
    return name, (b" " + rest.strip() if rest.strip() else b"") + b">"


def _row(sheet: SheetPart, number: int, opening: tuple[bytes, bytes], cells: bytes, table: TablePlace) -> bytes:
    """The bytes of a row: its own tag where it has one, and what stands left and right of the table."""
    closing = f"</{sheet.tag}row>".encode()
    held = sheet.row_bytes(number)
    if held is None:
        return b'%b r="%d"%b%b%b' % (opening[0], number + 1, opening[1], cells, closing)
    found = _ROW_OPENING.match(held)
    tag = held if found is None else found[0]
    tag = _SPANS.sub(b"", tag[:-2] + b">" if tag.endswith(b"/>") else tag)
    left, right = [], []
    for cell in sheet.cell_pattern.finditer(held, len(found[0]) if found else 0):
        named = _LETTERS.search(cell[0])
        at = column_index(named[1].decode()) if named else -1
        if at < table.left:
            left.append(cell[0])
        elif at > table.right:
            right.append(cell[0])
    return tag + b"".join(left) + cells + b"".join(right) + closing
