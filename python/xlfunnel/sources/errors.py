"""What stops a refresh from a source before anything is written, one class each; no message holds a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlfunnel.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 20
"""How many names a message lists before it says how many more there are."""


class SecretInSource(Stopped):
    """A sources file holds a password, a token or a key."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(
            f"{place} holds {what}. What says where tables lie is shared and must hold no secret: take it out, and "
            "give it in the environment or in the database's own configuration (for PostgreSQL PGPASSWORD or "
            "~/.pgpass)."
        )


class UnknownConnection(Stopped):
    """A workbook, or a file that it names, leads out of its folder to where nobody said that it may."""

    def __init__(self, place: str, name: str, known: str) -> None:
        super().__init__(
            f'{place} names the connection "{name}", which leads out of the folder of the workbook and is not known '
            "on this computer: a file that came by mail must not decide where your passwords go. If you trust its "
            f"address, make it known once with: xlfunnel connect sources.toml (known ones stand in {known})."
        )
        self.connection = name


class NameTaken(Stopped):
    """Another connection is known by this name."""

    def __init__(self, name: str, known: str) -> None:
        super().__init__(
            f'Another connection is known as "{name}" on this computer, in {known}. Give one of them another name; '
            "nothing was changed."
        )


class NotForWorkbooks(Stopped):
    """A table or query that is taken from a sources file, and not from a workbook."""

    def __init__(self, kind: str, why: str) -> None:
        self.kind = kind
        self.why = f"{why}: a workbook may not ask that of a connection. Write it into a sources file"
        super().__init__(f"The {kind} of the workbook are refused: {self.why}, and refresh with --source.")


class NotOneSelect(Stopped):
    """A query that is not one single SELECT."""

    def __init__(self, table: str, why: str) -> None:
        self.table, self.why = table, why
        super().__init__(f"The query for {table} is refused: {why}. Write one single SELECT that only reads.")


class NoEngine(Stopped):
    """The package that speaks to an engine is not installed."""

    def __init__(self, connection: str, package: str, extra: str) -> None:
        super().__init__(
            f'The connection "{connection}" needs {package}, which is not installed here. Install it with '
            f"pip install 'xlfunnel[{extra}]'."
        )


class UnknownEngine(Stopped):
    """A kind of address that no engine answers to."""

    def __init__(self, connection: str, scheme: str, known: Sequence[str]) -> None:
        self.connection = connection
        super().__init__(
            f'The connection "{connection}" begins with "{scheme}", which no engine answers to. It can begin with '
            f"{', '.join(known)}."
        )


class NoConnection(Stopped):
    """The source cannot be reached, or does not let us in."""

    def __init__(self, connection: str, engine: str, why: str) -> None:
        self.connection = connection
        super().__init__(
            f'The connection "{connection}" ({engine}) cannot be opened: {why}. Check the address, the user and the '
            "password in the environment, and whether the server runs."
        )


class LostConnection(Stopped):
    """The source stopped answering in the middle."""

    def __init__(self, connection: str, engine: str, why: str) -> None:
        super().__init__(
            f'The connection "{connection}" ({engine}) was lost while figures were counted: {why}. Nothing was '
            "written; refresh again."
        )


class QueryFailed(Stopped):
    """The source refused or failed a query."""

    def __init__(self, table: str, connection: str, why: str) -> None:
        super().__init__(f'{table}, connection "{connection}": the source could not answer: {why}.')


class NoTable(Stopped):
    """A table that the source does not have."""

    def __init__(self, table: str, connection: str, why: str) -> None:
        self.table, self.connection, self.why = table, connection, why
        super().__init__(
            f'The connection "{connection}" has no table {table} that can be read: {why}. Correct "table" in the '
            "sources file, or ask for the right to read it."
        )


