"""How figures are written: formats, headings and words."""

from __future__ import annotations

import pytest

from xlfunnel.units import Unit
from xlfunnel.workbooks.styles import heading, in_words, number_format, short_format


@pytest.mark.parametrize("unit", list(Unit))
def test_every_unit_has_a_format_and_words(unit: Unit) -> None:
    assert number_format(unit)
    assert in_words(unit, 12.5)
    assert heading("x", unit, "USD").startswith("X")


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        (Unit.SHARE, 0.2, "20.0 %"),
        (Unit.COUNT, 1234, "1,234"),
        (Unit.DAYS, 71, "71.0"),
        (Unit.RATIO, 1.614, "1.61"),
        (Unit.MONEY, 7.5, "7.50"),
        (Unit.MONEY, 9_960, "9,960"),
        (Unit.MONEY, 12_400, "12.4K"),
        (Unit.MONEY, -12_400, "-12.4K"),
        (Unit.MONEY, 1_200_000, "1.2M"),
        (Unit.MONEY_PER_DAY, 3.2e9, "3.2B"),
        (Unit.MINUTES, 46.4, "46"),
    ],
)
def test_figures_in_words(unit: Unit, value: float, shown: str) -> None:
    assert in_words(unit, value) == shown


@pytest.mark.parametrize(
    ("value", "code"),
    [(0.5, "#,##0.00"), (9_999, "#,##0"), (10_000, '#,##0.0,"K"'), (-2e6, '#,##0.0,,"M"'), (5e9, '#,##0.0,,,"B"')],
)
def test_money_on_a_dashboard_is_short(value: float, code: str) -> None:
    assert short_format(Unit.MONEY, value) == code


@pytest.mark.parametrize(
    ("name", "unit", "currency", "shown"),
    [
        ("average deal", Unit.MONEY, "USD", "Average deal, USD"),
        ("average deal", Unit.MONEY, "", "Average deal"),
        ("velocity per day", Unit.MONEY_PER_DAY, "EUR", "Velocity per day, EUR"),
        ("low", Unit.MONEY_PER_DAY, "EUR", "Low, EUR/day"),
        ("low", Unit.MONEY_PER_DAY, "", "Low, per day"),
        ("velocity per day", Unit.MONEY_PER_DAY, "", "Velocity per day"),
        ("median", Unit.DAYS, "USD", "Median, days"),
        ("median days", Unit.DAYS, "USD", "Median days"),
        ("win rate", Unit.SHARE, "USD", "Win rate"),
        ("MQL → SQL", Unit.SHARE, "USD", "MQL → SQL"),
    ],
)
def test_headings_say_their_unit_once(name: str, unit: Unit, currency: str, shown: str) -> None:
    assert heading(name, unit, currency) == shown
