"""Writes the add-in: an extension of LibreOffice (.oxt) made from the catalog.

An .oxt is a zip archive with a manifest. Ours holds the interface of the functions as UNO IDL text, the component
with its companion, the help of the functions, and the commands with their menu, toolbar and icons. The same catalog
and the same interpreter make the same bytes.
"""

from __future__ import annotations

import json
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from xlfunnel.calc.menu import menu_parts, pictures
from xlfunnel.catalog import CATALOG
from xlfunnel.reference.functions import default_word
from xlfunnel.saving import replacing

if TYPE_CHECKING:
    from xlfunnel.argument import Argument
    from xlfunnel.metric import Metric

IDENTIFIER: Final = "org.xlfunnel.calc"
FILE_NAME: Final = "xlfunnel.oxt"
_HERE: Final = Path(__file__).parent
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
_SOURCES: Final = {
    "component.py": "component.py",
    "commands.py": "commands.py",
    **{f"pythonpath/xlfunnel_{name}": name for name in ("companion.py", "dialogs.py", "pressing.py", "window.py")},
}
"""What LibreOffice's Python runs, by its name in the extension."""

_MANIFEST: Final = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">
  <manifest:file-entry manifest:full-path="functions.idl"
    manifest:media-type="application/vnd.sun.star.uno-typelibrary;type=RDB"/>
  <manifest:file-entry manifest:full-path="add-in.components"
    manifest:media-type="application/vnd.sun.star.uno-components"/>
{configuration}</manifest:manifest>
"""
_CONFIGURATION: Final = """  <manifest:file-entry manifest:full-path="{name}"
    manifest:media-type="application/vnd.sun.star.configuration-data"/>
"""
# What the component offers is written down, so that LibreOffice need not run it when it is installed: for all users
# at once it could not, because the interface is not known to that process yet.
_COMPONENTS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<components xmlns="http://openoffice.org/2010/uno-components">
  <component loader="com.sun.star.loader.Python" uri="component.py">
    <implementation name="org.xlfunnel.calc.AddIn">
      <service name="com.sun.star.sheet.AddIn"/>
      <service name="org.xlfunnel.calc.AddIn"/>
    </implementation>
  </component>
  <component loader="com.sun.star.loader.Python" uri="commands.py">
    <implementation name="org.xlfunnel.calc.Commands">
      <service name="com.sun.star.frame.ProtocolHandler"/>
    </implementation>
  </component>
</components>
"""
_DESCRIPTION: Final = """<?xml version="1.0" encoding="UTF-8"?>
<description xmlns="http://openoffice.org/extensions/description/2006"
  xmlns:lo="http://libreoffice.org/extensions/description/2011">
  <identifier value="{identifier}"/>
  <version value="{version}"/>
  <display-name><name lang="en">xlfunnel: the marketing-and-sales funnel as functions</name></display-name>
  <dependencies>
    <lo:LibreOffice-minimal-version value="7.0" name="LibreOffice 7.0"/>
  </dependencies>
</description>
"""


def parts(interpreter: Path, place: Path) -> dict[str, str]:
    """The texts of the extension by their names in it.

    `interpreter` is the Python that will answer, and `place` the folder that it finds the package `xlfunnel` in.
    """
    description = _DESCRIPTION.format(identifier=IDENTIFIER, version=escape(version("xlfunnel")))
    menu = menu_parts()
    configuration = "".join(_CONFIGURATION.format(name=name) for name in menu)
    return menu | {
        "META-INF/manifest.xml": _MANIFEST.format(configuration=configuration),
        "add-in.components": _COMPONENTS,
        "description.xml": description,
        "functions.idl": interface(),
        "functions.json": json.dumps(_known(interpreter, place), ensure_ascii=False, indent=1) + "\n",
        **{name: (_HERE / source).read_text(encoding="utf-8") for name, source in _SOURCES.items()},
    }


def write_extension(path: Path, interpreter: Path | None = None) -> None:
    """Write the .oxt for an interpreter, by default the one that runs this; raises a `Stopped`."""
    texts = parts(interpreter or Path(sys.executable), _HERE.parents[1])
    found = {name: text.encode("utf-8") for name, text in texts.items()} | pictures()
    with replacing(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name, content in sorted(found.items()):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same archive, whichever system writes it
            archive.writestr(entry, content)


def interface() -> str:
    """The functions as UNO IDL declares them: any value or range in, rows of cells out.

    Calc takes an `any` that is left out for missing, so that every argument may be left out.
    """
    methods = "".join(f"  {_declared(metric)};\n" for metric in CATALOG.values())
    return (
        "module org { module xlfunnel { module calc {\n"
        f"interface XFunctions : com::sun::star::uno::XInterface {{\n{methods}}};\n"
        "}; }; };\n"
    )


def _declared(metric: Metric[Any, Any]) -> str:
    # UNO IDL takes no underscore in the name of a parameter: the wizard has the names from `functions.json`.
    arguments = (
        f"[in] {'sequence<any>' if one.varying else 'any'} a{index}" for index, one in enumerate(metric.arguments)
    )
    return f"sequence< sequence<any> > {metric.name}({', '.join(arguments)})"


def _known(interpreter: Path, place: Path) -> dict[str, Any]:
    functions = [
        {
            "name": metric.name,
            "meaning": metric.meaning,
            "varying": metric.arguments[-1].varying,
            "arguments": [{"name": one.name, "meaning": _help(one)} for one in metric.arguments],
        }
        for metric in CATALOG.values()
    ]
    return {"interpreter": str(interpreter), "place": str(place), "functions": functions}


def _help(argument: Argument) -> str:
    """An argument as the function wizard explains it."""
    default = default_word(argument)
    left_out = "" if argument.required or argument.varying else "; may be left out"
    if default is not None:
        left_out = f"; without it {default}"
    return f"{argument.meaning}: {argument.kind.rule}{left_out}"
