"""Draw every sheet of the templates as it prints, to look at: needs LibreOffice and poppler.

python tests/draw_templates.py FOLDER                       every template, in both editions
python tests/draw_templates.py FOLDER cac_model book.xlsx   these templates and workbooks
python tests/draw_templates.py FOLDER --edition formulas --blank

Each page becomes TEMPLATE-SHEET-n.png (`TEMPLATE.xlsm-SHEET-n.png` in the functions edition), and all pages of a
workbook stand small beside one another in TEMPLATE.png.
"""

from __future__ import annotations

import argparse
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import openpyxl

DPI = 110
CONTACT_DPI = 40
ACROSS = 4
GAP = 8
GROUND = b"\x6b"
SECONDS = 600
BLANK_MARK = "-blank"


def draw(books: list[Path], folder: Path, dpi: int = DPI, only: str | None = None) -> list[Path]:
    """Draw these workbooks into the folder, or one sheet of each; answers the pictures of their pages."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[Path] = []
    with tempfile.TemporaryDirectory() as name:
        pdfs = printed(books, Path(name))
        for book, pdf in zip(books, pdfs, strict=True):
            title = book.name.removesuffix(".xlsx")
            for old in folder.glob(f"{title}-*.png"):
                old.unlink()
            for number, (sheet, page) in enumerate(_sheets_of_pages(book, pdf), start=1):
                if only not in {None, sheet}:
                    continue
                picture = folder / f"{title}-{re.sub(r'[^0-9A-Za-z]+', '_', sheet)}-{page}.png"
                _picture(pdf, number, dpi, picture)
                drawn.append(picture)
            if only is None:
                _contact_sheet(pdf, folder / f"{title}.png")
    return drawn


def printed(books: list[Path], folder: Path) -> list[Path]:
    """Each workbook as a PDF, in the order of the workbooks."""
    pdfs = []
    for number, book in enumerate(books):
        copy = folder / f"{number}{book.suffix}"
        copy.write_bytes(book.read_bytes())
        pdfs.append(copy.with_suffix(".pdf"))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    words = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    copies = [str(pdf.with_suffix(book.suffix)) for pdf, book in zip(pdfs, books, strict=True)]
    subprocess.run([*words, *copies], check=True, capture_output=True, timeout=SECONDS)
    return pdfs


def words_of_pages(pdf: Path) -> list[str]:
    """What each page of a PDF says."""
    told = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True)
    return told.stdout.decode().split("\f")[:-1]


def _sheets_of_pages(book: Path, pdf: Path) -> list[tuple[str, int]]:
    """For each page of the PDF: its sheet, and which of the sheet's pages it is."""
    opened = openpyxl.load_workbook(book, read_only=True)
    names = opened.sheetnames
    opened.close()
    return pages_by_footer(words_of_pages(pdf), names)


def pages_by_footer(pages: list[str], sheets: list[str]) -> list[tuple[str, int]]:
    """The sheet of each page, from the footer "Title · Sheet"; pages come in the order of the sheets.

    >>> pages_by_footer(["Plan · Start   page 1", "Plan · By age", "Plan · By age", "?"], ["Start", "By age"])
    [('Start', 1), ('By age', 1), ('By age', 2), ('By age', 3)]
    """
    found: list[tuple[str, int]] = []
    current, count = 0, 0
    for page in pages:
        footer = page.rstrip().rpartition("\n")[2]
        named = [n for n in range(current, len(sheets)) if re.search(rf"· {re.escape(sheets[n])}(\s|$)", footer)]
        if named and named[0] != current:
            current, count = named[0], 0
        count += 1
        found.append((sheets[current], count))
    return found


def _picture(pdf: Path, page: int, dpi: int, picture: Path) -> None:
    only = ["-singlefile", "-f", str(page), "-l", str(page), "-r", str(dpi)]
    subprocess.run(["pdftoppm", "-png", *only, str(pdf), str(picture.with_suffix(""))], check=True)


@dataclass(frozen=True)
class Pixels:
    """A picture as rows of bytes, three for each pixel."""

    width: int
    rows: list[bytes]

    @classmethod
    def of(cls, ppm: bytes) -> Pixels:
        _, size, _, body = ppm.split(b"\n", 3)
        width, height = map(int, size.split())
        return cls(width, [body[3 * width * row : 3 * width * (row + 1)] for row in range(height)])

    def filled(self, width: int, height: int) -> list[bytes]:
        """The rows, made so wide and so many."""
        right = GROUND * 3 * (width - self.width)
        return [row + right for row in self.rows] + [GROUND * 3 * width] * (height - len(self.rows))

    @property
    def png(self) -> bytes:
        """The bytes of a PNG file."""
        raw = zlib.compress(b"".join(b"\0" + row for row in self.rows), 9)
        header = struct.pack(">IIBBBBB", self.width, len(self.rows), 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", raw) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _contact_sheet(pdf: Path, picture: Path) -> None:
    """All pages of a PDF, small, beside and below one another."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["pdftoppm", "-r", str(CONTACT_DPI), str(pdf), str(Path(name) / "page")], check=True)
        pages = [Pixels.of(one.read_bytes()) for one in sorted(Path(name).iterdir())]
    width, height = max(page.width for page in pages) + GAP, max(len(page.rows) for page in pages) + GAP
    rows: list[bytes] = []
    for first in range(0, len(pages), ACROSS):
        beside = [page.filled(width, height) for page in pages[first : first + ACROSS]]
        beside += [[GROUND * 3 * width] * height] * (ACROSS - len(beside))
        rows += [b"".join(parts) for parts in zip(*beside, strict=True)]
    picture.write_bytes(Pixels(width * ACROSS, rows).png)


def _built(templates: list[str], editions: list[str], folder: Path, *, blank: bool) -> list[Path]:
    """Templates, built into the folder; all of them where none is named."""
    from xlfunnel.templates.build import TEMPLATES, build
    from xlfunnel.templates.contents import BLANK
    from xlfunnel.templates.edition import Edition

    books = []
    for template in templates or TEMPLATES:
        for edition in map(Edition, editions):
            book = folder / f"{template}{BLANK_MARK if blank else ''}{edition.suffix}"
            book.write_bytes(build(template, edition, BLANK if blank else None))
            books.append(book)
    return books


def main(words: list[str] | None = None) -> None:
    """Draw what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="templates, or files of workbooks")
    parser.add_argument("--edition", choices=["functions", "formulas"], help="instead of both")
    parser.add_argument("--blank", action="store_true", help="without the example")
    parser.add_argument("--dpi", type=int, default=DPI)
    said = parser.parse_args(words)
    editions = [said.edition] if said.edition else ["functions", "formulas"]
    with tempfile.TemporaryDirectory() as name:
        books = [Path(word) for word in said.names if Path(word).suffix]
        templates = [word for word in said.names if not Path(word).suffix]
        if templates or not books:
            books += _built(templates, editions, Path(name), blank=said.blank)
        if not books:
            sys.exit("There is nothing to draw: no template is built yet.")
        for picture in draw(books, said.folder, said.dpi):
            print(picture)


if __name__ == "__main__":
    main()
