"""Division that refuses an empty denominator, and rounding that is exact in decimal arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from xlfunnel.errors import EmptyDenominator
from xlfunnel.units import Rounding

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOISE: Final = Fraction(1, 10**9)
_MOST_NOISE: Final = Fraction(1, 1000)


def ratio(numerator: float, denominator: float, what: str) -> float:
    """`numerator` ÷ `denominator`; a denominator of zero raises `EmptyDenominator`, which says what is zero.

    >>> ratio(1, 4, "cycle_days")
    0.25
    """
    if denominator == 0:
        msg = f"{what} is 0, so there is nothing to divide by"
        raise EmptyDenominator(msg)
    return numerator / denominator


def exact(number: float) -> Fraction:
    """The decimal number that a person typed: 0.1 is one tenth, not the nearest binary fraction.

    >>> exact(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(float(number)))


def product(rates: Iterable[float]) -> Fraction:
    """The product of decimal numbers, exactly.

    >>> float(product([0.3, 0.7, 0.6, 0.6, 0.9]))
    0.06804
    """
    return math.prod((exact(rate) for rate in rates), start=Fraction(1))


def exact_ratio(numerator: Fraction, denominator: Fraction, what: str) -> Fraction:
    """As `ratio`, exactly."""
    if denominator == 0:
        msg = f"{what} is 0, so there is nothing to divide by"
        raise EmptyDenominator(msg)
    return numerator / denominator


def round_up(need: Fraction) -> int:
    """The smallest whole number that covers the need.

    A need within 1e-9 of a whole number (relative, at most 0.001) is that number: inputs that were themselves
    computed carry binary noise, and noise must not order one more lead.

    >>> round_up(exact(0.3) / exact(0.1)), round_up(Fraction(146_972, 1000))
    (3, 147)
    """
    whole = _whole(need)
    return math.ceil(need) if whole is None else whole


def round_nearest(need: Fraction) -> int:
    """The nearest whole number, halves up, as a person rounds.

    >>> round_nearest(Fraction(5, 2)), round_nearest(Fraction(220459, 1000))
    (3, 220)
    """
    return math.floor(need + Fraction(1, 2) + min(abs(need) * _NOISE, _MOST_NOISE))


def rounded(need: Fraction, how: Rounding) -> float:
    """A count as it is shown; "step" has been rounded on the way and is shown to the nearest."""
    if how is Rounding.NONE:
        return float(need)
    return float(round_up(need) if how is Rounding.UP else round_nearest(need))


def _whole(need: Fraction) -> int | None:
    nearest = round(need)
    return nearest if abs(need - nearest) <= min(abs(need) * _NOISE, _MOST_NOISE) else None
