"""How cells look, in a form that is the same whichever program wrote the list of formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.workbook_file import WorkbookFile

Told = tuple[object, ...]

_MARKS: Final = ("b", "i", "strike", "u")
_SIDES: Final = ("left", "right", "top", "bottom")
_ALIGNED: Final = {
    "horizontal": "general",
    "vertical": "bottom",
    "wrapText": "0",
    "indent": "0",
    "textRotation": "0",
    "shrinkToFit": "0",
}
_AUTOMATIC: Final[tuple[dict[str, str], ...]] = ({}, {"auto": "1"}, {"indexed": "64"})


class Looks:
    """The formats of a workbook by number."""

    def __init__(self, book: WorkbookFile) -> None:
        self._book = book
        root = book.styles.root if book.styles else None
        self._lists: dict[str, list[Element]] = {
            name: list(block.elements()) if root and (block := root.child(name)) else []
            for name in ("fonts", "fills", "borders", "cellXfs", "dxfs")
        }
        self._cells: dict[int, Told] = {}
        self._codes: dict[int, str] = {}

    def cell(self, style: int) -> Told:
        """What a format says of fonts, colours, lines, alignment and locking; nothing of numbers."""
        if style not in self._cells:
            self._cells[style] = self._told(style)
        return self._cells[style]

    def code(self, style: int) -> str:
        """How a format shows numbers."""
        if style not in self._codes:
            self._codes[style] = self._book.number_format(style)
        return self._codes[style]

    def rule(self, number: int) -> Told:
        """What a format of rules says."""
        held = self._lists["dxfs"]
        return told(held[number]) if 0 <= number < len(held) else ()

    def _told(self, style: int) -> Told:
        formats = self._lists["cellXfs"]
        if not 0 <= style < len(formats):
            return ()
        held = formats[style]
        font, fill, border = (
            self._held(name, held.whole(key))
            for name, key in (("fonts", "fontId"), ("fills", "fillId"), ("borders", "borderId"))
        )
        return (_font(font), _fill(fill), _border(border), _alignment(held.child("alignment")), _locked(held))

    def _held(self, name: str, number: int) -> Element | None:
        held = self._lists[name]
        return held[number] if 0 <= number < len(held) else None


def told(element: Element, without: frozenset[str] = frozenset()) -> Told:
    """What an element says, without prefixes, declarations and the named attributes; white space apart."""
    attributes = tuple(
        sorted(
            (name.rpartition(":")[2], value)
            for name, value in element.attributes.items()
            if not name.startswith("xmlns") and name.rpartition(":")[2] not in without
        )
    )
    children = tuple(told(child, without) for child in element.elements())
    return (element.local, attributes, element.text.strip(), children)


def _font(font: Element | None) -> Told:
    if font is None:
        return ()
    marks = tuple(_on(font, mark) for mark in _MARKS)
    name, size = font.child("name"), font.child("sz")
    return (
        name.attributes.get("val") if name else None,
        float(size.attributes.get("val", "11")) if size else None,
        marks,
        _color(font.child("color")),
    )


def _on(font: Element, mark: str) -> str:
    held = font.child(mark)
    value = "none" if held is None else held.attributes.get("val", "1")
    return "none" if value in {"0", "false"} else value.replace("true", "1")


def _fill(fill: Element | None) -> Told:
    pattern = fill.child("patternFill") if fill else None
    if pattern is None:
        return (told(fill),) if fill is not None and fill.child("gradientFill") else ()
    kind = pattern.attributes.get("patternType", "none")
    return () if kind == "none" else (kind, _color(pattern.child("fgColor")))


def _border(border: Element | None) -> Told:
    sides = (border.child(side) if border else None for side in _SIDES)
    return tuple(
        None
        if side is None or "style" not in side.attributes
        else (side.attributes["style"], _color(side.child("color")))
        for side in sides
    )


def _alignment(alignment: Element | None) -> Told:
    held: Mapping[str, str] = alignment.attributes if alignment else {}
    return tuple(held.get(name, usual).replace("true", "1") for name, usual in _ALIGNED.items())


def _locked(style: Element) -> bool:
    protection = style.child("protection")
    return protection is None or protection.attributes.get("locked", "1") not in {"0", "false"}


def _color(color: Element | None) -> Told:
    held = dict(color.attributes) if color else {}
    return () if held in _AUTOMATIC else tuple(sorted((name, value.upper()) for name, value in held.items()))
