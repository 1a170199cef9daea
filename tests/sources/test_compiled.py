"""Engines that cannot run here: every query of a source that is counted where it lies can be written in their SQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import narwhals as nw
import pytest
from tests.sources.engines import Records, in_ibis, read_from
from tests.sources.test_odd_history import answers, odd_source
from tests.sources.test_odd_tables import AS_OF, Odd

from xlfunnel.segments.engines import ENGINES, NO_PATTERNS, Check
from xlfunnel.sources import typed
from xlfunnel.sources.through_ibis import ThroughIbis

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # of Ibis 12
EVERYTHING = os.environ.get("XLFUNNEL_TESTS") == "full"
COMPILED = [name for name, check in ENGINES.items() if check is Check.COMPILED]
SEED = 44


@contextmanager
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The queries that Ibis is asked meanwhile."""
    seen: list[Any] = []
    collect, keep = nw.LazyFrame.collect, ThroughIbis.kept

    def collected(frame: nw.LazyFrame[Any], *args: Any) -> Any:
        if frame.implementation.is_ibis():
            seen.append(frame.to_native())
        return collect(frame, *args)

    def kept(self: ThroughIbis, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        seen.append(frame.to_native())
        return keep(self, frame)

    with monkeypatch.context() as patched:
        patched.setattr(nw.LazyFrame, "collect", collected)
        patched.setattr(ThroughIbis, "kept", kept)
        yield seen


def mixed() -> tuple[Records, dict[str, Any]]:
    """Deals with every kind of column, in types and in texts, with leads, a history and touches."""
    records, agreed = odd_source(SEED)
    one = Odd(Random(SEED))  # noqa: S311  # of test data
    rows = len(records["opportunities"]["id"])
    deals: dict[str, Any] = records["opportunities"] | {
        "amount": one.words(rows, "1,200.50", "100.5", "-3", "tbd", None), "won_amount": one.amounts(rows),
        "expected": one.words(rows, "2026-05-01", "2026-05-01 10:00", "31.12.2026", "soon", None),
        "modified": one.words(rows, "2026-04-01T08:00:00", "2026-04-02", None), "deleted": one.flags(rows),
        "employees": one.words(rows, "1-10", "51-200", "1000+", None), "country": one.words(rows, "DE", "US"),
        "currency": one.words(rows, "USD", "EUR", None),
    }  # fmt: skip
    rules = [{"name": "Small", "employees_below": 51}, {"name": "Germany", "countries": ["DE"]}]
    agreed |= {"segments": rules, "rates": {"EUR": 1.1}, "currency": "USD", "data_limit": 0, "timezone": "UTC"}
    return records | {"opportunities": deals}, agreed


@pytest.mark.parametrize("patterns", [False, True] if EVERYTHING else [False], ids=lambda one: f"patterns {one}")
def test_every_query_of_a_source_can_be_written_in_the_sql_of_others(
    patterns: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs no patterns is written for all of them; each query is written in the SQL of one, or of all."""
    import ibis

    records, agreed = mixed()
    monkeypatch.setattr(typed, "has_patterns", lambda _: patterns)
    with in_ibis(tmp_path, records) as path:
        with noted(monkeypatch) as seen, read_from(path, AS_OF, agreed) as tables:
            found = answers(tables)
        with read_from(path, AS_OF, agreed | {"data_limit": 50_000}) as tables:
            assert found == answers(tables)
    assert len(seen) > 100
    names = [name for name in COMPILED if not patterns or name not in NO_PATTERNS]
    for at, query in enumerate(seen):
        for name in names if EVERYTHING else [names[at % len(names)]]:
            assert "SELECT" in ibis.to_sql(query, dialect=name)


@pytest.mark.parametrize("name", [name for name in COMPILED if name not in NO_PATTERNS])
def test_what_columns_mean_can_be_written_in_the_sql_of_others(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import ibis

    monkeypatch.setattr(typed, "has_patterns", lambda _: True)
    kinds = {
        "text": "string", "written": "string", "day": "date", "moment": "timestamp", "zoned": "timestamp('UTC')",
        "told": "string", "whole": "int64", "exact": "decimal(18, 2)", "float": "float64",
    }  # fmt: skip
    frame: nw.LazyFrame[Any] = nw.from_native(ibis.table(kinds, name="raw"))
    columns = typed.Columns(
        dict(frame.collect_schema()),
        ("text",),
        ("written", "day", "moment", "zoned"),
        ("told", "whole", "exact", "float"),
    )
    read = typed.with_read(frame, columns).select(*typed.read_names(columns), key=typed.whole_text("float"))
    written = ibis.to_sql(read.to_native(), dialect=name)
    assert all(column in written for column in ("t_text", "d_zoned", "v_told"))
