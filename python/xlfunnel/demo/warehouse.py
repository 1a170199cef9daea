"""The example exports as the tables of a DuckDB file, with the sources file that leads to them: a warehouse, small.

As where a program copies a CRM into a warehouse, a column has a type where every value fits one, and stays text where
one value does not: what was wrong in the CRM is wrong in the warehouse, too.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from xlfunnel.crm.recognise import NO_COLUMN, match_of
from xlfunnel.crm.tables import CostKind, Kind
from xlfunnel.saving import held, replacing
from xlfunnel.sources.matching import Columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from xlfunnel.demo.example import Example

TABLES: Final[Mapping[Kind | CostKind, str]] = {
    Kind.OPPORTUNITIES: "crm_deal",
    Kind.LEADS: "crm_lead",
    CostKind.SPEND: "spend",
    CostKind.PEOPLE: "people",
}
ENCODINGS = ("utf-8-sig", "cp1252")
LANDED = "src_{}"
"""How the warehouse names the columns of its copy, so that no name alone says what a column holds."""

_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2}) (AM|PM))?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_FLAGS = {"0": False, "1": True, "false": False, "true": True}


@dataclass(frozen=True)
class Warehouse:
    """The DuckDB file of an example, and the sources file that leads to its tables."""

    database: Path
    sources: Path


def write_warehouse(folder: Path, example: Example, crm: str) -> Warehouse:
    """Write the tables of an example of a CRM, costs among them; an earlier file stays beside a new one."""
    found = Warehouse(folder / "warehouse.duckdb", folder / "sources.toml")
    files = (*example.exports, example.spend, example.people)
    columns = {table: _columns(path) for table, path in zip(TABLES.values(), files, strict=True)}
    with held(found.database), replacing(found.database) as part:
        part.unlink()  # DuckDB makes its file itself
        _fill(part, columns)
    with held(found.sources), replacing(found.sources) as part:
        part.write_text("\n".join(_lines(found, columns, crm)), encoding="utf-8")
    return found


def _fill(database: Path, columns: dict[str, dict[str, list[str]]]) -> None:
    import duckdb  # noqa: PLC0415

    with duckdb.connect(str(database)) as own:
        for table, texts in columns.items():
            own.register("landed", _table(texts))
            own.execute(f"CREATE TABLE {table} AS SELECT * FROM landed")  # noqa: S608  # a name of ours
            own.unregister("landed")


def _columns(path: Path) -> dict[str, list[str]]:
    """Header to texts; lines of a report below its records are left out."""
    header, *rows = _rows(path)
    records = [row for row in rows if len(row) == len(header)]
    return {name: [row[place] for row in records] for place, name in enumerate(header)}


def _rows(path: Path) -> list[list[str]]:
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as stream:
                return list(csv.reader(stream))
        except UnicodeDecodeError:
            continue
    raise AssertionError(path)


def landed(path: Path) -> pa.Table:
    """One file of an example as the warehouse holds it."""
    return _table(_columns(path))


def _table(columns: dict[str, list[str]]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    return pa.table({_landed(name): _typed(texts) for name, texts in columns.items()})


def _landed(header: str) -> str:
    return LANDED.format("_".join(re.findall(r"[a-z0-9]+", header.lower())))


def _typed(texts: Sequence[str]) -> pa.Array[Any]:
    """The column in the type that all its values have; as text, with dates written one way, where there is none."""
    import pyarrow as pa  # noqa: PLC0415

    said = {text for text in texts if text}
    if said and said <= _FLAGS.keys():
        return pa.array([_FLAGS.get(text) for text in texts])
    if said and all(_NUMBER.fullmatch(text) for text in said):
        return pa.array([float(text.replace(",", "")) if text else None for text in texts])
    days = [_iso(text) for text in texts]
    read = {text for text, day in zip(texts, days, strict=True) if day}
    if not read or len(said - read) > len(read):
        return pa.array([text or None for text in texts])
    if said - read:
        return pa.array([day or text or None for text, day in zip(texts, days, strict=True)])
    whole = all(len(day) == len("2026-01-01") for day in days if day)
    parse: Callable[[str], date] = date.fromisoformat if whole else datetime.fromisoformat
    return pa.array([parse(day) if day else None for day in days])


def _iso(text: str) -> str:
    """A date of an example's export the year first; an empty text for anything else."""
    if _ISO.fullmatch(text):
        return text
    found = _US_DAY.fullmatch(text)
    if found is None:
        return ""
    month, day, year, hour, minute, half = found.groups()
    try:
        written = date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
    return f"{written} {int(hour) % 12 + 12 * (half == 'PM'):02d}:{minute}:00" if hour else written


def _lines(found: Warehouse, columns: dict[str, dict[str, list[str]]], crm: str) -> Iterable[str]:
    yield "# Where each table lies, and which of its columns holds what. No secret ever stands here."
    yield f'crm = "{crm}"\n'
    yield "[connections.example]"
    yield f'duckdb = "{found.database.name}"'
    for kind, table in TABLES.items():
        yield f"\n[{kind.value}]"
        yield f'table = "{table}"'
        yield f"[{kind.value}.columns]"
        yield from _mapped(kind, list(columns[table]))


def _mapped(kind: Kind | CostKind, header: Sequence[str]) -> Iterable[str]:
    if isinstance(kind, CostKind):
        for name in header:
            yield f'"{name.lower() if ":" not in name else "hours: " + name.partition(": ")[2]}" = "{_landed(name)}"'
        return
    match = match_of(Columns(tuple(header)), kind, {}, ())
    for field, place in match.fields.items():
        if header[place] != NO_COLUMN:
            yield f'{field} = "{_landed(header[place])}"'
    if match.stage_dates:
        yield f"[{kind.value}.stage_dates]"
        for stage in match.stage_dates:
            yield f'"{stage.name}" = "{_landed(header[stage.position])}"'
