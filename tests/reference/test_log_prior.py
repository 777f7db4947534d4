"""The log-density of every free parameter by NumPy equals PyMC's own term."""

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from pymc.stats import compute_log_prior

from indicast import names
from indicast.elicit import log_density
from indicast.elicit._densities import LOG_DENSITIES
from indicast.elicit._distributions import DISTRIBUTIONS
from indicast.elicit._prior import Prior
from indicast.forecast._log_prior import log_prior
from indicast.generative.model import build_model

DRAWS = 5


@pytest.fixture(params=["orchard", "rated", "mill"])
def fitted(request):
    world = request.getfixturevalue(request.param)
    model = build_model(world.framework, world.hyperparameters, world.panel)
    free = {variable.name for variable in model.free_RVs}
    drawn = {name: values for name, values in world.draws(17, DRAWS).items() if name in free}
    dims = {name: (names.CHAIN, names.DRAW, *world._dims_of(name)) for name in drawn}
    posterior = xr.Dataset({name: (dims[name], values[None]) for name, values in drawn.items()})
    return world, model, posterior.assign_coords({names.CHAIN: [0], names.DRAW: np.arange(DRAWS)})


def test_every_free_parameters_term_is_pymcs(fitted):
    world, model, posterior = fitted
    ours = log_prior(posterior, world.hyperparameters)
    assert set(ours.data_vars) == {variable.name for variable in model.free_RVs}
    tree = compute_log_prior(
        xr.DataTree.from_dict({"posterior": posterior}), model=model, progressbar=False, extend_inferencedata=False
    )
    theirs = tree if isinstance(tree, xr.Dataset) else tree["log_prior"].to_dataset()
    for name in ours.data_vars:
        wanted = theirs[name].sum([dim for dim in theirs[name].dims if dim not in (names.CHAIN, names.DRAW)])
        np.testing.assert_allclose(ours[name], wanted, rtol=1e-8, atol=1e-8, err_msg=str(name))


CASES = {
    "Normal": (pm.Normal, {"mu": 0.3, "sigma": 0.7}, 1.2),
    "HalfNormal": (pm.HalfNormal, {"sigma": 0.4}, 0.9),
    "LogNormal": (pm.LogNormal, {"mu": 1.1, "sigma": 0.5}, 2.5),
    "Exponential": (pm.Exponential, {"lam": 4.0}, 0.6),
    "Gamma": (pm.Gamma, {"alpha": 3.0, "beta": 11.0}, 0.2),
    "Beta": (pm.Beta, {"alpha": 1.5, "beta": 8.5}, 0.35),
    "Dirichlet": (pm.Dirichlet, {"a": [2.2, 2.8, 1.0]}, [0.2, 0.5, 0.3]),
    "TruncatedNormal": (pm.TruncatedNormal, {"mu": 0.67, "sigma": 0.15, "lower": 0.1}, 0.5),
}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_distribution_that_a_prior_may_have_has_pymcs_density(distribution):
    kind, arguments, value = CASES[distribution]
    given = {name: np.array(number) for name, number in arguments.items()}
    prior = Prior("one", ("scenario",) if distribution == "Dirichlet" else (), distribution, given, "here", "a test")
    wanted = pm.logp(kind.dist(**given), np.array(value)).eval()
    assert log_density(prior, np.array(value)[None])[0] == pytest.approx(float(wanted), abs=1e-8)


def test_no_distribution_lacks_a_density():
    assert set(LOG_DENSITIES) == set(DISTRIBUTIONS) == set(CASES)
