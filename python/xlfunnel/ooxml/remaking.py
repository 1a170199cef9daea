"""Sheets of a workbook made anew by their builder, while what a person added to them and to the workbook stays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlfunnel.ooxml.adoption import AdoptedStyles, adopted
from xlfunnel.ooxml.faults import NotThere
from xlfunnel.ooxml.new_parts import SheetDrawing, SheetTables
from xlfunnel.ooxml.references import place_of
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
_FOOT = re.compile("Definitions ")
"""What the builder's own foot of a page says."""
_PAGE = ("paperSize", "orientation", "pageOrder", "blackAndWhite", "draft", "cellComments", "copies")
_LEAST_SCALE = 10
"""Percent that Excel allows."""
_MOST_COLUMNS = 256
"""A longer run of columns is the rest of a sheet."""
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
    """What came with the sheets and leads right already: charts and names of cells; and the charts that stayed."""

    charts: frozenset[str]
    kept: frozenset[str]
    """The parts of the builder's charts that stayed as they were."""
    names: frozenset[str]


def bring_sheets(book: WorkbookFile, fresh: WorkbookFile, builder: Builder) -> Brought:
    """Put the fresh workbook's sheets in place of the book's; gives what came with them.

    Cells that are a person's, and what is attached to cells, are not in the new sheets yet. Raises `NotThere` where
    the book lacks a sheet.
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
        _keep_sections(old, tree)
        book.replace_sheet(sheet, part.to_bytes())
        book.sheet_part(sheet).note_all_changed()
    return Brought(frozenset(drawing.charts), frozenset(drawing.kept), _bring_names(book, fresh, builder))


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


def later_sections(section: str) -> frozenset[str]:
    """The sections of a sheet's part that stand behind this one."""
    return frozenset(_ORDER[_ORDER.index(section) + 1 :])


def _lead(tree: Element, drawing: str, tables: Sequence[str]) -> None:
    """Let the sheet lead to its drawing and its tables."""
    for section in ("drawing", "tableParts", "legacyDrawing"):
        for held in list(tree.elements(section)):
            tree.remove(held)
    if drawing:
        tree.insert(tree.new("drawing", {"r:id": drawing}), later_sections("drawing"))
    if tables:
        block = tree.new("tableParts", {"count": str(len(tables))})
        block.children = [block.new("tablePart", {"r:id": one}) for one in tables]
        tree.insert(block, later_sections("tableParts"))


def _keep_sections(old: SheetPart, tree: Element) -> None:
    """Carry over what a person's own things need, the view, and whether the sheet is protected."""
    for section in _KEPT:
        held = old.tree.child(section)
        if held is not None and tree.child(section) is None:
            tree.insert(adopted(tree, held), later_sections(section))
    _keep_view(old.tree, tree)
    protection = old.tree.child("sheetProtection")
    for held in list(tree.elements("sheetProtection")):
        tree.remove(held)
    if protection is not None:
        tree.insert(adopted(tree, protection), later_sections("sheetProtection"))
    _keep_page(old.tree, tree)
    _keep_widths(old.tree, tree)


def _keep_widths(old: Element, tree: Element) -> None:
    """Leave a column as wide as it was, unless it needs more room: what a person widened stays so."""
    had, block = _columns(old), tree.child("cols")
    if block is None:
        return
    needed = _columns(tree)
    block.children = []
    wide = 0.0
    for number in sorted({*had, *needed}):
        attributes = needed.get(number) or had[number]
        width = max(_width(had.get(number)), _width(needed.get(number)))
        wide += width if number in needed else 0.0
        block.children.append(block.new("col", {**attributes, "width": f"{width:g}"}))
    _print_smaller(tree, sum(map(_width, needed.values())) / wide if wide else 1.0)


def _print_smaller(tree: Element, share: float) -> None:
    """Let a sheet with wider columns still print one page wide, where its scale says how large it prints."""
    setup = tree.child("pageSetup")
    if setup is not None and "scale" in setup.attributes and share < 1:
        setup.attributes["scale"] = str(max(int(setup.whole("scale") * share), _LEAST_SCALE))


def _columns(tree: Element) -> dict[int, dict[str, str]]:
    """What a sheet says of each column; of a run to the end of the sheet only the first."""
    block, found = tree.child("cols"), {}
    for item in block.elements("col") if block else ():
        first, last = item.whole("min"), item.whole("max")
        for number in range(first, last + 1 if last - first < _MOST_COLUMNS else first + 1):
            found[number] = {**item.attributes, "min": str(number), "max": str(number)}
    return found


def _width(column: Mapping[str, str] | None) -> float:
    return float(column.get("width", "0")) if column else 0.0


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


def _keep_page(old: Element, tree: Element) -> None:
    """Print as a person set it up: the builder writes paper, margins and a foot that are always the same."""
    for section in ("printOptions", "pageMargins"):
        held, new = old.child(section), tree.child(section)
        if held is not None and new is not None:
            new.attributes = dict(held.attributes)
    held, new = old.child("pageSetup"), tree.child("pageSetup")
    if held is not None and new is not None:
        new.attributes |= {name: held.attributes[name] for name in _PAGE if name in held.attributes}
    words, fresh = old.child("headerFooter"), tree.child("headerFooter")
    if words is None or fresh is None:
        return
    if not _FOOT.search(_said(words, "oddFooter")):
        tree.remove(fresh)
        tree.insert(adopted(tree, words), later_sections("headerFooter"))
    elif (head := words.child("oddHeader")) is not None:
        fresh.children.insert(0, adopted(fresh, head))


def _said(words: Element, place: str) -> str:
    held = words.child(place)
    return held.text if held else ""


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
