"""Segments by rules where an export has none, and what the settings leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from xlfunnel.crm import Mapping, read_mapping
from xlfunnel.definitions import Definitions, read_definitions
from xlfunnel.errors import SettingsError

if TYPE_CHECKING:
    from tests.crm.conftest import Read, Save

RULES = """
[[segments]]
name = "Public"
countries = ["France"]
revenue_below = 1_000_000
[[segments]]
name = "Small"
employees_below = 50
[[segments]]
name = "Middle"
employees_from = 50
employees_below = 500
[[segments]]
name = "Large"
employees_from = 500
"""


def segments(read: Read, text: str, mapping: Mapping) -> list[str | None]:
    exports = read(text, mapping=mapping)
    table = exports.opportunities if exports.opportunities is not None else exports.leads
    assert table is not None
    found: list[str | None] = table["segment"].to_pylist()
    return found


@pytest.fixture
def rules(save: Save) -> Mapping:
    return read_mapping(save(RULES, "map.toml"))


@pytest.mark.parametrize(
    ("employees", "revenue", "country", "segment"),
    [
        ("49", "", "", "Small"), ("50", "", "", "Middle"), ("499", "", "", "Middle"), ("500", "", "", "Large"),
        ("1 200", "", "", "Large"), ("11-49", "", "", "Small"), ("51-200", "", "", "Middle"), ("10-60", "", "", None),
        ("500+", "", "", "Large"), ("51-200 employees", "", "", "Middle"), ("10001+", "", "", "Large"),
        ("20+", "", "", None), ("many", "", "", None), ("", "", "", None), ("0", "", "", "Small"),
        ("700", "$900,000", "france", "Public"), ("700", "$2,000,000", "France", "Large"),
        ("700", "", "France", "Large"),
        ("700", "0.9M", "France", "Public"), ("700", "1.5M", "France", "Large"),
        ("700", "$0.1M-$1.5M", "France", "Large"),
        ("", "900000", "Spain", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["Deal ID,Deal Stage", "Lead ID,Lead Status"])
def test_the_first_rule_that_fits_names_the_segment(
    read: Read, rules: Mapping, kind: str, employees: str, revenue: str, country: str, segment: str | None
) -> None:
    text = f'{kind},Number of Employees,Annual Revenue,Country\n1,New,"{employees}","{revenue}",{country}\n'
    assert segments(read, text, rules) == [segment]


def test_the_log_says_how_many_segments_the_rules_gave(read: Read, rules: Mapping) -> None:
    text = "Deal ID,Deal Stage,Employees\n1,New,5\n2,New,many\n3,New,\n4,New,600\n"
    assert read(text, mapping=rules).files[0].notes == (
        "Employees is no number, and so no rule for it fits: 1",
        "Segments by rules: 2",
        "Without a segment, since no rule fits: 2",
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [("Customer Segment", ["Key", "Small"]), ("Industry", ["Small", "Small"]), ("Region", ["Small", "Small"])],
)
def test_a_column_that_calls_itself_a_segment_stands_and_blanks_are_filled(
    read: Read, rules: Mapping, header: str, expected: list[str]
) -> None:
    assert segments(read, f"Deal ID,Deal Stage,{header},Employees\n1,New,Key,5\n2,New,,6\n", rules) == expected


def test_a_column_that_the_mapping_names_stands(read: Read, rules: Mapping) -> None:
    mapping = rules.model_copy(update={"opportunities": {"segment": "Industry"}})
    assert segments(read, "Deal ID,Deal Stage,Industry,Employees\n1,New,Retail,5\n", mapping) == ["Retail"]


def test_without_rules_nothing_is_read_for_them(read: Read) -> None:
    (file,) = read("Deal ID,Deal Stage,Employees,Country\n1,New,5,France\n").files
    assert file.unmapped == ("Employees", "Country")


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('name = "Small"', 'segment "Small" has no condition'),
        ('name = "Small"\nemployees_from = 50\nemployees_below = 50', "must be less than employees_below"),
        ('name = "Small"\nemployees_to = 50', "employees_to"),
        ('name = ""\nemployees_from = 50', "name"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(save: Save, rule: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read_mapping(save(f"[[segments]]\n{rule}\n", "map.toml"))


@pytest.mark.parametrize(
    ("header", "choices", "counted", "used"),
    [
        ("Pipeline", {"pipelines_left_out": ["Renewals"]}, [True, False], 2),
        ("Opportunity Record Type", {"pipelines_left_out": ["renewals "]}, [True, False], 2),
        ("Pipeline", {}, [True, True], 2),
        ("Is Deleted", {}, [True], 1),
        ("Is Test", {}, [True], 1),
        ("Office", {"tests": {"Office": ["true"]}}, [True], 1),
    ],
)
def test_what_the_settings_leave_out_is_marked_or_set_aside(
    read: Read, header: str, choices: dict[str, Any], counted: list[bool], used: int
) -> None:
    second = "Renewals" if header in {"Pipeline", "Opportunity Record Type"} else "true"
    exports = read(f"Opportunity ID,Stage,Amount,{header}\n1,New,5,\n2,New,6,{second}\n", **choices)
    assert exports.opportunities is not None
    assert exports.opportunities["counted"].to_pylist() == counted
    assert (exports.files[0].read, exports.files[0].used) == (2, used)


def agreed(save: Save, text: str) -> Definitions:
    return read_definitions(save(text, "definitions.toml"))


def test_the_definitions_may_hold_the_rules(read: Read) -> None:
    rules = [{"name": "Small", "employees_below": 50}, {"name": "Large", "employees_from": 50}]
    exports = read("Deal ID,Deal Stage,Employees\n1,New,20\n2,New,70\n", segments=rules)
    assert exports.opportunities is not None
    assert exports.opportunities["segment"].to_pylist() == ["Small", "Large"]


def test_the_rules_of_a_mapping_go_before_those_of_the_definitions(read: Read, rules: Mapping) -> None:
    theirs = [{"name": "Tiny", "employees_below": 50}, {"name": "South", "countries": ["Spain"]}]
    exports = read(
        "Deal ID,Deal Stage,Employees,Country\n1,New,20,Spain\n2,New,,Spain\n", mapping=rules, segments=theirs
    )
    assert exports.opportunities is not None
    assert exports.opportunities["segment"].to_pylist() == ["Small", "South"]


def test_a_definitions_file_holds_them_as_a_mapping_file_does(save: Save, rules: Mapping) -> None:
    assert agreed(save, RULES).segments == rules.segments


WORDS = [
    "Small = employees below 50",
    "Middle = employees from 50 below 500; Large = employees from 500",
    "South = revenue from 1000000.5, country France or Spain",
    '"A; B" = country "Korea, Republic of" or "This or That"',
    '"A=B" = employees from 0.5 below 2, revenue below 900000, country Norway',
]


@pytest.mark.parametrize("words", WORDS)
def test_a_cell_holds_rules_in_words(words: str) -> None:
    rules = Definitions.model_validate({"segments": words}).segments
    assert "; ".join(map(str, rules)) == words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Small", "is no rule; write a name"),
        ("Small = employees under 50", '"employees under 50" is no condition; write employees below 50'),
        ("Small = ", 'segment "Small" has no condition'),
        ("Small = employees", "is no condition"),
        ("Small = employees from 9 below 3", "employees_from must be less than employees_below"),
        ("= employees below 3", "is no rule"),
    ],
)
def test_what_is_no_rule_is_told(words: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Definitions.model_validate({"segments": words})
