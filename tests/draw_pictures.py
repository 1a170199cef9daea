"""Draw the pictures of the README and of workbook_templates/README.md: needs LibreOffice and poppler's pdftoppm.

python -m tests.draw_pictures
"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from PIL import Image, ImageChops
from tests.draw_templates import draw

from xlfunnel.templates.build import TEMPLATES, build
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.turning import new_quarter

PICTURES = Path(__file__).parents[1] / "workbook_templates" / "pictures"
SHEETS = {
    "quarterly_plan": ("Plan", "Mix check"),
    "alignment_dashboard": ("Dashboard",),
    "cac_model": ("By channel",),
    "capacity_plan": ("Load",),
    "velocity_explorer": ("Bridge",),
}
"""The sheets that speak for each workbook; the first one under the workbook's own name."""

FIRST, SECOND = "first_quarter", "second_quarter"
DPI = 100
COLOURS = 64
MARGIN = 18


def main() -> None:
    """Draw all of them anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        books = []
        for template in TEMPLATES:
            books.append(folder / f"{template}.xlsx")
            books[-1].write_bytes(build(template, Edition.FORMULAS))
        turned = folder / f"{SECOND}.xlsx"
        new_quarter(folder / "quarterly_plan.xlsx", turned, date(2027, 1, 4))
        drawn = draw([*books, turned], folder / "pages", DPI)
        pages = {path.stem: path for path in drawn}
        for template, sheets in SHEETS.items():
            for number, sheet in enumerate(sheets):
                words = template if number == 0 else f"{template}_{sheet.lower().replace(' ', '_')}"
                keep(pages[_page(template, sheet)], PICTURES / f"{words}.png")
        keep(pages[_page("quarterly_plan", "Pace")], PICTURES / f"{FIRST}.png")
        keep(pages[_page(SECOND, "History")], PICTURES / f"{SECOND}.png")


def keep(page: Path, picture: Path) -> None:
    """A page without its empty margins and in few colours, so that the file stays small."""
    with Image.open(page) as drawn:
        whole = drawn.convert("RGB")
    footer = whole.crop((0, 0, whole.width, int(whole.height * 0.93)))
    box = ImageChops.difference(footer, Image.new("RGB", footer.size, "white")).getbbox() or (0, 0, *footer.size)
    left, top, right, bottom = box
    edges = (min(right + MARGIN, footer.width), min(bottom + MARGIN, footer.height))
    cut = footer.crop((max(left - MARGIN, 0), max(top - MARGIN, 0), *edges))
    cut.quantize(COLOURS).save(picture, optimize=True)


def _page(book: str, sheet: str) -> str:
    return f"{book}-{sheet.replace(' ', '_')}-1"


if __name__ == "__main__":
    main()
