"""The records behind the figures, as a workbook lists them: dates as dates, and no column that holds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.table import Column, Table
from xlfunnel.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from xlfunnel.table import Cell

_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Listed:
    """A column of a list: its heading, its unit, and the canonical columns that it shows."""

    name: str
    unit: Unit
    column: str
    second: str = ""
    """The second of the day, where a date is a moment."""


Shown = tuple[Listed, ...]

DEALS_SHOWN: Final[Shown] = (
    Listed("id", Unit.TEXT, "id"),
    Listed("name", Unit.TEXT, "name"),
    Listed("account", Unit.TEXT, "account"),
    Listed("owner", Unit.TEXT, "owner"),
    Listed("segment", Unit.TEXT, "segment"),
    Listed("source", Unit.TEXT, "source"),
    Listed("channel", Unit.TEXT, "channel"),
    Listed("pipeline", Unit.TEXT, "pipeline"),
    Listed("stage", Unit.TEXT, "stage"),
    Listed("status", Unit.TEXT, "status"),
    Listed("amount", Unit.MONEY, "amount"),
    Listed("created", Unit.DATE, "created_day"),
    Listed("closed", Unit.DATE, "closed_day"),
    Listed("expected", Unit.DATE, "expected_day"),
    Listed("cycle days", Unit.DAYS, "cycle_days"),
    Listed("counts", Unit.TEXT, "counted"),
    Listed("qualified", Unit.TEXT, "qualified"),
    Listed("marketing touched", Unit.TEXT, "touched"),
    Listed("lost reason", Unit.TEXT, "lost_reason"),
)

LEADS_SHOWN: Final[Shown] = (
    Listed("id", Unit.TEXT, "id"),
    Listed("owner", Unit.TEXT, "owner"),
    Listed("segment", Unit.TEXT, "segment"),
    Listed("source", Unit.TEXT, "source"),
    Listed("channel", Unit.TEXT, "channel"),
    Listed("status", Unit.TEXT, "status"),
    Listed("created", Unit.DATE, "created_day"),
    Listed("MQL", Unit.TIMESTAMP, "mql_day", "mql_second"),
    Listed("SAL", Unit.DATE, "sal_day"),
    Listed("SQL", Unit.DATE, "sql_day"),
    Listed("opportunity", Unit.DATE, "opportunity_day"),
    Listed("won", Unit.DATE, "won_day"),
    Listed("first touch", Unit.TIMESTAMP, "touch_day", "touch_second"),
    Listed("returned", Unit.DATE, "recycled_day"),
    Listed("opportunity id", Unit.TEXT, "opportunity_id"),
    Listed("disqualified because", Unit.TEXT, "disqualified_reason"),
)


def listed(table: pa.Table, shown: Shown) -> Table:
    """The records of a canonical table, in their order; columns without any value are left out."""
    kept = [one for one in shown if table[one.column].null_count < table.num_rows]
    columns = [tuple(_cells(table, one)) for one in kept]
    units = tuple(Column(one.name, _unit(table, one)) for one in kept)
    return Table(units, tuple(zip(*columns, strict=True)))


def _unit(table: pa.Table, one: Listed) -> Unit:
    """A moment whose time of day nobody wrote down is a date."""
    if one.second and table[one.second].null_count == table.num_rows:
        return Unit.DATE
    return one.unit


def _cells(table: pa.Table, one: Listed) -> Iterable[Cell]:
    values, unit = values_of(table[one.column]), _unit(table, one)
    if unit is Unit.DATE:
        days = {day: None if day is None else _EPOCH + timedelta(days=day) for day in set(values)}
        return map(days.__getitem__, values)
    if unit is Unit.TIMESTAMP:
        return map(_moment, values, values_of(table[one.second]))
    words = {True: "yes", False: "no", None: None}
    return map(words.__getitem__, values) if str(table[one.column].type) == "bool" else values


def values_of(column: pa.ChunkedArray[Any]) -> list[Any]:
    """The values of a column, None where there is none; words that occur time and again are made once."""
    found: list[Any] = []
    chunks: list[Any] = column.chunks
    for chunk in chunks:
        words = getattr(chunk, "dictionary", None)
        if words is None:
            found += chunk.to_pylist()
        else:
            known = [*words.to_pylist(), None]
            found += map(known.__getitem__, chunk.indices.fill_null(len(words)).to_numpy().tolist())
    return found


def _moment(day: int | None, second: int | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(_EPOCH + timedelta(days=day), time()) + timedelta(seconds=second or 0)
