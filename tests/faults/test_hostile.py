"""Files that were made to do harm: each is refused in words, or read as data, in little time and memory."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
import xlsxwriter

from xlfunnel.crm import read_exports
from xlfunnel.definitions import Definitions
from xlfunnel.errors import Stopped
from xlfunnel.inputs import Inputs
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import refresh, refresh_book
from xlfunnel.saving import held, replacing
from xlfunnel.saving.undoing import part_of, undo_copy_of

AS_OF = date(2026, 9, 30)
HEADER = ["Opportunity ID", "Opportunity Name", "Stage", "Amount", "Created Date", "Close Date", "Lead Source"]
DEALS = [[f"D{n}", f"Deal {n}", "Closed Won", 1000.0 + n, "2026-01-05", "2026-03-20", "Web"] for n in range(1, 6)]
SHEET = "xl/worksheets/sheet1.xml"
TEN_GIGABYTES = 10 << 30


def book(sheet: str = "Report") -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet(sheet)
        for row, line in enumerate([HEADER, *DEALS]):
            page.write_row(row, 0, line)
    return content.getvalue()


def repacked(**changes: Callable[[bytes], bytes]) -> bytes:
    """The book with parts changed; the key is the part's name with `__` for a slash and `_` for a point."""
    source, target = ZipFile(io.BytesIO(book())), io.BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name in source.namelist():
            change = changes.get(name.replace("/", "__").replace(".", "_"))
            part = source.read(name)
            archive.writestr(name, change(part) if change else part)
    return target.getvalue()


def with_entities(part: bytes) -> bytes:
    levels = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">' for n in range(10)
    )  # ten billion words from a thousand bytes
    head, _, rest = part.partition(b"?>")
    return head + b"?><!DOCTYPE x [" + levels.encode() + b"]>" + rest.replace(b"</sheetData>", b"&a9;</sheetData>", 1)


