"""What people attached to cells of sheets that are made anew: comments, colours, rules, sparklines, hidden columns.

Each follows its cell: to where the record stands now, or with what lies below and beside the builder's area. A
comment whose record is gone is handed back, as a cell beside that record would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.adoption import adopted
from xlfunnel.ooxml.comments import SheetComments
from xlfunnel.ooxml.personal_cells import LeftOver
from xlfunnel.ooxml.references import NOWHERE, Area, area_of, moved
from xlfunnel.ooxml.remaking import later_sections
from xlfunnel.ooxml.row_formats import RowFormats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xlfunnel.ooxml.layout import Moves, TableMove
    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.remaking import Builder
    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_USUAL = 0.5
"""A format that so large a share of a table's rows has is the builder's own."""
_ITEMS = ("dataValidation", "hyperlink", "mergeCell")
_PLACES = ("sqref", "f")


class Attached:
    """Moves what hangs on cells to where these cells are now; to be asked once all cells stand in their place."""

    def __init__(
        self, book: WorkbookFile, builder: Builder, moves: Moves, rewrite: Callable[[str, str], str]
    ) -> None:
        self._book, self._builder, self._moves, self._rewrite = book, builder, moves, rewrite

    def follow(self) -> list[LeftOver]:
        """Move everything; gives the comments whose record is gone."""
        gone: list[LeftOver] = []
        for sheet, old in self._moves.before.parts.items():
            gone += self._comments(sheet)
            self._rules(sheet, old)
            self._items(sheet, old)
            self._extensions(sheet)
        for name, move in self._moves.tables.items():
            if name.casefold() in self._builder.headings:
                self._colours(move)
                self._hidden_columns(move)
        return gone

    # -- where to

    def _places(self, sheet: str, area: Area) -> list[Area]:
        """Where an area of a sheet is now, in pieces where its rows were put elsewhere."""
        found = self._moves.place(sheet, area)
        if found is None:
            return [area]
        if found != NOWHERE:
            return [found]
        if area.top == area.bottom:
            return []
        rows = (Area(number, area.left, number, area.right) for number in range(area.top, area.bottom + 1))
        pieces = [one for row in rows if (one := self._moves.place(sheet, row)) not in {None, NOWHERE} and one]
        return _joined(pieces)

    def _reference(self, sheet: str, written: str) -> str:
        """A list of areas as it must read now; "" where all of it is gone."""
        pieces: list[str] = []
        for one in written.split():
            area = area_of(one)
            pieces += [one] if area is None else [place.name for place in self._places(sheet, area)]
        return " ".join(pieces)

    # -- what follows

    def _comments(self, sheet: str) -> list[LeftOver]:
        comments = SheetComments(self._book, sheet)
        texts = comments.texts()
        places: dict[tuple[int, int], tuple[int, int] | None] = {}
        taken: set[tuple[int, int]] = set()
        for row, column in sorted(texts):
            found = self._places(sheet, Area(row, column, row, column))
            place = (found[0].top, found[0].left) if found else None
            places[row, column] = None if place in taken else place
            taken.update({place} if place else ())
        comments.move(places)
        return [self._left_over(sheet, cell, texts[cell]) for cell, place in places.items() if place is None]

    def _left_over(self, sheet: str, cell: tuple[int, int], text: str) -> LeftOver:
        part = self._moves.before.parts[sheet]
        for table in self._moves.before.tables.values():
            if table.sheet == sheet and table.whole.holds(*cell):
                record = part.value(cell[0], table.left)
                heading = table.columns[cell[1] - table.left]
                return LeftOver(sheet, "" if record is None else str(record), f"comment on {heading}", text)
        return LeftOver(sheet, "", f"comment on {Area(*cell, *cell).name}", text)

    def _rules(self, sheet: str, old: SheetPart) -> None:
        """Carry over the conditional formats that the builder does not write itself."""
        tree = self._book.sheet_part(sheet).changing_tree()
        own = {told for block in tree.elements("conditionalFormatting") for told in _told_rules(block)}
        highest = len(list(tree.below("cfRule")))
        for block in old.tree.elements("conditionalFormatting"):
            copy, first = adopted(tree, block), _first(block)
            for rule, says in zip(list(copy.elements("cfRule")), _told_rules(block), strict=True):
                if says in own:
                    copy.remove(rule)
                    continue
                highest += 1
                rule.attributes["priority"] = str(highest)
            copy.attributes["sqref"] = self._reference(sheet, copy.attributes.get("sqref", ""))
            if copy.child("cfRule") is None or not copy.attributes["sqref"]:
                continue
            now = _first(copy)
            for formula in copy.below("formula"):
                formula.children = [moved(formula.text, now.top - first.top, now.left - first.left)]
            tree.insert(copy, later_sections("conditionalFormatting"))

    def _items(self, sheet: str, old: SheetPart) -> None:
        """Carry over choices, links and merged cells that lie outside the builder's area."""
        own = self._moves.before.areas[sheet]
        for item in _ITEMS:
            held = old.tree.child(f"{item}s")
            kept = [one for one in held.elements(item) if _is_outside(one, own)] if held else []
            if kept:
                self._keep_items(sheet, item, kept)

    def _keep_items(self, sheet: str, item: str, kept: list[Element]) -> None:
        section = f"{item}s"
        tree = self._book.sheet_part(sheet).changing_tree()
        block = tree.child(section)
        if block is None:
            block = tree.new(section)
            tree.insert(block, later_sections(section))
        for one in kept:
            copy = adopted(block, one)
            name = "sqref" if "sqref" in copy.attributes else "ref"
            copy.attributes[name] = self._reference(sheet, copy.attributes[name])
            if copy.attributes[name]:
                block.children.append(copy)
        if section != "hyperlinks":
            block.attributes["count"] = str(len(list(block.elements(item))))

    def _extensions(self, sheet: str) -> None:
        """Let sparklines and what else stands in the sheet's extensions follow their cells and what they read."""
        part = self._book.sheet_part(sheet)
        held = part.tree.child("extLst")
        if held is None:
            return
        part.changing_tree()
        for parent in list(_parents(held)):
            area = parent.child("sqref")
            for formula in parent.elements("f"):
                formula.children = [self._rewrite(formula.text, sheet)]
            if area is None:
                continue
            area.children = [self._reference(sheet, area.text)]
        for parent in list(_parents(held)):
            for item in list(parent.elements()):
                place = item.child("sqref")
                if place is not None and not place.text.strip():
                    parent.remove(item)

    def _colours(self, move: TableMove) -> None:
        """Give a record the formats that a person gave its cells."""
        old, part = self._moves.before.parts[move.old.sheet], self._book.sheet_part(move.old.sheet)
        numbers = range(move.old.first_row, move.old.last_row + 1)
        formats = RowFormats([old.row_bytes(number) or b"" for number in numbers])
        usual = {style for style, count in formats.counts.items() if count >= _USUAL * len(numbers)}
        unusual = {
            style for style in formats.counts if style not in usual and self._book.plain_style(style) not in usual
        }
        for number in map(numbers.__getitem__, formats.rows_with(unusual)):
            place = move.rows.get(number)
            row = None if place is None else old.row(number)
            if place is None or row is None:
                continue
            new = part.changing_row(place)
            for column, cell in row.cells.items():
                if cell.whole("s") in unusual and column in move.columns:
                    new.cell(move.columns[column]).attributes["s"] = cell.attributes["s"]

    def _hidden_columns(self, move: TableMove) -> None:
        """Hide the columns of a table that a person had hidden."""
        sheet = move.old.sheet
        hidden = {
            column
            for item in self._moves.before.parts[sheet].tree.below("col")
            if item.attributes.get("hidden") in {"1", "true"}
            for column in range(item.whole("min") - 1, item.whole("max"))
        }
        now = {move.columns[column] for column in hidden if column in move.columns}
        block = self._book.sheet_part(sheet).changing_tree().child("cols") if now else None
        for item in list(block.elements("col")) if block else ():
            _hide(block, item, now)


