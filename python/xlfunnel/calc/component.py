"""The add-in as LibreOffice sees it: one method for each function, and what the function wizard shows.

LibreOffice loads this file from the extension, in the Python that it brings. The functions with their help, and where
the interpreter is that answers, stand beside it in `functions.json`.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import unohelper  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.lang import (  # type: ignore[import-not-found, unused-ignore]
    Locale,
    XServiceInfo,
    XServiceName,
)
from com.sun.star.sheet import (  # type: ignore[import-not-found, unused-ignore]
    LocalizedName,
    XAddIn,
    XCompatibilityNames,
)
from org.xlfunnel.calc import XFunctions  # type: ignore[import-not-found, unused-ignore]
from xlfunnel_companion import Companion, Missing  # type: ignore[import-not-found, unused-ignore]

SERVICE = "org.xlfunnel.calc.AddIn"
"""Spreadsheets of LibreOffice store it with every formula: it never changes."""
ADD_IN = "com.sun.star.sheet.AddIn"
CATEGORY = "Add-In"
ENGLISH = Locale("en", "US", "")
REASON = "METRIC_CHECK"
"""The function whose answer is a sentence: where xlfunnel is missing, it says so."""

_KNOWN = json.loads(Path(__file__).with_name("functions.json").read_text(encoding="utf-8"))
_FUNCTIONS: dict[str, dict[str, Any]] = {function["name"]: function for function in _KNOWN["functions"]}
_COMPANION = Companion(_KNOWN["interpreter"], _KNOWN["place"])
# #NAME? as Calc reads it from a number, which is what Excel shows where the add-in is missing.
_NAME_ERROR = struct.unpack("<d", struct.pack("<II", 525, 0x7FF80000))[0]


def answered(name: str, values: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    """What the cells show: always rows, since Python cannot hand Calc now one value and now an array."""
    try:
        return _COMPANION.ask(name, values)  # type: ignore[no-any-return, unused-ignore]
    except Missing as fault:
        return ((str(fault) if name == REASON else _NAME_ERROR,),)


class _Described(unohelper.Base, XAddIn, XCompatibilityNames, XServiceName, XServiceInfo):  # type: ignore[misc, unused-ignore]
    """Names and help of the functions; the method names are those of LibreOffice's interfaces."""

    def __init__(self, _context: object) -> None:
        self._locale = ENGLISH

    def getProgrammaticFuntionName(self, display_name: str) -> str:  # noqa: N802  # spelled so in XAddIn
        return display_name

    def getDisplayFunctionName(self, name: str) -> str:  # noqa: N802
        return name

    def getFunctionDescription(self, name: str) -> str:  # noqa: N802
        return str(_COMPANION.fault or _FUNCTIONS.get(name, {}).get("meaning", ""))

    def getDisplayArgumentName(self, name: str, index: int) -> str:  # noqa: N802
        return self._argument(name, index, "name")

    def getArgumentDescription(self, name: str, index: int) -> str:  # noqa: N802
        return self._argument(name, index, "meaning")

    def getProgrammaticCategoryName(self, _name: str) -> str:  # noqa: N802
        return CATEGORY

    def getDisplayCategoryName(self, _name: str) -> str:  # noqa: N802
        return CATEGORY

    def getCompatibilityNames(self, name: str) -> tuple[Any, ...]:  # noqa: N802
        return (LocalizedName(ENGLISH, name),)

    def getServiceName(self) -> str:  # noqa: N802
        return SERVICE

    def getImplementationName(self) -> str:  # noqa: N802
        return SERVICE

    def getSupportedServiceNames(self) -> tuple[str, ...]:  # noqa: N802
        return (ADD_IN, SERVICE)

    def supportsService(self, name: str) -> bool:  # noqa: N802
        return name in self.getSupportedServiceNames()

    def setLocale(self, locale: Any) -> None:  # noqa: N802
        self._locale = locale

    def getLocale(self) -> Any:  # noqa: N802
        return self._locale

    def _argument(self, name: str, index: int, fact: str) -> str:
        arguments = _FUNCTIONS.get(name, {}).get("arguments", [])
        return str(arguments[index][fact]) if index < len(arguments) else ""


def _method(name: str, varying: bool) -> Any:
    def method(_self: object, *values: Any) -> tuple[tuple[Any, ...], ...]:
        # A varying last argument comes as one sequence of all that was given for it.
        return answered(name, (*values[:-1], *values[-1]) if varying else values)

    return method


_AddIn = type(
    "_AddIn",
    (_Described, XFunctions),
    {name: _method(name, bool(function["varying"])) for name, function in _FUNCTIONS.items()},
)

g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816  # the name that LibreOffice looks for
g_ImplementationHelper.addImplementation(_AddIn, SERVICE, (ADD_IN, SERVICE))
