"""What is not counted where it lies is refused in a sentence, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.sources.engines import Records, in_duckdb, read_from

from xlfunnel.crm.errors import NoKey, UndecidableDates
from xlfunnel.crm.tables import Kind
from xlfunnel.sources import links, touches, written
from xlfunnel.sources.errors import TooManyLists, TooManyTexts, TooManyTitles, WrongType

AS_OF = date(2026, 6, 30)


def texts(*values: str | None) -> Any:
    return pa.array(values, pa.string())


DEALS = {
    "id": texts("D1", "D2"),
    "stage": texts("Proposal", "Closed Won"),
    "closed": texts("2026-01-02", "2026-01-03"),
}
HISTORY = {"opportunity_id": texts("D1; D2", "D2;D1"), "to_stage": texts("Contract", "Contract"), "changed": texts(
    "2026-01-05", "2026-01-06")}  # fmt: skip
TOUCHES = {
    "opportunity_id": texts("D1", "D2"),
    "when": texts("2026-01-05", "2026-01-06"),
    "subject": texts("a", "b"),
}


def counted(folder: Path, records: Records, **agreed: Any) -> dict[Kind | Any, int]:
    """How many records of each kind are used where all are counted by the database."""
    with in_duckdb(folder, records) as path, read_from(path, AS_OF, agreed | {"data_limit": 1}) as tables:
        return {one.kind: one.used for one in tables.files}


@pytest.mark.parametrize(
    ("limit", "records", "fault", "words"),
    [
        (
            (links, "MOST_LISTS"),
            {"history": HISTORY},
            TooManyLists,
            "history_0.* more than 1 different cells that name",
        ),
        ((touches, "MOST_TITLES"), {"touches": TOUCHES}, TooManyTitles, "touches_2.* more than 1 of these differ"),
        (
            (written, "MOST_TEXTS"),
            {"touches": TOUCHES | {"when": texts("5.1.2026", "6.1.2026")}},
            TooManyTexts,
            'touches_1" is of the type text, and more than 1 of its texts are no dates',
        ),
    ],
)
def test_more_than_is_looked_at_one_by_one(
    limit: tuple[Any, str],
    records: Mapping[str, Any],
    fault: type[Exception],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(*limit, 1)
    with pytest.raises(fault, match=words):
        counted(tmp_path, {"opportunities": DEALS, **records})
    monkeypatch.setattr(*limit, 2)
    (tmp_path / "odd.duckdb").unlink()
    assert counted(tmp_path, {"opportunities": DEALS, **records})[Kind.OPPORTUNITIES] == 2


def test_amounts_that_name_a_currency(tmp_path: Path) -> None:
    deals = DEALS | {"amount": texts("EUR 1,200.50", "12")}
    with pytest.raises(WrongType, match=r'such as "EUR 1,200\.50", and it must hold numbers without a currency'):
        counted(tmp_path, {"opportunities": deals})


def test_dates_of_which_nobody_knows_the_order_stop_as_those_of_an_export(tmp_path: Path) -> None:
    deals = DEALS | {"closed": texts("3/4/2026", "5/6/2026")}
    with pytest.raises(UndecidableDates, match="3/4/2026"):
        counted(tmp_path, {"opportunities": deals})
    (tmp_path / "odd.duckdb").unlink()
    assert counted(tmp_path, {"opportunities": deals}, dates="DMY")[Kind.OPPORTUNITIES] == 2


@pytest.mark.parametrize(("kind", "records"), [("history", HISTORY), ("touches", TOUCHES)])
def test_rows_that_name_no_record(kind: str, records: Mapping[str, Any], tmp_path: Path) -> None:
    nameless = {name: column for name, column in records.items() if name != "opportunity_id"}
    with pytest.raises(NoKey):
        counted(tmp_path, {"opportunities": DEALS, kind: nameless})


def test_activities_and_changes_without_opportunities_belong_to_nothing(tmp_path: Path) -> None:
    leads = {"id": texts("L1", "L2"), "created": texts("2026-01-01", "2026-01-02")}
    found = counted(tmp_path, {"leads": leads, "history": HISTORY, "touches": TOUCHES})
    assert found == {Kind.LEADS: 2, Kind.HISTORY: 0, Kind.TOUCHES: 0}
