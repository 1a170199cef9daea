"""What stands around the cells of two versions of a workbook: rules, drawings, charts, columns, and further parts."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from xlfunnel.hosts.changes import Described, Drawn, LookChange, Wider
from xlfunnel.hosts.looks import Looks, Told, told
from xlfunnel.ooxml.markup import parse
from xlfunnel.ooxml.references import place_of
from xlfunnel.ooxml.relationships import related, relationships

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlfunnel.ooxml.markup import Element
    from xlfunnel.ooxml.references import Area
    from xlfunnel.ooxml.workbook_file import WorkbookFile

_SECTIONS: Final = {
    "conditionalFormatting": ("cfRule", "conditional formats"),
    "dataValidations": ("dataValidation", "data validation"),
    "hyperlinks": ("hyperlink", "links"),
    "extLst": ("ext", "sparklines or newer rules"),
}
"""Sections of a sheet that a refresh may change, the items in them, and what a person calls them."""

_UNTOLD: Final = frozenset({"priority", "dxfId", "uid", "id", "display", "count"})
_CACHES: Final = frozenset({"numCache", "strCache", "axId", "crossAx"})
"""What of a chart is not compared: figures, which follow the cells, and numbers that only its own parts share."""
_KNOWN_PART: Final = re.compile(
    r"\[Content_Types\]\.xml|.*\.rels|docProps/(?:app|core)\.xml|xl/(?:workbook|styles|sharedStrings|calcChain)\.xml"
    r"|xl/(?:worksheets|tables|drawings|charts)/[^/]*\.xml",
    re.IGNORECASE,
)
"""Parts that are compared by what they say."""

_CHART_COPIES: Final = re.compile(r"xl/charts/(?:style|colors|chartEx)[^/]*\.xml")
_REFRESHED: Final = re.compile(rb"\s(?:refreshOnLoad|invalid)=\"[^\"]*\"")
_PIVOT: Final = "pivotCacheDefinition"
_BOTH: Final = 2
_Place = tuple[str, "Area"]
_WIDER_BY: Final = 1.0
"""Characters by which a column must need more room to be worth a change."""


def rules_beyond(expected: WorkbookFile, after: WorkbookFile, sheet: str) -> Iterator[str]:
    """What of a sheet's sections is other than the growth of its tables explains, in words."""
    before_looks, after_looks = Looks(expected), Looks(after)
    old, new = expected.sheet_part(sheet).tree, after.sheet_part(sheet).tree
    for section, (item, words) in _SECTIONS.items():
        if _items(old, section, item, before_looks) != _items(new, section, item, after_looks):
            yield f"{words} on {sheet}"


def _items(tree: Element, section: str, item: str, looks: Looks) -> Counter[Told]:
    found: Counter[Told] = Counter()
    for block in tree.elements(section):
        where = " ".join(sorted(block.attributes.get("sqref", "").split()))
        for one in block.elements(item):
            look = looks.rule(one.whole("dxfId")) if "dxfId" in one.attributes else ()
            found[where, look, told(one, _UNTOLD)] += 1
    return found


def widths(before: WorkbookFile, after: WorkbookFile, sheet: str) -> Iterator[LookChange]:
    """The columns that need more room than they have."""
    had = _widths(before.sheet_part(sheet).tree)
    for column, width in _widths(after.sheet_part(sheet).tree).items():
        if width > had.get(column, 0) + _WIDER_BY:
            yield Wider(sheet, column, width)


def _widths(tree: Element) -> dict[int, float]:
    block = tree.child("cols")
    return {
        number - 1: float(held.attributes["width"])
        for held in (block.elements("col") if block else ())
        if "width" in held.attributes and held.whole("max") - held.whole("min") < 256  # the rest of a row
        for number in range(held.whole("min"), held.whole("max") + 1)
    }


