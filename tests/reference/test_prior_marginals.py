"""Distributions of the numbers of priors: SciPy's, PyMC's and independent draws say the same."""

import numpy as np
import pymc as pm
import pytest

from indicast.elicit import log_density, marginal
from indicast.generative.model import random_variable


@pytest.fixture(scope="module", params=["harbour", "orchard"])
def priors(request):
    return request.getfixturevalue(request.param).hyperparameters


def test_log_densities_are_those_of_pymc(priors):
    rng = np.random.default_rng(3)
    for prior in priors.priors.values():
        if prior.distribution == "Dirichlet" and prior.shape[-1] == 1:
            continue
        values = prior.sample(rng, 3)
        with pm.Model(coords={dim: range(size) for dim, size in zip(prior.dims, prior.shape, strict=True)}):
            density = pm.logp(random_variable(prior), values[0]).sum().eval()
        np.testing.assert_allclose(log_density(prior, values)[0], density, rtol=1e-6, err_msg=prior.name)
        if prior.distribution != "Dirichlet":
            alone = marginal(prior).logpdf(values[0]).sum()
            np.testing.assert_allclose(alone, density, rtol=1e-6, err_msg=prior.name)


def test_marginals_have_the_moments_of_independent_draws(priors):
    rng, size = np.random.default_rng(4), 40_000
    for prior in priors.priors.values():
        draws, frozen = prior.sample(rng, size), marginal(prior)
        error = np.asarray(frozen.std()) / np.sqrt(size)
        # Five standard errors; the wrong scale of any distribution misses by hundreds.
        np.testing.assert_array_less(np.abs(draws.mean(axis=0) - frozen.mean()), 5.0 * error + 1e-9)
        np.testing.assert_allclose(frozen.mean(), prior.mean(), rtol=1e-9, atol=1e-12)
        place = frozen.cdf(draws).mean(axis=0)
        if np.all(np.asarray(frozen.std()) > 0):
            np.testing.assert_allclose(place, 0.5, atol=5.0 * np.sqrt(1.0 / 12.0 / size))
