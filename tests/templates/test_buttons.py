"""The macros of a template: read back by oletools, they are ours and nothing else, and each button finds its own."""

from __future__ import annotations

import re
import warnings
from io import BytesIO
from zipfile import ZipFile

import pytest

from xlfunnel.excel.wrappers import source, workbook_modules
from xlfunnel.templates.build import TEMPLATES
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.start_sheet import BUTTONS
from xlfunnel.templates.template import written

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # oletools calls pyparsing by names of old
    from oletools.olevba import VBA_Parser


@pytest.fixture(scope="module", params=TEMPLATES)
def book(request: pytest.FixtureRequest) -> bytes:
    """A template with macros, its formulas without results."""
    template = TEMPLATES[request.param]
    return written(template, Edition.FUNCTIONS, template.example, computed=False)


def modules_in(book: bytes) -> dict[str, str]:
    parser = VBA_Parser("book.xlsm", data=book)
    try:
        found = {path.rpartition("/")[2]: code for _, path, _, code in parser.extract_all_macros()}
    finally:
        parser.close()
    return {name: code.replace("\r\n", "\n") for name, code in found.items()}


def parts_of(book: bytes) -> dict[str, str]:
    with ZipFile(BytesIO(book)) as package:
        return {name: package.read(name).decode() for name in package.namelist() if name.endswith((".vml", ".xml"))}


def test_the_modules_are_exactly_ours(book: bytes) -> None:
    ours = {one.name: one.source.replace("\r\n", "\n") for one in (*workbook_modules(), source("XlfunnelButtons"))}
    found = modules_in(book)
    assert {name: found[name] for name in ours} == ours
    documents = {name: code for name, code in found.items() if name not in ours}
    sheets = len(re.findall(r"<sheet ", parts_of(book)["xl/workbook.xml"]))
    assert set(documents) == {"ThisWorkbook", *(f"Sheet{number}" for number in range(1, sheets + 1))}
    for name, code in documents.items():
        lines = [line for line in code.splitlines() if line and not line.startswith("Attribute VB_")]
        assert lines == ["Option Explicit"], name


def test_each_button_runs_a_macro_that_is_there(book: bytes) -> None:
    drawn = "".join(text for name, text in parts_of(book).items() if name.endswith(".vml"))
    run = re.findall(r"<x:FmlaMacro>\[0\]!(\w+)\.(\w+)</x:FmlaMacro>", drawn)
    assert sorted(run) == sorted(("XlfunnelButtons", macro) for _, macro in BUTTONS)
    subs = set(re.findall(r"^Public Sub (\w+)\(\)$", modules_in(book)["XlfunnelButtons"], re.MULTILINE))
    assert {macro for _, macro in run} == subs


def test_no_macro_runs_by_itself(book: bytes) -> None:
    """Opening, closing, typing and calculating start nothing: only a button or a cell does."""
    started = re.compile(r"\b(Auto_?(Open|Close|Exec)|Workbook_\w+|Worksheet_\w+)\b", re.IGNORECASE)
    assert not [name for name, code in modules_in(book).items() if started.search(code)]


def test_the_formulas_edition_has_no_macros() -> None:
    for template in TEMPLATES.values():
        book = written(template, Edition.FORMULAS, template.example, computed=False)
        with ZipFile(BytesIO(book)) as package:
            names = package.namelist()
        assert not [name for name in names if "vba" in name.lower() or "ctrlProp" in name]
        assert "FmlaMacro" not in "".join(parts_of(book).values())
