"""Which part belongs to which: relationships, and the kinds that the package declares for its parts."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from xlfunnel.ooxml.markup import Element, parse, serialised

if TYPE_CHECKING:
    from xlfunnel.ooxml.package import Package

CONTENT_TYPES = "[Content_Types].xml"


@dataclass(frozen=True)
class Relationship:
    """One arrow from a part (or the package) to another part."""

    id: str
    kind: str
    """The last word of its type: worksheet, table, chart…"""
    part: str
    """The full name of the part that it leads to; empty for a place outside the file."""


def relationships(package: Package, source: str) -> tuple[Relationship, ...]:
    """Where a part leads; "" stands for the package itself."""
    name = rels_part(source)
    if name not in package:
        return ()
    return _arrows(package.read(name), name, source)


@lru_cache(maxsize=512)
def _arrows(content: bytes, name: str, source: str) -> tuple[Relationship, ...]:
    found = []
    for element in parse(content, name).elements("Relationship"):
        outside = element.attributes.get("TargetMode") == "External"
        target = "" if outside else resolved(source, element.attributes.get("Target", ""))
        kind = element.attributes.get("Type", "").rpartition("/")[2]
        found.append(Relationship(element.attributes.get("Id", ""), kind, target))
    return tuple(found)


def related(package: Package, source: str, kind: str) -> tuple[str, ...]:
    """The parts of one kind that a part leads to."""
    return tuple(one.part for one in relationships(package, source) if one.kind == kind and one.part in package)


def remove_relationships(package: Package, source: str, ids: set[str]) -> None:
    """Take arrows out of a part's list; an empty list goes, too."""
    name = rels_part(source)
    if not ids or name not in package:
        return
    root = parse(package.read(name), name)
    for element in list(root.elements("Relationship")):
        if element.attributes.get("Id") in ids:
            root.remove(element)
    if next(root.elements(), None) is None and source:
        package.remove(name)
    else:
        package.replace(name, serialised(root))


def remove_part(package: Package, part: str) -> None:
    """Take out a part with its own list of relationships and its declared kind."""
    package.remove(part)
    package.remove(rels_part(part))
    root = parse(package.read(CONTENT_TYPES), CONTENT_TYPES)
    for element in list(root.elements("Override")):
        if element.attributes.get("PartName", "").lstrip("/").lower() == part.lower():
            root.remove(element)
    package.replace(CONTENT_TYPES, serialised(root))


def add_relationship(package: Package, source: str, kind: str, target: str) -> str:
    """Lead from a part to another; `kind` is the whole type. Gives the new id."""
    name = rels_part(source)
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    root = parse(package.read(name), name) if name in package else _root("Relationships", namespace)
    taken = {element.attributes.get("Id") for element in root.elements()}
    new = next(f"rId{number}" for number in range(1, len(taken) + 2) if f"rId{number}" not in taken)
    root.children.append(root.new("Relationship", {"Id": new, "Type": kind, "Target": target}))
    package.replace(name, serialised(root))
    return new


def declare(package: Package, part: str, content_type: str) -> None:
    """Say of which kind a part is."""
    root = parse(package.read(CONTENT_TYPES), CONTENT_TYPES)
    for element in root.elements("Override"):
        if element.attributes.get("PartName", "").lstrip("/").lower() == part.lower():
            element.attributes["ContentType"] = content_type
            break
    else:
        root.children.append(root.new("Override", {"PartName": f"/{part}", "ContentType": content_type}))
    package.replace(CONTENT_TYPES, serialised(root))


def rels_part(source: str) -> str:
    """The part that holds a part's relationships.

    >>> rels_part("xl/workbook.xml"), rels_part("")
    ('xl/_rels/workbook.xml.rels', '_rels/.rels')
    """
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def resolved(source: str, target: str) -> str:
    """The full name of the part that a target, relative or absolute, means.

    >>> resolved("xl/worksheets/sheet1.xml", "../tables/table1.xml"), resolved("xl/workbook.xml", "/xl/styles.xml")
    ('xl/tables/table1.xml', 'xl/styles.xml')
    """
    joined = posixpath.join("/", posixpath.dirname(source), unquote(target.partition("#")[0]))
    return posixpath.normpath(joined).lstrip("/")


def _root(name: str, namespace: str) -> Element:
    return Element(name, {"": namespace}, {"xmlns": namespace})
