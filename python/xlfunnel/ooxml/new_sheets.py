"""A blank sheet added to a workbook, behind the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.markup import DECLARATION
from xlfunnel.ooxml.new_parts import free_part
from xlfunnel.ooxml.relationships import add_relationship, declare

if TYPE_CHECKING:
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BLANK: Final = f'<worksheet xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheetData/></worksheet>'


def add_blank_sheet(book: WorkbookFile, name: str) -> str:
    """Add a sheet as the last tab, so that no name or view that counts tabs changes; gives its part."""
    package, root = book.package, book.changing_root()
    part = free_part(package, "xl/worksheets/sheet{}.xml")
    package.replace(part, DECLARATION + _BLANK.encode())
    declare(package, part, _TYPE)
    arrow = add_relationship(package, book.workbook_part, f"{_RELATIONS}/worksheet", f"/{part}")
    listed = next(root.elements("sheets"))
    sheets = list(listed.elements("sheet"))
    number = max((sheet.whole("sheetId") for sheet in sheets), default=0) + 1
    leads = next((key for sheet in sheets for key in sheet.attributes if key.endswith(":id")), "r:id")
    listed.children.append(listed.new("sheet", {"name": name, "sheetId": str(number), leads: arrow}))
    return part
