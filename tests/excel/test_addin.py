"""The add-in as a package, taken apart: parts, ribbon, VBA, settings; and its wrappers as text."""

from __future__ import annotations

import posixpath
import re
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from zipfile import ZipFile

import pytest
from defusedxml.ElementTree import fromstring
from pyopenvba import ExcelFile, check_file

from xlfunnel.catalog import CATALOG
from xlfunnel.excel import addin as addin_module
from xlfunnel.excel.addin import (
    XlwingsChanged,
    XlwingsMissing,
    XlwingsSources,
    addin,
    addin_modules,
    ribbon,
    xlwings_sources,
)
from xlfunnel.excel.boundary import CVERR, ERROR_MARK
from xlfunnel.excel.wrappers import (
    LONGEST_HELP,
    functions_module,
    parameters,
    quoted,
    source,
    workbook_modules,
    wrapper,
)
from xlfunnel.metric import Metric

PYTHON = r"C:\Users\Ana\Sales & more\.venv\Scripts\python.exe"
RIBBON_NAMESPACE = "{http://schemas.microsoft.com/office/2009/07/customui}"
RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"

each_metric = pytest.mark.parametrize("metric", CATALOG.values(), ids=lambda metric: metric.name)


@pytest.fixture(scope="module")
def sources() -> XlwingsSources:
    return xlwings_sources()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, sources: XlwingsSources) -> Path:
    path = tmp_path_factory.mktemp("addin") / "xlfunnel.xlam"
    path.write_bytes(addin(PYTHON, sources))
    return path


@pytest.fixture(scope="module")
def parts(file: Path) -> dict[str, bytes]:
    with ZipFile(file) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert len(names) == len(set(names))
        return {name: package.read(name) for name in names}


@pytest.fixture(scope="module")
def code(file: Path) -> dict[str, str]:
    """Module to source, as pyOpenVBA reads it."""
    with ExcelFile(file) as book:
        assert book.validate() == []
        return dict(book.vba_modules())


# --- the package


def test_the_same_sources_give_the_same_bytes(file: Path, sources: XlwingsSources) -> None:
    assert addin(PYTHON, sources) == file.read_bytes()
    assert addin(PYTHON + "w", sources) != file.read_bytes()


def test_pyopenvba_finds_nothing_to_repair(file: Path) -> None:
    report = check_file(file)
    assert not report.issues


def test_every_part_has_a_content_type_and_is_reached(parts: dict[str, bytes]) -> None:
    types = fromstring(parts["[Content_Types].xml"])
    endings = {one.get("Extension") for one in types if one.tag.endswith("Default")}
    named = {one.get("PartName", "").lstrip("/") for one in types if one.tag.endswith("Override")}
    assert named <= parts.keys()
    reached = {"[Content_Types].xml"}
    for name, content in parts.items():
        assert name in named or name.rpartition(".")[2] in endings, f"{name} has no content type"
        if name.endswith(".rels"):
            reached |= {name, *targets(name, content)}
    assert reached == parts.keys()


def targets(name: str, content: bytes) -> set[str]:
    folder = posixpath.dirname(posixpath.dirname(name))
    relations = fromstring(content).findall(RELATION)
    assert len({one.get("Id") for one in relations}) == len(relations)
    return {posixpath.normpath(posixpath.join(folder, one.get("Target", ""))).lstrip("/") for one in relations}


def test_every_part_of_xml_is_well_formed(parts: dict[str, bytes]) -> None:
    for name, content in parts.items():
        if name.endswith((".xml", ".rels")):
            fromstring(content)


def test_it_is_an_add_in_with_a_ribbon(parts: dict[str, bytes]) -> None:
    types = {one.get("PartName"): one.get("ContentType") for one in fromstring(parts["[Content_Types].xml"])}
    assert types["/xl/workbook.xml"] == "application/vnd.ms-excel.addin.macroEnabled.main+xml"
    relations = {one.get("Target"): one.get("Type") for one in fromstring(parts["_rels/.rels"])}
    assert relations["customUI/customUI14.xml"] == (
        "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
    )
    workbook = parts["xl/workbook.xml"].decode()
    assert 'codeName="ThisWorkbook"' in workbook
    assert 'codeName="Settings"' in parts["xl/worksheets/sheet1.xml"].decode()


# --- the ribbon


def ribbon_elements() -> list[Element]:
    return list(fromstring(ribbon()).iter())


def test_the_ribbon_has_its_buttons_in_order() -> None:
    labels = [one.get("label") for one in ribbon_elements() if one.tag == f"{RIBBON_NAMESPACE}button"]
    assert labels == ["Refresh from export", "New quarter", "Check", "Share copy", "Functions", "Help"]


NESTING = {"customUI": {"ribbon"}, "ribbon": {"tabs"}, "tabs": {"tab"}, "tab": {"group"}, "group": {"button"}}
ATTRIBUTES = {
    "tab": {"id", "label", "insertAfterMso"},
    "group": {"id", "label"},
    "button": {"id", "label", "size", "imageMso", "onAction", "screentip", "supertip"},
}
"""What Microsoft's schema of the ribbon allows, as far as ours uses it."""


