"""Columns in which a database takes texts that differ in case for one are refused by name, not counted as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest
from tests.sources.engines import read_from

from xlfunnel.crm.tables import Kind
from xlfunnel.segments.frames import Frame
from xlfunnel.sources.collations import merging_columns
from xlfunnel.sources.errors import TextsMerged

AS_OF = date(2026, 6, 30)
MADE = """CREATE TABLE deals (id VARCHAR, stage VARCHAR, source VARCHAR{blind});
INSERT INTO deals VALUES ('1', 'Proposal', 'Web'), ('2', 'Proposal', 'web'), ('3', 'Proposal', NULL)"""


def sources(folder: Path, blind: str) -> Path:
    with duckdb.connect(str(folder / "a.duckdb")) as own:
        own.execute(MADE.format(blind=blind))
    columns = "\n".join(f'{name} = "{name}"' for name in ("id", "stage", "source"))
    path = folder / "sources.toml"
    path.write_text(
        f'[connections.a]\nduckdb = "a.duckdb"\n[opportunities]\ntable = "deals"\n[opportunities.columns]\n{columns}'
    )
    return path


def test_it_is_named_where_the_database_would_count(tmp_path: Path) -> None:
    path = sources(tmp_path, " COLLATE NOCASE")
    with (
        pytest.raises(TextsMerged, match=r'^deals, column "source": DuckDB takes texts that differ in case for one'),
        read_from(path, AS_OF, {"data_limit": 2}),
    ):
        pass
    with read_from(path, AS_OF, {"data_limit": 3}) as tables:  # brought in, they are told apart
        assert tables.count(Kind.OPPORTUNITIES) == 3


def test_a_column_that_tells_them_apart_is_counted(tmp_path: Path) -> None:
    with read_from(sources(tmp_path, ""), AS_OF, {"data_limit": 2}) as tables:
        assert tables.count(Kind.OPPORTUNITIES) == 3


def in_duckdb(made: str) -> Frame:
    own = duckdb.connect()
    own.execute(made)
    return nw.from_native(own.table("deals"))


def in_ibis(made: str) -> Frame:
    import ibis

    own = ibis.duckdb.connect()
    own.con.execute(made)
    frame: Frame = nw.from_native(own.table("deals"))
    return frame


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("lying", [in_duckdb, in_ibis])
@pytest.mark.parametrize(("blind", "found"), [(" COLLATE NOCASE", ["source"]), ("", [])])
def test_one_row_tells_it(lying: Callable[[str], Frame], blind: str, found: list[str]) -> None:
    assert merging_columns(lying(MADE.format(blind=blind)), ["id", "stage", "source"]) == found


def test_a_frame_in_memory_and_an_empty_one_merge_nothing() -> None:
    frame: Any = pl.DataFrame({"a": ["x"]}).lazy()
    assert merging_columns(nw.from_native(frame), ["a"]) == []
    assert merging_columns(nw.from_native(frame).filter(nw.col("a") == "y"), ["a"]) == []
    assert merging_columns(nw.from_native(frame), []) == []
