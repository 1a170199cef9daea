"""The package: parts that are not touched keep their packed bytes, and files that are no workbook are refused."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from tests.ooxml.conftest import packed, parts_of

from xlfunnel.errors import Stopped
from xlfunnel.ooxml.faults import DamagedWorkbook, LockedWorkbook, UnsafeWorkbook
from xlfunnel.ooxml.package import Package
from xlfunnel.ooxml.workbook_file import WorkbookFile

TYPES = {"[Content_Types].xml": b"<Types/>"}


def entries(content: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        return package.infolist()


def raw(content: bytes, entry: zipfile.ZipInfo) -> bytes:
    name, extra = struct.unpack_from("<HH", content, entry.header_offset + 26)
    start = entry.header_offset + 30 + name + extra
    return content[start : start + entry.compress_size]


def test_untouched_parts_keep_their_packed_bytes_and_their_order(content: bytes) -> None:
    package = Package(content)
    package.replace("xl/workbook.xml", package.read("xl/workbook.xml") + b"\n")
    out = package.to_bytes()
    before, after = entries(content), entries(out)
    assert [one.filename for one in before] == [one.filename for one in after]
    for old, new in zip(before, after, strict=True):
        assert old.date_time == new.date_time
        assert (raw(content, old) == raw(out, new)) == (old.filename != "xl/workbook.xml")


def test_parts_that_were_written_as_a_stream_are_copied_as_well() -> None:
    """Where the sizes stand behind the content, as some programs write them."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

    stream = Pipe()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (TYPES | {"a.xml": b"<a/>" * 500}).items():
            package.writestr(name, content)
    content = stream.getvalue()
    assert all(entry.flag_bits & 8 for entry in entries(content))
    assert parts_of(Package(content).to_bytes())["a.xml"] == b"<a/>" * 500


def test_parts_are_added_replaced_and_removed_whatever_their_case() -> None:
    package = Package(packed(TYPES | {"xl/A.xml": b"old", "xl/b.xml": b"b"}))
    package.replace("XL/a.xml", b"new")
    package.replace("xl/c.xml", b"c")
    package.remove("xl/B.xml")
    assert "xl/b.xml" not in package
    assert parts_of(package.to_bytes()) == TYPES | {"xl/A.xml": b"new", "xl/c.xml": b"c"}


def bomb() -> bytes:
    return packed(TYPES | {"xl/worksheets/sheet1.xml": b" " * (30 << 20)})


def twice() -> bytes:
    content = packed(TYPES | {"xl/a.xml": b"1", "xl/b.xml": b"2"})
    return content.replace(b"xl/b.xml", b"xl/A.xml")


def cut() -> bytes:
    content = packed(TYPES | {"a.xml": b"x" * 100})
    return content[: len(content) // 2]


def spoilt() -> bytes:
    content = bytearray(packed(TYPES | {"_rels/.rels": b"<Relationships/>" * 9}))
    entry = entries(bytes(content))[1]
    content[entry.header_offset + 30 + len("_rels/.rels") + 3] ^= 0xFF
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(packed(TYPES | {"a.xml": b"x"}))
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


REFUSED = [
    (lambda: b"", DamagedWorkbook, "not a workbook"),
    (lambda: b"Deal,Amount\n", DamagedWorkbook, "not a workbook"),
    (lambda: packed({"a.txt": b""}), DamagedWorkbook, "a ZIP file, and not a workbook"),
    (cut, DamagedWorkbook, "not a workbook"),
    (spoilt, DamagedWorkbook, r"_rels/\.rels"),
    (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), LockedWorkbook, "needs a password to open"),
    (encrypted, LockedWorkbook, "needs a password to open"),
    (bomb, UnsafeWorkbook, "sheet1.xml unpacks to 31,457,280 bytes"),
    (twice, UnsafeWorkbook, "two parts named xl/A.xml"),
    (lambda: packed(TYPES | {"../evil": b""}), UnsafeWorkbook, "lies outside the file"),
    (lambda: packed(TYPES | {"/etc/evil": b""}), UnsafeWorkbook, "lies outside the file"),
    (lambda: packed(TYPES | {f"p{n}": b"" for n in range(10_000)}), UnsafeWorkbook, "10,001 parts"),
]


@pytest.mark.parametrize(("make", "fault", "message"), REFUSED)
def test_what_is_no_sound_workbook_is_refused(make, fault, message) -> None:  # type: ignore[no-untyped-def]
    content = make()
    with pytest.raises(fault, match=message):
        WorkbookFile.from_bytes(content)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_entities_are_refused_where_they_stand(plain: bytes, part: str) -> None:
    parts = parts_of(plain)
    head, mark, rest = parts[part].partition(b"?>")
    parts[part] = head + mark + b'<!DOCTYPE x [<!ENTITY e "boom">]>' + rest
    with pytest.raises(UnsafeWorkbook, match="declares a document type"):
        WorkbookFile.from_bytes(packed(parts)).read_table("Deals")


def test_deeply_nested_parts_are_refused(plain: bytes) -> None:
    parts = parts_of(plain)
    parts["xl/workbook.xml"] = b"<a>" * 100_000 + b"</a>" * 100_000
    with pytest.raises(UnsafeWorkbook, match="levels of elements"):
        WorkbookFile.from_bytes(packed(parts))


@pytest.mark.parametrize("percent", range(0, 100, 7))
def test_a_file_that_is_cut_off_says_so(plain: bytes, percent: int) -> None:
    with pytest.raises(Stopped):
        WorkbookFile.from_bytes(plain[: len(plain) * percent // 100])


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(DamagedWorkbook, match=r'"gone\.xlsx" cannot be opened'):
        WorkbookFile.open(tmp_path / "gone.xlsx")


def test_saving_keeps_an_earlier_file_beside(plain: bytes, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(plain)
    book = WorkbookFile.open(path)
    book.write_name("target", 1)
    book.save(path)
    assert WorkbookFile.open(path).read_name("target") == 1
    assert (tmp_path / "book.previous.xlsx").read_bytes() == plain
    assert len(list(tmp_path.iterdir())) == 2
