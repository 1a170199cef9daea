"""The two ways into an open workbook, and exports for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import xlfunnel
from xlfunnel.demo import Crm, Example, write_example

ROOT = Path(__file__).parents[2]
Officejs = Callable[[dict[str, Any], Path, date], dict[str, Any]]


@pytest.fixture(scope="session")
def officejs() -> Iterator[Officejs]:
    """What xlwings Server answers to an open workbook, where the installed xlwings comes with that way."""
    paths = [str(Path(xlfunnel.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hosts.officejs_host"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdin
    assert process.stdout
    stdin, stdout = process.stdin, process.stdout
    missing = json.loads(stdout.readline() or '{"missing": "it ended"}').get("missing")

    def asked(book: dict[str, Any], folder: Path, as_of: date) -> dict[str, Any]:
        stdin.write(json.dumps({"book": book, "folder": str(folder), "as_of": as_of.isoformat()}) + "\n")
        stdin.flush()
        told: dict[str, Any] = json.loads(stdout.readline() or '{"raised": "the host ended"}')
        return told

    if not missing:
        yield asked
    stdin.close()
    process.wait(30)
    stdout.close()
    if missing:
        pytest.skip(f"xlwings without Office.js: {missing}")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """A few deals."""
    return write_example(tmp_path_factory.mktemp("small"), Crm.SALESFORCE, 40, 7)


@pytest.fixture(scope="session")
def later(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """More deals."""
    return write_example(tmp_path_factory.mktemp("later"), Crm.SALESFORCE, 150, 7)
