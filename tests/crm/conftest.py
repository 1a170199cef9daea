"""Small exports written into a folder of the test, and read back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pytest

from xlfunnel.crm import Exports, Mapping, read_exports
from xlfunnel.definitions import Definitions

AS_OF = date(2026, 9, 30)


class Save(Protocol):
    def __call__(self, content: str | bytes, name: str = "export.csv", encoding: str = "utf-8") -> Path: ...


class Read(Protocol):
    def __call__(
        self, *files: str | Path, as_of: date = AS_OF, mapping: Mapping | None = None, **definitions: Any
    ) -> Exports: ...


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write a file exactly as given."""

    def write(content: str | bytes, name: str = "export.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def read(save: Save) -> Read:
    """Read exports given as texts or as files; keywords are choices of the definitions."""

    def run(*files: str | Path, as_of: date = AS_OF, mapping: Mapping | None = None, **definitions: Any) -> Exports:
        paths = [
            file if isinstance(file, Path) else save(file, f"export-{number}.csv")
            for number, file in enumerate(files)
        ]
        return read_exports(paths, as_of, Definitions.model_validate(definitions), mapping)

    return run
