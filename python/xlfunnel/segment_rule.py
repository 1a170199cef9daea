"""What makes a customer one of a segment: employees, yearly revenue and country, where an export has no segment."""

from __future__ import annotations

import re
from math import inf
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

PARTS = r'(?:"[^"]*"|[^{sign}"])+'
"""What stands between signs that are not in quotation marks."""
RULE = re.compile(r'(?:"(?P<quoted>[^"]+)"|(?P<plain>[^="]+))\s*=(?P<conditions>.*)', re.DOTALL)
LIMITS = re.compile(r"(?P<field>employees|revenue)(?:\s+from\s+(?P<low>[\d.]+))?(?:\s+below\s+(?P<high>[\d.]+))?")
COUNTRIES = re.compile(r"countr(?:y|ies)\s+(?P<names>.+)")
OR = re.compile(r'\s+or\s+(?=(?:[^"]*"[^"]*")*[^"]*$)')
SPECIAL = re.compile(r"[,;=]| or ")

Size = Annotated[float, Field(ge=0)]


class SegmentRule(BaseModel):
    """Customers of one segment: every condition that is given must hold.

    >>> SegmentRule(name="Small", employees_below=50).fields
    ('employees',)
    >>> str(SegmentRule(name="Middle", employees_from=50, employees_below=500, countries=("France", "Spain")))
    'Middle = employees from 50 below 500, country France or Spain'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="Name of the segment")
    employees_from: Size | None = Field(default=None, description="At least so many employees")
    employees_below: Size | None = Field(default=None, description="Fewer employees than this")
    revenue_from: Size | None = Field(default=None, description="At least so much yearly revenue")
    revenue_below: Size | None = Field(default=None, description="Less yearly revenue than this")
    countries: tuple[str, ...] = Field(default=(), description="One of these countries")

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        return _unquoted(name)

    @field_validator("countries")
    @classmethod
    def _plain_countries(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_unquoted, names))

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.fields:
            msg = f'segment "{self.name}" has no condition; give employees, revenue or countries'
            raise ValueError(msg)
        for field in ("employees", "revenue"):
            low, high = self.limits(field)
            if low >= high:
                received = f"received {low:g} and {high:g}"
                msg = f'segment "{self.name}": {field}_from must be less than {field}_below, {received}'
                raise ValueError(msg)
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """What the rule asks for."""
        asked = [field for field in ("employees", "revenue") if self.limits(field) != (0, inf)]
        return (*asked, *(("country",) if self.countries else ()))

    def limits(self, field: str) -> tuple[float, float]:
        """From and below which number."""
        low, high = getattr(self, f"{field}_from"), getattr(self, f"{field}_below")
        return (0 if low is None else low, inf if high is None else high)

    def __str__(self) -> str:
        """The rule as a cell holds it."""
        return f"{_quoted(self.name)} = {', '.join(map(self._condition, self.fields))}"

    def _condition(self, field: str) -> str:
        if field == "country":
            return f"country {' or '.join(map(_quoted, self.countries))}"
        low, high = getattr(self, f"{field}_from"), getattr(self, f"{field}_below")
        limits = (("from", low), ("below", high))
        return " ".join([field, *(f"{word} {_plain(limit)}" for word, limit in limits if limit is not None)])


def rules_in(words: str) -> list[dict[str, Any]]:
    """The rules that a cell holds, with semicolons between, as a definitions file would have them.

    What is no rule raises a `ValueError` that says how one is written.

    >>> rules_in("Small = employees below 50; South = country France or Spain, revenue from 1000000")
    [{'name': 'Small', 'employees_below': '50'}, {'name': 'South', 'countries': ['France', 'Spain'], \
'revenue_from': '1000000'}]
    """
    return [_rule(text) for text in _parts(words, ";")]


def _rule(text: str) -> dict[str, Any]:
    rule = RULE.fullmatch(text)
    if rule is None:
        msg = f'"{text}" is no rule; write a name and what holds for it, such as Small = employees below 50'
        raise ValueError(msg)
    found: dict[str, Any] = {"name": rule["quoted"] or rule["plain"].strip()}
    for condition in _parts(rule["conditions"], ","):
        found |= _limits(condition)
    return found


def _limits(condition: str) -> dict[str, Any]:
    countries = COUNTRIES.fullmatch(condition)
    if countries is not None:
        return {"countries": [name.strip().strip('"') for name in OR.split(countries["names"])]}
    limits = LIMITS.fullmatch(condition)
    if limits is None or not (limits["low"] or limits["high"]):
        msg = f'"{condition}" is no condition; write employees below 50, revenue from 1000000, country Spain or Peru'
        raise ValueError(msg)
    given = {"from": limits["low"], "below": limits["high"]}
    return {f"{limits['field']}_{word}": limit for word, limit in given.items() if limit}


def _parts(text: str, sign: str) -> list[str]:
    """What stands between the signs, without those in quotation marks."""
    found = (part.strip() for part in re.findall(PARTS.format(sign=sign), text))
    return [part for part in found if part]


def _plain(limit: float) -> str:
    return f"{limit:f}".rstrip("0").rstrip(".")


def _quoted(name: str) -> str:
    return f'"{name}"' if SPECIAL.search(name) else name


def _unquoted(name: str) -> str:
    if '"' in name:
        msg = f"a name cannot hold a quotation mark, received {name}"
        raise ValueError(msg)
    return name