def drawing_beyond(expected: WorkbookFile, after: WorkbookFile, sheet: str, looks: list[LookChange]) -> Iterator[str]:
    """What of a sheet's drawing is other, in words; alternative texts of charts are added to `looks`."""
    old, new = _drawn(expected, sheet), _drawn(after, sheet)
    if [(name, rest) for name, _, rest in old] != [(name, rest) for name, _, rest in new]:
        yield f"charts or pictures on {sheet}"
        return
    looks += [
        Described(sheet, name, text) for (_, had, _), (name, text, _) in zip(old, new, strict=True) if had != text
    ]


def redrawn(before: WorkbookFile, after: WorkbookFile, sheet: str) -> Iterator[LookChange]:
    """The series of charts that draw other rows than before. Spreadsheet programs let them follow their tables."""
    had = dict(_series(before, sheet))
    for (chart, name), (labels, values) in _series(after, sheet):
        if had.get((chart, name), (labels, values)) != (labels, values):
            yield Drawn(sheet, chart, name, labels, values)


def _series(book: WorkbookFile, sheet: str) -> Iterator[tuple[tuple[str, str], tuple[_Place, _Place]]]:
    """The series of a sheet's charts by the names of both: where their labels and values stand."""
    for part in related(book.package, book.part_of(sheet), "drawing"):
        arrows = {one.id: one.part for one in relationships(book.package, part)}
        for anchor in parse(book.package.read(part), part).elements():
            chart = next((item.attributes.get("name", "") for item in anchor.below("cNvPr")), "")
            for item in anchor.below("chart"):
                held = arrows.get(item.related() or "", "")
                for one in parse(book.package.read(held), held).below("ser") if held in book.package else ():
                    name = "".join(text.text for tx in one.elements("tx") for text in tx.below("v"))
                    places = [
                        place_of(f.text)
                        for kind in ("cat", "val")
                        for at in one.elements(kind)
                        for f in at.below("f")
                    ]
                    if name and len(places) == _BOTH and places[0] and places[1]:
                        yield (chart, name), (places[0], places[1])


def _drawn(book: WorkbookFile, sheet: str) -> list[tuple[str, str, Told]]:
    """Each thing drawn on a sheet: its name, its alternative text, and everything else."""
    found: list[tuple[str, str, Told]] = []
    for part in related(book.package, book.part_of(sheet), "drawing"):
        arrows = {one.id: one.part for one in relationships(book.package, part)}
        for anchor in parse(book.package.read(part), part).elements():
            name, text = "", ""
            for item in anchor.below("cNvPr"):
                name, text = item.attributes.get("name", ""), item.attributes.get("descr", "")
                break
            charts = tuple(_chart(book, arrows.get(one.related() or "", "")) for one in anchor.below("chart"))
            found.append((name, text, (told(anchor, frozenset({"id", "descr", "embed", "link"})), charts)))
    return found


def _chart(book: WorkbookFile, part: str) -> Told:
    if part not in book.package:
        return ()
    root = parse(book.package.read(part), part)
    _drop_caches(root)
    return told(root)


def _drop_caches(element: Element) -> None:
    for child in list(element.elements()):
        if child.local in _CACHES:
            element.remove(child)
        else:
            _drop_caches(child)


def parts_beyond(before: WorkbookFile, after: WorkbookFile) -> Iterator[str]:
    """Further parts of the file that differ, in words."""
    old, new = before.package, after.package
    for name in sorted({*old.names, *new.names}):
        if _KNOWN_PART.fullmatch(name) or _CHART_COPIES.fullmatch(name) or _PIVOT in name:
            continue
        if name not in old or name not in new or old.read(name) != new.read(name):
            yield f"the part {name}"


def pivots_read(before: WorkbookFile, after: WorkbookFile) -> tuple[bool, bool]:
    """Whether pivot tables read what changed, and whether one must read other cells than before."""
    old, new = before.package, after.package
    names = [name for name in new.names if _PIVOT in name and not name.endswith(".rels") and name in old]
    changed = [name for name in names if old.read(name) != new.read(name)]
    elsewhere = any(_REFRESHED.sub(b"", old.read(name)) != _REFRESHED.sub(b"", new.read(name)) for name in changed)
    return bool(changed), elsewhere
