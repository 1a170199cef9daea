"""What marketing spends and what people cost, from small files; a row that cannot be read stops everything.

Spend has the columns `Channel, Month, Amount, Kind`, people have `Role, Month, Cost, Burden, Acquisition share` and,
where hours are logged, one column `Hours: <channel>` for each channel. A CRM's list of campaigns is spend, too: its
type is the channel, and its whole cost falls into the month in which it begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from xlfunnel.crm.amounts import currency_code, read_amounts
from xlfunnel.crm.cost_headers import COLUMNS, CostHeader, cost_header
from xlfunnel.crm.dates import DateReader
from xlfunnel.crm.errors import BadCostRow, MissingCostColumn, MissingRate, SeveralCurrencies
from xlfunnel.crm.files import CostFile, digest_of, file_grids
from xlfunnel.crm.profiles import header_key, header_text
from xlfunnel.crm.raw import read_records
from xlfunnel.crm.tables import CostKind, FileAccount
from xlfunnel.definitions import Definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from xlfunnel.crm.cells import Cells
    from xlfunnel.crm.raw import Grid, Records

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


@dataclass(frozen=True)
class CostTable:
    """A file of costs as it was read; only one of the two holds rows."""

    account: FileAccount
    spend: tuple[SpendRow, ...] = ()
    people: tuple[PersonRow, ...] = ()


def read_spend(path: Path) -> tuple[SpendRow, ...]:
    """Read a spend file (CSV or XLSX); a row that cannot be read raises `BadCostRow`."""
    return read_cost_path(path, CostKind.SPEND, Definitions()).spend


def read_people(path: Path) -> tuple[PersonRow, ...]:
    """Read a people file (CSV or XLSX); a row that cannot be read raises `BadCostRow`."""
    return read_cost_path(path, CostKind.PEOPLE, Definitions()).people


def read_cost_path(path: Path, kind: CostKind, definitions: Definitions) -> CostTable:
    """Read a file that is said to be of this kind; one without its columns raises `MissingCostColumn`."""
    seen: list[Grid] = []
    for grids in file_grids(path):
        found = cost_header(grids)
        if found is not None and found.kind is kind:
            return read_costs(CostFile(path.name, digest_of(path), found), definitions)
        seen.extend(grids)
    wanted = COLUMNS[kind]
    have = max(({header_key(name) for name in grid.names} for grid in seen), key=_hits(wanted), default=set())
    raise MissingCostColumn(path.name, [name for name in wanted if header_key(name) not in have], wanted)


def read_costs(file: CostFile, definitions: Definitions) -> CostTable:
    """Read a file that was recognised as one of costs; a row that cannot be read raises `BadCostRow`."""
    sheet = _opened(file)
    notes: list[str] = []
    if file.header.kind is CostKind.PEOPLE:
        people = _people(sheet)
        return CostTable(_account(file, sheet, notes), people=people)
    spend = _campaigns(sheet, definitions, notes) if file.header.campaigns else _spend(sheet)
    return CostTable(_account(file, sheet, notes), spend=spend)


def _spend(sheet: _Sheet) -> tuple[SpendRow, ...]:
    channels = sheet.required("Channel")
    months = sheet.months("Month")
    amounts = sheet.money("Amount")
    return tuple(SpendRow(*row) for row in zip(channels, months, amounts, sheet.texts("Kind"), strict=True))


def _people(sheet: _Sheet) -> tuple[PersonRow, ...]:
    columns = [
        sheet.required("Role"),
        sheet.months("Month"),
        sheet.money("Cost"),
        sheet.shares("Burden"),
        sheet.shares("Acquisition share"),
        sheet.hours(),
    ]
    return tuple(PersonRow(*row) for row in zip(*columns, strict=True))


_CAMPAIGN_KIND = "Campaign"


def _campaigns(sheet: _Sheet, definitions: Definitions, notes: list[str]) -> tuple[SpendRow, ...]:
    """The campaigns that cost something; one that does must say its type and the day on which it begins."""
    amounts = sheet.amounts("Amount")
    costing = [place for place, amount in enumerate(amounts) if amount > 0]
    free = len(amounts) - len(costing)
    if free:
        notes.append(f"Campaigns without an actual cost, and so no spend: {free:,}")
    notes.append("Each campaign's whole cost stands in the month in which it begins")
    sheet.refuse_repeated(("Campaign", "Month", "Amount"), costing)
    channels = sheet.required("Channel", costing)
    months = sheet.days("Month", costing, definitions)
    factor = sheet.rate_of("Amount", costing, definitions)
    rows = zip(costing, channels, months, strict=True)
    return tuple(SpendRow(channel, month, amounts[place] * factor, _CAMPAIGN_KIND) for place, channel, month in rows)


def _account(file: CostFile, sheet: _Sheet, notes: Sequence[str]) -> FileAccount:
    """Every row was read and used: one that could not be has stopped the reading."""
    header, names = file.header, file.header.grid.names
    rows = len(sheet.records.rows)
    mapping = {name.lower(): header.header(name) for name in header.columns}
    hours = {f"hours {channel}": header_text(name) for name in names if (channel := _hours_channel(name))}
    mapping |= hours if header.kind is CostKind.PEOPLE else {}
    unused = tuple(name for name in map(header_text, names) if name and name not in mapping.values())
    source = "campaigns of a CRM" if header.campaigns else "a file of your own"
    return FileAccount(
        file.name, file.sha256, source, header.kind, rows, rows, {}, sheet.records.skipped, mapping, unused,
        tuple(notes),
    )  # fmt: skip


@dataclass(frozen=True)
class _Sheet:
    """The records of one file, column by column."""

    file: str
    header: CostHeader
    records: Records

    @property
    def grid(self) -> Grid:
        return self.header.grid

    def texts(self, column: str) -> list[str]:
        cells = self._cells(column)
        return [cells.text(place) for place in range(len(cells))]

    def required(self, column: str, places: Sequence[int] | None = None) -> list[str]:
        texts = self.texts(column)
        found = range(len(texts)) if places is None else places
        for place in found:
            if not texts[place]:
                raise self._bad(place, column, "", "it must not be blank")
        return [texts[place] for place in found]

    def refuse_repeated(self, columns: tuple[str, ...], places: Sequence[int]) -> None:
        """Rows that say the same in these columns are one campaign, whose cost would be added twice."""
        first: dict[tuple[str, ...], int] = {}
        held = [self.texts(column) for column in columns]
        for place in places:
            key = tuple(texts[place] for texts in held)
            if key in first:
                rule = f"row {int(self.records.rows[first[key]])} is the same campaign: its cost would be added twice"
                raise self._bad(place, columns[0], key[0], rule)
            first[key] = place

    def days(self, column: str, places: Sequence[int], definitions: Definitions) -> list[date]:
        """The first day of the month in which each day lies."""
        self.required(column, places)
        cells = self._cells(column)
        reader = DateReader(self.file, definitions.dates, definitions.timezone)
        found = reader.read(cells, self.header.header(column), self.records.rows)
        for place in places:
            if found.unreadable[place]:
                raise self._bad(place, column, cells.text(place), "it must be a date such as 2026-04-30")
        days = (date(1970, 1, 1) + timedelta(days=int(found.day[place])) for place in places)
        return [day.replace(day=1) for day in days]

    def rate_of(self, column: str, places: Sequence[int], definitions: Definitions) -> float:
        """What one unit of the column's currency is worth in the workbook's, where a column beside it names one."""
        beside = header_key(f"{self.header.header(column)} Currency")
        at = next((place for place, name in enumerate(self.grid.names) if header_key(name) == beside), None)
        if at is None:
            return 1.0
        cells = self.records.cells[at]
        named = sorted({currency_code(text) for place in places if (text := cells.text(place))})
        if len(named) > 1:
            raise SeveralCurrencies(named)
        wanted = definitions.currency.upper()
        if not named or not wanted or named[0] == wanted:
            return 1.0
        rates = {name.upper(): rate for name, rate in definitions.rates.items()}
        if named[0] not in rates:
            raise MissingRate(named[0], wanted)
        return rates[named[0]]

    def months(self, column: str) -> list[date]:
        return [self._month(place, column, text) for place, text in enumerate(self.texts(column))]

    def shares(self, column: str) -> list[float]:
        return [self._share(place, column, text) for place, text in enumerate(self.texts(column))]

    def money(self, column: str) -> list[float]:
        self.required(column)
        return self._numbers(column, "an amount of 0 or more")

    def amounts(self, column: str) -> list[float]:
        """The same, where a blank is nothing."""
        return [0.0 if np.isnan(value) else value for value in self._numbers(column, "an amount of 0 or more")]

    def hours(self) -> list[dict[str, float]]:
        """For each record the logged hours by channel; a blank is no hours."""
        columns = {place: channel for place, name in enumerate(self.grid.names) if (channel := _hours_channel(name))}
        logged = {
            channel: np.nan_to_num(self._numbers(place, "a number of hours, 0 or more")).tolist()
            for place, channel in columns.items()
        }
        rows = range(len(self.records.rows))
        return [{channel: hours[place] for channel, hours in logged.items() if hours[place]} for place in rows]

    def _numbers(self, column: str | int, rule: str) -> list[float]:
        cells = self._cells(column)
        found = read_amounts(self.file, self._shown(column), cells, typed=self.grid.typed)
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

    def _cells(self, column: str | int) -> Cells:
        return self.records.cells[self.header.columns[column] if isinstance(column, str) else column]

    def _shown(self, column: str | int) -> str:
        return self.header.header(column) if isinstance(column, str) else header_text(self.grid.names[column])

    def _bad(self, place: int, column: str | int, value: str, rule: str) -> BadCostRow:
        return BadCostRow(self.file, int(self.records.rows[place]), self._shown(column), value, rule)


def _opened(file: CostFile) -> _Sheet:
    """Read everything below the header."""
    grid = file.header.grid
    records = read_records(grid, range(len(grid.names)))
    for line in records.malformed:
        rule = f"it has {line.values} values, where the header has {len(grid.names)}"
        raise BadCostRow(file.name, line.row, "", line.text, rule)
    return _Sheet(file.name, file.header, records)


def _hits(wanted: Sequence[str]) -> Callable[[set[str]], int]:
    keys = {header_key(name) for name in wanted}
    return lambda have: len(keys & have)


def _hours_channel(header: str) -> str:
    """The channel of a column `Hours: Paid Search`; an empty text for any other column."""
    name, _, channel = header_text(header).partition(":")
    return channel.strip() if name.strip().casefold() == HOURS.casefold() else ""
