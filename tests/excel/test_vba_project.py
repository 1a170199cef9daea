"""A VBA project as independent readers see it: oletools, olefile without tolerance, pyOpenVBA."""

from __future__ import annotations

import io
import string
import warnings
from hashlib import sha256

import olefile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyopenvba.vba import decompress

from xlfunnel.excel.compound_file import CompoundFileError, compound_file
from xlfunnel.excel.vba_project import (
    CODE_PAGE,
    SHEET,
    WORKBOOK,
    Kind,
    Module,
    ProjectError,
    compressed,
    read_module,
    vba_project,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # oletools calls pyparsing by names of old
    from oletools.olevba import VBA_Parser, decompress_stream

CODE_PAGE_CHARACTERS = "".join(
    bytes([code]).decode(CODE_PAGE) for code in range(32, 256) if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,30}", fullmatch=True)
TEXTS = st.text(CODE_PAGE_CHARACTERS + "\n", max_size=500)


def sources_in(project: bytes) -> dict[str, str]:
    """Module name to source, as oletools extracts it."""
    parser = VBA_Parser("vbaProject.bin", data=project)
    try:
        return {path.rpartition("/")[2]: code for _, path, _, code in parser.extract_all_macros()}
    finally:
        parser.close()


def streams_in(file: bytes) -> dict[str, bytes]:
    """Path to content, read by olefile, which here takes the smallest doubt for an error."""
    with olefile.OleFileIO(io.BytesIO(file), raise_defects=olefile.DEFECT_UNSURE) as compound:
        assert not compound.parsing_issues
        return {"/".join(path): compound.openstream(path).read() for path in compound.listdir()}


@given(
    st.dictionaries(NAMES, TEXTS, min_size=1, max_size=40).filter(lambda found: "dir" not in map(str.lower, found))
)
def test_whatever_the_modules_say_is_read_back(texts: dict[str, str]) -> None:
    texts = {name: text for name, text in texts.items() if [n.lower() for n in texts].count(name.lower()) == 1}
    modules = tuple(Module(name, text) for name, text in texts.items())
    project = vba_project(modules)
    found = streams_in(project)
    for module in modules:
        stream = found[f"VBA/{module.name}"]
        assert bytes(decompress_stream(bytearray(stream))).decode(CODE_PAGE) == module.source
        assert decompress(stream).decode(CODE_PAGE) == module.source


@given(st.binary(max_size=20_000) | st.text("ab\r\n", max_size=20_000).map(str.encode))
def test_compression_loses_nothing(content: bytes) -> None:
    container = compressed(content, b" ")
    for read in (bytes(decompress_stream(bytearray(container))), decompress(container)):
        assert read[: len(content)] == content
        assert not read[len(content) :].strip(b" ")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 17, 4095, 4096, 4097, 8191, 8192, 8193, 70_000])
@pytest.mark.parametrize("pattern", [b"a", b"Dim x As Long\r\n", string.printable.encode()])
def test_text_of_any_size_comes_back_exactly(size: int, pattern: bytes) -> None:
    content = (pattern * (size // len(pattern) + 1))[:size]
    container = compressed(content)
    assert bytes(decompress_stream(bytearray(container))) == content
    assert len(container) < 40 + len(content) // 4 if len(pattern) < 20 else True


def test_what_cannot_be_made_smaller_is_filled_up_to_a_whole_chunk() -> None:
    content = b"".join(sha256(bytes([number])).digest() for number in range(250))
    container = compressed(content, b"\r\n")
    read = bytes(decompress_stream(bytearray(container)))
    assert (read[:8_000], len(read), read[8_000:].strip(b"\r\n")) == (content, 8_192, b"")
    assert decompress(container) == read


@given(
    st.dictionaries(
        st.text(string.ascii_lowercase, min_size=1, max_size=31),
        st.integers(0, 9_000).map(lambda size: bytes(range(1, 252)) * (size // 251) + b"\1" * (size % 251)),
        min_size=1,
        max_size=60,
    )
)
def test_a_compound_file_gives_back_its_streams(streams: dict[str, bytes]) -> None:
    found = streams_in(compound_file({**streams, "FOLDER": {"one": b"1", "two": b"2" * 5_000}}))
    assert found == {**streams, "FOLDER/one": b"1", "FOLDER/two": b"2" * 5_000}


def test_a_compound_file_of_some_megabytes() -> None:
    large = bytes(range(256)) * 12_000
    assert streams_in(compound_file({"large": large, "small": b"x"})) == {"large": large, "small": b"x"}


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"x" * 32: b""}, "31 characters"),
        ({"": b""}, "31 characters"),
        ({"a/b": b""}, "cannot name"),
        ({"Name": b"", "NAME": b""}, "differ only in their case"),
        ({"huge": bytes(8_000_000)}, "too many"),
    ],
)
def test_a_tree_that_does_not_fit_is_refused(tree: dict[str, bytes], said: str) -> None:
    with pytest.raises(CompoundFileError, match=said):
        compound_file(tree)


