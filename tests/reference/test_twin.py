"""The PyMC model and the NumPy twin are one model: evidence and whole log-density, draw by draw."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import graph_replace
from scipy import stats

from indicast import names
from indicast.generative import emission, ratings
from indicast.generative.model import EVIDENCE, build_model

DRAWS = 12
STANDARD_NORMAL = (
    names.STRENGTH_Z,
    names.TILT_Z,
    names.FLAT_NEWS_Z,
    names.GLOBAL_INNOVATION,
    names.GROUP_INNOVATION,
)


WORLDS = ["harbour", "orchard", "orchard_residual", "orchard_labels", "orchard_history", "flagship", "rated"]


@pytest.fixture(params=WORLDS)
def world(request):
    return request.getfixturevalue(request.param)


def standard_normal(world):
    """Return the names of the free variables that have no declared prior."""
    return STANDARD_NORMAL + (tuple(ratings.STANDARD_NORMAL) if len(world.framework.table.ratings) else ())


def priors_of(world):
    """Return the priors of the parameters that a start of the model has."""
    start = world.framework.declaration.start
    unused = set() if (start.mode, start.route) == ("marks", "A") else {names.MARKS_OF_PRESENT}
    return {name: prior for name, prior in world.hyperparameters.priors.items() if name not in unused}


def scipy_log_density(prior, value):
    """Return log p(value) of one prior by scipy, dims added up."""
    a = prior.arguments
    match prior.distribution:
        case "Normal":
            density = stats.norm.logpdf(value, a["mu"], a["sigma"])
        case "HalfNormal":
            density = stats.halfnorm.logpdf(value, scale=a["sigma"])
        case "LogNormal":
            density = stats.lognorm.logpdf(value, a["sigma"], scale=np.exp(a["mu"]))
        case "Exponential":
            density = stats.expon.logpdf(value, scale=1.0 / a["lam"])
        case "Gamma":
            density = stats.gamma.logpdf(value, a["alpha"], scale=1.0 / a["beta"])
        case "Beta":
            density = stats.beta.logpdf(value, a["alpha"], a["beta"])
        case "TruncatedNormal":
            low = (a["lower"] - a["mu"]) / a["sigma"]
            density = stats.truncnorm.logpdf(value, low, np.inf, loc=a["mu"], scale=a["sigma"])
        case "Dirichlet":
            rows = zip(value.reshape(-1, value.shape[-1]), a["a"].reshape(-1, value.shape[-1]), strict=True)
            density = np.array([stats.dirichlet.logpdf(row / row.sum(), weights) for row, weights in rows])
    return float(np.sum(density))


def log_prior(world, draws, place):
    """Return the log prior density of one draw by scipy, nats."""
    total = sum(stats.norm.logpdf(draws[name][place]).sum() for name in standard_normal(world))
    return total + sum(scipy_log_density(prior, draws[name][place]) for name, prior in priors_of(world).items())


def log_marginal(world, draws):
    """Return the twin's log p(evidence | parameters) of every draw, nats."""
    evidence = emission.log_emission(draws, world.framework, world.hyperparameters, world.panel)
    return emission.run_chain(draws, evidence).log_marginal


@pytest.fixture
def model(world):
    return build_model(world.framework, world.hyperparameters, world.panel)


def evidence_of(model):
    """Return a function from natural parameter values to the model's potential."""
    inputs = {rv: rv.type(rv.name) for rv in model.free_RVs}
    potential = graph_replace(model[EVIDENCE], inputs, strict=False)
    return pytensor.function(list(inputs.values()), potential, mode="FAST_COMPILE")


def unconstrained(model):
    """Return a function from natural parameter values to the point that PyMC's log-density takes."""
    inputs = {rv: rv.type(rv.name) for rv in model.free_RVs}
    outputs = []
    for rv, value in inputs.items():
        transform = model.rvs_to_transforms[rv]
        outputs.append(value if transform is None else transform.forward(value, *rv.owner.inputs))
    compiled = pytensor.function(list(inputs.values()), [pt.as_tensor(out) for out in outputs], mode="FAST_COMPILE")
    labels = [model.rvs_to_values[rv].name for rv in model.free_RVs]
    return lambda *values: dict(zip(labels, compiled(*values), strict=True))


@pytest.fixture
def points(world, model):
    """Return draws, the same as lists of values in the model's order, and the twin's evidence."""
    draws = world.draws(20260101, DRAWS)
    order = [rv.name for rv in model.free_RVs]
    assert set(order) == set(priors_of(world)) | set(standard_normal(world))
    values = [[np.asarray(draws[name][place], dtype=float) for name in order] for place in range(DRAWS)]
    return draws, values, log_marginal(world, draws)


def test_evidence_of_the_model_equals_the_twins(model, points):
    _, values, twin = points
    potential = evidence_of(model)
    assert twin.std() > 1.0  # the draws differ, so an ignored parameter shows
    # Sums of some hundred terms of order 10: 1e-12 is left. A shock shifted by one month misses by .1 and more.
    np.testing.assert_allclose([float(potential(*one)) for one in values], twin, atol=1e-9, rtol=0.0)