def with_more(*parts: tuple[str, bytes]) -> bytes:
    target = io.BytesIO(book())
    with ZipFile(target, "a", ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return target.getvalue()


def with_link(name: str, target: str) -> bytes:
    """The book with a part that an unpacking program would make a link."""
    content = io.BytesIO(book())
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(content, "a", ZIP_DEFLATED) as archive:
        archive.writestr(entry, target)
    return content.getvalue()


def ten_gigabytes(*, honest: bool) -> bytes:
    """The book with a sheet that unpacks to ten gigabytes of blanks; its directory may say otherwise."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = 1 << 20
    first = pack.compress(b" " * block) + pack.flush(zlib.Z_FULL_FLUSH)
    packed = first * (TEN_GIGABYTES // block) + zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    said = 0xFFFFFFF0 if honest else 1000
    source, out, directory = ZipFile(io.BytesIO(book())), io.BytesIO(), io.BytesIO()
    for name in source.namelist():
        content = source.read(name)
        body, size = (packed, said) if name == SHEET else (zlib.compress(content)[2:-4], len(content))
        fields = (20, 0, 8, 0, 33, zlib.crc32(content), len(body), size, len(name))
        offset = out.tell()
        out.write(struct.pack("<4s5H3L2H", b"PK\x03\x04", *fields, 0) + name.encode() + body)
        directory.write(struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, *fields, 0, 0, 0, 0, 0, offset) + name.encode())
    start, count = out.tell(), len(source.namelist())
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, directory.tell(), start, 0)
    return out.getvalue() + directory.getvalue() + end


LONG = "A" * 300
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a truncated package": lambda: book()[:-200],
    "half a package": lambda: book()[: len(book()) // 2],
    "nothing but the first bytes": lambda: book()[:4],
    "entities in a sheet": lambda: repacked(xl__worksheets__sheet1_xml=with_entities),
    "entities in the list of sheets": lambda: repacked(xl__workbook_xml=with_entities),
    "ten gigabytes, as the directory says": lambda: ten_gigabytes(honest=True),
    "ten gigabytes, and the directory lies": lambda: ten_gigabytes(honest=False),
    "a part that climbs out": lambda: with_more(("../../../tmp/escaped.txt", b"x")),
    "a part at an absolute place": lambda: with_more(("/tmp/escaped.txt", b"x")),  # noqa: S108
    "a part on another drive": lambda: with_more(("C:\\escaped.txt", b"x")),
    "a part that is a link": lambda: with_link("xl/worksheets/sheet9.xml", "/etc/passwd"),
    "ten thousand parts and one": lambda: with_more(*((f"x/{n}", b"") for n in range(10_001))),
    "a cell behind the last column that a sheet can have": lambda: repacked(
        xl__worksheets__sheet1_xml=lambda part: part.replace(b'r="G6"', b'r="XFE6"')
    ),
    "a sheet's name of 300 characters": lambda: repacked(
        xl__workbook_xml=lambda part: part.replace(b'name="Report"', f'name="{LONG}"'.encode())
    ),
    "a sheet's name that leads elsewhere": lambda: repacked(
        xl__workbook_xml=lambda part: part.replace(b'name="Report"', b'name="../../x"')
    ),
}


@pytest.fixture(autouse=True)
def little_memory() -> object:
    """What a test may take beyond what is loaded: two gigabytes, a fifth of what unpacking would need."""
    if os.name == "nt" or not Path("/proc/self/statm").exists():
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (held + (2 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def outcome(work: Callable[[], object]) -> str:
    """Either "read", or the class of what stopped it; anything else is raised."""
    try:
        work()
    except Stopped as fault:
        return type(fault).__name__
    return "read"


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_export_is_refused_or_read_as_data(title: str, tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    path.write_bytes(HOSTILE[title]())
    found = outcome(lambda: read_exports([path], AS_OF, Definitions()))
    harmless = "name" in title or "part " in title  # a reader that unpacks nothing to disk may read past such parts
    assert found in {"UnreadableFile", "UnsafeWorkbook"} | ({"read"} if harmless else set())
    assert [one.name for one in tmp_path.iterdir()] == ["export.xlsx"]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_workbook_is_refused_or_read_as_data(title: str) -> None:
    def use() -> None:
        file = WorkbookFile.from_bytes(content)
        [sheet] = file.sheets
        file.value(sheet, 1, 1)
        file.write(sheet, 1, 1, "x")
        file.to_bytes()

    content = HOSTILE[title]()
    found = outcome(use)
    harmless = any(word in title for word in ("name", "cell", "link"))  # parts are never unpacked to disk
    assert found in {"DamagedWorkbook", "UnsafeWorkbook"} | ({"read"} if harmless else set())


ACTIVE = ('=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1")


@pytest.mark.parametrize("text", ACTIVE)
def test_text_that_looks_like_a_formula_stays_text(text: str, tmp_path: Path) -> None:
    """Wherever an export's text comes to stand on a sheet of the dashboard, no cell holds it as a formula."""
    quoted = '"' + text.replace('"', '""') + '"'
    lines = [
        ",".join(HEADER),
        *(f"{text[:0]}D{n},{quoted},{quoted},1000,2026-01-05,2026-03-20,{quoted}" for n in (1, 2)),
    ]
    lines.append(f"D3,{quoted},Closed Won,not a number,2026-01-05,2026-03-20,{quoted}")
    lines.append(f"D4,{quoted},Closed Won,1000,2026-01-05,2026-03-20,{quoted}")
    export = tmp_path / "deals.csv"
    export.write_text("\n".join(lines), encoding="utf-8")
    refresh(Inputs((export,), AS_OF), tmp_path / "book.xlsx")
    shown = openpyxl.load_workbook(tmp_path / "book.xlsx")
    held = [cell for sheet in shown for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    meant = text.strip()
    assert any(meant in cell.value for cell in held)
    assert [cell.coordinate for cell in held if cell.data_type == "f" and cell.value.strip() == meant] == []


def deals(folder: Path, *names: str) -> Path:
    """An export of won deals with these names, accounts and sources."""
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    rows = [f"D{n},{name},Closed Won,1000,2026-01-05,2026-03-20,{name}" for n, name in enumerate(quoted)]
    export = folder / f"deals-{len(names)}.csv"
    export.write_text("\n".join([",".join(HEADER), *rows]), encoding="utf-8")
    return export


def test_no_text_becomes_a_formula_in_a_workbook_that_is_refreshed(tmp_path: Path) -> None:
    place = tmp_path / "book.xlsx"
    refresh(Inputs((deals(tmp_path, "Acme"),), AS_OF), place)
    refresh_book(Inputs((deals(tmp_path, *ACTIVE),), AS_OF), place, place)
    held = [cell for sheet in openpyxl.load_workbook(place) for row in sheet.iter_rows() for cell in row]
    texts = [cell for cell in held if isinstance(cell.value, str)]
    for meant in (text.strip() for text in ACTIVE):
        found = [cell.data_type for cell in texts if cell.value.strip() == meant]
        assert found
        assert set(found) == {"s"}


def change(path: Path) -> None:
    """Change a file as a refresh does a workbook."""
    with held(path), replacing(path, undoable=True) as part:
        part.write_bytes(b"after")


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only")
@pytest.mark.parametrize("planted", [undo_copy_of, part_of], ids=["undo copy", "unfinished file"])
def test_a_link_where_a_file_is_to_be_written_leads_nowhere(planted: Callable[[Path], Path], tmp_path: Path) -> None:
    place, other = tmp_path / "book.xlsx", tmp_path / "elsewhere.txt"
    place.write_bytes(b"before")
    other.write_text("theirs", encoding="utf-8")
    planted(place).symlink_to(other)
    change(place)
    assert other.read_text(encoding="utf-8") == "theirs"
    assert not undo_copy_of(place).is_symlink()


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only")
def test_a_workbook_behind_a_link_is_refreshed_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    place, link = tmp_path / "there" / "book.xlsx", tmp_path / "book.xlsx"
    place.write_bytes(b"before")
    link.symlink_to(place)
    change(link)
    assert link.is_symlink()
    assert (place.read_bytes(), undo_copy_of(place).read_bytes()) == (b"after", b"before")


def test_a_name_of_300_characters_in_an_export_becomes_no_sheet(tmp_path: Path) -> None:
    lines = [",".join(HEADER), *(f"D{n},{LONG},Closed Won,1000,2026-01-05,2026-03-20,{LONG}" for n in range(5))]
    export = tmp_path / "deals.csv"
    export.write_text("\n".join(lines), encoding="utf-8")
    refresh(Inputs((export,), AS_OF), tmp_path / "book.xlsx")
    assert max(len(name) for name in WorkbookFile.open(tmp_path / "book.xlsx").sheets) <= 31
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        assert archive.testzip() is None
