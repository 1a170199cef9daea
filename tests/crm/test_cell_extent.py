"""How far a sheet reaches is read from its XML alike, however references are written and wherever a piece ends."""

from __future__ import annotations

from random import Random

import pytest

from xlfunnel.crm.cell_extent import CELL, Extent


def extent_of(xml: bytes, size: int) -> tuple[int, int]:
    extent = Extent()
    for place in range(0, len(xml), size):
        extent.see(xml[place : place + size])
    return extent.rows, extent.columns


@pytest.mark.parametrize("size", [40, 41, 64, 10_000])
@pytest.mark.parametrize(
    ("xml", "reach"),
    [
        pytest.param(b'<row r="1"><c r="A1"/><c r="C1"/></row><row r="12"><c r="B12"/></row>', (12, 3), id="usual"),
        pytest.param(b'<c r="XFD1"/><c r="A1048576" s="1"/>', (1_048_576, 16_384), id="the last row and column"),
        pytest.param(b'<c r=\'AB7\'/><c s="1" r = "a9"/>', (9, 28), id="other quotes, spaces and small letters"),
        pytest.param(b'<c\tr="Z3"/><c\nr="AA2"/>', (3, 27), id="tabs and line ends"),
        pytest.param(
            b'<c r="A1"/><t>a r="B2 and r for rate, r="ABCD5" r="C99999999"</t>', (1, 1), id="no references"
        ),
        pytest.param(b'<c r="A1"/><t> r="7" r="B"</t>', (1, 1), id="half a reference"),
        pytest.param(b"<sheetData/>", (0, 0), id="no cell"),
    ],
)
def test_the_last_row_and_column(xml: bytes, reach: tuple[int, int], size: int) -> None:
    assert extent_of(xml, size) == reach


@pytest.mark.parametrize("seed", range(20))
def test_any_text_is_seen_as_the_pattern_sees_it(seed: int) -> None:
    random = Random(seed)  # noqa: S311  # the same text each time
    words = [
        b' r="',
        b"\tr='",
        b" r = ",
        b"A",
        b"zz",
        b"XFD",
        b"12",
        b"7",
        b"1048576",
        b'"',
        b"'",
        b"/><c",
        b" ",
        b"r",
    ]
    words += [b' r="B7"', b' r="AC15"', b' r="D104"'] * seed
    xml = b"".join(random.choices(words, k=400))
    found = CELL.findall(xml)
    rows = max((int(row) for _, row in found), default=0)
    assert extent_of(xml, len(xml))[0] == rows
    assert extent_of(xml, random.randint(64, 300)) == extent_of(xml, len(xml))
