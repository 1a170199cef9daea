"""Draw the README's pictures from workbooks that are built for it: needs LibreOffice and poppler's pdftoppm.

python tests/draw_pictures.py
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from xlfunnel.definitions import read_definitions
from xlfunnel.demo import write_example
from xlfunnel.refresh import Inputs, refresh

PICTURES = Path(__file__).parents[1] / "workbook_templates" / "pictures"
DPI = 96


def draw(book: Path, page: int, picture: Path) -> None:
    """One page of a workbook, as LibreOffice prints it."""
    folder = book.parent
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, book], check=True)
    picture.parent.mkdir(parents=True, exist_ok=True)
    pages = ["-f", str(page), "-l", str(page)]
    subprocess.run(
        [
            "pdftoppm",
            "-png",
            "-singlefile",
            "-r",
            str(DPI),
            *pages,
            book.with_suffix(".pdf"),
            picture.with_suffix(""),
        ],
        check=True,
    )


def main() -> None:
    """Draw them all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        example = write_example(folder)
        inputs = Inputs(
            exports=example.exports,
            as_of=example.as_of,
            definitions=read_definitions(example.definitions),
            spend=example.spend,
            people=example.people,
        )
        book = folder / "dashboard.xlsx"
        refresh(inputs, book)
        draw(book, 1, PICTURES / "alignment_dashboard.png")


if __name__ == "__main__":
    main()
