"""A workbook's own properties: names and texts that a program leaves in it for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.markup import Element, parse, serialised
from xlfunnel.ooxml.relationships import add_relationship, declare, related

if TYPE_CHECKING:
    from xlfunnel.ooxml.package import Package

_PART = "docProps/custom.xml"
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_CONTENT = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
_FIRST_ID = 2


def custom_properties(package: Package) -> dict[str, str]:
    """The custom document properties, each as text."""
    root = _root(package)
    return {item.attributes.get("name", ""): _value(item) for item in root.elements("property")} if root else {}


def set_custom_property(package: Package, name: str, value: str) -> None:
    """Give a custom document property a text."""
    root = _root(package)
    if root is None:
        scope = {"": _NAMESPACE, "vt": _TYPES}
        root = Element("Properties", scope, {"xmlns": _NAMESPACE, "xmlns:vt": _TYPES})
        declare(package, _PART, _CONTENT)
        add_relationship(package, "", _KIND, _PART)
    item = next((item for item in root.elements("property") if item.attributes.get("name") == name), None)
    if item is None:
        ids = [other.whole("pid") for other in root.elements("property")]
        attributes = {"fmtid": _FORMAT_ID, "pid": str(max([_FIRST_ID - 1, *ids]) + 1), "name": name}
        item = root.new("property", attributes)
        root.children.append(item)
    prefix = next((key for key, uri in item.scope.items() if uri == _TYPES), None)
    if prefix is None:
        prefix = "vt"
        item.attributes["xmlns:vt"] = _TYPES
    item.attributes.pop("linkTarget", None)
    item.children = [Element(f"{prefix}:lpwstr" if prefix else "lpwstr", item.scope, {}, [value])]
    package.replace(_part(package), serialised(root))


def _part(package: Package) -> str:
    return next(iter(related(package, "", "custom-properties")), _PART)


def _root(package: Package) -> Element | None:
    part = _part(package)
    return parse(package.read(part), part) if part in package else None


def _value(item: Element) -> str:
    return next((held.text for held in item.elements()), "")
