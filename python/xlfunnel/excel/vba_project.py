"""Write a VBA project from the text of its modules: the part `xl/vbaProject.bin` of a workbook ([MS-OVBA]).

Excel compiles the text when it opens the workbook: the project holds no compiled code, as files of other writers do.
The same modules give the same bytes. Paragraphs (§) are those of [MS-OVBA].
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Final
from uuid import UUID

from xlfunnel.excel.compound_file import compound_file

CODE_PAGE: Final = "cp1252"
"""Western Windows: the encoding of every text in a project."""

_CHUNK: Final = 4096
_UNCOMPILED: Final = bytes.fromhex("CC61FFFF000000")
"""The stream _VBA_PROJECT of a project without compiled code (§2.3.4.1)."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")


class ProjectError(ValueError):
    """Modules that cannot make a VBA project: says which and why."""


class Kind(Enum):
    """What a module is; `value` is how the PROJECT stream lists it (§2.3.1.3)."""

    STANDARD = "Module={}"
    CLASS = "Class={}"
    DOCUMENT = "Document={}/&H00000000"


@dataclass(frozen=True)
class Module:
    """A module: its name, its text without the attributes that every module has, and what it is.

    A document module stands for the workbook (`base` WORKBOOK) or for a sheet of it (`base` SHEET).
    """

    name: str
    text: str
    kind: Kind = Kind.STANDARD
    base: str = ""

    @property
    def source(self) -> str:
        """The whole text with Windows line ends: attributes (§2.3.4.3), then the code."""
        text = re.sub(r"\r\n|\r|\n", "\r\n", self.text)
        if text and not text.endswith("\r\n"):
            text += "\r\n"
        return _attributes(self) + text


@dataclass(frozen=True)
class Reference:
    """A type library that the code refers to (§2.3.4.2.2.5)."""

    name: str
    library: str


WORKBOOK: Final = "0{00020819-0000-0000-C000-000000000046}"
SHEET: Final = "0{00020820-0000-0000-C000-000000000046}"
_CLASS_BASE: Final = "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}"

REFERENCES: Final = (
    Reference(
        "stdole",
        r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\Windows\System32\stdole2.tlb#OLE Automation",
    ),
    Reference(
        "Office",
        r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#C:\Program Files\Common Files\Microsoft Shared\OFFICE16"
        r"\MSO.DLL#Microsoft Office 16.0 Object Library",
    ),
)
"""What every project of Excel refers to; the second one declares the ribbon's controls."""


def read_module(name: str, text: str) -> Module:
    """A module from a file as the VBA editor exports it; a class file begins with `VERSION`.

    >>> read_module("Plain", 'Attribute VB_Name = "Plain"\\nOption Explicit\\n').text
    'Option Explicit\\n'
    """
    text = text.replace("\r\n", "\n")
    kind = Kind.CLASS if text.startswith("VERSION ") else Kind.STANDARD
    text = re.sub(r"\AVERSION [^\n]*\nBEGIN\n.*?\nEND\n", "", text, flags=re.DOTALL)
    return Module(name, re.sub(r"\A(?:Attribute VB_\w+ = [^\n]*\n)+", "", text), kind)


def vba_project(modules: tuple[Module, ...], name: str = "VBAProject") -> bytes:
    """The bytes of `vbaProject.bin`; raises `ProjectError` where a name or a text cannot stand in a project."""
    _check(name, modules)
    streams = {module.name: compressed(_encoded(module.source, module.name), b"\r\n") for module in modules}
    return compound_file(
        {
            "VBA": {"_VBA_PROJECT": _UNCOMPILED, "dir": compressed(_dir_stream(name, modules)), **streams},
            "PROJECT": _project_stream(name, modules).encode(CODE_PAGE),
            "PROJECTwm": _names_stream(modules),
        }
    )


