"""The choices that marketing and sales agree on: one frozen object, with a version that every figure carries."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from xlfunnel.errors import SettingsError, UnknownOption
from xlfunnel.metrics.business_hours import parse_workdays
from xlfunnel.segment_rule import SegmentRule, rules_in
from xlfunnel.units import Clock, Status

Settings = TypeVar("Settings", bound=BaseModel)

LARGEST_LIMIT = 1_000_000
"""Records that a sheet can be asked to list: Excel has 1,048,576 rows, and headings stand above them."""

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

MARKETING_SOURCES = (
    "Advertisement", "Blog", "Content", "Content Download", "Direct Traffic", "Display", "Email", "Email Marketing",
    "Event", "Events", "Google Ads", "Newsletter", "Organic Search", "Organic Social", "Other Campaigns", "PPC",
    "Paid Search", "Paid Social", "Public Relations", "SEO", "Social Media", "Trade Show", "Web", "Webinar",
    "Webinars", "Website",
)  # fmt: skip


ID: Final = "{id}"
"""Stands in an address where the id of a record goes."""

_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/([^\s\"'<>{}\\^`|]|\{id\}){0,180})?")
"""An address without credentials, whose host is plain; the id may stand behind the host only."""


class Definitions(BaseModel):
    """Every agreed choice, with its default; a definitions file overrides what it names and may name nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(default="default", description="Name of this agreement; every figure shows it")
    agreed: date | None = Field(default=None, description="Day on which both heads agreed")
    currency: str = Field(default="", description="Currency of the workbook; blank takes the export's only currency")
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="What one unit of a currency is worth in the workbook's currency"
    )
    timezone: str = Field(
        default="UTC", description="Time zone of the workbook, to which timestamps with an offset are taken"
    )
    dates: Literal["DMY", "MDY"] | None = Field(
        default=None, description="Day and month order where a column cannot decide"
    )
    decimal: Literal[".", ","] | None = Field(
        default=None, description="Sign that starts the decimals where an amount column cannot decide"
    )
    window_days: Annotated[int, Field(ge=1)] | Literal["all"] = Field(
        default=365, description="Deals closed in so many days up to the as-of date count"
    )
    unqualified_stages: tuple[str, ...] = Field(default=(), description="Open stages that do not count as qualified")
    pipelines_left_out: tuple[str, ...] = Field(
        default=(), description="Pipelines that do not count, such as renewals"
    )
    stages: dict[str, Status] = Field(default_factory=dict, description="Status of stages by name")
    marketing_sources: tuple[str, ...] = Field(
        default=MARKETING_SOURCES, description="Lead sources that are marketing's"
    )
    sources: dict[str, str] = Field(default_factory=dict, description="Other spellings of a source, and its name")
    segments: tuple[SegmentRule, ...] = Field(
        default=(),
        description="Segments by employees, revenue and country, where a record has none; first fit counts",
    )
    sla_hours: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Hours agreed for the first touch"
    )
    clock: Clock = Field(default=Clock.BUSINESS, description="Whether those are business hours or elapsed hours")
    opens: Annotated[float, Field(ge=0, lt=24)] = Field(default=9, description="Hour at which the working day opens")
    closes: Annotated[float, Field(gt=0, le=24)] = Field(default=17, description="Hour at which it closes")
    workdays: str = Field(default="MON-FRI", description='Working days, as "MON-FRI" or "SUN,MON,TUE"')
    holidays: tuple[date, ...] = Field(default=(), description="Days that are no working days")
    stale_days: Annotated[int, Field(ge=1)] = Field(
        default=180, description="Days in one stage after which a deal is stale"
    )
    cac_driver: Literal["hours", "opportunities"] = Field(
        default="hours", description="How sales cost goes to channels; without logged hours opportunities serve"
    )
    cac_lag: bool = Field(default=True, description="Take spend one median cycle before the customers it won")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.95, description="How often an interval holds the true figure"
    )
    tests: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="A record is a test when this field holds one of these words exactly",
    )

    data_limit: Annotated[int, Field(ge=0, le=LARGEST_LIMIT)] = Field(
        default=50_000, description="With more records than this of a kind a workbook lists none; figures count all"
    )

    crm_address: str = Field(
        default="",
        description="Address of the CRM, or of a deal in it with {id} for its id; ids on Records then lead there",
    )
    crm_lead_address: str = Field(
        default="", description="Address of a lead in the CRM with {id} for its id, where it does not follow"
    )

    @field_validator("segments", mode="before")
    @classmethod
    def _rules_in_words(cls, rules: Any) -> Any:
        return rules_in(rules) if isinstance(rules, str) else rules

    @field_validator("crm_address", "crm_lead_address")
    @classmethod
    def _web_address(cls, address: str, field: ValidationInfo) -> str:
        told = address.strip()
        if told and not _ADDRESS.fullmatch(told):
            msg = f'"{told[:80]}" is no address of the web (write it like "https://acme.lightning.force.com")'
            raise ValueError(msg)
        if told and field.field_name == "crm_lead_address" and ID not in told:
            msg = f'"{told[:80]}" does not say where the id of a lead goes (write {ID} there)'
            raise ValueError(msg)
        return told

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as fault:
            msg = f'"{name}" is no time zone (write it like "Europe/Berlin")'
            raise ValueError(msg) from fault
        return name

    @field_validator("workdays")
    @classmethod
    def _known_days(cls, days: str) -> str:
        try:
            parse_workdays(days)
        except UnknownOption as fault:
            raise ValueError(str(fault)) from fault
        return days

    @model_validator(mode="after")
    def _day_has_hours(self) -> Self:
        if self.closes <= self.opens:
            msg = f"closes must be after opens ({self.opens:g}), received {self.closes:g}"
            raise ValueError(msg)
        return self

    @property
    def window(self) -> int | None:
        """The window in days, or None for every closed deal."""
        return None if self.window_days == "all" else self.window_days


def read_definitions(path: Path) -> Definitions:
    """Read a definitions file (TOML); an unknown key or a value that is not allowed raises `SettingsError`."""
    return read_settings(path, Definitions)


def read_settings(path: Path, model: type[Settings]) -> Settings:
    """Read a TOML file into a settings model, with a sentence for each thing that is wrong."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        msg = f"{path.name} cannot be read as TOML: {fault}"
        raise SettingsError(msg) from fault
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        told = "; ".join(_told(error, model) for error in fault.errors())
        msg = f"{path.name}: {told}"
        raise SettingsError(msg) from fault


def _told(error: ErrorDetails, model: type[BaseModel]) -> str:
    """One fault of a settings file in the reader's words."""
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = sorted(_model_at(error["loc"], model).model_fields)
        return f"there is no setting {place}; the settings there are {', '.join(known)}"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}".removeprefix(": ")


def _model_at(place: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel]:
    """The model that a setting stands in: that of the file, or of a table within it."""
    for part in place[:-1]:
        field = model.model_fields.get(str(part))
        model = (_model_within(field.annotation) if field else None) or model
    return model


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_within(one))), None)
