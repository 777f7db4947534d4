"""Scenarios hold as often as their probabilities say, and the exact test sees when they do not."""

import itertools

import numpy as np
import pytest

from indicast.evaluate._state_calibration import bin_of, brier, poisson_binomial, state_bins
from indicast.evaluate._uniformity import holm


def worlds(seed, size, sharpen=1.0):
    """Return probabilities and what happened; ``sharpen`` > 1 exaggerates the probabilities' log-odds."""
    rng = np.random.default_rng(seed)
    right = rng.beta(1.2, 1.5, size)
    held = rng.random(size) < right
    log_odds = sharpen * np.log(right / (1.0 - right))
    return 1.0 / (1.0 + np.exp(-log_odds)), held


def test_the_number_of_successes_of_unequal_coins_equals_enumeration():
    chance = np.array([0.1, 0.75, 0.3, 0.99])
    expected = np.zeros(5)
    for outcome in itertools.product([0, 1], repeat=4):
        expected[sum(outcome)] += np.prod(np.where(outcome, chance, 1.0 - chance))
    np.testing.assert_allclose(poisson_binomial(chance), expected, atol=1e-14)


def test_bins_hold_every_simulation_once():
    probability, held = worlds(1, 200)
    bins = state_bins("now", "a", probability, held)
    assert sum(one.number for one in bins) == 200
    assert sum(one.number * one.observed for one in bins) == pytest.approx(held.sum())
    assert all(one.low <= one.expected <= one.high for one in bins if one.number)
    assert bin_of(np.array([0.2, 0.4, 0.6, 0.8])).tolist() == [1, 2, 3, 4]


def test_an_empty_bin_says_nothing():
    bins = state_bins("now", "a", np.full(10, 0.5), np.arange(10) < 5)
    assert [one.number for one in bins] == [0, 0, 10, 0, 0]
    assert all(one.p == 1.0 for one in bins if not one.number)


def test_a_p_value_is_both_tails_of_the_exact_distribution():
    probability, held = np.array([0.05, 0.1, 0.15]), np.array([True, True, False])
    first = state_bins("now", "a", probability, held)[0]
    at_least_two = 0.05 * 0.1 * 0.85 + 0.05 * 0.9 * 0.15 + 0.95 * 0.1 * 0.15 + 0.05 * 0.1 * 0.15
    assert first.p == pytest.approx(2.0 * at_least_two)


def test_calibrated_probabilities_are_seldom_refused():
    found = [holm(np.array([one.p for one in state_bins("", "", *worlds(seed, 300))])).min() for seed in range(400)]
    assert np.mean(np.array(found) < 0.05) < 0.05 + 4.0 * np.sqrt(0.05 * 0.95 / 400)


# Twice the log-odds: .7 becomes .84, .9 becomes .99.
def test_over_confident_probabilities_are_found():
    found = [holm(np.array([one.p for one in state_bins("", "", *worlds(s, 300, 2.0))])).min() for s in range(20)]
    # Of these twenty seeds the largest is .0027; calibrated ones fall below .01 once in a hundred.
    assert (np.array(found) < 0.01).all()


def test_bands_hold_what_is_right_nineteen_times_in_twenty():
    inside = []
    for seed in range(300):
        bins = [one for one in state_bins("", "", *worlds(seed, 300)) if one.number]
        inside += [one.band[0] <= one.observed <= one.band[1] for one in bins]
    assert np.mean(inside) > 0.94  # discrete, so a little more than .95


def test_the_parts_of_a_brier_score_add_up_where_a_bin_holds_one_probability():
    rng = np.random.default_rng(5)
    probability = rng.choice([0.1, 0.3, 0.7, 0.9], 500)
    held = rng.random(500) < probability
    found = brier("now", "a", probability, held)
    assert found.score == pytest.approx(found.reliability - found.resolution + found.uncertainty, abs=1e-12)
    assert found.score == pytest.approx(np.mean((probability - held) ** 2))
    assert found.reliability < 0.01
