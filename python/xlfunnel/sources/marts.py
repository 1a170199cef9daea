"""Tables that widely used dbt packages make, with the columns that hold our fields."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from xlfunnel.crm.fields import field_names
from xlfunnel.crm.tables import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Mart(BaseModel):
    """One table of a package."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    crm: str = Field(description="The CRM that the package reads")
    package: str = Field(description="The dbt package")
    columns: dict[str, str | tuple[str, ...]] = Field(
        description="Field to column; of several names, as versions of the package differ, the first that is there"
    )

    @field_validator("columns")
    @classmethod
    def _fields_exist(
        cls, columns: dict[str, str | tuple[str, ...]], info: ValidationInfo
    ) -> dict[str, str | tuple[str, ...]]:
        unknown = columns.keys() - field_names(info.data["kind"])
        if unknown:
            msg = f"no such field: {', '.join(sorted(unknown))}"
            raise ValueError(msg)
        return columns

    def columns_in(self, names: Sequence[str]) -> dict[str, str]:
        """Field to column, of those that a table has; case makes no difference."""
        have = {name.casefold(): name for name in names}
        known = {
            field: (columns,) if isinstance(columns, str) else columns for field, columns in self.columns.items()
        }
        found = {
            field: next((have[name.casefold()] for name in columns if name.casefold() in have), "")
            for field, columns in known.items()
        }
        return {field: column for field, column in found.items() if column}


@cache
def marts() -> Mapping[str, Mart]:
    """The known marts by the name of their table."""
    text = (resources.files("xlfunnel.sources") / "marts.toml").read_text(encoding="utf-8")
    return MappingProxyType({name: Mart.model_validate(found) for name, found in tomllib.loads(text).items()})


def marts_of(kind: Kind) -> frozenset[str]:
    """The names of the marts that hold this kind."""
    return frozenset(name for name, mart in marts().items() if mart.kind is kind)
