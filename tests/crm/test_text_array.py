"""The distinct values of long columns are found by sorting, and are those that Arrow finds one by one."""

from __future__ import annotations

from random import Random
from typing import Any

import pyarrow as pa
import pytest

from xlfunnel.crm import byte_keys, text_array

Values = list[str | None]


def as_arrow_finds(chunks: list[Values]) -> tuple[list[int], Values]:
    found: Any = pa.chunked_array(chunks, pa.string()).dictionary_encode().combine_chunks()
    return found.indices.fill_null(-1).to_pylist(), found.dictionary.to_pylist()


def ids(count: int, length: int = 18) -> Values:
    return [f"{number:0{length}}" for number in range(count)]


def with_repeats(values: Values, every: int) -> Values:
    return [values[place // 2] if place % every == 1 else value for place, value in enumerate(values)]


def shortened(values: Values) -> Values:
    """Of every length, the sign that pads a number within it among them."""
    return [
        text if place % 5 else f"{text[-(place % 9 + 9) :]}\0"[: place % 19 + 1] for place, text in enumerate(values)
    ]


NUMBERS = ids(3_000)
LONG = ids(3_000, byte_keys.LONGEST_KEY + 1)
COLUMNS = {
    "all differ": [NUMBERS[:1_000], NUMBERS[1_000:]],
    "a few repeat": [with_repeats(NUMBERS, 100), NUMBERS[5:9]],
    "half repeat": [with_repeats(NUMBERS, 2)],
    "every length, NUL, blank": [shortened(NUMBERS), ["", "\0", "\0\0", ""]],
    "not ASCII": [[f"é{text}€" for text in with_repeats(NUMBERS, 50)]],
    "a null": [[*NUMBERS, None, NUMBERS[7]]],
    "long": [with_repeats(LONG, 30)],
    "few values": [["a", "b", "a"] * 1_000],
    "a piece of nothing": [[], with_repeats(NUMBERS, 70), []],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_distinct_values_are_those_that_arrow_finds(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(text_array, "MANY", 100)
    codes, values = text_array.distinct_chunks(pa.chunked_array(COLUMNS[name], pa.string()))
    assert (codes.tolist(), values.to_pylist()) == as_arrow_finds(COLUMNS[name])


def test_values_with_one_mark_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    marked: list[int] = []

    def few_marks(words: list[byte_keys.Words], factor: int) -> byte_keys.Words:
        marked.append(len(words[0]))
        return byte_keys.mixed(words, factor) % 2_000

    monkeypatch.setattr(text_array, "MANY", 100)
    monkeypatch.setattr(text_array, "SAMPLE", 2)
    monkeypatch.setattr(text_array, "mixed", few_marks)
    chunks = [with_repeats(NUMBERS, 40)]
    codes, values = text_array.distinct_chunks(pa.chunked_array(chunks, pa.string()))
    assert (codes.tolist(), values.to_pylist()) == as_arrow_finds(chunks)
    assert marked == [3_000]


@pytest.mark.parametrize("seed", range(20))
def test_any_column(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # the same values each time
    monkeypatch.setattr(text_array, "MANY", 10)
    monkeypatch.setattr(text_array, "SAMPLE", 4)
    pool = ["".join(random.choices("ab\0é", k=random.randrange(70))) for _ in range(random.choice([5, 200, 5_000]))]
    chunks = [[random.choice(pool) for _ in range(random.choice([0, 1, 300]))] for _ in range(4)]
    codes, values = text_array.distinct_chunks(pa.chunked_array(chunks, pa.string()))
    assert (codes.tolist(), values.to_pylist()) == as_arrow_finds(chunks)


def test_values_that_may_begin_with_a_sign() -> None:
    values = pa.array(["Total", "", "total", "1", "\N{KELVIN SIGN}", "é", "x", "T"], pa.string())
    assert text_array.started_by(values, "tk©").tolist() == [0, 2, 4, 5, 7]
    assert text_array.started_by(values.slice(1), "t").tolist() == [1, 3, 4, 6]
    assert text_array.started_by(pa.array([], pa.string()), "t").tolist() == []
