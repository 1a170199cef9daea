"""Excel's two ways into the worksheet functions, and the one way of writing cells that all their tests share.

Cells as JSON: numbers, texts, true and false; null is a blank cell, `{"date": "2026-09-04T16:00"}` a date,
`{"error": "#N/A"}` an error; a list of rows is a range. As an argument, `{"omitted": true}` is one left out, and
`{"column": […]}` a whole column of the sheet that begins with these cells.
`bad_inputs.json` lists calls in this writing, with the answer that every host gives.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

import xlfunnel
from xlfunnel.errors import ExcelCode, MetricError
from xlfunnel.table import Table

ROOT = Path(__file__).parents[2]
START_AND_RUN_SECONDS = 240
BAD_INPUTS = json.loads(Path(__file__).with_name("bad_inputs.json").read_text(encoding="utf-8"))


class Host:
    """A process of its own, since xlwings decides once, at import, which way it serves."""

    def __init__(self, module: str) -> None:
        paths = [str(Path(xlfunnel.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def call(self, function: str, arguments: list[Any], passed: str = "values") -> Any:
        """The answer to arguments, both as JSON; `passed` is "values" or "ranges", where the host knows the two."""
        return self.ask({"function": function, "arguments": arguments, "as": passed})

    def declared(self, function: str) -> Any:
        """What xlwings was told of a function."""
        return self.ask({"declared": function})

    def act(self, action: str, *texts: str) -> Any:
        """What the work of a button answers."""
        return self.ask({"action": action, "texts": texts})

    def ask(self, request: dict[str, Any]) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.told()

    def told(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline() or '{"raised": "the host ended"}')

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture(scope="session")
def com() -> Iterator[Host]:
    """Excel on Windows: the real code of xlwings, with stand-ins for pywin32 and Excel's own objects."""
    host = Host("tests.excel.com_host")
    yield host
    host.end()


@pytest.fixture(scope="session")
def officejs() -> Iterator[Host]:
    """xlwings Server and Lite, where the installed xlwings comes with that way."""
    host = Host("tests.excel.officejs_host")
    missing = host.told().get("missing")
    if missing:
        host.end()
        pytest.skip(f"xlwings without Office.js: {missing}")
    yield host
    host.end()


@pytest.fixture(scope="session")
def basic(soffice: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str]], dict[str, list[str]]]:
    """A LibreOffice that opens workbooks with macros; `basic_host.py` says what it is given and tells."""

    def told(words: list[str]) -> dict[str, list[str]]:
        profile = tmp_path_factory.mktemp("office") / "profile"
        line = [python_with_uno(), Path(__file__).with_name("basic_host.py"), soffice, profile, *words]
        process = subprocess.Popen(line, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True)
        try:
            found: dict[str, list[str]] = json.loads(process.communicate(timeout=START_AND_RUN_SECONDS)[0] or "{}")
        finally:
            if process.poll() is None and sys.platform != "win32":
                os.killpg(process.pid, signal.SIGKILL)  # LibreOffice too
                process.wait()
        return found

    return told


def python_with_uno() -> str:
    """A Python that can drive LibreOffice: the system's, as a rule, and not the one of these tests."""
    for python in (sys.executable, "/usr/bin/python3", shutil.which("python3")):
        if python and subprocess.run([python, "-c", "import uno"], check=False, capture_output=True).returncode == 0:
            return python
    if os.environ.get("CI") == "true":
        pytest.fail("no Python here knows UNO, and on CI one must (python3-uno)")
    pytest.skip("no Python here knows UNO")


def written(value: Any) -> Any:
    """A value or an answer of Python's as JSON; a flat sequence is one row."""
    if isinstance(value, Table):
        return written((value.header, *value.rows))
    if isinstance(value, (list, tuple)):
        rows = value if any(isinstance(row, (list, tuple)) for row in value) else [value]
        return [[written(cell) for cell in row] for row in rows]
    if isinstance(value, MetricError):
        return {"error": value.code.value}
    if isinstance(value, ExcelCode):
        return {"error": value.value}
    return {"date": value.isoformat()} if isinstance(value, date) else value


def read(cells: Any) -> Any:
    """JSON as the value of Python's that it stands for."""
    if isinstance(cells, list):
        return [[read(cell) for cell in row] for row in cells]
    if not isinstance(cells, dict):
        return cells
    if "error" in cells:
        return ExcelCode(cells["error"])
    return datetime.fromisoformat(cells["date"]) if "date" in cells else None


class Writing:
    """How tests write cells."""

    written = staticmethod(written)
    read = staticmethod(read)


@pytest.fixture(scope="session")
def cells() -> type[Writing]:
    """Cells to JSON and back."""
    return Writing


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `bad` runs once for every one of the bad inputs."""
    if "bad" in metafunc.fixturenames:
        metafunc.parametrize("bad", BAD_INPUTS, ids=[one["why"] for one in BAD_INPUTS])
