"""The headings of a file, to tell files of costs from exports."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_FIRST: Final = 4_096
"""Bytes within which the headings of a small file of costs stand."""


def headings(path: Path) -> set[str]:
    """The headings in the first line of a text file with commas or semicolons; nothing for another file."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return set()
    with path.open("rb") as stream:
        first = stream.read(_FIRST).decode("utf-8-sig", errors="replace").splitlines()[:1]
    found: set[str] = set()
    for sign in ",;\t":
        found.update(cell.strip() for row in csv.reader(first, delimiter=sign) for cell in row)
    return found
