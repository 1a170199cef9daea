"""The example exports, written once for all tests, and read with the csv module alone."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from xlfunnel.demo import Crm, Example, write_example

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, str]
ENCODINGS = {Crm.SALESFORCE: "cp1252", Crm.HUBSPOT: "utf-8"}


@dataclass(frozen=True)
class Written:
    """An example and the rows of its files; what stands below the rows of an export is left out."""

    example: Example
    deals: list[Row]
    leads: list[Row]
    spend: list[Row]
    people: list[Row]


def _rows(path: Path, encoding: str) -> list[Row]:
    lines = csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline=""))
    header = next(lines)
    return [dict(zip(header, line, strict=True)) for line in lines if len(line) == len(header)]


def _written(folder: Path, crm: Crm, rows: int, seed: int) -> Written:
    example = write_example(folder, crm, rows, seed)
    deals, leads = (_rows(path, ENCODINGS[crm]) for path in example.exports)
    return Written(example, deals, leads, _rows(example.spend, "utf-8"), _rows(example.people, "utf-8"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Crm, int], Written]:
    """Writes an example of a given size."""
    return lambda crm, rows: _written(tmp_path, crm, rows, 7)


@pytest.fixture(scope="session")
def salesforce(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return _written(tmp_path_factory.mktemp("salesforce"), Crm.SALESFORCE, 2_000, 7)


@pytest.fixture(scope="session")
def hubspot(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return _written(tmp_path_factory.mktemp("hubspot"), Crm.HUBSPOT, 2_000, 7)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """So many deals that chance hardly shows."""
    return _written(tmp_path_factory.mktemp("large"), Crm.SALESFORCE, 12_000, 3)
