"""Probabilities and intervals against independent implementations (scipy, statsmodels)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from xlfunnel import win_rate_compare, win_rate_interval
from xlfunnel.metrics.probability import binomial_at_least, fewest_trials, fisher, newcombe, wilson

shares = st.floats(1e-4, 1 - 1e-4)


@given(st.integers(0, 6000), st.integers(0, 6000), shares)
def test_the_binomial_tail_equals_scipy(successes: int, trials: int, share: float) -> None:
    wanted = stats.binom.sf(successes - 1, trials, share)
    assert binomial_at_least(successes, trials, share) == pytest.approx(wanted, rel=1e-9, abs=1e-14)


@given(st.integers(1, 300), st.floats(0.005, 1), st.floats(0.01, 0.999))
def test_the_fewest_trials_are_enough_and_one_less_is_not(successes: int, share: float, confidence: float) -> None:
    trials = fewest_trials(successes, share, confidence)
    # An exact tie, such as 5 of 9 at one half, is reached but for the last digits.
    assert binomial_at_least(successes, trials, share) >= confidence * (1 - 1e-12)
    assert binomial_at_least(successes, trials - 1, share) < confidence


@given(st.integers(1, 3000), st.data(), st.floats(0.5, 0.999))
def test_wilson_equals_statsmodels(trials: int, data: st.DataObject, confidence: float) -> None:
    successes = data.draw(st.integers(0, trials))
    low, rate, high = wilson(successes, trials, confidence)
    wanted = proportion_confint(successes, trials, 1 - confidence, method="wilson")
    assert (low, high) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert low <= rate <= high


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_newcombe_equals_statsmodels(trials_a: int, trials_b: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, trials_a)), data.draw(st.integers(0, trials_b))
    low, difference, high = newcombe(a, trials_a, b, trials_b, 0.95)
    wanted = confint_proportions_2indep(a, trials_a, b, trials_b, method="newcomb", compare="diff")
    assert (low, high) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert low <= difference <= high


@given(st.integers(1, 2000), st.integers(1, 2000), st.data())
def test_fisher_equals_scipy(trials_a: int, trials_b: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, trials_a)), data.draw(st.integers(0, trials_b))
    wanted = stats.fisher_exact([[a, trials_a - a], [b, trials_b - b]]).pvalue
    assert fisher(a, trials_a, b, trials_b) == pytest.approx(wanted, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_thousands_of_leads_take_no_time_to_speak_of(size: int) -> None:
    started = time.perf_counter()
    binomial_at_least(size // 10, size, 0.1)
    fisher(size // 4, size, size // 5, size)
    fewest_trials(size // 50, 0.06804, 0.8)
    # Wide on purpose: it catches a method that grows with the square, not a slow machine.
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((30, 100, 15, 100), "a wins more often"),
        ((15, 100, 30, 100), "b wins more often"),
        ((6, 20, 4, 20), "cannot tell yet"),
        ((0, 5, 0, 5), "cannot tell yet"),
    ],
)
def test_the_verdict_in_words(counts: tuple[int, int, int, int], verdict: str) -> None:
    assert win_rate_compare(*counts).rows[0][-1] == verdict


def test_the_interval_is_wider_when_more_must_be_sure() -> None:
    (low, rate, high), (lower, same, higher) = (
        win_rate_interval(20, 80).rows[0],
        win_rate_interval(20, 80, 0.99).rows[0],
    )
    assert lower < low < rate == same < high < higher