def compressed(content: bytes, filling: bytes = b"\0") -> bytes:
    """The content as a compressed container (§2.4.1): a signature byte, then chunks of up to 4096 bytes.

    A last chunk that cannot be made smaller must be stored whole: it is filled up with `filling` (§2.4.1.3.10).
    """
    container = bytearray(b"\x01")
    for start in range(0, len(content), _CHUNK):
        chunk = content[start : start + _CHUNK]
        body = _compressed_chunk(chunk)
        if len(body) < _CHUNK:
            header = 0xB000 | (len(body) - 1)  # §2.4.1.1.5: size - 3 of header and body, signature 3, compressed
        else:
            body = chunk + (filling * _CHUNK)[: _CHUNK - len(chunk)]
            header = 0x3000 | (_CHUNK - 1)
        container += struct.pack("<H", header) + body
    return bytes(container)


def _compressed_chunk(chunk: bytes) -> bytes:
    """Groups of a flag byte and eight tokens (§2.4.1.3.4): a byte as it is, or a copy of bytes before it."""
    body, position = bytearray(), 0
    places: dict[bytes, list[int]] = {}
    while position < len(chunk):
        flags, tokens = 0, bytearray()
        for bit in range(8):
            if position >= len(chunk):
                break
            offset, length = _longest_match(chunk, position, places)
            if length:
                flags |= 1 << bit
                tokens += struct.pack("<H", _copy_token(position, offset, length))
            else:
                tokens.append(chunk[position])
            for passed in range(position, position + max(length, 1)):
                places.setdefault(chunk[passed : passed + 3], []).append(passed)
            position += max(length, 1)
        body.append(flags)
        body += tokens
    return bytes(body)


def _longest_match(chunk: bytes, position: int, places: dict[bytes, list[int]]) -> tuple[int, int]:
    """How far back the longest earlier copy of what comes next begins, and its length; 0 where it is under three."""
    limit = min((0xFFFF >> _offset_bits(position)) + 3, len(chunk) - position)
    offset = length = 0
    if limit < 3:
        return offset, length
    for place in reversed(places.get(chunk[position : position + 3], ())):
        reach = 3
        while reach < limit and chunk[place + reach] == chunk[position + reach]:
            reach += 1
        if reach > length:
            offset, length = position - place, reach
        if length == limit:
            break
    return offset, length


def _copy_token(position: int, offset: int, length: int) -> int:
    return ((offset - 1) << (16 - _offset_bits(position))) | (length - 3)


def _offset_bits(position: int) -> int:
    """How many bits of a copy token give the offset: as many as any offset here may need (§2.4.1.3.19.1)."""
    return max(4, (position - 1).bit_length()) if position else 4


def _dir_stream(name: str, modules: tuple[Module, ...]) -> bytes:
    """What the project is made of, as records of id, size and content (§2.3.4.2)."""
    records = [
        _record(0x0001, struct.pack("<I", 3)),  # 64-bit Windows
        _record(0x0002, struct.pack("<I", 0x0409)),  # language
        _record(0x0014, struct.pack("<I", 0x0409)),
        _record(0x0003, struct.pack("<H", 1252)),  # code page
        _record(0x0004, name.encode(CODE_PAGE)),
        *_both(0x0005, 0x0040, ""),  # description
        _record(0x0006, b""),  # help files
        _record(0x003D, b""),
        _record(0x0007, struct.pack("<I", 0)),  # help context
        _record(0x0008, struct.pack("<I", 0)),  # library flags
        struct.pack("<HIIH", 0x0009, 4, 1, 1),  # version; its size counts only the first number (§2.3.4.2.1.10)
        *_both(0x000C, 0x003C, ""),  # constants of conditional compilation
    ]
    for reference in REFERENCES:
        library = reference.library.encode(CODE_PAGE)
        records += _both(0x0016, 0x003E, reference.name)
        records.append(_record(0x000D, struct.pack("<I", len(library)) + library + bytes(6)))
    records += [_record(0x000F, struct.pack("<H", len(modules))), _record(0x0013, b"\xff\xff")]
    for module in modules:
        records += _module_records(module)
    return b"".join([*records, _record(0x0010, b"")])


def _module_records(module: Module) -> list[bytes]:
    """§2.3.4.2.3.2."""
    return [
        *_both(0x0019, 0x0047, module.name),
        *_both(0x001A, 0x0032, module.name),  # the stream's name
        *_both(0x001C, 0x0048, ""),  # description
        _record(0x0031, struct.pack("<I", 0)),  # the text begins at once: no compiled code before it
        _record(0x001E, struct.pack("<I", 0)),  # help context
        _record(0x002C, b"\xff\xff"),
        _record(0x0021 if module.kind is Kind.STANDARD else 0x0022, b""),
        _record(0x002B, b""),
    ]


