"""Counts: scipy's negative binomial, the Poisson limit, and what looking or not looking does."""

import numpy as np
import pytensor.tensor as pt
import pytest
from scipy import stats

from indicast import names
from indicast.generative import count
from indicast.generative.model import model_data
from indicast.panel import NOT_LOOKED

COUNTS = np.array([0, 1, 2, 5, 17, 60])


@pytest.mark.parametrize("mean", [0.03, 0.6, 1.0, 9.7, 140.0])
@pytest.mark.parametrize("overdispersion", [0.05, 0.25, 1.0, 3.0])
def test_density_equals_that_of_scipy(mean, overdispersion):
    alpha = overdispersion**-2.0
    theirs = stats.nbinom.logpmf(COUNTS, alpha, alpha / (alpha + mean))
    # Both add log-gammas up to 700, so the twelfth digit of those is left. Variance for overdispersion misses by .1.
    np.testing.assert_allclose(count.negative_binomial(COUNTS, mean, overdispersion), theirs, rtol=1e-11, atol=1e-10)


# The true distance to the Poisson is at most y^2 overdispersion^2, so y is kept small where that would show.
@pytest.mark.parametrize("overdispersion", [1e-3, 1e-4, 1e-5, 1e-6, 1e-8])
def test_tiny_overdispersion_is_a_poisson(overdispersion):
    counts = COUNTS[:2] if overdispersion > 5e-4 else COUNTS[:4]
    found = count.negative_binomial(counts, 1.0, overdispersion)
    np.testing.assert_allclose(found, stats.poisson.logpmf(counts, 1.0), atol=1e-6)


@pytest.mark.parametrize(("mean", "overdispersion"), [(0.4, 0.1), (3.0, 0.5), (12.0, 1.2)])
def test_probabilities_sum_to_one_and_have_the_stated_moments(mean, overdispersion):
    values = np.arange(4000)
    probability = np.exp(count.negative_binomial(values, mean, overdispersion))
    assert probability.sum() == pytest.approx(1.0, abs=1e-10)
    assert (values * probability).sum() == pytest.approx(mean, rel=1e-9)
    variance = ((values - mean) ** 2 * probability).sum()
    assert variance == pytest.approx(mean + mean**2 * overdispersion**2, rel=1e-8)


@pytest.mark.parametrize("overdispersion", [1e-6, 0.05, 0.8])
def test_compiled_density_equals_scipys_down_to_the_poisson_limit(harbour, overdispersion):
    panel = harbour.panel.isel({names.TIME: slice(4)})
    draws = harbour.draws(4, 1)
    draws[names.OVERDISPERSION][:] = overdispersion
    variables = {name: pt.as_tensor(values[0]) for name, values in draws.items()}
    data = {name: pt.as_tensor(values) for name, (_, values) in model_data(harbour.framework, panel).items()}
    graph = count.log_emission_graph(variables, data, 0.5).eval(mode="FAST_COMPILE")
    if overdispersion < 1e-3:
        mean = np.exp(count.log_mean(draws, panel, 0.5))[0] * draws[names.DETECTION][0, 0]
        theirs = stats.poisson.logpmf(panel["count"].to_numpy()[..., None], mean).sum(axis=1)
        assert (panel["count_coverage"].to_numpy()[[0, 1, 2]] == 0).all()
        np.testing.assert_allclose(graph[:3], theirs[:3], atol=1e-9)
    else:
        np.testing.assert_allclose(graph, explicit(draws, panel, harbour.framework, 0.5)[0], atol=1e-10)


def kl(mean, other, alpha):
    values = np.arange(3000)
    p, q = (stats.nbinom.logpmf(values, alpha, alpha / (alpha + m)) for m in (mean, other))
    return float((np.exp(p) * (p - q)).sum())


def test_one_month_of_the_papers_rate_says_as_many_nats_as_the_design_states(flagship):
    # methods.md 3.3: alpha 16 and a reference of 10 give .081 nats (STR from SQ). Its .32 (STR from SPL) belongs to an
    # exact mirror image of the growth, -.288; the declared -.43 gives .498. Without 6.5/12 the first would be .25.
    growth = flagship.hyperparameters.priors[names.GROWTH].arguments["mu"][0]
    means = 10.0 * np.exp(flagship.hyperparameters.number("growth_years") * growth)
    assert kl(means[0], means[1], 16.0) == pytest.approx(0.081, abs=0.0005)
    assert kl(means[0], 10.0 * np.exp(-0.288 * 6.5 / 12), 16.0) == pytest.approx(0.322, abs=0.0005)
    assert kl(means[0], means[2], 16.0) == pytest.approx(0.498, abs=0.0005)


