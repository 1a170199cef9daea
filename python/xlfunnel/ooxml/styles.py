"""The formats of cells, as far as a value needs one: text that looks like a formula is marked as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.markup import Element, parse, serialised

if TYPE_CHECKING:
    from xlfunnel.ooxml.package import Package

_KNOWN_FORMATS = {9: "0%", 10: "0.00%", 22: "m/d/yy h:mm"} | dict.fromkeys((14, 15, 16, 17), "d-mmm-yy")


class Styles:
    """The list of cell formats; one is added where a mark is needed that no format has."""

    def __init__(self, package: Package, part: str) -> None:
        self.part = part
        self._root = parse(package.read(part), part)
        self.changed = False
        self._twins: dict[tuple[int, bool], int] = {}
        """By format, and whether it is to have the mark: the number of that one."""

    @property
    def root(self) -> Element:
        """The part; who changes it says so in `changed`."""
        return self._root

    def quoted(self, style: int) -> int:
        """The same format with the mark that its content is text, whatever it begins with."""
        return self._with_mark(style, marked=True)

    def unquoted(self, style: int) -> int:
        """The same format without that mark."""
        return self._with_mark(style, marked=False)

    def number_format(self, style: int) -> str:
        """How a format shows a number; of the formats that every program knows, a usual one of the same kind."""
        formats = self._root.child("cellXfs")
        held = list(formats.elements("xf")) if formats else []
        number = held[style].whole("numFmtId") if 0 <= style < len(held) else 0
        own = self._root.child("numFmts")
        for item in own.elements("numFmt") if own else ():
            if item.whole("numFmtId") == number:
                return item.attributes.get("formatCode", "General")
        return _KNOWN_FORMATS.get(number, "General")

    def to_bytes(self) -> bytes:
        """The part."""
        return serialised(self._root)

    def _with_mark(self, style: int, *, marked: bool) -> int:
        if (style, marked) not in self._twins:
            self._twins[style, marked] = self._twin_of(style, marked=marked)
        return self._twins[style, marked]

    def _twin_of(self, style: int, *, marked: bool) -> int:
        formats = self._root.child("cellXfs")
        held = list(formats.elements("xf")) if formats else []
        if formats is None or not 0 <= style < len(held) or _is_marked(held[style]) == marked:
            return style
        return self._twin(formats, held, held[style], marked=marked)

    def _twin(self, formats: Element, held: list[Element], model: Element, *, marked: bool) -> int:
        attributes = {name: value for name, value in model.attributes.items() if name != "quotePrefix"}
        if marked:
            attributes["quotePrefix"] = "1"
        for index, other in enumerate(held):
            if other.attributes == attributes and _same_children(other, model):
                return index
        twin = Element(model.name, model.scope, attributes, list(model.children))
        formats.children.append(twin)
        formats.attributes["count"] = str(len(held) + 1)
        self.changed = True
        return len(held)


def _is_marked(style: Element) -> bool:
    return style.attributes.get("quotePrefix") in {"1", "true"}


def _same_children(one: Element, other: Element) -> bool:
    pairs = zip(one.elements(), other.elements(), strict=False)
    same = all(a.name == b.name and a.attributes == b.attributes and _same_children(a, b) for a, b in pairs)
    return same and len(list(one.elements())) == len(list(other.elements()))
