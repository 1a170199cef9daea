"""One export file: what it is by its bytes, which of its rows is the header, and what its columns mean."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from xlfunnel.crm.cost_headers import cost_header
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
    from concurrent.futures import Future
    from pathlib import Path

    from xlfunnel.crm.cost_headers import CostHeader
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


class Digest:
    """The SHA-256 of a file's bytes, which a thread of its own takes from when it is begun."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun: Future[str] | None = None

    def begin(self) -> Future[str]:
        """Take it while other work goes on."""
        if self._begun is None:
            pool = ThreadPoolExecutor(1)
            self._begun = pool.submit(digest_of, self._path)
            pool.shutdown(wait=False)
        return self._begun

    def result(self) -> str:
        """The digest, once it is taken."""
        return self.begin().result()


@dataclass(frozen=True)
class ExportFile:
    """A file that was recognised."""

    name: str
    digest: Digest
    match: Match
    notes: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes."""
        return self.digest.result()


@dataclass(frozen=True)
class CostFile:
    """A file of spend or people that was recognised."""

    name: str
    sha256: str
    header: CostHeader


def recognised_files(paths: Sequence[Path], mapping: Mapping) -> Iterator[ExportFile | CostFile]:
    """Recognise one file after the other; what is no export raises a `Stopped` that says what to do.

    A workbook may hold an export, spend and people on sheets of their own.
    """
    digests = {path: Digest(path) for path in paths}
    for place, path in enumerate(paths):
        _check_other(paths[:place], path, digests)
        matches, costs = _recognised(path, mapping)
        if matches:
            yield ExportFile(path.name, digests[path], matches[0], _unread(matches[0], matches[1:]))
        yield from (CostFile(path.name, digests[path].result(), header) for header in costs)


def _check_other(before: Sequence[Path], path: Path, digests: dict[Path, Digest]) -> None:
    """Refuse a file that was given before; only files of one size can be the same."""
    for other in before:
        if _size(other) == _size(path) and digests[other].result() == digests[path].result():
            raise SameFileTwice(path.name, other.name)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


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


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with _opened(path) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def recognised_grids(path: Path, mapping: Mapping) -> tuple[list[Match], list[CostHeader], list[Grid]]:
    """The header of each sheet that has one, by what it is, and every row that might be one."""
    seen: list[Grid] = []
    matches: list[Match] = []
    costs: list[CostHeader] = []
    for grids in file_grids(path):
        if cost := cost_header(grids):
            costs.append(cost)
        elif match := best_match(grids, mapping):
            matches.append(match)
        seen.extend(grids)
    return matches, costs, seen


def _recognised(path: Path, mapping: Mapping) -> tuple[list[Match], list[CostHeader]]:
    matches, costs, seen = recognised_grids(path, mapping)
    if matches or costs:
        return matches, costs
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
