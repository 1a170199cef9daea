"""Pivot tables keep a copy of their source; where the source changed, the copy is read anew on opening."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.markup import parse, serialised
from xlfunnel.ooxml.relationships import related

if TYPE_CHECKING:
    from collections.abc import Collection

    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.workbook_file import WorkbookFile


def refresh_on_load(book: WorkbookFile, sheets: Collection[str]) -> None:
    """Mark the pivot tables whose source stands on one of these sheets."""
    for part in related(book.package, book.workbook_part, "pivotCacheDefinition"):
        root = parse(book.package.read(part), part)
        if _source_sheet(book, root) in sheets and root.attributes.get("refreshOnLoad") != "1":
            root.attributes["refreshOnLoad"] = "1"
            book.package.replace(part, serialised(root))


def _source_sheet(book: WorkbookFile, root: Element) -> str | None:
    """The sheet of a source that is an area, a name or a table; None for one outside the workbook."""
    source = next(root.below("worksheetSource"), None)
    if source is None or source.related() is not None:
        return None
    if "sheet" in source.attributes:
        return source.attributes["sheet"]
    name = source.attributes.get("name", "").casefold()
    tables = {table.name.casefold(): table.sheet for table in book.tables.values()}
    named = book.named(name)
    return tables.get(name) or (named.sheet if named else None)
