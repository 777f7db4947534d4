"""Smoothed weights and Monte Carlo errors are those of ArviZ, whose road is another one: gathered arrays and SciPy."""

import numpy as np
import pytest
from arviz_stats.base.array import array_stats

from indicast.explain._monte_carlo import effective_draws, error_of
from indicast.explain._pareto import Fitted, fit, quantile, smoothed

EXACT = 1e-10


def chains(seed, persistence, chain, draw):
    """Return autoregressive chains; from -.9 (better than independent) to .99 (hardly moving)."""
    rng = np.random.default_rng(seed)
    found = rng.standard_normal((chain, draw))
    for place in range(1, draw):
        found[:, place] += persistence * found[:, place - 1]
    return found


@pytest.mark.parametrize("persistence", [-0.9, -0.3, 0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(("chain", "draw"), [(4, 1000), (4, 1501), (1, 300), (2, 7), (3, 4)])
def test_effective_draws_and_errors_are_those_of_arviz(persistence, chain, draw):
    for seed in range(5):
        values = chains(seed, persistence, chain, draw)
        expected = array_stats.ess(values, chain_axis=0, draw_axis=1, method="mean")
        assert effective_draws(values) == pytest.approx(float(expected), rel=EXACT)
        expected = array_stats.mcse(values, chain_axis=0, draw_axis=1, method="mean")
        assert error_of(values) == pytest.approx(float(expected), rel=EXACT)


def test_what_does_not_vary_is_worth_all_its_draws_and_too_few_are_worth_nothing():
    assert effective_draws(np.full((4, 100), 2.0)) == 400.0
    assert np.isnan(effective_draws(np.ones((4, 3))))
    assert np.isnan(effective_draws(np.array([[1.0, np.nan, 2.0, 3.0, 4.0]])))


@pytest.mark.parametrize("scale", [0.01, 0.3, 0.7, 1.0, 1.5, 4.0])
@pytest.mark.parametrize("size", [25, 100, 1000, 6000])
@pytest.mark.parametrize("independent", [1.0, 0.37])
def test_smoothed_tails_and_shapes_are_those_of_arviz(scale, size, independent):
    """Exponential log-ratios have a tail whose true shape is their scale."""
    for seed in range(5):
        ratio = scale * np.random.default_rng(seed).standard_exponential(size)
        found, shape = smoothed(ratio, independent)
        expected, k_hat = array_stats.psislw(-ratio, r_eff=independent)
        assert shape == pytest.approx(float(k_hat), abs=EXACT, nan_ok=True)
        shift = found[0] - expected[0]
        np.testing.assert_allclose(found, expected + shift, atol=EXACT)


def test_a_tail_that_is_none_has_no_shape_and_stays():
    ratio = np.repeat([0.0, 1.0], [900, 100])
    found, shape = smoothed(ratio, 1.0)
    assert np.isnan(shape)
    np.testing.assert_array_equal(found, ratio - 1.0)


@pytest.mark.parametrize("shape", [-0.4, 0.2, 0.9])
def test_a_fitted_distribution_has_the_shape_and_scale_it_was_made_with(shape):
    even = (np.arange(20_000) + 0.5) / 20_000
    found = fit(quantile(even, Fitted(shape, 3.0)))
    # Quantiles of the distribution itself leave the weak prior and the last quantile's cut only.
    assert found.shape == pytest.approx(shape, abs=0.01)
    assert found.scale == pytest.approx(3.0, rel=0.02)
