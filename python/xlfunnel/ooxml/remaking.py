"""Sheets of a workbook made anew by their builder, while what a person added to them and to the workbook stays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml.adoption import AdoptedStyles, adopted
from xlfunnel.ooxml.faults import NotThere
from xlfunnel.ooxml.new_parts import SheetDrawing, SheetTables
from xlfunnel.ooxml.references import COLUMNS, ROWS, Area, area_of, moved, place_of
from xlfunnel.ooxml.relationships import related

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.sheet import SheetPart
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins"),
    *("pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors"),
    *("smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls"),
    *("webPublishItems", "tableParts", "extLst"),
)
"""The order in which a sheet's part has its sections."""
_KEPT = ("legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls", "extLst")
"""Sections that only a person's own things need."""
_LOOK = re.compile(rb' s="(\d+)"')
_TEXT = re.compile(rb' t="s"><v>(\d+)</v>')
_ITEM = re.compile(rb"<si>(.*?)</si>", re.DOTALL)
_VIEW = ("tabSelected", "zoomScale", "zoomScaleNormal", "view")


@dataclass(frozen=True)
class Builder:
    """How a builder marks what is its own: the name of its area on each sheet, the beginnings of the names of its
    charts, tables and cells, and the headings of columns that its growing tables may have.
    """

    sheets: tuple[str, ...]
    area: str
    chart: str
    table: str
    names: Callable[[str], bool]
    headings: Mapping[str, frozenset[str]]
    """By table: the headings, without their units, of all columns that it ever writes; others are a person's."""


@dataclass(frozen=True)
class Brought:
    """What came with the sheets and leads right already: the parts of charts, and the names of cells."""

    charts: frozenset[str]
    names: frozenset[str]


def bring_sheets(book: WorkbookFile, fresh: WorkbookFile, builder: Builder) -> Brought:
    """Put the fresh workbook's sheets in place of the book's; gives what came with them.

    Cells that are a person's are not in the new sheets yet. Raises `NotThere` where the book lacks a sheet.
    """
    missing = [sheet for sheet in builder.sheets if sheet not in book.sheets]
    if missing:
        raise NotThere("sheet", missing[0], book.sheets)
    own, other = book.styles, fresh.styles
    if own is None or other is None:
        raise NotThere("list of formats", "styles", ())
    styles = AdoptedStyles(own, other)
    tables = SheetTables(book, fresh, styles, lambda name: name.startswith(builder.table))
    drawing = SheetDrawing(book, fresh, builder.chart)
    texts = _texts(fresh)
    for sheet in builder.sheets:
        old = book.sheet_part(sheet)
        part = fresh.sheet_part(sheet)
        part.map_rows(lambda row: _row(row, styles, texts))
        tree = part.changing_tree()
        _renumber(tree, styles)
        arrow, parts = drawing.brought(sheet), tables.brought(sheet)
        _lead(tree, arrow, parts)
        own_area = book.names.get(f"{sheet}!{builder.area}")
        _keep_sections(old, tree, own_area.area if own_area else Area(0, 0, ROWS - 1, COLUMNS - 1))
        book.replace_sheet(sheet, part.to_bytes())
        book.sheet_part(sheet).note_all_changed()
    return Brought(frozenset(drawing.charts), _bring_names(book, fresh, builder))


def _texts(fresh: WorkbookFile) -> list[bytes]:
    part = next(iter(related(fresh.package, fresh.workbook_part, "sharedStrings")), "")
    return _ITEM.findall(fresh.package.read(part)) if part else []


def _row(row: bytes, styles: AdoptedStyles, texts: Sequence[bytes]) -> bytes:
    row = _LOOK.sub(lambda found: b' s="%d"' % styles.cell(int(found[1])), row)
    return _TEXT.sub(lambda found: b' t="inlineStr"><is>' + texts[int(found[1])] + b"</is>", row)


def _renumber(tree: Element, styles: AdoptedStyles) -> None:
    for column in tree.below("col"):
        if "style" in column.attributes:
            column.attributes["style"] = str(styles.cell(column.whole("style")))
    for rule in tree.below("cfRule"):
        if "dxfId" in rule.attributes:
            rule.attributes["dxfId"] = str(styles.rule(rule.whole("dxfId")))


def _later(section: str) -> frozenset[str]:
    return frozenset(_ORDER[_ORDER.index(section) + 1 :])


def _lead(tree: Element, drawing: str, tables: Sequence[str]) -> None:
    """Let the sheet lead to its drawing and its tables."""
    for section in ("drawing", "tableParts", "legacyDrawing"):
        for held in list(tree.elements(section)):
            tree.remove(held)
    if drawing:
        tree.insert(tree.new("drawing", {"r:id": drawing}), _later("drawing"))
    if tables:
        block = tree.new("tableParts", {"count": str(len(tables))})
        block.children = [block.new("tablePart", {"r:id": one}) for one in tables]
        tree.insert(block, _later("tableParts"))


