"""Of the records with one id the newest stands, else the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xlfunnel.crm import Rule

if TYPE_CHECKING:
    from tests.crm.conftest import Read, Save

HEADER = "Deal ID,Deal Stage,Amount,Last Modified Date,Is Deleted\n"
CASES = [
    ("the newest", "1,New,5,2026-01-01,\n1,Quote,6,2026-01-02,\n1,New,7,2025-01-01,\n", [3], [2, 4]),
    ("by time of day", "1,New,5,2026-01-01 10:00,\n1,New,6,2026-01-01 10:05,\n", [3], [2]),
    ("the first of equals", "1,New,5,2026-01-01,\n1,New,6,2026-01-01,\n", [2], [3]),
    ("a date goes before none", "1,New,5,,\n1,New,6,2026-01-01,\n", [3], [2]),
    ("the first without dates", "1,New,5,,\n1,New,6,,\n", [2], [3]),
    ("blank ids are no id", ",New,5,,\n,New,5,,\n", [2, 3], []),
    ("an unreadable record cannot stand for its id", "1,New,5,2026-01-01,\n1,New,oops,2026-01-02,\n", [2], [3]),
    ("a deleted newest record takes the older with it", "1,New,5,2026-01-01,\n1,New,6,2026-01-02,1\n", [], [2, 3]),
    ("a deleted older record does not", "1,New,5,2026-01-01,1\n1,New,6,2026-01-02,\n", [3], [2]),
    ("ids are told apart by case", "a1,New,5,,\nA1,New,6,,\n", [2, 3], []),
]


@pytest.mark.parametrize(("rows", "used", "aside"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_record_stands_for_an_id(read: Read, rows: str, used: list[int], aside: list[int]) -> None:
    exports = read(HEADER + rows)
    assert exports.opportunities is not None
    assert exports.opportunities["row"].to_pylist() == used
    assert [one.row for one in exports.set_aside] == aside


def test_the_fields_that_differ_are_named(read: Read) -> None:
    exports = read(HEADER + "1,New,5,2026-01-01,\n1,Quote,6,2026-01-02,\n2,New,1,,\n2,New,1,,\n")
    assert [(one.column, one.value, one.rule, one.detail) for one in exports.set_aside] == [
        ("Deal ID", "1", Rule.DUPLICATE, "row 3 was taken; it differs in stage, amount"),
        ("Deal ID", "2", Rule.DUPLICATE, "row 4 was taken; it is the same"),
    ]


def test_what_only_the_record_set_aside_holds_is_named(save: Save, read: Read) -> None:
    contacts = save("mql_id,first_contact_date,origin\n1,2026-01-20,social\n2,2026-02-03,email\n", "mqls.csv")
    closed = save("mql_id,won_date,sales_rep\n2,2026-04-01,Ann\n3,2026-05-01,Bob\n", "closed.csv")
    exports = read(contacts, closed)
    told = (
        "Set aside for the same ids in another file, though only these rows have owner, won: join the files first: 1"
    )
    assert told in exports.files[1].notes
    assert [one.detail for one in exports.set_aside] == [
        "row 3 of mqls.csv was taken; it is the same, and only it has owner, won"
    ]


def test_a_deleted_record_that_stands_for_its_id_is_named(read: Read) -> None:
    exports = read(HEADER + "1,New,5,2026-01-01,\n1,New,5,2026-01-02,1\n")
    assert [(one.rule, one.detail) for one in exports.set_aside] == [
        (Rule.DUPLICATE, "row 3 is newer, and was set aside itself; it differs in deleted"),
        (Rule.DELETED, ""),
    ]


def test_line_items_of_one_opportunity_are_one_record(read: Read) -> None:
    items = "".join(f"7,New,100,,\n{number},New,1,,\n" for number in range(100, 126))
    exports = read(HEADER + items)
    assert (exports.files[0].read, exports.files[0].used) == (52, 27)
