"""One source has one name; what is only nearly the same is for a person to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xlfunnel.crm.cells import Cells, tidy_cells
from xlfunnel.crm.source_names import source_names
from xlfunnel.crm.text_array import distinct, text_array

if TYPE_CHECKING:
    from tests.crm.conftest import Read


def cells(*texts: str) -> Cells:
    return tidy_cells(*distinct(text_array(texts)))


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["Google", "google", "google"], ["google"] * 3),
        (["Online Store", "OnlineStore", "online-store"], ["Online Store"] * 3),
        (["Web", "Webinar", ""], ["Web", "Webinar", None]),
        (["???", "!!!"], ["???", "!!!"]),
    ],
)
def test_case_spaces_and_punctuation_make_no_difference(texts: list[str], shown: list[str | None]) -> None:
    column = cells(*texts)
    assert source_names([column], {}).rename(column).strings().to_pylist() == shown


def test_the_most_frequent_spelling_of_all_files_is_shown() -> None:
    one, two = cells("paid search", "Paid Search"), cells("Paid Search")
    names = source_names([one, two], {})
    assert names.rename(one).strings().to_pylist() == ["Paid Search", "Paid Search"]
    assert names.merged(one) == ['The source "paid search" (1) is taken as "Paid Search"']


def test_the_definitions_rename_whatever_the_spelling() -> None:
    column = cells("OFFLINE_SOURCES", "Outbound", "outbound", "outbound")
    names = source_names([column], {"Offline Sources": "Outbound"})
    assert set(names.rename(column).strings().to_pylist()) == {"Outbound"}


@pytest.mark.parametrize(
    ("texts", "suggested"),
    [
        (["Google", "Google", "Gogle"], True),
        (["Webinar", "Webinars"], True),
        (["Trade Fair 2025", "Trade Fair 2026"], False),
        (["Paid Search", "Paid Social"], False),
        (["Organic Search", "Paid Search"], False),
        (["Web", "Wed"], False),
    ],
)
def test_a_near_match_is_suggested_and_not_merged(texts: list[str], *, suggested: bool) -> None:
    column = cells(*texts)
    names = source_names([column], {})
    assert names.rename(column).strings().to_pylist() == texts
    assert bool(names.suggestions()) is suggested


def test_a_suggestion_says_how_to_follow_it(read: Read) -> None:
    exports = read("Deal ID,Deal Stage,Lead Source\n1,New,Google\n2,New,Google\n3,New,Gogle\n")
    (note,) = exports.files[0].notes
    assert note.startswith('The sources "Gogle" (1) and "Google" (2) are nearly the same')
    assert note.endswith('say so in the definitions under [sources]: "Gogle" = "Google"')
