"""Spend and people: money is read as it stands, or nothing is."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import openpyxl
import pytest

from xlfunnel.crm import PersonRow, SpendRow, read_people, read_spend
from xlfunnel.crm.errors import BadCostRow, EmptyFile, MissingCostColumn, MissingFile, SeveralCurrencies

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crm.conftest import Save

PEOPLE = "Role,Month,Cost,Burden,Acquisition share,Hours: Paid Search,hours: Organic\n"


def test_spend_is_read(save: Save) -> None:
    path = save(
        'Channel,Month,Amount,Kind\nPaid Search,2026-04,"14,400.50",Media\n\n'
        "Paid Search,2026-04-01,1400,\nTotal,,15800.50,\n"
    )
    assert read_spend(path) == (
        SpendRow("Paid Search", date(2026, 4, 1), 14_400.5, "Media"),
        SpendRow("Paid Search", date(2026, 4, 1), 1_400, ""),
    )


def test_people_are_read_with_their_hours(save: Save) -> None:
    path = save(PEOPLE + "Account Executive,2026-04,64000,0.25,85%,144,\nSDR,2026-05,27000,25 %,1,106.5,182\n")
    first, second = read_people(path)
    assert first == PersonRow("Account Executive", date(2026, 4, 1), 64_000, 0.25, 0.85, {"Paid Search": 144})
    assert first.loaded_cost == 68_000
    assert (second.burden, second.hours) == (0.25, {"Paid Search": 106.5, "Organic": 182})


def test_a_workbook_will_do(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Channel", "Month", "Amount", "Kind"], ["Web", date(2026, 4, 1), 1_234.5, "Media"]):
        book.active.append(row)
    path = tmp_path / "spend.xlsx"
    book.save(path)
    assert read_spend(path) == (SpendRow("Web", date(2026, 4, 1), 1_234.5, "Media"),)


@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        ("Web,2026-04,lots,Media", "Amount", '"lots" is not allowed; it must be an amount of 0 or more'),
        ("Web,2026-04,-5,Media", "Amount", '"-5" is not allowed'),
        ("Web,2026-04,,Media", "Amount", "must not be blank"),
        (",2026-04,5,Media", "Channel", "must not be blank"),
        ("Web,April,5,Media", "Month", "a month is written like 2026-04"),
        ("Web,2026-13,5,Media", "Month", "a month is written like 2026-04"),
        ("Web,2026-04,5", "", "it has 3 values, where the header has 4"),
    ],
)
def test_a_bad_spend_row_stops_everything(save: Save, row: str, column: str, told: str) -> None:
    path = save(f"Channel,Month,Amount,Kind\nWeb,2026-04,5,Media\n{row}\nWeb,2026-05,5,Media\n", "spend.csv")
    with pytest.raises(BadCostRow, match=rf'spend\.csv, row 3, column "{column}".*{told}'):
        read_spend(path)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("AE,2026-04,64000,25,0.5,,", "Burden"),
        ("AE,2026-04,64000,0.25,150%,,", "Acquisition share"),
        ("AE,2026-04,64000,0.25,half,,", "Acquisition share"),
        ("AE,2026-04,64000,0.25,,,", "Acquisition share"),
        ("AE,2026-04,64000,0.25,0.5,many,", "Hours: Paid Search"),
        ("AE,2026-04,64000,0.25,0.5,-1,", "Hours: Paid Search"),
    ],
)
def test_a_bad_people_row_stops_everything(save: Save, row: str, column: str) -> None:
    with pytest.raises(BadCostRow, match=rf'people\.csv, row 2, column "{column}"'):
        read_people(save(PEOPLE + row + "\n", "people.csv"))


def test_missing_columns_files_and_mixed_currencies_stop(save: Save, tmp_path: Path) -> None:
    with pytest.raises(MissingCostColumn, match=r"no column 'Amount', 'Kind'\. It needs the columns Channel, Month"):
        read_spend(save("Channel,Month,Sum\nWeb,2026-04,5\n"))
    with pytest.raises(MissingFile):
        read_spend(tmp_path / "nowhere.csv")
    with pytest.raises(EmptyFile):
        read_people(save(""))
    with pytest.raises(SeveralCurrencies):
        read_spend(save("Channel,Month,Amount,Kind\nWeb,2026-04,$5,\nWeb,2026-04,€5,\n"))
