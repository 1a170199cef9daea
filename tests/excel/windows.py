"""xlwings as it runs on Windows, on any machine: only pywin32 and Excel's own objects are stand-ins.

`load` gives xlwings with its real COM server, worksheet functions and conversion. What no stand-in shows: the DLL,
threads, and whether Excel takes what is handed over; `marshalled` at least refuses what is known not to travel.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import ctypes
import math
import subprocess
import sys
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any, Final
from unittest.mock import MagicMock

import pandas

RANGE_ID: Final = "{00020846-0000-0000-C000-000000000046}"
LEFT_OUT: Final = -2_147_352_572
"""What an optional argument of VBA arrives as when the formula leaves it out."""
LOADED_BEFORE: Final = (asyncio, concurrent.futures, subprocess, pandas)
"""Modules that must not see the pretended platform when xlwings imports them."""


class ComError(Exception):
    """What pywin32 raises when a call to Excel fails."""


class ComTime(datetime):
    """A date as pywin32 hands it over: a datetime of its own class, with a time zone that Excel never had."""


class Range:
    """The part of Excel's Range that a worksheet function touches."""

    CLSID = RANGE_ID

    def __init__(self, rows: tuple[tuple[Any, ...], ...]) -> None:
        self.Address, self.Row, self.Column = "$A$1", 1, 1
        book = SimpleNamespace(Name="Book1", Application=SimpleNamespace(Hwnd=1))
        self.Worksheet = SimpleNamespace(Name="Sheet1", Parent=book)
        self.Rows, self.Columns = SimpleNamespace(Count=len(rows)), SimpleNamespace(Count=len(rows[0]))
        self.Value = rows[0][0] if len(rows) == len(rows[0]) == 1 else rows
        kind = SimpleNamespace(GetTypeAttr=lambda: SimpleNamespace(iid=RANGE_ID))
        self._oleobj_ = SimpleNamespace(GetTypeInfo=lambda: kind)


def load() -> Any:
    """xlwings, imported as on Windows."""
    for name, attributes in _pywin32().items():
        module = ModuleType(name)
        module.__dict__.update(attributes)
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
    library, platform = ctypes.PyDLL, sys.platform
    ctypes.__dict__.update({"windll": MagicMock(), "oledll": MagicMock(), "PyDLL": MagicMock()})
    sys.platform = "win32"
    try:
        import xlwings
    finally:
        sys.platform = platform
        ctypes.__dict__["PyDLL"] = library
    return xlwings


def call(module: str, function: str, *arguments: Any) -> Any:
    """What VBA gets from `XLPy.CallUDF(module, function, arguments)`."""
    from xlwings.com_server import XLPython

    server: Any = XLPython()
    return server.CallUDF(module, function, arguments)


def marshalled(cell: Any) -> Any:
    """A cell on its way back to VBA; one that cannot travel is refused."""
    if isinstance(cell, str):
        assert len(cell) <= 255, f"Excel refuses a text of {len(cell)} characters"
    elif isinstance(cell, datetime):
        assert cell.tzinfo is not None, "pywin32 refuses a date without a time zone"
    else:
        assert isinstance(cell, (float, bool)), f"{cell!r} has no place in a cell"
        assert not math.isnan(cell), "not-a-number arrives as a blank"
    return cell


def _pywin32() -> dict[str, dict[str, Any]]:
    """Each module that xlwings imports, with the names that it uses on the way of a function call."""

    def same(thing: Any, *_: Any, **__: Any) -> Any:
        return thing

    def no_python_object(_: Any) -> Any:
        raise ComError

    dispatch = type("CDispatch", (), {})
    client = {"Dispatch": same, "DispatchEx": same, "CDispatch": dispatch, "CoClassBaseClass": dispatch}
    ids = {"IID_IDispatch": "{00020400}", "IID_IEnumVARIANT": "{00020404}"}
    com = {"__file__": "", "CoInitialize": lambda: None, "ole_error": ComError, "TypeIIDs": {"{00020400}": dispatch}}
    return {
        "pywintypes": {"com_error": ComError, "error": ComError, "TimeType": ComTime, "IID": str.upper},
        **{name: {} for name in ("win32api", "win32con", "win32event", "win32gui")},
        "win32process": {"GetWindowThreadProcessId": lambda _: (1, 1)},
        "win32timezone": {"TimeZoneInfo": SimpleNamespace(utc=lambda: UTC)},
        "pythoncom": ids | com,
        "win32com": {},
        "win32com.client": client | {"DispatchBaseClass": dispatch},
        **{f"win32com.{name}": {} for name in ("server", "server.dispatcher", "server.policy")},
        "win32com.server.util": {"wrap": same, "unwrap": no_python_object},
    }