def project_of_every_kind() -> bytes:
    return vba_project(
        (
            Module("ThisWorkbook", "Option Explicit\n", Kind.DOCUMENT, WORKBOOK),
            Module("Sheet1", "", Kind.DOCUMENT, SHEET),
            Module("Empty", ""),
            Module("Counter", "Public Count As Long\n", Kind.CLASS),
            Module("Large", "' a line of text that repeats\n" * 5_000),
            Module("Signs", "' 25 % × 12 000 € – “quoted” ÷ 60"),
        ),
        "Book",
    )


def test_every_kind_of_module_is_there_for_oletools() -> None:
    found = sources_in(project_of_every_kind())
    assert sorted(found) == ["Counter", "Empty", "Large", "Sheet1", "Signs", "ThisWorkbook"]
    assert found["ThisWorkbook"].startswith('Attribute VB_Name = "ThisWorkbook"')
    assert found["Empty"].strip() == 'Attribute VB_Name = "Empty"'
    assert found["Large"].count("repeats") == 5_000
    assert "25 % × 12 000 € – “quoted” ÷ 60" in found["Signs"]


def test_the_project_stream_lists_each_module_under_its_kind() -> None:
    text = streams_in(project_of_every_kind())["PROJECT"].decode(CODE_PAGE)
    lines = text.split("\r\n")
    assert lines[1:7] == [
        "Document=ThisWorkbook/&H00000000",
        "Document=Sheet1/&H00000000",
        "Module=Empty",
        "Class=Counter",
        "Module=Large",
        "Module=Signs",
    ]
    assert 'Name="Book"' in lines


def decrypted(code: str, identity: str) -> bytes:
    """Data of the PROJECT stream, decrypted as [MS-OVBA] 2.4.3.3 says, to hold the encryption against."""
    data = bytes.fromhex(code)
    seed, version, key_code = data[:3]
    key = sum(identity.encode()) & 0xFF
    assert (version ^ seed, key_code ^ seed) == (2, key)
    plain, before, code_before, code_before_that = bytearray(), key, key_code, version
    for byte in data[3:]:
        plain.append(byte ^ ((code_before_that + before) & 0xFF))
        before, code_before, code_before_that = plain[-1], byte, code_before
    body = plain[(seed & 6) // 2 :]
    assert int.from_bytes(body[:4], "little") == len(body) - 4
    return bytes(body[4:])


@pytest.mark.parametrize(("key", "meaning"), [("CMG", bytes(4)), ("DPB", b"\0"), ("GC", b"\xff")])
def test_the_project_is_neither_locked_nor_hidden(key: str, meaning: bytes) -> None:
    text = streams_in(project_of_every_kind())["PROJECT"].decode(CODE_PAGE)
    values = dict(line.split("=", 1) for line in text.split("\r\n") if line.count('"') == 2)
    assert decrypted(values[key].strip('"'), values["ID"].strip('"')) == meaning


def test_the_same_modules_give_the_same_bytes() -> None:
    assert project_of_every_kind() == project_of_every_kind()


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ((Module("Plan", "' Ω"),), r"Plan, line 2: cp1252 has no 'Ω'"),
        ((Module("Plan", ""), Module("PLAN", "")), 'two modules are called "PLAN"'),
        ((Module("dir", ""),), "dir"),
        ((Module("1st", ""),), "cannot name a module"),
        ((Module("x" * 32, ""),), "cannot name a module"),
        ((Module("Größe", ""),), "cannot name a module"),
    ],
)
def test_what_cannot_stand_in_a_project_is_refused(modules: tuple[Module, ...], said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        vba_project(modules)


EXPORTED_CLASS = """VERSION 1.0 CLASS
BEGIN
  MultiUse = -1  'True
END
Attribute VB_Name = "Counter"
Attribute VB_Exposed = True
Option Explicit
Attribute Count.VB_Description = "stays"
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_module_that_the_editor_exported_is_read(line_end: str) -> None:
    module = read_module("Counter", EXPORTED_CLASS.replace("\n", line_end))
    assert module.kind is Kind.CLASS
    assert module.text == 'Option Explicit\nAttribute Count.VB_Description = "stays"\n'
    assert "VB_Exposed = False" in module.source
