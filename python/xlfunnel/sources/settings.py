"""The sources file: where each table lies, and which of its columns holds which field.

It is shared within a team and may lie beside the workbook: it holds no secret, and one that does is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from xlfunnel.crm.fields import field_names
from xlfunnel.crm.tables import CostKind, Kind
from xlfunnel.definitions import read_settings
from xlfunnel.segment_rule import SegmentRule, rules_in
from xlfunnel.sources.errors import NoSource, SecretInSource
from xlfunnel.sources.marts import marts, marts_of
from xlfunnel.sources.secret_names import names_secret
from xlfunnel.units import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xlfunnel.sources.marts import Mart

_HARMLESS: Final = frozenset({"passfile", "sslkey", "token_cache"})
"""Parameters of an address that are named like a secret and are none: they say where one lies."""

COST_COLUMNS: Final = {
    CostKind.SPEND: ("channel", "month", "amount", "kind"),
    CostKind.PEOPLE: ("role", "month", "cost", "burden", "acquisition share"),
}
"""The fields of the tables of costs, as their files name them."""


KINDS: Final = ("duckdb", "parquet", "url", "spark")
"""What a connection can be."""


class Connection(BaseModel):
    """Where tables lie; exactly one of these is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    duckdb: str = Field("", description="A DuckDB file; it is opened for reading only")
    parquet: str = Field("", description="A Parquet file, a folder of such files, or a pattern with * in it")
    url: str = Field("", description="An address as Ibis takes it, such as postgres://reader@host/database")
    spark: str = Field("", description='"local", or the address of a Spark Connect server (sc://host:15002)')

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [name for name in KINDS if getattr(self, name)]
        if len(given) != 1:
            found = f"received {' and '.join(given)}" if given else "none is given"
            msg = f"it needs exactly one of duckdb, parquet, url and spark; {found}"
            raise ValueError(msg)
        return self

    @property
    def kind(self) -> str:
        """Which of them is given."""
        return next(name for name in KINDS if getattr(self, name))

    @property
    def address(self) -> str:
        """What is given."""
        return str(getattr(self, self.kind))


class _Place(BaseModel):
    """A table, or a query that makes one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection: str = Field("", description="Name of the connection; may be left out where there is one only")
    table: str = Field("", description="The table, with its schema where it needs one: analytics.deals")
    query: str = Field("", description="One single SELECT, in the place of a table")
    columns: dict[str, str] = Field(default_factory=dict, description="Field to column")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.table) == bool(self.query):
            msg = "it needs a table or a query, and not both"
            raise ValueError(msg)
        return self


class TablePlace(_Place):
    """Where one canonical table lies."""

    mart: str = Field("", description="A table of a widely used dbt package, whose columns are known")
    stage_dates: dict[str, str] = Field(
        default_factory=dict,
        description='Opportunities only: stage, or "Stage (Pipeline)", to the column of when it was entered',
    )

    @field_validator("mart")
    @classmethod
    def _known_mart(cls, name: str) -> str:
        if name and name not in marts():
            msg = f'"{name}" is no known mart; known are {", ".join(sorted(marts()))}'
            raise ValueError(msg)
        return name


class CostPlace(_Place):
    """Where a table of costs lies."""


class Connections(BaseModel):
    """The connections of a sources file, whatever else it says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    connections: dict[str, Connection] = Field(default_factory=dict, description="Connections by name")


