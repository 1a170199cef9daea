"""Which rows a table on page one keeps, and what a dash means."""

from __future__ import annotations

from xlfunnel.errors import EmptyDenominator, TooFewRecords
from xlfunnel.table import Cell, Column, Table
from xlfunnel.units import Unit
from xlfunnel.workbooks.tables import dash_reasons, has_total, leading

COLUMNS = (Column("source", Unit.TEXT), Column("won", Unit.COUNT), Column("velocity", Unit.MONEY_PER_DAY))
NO_WINS = EmptyDenominator("no won deals")


def table(*rows: tuple[Cell, ...]) -> Table:
    return Table(COLUMNS, rows)


def test_the_largest_rows_come_first_and_the_total_stays_last() -> None:
    found, hidden = leading(
        table(("a", 1, 5.0), ("b", 2, 9.0), ("c", 0, NO_WINS), ("d", 3, 7.0), ("Total", 6, 21.0)),
        ("source", "velocity", "absent"),
        "velocity",
        2,
    )
    assert found.header == ("source", "velocity")
    assert found.rows == (("b", 9.0), ("d", 7.0), ("Total", 21.0))
    assert hidden == 2


def test_rows_without_a_number_come_last() -> None:
    found, hidden = leading(table(("c", 0, NO_WINS), ("n", 0, None), ("a", 1, 5.0)), ("source",), "velocity", 9)
    assert found.column("source") == ("a", "c", "n")
    assert hidden == 0


def test_only_a_last_row_named_total_is_the_total() -> None:
    assert has_total(table(("a", 1, 1.0), ("Total", 1, 1.0)))
    assert not has_total(table(("Total", 1, 1.0), ("a", 1, 1.0)))
    assert not has_total(table())


def test_a_reason_is_told_once_with_the_rows_it_concerns() -> None:
    rows = [(f"g{i}", NO_WINS, NO_WINS) for i in range(6)]
    young = ("young", 1, TooFewRecords(""))
    assert dash_reasons(table(*rows, young)) == [
        "–  g0, g1, g2, g3 and 2 more: no won deals",
        "–  young: too few records, or records too young.",
    ]


def test_many_reasons_end_with_their_number() -> None:
    rows = [(f"g{i}", 0, EmptyDenominator(f"reason {i}")) for i in range(9)]
    told = dash_reasons(table(*rows))
    assert len(told) == 7
    assert told[-1] == "–  and 3 more reasons of this kind."