def test_our_density_gives_the_same_nats_as_scipys(flagship):
    growth = flagship.hyperparameters.priors[names.GROWTH].arguments["mu"][0]
    means = 10.0 * np.exp(flagship.hyperparameters.number("growth_years") * growth)
    values = np.arange(3000)
    p, q = (count.negative_binomial(values, m, 0.25) for m in (means[0], means[2]))
    assert float((np.exp(p) * (p - q)).sum()) == pytest.approx(kl(means[0], means[2], 16.0), abs=1e-9)


def explicit(draws, panel, framework, growth_years):
    """Return the family's log-emission by loops and scipy; dims (draw, time, scenario)."""
    size = len(framework.scenarios)
    total = np.zeros((len(draws[names.PEAK]), panel.sizes[names.TIME], size))
    for s, t, k in np.ndindex(total.shape):
        for i in range(panel.sizes[names.COUNTED]):
            coverage = int(panel["count_coverage"][t, i])
            if coverage == NOT_LOOKED:
                continue
            month = int(panel[names.TIME].dt.month[t]) - 1
            log_mu = np.log(float(panel["count_reference"][t, i])) + np.log(draws[names.DETECTION][s, coverage])
            log_mu += growth_years * draws[names.GROWTH][s, i, k] + draws[names.SEASON][s, i, month]
            log_mu += float(panel["count_peak"][t, i]) * draws[names.PEAK][s, i]
            alpha = draws[names.OVERDISPERSION][s, i] ** -2.0
            total[s, t, k] += stats.nbinom.logpmf(int(panel["count"][t, i]), alpha, alpha / (alpha + np.exp(log_mu)))
    return total


def test_emission_of_the_family_equals_a_loop_over_months_and_counts(harbour):
    draws = harbour.draws(5, 2)
    growth_years = harbour.hyperparameters.number("growth_years")
    found = count.log_emission(draws, harbour.panel, growth_years)
    np.testing.assert_allclose(found, explicit(draws, harbour.panel, harbour.framework, growth_years), atol=1e-9)


def test_a_month_nobody_looked_at_is_exactly_zero(world):
    panel = world.panel.copy(deep=True)
    panel["count_coverage"].to_numpy()[2:5] = NOT_LOOKED
    found = count.log_emission(world.draws(6, 3), panel, 0.5)
    silent = (panel["count_coverage"].to_numpy() == NOT_LOOKED).all(axis=1)
    assert silent.sum() >= 3
    assert (found[:, silent] == 0.0).all()
    assert (found[:, ~silent] != 0.0).all()


def test_events_of_a_month_nobody_looked_at_say_nothing(harbour):
    panel = harbour.panel.copy(deep=True)
    unlooked = panel["count_coverage"].to_numpy() == NOT_LOOKED
    panel["count"].to_numpy()[unlooked] = 3
    draws = harbour.draws(7, 2)
    before, after = (count.log_emission(draws, one, 0.5) for one in (harbour.panel, panel))
    assert (before == after).all()


def test_detection_thins_the_counts():
    # A Gamma-Poisson count thinned by detection p is negative binomial again, with mean p mu and the same alpha.
    rng = np.random.default_rng(8)
    mean, overdispersion, p = 6.0, 0.6, 0.35
    alpha = overdispersion**-2.0
    found = rng.binomial(rng.poisson(rng.gamma(alpha, mean / alpha, 400_000)), p)
    for y in range(8):
        expected = float(np.exp(count.negative_binomial(np.array(y), p * mean, overdispersion)))
        # Five standard errors; without thinning P(0) would be .04 for .28.
        assert (found == y).mean() == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / 400_000))


def test_silence_under_a_better_watch_speaks_louder_against_growth(harbour):
    panel = harbour.panel.isel({names.TIME: slice(1)}).copy(deep=True)
    panel["count"].to_numpy()[:] = 0
    draws = harbour.draws(9, 50)
    gap = []
    for coverage in (1, 0):  # thin, then full: prior means .55 and .9
        panel["count_coverage"].to_numpy()[:] = coverage
        draws[names.DETECTION][:] = [0.9, 0.55]
        found = count.log_emission(draws, panel, 0.4)[:, 0]
        gap.append((found[:, 3] - found[:, 0]).mean())  # closed strait expects few, one harbour many
    assert 0.0 < gap[0] < gap[1]
