"""A workbook without its macros: the code, the ribbon and the buttons that ran it go, everything else stays."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from xlfunnel.ooxml.markup import Element, parse, serialised
from xlfunnel.ooxml.relationships import (
    CONTENT_TYPES,
    relationships,
    remove_part,
    remove_relationships,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlfunnel.ooxml.package import Package
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_TEMPLATE = "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml"
_PLAIN_KINDS = {
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml": _MAIN,
    "application/vnd.ms-excel.addin.macroEnabled.main+xml": _MAIN,
    "application/vnd.ms-excel.template.macroEnabled.main+xml": _TEMPLATE,
}
_CODE_KIND = "application/vnd.ms-office.vbaProject"
_PRINTER_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings"
_CODE = frozenset({"vbaProject", "attachedToolbars", "keyMapCustomizations"})
_RIBBON = "extensibility"
_FIRST_SHAPE = "_x0000_s"
_SHELLS = frozenset({"AlternateContent", "Choice", "controls"})
"""Elements that say nothing once what they held is gone."""
_ANCHORS = frozenset({"twoCellAnchor", "oneCellAnchor", "absoluteAnchor"})


def remove_macros(book: WorkbookFile) -> None:
    """Take out the code, the ribbon, and the buttons that would have nothing to run."""
    package = book.package
    _remove_related(package, book.workbook_part, _CODE)
    _remove_related(package, "", frozenset({_RIBBON}))
    for sheet in book.sheets:
        _remove_buttons(book, sheet)
    _remove_macro_names(book)
    _declare_plain(package)


def has_macros(book: WorkbookFile) -> bool:
    """Whether the workbook carries code."""
    return any(one.kind in _CODE for one in relationships(book.package, book.workbook_part))


def _remove_related(package: Package, source: str, kinds: frozenset[str]) -> None:
    """Take out the parts of these kinds that a part leads to, with all that only they lead to."""
    arrows = [one for one in relationships(package, source) if one.kind in kinds]
    remove_relationships(package, source, {one.id for one in arrows})
    for one in arrows:
        for further in relationships(package, one.part):
            remove_part(package, further.part)
        remove_part(package, one.part)


def _remove_buttons(book: WorkbookFile, sheet: str) -> None:
    package, part = book.package, book.part_of(sheet)
    arrows = relationships(package, part)
    shapes: set[str] = set()
    for one in arrows:
        if one.kind == "vmlDrawing" and one.part in package:
            shapes |= _remove_old_buttons(book, sheet, one.id, one.part)
    if any(one.kind == "ctrlProp" for one in arrows):
        _remove_controls(book, sheet, shapes)
    for one in arrows:
        if one.kind == "drawing" and one.part in package:
            _clear_drawing(package, one.part, shapes)


def _remove_old_buttons(book: WorkbookFile, sheet: str, arrow: str, part: str) -> set[str]:
    """Take the buttons out of a drawing in the older language, in which comments stand, too; gives their names."""
    package = book.package
    content = package.read(part)
    if b"FmlaMacro" not in content:
        return set()
    root = parse(content, part)
    buttons = [shape for shape in root.elements("shape") if _runs_macro(shape)]
    for shape in buttons:
        root.remove(shape)
    for data in root.below("ClientData"):
        for macro in list(data.elements("FmlaMacro")):
            data.remove(macro)
    if next(root.below("ClientData"), None) is None:
        _drop_drawing(book, sheet, arrow, part)
    else:
        package.replace(part, serialised(root))
    names = (shape.attributes.get(key, "") for shape in buttons for key in ("id", "o:spid"))
    return {name for name in names if name.startswith(_FIRST_SHAPE)}


def _runs_macro(shape: Element) -> bool:
    data = shape.child("ClientData")
    return data is not None and data.attributes.get("ObjectType") == "Button" and data.child("FmlaMacro") is not None


def _drop_drawing(book: WorkbookFile, sheet: str, arrow: str, part: str) -> None:
    """Take out a drawing that holds nothing any more."""
    tree = book.sheet_part(sheet).changing_tree()
    for element in list(tree.elements("legacyDrawing")):
        if element.related() == arrow:
            tree.remove(element)
    remove_relationships(book.package, book.part_of(sheet), {arrow})
    remove_part(book.package, part)


def _remove_controls(book: WorkbookFile, sheet: str, shapes: set[str]) -> None:
    """Take the sheet's own list of the same buttons away; controls of other kinds lose only their macro."""
    package, part = book.package, book.part_of(sheet)
    tree = book.sheet_part(sheet).changing_tree()
    numbers = {name.removeprefix(_FIRST_SHAPE) for name in shapes}
    gone = {
        control.related() or "" for control in tree.below("control") if control.attributes.get("shapeId") in numbers
    }
    _prune(tree, lambda element: element.local == "control" and element.attributes.get("shapeId") in numbers)
    for settings in tree.below("controlPr"):
        settings.attributes.pop("macro", None)
    for one in relationships(package, part):
        if one.id in gone and one.kind == "ctrlProp":
            remove_part(package, one.part)
    remove_relationships(package, part, gone)


