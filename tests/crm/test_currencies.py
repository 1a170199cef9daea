"""Money in several currencies is never added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xlfunnel.crm import Rule
from xlfunnel.crm.errors import MissingRate, SeveralCurrencies

if TYPE_CHECKING:
    from tests.crm.conftest import Read

HEADER = "Deal ID,Deal Stage,Amount,Currency\n"
MIXED = HEADER + "1,New,100,USD\n2,New,100,EUR\n3,New,100,usd\n4,New,0,GBP\n"


def amounts(read: Read, text: str, **definitions: object) -> tuple[list[float | None], str]:
    exports = read(text, **definitions)
    assert exports.opportunities is not None
    return exports.opportunities["amount"].to_pylist(), exports.currency


def test_several_currencies_without_rates_stop_and_are_listed(read: Read) -> None:
    with pytest.raises(SeveralCurrencies, match=r"several currencies: USD, EUR\. They are never added"):
        read(MIXED)
    with pytest.raises(SeveralCurrencies):
        read(MIXED, rates={"EUR": 1.1})  # without the currency that the rates lead to


def test_with_rates_amounts_are_converted(read: Read) -> None:
    assert amounts(read, MIXED, currency="USD", rates={"EUR": 1.1}) == ([100, pytest.approx(110), 100, 0], "USD")
    assert amounts(read, MIXED, currency="EUR", rates={"usd": 0.5, "EUR": 1}) == ([50, 100, 50, 0], "EUR")


@pytest.mark.parametrize(
    ("rows", "definitions", "expected"),
    [
        ("1,New,100,EUR\n2,New,5,\n", {}, ([100, 5], "EUR")),
        ("1,New,€100,\n2,New,5,\n", {}, ([100, 5], "EUR")),
        ("1,New,100,\n", {}, ([100], "")),
        ("1,New,100,\n", {"currency": "CHF"}, ([100], "CHF")),
        ("1,New,100,EUR\n2,New,5,\n", {"currency": "USD", "rates": {"EUR": 2}}, ([200, 10], "USD")),
        ("1,New,$100,CAD\n", {}, ([100], "CAD")),
        ("1,New,,EUR\n2,New,100,USD\n", {}, ([None, 100], "USD")),
    ],
)
def test_one_currency_is_the_workbooks(
    read: Read, rows: str, definitions: dict[str, object], expected: object
) -> None:
    assert amounts(read, HEADER + rows, **definitions) == expected


def test_one_currency_that_is_not_the_workbooks_needs_a_rate(read: Read) -> None:
    with pytest.raises(MissingRate, match="amounts in EUR, the definitions ask for USD"):
        read(HEADER + "1,New,100,EUR\n", currency="USD")


def test_signs_in_the_amounts_are_currencies_too(read: Read) -> None:
    with pytest.raises(SeveralCurrencies):
        read("Deal ID,Deal Stage,Amount\n1,New,$5\n2,New,€5\n")


def test_the_currencies_of_all_files_are_counted_together(read: Read) -> None:
    with pytest.raises(SeveralCurrencies):
        read(HEADER + "1,New,100,EUR\n", HEADER + "2,New,100,USD\n")


def test_no_currency_and_no_rate_set_a_record_aside(read: Read) -> None:
    exports = read(MIXED + "5,New,7,bananas\n6,New,7,JPY\n7,New,7,\n", currency="USD", rates={"EUR": 1.1})
    assert [(one.row, one.value, one.rule) for one in exports.set_aside] == [
        (6, "bananas", Rule.CURRENCY), (7, "JPY", Rule.CURRENCY), (8, "", Rule.CURRENCY),
    ]  # fmt: skip
