"""One table in two engines: the same rows come back, blanks as None."""

from __future__ import annotations

import duckdb
import narwhals as nw
import pyarrow as pa
import pytest

from xlfunnel.segments.frames import (
    LARGE,
    Engine,
    computed,
    engine_for,
    frame_beside,
    frame_from_columns,
    frame_of,
    rows_of,
)
from xlfunnel.units import Status

TABLE = pa.table(
    {
        "source": pa.array(["Web", None, "Web", "Event"]).dictionary_encode(),
        "id": pa.array(["006000", "006001", None, "006003"]),
        "day": pa.array([20_000, None, 20_010, 20_020], pa.int32()),
        "amount": pa.array([100.0, 250.5, None, 0.0]),
        "touched": pa.array([True, None, False, True]),
    }
)


@pytest.mark.parametrize("engine", Engine)
def test_every_value_and_every_blank_comes_back(engine: Engine) -> None:
    assert rows_of(frame_of(TABLE, engine=engine)) == TABLE.to_pylist()


@pytest.mark.parametrize("engine", Engine)
def test_blanks_are_a_group_of_their_own_and_sums_are_whole_numbers(engine: Engine) -> None:
    grouped = frame_of(TABLE, ["source", "day"], engine).group_by("source").agg(nw.col("day").sum())
    totals = {row["source"]: row["day"] for row in rows_of(grouped)}
    assert totals == {"Web": 40_010, "Event": 20_020, None: 0}
    assert all(isinstance(total, int) for total in totals.values())


@pytest.mark.parametrize("engine", Engine)
def test_two_tables_of_one_engine_can_be_joined(engine: Engine) -> None:
    costs = pa.table({"source": ["Web", "Event"], "cost": [10.0, 20.0]})
    leads = frame_of(TABLE, ["source", "id"], engine)
    joined = leads.join(frame_beside(leads, costs), on="source")
    assert {row["id"]: row["cost"] for row in rows_of(joined)} == {"006000": 10.0, None: 10.0, "006003": 20.0}


@pytest.mark.parametrize("engine", Engine)
def test_a_computed_frame_is_the_same_frame(engine: Engine) -> None:
    frame = frame_of(TABLE, engine=engine).with_columns(twice=nw.col("day") * 2)
    with computed(frame) as once:
        assert rows_of(once) == rows_of(frame)
        assert once.implementation == frame.implementation


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize("names", [[], ["Web"], ["Paid 'Search'", "Événement; --", None]])
def test_names_are_brought_beside_a_frame_as_they_are(engine: Engine, names: list[str | None]) -> None:
    known = pa.table({"name": pa.array(names, pa.string()), "place": pa.array(range(len(names)), pa.int64())})
    beside = frame_beside(frame_of(TABLE, engine=engine), known)
    assert sorted(rows_of(beside), key=lambda row: row["place"]) == known.to_pylist()


def test_a_small_table_joins_a_frame_of_any_connection() -> None:
    own = duckdb.connect()
    own.execute("CREATE TABLE leads AS SELECT 'Web' AS source, 3 AS leads")
    frame = nw.from_native(own.table("leads"))
    with computed(frame) as once:
        joined = once.join(frame_beside(once, pa.table({"source": ["Web"], "cost": [10.0]})), on="source")
        assert rows_of(joined) == [{"source": "Web", "leads": 3, "cost": 10.0}]
    assert own.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(1,)]  # nothing is left behind


def test_only_the_named_columns_are_taken() -> None:
    assert frame_of(TABLE, ["day", "source"]).collect_schema().names() == ["day", "source"]


def test_the_engine_follows_the_size_of_the_table() -> None:
    small, large = (pa.table({"n": pa.nulls(rows, pa.int32())}) for rows in (LARGE, LARGE + 1))
    assert engine_for(LARGE) is Engine.ARROW
    assert frame_of(small).implementation.is_pyarrow()
    assert frame_of(large).implementation.is_duckdb()


def test_cells_become_columns_of_one_type() -> None:
    frame = frame_from_columns(
        {
            "status": [Status.WON, Status.NO_DECISION],
            "group": ["North", None],
            "day": [20_000, None],
            "amount": [1, 2.5],
            "touched": [None, True],
            "nothing": [None, None],
        }
    )
    assert [str(dtype) for dtype in frame.collect_schema().dtypes()] == [
        "String", "String", "Int64", "Float64", "Boolean", "Int64",
    ]  # fmt: skip
    assert rows_of(frame) == [
        {"status": "won", "group": "North", "day": 20_000, "amount": 1.0, "touched": None, "nothing": None},
        {"status": "no decision", "group": None, "day": None, "amount": 2.5, "touched": True, "nothing": None},
    ]  # fmt: skip


def test_large_whole_numbers_lose_no_digit() -> None:
    frame: nw.DataFrame[pa.Table] = frame_from_columns({"second": [None, 2**53 + 1]}).collect()
    assert frame["second"].to_list()[1] == 2**53 + 1
