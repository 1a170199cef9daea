"""The texts that cells share, read when the first of them is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.ooxml.faults import DamagedWorkbook
from xlfunnel.ooxml.markup import parse
from xlfunnel.ooxml.sheet import shown_text

if TYPE_CHECKING:
    from xlfunnel.ooxml.package import Package


class SharedStrings:
    """The texts by number. They are never changed: what is written stands in its cell."""

    def __init__(self, package: Package, part: str) -> None:
        self._package = package
        self._part = part
        self._texts: list[str] | None = None

    def __call__(self, number: int) -> str:
        """The text of that number."""
        if self._texts is None:
            self._texts = self._read()
        if not 0 <= number < len(self._texts):
            msg = f"a cell shows text {number} of {len(self._texts)}"
            raise DamagedWorkbook(msg)
        return self._texts[number]

    def _read(self) -> list[str]:
        if self._part not in self._package:
            return []
        root = parse(self._package.read(self._part), self._part)
        return [shown_text(item) for item in root.elements("si")]
