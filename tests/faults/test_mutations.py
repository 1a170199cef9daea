"""A damaged export is read with every record accounted for, or refused in words, in little time and memory."""

from __future__ import annotations

import os

import pytest
from tests.faults.exports import examples, mutated
from tests.faults.mutating import cases, outcome_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows forks no processes and bounds no memory")
SAMPLE = 240


def test_every_damaged_file_is_read_whole_or_refused_in_words() -> None:
    """A seeded sample; `python -m tests.faults --all` reads ten thousand files."""
    found = outcome_of(cases(SAMPLE))
    assert found.faults == []
    assert found.files == SAMPLE
    assert found.read > SAMPLE / 3
    assert found.stopped.total() > SAMPLE / 20


def test_the_same_seed_is_the_same_damage() -> None:
    files = examples().values()  # made once: a workbook holds the second in which it was written
    assert [mutated(file, 3).content for file in files] == [mutated(file, 3).content for file in files]
