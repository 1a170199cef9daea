"""Write the reference pages into a folder, the `python` folder of the sources unless another is named.

A test compares them with what stands there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from xlfunnel.reference.functions import functions_page
from xlfunnel.reference.settings import settings_page

_WRITTEN: Final = "Written by `python -m xlfunnel.reference` from the declarations; do not edit by hand."


def pages() -> dict[str, str]:
    """Each page's name and its text."""
    return {"FUNCTIONS.md": functions_page(_WRITTEN), "SETTINGS.md": settings_page(_WRITTEN)}


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "python")
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
