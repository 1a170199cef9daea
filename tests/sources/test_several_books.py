"""Several workbooks, one pass over the data: each by its own definitions, and all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw
import pytest
from tests.sources.conftest import Company, figures

from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import Definitions
from xlfunnel.inputs import Inputs, data_of
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.refresh import OneOfSeveral, SeveralBooks, refresh_book, refresh_books
from xlfunnel.report import Report
from xlfunnel.segments.once import Once
from xlfunnel.sources.embedded import Embedded
from xlfunnel.sources.opened import OpenSource
from xlfunnel.templates.build import build
from xlfunnel.templates.edition import Edition


class Asked:
    """Counts what is asked of an engine: answers brought in, and tables that it is told to keep."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers = self.tables = 0
        collect, kept = nw.LazyFrame.collect, Embedded.kept

        def collected(frame: Any, *given: Any, **named: Any) -> Any:
            self.answers += 1
            return collect(frame, *given, **named)

        def keep(engine: Embedded, frame: Any) -> Any:
            self.tables += 1
            return kept(engine, frame)

        monkeypatch.setattr(nw.LazyFrame, "collect", collected)
        monkeypatch.setattr(Embedded, "kept", keep)

    def since(self) -> tuple[int, int]:
        """Answers and tables since this was asked last."""
        found = self.answers, self.tables
        self.answers = self.tables = 0
        return found


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


def reports(company: Company, source: Path, asked: Asked, *chosen: dict[str, Any]) -> list[tuple[Report, int, int]]:
    """What one pass finds for each of several choices, counted in the engine, with what it asked for each."""
    found = []
    with data_of(Inputs((), company.example.as_of, source=source)) as data:
        asked.since()
        for choice in chosen:
            values = company.definitions.model_dump() | {"data_limit": 0} | choice
            agreed = Definitions.model_validate(values)
            read = data.read(agreed, None, lambda what, share: None)
            report = build_report(
                read.tables, company.example.as_of, agreed, read.spend, read.people, tables=False, once=data.once
            )
            found.append((report, *asked.since()))
    return found


def test_what_teams_agree_on_is_counted_once(
    company: Company, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pass for seven teams: each asks the engine only for what no team before it has asked."""
    asked, service, window = Asked(monkeypatch), {"sla_hours": 7}, {"window_days": 90}
    named = {"version": "of another team", "crm_address": "https://acme.example.com"}
    stages = {"unqualified_stages": ["Prospecting"]}
    found = reports(company, warehouse, asked, {}, {}, named, service, window, service | window, stages)
    (_, all_answers, all_tables), *others = found
    answers = [answers for _, answers, _ in others]
    assert answers[:2] == [0, 0]  # the same, and the same under another name
    assert 0 < answers[2] < all_answers / 5  # another level of service: follow-up alone
    assert 0 < answers[3] < all_answers / 2  # another window: deals, and no leads
    assert answers[4] == 0  # both: what the third and the fourth have asked
    assert all_answers / 2 < answers[5] < all_answers  # other stages: all but the columns, which are read once
    assert [tables > 0 for _, _, tables in others] == [False] * 5 + [True]
    assert others[5][2] < all_tables
    ((alone, _, _),) = reports(company, warehouse, asked, service | window)
    assert_equal(figures(others[4][0]), figures(alone))
    assert others[1][0].definitions.version == others[1][0].summary["definitions"]["version"] == "of another team"


def assert_equal(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert given.keys() == expected.keys()
    for place, value in expected.items():
        if isinstance(value, float):
            assert given[place] == pytest.approx(value, rel=1e-9), place
        else:
            assert str(given[place]) == str(value), place


def test_two_workbooks_of_one_team_ask_what_one_asks(
    company: Company, warehouse: Path, books: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = WorkbookFile.open(books[1])
    file.write_name("set_data_limit", 0)
    file.save(books[1])
    other = books[1].with_name("other.xlsx")
    other.write_bytes(books[1].read_bytes())
    asked, inputs = Asked(monkeypatch), Inputs((), company.example.as_of, source=warehouse)
    refresh_book(inputs, books[1], other.with_name("alone.xlsx"))
    alone = asked.since()
    refresh_books(inputs, [books[1], other])
    assert asked.since() == alone
    assert books[1].read_bytes() == other.read_bytes()


def test_a_computation_that_asks_late_does_not_give_another_its_figure() -> None:
    once, first, second = Once(), Definitions(stale_days=10), Definitions(stale_days=20)
    late = once("a name", (), first, lambda agreed: agreed)
    assert once("a name", (), second, lambda agreed: agreed) is late
    assert late.confidence == second.confidence
    with pytest.raises(RuntimeError, match="depends on stale_days"):
        _ = late.stale_days
