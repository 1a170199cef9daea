"""The macros that a workbook of the functions edition carries: our own, and nothing else."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from xlfunnel.excel.vba_project import SHEET, WORKBOOK, Kind, Module, vba_project
from xlfunnel.excel.wrappers import source, workbook_modules

if TYPE_CHECKING:
    from xlfunnel.templates.book import TemplateBook

_EMPTY = "Option Explicit\n"


def carry_macros(book: TemplateBook) -> None:
    """Give the workbook its VBA: the functions, which ask the add-in, and what its buttons run."""
    book.workbook.set_vba_name("ThisWorkbook")
    documents = [Module("ThisWorkbook", _EMPTY, Kind.DOCUMENT, WORKBOOK)]
    for number, page in enumerate(book.pages, start=1):
        page.sheet.set_vba_name(f"Sheet{number}")
        documents.append(Module(f"Sheet{number}", _EMPTY, Kind.DOCUMENT, SHEET))
    modules = (*documents, *workbook_modules(), source("XlfunnelButtons"))
    book.workbook.add_vba_project(BytesIO(vba_project(modules)), is_stream=True)
