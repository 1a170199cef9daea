"""Pivot tables keep a copy of their source; where the source changed, the copy is read anew on opening."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml.markup import parse, serialised
from xlfunnel.ooxml.references import area_of, quoted_sheet
from xlfunnel.ooxml.relationships import related

if TYPE_CHECKING:
    from collections.abc import Collection

    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.references import Area
    from xlfunnel.ooxml.workbook_file import WorkbookFile


@dataclass(frozen=True)
class Pivot:
    """A pivot table and the cells that it fills."""

    name: str
    sheet: str
    area: Area

    @property
    def told(self) -> str:
        """Its name and its place, for a person."""
        return f"{self.name} ({quoted_sheet(self.sheet)}!{self.area.name})"


def pivots_over(book: WorkbookFile, sheets: Collection[str]) -> tuple[Pivot, ...]:
    """The pivot tables whose source stands on one of these sheets: they show what it held before."""
    if not related(book.package, book.workbook_part, "pivotCacheDefinition"):
        return ()
    parts = (
        (sheet, part) for sheet in book.sheets for part in related(book.package, book.part_of(sheet), "pivotTable")
    )
    return tuple(found for sheet, part in parts if (found := _pivot(book, sheet, part, sheets)) is not None)


def _pivot(book: WorkbookFile, sheet: str, part: str, sheets: Collection[str]) -> Pivot | None:
    caches = related(book.package, part, "pivotCacheDefinition")
    if not any(_source_sheet(book, parse(book.package.read(cache), cache)) in sheets for cache in caches):
        return None
    root = parse(book.package.read(part), part)
    location = root.child("location")
    area = area_of(location.attributes.get("ref", "")) if location else None
    return Pivot(root.attributes.get("name", "Pivot table"), sheet, area) if area else None


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
