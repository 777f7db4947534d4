"""Ranks are uniform for exact posteriors, and visibly not for narrow, wide or shifted ones."""

import numpy as np
import pytest
from scipy import stats

from indicast.evaluate._ranks import neighbour_correlation, rank, spread_places, uniform_fraction
from indicast.evaluate._uniformity import uniformity

SIMULATIONS, KEPT = 300, 99
PRIOR_SD, NOISE_SD = 1.3, 0.8


def ranks_of_a_normal_mean(seed, narrow=1.0, shift=0.0):
    """Return ranks of a mean with one observation; the posterior is exact, or off by a factor or a shift."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.0, PRIOR_SD, SIMULATIONS)
    seen = rng.normal(truth, NOISE_SD)
    weight = PRIOR_SD**2 / (PRIOR_SD**2 + NOISE_SD**2)
    sd = np.sqrt(weight) * NOISE_SD
    draws = rng.normal(weight * seen + shift * sd, narrow * sd, (KEPT, SIMULATIONS)).T
    return np.array([rank(one, believed, rng) for one, believed in zip(truth, draws, strict=True)]), rng


def p_value(ranks, rng):
    return float(uniformity(uniform_fraction(ranks, rng.random(ranks.size), KEPT)[None])[0])


@pytest.mark.parametrize("seed", range(5))
def test_an_exact_posterior_gives_uniform_ranks(seed):
    ranks, rng = ranks_of_a_normal_mean(seed)
    assert p_value(ranks, rng) > 0.01 / 5  # five seeds, one chance in a hundred together
    assert ranks.min() >= 0
    assert ranks.max() <= KEPT


# About the smallest faults that 300 simulations show at the strictest threshold of 200 tests: of 200 other seeds none
# was missed at .65, nine at 1.5 and seven at a shift of .4; at .75, 1.4 and .3 a quarter to two fifths are.
@pytest.mark.parametrize("fault", [{"narrow": 0.65}, {"narrow": 1.5}, {"shift": 0.4}, {"shift": -0.4}], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_a_posterior_that_is_too_narrow_too_wide_or_shifted_is_found(fault, seed):
    assert p_value(*ranks_of_a_normal_mean(seed, **fault)) < 0.01 / 200


def test_a_rank_counts_what_lies_below():
    rng = np.random.default_rng(1)
    assert rank(0.5, np.array([0.1, 0.9, 0.4, 0.6]), rng) == 2
    assert rank(-1.0, np.array([0.1, 0.9]), rng) == 0
    assert rank(2.0, np.array([0.1, 0.9]), rng) == 2


def test_equals_are_broken_evenly():
    rng = np.random.default_rng(2)
    found = np.bincount([rank(1.0, np.array([0.0, 1.0, 1.0, 1.0]), rng) for _ in range(4000)], minlength=5)
    assert found[0] == 0
    assert stats.chisquare(found[1:]).pvalue > 0.001


def test_places_are_spread_evenly_over_all_chains():
    places = spread_places(1000, 99)
    assert np.unique(places).size == 99
    assert set(np.diff(places)) == {10, 11}
    assert (places < 500).sum() in {49, 50}


def test_fractions_of_uniform_ranks_are_uniform_without_steps():
    rng = np.random.default_rng(3)
    found = uniform_fraction(rng.integers(0, 100, 20_000), rng.random(20_000), 99)
    assert stats.kstest(found, "uniform").pvalue > 0.001


def test_the_correlation_of_neighbours_is_that_of_the_process_and_does_not_join_chains():
    rng = np.random.default_rng(4)
    path = np.zeros((2, 20_000))
    for t in range(1, path.shape[1]):
        path[:, t] = 0.6 * path[:, t - 1] + rng.normal(size=2)
    # Standard error sqrt((1 - .36) / 40000) = .004; four of them.
    assert neighbour_correlation(path.ravel(), 2) == pytest.approx(0.6, abs=0.016)
    far_apart = np.concatenate([rng.normal(-50.0, 1.0, 5000), rng.normal(50.0, 1.0, 5000)])
    assert abs(neighbour_correlation(far_apart, 2)) < 0.04
    assert neighbour_correlation(far_apart, 1) > 0.99
    assert neighbour_correlation(np.ones(10), 2) == 0.0
