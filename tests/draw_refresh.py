"""Draw the pictures of a refresh in LibreOffice, which press the button there: needs LibreOffice and pdftoppm.

python -m tests.draw_refresh
"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from PIL import Image
from tests.draw_pictures import COLOURS, PICTURES, keep
from tests.draw_templates import draw

from xlfunnel.calc.office import Office
from xlfunnel.demo import Crm, write_example
from xlfunnel.inputs import Inputs
from xlfunnel.refresh import refresh
from xlfunnel.saving import undo_copy_of

EARLIER = date(2026, 6, 30)
SHEET = "Dashboard"
ROWS = 400
DPI = 70
WIDTH, HEIGHT = 1000, 640
STRIP = (0, 0, 620, 75)
"""The part of the window with the menu and the toolbars."""


def main() -> None:
    """Draw all of them anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        example = write_example(folder, Crm.SALESFORCE, ROWS, 7)
        book = folder / "dashboard.xlsx"
        refresh(Inputs(example.exports, EARLIER, spend=example.spend, people=example.people), book)
        before = folder / "before.xlsx"
        before.write_bytes(book.read_bytes())
        _press(book, [*example.exports, example.spend, example.people], example.as_of, folder / "window.bmp")
        assert undo_copy_of(book).read_bytes() == before.read_bytes()
        pages = {path.stem: path for path in draw([before, book], folder / "pages", DPI, only=SHEET)}
        keep(pages[f"before-{SHEET}-1"], PICTURES / "refresh_before.png")
        keep(pages[f"dashboard-{SHEET}-1"], PICTURES / "refresh_after.png")
        with Image.open(folder / "window.bmp") as window:
            strip = window.convert("RGB").crop(STRIP)
        strip.quantize(COLOURS).save(PICTURES / "calc_toolbar.png", optimize=True)


def _press(book: Path, files: list[Path], as_of: date, picture: Path) -> None:
    """Open the workbook in LibreOffice, draw its window, and press Refresh."""
    said = {"Quiet": True, "AsOf": as_of.isoformat(), "Files": [str(file) for file in files]}
    with Office(driver=Path(__file__).parent / "calc" / "window_driver.py") as office:
        office.ask("open_window", str(book))
        office.ask("draw", str(picture), WIDTH, HEIGHT)
        state, told = office.ask("dispatch", "xlfunnel:refresh", said)
        print(told)
        assert state == 1


if __name__ == "__main__":
    main()