def test_the_ribbon_keeps_to_the_schema() -> None:
    identities = []
    for element in ribbon_elements():
        assert element.tag.startswith(RIBBON_NAMESPACE)
        name = element.tag.removeprefix(RIBBON_NAMESPACE)
        assert {child.tag.removeprefix(RIBBON_NAMESPACE) for child in element} <= NESTING.get(name, set())
        assert set(element.attrib) <= ATTRIBUTES.get(name, set())
        for key, longest in (("label", 1_024), ("screentip", 1_024), ("supertip", 1_024), ("id", 1_024)):
            assert len(element.get(key, "x")) in range(1, longest + 1)
        assert element.get("size", "normal") in {"normal", "large"}
        identities += [element.get("id")] if name in ATTRIBUTES else []
    assert None not in identities
    assert len(identities) == len(set(identities))


def test_every_button_finds_its_procedure(code: dict[str, str]) -> None:
    called = {one.get("onAction") for one in ribbon_elements() if one.get("onAction")}
    procedures = re.findall(r"^Public Sub (\w+)\(control As IRibbonControl\)", code["XlfunnelRibbon"], re.MULTILINE)
    assert called == set(procedures)


# --- the VBA


def test_the_modules_are_those_that_were_put_in(code: dict[str, str], sources: XlwingsSources) -> None:
    assert {name: text.replace("\r\n", "\n") for name, text in code.items()} == {
        module.name: module.source.replace("\r\n", "\n") for module in addin_modules(sources)
    }


def test_no_two_public_procedures_share_a_name(sources: XlwingsSources) -> None:
    """VBA would refuse the call as ambiguous, and with it its whole module."""
    public = re.compile(r"^(?:Public )?(?:Sub|Function) (\w+)", re.MULTILINE)
    standard = [module for module in addin_modules(sources) if module.kind.name == "STANDARD"]
    names = [name.lower() for module in standard for name in set(public.findall(module.text))]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize(
    "module", ["XlfunnelValues", "XlfunnelServer", "XlfunnelAddIn", "XlfunnelLinks", "XlfunnelActions"]
)
def test_only_the_functions_show_in_the_function_wizard(module: str) -> None:
    assert "Option Private Module" in source(module).text


def test_our_blocks_are_closed_and_lines_are_short_enough_for_vba(sources: XlwingsSources) -> None:
    for module in (*addin_modules(sources), *workbook_modules()):
        if module.name in {"xlwings", "Dictionary"}:
            continue
        for kind in ("Sub", "Function"):
            opened = re.findall(rf"^(?:Public |Private )?{kind} \w+", module.text, re.MULTILINE)
            assert len(opened) == len(re.findall(rf"^End {kind}", module.text, re.MULTILINE)), module.name
        lines = module.source.split("\r\n")
        assert max(map(len, lines)) < 1_024
        runs = groupby(lines, lambda line: line.endswith(" _"))
        assert max((len(list(group)) for continued, group in runs if continued), default=0) <= 24


def test_the_errors_in_vba_are_those_of_the_border() -> None:
    text = source("XlfunnelValues").text
    numbers = {code: int(number) for code, number in re.findall(r'Case "(#[^"]+)": NumberOf = (\d+)', text)}
    assert numbers == {code.value: number for code, number in CVERR.items()}
    assert f"Chr$({ord(ERROR_MARK)})" in text


# --- the wrappers

RESERVED = set(
    "addressof and any as attribute base boolean byref byte byval call case cdbl cint clng close compare const "
    "csng cstr currency cvar cverr date debug declare dim do double each else elseif empty end enum eqv erase "
    "error event exit explicit false fix for friend function get global gosub goto if imp implements in input int "
    "integer is len let lib like line local lock long longlong longptr loop lset me mid mod new next not nothing "
    "null object on open option optional or paramarray preserve print private property psetx public put "
    "raiseevent redim rem resume return rset seek select set sgn shared single spc static step stop string sub "
    "tab then to true type typeof ubound unlock until variant wend while with withevents write xor".split()
)
"""Words that VBA does not take as a parameter's name; one alone keeps its whole module from compiling."""


@each_metric
def test_a_wrapper_hands_every_argument_on_and_computes_nothing(metric: Metric[Any, Any]) -> None:
    lines = wrapper(metric).splitlines()
    names = [name for name, _ in parameters(metric)]
    assert lines[0] == f"Public Function {metric.name}({', '.join(f'Optional {name}' for name in names)})"
    assert lines[1] == f"Attribute {metric.name}.VB_Description = {quoted(metric.meaning)}"
    assert lines[3] == f'    {metric.name} = Ask("{metric.name}", Array({", ".join(names)}))'
    assert lines[4] == "End Function"


