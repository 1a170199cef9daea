"""Scripts run as xlwings Server runs them, one JSON line in, one out.

In: `{"book": …, "folder": …, "as_of": "2026-09-30"}`, the book as an open workbook is sent. Out: `{"actions": […]}`,
the calls that the workbook is to make, or `{"raised": …}`; or `{"missing": …}` where xlwings does not come with this
way. Without a book, it says only whether it does.
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
        for _ in sys.stdin:
            print(json.dumps({"missing": repr(fault)}), flush=True)
        return
    import xlfunnel.hosts.server_scripts as module

    server: Any = xlwings.server
    for line in sys.stdin:
        wanted = json.loads(line)
        if not wanted:
            print("{}", flush=True)
            continue
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
