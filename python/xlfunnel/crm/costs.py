"""What marketing spends and what people cost, from two small files; a row that cannot be read stops everything.

Spend has the columns `Channel, Month, Amount, Kind`, people have `Role, Month, Cost, Burden, Acquisition share` and,
where hours are logged, one column `Hours: <channel>` for each channel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.amounts import read_amounts
from xlfunnel.crm.errors import BadCostRow, MissingCostColumn, SeveralCurrencies
from xlfunnel.crm.files import file_grids
from xlfunnel.crm.profiles import header_key, header_text
from xlfunnel.crm.raw import read_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.raw import Grid, Records

SPEND_COLUMNS = ("Channel", "Month", "Amount", "Kind")
PEOPLE_COLUMNS = ("Role", "Month", "Cost", "Burden", "Acquisition share")
HOURS = "Hours"

MONTH = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2}(?:[T ]00:00(?::00)?)?)?")
SHARE = re.compile(r"(\d{1,4}(?:[.,]\d{1,8})?|[.,]\d{1,8})\s?(%?)")


@dataclass(frozen=True)
class SpendRow:
    """Money spent on a channel in a month."""

    channel: str
    month: date
    """The first day of the month."""
    amount: float
    kind: str = ""


@dataclass(frozen=True)
class PersonRow:
    """What a role cost in a month, and how much of that went into winning customers."""

    role: str
    month: date
    """The first day of the month."""
    cost: float
    burden: float
    """What comes on top of the cost, as a share of it: 0.25 makes 100 cost 125."""
    share: float
    """Share of the time that went into winning customers, from 0 to 1."""
    hours: dict[str, float] = field(default_factory=dict)
    """Logged hours by channel."""

    @property
    def loaded_cost(self) -> float:
        """Cost of winning customers with everything on top.

        >>> PersonRow("Account Executive", date(2026, 1, 1), 10_000, 0.25, 0.8).loaded_cost
        10000.0
        """
        return self.cost * (1 + self.burden) * self.share


def read_spend(path: Path) -> tuple[SpendRow, ...]:
    """Read a spend file (CSV or XLSX); a row that cannot be read raises `BadCostRow`."""
    sheet = _open(path, SPEND_COLUMNS)
    channels = sheet.required("Channel")
    months = sheet.months("Month")
    amounts = sheet.money("Amount")
    kinds = sheet.texts("Kind")
    return tuple(SpendRow(*row) for row in zip(channels, months, amounts, kinds, strict=True))


def read_people(path: Path) -> tuple[PersonRow, ...]:
    """Read a people file (CSV or XLSX); a row that cannot be read raises `BadCostRow`."""
    sheet = _open(path, PEOPLE_COLUMNS)
    columns = [
        sheet.required("Role"),
        sheet.months("Month"),
        sheet.money("Cost"),
        sheet.shares("Burden"),
        sheet.shares("Acquisition share"),
        sheet.hours(),
    ]
    return tuple(PersonRow(*row) for row in zip(*columns, strict=True))


@dataclass(frozen=True)
class _Sheet:
    """The records of one file, column by column."""

    file: str
    grid: Grid
    records: Records

    def texts(self, column: str) -> list[str]:
        cells = self._cells(column)
        return [cells.text(place) for place in range(len(cells))]

    def required(self, column: str) -> list[str]:
        texts = self.texts(column)
        for place, text in enumerate(texts):
            if not text:
                raise self._bad(place, column, text, "it must not be blank")
        return texts

    def months(self, column: str) -> list[date]:
        return [self._month(place, column, text) for place, text in enumerate(self.texts(column))]

    def shares(self, column: str) -> list[float]:
        return [self._share(place, column, text) for place, text in enumerate(self.texts(column))]

    def money(self, column: str) -> list[float]:
        self.required(column)
        return self._numbers(column, "an amount of 0 or more")

    def hours(self) -> list[dict[str, float]]:
        """For each record the logged hours by channel; a blank is no hours."""
        columns = {name: channel for name in self.grid.names if (channel := _hours_channel(name))}
        logged = {
            channel: np.nan_to_num(self._numbers(name, "a number of hours, 0 or more")).tolist()
            for name, channel in columns.items()
        }
        rows = range(len(self.records.rows))
        return [{channel: hours[place] for channel, hours in logged.items() if hours[place]} for place in rows]

    def _numbers(self, column: str, rule: str) -> list[float]:
        cells = self._cells(column)
        found = read_amounts(self.file, header_text(column), cells, typed=self.grid.typed)
        currencies = [
            name for name, count in zip(found.currency.texts, found.currency.counts(), strict=True) if count
        ]
        if len(currencies) > 1:
            raise SeveralCurrencies(currencies)
        for place in np.flatnonzero(found.unreadable | (found.value < 0)).tolist():
            raise self._bad(place, column, cells.text(place), f"it must be {rule}")
        return [float(value) for value in found.value]

    def _month(self, place: int, column: str, text: str) -> date:
        found = MONTH.fullmatch(text)
        if found is None or not 1 <= int(found[2]) <= 12:
            raise self._bad(place, column, text, "a month is written like 2026-04")
        return date(int(found[1]), int(found[2]), 1)

    def _share(self, place: int, column: str, text: str) -> float:
        found = SHARE.fullmatch(text)
        share = float(found[1].replace(",", ".")) / (100 if found[2] else 1) if found else -1.0
        if not 0 <= share <= 1:
            raise self._bad(place, column, text, "a share is written like 0.25 or 25%, from 0 to 1")
        return share

    def _cells(self, column: str) -> Cells:
        keys = [header_key(name) for name in self.grid.names]
        return self.records.cells[keys.index(header_key(column))]

    def _bad(self, place: int, column: str, value: str, rule: str) -> BadCostRow:
        return BadCostRow(self.file, int(self.records.rows[place]), header_text(column), value, rule)


def _open(path: Path, columns: Sequence[str]) -> _Sheet:
    """Find the header with all columns, and read everything below it."""
    wanted = {header_key(name) for name in columns}
    best: Grid | None = None
    for grids in file_grids(path):
        for grid in grids:
            if best is None or _hits(grid, wanted) > _hits(best, wanted):
                best = grid
    if best is None or _hits(best, wanted) < len(wanted):
        have = {header_key(name) for name in best.names} if best else set()
        raise MissingCostColumn(path.name, [name for name in columns if header_key(name) not in have], columns)
    records = read_records(best, range(len(best.names)))
    for line in records.malformed:
        rule = f"it has {line.values} values, where the header has {len(best.names)}"
        raise BadCostRow(path.name, line.row, "", line.text, rule)
    return _Sheet(path.name, best, records)


def _hits(grid: Grid, wanted: set[str]) -> int:
    return len(wanted & {header_key(name) for name in grid.names})


def _hours_channel(header: str) -> str:
    """The channel of a column `Hours: Paid Search`; an empty text for any other column."""
    name, _, channel = header_text(header).partition(":")
    return channel.strip() if name.strip().casefold() == HOURS.casefold() else ""