@each_metric
def test_the_parameters_are_those_of_the_catalogue(metric: Metric[Any, Any]) -> None:
    names = [name for name, _ in parameters(metric)]
    plain = [argument.name for argument in metric.arguments if not argument.varying]
    assert names[: len(plain)] == plain
    assert len({name.lower() for name in names}) == len(names) <= 60
    assert not {name.lower() for name in names} & (RESERVED | {"ask", "array", metric.name.lower()})
    assert not any(re.fullmatch(r"[A-Za-z]{1,3}\d+", name) for name in [*names, metric.name]), "reads as a cell"


@each_metric
def test_the_wizard_explains_every_argument(metric: Metric[Any, Any]) -> None:
    for argument in metric.arguments:
        texts = {text for name, text in parameters(metric) if name.startswith(argument.name)}
        assert any(text.startswith(f"{argument.meaning}: ") for text in texts)
        assert all(len(text) <= LONGEST_HELP for text in texts)


def test_metric_check_takes_as_many_inputs_as_any_function() -> None:
    most = max(len(metric.arguments) for metric in CATALOG.values())
    assert len(parameters(CATALOG["METRIC_CHECK"])) == most + 1


def test_the_wizard_is_told_of_every_function(code: dict[str, str]) -> None:
    told = re.findall(r'^    Describe "(\w+)"', code["XlfunnelHelp"], re.MULTILINE)
    assert told == list(CATALOG)
    written = re.findall(r"^Public Function (\w+)", functions_module().text, re.MULTILINE)
    assert written == list(CATALOG)


@pytest.mark.parametrize("text", ["x" * (LONGEST_HELP + 1), "two\nlines"])
def test_a_help_text_that_the_wizard_cannot_show_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="function wizard"):
        quoted(text)


# --- what comes from xlwings


def settings_on_the_sheet(parts: dict[str, bytes]) -> dict[str, str]:
    strings = ["".join(one.itertext()) for one in fromstring(parts["xl/sharedStrings.xml"])]
    sheet = fromstring(parts["xl/worksheets/sheet1.xml"])
    rows = [[cell for cell in row if len(cell)] for row in sheet.iter() if row.tag.endswith("}row")]
    read = [[strings[int(cell[0].text or "")] for cell in row] for row in rows]
    return {row[0]: row[1] if len(row) > 1 else "" for row in read}


def test_every_setting_that_xlwings_asks_for_is_in_the_add_in(parts: dict[str, bytes], code: dict[str, str]) -> None:
    """Any other it would look for in the folder of the open workbook."""
    asked = set(re.findall(r'GetConfig\("([^"]+)"', code["xlwings"]))
    assert len(asked) > 10
    assert asked <= settings_on_the_sheet(parts).keys()


def test_the_settings_start_the_given_python_and_nothing_else(parts: dict[str, bytes]) -> None:
    found = settings_on_the_sheet(parts)
    assert found["INTERPRETER_WIN"] == found["INTERPRETER_MAC"] == PYTHON
    assert found["XLWINGS_VERSION"] == version("xlwings")
    assert (found["ADD_WORKBOOK_TO_PYTHONPATH"], found["PYTHONPATH"], found["CONDA PATH"]) == ("False", "", "")


def test_xlwings_takes_no_settings_from_the_open_workbook(code: dict[str, str]) -> None:
    text = code["xlwings"]
    assert 'PROJECT_NAME As String = "xlfunnel"' in text
    assert "SheetExists(ActiveWorkbook, PROJECT_NAME" not in text
    assert "SheetExists(ThisWorkbook, PROJECT_NAME" in text
    assert "Redistribution and use in source and binary forms" in text  # its licence stays with it


@pytest.fixture
def other_xlwings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which xlwings' VBA is looked for."""

    class Found:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(addin_module, "find_spec", lambda _: Found)
    (tmp_path / "addin").mkdir()
    (tmp_path / "addin" / "Dictionary.cls").write_text("Option Explicit\n", encoding="utf-8")
    return tmp_path


GOOD_LINES = [
    'Public Const XLWINGS_VERSION As String = "9.9.9"',
    'Public Const PROJECT_NAME As String = "myaddin"',
    '            If SheetExists(ActiveWorkbook, PROJECT_NAME & ".conf") = True Then',
]


@pytest.mark.parametrize("missing", range(3))
def test_vba_of_another_form_is_refused(missing: int, other_xlwings: Path) -> None:
    lines = [line for index, line in enumerate(GOOD_LINES) if index != missing]
    (other_xlwings / "xlwings_custom_addin.bas").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(XlwingsChanged, match="force-reinstall"):
        xlwings_sources()


def test_vba_that_is_missing_is_told(other_xlwings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(XlwingsMissing, match="lacks"):
        xlwings_sources()
    monkeypatch.setattr(addin_module, "find_spec", lambda _: None)
    with pytest.raises(XlwingsMissing, match="not installed"):
        xlwings_sources()
