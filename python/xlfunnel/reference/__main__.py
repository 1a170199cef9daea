"""Write the reference pages into the source tree; a test compares them with what stands there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from xlfunnel.reference.functions import functions_page
from xlfunnel.reference.settings import settings_page

_FOLDER: Final = Path(__file__).parents[2]
_WRITTEN: Final = "Written by `python -m xlfunnel.reference` from the declarations; do not edit by hand."


def pages() -> dict[Path, str]:
    """Each page's place and its text."""
    return {
        _FOLDER / "FUNCTIONS.md": functions_page(_WRITTEN),
        _FOLDER / "SETTINGS.md": settings_page(_WRITTEN),
    }


if __name__ == "__main__":
    for place, text in pages().items():
        place.write_text(text, encoding="utf-8", newline="\n")
