"""Parts brought from another workbook: tables and drawings with their charts, under names that are free here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xlfunnel.ooxml.adoption import AdoptedStyles, adopted
from xlfunnel.ooxml.layout import base_heading
from xlfunnel.ooxml.markup import Element, parse, serialised
from xlfunnel.ooxml.relationships import (
    add_relationship,
    declare,
    related,
    relationships,
    remove_part,
    remove_relationships,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xlfunnel.ooxml.package import Package
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_TYPES = "application/vnd.openxmlformats-officedocument."
_TABLE, _DRAWING, _CHART = f"{_TYPES}spreadsheetml.table+xml", f"{_TYPES}drawing+xml", f"{_TYPES}drawingml.chart+xml"


def free_part(package: Package, pattern: str) -> str:
    """The first name of a part that is free; `pattern` has {} where its number stands."""
    number = 1
    while pattern.format(number) in package:
        number += 1
    return pattern.format(number)


class SheetTables:
    """The tables of a sheet that is made anew: those of its builder are replaced, a person's own stay."""

    def __init__(
        self, book: WorkbookFile, fresh: WorkbookFile, styles: AdoptedStyles, is_own: Callable[[str], bool]
    ) -> None:
        self._book, self._fresh, self._styles, self._is_own = book, fresh, styles, is_own
        self._held = {table.part: table.name.casefold() for table in book.tables.values()}

    def brought(self, sheet: str) -> list[str]:
        """Bring the tables of a sheet; gives the ids of the relationships of all that it now has."""
        package, source = self._book.package, self._book.part_of(sheet)
        held = {one.part: one.id for one in relationships(package, source) if one.kind == "table"}
        old = {self._held[part]: part for part in held if part in self._held}
        fresh = [table for table in self._fresh.tables.values() if table.sheet == sheet]
        ids = []
        for table in fresh:
            part = old.pop(table.name.casefold(), "")
            if not part:
                part = free_part(package, "xl/tables/table{}.xml")
                held[part] = add_relationship(package, source, f"{_KINDS}table", f"/{part}")
                declare(package, part, _TABLE)
            package.replace(part, self._content(table.part, part))
            ids.append(held[part])
        for name, part in old.items():
            if self._is_own(name):
                remove_relationships(package, source, {held[part]})
                remove_part(package, part)
            else:
                ids.append(held[part])
        self._book.tables_changed()
        return ids

    def _content(self, brought: str, part: str) -> bytes:
        """The brought table with the id, the columns' ids and the filter that it had here."""
        package = self._book.package
        root = parse(self._fresh.package.read(brought), brought)
        for element in (root, *root.below("tableColumn")):
            for name in [name for name in element.attributes if name.endswith("DxfId")]:
                element.attributes[name] = str(self._styles.rule(element.whole(name)))
        if part in package:
            old = parse(package.read(part), part)
            root.attributes["id"] = old.attributes["id"]
            _keep_ids(old, root)
            if old.child("autoFilter") is not None and root.child("autoFilter") is None:
                filters = root.new("autoFilter", {"ref": root.attributes["ref"]})
                root.insert(filters, frozenset({"sortState", "tableColumns"}))
        else:
            root.attributes["id"] = str(max(self._taken(), default=0) + 1)
        return serialised(root)

    def _taken(self) -> Iterator[int]:
        package = self._book.package
        for name in package.names:
            if re.fullmatch(r"xl/tables/[^/]+\.xml", name):
                yield parse(package.read(name), name).whole("id")


def _keep_ids(old: Element, new: Element) -> None:
    """A column keeps its id, by which slicers know it."""
    had = {base_heading(column.attributes.get("name", "")): column.whole("id") for column in old.below("tableColumn")}
    free = iter(range(max(had.values(), default=0) + 1, 1 << 20))
    given: set[int] = set()
    for column in new.below("tableColumn"):
        number = had.get(base_heading(column.attributes.get("name", "")), 0)
        number = next(free) if not number or number in given else number
        given.add(number)
        column.attributes["id"] = str(number)


def _said(anchor: Element, attribute: str) -> str:
    """What the name, or the alternative text, of something drawn says."""
    return next((item.attributes.get(attribute, "") for item in anchor.below("cNvPr")), "")


