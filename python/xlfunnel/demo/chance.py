"""Draws that come out the same everywhere: everything is taken from `random.Random.random`, the one sequence that
Python promises to keep, and curves are tables rounded at their making, so that no platform's mathematics shows.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from statistics import NormalDist
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Draw = Callable[[], float]
"""A number from 0 to under 1, a new one at each call."""

Curve = tuple[float, ...]
"""Quantiles of a positive quantity whose median is 1."""

T = TypeVar("T")

_STEPS = 256


def shares(weights: Mapping[T, int]) -> tuple[T, ...]:
    """Each option as often as its weight says, to be picked from by `one_of`.

    >>> shares({"Small": 3, "Large": 1})
    ('Small', 'Small', 'Small', 'Large')
    """
    return tuple(option for option, weight in weights.items() for _ in range(weight))


def one_of(draw: Draw, options: Sequence[T]) -> T:
    """One of the options, each equally likely."""
    return options[int(draw() * len(options))]


class Deck(Generic[T]):
    """Options in a random order, every one used before any comes again: a small sample looks like a large one."""

    def __init__(self, draw: Draw, cards: Sequence[T]) -> None:
        self._draw = draw
        self._cards = cards
        self._left: list[T] = []

    def next(self) -> T:
        """The next option."""
        left = self._left or list(self._cards)
        place = int(self._draw() * len(left))
        left[place], left[-1] = left[-1], left[place]
        self._left = left
        return left.pop()


class Quota:
    """Something that happens in a steady share of cases, beginning at random."""

    def __init__(self, draw: Draw, share: float) -> None:
        self._share = share
        self._due = draw()

    def next(self) -> bool:
        """Whether it happens this time."""
        self._due += self._share
        happens = self._due >= 1
        self._due -= happens
        return happens


def skewed(spread: float) -> Curve:
    """The curve of a log-normal quantity with median 1 and this standard deviation of its logarithm.

    >>> curve = skewed(0.5)
    >>> [curve[0], curve[128], curve[-1]]
    [0.2363, 1.0025, 4.2326]
    """
    normal = NormalDist()
    logs = (spread * normal.inv_cdf((step + 0.5) / _STEPS) for step in range(_STEPS))
    return tuple(round(exp(log), 4) for log in logs)


def stretch(draw: Draw, curve: Curve) -> float:
    """A factor around 1."""
    return quantile(curve, draw())


def quantile(curve: Curve, share: float) -> float:
    """The factor that this share, 0 to under 1, lies below.

    >>> quantile((0.5, 1.0, 2.0), 0.75)
    1.5
    """
    place = share * (len(curve) - 1)
    step = int(place)
    return curve[step] + (curve[step + 1] - curve[step]) * (place - step)
