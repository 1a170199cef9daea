"""References into sheets that were made anew, in everything of a person's that reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.charts import chart_parts
from xlfunnel.ooxml.growth import rule_formulas
from xlfunnel.ooxml.markup import parse, serialised
from xlfunnel.ooxml.references import NOWHERE, Area, area_of, place_of, structured, substituted
from xlfunnel.ooxml.relationships import related

if TYPE_CHECKING:
    from collections.abc import Collection

    from xlfunnel.ooxml.layout import Moves
    from xlfunnel.ooxml.remaking import Brought, Builder
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_CHARTS = ("drawingml.chart+xml", "chartex+xml")


class Redirection:
    """Lets references follow the tables, records and named cells that they lead to."""

    def __init__(self, book: WorkbookFile, builder: Builder, moves: Moves) -> None:
        self._book, self._builder, self._moves = book, builder, moves
        self._headings = {name.casefold(): _headings(moves, name) for name in moves.before.tables}
        self.broken: list[str] = []
        """Tables or columns that a person's formula reads and that are gone."""

    def formula(self, formula: str, sheet: str) -> str:
        """A formula that stands on a sheet, as it must read now."""
        renamed = structured(formula, self._structured)
        return substituted(renamed, lambda named, area: self._moves.target(named or sheet, area))

    def _structured(self, table: str, columns: tuple[str, ...]) -> tuple[str, ...] | None:
        """The columns' headings now; None where the table or one of them is gone."""
        known = self._headings.get(table.casefold())
        if known is None:
            return columns
        found = tuple(known.get(column.casefold(), "") for column in columns)
        if all(found) and table.casefold() in {name.casefold() for name in self._moves.tables}:
            return found
        self.broken.append(f"{table}[{', '.join(columns)}]")
        return None

    def all(self, brought: Brought) -> None:
        """Redirect names, cells, rules, charts and pivot tables; what was brought leads right already."""
        self._names(brought.names)
        for sheet in self._book.sheets:
            if sheet not in self._builder.sheets and self._may_read(
                self._book.package.read(self._book.part_of(sheet))
            ):
                self._sheet(sheet)
        for part in chart_parts(self._book.package, *_CHARTS):
            if part not in brought.charts and self._may_read(self._book.package.read(part)):
                self._chart(part, own=part in brought.kept)
        for part in related(self._book.package, self._book.workbook_part, "pivotCacheDefinition"):
            self._pivot(part)

    def _may_read(self, content: bytes) -> bool:
        """Whether a part names one of the sheets or tables."""
        text = content.decode("utf-8", errors="replace")
        names = (*self._builder.sheets, *self._moves.before.tables)
        return any(name in text or name.replace("'", "''") in text for name in names)

    def _names(self, brought: Collection[str]) -> None:
        block = self._book.root.child("definedNames")
        for item in block.elements("definedName") if block else ():
            name = item.attributes.get("name", "")
            if name in brought or self._builder.names(name) or name.startswith("_xlnm."):
                continue
            new = self.formula(item.text, "")
            if new != item.text:
                self._book.changing_root()
                item.children = [new]

    def _sheet(self, sheet: str) -> None:
        part = self._book.sheet_part(sheet)
        part.rewrite_formulas(lambda text: self.formula(text, sheet), b"")
        for element in rule_formulas(part.tree):
            new = self.formula(element.text, sheet)
            if new != element.text:
                part.changing_tree()
                element.children = [new]

    def _chart(self, name: str, *, own: bool) -> None:
        root = parse(self._book.package.read(name), name)
        changed = False
        for formula in root.below("f"):
            new = (self._column(formula.text) if own else None) or self.formula(formula.text, "")
            if "#REF!" in new:
                continue  # a series that leads nowhere could never be mended by a later refresh
            changed |= new != formula.text
            formula.children = [new]
        if changed:
            self._book.package.replace(name, serialised(root))

    def _column(self, formula: str) -> str | None:
        """Where a table's column stands now that a chart of the builder's draws whole, even if it is one row."""
        place = place_of(formula)
        for move in self._moves.tables.values() if place else ():
            old, new = move.old, move.new
            at = Area(old.first_row, place[1].left, old.last_row, place[1].left) if place else None
            if place != (old.sheet, at) or at is None or at.left not in move.columns:
                continue
            column = move.columns[at.left]
            area = Area(new.first_row, column, new.last_row, column)
            return substituted(formula, lambda _sheet, _area, area=area: area)  # type: ignore[misc]
        return None

    def _pivot(self, part: str) -> None:
        root = parse(self._book.package.read(part), part)
        for source in root.below("worksheetSource"):
            area = area_of(source.attributes.get("ref", ""))
            new = self._moves.target(source.attributes.get("sheet", ""), area) if area else None
            if new is not None and new not in {area, NOWHERE}:
                source.attributes["ref"] = new.name
                self._book.package.replace(part, serialised(root))


def _headings(moves: Moves, name: str) -> dict[str, str]:
    """The headings of a table that there was, and what each is called now."""
    move = moves.tables.get(name)
    if move is None:
        return {}
    new = move.new
    return {
        heading.casefold(): new.columns[move.columns[at] - new.left]
        for at, heading in enumerate(move.old.columns, move.old.left)
        if at in move.columns
    }
