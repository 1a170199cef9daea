"""With what the templates are filled in tests: their example, nothing, and what a team does to the example.

Every template is filled in the ways of `SHARED`; `OWN` adds what only one of them can be filled with.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from xlfunnel.templates.build import TEMPLATES
from xlfunnel.templates.contents import BLANK, Contents, Row, Value
from xlfunnel.templates.template import Template

EXAMPLE, BLANK_CASE = "example", "blank"

EVERYTHING = os.environ.get("XLFUNNEL_TESTS") == "full"
"""Whether every template is tried in every case and both editions; a plain run takes some of each."""

Case = Callable[[Contents], Contents]
"""From a template's example to what it is filled with."""


def other_numbers(example: Contents) -> Contents:
    """Every number of the example a tenth smaller, whole ones rounded and at least 1; dates and words as they are."""
    filled = example
    for name, rows in example.tables.items():
        filled = filled.with_table(name, [tuple(map(_smaller, row)) for row in rows])
    return filled.with_fields(**{name: _smaller(value) for name, value in example.fields.items()})


def more_rows(example: Contents) -> Contents:
    """Every table with five rows more, like its last one under other names."""
    filled = example
    for name, rows in example.tables.items():
        filled = filled.with_table(name, (*rows, *(_renamed(rows[-1], number) for number in range(2, 7) if rows)))
    return filled


def fewer_rows(example: Contents) -> Contents:
    """Every table without its last row."""
    filled = example
    for name, rows in example.tables.items():
        filled = filled.with_table(name, rows[:-1])
    return filled


def half_filled(example: Contents) -> Contents:
    """Every table with its first column only, as when a person has just begun."""
    filled = example
    for name, rows in example.tables.items():
        filled = filled.with_table(name, [(row[0], *[None] * (len(row) - 1)) for row in rows])
    return filled


SHARED: Mapping[str, Case] = MappingProxyType(
    {
        EXAMPLE: lambda example: example,
        BLANK_CASE: lambda _: BLANK,
        "other numbers": other_numbers,
        "more rows": more_rows,
        "fewer rows": fewer_rows,
        "half filled": half_filled,
    }
)

OWN: Mapping[str, Mapping[str, Case]] = MappingProxyType({})
"""By template, then by what it is about."""


def cases_of(name: str) -> dict[str, Case]:
    """All ways in which this template is filled."""
    return {**SHARED, **OWN.get(name, {})}


def tried(name: str) -> list[str]:
    """The cases that a run tries: every one with XLFUNNEL_TESTS=full, else the example, a blank and one more.

    Which one more differs from template to template, so that a plain run has each of the shared cases somewhere.
    """
    cases = list(cases_of(name))
    if EVERYTHING:
        return cases
    always = [case for case in cases if case in {EXAMPLE, BLANK_CASE}]
    others = [case for case in cases if case not in always]
    return [*always, others[list(TEMPLATES).index(name) % len(others)]]


def filled(template: Template, case: str) -> Contents:
    """The contents of a template in one of its cases."""
    return cases_of(template.name)[case](template.example)


def _smaller(value: Value) -> Value:
    if isinstance(value, (bool, str, date)) or value is None:
        return value
    return max(1, round(value * 0.9)) if isinstance(value, int) else value * 0.9


def _renamed(row: Row, number: int) -> Row:
    first = f"{row[0]} {number}" if isinstance(row[0], str) else row[0]
    return (first, *row[1:])
