"""What is known of each CRM's exports: data in `profiles/*.toml`, one file for each CRM.

A new CRM is a new file there and nothing else.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from xlfunnel.crm.fields import field_names
from xlfunnel.crm.tables import Kind

GENERIC = "generic"
"""The profile of plain names, which completes every other."""

ARROWS = "↑↓▲▼"

Headers = tuple[str, ...]


class StandardStages(BaseModel):
    """A CRM's own stages, by the names that it ships with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: Headers = ()
    won: Headers = ()
    lost: Headers = ()
    no_decision: Headers = ()


class Profile(BaseModel):
    """One CRM: which header may hold which field; where several stand in a file, the first of the list is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    marks: Headers = Field((), description="Headers that only this CRM writes, letter by letter")
    id_length: Annotated[int, Field(gt=0)] | None = Field(
        None, description="Length of an id where a file leaves out the check at its end"
    )
    stage_dates: Headers = Field((), description="Headers with a date for each stage, with {stage} in them")
    kind_marks: dict[Kind, Headers] = Field(
        default_factory=dict, description="Headers that a file of this kind has, and one of another kind has not"
    )
    opportunities: dict[str, Headers]
    leads: dict[str, Headers]
    history: dict[str, Headers] = Field(default_factory=dict)
    touches: dict[str, Headers] = Field(default_factory=dict)
    currency_of: dict[str, Headers] = Field(
        default_factory=dict, description="Amount header to the currency headers that belong to it"
    )
    won_amount_of: dict[str, Headers] = Field(
        default_factory=dict, description="Amount header to the headers of the same amount as it was won"
    )
    stages: StandardStages = StandardStages()

    @field_validator("opportunities", "leads", "history", "touches")
    @classmethod
    def _fields_exist(cls, headers: dict[str, Headers], info: ValidationInfo) -> dict[str, Headers]:
        kind = Kind(str(info.field_name))
        unknown = headers.keys() - field_names(kind)
        if unknown:
            msg = f"no such field of {kind.value}: {', '.join(sorted(unknown))}"
            raise ValueError(msg)
        return headers

    def headers(self, kind: Kind) -> dict[str, Headers]:
        """Field to possible headers, for one kind of file."""
        found: dict[str, Headers] = getattr(self, kind.value)
        return found


@cache
def generic_profile() -> Profile:
    """The profile of plain names."""
    return _read(f"{GENERIC}.toml")


@cache
def crm_profiles() -> tuple[Profile, ...]:
    """The profiles of all known CRMs, in the order of their file names."""
    folder = resources.files("xlfunnel.crm") / "profiles"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(_read(name) for name in names if name != f"{GENERIC}.toml")


@lru_cache(maxsize=8192)
def header_text(header: str) -> str:
    """A header as a person reads it: one line, single spaces, no invisible characters, no arrow of a sorted report.

    >>> header_text("\\ufeff Close\\u00a0 Date  ↑")
    'Close Date'
    """
    if header.isprintable() and not any(arrow in header for arrow in ARROWS):  # nothing invisible is printable
        return " ".join(header.split())
    visible = "".join(
        " " if c.isspace() else c for c in header if unicodedata.category(c) != "Cf" and c not in ARROWS
    )
    return " ".join(visible.split())


@lru_cache(maxsize=8192)
def header_key(header: str) -> str:
    """What decides whether two headers are the same: not case, spaces, underscores or the mark of a custom field.

    >>> header_key("Close Date") == header_key("close_date") == header_key("CloseDate ")
    True
    >>> header_key("MQL_Date__c") == header_key("MQL Date")
    True
    >>> header_key("Propriétaire de l’opportunité") == header_key("Propriétaire de l'opportunité")
    True
    >>> header_key("Amount") == header_key("Amount Currency")
    False
    """
    text = unicodedata.normalize("NFKC", header_text(header)).casefold().removesuffix("__c")
    return text.replace("_", "").replace(" ", "").replace("’", "'")


def _read(name: str) -> Profile:
    text = (resources.files("xlfunnel.crm") / "profiles" / name).read_text(encoding="utf-8")
    return Profile.model_validate(tomllib.loads(text))
