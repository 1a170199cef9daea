"""Scripts run as xlwings Server runs them, one JSON line in, one out.

In: `{"book": …, "folder": …, "as_of": "2026-09-30"}`, the book as an open workbook is sent. Out: `{"actions": […]}`,
the calls that the workbook is to make, or `{"raised": …}`. A first line says `{"ready": true}`, or `{"missing": …}`
where xlwings does not come with this way.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any


def main() -> None:
    os.environ |= {"XLWINGS_ON_SERVER": "true", "XLWINGS_LICENSE_KEY": "noncommercial"}
    try:
        import xlwings
        import xlwings.server
    except ImportError as fault:
        print(json.dumps({"missing": repr(fault)}), flush=True)
        return
    import xlfunnel.hosts.server_scripts as module

    server: Any = xlwings.server
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        os.environ["XLFUNNEL_EXPORTS"] = wanted["folder"]
        book: Any = xlwings.Book(json={"version": xlwings.__version__, "client": "Office.js", **wanted["book"]})
        try:
            call = server.custom_scripts_call(module, "refresh", None, {xlwings.Book: book}, [wanted["as_of"]])
            told = asyncio.run(call).json()
        except Exception as fault:  # the test that asked is told
            told = {"raised": repr(fault)}
        print(json.dumps(told, allow_nan=False), flush=True)


if __name__ == "__main__":
    main()
