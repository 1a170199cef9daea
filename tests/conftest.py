"""What all tests share: how long property tests search, and the programs that CI must have."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A seeded sample by default; `pytest --hypothesis-profile=full` searches anew and longer.
settings.register_profile(
    "sample", max_examples=50, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("full", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sample")


@pytest.fixture(scope="session")
def soffice() -> Path:
    """LibreOffice's program. Without it a test is skipped, and on CI it fails."""
    return program("soffice", "LibreOffice")


@pytest.fixture(scope="session")
def pdftoppm() -> Path:
    """The program of poppler that draws pages, under the same rule."""
    return program("pdftoppm", "pdftoppm")


@pytest.fixture(scope="session")
def ooxml_validator() -> Path:
    """Microsoft's validator of workbooks, on the search path or in node's folder of packages; under the same rule."""
    packages = os.environ.get("XLFUNNEL_NODE_MODULES", "")
    own = [str(Path(packages) / ".bin")] if packages else []
    return program("ooxml-validator", "Microsoft's Open XML validator", [*own, os.environ.get("PATH", "")])


def program(name: str, title: str, places: Sequence[str] = ()) -> Path:
    found = shutil.which(name, path=os.pathsep.join(places) or None)
    if found:
        return Path(found)
    if os.environ.get("CI") == "true":
        pytest.fail(f"{title} is missing, and on CI it must not be")
    pytest.skip(f"{title} is not installed")
