"""Write every template in both editions into a folder: python -m xlfunnel.templates workbook_templates."""

from __future__ import annotations

import sys
from pathlib import Path

from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition


def main(folder: Path) -> None:
    """Write the files, each under its template's name; one that has the same content already keeps its time."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TEMPLATES:
        for edition in Edition:
            path = folder / f"{name}{edition.suffix}"
            content = build(name, edition)
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "workbook_templates"))
