"""The texts that cells share: cut out as bytes when the first is needed, and each read when it is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from xlfunnel.ooxml.faults import DamagedWorkbook
from xlfunnel.ooxml.markup import check_well_formed, parse
from xlfunnel.ooxml.sheet import shown_text, utf8_markup
from xlfunnel.ooxml.values import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlfunnel.ooxml.package import Package

_ROOT: Final = re.compile(rb"<((?:[\w.-]+:)?)sst\b[^>]*>")


class SharedStrings:
    """The texts by number. They are never changed: what is written stands in its cell."""

    def __init__(self, package: Package, part: str) -> None:
        self._package = package
        self._part = part
        self._items: list[bytes] | None = None
        self._opening, self._closing = b"", b""
        self._plain = re.compile(b"")

    def __call__(self, number: int) -> str:
        """The text of that number."""
        if self._items is None:
            self._items = list(self._cut_out())
        if not 0 <= number < len(self._items):
            msg = f"a cell shows text {number} of {len(self._items)}"
            raise DamagedWorkbook(msg)
        item = self._items[number]
        found = self._plain.fullmatch(item)
        if found is not None:
            return plain_text(found[1].decode())
        held = parse(self._opening + item + self._closing, self._part).child("si")
        return "" if held is None else shown_text(held)

    def _cut_out(self) -> Iterator[bytes]:
        """Every item as it stands. Raises `DamagedWorkbook` where one of them could not be read."""
        if self._part not in self._package:
            return
        content = utf8_markup(self._package.read(self._part), self._part)
        check_well_formed(content, self._part)
        root = _ROOT.search(content)
        if root is None:
            return
        prefix = re.escape(root[1])
        self._opening, self._closing = root[0], b"</" + root[1] + b"sst>"
        self._plain = re.compile(b'<%bsi><%bt(?: xml:space="preserve")?>([^<&\r]*)</%bt></%bsi>' % ((prefix,) * 4))
        item = re.compile(b"<%bsi(?=[\\s/>])[^>]*?(?:/>|>.*?</%bsi\\s*>)" % (prefix, prefix), re.DOTALL)
        yield from (found[0] for found in item.finditer(content, root.end()))
