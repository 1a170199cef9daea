"""Columns of text: what is blank, what is trimmed, and which rows hold the same."""

from __future__ import annotations

import pyarrow as pa
import pytest

from xlfunnel.crm.cells import tidy_cells
from xlfunnel.crm.text_array import all_ascii, distinct, has_outer_spaces, text_array

WIDE = "the longest of all the words in the column"


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        pytest.param(["A1", "", "A1", "B2"], ["A1", None, "A1", "B2"], id="an empty text is blank"),
        pytest.param(
            ["N/A", "A1", "n/a", "-", "None", "A1"], [None, "A1", None, None, None, "A1"], id="placeholders"
        ),
        pytest.param([" A1", "A1 ", "A1"], ["A1", "A1", "A1"], id="outer spaces"),
        pytest.param(["A1\t", "\x1fA1", "\nA1\r\n"], ["A1", "A1", "A1"], id="outer tabs and line ends"),
        pytest.param(["\u00a0A1", "A\u200b1", "A1"], ["A1", "A1", "A1"], id="characters that nobody sees"),
        pytest.param(["\u00a0n/a\u00a0", "–", "Ünder"], [None, None, "Ünder"], id="placeholders that are not ASCII"),
        pytest.param([WIDE, "  -  ", WIDE], [WIDE, None, WIDE], id="a long value beside a placeholder"),
        pytest.param([None, "A1", None], [None, "A1", None], id="null"),
        pytest.param([], [], id="no row"),
    ],
)
def test_a_column_is_tidied(texts: list[str | None], told: list[str | None]) -> None:
    cells = tidy_cells(*distinct(text_array(texts)))
    assert cells.strings().to_pylist() == told
    assert [cells.text(row) or None for row in range(len(told))] == told
    assert len(set(cells.texts)) == len(cells.texts), "each value once"
    assert None not in cells.values.to_pylist()


def test_a_slice_is_looked_at_alone() -> None:
    texts = text_array([" A", "é", "B", "C"])
    assert not all_ascii(texts)
    assert has_outer_spaces(texts.slice(0, 1))
    assert all_ascii(texts.slice(2))
    assert not has_outer_spaces(texts.slice(2))
    assert all_ascii(pa.array([], pa.string()))
