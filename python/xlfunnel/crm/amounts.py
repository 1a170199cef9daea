"""Text becomes amounts of money. Whether a point or a comma starts the decimals is decided for the whole column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from xlfunnel.crm.cells import Cells, no_cells
from xlfunnel.crm.errors import UndecidableAmounts
from xlfunnel.crm.text_array import (
    Groups,
    as_floats,
    at,
    chosen,
    distinct,
    extract,
    lowered,
    matches,
    one_of,
    place_of,
    replaced,
    text_array,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from xlfunnel.crm.text_array import Floats, Mask

Decimal = Literal[".", ","]

MACHINE = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$"
EXPONENT = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d+$"
SIGN = r"(?P<currency{0}>[A-Z]{{3}}|[A-Za-z]{{0,2}}[$€£¥₹₩₽₺₪฿₫₴]|zł|Kč|Fr\.?)?"
WRITTEN = (
    r"^(?P<open>\()?\s*(?P<minus>[-−+])?\s*"
    + SIGN.format(1)
    + r"\s*(?P<inner>[-−+])?\s*(?P<number>\d[\d., '’]*|[.,]\d+)(?P<scale>[KkMmBb])?\s*"
    + SIGN.format(2)
    + r"\s*(?P<behind>[-−])?\s*(?P<close>\))?$"
)
SCALES = {"k": 1e3, "m": 1e6, "b": 1e9}
SYMBOLS = {
    "$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "a$": "AUD", "au$": "AUD", "c$": "CAD",
    "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "r$": "BRL", "fr": "CHF", "fr.": "CHF", "zł": "PLN",
    "kč": "CZK", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₪": "ILS", "฿": "THB", "₫": "VND", "₴": "UAH",
}  # fmt: skip
NAMES = {
    "euro": "EUR", "us dollar": "USD", "us-dollar": "USD", "u.s. dollar": "USD", "dollar us": "USD",
    "dólar estadounidense": "USD", "pound sterling": "GBP", "british pound": "GBP", "pfund sterling": "GBP",
    "livre sterling": "GBP", "swiss franc": "CHF", "schweizer franken": "CHF", "franc suisse": "CHF",
    "canadian dollar": "CAD", "australian dollar": "AUD", "indian rupee": "INR", "japanese yen": "JPY",
    "swedish krona": "SEK", "norwegian krone": "NOK", "danish krone": "DKK", "polish zloty": "PLN",
}  # fmt: skip
"""Names that a column of currencies shows; one that several countries share, such as Dollar alone, is none."""


@dataclass(frozen=True)
class Amounts:
    """A column of amounts: NaN where blank, the currency that the text names, and the rows that could not be read."""

    value: Floats
    currency: Cells
    unreadable: Mask
    note: str = ""
    """How a separator was read where the column left it open."""


def read_amounts(
    file: str, column: str, cells: Cells, *, decimal: Decimal | None = None, typed: bool = False
) -> Amounts:
    """Read a column of amounts; `decimal` helps where it cannot decide, `typed` says that numbers came as numbers.

    A single point or comma before exactly three digits separates thousands, unless anything in the column
    says otherwise; where that cannot be (`1.234` beside `12000`), `UndecidableAmounts` is raised.
    """
    values = cells.values
    groups = extract(values, WRITTEN)
    numbers = replaced(groups.text("number"), r"[ '’]", "")
    exact = matches(values, MACHINE if typed else EXPONENT)
    sign, note = _decimal_sign(file, column, Cells(cells.codes, chosen(exact, "", numbers)), decimal)
    amount = as_floats(_machine_text(numbers, sign)) * _factor(groups)
    amount = np.where(exact, as_floats(chosen(exact, values, None)), amount)
    return Amounts(
        cells.per_row(amount, blank=np.nan),
        _currencies(cells, groups),
        cells.per_row(np.isnan(amount), blank=False),
        note,
    )


def currency_code(text: str) -> str:
    """The code of a currency that is written as code, sign, name or with a code in brackets; "" for anything else.

    >>> currency_code("usd"), currency_code("€"), currency_code("US Dollar (USD)"), currency_code("bananas")
    ('USD', 'EUR', 'USD', '')
    """
    plain = text.strip()
    for known in (SYMBOLS, NAMES):
        if plain.casefold() in known:
            return known[plain.casefold()]
    if plain.endswith(")") and plain[-5:-4] == "(":
        plain = plain[-4:-1]
    code = plain.upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else ""


@dataclass(frozen=True)
class _Shapes:
    """How many rows speak for a sign as the start of the decimals, and the values that leave it open."""

    rows: int
    open_values: list[str]


def _grouped(sign: str, least: int) -> str:
    """A pattern for digits in groups of three, or in groups of two and a last one of three as in India."""
    return rf"(?:\d{{1,3}}(?:{sign}\d{{3}}){{{least},}}|\d{{1,2}}(?:{sign}\d{{2}})+{sign}\d{{3}})"


def _shapes(cells: Cells, sign: Decimal) -> _Shapes:
    point, other = (r"\.", ",") if sign == "." else (",", r"\.")
    decided = (
        rf"^{_grouped(other, 1)}{point}\d*$|^{_grouped(other, 2)}$"
        rf"|^\d*{point}(?:\d{{0,2}}|\d{{4,}})$|^(?:0|\d{{4,}})?{point}\d{{3}}$"
    )
    rows = cells.per_row(matches(cells.values, decided), blank=False)
    left_open = np.flatnonzero(matches(cells.values, rf"^[1-9]\d{{0,2}}{point}\d{{3}}$"))
    return _Shapes(int(rows.sum()), [str(text) for text in at(cells.values, left_open).to_pylist()])


def _decimal_sign(file: str, column: str, cells: Cells, decimal: Decimal | None) -> tuple[Decimal, str]:
    """The sign that starts the decimals in this column, and a note where nothing but a rule decided it."""
    point, comma = _shapes(cells, "."), _shapes(cells, ",")
    open_values = point.open_values + comma.open_values
    if point.rows and comma.rows and open_values and decimal is None:
        raise UndecidableAmounts(file, column, open_values)
    if point.rows or comma.rows:
        if decimal is not None and point.rows and comma.rows:
            return decimal, ""
        return ("." if point.rows >= comma.rows else ","), ""
    if not open_values:
        return ".", ""
    if decimal is not None:
        return decimal, ""
    ungrouped = matches(cells.values, r"^\d{4,}$").any()
    if (point.open_values and comma.open_values) or (point.open_values and ungrouped):
        raise UndecidableAmounts(file, column, open_values)
    name = "point" if point.open_values else "comma"
    return (
        "," if point.open_values else "."
    ), f'{column}: the {name} in "{open_values[0]}" is read as separating thousands'


def _machine_text(numbers: pa.StringArray, sign: Decimal) -> pa.StringArray:
    """Numbers as a program writes them; null where the separators do not stand as they must."""
    point, other = (r"\.", ",") if sign == "." else (",", r"\.")
    shape = rf"^(?:{_grouped(other, 1)}|\d*)(?:{point}\d*)?$"
    fits = matches(numbers, shape) & matches(numbers, r"\d")
    plain = replaced(replaced(numbers, other, ""), point, ".")
    return chosen(fits, plain, None)


def _factor(groups: Groups) -> Floats:
    """Sign and scale of each value; NaN where brackets or signs do not fit."""
    opened, closed = groups.given("open"), groups.given("close")
    minus = sum(one_of(groups.text(name), ["-", "−"]).astype(np.int64) for name in ("minus", "inner", "behind"))
    place = place_of(lowered(groups.text("scale")), text_array(SCALES))
    scale = np.array([*SCALES.values(), 1.0])[place]  # without a letter the place is the last
    wrong = (opened != closed) | (minus + opened > 1)
    return np.where(wrong, np.nan, np.where(opened | (minus > 0), -scale, scale))


def _currencies(cells: Cells, groups: Groups) -> Cells:
    """The currency that the text of each amount names."""
    before, behind = groups.given("currency1"), groups.given("currency2")
    if not (before | behind).any():
        return no_cells(len(cells))
    words = Cells(*distinct(chosen(before, groups.text("currency1"), groups.text("currency2"))))
    codes = words.renamed(text_array(currency_code(text) or None for text in words.texts))
    return cells.renamed(codes.strings())
