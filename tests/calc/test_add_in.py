"""The add-in as a file, and as LibreOffice has it: help, other files, and a Python that is gone."""

from __future__ import annotations

import ast
import json
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xlsxwriter

from xlfunnel.calc.extension import parts, write_extension
from xlfunnel.calc.menu import COMMANDS, HANDLER, pictures
from xlfunnel.calc.office import Office
from xlfunnel.catalog import CATALOG

OLDEST_PYTHON = (3, 8)
"""Of the LibreOffices that are still about."""


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return parts(Path("/opt/python"), Path("/opt/site-packages"))


def test_the_same_catalog_makes_the_same_bytes(tmp_path: Path, texts: dict[str, str]) -> None:
    one, other = tmp_path / "one.oxt", tmp_path / "other.oxt"
    write_extension(one)
    write_extension(other)
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert set(archive.namelist()) == set(texts) | set(pictures())


def test_the_manifest_names_parts_that_are_there(texts: dict[str, str]) -> None:
    manifest = ElementTree.fromstring(texts["META-INF/manifest.xml"])  # noqa: S314  # our own text
    space = "{http://openoffice.org/2001/manifest}"
    named = [entry.get(f"{space}full-path") for entry in manifest.iter(f"{space}file-entry")]
    passive = ["functions.idl", "add-in.components", "Addons.xcu", "CalcWindowState.xcu", "ProtocolHandler.xcu"]
    assert named == passive, "nothing that LibreOffice would have to run to install it"
    assert set(named) <= set(texts)
    components = ElementTree.fromstring(texts["add-in.components"])  # noqa: S314
    space = "{http://openoffice.org/2010/uno-components}"
    assert [entry.get("uri") for entry in components.iter(f"{space}component")] == ["component.py", "commands.py"]
    functions, commands = [entry.get("name") for entry in components.iter(f"{space}implementation")]
    assert f'SERVICE = "{functions}"' in texts["component.py"], (
        "what is written down is what the component implements"
    )
    assert f'NAME = "{commands}"' in texts["commands.py"]
    assert commands == HANDLER
    assert all(f'"{command.address}"' in texts["commands.py"] for command in COMMANDS)
    ElementTree.fromstring(texts["description.xml"])  # noqa: S314


def test_nothing_of_this_machine_is_in_it_but_where_the_answers_come_from(texts: dict[str, str]) -> None:
    known = json.loads(texts["functions.json"])
    assert (known["interpreter"], known["place"]) == (str(Path("/opt/python")), str(Path("/opt/site-packages")))
    here = str(Path(__file__).parents[2])
    assert not [name for name, text in texts.items() if here in text or sys.prefix in text]


@pytest.mark.parametrize("name", [name for name in parts(Path("p"), Path("s")) if name.endswith(".py")])
def test_libreoffices_python_can_read_it(name: str, texts: dict[str, str]) -> None:
    ast.parse(texts[name], feature_version=OLDEST_PYTHON)
    tree = ast.parse(texts[name])
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    nodes = list(ast.walk(tree))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert "xlfunnel" not in {module.split(".")[0] for module in imported}, "it is not installed there"


def test_the_function_wizard_explains_every_argument(office: Office) -> None:
    wizard = office.ask("wizard")
    for name, metric in CATALOG.items():
        description, arguments = wizard[name]
        assert description == metric.meaning
        assert [argument[0] for argument in arguments] == [argument.name for argument in metric.arguments]
        for (_, meaning, optional), argument in zip(arguments, metric.arguments, strict=True):
            assert meaning.startswith(argument.meaning)
            assert argument.kind.rule in meaning
            assert optional


@pytest.mark.parametrize(
    ("kind", "suffix"), [("calc8", "ods"), ("Calc MS Excel 2007 XML", "xlsx"), ("MS Excel 97", "xls")]
)
def test_a_formula_survives_saving(sheet: Any, kind: str, suffix: str, tmp_path: Path) -> None:
    saved = tmp_path / f"saved.{suffix}"
    sheet.office.ask("put", "A1:D1", [[40.0, 12_000.0, 0.25, 60.0]])
    sheet.office.ask("type_formula", "E1", "=SALES_VELOCITY(A1,B1,C1,D1)")
    sheet.office.ask("save_as", str(saved), kind)
    sheet.open(saved)
    sheet.office.ask("put", "A1", [[80.0]])
    assert sheet.read("E1") == [[4000.0]]
    if suffix == "xlsx":
        with zipfile.ZipFile(saved) as archive:
            assert ">SALES_VELOCITY(A1,B1,C1,D1)<" in archive.read("xl/worksheets/sheet1.xml").decode()


BOOKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "externalLinks/externalLink1.xml"
LINK_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
LINK_PARTS = {
    f"xl/{LINK}": f'<externalLink xmlns="{SHEETS}" xmlns:r="{BOOKS}"><externalBook r:id="rId1"><definedNames>'
    '<definedName name="SALES_VELOCITY"/></definedNames></externalBook></externalLink>',
    "xl/externalLinks/_rels/externalLink1.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/'
    f'2006/relationships"><Relationship Id="rId1" Type="{BOOKS}/externalLinkPath" TargetMode="External" '
    'Target="file:///C:/Users/ann/xlfunnel.xlam"/></Relationships>',
}
LINKED = [
    ("xl/worksheets/sheet1.xml", "<f>", "<f>[1]!"),
    (
        "xl/workbook.xml",
        "</sheets>",
        '</sheets><externalReferences><externalReference r:id="rId9"/></externalReferences>',
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "</Relationships>",
        f'<Relationship Id="rId9" Type="{BOOKS}/externalLink" Target="{LINK}"/></Relationships>',
    ),
    (
        "[Content_Types].xml",
        "</Types>",
        f'<Override PartName="/xl/{LINK}" ContentType="{LINK_CONTENT}"/></Types>',
    ),
]
"""What makes the formulas of a workbook links to the file of Excel's add-in."""


def test_a_link_to_excels_add_in_is_no_name_as_documented(sheet: Any, tmp_path: Path) -> None:
    plain, linked = tmp_path / "plain.xlsx", tmp_path / "linked.xlsx"
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet().write_formula("A1", "=SALES_VELOCITY(40,12000,0.25,60)", None, -1)
    with zipfile.ZipFile(plain) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()} | LINK_PARTS
    for name, old, new in LINKED:
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new)
    with zipfile.ZipFile(linked, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    sheet.open(linked)
    assert sheet.read("A1") == [[{"error": "#NAME?"}]]
    sheet.office.ask("type_formula", "A1", "=SALES_VELOCITY(40,12000,0.25,60)")
    assert sheet.read("A1") == [[2000.0]]


def test_a_missing_python_is_told_in_the_cell(soffice: Path, tmp_path: Path) -> None:
    extension = tmp_path / "xlfunnel.oxt"
    write_extension(extension, tmp_path / "no" / "python")
    with Office(soffice, extension) as office:
        office.ask("open", None)
        office.ask("type_formula", "A1", "=SALES_VELOCITY(40,12000,0.25,60)")
        office.ask("type_formula", "A2", '=METRIC_CHECK("SALES_VELOCITY",40,12000,0.25,60)')
        shown = [row[0][2] for row in office.ask("read", "A1:A2")]
        assert shown[0] == "#NAME?"
        assert "xlfunnel install" in shown[1]
        assert "xlfunnel install" in office.ask("wizard")["SALES_VELOCITY"][0]