def test_whole_density_of_the_model_equals_the_twins_evidence_plus_scipys_priors(world, model, points):
    draws, values, twin = points
    # Term by term: Python mode cannot add up more than 32 in one node.
    point, terms = unconstrained(model), model.compile_logp(jacobian=False, sum=False, mode="FAST_COMPILE")
    whole = np.array([sum(float(np.sum(term)) for term in terms(point(*one))) for one in values])
    said = twin + emission.log_labels(draws, world.framework)
    expected = np.array([said[place] + log_prior(world, draws, place) for place in range(DRAWS)])
    gap = whole - expected
    np.testing.assert_allclose(gap, gap.mean(), atol=1e-8, rtol=0.0, err_msg="the posterior itself differs")
    np.testing.assert_allclose(gap, 0.0, atol=1e-8, rtol=0.0, err_msg="only the constants of the priors differ")


@pytest.mark.parametrize("name", [names.SHARED_ERROR_SCALE, *ratings.STANDARD_NORMAL])
def test_evidence_depends_on_every_parameter_of_the_raters(rated, name):
    draws = rated.draws(5, 3)
    before = log_marginal(rated, draws)
    draws[name] = draws[name] * 0.7
    assert (np.abs(log_marginal(rated, draws) - before) > 1e-4).all()


def test_the_samplers_gradient_in_the_raters_parameters_is_the_twins_slope(rated):
    model = build_model(rated.framework, rated.hyperparameters, rated.panel)
    raters = [names.SHARED_ERROR_SCALE, *ratings.STANDARD_NORMAL]
    inputs = {rv: rv.type(rv.name) for rv in model.free_RVs}
    potential = graph_replace(model[EVIDENCE], inputs, strict=False)
    slopes = pytensor.grad(potential, [inputs[model[name]] for name in raters])
    compiled = pytensor.function(list(inputs.values()), slopes, mode="FAST_COMPILE")
    draws, step = rated.draws(8, 1), 1e-5
    found = dict(zip(raters, compiled(*(draws[rv.name][0] for rv in inputs)), strict=True))
    for name in raters:
        for place in np.ndindex(draws[name].shape[1:]):
            moved = [draws | {name: draws[name].copy()} for _ in (0, 1)]
            for one, sign in zip(moved, (1.0, -1.0), strict=True):
                one[name][(0, *place)] += sign * step
            slope = (log_marginal(rated, moved[0]) - log_marginal(rated, moved[1]))[0] / (2.0 * step)
            # Central differences leave the evidence's rounding (1e-13) over 2e-5, and step^2 of its third derivative.
            assert found[name][place] == pytest.approx(slope, abs=1e-6), (name, place)


# A parameter that both roads forgot would leave them equal.
@pytest.mark.parametrize("name", [names.STRENGTH_BASE, names.DETECTION, names.SEASON, names.PEAK, names.GROUP_SCALE])
def test_evidence_depends_on_every_kind_of_parameter(world, name):
    draws = world.draws(5, 3)
    before = log_marginal(world, draws)
    draws[name] = draws[name] * 0.7
    draws[names.STRENGTH] = emission.strengths(draws, world.framework, world.hyperparameters)
    # Forgotten, it would leave rounding, below 1e-12; where months speak against each other, one draw leaves 4e-5.
    assert (np.abs(log_marginal(world, draws) - before) > 1e-5).all()


def test_evidence_depends_on_every_free_parameter_there_is(orchard):
    draws = orchard.draws(9, 3)
    before = log_marginal(orchard, draws)
    still = {}
    for name in [*orchard.hyperparameters.priors, *STANDARD_NORMAL]:
        moved = draws | {name: draws[name] * 0.7}
        moved[names.STRENGTH] = emission.strengths(moved, orchard.framework, orchard.hyperparameters)
        still[name] = float(np.abs(log_marginal(orchard, moved) - before).max())
    assert {name: change for name, change in still.items() if change < 1e-3} == {}


def test_innovations_after_the_last_month_leave_the_evidence_as_it_is(flagship):
    draws = flagship.draws(6, 3)
    months = int(flagship.panel.attrs["months"])
    assert months < flagship.panel.sizes[names.TIME]
    before = log_marginal(flagship, draws)
    for name in (names.GLOBAL_INNOVATION, names.GROUP_INNOVATION):
        draws[name][:, months:] = 9.0
    np.testing.assert_allclose(log_marginal(flagship, draws), before, atol=1e-12)


def test_evidence_of_a_month_is_zero_where_nothing_was_fed(harbour):
    panel = harbour.panel.copy(deep=True)
    panel["count_coverage"].to_numpy()[3:6] = -1
    kept = ~np.isin(panel["cell_time"].to_numpy(), [3, 4, 5])
    panel["cell_used"].to_numpy()[:] &= kept
    terms = emission.log_emission(harbour.draws(7, 2), harbour.framework, harbour.hyperparameters, panel)
    assert (terms[:, 3:6] == 0.0).all()
    assert (terms[:, 0] != 0.0).all()
