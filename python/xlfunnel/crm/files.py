"""One export file: what it is by its bytes, which of its rows is the header, and what its columns mean."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from xlfunnel.crm.delimited import csv_grids
from xlfunnel.crm.errors import (
    EmptyFile,
    FolderGiven,
    MissingFile,
    SameFileTwice,
    UnknownHeader,
    UnreadableFile,
    UnrecognisedFile,
)
from xlfunnel.crm.fields import NEEDED
from xlfunnel.crm.profiles import generic_profile, header_key, header_text
from xlfunnel.crm.recognise import NO_COLUMN, Match, best_match
from xlfunnel.crm.sheets import old_sheet_grids, sheet_grids
from xlfunnel.crm.tables import Kind
from xlfunnel.crm.web_tables import web_grids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from xlfunnel.crm.mapping import Mapping
    from xlfunnel.crm.raw import Grid

ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
MARKUP = (
    b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head", b"<body", b"<style", b"<div", b"<!--",
)  # fmt: skip
BYTE_ORDER_MARKS = b"\xef\xbb\xbf\xff\xfe"
SPACES = b"\x00 \t\r\n"
CHUNK = 1 << 20


@dataclass(frozen=True)
class ExportFile:
    """A file that was recognised."""

    name: str
    sha256: str
    match: Match
    notes: tuple[str, ...] = ()


def recognised_files(paths: Sequence[Path], mapping: Mapping) -> Iterator[ExportFile]:
    """Recognise one file after the other; what is no export raises a `Stopped` that says what to do."""
    seen: dict[str, str] = {}
    for path in paths:
        digest = _digest(path)
        if digest in seen:
            raise SameFileTwice(path.name, seen[digest])
        seen[digest] = path.name
        match, others = _match(path, mapping)
        yield ExportFile(path.name, digest, match, _unread(match, others))


def check_mapping(files: Sequence[ExportFile], mapping: Mapping) -> None:
    """A column that the mapping names must stand in at least one file of its kind, if there is any."""
    for kind in Kind:
        headers = [name for file in files if file.match.kind is kind for name in file.match.grid.names]
        keys = {header_key(name) for name in headers}
        for field, header in mapping.headers(kind).items():
            if headers and header != NO_COLUMN and header_key(header) not in keys:
                raise UnknownHeader(field, header, kind, filter(None, map(header_text, headers)))


def file_grids(path: Path) -> Iterable[Sequence[Grid]]:
    """Every row of a file that may be its header, sheet by sheet; a CSV file is one sheet."""
    with _opened(path) as stream:
        begins = stream.read(512)
    if not begins.strip(BYTE_ORDER_MARKS + SPACES):
        raise EmptyFile(path.name)
    if begins.startswith(ZIP):
        return sheet_grids(path)
    if begins.startswith(OLD_EXCEL):
        return old_sheet_grids(path)
    if begins.replace(b"\0", b"").lstrip(BYTE_ORDER_MARKS + SPACES).lower().startswith(MARKUP):
        return [web_grids(path)]
    return [csv_grids(path)]


def _opened(path: Path) -> BinaryIO:
    if path.is_dir():
        raise FolderGiven(path.name)
    try:
        return path.open("rb")
    except FileNotFoundError as fault:
        raise MissingFile(path.name) from fault
    except OSError as fault:
        raise UnreadableFile(path.name, f"the system says: {fault.strerror}") from fault


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with _opened(path) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _match(path: Path, mapping: Mapping) -> tuple[Match, list[Match]]:
    """The header of the first sheet that has one, and those of the other sheets; a CSV file is one sheet."""
    seen: list[Grid] = []
    found: list[Match] = []
    for grids in file_grids(path):
        match = best_match(grids, mapping)
        if match is not None:
            found.append(match)
        seen.extend(grids)
    if found:
        return found[0], found[1:]
    widest = max(seen, key=lambda grid: sum(bool(header_text(name)) for name in grid.names), default=None)
    names = [header_text(name) for name in widest.names if header_text(name)] if widest else []
    raise UnrecognisedFile(path.name, names, {kind: _examples(kind) for kind in Kind}, NEEDED)


def _unread(match: Match, others: Sequence[Match]) -> tuple[str, ...]:
    """A sentence on the sheets that were not read although they look like exports."""
    return tuple(
        f'Read from the sheet "{match.grid.sheet}"; "{other.grid.sheet}" looks like an export too and was not read: '
        "save it as a file of its own"
        for other in others
    )


def _examples(kind: Kind) -> list[str]:
    """One header for each field, to show what was looked for."""
    return [headers[0] for headers in generic_profile().headers(kind).values() if headers]
