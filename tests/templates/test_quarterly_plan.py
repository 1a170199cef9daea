"""The quarterly plan: the guide's figures, read from the cells of the built workbook."""

from __future__ import annotations

import io
import warnings
from functools import cache

import openpyxl
import pytest

from xlfunnel.templates.build import build_template
from xlfunnel.templates.contents import BLANK, Contents
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.quarterly_plan import TEMPLATE


class Shown:
    """What a built workbook shows, by sheet and heading, or by a cell's name."""

    def __init__(self, contents: Contents, edition: Edition = Edition.FORMULAS) -> None:
        content = build_template(TEMPLATE, edition, contents)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*extension is not supported")  # data bars
            self.book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)

    def column(self, sheet: str, table: str, heading: str) -> list[object]:
        page = self.book[sheet]
        area = page.tables[table].ref
        head, *rows = page[area]
        at = [cell.value for cell in head].index(heading)
        return [row[at].value for row in rows]

    def named(self, name: str) -> object:
        ((sheet, cell),) = self.book.defined_names[name].destinations
        return self.book[sheet][cell].value

    def checks(self) -> list[str]:
        page = self.book["Checks"]
        return [str(row[1]) for row in page.iter_rows(min_col=2, max_col=3, values_only=True) if row[1] == "differs"]


@cache
def example() -> Shown:
    return Shown(TEMPLATE.example)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Segment", ["Small", "Middle", "Large"]),
        ("Deals needed", [15, 10, 3]),
        ("MQLs needed", [221, 147, 45]),
        ("MQLs agreed", [220, 143, 44]),
        ("MQLs to be safe", [265, 183, 62]),
    ],
)
def test_the_plan_shows_the_guides_case(heading: str, expected: list[object]) -> None:
    assert example().column("Plan", "Plan", heading) == [*expected, None, None]
