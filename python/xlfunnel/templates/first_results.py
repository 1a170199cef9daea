"""What the formulas of a workbook give while it is being written, computed before its bytes are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xlsxwriter.worksheet import re_dynamic_function

from xlfunnel.ooxml.engine import is_error, results
from xlfunnel.ooxml.engine_copy import BookCopy, Named, SheetCopy, formula_cell, row_of, table_part, value_cell
from xlfunnel.ooxml.references import area_of
from xlfunnel.workbooks import styles
from xlfunnel.workbooks.native import functions_used

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xlfunnel.ooxml.engine import Results
    from xlfunnel.templates.book import TemplateBook, TemplatePage
    from xlfunnel.workbooks.styles import Style


@dataclass(frozen=True)
class Awaited:
    """A formula as it was written, whose result is not known yet, and how its cell looks."""

    formula: str
    style: Style


def show_results(book: TemplateBook) -> None:
    """Give every formula that awaits its result what the engine computes; an error stands out."""
    found = results(_copy(book).to_bytes())
    for page in book.template_pages:
        _show(book, page, found)


def _show(book: TemplateBook, page: TemplatePage, found: Results) -> None:
    for (row, column), awaited in page.awaited.items():
        shown = found[page.name].get((row, column), "")
        cell = page.sheet.table[row][column]._replace(value=shown)
        if is_error(shown):
            cell = cell._replace(format=book.look(replace(awaited.style, color=styles.BAD)))
        page.sheet.table[row][column] = cell


def _copy(book: TemplateBook) -> BookCopy:
    texts = {number: text for text, number in book.workbook.str_table.string_table.items()}
    names = [Named(name, formula, _sheet(book, index)) for name, index, formula, *_ in book.workbook.defined_names]
    return BookCopy([_sheet_copy(page, texts) for page in book.template_pages], names)


def _sheet(book: TemplateBook, index: int) -> str:
    return "" if index < 0 else book.template_pages[index].name


def _sheet_copy(page: TemplatePage, texts: Mapping[int, str]) -> SheetCopy:
    table = page.sheet.table
    rows = [row_of(row, _cells(page, row, texts)) for row in sorted(table) if not page.is_unread(row)]
    return SheetCopy(page.name, b"".join(rows), tables=list(_tables(page)))


def _cells(page: TemplatePage, row: int, texts: Mapping[int, str]) -> Iterator[str]:
    for column, cell in sorted(page.sheet.table[row].items()):
        awaited = page.awaited.get((row, column))
        if awaited is not None:
            text = page.book.native_text(awaited.formula)
            yield formula_cell(row, column, text, is_array=bool(re_dynamic_function.search(text)))
            continue
        kind = type(cell).__name__
        if kind in {"Formula", "ArrayFormula"} and not functions_used(cell.formula):
            yield formula_cell(row, column, cell.formula)
            continue
        value = _value(cell, kind, texts)
        if value is not None:
            yield value_cell(row, column, value)


def _value(cell: Any, kind: str, texts: Mapping[int, str]) -> float | str | bool | None:
    """What a cell of XlsxWriter holds; None for a blank one."""
    if kind == "String":
        return texts[cell.string]
    if kind == "RichString":
        return str(cell.raw_string)
    if kind in {"Number", "Datetime"}:
        return float(cell.number)
    if kind == "Boolean":
        return bool(cell.boolean)
    return cell.value if kind in {"Formula", "ArrayFormula"} else None


def _tables(page: TemplatePage) -> Iterator[bytes]:
    """The tables whose rows formulas may read."""
    for number, table in enumerate(page.sheet.tables, 1):
        area = area_of(table["range"])
        if area is not None and not page.is_unread(area.bottom):
            yield table_part(number, table["name"], area.name, [column["name"] for column in table["columns"]])
