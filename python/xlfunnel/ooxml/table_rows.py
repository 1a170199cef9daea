"""The rows of a table: which columns take values, which rows are free, and how rows are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.faults import FormulaColumn, NotThere
from xlfunnel.ooxml.markup import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.structure import TablePlace
    from xlfunnel.ooxml.values import Writable
    from xlfunnel.ooxml.workbook_file import WorkbookFile


def table_columns(root: Element, table: TablePlace) -> Iterator[tuple[str, Element]]:
    """What a table's part says of each of its columns."""
    for block in root.elements("tableColumns"):
        yield from zip(table.columns, block.elements("tableColumn"), strict=True)


def calculated_columns(book: WorkbookFile, table: TablePlace) -> frozenset[str]:
    """The columns for which the table keeps a formula, and those with a formula in every row.

    A formula that a person typed into a cell of another column, such as =3*1200, leaves it a column of values.
    """
    root = parse(book.package.read(table.part), table.part)
    declared = {name for name, item in table_columns(root, table) if item.child("calculatedColumnFormula")}
    return frozenset(declared | _full_of_formulas(book, table))


def _full_of_formulas(book: WorkbookFile, table: TablePlace) -> set[str]:
    sheet = book.sheet_part(table.sheet)
    found = set(table.columns)
    for number in range(table.first_row, table.last_row + 1):
        if not found:
            break
        row = sheet.row(number) if sheet.has_formula(number) else None
        with_formula = {column for column, cell in row.cells.items() if cell.child("f")} if row else set()
        found &= {name for column, name in enumerate(table.columns, table.left) if column in with_formula}
    return found if table.rows else set()


def checked_rows(book: WorkbookFile, name: str, rows: Sequence[Mapping[str, Writable]]) -> TablePlace:
    """The table, after all that could be refused in the rows was looked at. Raises `NotThere` or `FormulaColumn`."""
    table = book.table(name)
    calculated = {column.casefold() for column in calculated_columns(book, table)}
    for number, row in enumerate(rows, 1):
        for column, value in row.items():
            if table.column(column) is None:
                raise NotThere(f"column in the table {table.name} named", column, table.columns)
            if column.casefold() in calculated:
                msg = f'the column "{column}" of the table {table.name} holds formulas; leave it out of the rows'
                raise FormulaColumn(msg)
            book.storable(value, f"row {number} for {table.name}, column {column},")
    return table


def used_rows(book: WorkbookFile, table: TablePlace) -> int:
    """How many rows there are up to the last that holds a value of its own."""
    calculated = calculated_columns(book, table)
    inputs = [column for column in table.columns if column not in calculated]
    rows = book.read_table(table.name)
    used = [number for number, row in enumerate(rows, 1) if any(row[column] not in {None, ""} for column in inputs)]
    return used[-1] if used else 0


def write_rows(book: WorkbookFile, table: TablePlace, first: int, rows: Sequence[Mapping[str, Writable]]) -> None:
    """Write rows into the columns of values, from a row of the sheet on; what a row does not mention is cleared."""
    calculated = calculated_columns(book, table)
    part = book.sheet_part(table.sheet)
    for number, row in enumerate(rows, first):
        values = {column.casefold(): value for column, value in row.items()}
        for column, name in enumerate(table.columns, table.left):
            if name not in calculated:
                book.write(table.sheet, number, column, values.get(name.casefold()))
        part.settle(number)
