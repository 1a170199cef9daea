"""The connections that a person made known on this computer, and what a workbook may ask of a source.

A workbook may come from a stranger by mail, and a file beside it, too. What they say must not decide which host is
reached with the passwords of whoever presses the button, nor which files are read: they may lead to files in the
workbook's own folder, and to connections that `xlfunnel connect` wrote down here.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from xlfunnel.definitions import read_settings
from xlfunnel.saving import held, replacing
from xlfunnel.sources.errors import NameTaken, NotForWorkbooks, UnknownConnection
from xlfunnel.sources.servers import DUCKDB, SERVERS
from xlfunnel.sources.settings import Connection, Connections, Sources, refuse_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlfunnel.sources.settings import CostPlace, TablePlace

FILE: Final = "connections.toml"
_PLAIN: Final = re.compile(r"[\w$ -]+(?:\.[\w$ -]+){0,3}")
"""A table by its name, with what it lies in before it."""


def connections_file() -> Path:
    """Where the connections of this person stand: in the folder that the system has for settings of programs."""
    if sys.platform == "win32":
        folder = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support"
    else:
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return folder / "xlfunnel" / FILE


def known_connections() -> Mapping[str, Connection]:
    """The connections of this person by name; none where nothing was made known.

    Raises `SettingsError`, and `SecretInSource`.
    """
    path = connections_file()
    return connections_in(path) if path.is_file() else {}


def connections_in(path: Path) -> Mapping[str, Connection]:
    """The connections of a sources file, whose files are named from the root of the disk."""
    found = read_settings(path, Connections).connections
    for name, one in found.items():
        refuse_secrets(f"{path.name}: the connection {name}", one.address)
    return {name: rooted(one, path.parent) for name, one in found.items()}


def connect(path: Path) -> Mapping[str, Connection]:
    """Make the connections of a sources file known on this computer; gives those of the file.

    Raises `NameTaken` where one has the name of another that is known.
    """
    found, place = connections_in(path), connections_file()
    place.parent.mkdir(parents=True, exist_ok=True)
    with held(place):
        known = dict(known_connections())
        for name, one in found.items():
            if known.get(name, one) != one:
                raise NameTaken(name, str(place))
        with replacing(place) as part:
            part.write_text("\n".join(map(_written, {**known, **found}.items())), encoding="utf-8")
    return found


def _written(named: tuple[str, Connection]) -> str:
    """A connection as TOML."""
    name, one = named
    return f"[connections.{json.dumps(name)}]\n{one.kind} = {json.dumps(one.address)}\n"


def rooted(one: Connection, folder: Path) -> Connection:
    """The same with its file, if it is one, named from the root of the disk; nothing is looked up there."""
    path = one.duckdb or one.parquet
    if not path or _from_root(path):
        return one
    return Connection.model_validate({one.kind: os.path.normpath(folder / path)})


def seen_from(sources: Sources, folder: Path, there: Path) -> Sources:
    """The same with files as a workbook in `there` names them; `folder` is that of the sources file."""
    return sources.model_copy(
        update={"connections": {name: _seen_from(one, folder, there) for name, one in sources.connections.items()}}
    )


def _seen_from(one: Connection, folder: Path, there: Path) -> Connection:
    if not (one.duckdb or one.parquet):
        return one
    place = Path(rooted(one, folder).address)
    if not place.is_relative_to(there):
        return rooted(one, folder)
    said = place.relative_to(there).as_posix()
    return Connection.model_validate({one.kind: said})


def check_known(name: str, one: Connection, folder: Path, place: str) -> None:
    """Raise `UnknownConnection` unless it leads to a file in this folder, or was made known here.

    `place` says where it is named. A path that leads elsewhere is not looked up: on Windows that may reach a host.
    """
    if not is_inside(one, folder) and rooted(one, folder) not in known_connections().values():
        raise UnknownConnection(place, name, str(connections_file()))


def is_inside(one: Connection, folder: Path) -> bool:
    """Whether a connection is a file, or files, in a folder or in one within it, links followed."""
    path = one.duckdb or one.parquet
    if not path:
        return False
    said = os.path.normpath(folder / path) if not _foreign(path) else path
    if not Path(said).is_relative_to(os.path.normpath(folder)):
        return False
    fixed = next(place for place in (Path(said), *Path(said).parents) if "*" not in str(place))
    return fixed.resolve().is_relative_to(folder.resolve())


def _foreign(path: str) -> bool:
    """Whether a path names a drive or a host."""
    return bool(PureWindowsPath(path).drive)


def _from_root(path: str) -> bool:
    return _foreign(path) or PurePosixPath(path.replace("\\", "/")).is_absolute()


def check_place(place: TablePlace | CostPlace, one: Connection, kind: str) -> None:
    """Refuse what a workbook may not ask of a connection, whatever its rights there. Raises `NotForWorkbooks`.

    Tables go by their plain names, and a query may call no function that SQL itself does not have: those of a
    database may read files, reach hosts and change things. Files are closed in by the program itself.
    """
    if one.duckdb or one.parquet:
        return
    if place.table and not _PLAIN.fullmatch(place.table):
        raise NotForWorkbooks(kind, "its table is a path or a pattern, and no plain name")
    if place.query:
        _check_query(place.query, one, kind)


def _check_query(query: str, one: Connection, kind: str) -> None:
    scheme = urlsplit(one.url).scheme
    if scheme not in SERVERS or scheme == DUCKDB:
        raise NotForWorkbooks(kind, "queries of this engine can read files")
    try:
        import sqlglot  # noqa: PLC0415
        from sqlglot import exp  # noqa: PLC0415
    except ImportError:  # without it the connection cannot be opened either, which says what to install
        return
    try:
        found = sqlglot.parse(query, read=SERVERS[scheme].dialect)
    except sqlglot.errors.SqlglotError:  # another reading of it must not let it through
        raise NotForWorkbooks(kind, "its query cannot be read as SQL") from None
    strange = (exp.Anonymous, exp.AnonymousAggFunc, exp.Command, exp.ReadCSV)
    named = next((node for one in found if one is not None for node in one.walk() if isinstance(node, strange)), None)
    if named is not None:
        raise NotForWorkbooks(kind, f"its query calls {named.name or 'a function'}, which SQL itself does not have")
