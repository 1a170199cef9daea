"""Worksheet functions called as Excel on Windows calls them, one JSON line in, one out.

In: `{"function": …, "arguments": […], "as": "values" | "ranges"}`, with arguments as `conftest.py` describes them.
Our VBA wrapper passes values: dates are serial numbers, one left out is blank, and at the end such do not travel. A
range passed as such is read by xlwings, where dates are dates, and what is left out says so: as in xlwings' wrappers.
Out: the answer after the wrapper has turned marked texts into errors, or `{"raised": …}`.
`{"declared": function}` asks instead for what xlwings was told of the function, and `{"action": …, "texts": […]}` for
what a button's work answers.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

from tests.excel import windows

from xlfunnel.errors import ExcelCode
from xlfunnel.excel.boundary import CVERR, ERROR_MARK, SHEET_ROWS

ERRORS = {code.value: number - 2_146_828_288 for code, number in CVERR.items()}


OMITTED = {"omitted": True}


def arguments(values: list[Any], passed: str) -> list[Any]:
    while passed == "values" and len(values) > 1 and values[-1] == OMITTED:
        values = values[:-1]
    return [argument(value, passed) for value in values]


def argument(value: Any, passed: str) -> Any:
    if value == OMITTED:
        return windows.LEFT_OUT if passed == "ranges" else None
    if isinstance(value, dict) and "column" in value:
        return tuple((cell(one, passed),) for one in value["column"]) + ((None,),) * (
            SHEET_ROWS - len(value["column"])
        )
    rows = value if isinstance(value, list) else [[value]]
    cells = tuple(tuple(cell(one, passed) for one in row) for row in rows)
    if passed == "ranges":
        return windows.Range(cells)
    return cells if isinstance(value, list) and (len(cells) > 1 or len(cells[0]) > 1) else cells[0][0]


def cell(value: Any, passed: str) -> Any:
    if isinstance(value, dict):
        return ERRORS[value["error"]] if "error" in value else moment(value["date"], passed)
    return float(value) if type(value) is int else value


def moment(text: str, passed: str) -> Any:
    shown = datetime.fromisoformat(text)
    if passed == "values":
        return (shown - datetime(1899, 12, 30)).total_seconds() / 86_400
    return windows.ComTime(*shown.timetuple()[:6], tzinfo=UTC)


def answer(result: Any) -> Any:
    if not isinstance(result, list):
        return answer_cell(result)
    rows = result if isinstance(result[0], list) else [result]
    return [[answer_cell(one) for one in row] for row in rows]


def answer_cell(result: Any) -> Any:
    """What the cell shows: as the VBA wrapper does it."""
    value = windows.marshalled(result)
    if isinstance(value, datetime):
        return {"date": value.replace(tzinfo=None).isoformat()}
    if isinstance(value, str) and value[:1] == ERROR_MARK:
        return {"error": ExcelCode(value[1:]).value}
    return value


def acted(action: str, texts: list[str]) -> Any:
    """As our VBA asks for the work of a button: it takes the answer for a text."""
    told = windows.call("xlfunnel.templates.actions", action, *texts)
    assert type(told) is str, f"{told!r} is no sentence"
    return told


def main() -> None:
    windows.load()
    from xlfunnel.excel import functions

    for line in sys.stdin:
        wanted = json.loads(line)
        if "declared" in wanted:
            print(json.dumps(getattr(functions, wanted["declared"]).__xlfunc__), flush=True)
            continue
        try:
            if "action" in wanted:
                print(json.dumps(acted(wanted["action"], wanted["texts"])), flush=True)
                continue
            given = arguments(wanted["arguments"], wanted["as"])
            told = answer(windows.call(functions.__name__, wanted["function"], *given))
        except Exception as fault:  # the test that asked is told
            told = {"raised": repr(fault)}
        print(json.dumps(told, allow_nan=False), flush=True)


if __name__ == "__main__":
    main()
