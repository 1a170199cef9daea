"""Every way to write money, and the decimal sign as a property of the column."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.crm.amounts import Amounts, Decimal, currency_code, read_amounts
from xlfunnel.crm.cells import tidy_cells
from xlfunnel.crm.errors import UndecidableAmounts
from xlfunnel.crm.text_array import distinct, text_array


def amounts(texts: list[str], decimal: Decimal | None = None, *, typed: bool = False) -> Amounts:
    cells = tidy_cells(*distinct(text_array(texts)))
    return read_amounts("deals.csv", "Amount", cells, decimal=decimal, typed=typed)


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("12000", 12_000, ""),
        ("12000.5", 12_000.5, ""),
        ("$12,000.00", 12_000, "USD"),
        ("USD 12,000.00", 12_000, "USD"),
        ("12.000,00 €", 12_000, "EUR"),
        ("1 234,56", 1_234.56, ""),
        ("1\u00a0234,56", 1_234.56, ""),
        ("1'234.50", 1_234.5, ""),
        ("(1,200)", -1_200, ""),
        ("-$1,200.00", -1_200, "USD"),
        ("$-1,200.00", -1_200, "USD"),
        ("1,200.00-", -1_200, ""),
        ("$1,117.10K", 1_117_100, "USD"),
        ("€1.5m", 1_500_000, "EUR"),
        ("12,34,567.00", 1_234_567, ""),
        ("1,234,567", 1_234_567, ""),
        ("1.234.567", 1_234_567, ""),
        ("0,125", 0.125, ""),
        ("1.2E+05", 120_000, ""),
        ("£0", 0, "GBP"),
    ],
)
def test_an_amount_is_read_however_it_is_written(text: str, value: float, currency: str) -> None:
    found = amounts([text])
    assert found.value[0] == pytest.approx(value)
    assert found.currency.text(0) == currency
    assert not found.unreadable.any()


NO_AMOUNTS = [
    "see contract",
    "25%",
    "(1,200",
    "1,200)",
    "--5",
    "1.2.3,4,5",
    "12,00.00",
    "inf",
    "$",
    "1e",
    "12 apples",
]


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_what_is_no_amount_is_unreadable(text: str) -> None:
    found = amounts([text, "100"])
    assert found.unreadable.tolist() == [True, False]
    assert math.isnan(found.value[0])


@pytest.mark.parametrize("text", ["", "N/A", "-", "Select", "NaN"])
def test_a_placeholder_is_blank_and_not_zero(text: str) -> None:
    found = amounts([text])
    assert math.isnan(found.value[0])
    assert not found.unreadable.any()


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1.234", "5,50"], [1234, 5.5]),
        (["1,234", "5.50"], [1234, 5.5]),
        (["1.234", "5.5"], [1.234, 5.5]),
        (["1,234", "5.678"], None),
        (["1.234", "12000"], None),
        (["1,234", "12000"], [1234, 12000]),
        (["1,234", "56,789"], [1234, 56789]),
        (["1.234", "56.789"], [1234, 56789]),
        (["1.234", "1,5", "2.5"], None),
    ],
)
def test_the_column_decides_the_decimal_sign(texts: list[str], values: list[float] | None) -> None:
    if values is None:
        with pytest.raises(UndecidableAmounts, match=r'deals.csv, column "Amount".*decimal = '):
            amounts(texts)
    else:
        assert amounts(texts).value.tolist() == values


def test_the_definitions_decide_where_the_column_cannot() -> None:
    assert amounts(["1.234", "12000"], ".").value.tolist() == [1.234, 12_000]
    assert amounts(["1.234", "12000"], ",").value.tolist() == [1_234, 12_000]


def test_a_rule_that_decided_alone_is_told() -> None:
    assert amounts(["1,234"]).note == 'Amount: the comma in "1,234" is read as separating thousands'
    assert not amounts(["1,234.50"]).note


def test_numbers_of_a_workbook_always_have_a_point() -> None:
    assert amounts(["1.234", "12000", "3,522.00"], typed=True).value.tolist() == [1.234, 12_000, 3_522]


@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=20))
def test_american_and_german_ways_say_the_same(numbers: list[object]) -> None:
    american = [f"{number:,.2f}" for number in numbers]
    german = [text.translate(str.maketrans(",.", ".,")) for text in american]
    assert amounts(american).value.tolist() == amounts(german).value.tolist() == [float(str(n)) for n in numbers]


@given(st.lists(st.text(max_size=15), min_size=1, max_size=20))
def test_any_text_is_read_or_called_unreadable_or_blank(texts: list[str]) -> None:
    try:
        found = amounts(texts)
    except UndecidableAmounts:
        return
    assert [math.isnan(value) for value in found.value] == (
        found.unreadable | tidy_cells(*distinct(text_array(texts))).blank
    ).tolist()


@pytest.mark.parametrize(
    ("text", "code"),
    [("usd", "USD"), ("$", "USD"), ("US Dollar (USD)", "USD"), ("€", "EUR"), ("", ""), ("1234", ""), ("R$", "BRL")],
)
def test_a_currency_has_a_code(text: str, code: str) -> None:
    assert currency_code(text) == code
