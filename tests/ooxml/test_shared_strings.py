"""Texts that cells share, as different programs write them."""

from __future__ import annotations

import pytest
from tests.ooxml.conftest import packed, parts_of

from xlfunnel.ooxml.faults import DamagedWorkbook
from xlfunnel.ooxml.workbook_file import WorkbookFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ITEMS = [
    ("<si><t>plain</t></si>", "plain"),
    ('<si><t xml:space="preserve"> kept </t></si>', " kept "),
    ("<si><t>R&amp;D &lt;b&gt;</t></si>", "R&D <b>"),
    ("<si><t>two\r\nlines</t></si>", "two\nlines"),
    ("<si><t>_x0041_ is A</t></si>", "A is A"),
    ("<si><r><rPr><b/></rPr><t>rich</t></r><r><t> text</t></r></si>", "rich text"),
    ("<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>", "東京"),
    ("<si><t><![CDATA[<si>no item</si>]]></t></si>", "<si>no item</si>"),
    ("<!-- <si/> --><si ><t>behind a remark</t></si >", "behind a remark"),
    ("<si/>", ""),
]


def shown(plain: bytes, part: str, number: int) -> object:
    """What a cell shows that takes the text of that number."""
    parts = parts_of(plain)
    parts["xl/sharedStrings.xml"] = part.encode()
    sheet = parts["xl/worksheets/sheet1.xml"]
    head, mark, rest = sheet.partition(b"</sheetData>")
    parts["xl/worksheets/sheet1.xml"] = (
        head + b'<row r="900"><c r="A900" t="s"><v>%d</v></c></row>' % number + mark + rest
    )
    return WorkbookFile.from_bytes(packed(parts)).value("Plan", 899, 0)


@pytest.mark.parametrize("number", range(len(ITEMS)))
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_each_text_is_read_among_the_others(plain: bytes, prefix: str, number: int) -> None:
    body = "".join(item for item, _ in ITEMS)
    space = "xmlns:x" if prefix else "xmlns"
    if prefix:
        for name in ("si", "t", "r", "rPr", "rPh", "b"):
            for sign in (" ", ">", "/>"):
                body = body.replace(f"<{name}{sign}", f"<x:{name}{sign}")
            body = body.replace(f"</{name}", f"</x:{name}")
        body = body.replace("<x:si>no item</x:si>", "<si>no item</si>")
    part = f'<?xml version="1.0" encoding="UTF-8"?>\n<{prefix}sst {space}="{MAIN}">{body}</{prefix}sst>'
    assert shown(plain, part, number) == ITEMS[number][1]


@pytest.mark.parametrize("body", ["<si><t>cut", "<si><t>&gone;</t></si>", "<si><t>a</t></si>"])
def test_a_part_that_cannot_be_read_is_refused_whichever_text_is_asked_for(plain: bytes, body: str) -> None:
    with pytest.raises(DamagedWorkbook):
        shown(plain, f'<sst xmlns="{MAIN}"><si><t>first</t></si>{body}</sst>', 0 if "a" not in body else 2)
