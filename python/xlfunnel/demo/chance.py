"""Draws that come out the same everywhere: everything is taken from `random.Random.random`, the one sequence that
Python promises to keep, and curves are tables rounded at their making, so that no platform's mathematics shows.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeVar

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


def skewed(spread: float) -> Curve:
    """The curve of a log-normal quantity with median 1 and this standard deviation of its logarithm.

    >>> curve = skewed(0.5)
    >>> [curve[0], curve[128], curve[-1]]
    [0.2354, 1.001, 4.2478]
    """
    normal = NormalDist()
    logs = (spread * normal.inv_cdf((step + 0.5) / _STEPS) for step in range(_STEPS))
    return tuple(round(exp(log), 4) for log in logs)


def stretch(draw: Draw, curve: Curve) -> float:
    """A factor around 1, taken from the curve between its quantiles."""
    place = draw() * (len(curve) - 1)
    step = int(place)
    return curve[step] + (curve[step + 1] - curve[step]) * (place - step)
