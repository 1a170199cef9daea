"""A large CSV file is read by several threads, and comes out as the one thread that numbers every line reads it."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.crm.conftest import Read

from xlfunnel.crm import csv_table
from xlfunnel.crm.csv_table import BYTES, CsvTable

HEADER = "Deal ID,Deal Name,Deal Stage,Amount,Created Date\r\n"
BLOCK = 4096


@pytest.fixture(autouse=True)
def _every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "LARGE_BYTES", 0)
    monkeypatch.setattr(csv_table, "QUICK_BYTES", BLOCK)
    monkeypatch.setattr(csv_table, "END_BYTES", 600)
    monkeypatch.setattr(csv_table, "SAMPLE_BYTES", 2000)


def record(number: int, name: str = "Ähnlich & Co") -> str:
    return f'{number},"{name}",Discovery,{number * 10}.5,2024-05-{number % 28 + 1:02d}\r\n'


RECORDS = [record(number) for number in range(400)]
FOOTER = ["Total\r\n", "\r\n", "Grand Totals (400 records)\r\n", '"Copyright © 2024, all rights reserved"\r\n']


def written(folder: Path, lines: list[str], encoding: str) -> CsvTable:
    path = folder / "deals.csv"
    path.write_bytes("".join([HEADER, *lines]).encode(encoding))
    return CsvTable(path, len(HEADER), ",", "utf-8" if encoding == "utf-8" else BYTES, 5)


def contents(found: Any) -> tuple[dict[str, list[str]], list[Any]]:
    table, bad = found
    return table.to_pydict(), bad


def without_and_with(lines: list[str], places: list[int], line: str) -> list[str]:
    changed = list(lines)
    for place in places:
        changed[place] = line
    return changed


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize(
    ("lines", "quick"),
    [
        pytest.param(RECORDS, True, id="every line fits"),
        pytest.param([*RECORDS, *FOOTER], True, id="closing lines"),
        pytest.param([*RECORDS, *FOOTER, *FOOTER], True, id="the same closing lines twice"),
        pytest.param([*RECORDS[:-1], RECORDS[-1].rstrip()], True, id="no line end at the end"),
        pytest.param([record(n, f"two\r\nlines {n}") for n in range(400)], True, id="values over several lines"),
        pytest.param(
            [*(record(n, f'say ""{n}"",\n1,2,3,4,5\n') for n in range(400)), *FOOTER], True, id="records in values"
        ),
        pytest.param([*RECORDS, *["1,2,3\r\n"] * 100], False, id="more closing lines than the end holds"),
        pytest.param(without_and_with(RECORDS, [0], "short,é\r\n"), False, id="the first line is short"),
        pytest.param(without_and_with(RECORDS, [7, 200, 399], "1,2,3,4,5,6,é\r\n"), False, id="long lines"),
        pytest.param(without_and_with(RECORDS, [200, 395], "\r\n"), True, id="blank lines"),
        pytest.param([*RECORDS, '1,"never closed,2\r\n', *RECORDS], True, id="an open quotation mark"),
        pytest.param([record(1, "x" * (BLOCK * 3)), *RECORDS], False, id="a record longer than a block"),
        pytest.param([*RECORDS, *["1,é\r\n", RECORDS[0]] * 1_100], False, id="hundreds of short lines"),
        pytest.param([], False, id="no line at all"),
    ],
)
def test_several_threads_read_what_one_reads(tmp_path: Path, lines: list[str], quick: bool, encoding: str) -> None:
    table = written(tmp_path, lines, encoding)
    careful = table._carefully([0, 1, 3], table.start)
    assert contents(table.read([0, 1, 3])) == contents(careful)
    assert (table._quickly([0, 1, 3]) is not None) == quick


@pytest.mark.parametrize("seed", range(30))
def test_any_damage_is_told_alike(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # the same damage each time
    lines = [record(number, random.choice(["Acme", "a\nb", "é", 'x""y', ""])) for number in range(120)]
    for _ in range(random.choice([0, 1, 2, 5])):
        place = random.randrange(len(lines)) if random.random() < 0.5 else len(lines) - 1
        lines.insert(place, random.choice([*FOOTER, *FOOTER, "a,b\r\n", "\n", '5" pipe,1\r\n', "1,2,3,4,5,6\r\n"]))
    table = written(tmp_path, lines, random.choice(["utf-8", "cp1252"]))
    assert contents(table.read([0, 1, 2, 4])) == contents(table._carefully([0, 1, 2, 4], table.start))


def test_the_account_is_the_same(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*RECORDS[:200], "short,line\r\n", record(7), *RECORDS[200:], *FOOTER]
    text = "".join([HEADER, *lines]).replace("400 records", "402 records")
    quick = read(text)
    monkeypatch.setattr(csv_table, "LARGE_BYTES", len(text) * 2)
    careful = read(text)
    assert (quick.files, quick.set_aside) == (careful.files, careful.set_aside)
    assert quick.opportunities == careful.opportunities
    assert quick.files[0].read == 402
    assert {one.row for one in quick.set_aside} == {202, 203}
