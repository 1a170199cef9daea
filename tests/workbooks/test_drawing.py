"""Pages of a workbook become pictures that are named by their sheets."""

from __future__ import annotations

from pathlib import Path

from tests.draw_templates import draw
from xlsxwriter import Workbook

PNG = b"\x89PNG\r\n\x1a\n"
SHEETS = ("Start", "By source", "Mix check")


def test_each_page_becomes_a_picture(soffice: Path, pdftoppm: Path, tmp_path: Path) -> None:
    book = Workbook(tmp_path / "plan.xlsx")
    for name in SHEETS:
        sheet = book.add_worksheet(name)
        sheet.write_string("A1", f"What · Mix check says, on {name}")
        sheet.set_footer("&LPlan · &A&Rpage &P")
        if name == "By source":
            sheet.write_string("A9", "on the next page")
            sheet.set_h_pagebreaks([5])
    book.close()
    folder = tmp_path / "pictures"
    pictures = draw([tmp_path / "plan.xlsx"], folder, dpi=30)
    pages = ["Start-1", "By_source-1", "By_source-2", "Mix_check-1"]
    assert [one.name for one in pictures] == [f"plan-{page}.png" for page in pages]
    assert all(one.read_bytes().startswith(PNG) for one in [*pictures, folder / "plan.png"])
