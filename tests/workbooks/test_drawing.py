"""Pages of a workbook become pictures that are named by their sheets."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from tests.draw_templates import draw

PNG = b"\x89PNG\r\n\x1a\n"


def test_each_sheet_becomes_a_picture(soffice: Path, pdftoppm: Path, tmp_path: Path, content: bytes) -> None:
    book = tmp_path / "dashboard.xlsx"
    book.write_bytes(content)
    pictures = draw([book], tmp_path / "pictures", dpi=30)
    names = [one.name for one in pictures]
    sheets = [name.replace(" ", "_") for name in openpyxl.load_workbook(book, read_only=True).sheetnames]
    first_pages = [
        name.removeprefix("dashboard-").removesuffix("-1.png") for name in names if name.endswith("-1.png")
    ]
    assert first_pages == sheets
    for picture in [*pictures, tmp_path / "pictures" / "dashboard.png"]:
        assert picture.read_bytes().startswith(PNG)