def _record(number: int, content: bytes) -> bytes:
    return struct.pack("<HI", number, len(content)) + content


def _both(number: int, wide_number: int, text: str) -> list[bytes]:
    """A text twice: in the code page, and in Unicode."""
    return [_record(number, text.encode(CODE_PAGE)), _record(wide_number, text.encode("utf-16-le"))]


def _project_stream(name: str, modules: tuple[Module, ...]) -> str:
    """The project's properties as text (§2.3.1)."""
    identity = _identity(name, modules)
    lines = [
        f'ID="{identity}"',
        *(module.kind.value.format(module.name) for module in modules),
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{_encrypted(bytes(4), identity, 0x5D)}"',  # not locked (§2.3.1.15)
        f'DPB="{_encrypted(bytes(1), identity, 0x5F)}"',  # no password (§2.3.1.16)
        f'GC="{_encrypted(bytes([255]), identity, 0x61)}"',  # visible (§2.3.1.17)
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{module.name}=0, 0, 0, 0, C" for module in modules),
    ]
    return "\r\n".join(lines) + "\r\n"


def _names_stream(modules: tuple[Module, ...]) -> bytes:
    """PROJECTwm: the modules' names in both encodings (§2.3.3)."""
    names = (module.name for module in modules)
    return b"".join(name.encode(CODE_PAGE) + b"\0" + name.encode("utf-16-le") + b"\0\0" for name in names) + b"\0\0"


def _encrypted(content: bytes, identity: str, seed: int) -> str:
    """§2.4.3.2: obfuscation, not secrecy; its key is the sum of the characters of the project's id."""
    key = sum(identity.encode("ascii")) & 0xFF
    version_code, key_code = seed ^ 2, seed ^ key
    written = bytearray([seed, version_code, key_code])
    plain_before, code_before, code_before_that = key, key_code, version_code
    for plain in bytes((seed & 6) // 2) + struct.pack("<I", len(content)) + content:
        code = plain ^ ((code_before_that + plain_before) & 0xFF)
        written.append(code)
        plain_before, code_before, code_before_that = plain, code, code_before
    return written.hex().upper()


def _identity(name: str, modules: tuple[Module, ...]) -> str:
    """A GUID that the content decides, so that a build can be repeated byte for byte."""
    content = repr([name, *((module.name, module.kind.name, module.source) for module in modules)])
    return "{" + str(UUID(bytes=sha256(content.encode()).digest()[:16], version=4)).upper() + "}"


def _attributes(module: Module) -> str:
    values = {"VB_Name": f'"{module.name}"'}
    if module.kind is not Kind.STANDARD:
        document = module.kind is Kind.DOCUMENT
        values |= {
            "VB_Base": f'"{module.base or _CLASS_BASE}"',
            "VB_GlobalNameSpace": "False",
            "VB_Creatable": "False",
            "VB_PredeclaredId": str(document),
            "VB_Exposed": str(document),
            "VB_TemplateDerived": "False",
            "VB_Customizable": str(document),
        }
    return "".join(f"Attribute {key} = {value}\r\n" for key, value in values.items())


def _check(name: str, modules: tuple[Module, ...]) -> None:
    for one in (name, *(module.name for module in modules)):
        if not _NAME.fullmatch(one):
            msg = f'"{one}" cannot name a module or project: a letter, then up to 30 letters, digits and _'
            raise ProjectError(msg)
    taken: set[str] = {"dir", "_vba_project"}
    for module in modules:
        if module.name.lower() in taken:
            msg = f'two modules are called "{module.name}"'
            raise ProjectError(msg)
        taken.add(module.name.lower())


def _encoded(source: str, name: str) -> bytes:
    try:
        return source.encode(CODE_PAGE)
    except UnicodeEncodeError as fault:
        line = source.count("\n", 0, fault.start) + 1
        msg = f"{name}, line {line}: {CODE_PAGE} has no {source[fault.start]!r}"
        raise ProjectError(msg) from fault
