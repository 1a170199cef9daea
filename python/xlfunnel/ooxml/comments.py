"""Comments of a sheet: notes, the boxes that Excel draws for them, and the threads of its later versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xlfunnel.ooxml.markup import parse, serialised
from xlfunnel.ooxml.references import area_of, cell_name
from xlfunnel.ooxml.relationships import related
from xlfunnel.ooxml.sheet import shown_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.workbook_file import WorkbookFile

Cell = tuple[int, int]

_BOX = re.compile(rb"<v:shape\s.*?</v:shape>", re.DOTALL)
_ROW = re.compile(rb"(<x:Row>\s*)(\d+)(?=\s*</x:Row>)")
_COLUMN = re.compile(rb"(<x:Column>\s*)(\d+)(?=\s*</x:Column>)")
_ANCHOR = re.compile(rb"(<x:Anchor>)([\d\s,]+)(?=</x:Anchor>)")
_ANCHORED_COLUMNS, _ANCHORED_ROWS = (0, 4), (2, 6)
_NUMBERS = 8
"""What an anchor consists of: column, offset, row, offset of two corners."""


class SheetComments:
    """The comments of one sheet, by cell."""

    def __init__(self, book: WorkbookFile, sheet: str) -> None:
        source = book.part_of(sheet)
        self._package = book.package
        self._notes = related(self._package, source, "comments")
        self._threads = related(self._package, source, "threadedComment")
        self._boxes = related(self._package, source, "vmlDrawing")

    def texts(self) -> Mapping[Cell, str]:
        """What people wrote; of a thread all that was said, with a line each."""
        threads: dict[Cell, list[str]] = {}
        for part in self._threads:
            for item in parse(self._package.read(part), part).elements("threadedComment"):
                said = item.child("text")
                threads.setdefault(_cell(item), []).append(said.text if said else "")
        found = {}
        for part in self._notes:
            for item in parse(self._package.read(part), part).below("comment"):
                text = item.child("text")
                found[_cell(item)] = shown_text(text) if text else ""
        return found | {cell: "\n".join(said) for cell, said in threads.items()}

    def move(self, places: Mapping[Cell, Cell | None]) -> None:
        """Put the comments of these cells to others; None takes them away."""
        if all(old == new for old, new in places.items()):
            return
        for part in self._notes:
            self._rewrite(part, "comment", places)
        for part in self._threads:
            self._rewrite(part, "threadedComment", places)
        for part in self._boxes:
            content = self._package.read(part)
            self._package.replace(part, _BOX.sub(lambda box: _moved_box(box[0], places), content))

    def _rewrite(self, part: str, name: str, places: Mapping[Cell, Cell | None]) -> None:
        root = parse(self._package.read(part), part)
        for parent in (root, *root.below("commentList")):
            _move_items(parent, name, places)
        self._package.replace(part, serialised(root))


def _move_items(parent: Element, name: str, places: Mapping[Cell, Cell | None]) -> None:
    for item in list(parent.elements(name)):
        old = _cell(item)
        new = places.get(old, old)
        if new is None:
            parent.remove(item)
        else:
            item.attributes["ref"] = cell_name(*new)


def _cell(item: Element) -> Cell:
    area = area_of(item.attributes.get("ref", ""))
    return (area.top, area.left) if area else (-1, -1)


def _moved_box(box: bytes, places: Mapping[Cell, Cell | None]) -> bytes:
    """The box of a note at its new cell; one that belongs to no cell, such as a button's, is as it was."""
    row, column = _ROW.search(box), _COLUMN.search(box)
    if row is None or column is None:
        return box
    old = int(row[2]), int(column[2])
    new = places.get(old, old)
    if new is None:
        return b""
    box = _ROW.sub(lambda found: found[1] + b"%d" % new[0], box)
    box = _COLUMN.sub(lambda found: found[1] + b"%d" % new[1], box)
    return _ANCHOR.sub(_shifted(new[0] - old[0], new[1] - old[1]), box)


def _shifted(rows: int, columns: int) -> Callable[[re.Match[bytes]], bytes]:
    def anchor(found: re.Match[bytes]) -> bytes:
        numbers = [int(one) for one in found[2].split(b",")]
        if len(numbers) != _NUMBERS:
            return found[0]
        for at in _ANCHORED_ROWS:
            numbers[at] = max(0, numbers[at] + rows)
        for at in _ANCHORED_COLUMNS:
            numbers[at] = max(0, numbers[at] + columns)
        return found[1] + b", ".join(b"%d" % one for one in numbers)

    return anchor
