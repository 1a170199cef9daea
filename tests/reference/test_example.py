"""The examples of the reference page can be typed into a sheet as they stand."""

from __future__ import annotations

import re
from typing import Any

import pytest

from xlfunnel.catalog import CATALOG, find
from xlfunnel.metric import Metric
from xlfunnel.reference.example import on_sheet


@pytest.mark.parametrize("metric", CATALOG.values(), ids=lambda m: m.name)
def test_a_formula_refers_to_all_of_its_cells_and_holds_no_text_for_a_date(metric: Metric[Any, Any]) -> None:
    example = on_sheet(metric)
    assert example.formula.startswith(f"={metric.name}(")
    assert not re.search(r'"\d{4}-\d\d-\d\d', example.formula)
    ranges = re.findall(r"\b([A-Z])2:([A-Z])(\d+)\b", example.formula)
    wanted = {
        (row, column) for row, cells in enumerate(example.rows) for column, cell in enumerate(cells) if row and cell
    }
    covered = {
        (row, column)
        for first, last, height in ranges
        for row in range(1, int(height))
        for column in range(ord(first) - ord("A"), ord(last) - ord("A") + 1)
    }
    assert wanted <= covered
    assert len(example.rows) == max((int(height) for _, _, height in ranges), default=0)


def test_records_stand_in_cells_under_their_names() -> None:
    example = on_sheet(find("CAC_BY_CHANNEL"))
    assert example.formula == "=CAC_BY_CHANNEL(A2:A3, B2:B3, C2:C3, D2:D3, 130000)"
    assert example.rows[0] == ("channel", "marketing_spend", "customers", "driver")
    assert example.rows[2] == ("Organic", "15000", "10", "900")