class Sources(BaseModel):
    """Every table of a source. What is left out is not read, and figures that need it say so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    crm: str = Field("", description="The CRM that the data came from, whose stages and ids are known: Salesforce")
    connections: dict[str, Connection] = Field(default_factory=dict, description="Connections by name")
    opportunities: TablePlace | None = Field(None, description="Opportunities (deals)")
    leads: TablePlace | None = Field(None, description="Leads (contacts)")
    history: TablePlace | None = Field(None, description="Changes of the stage")
    touches: TablePlace | None = Field(None, description="Activities and campaign answers")
    spend: CostPlace | None = Field(None, description="What marketing spent, by channel and month")
    people: CostPlace | None = Field(None, description="What people cost, by role and month")
    stages: dict[str, Status] = Field(default_factory=dict, description="Status of stages by name")
    segments: tuple[SegmentRule, ...] = Field(
        default=(), description="Segments by employees, yearly revenue and country; the first rule that fits counts"
    )

    @field_validator("segments", mode="before")
    @classmethod
    def _rules_in_words(cls, rules: Any) -> Any:
        return rules_in(rules) if isinstance(rules, str) else rules

    @field_validator(*Kind)
    @classmethod
    def _fields_exist(cls, place: TablePlace | None, info: ValidationInfo) -> TablePlace | None:
        kind = Kind(str(info.field_name))
        if place is None:
            return None
        _check_columns(place, field_names(kind), kind.value)
        if place.stage_dates and kind is not Kind.OPPORTUNITIES:
            msg = "only opportunities have stage_dates"
            raise ValueError(msg)
        known = marts_of(kind)
        if place.mart and place.mart not in known:
            msg = f"the mart {place.mart} holds no {kind.value}; known are {', '.join(sorted(known)) or 'none'}"
            raise ValueError(msg)
        return place

    @field_validator(*CostKind)
    @classmethod
    def _cost_fields_exist(cls, place: CostPlace | None, info: ValidationInfo) -> CostPlace | None:
        if place is not None:
            kind = CostKind(str(info.field_name))
            hours = {name for name in place.columns if kind is CostKind.PEOPLE and name.startswith("hours: ")}
            _check_columns(place, frozenset(COST_COLUMNS[kind]) | hours, kind.value)
        return place

    @model_validator(mode="after")
    def _connections_exist(self) -> Self:
        if not self.connections:
            msg = "it names no connection: it needs one, such as [connections.crm] with url, duckdb, parquet or spark"
            raise ValueError(msg)
        for kind, place in self.places():
            name = place.connection
            if not name and len(self.connections) > 1:
                msg = f"{kind}: say which connection it is of, {' or '.join(self.connections)}"
                raise ValueError(msg)
            if name and name not in self.connections:
                msg = f'{kind}: there is no connection "{name}"; there are {", ".join(self.connections)}'
                raise ValueError(msg)
        return self

    def places(self) -> Iterator[tuple[Kind | CostKind, TablePlace | CostPlace]]:
        """Every table that is named, by what it holds."""
        for kind in (*Kind, *CostKind):
            place: TablePlace | CostPlace | None = getattr(self, kind.value)
            if place is not None:
                yield kind, place

    def connection_of(self, place: TablePlace | CostPlace) -> str:
        """The name of the connection that a table is read through."""
        return place.connection or next(iter(self.connections))

    def mart_of(self, place: TablePlace) -> Mart | None:
        """What is known of a table of a dbt package."""
        return marts()[place.mart] if place.mart else None


def read_sources(path: Path) -> Sources:
    """Read a sources file (TOML).

    An unknown key or a value that is not allowed raises `SettingsError`, a secret in it `SecretInSource`, and a file
    that names no table `NoSource`.
    """
    found = read_settings(path, Sources)
    for name, connection in found.connections.items():
        refuse_secrets(f"{path.name}: the connection {name}", connection.address)
    if found.opportunities is None and found.leads is None:
        raise NoSource(path.name)
    return found


def _check_columns(place: _Place, allowed: frozenset[str], kind: str) -> None:
    unknown = sorted(place.columns.keys() - allowed)
    if unknown:
        msg = f"{', '.join(unknown)} is no field of {kind}; the fields are {', '.join(sorted(allowed))}"
        raise ValueError(msg)
    blank = sorted(field for field, column in place.columns.items() if not column.strip())
    if blank:
        msg = f'{", ".join(blank)} has no column; write its name, or "(none)" where no column holds it'
        raise ValueError(msg)


def refuse_secrets(place: str, address: str) -> None:
    """Raise `SecretInSource` for a password before the @ of an address, or a parameter that is named like one."""
    parts = urlsplit(address)
    authority = parts.netloc.rpartition("@")[0]
    if ":" in unquote(authority):
        raise SecretInSource(place, "a password in its address")
    said = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    said += [word.partition("=")[0] for word in re.split(r"[;\s/]", parts.path) if "=" in word]  # sc://…/;token=…
    named = next((name for name in said if names_secret(name) and name.lower() not in _HARMLESS), "")
    if named:
        raise SecretInSource(place, f'a secret, in "{named}" of its address')
