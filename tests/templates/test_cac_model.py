"""The CAC model: its cells say what the functions compute from its inputs, also when the inputs are others."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from xlfunnel.ooxml.engine import errors, results
from xlfunnel.templates.build import build_template
from xlfunnel.templates.cac_model import TEMPLATE
from xlfunnel.templates.contents import BLANK, Contents
from xlfunnel.templates.edition import Edition

Rows = list[dict[str, Any]]


class Shown:
    """What a built workbook shows: rows of its tables, and its named cells."""

    def __init__(self, contents: Contents = TEMPLATE.example, edition: Edition = Edition.FORMULAS) -> None:
        self.content = build_template(TEMPLATE, edition, contents)
        self.book = openpyxl.load_workbook(io.BytesIO(self.content), data_only=True)

    def rows(self, name: str) -> Rows:
        """The rows of a table that say something, by the headings."""
        sheet = next(sheet for sheet in self.book if name in sheet.tables)
        (headings, *rows) = sheet[sheet.tables[name].ref]
        names = [cell.value for cell in headings]
        found = [dict(zip(names, [cell.value for cell in row], strict=True)) for row in rows]
        return [row for row in found if row[names[0]] not in {None, ""}]

    def column(self, name: str, column: str) -> list[Any]:
        return [row[column] for row in self.rows(name)]

    def named(self, name: str) -> Any:
        sheet, cell = self.book.defined_names[name].attr_text.split("!")
        return self.book[sheet.strip("'")][cell.replace("$", "")].value

    def failing(self) -> list[str]:
        rows = self.book["Checks"].iter_rows(min_col=2, max_col=3, values_only=True)
        return [says for says, result in rows if result == "differs"]


def changed(**tables: Any) -> Contents:
    contents = TEMPLATE.example
    for name, rows in tables.items():
        contents = contents.with_table(name, rows)
    return contents


@pytest.fixture(scope="module")
def example() -> Shown:
    return Shown()


def test_the_worked_case_stands_in_the_cells(example: Shown) -> None:
    rows = {row["Channel"]: row for row in example.rows("ByChannel")}
    drivers = {row["Channel"]: row for row in example.rows("Compare")}
    assert rows["Paid"]["Marketing spend"] == 40_000
    assert rows["Organic"]["Marketing spend"] == 15_000
    assert example.named("people_cost") == example.named("shared_cost") == 130_000
    for channel, marketing, by_hours, by_opportunities in (
        ("Paid", 2000, 4000, 5714),
        ("Organic", 1500, 10_500, 7071),
    ):
        assert rows[channel]["Marketing-only CAC"] == marketing
        assert rows[channel]["Fully loaded CAC"] == drivers[channel]["By hours"] == by_hours
        assert round(drivers[channel]["By opportunities"]) == by_opportunities
    assert (example.named("cac_looks_cheapest"), example.named("cac_is_dearest")) == ("Organic", "Organic")
    assert "The cheap channel is the dear one" in example.named("cac_message")
    assert example.failing() == []


def test_a_blank_workbook_is_calm() -> None:
    blank = Shown(BLANK)
    assert errors(results(blank.content)) == []
    assert blank.failing() == []
    assert blank.named("cac_message") == "Set the first day of the quarter on Start."
    assert blank.named("cac_loaded") in {"", None}
