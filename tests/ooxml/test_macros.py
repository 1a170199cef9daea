"""Without macros: the code and its buttons go, comments, pictures and the user's own shapes stay."""

from __future__ import annotations

import re

import pytest
from tests.ooxml.conftest import packed, parts_of, workbook_bytes

from xlfunnel.ooxml.workbook_file import WorkbookFile

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"
SHEET_RELS = "xl/worksheets/_rels/sheet1.xml.rels"
COMPATIBLE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


@pytest.fixture(scope="module")
def with_macros() -> bytes:
    """As our builder writes it, with a ribbon."""
    parts = parts_of(workbook_bytes(macros=True))
    parts["customUI/customUI14.xml"] = b'<customUI xmlns="http://schemas.microsoft.com/office/2009/07/customui"/>'
    arrow = (
        b'<Relationship Id="ribbon" Target="customUI/customUI14.xml" '
        b'Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"/></Relationships>'
    )
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", arrow)
    return packed(parts)


def excel_style(content: bytes) -> bytes:
    """The same after Excel saved it: buttons stand in the list of controls and in the drawing, too."""
    parts = parts_of(content)
    wrapped = f'<mc:AlternateContent {COMPATIBLE}><mc:Choice Requires="x14">'
    end = "</mc:Choice></mc:AlternateContent>"
    controls = "".join(
        f'{wrapped}<control shapeId="{shape}" r:id="{arrow}" name="{name}">'
        f'<controlPr defaultSize="0" macro="[0]!Module.Refresh"/></control>{end}'
        for shape, arrow, name in ((1025, "rId8", "Button 1"), (1030, "rId9", "Check 1"))
    )
    listed = f"{wrapped}<controls>{controls}</controls>{end}<tableParts"
    parts[SHEET] = parts[SHEET].replace(b"<tableParts", listed.encode())
    kind = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    for number, what in ((8, "Button"), (9, "CheckBox")):
        part = f"xl/ctrlProps/ctrlProp{number}.xml"
        parts[part] = f'<formControlPr xmlns="{kind}" objectType="{what}"/>'.encode()
        arrow = (
            f'<Relationship Id="rId{number}" Type="{RELATIONS}/ctrlProp" Target="../ctrlProps/ctrlProp{number}.xml"/>'
        )
        parts[SHEET_RELS] = parts[SHEET_RELS].replace(b"</Relationships>", f"{arrow}</Relationships>".encode())
        override = (
            f'<Override PartName="/{part}" ContentType="application/vnd.ms-excel.controlproperties+xml"/></Types>'
        )
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", override.encode())
    shadow = (
        f'<mc:AlternateContent {COMPATIBLE}><mc:Choice Requires="a14" '
        'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"><xdr:twoCellAnchor>'
        '<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="1025" name="Button 1" hidden="1"><a:extLst>'
        '<a:ext uri="{63B3BB69-23CF-44E3-9099-C40C66FF867C}"><a14:compatExt spid="_x0000_s1025"/></a:ext></a:extLst>'
        "</xdr:cNvPr></xdr:nvSpPr></xdr:sp></xdr:twoCellAnchor></mc:Choice><mc:Fallback/></mc:AlternateContent>"
        '<xdr:twoCellAnchor><xdr:sp macro="[0]!Module.Refresh" textlink=""><xdr:nvSpPr>'
        '<xdr:cNvPr id="7" name="my own arrow"/></xdr:nvSpPr></xdr:sp></xdr:twoCellAnchor></xdr:wsDr>'
    )
    drawing = "xl/drawings/drawing1.xml"
    parts[drawing] = parts[drawing].replace(b"</xdr:wsDr>", shadow.encode())
    return packed(parts)


def without_macros(content: bytes) -> dict[str, bytes]:
    book = WorkbookFile.from_bytes(content)
    assert book.has_macros
    book.remove_macros()
    assert not book.has_macros
    return parts_of(book.to_bytes())


def assert_sound(parts: dict[str, bytes]) -> None:
    """Every arrow leads somewhere, and every declared part is there."""
    for name, content in parts.items():
        if name.endswith(".rels"):
            folder = name.split("_rels/")[0]
            for target in re.findall(rb'Target="([^"]+)"', content):
                path = target.decode()
                full = path.lstrip("/") if path.startswith("/") else folder + path
                while "../" in full:
                    full = re.sub(r"[^/]+/\.\./", "", full, count=1)
                assert full in parts, f"{name} leads to {full}"
    for declared in re.findall(rb'PartName="/([^"]+)"', parts["[Content_Types].xml"]):
        assert declared.decode() in parts


def test_code_ribbon_and_buttons_go(with_macros: bytes) -> None:
    before, after = parts_of(with_macros), without_macros(with_macros)
    assert set(before) - set(after) == {"xl/vbaProject.bin", "customUI/customUI14.xml"}
    everything = b"".join(after.values())
    for trace in (b"FmlaMacro", b"vbaProject", b"macroEnabled", b"extensibility", b'ObjectType="Button"'):
        assert trace in b"".join(before.values())
        assert trace not in everything
    assert b"spreadsheetml.sheet.main+xml" in after["[Content_Types].xml"]
    assert_sound(after)


def test_comments_charts_and_cells_stay(with_macros: bytes) -> None:
    before, after = parts_of(with_macros), without_macros(with_macros)
    kept = [
        name for name in before if re.search(r"comments|charts/|media/|drawing\d\.xml|worksheets/sheet|tables/", name)
    ]
    assert len(kept) >= 10
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    for number in (1, 2):
        drawing = after[f"xl/drawings/vmlDrawing{number}.vml"]
        assert drawing.count(b'ObjectType="Note"') == 1


def test_a_drawing_of_buttons_alone_goes_wholly() -> None:
    parts = parts_of(workbook_bytes(macros=True))
    vml = "xl/drawings/vmlDrawing2.vml"
    parts[vml] = re.sub(rb'<v:shapetype id="_x0000_t202".*</v:shape>', b"", parts[vml])
    after = without_macros(packed(parts))
    assert vml not in after
    assert b"legacyDrawing" not in after["xl/worksheets/sheet2.xml"]
    assert b"legacyDrawing" in after["xl/worksheets/sheet1.xml"]
    assert_sound(after)


def test_buttons_that_excel_saved_go_with_their_shadows(with_macros: bytes) -> None:
    after = without_macros(excel_style(with_macros))
    sheet, drawing = after[SHEET].decode(), after["xl/drawings/drawing1.xml"].decode()
    assert "Button 1" not in sheet + drawing
    assert 'name="Check 1"' in sheet
    assert "Module.Refresh" not in sheet + drawing
    assert 'name="my own arrow"' in drawing
    assert "graphicFrame" in drawing
    assert "xl/ctrlProps/ctrlProp8.xml" not in after
    assert "xl/ctrlProps/ctrlProp9.xml" in after
    assert_sound(after)


def test_without_macros_nothing_changes(plain: bytes) -> None:
    book = WorkbookFile.from_bytes(plain)
    book.remove_macros()
    assert parts_of(book.to_bytes()) == parts_of(plain)
