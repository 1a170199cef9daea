"""Plain stretches of a CSV file are read at once, and come out as the reader that numbers every line reads them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from tests.crm.conftest import Read

from xlfunnel.crm import plain_csv
from xlfunnel.crm.csv_table import BYTES, CsvTable, Part, joined, numbered
from xlfunnel.crm.errors import UnreadableFile

HEADER = "Deal ID,Deal Name,Deal Stage,Amount,Created Date\r\n"
AT_A_TIME = 4096
EVERY = range(5)


def record(number: int, name: str = "Ähnlich & Co") -> str:
    return f'{number},"{name}",Discovery,{number * 10}.5,2024-05-{number % 28 + 1:02d}\r\n'


RECORDS = [record(number) for number in range(400)]
FOOTER = ["Total\r\n", "\r\n", "Grand Totals (400 records)\r\n", '"Copyright © 2024, all rights reserved"\r\n']


def written(folder: Path, content: bytes, width: int = 5) -> CsvTable:
    path = folder / "deals.csv"
    path.write_bytes(HEADER.encode() + content)
    return CsvTable(path, len(HEADER), ",", BYTES, width)


Contents = tuple[list[list[str]], list[int], list[tuple[object, ...]]]


def contents(parts: list[Part]) -> Contents:
    """The values by column, the row numbers, and the lines that do not fit."""
    rows, malformed = numbered(parts)
    columns = []
    for place in EVERY:
        codes, values = joined([part.columns[place] for part in parts])
        texts = values.to_pylist()
        assert len(set(texts)) == len(texts)
        columns.append([texts[code] for code in codes.tolist()])
    return columns, rows.tolist(), [(line.row, line.values, line.first, line.text) for line in malformed]


def read_or_fault(read: object) -> Contents | str:
    try:
        return contents(read())
    except UnreadableFile as fault:
        return str(fault)


def both(table: CsvTable, at_a_time: int = AT_A_TIME) -> tuple[Contents | str, Contents | str]:
    return (
        read_or_fault(lambda: table.read(EVERY, at_a_time)),
        read_or_fault(lambda: [table.carefully(EVERY, table.start)]),
    )


def without_and_with(lines: list[str], places: list[int], line: str) -> list[str]:
    changed = list(lines)
    for place in places:
        changed[place] = line
    return changed


PLAIN = [
    pytest.param(RECORDS, id="every line fits"),
    pytest.param([*RECORDS, *FOOTER], id="closing lines"),
    pytest.param([*RECORDS[:-1], RECORDS[-1].rstrip()], id="no line end at the end"),
    pytest.param([record(n, f"two\r\nlines {n}") for n in range(400)], id="values over several lines"),
    pytest.param([*(record(n, f'say ""{n}"",\n1,2,3,4,5\n') for n in range(400)), *FOOTER], id="records in values"),
    pytest.param([*RECORDS, *["1,2,3\r\n"] * 100], id="many closing lines"),
    pytest.param(without_and_with(RECORDS, [0], "short,é\r\n"), id="the first line is short"),
    pytest.param(without_and_with(RECORDS, [7, 200, 399], "1,2,3,4,5,6,é\r\n"), id="long lines"),
    pytest.param(without_and_with(RECORDS, [0, 200, 395], "\r\n"), id="blank lines"),
    pytest.param(without_and_with(RECORDS, [0, 200, 399], "\n"), id="blank lines that end with LF"),
    pytest.param([*RECORDS, *["1,é\r\n", RECORDS[0]] * 1_100], id="hundreds of short lines"),
    pytest.param([line.replace("\r\n", "\n") for line in RECORDS], id="lines that end with LF"),
    pytest.param([record(n, "\0" * (n % 3)) for n in range(400)], id="values that differ in NUL alone"),
    pytest.param([record(n, "x" * (n % 70)) for n in range(400)], id="values of every length"),
    pytest.param([record(n, f"{n:09}" * 30) for n in range(400)], id="long values"),
    pytest.param([*RECORDS, ",,,,\r\n", '"","","","",""\r\n'], id="blank values"),
]
ODD = [
    pytest.param([*RECORDS, '1,"never closed,2\r\n', *RECORDS], id="an open quotation mark"),
    pytest.param(without_and_with(RECORDS, [300], '1,5" pipe,2,3,4\r\n'), id="a quotation mark within a value"),
    pytest.param(without_and_with(RECORDS, [300], '1,"a"b,2,3,4\r\n'), id="letters behind quotation marks"),
    pytest.param([line.replace("\r\n", "\r") for line in RECORDS], id="lines that end with CR"),
    pytest.param(without_and_with(RECORDS, [300], "1,a\rb,2,3,4\r\n"), id="a CR within a value"),
    pytest.param([record(1, "x" * (AT_A_TIME * 3)), *RECORDS], id="a record for which there is no room"),
    pytest.param([], id="no line at all"),
]


def is_plain(table: CsvTable) -> bool:
    """Whether the file is read without the reader that numbers every line."""
    parts = table._quickly(EVERY, AT_A_TIME)
    return bool(parts) and None not in dict(parts).values() and parts[-1][0] >= table.path.stat().st_size


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize(
    ("lines", "plain"), [*((*p.values, True) for p in PLAIN), *((*p.values, False) for p in ODD)],
    ids=[p.id for p in (*PLAIN, *ODD)],
)  # fmt: skip
def test_a_file_is_read_alike(tmp_path: Path, lines: list[str], plain: bool, encoding: str) -> None:
    table = written(tmp_path, "".join(lines).encode(encoding))
    quick, careful = both(table)
    assert quick == careful
    assert is_plain(table) == plain


BITS = (
    "a",
    "bc",
    "12.50",
    "é",
    "\N{EURO SIGN}",
    "x" * 65,
    "",
    " ",
    "\0",
    "1/2/2024",
    "Acme, Inc",
    "a\r\nb",
    "\n",
    '""',
)
ODD_BITS = ('"', "\r", '"a', 'a"b', '"a"b', "\r\r\n", '""', '"\n"')


def any_value(random: Random, odd: float) -> str:
    if random.random() < odd:
        return random.choice(ODD_BITS)
    text = random.choice(BITS) * random.choice([1, 1, 2])
    quoted = random.random() < 0.5 or any(sign in text for sign in ',"\r\n')
    return f'"{text}"' if quoted else text


def any_file(random: Random) -> bytes:
    """Records, most of them plain, with what may befall a file: short and long lines, blank ones, odd signs."""
    odd, ragged = random.choice([0, 0, 0.002, 0.02]), random.choice([0, 0.02, 0.2])
    end = random.choice(["\n", "\r\n"])
    lines = []
    for _ in range(random.choice([0, 1, 3, 60])):
        width = random.choice([0, 1, 2, 4, 6, 11]) if random.random() < ragged else 5
        lines.append(",".join(any_value(random, odd) for _ in range(width)) + random.choice([end, end, "\n"]))
    text = "".join(lines)
    content = text.encode(random.choice(["utf-8", "cp1252"]))
    return content if random.random() < 0.7 else content.rstrip(b"\r\n")


@pytest.mark.parametrize("seed", range(60))
def test_any_file_is_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # the same files each time
    monkeypatch.setattr(plain_csv, "SAMPLE", random.choice([4, plain_csv.SAMPLE]))
    for _ in range(10):
        content = any_file(random)
        quick, careful = both(written(tmp_path, content), random.choice([200, 1000, AT_A_TIME]))
        assert quick == careful, content


def test_the_account_is_the_same(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*RECORDS[:200], "short,line\r\n", record(7), *RECORDS[200:], *FOOTER]
    text = "".join([HEADER, *lines]).replace("400 records", "402 records")
    quick = read(text)
    monkeypatch.setattr(CsvTable, "_quickly", lambda *_: [])
    careful = read(text)
    assert (quick.files, quick.set_aside) == (careful.files, careful.set_aside)
    assert quick.opportunities == careful.opportunities
    assert quick.files[0].read == 402
    assert {one.row for one in quick.set_aside} == {202, 203}
