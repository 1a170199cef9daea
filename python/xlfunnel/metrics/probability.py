"""Exact probabilities, fast for thousands of leads: binomial tail, Fisher's test, score intervals."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

_STIRLING: Final = (1 / 12, 1 / 360, 1 / 1260, 1 / 1680, 1 / 1188)
_ROUNDING: Final = 1e-12
_FISHER_TIES: Final = 1 + 1e-7
"""Tables whose probabilities differ only by rounding count as equally likely."""


def normal_quantile(confidence: float) -> float:
    """Standard deviations on each side of a two-sided interval: 0.95 gives 1.96."""
    # From the lower tail: the upper one rounds to 1, which has no quantile, when the confidence is close to it.
    return -NormalDist().inv_cdf((1 - confidence) / 2)


def binomial_at_least(successes: int, trials: int, share: float) -> float:
    """Probability of at least so many successes.

    The sum runs from the edge of the tail outward, where terms shrink at once, so a few terms suffice.

    >>> round(binomial_at_least(10, 143, 0.06804), 2)
    0.51
    """
    if successes <= 0:
        return 1.0
    if successes > trials or share == 0:
        return 0.0
    if share == 1:
        return 1.0
    if successes > trials * share:
        return _upper_tail(successes, trials, share)
    return 1.0 - _upper_tail(trials - successes + 1, trials, 1 - share)


def fewest_trials(successes: int, share: float, confidence: float) -> int:
    """The smallest number of trials that reaches so many successes with this probability (`share` over 0).

    >>> fewest_trials(10, 0.06804, 0.8), fewest_trials(26, 0.5, 0.5)
    (183, 51)
    """
    if successes <= 0:
        return 0
    # A probability that is the confidence but for rounding reaches it.
    enough = confidence - _ROUNDING * min(confidence, 1 - confidence)
    low, high = successes - 1, successes
    while binomial_at_least(successes, high, share) < enough:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if binomial_at_least(successes, middle, share) < enough:
            low = middle
        else:
            high = middle
    return high


def wilson(successes: float, trials: float, confidence: float) -> tuple[float, float, float]:
    """Low, rate and high of a share by Wilson's score interval; `trials` must be over 0.

    >>> [round(x, 3) for x in wilson(20, 80, 0.95)]
    [0.168, 0.25, 0.355]
    """
    z2 = normal_quantile(confidence) ** 2
    rate = successes / trials
    centre = (successes + z2 / 2) / (trials + z2)
    reach = math.sqrt(z2 * (rate * (1 - rate) * trials + z2 / 4)) / (trials + z2)
    low = 0.0 if successes == 0 else max(0.0, centre - reach)
    high = 1.0 if successes == trials else min(1.0, centre + reach)
    return low, rate, high


def newcombe(
    successes_a: float, trials_a: float, successes_b: float, trials_b: float, confidence: float
) -> tuple[float, float, float]:
    """Low, difference and high of rate a − rate b, by Newcombe's method from two Wilson intervals."""
    low_a, rate_a, high_a = wilson(successes_a, trials_a, confidence)
    low_b, rate_b, high_b = wilson(successes_b, trials_b, confidence)
    difference = rate_a - rate_b
    low = difference - math.hypot(rate_a - low_a, high_b - rate_b)
    high = difference + math.hypot(high_a - rate_a, rate_b - low_b)
    return low, difference, high


def fisher(successes_a: int, trials_a: int, successes_b: int, trials_b: int) -> float:
    """Fisher's exact two-sided p: how likely a table at least this uneven is when both rates are equal.

    >>> round(fisher(8, 10, 1, 10), 6)
    0.005477
    """
    successes, trials = successes_a + successes_b, trials_a + trials_b
    first, last = max(0, successes - trials_b), min(successes, trials_a)
    mode = min(last, max(first, (successes + 1) * (trials_a + 1) // (trials + 2)))

    def step_up(k: int) -> float:
        return (successes - k) * (trials_a - k) / ((k + 1) * (trials_b - successes + k + 1))

    # Weights relative to the likeliest table, outward from it: nothing overflows, and the rest vanishes.
    weights = {mode: 1.0}
    for k in range(mode, last):
        weights[k + 1] = weights[k] * step_up(k)
    for k in range(mode - 1, first - 1, -1):
        weights[k] = weights[k + 1] / step_up(k)
    limit = weights[successes_a] * _FISHER_TIES
    return min(1.0, math.fsum(w for w in weights.values() if w <= limit) / math.fsum(weights.values()))


def _upper_tail(successes: int, trials: int, share: float) -> float:
    """P(X ≥ successes) for successes above the mean."""
    term = _binomial(successes, trials, share)
    total, odds = 0.0, share / (1 - share)
    for k in range(successes, trials + 1):
        total += term
        term *= (trials - k) / (k + 1) * odds
        if term <= total * 1e-17:
            break
    return min(1.0, total)


def _binomial(k: int, n: int, p: float) -> float:
    """P(X = k) by the saddle-point expansion, which keeps full precision where log-gamma differences lose it."""
    if k == 0:
        return math.exp(n * math.log1p(-p))
    if k == n:
        return math.exp(n * math.log(p))
    log = _stirling(n) - _stirling(k) - _stirling(n - k) - _deviance(k, n * p) - _deviance(n - k, n * (1 - p))
    return math.exp(log) * math.sqrt(n / (2 * math.pi * k * (n - k)))


def _stirling(n: int) -> float:
    """What Stirling's formula lacks: ln n! − ln(√(2πn)·(n/e)ⁿ)."""
    if n < 16:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi)
    a, b, c, d, e = _STIRLING
    square = float(n) * n
    return (a - (b - (c - (d - e / square) / square) / square) / square) / n


def _deviance(x: float, mean: float) -> float:
    """x·ln(x/mean) + mean − x, without cancellation when x is near the mean."""
    if abs(x - mean) >= 0.1 * (x + mean):
        return x * math.log(x / mean) + mean - x
    v = (x - mean) / (x + mean)
    total, power, odd = (x - mean) * v, 2 * x * v, 1
    while True:
        power *= v * v
        odd += 2
        grown = total + power / odd
        if grown == total:
            return grown
        total = grown
