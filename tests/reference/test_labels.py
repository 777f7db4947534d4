"""Labels as soft data about the chain: a Dirichlet at horizon 0, brute force beyond, graph and twin alike."""

from dataclasses import replace

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import graph_replace
from scipy import stats

from indicast import names
from indicast.generative import chain, emission, labels
from indicast.generative.model import EVIDENCE, LABELS, build_model


def speaking_of(world, horizon):
    """Return the world's framework with labels of another horizon."""
    start = world.framework.declaration.start
    section = start.labels.model_copy(update={"horizon": horizon})
    start = start.model_copy(update={"labels": section})
    declaration = world.framework.declaration.model_copy(update={"start": start})
    return replace(world.framework, declaration=declaration)


@pytest.fixture
def chains(orchard_labels):
    draws = orchard_labels.draws(1, 7)
    return draws[names.INITIAL], chain.transition_matrix(draws[names.DWELL], draws[names.EXIT])


def test_at_horizon_zero_the_posterior_is_the_dirichlet_with_the_labels_added(orchard_labels, chains):
    framework, (initial, transition) = speaking_of(orchard_labels, 0), chains
    prior = orchard_labels.hyperparameters.priors[names.INITIAL].arguments["a"]
    added = 4.0 * np.array([0.45, 0.30, 0.15, 0.10])
    rows = initial / initial.sum(axis=1, keepdims=True)
    unnormalised = labels.log_labels(rows, transition, framework) + [stats.dirichlet.logpdf(p, prior) for p in rows]
    posterior = [stats.dirichlet.logpdf(p, prior + added) for p in rows]
    gap = unnormalised - posterior
    # They differ by one constant, the evidence of the labels. Shares of the wrong scenarios leave gaps of order 1.
    np.testing.assert_allclose(gap, gap[0], atol=1e-12)
    np.testing.assert_allclose(gap[0], dirichlet_constant(prior, added), atol=1e-10)


def dirichlet_constant(prior, added):
    """Return log of the mean of prod p^added under the prior."""
    from scipy.special import gammaln

    after = prior + added
    return gammaln(prior.sum()) - gammaln(after.sum()) + (gammaln(after) - gammaln(prior)).sum()


@pytest.mark.parametrize("horizon", [1, 12, 60])
def test_labels_of_a_horizon_equal_powers_of_the_matrix(horizon, orchard_labels, chains):
    initial, transition = chains
    found = labels.log_labels(initial, transition, speaking_of(orchard_labels, horizon))
    for s in range(len(initial)):
        ahead = initial[s] @ np.linalg.matrix_power(transition[s], horizon)
        assert found[s] == pytest.approx(4.0 * (np.log(ahead) @ [0.45, 0.30, 0.15, 0.10]), abs=1e-12)


def test_labels_of_a_horizon_equal_the_sum_over_all_paths(orchard_labels, chains):
    import itertools

    initial, transition = (one[:2] for one in chains)
    found = labels.log_labels(initial, transition, speaking_of(orchard_labels, 4))
    for s in range(2):
        ahead = np.zeros(4)
        for path in itertools.product(range(4), repeat=5):
            steps = [transition[s, a, b] for a, b in itertools.pairwise(path)]
            ahead[path[-1]] += initial[s, path[0]] * np.prod(steps)
        assert found[s] == pytest.approx(4.0 * (np.log(ahead) @ [0.45, 0.30, 0.15, 0.10]), abs=1e-12)


def test_the_labels_are_most_likely_where_the_chain_gives_their_shares(orchard_labels, chains):
    _, transition = chains
    framework = speaking_of(orchard_labels, 0)
    shares = np.array([[0.45, 0.30, 0.15, 0.10]])
    rng = np.random.default_rng(2)
    others = rng.dirichlet([1.0] * 4, 500)
    best = labels.log_labels(shares, transition[:1], framework)
    assert (labels.log_labels(others, transition[:1], framework) < best).all()


def test_a_weight_is_a_number_of_observations(orchard_labels, chains):
    framework = orchard_labels.framework
    np.testing.assert_allclose(labels.pseudo_counts(framework), [1.8, 1.2, 0.6, 0.4], atol=1e-14)
    assert labels.horizon(framework) == 12
    heavy = framework.declaration.start.labels.model_copy(update={"weight": 8.0})
    start = framework.declaration.start.model_copy(update={"labels": heavy})
    doubled = replace(framework, declaration=framework.declaration.model_copy(update={"start": start}))
    found = [labels.log_labels(*chains, one) for one in (framework, doubled)]
    np.testing.assert_allclose(found[1], 2.0 * found[0], rtol=1e-14)


def test_the_models_labels_are_the_twins(orchard_labels):
    model = build_model(orchard_labels.framework, orchard_labels.hyperparameters, orchard_labels.panel)
    draws = orchard_labels.draws(3, 5)
    inputs = {rv: rv.type(rv.name) for rv in model.free_RVs}
    potential = graph_replace(model[LABELS], inputs, strict=False)
    compiled = pytensor.function(
        list(inputs.values()), pt.as_tensor(potential), mode="FAST_COMPILE", on_unused_input="ignore"
    )
    found = [float(compiled(*(np.asarray(draws[rv.name][s], dtype=float) for rv in inputs))) for s in range(5)]
    np.testing.assert_allclose(found, emission.log_labels(draws, orchard_labels.framework), atol=1e-10)


def test_labels_are_fed_by_route_b_alone(orchard, orchard_history, orchard_labels):
    for world, expected in ((orchard, False), (orchard_history, False), (orchard_labels, True)):
        assert labels.used(world.framework) is expected
        model = build_model(world.framework, world.hyperparameters, world.panel)
        assert [one.name for one in model.potentials] == [EVIDENCE, LABELS][: 1 + expected]
        said = emission.log_labels(world.draws(4, 3), world.framework)
        assert (said != 0.0).all() if expected else (said == 0.0).all()


def test_without_labels_nothing_is_counted(harbour):
    assert harbour.framework.declaration.start.labels is None
    assert labels.pseudo_counts(harbour.framework).tolist() == [0.0] * 4
    assert labels.horizon(harbour.framework) == 0