def _clear_drawing(package: Package, part: str, shapes: set[str]) -> None:
    """Take the shadows of removed buttons out of a drawing; pictures and shapes stay and only lose their macro."""
    content = package.read(part)
    if b"macro=" not in content and b"spid=" not in content:
        return
    root = parse(content, part)
    changed = _prune(root, lambda element: element.local in _ANCHORS and _shows(element, shapes))
    for element in _all(root):
        if element.attributes.get("macro"):
            element.attributes["macro"] = ""
            changed = True
    if changed:
        package.replace(part, serialised(root))


def _shows(anchor: Element, shapes: set[str]) -> bool:
    return any(mark.attributes.get("spid") in shapes for mark in anchor.below("compatExt"))


def _all(element: Element) -> list[Element]:
    found = [element]
    for child in element.elements():
        found += _all(child)
    return found


def _prune(element: Element, doomed: Callable[[Element], bool]) -> bool:
    """Take out what is doomed, and the shells that it leaves empty; whether anything went."""
    changed = False
    for child in list(element.elements()):
        if doomed(child):
            element.remove(child)
            changed = True
        elif _prune(child, doomed):
            changed = True
            if child.local in _SHELLS and all(held.local == "Fallback" for held in child.elements()):
                element.remove(child)
    return changed


def _remove_macro_names(book: WorkbookFile) -> None:
    """Take out the names that stood for macros."""
    block = book.root.child("definedNames")
    for item in list(block.elements("definedName")) if block else ():
        if {"vbProcedure", "xlm"} & {name for name, value in item.attributes.items() if value in {"1", "true"}}:
            book.changing_root()
            if block is not None:
                block.remove(item)


def _declare_plain(package: Package) -> None:
    root = parse(package.read(CONTENT_TYPES), CONTENT_TYPES)
    overridden = {item.attributes.get("PartName", "").lstrip("/").lower() for item in root.elements("Override")}
    before = serialised(root)
    for item in list(root.elements()):
        kind = item.attributes.get("ContentType", "")
        if kind in _PLAIN_KINDS:
            item.attributes["ContentType"] = _PLAIN_KINDS[kind]
        elif kind == _CODE_KIND and item.local == "Default":
            extension = item.attributes.get("Extension", "").lower()
            left = [name for name in package.names if _ends(name, extension) and name.lower() not in overridden]
            if left:
                item.attributes["ContentType"] = _PRINTER_KIND  # what else a workbook keeps in such files
            else:
                root.remove(item)
    if serialised(root) != before:
        package.replace(CONTENT_TYPES, serialised(root))


def _ends(name: str, extension: str) -> bool:
    return posixpath.splitext(name)[1].lower() == f".{extension}"
