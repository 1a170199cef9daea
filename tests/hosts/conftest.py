"""The two ways into an open workbook, and exports for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import xlfunnel
from xlfunnel.demo import Crm, Example, write_example

ROOT = Path(__file__).parents[2]
Host = Callable[[dict[str, Any]], dict[str, Any]]
Pressed = Callable[..., dict[str, Any]]
Officejs = Callable[[dict[str, Any], Path, date], dict[str, Any]]


@contextmanager
def host(module: str) -> Iterator[Host]:
    """A process that runs a module of these tests, which is asked and answers in lines of JSON."""
    paths = [str(Path(xlfunnel.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.hosts.{module}"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdin
    assert process.stdout
    stdin, stdout = process.stdin, process.stdout

    def asked(wanted: dict[str, Any]) -> dict[str, Any]:
        stdin.write(json.dumps(wanted) + "\n")
        stdin.flush()
        told: dict[str, Any] = json.loads(stdout.readline() or '{"raised": "the host ended"}')
        return told

    yield asked
    stdin.close()
    process.wait(30)
    stdout.close()


@pytest.fixture(scope="session")
def com() -> Iterator[Pressed]:
    """The button pressed in a workbook; `com_host` says what can be wished and is told."""
    with host("com_host") as asked:

        def pressed(path: Path, **wanted: Any) -> dict[str, Any]:
            live = path.with_name(f"live{path.suffix}")
            told = asked({"path": str(path), "live": str(live), **wanted})
            assert "raised" not in told, told
            return told

        yield pressed


@pytest.fixture(scope="session")
def officejs() -> Iterator[Officejs]:
    """What xlwings Server answers to an open workbook, where the installed xlwings comes with that way."""
    with host("officejs_host") as asked:
        missing = asked({}).get("missing")
        if missing:
            pytest.skip(f"xlwings without Office.js: {missing}")

        def answered(book: dict[str, Any], folder: Path, as_of: date) -> dict[str, Any]:
            return asked({"book": book, "folder": str(folder), "as_of": as_of.isoformat()})

        yield answered


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """A few deals."""
    return write_example(tmp_path_factory.mktemp("small"), Crm.SALESFORCE, 40, 7)


@pytest.fixture(scope="session")
def later(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """More deals."""
    return write_example(tmp_path_factory.mktemp("later"), Crm.SALESFORCE, 150, 7)
