"""What all tests share: how long property tests search, and LibreOffice, which CI must have."""

from __future__ import annotations

import os
import shutil
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


def program(name: str, title: str) -> Path:
    found = shutil.which(name)
    if found:
        return Path(found)
    if os.environ.get("CI") == "true":
        pytest.fail(f"{title} is missing, and on CI it must not be")
    pytest.skip(f"{title} is not installed")
