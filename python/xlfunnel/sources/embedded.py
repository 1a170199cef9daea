"""DuckDB files and Parquet files, read by the DuckDB within the program: no server."""

from __future__ import annotations

from glob import glob
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlfunnel.sources.errors import NoTable, NotOneSelect
from xlfunnel.sources.told import opening
from xlfunnel.sources.warehouse import ORDER, Asked, RawTable, narwhal

if TYPE_CHECKING:
    from xlfunnel.segments.frames import Frame
    from xlfunnel.sources.settings import Connection

ENGINE = "DuckDB"


class Embedded:
    """One or several DuckDB files and folders of Parquet files, opened for reading only."""

    def __init__(self, connections: dict[str, Connection], folder: Path) -> None:
        import duckdb  # noqa: PLC0415

        self.name = next(iter(connections))
        self.engine = ENGINE
        self._folder = folder
        self._own: Any = duckdb.connect(config={"python_enable_replacements": "false"})  # no variable is a table
        self._connections = connections
        self._attached: list[str] = []
        self._numbers = count(1)
        self._kept: list[tuple[Any, str]] = []
        with opening(self.name, self.engine):
            for name, connection in connections.items():
                if connection.duckdb:
                    self._attach(name, connection.duckdb)
            self._close_in()

    def _attach(self, name: str, path: str) -> None:
        file = self._folder / path
        if not file.is_file():
            msg = f"there is no file {path}"
            raise FileNotFoundError(msg)
        self._own.execute(f"ATTACH {_text(str(file))} AS {_name(name)} (READ_ONLY)")
        self._attached.append(name)
        if len(self._attached) == 1:
            self._own.execute(f"USE {_name(name)}")

    def _close_in(self) -> None:
        """From now on nothing but these files and folders can be read, whatever a query says."""
        places = [self._folder / one.parquet for one in self._connections.values() if one.parquet]
        folders = [place if place.is_dir() else _fixed(place) for place in places]
        listed = ", ".join(_text(str(folder.resolve())) for folder in folders)
        self._own.execute(f"SET allowed_directories = [{listed}]")
        self._own.execute("SET enable_external_access = false")

    def table(self, asked: Asked) -> RawTable:
        """A table of the file, Parquet files by their name or pattern, or a query over either."""
        connection = self._connections[asked.connection]
        if connection.parquet:
            return self._of_parquet(asked, connection.parquet)
        if asked.query:
            return RawTable(self._query(asked))
        place = ".".join(map(_name, (asked.connection, *asked.table.split("."))))
        return self._numbered(f"SELECT *, rowid AS {ORDER.format(0)} FROM {place}", f"SELECT * FROM {place}")

    def _numbered(self, numbered: str, plain: str) -> RawTable:
        import duckdb  # noqa: PLC0415

        try:
            return RawTable(narwhal(self._own.sql(numbered)), (ORDER.format(0),))
        except duckdb.BinderException:  # a view has no numbers of rows
            return RawTable(narwhal(self._own.sql(plain)))

    def _query(self, asked: Asked) -> Frame:
        """A query; tables without a catalogue are those of the first file, others have their connection's name."""
        return narwhal(self._own.sql(self._checked(asked)))

    def _checked(self, asked: Asked) -> str:
        """The query, which the engine's own parser says is one SELECT."""
        import duckdb  # noqa: PLC0415

        try:
            found = self._own.extract_statements(asked.query)
        except duckdb.ParserException:
            raise NotOneSelect(asked.name, "it cannot be read as SQL") from None
        if len(found) != 1:
            raise NotOneSelect(asked.name, f"it holds {len(found)} statements" if found else "it is blank")
        if found[0].type != duckdb.StatementType.SELECT:
            raise NotOneSelect(asked.name, f"it is a {found[0].type.name}")
        return asked.query.strip().rstrip(";").rstrip()

    def _of_parquet(self, asked: Asked, path: str) -> RawTable:
        place = self._folder / path
        if asked.query:
            self._name_files(place)
            return RawTable(self._query(asked))
        files = _parquet_files(place, asked)
        numbers = f"file_row_number AS {ORDER.format(1)}, filename AS {ORDER.format(0)}"
        inner = f"read_parquet({_text(files)}, file_row_number = true, filename = true, union_by_name = true)"
        frame = narwhal(self._own.sql(f"SELECT * EXCLUDE (file_row_number, filename), {numbers} FROM {inner}"))
        return RawTable(frame, (ORDER.format(0), ORDER.format(1)))

    def _name_files(self, place: Path) -> None:
        """Give each Parquet file of a folder its own name, for a query."""
        files = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
        for file in files:
            made = f"CREATE OR REPLACE TEMP VIEW {_name(file.stem)} AS SELECT * FROM read_parquet({_text(str(file))})"
            self._own.execute(made)

    def set_zone(self, zone: str) -> None:
        """DuckDB shows moments in the zone of its session."""
        self._own.execute(f"SET TimeZone = {_text(zone)}")

    def kept(self, frame: Frame) -> Frame:
        """A temporary table."""
        name = self._fresh_name()
        query = frame.to_native().sql_query()
        self._own.execute(f"CREATE TEMP TABLE {name} AS {query}")
        found = self._own.sql(f"SELECT * FROM {name}")
        self._kept.append((found, name))
        return narwhal(found)

    def released(self, frame: Frame) -> None:
        """The table goes."""
        native = frame.to_native()
        for place, (held, name) in enumerate(self._kept):
            if held is native:
                self._own.execute(f"DROP TABLE {name}")
                del self._kept[place]
                return

    def close(self) -> None:
        """Let go of the files."""
        self._own.close()

    def _fresh_name(self) -> str:
        return f"xlfunnel_kept_{next(self._numbers)}"


def _parquet_files(place: Path, asked: Asked) -> str:
    """The pattern of a table's files: a pattern of its own, a file of that name, or all files of such a folder."""
    inside = [asked.table, f"{asked.table}.parquet", f"{asked.table}/*.parquet"]
    tried = [str(place / one) for one in inside] if place.is_dir() else [str(place)]
    for pattern in tried:
        if Path(pattern).is_file():
            return pattern
        if "*" in pattern and glob(pattern, recursive=True):  # noqa: PTH207  # a pattern may stand in any part
            return pattern
    names = " or ".join(dict.fromkeys(Path(one).name for one in tried))
    raise NoTable(asked.name, asked.connection, f"no Parquet file is there under {names}")


def _fixed(pattern: Path) -> Path:
    """The folder of a file, or of the first part of a pattern that is not one."""
    return next(parent for parent in pattern.parents if "*" not in str(parent))


def _name(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    """A text as SQL takes it."""
    return "'" + text.replace("'", "''") + "'"
