"""A mapping file: which column holds which field, for an export that no profile knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, field_validator

from xlfunnel.crm.fields import field_names
from xlfunnel.crm.tables import Kind
from xlfunnel.definitions import read_settings
from xlfunnel.units import Status

if TYPE_CHECKING:
    from pathlib import Path


class Mapping(BaseModel):
    """Columns and stages by the user's word; they go before whatever was recognised.

    >>> Mapping(crm="Our CRM", opportunities={"id": "Deal No"}).headers(Kind.OPPORTUNITIES)
    {'id': 'Deal No'}
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    crm: str = Field("", description="A name to show for the CRM")
    opportunities: dict[str, str] = Field(default_factory=dict, description="Field to column header")
    leads: dict[str, str] = Field(default_factory=dict, description="Field to column header")
    stages: dict[str, Status] = Field(default_factory=dict, description="Status of stages by name")

    @field_validator("opportunities")
    @classmethod
    def _opportunity_fields(cls, headers: dict[str, str]) -> dict[str, str]:
        return _known(headers, Kind.OPPORTUNITIES)

    @field_validator("leads")
    @classmethod
    def _lead_fields(cls, headers: dict[str, str]) -> dict[str, str]:
        return _known(headers, Kind.LEADS)

    def headers(self, kind: Kind) -> dict[str, str]:
        """Field to column header, for one kind of file."""
        return self.opportunities if kind is Kind.OPPORTUNITIES else self.leads


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file (TOML); an unknown key or field raises `SettingsError`."""
    return read_settings(path, Mapping)


def _known(headers: dict[str, str], kind: Kind) -> dict[str, str]:
    unknown = sorted(headers.keys() - field_names(kind))
    if unknown:
        allowed = ", ".join(sorted(field_names(kind)))
        msg = f"{', '.join(unknown)} is no field of {kind.value}; the fields are {allowed}"
        raise ValueError(msg)
    blank = sorted(field for field, header in headers.items() if not header.strip())
    if blank:
        msg = f"{', '.join(blank)} has no column; write the header as it stands in the file"
        raise ValueError(msg)
    return headers
