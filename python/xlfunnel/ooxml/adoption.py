"""Parts of one workbook taken over by another: elements in its spelling, formats under its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.markup import Element, fragment

if TYPE_CHECKING:
    from xlfunnel.ooxml.styles import Styles

_OWN_FORMATS = 164
"""Below this number a format of numbers means the same in every workbook."""
_LISTS = {"fontId": "fonts", "fillId": "fills", "borderId": "borders"}
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")


def adopted(host: Element, element: Element) -> Element:
    """A copy of an element as it would stand in the host's tree.

    Elements of the host's own namespace take its prefix; others keep theirs and say what it means.
    """
    if element.namespace == host.namespace:
        copy = host.new(element.local, {k: v for k, v in element.attributes.items() if not k.startswith("xmlns")})
    else:
        copy = Element(element.name, dict(host.scope), dict(element.attributes))
        _declare(copy, element.prefix, element)
    for name in element.attributes:
        prefix = name.rpartition(":")[0]
        if prefix and prefix not in {"xmlns", "xml"}:
            _declare(copy, prefix, element)
    for child in element.children:
        copy.children.append(adopted(copy, child) if isinstance(child, Element) else child)
    return copy


def _declare(copy: Element, prefix: str, original: Element) -> None:
    meaning = original.scope.get(prefix)
    if meaning is None or copy.scope.get(prefix) == meaning:
        return
    copy.attributes[f"xmlns:{prefix}" if prefix else "xmlns"] = meaning
    copy.scope = {**copy.scope, prefix: meaning}


class AdoptedStyles:
    """The formats of another workbook's cells, each added to this one's when it is first asked for."""

    def __init__(self, own: Styles, other: Styles) -> None:
        self._own, self._other = own, other
        self._cells: dict[int, int] = {}
        self._rules: dict[int, int] = {}
        self._known: dict[str, dict[bytes, int]] = {}
        self._others: dict[str, list[Element]] = {}
        self._placed: dict[tuple[str, int], int] = {}

    def cell(self, style: int) -> int:
        """This workbook's number of a cell's format."""
        if style not in self._cells:
            self._cells[style] = self._adopt_cell(style)
        return self._cells[style]

    def rule(self, style: int) -> int:
        """This workbook's number of a format of rules and tables."""
        if style not in self._rules:
            self._rules[style] = self._part("dxfs", style)
        return self._rules[style]

    def _held(self, name: str) -> list[Element]:
        if name not in self._others:
            block = self._other.root.child(name)
            self._others[name] = list(block.elements()) if block else []
        return self._others[name]

    def _adopt_cell(self, style: int) -> int:
        formats = self._held("cellXfs")
        if not 0 <= style < len(formats):
            return 0
        model = formats[style]
        attributes = dict(model.attributes) | {"xfId": "0"}
        for name, block in _LISTS.items():
            attributes[name] = str(self._part(block, model.whole(name)))
        attributes["numFmtId"] = str(self._number_format(model.whole("numFmtId")))
        return self._place("cellXfs", Element(model.name, model.scope, attributes, model.children))

    def _part(self, name: str, number: int) -> int:
        """This workbook's number of what has that number in a list of the other."""
        if (name, number) not in self._placed:
            self._placed[name, number] = self._place(name, self._held(name)[number])
        return self._placed[name, number]

    def _number_format(self, number: int) -> int:
        if number < _OWN_FORMATS:
            return number
        code = next(f.attributes["formatCode"] for f in self._held("numFmts") if f.whole("numFmtId") == number)
        block = self._block("numFmts")
        numbers = [_OWN_FORMATS - 1]
        for held in block.elements("numFmt"):
            if held.attributes.get("formatCode") == code:
                return held.whole("numFmtId")
            numbers.append(held.whole("numFmtId"))
        new = max(numbers) + 1
        block.children.append(block.new("numFmt", {"numFmtId": str(new), "formatCode": code}))
        block.attributes["count"] = str(len(numbers))
        self._own.changed = True
        return new

    def _block(self, name: str) -> Element:
        root = self._own.root
        block = root.child(name)
        if block is None:
            block = root.new(name, {"count": "0"})
            later = frozenset(_ORDER[_ORDER.index(name) + 1 :]) | {"tableStyles", "colors", "extLst"}
            root.insert(block, later)
        return block

    def _place(self, name: str, model: Element) -> int:
        """The number of an element in one of this workbook's lists, where it is put if it is not there yet."""
        block = self._block(name)
        if name not in self._known:
            self._known[name] = {}
            for index, held in enumerate(block.elements()):
                self._known[name].setdefault(_told(held), index)
        new = adopted(block, model)
        told = _told(new)
        if told not in self._known[name]:
            self._known[name][told] = len(list(block.elements()))
            block.children.append(new)
            block.attributes["count"] = str(len(list(block.elements())))
            self._own.changed = True
        return self._known[name][told]


def _told(element: Element) -> bytes:
    """What an element says, the same for any order of its attributes."""
    copy = Element(element.local, {}, dict(sorted(element.attributes.items())), [])
    copy.children = [Element("", {}, {}, [_told(child).decode()]) for child in element.elements()]
    return fragment(copy)
