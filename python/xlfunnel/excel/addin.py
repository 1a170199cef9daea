"""Build the add-in `xlfunnel.xlam` from our VBA, the catalogue and the xlwings that is installed here.

xlwings' own VBA and the DLL beside the interpreter must be of one version: so the add-in is built on the machine that
uses it, and nothing of xlwings is shipped with this package.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from defusedxml.ElementTree import fromstring
from xlsxwriter import Workbook

from xlfunnel.errors import Stopped
from xlfunnel.excel.vba_project import SHEET, WORKBOOK, Kind, Module, read_module, vba_project
from xlfunnel.excel.wrappers import functions_module, help_module, source

ADDIN_NAME: Final = "xlfunnel.xlam"
"""One fixed name: workbooks refer to the add-in by it."""

PROJECT: Final = "xlfunnel"
"""The name of the VBA project, and before `.conf` of the sheet with the add-in's settings."""

OWN_MODULES: Final = ("XlfunnelActions", "XlfunnelLinks", "XlfunnelRibbon", "XlfunnelServer", "XlfunnelValues")
"""Our VBA that is written by hand."""

_CREATED: Final = datetime(2026, 1, 1)
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_WORKBOOK_TYPE: Final = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_ADDIN_TYPE: Final = b"application/vnd.ms-excel.addin.macroEnabled.main+xml"
_RIBBON_PART: Final = "customUI/customUI14.xml"
_RIBBON_RELATION: Final = (
    b'<Relationship Id="xlfunnelRibbon" Target="customUI/customUI14.xml" '
    b'Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"/>'
)
_BOOK_SETTINGS: Final = 'If SheetExists(ActiveWorkbook, PROJECT_NAME & ".conf") = True Then'


class XlwingsMissing(Stopped):
    """xlwings is not installed beside this interpreter, or its VBA is not."""


class XlwingsChanged(Stopped):
    """The VBA of the installed xlwings is not of the form that this version knows."""


class NotOurAddin(Stopped):
    """A file that is not an add-in built here."""


@dataclass(frozen=True)
class XlwingsSources:
    """xlwings' VBA as it is installed."""

    version: str
    module: Module
    dictionary: Module


@dataclass(frozen=True)
class BuiltFrom:
    """What an add-in says of itself: versions of xlfunnel and xlwings, and the Python that it starts."""

    xlfunnel: str
    xlwings: str
    interpreter: str