class NoColumn(Stopped):
    """A column map names a column that the table does not have."""

    def __init__(self, table: str, field: str, column: str, columns: Sequence[str]) -> None:
        shown = ", ".join(columns[:SHOWN]) + (f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else "")
        self.table, self.field, self.column, self.columns = table, field, column, shown
        super().__init__(
            f'{table} has no column "{column}", which the sources file names for "{field}". Its columns are: {shown}.'
        )


class NotTheKind(Stopped):
    """A table without the columns that its kind needs."""

    def __init__(self, table: str, kind: str, groups: Sequence[Sequence[str]]) -> None:
        needed = ", and ".join(" or ".join(names) for names in groups)
        super().__init__(
            f"{table} is read as {kind}, and no column is known for what {kind} need: {needed}. Name the columns "
            f"where the table is named: under [{kind}.columns] of the sources file, or on the sheet Source."
        )


class WrongType(Stopped):
    """A column whose type cannot hold what the field says."""

    def __init__(self, table: str, column: str, kind: str, needed: str, example: str = "") -> None:
        such = f', such as "{example}"' if example else ""
        super().__init__(
            f'{table}, column "{column}" is of the type {kind}{such}, and it must hold {needed}. Cast it in a query: '
            f'query = "select …" in the place of table = "…".'
        )


class TooManyWords(Stopped):
    """A column of words that holds a different text in nearly every row."""

    def __init__(self, table: str, column: str, field: str, most: int) -> None:
        super().__init__(
            f'{table}, column "{column}" is taken for "{field}" and holds more than {most:,} different texts: that '
            "is no column of such words. Correct the column map."
        )


class SeveralEngines(Stopped):
    """Tables that are joined lie on several engines."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"The tables come from several engines ({', '.join(names)}), which cannot join them. Take all of them "
            "from one connection; DuckDB files and Parquet files go together."
        )


class NoTimeZone(Stopped):
    """An engine whose sessions have no time zone, while the definitions ask for another than UTC."""

    def __init__(self, engine: str, zone: str) -> None:
        super().__init__(
            f"{engine} cannot show moments in {zone}: its sessions have no time zone. Take the moments to {zone} in "
            "a query, and set timezone to UTC in the definitions."
        )


class NoSource(Stopped):
    """A sources file that names no table."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} names no table: it needs [opportunities] or [leads], with a table or a query.")


class FilesBesideSource(Stopped):
    """Exports and a source were given at once."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{file} is an export, and a source was given, too: the same records would be counted twice. Give one of "
            "them; files of spend and people may stand beside a source."
        )


class TooManyLists(Stopped):
    """A column of a large table in which many cells name several records each."""

    def __init__(self, table: str, column: str, most: int) -> None:
        super().__init__(
            f'{table}, column "{column}" has more than {most:,} different cells that name several records each: more '
            "than are joined inside a database. Make one row of each name in a query."
        )


class TooManyTitles(Stopped):
    """Activities of which nothing but a title of their own says who did them."""

    def __init__(self, table: str, column: str, most: int) -> None:
        super().__init__(
            f'{table}, column "{column}": nothing but their titles says who did the activities, and more than '
            f'{most:,} of these differ. Name a column for "by" or "kind", or say in a query which team did each.'
        )


class TooManyTexts(Stopped):
    """A column of texts of which too many differ to be read one by one."""

    def __init__(self, table: str, column: str, most: int, example: str) -> None:
        super().__init__(
            f'{table}, column "{column}" is of the type text, and more than {most:,} of its texts are no dates or '
            f'numbers as programs write them, such as "{example}". Cast it in a query: query = "select …" in the '
            'place of table = "…".'
        )


class TextsMerged(Stopped):
    """A column in which the engine takes texts that differ in case for one."""

    def __init__(self, table: str, column: str, engine: str) -> None:
        super().__init__(
            f'{table}, column "{column}": {engine} takes texts that differ in case for one there, such as "Web" and '
            '"web", and its figures would not be those of an export. Let it compare letter by letter: give the '
            "column a binary collation (COLLATE) in a query, or the database by default."
        )
