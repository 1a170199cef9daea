"""A query of a sources file must be one single SELECT: it is refused before the source sees it."""

from __future__ import annotations

from typing import Any

from xlfunnel.sources.errors import NotOneSelect


def check_select(table: str, query: str, dialect: str) -> str:
    """The query without a closing semicolon; one that is anything but a single SELECT raises `NotOneSelect`.

    Parsed by sqlglot, which comes with Ibis. What changes data inside it (a WITH that deletes, INTO) is refused, too.
    """
    import sqlglot  # noqa: PLC0415
    from sqlglot import exp  # noqa: PLC0415

    try:
        found: list[Any] = [one for one in sqlglot.parse(query, read=dialect or None) if one is not None]
    except sqlglot.errors.SqlglotError:
        raise NotOneSelect(table, "it cannot be read as SQL") from None
    if len(found) != 1:
        raise NotOneSelect(table, f"it holds {len(found)} statements" if found else "it is blank")
    (statement,) = found
    if not isinstance(statement, exp.Query):
        raise NotOneSelect(table, f"it is a {statement.key.upper()}")
    writing = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.DDL, exp.Command, exp.Into, exp.Lock)
    worst = next(
        (node for node in statement.walk() if isinstance(node, writing) and not isinstance(node, exp.Query)), None
    )
    if worst is not None:
        raise NotOneSelect(table, f"it holds {worst.key.upper()}, which does more than read")
    return query.strip().rstrip(";").rstrip()