def _keep_sections(old: SheetPart, tree: Element, own: Area) -> None:
    """Carry over what a person's own things need, the view, and whether the sheet is protected."""
    for section in _KEPT:
        held = old.tree.child(section)
        if held is not None and tree.child(section) is None:
            tree.insert(adopted(tree, held), _later(section))
    _keep_view(old.tree, tree)
    protection = old.tree.child("sheetProtection")
    for held in list(tree.elements("sheetProtection")):
        tree.remove(held)
    if protection is not None:
        tree.insert(adopted(tree, protection), _later("sheetProtection"))
    _keep_rules(old.tree, tree)
    for item in ("dataValidation", "hyperlink", "mergeCell"):
        _keep_items(old.tree, tree, item, own)


def _keep_view(old: Element, tree: Element) -> None:
    pairs = zip(tree.below("sheetView"), old.below("sheetView"), strict=False)
    for new, held in pairs:
        for name in _VIEW:
            new.attributes.pop(name, None)
            if name in held.attributes:
                new.attributes[name] = held.attributes[name]
    had, has = old.child("sheetPr"), tree.child("sheetPr")
    if had is not None and has is not None and "codeName" in had.attributes:
        has.attributes["codeName"] = had.attributes["codeName"]


def _keep_items(old: Element, tree: Element, item: str, own: Area) -> None:
    """Carry over items whose cells all lie outside the builder's area."""
    section = f"{item}s"
    held = old.child(section)
    kept = [one for one in held.elements(item) if _is_outside(one, own)] if held else []
    if not kept:
        return
    block = tree.child(section)
    if block is None:
        block = tree.new(section)
        tree.insert(block, _later(section))
    block.children += [adopted(block, one) for one in kept]
    if section != "hyperlinks":
        block.attributes["count"] = str(len(list(block.elements(item))))


def _is_outside(item: Element, own: Area) -> bool:
    written = item.attributes.get("sqref") or item.attributes.get("ref", "")
    areas = [area_of(one) for one in written.split()]
    return bool(areas) and all(area is not None and not area.meets(own) for area in areas)


def _keep_rules(old: Element, tree: Element) -> None:
    """Carry over the conditional formats that the builder does not write itself."""
    own = {told for block in tree.elements("conditionalFormatting") for told in _told_rules(block)}
    highest = len(list(tree.below("cfRule")))
    for block in old.elements("conditionalFormatting"):
        told = _told_rules(block)
        copy = adopted(tree, block)
        for rule, says in zip(list(copy.elements("cfRule")), told, strict=True):
            if says in own:
                copy.remove(rule)
            else:
                highest += 1
                rule.attributes["priority"] = str(highest)
        if copy.child("cfRule") is not None:
            tree.insert(copy, _later("conditionalFormatting"))


def _told_rules(block: Element) -> list[tuple[object, ...]]:
    """What each rule says, seen from its first cell."""
    first = area_of(block.attributes.get("sqref", "").split(" ")[0]) or Area(0, 0, 0, 0)
    told: list[tuple[object, ...]] = []
    for rule in block.elements("cfRule"):
        formulas = tuple(_seen_from(one.text, first) for one in rule.elements("formula"))
        colors = tuple(tuple(sorted(one.attributes.items())) for one in rule.below("color"))
        kind = tuple(rule.attributes.get(name) for name in ("type", "operator", "text", "rank"))
        told.append((kind, formulas, colors))
    return told


def _seen_from(formula: str, first: Area) -> str:
    return moved(formula, 1_000 - first.top, 100 - first.left)


# -- names


def _bring_names(book: WorkbookFile, fresh: WorkbookFile, builder: Builder) -> frozenset[str]:
    """Let the builder's names lead where they lead in the fresh workbook; one that it has no more leads nowhere."""
    root = book.changing_root()
    block = root.child("definedNames")
    if block is None:
        block = root.new("definedNames")
        root.insert(block, frozenset({"calcPr", "oleSize", "customWorkbookViews", "pivotCaches", "extLst"}))
    sheets, others = _sheet_names(root), _sheet_names(fresh.root)
    held = {_told_name(item, sheets): item for item in block.elements("definedName")}
    brought = fresh.root.child("definedNames")
    new = {_told_name(item, others): item for item in brought.elements("definedName")} if brought else {}
    names = {told: item for told, item in new.items() if told[0] in builder.sheets or _leads(item, builder.sheets)}
    for told, item in names.items():
        _bring_name(block, held.get(told), item, told, sheets)
    for told, item in held.items():
        if told not in new and not told[0] and builder.names(told[1]) and _leads(item, builder.sheets):
            item.children = ["#N/A"]
    book.changing_root()
    return frozenset(name for _, name in names)


def _sheet_names(root: Element) -> list[str]:
    listed = root.child("sheets")
    return [sheet.attributes.get("name", "") for sheet in listed.elements("sheet")] if listed else []


def _told_name(item: Element, sheets: Sequence[str]) -> tuple[str, str]:
    """The sheet on which a name holds, "" for all, and the name."""
    number = item.whole("localSheetId", -1)
    return (sheets[number] if 0 <= number < len(sheets) else ""), item.attributes.get("name", "")


def _leads(item: Element, sheets: Iterable[str]) -> bool:
    place = place_of(item.text)
    return place is not None and place[0] in set(sheets)


def _bring_name(
    block: Element, held: Element | None, item: Element, told: tuple[str, str], sheets: Sequence[str]
) -> None:
    if held is None:
        held = adopted(block, item)
        if told[0]:
            held.attributes["localSheetId"] = str(sheets.index(told[0]))
        block.children.append(held)
    held.children = [item.text]