def addin(interpreter: str, sources: XlwingsSources) -> bytes:
    """The bytes of the add-in, which will start this interpreter, an absolute path.

    The same arguments give the same bytes.
    """
    book = BytesIO()
    workbook = Workbook(book, {"in_memory": True})
    workbook.set_properties(
        {
            "title": "xlfunnel",
            "comments": "The marketing-and-sales funnel as Excel functions",
            "created": _CREATED,
        }
    )
    origin = BuiltFrom(version("xlfunnel"), sources.version, interpreter)
    for name, value in asdict(origin).items():
        workbook.set_custom_property(name, value)
    workbook.set_vba_name("ThisWorkbook")
    workbook.add_vba_project(BytesIO(vba_project(addin_modules(sources), PROJECT)), is_stream=True)
    sheet = workbook.add_worksheet(f"{PROJECT}.conf")
    sheet.set_vba_name("Settings")
    for row, (key, value) in enumerate(settings(origin).items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    workbook.close()
    return _packed(_as_addin(book))


def addin_modules(sources: XlwingsSources) -> tuple[Module, ...]:
    """Everything that the add-in's VBA project holds."""
    return (
        Module("ThisWorkbook", _text("vba/ThisWorkbook.cls"), Kind.DOCUMENT, WORKBOOK),
        Module("Settings", "Option Explicit\n", Kind.DOCUMENT, SHEET),
        *(source(name) for name in OWN_MODULES),
        functions_module(),
        help_module(),
        sources.module,
        sources.dictionary,
    )


def settings(origin: BuiltFrom) -> dict[str, str]:
    """The add-in's settings. Each that xlwings asks for has its value here.

    One that it did not find it would look for in the folder of the open workbook, whoever that came from.
    """
    return {
        "XLFUNNEL_VERSION": origin.xlfunnel,
        "XLWINGS_VERSION": origin.xlwings,
        "INTERPRETER_WIN": origin.interpreter,
        "INTERPRETER_MAC": origin.interpreter,
        "INTERPRETER": origin.interpreter,
        "PYTHONPATH": "",
        "ADD_WORKBOOK_TO_PYTHONPATH": "False",
        "UDF MODULES": "xlfunnel.excel.functions",
        "USE UDF SERVER": "False",
        "DEBUG UDFS": "False",
        "SHOW CONSOLE": "False",
        "SHOW_ERROR_POPUPS": "True",
        "TEMP DIR": "%TEMP%",
        "LICENSE_KEY": "",
        "CONDA PATH": "",
        "CONDA ENV": "",
        "ONEDRIVE_CONSUMER_WIN": "",
        "ONEDRIVE_COMMERCIAL_WIN": "",
        "SHAREPOINT_WIN": "",
        "ONEDRIVE_CONSUMER_MAC": "",
        "ONEDRIVE_COMMERCIAL_MAC": "",
        "SHAREPOINT_MAC": "",
    }


def ribbon() -> bytes:
    """The ribbon tab."""
    return _text("vba/ribbon.xml").encode()


def xlwings_sources() -> XlwingsSources:
    """The VBA of the xlwings beside this interpreter; raises `XlwingsMissing` or `XlwingsChanged`."""
    found = find_spec("xlwings")
    if found is None or found.origin is None:
        msg = "xlwings is not installed here. Install it with: python -m pip install xlwings"
        raise XlwingsMissing(msg)
    folder = Path(found.origin).parent
    try:
        text = (folder / "xlwings_custom_addin.bas").read_text(encoding="utf-8")
        dictionary = (folder / "addin" / "Dictionary.cls").read_text(encoding="utf-8")
    except OSError as fault:
        msg = (
            f'The installed xlwings lacks "{fault.filename}". Install it anew: pip install --force-reinstall xlwings'
        )
        raise XlwingsMissing(msg) from fault
    return XlwingsSources(_own_version(text), _adapted(text), read_module("Dictionary", dictionary))


def built_from(path: Path) -> BuiltFrom:
    """What the add-in in this file says of itself; raises `NotOurAddin`."""
    try:
        with ZipFile(path) as package:
            properties = fromstring(package.read("docProps/custom.xml"))
    except (OSError, BadZipFile, KeyError, ParseError) as fault:
        msg = f'"{path}" is not an add-in of xlfunnel.'
        raise NotOurAddin(msg) from fault
    values = {one.get("name"): "".join(one.itertext()) for one in properties}
    return BuiltFrom(*(values.get(field.name, "") for field in fields(BuiltFrom)))


def _own_version(text: str) -> str:
    found = re.search(r'XLWINGS_VERSION As String = "([^"]+)"', text)
    if found is None:
        raise XlwingsChanged(_changed("it does not name its version"))
    return found[1]


def _adapted(text: str) -> Module:
    """xlwings' module under our project's name, kept out of the function wizard, and deaf to the open workbook.

    As it comes it takes its settings, the program to start among them, from a sheet of the workbook that is open.
    """
    text, projects = re.subn(r'(PROJECT_NAME As String = )"[^"]*"', rf'\1"{PROJECT}"', text)
    if projects != 1:
        raise XlwingsChanged(_changed("it does not name its project once"))
    if text.count(_BOOK_SETTINGS) != 1:
        raise XlwingsChanged(_changed("it reads its settings in another way"))
    text = text.replace(_BOOK_SETTINGS, "If False Then ' the settings of a workbook do not count")
    module = read_module("xlwings", text)
    return Module(module.name, f"Option Private Module\n{module.text}", module.kind)


def _changed(how: str) -> str:
    return (
        f"The VBA of the installed xlwings is not what xlfunnel {version('xlfunnel')} knows: {how}. "
        "Install the version that it asks for: python -m pip install --force-reinstall xlfunnel"
    )


def _text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _as_addin(book: BytesIO) -> dict[str, bytes]:
    """The parts of the workbook, made an add-in with a ribbon tab."""
    with ZipFile(book) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(_WORKBOOK_TYPE, _ADDIN_TYPE)
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", _RIBBON_RELATION + b"</Relationships>")
    return {**parts, _RIBBON_PART: ribbon()}


def _packed(parts: dict[str, bytes]) -> bytes:
    """A package whose bytes depend on its parts alone; the list of content types comes first, as readers expect."""
    package = BytesIO()
    with ZipFile(package, "w") as file:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            entry = ZipInfo(name, _ZIP_TIME)
            entry.create_system = 0
            entry.compress_type = ZIP_DEFLATED
            file.writestr(entry, parts[name])
    return package.getvalue()