def _hide(block: Element | None, item: Element, hidden: set[int]) -> None:
    """Split a run of columns where only some of them are hidden."""
    first, last = item.whole("min") - 1, item.whole("max") - 1
    if block is None or not any(first <= column <= last for column in hidden):
        return
    pieces = []
    for column in range(first, last + 1):
        piece = block.new("col", {**item.attributes, "min": str(column + 1), "max": str(column + 1)})
        if column in hidden:
            piece.attributes["hidden"] = "1"
        pieces.append(piece)
    at = block.children.index(item)
    block.children[at : at + 1] = pieces


def _joined(pieces: list[Area]) -> list[Area]:
    """Rows below each other as one area."""
    found: list[Area] = []
    for piece in sorted(pieces):
        last = found[-1] if found else None
        if last and (last.bottom + 1, last.left, last.right) == (piece.top, piece.left, piece.right):
            found[-1] = Area(last.top, last.left, piece.bottom, last.right)
        else:
            found.append(piece)
    return found


def _parents(element: Element) -> Iterator[Element]:
    for child in element.elements():
        yield child
        yield from _parents(child)


def _is_outside(item: Element, own: Area) -> bool:
    written = item.attributes.get("sqref") or item.attributes.get("ref", "")
    areas = [area_of(one) for one in written.split()]
    return bool(areas) and all(area is not None and not area.meets(own) for area in areas)


def _first(block: Element) -> Area:
    return area_of(block.attributes.get("sqref", "").split(" ")[0]) or Area(0, 0, 0, 0)


def _told_rules(block: Element) -> list[tuple[object, ...]]:
    """What each rule says, seen from its first cell."""
    first = _first(block)
    told: list[tuple[object, ...]] = []
    for rule in block.elements("cfRule"):
        formulas = tuple(_seen_from(one.text, first) for one in rule.elements("formula"))
        colors = tuple(tuple(sorted(one.attributes.items())) for one in rule.below("color"))
        kind = tuple(rule.attributes.get(name) for name in ("type", "operator", "text", "rank"))
        told.append((kind, formulas, colors))
    return told


def _seen_from(formula: str, first: Area) -> str:
    return moved(formula, 1_000 - first.top, 100 - first.left)
