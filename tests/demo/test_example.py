"""The example files: the same bytes each time, as many opportunities as asked for, whole or not there at all."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING

import pytest

from xlfunnel.definitions import read_definitions
from xlfunnel.demo import Crm, EmptyExample, write_example
from xlfunnel.saving import FolderNotWritable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.demo.conftest import Written

    from xlfunnel.demo import Example

ID = {Crm.SALESFORCE: "Opportunity ID", Crm.HUBSPOT: "Record ID"}


def digests(example: Example) -> dict[str, str]:
    paths = (*example.exports, example.spend, example.people, example.definitions)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.mark.parametrize("crm", Crm)
def test_the_same_arguments_write_the_same_bytes(tmp_path: Path, crm: Crm) -> None:
    first = digests(write_example(tmp_path, crm, rows=300))
    assert digests(write_example(tmp_path, crm, rows=300)) == first
    assert len(list(tmp_path.iterdir())) == len(first)


@pytest.mark.parametrize(
    ("crm", "deals", "leads"),
    [(Crm.SALESFORCE, "a82c9f9d4a0c3a2c", "186d54f7eb28019f"), (Crm.HUBSPOT, "fd7b198f0f7633aa", "fa818cf5d2dc9432")],
)
def test_the_bytes_are_those_of_every_other_machine(tmp_path: Path, crm: Crm, deals: str, leads: str) -> None:
    """Change these with the example, never to make a platform pass."""
    example = write_example(tmp_path, crm, rows=300)
    found = digests(example)
    assert [found[path.name][:16] for path in example.exports] == [deals, leads]


def test_another_seed_is_another_company(tmp_path: Path) -> None:
    one = digests(write_example(tmp_path, rows=300, seed=7))
    other = digests(write_example(tmp_path, rows=300, seed=8))
    differing = {name for name in one if one[name] != other[name]}
    assert differing == {"salesforce-opportunities-2026-09-30.csv", "salesforce-leads-2026-09-30.csv"}


@pytest.mark.parametrize("rows", [1, 2, 399, 2000])
@pytest.mark.parametrize("crm", Crm)
def test_there_are_as_many_opportunities_as_asked_for(
    write: Callable[[Crm, int], Written], crm: Crm, rows: int
) -> None:
    assert len({row[ID[crm]] for row in write(crm, rows).deals}) == rows


def test_no_opportunities_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyExample, match="at least 1 opportunity; 0 were asked for"):
        write_example(tmp_path, rows=0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderNotWritable, match="missing"):
        write_example(tmp_path / "missing", rows=10)


def test_the_files_of_somebody_else_are_kept(tmp_path: Path) -> None:
    (tmp_path / "spend.csv").write_text("mine", encoding="utf-8")
    write_example(tmp_path, rows=10)
    assert (tmp_path / "spend.previous.csv").read_text(encoding="utf-8") == "mine"


def test_an_interruption_leaves_the_old_files_and_no_half_ones(tmp_path: Path) -> None:
    write_example(tmp_path, rows=50)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupt(_what: str, share: float) -> None:
        if share == 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_example(tmp_path, rows=60, progress=interrupt)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_progress_rises_to_the_whole(tmp_path: Path) -> None:
    shares: list[float] = []
    write_example(tmp_path, rows=6_000, progress=lambda _what, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("crm", "encoding", "line_end", "names"),
    [
        (
            Crm.SALESFORCE,
            "cp1252",
            b"\r\n",
            ["salesforce-opportunities-2026-09-30.csv", "salesforce-leads-2026-09-30.csv"],
        ),
        (
            Crm.HUBSPOT,
            "utf-8",
            b"\n",
            ["hubspot-crm-exports-all-deals-2026-09-30.csv", "hubspot-crm-exports-all-contacts-2026-09-30.csv"],
        ),
    ],
)
def test_the_files_are_written_as_the_crm_writes_them(
    tmp_path: Path, crm: Crm, encoding: str, line_end: bytes, names: list[str]
) -> None:
    example = write_example(tmp_path, crm, rows=400)
    assert [path.name for path in example.exports] == names
    for path in example.exports:
        data = path.read_bytes()
        assert data.endswith(line_end)
        assert data.startswith(b'"')
        assert any(letter in data.decode(encoding) for letter in "éüñ")


@pytest.mark.parametrize(("crm", "renewals"), [(Crm.SALESFORCE, "Renewal"), (Crm.HUBSPOT, "Renewal Pipeline")])
def test_the_definitions_are_those_that_the_program_reads(tmp_path: Path, crm: Crm, renewals: str) -> None:
    example = write_example(tmp_path, crm, rows=10)
    agreed = read_definitions(example.definitions)
    told: dict[str, Any] = {
        "version": "2026-Q3 v1",
        "agreed": date(2026, 7, 1),
        "sla_hours": 4,
        "pipelines_left_out": (renewals,),
    }
    assert {name: getattr(agreed, name) for name in told} == told
    assert example.as_of == date(2026, 9, 30)
