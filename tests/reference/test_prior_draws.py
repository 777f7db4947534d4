"""Priors: their draws against closed-form means and quantiles, and one meaning for each way of writing them."""

import numpy as np
import pytest
from scipy import stats

from indicast import names
from indicast.elicit import Prior
from indicast.elicit._distributions import DISTRIBUTIONS, canonical_arguments

SIZE = 20_000
PROBABILITIES = np.array([0.01, 0.1, 0.5, 0.9, 0.99])
# 11 priors of some 60 scalars, five quantiles each: at 5 standard errors a false alarm has chance 600 * 6e-7.
ERRORS = 5.0

SCALAR = {
    "Normal": ({"mu": -0.4, "sigma": 0.5}, stats.norm(-0.4, 0.5)),
    "HalfNormal": ({"sigma": 0.7}, stats.halfnorm(scale=0.7)),
    "LogNormal": ({"mu": np.log(48.0), "sigma": 0.5}, stats.lognorm(0.5, scale=48.0)),
    "Exponential": ({"lam": 4.0}, stats.expon(scale=0.25)),
    "Gamma": ({"alpha": 3.0, "beta": 11.0}, stats.gamma(3.0, scale=1 / 11)),
    "Beta": ({"alpha": 1.5, "beta": 8.5}, stats.beta(1.5, 8.5)),
    "TruncatedNormal": (
        {"mu": 0.67, "sigma": 0.4, "lower": 0.5},
        stats.truncnorm((0.5 - 0.67) / 0.4, np.inf, loc=0.67, scale=0.4),
    ),
}


def a_prior(distribution, arguments, dims=()):
    arrays = {name: np.asarray(value, dtype=float) for name, value in arguments.items()}
    return Prior("x", dims, distribution, arrays, "a test", "a test")


def assert_follows(draws, frozen):
    """Check that draws fall below each theoretical quantile as often as they should, within ERRORS."""
    share = (draws[:, None] < frozen.ppf(PROBABILITIES)).mean(axis=0)
    error = ERRORS * np.sqrt(PROBABILITIES * (1 - PROBABILITIES) / len(draws))
    assert (np.abs(share - PROBABILITIES) < error).all(), (share, PROBABILITIES)


def test_every_distribution_is_tested():
    assert set(SCALAR) | {"Dirichlet"} == set(DISTRIBUTIONS)


@pytest.mark.parametrize("distribution", SCALAR)
def test_draws_follow_the_distribution_and_the_mean_is_its_mean(distribution):
    arguments, frozen = SCALAR[distribution]
    prior = a_prior(distribution, arguments)
    draws = prior.sample(np.random.default_rng(1), SIZE)
    assert draws.shape == (SIZE,)
    # A rate taken for a scale, or a variance for a standard deviation, would miss the quantiles by .1 and more.
    assert_follows(draws, frozen)
    assert float(prior.mean()) == pytest.approx(frozen.mean(), rel=1e-12)
    assert draws.mean() == pytest.approx(frozen.mean(), abs=ERRORS * frozen.std() / np.sqrt(SIZE))


def test_dirichlet_draws_have_beta_margins_and_negative_correlation():
    a = np.array([2.2, 2.8, 1.0, 0.4])
    prior = a_prior("Dirichlet", {"a": a}, ("scenario",))
    draws = prior.sample(np.random.default_rng(2), SIZE)
    np.testing.assert_allclose(draws.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(prior.mean(), a / a.sum(), rtol=1e-14)
    for k in range(4):
        assert_follows(draws[:, k], stats.beta(a[k], a.sum() - a[k]))
    expected = -a[0] * a[1] / (a.sum() ** 2 * (a.sum() + 1))
    product = (draws[:, 0] - draws[:, 0].mean()) * (draws[:, 1] - draws[:, 1].mean())
    assert product.mean() == pytest.approx(expected, abs=ERRORS * product.std() / np.sqrt(SIZE))


def margins(prior):
    """Yield the position and the closed-form margin of each scalar of a prior."""
    a = prior.arguments
    for place in np.ndindex(prior.shape):
        at = {name: float(values[place]) for name, values in a.items()}
        match prior.distribution:
            case "Normal":
                yield place, stats.norm(at["mu"], at["sigma"])
            case "HalfNormal":
                yield place, stats.halfnorm(scale=at["sigma"])
            case "LogNormal":
                yield place, stats.lognorm(at["sigma"], scale=np.exp(at["mu"]))
            case "Exponential":
                yield place, stats.expon(scale=1 / at["lam"])
            case "Gamma":
                yield place, stats.gamma(at["alpha"], scale=1 / at["beta"])
            case "Beta":
                yield place, stats.beta(at["alpha"], at["beta"])
            case "TruncatedNormal":
                low = (at["lower"] - at["mu"]) / at["sigma"]
                yield place, stats.truncnorm(low, np.inf, loc=at["mu"], scale=at["sigma"])
            case "Dirichlet":
                total = float(a["a"][place[:-1]].sum())
                yield place, stats.beta(at["a"], total - at["a"])


def test_every_declared_prior_is_drawn_with_its_own_numbers_in_each_place(world):
    rng = np.random.default_rng(3)
    for prior in world.hyperparameters.priors.values():
        draws = prior.sample(rng, SIZE)
        assert draws.shape == (SIZE, *prior.shape)
        for place, frozen in margins(prior):
            assert_follows(draws[(slice(None), *place)], frozen)
            assert float(prior.mean()[place]) == pytest.approx(frozen.mean(), rel=1e-10), prior.name


def test_dwell_quantiles_of_the_flagship_are_those_of_the_design(flagship):
    # methods.md 3.1: 5-95 % of d: STR 21-109, SQ 26-137, SPL 16-82 months.
    draws = flagship.hyperparameters.priors[names.DWELL].sample(np.random.default_rng(4), 200_000)
    found = np.quantile(draws, [0.05, 0.95], axis=0).T
    np.testing.assert_allclose(found, [[21, 109], [26, 137], [16, 82]], rtol=0.03)


FORMS = [
    ("LogNormal", {"median": 36.0, "sigma": 0.5}, {"mu": np.log(36.0), "sigma": 0.5}),
    ("Exponential", {"rate": 4.0}, {"lam": 4.0}),
    ("Beta", {"mean": 0.7, "concentration": 10.0}, {"alpha": 7.0, "beta": 3.0}),
    ("Dirichlet", {"mean": [0.2, 0.5, 0.3], "concentration": [6.0] * 3}, {"a": [1.2, 3.0, 1.8]}),
    ("Normal", {"sigma": 2.0, "mu": 1.0}, {"mu": 1.0, "sigma": 2.0}),
]


@pytest.mark.parametrize(("distribution", "written", "meant"), FORMS, ids=lambda value: str(value)[:20])
def test_the_easier_form_means_the_canonical_one(distribution, written, meant):
    arrays = {name: np.asarray(value, dtype=float) for name, value in written.items()}
    found = canonical_arguments("here", distribution, arrays)
    assert list(found) == list(DISTRIBUTIONS[distribution].parameters)
    for name, value in meant.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-14)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(harbour):
    for prior in harbour.hyperparameters.priors.values():
        first, again, other = (prior.sample(np.random.default_rng(seed), 5) for seed in (1, 1, 2))
        assert (first == again).all()
        assert (first != other).any()
