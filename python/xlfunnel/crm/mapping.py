"""A mapping file: which column holds which field, for an export that no profile knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from xlfunnel.crm.fields import field_names
from xlfunnel.crm.tables import Kind
from xlfunnel.definitions import read_settings
from xlfunnel.segment_rule import SegmentRule
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
    opportunities: dict[str, str] = Field(default_factory=dict, description="Opportunities (deals): field to header")
    leads: dict[str, str] = Field(default_factory=dict, description="Leads (contacts): field to header")
    history: dict[str, str] = Field(default_factory=dict, description="Stage or field history: field to header")
    touches: dict[str, str] = Field(
        default_factory=dict, description="Activities and campaign answers: field to header"
    )
    segments: tuple[SegmentRule, ...] = Field(
        default=(), description="Segments by employees, yearly revenue and country; the first rule that fits counts"
    )
    stages: dict[str, Status] = Field(default_factory=dict, description="Status of stages by name")

    @field_validator(*Kind)
    @classmethod
    def _fields_exist(cls, headers: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        return _known(headers, Kind(str(info.field_name)))

    def headers(self, kind: Kind) -> dict[str, str]:
        """Field to column header, for one kind of file."""
        found: dict[str, str] = getattr(self, kind.value)
        return found


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
