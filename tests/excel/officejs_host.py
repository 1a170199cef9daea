"""Worksheet functions called as xlwings Server and Lite call them, one JSON line in, one out, as in `com_host.py`.

`{"meta": true}` asks for what Excel is told of all functions. A first line says `{"ready": true}`, or
`{"missing": …}` where xlwings does not come with this way.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import datetime, timedelta
from typing import Any

NAMES = {
    "Div0": "#DIV/0!",
    "NotAvailable": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
"""Office.js' name of each error and the error that the cell shows."""
SHEET_ROWS = 1_048_576
TYPES = {shown: name for name, shown in NAMES.items()}


def argument(value: Any) -> Any:
    """What arrives: rows for every argument, also for one cell, and null for one that was left out."""
    if value == {"omitted": True}:
        return None
    if isinstance(value, dict) and "column" in value:
        return [[cell(one)] for one in value["column"]] + [[""]] * (SHEET_ROWS - len(value["column"]))
    rows = value if isinstance(value, list) else [[value]]
    return [[cell(one) for one in row] for row in rows]


def cell(value: Any) -> Any:
    if value is None:
        return ""
    if not isinstance(value, dict):
        return value
    if "error" in value:
        return {"type": "Error", "errorType": TYPES.get(value["error"], "Calc"), "basicValue": value["error"]}
    return (datetime.fromisoformat(value["date"]) - datetime(1899, 12, 30)).total_seconds() / 86_400


def answer(rows: list[list[Any]]) -> Any:
    shown = [[answer_cell(one) for one in row] for row in rows]
    return shown[0][0] if len(shown) == len(shown[0]) == 1 else shown


def answer_cell(result: Any) -> Any:
    """What the cell shows."""
    if not isinstance(result, dict):
        return result
    if result["type"] == "Error":
        return {"error": NAMES[result["errorType"]]}
    if result["type"] == "String":
        return result["basicValue"]
    moment = datetime(1899, 12, 30) + timedelta(seconds=round(result["basicValue"] * 86_400))
    return {"date": moment.isoformat()}


def main() -> None:
    os.environ |= {"XLWINGS_ON_SERVER": "true", "XLWINGS_LICENSE_KEY": "noncommercial"}
    try:
        import xlwings
        import xlwings.server
    except ImportError as fault:
        print(json.dumps({"missing": repr(fault)}), flush=True)
        return
    import xlfunnel.excel.functions as module

    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        if "meta" in wanted:
            server: Any = xlwings.server
            print(json.dumps(server.custom_functions_meta(module)), flush=True)
            continue
        if "declared" in wanted:
            print(json.dumps(getattr(module, wanted["declared"]).__xlfunc__), flush=True)
            continue
        arguments = [argument(value) for value in wanted["arguments"]]
        declared = getattr(module, wanted["function"]).__xlfunc__["args"]
        if declared[-1]["vararg"]:  # a repeating argument arrives as one list of all that was given
            fixed = len(declared) - 1
            arguments += [None] * (fixed - len(arguments))
            arguments[fixed:] = [arguments[fixed:]]
        call = {"func_name": wanted["function"], "args": arguments, "caller_address": "[Book1]Sheet1!A1"}
        call |= {"client": "Office.js", "version": xlwings.__version__, "runtime": "1.4"}
        call |= {"culture_info_name": "en-US", "date_format": "m/d/yyyy"}
        try:
            told = answer(asyncio.run(xlwings.server.custom_functions_call(call, module)))
        except Exception as fault:  # the test that asked is told
            told = {"raised": repr(fault)}
        print(json.dumps(told, allow_nan=False), flush=True)


if __name__ == "__main__":
    main()
