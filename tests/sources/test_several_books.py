"""Several workbooks, one pass over the data: each by its own definitions, and all of them or none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sources.conftest import Company

from xlfunnel.inputs import Inputs
from xlfunnel.refresh import OneOfSeveral, SeveralBooks, refresh_book, refresh_books
from xlfunnel.sources.opened import OpenSource
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition


@pytest.fixture
def books(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "plan.xlsx", tmp_path / "velocity.xlsx"]
    for path, name in zip(paths, ("quarterly_plan", "velocity_explorer"), strict=True):
        path.write_bytes(build(name, Edition.FORMULAS))
    return paths


def test_each_is_what_it_would_be_alone(
    company: Company, warehouse: Path, books: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = Inputs((), company.example.as_of, source=warehouse)
    alone = [refresh_book(inputs, book, tmp_path / f"alone-{book.name}") for book in books]
    asked: list[str] = []
    fetch = OpenSource.fetched

    def counted(self: OpenSource, kind: str, columns: frozenset[str]) -> object:
        before = len(self._fetched)
        found = fetch(self, kind, columns)
        asked.extend([kind] * (len(self._fetched) - before))
        return found

    monkeypatch.setattr(OpenSource, "fetched", counted)
    together = refresh_books(inputs, books)
    assert [one.taken for one in together] == [one.taken for one in alone]
    assert sorted(asked) == ["leads", "opportunities", "people", "spend"]  # each table once for both
    for book in books:
        assert book.read_bytes() == (tmp_path / f"alone-{book.name}").read_bytes()
        assert book.with_name(f"{book.stem}.undo.xlsx").is_file()


def test_where_one_stops_none_is_written(company: Company, warehouse: Path, books: list[Path]) -> None:
    before = [book.read_bytes() for book in books]
    broken = books[0].with_name("broken.xlsx")
    broken.write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(OneOfSeveral, match=r"broken.xlsx: .* No workbook was changed."):
        refresh_books(Inputs((), company.example.as_of, source=warehouse), [*books, broken])
    assert [book.read_bytes() for book in books] == before


def test_a_writing_that_fails_says_which_are_new(
    company: Company, warehouse: Path, books: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlfunnel.errors import Stopped
    from xlfunnel.templates.ours import Ours

    save = Ours.save

    def full(self: Ours, output: Path) -> None:
        if output == books[1]:
            raise Stopped("The disk is full.")
        save(self, output)

    monkeypatch.setattr(Ours, "save", full)
    with pytest.raises(OneOfSeveral) as told:
        refresh_books(Inputs((), company.example.as_of, source=warehouse), books)
    assert str(told.value) == f"{books[1]}: The disk is full. Refreshed: {books[0]}. As before: {books[1]}."


def test_one_workbook_twice_is_refused(company: Company, warehouse: Path, books: list[Path]) -> None:
    with pytest.raises(SeveralBooks, match="was given twice"):
        refresh_books(Inputs((), company.example.as_of, source=warehouse), [books[0], books[0]])
