"""A workbook with a damaged part is read as far as it can be, or refused in words; nothing else is ever raised."""

from __future__ import annotations

import re
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ooxml.conftest import packed, parts_of, workbook_bytes

from xlfunnel.errors import Stopped
from xlfunnel.ooxml.workbook_file import WorkbookFile

PARTS = parts_of(workbook_bytes(macros=True))
NAMES = sorted(name for name in PARTS if name.endswith((".xml", ".rels", ".vml")))
PIECES = {
    "value of an attribute": re.compile(rb'(?<==")[^"]*(?=")'),
    "attribute": re.compile(rb' [\w:]+="[^"]*"'),
    "element": re.compile(rb"<[\w:]+[^>]*/>"),
    "text": re.compile(rb"(?<=>)[^<]+(?=<)"),
}
NONSENSE = [b"", b"x", b"-1", b"99999999999", b"A1:", b"ZZZZ9", b"1e999"]


@settings(max_examples=80)
@given(st.sampled_from(NAMES), st.sampled_from(sorted(PIECES)), st.integers(0, 10_000), st.sampled_from(NONSENSE))
def test_damage_is_told_in_words_or_does_no_harm(name: str, kind: str, place: int, nonsense: bytes) -> None:
    content = PARTS[name]
    found = list(PIECES[kind].finditer(content))
    if not found:
        return
    piece = found[place % len(found)]
    new = b"" if kind in {"attribute", "element"} else nonsense
    damaged = content[: piece.start()] + new + content[piece.end() :]
    with suppress(Stopped):
        _use(packed(PARTS | {name: damaged}))


def _use(content: bytes) -> None:
    book = WorkbookFile.from_bytes(content)
    list(book.formulas())
    book.read_table("Deals")
    book.write("Plan", 1, 1, "=text")
    book.append("Deals", [{"Deal": "Dora"}])
    book.set_property("xlfunnel", "plan")
    book.refresh_chart_caches()
    book.remove_macros()
    assert WorkbookFile.from_bytes(book.to_bytes()).value("Plan", 1, 1) == "=text"