def _describe(anchor: Element, text: str) -> None:
    for item in anchor.below("cNvPr"):
        item.attributes["descr"] = text
        return


class SheetDrawing:
    """The drawing of a sheet that is made anew: its builder's charts are replaced, a person's own things stay.

    A chart that is there under the very name that the builder gives it now would be drawn alike: it stays, too, where
    and as the person has it, and takes the new alternative text.
    """

    def __init__(self, book: WorkbookFile, fresh: WorkbookFile, own_chart: str) -> None:
        self._book, self._fresh, self._own_chart = book, fresh, own_chart
        self.charts: set[str] = set()
        """The parts of the charts that were brought."""
        self.kept: set[str] = set()
        """The parts of the builder's charts that stayed."""

    def brought(self, sheet: str) -> str:
        """Bring the charts of a sheet; gives the id of its drawing's relationship, "" where nothing is drawn."""
        package, source = self._book.package, self._book.part_of(sheet)
        arrow = next((one for one in relationships(package, source) if one.kind == "drawing"), None)
        new = next(iter(related(self._fresh.package, self._fresh.part_of(sheet), "drawing")), "")
        model = parse(self._fresh.package.read(new), new) if new else None
        texts = {_said(anchor, "name"): _said(anchor, "descr") for anchor in model.elements()} if model else {}
        root, stay = self._without_own(arrow.part, texts) if arrow else (None, {})
        if model is None:
            return self._kept(source, arrow.id, arrow.part, root) if arrow and root else ""
        part = arrow.part if arrow else free_part(package, "xl/drawings/drawing{}.xml")
        if root is None:
            root = Element(model.name, model.scope, dict(model.attributes))
        root.children[:0] = [
            stay.get(_said(anchor, "name")) or self._anchor(root, part, new, anchor) for anchor in model.elements()
        ]
        for number, item in enumerate(root.below("cNvPr"), 2):
            item.attributes["id"] = str(number)
        if arrow is None:
            declare(package, part, _DRAWING)
        package.replace(part, serialised(root))
        return arrow.id if arrow else add_relationship(package, source, f"{_KINDS}drawing", f"/{part}")

    def _kept(self, source: str, arrow: str, part: str, root: Element) -> str:
        package = self._book.package
        if next(root.elements(), None) is not None:
            package.replace(part, serialised(root))
            return arrow
        remove_relationships(package, source, {arrow})
        remove_part(package, part)
        return ""

    def _without_own(self, part: str, texts: Mapping[str, str]) -> tuple[Element, dict[str, Element]]:
        """The drawing without its builder's charts, and those of them that stay; the parts of the others go."""
        package = self._book.package
        root = parse(package.read(part), part)
        arrows = {one.id: one.part for one in relationships(package, part)}
        stay: dict[str, Element] = {}
        for anchor in list(root.elements()):
            name = _said(anchor, "name")
            if not name.startswith(self._own_chart):
                continue
            root.remove(anchor)
            if name in texts and name not in stay:
                stay[name] = anchor
                _describe(anchor, texts[name])
                self.kept |= {arrows[held] for item in anchor.below("chart") if (held := item.related()) in arrows}
                continue
            ids = {held for item in anchor.below("chart") if (held := item.related())}
            remove_relationships(package, part, ids)
            for chart in (arrows[one] for one in ids if one in arrows):
                for further in relationships(package, chart):
                    remove_part(package, further.part)
                remove_part(package, chart)
        return root, stay

    def _anchor(self, root: Element, part: str, source: str, anchor: Element) -> Element:
        """One anchor of the brought drawing, with its chart under a name of its own."""
        copy = adopted(root, anchor)
        charts = {one.id: one.part for one in relationships(self._fresh.package, source)}
        for item in copy.below("chart"):
            held = item.related()
            if held not in charts:
                continue
            name = free_part(self._book.package, "xl/charts/chart{}.xml")
            self._book.package.replace(name, self._fresh.package.read(charts[held]))
            declare(self._book.package, name, _CHART)
            self.charts.add(name)
            new = add_relationship(self._book.package, part, f"{_KINDS}chart", f"/{name}")
            for key in [key for key in item.attributes if key.endswith(":id")]:
                item.attributes[key] = new
        return copy
